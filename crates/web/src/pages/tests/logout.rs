//! The identity provider ends sessions, and what becomes of it and of sign-ins while it fails.

use super::{
    oidc::{CLIENT, Provider, back, begin},
    *,
};
use std::collections::HashMap;

/// Somebody who came from the provider in a session that it calls `one`, and the cookie.
async fn arrived(world: &World, provider: &Provider, session: &str) -> String {
    let sent = begin(world, provider, "").await;
    provider.says.lock().claims = HashMap::from([("sid", json!(session))]);
    let got = back(world, &sent, "code=good").await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    got.cookie()
}

/// The claims of a token that ends a session, each time another one.
fn ending(provider: &Provider, id: &str) -> Value {
    let now = provider.says.lock().now;
    json!({
        "iss": provider.origin, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": id,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        "sub": ACCOUNT, "sid": "one",
    })
}

async fn end(world: &World, token: &str) -> Got {
    world.post("/signin/backchannel-logout", "", &format!("logout_token={token}")).await
}

async fn is_in(world: &World, cookie: &str) -> bool {
    world.get("/settings", cookie).await.status == StatusCode::OK
}

#[tokio::test]
async fn the_provider_ends_a_session_at_once_and_the_others_go_on() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let one = arrived(&world, &provider, "one").await;
    let two = arrived(&world, &provider, "two").await;
    let by_link = world.sign_in().await;
    let claims = ending(&provider, "first");
    let token = provider.says.lock().signed("logout+jwt", &claims);
    let got = end(&world, &token).await;
    assert_eq!((got.status, got.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(got.header(header::CACHE_CONTROL), "no-store");
    assert!(!is_in(&world, &one).await && is_in(&world, &two).await);
    let again = end(&world, &token).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "a token counts once");
    let mut claims = ending(&provider, "second");
    claims.as_object_mut().unwrap().remove("sid");
    let token = provider.says.lock().signed("JWT", &claims);
    assert_eq!(end(&world, &token).await.status, StatusCode::OK);
    assert!(!is_in(&world, &two).await, "without a session all of the person's end");
    assert!(is_in(&world, &by_link).await, "and none that the provider did not begin");
}

#[tokio::test]
async fn a_token_that_ends_sessions_counts_once_for_as_long_as_it_is_believed() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let mut claims = ending(&provider, "one");
    claims.as_object_mut().unwrap().remove("sid");
    let token = provider.says.lock().signed("logout+jwt", &claims);
    assert_eq!(end(&world, &token).await.status, StatusCode::OK);
    let cookie = arrived(&world, &provider, "one").await;
    // It ended a second ago; clocks may be a minute apart.
    world.clock.advance(Duration::from_secs(121));
    let got = end(&world, &token).await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST);
    assert!(got.text.contains("taken before"), "{}", got.text);
    assert!(is_in(&world, &cookie).await);
    world.clock.advance(Duration::from_mins(1));
    assert!(end(&world, &token).await.text.contains("not of now"));
}

#[tokio::test]
async fn a_token_that_is_not_the_providers_or_ends_nothing_ends_no_session() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let cookie = arrived(&world, &provider, "one").await;
    let now = provider.says.lock().now;
    let wrong = [
        ("another issuer", "iss", json!("https://elsewhere.example")),
        ("another audience", "aud", json!("another-client")),
        ("over", "exp", json!(now - 61)),
        ("no end", "exp", Value::Null),
        ("from the future", "iat", json!(now + 120)),
        ("no id", "jti", Value::Null),
        ("an empty id", "jti", json!("")),
        ("a nonce, as sign-ins have", "nonce", json!("n")),
        ("no event", "events", Value::Null),
        ("another event", "events", json!({ "http://schemas.openid.net/event/other": {} })),
        (
            "an event that is no object",
            "events",
            json!({ "http://schemas.openid.net/event/backchannel-logout": true }),
        ),
    ];
    for (what, claim, value) in wrong {
        let mut claims = ending(&provider, what);
        claims[claim] = value;
        if claims[claim].is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        }
        let token = provider.says.lock().signed("logout+jwt", &claims);
        let got = end(&world, &token).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{what}");
        assert!(got.text.contains("invalid_request"), "{what}: {}", got.text);
    }
    let mut nobody = ending(&provider, "nobody");
    for name in ["sub", "sid"] {
        nobody.as_object_mut().unwrap().remove(name);
    }
    let good = ending(&provider, "good");
    let mut tokens = vec![String::new(), String::from("no token")];
    {
        let mut says = provider.says.lock();
        tokens.push(says.signed("logout+jwt", &nobody));
        tokens.push(says.signed("at+jwt", &good));
        says.signs_falsely = true;
        tokens.push(says.signed("logout+jwt", &good));
        says.signs_falsely = false;
    }
    for token in &tokens {
        assert_eq!(end(&world, token).await.status, StatusCode::BAD_REQUEST, "{token}");
    }
    assert!(is_in(&world, &cookie).await);
    let plain = World::new().await;
    let token = provider.says.lock().signed("logout+jwt", &good);
    assert_eq!(end(&plain, &token).await.status, StatusCode::BAD_REQUEST, "there is no provider");
    assert_eq!(end(&world, &token).await.status, StatusCode::OK, "the good one was not used up");
}

#[tokio::test]
async fn a_sign_in_is_no_logout_and_a_logout_no_sign_in() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let sent = begin(&world, &provider, "").await;
    let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    provider.says.lock().claims =
        HashMap::from([("events", events), ("jti", json!("one")), ("nonce", Value::Null)]);
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_provider_that_fails_is_left_alone_for_a_while() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    provider.says.lock().fails = true;
    let claims = ending(&provider, "one");
    let token = provider.says.lock().signed("logout+jwt", &claims);
    for _time in 0..5 {
        assert_eq!(world.get("/signin", "").await.status, StatusCode::BAD_GATEWAY);
        assert_eq!(world.get("/signedout", "").await.status, StatusCode::OK);
        assert_eq!(end(&world, &token).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(provider.says.lock().descriptions_read, 1);
    provider.says.lock().fails = false;
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.get("/signin", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(end(&world, &token).await.status, StatusCode::OK);
    assert_eq!(provider.says.lock().descriptions_read, 2);
}

#[tokio::test]
async fn what_is_known_of_the_provider_is_used_while_it_fails_and_its_keys_are_not() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let claims = |id, world: &World| {
        let mut claims = ending(&provider, id);
        let now = world.clock.now().0 / 1000;
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + 120);
        provider.says.lock().signed("logout+jwt", &claims)
    };
    assert_eq!(end(&world, &claims("one", &world)).await.status, StatusCode::OK);
    provider.says.lock().fails = true;
    world.clock.advance(Duration::from_mins(61));
    assert_eq!(world.get("/signin", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(end(&world, &claims("two", &world)).await.status, StatusCode::BAD_REQUEST);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(world.get("/signin", "").await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn what_is_no_token_at_all_is_no_reason_to_ask_the_provider() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let shared = EncodingKey::from_secret(b"a secret");
    let claims = ending(&provider, "one");
    let symmetric = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &shared).unwrap();
    for token in ["", "no token", "a.b.c", &symmetric] {
        assert_eq!(end(&world, token).await.status, StatusCode::BAD_REQUEST);
    }
    let says = provider.says.lock();
    assert_eq!((says.descriptions_read, says.keys_read), (0, 0));
}

#[tokio::test]
async fn a_token_that_does_not_arrive_is_not_waited_for() {
    let world = Provider::start().await.world().await;
    let got = world.post_without_end("/signin/backchannel-logout", "").await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST, "{}", got.text);
}
