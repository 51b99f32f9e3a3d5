//! A hundred thousand exposures of one person wait at a partner that is down. The person turns sharing off, the
//! program is killed on the way, the partner comes back: it gets none, and the ledger has each withheld once.
//! What operators do with what waits, was given up or told is here, too.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{Sample, choice, creatives, demo_file, exposure, now_ms, welcome},
};
use std::{net::TcpListener, path::PathBuf};
use tempfile::TempDir;

const EVENTS: usize = 100_000;
const PACK: usize = 1_000;
const KILLS: usize = 3;
const PERSON: &str = "person-1";
const OTHER: &str = "person-2";
const PATH: &str = "/events";
/// Each look is a request of its own.
const LOOKS_MAX: usize = 20_000;
const ADVERTISERS: &str =
    "[[advertiser]]\nid = \"demo-running-shoes\"\nname = \"Shoes\"\nmeasurement = [\"meter\"]\n";

fn register(origin: &str) -> Vec<(String, String)> {
    let meter = Sample {
        id: "meter",
        kind: "conversion_tracking",
        categories: vec!["plumbing", "device_identifier", "exposure"],
        url: format!("{origin}{PATH}"),
        more: "",
    };
    let advertisers = (String::from("advertisers.toml"), ADVERTISERS.to_owned());
    vec![demo_file("inventory.toml").unwrap(), advertisers, meter.file()]
}

fn device(number: usize) -> String {
    format!("44444444-5555-4666-8777-{number:012}")
}

struct World {
    setup: Setup,
    program: Program,
    _dir: TempDir,
}

impl World {
    fn start(origin: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let setup = Setup {
            binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
            dir: dir.path().to_owned(),
            more: String::from(
                "[measurement]\nidle_ms = 10\nbatch_age_ms = 0\nretry_faster_by = 10_000\n",
            ),
        };
        let program = Program::start(&setup).unwrap();
        assert_eq!(program.publish(&register(origin)).unwrap().status, 200);
        for person in [PERSON, OTHER] {
            welcome(&program, person).unwrap();
        }
        Self { setup, program, _dir: dir }
    }

    fn expose(&self, exposures: &[Value]) {
        let answer = self.program.post("/v1/exposures", &json!(exposures)).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        let results = answer.json()["results"].as_array().unwrap().clone();
        assert!(results.iter().all(|one| one["status"] == "accepted"), "{answer:?}");
    }

    fn standing(&self) -> Value {
        let all = self.program.look("/v1/deliveries").unwrap().json();
        all["deliveries"][0].clone()
    }

    fn wait_for(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let look = |_| Some(self.standing()).filter(|standing| is_so(standing));
        (0..LOOKS_MAX).find_map(look).unwrap()
    }

    /// How often something about the person was withheld, by reason.
    fn withheld(&self) -> Vec<(String, u64)> {
        let asked = json!({ "key": { "account": PERSON } });
        let answer = self.program.operate("/v1/disclosures/query", &asked).unwrap().json();
        let records = answer["records"].as_array().unwrap().clone();
        assert!(records.iter().all(|record| record["record"] == "withheld"), "{answer}");
        let pair = |record: &Value| {
            (record["reason"].as_str().unwrap().to_owned(), record["count"].as_u64().unwrap())
        };
        records.iter().map(pair).collect()
    }
}

