//! Partners cannot hurt each other (P11): beside one that hangs, one that hangs with its win, one that floods, one that
//! lies and one that is dead, all at once, a good one is asked and heard as if it were alone.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Heard, Manner, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, demo_file, welcome},
};
use std::{net::TcpListener, path::PathBuf};

const ACCOUNT: &str = "person-1";
/// So many must be won.
const AUCTIONS: usize = 30;
/// On a busy machine a message can miss the 50 ms in which it may go. Then it is not sent, which the door counts, and
/// another auction is held: so many at most.
const HELD_MAX: usize = AUCTIONS * 10;
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

fn good(heard: &Heard) -> Reply {
    Reply::json(bids(heard, 2.0, 1).to_string())
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

/// Holds an auction, and returns whether the good partner won, which nothing but time may be in the way of. All the
/// others are heard of.
fn is_won(program: &Program, number: usize) -> bool {
    let answer = program.post("/openrtb2/auction", &request(number)).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    for id in OTHERS.map(|(id, _)| id).into_iter().chain(["dead"]) {
        let said = ["1", "2"].map(|imp| status(&answer, id, imp));
        assert!(said.iter().flatten().any(|code| *code != 0), "{id}: {answer}");
    }
    let missed = status(&answer, "good", "1");
    assert!(missed.is_none_or(|code| code == TIMED_OUT), "{answer}");
    let is_won = missed.is_none();
    assert!(!is_won || answer["seatbid"][0]["seat"] == "good", "{answer}");
    is_won
}

#[test]
fn a_good_partner_is_heard_beside_all_the_bad_ones_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!("[exchange]\ntmax_max_ms = {TMAX_MS}\n"),
    };
    let program = Program::start(&setup).unwrap();
    let nice = RecordingPartner::start(good).unwrap();
    let others = OTHERS.map(|(id, answer)| (id, RecordingPartner::start(answer).unwrap()));
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut files = vec![
        demo_file("inventory.toml").unwrap(),
        partner("good", format!("{}/bid", nice.origin())),
        other("dead", format!("http://{dead}/bid")),
    ];
    files.extend(others.iter().map(|(id, bad)| other(id, format!("{}/bid", bad.origin()))));
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, ACCOUNT).unwrap();

    let (mut won, mut held) = (0, 0);
    while won < AUCTIONS && held < HELD_MAX {
        won += usize::from(is_won(&program, held));
        held += 1;
    }
    let kept_back = held - won;
    assert_eq!(won, AUCTIONS, "{kept_back} times its message missed its time");
    assert_eq!(counted(&program, "door_not_in_force", "good"), kept_back, "and was not sent");
    for name in ["door_failed", "door_timeouts", "door_limited"] {
        assert_eq!(counted(&program, name, "good"), 0, "{name}");
    }
    assert_eq!(nice.heard().iter().filter(|one| one.path() == "/bid").count(), AUCTIONS);
    for (id, other) in &others {
        assert!(!other.heard().is_empty(), "{id} had its turn");
    }
    let ready = program.get("/readyz").unwrap();
    assert_eq!(ready.status, 200, "{ready:?}");
}
