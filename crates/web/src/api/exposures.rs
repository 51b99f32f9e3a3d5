//! `POST /v1/exposures`: the platform says which ads were seen, watched or interacted with.

use super::{
    Desk, Scope,
    body::{self, Written},
};
use crate::problem::{Kind, Problem};
use axum::{Json, body::Body, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use sluicegate_measurement::{BODY, Format, IntakeError, ItemResult};

#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) results: Vec<ItemResult>,
}

/// Answers 202 once what was accepted is durable; each exposure has its own result.
pub(crate) async fn exposures(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let format = format(&headers)?;
    let _room = desk.room.take(&headers, BODY.bytes).await?;
    let bytes = body::bytes(body, BODY.bytes).await?;
    let results = desk.intake.accept(&bytes, format).await.map_err(|error| refused(&error))?;
    Ok((StatusCode::ACCEPTED, Json(Results { results })))
}

pub(super) fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    Ok(match body::written(headers)? {
        Written::Json => Format::Json,
        Written::Ndjson => Format::Ndjson,
    })
}

fn refused(error: &IntakeError) -> Problem {
    match error {
        IntakeError::Json(fault) => Problem::field(fault.path.clone(), fault.problem.to_string()),
        IntakeError::Shape { field } => Problem::field(*field, error.to_string()),
        IntakeError::Beside { field } => Problem::field(field.clone(), error.to_string()),
        IntakeError::TooMany => Problem::new(Kind::TooLarge, error.to_string()),
        IntakeError::Seal(_) | IntakeError::Journal(_) => Problem::inside(error),
    }
}
