//! What the bidder serves, and what it remembers of what it was told.

use crate::{
    bid::{self, Terms},
    fields::{self, Field},
    page,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, RawQuery, State},
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
    memory::{Count, JustNow, Known, Latest},
    recall::{Disclosures, Recall},
    record::{BODY_BYTES_MAX, Kept, Recorder, record},
    watch::{Sightings, Watched},
    webhook::{self, Secret},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// Builds the routes.
pub(crate) fn router(desk: Arc<Desk>, recorder: Recorder) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/openrtb2/bid", post(asked))
        .route("/win", get(won))
        .route("/billing", get(billed))
        .route("/invoice-events", post(invoiced).options(agree))
        .route("/recalls", post(recalled))
        .route("/received", get(received).delete(forget))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(recorder, record))
        .with_state(desk)
}

/// The bidder at work.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) name: String,
    terms: Terms,
    delay: Duration,
    secrets: Vec<Secret>,
    pub(crate) clock: Clock,
    pub(crate) heard: Mutex<Heard>,
}

impl Desk {
    /// Opens the desk with nothing heard.
    pub(crate) fn new(
        name: String,
        terms: Terms,
        delay: Duration,
        secrets: Vec<Secret>,
        clock: Clock,
    ) -> Self {
        Self { name, terms, delay, secrets, clock, heard: Mutex::new(Heard::new()) }
    }

    fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Returns whether a message is to be believed: any is where there is no secret to check it with.
    fn believes(&self, headers: &HeaderMap, body: &Bytes) -> bool {
        self.secrets.is_empty() || webhook::verify(&self.secrets, headers, body, self.now()).is_ok()
    }
}

/// What was heard, bounded.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) requests: u64,
    pub(crate) answered: u64,
    pub(crate) just_now: JustNow,
    pub(crate) devices: Known,
    pub(crate) latest: Latest<Told>,
    bodies: Latest<Kept>,
    wins: Latest<Notice>,
    pub(crate) wins_count: u64,
    bills: Latest<Notice>,
    pub(crate) bills_count: u64,
    batches: Known,
    pub(crate) invoice_records: u64,
    /// Bid requests by the ids in them.
    pub(crate) sightings: Sightings,
    /// Invoice events by the ids in them.
    pub(crate) invoice_sightings: Sightings,
    /// Disclosures that were called back.
    pub(crate) called_back: usize,
    disclosures: Disclosures,
}

impl Heard {
    fn new() -> Self {
        Self {
            requests: 0,
            answered: 0,
            just_now: JustNow::default(),
            devices: Known::new(DEVICES_MAX),
            latest: Latest::new(SHOWN_MAX),
            bodies: Latest::new(KEPT_MAX),
            wins: Latest::new(KEPT_MAX),
            wins_count: 0,
            bills: Latest::new(KEPT_MAX),
            bills_count: 0,
            batches: Known::new(BATCHES_MAX),
            invoice_records: 0,
            sightings: Sightings::default(),
            invoice_sightings: Sightings::default(),
            called_back: 0,
            disclosures: Disclosures::new(DEVICES_MAX),
        }
    }

    fn request(&mut self, at_ms: i64, request: &Value, body: &Bytes) {
        let id = request.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.requests += 1;
        let ids = ["/device/ifa", "/user/id", "/user/buyeruid"];
        let ids: Vec<&str> =
            ids.iter().filter_map(|path| request.pointer(path)?.as_str()).collect();
        self.sightings.add(at_ms, ids.iter().copied());
        // A bid request is a disclosure under its own id.
        self.disclosed(&id, ids);
        let told = Told { at_ms, id, fields: fields::list(request) };
        self.just_now.add(at_ms, Count { all: 1, personal: u64::from(told.is_personal()) });
        if let Some(device) = request.pointer("/device/ifa").and_then(Value::as_str) {
            self.devices.insert(device);
        }
        self.latest.push(told);
        self.bodies.push(Kept::new(at_ms, "/openrtb2/bid", body));
    }

