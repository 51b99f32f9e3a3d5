//! `POST /v1/choices`: the platform records what a person chose on its own screens.
//! `POST /v1/choices/query`: what holds at a key, and how it came about.

use super::{Desk, Scope, body, subject::KeyName};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{Choice, Setting, time::UnixMillis};
use sluicegate_settings::{
    Actor, Change, ChangeError, ChangeRecord, Changed, Event, Refusal, UnreadRecord,
};
use std::time::Duration;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChoice {
    key: KeyName,
    setting: Setting,
    value: Choice,
    #[serde(default = "person")]
    actor: Actor,
    words: String,
    language: String,
}

fn person() -> Actor {
    Actor::Person
}

#[derive(Debug, Serialize)]
pub(crate) struct Chosen {
    saved_at_ms: UnixMillis,
    /// From then on this gateway decided by it, before this answer was written.
    in_force_since_ms: UnixMillis,
    revisions: Vec<RevisionOut>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RevisionOut {
    shard: u16,
    version: u64,
}

pub(crate) async fn choose(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Chosen>, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let new: NewChoice = body::json(body).await?;
    let change = Change {
        key: new.key.key(&desk, "key")?,
        setting: new.setting,
        value: new.value,
        actor: new.actor,
        words: new.words,
        language: new.language,
    };
    let changed = desk.settings.change(change).await.map_err(|error| refused(&error))?;
    Ok(Json(Chosen::of(changed)))
}

impl Chosen {
    pub(crate) fn of(changed: Changed) -> Self {
        let revision = |revision: sluicegate_gate::Revision| RevisionOut {
            shard: revision.shard,
            version: revision.version,
        };
        Self {
            saved_at_ms: changed.at,
            in_force_since_ms: changed.in_force_at,
            revisions: changed.revisions.into_iter().map(revision).collect(),
        }
    }
}

/// What is said of a change that is durable and that this gateway cannot answer by yet.
const SAVED: &str = "it is saved, but not yet in force at this gateway; send it again";

/// What the settings refused is the caller's to mend; what failed is ours.
pub(crate) fn refused(error: &ChangeError) -> Problem {
    match error {
        ChangeError::Refused(refusal) => Problem::field(field(*refusal), refusal.to_string()),
        ChangeError::Store(_) => Problem::inside(error),
        ChangeError::NotInForce(_) => Problem::inside(error).saying(SAVED),
    }
}

/// Returns the field that is to blame, as it is called wherever it stands.
fn field(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotAnAccount => "account",
        Refusal::NotADeviceOrBrowser => "with",
        Refusal::CannotTurnOn => "actor",
        Refusal::WordsBlank | Refusal::WordsTooLong => "words",
        Refusal::LanguageTooLong | Refusal::NotALanguage => "language",
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: KeyName,
}

#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    /// The explicit choices; absent where the country's default holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    sharing: Option<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personalize_ads: Option<Choice>,
    /// Whether another account's `off` reaches this key.
    sharing_marked_off: bool,
    personalize_ads_marked_off: bool,
    history: Vec<Entry>,
    /// What else happened, and does not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<UnreadEntry>,
}

/// One line of a history that does not read.
#[derive(Debug, Serialize)]
pub(crate) struct UnreadEntry {
    at_ms: UnixMillis,
    shard: u16,
    version: u64,
}

impl UnreadEntry {
    pub(crate) fn of(record: UnreadRecord) -> Self {
        let UnreadRecord { revision, at } = record;
        Self { at_ms: at, shard: revision.shard, version: revision.version }
    }
}

/// One line of a history.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    at_ms: UnixMillis,
    /// How long after its arrival it was in force at every gateway; absent where that was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force_after_ms: Option<u64>,
    shard: u16,
    version: u64,
    event: Event,
}

impl Entry {
    pub(crate) fn of(record: ChangeRecord) -> Self {
        let millis = |after: Duration| u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        Self {
            at_ms: record.at,
            in_force_after_ms: record.in_force_after.map(millis),
            shard: record.revision.shard,
            version: record.revision.version,
            event: record.event,
        }
    }
}

pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Standing>, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let query: Query = body::json(body).await?;
    let key = query.key.key(&desk, "key")?;
    let standing = desk.settings.standing(key);
    let history = desk.settings.history(key).await.map_err(|error| Problem::inside(&error))?;
    Ok(Json(Standing {
        sharing: standing.sharing,
        personalize_ads: standing.personalize_ads,
        sharing_marked_off: standing.sharing_marked_off,
        personalize_ads_marked_off: standing.personalize_ads_marked_off,
        history: history.records.into_iter().map(Entry::of).collect(),
        unread: history.unread.into_iter().map(UnreadEntry::of).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Kind;
    use sluicegate_settings::SettingsStoreError;

    #[test]
    fn a_failure_never_says_that_nothing_was_saved() {
        let fault = || SettingsStoreError::Corrupt("on request");
        let unknown = refused(&ChangeError::Store(fault()));
        assert_eq!(unknown, Problem::inside(&fault()));
        assert_eq!(
            refused(&ChangeError::NotInForce(fault())),
            Problem::new(Kind::Unavailable, SAVED)
        );
        assert_ne!(unknown, Problem::new(Kind::Unavailable, SAVED));
    }
}
