//! `GET /v1/me/shared?from=2026-11-01&to=2026-11-30`: what left, and what was withheld, day by day in UTC.

use super::{inside, person, private};
use crate::{
    api::{Desk, query, report::day},
    limits::Act,
    problem::Problem,
};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sluicegate_ledger::{Day, ExportRow};
use std::{ops::Range, time::Duration};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Shared {
    from_ms: UnixMillis,
    until_ms: UnixMillis,
    pub(super) records: Vec<ExportRow>,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
    span: Result<Query<Span>, QueryRejection>,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    let Query(span) =
        span.map_err(|rejection| query::wrong(&rejection, "from", "only `from` and `to`, once"))?;
    let now = desk.clock.now();
    let one_day = Duration::from_hours(24);
    let from = day("from", span.from.as_deref())?.map(Day::start);
    let to = day("to", span.to.as_deref())?.map(|day| day.start().plus(one_day));
    let until = to.unwrap_or_else(|| after(now));
    let from = from.unwrap_or_else(|| until.minus(one_day * DAYS));
    if until < from {
        return Err(Problem::field("to", "earlier than `from`"));
    }
    Ok(private(&shared(&desk, account, from..until).await?))
}

/// Gathers what left in a range of time.
pub(super) async fn shared(
    desk: &Desk,
    account: SubjectKey,
    range: Range<UnixMillis>,
) -> Result<Shared, Problem> {
    desk.ledger.flush().await.map_err(inside)?;
    let (from_ms, until_ms) = (range.start, range.end);
    let records = desk.ledger.export_person(account, range).await.map_err(inside)?;
    Ok(Shared { from_ms, until_ms, records })
}

/// The end of a range that still holds `now`.
pub(super) fn after(now: UnixMillis) -> UnixMillis {
    now.plus(Duration::from_millis(1))
}

/// Days where nothing is said.
const DAYS: u32 = 30;
