//! `POST /v1/sessions/end`: the platform ends every session that an account has on the pages, for example when
//! its password was changed or it was closed.

use super::{Desk, Scope, body};
use crate::problem::Problem;
use axum::{body::Body, extract::State};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ended {
    account: String,
}

pub(crate) async fn end(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let ended: Ended = body::json(body).await?;
    if ended.account.is_empty() {
        return Err(Problem::field("account", "must not be empty"));
    }
    desk.sessions.end_all(desk.keyring.account(&ended.account));
    Ok(StatusCode::NO_CONTENT)
}
