//! Published verifiers in Rust, JavaScript and Python accept live deliveries, also while keys are rotated, and
//! refuse them with one byte flipped.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};
use sluicegate_testkit::{
    Heard, Program, RecordingPartner, Reply, Setup,
    sample::{choice, creatives, demo_register, exposure, webhook_secrets, welcome},
};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

const EVENTS: &str = "/events";
const DEVICE: &str = "6d92078a-8246-4ba4-ae5b-76104861e7dc";
const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

struct World {
    program: Program,
    bidder: RecordingPartner,
    measurement: RecordingPartner,
    _dir: TempDir,
}

fn start() -> World {
    let bidder = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let measurement = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[measurement]\nidle_ms = 10\nbatch_age_ms = 0\n[recall]\nevery_ms = 100\npeople_min = 1\n\
             [exchange]\ntmax_max_ms = 10_000\n{}",
            webhook_secrets(&["demo-measurement"])
        ),
    };
    let program = Program::start(&setup).unwrap();
    let files = demo_register(&bidder, &bidder, &measurement).unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, "person-1").unwrap();
    World { program, bidder, measurement, _dir: dir }
}

impl World {
    /// Has an exposure delivered, and returns the message as it came.
    fn deliver(&self, creative: &'static str) -> Heard {
        let one = exposure(creative, "person-1", DEVICE, creative);
        let answer = self.program.post("/v1/exposures", &one).unwrap();
        assert_eq!(answer.json()["results"][0]["status"], "accepted", "{answer:?}");
        let is_it = |heard: &Heard| {
            creatives(std::slice::from_ref(heard), EVENTS).iter().any(|one| one == creative)
        };
        assert!(self.measurement.wait_until(|heard| heard.iter().any(is_it)));
        self.measurement.heard().into_iter().find(is_it).unwrap()
    }

    fn rotate(&self, scheme: &str) -> Value {
        let rotate = ["deliveries", "rotate", "demo-measurement", "--scheme", scheme, "--json"];
        serde_json::from_str(&self.program.verb(&rotate).unwrap()).unwrap()
    }

    fn public_keys(&self, partnership: &str) -> Vec<String> {
        let published = self.program.get("/.well-known/webhook-keys.json").unwrap();
        assert_eq!(published.status, 200);
        let keys = published.json()["keys"].as_array().unwrap().clone();
        let mine = keys.iter().filter(|key| key["partnership"] == partnership);
        mine.map(|key| key["public"].as_str().unwrap().to_owned()).collect()
    }
}

/// What all verifiers together say of a message: of each secret, and of each public key.
#[derive(Debug, PartialEq)]
struct Said {
    secrets: Vec<bool>,
    keys: Vec<bool>,
}

fn ask(heard: &Heard, body: &[u8], secrets: &[String], keys: &[String]) -> Said {
    let headers: serde_json::Map<String, Value> = HEADERS
        .iter()
        .map(|name| ((*name).to_owned(), json!(heard.header(name).unwrap())))
        .collect();
    let question = json!({
        "headers": headers, "body": STANDARD.encode(body), "secrets": secrets, "keys": keys,
    });
    let in_rust: Vec<bool> = secrets.iter().map(|secret| verifies(secret, heard, body)).collect();
    let by_key: Vec<bool> = keys.iter().map(|key| verifies_with_key(key, heard, body)).collect();
    let bools = |said: &Value, key: &str| -> Vec<bool> {
        said[key].as_array().unwrap().iter().map(|one| one.as_bool().unwrap()).collect()
    };
    let Some([javascript, python]) = peers(&question) else {
        return Said { secrets: in_rust, keys: by_key };
    };
    assert_eq!(bools(&javascript, "secrets"), in_rust, "JavaScript and Rust agree");
    assert_eq!(bools(&python, "secrets"), in_rust, "Python and Rust agree");
    assert_eq!(bools(&javascript, "keys"), by_key, "JavaScript and Rust agree");
    Said { secrets: in_rust, keys: by_key }
}

