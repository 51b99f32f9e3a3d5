//! What an operator asks of the delivery to one partnership.
//!
//! `POST /v1/partnerships/{id}/resume`: it takes events again.
//! `POST /v1/partnerships/{id}/replay`: it is told again what happened in a range of time.

use super::{Desk, Scope, body};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{Json, body::Body, extract::State};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{Delivery, RequestError};
use std::sync::Arc;

pub(crate) async fn resume(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let delivery = opened(&desk, &id)?;
    delivery.resume().await.map_err(|error| Problem::inside(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    from_ms: UnixMillis,
    to_ms: UnixMillis,
}

#[derive(Debug, Serialize)]
pub(crate) struct Replaying {
    /// How many exposures of the journal are looked through for those of the range.
    looked_through: u64,
}

pub(crate) async fn replay(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Replaying>), Problem> {
    desk.require(&headers, Scope::Operator)?;
    let delivery = opened(&desk, &id)?;
    let Range { from_ms, to_ms } = body::json(body).await?;
    if from_ms >= to_ms {
        return Err(Problem::field("to_ms", "not later than `from_ms`"));
    }
    let looked_through = delivery.replay(from_ms, to_ms).await.map_err(|error| problem(&error))?;
    Ok((StatusCode::ACCEPTED, Json(Replaying { looked_through })))
}

/// Returns the opened delivery of a partnership.
pub(super) fn opened(desk: &Desk, id: &str) -> Result<Arc<Delivery>, Problem> {
    let id: PartnershipId = id.parse().map_err(|_not_an_id| unknown())?;
    desk.deliveries.opened(&id).map_err(|error| problem(&error))
}

pub(super) fn problem(error: &RequestError) -> Problem {
    match error {
        RequestError::NotListed => unknown(),
        RequestError::NotOpen => Problem::not_yet(error.to_string()),
        RequestError::TooMuch => Problem::new(Kind::Conflict, error.to_string()),
        RequestError::Journal(_) => Problem::inside(error),
    }
}

fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "no such partnership gets events")
}
