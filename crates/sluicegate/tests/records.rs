//! Asking the record: the scope of an incident, and one person's export with its consent receipt.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{choice, creatives, demo_files, demo_register, exposure, webhook_secrets, welcome},
};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

const DEVICE: &str = "6d92078a-8246-4ba4-ae5b-76104861e7dc";

struct World {
    program: Program,
    measurement: RecordingPartner,
    dir: TempDir,
}

fn start(more: &str) -> World {
    let bidder = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let measurement = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[measurement]\nidle_ms = 10\nbatch_age_ms = 0\n{more}\n{}",
            webhook_secrets(&["demo-measurement"])
        ),
    };
    let program = Program::start(&setup).unwrap();
    let files = demo_register(&bidder, &bidder, &measurement).unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    let world = World { program, measurement, dir };
    for person in ["person-1", "person-2"] {
        welcome(&world.program, person).unwrap();
        world.tell(person);
    }
    world
}

impl World {
    fn tell(&self, person: &'static str) {
        let one = exposure(person, person, DEVICE, person);
        assert_eq!(self.program.post("/v1/exposures", &one).unwrap().status, 202);
        let has_it = |heard: &[sluicegate_testkit::Heard]| {
            creatives(heard, "/events").iter().any(|one| one == person)
        };
        assert!(self.measurement.wait_until(has_it));
    }

    fn incident(&self, more: &[&str]) -> Value {
        let verb = [&["incident", "--json"], more].concat();
        serde_json::from_str(&self.program.verb(&verb).unwrap()).unwrap()
    }
}

