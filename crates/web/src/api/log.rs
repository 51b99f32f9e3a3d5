//! The log over the record, as C2SP `tlog-tiles` has it below `/tlog`: for everybody, since it says nothing of
//! anybody. What it commits to, sheet by sheet, is for operators.

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
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use sluicegate_ledger::log::{book::BookError, cosigning::CosignError, tiles};

/// Bytes of a cosigned checkpoint at most.
const NOTE_BYTES_MAX: usize = 64 * 1024;
/// What was written is never written again.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const FOR_NOW: &str = "no-store";

/// The latest checkpoint, with what witnesses signed of it.
pub(crate) async fn checkpoint(State(desk): State<Desk>) -> Result<Response, Problem> {
    note(desk.book.checkpoint().await)
}

/// The latest checkpoint that a witness signed.
pub(crate) async fn cosigned(State(desk): State<Desk>) -> Result<Response, Problem> {
    note(desk.book.cosigned().await)
}

/// The public key of the checkpoints.
pub(crate) async fn key(State(desk): State<Desk>) -> Response {
    text(format!("{}\n", desk.book.verifier()))
}

#[derive(Debug, Serialize)]
pub(crate) struct Taken {
    size: u64,
}

/// Takes a checkpoint of ours that a known witness signed. The signature says who sends it.
pub(crate) async fn cosign(State(desk): State<Desk>, body: Body) -> Result<Json<Taken>, Problem> {
    let note = body::bytes(body, NOTE_BYTES_MAX).await?;
    let checkpoint = desk.book.cosign(&note).await.map_err(|error| match error {
        CosignError::Note(_) => Problem::new(Kind::Invalid, "the note cannot be read"),
        CosignError::NotOurs => {
            Problem::new(Kind::Invalid, "the checkpoint is not one that this log signed")
        }
        CosignError::NoWitness => {
            Problem::new(Kind::Forbidden, "no known witness signed the checkpoint")
        }
        CosignError::AnotherHistory(_) => Problem::new(
            Kind::Conflict,
            "the checkpoint is of another history of this log, which was put back from a backup or rewritten",
        ),
        CosignError::Log(error) => Problem::inside(&error),
    })?;
    Ok(Json(Taken { size: checkpoint.size }))
}

/// A tile or a bundle of entries.
pub(crate) async fn tile(
    State(desk): State<Desk>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let path = tiles::read_path(&path).ok_or_else(nothing)?;
    let found = desk.book.read(path).await;
    let is_torn = |bytes: &[u8]| {
        let bundle = tiles::read_bundle(bytes).filter(|_| path.series == tiles::Series::Entries);
        bundle.is_some_and(|bundle| bundle.iter().any(|entry| entry.is_empty()))
    };
    let is_for_now = matches!(&found, Ok(Some(bytes)) if is_torn(bytes));
    let mut response = bytes(found)?;
    if is_for_now {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_NOW));
    }
    Ok(response)
}

/// A sheet: marks and packs.
pub(crate) async fn sheet(
    State(desk): State<Desk>,
    Path(number): Path<u64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let mut response = bytes(desk.book.sheet(number).await)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_NOW));
    Ok(response)
}

fn note(found: Result<Option<String>, BookError>) -> Result<Response, Problem> {
    found.map_err(|error| Problem::inside(&error))?.map(text).ok_or_else(nothing)
}

fn text(text: String) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, FOR_NOW)];
    (headers, text).into_response()
}

fn bytes(found: Result<Option<Vec<u8>>, BookError>) -> Result<Response, Problem> {
    let bytes = found.map_err(|error| Problem::inside(&error))?.ok_or_else(nothing)?;
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, FOR_GOOD)];
    Ok((headers, bytes).into_response())
}

fn nothing() -> Problem {
    Problem::new(Kind::NotFound, "the log has not grown so far")
}
