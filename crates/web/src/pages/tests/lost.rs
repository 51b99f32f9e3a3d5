//! Addresses at which no page is, methods that no page takes, and the way back from a refusal.

use super::*;
use crate::pages::{LookError, OwnLook};
use http::Method;
use std::collections::HashSet;

async fn asked(world: &World, method: Method, path: &str, accept: &str) -> Got {
    let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
    world.ask(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_front_door_leads_to_ones_settings_or_to_what_is_open_to_everyone() {
    let world = World::new().await;
    assert_eq!(world.get("/", "").await.header(header::LOCATION), "/partners");
    let cookie = world.sign_in().await;
    assert_eq!(world.get("/", &cookie).await.header(header::LOCATION), "/settings");
}

#[tokio::test]
async fn a_slash_too_many_leads_to_the_page() {
    let world = World::new().await;
    let got = world.get("/settings/", "").await;
    assert_eq!(got.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(got.header(header::LOCATION), "/settings");
    let got = world.get("/partners/?lang=de", "").await;
    assert_eq!(got.header(header::LOCATION), "/partners?lang=de");
    let got = world.post("/settings/", "", "").await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn browsers_get_a_page_in_their_language_and_programs_a_problem() {
    let world = World::new().await;
    for (method, path, status) in [
        (Method::GET, "/settings/nope", StatusCode::NOT_FOUND),
        (Method::GET, "/signout", StatusCode::METHOD_NOT_ALLOWED),
        (Method::DELETE, "/settings", StatusCode::METHOD_NOT_ALLOWED),
        (Method::DELETE, "/partners", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let page = asked(&world, method.clone(), path, "text/html,*/*;q=0.8").await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.starts_with("<!doctype html>"), "{path}: {}", page.text);
        let problem = asked(&world, method, path, "*/*").await;
        assert_eq!(problem.status, status, "{path}");
        assert_eq!(problem.header(header::CONTENT_TYPE), "application/problem+json");
        let body: Value = serde_json::from_str(&problem.text).unwrap();
        assert_eq!(body["status"], status.as_u16());
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert!(!problem.header(header::ALLOW).is_empty(), "{path}");
        }
    }
    let other = asked(&world, Method::DELETE, "/assets/site.css", "text/html").await;
    assert_eq!(other.header(header::CONTENT_TYPE), "application/problem+json");
    let german = asked(&world, Method::GET, "/nope?lang=de", "text/html").await.text;
    assert!(german.contains("<html lang=\"de\"") && german.contains("href=\"/nope?lang=ja\""));
}

#[tokio::test]
async fn a_refusal_leads_back_to_where_one_was() {
    let world = World::new().await;
    let got = world.post("/partners/opinion", "", "csrf=0&edition=1&helpful=yes").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(!got.text.contains("your settings"), "{}", got.text);
    let page = world.get("/partners", "").await.text;
    let (_, value) = page.split_once("name=\"csrf\" value=\"").unwrap();
    let token = value.split('"').next().unwrap();
    let form = format!("csrf={token}&edition=1&helpful=maybe");
    let got = world.post("/partners/opinion", "", &form).await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST);
    assert!(got.text.contains("<a href=\"/partners\">where you were</a>"), "{}", got.text);
    let got = world.post("/device", "", "csrf=0").await;
    assert!(got.text.contains("<a href=\"/device\">where you were</a>"), "{}", got.text);
    let cookie = world.sign_in().await;
    let got = world.post("/settings/data/noted", &cookie, "csrf=0").await;
    assert!(got.text.contains("<a href=\"/settings/data\">where you were</a>"), "{}", got.text);
}

#[tokio::test]
async fn all_of_it_holds_where_the_pages_live_under_a_path() {
    let change = |state: &mut PagesState| {
        let own = OwnLook { path: String::from("/privacy"), ..OwnLook::default() };
        state.look = Arc::new(Look::new(own).unwrap());
    };
    let world = World::changed(PLATFORM_PUBLIC_KEY, CookieRule::Loopback, change).await;
    assert_eq!(world.get("/privacy", "").await.header(header::LOCATION), "/privacy/partners");
    let got = world.get("/privacy/settings/", "").await;
    assert_eq!(got.header(header::LOCATION), "/privacy/settings");
    let lost = asked(&world, Method::GET, "/privacy/nope", "text/html").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert!(lost.text.contains("href=\"/privacy/nope?lang=de\""), "{}", lost.text);
    let outside = asked(&world, Method::GET, "/nope", "text/html").await;
    assert_eq!(outside.header(header::CONTENT_TYPE), "application/problem+json");
}

#[tokio::test]
async fn pages_are_moved_to_no_address_of_a_page() {
    // What a router shows of itself has its addresses in quotes.
    let shown = format!("{:?}", World::new().await.router);
    let addresses = shown.split('"').filter_map(|text| text.strip_prefix('/'));
    let firsts: HashSet<&str> = addresses
        .filter_map(|address| address.split('/').next())
        .filter(|it| !it.is_empty())
        .collect();
    assert!(firsts.contains("settings") && firsts.contains("assets"), "{firsts:?}");
    for first in firsts {
        let own = OwnLook { path: format!("/{first}"), ..OwnLook::default() };
        let taken = LookError::Taken(format!("/{first}"));
        let error = Look::new(own).unwrap_err();
        assert!(error == taken || error == LookError::Path, "{first}: {error}");
    }
}
