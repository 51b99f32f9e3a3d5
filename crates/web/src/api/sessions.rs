//! `POST /v1/sessions/end`: the platform ends every session that an account or a device has on the pages, for example
//! when the account's password was changed or it was closed, or the device was lost.

use super::{Desk, Scope, body, subject::KeyName};
use crate::problem::Problem;
use axum::{body::Body, extract::State};
use http::{HeaderMap, StatusCode};

pub(crate) async fn end(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let key = body::json::<KeyName>(body).await?.key(&desk, "")?;
    desk.sessions.end_all(key);
    Ok(StatusCode::NO_CONTENT)
}
