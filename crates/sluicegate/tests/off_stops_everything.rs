//! A person turns sharing off: from the answer on, nothing about them reaches a controlled partnership,
//! while what the setting does not control goes on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Heard, Program, RecordingPartner, Reply, Setup,
    sample::{choice, creatives, demo_register, exposure, webhook_secrets, welcome},
};
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};
use tempfile::TempDir;

const PERSON: &str = "person-1";
const DEVICE: &str = "44444444-5555-4666-8777-888888888888";
const OTHER_PERSON: &str = "person-2";
const OTHER_DEVICE: &str = "55555555-6666-4777-8888-999999999999";

/// The paths of the demo's register.
const BIDS: &str = "/openrtb2/bid";
const INVOICES: &str = "/invoice-events";
const EVENTS: &str = "/events";
const AUDITOR: &str = "/auditor-events";

struct World {
    program: Program,
    north: RecordingPartner,
    south: RecordingPartner,
    measurement: RecordingPartner,
    _dir: TempDir,
}

fn start(measurement: RecordingPartner) -> World {
    let north = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let south = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[exchange]\ntmax_max_ms = 10_000\n[measurement]\nidle_ms = 10\nretry_faster_by = 10_000\n{}",
            webhook_secrets(&[
                "demo-measurement",
                "demo-delivery-auditor",
                "demo-bidder-north-invoices"
            ])
        ),
    };
    let program = Program::start(&setup).unwrap();
    let files = demo_register(&north, &south, &measurement).unwrap();
    let files: Vec<_> = files
        .into_iter()
        .map(|(name, text)| (name, text.replace("timeout_ms = 200\n", "timeout_ms = 20_000\n")))
        .collect();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    for person in [PERSON, OTHER_PERSON] {
        welcome(&program, person).unwrap();
    }
    World { program, north, south, measurement, _dir: dir }
}

fn bid_request(account: &str, device: &str) -> Value {
    json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": account }, "regs": { "coppa": 0 },
        "device": {
            "ifa": device, "lmt": 0, "make": "Example Phones", "geo": { "country": "USA" }, "ip": "203.0.113.7",
        },
    })
}

/// How often the same is asked at most.
const ASKED_MAX: usize = 100;

impl World {
    fn auction(&self, account: &str, device: &str) {
        self.hold(&bid_request(account, device));
    }

    /// On a busy machine a partner can miss the 50 ms in which its message may go (101): then the same is
    /// asked again.
    fn hold(&self, request: &Value) {
        for _ in 0..ASKED_MAX {
            let answer = self.program.post("/openrtb2/auction", request).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            if !answer.text.contains("\"statuscode\":101") {
                return;
            }
        }
        panic!("a partner missed its time again and again");
    }

    fn expose(&self, account: &str, device: &str, creative: &str) {
        let one = exposure(&format!("exposure-{creative}"), account, device, creative);
        let answer = self.program.post("/v1/exposures", &one).unwrap();
        assert_eq!(answer.json()["results"][0]["status"], "accepted", "{answer:?}");
    }

