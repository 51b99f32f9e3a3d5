//! What there is where no page is: `/` leads to one, an address with a slash too many to the one without, and
//! everything else is refused, as a page to browsers and as a problem document to programs.

use super::{
    Pages,
    answer::{Refusal, refuse, see_other, wants_page},
    guard::Visitor,
};
use crate::problem::{Kind, Problem};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use std::sync::Arc;

/// Handles `GET /`: one's settings, or what is open to everyone.
pub(crate) async fn front(visitor: Visitor) -> Response {
    see_other(if visitor.is_signed_in() { "/settings" } else { "/partners" })
}

/// Answers for an address that nobody has.
pub(crate) async fn nothing_here(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(place) = without_slash(request.uri()).filter(|_| is_read) {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response();
    }
    if wants_page(request.headers()) {
        return refuse(&pages, visitor.asker(&pages), Refusal::NoSuchPage);
    }
    no_such_address().await.into_response()
}

/// Answers for a page that is asked with a method it does not take.
pub(crate) async fn other_method(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Response {
    if wants_page(&headers) {
        return refuse(&pages, visitor.asker(&pages), Refusal::Method);
    }
    method_not_allowed().await.into_response()
}

/// The problem of an address that nobody has.
pub(crate) async fn no_such_address() -> Problem {
    Problem::new(Kind::NotFound, "there is nothing at this address")
}

/// The problem of a method that an address does not take.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(Kind::MethodNotAllowed, "this address takes another method")
}

/// Where pages are.
const PLACES: [&str; 5] = ["settings", "device", "partners", "reports", "effectiveness"];

/// Returns the address without the slashes at its end, where it has any and is a page's. Only for plain paths: what a
/// browser could take for another host is none. Programs are told that their address is wrong.
fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let shorter = path.trim_end_matches('/');
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"/-_.".contains(&letter);
    let place = shorter.trim_start_matches('/').split('/').next().unwrap_or_default();
    let fits = shorter.len() < path.len() && PLACES.contains(&place) && !shorter.contains("//");
    if !fits || !shorter.bytes().all(is_plain) {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}"));
    Some(format!("{shorter}{}", query.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_too_many_leads_to_our_own_addresses_alone() {
        let of = |uri: &'static str| without_slash(&Uri::from_static(uri));
        assert_eq!(of("/settings/").as_deref(), Some("/settings"));
        assert_eq!(of("/partners//?lang=de").as_deref(), Some("/partners?lang=de"));
        for other in [
            "/",
            "//",
            "/settings",
            "//settings/",
            "/settings//b/",
            "/settings/%5C/",
            "/v1/choices/",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
