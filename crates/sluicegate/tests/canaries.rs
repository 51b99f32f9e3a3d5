//! The canaries run in the program all the time: nothing of them reaches a partner or a report; and when the
//! choice of the one that said no is lost, every path on which that shows is closed until an operator opens it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use sluicegate_canary::{Canaries, Canary};
use sluicegate_gate::Secret;
use sluicegate_settings::Keyring;
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{demo_register, welcome},
};
use std::{path::PathBuf, thread};
use tempfile::TempDir;

const PERSON: &str = "person-1";
/// How often it is looked until something is as wanted: the alarm comes after more than ten seconds.
const LOOKS_MAX: usize = 400_000;
const DEVICE: &str = "44444444-5555-4666-8777-888888888888";

/// From each of them another partner is told.
const COUNTRIES: [&str; 60] = [
    "AFG", "AGO", "ALB", "ARE", "ARG", "ARM", "AUS", "AZE", "BDI", "BEN", "BFA", "BGD", "BHR",
    "BHS", "BIH", "BLR", "BLZ", "BOL", "BRA", "BRB", "BRN", "BTN", "BWA", "CAF", "CAN", "CHL",
    "CHN", "CIV", "CMR", "COD", "COG", "COL", "COM", "CPV", "CRI", "CUB", "DJI", "DMA", "DOM",
    "DZA", "ECU", "EGY", "ERI", "ETH", "FJI", "GAB", "GEO", "GHA", "GIN", "GMB", "GNB", "GNQ",
    "GRD", "GTM", "GUY", "HND", "HTI", "IDN", "IND", "IRQ",
];

struct World {
    program: Program,
    setup: Setup,
    partners: [RecordingPartner; 3],
    dir: TempDir,
}

impl World {
    fn start(more: &str) -> Self {
        let partners = [(); 3].map(|()| RecordingPartner::start(|_| Reply::status(204)).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let setup = Setup {
            binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
            dir: dir.path().to_owned(),
            more: format!("[canary]\nprobe_every_ms = 500\n{more}"),
        };
        let program = Program::start(&setup).unwrap();
        let world = Self { program, setup, partners, dir };
        world.publish("");
        world
    }

    /// Publishes the demo's register, with a line more in each partnership.
    fn publish(&self, line: &str) {
        let [north, south, measurement] = &self.partners;
        let mut files = demo_register(north, south, measurement).unwrap();
        for (_, text) in &mut files {
            *text = text.replace("\nrole = ", &format!("\n{line}\nrole = "));
        }
        assert_eq!(self.program.publish(&files).unwrap().status, 200);
    }

    /// Waits until runs that began since have ended well, and returns how the canaries are then.
    fn run_twice(&self) -> Value {
        let runs = |standing: &Value| standing["runs"].as_u64().unwrap();
        let before = runs(&look(&self.program, "/v1/canaries"));
        self.until(|standing| runs(standing) >= before + 2)
    }

    fn restarted(self) -> Self {
        let Self { program, setup, partners, dir } = self;
        program.kill().unwrap();
        let program = Program::start(&setup).unwrap();
        Self { program, setup, partners, dir }
    }

    /// Asks how the canaries are until it is as wanted.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut standing = Value::Null;
        for _ in 0..LOOKS_MAX {
            standing = look(&self.program, "/v1/canaries");
            if wanted(&standing) {
                return standing;
            }
            thread::yield_now();
        }
        panic!("never as wanted: {standing}")
    }

    /// The canaries, as the program makes them.
    fn canaries(&self) -> Canaries {
        let master = std::fs::read(self.dir.path().join("data").join("master.key")).unwrap();
        let derive = |label: &str| {
            let mac = Hmac::<Sha256>::new_from_slice(&master).unwrap();
            let mac = mac.chain_update(b"sluicegate/1/").chain_update(label.as_bytes());
            <[u8; 32]>::from(mac.finalize().into_bytes())
        };
        let subjects = derive("subjects");
        let keyring = Keyring::new(Secret::new(subjects[..16].try_into().unwrap()));
        Canaries::new(&Secret::new(derive("canaries")), &keyring)
    }

