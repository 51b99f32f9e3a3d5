//! Partners cannot hurt each other (P11): beside one that hangs, one that hangs with its win, one that floods, one that
//! lies and one that is dead, all at once, a good one is asked and heard as if it were alone.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Heard, Manner, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, demo_file, welcome},
};
use std::{net::TcpListener, path::PathBuf};
use tempfile::TempDir;

const ACCOUNT: &str = "person-1";
/// So many are held, by turns with the others and without. On a busy machine a message can miss the 50 ms in which it
/// may go, and is not sent: the others may not make that much more likely.
const AUCTIONS: usize = 60;
/// Long enough that nobody who answers is late, on any machine.
const TMAX_MS: u64 = 10_000;
/// How long the others may take.
const OTHERS_MS: u64 = 100;
const TIMED_OUT: u64 = 101;

fn request(number: usize) -> Value {
    json!({
        "id": format!("r-{number}"), "tmax": TMAX_MS, "cur": ["USD"],
        "imp": [
            { "id": "1", "bidfloor": 1.0, "banner": { "w": 320, "h": 50 } },
            { "id": "2", "bidfloor": 1.0, "banner": { "w": 320, "h": 50 } },
        ],
        "app": { "bundle": "com.example.reader" }, "user": { "id": ACCOUNT },
        "device": { "lmt": 0, "geo": { "country": "USA" } },
    })
}

/// So many bids for the first impression.
fn bids(heard: &Heard, price: f64, count: usize) -> Value {
    let host = heard.header("host").unwrap();
    let bid = |number: usize| {
        json!({
            "id": format!("b{number}"), "impid": "1", "price": price, "adm": "<b>An ad</b>",
            "adomain": ["advertiser.example"], "crid": "c", "w": 320, "h": 50,
            "lurl": format!("http://{host}/lost"),
        })
    };
    let all: Vec<Value> = (0..count).map(bid).collect();
    json!({ "id": heard.json()["id"], "cur": "USD", "seatbid": [{ "bid": all }] })
}

/// Bids for both.
fn good(heard: &Heard) -> Reply {
    let mut bids = bids(heard, 2.0, 2);
    bids["seatbid"][0]["bid"][1]["impid"] = json!("2");
    Reply::json(bids.to_string())
}

/// Bids far more than anybody, a thousand times, with sizes that nobody asked for, and wants to hear of each.
fn liar(heard: &Heard) -> Reply {
    if heard.path() != "/bid" {
        return Reply::status(500);
    }
    let mut lies = bids(heard, 1_000.0, 1_000);
    for bid in lies["seatbid"][0]["bid"].as_array_mut().unwrap() {
        bid["w"] = json!(1);
    }
    Reply::json(lies.to_string())
}

/// Bids most for the other impression, and hangs when it is told that it won and asked for the ad.
fn winner(heard: &Heard) -> Reply {
    if heard.path() != "/bid" {
        return Reply::status(200).sent(Manner::Silent);
    }
    let mut bids = bids(heard, 1_000.0, 1);
    let bid = &mut bids["seatbid"][0]["bid"][0];
    bid["impid"] = json!("2");
    bid["adm"] = Value::Null;
    bid["nurl"] = json!(format!("http://{}/won", heard.header("host").unwrap()));
    Reply::json(bids.to_string())
}

type Answer = fn(&Heard) -> Reply;

/// What each of the others does.
const OTHERS: [(&str, Answer); 9] = [
    ("silent", |_| Reply::status(200).sent(Manner::Silent)),
    ("dripping", |_| Reply::json(*b" ").sent(Manner::Drips)),
    ("flooding", |_| Reply::json(vec![b' '; 64 * 1024]).sent(Manner::Endless)),
    ("halving", |_| Reply::json(*b"{}").sent(Manner::Halves)),
    ("hanging-up", |_| Reply::status(200).sent(Manner::Closes)),
    ("failing", |_| Reply::status(500)),
    ("babbling", |_| Reply::json(vec![b'['; 900 * 1024])),
    ("lying", liar),
    ("winning", winner),
];

fn partner(id: &str, url: String) -> (String, String) {
    let categories = vec!["plumbing", "context", "coarse_device", "device_identifier"];
    Sample { id, kind: "real_time_bidding", categories, url, more: "" }.file()
}

/// The same with little time.
fn other(id: &str, url: String) -> (String, String) {
    let (name, text) = partner(id, url);
    (name, text.replace("timeout_ms = 20_000", &format!("timeout_ms = {OTHERS_MS}")))
}

