//! Signing in at an identity provider: a small one here, on loopback, that also does everything wrong that one
//! can do wrong. The program is tried with somebody else's in `e2e/`.

use super::*;
use crate::pages::ProviderRules;
use axum::{Json, extract::State as Known, routing};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sluicegate_egress::{AddressPolicy, Fetcher};
use std::collections::HashMap;

pub(super) const CLIENT: &str = "gateway";
const SECRET: &str = "a secret/with+signs";

/// A provider that answers as it is told to.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) origin: String,
    pub(super) says: Arc<Mutex<Says>>,
}

/// What it says next.
#[derive(Clone, Debug, Default)]
pub(super) struct Says {
    /// Put over the claims of the token; null takes one away.
    pub(super) claims: HashMap<&'static str, Value>,
    /// Put over its description.
    description: HashMap<&'static str, Value>,
    /// The name of the key in the header of the token.
    signs_as: Option<&'static str>,
    /// Signs with a key that it does not list.
    pub(super) signs_falsely: bool,
    /// The names of the keys that it lists.
    pub(super) lists: Vec<&'static str>,
    /// What the token was asked for with.
    asked: Vec<(String, HashMap<String, String>)>,
    pub(super) keys_read: usize,
    pub(super) descriptions_read: usize,
    /// Answers with an error.
    pub(super) fails: bool,
    nonce: String,
    pub(super) now: i64,
}

type Shared = Known<(Arc<Mutex<Says>>, String)>;

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let says = Arc::new(Mutex::new(Says { lists: vec!["one"], ..Says::default() }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", routing::get(describe))
            .route("/keys", routing::get(keys))
            .route("/token", routing::post(issue))
            .with_state((Arc::clone(&says), origin.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin, says }
    }

    pub(super) async fn world(&self) -> World {
        let rules = Arc::new(ProviderRules {
            issuer: self.origin.clone(),
            client_id: String::from(CLIENT),
            client_secret: Some(Secret::new(String::from(SECRET))),
            account_claim: String::from("sub"),
            redirect: String::from("https://gate.example/signin/callback"),
            fetcher: Arc::new(Fetcher::new(AddressPolicy::AllowLoopback).unwrap()),
        });
        let provider = |state: &mut PagesState| state.sign_in.provider = Some(rules);
        let world = World::changed(PLATFORM_PUBLIC_KEY, CookieRule::Loopback, provider).await;
        self.says.lock().now = world.clock.now().0 / 1000;
        world
    }
}

async fn describe(Known((says, origin)): Shared) -> Result<Json<Value>, StatusCode> {
    let mut says = says.lock();
    says.descriptions_read += 1;
    if says.fails {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let mut described = json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/keys"),
        "end_session_endpoint": format!("{origin}/end"),
    });
    for (name, value) in &says.description {
        described[*name] = value.clone();
    }
    Ok(Json(described))
}

async fn keys(Known((says, _)): Shared) -> Result<Json<Value>, StatusCode> {
    let mut says = says.lock();
    says.keys_read += 1;
    if says.fails {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    // The public half of `PLATFORM_KEY`.
    let x = "vHSUXqXE-HyLl3ckfPLsx3huOX8rcnBDTfWRZH-E404";
    let key =
        |id: &&str| json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": id, "use": "sig" });
    let mut all: Vec<Value> = says.lists.iter().map(key).collect();
    all.push(json!({ "kty": "unheard-of", "kid": "other" }));
    all.push(json!("no key at all"));
    Ok(Json(json!({ "keys": all })))
}

async fn issue(
    Known((says, origin)): Shared,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    let mut says = says.lock();
    let form: HashMap<String, String> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization.map_or("", |value| value.to_str().unwrap()).to_owned();
    let is_good = form["code"] == "good";
    says.asked.push((authorization, form));
    if !is_good {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    }
    let mut claims = json!({
        "iss": origin, "aud": CLIENT, "sub": ACCOUNT, "nonce": says.nonce,
        "iat": says.now, "exp": says.now + 300, "email": "nobody@example.com",
    });
    for (name, value) in &says.claims {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(*name);
        } else {
            claims[*name] = value.clone();
        }
    }
    let token = says.signed("JWT", &claims);
    (
        StatusCode::OK,
        Json(json!({ "id_token": token, "access_token": "a", "token_type": "Bearer" })),
    )
}

impl Says {
    pub(super) fn signed(&self, typ: &str, claims: &Value) -> String {
        let mut head = Header::new(Algorithm::EdDSA);
        head.typ = Some(typ.to_owned());
        head.kid = Some(String::from(self.signs_as.unwrap_or("one")));
        let pem = if self.signs_falsely { FALSE_KEY } else { PLATFORM_KEY };
        let key = EncodingKey::from_ed_pem(pem.as_bytes()).unwrap();
        jsonwebtoken::encode(&head, claims, &key).unwrap()
    }
}

