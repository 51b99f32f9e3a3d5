//! `GET /v1/me/history`: every change, the latest first.

use super::{inside, person, private};
use crate::{api::Desk, problem::Problem};
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Serialize;
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sluicegate_settings::Event;

#[derive(Serialize)]
pub(crate) struct History {
    changes: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    at_ms: UnixMillis,
    shard: u16,
    version: u64,
    event: Event,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers)?;
    Ok(private(&history(&desk, account).await?))
}

/// Gathers every change.
pub(super) async fn history(desk: &Desk, account: SubjectKey) -> Result<History, Problem> {
    let records = desk.settings.history(account).await.map_err(inside)?;
    let entry = |record: sluicegate_settings::ChangeRecord| Entry {
        at_ms: record.at,
        shard: record.revision.shard,
        version: record.revision.version,
        event: record.event,
    };
    Ok(History { changes: records.into_iter().rev().map(entry).collect() })
}
