//! `POST /v1/disclosures/query`: what left about a person, to whom and since when, and what was
//! withheld and why, as JSON, lines of JSON, or a table. `POST /v1/receipts/query`: the consent receipt that
//! goes with it. For operators.

use super::{
    Desk, Scope, body,
    receipts::{self, Sources},
    subject::KeyName,
};
use crate::problem::{Kind, Problem};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sluicegate_ledger::{ExportRow, csv, ndjson};
use std::ops::Range;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: KeyName,
    /// From when, in milliseconds since 1970; from the beginning where absent.
    from_ms: Option<UnixMillis>,
    /// Until when; until now where absent.
    to_ms: Option<UnixMillis>,
    /// In which form the answer is.
    #[serde(default)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Ndjson,
    Csv,
}

#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    records: Vec<ExportRow>,
}

pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let query: Query = body::json(body).await?;
    let (_, _, records) = records(&desk, &query).await?;
    let (kind, name, text) = match query.format {
        Format::Json => return Ok(Json(Answer { records }).into_response()),
        Format::Ndjson => {
            let lines = ndjson(&records).map_err(|error| Problem::inside(&error))?;
            ("application/x-ndjson", "records.ndjson", lines)
        }
        Format::Csv => ("text/csv; charset=utf-8", "records.csv", csv(&records).into_bytes()),
    };
    let headers = [
        (header::CACHE_CONTROL, String::from("no-store")),
        (header::CONTENT_TYPE, String::from(kind)),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, text).into_response())
}

pub(crate) async fn receipt(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let query: Query = body::json(body).await?;
    let (key, range, records) = records(&desk, &query).await?;
    let edition = desk
        .current
        .load()
        .ok_or_else(|| Problem::new(Kind::Unavailable, "no edition is in force"))?;
    let sources = Sources {
        settings: &desk.settings,
        edition: &edition,
        editions: desk.editions.as_ref(),
        at: desk.clock.now(),
    };
    let receipt = receipts::receipt(&sources, key, range, &records).await;
    let receipt = receipt.map_err(|error| Problem::inside(&error))?;
    let headers =
        [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/ld+json")];
    Ok((headers, receipt.to_string()).into_response())
}

async fn records(
    desk: &Desk,
    query: &Query,
) -> Result<(SubjectKey, Range<UnixMillis>, Vec<ExportRow>), Problem> {
    let key = query.key.key(desk, "key")?;
    let from = query.from_ms.unwrap_or(UnixMillis(0));
    // One past now, so that what left in this very millisecond is in.
    let to = query.to_ms.unwrap_or(UnixMillis(desk.clock.now().0.saturating_add(1)));
    if to < from {
        return Err(Problem::field("to_ms", "earlier than `from_ms`"));
    }
    desk.ledger.flush().await.map_err(|error| Problem::inside(&error))?;
    let records =
        desk.ledger.export_person(key, from..to).await.map_err(|error| Problem::inside(&error))?;
    Ok((key, from..to, records))
}
