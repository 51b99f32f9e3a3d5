//! Whether the gateway lives, may be sent requests, and what it counts.

use super::{Desk, Scope};
use crate::problem::Problem;
use axum::{Json, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use sluicegate_gate::{Path, time::UnixMillis};
use std::fmt::Write;

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

#[derive(Debug, Serialize)]
pub(crate) struct Readiness {
    ready: bool,
    /// How old the view of the choices is; absent where it was never complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    view_age_ms: Option<u128>,
    /// The bound past which nothing leaves.
    takes_effect_within_ms: u128,
    /// The edition in force; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<u32>,
}

/// 200 while the view is fresh and an edition is in force; 503 otherwise, when nothing leaves.
pub(crate) async fn readyz(State(desk): State<Desk>) -> impl IntoResponse {
    let edition = desk.current.load().map(|edition| edition.number());
    let ready = desk.settings.is_fresh() && edition.is_some();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Readiness {
        ready,
        view_age_ms: desk.settings.view_age().map(|age| age.as_millis()),
        takes_effect_within_ms: desk.takes_effect_within.as_millis(),
        edition,
    };
    (status, Json(body))
}

/// Figures in the Prometheus text format. They name partnerships and reasons, never people.
pub(crate) async fn metrics(State(desk): State<Desk>) -> impl IntoResponse {
    let mut text = String::new();
    let age = desk.settings.view_age();
    // Writing to a string cannot fail.
    let _age = match age {
        Some(age) => writeln!(
            text,
            "# HELP sluicegate_view_age_seconds Age of the view of the choices.\n\
             # TYPE sluicegate_view_age_seconds gauge\nsluicegate_view_age_seconds {}",
            age.as_secs_f64()
        ),
        None => Ok(()),
    };
    text.push_str(&desk.figures.render());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

#[derive(Debug, Serialize)]
pub(crate) struct Status {
    edition: Option<u32>,
    edition_hash: Option<String>,
    view_age_ms: Option<u128>,
    /// Times during which messages may have left without a record: the process or the disk failed
    /// before the record was kept.
    uncertain_windows: Vec<Window>,
}

/// From when until when, by which path.
#[derive(Debug, Serialize)]
struct Window {
    path: Path,
    from_ms: UnixMillis,
    until_ms: UnixMillis,
}

/// What an operator's command shows.
pub(crate) async fn status(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Status>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let windows = desk.ledger.uncertain_windows().await.map_err(|error| Problem::inside(&error))?;
    let edition = desk.current.load();
    Ok(Json(Status {
        edition: edition.as_ref().map(|edition| edition.number()),
        edition_hash: edition.as_ref().map(|edition| edition.hash().to_string()),
        view_age_ms: desk.settings.view_age().map(|age| age.as_millis()),
        uncertain_windows: windows.into_iter().map(window).collect(),
    }))
}

fn window(window: sluicegate_ledger::UncertainWindow) -> Window {
    Window { path: window.path, from_ms: window.from, until_ms: window.until }
}

#[derive(Debug, Serialize)]
pub(crate) struct Gpc {
    gpc: bool,
    #[serde(rename = "lastUpdate")]
    last_update: &'static str,
}

/// W3C Global Privacy Control, `/.well-known/gpc.json`: this gateway abides by the signal.
pub(crate) async fn gpc() -> Json<Gpc> {
    Json(Gpc { gpc: true, last_update: "2026-11-23" })
}
