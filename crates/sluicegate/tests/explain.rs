//! `sluicegate explain` and `POST /v1/decisions/explain`: every partnership that gets data through us, with
//! what would leave and every reason, and no trace of the question.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sluicegate_signals_encoder::{Gpp, TcString, UsSection, UsSpecification};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{choice, demo_register, exposure, webhook_secrets, welcome},
};
use std::path::PathBuf;
use tempfile::TempDir;

const PERSON: &str = "person-1";
/// Of the demo's register, on the vendor list of its own.
const NORTHS_VENDOR_ID: u16 = 60_001;
/// 2 March 2026, in tenths of a second since 1970.
const MADE_DS: u64 = 17_724_096_000;
const DEVICE: &str = "44444444-5555-4666-8777-888888888888";

/// The demo's partnerships that get data through the gateway, in the register's order.
const ALL: [(&str, &str, &str); 5] = [
    ("demo-bidder-north", "real_time_bidding", "bid_request"),
    ("demo-bidder-north-invoices", "other", "exposures"),
    ("demo-bidder-south", "real_time_bidding", "bid_request"),
    ("demo-delivery-auditor", "service_provider", "exposures"),
    ("demo-measurement", "conversion_tracking", "exposures"),
];

struct World {
    program: Program,
    north: RecordingPartner,
    measurement: RecordingPartner,
    _south: RecordingPartner,
    _dir: TempDir,
}

fn start() -> World {
    let partner = || RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let (north, south, measurement) = (partner(), partner(), partner());
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[measurement]\nidle_ms = 10\n{}",
            webhook_secrets(&[
                "demo-measurement",
                "demo-delivery-auditor",
                "demo-bidder-north-invoices"
            ])
        ),
    });
    let program = program.unwrap();
    let files = demo_register(&north, &south, &measurement).unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, PERSON).unwrap();
    World { program, north, measurement, _south: south, _dir: dir }
}

impl World {
    fn explain(&self, asked: &Value) -> Vec<Value> {
        let answer = self.program.operate("/v1/decisions/explain", asked).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["partnerships"].as_array().unwrap().clone()
    }

    fn turn_off(&self) {
        let answer = self.program.post("/v1/choices", &choice(PERSON, "sharing", "off")).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    fn refused_field(&self, asked: &Value) -> Value {
        let answer = self.program.operate("/v1/decisions/explain", asked).unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
        answer.json()["field"].clone()
    }
}

fn subject() -> Value {
    json!({ "subject": { "account": PERSON, "device": DEVICE, "country": "USA" } })
}

fn texts<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap()).collect()
}

#[test]
fn a_subject_is_explained_for_every_partnership_once_in_the_registers_order() {
    let world = start();
    let explained = world.explain(&subject());
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let found: Vec<_> = explained
        .iter()
        .map(|one| (text(one, "partnership"), text(one, "kind"), text(one, "path")))
        .collect();
    assert_eq!(
        found,
        ALL.map(|(id, kind, path)| (id.to_owned(), kind.to_owned(), path.to_owned()))
    );
    assert!(explained.iter().all(|one| one["decision"] == "told"), "{explained:?}");

    let by_id = |id: &str| explained.iter().find(|one| one["partnership"] == id).unwrap();
    let told = |id: &str| texts(&by_id(id)["told"], "field").join(" ");
    let north = told("demo-bidder-north");
    assert!(north.contains("device.ifa") && north.contains("user.data"), "{north}");
    let south = by_id("demo-bidder-south");
    assert!(texts(&south["reasons"], "code").contains(&"category_not_listed"), "{south}");
    let measurement = told("demo-measurement");
    assert!(measurement.contains("device_id_hash"), "{measurement}");
    assert!(!by_id("demo-measurement").to_string().contains(DEVICE));
}

/// A bid request about the person, with its country and what it says of consent.
fn request(country: &str, regs: &Value, consent: Option<&str>) -> Value {
    let mut user = json!({ "id": PERSON });
    if let Some(consent) = consent {
        user["consent"] = json!(consent);
    }
    json!({ "partnership": "demo-bidder-north", "request": {
        "id": "r", "imp": [{ "id": "1", "banner": { "w": 300, "h": 250 } }],
        "app": { "bundle": "com.example.reader" }, "user": user, "regs": regs,
        "device": { "ifa": DEVICE, "lmt": 0, "geo": { "country": country } },
    } })
}

#[test]
fn who_is_not_asked_whoever_the_person_is_has_the_code_that_the_auction_says() {
    let world = start();
    let explained = |asked: &Value| world.explain(asked).remove(0);
    let mut asked = request("USA", &json!({}), None);
    assert!(explained(&asked).get("statuscode").is_none());
    asked["request"]["imp"][0]["ext"] = json!({ "prebid": { "bidder": { "nobody": {} } } });
    let answer = world.program.post("/openrtb2/auction", &asked["request"]).unwrap().json();
    let codes = |code: u16| {
        assert_eq!(explained(&asked)["statuscode"], code);
        code
    };
    let seat = &answer["ext"]["seatnonbid"][0];
    assert_eq!(seat["nonbid"][0]["statuscode"], codes(513), "{answer}");
    asked["request"]["app"]["bundle"] = json!("com.example.unknown");
    assert_eq!(explained(&asked)["statuscode"], 503);
}

