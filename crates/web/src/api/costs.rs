//! `POST /v1/costs`: the platform says what advertisers' ads cost.

use super::{Desk, Scope, body, exposures};
use crate::problem::{Kind, Problem};
use axum::{Json, body::Body, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode};
use sluicegate_measurement::cost::{COST_BODY, CostError};

/// Answers 202 once what was accepted is durable; each cost has its own result.
pub(crate) async fn costs(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let format = exposures::format(&headers)?;
    let bytes = body::bytes(body, COST_BODY.bytes).await?;
    let results = desk.costs.accept(&bytes, format).await.map_err(|error| refused(&error))?;
    Ok((StatusCode::ACCEPTED, Json(exposures::Results { results })))
}

fn refused(error: &CostError) -> Problem {
    match error {
        CostError::Json(fault) => Problem::field(fault.path.clone(), fault.problem.to_string()),
        CostError::Shape { field } => Problem::field(*field, error.to_string()),
        CostError::Beside { field } => Problem::field(field.clone(), error.to_string()),
        CostError::TooMany => Problem::new(Kind::TooLarge, error.to_string()),
        CostError::Store(_) => Problem::inside(error),
    }
}
