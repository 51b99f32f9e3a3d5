//! What an operator sees and does while the gateway runs.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{creatives, demo_register, exposure, webhook_secrets, welcome},
};
use std::{
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tempfile::TempDir;

/// Each look is a request of its own.
const LOOKS_MAX: usize = 20_000;
const EVENTS: &str = "/events";
const DEVICE: &str = "6d92078a-8246-4ba4-ae5b-76104861e7dc";

struct World {
    program: Program,
    measurement: RecordingPartner,
    dir: TempDir,
}

fn start(measurement: RecordingPartner) -> World {
    let bidder = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!("[measurement]\nidle_ms = 10\n{}", webhook_secrets(&["demo-measurement"])),
    };
    let program = Program::start(&setup).unwrap();
    let files = demo_register(&bidder, &bidder, &measurement).unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, "person-1").unwrap();
    World { program, measurement, dir }
}

impl World {
    fn expose(&self, creative: &str) {
        let one = exposure(creative, "person-1", DEVICE, creative);
        let answer = self.program.post("/v1/exposures", &one).unwrap();
        assert_eq!(answer.json()["results"][0]["status"], "accepted", "{answer:?}");
    }

    fn wait_for(&self, creative: &str) {
        let got = |heard: &[sluicegate_testkit::Heard]| {
            creatives(heard, EVENTS).iter().any(|one| one == creative)
        };
        assert!(self.measurement.wait_until(got), "{creative} never came");
    }

    /// Looks at where the delivery stands until it is so.
    fn wait_for_standing(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let look = |_| {
            let status = self.program.look("/v1/status").unwrap().json();
            let all = status["deliveries"].as_array().unwrap().iter();
            let mut mine = all.filter(|one| one["partnership"] == "demo-measurement");
            mine.find(|one| is_so(one)).cloned()
        };
        (0..LOOKS_MAX).find_map(look).unwrap()
    }
}

#[test]
fn deliveries_that_a_410_held_go_on_when_an_operator_resumes_them() {
    let gone = Arc::new(AtomicBool::new(true));
    let is_gone = Arc::clone(&gone);
    let partner = RecordingPartner::start(move |_| {
        Reply::status(if is_gone.load(Ordering::SeqCst) { 410 } else { 204 })
    });
    let world = start(partner.unwrap());
    world.expose("first");
    world.wait_for("first");
    let standing = world.wait_for_standing(|standing| standing["held"] == 1);
    assert_eq!((&standing["lag"], &standing["delivered"]), (&json!(1), &json!(0)), "{standing}");
    let metrics = world.program.get("/metrics").unwrap().text;
    let held = "\nsluicegate_delivery_held_events{partnership=\"demo-measurement\"} 1\n";
    assert!(metrics.contains(held), "{metrics}");
    gone.store(false, Ordering::SeqCst);
    world.measurement.forget();
    world.expose("second");

    let path = "/v1/partnerships/demo-measurement/resume";
    assert_eq!(world.program.post(path, &json!({})).unwrap().status, 403);
    for unknown in ["nobody", "demo-bidder-north", "Not%20An%20Id"] {
        let path = format!("/v1/partnerships/{unknown}/resume");
        assert_eq!(world.program.operate(&path, &json!({})).unwrap().status, 404, "{unknown}");
    }
    assert_eq!(world.program.operate(path, &json!({})).unwrap().status, 204);
    world.wait_for("second");
    let told = creatives(&world.measurement.heard(), EVENTS);
    assert_eq!(told, ["first", "second"], "what was held is not lost");
    let standing = world.wait_for_standing(|standing| standing["delivered"] == 2);
    assert_eq!((&standing["lag"], &standing["held"]), (&json!(0), &json!(0)), "{standing}");
}

#[test]
fn the_state_of_the_view_is_there_to_see() {
    let world = start(RecordingPartner::start(|_| Reply::status(204)).unwrap());
    let ready = world.program.get("/readyz").unwrap();
    assert_eq!((ready.status, ready.json()["stopped_shards"].as_u64()), (200, Some(0)));
    let status = world.program.look("/v1/status").unwrap();
    assert_eq!(status.json()["stopped_shards"], json!(0));
    let metrics = world.program.get("/metrics").unwrap().text;
    assert!(metrics.contains("\nsluicegate_view_stopped_shards 0\n"), "{metrics}");
}

#[test]
fn an_idle_gateway_says_that_its_disk_is_full_before_a_record_fails() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: String::new(),
    };
    // No disk has so much.
    let variables = [("SLUICEGATE_STORE__FREE_MIB_MIN", "1073741824")];
    let program = Program::start_with(&setup, &variables).unwrap();
    let partner = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let files = demo_register(&partner, &partner, &partner).unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    let ready = program.get("/readyz").unwrap();
    assert_eq!(ready.status, 503, "{}", ready.text);
    let said = ready.json();
    assert_eq!((&said["disk_full"], &said["ledger_open"]), (&json!(true), &json!(true)), "{said}");
    let metrics = program.get("/metrics").unwrap().text;
    assert!(metrics.contains("\nsluicegate_disk_free_bytes "), "{metrics}");
    drop(program);
    let program = Program::start(&setup).unwrap();
    let ready = program.get("/readyz").unwrap();
    assert_eq!((ready.status, &ready.json()["disk_full"]), (200, &json!(false)), "{}", ready.text);
}

#[test]
fn copies_of_the_databases_are_made_beside_the_running_gateway() {
    let world = start(RecordingPartner::start(|_| Reply::status(204)).unwrap());
    // As the page for operators says.
    let script = "import sqlite3, sys\n\
                  sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))\n\
                  whole = sqlite3.connect(sys.argv[2])\n\
                  print(whole.execute('PRAGMA integrity_check').fetchone()[0])\n";
    for number in 0..5 {
        let creative = format!("copied-{number}");
        world.expose(&creative);
        world.wait_for(&creative);
        for name in ["sluicegate.sqlite3", "keys.sqlite3"] {
            let file = world.dir.path().join("data").join(name);
            assert!(file.exists(), "{file:?}");
            let copy = world.dir.path().join(format!("{number}-{name}"));
            let mut copying = Command::new("python3");
            let copied = copying.args(["-c", script]).args([&file, &copy]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&copied.stdout), "ok\n", "{name}: {copied:?}");
        }
    }
    assert_eq!(world.program.get("/readyz").unwrap().status, 200);
}

#[test]
fn a_partnership_is_never_unknown_while_its_delivery_begins() {
    let world = start(RecordingPartner::start(|_| Reply::status(204)).unwrap());
    let dead = "/v1/partnerships/demo-measurement/dead";
    // It was listed just now.
    let mut answer = world.program.look(dead).unwrap();
    for _ in 0..LOOKS_MAX {
        if answer.status == 200 {
            break;
        }
        assert_eq!((answer.status, answer.retry_after.as_str()), (503, "1"), "{answer:?}");
        answer = world.program.look(dead).unwrap();
    }
    assert_eq!(answer.json(), json!({ "dead": [] }));
    assert_eq!(world.program.look("/v1/partnerships/nobody/dead").unwrap().status, 404);
    for (query, field) in
        [("from_ms=x", "from_ms"), ("limit=3&to_ms=1.5", "to_ms"), ("limit=0", "limit")]
    {
        let wrong = world.program.look(&format!("{dead}?{query}")).unwrap();
        assert_eq!((wrong.status, &wrong.json()["field"]), (400, &json!(field)), "{query}");
    }
}
