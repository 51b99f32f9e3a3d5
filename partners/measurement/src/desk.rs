//! What the measurement partner serves: two arrangements with a book each, and a page.

use crate::{
    book::Book,
    installs::{Install, Installs},
    page,
    platform::Platform,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{HeaderMap, StatusCode},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use parking_lot::Mutex;
use partner_kit::{
    Clock,
    consent::agree,
    recall::Recall,
    record::{BODY_BYTES_MAX, Recorder, record},
    watch::Watched,
    webhook::{self, Secret},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Builds the routes.
pub(crate) fn router(desk: Arc<Desk>, recorder: Recorder) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/events", post(exposed).options(agree))
        .route("/auditor-events", post(audited).options(agree))
        .route("/installs", post(installed))
        .route("/recalls", post(recalled))
        .route("/received", get(received).delete(forget))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(recorder, record))
        .with_state(desk)
}

/// The partner at work.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) name: String,
    secrets: Vec<Secret>,
    pub(crate) clock: Clock,
    pub(crate) books: Mutex<Books>,
    platform: Option<Platform>,
}

/// Everything that was heard.
#[derive(Debug)]
pub(crate) struct Books {
    /// As the advertisers' measurement partner.
    pub(crate) advertisers: Book,
    /// As the platform's auditor.
    pub(crate) auditor: Book,
    /// Installs that apps reported.
    pub(crate) installs: Installs,
    /// Disclosures that were called back.
    pub(crate) called_back: usize,
    /// Messages that were not believed.
    pub(crate) refused: u64,
    faults: Faults,
}

impl Books {
    fn new(faults: Faults) -> Self {
        Self {
            advertisers: Book::new(),
            auditor: Book::new(),
            installs: Installs::default(),
            called_back: 0,
            refused: 0,
            faults,
        }
    }

    fn of(&mut self, arrangement: Arrangement) -> &mut Book {
        match arrangement {
            Arrangement::Advertisers => &mut self.advertisers,
            Arrangement::Auditor => &mut self.auditor,
        }
    }

    /// Forgets what came with these disclosures, and what was made of it.
    fn forget(&mut self, disclosures: &BTreeSet<String>) {
        self.called_back += disclosures.len();
        self.advertisers.forget(disclosures);
        self.auditor.forget(disclosures);
        self.installs.forget(disclosures);
    }
}

/// Failures on purpose, so that retries can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Faults {
    /// How many are left; nothing means no end.
    left: Option<u64>,
    status: StatusCode,
    failed: u64,
}

impl Faults {
    /// Fails the first so many batches with the status; a status alone fails every batch, and nothing
    /// at all fails none.
    pub(crate) fn of(first: Option<u64>, status: Option<StatusCode>) -> Self {
        let left = match (first, status) {
            (Some(first), _) => Some(first),
            (None, Some(_)) => None,
            (None, None) => Some(0),
        };
        Self { left, status: status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE), failed: 0 }
    }

    fn next(&mut self) -> Option<StatusCode> {
        match &mut self.left {
            Some(0) => return None,
            Some(left) => *left -= 1,
            None => {}
        }
        self.failed += 1;
        Some(self.status)
    }
}

#[derive(Clone, Copy, Debug)]
enum Arrangement {
    Advertisers,
    Auditor,
}

impl Arrangement {
    fn path(self) -> &'static str {
        match self {
            Self::Advertisers => "/events",
            Self::Auditor => "/auditor-events",
        }
    }
}

impl Desk {
    /// Opens the desk with empty books.
    pub(crate) fn new(
        name: String,
        secrets: Vec<Secret>,
        faults: Faults,
        clock: Clock,
        platform: Option<Platform>,
    ) -> Self {
        Self { name, secrets, clock, books: Mutex::new(Books::new(faults)), platform }
    }

    fn take(&self, arrangement: Arrangement, headers: &HeaderMap, body: &Bytes) -> Response {
        let now = (self.clock)();
        let mut books = self.books.lock();
        if let Some(status) = books.faults.next() {
            return status.into_response();
        }
        let id = match webhook::verify(&self.secrets, headers, body, now) {
            Ok(id) => id,
            Err(error) => {
                books.refused += 1;
                return (StatusCode::UNAUTHORIZED, error.to_string()).into_response();
            }
        };
        match books.of(arrangement).enter(now, arrangement.path(), id, body) {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(_unreadable) => {
                (StatusCode::BAD_REQUEST, "no records that can be read").into_response()
            }
        }
    }

