//! `POST /v1/activity`: the platform passes on what advertisers' tags say people did off the platform.
//!
//! Only the platform speaks here, with its key: a tag in a browser may know a cookie, and who that is the
//! platform alone can say.

use super::{
    Desk, Scope,
    audiences::{format, refused},
    body,
};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode};
use sluicegate_audiences::BODY;

/// Answers 202 once the batch is durable. What is said of each item is its form alone.
pub(crate) async fn activity(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let format = format(&headers)?;
    let bytes = body::bytes(body, BODY.bytes).await?;
    let taken = desk.tags.accept(&bytes, format).await.map_err(|error| refused(&error))?;
    Ok((StatusCode::ACCEPTED, Json(taken)))
}
