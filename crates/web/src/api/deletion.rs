//! The IAB Tech Lab's Data Deletion Request Framework 1.0, as receiver: `GET /dsrdelete.json` says how
//! requests are taken, `POST /dsrdelete` takes one.
//!
//! No key is needed: who asks is known by the keys that they publish.

use super::{Desk, body};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State};
use http::{StatusCode, header};
use serde::Serialize;
use sluicegate_recall::deletion::{ResultCode, TakeError};
use std::time::Duration;

/// Where requests are taken.
pub const DELETION_REQUESTS: &str = "/dsrdelete";
/// After how long what a partner publishes is read again, where it could not be.
const AGAIN_AFTER: Duration = Duration::from_mins(1);
/// Longest request, in bytes.
const REQUEST_MAX: usize = 20 << 10;

pub(crate) async fn listing(
    State(desk): State<Desk>,
) -> ([(header::HeaderName, &'static str); 1], Json<serde_json::Value>) {
    ([(header::CACHE_CONTROL, "max-age=3600")], Json(desk.receiver.listing()))
}

#[derive(Debug, Serialize)]
pub(crate) struct Acknowledgement {
    #[serde(rename = "acJWT")]
    token: String,
}

/// 202 where the request is accepted, 400 where it is not; both with a token that says so. 503 where nobody can tell
/// whether it is good, since what the partner publishes cannot be read; without a token.
pub(crate) async fn take(
    State(desk): State<Desk>,
    body: Body,
) -> Result<(StatusCode, Json<Acknowledgement>), Problem> {
    let bytes = body::bytes(body, REQUEST_MAX).await?;
    let answered = desk.receiver.take(&bytes).await.map_err(|error| match error {
        TakeError::Unread => Problem::later(
            "the `dsrdelete.json` that has to have the key could not be read; send it again",
            AGAIN_AFTER,
        ),
        TakeError::Step(error) => Problem::inside(&error),
    })?;
    let status = match answered.result {
        ResultCode::Successful => StatusCode::ACCEPTED,
        ResultCode::Malformed
        | ResultCode::InvalidSignature
        | ResultCode::InvalidToken
        | ResultCode::UnsupportedType
        | ResultCode::IncorrectFormat
        | ResultCode::InvalidTimestamp => StatusCode::BAD_REQUEST,
    };
    Ok((status, Json(Acknowledgement { token: answered.token })))
}
