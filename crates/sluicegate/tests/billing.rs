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