#[test]
fn the_scope_of_an_incident_is_one_command() {
    let world = start("[ledger]\nexport_people = true");
    let version = env!("CARGO_PKG_VERSION");
    let whole = world.incident(&[
        "--path",
        "exposures",
        "--partner",
        "demo-measurement",
        "--edition",
        "1",
        "--program-version",
        version,
        "--from",
        "2020-01-01",
    ]);
    assert_eq!(whole["people"], json!({"accounts": 2, "devices": 0, "browsers": 0}));
    assert_eq!((&whole["disclosures"], &whole["messages"]), (&json!(2), &json!(2)));
    let part = &whole["partnerships"][0];
    assert_eq!(part["partnership"], "demo-measurement");
    assert_eq!(part["paths"], json!(["exposures"]));
    assert_eq!(part["programs"], json!([version]));
    let fields: Vec<&str> =
        part["fields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap()).collect();
    assert!(fields.contains(&"device_id_hash") && fields.contains(&"creative_id"), "{fields:?}");
    let categories = part["categories"].as_array().unwrap();
    assert!(categories.contains(&json!("device_identifier")), "{categories:?}");
    for nothing in
        [["--path", "touches"], ["--to", "2020-01-01"], ["--partnership", "demo-bidder-north"]]
    {
        let none = world.incident(&nothing);
        assert_eq!(none["messages"], 0, "{nothing:?}");
        assert_eq!(none["people"]["accounts"], 0);
    }
    let text = world.program.verb(&["incident", "--partner", "demo-measurement"]).unwrap();
    assert!(text.starts_with("people       2 accounts"), "{text}");
}

#[test]
fn whoever_mistypes_a_scope_does_not_read_that_nobody_was_concerned() {
    let world = start("");
    let whole = world.incident(&["--path", "exposures"]);
    let hash = whole["partnerships"][0]["editions"][0].as_str().unwrap();
    for edition in [&hash[..12], &hash[..8], &hash.to_ascii_uppercase()] {
        let named = world.incident(&["--edition", edition, "--path", "exposures"]);
        assert_eq!(named["partnerships"], whole["partnerships"]);
    }
    for (mistyped, why) in [
        (["--partner", "nobody"], "there never was such a partner"),
        (["--partnership", "nobody"], "there never was such a partnership"),
        (["--program-version", "0.0.0"], "no version of that name recorded anything; these did:"),
        // Why no beginning of the hash: one in thirty begins with seven digits that are a number.
        (["--edition", "a1b2c3d"], "8 or more of its first digits"),
        (["--edition", "00000000"], "there is no such edition"),
    ] {
        let said = world.program.verb(&[&["incident"], &mistyped[..]].concat()).unwrap_err();
        assert!(format!("{said:?}").contains(why), "{said:?}");
    }
}

#[test]
fn who_was_concerned_is_exported_only_where_the_configuration_allows_it() {
    let (asked, allowed) = (start(""), start("[ledger]\nexport_people = true"));
    let export = |world: &World| {
        let folder = world.dir.path().join("export");
        let verb = ["incident", "--path", "exposures", "--export", folder.to_str().unwrap()];
        let done = world.program.verb(&[&verb[..], &["--people"]].concat());
        (done, folder)
    };
    let (done, folder) = export(&asked);
    assert!(format!("{:?}", done.unwrap_err()).contains("ledger.export_people"));
    assert!(!folder.join("people.ndjson").exists());
    let (done, folder) = export(&allowed);
    done.unwrap();
    let people = std::fs::read_to_string(folder.join("people.ndjson")).unwrap();
    let people: Vec<Value> =
        people.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(people.len(), 2);
    assert!(
        people
            .iter()
            .all(|one| one["kind"] == "account" && one["key"].as_str().unwrap().len() == 32)
    );
    let scope: Value =
        serde_json::from_slice(&std::fs::read(folder.join("incident.json")).unwrap()).unwrap();
    assert_eq!(scope["people"]["accounts"], 2);
    let other = ["incident", "--path", "touches", "--export", folder.to_str().unwrap()];
    allowed.program.verb(&other).unwrap();
    assert!(!folder.join("people.ndjson").exists(), "no people beside an answer without them");
    assert!(!scope.to_string().contains("person-1"), "no id of the platform is in it");
    // Whoever has the master key finds out whom the hashes stand for, among the ids that it asks about.
    let hashed = hashed(&allowed, "account", "person-2\nnobody-1\nperson-1\n");
    let listed: Vec<bool> = hashed.iter().map(|one| people.contains(one)).collect();
    assert_eq!(listed, [true, false, true]);
}

/// What `sluicegate keys subject` says of ids on its standard input.
fn hashed(world: &World, kind: &str, ids: &str) -> Vec<Value> {
    let done = asked_about(world, kind, ids);
    assert!(done.status.success());
    let lines = String::from_utf8(done.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn asked_about(world: &World, kind: &str, ids: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sluicegate"))
        .args(["keys", "subject", kind, "--data-dir"])
        .arg(world.dir.path().join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ids.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn where_one_id_is_none_nothing_is_said_of_the_others() {
    let world = start("");
    for ids in ["person-1\n\nperson-2\n", &format!("person-1\n{}\n", "a".repeat(257))] {
        let done = asked_about(&world, "account", ids);
        assert!(!done.status.success() && done.stdout.is_empty(), "{done:?}");
        assert!(String::from_utf8_lossy(&done.stderr).contains("line 2"), "{done:?}");
    }
}

#[test]
fn an_export_is_json_lines_or_a_table() {
    let world = start("");
    let ask = |format: &str| {
        let body = json!({"key": {"account": "person-1"}, "format": format});
        world.program.operate("/v1/disclosures/query", &body).unwrap()
    };
    // Three partnerships take exposures, each at its own pace.
    let is_told = |_: &u32| ask("json").json()["records"].as_array().unwrap().len() == 3;
    assert!((0..20_000).any(|look| is_told(&look)), "all of them were told");
    let json = ask("json").json();
    let record = &json["records"][0];
    assert_eq!((&record["record"], &record["path"]), (&json!("disclosure"), &json!("exposures")));
    let lines = ask("ndjson").text;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::Array(lines), json["records"]);
    let table = ask("csv").text;
    let told = record["told"].as_array().unwrap();
    let values = |record: &Value| record["told"].as_array().map_or(1, Vec::len);
    let lines: usize = json["records"].as_array().unwrap().iter().map(values).sum();
    assert_eq!(table.lines().count(), lines + 1, "a head, and a line for each value");
    let click = told.iter().find(|one| one["field"] == "interaction_type").unwrap();
    let line =
        format!("\"exposure\",\"interaction_type\",\"{}\"", click["value"].as_str().unwrap());
    assert!(table.contains(&line), "{table}");
    let printed = world.program.verb(&["disclosures", "--account", "person-1", "--csv"]).unwrap();
    assert_eq!(printed.trim_end(), table.trim_end());
}

#[test]
fn a_consent_receipt_reads_as_linked_data_in_another_library() {
    let world = start("");
    let off = choice("person-1", "sharing", "off");
    assert_eq!(world.program.post("/v1/choices", &off).unwrap().status, 200);
    // The folder is made.
    let file = world.dir.path().join("receipts/of/today/receipt.jsonld");
    let verb = ["disclosures", "--account", "person-1", "--receipt", file.to_str().unwrap()];
    world.program.verb(&verb).unwrap();
    let receipt = std::fs::read(&file).unwrap();
    let Some(triples) = read_by_another(&receipt) else { return };
    let dpv = |name: &str| format!("<https://w3id.org/dpv#{name}>");
    let kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";
    let partnership = "<urn:sluicegate:partnership:demo-measurement>";
    for wanted in [
        format!("{kind} {}", dpv("ConsentReceipt")),
        String::from("<http://purl.org/dc/terms/conformsTo> \"ISO/IEC TS 27560:2023\""),
        format!("{} <urn:sluicegate:key:account:", dpv("hasDataSubject")),
        format!("{} <https://", dpv("hasDataController")),
        format!("{} <urn:sluicegate:edition:", dpv("hasNotice")),
        format!("{} {}", dpv("hasConsentStatus"), dpv("ConsentWithdrawn")),
        format!("{} {partnership}", dpv("hasProcess")),
        format!(
            "{partnership} {} <urn:sluicegate:partnership:demo-measurement:category:device_identifier>",
            dpv("hasPersonalData")
        ),
        format!("{partnership} {} <urn:sluicegate:partner:", dpv("hasRecipient")),
        format!("{partnership} {} _:", dpv("hasPurpose")),
        String::from(
            "<urn:sluicegate:partnership:demo-measurement:category:device_identifier> \
             <urn:sluicegate:term:field> \"device_id_hash\"",
        ),
        String::from("\"^^<http://www.w3.org/2001/XMLSchema#duration>"),
        format!("{} \"person\"", dpv("isIndicatedBy")),
    ] {
        assert!(triples.contains(&wanted), "{wanted}\n{triples}");
    }
    let own = triples.lines().filter(|line| line.contains("w3id.org/dpv#urn:")).count();
    assert_eq!(own, 0, "every name is a name of the vocabulary or of ours");
}

#[test]
fn a_receipt_says_what_holds_and_names_a_partner_that_is_no_longer_listed() {
    let world = start("");
    let key = json!({ "device": DEVICE });
    let link = json!({ "account": "person-1", "with": key });
    assert_eq!(world.program.post("/v1/links", &link).unwrap().status, 204);
    let on = json!({
        "key": key, "setting": "sharing", "value": "on", "words": "Share your data", "language": "en",
    });
    for choice in [on, choice("person-1", "sharing", "off")] {
        assert_eq!(world.program.post("/v1/choices", &choice).unwrap().status, 200);
    }
    let receipt = |key: &Value| {
        world.program.operate("/v1/receipts/query", &json!({ "key": key })).unwrap().json()
    };
    let sharing = |receipt: &Value| receipt["record"][0].clone();
    let of_device = sharing(&receipt(&key));
    assert_eq!(
        of_device["status"], "ConsentWithdrawn",
        "the account's choice reaches it: {of_device}"
    );
    let events = of_device["events"].as_array().unwrap();
    let statuses: Vec<&Value> = events.iter().map(|event| &event["status"]).collect();
    assert_eq!(statuses, ["ConsentGiven", "ConsentWithdrawn"], "{of_device}");
    assert_eq!(events[1]["description"], "turned off by an account used on this device");
    let back = choice("person-1", "sharing", "on");
    assert_eq!(world.program.post("/v1/choices", &back).unwrap().status, 200);
    let of_device = sharing(&receipt(&key));
    assert_eq!(of_device["status"], "ConsentGiven", "{of_device}");
    assert_eq!(of_device["events"].as_array().unwrap().len(), 3, "{of_device}");

    let account = json!({ "account": "person-1" });
    let process = |receipt: &Value| {
        let processes = receipt["processes"].as_array().unwrap();
        let one =
            processes.iter().find(|one| one["id"].as_str().unwrap().ends_with(":demo-measurement"));
        one.unwrap().clone()
    };
    let before = process(&receipt(&account));
    assert!(before["notice"].is_null(), "the receipt's own notice holds for it: {before}");
    let listed =
        demo_files().unwrap().into_iter().filter(|(name, _)| name != "demo-measurement.toml");
    let unlinked = |text: String| text.replace("measurement = [\"demo-measurement\"]", "");
    let files: Vec<_> = listed.map(|(name, text)| (name, unlinked(text))).collect();
    let published = world.program.publish(&files).unwrap();
    assert_eq!(published.status, 200, "{published:?}");
    let after = process(&receipt(&account));
    assert_eq!(after["recipient"], before["recipient"], "{after}");
    assert_eq!(after["purposes"], before["purposes"], "{after}");
    assert_eq!(after["notice"]["version"], "1", "{after}");
}

#[test]
fn everyone_can_see_how_fast_choices_took_effect_and_what_was_withheld() {
    let world = start("");
    let for_everyone = || world.program.get("/effectiveness.json").unwrap().text;
    let kept = for_everyone();
    // An operator sees what holds now.
    let report = || -> Value {
        let report = world.program.verb(&["effectiveness", "--json"]).unwrap();
        serde_json::from_str(&report).unwrap()
    };
    let before = report();
    for value in ["off", "on", "off"] {
        let choice = choice("person-1", "sharing", value);
        assert_eq!(world.program.post("/v1/choices", &choice).unwrap().status, 200);
    }
    let refused = json!({"key": {"account": "person-1"}, "setting": "sharing", "value": "on",
        "actor": "law", "words": "a court's order", "language": "en"});
    assert_eq!(world.program.post("/v1/choices", &refused).unwrap().status, 400);
    let after = report();
    let more = |path: &str| {
        let count = |report: &Value| report.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        count(&after) - count(&before)
    };
    assert_eq!((more("/changes/made"), more("/changes/turned_off")), (3, 2), "{after}");
    assert_eq!((more("/changes/failed"), more("/changes/late")), (0, 0));
    let took = |part: &str| after["took_effect_ms"][part].as_u64().unwrap();
    assert!(took("p50") <= took("p99") && took("p99") <= took("max"));
    let one = exposure("late", "person-1", DEVICE, "late");
    assert_eq!(world.program.post("/v1/exposures", &one).unwrap().status, 202);
    let is_withheld = |_| {
        let report = report();
        let reasons = report["withheld"].as_array().unwrap().clone();
        reasons.iter().any(|one| one["reason"] == "sharing_off_account")
    };
    assert!((0..20_000).any(is_withheld), "what was withheld is in it");
    let page = world.program.get("/effectiveness").unwrap();
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Does the switch work?") && page.text.contains("Turned off"));
    let text = world.program.verb(&["effectiveness"]).unwrap();
    assert!(text.contains("took effect"), "{text}");
    assert_eq!(report()["changes"], after["changes"]);
    assert_eq!(for_everyone(), kept, "everyone has the same report for a minute");
}

/// Has `PyLD` read it, where that is installed.
fn read_by_another(receipt: &[u8]) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    if !folder.join("python/pyld").is_dir() {
        skipped();
        return None;
    }
    let mut child = Command::new("python3")
        .arg(folder.join("receipt.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(receipt).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    Some(String::from_utf8(out.stdout).unwrap())
}

#[expect(clippy::print_stderr, reason = "a check that does not run says so")]
fn skipped() {
    let is_required = std::env::var_os("SLUICEGATE_PEERS").is_some_and(|word| word == "required");
    assert!(!is_required, "PyLD is not installed, and SLUICEGATE_PEERS asks for it");
    eprintln!("PyLD is not installed; the receipt was not read by it");
}