/// What the answer says of one seat and one impression: `None` where it won.
fn status(answer: &Value, seat: &str, imp: &str) -> Option<u64> {
    let seats = answer["ext"]["seatnonbid"].as_array().into_iter().flatten();
    let mine = seats.filter(|one| one["seat"] == seat);
    let mut nonbids = mine.flat_map(|one| one["nonbid"].as_array().into_iter().flatten());
    nonbids.find(|one| one["impid"] == imp).and_then(|one| one["statuscode"].as_u64())
}

/// What the door counts of one partnership.
fn counted(program: &Program, name: &str, partnership: &str) -> usize {
    let page = program.get("/metrics").unwrap().text;
    let start = format!("sluicegate_{name}_total{{partnership=\"{partnership}\"}} ");
    page.lines().find_map(|line| line.strip_prefix(&start)).unwrap().parse().unwrap()
}

/// A gateway with the good partner and those others, and the good one.
struct Market {
    program: Program,
    nice: RecordingPartner,
    /// How often the good one did not win.
    missed: usize,
    _dir: TempDir,
}

impl Market {
    fn open(others: Vec<(String, String)>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let program = Program::start(&Setup {
            binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
            dir: dir.path().to_owned(),
            more: format!("[exchange]\ntmax_max_ms = {TMAX_MS}\n"),
        });
        let (program, nice) = (program.unwrap(), RecordingPartner::start(good).unwrap());
        let inventory = demo_file("inventory.toml").unwrap();
        let mut files = vec![inventory, partner("good", format!("{}/bid", nice.origin()))];
        files.extend(others);
        assert_eq!(program.publish(&files).unwrap().status, 200);
        welcome(&program, ACCOUNT).unwrap();
        Self { program, nice, missed: 0, _dir: dir }
    }

    /// Holds an auction. Nothing but time may be in the good partner's way.
    fn hold(&mut self, number: usize) -> Value {
        let answer = self.program.post("/openrtb2/auction", &request(number)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        let missed = ["1", "2"].map(|imp| status(&answer, "good", imp));
        match missed {
            [None, None] => {
                let bids = answer["seatbid"][0]["bid"].as_array().unwrap();
                assert_eq!((&answer["seatbid"][0]["seat"], bids.len()), (&json!("good"), 2));
            }
            [Some(TIMED_OUT), Some(TIMED_OUT)] => self.missed += 1,
            [_, _] => panic!("{answer}"),
        }
        answer
    }

    /// Whatever was missed is a message that missed its time and was not sent.
    fn check(&self) {
        assert_eq!(counted(&self.program, "door_not_in_force", "good"), self.missed);
        for name in ["door_failed", "door_timeouts", "door_limited"] {
            assert_eq!(counted(&self.program, name, "good"), 0, "{name}");
        }
        let asked = self.nice.heard().iter().filter(|one| one.path() == "/bid").count();
        assert_eq!(asked, AUCTIONS - self.missed);
        let ready = self.program.get("/readyz").unwrap();
        assert_eq!(ready.status, 200, "{ready:?}");
    }
}

#[test]
fn a_good_partner_is_heard_beside_all_the_bad_ones_at_once() {
    let others = OTHERS.map(|(id, answer)| (id, RecordingPartner::start(answer).unwrap()));
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut files = vec![other("dead", format!("http://{dead}/bid"))];
    files.extend(others.iter().map(|(id, bad)| other(id, format!("{}/bid", bad.origin()))));
    let (mut alone, mut beside) = (Market::open(Vec::new()), Market::open(files));
    for number in 0..AUCTIONS {
        alone.hold(number);
        let answer = beside.hold(number);
        for id in OTHERS.map(|(id, _)| id).into_iter().chain(["dead"]) {
            let said = ["1", "2"].map(|imp| status(&answer, id, imp));
            assert!(said.iter().flatten().any(|code| *code != 0), "{id}: {answer}");
        }
    }
    let (missed, missed_alone) = (beside.missed, alone.missed);
    assert!(
        missed <= 2 * missed_alone + AUCTIONS / 4,
        "it missed {missed} of {AUCTIONS} beside them, and {missed_alone} alone"
    );
    alone.check();
    beside.check();
    for (id, other) in &others {
        assert!(!other.heard().is_empty(), "{id} had its turn");
    }
    let asked_for_markup = others.iter().any(|(id, other)| {
        *id == "winning" && other.heard().iter().any(|one| one.path() == "/won")
    });
    assert!(asked_for_markup);
}
