//! `POST /v1/disclosures/query`: what left about a person, to whom and since when, and what was
//! withheld and why, as JSON, lines of JSON, or a table. `POST /v1/receipts/query`: the consent receipt that
//! goes with it. For operators.

use super::{Desk, Scope, body, receipt::Receipt, subject::KeyName};
use crate::problem::{Kind, Problem};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{PartnershipId, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{ExportRow, csv, ndjson};
use sluicegate_register::Edition;
use std::{collections::BTreeSet, ops::Range};

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
    let history = desk.settings.history(key).await.map_err(|error| Problem::inside(&error))?;
    let past = last_listings(&desk, &edition, &records).await?;
    let receipt = Receipt {
        key,
        range,
        at: desk.clock.now(),
        edition: &edition,
        past: &past,
        standing: desk.settings.standing(key),
        history,
        records: &records,
    };
    let headers =
        [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/ld+json")];
    Ok((headers, receipt.document().to_string()).into_response())
}

/// Returns the last editions that listed each partnership that is in the records, and not listed now. The newest is first.
async fn last_listings(
    desk: &Desk,
    current: &Edition,
    records: &[ExportRow],
) -> Result<Vec<Edition>, Problem> {
    let mut wanted: BTreeSet<&PartnershipId> = records
        .iter()
        .filter_map(|record| match record {
            ExportRow::Disclosure { partnership, .. } => Some(partnership),
            ExportRow::Withheld { .. } | ExportRow::Unread { .. } => None,
        })
        .filter(|id| current.partnership(id).is_none())
        .collect();
    let mut found = Vec::new();
    for number in (1..current.number()).rev() {
        if wanted.is_empty() {
            break;
        }
        let edition = desk.editions.get(number).await.map_err(|error| Problem::inside(&error))?;
        let Some(edition) = edition else { continue };
        let before = wanted.len();
        wanted.retain(|id| edition.partnership(id).is_none());
        if wanted.len() < before {
            found.push(edition);
        }
    }
    Ok(found)
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
