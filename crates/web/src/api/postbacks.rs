//! `POST /v1/postbacks/apple`: what Apple's devices say after an install. Apple's signature is the key.

use super::{Desk, body};
use crate::problem::{Kind, Problem};
use axum::{body::Body, extract::State};
use http::StatusCode;
use sluicegate_measurement::apple::{CountError, Counted, POSTBACK};

/// Answers 200 to everything that Apple signed, counted or not: a device that is refused sends again.
pub(crate) async fn apple(State(desk): State<Desk>, body: Body) -> Result<StatusCode, Problem> {
    let bytes = body::bytes(body, POSTBACK.bytes).await?;
    match desk.postbacks.accept(&bytes).await {
        Ok(Counted::Yes | Counted::No) => Ok(StatusCode::OK),
        Err(CountError::Postback(error)) => Err(Problem::field(error.field(), error.to_string())),
        Err(error @ CountError::NoEdition) => {
            Err(Problem::new(Kind::Unavailable, error.to_string()))
        }
        Err(error @ CountError::Conversions(_)) => Err(Problem::inside(&error)),
    }
}
