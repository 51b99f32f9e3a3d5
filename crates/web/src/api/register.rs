//! `POST /v1/register/editions`: an operator publishes the register's files as the next edition.
//! `GET /v1/register/editions`: all editions in short.

use super::{Desk, Scope, body};
use crate::problem::{Kind, Problem};
use axum::{Json, body::Body, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_gate::time::{Clock, UnixMillis};
use sluicegate_register::{Current, Diff, Edition, EditionStore, Register};
use std::{collections::BTreeMap, sync::Arc};

/// Longest register, all files together, in bytes.
const REGISTER_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publish {
    /// File name to TOML text.
    files: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NewEdition {
    number: u32,
    published_at_ms: UnixMillis,
    hash: String,
    /// What is different from the edition before, line by line.
    changes: Vec<String>,
}

/// An edition could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The files have problems.
    #[error("the register's files have problems: {0}")]
    Files(String),
    /// The files say what is in force already.
    #[error("{0}")]
    Unchanged(String),
    /// The edition before does not allow it.
    #[error("{0}")]
    Refused(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] sluicegate_register::EditionStoreError),
}

/// Publishes files as the next edition: read, checked, kept, and only then in force.
pub async fn publish_edition(
    editions: &dyn EditionStore,
    current: &Current,
    clock: &dyn Clock,
    files: &[(String, String)],
) -> Result<(Arc<Edition>, Option<Diff>), PublishError> {
    let register = Register::read(files).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        PublishError::Files(lines.join("; "))
    })?;
    let previous = editions.latest().await?;
    let published = Edition::publish(register, previous.as_ref(), clock.now());
    let edition = match published {
        Ok(edition) => edition,
        Err(error @ sluicegate_register::PublishError::Unchanged(_)) => {
            // It may have been kept by a publication that never came to put it in force.
            if let Some(kept) = previous {
                current.replace(Arc::new(kept));
            }
            return Err(PublishError::Unchanged(error.to_string()));
        }
        Err(other) => return Err(PublishError::Refused(other.to_string())),
    };
    let changes = previous.map(|previous| Diff::between(&previous, &edition));
    editions.put(&edition).await?;
    let edition = Arc::new(edition);
    current.replace(Arc::clone(&edition));
    Ok((edition, changes))
}

pub(crate) async fn publish(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<NewEdition>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let files: Publish = body::json_within(body, REGISTER_MAX).await?;
    let files: Vec<(String, String)> = files.files.into_iter().collect();
    // In a task of its own: a caller that hangs up must not leave an edition kept but not in force.
    let published = tokio::spawn(async move {
        publish_edition(desk.editions.as_ref(), &desk.current, desk.clock.as_ref(), &files).await
    })
    .await
    .map_err(|ended| Problem::inside(&ended))?;
    let (edition, changes) = published.map_err(|error| match error {
        PublishError::Files(_) => Problem::field("files", error.to_string()),
        PublishError::Unchanged(_) | PublishError::Refused(_) => {
            Problem::new(Kind::Conflict, error.to_string())
        }
        PublishError::Store(_) => Problem::inside(&error),
    })?;
    let lines = changes.map(|diff| diff.to_string()).unwrap_or_default();
    Ok(Json(NewEdition {
        number: edition.number(),
        published_at_ms: edition.published_at(),
        hash: edition.hash().to_string(),
        changes: lines.lines().map(ToOwned::to_owned).collect(),
    }))
}

#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    number: u32,
    published_at_ms: UnixMillis,
    hash: String,
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Vec<Summary>>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let all = desk.editions.list().await.map_err(|error| Problem::inside(&error))?;
    let short = |edition: sluicegate_register::EditionSummary| Summary {
        number: edition.number,
        published_at_ms: edition.published_at,
        hash: edition.hash.to_string(),
    };
    Ok(Json(all.into_iter().map(short).collect()))
}
