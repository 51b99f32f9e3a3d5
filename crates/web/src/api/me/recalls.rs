//! `GET /v1/me/recalls`: how far partners are with what they are told to forget or correct.

use super::{inside, person, private};
use crate::{
    api::{Desk, recalls::Owed},
    problem::Problem,
};
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Serialize;

#[derive(Serialize)]
struct Recalled {
    recalls: Vec<Owed>,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers)?;
    let standing = desk.recalls.standing(vec![account]).await.map_err(inside)?;
    Ok(private(&Recalled { recalls: standing.into_iter().map(Owed::of).collect() }))
}