#[test]
fn a_hundred_thousand_that_wait_are_withheld_once_each_after_off_whatever_is_killed() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut world = World::start(&format!("http://{nobody}"));
    for pack in 0..EVENTS / PACK {
        let exposures: Vec<Value> = (pack * PACK..(pack + 1) * PACK)
            .map(|number| {
                let id = format!("exposure-{number}");
                exposure(&id, PERSON, &device(number % 10), "waiting")
            })
            .collect();
        world.expose(&exposures);
    }
    let standing = world.wait_for(|standing| standing["endpoint"]["said"] == "silent");
    assert_eq!(standing["lag"], json!(EVENTS), "{standing}");
    let off = choice(PERSON, "sharing", "off");
    assert_eq!(world.program.post("/v1/choices", &off).unwrap().status, 200);

    let back = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    assert_eq!(world.program.publish(&register(&back.origin())).unwrap().status, 200);
    let resume = json!({});
    world.program.operate("/v1/partnerships/meter/resume", &resume).unwrap();
    let mut seen = 0;
    for _ in 0..KILLS {
        let standing = world.wait_for(|standing| standing["withheld"].as_u64() > Some(seen));
        seen = standing["withheld"].as_u64().unwrap();
        world.program.kill().unwrap();
        world.program = Program::start(&world.setup).unwrap();
    }
    world.expose(&[exposure("last", OTHER, &device(99), "last")]);
    assert!(back.wait_until(|heard| creatives(heard, PATH).iter().any(|one| one == "last")));
    assert_eq!(creatives(&back.heard(), PATH), ["last"], "and nothing else, ever");
    let standing = world.wait_for(|standing| standing["delivered"] == 1);
    assert_eq!((&standing["withheld"], &standing["lag"]), (&json!(EVENTS), &json!(0)));
    let events = u64::try_from(EVENTS).unwrap();
    assert_eq!(world.withheld(), [(String::from("sharing_off_account"), events)]);
}

#[test]
fn operators_list_put_back_and_replay() {
    let meter = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let world = World::start(&meter.origin());
    world.wait_for(|standing| standing["endpoint"]["said"] == "agreed");
    let mut old = exposure("old", PERSON, &device(1), "old");
    old["timestamp_ms"] = json!(now_ms() - 31 * 24 * 60 * 60 * 1000);
    world.expose(&[old]);
    world.wait_for(|standing| standing["dead"] == 1);
    let verb = |arguments: &[&str]| {
        let all: Vec<&str> =
            std::iter::once("deliveries").chain(arguments.iter().copied()).collect();
        world.program.verb(&all)
    };
    let listed = verb(&["dead", "list", "meter"]).unwrap();
    assert!(listed.contains("retention_passed") && listed.contains("event 0"), "{listed}");
    assert_eq!(verb(&["dead", "requeue", "meter"]).unwrap(), "1 events are tried again\n");
    world.wait_for(|standing| standing["dead"] == 1 && standing["requeued"] == 0);

    world.expose(&[exposure("one", PERSON, &device(1), "one")]);
    world.wait_for(|standing| standing["delivered"] == 1);
    let replayed = verb(&[
        "replay",
        "meter",
        "--from",
        "2026-01-01T00:00:00Z",
        "--to",
        "2199-01-01T00:00:00Z",
    ]);
    assert!(replayed.unwrap().starts_with("2 exposures are looked through"));
    let standing = world.wait_for(|standing| standing["replay"]["delivered"] == 1);
    assert_eq!((&standing["delivered"], &standing["replay"]["waiting"]), (&json!(1), &json!(0)));
    let bodies: Vec<Value> = meter.heard().iter().map(sluicegate_testkit::Heard::json).collect();
    let id = |body: &Value| body["data"]["records"][0]["id"].clone();
    assert_eq!((bodies.len(), id(&bodies[0])), (2, id(&bodies[1])), "the same record");
    assert_eq!(bodies[0]["source"], "https://platform.example/partnerships/meter");

    let shown = verb(&[]).unwrap();
    assert!(shown.contains("meter\n  lag 0, held 0, delivered 1"), "{shown}");
    assert!(shown.contains("the endpoint agreed at"), "{shown}");
    assert_eq!(verb(&["resume", "meter"]).unwrap(), "it goes on\n");
    for wrong in [
        vec!["resume", "nobody"],
        vec!["dead", "list", "../meter"],
        vec!["replay", "meter", "--from", "yesterday", "--to", "2199-01-01T00:00:00Z"],
        vec!["replay", "meter", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"],
    ] {
        assert!(verb(&wrong).is_err(), "{wrong:?}");
    }
    let metrics = world.program.get("/metrics").unwrap().text;
    for line in [
        "sluicegate_delivery_dead_events{partnership=\"meter\"} 1",
        "sluicegate_delivery_failing_since_seconds{partnership=\"meter\"} 0",
        "sluicegate_delivery_endpoint_not_agreed{partnership=\"meter\"} 0",
        "sluicegate_door_rate_halvings{partnership=\"meter\"} 0",
    ] {
        assert!(metrics.contains(&format!("\n{line}\n")), "{line}: {metrics}");
    }
}
