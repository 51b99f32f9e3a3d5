//! The routes, asked as a browser asks them, over stores in memory and the register of the demo.

mod damaged;
mod device;
mod elsewhere;
mod embedded;
mod forms;
mod headers;
mod languages;
mod logout;
mod look;
mod lost;
mod oidc;
mod partners;
mod public_samples;
mod samples;
mod shared;
mod sign_in;
mod visits;

use super::{CookieRule, Look, Pages, PagesState, SignIn, TokenKey, router};
use crate::{
    Rates,
    testing::{self, ManualClock},
};
use axum::{Router, body::Body};
use futures_util::StreamExt;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sluicegate_gate::{Secret, SubjectKey, time::Clock};
use sluicegate_ledger::Ledger;
use sluicegate_register::{
    Current, Edition, EditionStore, MemoryFeedback, Register, memory::MemoryEditions,
};
use sluicegate_settings::{Keyring, Settings};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// Made for these tests, and used nowhere else.
const PLATFORM_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIOSkS/dwDNQ1FqWtbpUZMh4KRT3IJOtqgjuTDTtVJSZL
-----END PRIVATE KEY-----
";
const PLATFORM_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAvHSUXqXE+HyLl3ckfPLsx3huOX8rcnBDTfWRZH+E404=
-----END PUBLIC KEY-----
";
const AUDIENCE: &str = "https://gate.example";
const ACCOUNT: &str = "account-1";

/// The register of the demo, as it is shipped.
const REGISTER: [(&str, &str); 8] = [
    ("advertisers.toml", include_str!("../../../../../demo/register/advertisers.toml")),
    ("deals.toml", include_str!("../../../../../demo/register/deals.toml")),
    ("inventory.toml", include_str!("../../../../../demo/register/inventory.toml")),
    ("demo-bidder-north.toml", include_str!("../../../../../demo/register/demo-bidder-north.toml")),
    ("demo-bidder-south.toml", include_str!("../../../../../demo/register/demo-bidder-south.toml")),
    (
        "demo-delivery-auditor.toml",
        include_str!("../../../../../demo/register/demo-delivery-auditor.toml"),
    ),
    ("demo-measurement.toml", include_str!("../../../../../demo/register/demo-measurement.toml")),
    ("vendor-list.json", include_str!("../../../../../demo/register/vendor-list.json")),
];

/// The pages with everything behind them.
struct World {
    router: Router,
    clock: Arc<ManualClock>,
    state: PagesState,
}

/// Tells nobody anything.
#[derive(Debug)]
struct NothingNext;

impl super::Next for NothingNext {
    fn next(&self, _key: SubjectKey, _headers: &HeaderMap) -> Vec<super::NextMessage> {
        Vec::new()
    }
}

/// What came back.
#[derive(Debug)]
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

fn edition() -> Edition {
    let files = REGISTER.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let register = Register::read(&files).expect("the register of the demo is right");
    Edition::publish(register, None, testing::START).expect("it can be published")
}

/// The edition after it: one partnership is gone, one is new, one tells more, and one is kept for less long.
fn later_edition() -> Edition {
    let mut files = REGISTER.map(|(name, text)| (name.to_owned(), text.to_owned()));
    for (name, text) in &mut files {
        match name.as_str() {
            "demo-bidder-south.toml" => {
                *text = text.replacen("retention_days = ", "retention_days = 1", 1);
                *text = text.replacen("\nstart = ", "\nend = 2030-01-01\nstart = ", 1);
                *text = text.replacen(
                    "\"coarse_device\"",
                    "\"coarse_device\", \"precise_location\"",
                    1,
                );
            }
            "demo-delivery-auditor.toml" => {
                *text = text.replace("id = \"demo-delivery-auditor\"", "id = \"demo-auditor-two\"");
            }
            _ => {}
        }
    }
    let register = Register::read(&files).expect("the register is still right");
    let at = testing::START.plus(Duration::from_hours(48));
    Edition::publish(register, Some(&edition()), at).expect("it can be published")
}

impl World {
    async fn new() -> Self {
        Self::with(PLATFORM_PUBLIC_KEY, CookieRule::Loopback).await
    }

    async fn with(key: &str, cookies: CookieRule) -> Self {
        Self::changed(key, cookies, |_as_it_is| {}).await
    }

