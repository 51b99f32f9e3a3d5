//! A billable event, reported to the running program by a browser or by the platform, reaches the partner
//! whose ad was shown.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Heard, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, demo_file},
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Bids for everything, and is told of a billable event under `/bill/` and the price.
fn bid(heard: &Heard) -> Reply {
    if heard.path() != "/bid" {
        return Reply::status(204);
    }
    let request = heard.json();
    let host = heard.header("host").unwrap();
    Reply::json(
        json!({
            "id": request["id"], "cur": "USD", "seatbid": [{ "bid": [{
                "id": "b", "impid": request["imp"][0]["id"], "price": 2.5, "adm": "<b>An ad</b>",
                "burl": format!("http://{host}/bill/${{AUCTION_PRICE}}"),
                "adomain": ["advertiser.example"], "crid": "c", "w": 320, "h": 50,
            }] }],
        })
        .to_string(),
    )
}

fn register(bidder: &RecordingPartner) -> [(String, String); 2] {
    let categories = vec!["plumbing", "context", "coarse_device", "device_identifier"];
    let url = format!("{}/bid", bidder.origin());
    let more = "when_withheld = \"contextual\"";
    let kind = "real_time_bidding";
    [
        demo_file("inventory.toml").unwrap(),
        Sample { id: "north", kind, categories, url, more }.file(),
    ]
}

fn setup(dir: &Path, more: &str) -> Setup {
    Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.to_owned(),
        more: more.to_owned(),
    }
}

/// What a browser asks for that nobody knows.
fn request() -> Value {
    json!({
        "id": "r", "tmax": 1000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "regs": { "gdpr": 0 },
        "device": { "lmt": 0, "geo": { "country": "USA" } }, "ext": { "prebid": {} },
    })
}

fn browse(program: &Program, request: &Value) -> Value {
    program.send("/openrtb2/auction", None, request.to_string().as_bytes()).unwrap().json()
}

/// Loads an address of the program as an image is loaded. Returns head and body.
fn load(program: &Program, method: &str, path: &str) -> (String, Vec<u8>) {
    let address = program.origin().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncookie: sg_session=x; other=y\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&bytes[..end]).to_lowercase(), bytes[end + 4..].to_vec())
}

fn bills(heard: &[Heard]) -> Vec<String> {
    let lines = heard.iter().map(|one| one.line.clone());
    lines.filter(|line| line.starts_with("GET /bill/")).collect()
}

#[test]
fn a_browser_that_loads_the_address_of_a_bid_has_the_partner_told_once() {
    let bidder = RecordingPartner::start(bid).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&setup(dir.path(), "")).unwrap();
    assert_eq!(program.publish(&register(&bidder)).unwrap().status, 200);
    let answer = browse(&program, &request());
    let burl = answer["seatbid"][0]["bid"][0]["burl"].as_str().unwrap();
    let path = burl.strip_prefix(program.origin()).unwrap();
    assert!(path.starts_with("/events/billable/"), "{path}");
    // A browser that asks for the head only has shown nothing.
    assert!(load(&program, "HEAD", path).0.starts_with("http/1.1 200"));
    for _ in 0..2 {
        let (head, body) = load(&program, "GET", path);
        assert!(head.starts_with("http/1.1 200"), "{head}");
        for line in [
            "content-type: image/gif",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: cross-origin",
        ] {
            assert!(head.contains(line), "{head}");
        }
        assert!(!head.contains("cookie"), "{head}");
        assert!(body.starts_with(b"GIF89a") && body.len() == 43);
    }
    assert!(bidder.wait_until(|heard| !bills(heard).is_empty()));
    // Another one, so that a second notice of the first had its time.
    let answer = browse(&program, &request());
    let burl = answer["seatbid"][0]["bid"][0]["burl"].as_str().unwrap();
    load(&program, "GET", burl.strip_prefix(program.origin()).unwrap());
    assert!(bidder.wait_until(|heard| bills(heard).len() >= 2));
    assert_eq!(bills(&bidder.heard()), ["GET /bill/2.5", "GET /bill/2.5"]);
    let notice = bidder.heard().into_iter().find(|one| one.path().starts_with("/bill/")).unwrap();
    assert!(notice.header("cookie").is_none() && notice.header("referer").is_none());
}

#[test]
fn what_is_no_address_of_a_bid_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&setup(dir.path(), "")).unwrap();
    for wrong in ["x", "AAAA", &"A".repeat(9_000), "%FF"] {
        let (head, _) = load(&program, "GET", &format!("/events/billable/{wrong}"));
        assert!(head.starts_with("http/1.1 400"), "{head}");
        assert!(head.contains("application/problem+json"), "{head}");
    }
}

