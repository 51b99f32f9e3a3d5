//! `POST /v1/links` and `POST /v1/links/remove`: an account is, or is no longer, used on a device or in
//! a browser. Only the platform links; a bid request never does.

use super::{Desk, Scope, body, choices::refused, subject, subject::KeyName};
use crate::problem::Problem;
use axum::{body::Body, extract::State};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::fmt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    account: String,
    with: KeyName,
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Link([personal])")
    }
}

pub(crate) async fn link(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let link: Link = body::json(body).await?;
    let account = subject::account(&desk, &link.account, "account")?;
    let with = link.with.key(&desk, "with")?;
    desk.settings.link(account, with).await.map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn unlink(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let link: Link = body::json(body).await?;
    let account = subject::account(&desk, &link.account, "account")?;
    let with = link.with.key(&desk, "with")?;
    desk.settings.unlink(account, with).await.map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}
