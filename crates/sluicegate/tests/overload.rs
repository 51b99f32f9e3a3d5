//! More auctions than may be under way: the gateway refuses what is too much before anybody is told of it, goes on
//! answering everything else, and serves again once there is room.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Answer, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, demo_file, welcome},
};
use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, mpsc},
    thread,
    time::Duration,
};

/// So many auctions may be under way, and are.
const LIMIT: usize = 2;
/// Long enough that no auction ends by itself while the test looks, on any machine.
const TMAX_MS: u64 = 10_000;
const NO_BID: u64 = 0;
/// So often at most an auction is held until the partner was heard.
const ASKED_MAX: usize = 100;

fn request(account: &str) -> Value {
    json!({
        "id": "r-1", "tmax": TMAX_MS, "cur": ["USD"],
        "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": account },
        "device": { "lmt": 0, "geo": { "country": "USA" } },
    })
}

/// Holds every request back until it is opened.
#[derive(Debug, Default)]
struct Lock {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Lock {
    fn wait(&self) {
        drop(self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// Asks until the partner was heard: on a busy machine a message can miss the 50 ms in which it may go.
fn heard(program: &Program, account: &str) {
    for _ in 0..ASKED_MAX {
        let answer = program.post("/openrtb2/auction", &request(account)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        if answer.json()["ext"]["seatnonbid"][0]["nonbid"][0]["statuscode"] == NO_BID {
            return;
        }
    }
    panic!("not heard once in {ASKED_MAX} auctions");
}

fn figure(program: &Program, name: &str) -> String {
    let page = program.get("/metrics").unwrap().text;
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap().to_owned()
}

fn told(program: &Program, account: &str) -> Value {
    let asked = json!({ "key": { "account": account } });
    program.operate("/v1/disclosures/query", &asked).unwrap().json()["records"].clone()
}

#[test]
fn what_is_too_much_is_refused_before_anybody_is_told_and_everything_else_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[exchange]\nauctions_max = {LIMIT}\nbehind_max_ms = 10_000\ntmax_max_ms = {TMAX_MS}\n"
        ),
    });
    let program = program.unwrap();
    let (lock, (asked, asks)) = (Arc::new(Lock::default()), mpsc::channel());
    let partner = {
        let lock = Arc::clone(&lock);
        let partner = RecordingPartner::start(move |_| {
            asked.send(()).unwrap();
            lock.wait();
            Reply::status(204)
        });
        partner.unwrap()
    };
    let sample = Sample {
        id: "slow",
        kind: "real_time_bidding",
        categories: vec!["plumbing", "context", "coarse_device", "device_identifier"],
        url: format!("{}/bid", partner.origin()),
        more: "",
    };
    let files = [demo_file("inventory.toml").unwrap(), sample.file()];
    assert_eq!(program.publish(&files).unwrap().status, 200);
    for account in ["held", "refused"] {
        welcome(&program, account).unwrap();
    }

    thread::scope(|scope| {
        let held: Vec<_> = (0..LIMIT).map(|_| scope.spawn(|| heard(&program, "held"))).collect();
        for _ in 0..LIMIT {
            asks.recv_timeout(Duration::from_mins(1)).unwrap();
        }
        assert_eq!(figure(&program, "sluicegate_exchange_auctions_under_way"), LIMIT.to_string());
        refused(&program.post("/openrtb2/auction", &request("refused")).unwrap());
        assert_eq!(
            figure(&program, "sluicegate_exchange_auctions_shed_total{reason=\"too_many\"}"),
            "1"
        );
        assert!(asks.try_recv().is_err(), "the partner was not asked about it");
        assert_eq!(told(&program, "refused"), json!([]), "and nothing is on record");
        for path in ["/healthz", "/readyz", "/partners", "/.well-known/gpc.json"] {
            assert_eq!(program.get(path).unwrap().status, 200, "{path}");
        }
        lock.open();
        for one in held {
            one.join().unwrap();
        }
    });
    heard(&program, "refused");
    assert_ne!(told(&program, "refused"), json!([]));
    assert_eq!(figure(&program, "sluicegate_exchange_auctions_under_way"), "0");
}

fn refused(answer: &Answer) {
    assert_eq!((answer.status, answer.retry_after.as_str()), (503, "1"), "{answer:?}");
    assert_eq!(answer.content_type, "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["type"], "urn:sluicegate:problem:overloaded");
    assert_eq!(problem["detail"], "too many auctions are under way");
}
