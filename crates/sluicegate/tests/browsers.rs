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

    /// On a busy machine the partner can miss the 50 ms in which its message may go: then the same is asked again. A page
    /// is not told, but it is counted.
    fn send(&self, origin: &str, path: &str, header: Option<(&str, &str)>, body: &[u8]) -> Answer {
        let once = |_| {
            let before = self.timed_out();
            let answer = self.program.send_from(origin, path, header, body).unwrap();
            (self.timed_out() == before).then_some(answer)
        };
        (0..ASKED_MAX).find_map(once).unwrap()
    }

    fn timed_out(&self) -> Vec<String> {
        let metrics = self.program.get("/metrics").unwrap().text;
        let of_timeouts = |line: &&str| {
            line.starts_with("sluicegate_exchange_unheard_total{") && line.contains("\"timeout\"")
        };
        metrics.lines().filter(of_timeouts).map(str::to_owned).collect()
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

/// A browser at `/device`, where nobody needs to be signed in.
struct Browser<'w> {
    world: &'w World,
    agent: ureq::Agent,
    /// Its number, once it has chosen something.
    number: String,
}

impl<'w> Browser<'w> {
    /// Turns sharing off on the page.
    fn off(world: &'w World) -> Self {
        let agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        let agent = agent.new_agent();
        let page = format!("{}/device", world.program.origin());
        let mut looked = agent.get(&page).call().unwrap();
        let form = cookie(&looked, "sluicegate-form");
        let text = looked.body_mut().read_to_string().unwrap();
        let (_, token) = text.split_once("name=\"csrf\" value=\"").unwrap();
        let token = token.split('"').next().unwrap();
        let sent = agent
            .post(&page)
            .header("cookie", format!("sluicegate-form={form}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .send(format!("csrf={token}&setting=sharing&choice=off"))
            .unwrap();
        assert_eq!(sent.status(), 303);
        Self { world, agent, number: cookie(&sent, "sluicegate-browser") }
    }

    fn get(&self, path: &str) -> Value {
        let request = self.agent.get(format!("{}{path}", self.world.program.origin()));
        let cookie = format!("sluicegate-browser={}", self.number);
        let text =
            request.header("cookie", cookie).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// Returns the value of a cookie that an answer sets.
fn cookie(answer: &http::Response<ureq::Body>, name: &str) -> String {
    let set = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let mut found = set.filter_map(|text| text.strip_prefix(name)?.strip_prefix('='));
    found.next().unwrap().split(';').next().unwrap().to_owned()
}

/// Asks as the platform's ad server does, which names the person and the browser.
fn asked_by_the_platform(world: &World, user: Value) -> Value {
    let mut request = request();
    request["user"] = user;
    let key = ("authorization", "Bearer sg_test_platform");
    let body = serde_json::to_vec(&request).unwrap();
    world.partner.forget();
    let answer = world.send(LISTED_ORIGIN, AUCTION, Some(key), &body);
    assert_eq!((answer.status, world.asked()), (200, 1), "{answer:?}");
    world.partner.heard()[0].json()
}

#[test]
fn what_was_turned_off_in_a_browser_counts_when_the_platform_asks_for_whoever_signs_in_there() {
    let world = start();
    welcome(&world.program, "person-1").unwrap();
    let browser = Browser::off(&world);
    let named = json!({ "sluicegate": { "browser_id": browser.number } });
    for user in [json!({ "id": "person-1", "ext": named }), json!({ "ext": named })] {
        let asked = asked_by_the_platform(&world, user);
        assert!(asked.get("device").is_none() && asked.get("user").is_none(), "{asked}");
    }
    // Somewhere else the person's own choice holds, and no partner learns where.
    let elsewhere = json!({ "sluicegate": { "browser_id": "another-browser" } });
    let asked = asked_by_the_platform(&world, json!({ "id": "person-1", "ext": elsewhere }));
    assert_eq!(asked["device"]["geo"]["country"], "USA", "{asked}");
    assert!(!asked.to_string().contains("another-browser"), "{asked}");
    // A page that names a browser that said yes is not believed: nobody is known to ask.
    let on = json!({
        "key": { "browser": browser.number }, "setting": "sharing", "value": "on",
        "words": "Share your data", "language": "en",
    });
    assert_eq!(world.program.post("/v1/choices", &on).unwrap().status, 200);
    let mut of_a_page = request();
    of_a_page["user"] = json!({ "ext": named });
    world.partner.forget();
    assert_eq!(world.ask(LISTED_ORIGIN, &of_a_page).status, 200);
    assert!(world.partner.heard()[0].json().get("device").is_none());
}

#[test]
fn what_left_of_a_browser_that_the_platform_named_is_on_its_page_and_is_forgotten_with_it() {
    let world = start();
    let browser = Browser::off(&world);
    let on = json!({
        "key": { "browser": browser.number }, "setting": "sharing", "value": "on",
        "words": "Share your data", "language": "en",
    });
    assert_eq!(world.program.post("/v1/choices", &on).unwrap().status, 200);
    let named = json!({ "sluicegate": { "browser_id": browser.number } });
    let asked = asked_by_the_platform(&world, json!({ "ext": named }));
    assert_eq!(asked["device"]["geo"]["country"], "USA", "{asked}");
    let key = json!({ "key": { "browser": browser.number } });
    let on_record = || {
        let answer = world.program.operate("/v1/disclosures/query", &key).unwrap();
        let records = answer.json()["records"].as_array().unwrap().clone();
        let told = records.into_iter().filter(|record| record["record"] == "disclosure");
        told.map(|record| record["told"].to_string()).collect::<Vec<_>>()
    };
    let told = on_record();
    assert!(told.len() == 1 && told[0].contains("device.geo.country"), "{told:?}");
    let shown = browser.get("/device/shared.json").to_string();
    assert!(shown.contains("device.geo.country"), "{shown}");
    let erased = world.program.operate("/v1/people/erase", &key).unwrap();
    assert_eq!(erased.status, 204, "{erased:?}");
    assert_eq!(on_record(), [""; 0]);
}