/// Verifies as Standard Webhooks say: Ed25519 over `{id}.{timestamp}.{body}`, any of the signatures of `v1a`.
fn verifies_with_key(key: &str, heard: &Heard, body: &[u8]) -> bool {
    let [id, timestamp, signatures] = HEADERS.map(|name| heard.header(name).unwrap());
    let key = STANDARD.decode(key.strip_prefix("whpk_").unwrap()).unwrap();
    let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
    let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    let signatures = signatures.split(' ').filter_map(|one| one.strip_prefix("v1a,"));
    signatures
        .map(|one| Signature::from_slice(&STANDARD.decode(one).unwrap()).unwrap())
        .any(|signature| key.verify_strict(&signed, &signature).is_ok())
}

fn verifies(secret: &str, heard: &Heard, body: &[u8]) -> bool {
    let headers = HEADERS
        .iter()
        .map(|name| {
            let name: http::HeaderName = name.parse().unwrap();
            let value = heard.header(name.as_str()).unwrap().parse().unwrap();
            (name, value)
        })
        .collect::<http::HeaderMap>();
    standardwebhooks::Webhook::new(secret).unwrap().verify(body, &headers).is_ok()
}

/// Asks the verifiers in JavaScript and Python, where they are installed.
fn peers(question: &Value) -> Option<[Value; 2]> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let is_installed = folder.join("node_modules/standardwebhooks").is_dir()
        && folder.join("python/standardwebhooks").is_dir();
    if !is_installed {
        skipped();
        return None;
    }
    let answer = |program: &str, script: &str| {
        let mut child = Command::new(program)
            .arg(folder.join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{question}").unwrap();
        let out = child.wait_with_output().unwrap();
        serde_json::from_slice(&out.stdout).unwrap()
    };
    Some([answer("node", "verify.mjs"), answer("python3", "verify.py")])
}

#[expect(clippy::print_stderr, reason = "a check that does not run says so")]
fn skipped() {
    let is_required = std::env::var_os("SLUICEGATE_PEERS").is_some_and(|word| word == "required");
    assert!(!is_required, "the verifiers are not installed, and SLUICEGATE_PEERS asks for them");
    eprintln!("skipped: the verifiers are not installed in crates/sluicegate/peers");
}

#[test]
fn a_bidder_finds_the_key_that_signs_what_it_is_told_to_forget() {
    let world = start();
    let request = json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": "person-1" },
        "regs": { "coppa": 0 },
        "device": { "ifa": DEVICE, "lmt": 0, "geo": { "country": "USA" }, "ip": "203.0.113.7" },
    });
    assert_eq!(world.program.post("/openrtb2/auction", &request).unwrap().status, 200);
    let off = choice("person-1", "sharing", "off");
    assert_eq!(world.program.post("/v1/choices", &off).unwrap().status, 200);
    let is_recall = |heard: &Heard| heard.path() == "/recalls";
    assert!(world.bidder.wait_until(|heard| heard.iter().any(is_recall)));
    let recall = world.bidder.heard().into_iter().find(is_recall).unwrap();
    let bidders = ["demo-bidder-north", "demo-bidder-south"];
    let keys: Vec<String> = bidders.iter().flat_map(|id| world.public_keys(id)).collect();
    assert!(keys.iter().any(|key| verifies_with_key(key, &recall, &recall.body)), "{keys:?}");
    let shown = world.program.verb(&["deliveries", "keys", bidders[0]]).unwrap();
    assert!(shown.contains(&keys[0]), "{shown}");
}

