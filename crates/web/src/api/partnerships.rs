//! `POST /v1/partnerships/{id}/resume`: an operator says that a partner takes events again.

use super::{Desk, Scope};
use crate::problem::{Kind, Problem};
use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode};
use sluicegate_gate::PartnershipId;
use sluicegate_measurement::ResumeError;

pub(crate) async fn resume(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let unknown = || Problem::new(Kind::NotFound, "no such partnership gets events");
    let id: PartnershipId = id.parse().map_err(|_not_an_id| unknown())?;
    match desk.deliveries.resume(&id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(ResumeError::NotOpen) => Err(unknown()),
        Err(error @ ResumeError::Journal(_)) => Err(Problem::inside(&error)),
    }
}