    /// Takes a message that calls back what was told. Only the answer to one that was done acknowledges it.
    fn take_back(&self, headers: &HeaderMap, body: &Bytes) -> Response {
        let now = (self.clock)();
        let mut books = self.books.lock();
        if let Err(error) = webhook::verify(&self.secrets, headers, body, now) {
            books.refused += 1;
            return (StatusCode::UNAUTHORIZED, error.to_string()).into_response();
        }
        match Recall::read(body) {
            Some(Recall::Forget(disclosures)) => books.forget(&disclosures),
            // This partner is told no demographics.
            Some(Recall::Correct(_)) => {}
            None => return (StatusCode::BAD_REQUEST, "no recall that can be read").into_response(),
        }
        StatusCode::NO_CONTENT.into_response()
    }
}

async fn recalled(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    desk.take_back(&headers, &body)
}

async fn home(State(desk): State<Arc<Desk>>, RawQuery(query): RawQuery) -> Response {
    page::of(&desk, Watched::read(query.as_deref()))
}

async fn exposed(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    desk.take(Arrangement::Advertisers, &headers, &body)
}

async fn audited(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    desk.take(Arrangement::Auditor, &headers, &body)
}

/// What an app's library says when the app is opened for the first time, and may say again.
#[derive(Deserialize)]
struct Report {
    id: String,
    app_id: String,
    advertising_id: String,
    at_ms: i64,
}