    /// The choices of the canary are lost: settings say "on".
    fn lose_the_choice(&self) {
        self.choose_for(&self.canaries().off, "on");
    }

    fn choose_for(&self, canary: &Canary, value: &str) {
        for key in [json!({ "account": canary.account }), json!({ "device": canary.device })] {
            self.choose_at(&key, value);
        }
        self.choose_at(&json!({ "browser": canary.browser }), value);
    }

    fn choose_at(&self, key: &Value, value: &str) {
        for setting in ["sharing", "personalize_ads"] {
            let choice = json!({
                "key": key, "setting": setting, "value": value, "words": "lost", "language": "en",
            });
            assert_eq!(self.program.post("/v1/choices", &choice).unwrap().status, 200);
        }
    }

    fn heard_by_partners(&self) -> usize {
        let posts = |partner: &RecordingPartner| {
            partner.heard().iter().filter(|one| one.line.starts_with("POST")).count()
        };
        self.partners.iter().map(posts).sum()
    }
}

fn look(program: &Program, path: &str) -> Value {
    let answer = program.look(path).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn closed(standing: &Value) -> Vec<&str> {
    let paths = standing["paths"].as_array().unwrap().iter();
    let closed = paths.filter(|path| path["closed_since_ms"].is_i64());
    closed.map(|path| path["path"].as_str().unwrap()).collect()
}

fn seen(standing: &Value) -> Vec<&str> {
    let paths = standing["paths"].as_array().unwrap().iter();
    paths.filter(|path| path["seen"] == true).map(|path| path["path"].as_str().unwrap()).collect()
}

fn bid_request() -> Value {
    json!({
        "id": "r", "tmax": 900, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": PERSON }, "regs": { "coppa": 0 },
        "device": { "ifa": DEVICE, "lmt": 0, "geo": { "country": "USA" }, "ip": "203.0.113.7" },
    })
}

#[test]
fn every_path_is_walked_and_nothing_of_it_leaves_or_is_counted() {
    let world = World::start("");
    let standing = world.until(|standing| standing["runs"].as_u64().is_some_and(|runs| runs >= 2));
    assert_eq!((&standing["leaks"], &standing["alarm"]), (&json!(0), &json!(false)), "{standing}");
    let seen = seen(&standing);
    for path in [
        "bid_request",
        "win_notice",
        "billing_notice",
        "loss_notice",
        "exposures",
        "touches",
        "recall",
        "deletion_request",
    ] {
        assert!(seen.contains(&path), "{path}: {standing}");
    }
    assert_eq!(world.heard_by_partners(), 0);
    let report = look(&world.program, "/effectiveness.json");
    assert_eq!(report["changes"]["made"], 0, "nobody chose anything: {report}");
    for nothing in [&report["took_effect_ms"], &report["told"], &report["withheld_times"]] {
        assert!(nothing.is_null() || nothing == 0, "{report}");
    }
    let metrics = world.program.get("/metrics").unwrap().text;
    assert!(metrics.contains("\nsluicegate_canary_overdue 0\n"), "{metrics}");
    assert!(metrics.contains("sluicegate_canary_seen{path=\"bid_request\"} 1\n"), "{metrics}");
    for of_canaries in ["sluicegate_bills{", "sluicegate_lookups_today{"] {
        assert!(!metrics.lines().any(|line| line.starts_with(of_canaries)), "{metrics}");
    }
}

#[test]
fn a_choice_that_is_lost_closes_its_paths_until_an_operator_opens_them() {
    let world = World::start("");
    welcome(&world.program, PERSON).unwrap();
    world.until(|standing| standing["runs"].as_u64().is_some_and(|runs| runs >= 1));
    world.lose_the_choice();
    let standing = world.until(|standing| {
        let closed = closed(standing);
        let all_kept =
            !standing["paths"].as_array().unwrap().iter().any(|path| path["kept"] == false);
        all_kept && ["bid_request", "exposures", "touches"].iter().all(|path| closed.contains(path))
    });
    assert_eq!(standing["alarm"], true);
    let answer = world.program.post("/openrtb2/auction", &bid_request()).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(world.heard_by_partners(), 0, "the path is closed for everybody");
    let metrics = world.program.get("/metrics").unwrap().text;
    assert!(metrics.contains("sluicegate_canary_closed{path=\"bid_request\"} 1\n"), "{metrics}");
    let status = look(&world.program, "/v1/status");
    assert_eq!(status["canaries"]["alarm"], true);

    let world = world.restarted();
    let still = look(&world.program, "/v1/canaries");
    assert!(closed(&still).contains(&"bid_request"), "{still}");
    for path in closed(&still) {
        let opened = world.program.operate(&format!("/v1/canaries/{path}/reopen"), &json!({}));
        assert_eq!(opened.unwrap().status, 204, "{path}");
    }
    let standing = world.until(|standing| standing["runs"].as_u64().is_some_and(|runs| runs >= 2));
    assert!(closed(&standing).is_empty(), "{standing}");
    let answer = world.program.post("/openrtb2/auction", &bid_request()).unwrap();
    assert_eq!(answer.status, 200);
    assert!(world.partners[0].wait_for(1));
    let again = world.program.operate("/v1/canaries/bid_request/reopen", &json!({})).unwrap();
    assert_eq!(again.status, 409);
}

#[test]
fn a_probe_that_tells_nothing_of_the_twin_that_said_yes_is_void_and_soon_an_alarm() {
    let world = World::start("");
    world.until(|standing| standing["runs"].as_u64().is_some_and(|runs| runs >= 1));
    world.choose_for(&world.canaries().on, "off");
    // The run under way may still end well.
    let failures = |standing: &Value| standing["failures"].as_u64().unwrap();
    let before = world.until(|standing| failures(standing) >= 2);
    let after = world.until(|standing| failures(standing) >= failures(&before) + 2);
    assert_eq!(after["runs"], before["runs"], "none ended well since");
    let standing = world.until(|standing| standing["overdue"] == true);
    assert_eq!(standing["alarm"], true);
    assert!(closed(&standing).is_empty(), "nobody was harmed: {standing}");
    let metrics = world.program.get("/metrics").unwrap().text;
    assert!(metrics.contains("\nsluicegate_canary_overdue 1\n"), "{metrics}");
}

#[test]
fn whoever_sends_a_canary_in_as_a_person_sends_nothing_on() {
    let world = World::start("");
    world.until(|standing| standing["runs"].as_u64().is_some_and(|runs| runs >= 1));
    let mut request = bid_request();
    request["user"]["id"] = json!(world.canaries().on.account);
    assert_eq!(world.program.post("/openrtb2/auction", &request).unwrap().status, 200);
    assert_eq!(world.heard_by_partners(), 0);
}

#[test]
fn where_a_choice_must_be_on_first_it_is_looked_for_too_also_for_those_who_were_never_asked() {
    // In one of them nothing is told without a consent string either.
    for country in ["BRA", "DEU"] {
        let world = World::start("");
        world.publish(&format!("countries = [\"{country}\"]"));
        let standing = world.run_twice();
        assert_eq!(standing["leaks"], json!(0), "{country}: {standing}");
        let seen = seen(&standing);
        for path in ["bid_request", "exposures", "touches", "recall"] {
            assert!(seen.contains(&path), "{country}: {path}: {standing}");
        }
        // Somebody has the default be "on".
        world.choose_for(&world.canaries().unasked, "on");
        world.until(|standing| {
            let closed = closed(standing);
            ["bid_request", "exposures", "touches"].iter().all(|path| closed.contains(path))
        });
        assert_eq!(world.heard_by_partners(), 0);
    }
    let world = World::start("");
    world.publish("countries = [\"DEU\"]");
    world.run_twice();
    world.lose_the_choice();
    world.until(|standing| closed(standing).contains(&"bid_request"));
}

#[test]
fn a_run_from_more_than_fifty_countries_ends_well_and_finds_a_lost_choice_on_each_path() {
    let mut world = World::start("");
    let [north, south, measurement] = &world.partners;
    let mut files = demo_register(north, south, measurement).unwrap();
    let of = |file: &str| files.iter().find(|(name, _)| name == file).unwrap().1.clone();
    let (measured, advertisers) = (of("demo-measurement.toml"), of("advertisers.toml"));
    let id = |country: &str| format!("meter-{}", country.to_lowercase());
    files.retain(|(name, _)| name != "demo-measurement.toml" && name != "advertisers.toml");
    files.extend(COUNTRIES.map(|country| {
        let text = measured.replace("\"demo-measurement\"", &format!("\"{}\"", id(country)));
        let served = format!("\ncountries = [\"{country}\"]\nrole = ");
        (format!("{}.toml", id(country)), text.replace("\nrole = ", &served))
    }));
    let linked = COUNTRIES.map(|country| format!("\"{}\"", id(country))).join(", ");
    let text = advertisers.replace("\"demo-measurement\"", &linked);
    files.push((String::from("advertisers.toml"), text));
    assert_eq!(world.program.publish(&files).unwrap().status, 200);
    // Why: a run may take as long as they are apart, and one of a build for tests takes long.
    world.setup.more = String::from("[canary]\nprobe_every_ms = 600000\n");
    let world = world.restarted();
    let standing = world.until(|standing| standing["runs"].as_u64().unwrap() > 0);
    let said = ["failures", "leaks", "alarm"].map(|field| &standing[field]);
    assert_eq!(said, [&json!(0), &json!(0), &json!(false)], "{standing}");
    let seen = seen(&standing);
    for path in ["bid_request", "exposures", "touches", "recall"] {
        assert!(seen.contains(&path), "{path}: {standing}");
    }
    world.lose_the_choice();
    let world = world.restarted();
    world.until(|standing| {
        let closed = closed(standing);
        ["bid_request", "exposures", "touches"].iter().all(|path| closed.contains(path))
    });
    assert_eq!(world.heard_by_partners(), 0);
}

#[test]
fn editions_that_come_during_a_run_are_no_reason_for_it_to_end_badly() {
    let world = World::start("");
    world.run_twice();
    let [north, south, measurement] = &world.partners;
    let listed = demo_register(north, south, measurement).unwrap();
    let mut without = listed.clone();
    without.retain(|(name, _)| name != "demo-measurement.toml");
    for (_, text) in &mut without {
        *text = text.replace("measurement = [\"demo-measurement\"]\n", "");
    }
    let runs = || look(&world.program, "/v1/canaries")["runs"].as_u64().unwrap();
    let before = runs();
    for round in 0..LOOKS_MAX {
        let files = if round % 2 == 0 { &without } else { &listed };
        assert_eq!(world.program.publish(files).unwrap().status, 200);
        if runs() >= before + 4 {
            break;
        }
    }
    let standing = world.run_twice();
    let said = ["failures", "leaks", "alarm"].map(|field| &standing[field]);
    assert_eq!(said, [&json!(0), &json!(0), &json!(false)], "{standing}");
}

#[test]
fn a_choice_that_a_browser_alone_has_lost_closes_its_paths() {
    let world = World::start("");
    world.until(|standing| standing["runs"].as_u64().is_some_and(|runs| runs >= 1));
    world.choose_at(&json!({ "browser": world.canaries().off.browser }), "on");
    world.until(|standing| {
        let closed = closed(standing);
        ["bid_request", "exposures"].iter().all(|path| closed.contains(path))
    });
}
