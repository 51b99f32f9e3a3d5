//! `GET /settings` and `POST /settings`: the two switches.

use super::{
    Pages,
    answer::{Refusal, page, refuse, see_other},
    arrangements::Teller,
    guard::{Form, Person},
    history,
    language::{Language, Message},
    layout::{Layout, Place},
    outgoing::Outgoing,
    recalled::{Recalled, recalled, standing},
    switch::{self, Switch, Turn},
    when::Moment,
    words,
};
use crate::{gpc::gpc, session::Note};
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;
use sluicegate_gate::{Choice, KeyKind, Setting, SubjectKey, SubjectState, time::UnixMillis};
use sluicegate_settings::{Actor, Change, ChangeError, Event, ReadHistory, RequestKeys, Settings};
use sluicegate_signals::Gpc;
use std::{sync::Arc, time::Duration};

#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    pub(super) layout: Layout,
    pub(super) outgoing: Option<Outgoing>,
    pub(super) saved: Option<Saved>,
    pub(super) signal: Signal,
    pub(super) is_fresh: bool,
    pub(super) switches: Vec<Switch>,
    pub(super) within_s: u64,
    pub(super) linked: Option<String>,
    pub(super) recalled: Vec<Recalled>,
    /// What does not read, and so is not on the page. What the switches say stands elsewhere.
    pub(super) missing: Vec<&'static str>,
}

/// A change that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) state: Message,
    pub(super) at: Moment,
    pub(super) effect: Effect,
}

/// Since when a change is in effect everywhere, or by when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is.
    Since(Moment),
    /// It will be: a sending point that has it not by then sends nothing.
    By(Moment),
}

/// What the browser's signal says, and whether it goes against the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// It says nothing.
    Absent,
    /// It asks not to share, and nothing speaks against it.
    Honoured,
    /// It asks not to share, the switch is on, and the person was not asked yet what that means.
    Asks,
}

/// Shows the switches.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    person: Person,
    headers: HeaderMap,
) -> Response {
    let parts = &pages.parts;
    let (history, damage) = history::read(&pages, person.account()).await;
    let standing = standing(&pages, person.account()).await;
    let language = person.language();
    let keys = RequestKeys { account: Some(person.account()), ..RequestKeys::default() };
    let subject = parts.settings.subject(&keys);
    let edition = parts.current.load();
    let switches = Setting::ALL
        .map(|setting| of_account(language, setting, &subject, &history, &parts.platform));
    let teller = Teller { language, edition: edition.as_deref(), editions: &[], from: 0 };
    page(&SettingsPage {
        missing: [damage, standing.is_none().then_some("recalled-damaged")]
            .into_iter()
            .flatten()
            .collect(),
        recalled: recalled(&standing.unwrap_or_default(), &teller),
        outgoing: edition.as_deref().and_then(|edition| Outgoing::of(edition, language)),
        saved: saved(&pages, &person),
        signal: signal(&headers, &switches, &history),
        is_fresh: parts.settings.is_fresh(),
        switches: switches.into(),
        within_s: seconds(parts.takes_effect_within),
        linked: linked(language, &history),
        layout: pages.layout(Place::Settings, person.asker),
    })
}

/// Changes a switch, and leads back to the page.
pub(crate) async fn change(
    State(pages): State<Arc<Pages>>,
    Form { person, content: turn }: Form<Turn>,
) -> Response {
    match turned(&pages, person.account(), person.language(), turn).await {
        Some(note) => {
            person.session().leave(note);
            see_other("/settings")
        }
        None => refuse(&pages, person.asker, Refusal::Failed),
    }
}

/// Makes a choice at a key and returns what the next page says of it; `None` where it is not saved.
#[expect(clippy::cognitive_complexity, reason = "each outcome in its place")]
pub(super) async fn turned(
    pages: &Pages,
    key: SubjectKey,
    language: Language,
    turn: Turn,
) -> Option<Note> {
    let parts = &pages.parts;
    let change = Change {
        key,
        setting: turn.setting,
        value: turn.choice,
        actor: Actor::Person,
        words: switch::words_shown(language, turn, &parts.platform),
        language: language.tag().to_owned(),
    };
    let note = |saved: UnixMillis, in_force| Note::Setting {
        setting: turn.setting,
        choice: turn.choice,
        saved,
        in_force,
    };
    match parts.settings.change(change).await {
        Ok(changed) => Some(note(changed.at, Some(parts.clock.now()))),
        Err(error @ ChangeError::NotInForce(_)) => {
            tracing::error!(error = %error, "a person's choice is saved and not yet in force here");
            Some(note(parts.clock.now(), None))
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's choice could not be saved");
            None
        }
    }
}

