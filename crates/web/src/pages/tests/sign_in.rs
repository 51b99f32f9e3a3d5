use super::*;
use std::collections::HashSet;

const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJd4CuhdogSgmcNxS
rTyYftK6LPu8MrxSCUeFP8W9vGehRANCAARtyPzHPCUeVtUC+gfOfzxduRqnyzC1
pMtsuQdgjXw4xnvnhOxz0tFG6ymQbNNTv3maMQe/ZW6+dohJOvPb4es2
-----END PRIVATE KEY-----
";
const OTHER_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbcj8xzwlHlbVAvoHzn88Xbkap8sw
taTLbLkHYI18OMZ754Tsc9LRRuspkGzTU795mjEHv2VuvnaISTrz2+HrNg==
-----END PUBLIC KEY-----
";
const RSA_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0xamKZUlZXJcz3N+4sn8
qNv6rYE1kYjH5X8syCWzToBhkQ27feYo2BwBhZK1uljt1v7WyzEZeh7JNbiiZM90
N2d3WxFAtfuSg3/j8iz2onSb1phx08SJDsdVYXljLcWca8L65Z9yNlcbxiuzcVsG
q7XiD6YR0RyFmzk4zC/TOC3Plu4JFDoSnoJdQx+JU2gzMEyXPEAoQ6IGIgX7ujZA
FXYlVcD3ak5zkbFpH821DvHKILfVGgnl8Bzs4LtZsvNJiIAISDyuedgBBc5F85Rg
VViS5FMsr1dfleYTIQWgACeDoSMdb8VYjWHCAfDZl1fv7y+zcJ8UtHcvWSmX9V+j
/wIDAQAB
-----END PUBLIC KEY-----
";

