//! What measurement partners call: they report conversions and are told the touch behind them, or
//! nothing; how a claim ended; and what happened later in the app.

use super::{Desk, Scope, body};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use sluicegate_gate::PartnershipId;
use sluicegate_ledger::{Outcome, SendError};
use sluicegate_measurement::lookup::{
    Accepted, BodyError, EventResult, LOOKUP_BODY, LookupError, NoteError, Noted,
};

/// Answers once every accepted conversion is durable and the answer is recorded. One conversion is
/// answered with 200, a list with 207.
pub(crate) async fn conversions(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let partnership = partnership(&desk, &headers, &id)?;
    let _place = desk.lanes.enter(&partnership)?;
    let bytes = body::bytes(body, LOOKUP_BODY.bytes).await?;
    let accepted =
        desk.lookup.accept(&partnership, &bytes).await.map_err(|error| refused(&error))?;
    if let Some(refusal) = accepted.refusal() {
        let kind = match refusal.status {
            409 => Kind::Conflict,
            429 => Kind::TooMany,
            _ => Kind::Invalid,
        };
        return Err(Problem::of_field(kind, refusal.wrong.field.clone(), refusal.wrong.problem));
    }
    answer(&desk, &accepted).await
}

/// Decides, records and answers. What changed between the decision and the first byte is decided
/// anew.
async fn answer(desk: &Desk, accepted: &Accepted) -> Result<Response, Problem> {
    for _ in 0..ANSWERS_MAX {
        let cleared = desk.lookup.answer(accepted).await.map_err(|error| refused(&error))?;
        let message = cleared.message();
        match desk.egress.answer(cleared) {
            Ok(body) => {
                let status =
                    if accepted.is_list() { StatusCode::MULTI_STATUS } else { StatusCode::OK };
                let mut response = (status, Body::new(body)).into_response();
                let headers = response.headers_mut();
                let json = HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, json);
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                return Ok(response);
            }
            Err(SendError::NotInForce | SendError::DeadlinePassed) => {
                desk.ledger.outcome(message, Outcome::Failed);
            }
            Err(error) => {
                desk.ledger.outcome(message, Outcome::Failed);
                return Err(Problem::inside(&error));
            }
        }
    }
    Err(Problem::new(Kind::Unavailable, "choices change too fast at the moment; ask again"))
}

#[derive(Debug, Serialize)]
struct Results {
    results: Vec<EventResult>,
}

/// Answers 207 once every accepted event is durable; each has its own result.
pub(crate) async fn events(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let partnership = partnership(&desk, &headers, &id)?;
    let _place = desk.lanes.enter(&partnership)?;
    let bytes = body::bytes(body, LOOKUP_BODY.bytes).await?;
    let results =
        desk.lookup.events(&partnership, &bytes).await.map_err(|error| refused(&error))?;
    Ok((StatusCode::MULTI_STATUS, Json(Results { results })).into_response())
}

/// Answers 204 once the outcome of a claim is kept.
pub(crate) async fn outcome(
    State(desk): State<Desk>,
    Path((id, claim)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let partnership = partnership(&desk, &headers, &id)?;
    let _place = desk.lanes.enter(&partnership)?;
    let bytes = body::bytes(body, body::SMALL).await?;
    match desk.lookup.note(&partnership, &claim, &bytes).await {
        Ok(Noted::Kept | Noted::Repeat) => Ok(StatusCode::NO_CONTENT),
        Ok(Noted::Conflict) => Err(Problem::new(Kind::Conflict, "the claim has ended otherwise")),
        Ok(Noted::Unknown) => Err(Problem::new(Kind::NotFound, "there is no such claim")),
        Err(NoteError::Field(wrong)) => Err(Problem::field(wrong.field, wrong.problem)),
        Err(error @ NoteError::Conversions(_)) => Err(Problem::inside(&error)),
    }
}

/// Passes the partnership's own key. Nobody learns with another's which partnerships there are.
fn partnership(desk: &Desk, headers: &HeaderMap, id: &str) -> Result<PartnershipId, Problem> {
    let unknown = || Problem::new(Kind::NotFound, "no partnership of that name tracks conversions");
    let id: PartnershipId = id.parse().map_err(|_not_an_id| unknown())?;
    desk.require(headers, Scope::Partner(id.clone()))?;
    Ok(id)
}

fn refused(error: &LookupError) -> Problem {
    match error {
        LookupError::Body(BodyError::Json(fault)) => {
            Problem::field(fault.path.clone(), fault.problem.to_string())
        }
        LookupError::Body(BodyError::Shape) => Problem::field("$", error.to_string()),
        LookupError::Body(BodyError::TooMany) => Problem::new(Kind::TooLarge, error.to_string()),
        LookupError::NotListed => Problem::new(Kind::NotFound, error.to_string()),
        LookupError::ViewTooOld => Problem::not_yet(error.to_string()),
        LookupError::NoEdition
        | LookupError::Conversions(_)
        | LookupError::Seal(_)
        | LookupError::Encode(_)
        | LookupError::Join(_)
        | LookupError::Record(_) => Problem::inside(error),
    }
}

/// How often one call is decided at most.
const ANSWERS_MAX: usize = 3;
