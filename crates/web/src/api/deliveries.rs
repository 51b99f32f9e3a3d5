//! `GET /v1/deliveries`: where each delivery stands.

use super::{Desk, Scope, standing::Standing};
use crate::problem::Problem;
use axum::{Json, extract::State};
use http::HeaderMap;
use serde::Serialize;
use sluicegate_measurement::JournalError;

#[derive(Debug, Serialize)]
pub(crate) struct Deliveries {
    deliveries: Vec<Standing>,
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Deliveries>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let deliveries = standings(&desk).await.map_err(|error| Problem::inside(&error))?;
    Ok(Json(Deliveries { deliveries }))
}

pub(super) async fn standings(desk: &Desk) -> Result<Vec<Standing>, JournalError> {
    let listed = desk.deliveries.listed();
    let counters = desk.deliveries.counters().await?;
    // One that has left is shown while something of it is left.
    let is_shown = |standing: &Standing| standing.is_of_interest(&listed);
    Ok(counters.into_iter().map(Standing::from).filter(is_shown).collect())
}
