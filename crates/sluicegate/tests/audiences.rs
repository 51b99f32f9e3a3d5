//! Partners put people on lists, and advertisers' tags say what people do: through the running program, to
//! the wire.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_testkit::{
    Answer, Heard, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, choice, demo_file, demo_register, now_ms, webhook_secrets, welcome},
};
use std::{fmt::Write as _, path::PathBuf};
use tempfile::TempDir;

const PERSON: &str = "person-1";
const DEVICE: &str = "44444444-5555-4666-8777-888888888888";
const UPLOAD: &str = "/v1/partners/demo-bidder-north/audiences";
const NORTHS_KEY: &str = "sg_test_north";
const SOUTHS_KEY: &str = "sg_test_south";
/// How often the same is asked at most, until what was said is applied.
const ASKED_MAX: usize = 100_000;

struct World {
    program: Program,
    setup: Setup,
    north: RecordingPartner,
    south: RecordingPartner,
    measurement: RecordingPartner,
    dir: TempDir,
}

fn start() -> World {
    let partner = || RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let (north, south, measurement) = (partner(), partner(), partner());
    let dir = tempfile::tempdir().unwrap();
    let mut more = String::from("[exchange]\ntmax_max_ms = 10_000\nlist_people_min = 1\n");
    for (id, key) in [("demo-bidder-north", NORTHS_KEY), ("demo-bidder-south", SOUTHS_KEY)] {
        let hash = hex::encode(Sha256::digest(key.as_bytes()));
        write!(
            more,
            "[[api_key]]\nname = \"{id}\"\nscope = \"partner\"\npartnership = \"{id}\"\nsha256 = \"{hash}\"\n"
        )
        .unwrap();
    }
    more.push_str(&webhook_secrets(&[
        "demo-measurement",
        "demo-delivery-auditor",
        "demo-bidder-north-invoices",
    ]));
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more,
    };
    let program = Program::start(&setup).unwrap();
    let files = demo_register(&north, &south, &measurement).unwrap();
    let files: Vec<_> = files
        .into_iter()
        .map(|(name, text)| (name, text.replace("timeout_ms = 200\n", "timeout_ms = 20_000\n")))
        .collect();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, PERSON).unwrap();
    World { program, setup, north, south, measurement, dir }
}

fn bid_request() -> Value {
    json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": PERSON }, "regs": { "coppa": 0 },
        "device": { "ifa": DEVICE, "lmt": 0, "make": "Example Phones", "geo": { "country": "USA" } },
    })
}

fn in_30_days() -> u64 {
    now_ms() + 30 * 24 * 60 * 60 * 1_000
}

fn member(user_id: &str) -> Value {
    json!({ "user_id": user_id, "audience": "trail-shoes", "expires_at_ms": in_30_days() })
}

impl World {
    /// Holds an auction and returns what north was asked; asked again where it missed the time in which a
    /// message may go.
    fn auction(&self) -> Value {
        for _ in 0..100 {
            let before = self.north.heard().len();
            let answer = self.program.post("/openrtb2/auction", &bid_request()).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            let heard = self.north.heard();
            if let Some(asked) = heard.get(before..).and_then(<[Heard]>::last) {
                return asked.json();
            }
        }
        panic!("north was never asked")
    }

    fn upload(&self, key: &str, body: &Value) -> Answer {
        self.program.send(UPLOAD, Some(key), &serde_json::to_vec(body).unwrap()).unwrap()
    }

    /// Kills the program as a power cut would, and starts it again.
    fn restarted(self) -> Self {
        let Self { program, setup, north, south, measurement, dir } = self;
        program.kill().unwrap();
        let program = Program::start(&setup).unwrap();
        Self { program, setup, north, south, measurement, dir }
    }

