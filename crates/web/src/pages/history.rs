//! `GET /settings/history`, and the same under `/device/history`: every change, by whom and where, since when it is
//! in effect, and the words shown.

use super::{
    Pages,
    answer::{Refusal, page, refuse},
    guard::Person,
    language::{Language, Message},
    layout::{Layout, Place},
    when::Moment,
    words,
};
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use sluicegate_gate::{KeyKind, SubjectKey, time::UnixMillis};
use sluicegate_settings::{
    Actor, Amend, ChangeRecord, Correction, Event, NotedAct, NotedEdit, ReadHistory, Removal,
};
use std::{sync::Arc, time::Duration};

/// How many changes one page shows.
const CHANGES_MAX: usize = 50;

#[derive(Debug, Template)]
#[template(path = "history.html")]
pub(super) struct HistoryPage {
    pub(super) layout: Layout,
    pub(super) about: KeyKind,
    pub(super) changes: Vec<Line>,
    /// Which of all changes these are, the latest being 0.
    pub(super) from: usize,
    pub(super) all: usize,
    /// Whether that is all of it; else some does not read.
    pub(super) is_whole: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Moment,
    /// How long it took to be in effect everywhere, where that was measured; by when it will be, where its time is
    /// not over; else that this was not kept.
    pub(super) effect: Message,
    pub(super) who: Message,
    pub(super) what: Message,
    pub(super) words: Option<Message>,
    pub(super) version: u64,
    pub(super) shard: u32,
}

/// What puts changes into words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrator<'a> {
    pub(super) language: Language,
    pub(super) platform: &'a str,
    pub(super) takes_effect_within: Duration,
    pub(super) now: UnixMillis,
}

/// Shows the account's page.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Response {
    let (key, asker) = (person.account(), person.asker);
    let layout = pages.layout(Place::History, asker.clone());
    match made(&pages, layout, key, query.as_deref()).await {
        Some(history) => page(&history),
        None => refuse(&pages, asker, Refusal::Failed),
    }
}

/// Returns what happened at a key for a page that has more to show, as far as it reads, and what to say of the rest.
pub(super) async fn read(pages: &Pages, key: SubjectKey) -> (ReadHistory, Option<&'static str>) {
    match pages.parts.settings.history(key).await {
        Ok(history) => {
            let damage = (!history.is_whole()).then_some("history-damaged");
            (history, damage)
        }
        Err(error) => {
            tracing::error!(error = %error, "a history could not be read; its page says so");
            (ReadHistory::default(), Some("history-unread"))
        }
    }
}

/// Makes the page about a key; `None` where the history could not be read.
pub(super) async fn made(
    pages: &Pages,
    layout: Layout,
    key: SubjectKey,
    query: Option<&str>,
) -> Option<HistoryPage> {
    let parts = &pages.parts;
    let history = parts
        .settings
        .history(key)
        .await
        .inspect_err(|error| tracing::error!(error = %error, "a history could not be read"))
        .ok()?;
    let narrator = Narrator {
        language: layout.language(),
        platform: &parts.platform,
        takes_effect_within: parts.takes_effect_within,
        now: parts.clock.now(),
    };
    let from = from(query, history.records.len());
    let shown = history.records.iter().rev().skip(from).take(CHANGES_MAX);
    Some(HistoryPage {
        about: key.kind,
        changes: shown.map(|record| narrator.line(record)).collect(),
        from,
        all: history.records.len(),
        is_whole: history.is_whole(),
        layout,
    })
}

fn from(query: Option<&str>, all: usize) -> usize {
    let mut fields = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let asked = fields.find_map(|(name, value)| (name == "from").then(|| value.parse().ok()));
    let asked: usize = asked.flatten().unwrap_or_default();
    if asked < all { asked } else { 0 }
}

impl HistoryPage {
    fn base(&self) -> &'static str {
        match self.about {
            KeyKind::Account => "/settings/history",
            KeyKind::Device | KeyKind::Browser => "/device/history",
        }
    }

    fn settings(&self) -> &'static str {
        match self.about {
            KeyKind::Account => "/settings",
            KeyKind::Device | KeyKind::Browser => "/device",
        }
    }

    fn none(&self) -> &'static str {
        match self.about {
            KeyKind::Account => "history-none",
            KeyKind::Device | KeyKind::Browser => "history-none-device",
        }
    }

    fn wherever(&self) -> &'static str {
        match self.about {
            KeyKind::Account => "history-where-account",
            KeyKind::Device => "history-where-device",
            KeyKind::Browser => "history-where-browser",
        }
    }

    /// Whether there are more changes than these.
    fn is_part(&self) -> bool {
        self.changes.len() < self.all
    }

    fn range(&self) -> Message {
        let until = self.from.saturating_add(self.changes.len());
        let said = self.layout.say("history-range").with("from", self.from.saturating_add(1));
        said.with("to", until).with("all", self.all)
    }

    fn older(&self) -> Option<Message> {
        let next = self.from.saturating_add(CHANGES_MAX);
        (next < self.all).then(|| {
            let address = format!("{}?from={next}", self.base());
            self.layout.say("history-older").link("older", address)
        })
    }

    fn newer(&self) -> Option<Message> {
        (self.from > 0).then(|| {
            let address = format!("{}?from={}", self.base(), self.from.saturating_sub(CHANGES_MAX));
            self.layout.say("history-newer").link("newer", address)
        })
    }
}

