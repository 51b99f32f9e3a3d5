//! `/v1/me/…`: what the pages do, for a settings screen of the platform's own: the person's settings, data, what
//! was shared and would be shared next, what was called back, the history, and all of it to take along.
//!
//! The person is the `sub` of a token that the platform signs, sent as `Authorization: Bearer …`; its audience ends
//! with `/v1/me`, so that a link that signs in is no key here. A cookie is not looked at, and so no other site's
//! page can ask in a person's name.

pub(super) mod data;
pub(super) mod described;
mod edits;
pub(super) mod export;
pub(super) mod history;
pub(super) mod next;
pub(super) mod recalls;
pub(super) mod settings;
pub(super) mod shared;

use super::Desk;
use crate::{
    limits::Act,
    problem::{Kind, Problem},
};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Serialize;
use sluicegate_gate::SubjectKey;

/// Returns whose token it is, and counts one act in that person's name.
fn person(desk: &Desk, headers: &HeaderMap, act: Act) -> Result<SubjectKey, Problem> {
    let refused = |detail| Problem::new(Kind::Unauthorized, detail);
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|text| text.strip_prefix("Bearer "));
    let token =
        token.ok_or_else(|| refused("send the person's token: `Authorization: Bearer …`"))?;
    let person = desk.sessions.bearer(token);
    let person = person.ok_or_else(|| refused("not a token of the platform that holds now"))?;
    desk.sessions.pass(act, person).map_err(Problem::too_soon)?;
    Ok(person)
}

/// Answers with what nobody on the way may keep.
fn private(answer: &impl Serialize) -> Response {
    match serde_json::to_vec(answer) {
        Ok(bytes) => {
            let headers =
                [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
            (headers, bytes).into_response()
        }
        Err(error) => Problem::inside(&error).into_response(),
    }
}

/// An answer that was not made.
fn inside(error: impl std::error::Error) -> Problem {
    Problem::inside(&error)
}
