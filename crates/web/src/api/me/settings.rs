//! `GET /v1/me/settings`: how both settings stand and why. `POST /v1/me/settings`: the person's choice.

use super::{inside, person, private};
use crate::{
    api::{Desk, body, choices},
    limits::Act,
    pages::linked_now,
    problem::Problem,
};
use axum::{Json, body::Body, extract::State, response::Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    Choice, Country, Jurisdiction, KeyKind, Setting, SubjectKey, time::UnixMillis,
};
use sluicegate_settings::{Actor, Change, ReadHistory, RequestKeys};

#[derive(Serialize)]
pub(crate) struct Shown {
    settings: [Standing; 2],
    /// The longest time until a change holds at every sending point.
    takes_effect_within_ms: u64,
    /// Whether the gateway can confirm the latest choices now; while it cannot, nothing is sent.
    is_confirmed: bool,
    /// How many devices and browsers the account's `off` also closes.
    linked_devices: u64,
    linked_browsers: u64,
    /// How many changes of the account do not read; `chosen` and what is linked may lack them.
    unread_changes: usize,
    /// The number of the edition in force.
    edition: Option<u32>,
}

#[derive(Serialize)]
struct Standing {
    setting: Setting,
    value: Choice,
    /// Who chose, and when; absent where the country's default holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<Chosen>,
    /// The default that would hold without a choice.
    default: Default,
}

#[derive(Serialize)]
struct Chosen {
    by: Option<Actor>,
    at_ms: Option<UnixMillis>,
}

#[derive(Serialize)]
struct Default {
    value: Choice,
    country: Option<Country>,
    law: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChoice {
    setting: Setting,
    value: Choice,
    words: String,
    language: String,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    Ok(private(&settings(&desk, account).await?))
}

/// Gathers what the settings page shows.
pub(super) async fn settings(desk: &Desk, account: SubjectKey) -> Result<Shown, Problem> {
    let history = desk.settings.history(account).await.map_err(inside)?;
    let keys = RequestKeys { account: Some(account), ..RequestKeys::default() };
    let subject = desk.settings.subject(&keys);
    let standing = |setting| {
        let own = subject.account.and_then(|standing| standing.choice(setting));
        standing(setting, own, subject.account_country, &history)
    };
    let within = desk.takes_effect_within.as_millis();
    Ok(Shown {
        settings: Setting::ALL.map(standing),
        takes_effect_within_ms: u64::try_from(within).unwrap_or(u64::MAX),
        is_confirmed: desk.settings.is_fresh(),
        linked_devices: linked_now(&history, KeyKind::Device),
        linked_browsers: linked_now(&history, KeyKind::Browser),
        unread_changes: history.unread.len(),
        edition: desk.current.load().map(|edition| edition.number()),
    })
}

pub(crate) async fn change(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<choices::Chosen>, Problem> {
    let account = person(&desk, &headers, Act::Form)?;
    let new: NewChoice = body::json(body).await?;
    let change = Change {
        key: account,
        setting: new.setting,
        value: new.value,
        actor: Actor::Person,
        words: new.words,
        language: new.language,
    };
    let changed = desk.settings.change(change).await.map_err(|error| choices::refused(&error))?;
    Ok(Json(choices::Chosen::of(changed)))
}

fn standing(
    setting: Setting,
    own: Option<Choice>,
    country: Option<Country>,
    history: &ReadHistory,
) -> Standing {
    let row = Jurisdiction::of(country);
    let (by, at_ms) = history.last_choice(setting).unzip();
    Standing {
        setting,
        value: own.unwrap_or(row.default),
        chosen: own.map(|_choice| Chosen { by, at_ms }),
        default: Default { value: row.default, country, law: row.law },
    }
}
