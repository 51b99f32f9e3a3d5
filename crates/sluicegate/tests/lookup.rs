//! A measurement partner reports installs to the running program and is told the ad before them, or
//! nothing; with `kill -9` in between.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_testkit::{
    Answer, Program, RecordingPartner, Reply, Setup,
    sample::{choice, demo_register, exposure, now_ms, webhook_secrets, welcome},
};
use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    thread,
};
use tempfile::TempDir;

const KEY: &str = "sg_test_measurement";
const OTHER_KEY: &str = "sg_test_other";
const PERSON: &str = "person-1";
const DEVICE: &str = "44444444-5555-4666-8777-888888888888";
const LATER: &str = "55555555-6666-4777-8888-999999999999";
/// How often the same is asked at most.
const ASKED_MAX: usize = 2_000;
const PATH: &str = "/v1/partners/demo-measurement/conversions";

struct World {
    program: Program,
    setup: Setup,
    partners: [RecordingPartner; 3],
    dir: TempDir,
}

fn api_key(name: &str, key: &str) -> String {
    let hash = hex::encode(Sha256::digest(key.as_bytes()));
    format!(
        "[[api_key]]\nname = \"{name}\"\nscope = \"partner\"\npartnership = \"{name}\"\nsha256 = \"{hash}\"\n"
    )
}

fn start() -> World {
    let partner = || RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let partners = [partner(), partner(), partner()];
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[measurement]\nidle_ms = 10\n{}{}{}",
            api_key("demo-measurement", KEY),
            api_key("demo-delivery-auditor", OTHER_KEY),
            webhook_secrets(&["demo-measurement"])
        ),
    };
    let program = Program::start(&setup).unwrap();
    let [north, south, measurement] = &partners;
    let files = demo_register(north, south, measurement).unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, PERSON).unwrap();
    World { program, setup, partners, dir }
}

