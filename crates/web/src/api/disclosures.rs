//! `POST /v1/disclosures/query`: what left about a person, to whom and since when, and what was
//! withheld and why. For operators.

use super::{Desk, Scope, body, subject::KeyName};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::ExportRow;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: KeyName,
    /// From when, in milliseconds since 1970; from the beginning where absent.
    from_ms: Option<UnixMillis>,
    /// Until when; until now where absent.
    to_ms: Option<UnixMillis>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    records: Vec<ExportRow>,
}

pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Answer>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let query: Query = body::json(body).await?;
    let key = query.key.key(&desk, "key")?;
    let from = query.from_ms.unwrap_or(UnixMillis(0));
    // One past now, so that what left in this very millisecond is in.
    let to = query.to_ms.unwrap_or(UnixMillis(desk.clock.now().0.saturating_add(1)));
    if to < from {
        return Err(Problem::field("to_ms", "earlier than `from_ms`"));
    }
    desk.ledger.flush().await.map_err(|error| Problem::inside(&error))?;
    let records =
        desk.ledger.export_person(key, from..to).await.map_err(|error| Problem::inside(&error))?;
    Ok(Json(Answer { records }))
}
