//! `GET /sellers.json`, `/ads.txt` and `/app-ads.txt`: who sells, for buyers who look it up.

use super::{Pages, partners::no_edition};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderName, header};
use sluicegate_register::Edition;
use std::sync::Arc;

/// Gives the sellers, as JSON.
pub(crate) async fn sellers(State(pages): State<Arc<Pages>>) -> Response {
    answer(&pages, |edition| Json(edition.sellers()).into_response())
}

/// Gives the lines for the sites or the apps.
pub(crate) async fn ads_txt(State(pages): State<Arc<Pages>>) -> Response {
    answer(&pages, |edition| edition.ads_txt().into_response())
}

fn answer(pages: &Pages, content: impl FnOnce(&Edition) -> Response) -> Response {
    match pages.parts.current.load() {
        Some(edition) => (headers(&edition), content(&edition)).into_response(),
        None => no_edition().into_response(),
    }
}

fn headers(edition: &Edition) -> [(HeaderName, String); 3] {
    [
        (header::CACHE_CONTROL, String::from("public, max-age=3600")),
        (header::ETAG, format!("\"{}\"", edition.hash())),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, String::from("*")),
    ]
}
