//! Whoever has an answer already is not sent it again: `If-None-Match` (RFC 9110, section 13.1.2).

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// Answers 304, with the same headers, where the tag of the answer is one of those that are asked about.
pub(crate) async fn spare(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let held: Vec<HeaderValue> =
        request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let mut response = next.run(request).await;
    if !is_read || response.status() != StatusCode::OK || !is_held(&held, response.headers()) {
        return response;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().remove(header::CONTENT_TYPE);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map(|_content| Body::empty())
}

/// Compares weakly: whether a tag is called weak makes no difference.
fn is_held(held: &[HeaderValue], answer: &HeaderMap) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let own = answer.get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(opaque);
    let Some(own) = own else { return false };
    // INVARIANT: tags of ours have no commas, so that a list may be parted at each of them.
    let listed = held.iter().filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
    listed.map(str::trim).any(|tag| tag == "*" || opaque(tag) == own)
}
