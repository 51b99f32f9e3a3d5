//! What an address names in its places: axum's extractor, but for what it says when one is not as it must be.

use crate::problem::Problem;
#[expect(clippy::disallowed_types, reason = "everybody else takes the extractor below")]
use axum::extract::Path as Places;
use axum::extract::{FromRequestParts, RawPathParams, path::ErrorKind, rejection::PathRejection};
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The places of an address. One that is not as it must be is a problem that names it.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    #[expect(clippy::disallowed_types, reason = "this is what everybody else takes")]
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Places::<T>::from_request_parts(parts, state).await {
            Ok(Places(places)) => Ok(Self(places)),
            Err(rejection) => Err(wrong(&rejection, &first(parts, state).await)),
        }
    }
}

impl Path<String> {
    /// Returns the place for a page, which says by itself that there is no such thing; what is no text names none.
    pub(crate) fn or_nothing(read: Result<Self, Problem>) -> String {
        read.map(|Self(place)| place).unwrap_or_default()
    }
}

/// Returns the name of the first place, which is to blame where there is no other.
async fn first<S: Send + Sync>(parts: &mut Parts, state: &S) -> String {
    let named = RawPathParams::from_request_parts(parts, state).await.ok();
    let name = named.and_then(|named| Some(named.iter().next()?.0.to_owned()));
    name.unwrap_or_else(|| String::from("$"))
}

fn wrong(rejection: &PathRejection, first: &str) -> Problem {
    let (field, detail) = match rejection {
        PathRejection::FailedToDeserializePathParams(failed) => match failed.kind() {
            ErrorKind::InvalidUtf8InPathParam { key } => (key.as_str(), "is not text in UTF-8"),
            ErrorKind::ParseErrorAtKey { key, .. } => (key.as_str(), NOT_A_NUMBER),
            ErrorKind::ParseError { .. } => (first, NOT_A_NUMBER),
            _ => (first, NOT_AS_IT_MUST_BE),
        },
        _ => (first, NOT_AS_IT_MUST_BE),
    };
    Problem::field(field, detail)
}

/// Nothing else than numbers is parsed by the extractor.
const NOT_A_NUMBER: &str = "must be a whole number from 0 on";
const NOT_AS_IT_MUST_BE: &str = "is not as it must be";

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::Body, routing::get};
    use http::{Request, StatusCode};
    use tower::ServiceExt as _;

    /// Asks for an address with one number, or with two texts, and returns the status and the problem.
    async fn asked(address: &str) -> (StatusCode, String, serde_json::Value) {
        let router: Router = Router::new()
            .route(
                "/one/{number}",
                get(|Path(number): Path<u64>| async move { number.to_string() }),
            )
            .route(
                "/two/{id}/{claim}",
                get(|Path(_both): Path<(String, String)>| async { StatusCode::OK }),
            );
        let request = Request::get(address).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let kind = response.headers().get("content-type");
        let kind = kind.map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        (status, kind, serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn a_place_that_is_not_as_it_must_be_is_named_in_a_problem_document() {
        for (address, field) in [
            ("/one/x", "number"),
            ("/one/-1", "number"),
            ("/one/18446744073709551616", "number"),
            ("/one/%FF", "number"),
            ("/two/%FF/a", "id"),
            ("/two/a/%FF", "claim"),
        ] {
            let (status, kind, problem) = asked(address).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{address}");
            assert_eq!(kind, "application/problem+json", "{address}");
            assert_eq!(problem["field"], field, "{address}: {problem}");
        }
        assert_eq!(asked("/one/7").await.0, StatusCode::OK);
        assert_eq!(asked("/two/a/%2F").await.0, StatusCode::OK);
    }
}