#[test]
fn published_verifiers_accept_live_deliveries_during_rotation_and_refuse_a_flipped_byte() {
    let world = start();
    let configured = format!("whsec_{}", "c2VjcmV0".repeat(4));
    let strange = format!("whsec_{}", "c3RyYW5nZQAA".repeat(3));
    let secrets = vec![configured.clone(), strange];
    let first_key = world.public_keys("demo-measurement");
    assert_eq!(first_key.len(), 1);
    let heard = world.deliver("first");
    let said = ask(&heard, &heard.body, &secrets, &first_key);
    assert_eq!(said, Said { secrets: vec![true, false], keys: vec![true] });
    for at in [0, heard.body.len() / 2, heard.body.len() - 1] {
        let mut flipped = heard.body.clone();
        flipped[at] ^= 1;
        let said = ask(&heard, &flipped, &secrets, &first_key);
        assert_eq!(said, Said { secrets: vec![false, false], keys: vec![false] }, "byte {at}");
    }

    let issued = world.rotate("v1")["secret"].as_str().unwrap().to_owned();
    let new_key = world.rotate("v1a")["public"].as_str().unwrap().to_owned();
    let both = world.public_keys("demo-measurement");
    assert_eq!(both, [new_key, first_key[0].clone()], "the newest first");
    let heard = world.deliver("during-the-rotation");
    let said = ask(&heard, &heard.body, &[configured, issued.clone()], &both);
    assert_eq!(said, Said { secrets: vec![true, true], keys: vec![true, true] });
    for scheme in ["v1", "v1a"] {
        let third = json!({ "scheme": scheme });
        let path = "/v1/partnerships/demo-measurement/keys/rotate";
        let refused = world.program.operate(path, &third).unwrap();
        assert_eq!(refused.status, 409, "never three: {refused:?}");
    }
    let key = heard.header("webhook-signature").unwrap();
    assert_eq!(key.split(' ').filter(|one| one.starts_with("v1a,")).count(), 2, "{key}");
    let shown = world.program.verb(&["deliveries", "keys", "demo-measurement"]).unwrap();
    assert!(shown.contains(&both[0]) && shown.contains("1 of the configuration"), "{shown}");
    assert!(!shown.contains(&issued), "a secret is shown once");
}

#[test]
fn after_a_leak_every_issued_key_is_replaced_at_once_also_while_an_overlap_runs() {
    let world = start();
    let first = world.public_keys("demo-measurement").remove(0);
    let leaked = world.rotate("v1a")["public"].as_str().unwrap().to_owned();
    let leaked_secret = world.rotate("v1")["secret"].as_str().unwrap().to_owned();
    let at_once = |scheme: &str| {
        let body = json!({ "scheme": scheme, "overlap_hours": 0 });
        let path = "/v1/partnerships/demo-measurement/keys/rotate";
        let answer = world.program.operate(path, &body).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let new = at_once("v1a")["public"].as_str().unwrap().to_owned();
    let secret = at_once("v1")["secret"].as_str().unwrap().to_owned();
    assert_eq!(world.public_keys("demo-measurement"), std::slice::from_ref(&new));
    let heard = world.deliver("after-the-leak");
    let configured = format!("whsec_{}", "c2VjcmV0".repeat(4));
    let secrets = [configured, secret, leaked_secret];
    let said = ask(&heard, &heard.body, &secrets, &[new, leaked, first]);
    assert_eq!(said, Said { secrets: vec![true, true, false], keys: vec![true, false, false] });
}

#[test]
fn a_partnership_without_a_secret_gets_what_is_signed_with_its_key_alone() {
    let world = start();
    let answer = world.program.look("/v1/partnerships/demo-delivery-auditor/keys").unwrap();
    assert_eq!((answer.status, &answer.json()["configured"]), (200, &json!(0)));
    world.deliver("one");
    let is_audit = |heard: &Heard| heard.path() == "/auditor-events";
    assert!(world.measurement.wait_until(|heard| heard.iter().any(is_audit)));
    let heard = world.measurement.heard().into_iter().find(is_audit).unwrap();
    assert!(heard.header("webhook-signature").unwrap().starts_with("v1a,"));
    for (path, body) in [
        ("demo-measurement/keys/rotate", json!({ "scheme": "v2" })),
        ("demo-measurement/keys/rotate", json!({ "scheme": "v1", "overlap_hours": 169 })),
    ] {
        let path = format!("/v1/partnerships/{path}");
        assert_eq!(world.program.operate(&path, &body).unwrap().status, 400, "{body}");
        assert_eq!(world.program.post(&path, &body).unwrap().status, 403);
    }
    let nobody = world.program.operate("/v1/partnerships/nobody/keys/rotate", &json!({})).unwrap();
    assert_eq!(nobody.status, 404);
}