    fn usable(&self) -> Value {
        let answer = self.program.post("/v1/audiences/query", &bid_request()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Asks until what may be used is as wanted.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut usable = Value::Null;
        for _ in 0..ASKED_MAX {
            usable = self.usable();
            if wanted(&usable) {
                return usable;
            }
        }
        panic!("what was said is never applied: {usable}")
    }
}

fn has_lists(count: usize) -> impl Fn(&Value) -> bool {
    move |usable| usable["lists"].as_array().is_some_and(|lists| lists.len() == count)
}

#[test]
fn a_list_goes_round_to_its_partner_alone_and_is_recorded_as_told() {
    let world = start();
    let first = world.auction();
    let user_id = first["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(first["user"]["data"].as_array().unwrap().len(), 1, "{first}");

    let batch = json!({ "batch": "b-1", "members": [member(&user_id)] });
    let answer = world.upload(NORTHS_KEY, &batch);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.json()["batch"], "accepted");
    let usable = world.until(has_lists(1));
    assert_eq!(usable["lists"][0]["name"], "Shopped for trail shoes", "{usable}");
    assert_eq!(usable["lists"][0]["advertiser"], "demo-running-shoes");

    let told = world.auction();
    let data = &told["user"]["data"][1];
    assert_eq!(data["segment"], json!([{ "id": "1001" }]), "{told}");
    assert_eq!((&data["ext"]["segtax"], &data["name"]), (&json!(600), &json!("publisher.example")));
    for heard in world.south.heard() {
        let request = heard.json();
        let segments = request["user"]["data"].as_array().unwrap();
        assert!(segments.iter().all(|one| one["ext"]["segtax"] == 4), "{request}");
    }
    // No partner gets a name of a list, or what it was for.
    for heard in world.north.heard().iter().chain(&world.south.heard()) {
        let body = String::from_utf8_lossy(&heard.body).to_lowercase();
        assert!(!body.contains("trail") && !body.contains("shopped"), "{body}");
    }

    let asked = json!({ "request": bid_request(), "partnership": "demo-bidder-north" });
    let explained = world.program.operate("/v1/decisions/explain", &asked).unwrap().json();
    let field = "user.data[1].segment[0].id";
    let fields = explained["partnerships"][0]["told"].as_array().unwrap();
    assert!(
        fields.iter().any(|one| one["field"] == field && one["value"] == "1001"),
        "{explained}"
    );
    let asked = json!({ "key": { "account": PERSON } });
    let disclosures = world.program.operate("/v1/disclosures/query", &asked).unwrap().text;
    assert!(disclosures.contains(field) && disclosures.contains("1001"), "{disclosures}");
}

#[test]
fn turning_personalization_off_empties_the_lists_before_the_answer() {
    let world = start();
    let user_id = world.auction()["user"]["id"].as_str().unwrap().to_owned();
    world.upload(NORTHS_KEY, &json!({ "batch": "b-1", "members": [member(&user_id)] }));
    world.until(has_lists(1));
    let turned = world.program.post("/v1/choices", &choice(PERSON, "personalize_ads", "off"));
    assert_eq!(turned.unwrap().status, 200);
    let usable = world.usable();
    assert_eq!((&usable["lists"], &usable["activity"]), (&json!([]), &json!([])));
    assert_eq!(usable["reasons"][0]["code"], "personalize_ads_off", "{usable}");
    let told = world.auction();
    assert!(told["user"].get("id").is_none(), "{told}");
    assert_eq!(told["user"]["data"].as_array().unwrap().len(), 1, "{told}");
    let turned = world.program.post("/v1/choices", &choice(PERSON, "personalize_ads", "on"));
    assert_eq!(turned.unwrap().status, 200);
    assert_eq!(world.usable()["lists"], json!([]));
}

#[test]
fn an_answer_is_the_same_for_somebody_and_for_nobody() {
    let world = start();
    let known = world.auction()["user"]["id"].as_str().unwrap().to_owned();
    let off = world.program.post("/v1/choices", &choice(PERSON, "personalize_ads", "off")).unwrap();
    assert_eq!(off.status, 200);
    let unknown = "0123456789abcdef".repeat(4);
    let said = |name: &str, user_id: &str| {
        let answer =
            world.upload(NORTHS_KEY, &json!({ "batch": name, "members": [member(user_id)] }));
        (answer.status, answer.content_type, answer.text)
    };
    let answers = [said("b-1", &known), said("b-2", &unknown), said("b-3", &"0".repeat(64))];
    assert_eq!(answers[0].0, 202, "{answers:?}");
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
}

#[test]
fn a_batch_is_refused_by_key_by_form_and_under_a_name_that_is_taken() {
    let world = start();
    let batch = |name: &str, members: Value| json!({ "batch": name, "members": members });
    let good = batch("b-1", json!([member(&"a".repeat(64))]));
    for (key, status) in [(SOUTHS_KEY, 403), ("sg_test_platform", 403), ("sg_test_nobody", 401)] {
        assert_eq!(world.upload(key, &good).status, status, "{key}");
    }
    let no_lists = "/v1/partners/demo-bidder-south/audiences";
    let body = serde_json::to_vec(&good).unwrap();
    assert_eq!(world.program.send(no_lists, Some(SOUTHS_KEY), &body).unwrap().status, 404);
    assert_eq!(world.program.send(UPLOAD, None, &body).unwrap().status, 401);
    // Nothing but uploads opens to a partner's key.
    for path in ["/openrtb2/auction", "/v1/audiences/query", "/v1/profiles", "/v1/activity"] {
        assert_eq!(
            world.program.send(path, Some(NORTHS_KEY), &body).unwrap().status,
            403,
            "{path}"
        );
    }
    assert_eq!(world.upload(NORTHS_KEY, &good).json()["batch"], "accepted");
    assert_eq!(world.upload(NORTHS_KEY, &good).json()["batch"], "repeated");
    let other = batch("b-1", json!([member(&"b".repeat(64))]));
    assert_eq!(world.upload(NORTHS_KEY, &other).status, 409);

    let mut late = member(&"a".repeat(64));
    late["expires_at_ms"] = json!(now_ms() + 91 * 24 * 60 * 60 * 1_000);
    let mut strange = member(&"a".repeat(64));
    strange["email"] = json!("ada@example.com");
    let mut unlisted = member(&"a".repeat(64));
    unlisted["audience"] = json!("anything");
    let answer = world.upload(
        NORTHS_KEY,
        &batch("b-2", json!([member("short"), late, strange, unlisted, member(&"a".repeat(64))])),
    );
    assert_eq!(answer.status, 202, "{answer:?}");
    let results = answer.json()["results"].as_array().unwrap().clone();
    let fields: Vec<&str> = results.iter().map(|one| one["field"].as_str().unwrap_or("")).collect();
    assert_eq!(fields, ["user_id", "expires_at_ms", "email", "audience", ""], "{answer:?}");
    assert!(!answer.text.contains("ada@") && !answer.text.contains("anything"), "{answer:?}");
    let many: Vec<Value> = (0..1_001).map(|_| member(&"a".repeat(64))).collect();
    assert_eq!(world.upload(NORTHS_KEY, &batch("b-3", json!(many))).status, 413);
}

#[test]
fn an_accepted_batch_survives_kill_9_before_and_after_it_is_applied() {
    let world = start();
    let user_id = world.auction()["user"]["id"].as_str().unwrap().to_owned();
    let batch = json!({ "batch": "b-1", "members": [member(&user_id)] });
    assert_eq!(world.upload(NORTHS_KEY, &batch).status, 202);
    let world = world.restarted();
    world.until(has_lists(1));
    assert_eq!(world.upload(NORTHS_KEY, &batch).json()["batch"], "repeated");
    let world = world.restarted();
    assert!(has_lists(1)(&world.usable()));
}

#[test]
fn activity_is_for_the_platforms_own_ad_server_alone() {
    let world = start();
    let event = |activity: &str| json!({ "account": PERSON, "advertiser": "demo-running-shoes", "activity": activity, "at_ms": now_ms() });
    let batch = json!({ "batch": "t-1", "events": [event("purchase"), event("sign_up")] });
    let answer = world.program.post("/v1/activity", &batch).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    // The register lists no sign-ups for this advertiser.
    assert_eq!(answer.json()["results"][1]["field"], "activity", "{answer:?}");
    let usable = world.until(|usable| usable["activity"][0]["activity"] == "purchase");
    assert_eq!(usable["activity"].as_array().unwrap().len(), 1, "{usable}");
    let told = world.auction().to_string();
    assert!(!told.contains("purchase") && !told.contains("demo-running-shoes"), "{told}");
    let asked = json!({ "account": PERSON });
    let profile = world.program.post("/v1/profiles/query", &asked).unwrap().text;
    assert!(!profile.contains("purchase"), "{profile}");
}

/// Partners with a list of their own each, whose number nobody else may ever see.
const PARTNERS: usize = 8;

fn number(partner: usize) -> String {
    format!("98765{partner:04}")
}

#[test]
fn no_partner_ever_meets_the_list_of_another() {
    let recorder = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let mut files = vec![demo_file("inventory.toml").unwrap()];
    for partner in 0..PARTNERS {
        let id = format!("bidder-{partner}");
        let more = format!(
            "[[partnership.audience]]\nid = \"own\"\nname = \"List {partner}\"\nsegtax = 600\nsegment = {}\n",
            number(partner)
        );
        let sample = Sample {
            id: &id,
            kind: "real_time_bidding",
            categories: vec!["plumbing", "context", "device_identifier", "demographic"],
            url: format!("{}/bid/{partner}", recorder.origin()),
            more: &more,
        };
        files.push(sample.file());
    }
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: String::from("[exchange]\ntmax_max_ms = 10_000\nlist_people_min = 1\n"),
    })
    .unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, PERSON).unwrap();
    let path = |partner: usize| format!("/bid/{partner}");
    let asked = |wanted: &dyn Fn(&Heard) -> bool| {
        for _ in 0..100 {
            program.post("/openrtb2/auction", &bid_request()).unwrap();
            let heard = recorder.heard();
            let all = (0..PARTNERS)
                .all(|partner| heard.iter().any(|one| one.path() == path(partner) && wanted(one)));
            if all {
                return heard;
            }
        }
        panic!("not every partner was asked");
    };
    let heard = asked(&|_| true);
    for partner in 0..PARTNERS {
        let request = heard.iter().find(|one| one.path() == path(partner)).unwrap().json();
        let member = json!({
            "user_id": request["user"]["id"], "audience": "own", "expires_at_ms": in_30_days(),
        });
        let batch = json!({ "batch": "b-1", "members": [member] });
        let upload = format!("/v1/partners/bidder-{partner}/audiences");
        assert_eq!(program.operate(&upload, &batch).unwrap().status, 202);
        // The same id at the next partner is nobody's.
        let next = format!("/v1/partners/bidder-{}/audiences", (partner + 1) % PARTNERS);
        let batch = json!({ "batch": format!("stolen-{partner}"), "members": [member] });
        assert_eq!(program.operate(&next, &batch).unwrap().status, 202);
    }
    let applied = (0..ASKED_MAX).any(|_| {
        let usable = program.post("/v1/audiences/query", &bid_request()).unwrap().json();
        usable["lists"].as_array().is_some_and(|lists| lists.len() == PARTNERS)
    });
    assert!(applied);
    let heard = asked(&|one| String::from_utf8_lossy(&one.body).contains("98765"));
    for one in heard {
        let text =
            String::from_utf8_lossy(&one.head).into_owned() + &String::from_utf8_lossy(&one.body);
        for partner in (0..PARTNERS).filter(|partner| one.path() != path(*partner)) {
            assert!(!text.contains(&number(partner)), "{}: {text}", one.path());
        }
    }
}