/// Returns what the page says of the last change. While that is not in effect, the next page says it again.
fn saved(pages: &Pages, person: &Person) -> Option<Saved> {
    let note = person.session().take()?;
    let (saved, next) = saved_at(pages, person.account(), person.language(), note)?;
    if let Some(next) = next {
        person.session().leave(next);
    }
    Some(saved)
}

/// Puts a note into words; with the note that the next page needs while the change is not in effect.
pub(super) fn saved_at(
    pages: &Pages,
    key: SubjectKey,
    language: Language,
    note: Note,
) -> Option<(Saved, Option<Note>)> {
    let Note::Setting { setting, choice, saved, in_force } = note else { return None };
    let parts = &pages.parts;
    let reached = in_force
        .or_else(|| is_in_force(&parts.settings, key, setting, choice).then(|| parts.clock.now()));
    let effect = match reached {
        Some(since) => Effect::Since(Moment::of(since)),
        None => Effect::By(Moment::of(saved.plus(parts.takes_effect_within))),
    };
    let said =
        Saved { state: words::state(language, setting, choice), at: Moment::of(saved), effect };
    Some((said, reached.is_none().then_some(note)))
}

fn is_in_force(settings: &Settings, key: SubjectKey, setting: Setting, choice: Choice) -> bool {
    settings.is_fresh() && settings.standing(key).choice(setting) == Some(choice)
}

impl SettingsPage {
    fn saved_words(&self, saved: &Saved) -> Message {
        self.layout.say("saved-state").with("state", &saved.state).with("saved", saved.at.clock())
    }
}

fn signal(headers: &HeaderMap, switches: &[Switch], history: &ReadHistory) -> Signal {
    if !asks_not_to_share(headers) {
        return Signal::Absent;
    }
    let is_on = switches
        .iter()
        .any(|switch| switch.setting == Setting::Sharing && switch.choice == Some(Choice::On));
    if is_on && !switch::has_answered_signal(history) { Signal::Asks } else { Signal::Honoured }
}

/// Returns whether the browser sends Global Privacy Control.
pub(super) fn asks_not_to_share(headers: &HeaderMap) -> bool {
    gpc(headers) == Gpc::On
}

pub(super) fn of_account(
    language: Language,
    setting: Setting,
    subject: &SubjectState,
    history: &ReadHistory,
    platform: &str,
) -> Switch {
    let chosen = subject.account.and_then(|standing| standing.choice(setting));
    let (choice, basis) = match chosen {
        Some(choice) => (choice, switch::chosen(language, setting, history, platform)),
        None => switch::by_default(language, subject.account_country, platform),
    };
    Switch::new(language, setting, Some(choice), basis, platform)
}

pub(super) fn seconds(bound: Duration) -> u64 {
    bound.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// Says how many devices and browsers are linked now.
pub(super) fn linked(language: Language, history: &ReadHistory) -> Option<String> {
    let counted = [(KeyKind::Device, "linked-devices"), (KeyKind::Browser, "linked-browsers")];
    let words: Vec<String> = counted
        .into_iter()
        .map(|(kind, id)| (linked_now(history, kind), id))
        .filter(|(number, _)| *number > 0)
        .map(|(number, id)| language.say(id).with("count", number).plain())
        .collect();
    (!words.is_empty()).then(|| language.list(&words))
}

/// Counts the keys of a kind that are linked now.
pub(crate) fn linked_now(history: &ReadHistory, kind: KeyKind) -> u64 {
    history.records.iter().fold(0_u64, |count, record| match record.event {
        Event::Linked { with } if with == kind => count.saturating_add(1),
        Event::Unlinked { with } if with == kind => count.saturating_sub(1),
        _ => count,
    })
}
