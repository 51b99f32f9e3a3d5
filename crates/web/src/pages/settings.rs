//! `GET /settings` and `POST /settings`: the two switches.

use super::{
    Pages,
    answer::{Refusal, page, refuse, see_other},
    guard::{Content, Fields, Form, Person},
    layout::{Layout, Place},
    outgoing::Outgoing,
    when::Moment,
    words,
};
use crate::session::Note;
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;
use sluicegate_gate::{Choice, Country, Jurisdiction, KeyKind, Setting, SubjectState};
use sluicegate_settings::{Actor, Change, ChangeRecord, Event, RequestKeys};
use sluicegate_signals::Gpc;
use std::{sync::Arc, time::Duration};

#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    pub(super) layout: Layout,
    pub(super) outgoing: Option<Outgoing>,
    pub(super) saved: Option<Saved>,
    pub(super) gpc: bool,
    pub(super) is_fresh: bool,
    pub(super) switches: Vec<Switch>,
    pub(super) within: String,
    pub(super) linked: Option<String>,
}

/// A change that was just made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) state: &'static str,
    pub(super) at: Moment,
    pub(super) in_force: Moment,
}

/// One setting with its state, and the one button that changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Switch {
    pub(super) setting: Setting,
    pub(super) choice: Choice,
    pub(super) basis: Basis,
    pub(super) platform: String,
}

/// Why a setting stands as it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// Somebody chose.
    Chosen { who: String, at: Option<Moment> },
    /// Nobody did.
    Default { country: Option<&'static str>, law: &'static str },
}

/// What the form of a switch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    setting: Setting,
    choice: Choice,
}

/// Shows the switches.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    person: Person,
    headers: HeaderMap,
) -> Response {
    let parts = &pages.parts;
    let Ok(history) = parts.settings.history(person.account()).await else {
        tracing::error!("the history of a person's choices could not be read for a page");
        return refuse(&pages, Some(person.csrf), Refusal::Failed);
    };
    let keys = RequestKeys { account: Some(person.account()), ..RequestKeys::default() };
    let subject = parts.settings.subject(&keys);
    let gpc = Gpc::read(headers.get_all("sec-gpc").iter().map(http::HeaderValue::as_bytes));
    let edition = parts.current.load();
    page(&SettingsPage {
        outgoing: edition.as_deref().and_then(Outgoing::of),
        saved: person.session().take().and_then(saved),
        gpc: gpc == Gpc::On,
        is_fresh: parts.settings.is_fresh(),
        switches: Setting::ALL
            .map(|setting| switch(setting, &subject, &history, &parts.platform))
            .into(),
        within: within(parts.takes_effect_within),
        linked: linked(&history),
        layout: pages.layout(Place::Settings, Some(person.csrf)),
    })
}

/// Changes a switch, and leads back to the page.
pub(crate) async fn change(
    State(pages): State<Arc<Pages>>,
    Form { person, content: turn }: Form<Turn>,
) -> Response {
    let parts = &pages.parts;
    let change = Change {
        key: person.account(),
        setting: turn.setting,
        value: turn.choice,
        actor: Actor::Person,
        words: words_shown(turn, &parts.platform),
        language: String::from("en"),
    };
    match parts.settings.change(change).await {
        Ok(changed) => {
            person.session().leave(Note::Setting {
                setting: turn.setting,
                choice: turn.choice,
                saved: changed.at,
                in_force: parts.clock.now(),
            });
            see_other("/settings")
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's choice could not be put in force");
            refuse(&pages, Some(person.csrf), Refusal::Failed)
        }
    }
}

impl Switch {
    fn id(&self) -> &'static str {
        self.setting.name()
    }

    fn name(&self) -> String {
        words::setting(self.setting, &self.platform)
    }

    fn state(&self) -> &'static str {
        words::state(self.setting, self.choice)
    }

    fn chip(&self) -> &'static str {
        match self.choice {
            Choice::On => "chip-on",
            Choice::Off => "chip-off",
        }
    }

    fn meaning(&self, choice: Choice) -> String {
        words::meaning(self.setting, choice, &self.platform)
    }

    fn button(&self) -> &'static str {
        words::turn(self.setting, other(self.choice))
    }

    fn offered(&self) -> &'static str {
        name(other(self.choice))
    }
}

