//! The pages at a platform's own address, in its look, in its frames; and how often one client may ask.

use super::*;
use crate::{
    Peer,
    pages::{OwnColours, OwnLook},
};
use bytes::Bytes;
use std::net::IpAddr;

const PEER: &str = "198.51.100.7";

async fn embedded() -> World {
    let light = OwnColours { accent: "#7a1f5c".parse().ok(), ..OwnColours::default() };
    let own = OwnLook {
        path: String::from("/privacy"),
        frame_ancestors: vec![String::from("https://www.platform.example")],
        light,
        logo: Some(Bytes::from_static(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>")),
        font: Some(Bytes::from_static(b"wOF2....")),
        ..OwnLook::default()
    };
    let look = Arc::new(Look::new(own).unwrap());
    World::changed(PLATFORM_PUBLIC_KEY, CookieRule::Loopback, |state| state.look = look).await
}

impl World {
    async fn from(&self, peer: &str, request: http::request::Builder, body: &str) -> Got {
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(Peer(peer.parse::<IpAddr>().unwrap()));
        self.ask(request).await
    }
}

#[tokio::test]
async fn every_address_on_a_page_lies_where_the_pages_live() {
    let world = embedded().await;
    let token = token(&world.claims("one"));
    let arrived = world.get(&format!("/privacy/signin?token={token}"), "").await;
    assert_eq!(arrived.header(header::LOCATION), "/privacy/settings");
    let cookie = arrived.cookie();
    for path in [
        "/settings",
        "/settings/data",
        "/settings/shared",
        "/settings/history",
        "/partners",
        "/partners/editions",
        "/partners/editions/1",
        "/partners/changes?from=1&to=1",
        "/signedout",
    ] {
        assert_eq!(world.get(path, &cookie).await.status, StatusCode::NOT_FOUND, "{path}");
        let got = world.get(&format!("/privacy{path}"), &cookie).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        for attribute in ["href=\"/", "action=\"/", "src=\"/"] {
            for address in got.text.split(attribute).skip(1) {
                assert!(address.starts_with("privacy/"), "{path} {attribute} {address:.60}");
            }
        }
    }
    let csrf = world.get("/privacy/settings", &cookie).await.csrf().to_owned();
    let form = format!("csrf={csrf}&setting=sharing&choice=on");
    let saved = world.post("/privacy/settings", &cookie, &form).await;
    assert_eq!(saved.header(header::LOCATION), "/privacy/settings");
    let feed = world.get("/privacy/partners.atom", "").await.text;
    assert!(feed.contains("https://gate.example/privacy/partners/editions/1"), "{feed}");
}

#[tokio::test]
async fn the_platforms_look_is_served_from_here_and_only_its_frames_are_open() {
    let world = embedded().await;
    let page = world.get("/privacy/partners", "").await;
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.ends_with("frame-ancestors 'self' https://www.platform.example"), "{policy}");
    for (place, kind) in [
        ("theme.css", "text/css; charset=utf-8"),
        ("logo", "image/svg+xml"),
        ("font.woff2", "font/woff2"),
    ] {
        let address = format!("/privacy/assets/{place}");
        let got = world.get(&address, "").await;
        assert_eq!((got.status, got.header(header::CONTENT_TYPE)), (StatusCode::OK, kind));
        assert!(got.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
        assert!(place == "font.woff2" || page.text.contains(&format!("\"{address}?v=")), "{place}");
    }
    let theme = world.get("/privacy/assets/theme.css", "").await.text;
    assert!(
        theme.contains("--accent:#7a1f5c;") && theme.contains("url(\"font.woff2?v="),
        "{theme}"
    );
    let plain = World::new().await;
    for place in ["theme.css", "logo", "font.woff2"] {
        let got = plain.get(&format!("/assets/{place}"), "").await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{place}");
    }
    assert!(!plain.get("/partners", "").await.text.contains("theme.css"));
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back_and_nobody_else_is() {
    let world = World::changed(PLATFORM_PUBLIC_KEY, CookieRule::Loopback, |state| {
        state.rates.pages_per_minute = 10;
    });
    let world = world.await;
    for _page in 0..=10 {
        let got = world.from(PEER, Request::get("/partners"), "").await;
        assert_eq!(got.status, StatusCode::OK);
    }
    let refused = world.from(PEER, Request::get("/partners"), "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header(header::RETRY_AFTER), "6");
    assert!(refused.text.contains("Please wait 6 seconds") && !refused.text.contains(PEER));
    let json = world.from(PEER, Request::get("/partners.json"), "").await;
    assert_eq!(json.status, StatusCode::TOO_MANY_REQUESTS);
    let sheet = world.from(PEER, Request::get("/assets/site.css"), "").await;
    assert_eq!(sheet.status, StatusCode::OK, "what a page needs to be read is not counted");
    let other = world.from("198.51.100.8", Request::get("/partners"), "").await;
    assert_eq!(other.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(world.from(PEER, Request::get("/partners"), "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn forms_and_sign_ins_and_opinions_have_limits_of_their_own() {
    let world = World::new().await;
    let form = || Request::post("/settings");
    for _form in 0..=60 {
        assert_eq!(world.from(PEER, form(), "").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(world.from(PEER, form(), "").await.status, StatusCode::TOO_MANY_REQUESTS);
    let guess = || Request::get("/signin?token=a.b.c");
    for _guess in 0..=30 {
        assert_eq!(world.from(PEER, guess(), "").await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.from(PEER, guess(), "").await.status, StatusCode::TOO_MANY_REQUESTS);
    let device = world.from(PEER, Request::get("/device?token=a.b.c"), "").await;
    assert_eq!(device.status, StatusCode::TOO_MANY_REQUESTS, "a device signs in, too");
    let page = world.from("192.0.2.1", Request::get("/partners"), "").await.text;
    let (_, after) = page.split_once("/partners/opinion").unwrap();
    let (_, value) = after.split_once("name=\"csrf\" value=\"").unwrap();
    let opinion = format!("csrf={}&edition=1&helpful=yes", value.split('"').next().unwrap());
    let say = || Request::post("/partners/opinion");
    for _opinion in 0..3 {
        let got = world.from("192.0.2.1", say(), &opinion).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    }
    let got = world.from("192.0.2.1", say(), &opinion).await;
    assert_eq!(got.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(world.state.feedback.counts().await.unwrap()[0].helpful, 3);
}

#[tokio::test]
async fn a_form_that_the_browser_says_comes_from_elsewhere_changes_nothing() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let csrf = world.get("/settings", &cookie).await.csrf().to_owned();
    let form = format!("csrf={csrf}&setting=sharing&choice=on");
    for (site, status) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("same-site", StatusCode::FORBIDDEN),
        ("same-origin", StatusCode::SEE_OTHER),
    ] {
        let request = Request::post("/settings")
            .header(header::COOKIE, &cookie)
            .header("sec-fetch-site", site)
            .body(Body::from(form.clone()));
        assert_eq!(world.ask(request.unwrap()).await.status, status, "{site}");
    }
}

#[tokio::test]
async fn ended_by_the_platform_a_session_is_over() {
    use crate::api::Sessions as _;
    let world = World::new().await;
    let pages = Pages::new(world.state.clone());
    let world = World { router: router(Arc::clone(&pages)), ..world };
    let cookie = world.sign_in().await;
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::OK);
    pages.end_all(world.state.keyring.account("somebody-else"));
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::OK);
    pages.end_all(world.account());
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_link_that_signs_in_is_no_key_to_the_interface_and_the_other_way_round() {
    use crate::api::Sessions as _;
    let world = World::new().await;
    let pages = Pages::new(world.state.clone());
    let link = world.claims("one");
    let mut interface = link.clone();
    interface["aud"] = json!(format!("{AUDIENCE}/v1/me"));
    assert_eq!(pages.bearer(&token(&interface)), Some(world.account()));
    assert_eq!(pages.bearer(&token(&interface)), Some(world.account()), "until it ends");
    assert_eq!(pages.bearer(&token(&link)), None);
    assert_eq!(world.arrive(&interface).await.status, StatusCode::BAD_REQUEST);
    world.clock.advance(Duration::from_mins(5));
    assert_eq!(pages.bearer(&token(&interface)), None);
}
