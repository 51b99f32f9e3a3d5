//! What was given up for a partnership. `GET /v1/partnerships/{id}/dead` lists it,
//! `POST /v1/partnerships/{id}/dead/requeue` puts it back.

use super::{
    Desk, Scope, body,
    partnerships::{opened, problem},
    query,
};
use crate::{path::Path, problem::Problem};
use axum::{
    Json,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sluicegate_gate::time::UnixMillis;
use sluicegate_measurement::{DeadReason, LETTERS_MAX, Letters, Position};

/// Which of them: the newest of those that fit.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Given up for that reason.
    reason: Option<String>,
    /// Given up no earlier, and before.
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    /// Events before that one: the next page.
    before_event: Option<u64>,
    limit: Option<usize>,
}

impl Asked {
    fn letters(self, limit: usize) -> Result<Letters, Problem> {
        let read = |code: String| {
            let known = "not `refused`, `unreachable`, `retention_passed` or `view_stopped`";
            DeadReason::from_code(&code).ok_or_else(|| Problem::field("reason", known))
        };
        let max = self.limit.unwrap_or(limit);
        if !(1..=LETTERS_MAX).contains(&max) {
            return Err(Problem::field("limit", format!("must be 1 to {LETTERS_MAX}")));
        }
        if self.from_ms.zip(self.to_ms).is_some_and(|(from, to)| from >= to) {
            return Err(Problem::field("to_ms", "must be later than `from_ms`"));
        }
        Ok(Letters {
            reason: self.reason.map(read).transpose()?,
            from: self.from_ms.map(UnixMillis),
            to: self.to_ms.map(UnixMillis),
            before: self.before_event.map(Position),
            max,
        })
    }
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
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<Dead>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let Query(asked) = asked.map_err(|rejection| query::wrong(&rejection, "limit", NOT_ASKED))?;
    let delivery = opened(&desk, &id)?;
    let asked = asked.letters(LETTERS_SHOWN)?;
    let letters = desk.deliveries.dead_letters(delivery.partnership(), asked).await;
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
    body: Body,
) -> Result<(StatusCode, Json<Requeued>), Problem> {
    desk.require(&headers, Scope::Operator)?;
    let body = body::bytes(body, body::SMALL).await?;
    // An empty body asks for all.
    let asked: Asked = if body.is_empty() { Asked::default() } else { body::parse(&body)? };
    let delivery = opened(&desk, &id)?;
    let events = delivery.requeue(asked.letters(LETTERS_MAX)?).await;
    let events = events.map_err(|error| problem(&error))?;
    Ok((StatusCode::ACCEPTED, Json(Requeued { events })))
}

const NOT_ASKED: &str = "only `reason`, `from_ms`, `to_ms`, `before_event` and `limit`, once; all but `reason` are whole numbers";
/// Letters that are listed without a limit.
const LETTERS_SHOWN: usize = 100;
