//! `GET /v1/advertisers/{id}/report`, `report.csv` and `conversions.csv`: what an advertiser's ads led to.

mod turns;

use super::{Desk, Scope, query};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde::Deserialize;
use sluicegate_gate::{AdvertiserId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::report::{Report, ReportError};
pub(crate) use turns::{Turn, Turns};

/// From which day to which, as `2026-11-26`, and of which campaign; the last 28 days and all of them where nothing is
/// said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) campaign_id: Option<String>,
}

/// What the address says of the days and the campaign; it is looked at only once the key has passed.
pub(crate) type Asked = Result<Query<Span>, QueryRejection>;

/// Days of a report where nothing is said.
const DAYS: i64 = 28;

pub(crate) async fn json(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (report, turn) = asked(&desk, &headers, &id, span).await?;
    Ok(turn.until_sent(as_json(report)).await)
}

pub(crate) async fn csv(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (report, turn) = asked(&desk, &headers, &id, span).await?;
    Ok(turn.until_sent(as_csv(&report)).await)
}

/// The conversions by the days since their touch.
pub(crate) async fn conversions_csv(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (report, turn) = asked(&desk, &headers, &id, span).await?;
    Ok(turn.until_sent(as_conversions_csv(&report)).await)
}

pub(crate) fn as_json(report: Report) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(report)).into_response()
}

pub(crate) fn as_csv(report: &Report) -> Response {
    table(report.csv(), "attachment; filename=\"report.csv\"")
}

pub(crate) fn as_conversions_csv(report: &Report) -> Response {
    table(report.conversions_csv(), "attachment; filename=\"conversions.csv\"")
}

fn table(text: String, disposition: &'static str) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, text).into_response()
}

async fn asked(
    desk: &Desk,
    headers: &HeaderMap,
    id: &str,
    span: Asked,
) -> Result<(Report, Turn), Problem> {
    let id: AdvertiserId = id.parse().map_err(|_not_an_id| unknown())?;
    let scope = Scope::Advertiser(id.clone());
    if !desk.admits(headers, &scope) {
        desk.require(headers, scope)?;
    }
    make(desk, &id, span).await
}

/// Makes the report, whoever may see it, when its turn has come. The turn lasts until the report is sent.
pub(crate) async fn make(
    desk: &Desk,
    id: &AdvertiserId,
    span: Asked,
) -> Result<(Report, Turn), Problem> {
    let Query(span) = span.map_err(|rejection| query::wrong(&rejection, "from", ONLY))?;
    let edition = desk.current.load().ok_or_else(unknown)?;
    let advertiser = edition.advertiser(id).ok_or_else(unknown)?;
    let (first, today) = desk.reports.last_days(DAYS);
    let from = day("from", span.from.as_deref())?.unwrap_or(first);
    let to = day("to", span.to.as_deref())?.unwrap_or(today);
    let campaign = span.campaign_id.as_deref().filter(|id| !id.is_empty());
    let turn = desk.turns.take(id).await?;
    let report = desk.reports.report(advertiser, from, to, campaign).await.map_err(|error| {
        let field = match error {
            ReportError::Range => "to",
            ReportError::TooLongAgo => "from",
            ReportError::TooManyLines if from < to => "from",
            ReportError::TooManyLines | ReportError::Campaign => "campaign_id",
            ReportError::Conversions(_) => return Problem::inside(&error),
        };
        Problem::field(field, error.to_string())
    })?;
    Ok((report, turn))
}

const ONLY: &str = "only `from`, `to` and `campaign_id`, once";

pub(crate) fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "there is no such advertiser")
}

/// Reads a day of an address. A field of a form that was left empty says nothing.
pub(crate) fn day(name: &str, text: Option<&str>) -> Result<Option<Day>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = || Problem::field(name, "not a day, like 2026-11-26");
    let date: jiff::civil::Date = text.parse().map_err(|_not_a_day| wrong())?;
    let start: jiff::Timestamp =
        format!("{date}T00:00:00Z").parse().map_err(|_out_of_range| wrong())?;
    Ok(Some(Day::of(UnixMillis(start.as_millisecond()))))
}