impl World {
    /// Returns what the partner computes with the key that the operator handed out.
    fn hash(&self, device: &str) -> String {
        let key = self.program.verb(&["keys", "device", "demo-measurement"]).unwrap();
        let key = hex::decode(key.trim()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(device.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    fn expose(&self, id: &str, device: &str, interaction: &str) {
        let mut one = exposure(id, PERSON, device, "creative-1");
        one["interaction_type"] = json!(interaction);
        let said = self.program.post("/v1/exposures", &one).unwrap();
        assert_eq!(said.json()["results"][0]["status"], "accepted", "{said:?}");
    }

    fn ask(&self, body: &Value) -> Answer {
        self.program.send(PATH, Some(KEY), body.to_string().as_bytes()).unwrap()
    }

    /// Asks the same until the exposure is on the shelf, which takes a moment.
    fn ask_until_told(&self, body: &Value) -> Value {
        for _ in 0..ASKED_MAX {
            let answer = self.ask(body);
            assert_eq!(answer.status, 200, "{answer:?}");
            if answer.json()["attribution"].is_object() {
                return answer.json();
            }
            thread::yield_now();
        }
        panic!("nothing was told");
    }

    /// Kills the program, returns what its database holds then, and starts it again.
    fn killed(self) -> (Self, Held) {
        let Self { program, setup, partners, dir } = self;
        program.kill().unwrap();
        let held = Held::of(&setup);
        let program = Program::start(&setup).unwrap();
        (Self { program, setup, partners, dir }, held)
    }

    /// Says that what was told won. The conversion is in its tables then.
    fn won(&self, told: &Value) {
        let claim = told["attribution"]["claim_token"].as_str().unwrap();
        let path = format!("/v1/partners/demo-measurement/claims/{claim}/outcome");
        let won = json!({ "outcome": "won" }).to_string();
        let noted = self.program.send(&path, Some(KEY), won.as_bytes()).unwrap();
        assert_eq!(noted.status, 204, "{noted:?}");
    }
}

fn install(id: &str, known_as: &str) -> Value {
    json!({
        "data_set_id": "shoes", "id": id, "timestamp": now_ms() / 1_000 + 2, "event_type": "install",
        "user_data": { "device_id_hash": known_as },
        "properties": { "app_id": "com.example.runningshoes", "os": "android" },
    })
}

#[test]
fn an_install_is_answered_with_the_ad_before_it_until_the_person_says_off() {
    let world = start();
    let known_as = world.hash(DEVICE);
    world.expose("seen-1", DEVICE, "click");
    let first = install("i-1", &known_as);
    let told = world.ask_until_told(&first);
    assert_eq!(told["attribution"]["touch_type"], "click");
    assert_eq!(told["attribution"]["creative_id"], "creative-1");
    world.won(&told);
    let off = world.program.post("/v1/choices", &choice(PERSON, "sharing", "off")).unwrap();
    assert_eq!(off.status, 200);
    let again = world.ask(&first).json();
    assert_eq!((&again["duplicate"], &again["attribution"]), (&json!(true), &Value::Null));
    let unknown = world.ask(&install("i-2", &world.hash(LATER)));
    let withheld = world.ask(&install("i-3", &known_as));
    let shape = |answer: &Answer| (answer.status, answer.content_type.clone(), answer.text.len());
    assert_eq!(shape(&unknown), shape(&withheld));
}

#[test]
fn each_key_reports_for_its_own_partnership_only() {
    let world = start();
    let body = install("i-1", &world.hash(DEVICE)).to_string();
    let status = |path: &str, key: Option<&str>| {
        world.program.send(path, key, body.as_bytes()).unwrap().status
    };
    assert_eq!(status(PATH, None), 401);
    assert_eq!(status(PATH, Some(OTHER_KEY)), 403);
    assert_eq!(status(PATH, Some("sg_test_platform")), 403);
    assert_eq!(status("/v1/partners/demo-delivery-auditor/conversions", Some(OTHER_KEY)), 404);
    assert_eq!(status("/v1/exposures", Some(KEY)), 403);
    assert_eq!(status(PATH, Some(KEY)), 200);
}

#[test]
fn lists_events_and_wrong_bodies_are_answered_one_by_one() {
    let world = start();
    let known_as = world.hash(DEVICE);
    let mut changed = install("i-1", &known_as);
    let list = json!([changed, { "id": "i-2" }]);
    let answer = world.ask(&list);
    assert_eq!(answer.status, 207, "{answer:?}");
    assert_eq!(answer.json()["results"][1]["field"], "data_set_id");
    let mut event = install("e-1", &known_as);
    event["event_type"] = json!("purchase");
    let path = "/v1/partners/demo-measurement/events";
    let events = world.program.send(path, Some(KEY), event.to_string().as_bytes()).unwrap();
    assert_eq!((events.status, &events.json()["results"][0]["status"]), (207, &json!(200)));
    let wrong = world.ask(&json!({ "id": "i-9" }));
    assert_eq!((wrong.status, wrong.content_type.as_str()), (400, "application/problem+json"));
    changed["properties"]["os"] = json!("ios");
    assert_eq!(world.ask(&changed).status, 409);
}

#[test]
fn what_was_answered_is_known_after_kill_nine() {
    let mut world = start();
    let known_as = world.hash(DEVICE);
    for round in 0..5 {
        let ids: Vec<String> = (0..4).map(|number| format!("i-{round}-{number}")).collect();
        let installs: Vec<Value> = ids
            .iter()
            .enumerate()
            .map(|(number, id)| install(id, &format!("{number:064x}")))
            .collect();
        for body in &installs {
            assert_eq!(world.ask(body).json()["duplicate"], false);
        }
        let World { program, setup, .. } = world;
        program.kill().unwrap();
        let program = Program::start(&setup).unwrap();
        world = World { program, setup, ..world };
        for body in &installs {
            let again = world.ask(body);
            assert_eq!(
                (again.status, &again.json()["duplicate"]),
                (200, &json!(true)),
                "{again:?}"
            );
        }
    }
    world.expose("seen-1", DEVICE, "click");
    // Made once: it says when it happened, and said otherwise it would be another.
    let last = install("i-last", &known_as);
    let told = world.ask_until_told(&last);
    let World { program, setup, .. } = world;
    program.kill().unwrap();
    let program = Program::start(&setup).unwrap();
    world = World { program, setup, ..world };
    let again = world.ask_until_told(&last);
    assert_eq!(again["attribution"]["claim_token"], told["attribution"]["claim_token"]);
}

/// Returns what a query of the stopped program's database finds, line by line.
fn found(world: &Setup, query: &str) -> BTreeSet<String> {
    const SCRIPT: &str = "import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*row)";
    let database = world.dir.join("data").join("sluicegate.sqlite3");
    let mut python = Command::new("python3");
    let read = python.args(["-c", SCRIPT]).arg(database).arg(query).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect()
}

const TOUCHES: &str = "SELECT position FROM touch";
const ALIASES: &str = "SELECT hex(key) FROM touch_key WHERE class <> 3";
const PEOPLE: &str = "SELECT hex(key) FROM touch_key WHERE class = 3";
const CONVERSIONS: &str = "SELECT hex(id) FROM conversion";

/// What the database has of touches and conversions.
struct Held {
    touches: BTreeSet<String>,
    aliases: BTreeSet<String>,
    people: BTreeSet<String>,
    conversions: BTreeSet<String>,
}

impl Held {
    fn of(setup: &Setup) -> Self {
        Self {
            touches: found(setup, TOUCHES),
            aliases: found(setup, ALIASES),
            people: found(setup, PEOPLE),
            conversions: found(setup, CONVERSIONS),
        }
    }

    fn all(&self) -> [&BTreeSet<String>; 4] {
        [&self.touches, &self.aliases, &self.people, &self.conversions]
    }
}

#[test]
fn the_touches_of_an_erased_person_are_gone_those_that_wait_for_the_shelf_too() {
    let world = start();
    let (known_as, other) = (world.hash(DEVICE), world.hash(LATER));
    for number in 0..5 {
        world.expose(&format!("seen-{number}"), DEVICE, "click");
    }
    world.won(&world.ask_until_told(&install("i-1", &known_as)));
    let (world, before) = world.killed();
    assert!(before.all().iter().all(|held| !held.is_empty()), "there is something to erase");
    // These are in the journal when the person is erased, on the shelf or on their way to it.
    for number in 5..40 {
        world.expose(&format!("seen-{number}"), DEVICE, "click");
    }
    for key in [json!({ "account": PERSON }), json!({ "device": DEVICE })] {
        let erased = world.program.post("/v1/people/erase", &json!({ "key": key })).unwrap();
        assert_eq!(erased.status, 204, "{erased:?}");
    }
    let unknown = world.ask(&install("i-2", &"0".repeat(64)));
    let gone = world.ask(&install("i-3", &known_as));
    let shape = |answer: &Answer| (answer.status, answer.content_type.clone(), answer.text.len());
    assert_eq!(shape(&unknown), shape(&gone));
    assert_eq!(gone.json()["attribution"], Value::Null);
    // What somebody else sees afterwards shows that the shelf has got past everything of before.
    welcome(&world.program, "person-2").unwrap();
    let mut theirs = exposure("theirs", "person-2", LATER, "creative-1");
    theirs["interaction_type"] = json!("click");
    assert_eq!(world.program.post("/v1/exposures", &theirs).unwrap().status, 202);
    world.ask_until_told(&install("i-4", &other));
    let (world, left) = world.killed();
    assert_eq!(left.touches.len(), 1, "that of the other person");
    assert!(left.all().iter().zip(before.all()).all(|(left, before)| left.is_disjoint(before)));
    names_nobody(&world.setup.dir.join("data"), &[PERSON, DEVICE, known_as.as_str()]);
}

/// A body whose sender was told to go on: it has its place, and is being read.
fn begun(world: &World, body: &str) -> TcpStream {
    let address = world.program.origin().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn a_partner_that_sends_too_much_at_once_is_told_to_wait_and_costs_no_other() {
    let world = start();
    let known_as = world.hash(DEVICE);
    let held = install("held", &known_as).to_string();
    let mut bodies: Vec<TcpStream> = (0..64).map(|_| begun(&world, &held)).collect();
    let refused = world.ask(&install("i-1", &known_as));
    assert_eq!((refused.status, refused.retry_after.as_str()), (429, "1"), "{refused:?}");
    assert_eq!(refused.json()["type"], "urn:sluicegate:problem:too-many");
    let path = PATH.replace("demo-measurement", "demo-delivery-auditor");
    let body = install("i-1", &known_as).to_string();
    let other = world.program.send(&path, Some(OTHER_KEY), body.as_bytes()).unwrap();
    assert_ne!(other.status, 429, "{other:?}");
    // One of them is sent whole and answered: its place is free.
    let mut one = bodies.pop().unwrap();
    one.write_all(held.as_bytes()).unwrap();
    let mut answer = String::new();
    one.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(world.ask(&install("i-1", &known_as)).status, 200);
}

fn names_nobody(data: &Path, names: &[&str]) {
    for file in std::fs::read_dir(data).unwrap() {
        let path = file.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for name in names {
            let is_there = bytes.windows(name.len()).any(|some| some == name.as_bytes());
            assert!(!is_there, "{} names the person", path.display());
        }
    }
}