    fn invoice_event(&mut self, at_ms: i64, record: &Value) {
        let ids = ["device_id_hash", "browser_id_hash", "ifa"];
        let ids: Vec<&str> = ids.iter().filter_map(|field| record.get(field)?.as_str()).collect();
        self.invoice_sightings.add(at_ms, ids.iter().copied());
        let disclosure = record.get("disclosure_id").and_then(Value::as_str);
        self.disclosed(disclosure.unwrap_or_default(), ids);
        self.invoice_records += 1;
    }

    fn disclosed(&mut self, disclosure: &str, ids: Vec<&str>) {
        let too_old = self.disclosures.add(disclosure, ids);
        self.forget_ids(&too_old);
    }

    /// Forgets what came with these disclosures. What was counted of everybody together stays, and so do the notices
    /// that the invoices are made of, which are about nobody.
    fn forget(&mut self, disclosures: &BTreeSet<String>) {
        self.called_back += disclosures.len();
        let ids = self.disclosures.take(disclosures);
        self.forget_ids(&ids);
        self.latest.take(|told| disclosures.contains(&told.id));
        self.bodies.take(|kept| kept.names(disclosures));
    }

    fn forget_ids(&mut self, ids: &[String]) {
        self.sightings.forget(ids);
        self.invoice_sightings.forget(ids);
        for id in ids {
            self.devices.remove(id);
        }
    }
}

/// What one request told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// When it came, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Its id.
    id: String,
    /// Its values.
    pub(crate) fields: Vec<Field>,
}

impl Told {
    /// Returns whether anything in it is about a person or their device.
    pub(crate) fn is_personal(&self) -> bool {
        self.fields.iter().any(|field| field.kind.is_personal())
    }
}

/// A notice of a win or a bill, with the macros filled in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Notice {
    #[serde(default)]
    at_ms: i64,
    #[serde(default)]
    id: String,
    #[serde(default)]
    price: String,
    #[serde(default)]
    imp: String,
}

impl Notice {
    fn heard_at(self, at_ms: i64) -> Self {
        let cut = |text: String| text.chars().take(NOTICE_CHARACTERS_MAX).collect();
        Self { at_ms, id: cut(self.id), price: cut(self.price), imp: cut(self.imp) }
    }
}

async fn home(State(desk): State<Arc<Desk>>, RawQuery(query): RawQuery) -> Response {
    page::of(&desk, Watched::read(query.as_deref()))
}

