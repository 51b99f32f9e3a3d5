//! `POST /v1/exposures`: the platform says which ads were seen, watched or interacted with.

use super::{Desk, Scope, body};
use crate::problem::{Kind, Problem};
use axum::{Json, body::Body, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use sluicegate_measurement::{BODY, Format, IntakeError, ItemResult};

#[derive(Debug, Serialize)]
struct Results {
    results: Vec<ItemResult>,
}

/// Answers 202 once what was accepted is durable; each exposure has its own result.
pub(crate) async fn exposures(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let format = format(&headers)?;
    let bytes = body::bytes(body, BODY.bytes).await?;
    let results = desk.intake.accept(&bytes, format).await.map_err(|error| refused(&error))?;
    Ok((StatusCode::ACCEPTED, Json(Results { results })))
}

fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Format::Json) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match essence {
        "application/json" => Ok(Format::Json),
        "application/x-ndjson" | "application/ndjson" => Ok(Format::Ndjson),
        _ => {
            Err(Problem::field("Content-Type", "neither application/json nor application/x-ndjson"))
        }
    }
}

fn refused(error: &IntakeError) -> Problem {
    match error {
        IntakeError::Json(fault) => Problem::field(fault.path.clone(), fault.to_string()),
        IntakeError::Shape { field } => Problem::field(*field, error.to_string()),
        IntakeError::TooMany => Problem::new(Kind::TooLarge, error.to_string()),
        IntakeError::Seal(_) | IntakeError::Journal(_) => Problem::inside(error),
    }
}
