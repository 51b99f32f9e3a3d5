//! `GET /v1/feedback`: what readers said of the page of partners. `POST /v1/feedback/{id}/remove`: removes a
//! remark.

use super::{Desk, Scope, query};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sluicegate_register::{OpinionCounts, Remark};

/// What may be asked.
const NOT_ASKED: &str = "only `before`, once: the number of a remark";
/// Remarks in one answer.
const REMARKS_PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Only remarks with a lower number.
    before: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Said {
    editions: Vec<OpinionCounts>,
    /// The latest first, at most 100.
    remarks: Vec<Remark>,
    /// What to ask for `before` next; absent where these were the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<u64>,
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Said>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let Query(asked) = asked.map_err(|rejection| query::wrong(&rejection, "before", NOT_ASKED))?;
    let failed = |error: sluicegate_register::FeedbackError| Problem::inside(&error);
    let editions = desk.feedback.counts().await.map_err(failed)?;
    let remarks = desk.feedback.remarks(asked.before, REMARKS_PAGE).await.map_err(failed)?;
    let next = remarks.get(REMARKS_PAGE - 1).map(|last| last.id);
    Ok(Json(Said { editions, remarks, next_before: next }))
}

pub(crate) async fn remove(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let unknown = || Problem::new(Kind::NotFound, "there is no such remark");
    let id: u64 = id.parse().map_err(|_not_a_number| unknown())?;
    let removed = desk.feedback.remove(id).await.map_err(|error| Problem::inside(&error))?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}