#[test]
fn a_missing_legal_basis_is_explained_by_its_purpose_and_why() {
    let world = start();
    let reasons = |string: &TcString| {
        let asked = request("DEU", &json!({}), Some(&string.encode()));
        let explained = world.explain(&asked).remove(0);
        let reasons = explained["reasons"].as_array().unwrap().clone();
        let of_basis =
            reasons.iter().filter(|one| one["code"].as_str().unwrap().starts_with("no_basis"));
        (explained["decision"].clone(), of_basis.cloned().collect::<Vec<_>>())
    };
    let agreed = TcString::agreeing(MADE_DS, &[NORTHS_VENDOR_ID]);
    let (decision, none) = reasons(&agreed);
    assert_eq!((decision, none), (json!("told"), Vec::new()));

    let mut no_profile = agreed.clone();
    no_profile.purposes_consent.remove(&4);
    let (decision, missing) = reasons(&no_profile);
    assert_eq!((decision, missing.len()), (json!("told"), 1), "{missing:?}");
    assert_eq!(missing[0]["code"], "no_basis_to_profile");
    assert_eq!(missing[0]["categories"], json!(["demographic"]));
    let rule = missing[0]["rule"].as_str().unwrap();
    assert!(rule.contains("Transparency and Consent Framework, purpose 4"), "{rule}");
    let detail = missing[0]["detail"].as_str().unwrap();
    assert!(detail.contains("the person has not agreed to the purpose"), "{detail}");

    let others = TcString::agreeing(MADE_DS, &[NORTHS_VENDOR_ID + 1]);
    let (decision, missing) = reasons(&others);
    assert_eq!(decision, "withheld");
    let detail = missing[0]["detail"].as_str().unwrap();
    assert!(detail.contains("the partner was not shown to the person"), "{detail}");
}

#[test]
fn an_opt_out_is_explained_by_every_law_that_it_was_made_under() {
    let world = start();
    let mut string = Gpp::new();
    for law in [UsSpecification::California, UsSpecification::Virginia] {
        let mut section = UsSection::agreeing(law);
        section.set("SaleOptOut", &[1]);
        string = string.with_us(&section);
    }
    let regs = json!({ "gpp": string.encode(), "gpp_sid": [8, 9] });
    let explained = world.explain(&request("USA", &regs, None)).remove(0);
    assert_eq!(explained["decision"], "withheld");
    let reasons = explained["reasons"].as_array().unwrap();
    let sale = reasons.iter().find(|one| one["code"] == "gpp_sale_opt_out").unwrap();
    let rule = sale["rule"].as_str().unwrap();
    assert!(rule.contains("California") && rule.contains("Virginia"), "{rule}");
}

#[test]
fn off_is_the_reason_at_every_controlled_partnership_and_at_no_other() {
    let world = start();
    world.turn_off();
    for one in world.explain(&subject()) {
        let controlled =
            ["real_time_bidding", "conversion_tracking"].contains(&one["kind"].as_str().unwrap());
        let off = texts(&one["reasons"], "code").contains(&"sharing_off_account");
        assert_eq!(off, controlled, "{one}");
        assert_eq!(one["decision"] == "told", !controlled, "{one}");
    }
    let only = json!({ "subject": { "account": PERSON, "device": DEVICE, "country": "USA" },
        "partnership": "demo-measurement" });
    assert_eq!(world.explain(&only).len(), 1);
}

#[test]
fn a_browsers_own_off_counts_in_its_bid_requests_and_exposures() {
    let world = start();
    let browser = json!({ "subject": { "browser": "browser-1", "country": "USA" } });
    assert!(world.explain(&browser).iter().all(|one| one["decision"] == "told"));
    let mut off = choice(PERSON, "sharing", "off");
    off["key"] = json!({ "browser": "browser-1" });
    assert_eq!(world.program.post("/v1/choices", &off).unwrap().status, 200);
    // Whoever is signed in there, and whatever device is named beside it.
    let account = json!({ "subject": { "account": PERSON, "browser": "browser-1" } });
    let mut all = subject();
    all["subject"]["browser"] = json!("browser-1");
    for asked in [browser, account, all] {
        for one in world.explain(&asked) {
            let controlled = ["real_time_bidding", "conversion_tracking"]
                .contains(&one["kind"].as_str().unwrap());
            let off = texts(&one["reasons"], "code").contains(&"sharing_off_browser");
            assert_eq!(off, controlled, "{one}");
        }
    }
    let mut named = request("USA", &json!({}), None);
    named["request"]["user"]["ext"] = json!({ "sluicegate": { "browser_id": "browser-1" } });
    let explained = world.explain(&named);
    assert!(texts(&explained[0]["reasons"], "code").contains(&"sharing_off_browser"));
}

