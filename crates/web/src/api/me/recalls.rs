//! `GET /v1/me/recalls`: how far partners are with what they are told to forget or correct.

use super::{inside, person, private};
use crate::{
    api::{Desk, recalls::Owed},
    limits::Act,
    problem::Problem,
};
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Serialize;
use sluicegate_gate::SubjectKey;

#[derive(Serialize)]
pub(crate) struct Recalled {
    recalls: Vec<Owed>,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    Ok(private(&recalled(&desk, account).await?))
}

/// Gathers what partners owe the person.
pub(super) async fn recalled(desk: &Desk, account: SubjectKey) -> Result<Recalled, Problem> {
    let standing = desk.recalls.standing(vec![account]).await.map_err(inside)?;
    Ok(Recalled { recalls: standing.into_iter().map(Owed::of).collect() })
}