    fn turn(&self, value: &str) {
        let answer = self.program.post("/v1/choices", &choice(PERSON, "sharing", value)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    fn withheld(&self, account: &str) -> Vec<(String, String)> {
        let asked = json!({ "key": { "account": account } });
        let answer = self.program.operate("/v1/disclosures/query", &asked).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let records = answer.json()["records"].as_array().unwrap().clone();
        let withheld = records.iter().filter(|record| record["record"] == "withheld");
        let text = |record: &Value, key: &str| record[key].as_str().unwrap().to_owned();
        withheld.map(|record| (text(record, "partnership"), text(record, "reason"))).collect()
    }
}

fn has_got(path: &'static str, creative: &'static str) -> impl Fn(&[Heard]) -> bool {
    move |heard| creatives(heard, path).iter().any(|one| one == creative)
}

fn bids(partner: &RecordingPartner) -> Vec<Value> {
    partner.heard().iter().filter(|one| one.path() == BIDS).map(Heard::json).collect()
}

fn assert_nobody_bids_on_the_person(world: &World, asked_before: usize) {
    let (north, south) = (bids(&world.north), bids(&world.south));
    let is_of_other = |asked: &&Value| asked["device"]["ifa"] == json!(OTHER_DEVICE);
    let after_off = north.iter().skip(asked_before).all(|asked| is_of_other(&asked));
    assert!(after_off, "north is not asked about someone who is off");
    assert!(north.iter().any(|asked| is_of_other(&asked)));
    let without_person =
        south.iter().filter(|asked| asked.get("device").is_none() && asked.get("user").is_none());
    assert_eq!(without_person.count(), 20, "south is asked about the place only");
}

#[test]
fn off_stops_bids_and_exposures_at_once_and_leaves_the_other_arrangements() {
    let world = start(RecordingPartner::start(|_| Reply::status(204)).unwrap());
    world.auction(PERSON, DEVICE);
    assert_eq!(bids(&world.north)[0]["device"]["ifa"], json!(DEVICE));
    assert_eq!(bids(&world.south)[0]["device"]["make"], json!("Example Phones"));
    assert!(bids(&world.south)[0]["user"]["data"].is_array());
    world.expose(PERSON, DEVICE, "before");
    assert!(world.measurement.wait_until(has_got(EVENTS, "before")));

    let asked_before = bids(&world.north).len();
    world.turn("off");
    for round in 0..20 {
        world.auction(PERSON, DEVICE);
        world.expose(PERSON, DEVICE, &format!("after-{round}"));
    }
    // Another account on the same device stays closed too; another device does not.
    world.auction(OTHER_PERSON, OTHER_DEVICE);
    world.expose(OTHER_PERSON, OTHER_DEVICE, "last");
    assert!(world.measurement.wait_until(has_got(EVENTS, "last")));
    assert!(world.measurement.wait_until(has_got(AUDITOR, "last")));
    assert!(world.north.wait_until(has_got(INVOICES, "last")));

    assert_nobody_bids_on_the_person(&world, asked_before);
    let is_after = |creative: &String| creative.starts_with("after-");
    let after = |partner: &RecordingPartner, path| {
        creatives(&partner.heard(), path).into_iter().filter(is_after).count()
    };
    assert_eq!(after(&world.measurement, EVENTS), 0);
    assert_eq!(after(&world.measurement, AUDITOR), 20, "a service provider is outside the setting");
    assert_eq!(after(&world.north, INVOICES), 20, "so is the bidder's other arrangement");

    let withheld = world.withheld(PERSON);
    for partnership in ["demo-bidder-north", "demo-bidder-south", "demo-measurement"] {
        let entry = (partnership.to_owned(), String::from("sharing_off_account"));
        assert!(withheld.contains(&entry), "{withheld:?}");
    }
    assert!(
        world.withheld(OTHER_PERSON).iter().all(|(_, reason)| !reason.starts_with("sharing_off"))
    );
}

#[test]
fn on_again_shares_what_happens_from_then_on_and_nothing_from_before() {
    let world = start(RecordingPartner::start(|_| Reply::status(204)).unwrap());
    world.turn("off");
    world.expose(PERSON, DEVICE, "while-off");
    // Late news of something that happened while sharing was off.
    let mut late = exposure("late", PERSON, DEVICE, "late");
    late["timestamp_ms"] = json!(late["timestamp_ms"].as_u64().unwrap() - 1);
    world.turn("on");
    assert_eq!(world.program.post("/v1/exposures", &late).unwrap().status, 202);
    world.auction(PERSON, DEVICE);
    assert_eq!(bids(&world.north)[0]["device"]["ifa"], json!(DEVICE));
    world.expose(PERSON, DEVICE, "last");
    assert!(world.measurement.wait_until(has_got(EVENTS, "last")));
    let told = creatives(&world.measurement.heard(), EVENTS);
    assert_eq!(told, ["last"]);
    let entry = (String::from("demo-measurement"), String::from("happened_while_off"));
    assert!(world.withheld(PERSON).contains(&entry));
}

#[test]
fn what_waits_for_a_partner_that_fails_is_not_delivered_after_off() {
    // The partner holds the first message of the person in its hands, and fails it only after the choice.
    let (fails, holds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
    let (held, is_held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let failing = Arc::clone(&fails);
    let measurement = RecordingPartner::start(move |heard| {
        if heard.path() != EVENTS || !failing.load(Ordering::SeqCst) {
            return Reply::status(204);
        }
        let is_first = String::from_utf8_lossy(&heard.body).contains("\"first\"");
        if is_first && holds.swap(false, Ordering::SeqCst) {
            held.send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
        }
        Reply::status(500)
    });
    let world = start(measurement.unwrap());
    fails.store(true, Ordering::SeqCst);
    world.expose(PERSON, DEVICE, "first");
    is_held.recv().unwrap();
    // These never get as far as an attempt.
    for creative in ["second", "third"] {
        world.expose(PERSON, DEVICE, creative);
    }
    world.turn("off");
    release.send(()).unwrap();
    world.expose(OTHER_PERSON, OTHER_DEVICE, "last");
    // It still fails for a while: the last one is tried, and the others are not among what is tried.
    assert!(world.measurement.wait_until(has_got(EVENTS, "last")));
    fails.store(false, Ordering::SeqCst);
    world.expose(OTHER_PERSON, OTHER_DEVICE, "very-last");
    assert!(world.measurement.wait_until(has_got(EVENTS, "very-last")));

    let told = creatives(&world.measurement.heard(), EVENTS);
    assert_eq!(
        told.iter().filter(|creative| *creative == "first").count(),
        1,
        "only the one in flight"
    );
    for creative in ["second", "third"] {
        assert!(!told.contains(&creative.to_owned()), "{told:?}");
    }
    let entry = (String::from("demo-measurement"), String::from("sharing_off_account"));
    assert!(world.withheld(PERSON).contains(&entry));
    let shown = world.program.verb(&["disclosures", "--account", PERSON]).unwrap();
    assert!(shown.contains("withheld   demo-measurement"), "{shown}");
    assert!(shown.contains("sharing is off for this account"), "{shown}");
    assert!(shown.contains("told       demo-delivery-auditor"), "{shown}");
}

#[test]
fn off_at_an_account_closes_its_linked_device_for_everyone_on_it() {
    let world = start(RecordingPartner::start(|_| Reply::status(204)).unwrap());
    let link = json!({ "account": PERSON, "with": { "device": DEVICE } });
    assert_eq!(world.program.post("/v1/links", &link).unwrap().status, 204);
    world.turn("off");
    // Another account, and nobody, on the device of the person who is off.
    world.auction(OTHER_PERSON, DEVICE);
    let mut nobody = bid_request("", DEVICE);
    nobody["user"] = json!({});
    world.hold(&nobody);
    world.expose(OTHER_PERSON, DEVICE, "same-device");
    world.expose(OTHER_PERSON, OTHER_DEVICE, "last");
    assert!(world.measurement.wait_until(has_got(EVENTS, "last")));
    assert!(bids(&world.north).is_empty());
    assert!(bids(&world.south).iter().all(|asked| asked.get("device").is_none()));
    assert!(!has_got(EVENTS, "same-device")(&world.measurement.heard()));
}
