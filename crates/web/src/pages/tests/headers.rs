use super::*;

const PERSONAL: [&str; 7] = [
    "/settings",
    "/settings/data",
    "/settings/shared",
    "/settings/shared.json",
    "/settings/shared.csv",
    "/settings/data.json",
    "/settings/history",
];

/// Further pages that find out who asks.
const VISITED: [&str; 8] = [
    "/partners",
    "/partners/changes",
    "/partners/editions",
    "/partners/editions/1",
    "/device",
    "/device/shared",
    "/device/history",
    "/signedout",
];

const SAME_FOR_EVERYONE: [&str; 11] = [
    "/partners.json",
    "/partners.atom",
    "/partners/editions.json",
    "/partners/editions/1/edition.json",
    "/partners/changes.json?from=1&to=1",
    "/sellers.json",
    "/ads.txt",
    "/app-ads.txt",
    "/assets/site.css",
    "/assets/site.js",
    "/assets/icon.svg",
];

#[tokio::test]
async fn what_others_may_keep_never_carries_a_cookie() {
    let world = World::new().await;
    let old = world.sign_in().await;
    world.clock.advance(Duration::from_mins(61));
    for path in SAME_FOR_EVERYONE {
        let got = world.get(path, &old).await;
        assert!(got.header(header::CACHE_CONTROL).contains("max-age"), "{path}");
        assert_eq!(got.header(header::SET_COOKIE), "", "{path}");
    }
    let page = world.get("/settings", &old).await;
    assert_ne!(page.header(header::SET_COOKIE), "", "a page renews it");
}

#[tokio::test]
async fn every_page_renews_a_cookie_that_is_due_whatever_else_it_sets() {
    let others = "sluicegate-browser=0123456789abcdef0123456789abcdef";
    for path in PERSONAL.iter().chain(&VISITED) {
        for others in ["", others] {
            let world = World::new().await;
            let old = world.sign_in().await;
            world.clock.advance(Duration::from_mins(61));
            let got = world.get(path, &format!("{old}; {others}")).await;
            let renewed = got.set("sluicegate").unwrap_or_else(|| panic!("{path} renews"));
            world.clock.advance(Duration::from_mins(2));
            let replaced = world.get("/settings", &old).await.status;
            assert_eq!(replaced, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(world.get("/settings", &renewed).await.status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn signing_out_with_a_cookie_that_is_due_gives_no_new_one() {
    let world = World::new().await;
    let old = world.sign_in().await;
    let csrf = world.get("/settings", &old).await.csrf().to_owned();
    world.clock.advance(Duration::from_mins(61));
    let got = world.post("/signout", &old, &format!("csrf={csrf}")).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    let set: Vec<_> = got.headers.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(set.len(), 1, "{set:?}");
    assert!(set[0].to_str().unwrap().starts_with("sluicegate=;"), "{set:?}");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_others_out() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    for path in PERSONAL.iter().chain(&["/partners", "/signin"]).chain(&SAME_FOR_EVERYONE) {
        for cookie in [cookie.as_str(), ""] {
            let got = world.get(path, cookie).await;
            let policy = got.header(header::CONTENT_SECURITY_POLICY);
            for rule in [
                "default-src 'none'",
                "style-src 'self'",
                "script-src 'self'",
                "connect-src 'self'",
                "img-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            ] {
                assert!(policy.split("; ").any(|part| part == rule), "{path} {rule}");
            }
            assert_eq!(got.header(header::REFERRER_POLICY), "no-referrer", "{path}");
            assert_eq!(got.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
            assert!(got.header("permissions-policy").contains("geolocation=()"), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_about_a_person_is_kept_nowhere() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    for path in PERSONAL {
        for cookie in [cookie.as_str(), ""] {
            let got = world.get(path, cookie).await;
            assert_eq!(got.header(header::CACHE_CONTROL), "no-store", "{path}");
        }
    }
    let partners = world.get("/partners", &cookie).await;
    assert_eq!(partners.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn without_a_session_personal_pages_say_how_to_sign_in() {
    let world = World::new().await;
    for path in PERSONAL {
        for cookie in ["", "sluicegate=", "sluicegate=00", "sluicegate"] {
            let got = world.get(path, cookie).await;
            assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(got.text.contains("href=\"https://publisher.example/privacy\""), "{path}");
            assert!(!got.text.contains("Sign out"));
        }
    }
}

#[tokio::test]
async fn the_sheet_the_script_and_the_icon_are_served_for_good() {
    let world = World::new().await;
    let page = world.get("/partners", "").await.text;
    for (address, kind) in [
        (super::super::assets::stylesheet(), "text/css; charset=utf-8"),
        (super::super::assets::script(), "text/javascript; charset=utf-8"),
        (super::super::assets::icon(), "image/svg+xml"),
    ] {
        assert!(page.contains(&format!("=\"{address}\"")), "{address}");
        let got = world.get(address, "").await;
        assert_eq!((got.status, got.header(header::CONTENT_TYPE)), (StatusCode::OK, kind));
        assert!(got.header(header::CACHE_CONTROL).contains("immutable"));
    }
}
