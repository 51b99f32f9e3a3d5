//! `POST /v1/erasures`: the platform has a person forgotten, under all the keys that it names.

use super::{Desk, Scope, body, subject::KeyName};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

/// Keys of one person at most.
const KEYS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erasure {
    keys: Vec<KeyName>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Accepted {
    keys: usize,
}

/// Answers 202 once the erasure is durable; it then ends whatever happens.
pub(crate) async fn erase(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    desk.require(&headers, Scope::Platform)?;
    let Erasure { keys } = body::json(body).await?;
    if keys.is_empty() || keys.len() > KEYS_MAX {
        return Err(Problem::field("keys", format!("must hold 1 to {KEYS_MAX} keys")));
    }
    let keys = keys
        .iter()
        .enumerate()
        .map(|(place, key)| key.key(&desk, &format!("keys[{place}]")))
        .collect::<Result<Vec<_>, _>>()?;
    let count = keys.len();
    desk.erasures.accept(keys).await.map_err(|error| Problem::inside(&error))?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { keys: count })))
}
