//! `GET /v1/me/openapi.json`: the settings interface, for machines (`OpenAPI` 3.1).

use axum::response::IntoResponse;
use http::header;

/// Written by hand; tests hold it against the routes and against real answers.
const DOCUMENT: &str = include_str!("../../../openapi/me.json");

pub(crate) async fn show() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, DOCUMENT)
}

#[cfg(test)]
mod tests {
    use super::DOCUMENT;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_has_the_routes_that_are_there_and_no_other() {
        let routes = include_str!("../../api.rs");
        let of_a_person = routes.split("fn of_a_person()").nth(1).unwrap();
        let mut there = BTreeSet::new();
        for route in of_a_person.split(".route(").skip(1) {
            let (path, rest) = route.trim_start().split_once(',').unwrap();
            let handlers = rest.split("\n        .").next().unwrap();
            for method in ["get", "post"] {
                if handlers.contains(&format!("{method}(")) {
                    there.insert(format!("{method} {}", path.trim_matches('"')));
                }
            }
        }
        let document: serde_json::Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                described.insert(format!("{method} {path}"));
            }
        }
        assert_eq!(described, there);
    }
}
