//! Saying yes to a platform that asks before it sends events: the validation handshake of the
//! `CloudEvents` HTTP 1.1 Web Hooks.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

/// Agrees to the origin that asks, at the rate that it asks for. Without one there is nothing to agree to.
#[expect(clippy::unused_async, reason = "a handler of routes")]
pub async fn agree(headers: HeaderMap) -> Response {
    let Some(origin) = headers.get(ASKED_ORIGIN) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let rate = headers.get(ASKED_RATE).cloned().unwrap_or(HeaderValue::from_static("*"));
    let agreed = [
        (HeaderName::from_static("allow"), HeaderValue::from_static("POST, OPTIONS")),
        (HeaderName::from_static("webhook-allowed-origin"), origin.clone()),
        (HeaderName::from_static("webhook-allowed-rate"), rate),
    ];
    (StatusCode::OK, HeaderMap::from_iter(agreed)).into_response()
}

const ASKED_ORIGIN: &str = "webhook-request-origin";
const ASKED_RATE: &str = "webhook-request-rate";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_agrees_to_the_origin_that_asks_and_to_nobody_else() {
        assert_eq!(agree(HeaderMap::new()).await.status(), StatusCode::BAD_REQUEST);
        let origin = HeaderValue::from_static("platform.example");
        let asked = HeaderMap::from_iter([(HeaderName::from_static(ASKED_ORIGIN), origin.clone())]);
        let answer = agree(asked).await;
        assert_eq!(answer.headers().get("webhook-allowed-origin"), Some(&origin));
        assert_eq!(
            answer.headers().get("webhook-allowed-rate"),
            Some(&HeaderValue::from_static("*"))
        );
    }
}
