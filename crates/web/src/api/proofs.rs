//! `POST /v1/ledger/proofs`: the proof that one disclosure about a person is on record, as one file that anybody
//! checks with the public key of the log. For operators.

use super::{Desk, Scope, body, subject::KeyName};
use crate::problem::{Kind, Problem};
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde::Deserialize;
use sluicegate_gate::{DisclosureId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::{Wanted, log::book::BookError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: KeyName,
    /// The id of the disclosure, which its partner has, too; the latest where absent.
    disclosure: Option<String>,
    /// Only to this partnership.
    partnership: Option<PartnershipId>,
    /// From when on, in milliseconds since 1970; from the beginning where absent.
    from_ms: Option<UnixMillis>,
    /// Whether the person's own key is in the file, too.
    #[serde(default)]
    with_key: bool,
}

pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let query: Query = body::json(body).await?;
    let subject = query.key.key(&desk, "key")?;
    let disclosure = query.disclosure.map(|id| {
        id.parse::<DisclosureId>().map_err(|_grammar| Problem::field("disclosure", "not an id"))
    });
    let wanted = Wanted {
        subject,
        since: query.from_ms.unwrap_or(UnixMillis(0)),
        disclosure: disclosure.transpose()?,
        partnership: query.partnership,
    };
    let place = desk.ledger.latest_on_record(&wanted).await;
    let place = place.map_err(|error| Problem::inside(&error))?.ok_or_else(nothing)?;
    let proof = desk.book.prove(place).await.map_err(|error| unproved(&error))?;
    let mut proof = proof.ok_or_else(nothing)?;
    if query.with_key {
        let key = desk.ledger.person_key(subject).await.map_err(|error| Problem::inside(&error))?;
        proof = proof.with_key(&key.ok_or_else(nothing)?);
    }
    let name = format!("attachment; filename=\"{}.tlog-proof\"", place.disclosure);
    let headers = [
        (header::CONTENT_TYPE, String::from("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, String::from("no-store")),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, proof.to_string()).into_response())
}

/// Says why there is no proof of what is on record, where the cause is in what is kept.
fn unproved(error: &BookError) -> Problem {
    if matches!(error, BookError::Store(_)) {
        return Problem::inside(error);
    }
    tracing::error!(error.cause = %error, "a disclosure could not be proved");
    Problem::new(Kind::Conflict, format!("it is on record and cannot be proved: {error}"))
}

fn nothing() -> Problem {
    Problem::new(
        Kind::NotFound,
        "no such disclosure that left is on record under this key; what left about an account names the account",
    )
}