impl Narrator<'_> {
    pub(super) fn line(&self, record: &ChangeRecord) -> Line {
        let (who, what) = self.event(&record.event);
        Line {
            at: Moment::of(record.at),
            effect: self.effect(record),
            who,
            what,
            words: self.words(&record.event),
            version: record.revision.version,
            shard: record.revision.shard.into(),
        }
    }

    fn effect(&self, record: &ChangeRecord) -> Message {
        if record.in_force_after.is_some_and(|after| after < Duration::from_secs(1)) {
            return self.language.say("history-took-at-once");
        }
        if let Some(after) = record.in_force_after {
            return self.language.say("history-took").with("seconds", after);
        }
        let by = record.at.plus(self.takes_effect_within);
        if self.now < by {
            return self.language.say("history-by").with("by", Moment::of(by).clock());
        }
        // Why: the bound of a change that is over is not known: it may have been another one than it is now.
        self.language.say("history-not-kept")
    }

    fn event(&self, event: &Event) -> (Message, Message) {
        let say = |id: &'static str| self.language.say(id);
        let setting = |id, setting| {
            say(id).with("setting", words::setting(self.language, setting, self.platform))
        };
        let (you, platform) = (say("history-by-you"), say("name").with("name", self.platform));
        match event {
            Event::Chosen { setting, value, actor, .. } => {
                (self.by(*actor), words::state(self.language, *setting, *value))
            }
            Event::MarkedOff { setting: which } => {
                (say("history-by-account"), setting("history-closed", *which))
            }
            Event::MarkLifted { setting: which } => {
                (say("history-by-account"), setting("history-lifted", *which))
            }
            Event::Linked { with } => (platform, say(linked(*with))),
            Event::Unlinked { with } => (platform, say(unlinked(*with))),
            Event::Corrected(correction) => (you, self.corrected(*correction)),
            Event::Edited(edit) => (you, self.edited(edit)),
            Event::Removed { removal, .. } => (you, self.removed(removal)),
        }
    }

    /// Returns the words that were shown, in the language they were shown in.
    fn words(&self, event: &Event) -> Option<Message> {
        let (shown, language) = match event {
            Event::Chosen { words, language, .. } => (words, language.as_str()),
            Event::Removed { words, .. } => (words, ""),
            Event::MarkedOff { .. }
            | Event::MarkLifted { .. }
            | Event::Linked { .. }
            | Event::Unlinked { .. }
            | Event::Corrected(_)
            | Event::Edited(_) => return None,
        };
        if shown.is_empty() {
            return None;
        }
        let said = if language.is_empty() {
            self.language.say("history-words-only")
        } else {
            let language = words::language_name(self.language, language);
            self.language.say("history-words").with("language", language)
        };
        Some(said.with("words", shown))
    }

    fn by(&self, actor: Actor) -> Message {
        match actor {
            Actor::Person => self.language.say("history-by-you"),
            Actor::Gpc => self.language.say("history-by-gpc"),
            Actor::Operator => self.language.say("name").with("name", self.platform),
            Actor::Law => self.language.say("history-by-law"),
        }
    }

    fn corrected(&self, correction: Correction) -> Message {
        match correction {
            Correction::Gender(amend) => self.amended("attribute-gender", amend, words::gender),
            Correction::AgeBand(amend) => {
                self.amended("attribute-age-band", amend, words::age_band)
            }
        }
    }

    fn amended<T>(
        &self,
        name: &'static str,
        amend: Amend<T>,
        value: fn(Language, T) -> Message,
    ) -> Message {
        let (id, set) = match amend {
            Amend::Set(set) => ("history-set", Some(set)),
            Amend::Disable => ("history-disabled", None),
            Amend::Enable => ("history-enabled", None),
            Amend::Remove => ("history-removed", None),
        };
        let said = self.language.say(id).with("attribute", self.language.say(name));
        match set {
            Some(set) => said.with("value", value(self.language, set)),
            None => said,
        }
    }

    fn edited(&self, edit: &NotedEdit) -> Message {
        let id = match edit.act {
            NotedAct::Disable => "history-disabled",
            NotedAct::Enable => "history-enabled",
            NotedAct::Remove => "history-removed",
        };
        let name = match edit.kind {
            sluicegate_settings::NotedKind::Language => {
                words::language_name(self.language, &edit.name)
            }
            sluicegate_settings::NotedKind::Interest => edit.name.clone(),
        };
        self.language.say(id).with("attribute", name)
    }

    fn removed(&self, removal: &Removal) -> Message {
        match removal {
            Removal::List(_) => self.language.say("history-removed-list"),
            Removal::Activity(_) => {
                self.language.say("history-removed-activity").with("platform", self.platform)
            }
            Removal::Everything => {
                self.language.say("history-removed-everything").with("platform", self.platform)
            }
        }
    }
}