/// Made for this test, and listed nowhere.
const FALSE_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
";

/// A sign-in that was begun: where the browser was sent, and the cookie that binds it.
pub(super) struct Sent {
    address: url::Url,
    cookie: String,
}

impl Sent {
    fn asks(&self, name: &str) -> String {
        let found = self.address.query_pairs().find(|(found, _)| found == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

pub(super) async fn begin(world: &World, provider: &Provider, cookie: &str) -> Sent {
    let got = world.get("/signin", cookie).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    let address = got.header(header::LOCATION).parse().unwrap();
    let sent = Sent { address, cookie: got.cookie() };
    provider.says.lock().nonce = sent.asks("nonce");
    sent
}

pub(super) async fn back(world: &World, sent: &Sent, query: &str) -> Got {
    let state = sent.asks("state");
    world.get(&format!("/signin/callback?state={state}&{query}"), &sent.cookie).await
}

#[tokio::test]
async fn a_person_arrives_from_the_provider_and_nothing_of_it_stays() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let sent = begin(&world, &provider, "").await;
    assert!(sent.address.as_str().starts_with(&format!("{}/authorize?", provider.origin)));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://gate.example/signin/callback"),
        ("scope", "openid"),
        ("code_challenge_method", "S256"),
        ("prompt", ""),
    ] {
        assert_eq!(sent.asks(name), value, "{name}");
    }
    let got = back(&world, &sent, "code=good").await;
    assert_eq!(got.header(header::LOCATION), "/settings", "{}", got.text);
    assert!(!got.headers.iter().any(|(_, value)| value.to_str().unwrap().contains(ACCOUNT)));
    let page = world.get("/settings", &got.cookie()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains(ACCOUNT) && !page.text.contains("nobody@"));
    let (authorization, form) = provider.says.lock().asked[0].clone();
    let (_, encoded) = authorization.split_once(' ').unwrap();
    let pair = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
    assert_eq!(pair, b"gateway:a+secret%2Fwith%2Bsigns");
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    assert_eq!(sent.asks("code_challenge"), challenge);
    assert!(!form.contains_key("client_secret"));
}

#[tokio::test]
async fn a_sign_in_is_good_once_here_and_for_ten_minutes() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let sent = begin(&world, &provider, "").await;
    let elsewhere = Sent {
        cookie: format!("sluicegate-signin={}", "0".repeat(64)),
        address: sent.address.clone(),
    };
    assert_eq!(back(&world, &elsewhere, "code=good").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        back(&world, &sent, "code=good").await.status,
        StatusCode::BAD_REQUEST,
        "it is gone"
    );
    let sent = begin(&world, &provider, "").await;
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::SEE_OTHER);
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::BAD_REQUEST);
    let sent = begin(&world, &provider, "").await;
    world.clock.advance(Duration::from_mins(10));
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::BAD_REQUEST);
    for path in
        ["/signin/callback", "/signin/callback?code=good", "/signin/callback?state=&code=good"]
    {
        assert_eq!(world.get(path, &sent.cookie).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn two_sign_ins_side_by_side_in_one_browser_both_end_well() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let first = begin(&world, &provider, "").await;
    let nonce = provider.says.lock().nonce.clone();
    let second = begin(&world, &provider, &first.cookie).await;
    assert_eq!(first.cookie, second.cookie);
    assert_ne!(first.asks("state"), second.asks("state"));
    assert_eq!(back(&world, &second, "code=good").await.status, StatusCode::SEE_OTHER);
    provider.says.lock().nonce = nonce;
    assert_eq!(back(&world, &first, "code=good").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn tokens_of_the_provider_that_cannot_be_believed_open_nothing() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let now = provider.says.lock().now;
    let refused = [
        ("another issuer", "iss", json!("https://elsewhere.example")),
        ("another audience", "aud", json!("another-client")),
        ("an audience of others too", "aud", json!([CLIENT, "another-client"])),
        ("another party", "azp", json!("another-client")),
        ("no audience", "aud", Value::Null),
        ("another sign-in", "nonce", json!("0")),
        ("no nonce", "nonce", Value::Null),
        ("over", "exp", json!(now - 61)),
        ("no end", "exp", Value::Null),
        ("from the future", "iat", json!(now + 120)),
        ("no account", "sub", Value::Null),
        ("empty account", "sub", json!("")),
        ("endless account", "sub", json!("a".repeat(257))),
        ("account is a number", "sub", json!(7)),
    ];
    for (what, claim, value) in refused {
        let sent = begin(&world, &provider, "").await;
        provider.says.lock().claims = HashMap::from([(claim, value)]);
        let got = back(&world, &sent, "code=good").await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{what}");
        assert_eq!(got.header(header::SET_COOKIE), "", "{what}");
    }
    provider.says.lock().claims.clear();
    for query in
        ["error=access_denied", "code=bad", "", "code=good&iss=https%3A%2F%2Felsewhere.example"]
    {
        let sent = begin(&world, &provider, "").await;
        let got = back(&world, &sent, query).await;
        assert!(got.status.is_client_error() || got.status.is_server_error(), "{query}");
        assert_eq!(got.header(header::SET_COOKIE), "", "{query}");
    }
    let sent = begin(&world, &provider, "").await;
    provider.says.lock().signs_falsely = true;
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_issuer_in_the_answer_is_wanted_where_the_provider_promises_it() {
    let provider = Provider::start().await;
    provider.says.lock().description =
        HashMap::from([("authorization_response_iss_parameter_supported", json!(true))]);
    let world = provider.world().await;
    let sent = begin(&world, &provider, "").await;
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::BAD_GATEWAY);
    let sent = begin(&world, &provider, "").await;
    let query = format!("code=good&iss={}", provider.origin);
    assert_eq!(back(&world, &sent, &query).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_asked_for_but_not_again_and_again() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let sent = begin(&world, &provider, "").await;
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.says.lock().keys_read, 1);
    provider.says.lock().signs_as = Some("two");
    provider.says.lock().lists = vec!["one", "two"];
    let sent = begin(&world, &provider, "").await;
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.says.lock().keys_read, 2);
    provider.says.lock().signs_as = Some("three");
    for _attempt in 0..3 {
        let sent = begin(&world, &provider, "").await;
        assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(provider.says.lock().keys_read, 2, "within a minute of the last time");
    world.clock.advance(Duration::from_mins(1));
    let sent = begin(&world, &provider, "").await;
    assert_eq!(back(&world, &sent, "code=good").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(provider.says.lock().keys_read, 3);
}

#[tokio::test]
async fn a_provider_that_describes_another_or_does_not_answer_signs_nobody_in() {
    let provider = Provider::start().await;
    for (name, value) in [
        ("issuer", json!("https://elsewhere.example")),
        ("token_endpoint", json!("not an address")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("jwks_uri", Value::Null),
    ] {
        provider.says.lock().description = HashMap::from([(name, value)]);
        let world = provider.world().await;
        let got = world.get("/signin", "").await;
        assert_eq!(got.status, StatusCode::BAD_GATEWAY, "{name}");
        assert!(got.text.contains("Signing in is not possible now"));
    }
}

#[tokio::test]
async fn whoever_signed_out_has_to_say_again_who_they_are() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let sent = begin(&world, &provider, "").await;
    let cookie = back(&world, &sent, "code=good").await.cookie();
    let csrf = world.get("/settings", &cookie).await.csrf().to_owned();
    let out = world.post("/signout", &cookie, &format!("csrf={csrf}")).await;
    assert_eq!(out.header(header::LOCATION), "/signedout");
    let left: Vec<&str> = out
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert!(left.iter().any(|cookie| cookie.starts_with("sluicegate-left=1; ")), "{left:?}");
    let page = world.get("/signedout", "").await.text;
    assert!(
        page.contains(&format!("{}/end?client_id=gateway&#38;post_logout", provider.origin)),
        "{page}"
    );
    let now = provider.says.lock().now;
    for (signed_in, status) in [
        (Value::Null, StatusCode::BAD_REQUEST),
        (json!(now - 3_600), StatusCode::BAD_REQUEST),
        (json!(now), StatusCode::SEE_OTHER),
    ] {
        let sent = begin(&world, &provider, "sluicegate-left=1").await;
        assert_eq!((sent.asks("prompt"), sent.asks("max_age")), ("login".into(), "0".into()));
        provider.says.lock().claims = HashMap::from([("auth_time", signed_in)]);
        assert_eq!(back(&world, &sent, "code=good").await.status, status);
    }
}

#[tokio::test]
async fn a_link_of_the_platform_still_signs_in_beside_the_provider() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let cookie = world.sign_in().await;
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::OK);
    let signed_out = world.get("/settings", "").await.text;
    assert!(signed_out.contains("href=\"/signin\""), "the page leads to the provider");
    let device = world.get("/device", "").await.text;
    assert!(device.contains("href=\"/signin\""), "and so does the page without an account");
    let plain = World::new().await;
    assert_eq!(
        plain.get("/signin/callback?state=a&code=b", "").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn many_at_once_ask_the_provider_once() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let all = (0..20).map(|_person| world.get("/signin", ""));
    for got in futures_util::future::join_all(all).await {
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    }
    assert_eq!(provider.says.lock().descriptions_read, 1);
}

#[tokio::test]
async fn what_a_browser_brings_back_stays_out_of_the_page() {
    let provider = Provider::start().await;
    let world = provider.world().await;
    let got = world.get("/signin/callback?state=the-state&code=the-code", "").await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST);
    assert!(got.text.contains("href=\"/settings?lang=de\""), "{}", got.text);
    assert!(!got.text.contains("the-state") && !got.text.contains("the-code"), "{}", got.text);
}
