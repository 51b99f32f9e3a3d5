//! Which pages may call from a browser: those of `listen.origins`.

use super::Desk;
use axum::{extract::State, response::IntoResponse};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// Where a request comes from, as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// No page: nothing is said.
    NoPage,
    /// A page of a listed origin.
    Listed,
    /// Any other page.
    Other,
}

/// Returns where a request comes from. Every value of the header counts.
pub(crate) fn caller(desk: &Desk, headers: &HeaderMap) -> Caller {
    let mut said = headers.get_all(header::ORIGIN).iter().peekable();
    if said.peek().is_none() {
        return Caller::NoPage;
    }
    if said.all(|origin| is_listed(desk, origin)) { Caller::Listed } else { Caller::Other }
}

/// Lets the calling page read the answer, if its origin is listed. With credentials the origin must be
/// named: a star would not do.
pub(crate) fn allow(desk: &Desk, headers: &HeaderMap, answered: &mut HeaderMap) {
    answered.insert(header::VARY, HeaderValue::from_static("origin"));
    if caller(desk, headers) == Caller::Listed
        && let Some(origin) = headers.get(header::ORIGIN)
    {
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answered.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

/// Answers a browser that asks first whether its page may call.
pub(crate) async fn preflight(State(desk): State<Desk>, headers: HeaderMap) -> impl IntoResponse {
    let mut own = HeaderMap::new();
    allow(&desk, &headers, &mut own);
    own.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    own.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, content-encoding"),
    );
    (StatusCode::NO_CONTENT, own)
}

fn is_listed(desk: &Desk, origin: &HeaderValue) -> bool {
    desk.origins.iter().any(|listed| origin == listed.as_str())
}