fn linked(with: KeyKind) -> &'static str {
    match with {
        KeyKind::Account => "history-linked-account",
        KeyKind::Device => "history-linked-device",
        KeyKind::Browser => "history-linked-browser",
    }
}

fn unlinked(with: KeyKind) -> &'static str {
    match with {
        KeyKind::Account => "history-unlinked-account",
        KeyKind::Device => "history-unlinked-device",
        KeyKind::Browser => "history-unlinked-browser",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::START;
    use sluicegate_gate::{Choice, Gender, Revision, Setting};

    fn line(event: Event) -> Line {
        let narrator = Narrator {
            language: Language::English,
            platform: "Harbor",
            takes_effect_within: Duration::from_secs(5),
            now: START,
        };
        narrator.line(&record(event, None))
    }

    fn record(event: Event, in_force_after: Option<Duration>) -> ChangeRecord {
        let revision = Revision { shard: 1, version: 9 };
        ChangeRecord { revision, at: START, in_force_after, event }
    }

    fn said(event: Event) -> (String, String) {
        let line = line(event);
        (line.who.plain(), line.what.plain())
    }

    #[test]
    fn each_change_says_who_and_what() {
        let chosen = |actor| Event::Chosen {
            setting: Setting::Sharing,
            value: Choice::Off,
            actor,
            words: String::from("Teilen ausschalten"),
            language: String::from("de"),
        };
        let pair = |who: &str, what: &str| (who.to_owned(), what.to_owned());
        assert_eq!(said(chosen(Actor::Person)), pair("You", "Sharing is off"));
        assert_eq!(said(chosen(Actor::Gpc)), pair("Global Privacy Control", "Sharing is off"));
        assert_eq!(said(chosen(Actor::Operator)), pair("Harbor", "Sharing is off"));
        let shown = line(chosen(Actor::Person));
        assert_eq!(
            shown.words.unwrap().plain(),
            "Shown then, in German: \u{201c}Teilen ausschalten\u{201d}"
        );
        assert_eq!(shown.version, 9);
        assert_eq!(
            said(Event::Linked { with: KeyKind::Device }),
            pair("Harbor", "A device was linked to your account")
        );
        assert_eq!(
            said(Event::Corrected(Correction::Gender(Amend::Set(Gender::Other)))),
            pair("You", "Gender corrected to \u{201c}Other\u{201d}")
        );
    }

    #[test]
    fn a_change_says_how_long_it_took_or_by_when_it_is_in_effect_or_that_this_was_not_kept() {
        let said = |language, after: Option<u64>, later| {
            let narrator = Narrator {
                language,
                platform: "Harbor",
                takes_effect_within: Duration::from_secs(5),
                now: START.plus(Duration::from_millis(later)),
            };
            let event = Event::MarkedOff { setting: Setting::Sharing };
            narrator.effect(&record(event, after.map(Duration::from_millis))).plain()
        };
        let english = |after| said(Language::English, after, 0);
        for soon in [0, 3, 999] {
            let at_once = "In effect everywhere less than a second later.";
            assert_eq!(english(Some(soon)), at_once);
        }
        assert_eq!(english(Some(12_341)), "In effect everywhere 12.35 seconds later.");
        assert!(said(Language::German, Some(1_400), 0).contains("1,40"));
        let bound = "In effect everywhere by 14:02:12 UTC at the latest.";
        assert_eq!(said(Language::English, None, 4_999), bound);
        let over = said(Language::English, None, 5_000);
        assert!(over.contains("was not kept") && !over.contains("14:02"), "{over}");
    }

    #[test]
    fn a_page_begins_where_it_is_asked_to_if_there_is_something() {
        assert_eq!(from(Some("from=50"), 60), 50);
        for query in [None, Some(""), Some("from=60"), Some("from=-1"), Some("from=x")] {
            assert_eq!(from(query, 60), 0);
        }
    }
}
