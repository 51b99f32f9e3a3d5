//! `GET /v1/me/history`: every change, the latest first.

use super::{inside, person, private};
use crate::{
    api::{Desk, choices},
    limits::Act,
    problem::Problem,
};
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Serialize;
use sluicegate_gate::SubjectKey;
use sluicegate_settings::ReadHistory;

#[derive(Serialize)]
pub(crate) struct History {
    changes: Vec<choices::Entry>,
    /// What else happened, and does not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<choices::UnreadEntry>,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    Ok(private(&history(&desk, account).await?))
}

/// Gathers every change.
pub(super) async fn history(desk: &Desk, account: SubjectKey) -> Result<History, Problem> {
    let ReadHistory { records, unread } = desk.settings.history(account).await.map_err(inside)?;
    Ok(History {
        changes: records.into_iter().rev().map(choices::Entry::of).collect(),
        unread: unread.into_iter().rev().map(choices::UnreadEntry::of).collect(),
    })
}
