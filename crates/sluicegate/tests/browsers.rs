//! What a page in a browser may have: an auction, if its origin is listed. `e2e/` has real browsers do the
//! same.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sluicegate_testkit::{
    Answer, Heard, LISTED_ORIGIN, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, choice, demo_file, welcome},
};
use std::{io::Write, path::PathBuf};
use tempfile::TempDir;

const AUCTION: &str = "/openrtb2/auction";
/// Prebid.js says so in the address, which spares a preflight.
const COMPRESSED: &str = "/openrtb2/auction?gzip=1";
const STRANGER: &str = "https://stranger.example";

struct World {
    program: Program,
    partner: RecordingPartner,
    _dir: TempDir,
}

fn start() -> World {
    start_with(|_| Reply::status(204))
}

fn start_with(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> World {
    let partner = RecordingPartner::start(answer).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: String::from("[exchange]\ntmax_max_ms = 10_000\n"),
    };
    let program = Program::start(&setup).unwrap();
    let bidder = Sample {
        id: "bidder",
        kind: "real_time_bidding",
        categories: vec!["plumbing", "context", "coarse_device"],
        url: format!("{}/bid", partner.origin()),
        more: "when_withheld = \"contextual\"",
    };
    let files = [demo_file("inventory.toml").unwrap(), bidder.file()];
    assert_eq!(program.publish(&files).unwrap().status, 200);
    World { program, partner, _dir: dir }
}

/// How often the same is asked at most.
const ASKED_MAX: usize = 100;

impl World {
    fn ask(&self, origin: &str, request: &Value) -> Answer {
        self.send(origin, AUCTION, None, &serde_json::to_vec(request).unwrap())
    }

    /// On a busy machine the partner can miss the 50 ms in which its message may go (101): then the same is
    /// asked again.
    fn send(&self, origin: &str, path: &str, header: Option<(&str, &str)>, body: &[u8]) -> Answer {
        let once = |_| self.program.send_from(origin, path, header, body).unwrap();
        let mut answers = (0..ASKED_MAX).map(once);
        answers.find(|answer| !answer.text.contains("\"statuscode\":101")).unwrap()
    }

    fn asked(&self) -> usize {
        self.partner.heard().len()
    }
}

/// Nobody's: the partner is asked without the person.
fn request() -> Value {
    json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "site": { "domain": "news.example" }, "device": { "geo": { "country": "USA" } },
        "ext": { "prebid": {} },
    })
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn pages_of_a_listed_origin_ask_and_read_the_answer() {
    let world = start();
    let answer = world.ask(LISTED_ORIGIN, &request());
    assert_eq!((answer.status, world.asked()), (200, 1), "{answer:?}");
    assert_eq!(answer.allowed_origin.as_deref(), Some(LISTED_ORIGIN));
    assert_eq!(answer.json()["seatbid"], json!([]));
}

#[test]
fn for_a_page_of_any_other_origin_nobody_is_asked() {
    let world = start();
    for origin in [STRANGER, "null", "https://news.example.stranger.example", "http://news.example"]
    {
        let answer = world.ask(origin, &request());
        assert_eq!((answer.status, world.asked()), (403, 0), "{origin}: {answer:?}");
        assert_eq!(answer.json()["type"], "urn:sluicegate:problem:origin");
        assert_eq!(answer.allowed_origin, None);
    }
    let key = ("authorization", "Bearer sg_test_platform");
    let body = serde_json::to_vec(&request()).unwrap();
    let answer = world.send(STRANGER, AUCTION, Some(key), &body);
    assert_eq!(answer.status, 200, "the platform's key speaks for itself: {answer:?}");
}

#[test]
fn a_page_can_read_what_was_wrong_with_its_request() {
    let world = start();
    let mut wrong = request();
    wrong["imp"][0]["banner"]["w"] = json!(-1);
    let answer = world.ask(LISTED_ORIGIN, &wrong);
    assert_eq!((answer.status, answer.allowed_origin.as_deref()), (400, Some(LISTED_ORIGIN)));
    assert_eq!(answer.json()["field"], "imp[0].banner.w");
}