async fn asked(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "the body is not JSON").into_response();
    };
    let answer = bid::answer(&desk.terms, &request);
    {
        let mut heard = desk.heard.lock();
        heard.request(desk.now(), &request, &body);
        heard.answered += u64::from(answer.is_some());
    }
    if !desk.delay.is_zero() {
        tokio::time::sleep(desk.delay).await;
    }
    match answer {
        Some(answer) => ([("x-openrtb-version", "2.6")], Json(answer)).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn won(State(desk): State<Arc<Desk>>, Query(notice): Query<Notice>) -> StatusCode {
    let notice = notice.heard_at(desk.now());
    let mut heard = desk.heard.lock();
    heard.wins_count += 1;
    heard.wins.push(notice);
    StatusCode::NO_CONTENT
}

async fn billed(State(desk): State<Arc<Desk>>, Query(notice): Query<Notice>) -> StatusCode {
    let notice = notice.heard_at(desk.now());
    let mut heard = desk.heard.lock();
    heard.bills_count += 1;
    heard.bills.push(notice);
    StatusCode::NO_CONTENT
}

/// The second arrangement with this partner: events that support its invoices.
async fn invoiced(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    if !desk.believes(&headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let now = desk.now();
    let id = headers.get("webhook-id").and_then(|value| value.to_str().ok());
    let (Some(id), Ok(message)) = (id, serde_json::from_slice::<Value>(&body)) else {
        return (StatusCode::BAD_REQUEST, "no message of Standard Webhooks").into_response();
    };
    let mut heard = desk.heard.lock();
    if heard.batches.insert(id) {
        let one = message.get("data").unwrap_or(&Value::Null);
        let listed = one.get("records").and_then(Value::as_array);
        for record in listed.map_or(std::slice::from_ref(one), Vec::as_slice) {
            heard.invoice_event(now, record);
        }
        heard.bodies.push(Kept::new(now, "/invoice-events", &body));
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Takes a message that calls back what was told. Only the answer to one that was done acknowledges it.
async fn recalled(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    if !desk.believes(&headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // What has wrong demographics in it is not corrected, but no longer used.
    let Some(Recall::Forget(disclosures) | Recall::Correct(disclosures)) = Recall::read(&body)
    else {
        return (StatusCode::BAD_REQUEST, "no recall that can be read").into_response();
    };
    desk.heard.lock().forget(&disclosures);
    StatusCode::NO_CONTENT.into_response()
}

async fn received(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let heard = desk.heard.lock();
    Json(json!({
        "name": desk.name,
        "counts": {
            "requests": heard.requests,
            "answered": heard.answered,
            "wins": heard.wins_count,
            "bills": heard.bills_count,
            "invoice_records": heard.invoice_records,
            "devices": heard.devices.count(),
            "called_back": heard.called_back,
        },
        "last_10_seconds": heard.just_now.sum(desk.now()),
        "bodies": heard.bodies.iter().collect::<Vec<_>>(),
        "wins": heard.wins.iter().collect::<Vec<_>>(),
        "bills": heard.bills.iter().collect::<Vec<_>>(),
    }))
}

async fn forget(State(desk): State<Arc<Desk>>) -> StatusCode {
    *desk.heard.lock() = Heard::new();
    StatusCode::NO_CONTENT
}

const SHOWN_MAX: usize = 20;
const KEPT_MAX: usize = 200;
const DEVICES_MAX: usize = 100_000;
const BATCHES_MAX: usize = 10_000;
const NOTICE_CHARACTERS_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bid::tests::terms;
    use partner_kit::loopback::{Reply, ask, start};
    use std::net::SocketAddr;

    async fn open(no_bid_share: &str) -> SocketAddr {
        open_with(no_bid_share, Vec::new()).await
    }

    async fn open_with(no_bid_share: &str, secrets: Vec<Secret>) -> SocketAddr {
        let name = String::from("Demo Bidder North");
        let clock = || 1_800_000_000_000;
        let desk = Desk::new(name, terms(no_bid_share), Duration::ZERO, secrets, clock);
        start(router(Arc::new(desk), Recorder::default())).await.unwrap()
    }

    async fn send(at: SocketAddr, method: &str, path: &str, body: &str) -> Reply {
        ask(at, method, path, &[("webhook-id", "m-1")], body.as_bytes()).await.unwrap()
    }

    async fn counts(at: SocketAddr) -> Value {
        let reply = send(at, "GET", "/received", "").await;
        serde_json::from_str(&reply.body).unwrap()
    }

    const REQUEST: &str = r#"{"id":"a","imp":[{"id":"1","banner":{"w":300,"h":250},"bidfloor":0.5}],
        "app":{"bundle":"com.example.news"},"device":{"ifa":"38400000-8cf0-11bd-b23e-10b96e40000d","os":"android"}}"#;

    #[tokio::test]
    async fn a_request_is_answered_with_a_bid_and_shown() {
        let at = open("0").await;
        let reply = send(at, "POST", "/openrtb2/bid", REQUEST).await;
        assert_eq!(reply.status, 200);
        let answer: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(answer["id"], "a");
        assert_eq!(answer["seatbid"][0]["bid"][0]["impid"], "1");
        let page = send(at, "GET", "/", "").await.body;
        assert!(page.contains("Device identifier") && page.contains("com.example.news"), "{page}");
        let received = counts(at).await;
        assert_eq!(received["bodies"][0]["body"], REQUEST);
        assert_eq!(received["last_10_seconds"], json!({"all": 1, "personal": 1}));
        assert_eq!(received["counts"]["devices"], 1);
    }

    #[tokio::test]
    async fn a_request_without_a_person_does_not_count_as_personal() {
        let at = open("1").await;
        let request = r#"{"id":"a","imp":[{"id":"1"}],"site":{"domain":"news.example"}}"#;
        assert_eq!(send(at, "POST", "/openrtb2/bid", request).await.status, 204);
        let received = counts(at).await;
        assert_eq!(received["last_10_seconds"], json!({"all": 1, "personal": 0}));
        assert!(send(at, "GET", "/", "").await.body.contains("class=\"now closed\""));
    }

    #[tokio::test]
    async fn notices_and_invoice_events_are_counted_and_a_repeated_batch_once() {
        let at = open("0").await;
        send(at, "GET", "/win?id=a&price=1.25&imp=1", "").await;
        send(at, "GET", "/billing?id=a&price=1.25&imp=1", "").await;
        let batch = r#"{"type":"t","data":{"records":[{"id":"1"},{"id":"2"}]}}"#;
        for _ in 0..2 {
            assert_eq!(send(at, "POST", "/invoice-events", batch).await.status, 204);
        }
        let received = counts(at).await;
        assert_eq!(received["wins"][0]["price"], "1.25");
        assert_eq!(received["bills"][0]["id"], "a");
        assert_eq!(received["counts"]["invoice_records"], 2);
    }

    #[tokio::test]
    async fn a_watched_device_shows_its_bid_requests_and_apart_its_invoice_events() {
        let at = open("0").await;
        for _ in 0..3 {
            send(at, "POST", "/openrtb2/bid", REQUEST).await;
        }
        let batch = r#"{"type":"t","data":{"records":[{"id":"1","device_id_hash":"c0ffee"},
            {"id":"2","device_id_hash":"c0ffee"},{"id":"3","device_id_hash":"other"}]}}"#;
        send(at, "POST", "/invoice-events", batch).await;
        let device = "38400000-8cf0-11bd-b23e-10b96e40000d";
        let path = format!("/?watch={device}&outside=c0ffee");
        let page = send(at, "GET", &path, "").await.body;
        assert!(
            page.contains("watch open") && page.contains("<p class=\"number\">3</p>"),
            "{page}"
        );
        assert!(page.contains("3 in all.") && page.contains("0 seconds ago"), "{page}");
        assert!(page.contains("<strong>2</strong> invoice events"), "{page}");
        let other = send(at, "GET", "/?watch=nobody", "").await.body;
        assert!(other.contains("watch closed") && other.contains("None came yet."), "{other}");
        let plain = send(at, "GET", "/?watch=%3Cb%3E", "").await.body;
        assert!(!plain.contains("Watching") && plain.contains("?watch="), "{plain}");
    }

    #[tokio::test]
    async fn what_is_called_back_is_forgotten_where_the_message_is_signed() {
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let at = open_with("0", vec![secret.clone()]).await;
        send(at, "POST", "/openrtb2/bid", REQUEST).await;
        let recall = r#"{"type":"disclosure.recalled","data":{"disclosure_ids":["a"]}}"#;
        assert_eq!(send(at, "POST", "/recalls", recall).await.status, 401);
        assert_eq!(counts(at).await["counts"]["devices"], 1);
        let signature = secret.sign("m-1", "1800000000", recall.as_bytes());
        let headers = [
            ("webhook-id", "m-1"),
            ("webhook-timestamp", "1800000000"),
            ("webhook-signature", signature.as_str()),
        ];
        let reply = ask(at, "POST", "/recalls", &headers, recall.as_bytes()).await.unwrap();
        assert_eq!(reply.status, 204);
        let received = counts(at).await;
        assert_eq!((&received["bodies"], &received["counts"]["devices"]), (&json!([]), &json!(0)));
        let page = send(at, "GET", "/?watch=38400000-8cf0-11bd-b23e-10b96e40000d", "").await.body;
        assert!(page.contains("0 in all.") && !page.contains("com.example.news"), "{page}");
    }

    #[tokio::test]
    async fn clearing_forgets_everything() {
        let at = open("0").await;
        send(at, "POST", "/openrtb2/bid", REQUEST).await;
        assert_eq!(send(at, "DELETE", "/received", "").await.status, 204);
        let received = counts(at).await;
        assert_eq!(received["counts"]["requests"], 0);
        assert_eq!(received["bodies"], json!([]));
    }

    #[tokio::test]
    async fn what_is_no_json_is_refused() {
        let at = open("0").await;
        assert_eq!(send(at, "POST", "/openrtb2/bid", "{").await.status, 400);
    }
}