impl Content for Turn {
    fn read(fields: &Fields) -> Option<Self> {
        let (setting, choice) = (fields.value("setting")?, fields.value("choice")?);
        Some(Self {
            setting: Setting::ALL.into_iter().find(|known| known.name() == setting)?,
            choice: [Choice::On, Choice::Off].into_iter().find(|known| name(*known) == choice)?,
        })
    }
}

fn other(choice: Choice) -> Choice {
    match choice {
        Choice::On => Choice::Off,
        Choice::Off => Choice::On,
    }
}

fn name(choice: Choice) -> &'static str {
    match choice {
        Choice::On => "on",
        Choice::Off => "off",
    }
}

/// Returns the words that stood on the card when its button was pressed.
fn words_shown(turn: Turn, platform: &str) -> String {
    let Turn { setting, choice } = turn;
    format!(
        "{}. On: {} Off: {} {}",
        words::setting(setting, platform),
        words::meaning(setting, Choice::On, platform),
        words::meaning(setting, Choice::Off, platform),
        words::turn(setting, choice),
    )
}

pub(super) fn switch(
    setting: Setting,
    subject: &SubjectState,
    history: &[ChangeRecord],
    platform: &str,
) -> Switch {
    let country = subject.account_country;
    let chosen = subject.account.and_then(|standing| standing.choice(setting));
    let (choice, basis) = match chosen {
        Some(choice) => (choice, chosen_by(setting, history, platform)),
        None => by_default(country),
    };
    Switch { setting, choice, basis, platform: platform.to_owned() }
}

fn by_default(country: Option<Country>) -> (Choice, Basis) {
    let row = Jurisdiction::of(country);
    let country = country.map(|country| country.name());
    (row.default, Basis::Default { country, law: row.law })
}

fn chosen_by(setting: Setting, history: &[ChangeRecord], platform: &str) -> Basis {
    let last = history.iter().rev().find_map(|record| match &record.event {
        Event::Chosen { setting: chosen, actor, .. } if *chosen == setting => {
            Some((*actor, record.at))
        }
        _ => None,
    });
    let who = match last.map(|(actor, _)| actor) {
        Some(Actor::Person) => String::from("You chose this"),
        Some(Actor::Gpc) => String::from("Your browser chose this (Global Privacy Control)"),
        Some(Actor::Operator) => format!("{platform} set this"),
        Some(Actor::Law) => String::from("A legal duty set this"),
        None => String::from("This was chosen"),
    };
    Basis::Chosen { who, at: last.map(|(_, at)| Moment::of(at)) }
}

fn saved(note: Note) -> Option<Saved> {
    match note {
        Note::Setting { setting, choice, saved, in_force } => Some(Saved {
            state: words::state(setting, choice),
            at: Moment::of(saved),
            in_force: Moment::of(in_force),
        }),
        Note::Demographics { .. } => None,
    }
}

pub(super) fn within(bound: Duration) -> String {
    words::count(
        bound.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX),
        "second",
        "seconds",
    )
}

/// Counts the devices and browsers that are linked now.
pub(super) fn linked(history: &[ChangeRecord]) -> Option<String> {
    let count = |kind: KeyKind| {
        history.iter().fold(0_u64, |count, record| match record.event {
            Event::Linked { with } if with == kind => count.saturating_add(1),
            Event::Unlinked { with } if with == kind => count.saturating_sub(1),
            _ => count,
        })
    };
    let counted = [
        (count(KeyKind::Device), "device", "devices"),
        (count(KeyKind::Browser), "browser", "browsers"),
    ];
    let words: Vec<String> = counted
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| words::count(number, one, many))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    (!words.is_empty()).then(|| words::list(&words))
}