#[test]
fn a_compressed_request_is_read_as_prebid_js_or_the_header_says() {
    let world = start();
    let body = packed(&serde_json::to_vec(&request()).unwrap());
    let header = Some(("content-encoding", "gzip"));
    for (path, header) in [(COMPRESSED, None), (AUCTION, header)] {
        world.partner.forget();
        let answer = world.send(LISTED_ORIGIN, path, header, &body);
        assert_eq!((answer.status, world.asked()), (200, 1), "{answer:?}");
        assert_eq!(answer.json()["id"], "r");
    }
}

#[test]
fn a_compressed_request_is_held_to_the_limit_of_any_other() {
    let world = start();
    let send = |body: &[u8]| world.send(LISTED_ORIGIN, COMPRESSED, None, body).status;
    assert_eq!(send(&packed(&vec![b' '; 100 * 1024 * 1024])), 413);
    assert_eq!(send(b"{}"), 400);
    assert_eq!(world.asked(), 0);
}

/// Bids for everything, and is told of a win and of a billable event.
fn bid(heard: &Heard) -> Reply {
    if heard.path() != "/bid" {
        return Reply::status(204);
    }
    let (request, host) = (heard.json(), heard.header("host").unwrap());
    let bid = json!({
        "id": "b", "impid": request["imp"][0]["id"], "price": 2.5, "adm": "<b>An ad</b>",
        "nurl": format!("http://{host}/win/${{AUCTION_PRICE}}"),
        "burl": format!("http://{host}/bill/${{AUCTION_PRICE}}"),
        "adomain": ["advertiser.example"], "crid": "c", "w": 320, "h": 50,
    });
    Reply::json(
        json!({ "id": request["id"], "cur": "USD", "seatbid": [{ "bid": [bid] }] }).to_string(),
    )
}

/// Returns the addresses by which a browser says that it chose the bid, and that it showed the ad.
fn addresses(world: &World, answer: &Answer) -> [String; 2] {
    let bid = &answer.json()["seatbid"][0]["bid"][0];
    [&bid["ext"]["prebid"]["events"]["win"], &bid["burl"]].map(|address| {
        let address = address.as_str().unwrap();
        address.strip_prefix(world.program.origin()).unwrap().to_owned()
    })
}

/// Returns the notices among what was heard.
fn notices(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|one| one.path().to_owned()).filter(|path| path != "/bid").collect()
}

fn wait_for(world: &World, notice: &str) {
    let came = |heard: &[Heard]| notices(heard).iter().any(|one| one == notice);
    assert!(world.partner.wait_until(came), "{notice} never came");
}

#[test]
fn a_partner_hears_of_a_win_when_the_page_chose_its_bid_and_once() {
    let world = start_with(bid);
    let answer = world.ask(LISTED_ORIGIN, &request());
    let [won, shown] = addresses(&world, &answer);
    assert_eq!(notices(&world.partner.heard()), [""; 0], "nobody has won before the page says so");
    for _ in 0..2 {
        assert_eq!(world.program.get(&won).unwrap().status, 200);
    }
    wait_for(&world, "/win/2.5");
    assert_eq!(world.program.get(&shown).unwrap().status, 200);
    wait_for(&world, "/bill/2.5");
    assert_eq!(notices(&world.partner.heard()), ["/win/2.5", "/bill/2.5"]);
    for wrong in [won.replace("/win/", "/billable/"), shown.replace("/billable/", "/win/")] {
        assert_eq!(world.program.get(&wrong).unwrap().status, 400, "one token is for one event");
    }
}

#[test]
fn after_off_an_ad_that_was_offered_may_be_billed_and_nobody_hears_of_a_win() {
    let world = start_with(bid);
    welcome(&world.program, "person-1").unwrap();
    let mut of_a_person = request();
    of_a_person["user"] = json!({ "id": "person-1" });
    let key = ("authorization", "Bearer sg_test_platform");
    let body = serde_json::to_vec(&of_a_person).unwrap();
    let answer = world.send(LISTED_ORIGIN, AUCTION, Some(key), &body);
    let [won, shown] = addresses(&world, &answer);
    let off = choice("person-1", "sharing", "off");
    assert_eq!(world.program.post("/v1/choices", &off).unwrap().status, 200);
    for event in [won, shown] {
        assert_eq!(world.program.get(&event).unwrap().status, 200, "the page cannot tell");
    }
    wait_for(&world, "/bill/2.5");
    assert_eq!(notices(&world.partner.heard()), ["/bill/2.5"]);
}