    /// With the state of the pages changed before they are made.
    async fn changed(key: &str, cookies: CookieRule, change: impl FnOnce(&mut PagesState)) -> Self {
        let clock = testing::clock();
        let dyn_clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let within = Duration::from_secs(5);
        let store = Arc::new(sluicegate_settings::memory::MemoryStore::new());
        let settings = Settings::open(store, Arc::clone(&dyn_clock), within).await.unwrap();
        let store = Arc::new(sluicegate_ledger::memory::MemoryStore::default());
        let secret = Secret::new([9; 32]);
        let ledger =
            Ledger::open(store, Arc::clone(&dyn_clock), testing::dice(), secret).await.unwrap();
        let current = Arc::new(Current::new());
        let editions = Arc::new(MemoryEditions::new());
        editions.put(&edition()).await.unwrap();
        current.replace(Arc::new(edition()));
        let mut state = PagesState {
            editions,
            feedback: Arc::new(MemoryFeedback::new()),
            domain: String::from("platform.example"),
            public_url: Some(String::from("https://gate.example")),
            look: Arc::new(Look::default()),
            rates: Rates { pages_per_minute: 600, forms_per_minute: 60, proxies: 0 },
            settings,
            current,
            ledger,
            recalls: Arc::new(sluicegate_recall::memory::MemoryRecalls::default()),
            keyring: Arc::new(Keyring::new(Secret::new([7; 16]))),
            clock: dyn_clock,
            dice: testing::dice(),
            platform: String::from("Demo Publisher"),
            takes_effect_within: within,
            keep_days: 400,
            next: Arc::new(NothingNext),
            sign_in: SignIn {
                key: TokenKey::read(key).unwrap(),
                audience: String::from(AUDIENCE),
                token_lifetime_max: Duration::from_mins(10),
                provider: None,
                url: Some("https://publisher.example/privacy".parse().unwrap()),
                cookies,
            },
        };
        change(&mut state);
        Self { router: router(Pages::new(state.clone())), clock, state }
    }

    fn account(&self) -> SubjectKey {
        self.state.keyring.account(ACCOUNT)
    }

    async fn ask(&self, request: Request<Body>) -> Got {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Got { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, path: &str, cookie: &str) -> Got {
        let request = Request::get(path).header(header::COOKIE, cookie);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &str) -> Got {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// Sends a form whose body never ends, and waits a minute at most.
    async fn post_without_end(&self, path: &str, cookie: &str) -> Got {
        let begun = futures_util::stream::once(async { Ok::<_, std::io::Error>("csrf=") });
        let body = Body::from_stream(begun.chain(futures_util::stream::pending()));
        let request = Request::post(path).header(header::COOKIE, cookie).body(body).unwrap();
        tokio::time::pause();
        let got = tokio::time::timeout(Duration::from_mins(1), self.ask(request)).await;
        tokio::time::resume();
        got.unwrap_or_else(|_still_waiting| panic!("{path} waits for ever"))
    }

    /// The claims of a good token that is issued now.
    fn claims(&self, jti: &str) -> Value {
        let now = self.clock.now().0 / 1000;
        json!({ "sub": ACCOUNT, "aud": AUDIENCE, "iat": now, "exp": now + 300, "jti": jti })
    }

    async fn arrive(&self, claims: &Value) -> Got {
        self.get(&format!("/signin?token={}", token(claims)), "").await
    }

    /// Signs in and returns the cookie as a browser sends it.
    async fn sign_in(&self) -> String {
        let got = self.arrive(&self.claims(&format!("visit-{}", self.clock.boot().0))).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
        got.cookie()
    }
}

impl Got {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn cookie(&self) -> String {
        self.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
    }

    /// The cookie of that name which the answer sets, as a browser sends it.
    fn set(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all(header::SET_COOKIE).iter();
        let mut pairs = set.filter_map(|value| value.to_str().ok()?.split(';').next());
        pairs
            .find(|pair| pair.split_once('=').is_some_and(|(set, _)| set == name))
            .map(str::to_owned)
    }

    /// What one reads on the page.
    fn words(&self) -> String {
        let pieces =
            self.text.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text));
        pieces.collect::<String>().replace("&#39;", "'")
    }

    /// The token of the last form on the page.
    fn csrf(&self) -> &str {
        let marker = "name=\"csrf\" value=\"";
        let start = self.text.rfind(marker).expect("a form") + marker.len();
        &self.text[start..start + 64]
    }
}

fn token(claims: &Value) -> String {
    let key = EncodingKey::from_ed_pem(PLATFORM_KEY.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &key).unwrap()
}
