//! What was given up for a partnership. `GET /v1/partnerships/{id}/dead` lists it,
//! `POST /v1/partnerships/{id}/dead/requeue` puts it back.

use super::{
    Desk, Scope,
    partnerships::{opened, problem},
};
use crate::problem::Problem;
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sluicegate_gate::time::UnixMillis;
use sluicegate_measurement::LETTERS_MAX;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Dead {
    /// The newest first.
    dead: Vec<Letter>,
}

#[derive(Debug, Serialize)]
struct Letter {
    /// The number of the event in the journal.
    event: u64,
    reason: &'static str,
    at_ms: UnixMillis,
}

#[derive(Debug, Serialize)]
pub(crate) struct Requeued {
    /// How many events are tried again.
    events: usize,
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<Dead>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let Query(page) = page.map_err(|_wrong| Problem::field("limit", "not a whole number"))?;
    let delivery = opened(&desk, &id)?;
    let limit = page.limit.unwrap_or(LETTERS_SHOWN).min(LETTERS_MAX);
    let letters = desk.deliveries.dead_letters(delivery.partnership(), limit).await;
    let letters = letters.map_err(|error| Problem::inside(&error))?.into_iter();
    let dead = letters.map(|letter| Letter {
        event: letter.position.0,
        reason: letter.reason.code(),
        at_ms: letter.at,
    });
    Ok(Json(Dead { dead: dead.collect() }))
}

pub(crate) async fn requeue(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Requeued>), Problem> {
    desk.require(&headers, Scope::Operator)?;
    let events = opened(&desk, &id)?.requeue().await.map_err(|error| problem(&error))?;
    Ok((StatusCode::ACCEPTED, Json(Requeued { events })))
}

/// Letters that are listed without a limit.
const LETTERS_SHOWN: usize = 100;
