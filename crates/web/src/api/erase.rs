//! `POST /v1/people/erase`: everything that is kept of a person goes, but that sharing is off.

use super::{Desk, Scope, body, subject::KeyName};
use crate::problem::Problem;
use axum::{body::Body, extract::State};
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sluicegate_gate::{Personal, SubjectKey};
use std::fmt;

/// A person could not be erased, or not wholly: done again, it goes on.
#[derive(Debug, thiserror::Error)]
#[error("the person could not be erased")]
pub struct EraseFailed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Erases people from every store.
pub trait Erasures: Send + Sync + fmt::Debug {
    /// Erases whatever is kept under a key; nothing of it can be read when this returns. Begun, it is done to the
    /// end, after a crash too.
    ///
    /// With the id of a device or browser, conversions are found that no touch leads to.
    fn erase(
        &self,
        key: SubjectKey,
        id: Option<Personal<String>>,
    ) -> BoxFuture<'_, Result<(), EraseFailed>>;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erase {
    key: KeyName,
}

impl fmt::Debug for Erase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Erase([personal])")
    }
}

pub(crate) async fn erase(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let erase: Erase = body::json(body).await?;
    let key = erase.key.key(&desk, "key")?;
    desk.erasures.erase(key, erase.key.id()).await.map_err(|error| Problem::inside(&error))?;
    Ok(StatusCode::NO_CONTENT)
}
