//! An operator asks the running program who buys through it.

#![expect(clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::json;
use sluicegate_testkit::{
    Heard, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, demo_file, demo_files},
};
use std::path::PathBuf;

fn bid(heard: &Heard) -> Reply {
    let request = heard.json();
    Reply::json(
        json!({
            "id": request["id"], "cur": "USD", "seatbid": [{ "seat": "seat-4", "bid": [{
                "id": "b", "impid": request["imp"][0]["id"], "price": 2.5, "adm": "<b>An ad</b>",
                "adomain": ["advertiser.example"], "crid": "c", "w": 320, "h": 50,
            }] }],
        })
        .to_string(),
    )
}

#[test]
fn who_bid_is_told_to_operators_alone_and_is_known_after_a_restart() {
    let bidder = RecordingPartner::start(bid).unwrap();
    let url = format!("{}/bid", bidder.origin());
    let categories = vec!["plumbing", "context"];
    let (kind, more) = ("real_time_bidding", "when_withheld = \"contextual\"");
    let register = [
        demo_file("inventory.toml").unwrap(),
        Sample { id: "north", kind, categories, url, more }.file(),
    ];
    let request = json!({
        "id": "r", "tmax": 1000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "regs": { "gdpr": 0 },
        "device": { "lmt": 0, "geo": { "country": "USA" } },
    });
    let dir = tempfile::tempdir().unwrap();
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_sluicegate"));
    let setup = Setup { binary, dir: dir.path().to_owned(), more: String::new() };
    let program = Program::start(&setup).unwrap();
    assert_eq!(program.publish(&register).unwrap().status, 200);
    let answer = program.send("/openrtb2/auction", None, request.to_string().as_bytes()).unwrap();
    assert_eq!(answer.json()["seatbid"][0]["seat"], json!("north"));
    assert_eq!(program.get("/v1/buyers").unwrap().status, 401);
    assert_eq!(program.look("/v1/buyers?partnership=no%20id").unwrap().status, 400);
    let unknown = program.look("/v1/buyers?partnership=south").unwrap();
    assert_eq!((unknown.status, &unknown.json()["field"]), (404, &json!("partnership")));
    let before = program.look("/v1/buyers?partnership=north").unwrap().json();
    let buyer = &before["buyers"][0];
    assert_eq!(buyer["seat"], json!("seat-4"));
    assert_eq!(buyer["advertiser_domain"], json!("advertiser.example"));
    assert_eq!(buyer["bids"], json!(1));
    drop(program);
    let program = Program::start(&setup).unwrap();
    assert_eq!(program.look("/v1/buyers").unwrap().json(), before);
    let printed = program.verb(&["buyers"]).unwrap();
    assert!(printed.contains("seat-4") && printed.contains("advertiser.example"), "{printed}");
    let refused = program.verb(&["buyers", "south"]).unwrap_err().to_string();
    assert!(refused.contains("no such partnership"), "{refused}");
}

#[test]
fn a_partnership_that_gets_no_events_has_no_device_key_with_or_without_a_running_gateway() {
    let dir = tempfile::tempdir().unwrap();
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_sluicegate"));
    let setup = Setup { binary: binary.clone(), dir: dir.path().to_owned(), more: String::new() };
    let program = Program::start(&setup).unwrap();
    assert_eq!(program.publish(&demo_files().unwrap()).unwrap().status, 200);
    let key = program.verb(&["keys", "device", "demo-measurement"]).unwrap();
    for other in ["nope", "demo-bidder-north"] {
        let refused = program.verb(&["keys", "device", other]).unwrap_err().to_string();
        assert!(refused.contains("no such partnership gets events"), "{refused}");
    }
    drop(program);
    let alone = |id: &str| {
        let mut verb = std::process::Command::new(&binary);
        let verb = verb.args(["keys", "device", id, "--data-dir"]).arg(dir.path().join("data"));
        let done = verb.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (done.status.code(), text(done.stdout), text(done.stderr))
    };
    assert_eq!(alone("demo-measurement"), (Some(0), key, String::new()));
    let (code, printed, said) = alone("nope");
    assert_eq!((code, printed.as_str()), (Some(1), ""));
    assert!(said.contains("no partnership `nope` gets events"), "{said}");
}
