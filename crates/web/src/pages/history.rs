//! `GET /settings/history`: every change, by whom, and the words shown.

use super::{
    Pages,
    answer::{Refusal, page, refuse},
    guard::Person,
    layout::{Layout, Place},
    when::Moment,
    words,
};
use askama::Template;
use axum::{extract::State, response::Response};
use sluicegate_gate::KeyKind;
use sluicegate_settings::{Actor, Amend, ChangeRecord, Correction, Event, Removal};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "history.html")]
pub(super) struct HistoryPage {
    pub(super) layout: Layout,
    pub(super) changes: Vec<Line>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Moment,
    pub(super) who: String,
    pub(super) what: String,
    pub(super) words: String,
}

/// Handles the route.
pub(crate) async fn show(State(pages): State<Arc<Pages>>, person: Person) -> Response {
    let Ok(history) = pages.parts.settings.history(person.account()).await else {
        tracing::error!("the history of a person's choices could not be read for a page");
        return refuse(&pages, Some(person.csrf), Refusal::Failed);
    };
    let platform = &pages.parts.platform;
    page(&HistoryPage {
        changes: history.iter().rev().map(|record| line(record, platform)).collect(),
        layout: pages.layout(Place::History, Some(person.csrf)),
    })
}

pub(super) fn line(record: &ChangeRecord, platform: &str) -> Line {
    let (who, what, shown) = match &record.event {
        Event::Chosen { setting, value, actor, words: shown, .. } => {
            (by(*actor, platform), words::state(*setting, *value).to_owned(), shown.as_str())
        }
        Event::MarkedOff { setting } => {
            let what =
                format!("{}: closed here by another account", words::setting(*setting, platform));
            (String::from("Another account"), what, "")
        }
        Event::MarkLifted { setting } => {
            let what = format!(
                "{}: no longer closed by another account",
                words::setting(*setting, platform)
            );
            (String::from("Another account"), what, "")
        }
        Event::Linked { with } => {
            (platform.to_owned(), format!("{} linked to your account", a(*with)), "")
        }
        Event::Unlinked { with } => {
            (platform.to_owned(), format!("{} no longer linked to your account", a(*with)), "")
        }
        Event::Corrected(correction) => (String::from("You"), corrected(*correction), ""),
        Event::Removed { removal, words } => {
            (String::from("You"), removed(removal, platform), words.as_str())
        }
    };
    Line { at: Moment::of(record.at), who, what, words: shown.to_owned() }
}

fn removed(removal: &Removal, platform: &str) -> String {
    match removal {
        Removal::List(_) => String::from("Removed from a list"),
        Removal::Activity(_) => format!("Activity off {platform} with an advertiser removed"),
        Removal::Everything => format!("Removed from every list, and all activity off {platform}"),
    }
}

fn by(actor: Actor, platform: &str) -> String {
    match actor {
        Actor::Person => String::from("You"),
        Actor::Gpc => String::from("Global Privacy Control"),
        Actor::Operator => platform.to_owned(),
        Actor::Law => String::from("Legal duty"),
    }
}

fn a(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Account => "An account",
        KeyKind::Device => "A device",
        KeyKind::Browser => "A browser",
    }
}

fn corrected(correction: Correction) -> String {
    match correction {
        Correction::Gender(amend) => amended("Gender", amend, words::gender),
        Correction::AgeBand(amend) => amended("Age band", amend, words::age_band),
    }
}

fn amended<T>(name: &str, amend: Amend<T>, value: fn(T) -> &'static str) -> String {
    match amend {
        Amend::Set(set) => format!("{name} corrected to \u{201c}{}\u{201d}", value(set)),
        Amend::Disable => format!("{name} not to be used"),
        Amend::Enable => format!("{name} to be used again"),
        Amend::Remove => format!("{name} removed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::START;
    use sluicegate_gate::{Choice, Gender, Revision, Setting};

    fn said(event: Event) -> (String, String) {
        let record = ChangeRecord { revision: Revision { shard: 1, version: 1 }, at: START, event };
        let line = line(&record, "Harbor");
        (line.who, line.what)
    }

    #[test]
    fn each_change_says_who_and_what() {
        let chosen = |actor| Event::Chosen {
            setting: Setting::Sharing,
            value: Choice::Off,
            actor,
            words: String::new(),
            language: String::from("en"),
        };
        let pair = |who: &str, what: &str| (who.to_owned(), what.to_owned());
        assert_eq!(said(chosen(Actor::Person)), pair("You", "Sharing is off"));
        assert_eq!(said(chosen(Actor::Gpc)), pair("Global Privacy Control", "Sharing is off"));
        assert_eq!(said(chosen(Actor::Operator)), pair("Harbor", "Sharing is off"));
        assert_eq!(
            said(Event::Linked { with: KeyKind::Device }),
            pair("Harbor", "A device linked to your account")
        );
        assert_eq!(
            said(Event::Corrected(Correction::Gender(Amend::Set(Gender::Other)))),
            pair("You", "Gender corrected to “Other”")
        );
    }
}