#[test]
fn an_exposure_is_explained_as_it_stands() {
    let world = start();
    let mut shown = exposure("exposure-1", PERSON, DEVICE, "creative-1");
    let explained = world.explain(&json!({ "exposure": shown }));
    assert_eq!(explained.len(), 3);
    assert!(explained.iter().all(|one| one["path"] == "exposures"));
    let values = texts(&explained[0]["told"], "value");
    assert!(values.contains(&"creative-1"), "{values:?}");
    shown["advertiser_id"] = json!("demo-garden-planner");
    let asked = json!({ "exposure": shown, "partnership": "demo-measurement" });
    let explained = world.explain(&asked);
    assert_eq!(explained[0]["decision"], "withheld");
    assert!(texts(&explained[0]["reasons"], "code").contains(&"advertiser_not_linked"));
}

#[test]
fn what_cannot_be_explained_is_refused_with_its_field() {
    let world = start();
    let person = json!({ "account": PERSON });
    for (asked, field) in [
        (json!({}), "request"),
        (json!({ "subject": person, "exposure": {} }), "request"),
        (json!({ "subject": {} }), "subject"),
        (json!({ "subject": { "country": "USA" } }), "subject"),
        (json!({ "subject": { "account": "" } }), "subject.account"),
        (json!({ "subject": { "account": "a".repeat(257) } }), "subject.account"),
        (json!({ "subject": { "device": "short" } }), "subject.device"),
        (json!({ "subject": { "account": PERSON, "country": "Nowhere" } }), "subject.country"),
        (json!({ "exposure": { "id": "x" } }), "exposure.timestamp_ms"),
        (json!({ "exposure": [] }), "exposure.$"),
        (json!({ "subject": person, "partnership": "nobody" }), "partnership"),
    ] {
        assert_eq!(world.refused_field(&asked), json!(field), "{asked}");
    }
}

#[test]
fn explaining_sends_nothing_and_records_nothing() {
    let world = start();
    let about = |heard: Vec<sluicegate_testkit::Heard>| {
        let told = |one: &&sluicegate_testkit::Heard| {
            String::from_utf8_lossy(&one.body).contains("explain")
        };
        heard.iter().filter(told).count()
    };
    for _ in 0..20 {
        world.explain(&subject());
        world.explain(&json!({ "exposure": exposure("explain", PERSON, DEVICE, "explain") }));
    }
    world.turn_off();
    world.explain(&subject());
    // Whatever was under way has passed once another exposure has come through.
    let last = exposure("last", "person-2", "55555555-6666-4777-8888-999999999999", "last");
    assert_eq!(world.program.post("/v1/exposures", &last).unwrap().status, 202);
    let has_last = |heard: &[sluicegate_testkit::Heard]| {
        heard.iter().any(|one| String::from_utf8_lossy(&one.body).contains("\"last\""))
    };
    assert!(world.measurement.wait_until(has_last));
    assert!(world.north.wait_until(has_last));
    assert_eq!(about(world.measurement.heard()) + about(world.north.heard()), 0);
    for key in [json!({ "account": PERSON }), json!({ "device": DEVICE })] {
        let asked = json!({ "key": key });
        let answer = world.program.operate("/v1/disclosures/query", &asked).unwrap();
        assert_eq!(answer.json()["records"], json!([]), "{answer:?}");
    }
}

#[test]
fn the_command_prints_each_partnership_with_what_leaves_and_every_reason() {
    let world = start();
    let on = ["explain", "--account", PERSON, "--device", DEVICE, "--country", "US"];
    let shown = world.program.verb(&on).unwrap();
    assert!(
        shown.starts_with("demo-bidder-north: told\n  as        bid request (real time bidding)\n"),
        "{shown}"
    );
    for line in [
        "\n\ndemo-measurement: told\n  as        exposures (conversion tracking)\n",
        "\n  leaves    device_identifier  device.ifa = 44444444-5555-4666-8777-888888888888\n",
        "\n  leaves    exposure           advertiser_id = demo-running-shoes\n",
        "\n  withheld  the partnership does not include this kind of data (register: categories",
    ] {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }

    world.turn_off();
    let off =
        ["explain", "--account", PERSON, "--device", DEVICE, "--partnership", "demo-measurement"];
    let shown = world.program.verb(&off).unwrap();
    assert!(shown.starts_with("demo-measurement: withheld\n"), "{shown}");
    let reason =
        "\n  withheld  sharing is off for this account (setting: share your data; promise P6): ";
    assert!(shown.contains(reason), "{shown}");
    assert!(!shown.contains("leaves") && !shown.contains("bidder"), "{shown}");
    assert!(world.program.verb(&["explain"]).is_err());
    assert!(world.program.verb(&["explain", "request.json", "--account", PERSON]).is_err());
    let unknown = world.program.verb(&["explain", "--account", PERSON, "--partnership", "nobody"]);

    assert!(unknown.unwrap_err().to_string().contains("not in the edition in force"));
}