#[test]
fn the_address_of_a_bid_begins_with_what_is_configured() {
    let bidder = RecordingPartner::start(bid).unwrap();
    let dir = tempfile::tempdir().unwrap();
    // The test's own settings stand in `[listen]` already.
    let binary = setup(dir.path(), "");
    let program = Program::start_with(
        &binary,
        &[("SLUICEGATE_LISTEN__PUBLIC_URL", "https://ads.platform.example")],
    )
    .unwrap();
    assert_eq!(program.publish(&register(&bidder)).unwrap().status, 200);
    let answer = browse(&program, &request());
    let burl = answer["seatbid"][0]["bid"][0]["burl"].as_str().unwrap();
    assert!(burl.starts_with("https://ads.platform.example/events/billable/"), "{burl}");
}

/// Reports that an ad was shown, as the platform.
fn report(program: &Program, token: &str) -> Value {
    let answer = program.post("/v1/renders", &json!({ "token": token })).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()
}

fn token(answer: &Value) -> &str {
    answer["ext"]["sluicegate"]["render"][0]["token"].as_str().unwrap()
}

/// What the status says of the bills of the only partner.
fn bills_of(program: &Program) -> Value {
    program.look("/v1/status").unwrap().json()["bills"][0].clone()
}

/// Looks at the status until it is as it must become.
fn wait_for_bills(program: &Program, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut looks = (0..LOOKS_MAX).map(|_| bills_of(program));
    looks.find(is_so).unwrap_or_else(|| bills_of(program))
}

const LOOKS_MAX: usize = 20_000;

#[test]
fn a_bill_that_was_acknowledged_goes_out_after_kill_9_as_it_was_promised() {
    let is_open = Arc::new(AtomicBool::new(false));
    let open = Arc::clone(&is_open);
    let bidder = RecordingPartner::start(move |heard| {
        let refuses = heard.path().starts_with("/bill/") && !open.load(Ordering::SeqCst);
        if refuses { Reply::status(503) } else { bid(heard) }
    })
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = setup(dir.path(), "[exchange]\nbilling_retry_faster_by = 1_000\n");
    let program = Program::start(&setup).unwrap();
    assert_eq!(program.publish(&register(&bidder)).unwrap().status, 200);
    let answer = browse(&program, &request());
    let said = report(&program, token(&answer));
    assert_eq!(said, json!({ "partnership": "north", "billing_notice": "queued" }));
    assert!(bidder.wait_until(|heard| !bills(heard).is_empty()));
    program.kill().unwrap();
    bidder.forget();
    is_open.store(true, Ordering::SeqCst);
    let program = Program::start(&setup).unwrap();
    assert_eq!(report(&program, token(&answer)), said, "a repeated report is answered the same");
    let settled = wait_for_bills(&program, |bills| bills["accepted"] == 1);
    assert_eq!(settled["waiting"], 0, "{settled}");
    assert_eq!(bills(&bidder.heard()), ["GET /bill/2.5"]);
}

#[test]
fn bills_that_were_given_up_are_listed_and_can_be_put_back() {
    let bidder = RecordingPartner::start(|heard| {
        if heard.path().starts_with("/bill/") { Reply::status(404) } else { bid(heard) }
    })
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&setup(dir.path(), "")).unwrap();
    assert_eq!(program.publish(&register(&bidder)).unwrap().status, 200);
    report(&program, token(&browse(&program, &request())));
    let settled = wait_for_bills(&program, |bills| bills["dead"]["refused"] == 1);
    assert_eq!(
        settled,
        json!({ "partnership": "north", "waiting": 0, "accepted": 0, "dead": { "refused": 1 } })
    );
    let metrics = program.get("/metrics").unwrap().text;
    for line in ["reason=\"refused\"} 1", "reason=\"gone\"} 0"] {
        let line = format!("\nsluicegate_bills_dead{{partnership=\"north\",{line}\n");
        assert!(metrics.contains(&line), "{line} {metrics}");
    }
    let list = program.look("/v1/partnerships/north/bills/dead").unwrap();
    let dead = &list.json()["dead"][0];
    assert_eq!((dead["reason"].as_str(), dead["failures"].as_u64()), (Some("refused"), Some(1)));
    assert!(!list.text.contains("/bill/"), "what a bill says is not shown: {list:?}");
    assert_eq!(program.get("/v1/partnerships/north/bills/dead").unwrap().status, 401);
    let retried = program.operate("/v1/partnerships/north/bills/retry", &json!({})).unwrap();
    assert_eq!((retried.status, retried.json()), (200, json!({ "put_back": 1 })));
    assert!(bidder.wait_until(|heard| bills(heard).len() >= 2));
}

#[test]
fn no_price_of_a_bill_lies_readable_on_the_disk() {
    let bidder = RecordingPartner::start(|heard| {
        if heard.path().starts_with("/bill/") { Reply::status(503) } else { bid(heard) }
    })
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&setup(dir.path(), "")).unwrap();
    assert_eq!(program.publish(&register(&bidder)).unwrap().status, 200);
    report(&program, token(&browse(&program, &request())));
    assert!(bidder.wait_until(|heard| !bills(heard).is_empty()));
    program.kill().unwrap();
    for entry in std::fs::read_dir(dir.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let is_readable = bytes.windows(6).any(|six| six == b"/bill/");
        assert!(!is_readable, "{}", path.display());
    }
}