#[tokio::test]
async fn a_good_token_opens_a_session_and_leaves_the_address_bar() {
    let world = World::new().await;
    let got = world.arrive(&world.claims("one")).await;
    assert_eq!((got.status, got.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/settings"));
    let cookie = got.header(header::SET_COOKIE);
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let page = world.get("/settings", &got.cookie()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains(ACCOUNT));
}

#[tokio::test]
async fn a_token_is_good_once() {
    let world = World::new().await;
    let claims = world.claims("one");
    let first = world.arrive(&claims).await;
    let second = world.arrive(&claims).await;
    assert_eq!(second.status, StatusCode::BAD_REQUEST);
    assert_eq!(second.header(header::SET_COOKIE), "");
    // The same browser, still signed in, is simply led on; no session is opened.
    let again = world.get(&format!("/signin?token={}", token(&claims)), &first.cookie()).await;
    assert_eq!((again.status, again.header(header::SET_COOKIE)), (StatusCode::SEE_OTHER, ""));
}

#[tokio::test]
async fn a_token_of_before_the_start_is_good_no_more() {
    let world = World::new().await;
    let claims = world.claims("one");
    assert_eq!(world.arrive(&claims).await.status, StatusCode::SEE_OTHER);
    world.clock.advance(Duration::from_secs(2));
    let world = World { router: router(Pages::new(world.state.clone())), ..world };
    assert_eq!(world.arrive(&claims).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.arrive(&world.claims("two")).await.status, StatusCode::SEE_OTHER);
}

impl World {
    /// Follows a link with a token, with these headers.
    async fn follow(&self, claims: &Value, headers: &[(&str, &str)]) -> Got {
        let mut request = Request::get(format!("/signin?token={}", token(claims)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn a_link_from_another_site_signs_nobody_in_before_they_say_that_it_is_theirs() {
    let world = World::new().await;
    let claims = world.claims("one");
    let asked = world.follow(&claims, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.words().contains("Is this sign-in yours?") && !asked.text.contains(ACCOUNT));
    let form = asked.set("sluicegate-form").unwrap();
    assert_eq!(asked.set("sluicegate"), None, "no session is opened");
    let (csrf, token) = (asked.csrf().to_owned(), token(&claims));
    let fields = format!("csrf={csrf}&token={token}");
    assert_eq!(world.post("/signin", "", &fields).await.status, StatusCode::FORBIDDEN);
    let got = world.post("/signin", &form, &fields).await;
    assert_eq!((got.status, got.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/settings"));
    let cookie = got.set("sluicegate").unwrap();
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::OK);
    assert_eq!(world.post("/signin", &form, &fields).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_link_that_another_site_had_to_do_with_is_asked_about_whatever_page_it_began_on() {
    let world = World::new().await;
    for (visit, (site, status)) in [
        ("same-origin", StatusCode::SEE_OTHER),
        ("same-site", StatusCode::SEE_OTHER),
        ("none", StatusCode::SEE_OTHER),
        ("cross-site", StatusCode::OK),
    ]
    .into_iter()
    .enumerate()
    {
        let claims = world.claims(&format!("visit-{visit}"));
        // A stranger's site that passes on who came from the platform leaves the name of its page there.
        let headers = [("sec-fetch-site", site), ("referer", "https://platform.example/")];
        assert_eq!(world.follow(&claims, &headers).await.status, status, "{site}");
    }
}

#[tokio::test]
async fn a_link_to_another_account_ends_no_session_before_the_person_says_so() {
    let world = World::new().await;
    let mine = world.sign_in().await;
    let mut claims = world.claims("other");
    claims["sub"] = json!("account-2");
    let asked = world.follow(&claims, &[("cookie", &mine)]).await;
    assert_eq!((asked.status, asked.set("sluicegate")), (StatusCode::OK, None));
    assert_eq!(world.get("/settings", &mine).await.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_that_cannot_be_believed_open_nothing() {
    let world = World::new().await;
    let with = |name: &str, value: Value| {
        let mut claims = world.claims(name);
        claims[name] = value;
        token(&claims)
    };
    let without = |name: &str| {
        let mut claims = world.claims(name);
        claims.as_object_mut().unwrap().remove(name);
        token(&claims)
    };
    let now = world.clock.now().0 / 1000;
    let good = token(&world.claims("cut"));
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let other_body = token(&world.claims("other")).split('.').nth(1).unwrap().to_owned();
    let other_key = EncodingKey::from_ec_pem(OTHER_KEY.as_bytes()).unwrap();
    let elsewhere =
        jsonwebtoken::encode(&Header::new(Algorithm::ES256), &world.claims("es"), &other_key);
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.");
    let refused = [
        ("expired", with("exp", json!(now))),
        ("issued in the future", with("iat", json!(now + 120))),
        ("good for too long", with("exp", json!(now + 601))),
        ("for somebody else", with("aud", json!("https://elsewhere.example"))),
        ("no audience", without("aud")),
        ("no account", without("sub")),
        ("empty account", with("sub", json!(""))),
        ("endless account", with("sub", json!("a".repeat(257)))),
        ("account is a number", with("sub", json!(7))),
        ("no id", without("jti")),
        ("empty id", with("jti", json!(""))),
        ("no end", without("exp")),
        ("no beginning", without("iat")),
        ("times out of this world", with("exp", json!(i64::MAX))),
        ("another key", elsewhere.unwrap()),
        ("the public key as a shared secret", forged(&world.claims("hs"))),
        ("no signature", unsigned),
        ("cut", format!("{head}.{body}.")),
        ("another body", format!("{head}.{other_body}.{signature}")),
        ("too long", format!("{good}{}", "a".repeat(5000))),
        ("nonsense", String::from("a.b.c")),
        ("empty", String::new()),
    ];
    for (what, token) in refused {
        let got = world.get(&format!("/signin?token={token}"), "").await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{what}");
        assert_eq!(got.header(header::SET_COOKIE), "", "{what}");
        assert!(!got.text.contains(&token) || token.is_empty(), "{what}");
    }
    assert_eq!(world.get("/signin", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.get("/signin?token=%ff%00", "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_key_decides_the_algorithm() {
    let world = World::with(OTHER_PUBLIC_KEY, CookieRule::Secure).await;
    let key = EncodingKey::from_ec_pem(OTHER_KEY.as_bytes()).unwrap();
    let signed = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &world.claims("a"), &key);
    let got = world.get(&format!("/signin?token={}", signed.unwrap()), "").await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    assert!(got.header(header::SET_COOKIE).starts_with("__Host-sluicegate="));
    assert!(got.header(header::SET_COOKIE).contains("; Secure"));
    assert_eq!(world.arrive(&world.claims("b")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(format!("{:?}", TokenKey::read(RSA_PUBLIC_KEY).unwrap()), "TokenKey(RS256)");
    for wrong in ["", "nonsense", &PLATFORM_KEY[..60]] {
        assert!(TokenKey::read(wrong).is_err());
    }
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let world = World::new().await;
    let before = world.sign_in().await;
    let path = format!("/signin?token={}", token(&world.claims("again")));
    let after = world.get(&path, &before).await.cookie();
    assert_ne!(before, after);
    assert_eq!(world.get("/settings", &before).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.get("/settings", &after).await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_removes_the_cookie() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let csrf = world.get("/settings", &cookie).await.csrf().to_owned();
    let got = world.post("/signout", &cookie, &format!("csrf={csrf}")).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    assert!(got.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_and_its_cookie_is_renewed_on_the_way() {
    let world = World::new().await;
    let first = world.sign_in().await;
    world.clock.advance(Duration::from_mins(61));
    let got = world.get("/settings", &first).await;
    let second = got.cookie();
    assert!(!second.is_empty() && second != first);
    let csrf = got.csrf().to_owned();
    world.clock.advance(Duration::from_mins(2));
    assert_eq!(world.get("/settings", &first).await.status, StatusCode::UNAUTHORIZED);
    let form = format!("csrf={csrf}&setting=sharing&choice=on");
    assert_eq!(world.post("/settings", &second, &form).await.status, StatusCode::SEE_OTHER);
    world.clock.advance(Duration::from_hours(11));
    assert_eq!(world.get("/settings", &second).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn ads_keep_nobody_signed_in() {
    let world = World::new().await;
    let pages = Pages::new(world.state.clone());
    let world = World { router: router(Arc::clone(&pages)), ..world };
    let cookie = world.sign_in().await;
    let headers = HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())]);
    let account = || crate::api::Sessions::account(&*pages, &headers);
    for _minute in 0..119 {
        assert_eq!(account(), Some(world.account()));
        world.clock.advance(Duration::from_mins(1));
    }
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(account(), None);
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_session_has_a_cookie_of_its_own() {
    let world = World::new().await;
    let mut cookies = HashSet::new();
    for visit in 0..20 {
        let got = world.arrive(&world.claims(&format!("visit-{visit}"))).await;
        assert_eq!(got.cookie().len(), "sluicegate=".len() + 64);
        assert!(cookies.insert(got.cookie()));
    }
}

/// A token signed with an HMAC whose key is the platform's public key.
fn forged(claims: &Value) -> String {
    let key = EncodingKey::from_secret(PLATFORM_PUBLIC_KEY.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}