/// Takes an install from an app, and credits it to what the platform tells now.
async fn installed(State(desk): State<Arc<Desk>>, Json(report): Json<Report>) -> Response {
    let Some(platform) = &desk.platform else {
        return (StatusCode::SERVICE_UNAVAILABLE, "no platform to ask").into_response();
    };
    let install = desk.books.lock().installs.enter(Install {
        id: report.id,
        app_id: report.app_id,
        known_as: platform.known_as(&report.advertising_id),
        at_s: report.at_ms.div_euclid(1_000),
        credited: None,
    });
    match platform.credit(&install).await {
        Ok(credited) => {
            let answer =
                Json(json!({ "credited": credited.as_ref().map(|credited| &credited.to) }));
            desk.books.lock().installs.credit(&install.id, credited);
            answer.into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn received(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let now = (desk.clock)();
    let books = desk.books.lock();
    Json(json!({
        "name": desk.name,
        "called_back": books.called_back,
        "refused": books.refused,
        "failed_on_purpose": books.faults.failed,
        "installs": books.installs.json(),
        "events": books.advertisers.json(now),
        "auditor_events": books.auditor.json(now),
    }))
}

/// Empties the books. Failures that are still to come stay to come.
async fn forget(State(desk): State<Arc<Desk>>) -> StatusCode {
    let mut books = desk.books.lock();
    let faults = books.faults.clone();
    *books = Books::new(faults);
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use partner_kit::loopback::{Reply, ask, start};
    use std::net::SocketAddr;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const NEXT_SECRET: &str = "whsec_dGhlIG5leHQgc2VjcmV0LCBmb3IgdGVzdHMgb25seQ==";
    const NOW_S: i64 = 1_800_000_000;
    const BATCH: &str = r#"{"type":"ad_exposure.batch","data":{"records":[
        {"id":"e-1","advertiser_id":"adv-1","campaign_id":"c-1","interaction_type":"click",
         "disclosure_id":"d-1","device_id_hash":"c0ffee"}]}}"#;
    const RECALL: &str = r#"{"type":"disclosure.recalled","data":{"disclosure_ids":["d-1"]}}"#;

    async fn open(secrets: &[&str], faults: Faults) -> SocketAddr {
        let secrets = secrets.iter().map(|secret| secret.parse().unwrap()).collect();
        let name = String::from("Demo Measurement");
        let desk = Desk::new(name, secrets, faults, || NOW_S * 1000, None);
        start(router(Arc::new(desk), Recorder::default())).await.unwrap()
    }

    async fn send(at: SocketAddr, path: &str, secret: &str, sent_s: i64) -> Reply {
        say(at, path, BATCH, secret, sent_s).await
    }

    async fn say(at: SocketAddr, path: &str, body: &str, secret: &str, sent_s: i64) -> Reply {
        let secret: Secret = secret.parse().unwrap();
        let timestamp = sent_s.to_string();
        let signature = secret.sign("m-1", &timestamp, body.as_bytes());
        let headers = [
            ("webhook-id", "m-1"),
            ("webhook-timestamp", timestamp.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        ask(at, "POST", path, &headers, body.as_bytes()).await.unwrap()
    }

    async fn books(at: SocketAddr) -> Value {
        let reply = ask(at, "GET", "/received", &[], b"").await.unwrap();
        serde_json::from_str(&reply.body).unwrap()
    }

    #[tokio::test]
    async fn a_signed_batch_is_taken_once_and_shown() {
        let at = open(&[SECRET], Faults::of(None, None)).await;
        for _ in 0..2 {
            assert_eq!(send(at, "/events", SECRET, NOW_S).await.status, 204);
        }
        let books = books(at).await;
        assert_eq!(books["events"]["record_ids"], json!(["e-1"]));
        assert_eq!(books["events"]["counts"]["batches_repeated"], 1);
        assert_eq!(books["events"]["bodies"][0]["body"], BATCH);
        let page = ask(at, "GET", "/", &[], b"").await.unwrap().body;
        assert!(page.contains("adv-1") && page.contains("click"), "{page}");
    }

    #[tokio::test]
    async fn either_secret_is_believed_while_they_rotate() {
        let at = open(&[SECRET, NEXT_SECRET], Faults::of(None, None)).await;
        assert_eq!(send(at, "/events", NEXT_SECRET, NOW_S).await.status, 204);
    }

    #[tokio::test]
    async fn an_unsigned_wrongly_signed_or_old_batch_is_refused_and_not_kept() {
        let at = open(&[SECRET], Faults::of(None, None)).await;
        let unsigned = ask(at, "POST", "/events", &[], BATCH.as_bytes()).await.unwrap();
        assert_eq!(unsigned.status, 401);
        assert_eq!(send(at, "/events", NEXT_SECRET, NOW_S).await.status, 401);
        assert_eq!(send(at, "/events", SECRET, NOW_S - 301).await.status, 401);
        let books = books(at).await;
        assert_eq!(books["refused"], 3);
        assert_eq!(books["events"]["record_ids"], json!([]));
    }

    #[tokio::test]
    async fn the_auditor_has_a_book_of_its_own() {
        let at = open(&[SECRET], Faults::of(None, None)).await;
        send(at, "/auditor-events", SECRET, NOW_S).await;
        let books = books(at).await;
        assert_eq!(books["events"]["record_ids"], json!([]));
        assert_eq!(books["auditor_events"]["record_ids"], json!(["e-1"]));
    }

    #[tokio::test]
    async fn a_watched_device_shows_its_exposures_and_apart_what_the_auditor_got() {
        let at = open(&[SECRET], Faults::of(None, None)).await;
        send(at, "/events", SECRET, NOW_S).await;
        let watch = async |path: &str| ask(at, "GET", path, &[], b"").await.unwrap().body;
        let page = watch("/?watch=c0ffee").await;
        assert!(
            page.contains("watch open") && page.contains("<p class=\"number\">1</p>"),
            "{page}"
        );
        assert!(page.contains("<strong>0</strong> audit records"), "{page}");
        send(at, "/auditor-events", SECRET, NOW_S).await;
        let page = watch("/?watch=nobody&outside=c0ffee").await;
        assert!(page.contains("watch closed"), "{page}");
        assert!(page.contains("<strong>1</strong> audit records"), "{page}");
        assert!(!watch("/").await.contains("Watching"));
    }

    #[tokio::test]
    async fn the_first_batches_fail_as_told_and_the_next_is_taken() {
        let at = open(&[SECRET], Faults::of(Some(2), Some(StatusCode::GONE))).await;
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard.push(send(at, "/events", SECRET, NOW_S).await.status);
        }
        assert_eq!(heard, [410, 410, 204]);
        assert_eq!(books(at).await["failed_on_purpose"], 2);
    }

    async fn platform_that_tells(answer: Value) -> SocketAddr {
        let answer = move || async move { Json(answer) };
        start(Router::new().route("/v1/partners/meter/conversions", post(answer))).await.unwrap()
    }

    async fn open_with(platform: SocketAddr) -> SocketAddr {
        let platform = Platform {
            at: platform,
            partnership: String::from("meter"),
            api_key: String::from("sg_test"),
            device_key: vec![7; 32],
        };
        let faults = Faults::of(None, None);
        let name = String::from("Demo Measurement");
        let secrets = vec![SECRET.parse().unwrap()];
        let desk = Desk::new(name, secrets, faults, || NOW_S * 1000, Some(platform));
        start(router(Arc::new(desk), Recorder::default())).await.unwrap()
    }

    const INSTALL: &str = r#"{"id":"i-1","app_id":"app","advertising_id":"A-1","at_ms":1}"#;

    #[tokio::test]
    async fn an_install_is_credited_to_what_the_platform_tells() {
        let told = json!({ "attribution": {
            "permitted_recipients": ["adv-1"], "campaign_id": "c-1", "touch_type": "click",
            "disclosure_id": "d-1",
        } });
        let at = open_with(platform_that_tells(told).await).await;
        let headers = [("content-type", "application/json")];
        let reply = ask(at, "POST", "/installs", &headers, INSTALL.as_bytes()).await.unwrap();
        assert!(reply.body.contains("c-1"), "{reply:?}");
        assert_eq!(books(at).await["installs"]["credited"], 1);
        let page = ask(at, "GET", "/", &[], b"").await.unwrap().body;
        assert!(page.contains("The ad worked") && page.contains("c-1"), "{page}");
    }

    #[tokio::test]
    async fn what_is_called_back_is_forgotten_and_no_ad_is_credited_with_the_install() {
        let told = json!({ "attribution": {
            "permitted_recipients": ["adv-1"], "campaign_id": "c-1", "touch_type": "click",
            "disclosure_id": "d-1",
        } });
        let at = open_with(platform_that_tells(told).await).await;
        send(at, "/events", SECRET, NOW_S).await;
        send(at, "/auditor-events", SECRET, NOW_S).await;
        let headers = [("content-type", "application/json")];
        ask(at, "POST", "/installs", &headers, INSTALL.as_bytes()).await.unwrap();
        let page = async || ask(at, "GET", "/?watch=c0ffee", &[], b"").await.unwrap().body;
        let before = page().await;
        assert!(before.contains("The ad worked") && before.contains("1 in all."), "{before}");
        assert_eq!(say(at, "/recalls", RECALL, SECRET, NOW_S).await.status, 204);
        let after = page().await;
        assert!(after.contains("No install was credited to an ad yet."), "{after}");
        assert!(after.contains("0 in all.") && !after.contains("disclosure_id"), "{after}");
        let books = books(at).await;
        assert_eq!((&books["installs"]["credited"], &books["called_back"]), (&json!(0), &json!(1)));
        for of in ["events", "auditor_events"] {
            assert_eq!(books[of]["bodies"], json!([]), "{of}");
            assert_eq!(books[of]["counts"]["records"], 1, "{of}");
        }
    }

    #[tokio::test]
    async fn a_recall_that_is_not_signed_or_not_read_is_not_acknowledged_and_takes_nothing_back() {
        let at = open(&[SECRET], Faults::of(None, None)).await;
        send(at, "/events", SECRET, NOW_S).await;
        let unsigned = ask(at, "POST", "/recalls", &[], RECALL.as_bytes()).await.unwrap();
        assert_eq!(unsigned.status, 401);
        assert_eq!(say(at, "/recalls", RECALL, NEXT_SECRET, NOW_S).await.status, 401);
        assert_eq!(say(at, "/recalls", "{}", SECRET, NOW_S).await.status, 400);
        let books = books(at).await;
        assert_eq!((&books["refused"], &books["called_back"]), (&json!(2), &json!(0)));
        assert_eq!(books["events"]["bodies"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_install_is_credited_to_nothing_where_nothing_is_told() {
        let at = open_with(platform_that_tells(json!({ "attribution": null })).await).await;
        let headers = [("content-type", "application/json")];
        let reply = ask(at, "POST", "/installs", &headers, INSTALL.as_bytes()).await.unwrap();
        assert_eq!(reply.body, "{\"credited\":null}");
        let installs = books(at).await["installs"].clone();
        assert_eq!((&installs["reported"], &installs["credited"]), (&json!(1), &json!(0)));
    }

    #[test]
    fn a_status_alone_fails_every_batch_and_nothing_fails_none() {
        let mut always = Faults::of(None, Some(StatusCode::GONE));
        assert!((0..100).all(|_| always.next() == Some(StatusCode::GONE)));
        assert_eq!(Faults::of(None, None).next(), None);
        assert_eq!(Faults::of(Some(1), None).next(), Some(StatusCode::SERVICE_UNAVAILABLE));
    }

    #[tokio::test]
    async fn clearing_empties_both_books() {
        let at = open(&[SECRET], Faults::of(None, None)).await;
        send(at, "/events", SECRET, NOW_S).await;
        assert_eq!(ask(at, "DELETE", "/received", &[], b"").await.unwrap().status, 204);
        assert_eq!(books(at).await["events"]["counts"]["records"], 0);
    }
}
