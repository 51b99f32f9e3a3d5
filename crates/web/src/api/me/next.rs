//! `GET /v1/me/next`: what the next message to each partner would say, made by the rules that decide about real ones
//! and not sent.

use super::{person, private};
use crate::{api::Desk, limits::Act, pages::NextMessage, problem::Problem};
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Serialize;
use sluicegate_gate::{PartnershipId, SubjectKey, Told};

#[derive(Serialize)]
pub(crate) struct Messages {
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Message {
    partnership: PartnershipId,
    told: Vec<Told>,
    /// Whether it would be asked without anything about the person.
    is_contextual: bool,
    reasons: Vec<Why>,
}

#[derive(Serialize)]
struct Why {
    reason: &'static str,
    words: &'static str,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    Ok(private(&next(&desk, account, &headers)))
}

/// Makes the messages as the request's headers would have them.
pub(super) fn next(desk: &Desk, account: SubjectKey, headers: &HeaderMap) -> Messages {
    let message = |next: NextMessage| Message {
        partnership: next.partnership,
        told: next.told,
        is_contextual: next.is_contextual,
        reasons: next.reasons.into_iter().map(why).collect(),
    };
    Messages { messages: desk.next.next(account, headers).into_iter().map(message).collect() }
}

fn why(reason: sluicegate_gate::Reason) -> Why {
    Why { reason: reason.code(), words: reason.words() }
}
