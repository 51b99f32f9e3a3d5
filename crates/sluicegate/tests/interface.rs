//! The settings interface: a screen of the platform's own, with a token of the person; and what readers said.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{demo_register, webhook_secrets, welcome},
};
use std::{
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// Made for these tests, and used nowhere else.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIOSkS/dwDNQ1FqWtbpUZMh4KRT3IJOtqgjuTDTtVJSZL
-----END PRIVATE KEY-----
";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAvHSUXqXE+HyLl3ckfPLsx3huOX8rcnBDTfWRZH+E404=
-----END PUBLIC KEY-----
";

struct World {
    program: Program,
    _dir: TempDir,
}

/// A person with a token.
struct Person<'w>(&'w World, String);

fn start() -> World {
    start_with("")
}

fn start_with(more: &str) -> World {
    let partner = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("sign.pub.pem");
    std::fs::write(&key, PUBLIC_KEY).unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "{more}[signin]\npublic_key_file = \"{}\"\naudience = \"platform.example\"\n{}",
            key.display(),
            webhook_secrets(&["demo-measurement"])
        ),
    };
    let program = Program::start(&setup).unwrap();
    let files = demo_register(&partner, &partner, &partner).unwrap();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    for account in ["person-1", "person-2"] {
        welcome(&program, account).unwrap();
    }
    World { program, _dir: dir }
}

#[expect(clippy::disallowed_methods, reason = "the program reads the machine's clock, too")]
fn token(account: &str, audience: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "sub": account, "aud": audience, "iat": now, "exp": now + 300, "jti": format!("{account}-{now}"),
    });
    let key = EncodingKey::from_ed_pem(KEY.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &key).unwrap()
}

impl World {
    fn person(&self, account: &str) -> Person<'_> {
        Person(self, token(account, "platform.example/v1/me"))
    }
}

impl Person<'_> {
    fn get(&self, path: &str) -> (u16, Value, String) {
        let address = format!("{}{path}", self.0.program.origin());
        let request = agent().get(address).header("authorization", format!("Bearer {}", self.1));
        let mut response = request.call().unwrap();
        let kept = response.headers().get("cache-control");
        let kept = kept.map_or("", |value| value.to_str().unwrap()).to_owned();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null), kept)
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.0.program.send(path, Some(&self.1), body.to_string().as_bytes()).unwrap();
        (answer.status, answer.json())
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().new_agent()
}

#[test]
fn a_person_chooses_on_a_screen_of_the_platform_and_for_nobody_else() {
    let world = start();
    let person = world.person("person-1");
    let (status, settings, kept) = person.get("/v1/me/settings");
    assert_eq!((status, kept.as_str()), (200, "no-store"));
    assert_eq!(settings["settings"][0]["value"], "on");
    assert_eq!(settings["settings"][0]["chosen"]["by"], "person");
    assert_eq!(settings["settings"][0]["default"]["country"], "USA");
    assert_eq!((&settings["is_confirmed"], &settings["edition"]), (&json!(true), &json!(1)));
    let off =
        json!({ "setting": "sharing", "value": "off", "words": "Share: off", "language": "de" });
    let (status, saved) = person.post("/v1/me/settings", &off);
    assert_eq!(status, 200);
    assert!(saved["in_force_since_ms"].as_i64() >= saved["saved_at_ms"].as_i64(), "{saved}");
    let (_, settings, _) = person.get("/v1/me/settings");
    assert_eq!(settings["settings"][0]["value"], "off");
    assert_eq!(settings["settings"][0]["chosen"]["by"], "person");
    let (_, history, _) = person.get("/v1/me/history");
    assert_eq!(history["changes"][0]["event"]["chosen"]["language"], "de");
    let (_, other, _) = world.person("person-2").get("/v1/me/settings");
    assert_eq!(other["settings"][0]["value"], "on", "one person's choice is one person's");
}

#[test]
fn a_person_corrects_and_takes_along_what_is_kept() {
    let world = start();
    let person = world.person("person-1");
    let (_, data, _) = person.get("/v1/me/data");
    assert_eq!(data["is_adult"], true);
    let band = data["age_band"]["candidates"][0]["value"].clone();
    assert_ne!(band, Value::Null, "{data}");
    assert_eq!(person.post("/v1/me/data", &json!({ "age_band": { "set": "65+" } })).0, 200);
    assert_eq!(person.post("/v1/me/data", &json!({ "gender": "remove" })).0, 200);
    let (_, data, _) = person.get("/v1/me/data");
    assert_eq!(
        (&data["age_band"]["own"], &data["gender"]["state"]),
        (&json!("65+"), &json!("removed"))
    );

    let (status, shared, _) = person.get("/v1/me/shared?from=2026-01-01&to=2026-01-31");
    assert_eq!((status, &shared["records"]), (200, &json!([])));
    assert_eq!(person.get("/v1/me/shared?from=2026-02-01&to=2026-01-01").0, 400);
    assert_eq!(person.get("/v1/me/shared?since=yesterday").0, 400);
    let (_, export, _) = person.get("/v1/me/export");
    assert_eq!(export["settings"]["settings"][0]["value"], "on");
    assert_eq!(export["data"]["age_band"]["own"], "65+");
    assert_eq!(export["receipt"]["type"], "ConsentReceipt");
    assert_eq!(export["receipt"]["record"][0]["status"], "ConsentGiven");
    assert!(!export.to_string().contains("person-1"));
}

#[test]
fn a_person_removes_what_others_said_as_often_as_they_like() {
    let world = start();
    let person = world.person("person-1");
    let unknown = json!({ "activity": "nobody-at-all" });
    assert_eq!(person.post("/v1/me/data/removals", &unknown).0, 404);
    let known = json!({ "activity": "demo-running-shoes" });
    for _ in 0..2 {
        assert_eq!(person.post("/v1/me/data/removals", &known).0, 200, "it holds from then on");
    }
    assert_eq!(person.post("/v1/me/data/removals", &json!("everything")).0, 200);
}

#[test]
fn what_is_taken_along_has_ages_what_was_removed_recalls_and_what_would_be_told_next() {
    let world = start();
    let (_, export, _) = world.person("person-1").get("/v1/me/export");
    assert!(export["data"]["protection_ages"]["declared"].is_number(), "{}", export["data"]);
    for (part, list) in [("data", "removed_lists"), ("recalls", "recalls"), ("next", "messages")] {
        assert!(export[part][list].is_array(), "{part}: {export}");
    }
}

#[test]
fn a_person_who_asks_too_often_waits_and_nobody_else_does() {
    let world = start_with("[pages]\nrequests_per_minute = 10\nforms_per_minute = 5\n");
    let person = world.person("person-1");
    let answers: Vec<u16> = (0..100).map(|_| person.get("/v1/me/export").0).collect();
    let passed = answers.iter().filter(|status| **status == 200).count();
    assert!((11..100).contains(&passed), "{answers:?}");
    assert!(answers.iter().all(|status| [200, 429].contains(status)), "{answers:?}");
    let off = json!({ "setting": "sharing", "value": "off", "words": "w", "language": "en" });
    assert_eq!(person.post("/v1/me/settings", &off).0, 200, "forms have a limit of their own");
    assert_eq!(world.person("person-2").get("/v1/me/export").0, 200);
    let address = format!("{}/v1/me/settings", world.program.origin());
    let refused = || {
        let request = agent().get(&address).header("authorization", format!("Bearer {}", person.1));
        let answer = request.call().unwrap();
        let wait = answer.headers().get("retry-after")?.to_str().unwrap().parse::<u64>().unwrap();
        (answer.status().as_u16() == 429).then_some(wait)
    };
    let wait = (0..100).find_map(|_| refused()).unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
}

#[test]
fn nobody_else_gets_in() {
    let world = start();
    let wrong = [
        token("person-1", "platform.example"),
        token("person-1", "elsewhere.example/v1/me"),
        token("", "platform.example/v1/me"),
        String::from("sg_test_platform"),
        String::from("sg_test_operator"),
        String::new(),
    ];
    for token in wrong {
        for path in ["settings", "data", "shared", "history", "export"] {
            let (status, answer, _) = Person(&world, token.clone()).get(&format!("/v1/me/{path}"));
            assert_eq!(status, 401, "{path}");
            assert!(token.is_empty() || !answer.to_string().contains(&token));
        }
        let off = json!({ "setting": "sharing", "value": "off", "words": "w", "language": "en" });
        assert_eq!(Person(&world, token).post("/v1/me/settings", &off).0, 401);
    }
    assert_eq!(world.program.get("/v1/me/settings").unwrap().status, 401);
}

#[test]
fn what_readers_said_is_counted_read_and_removed_by_operators() {
    let world = start();
    let page = world.program.get("/partners").unwrap().text;
    let (_, form) = page.split_once("action=\"/partners/opinion\"").unwrap();
    let (_, value) = form.split_once("name=\"csrf\" value=\"").unwrap();
    let form = format!(
        "csrf={}&edition=1&helpful=no&remark=It+names+Ada%0AExample",
        value.split('"').next().unwrap()
    );
    let sent = world.program.send("/partners/opinion", None, form.as_bytes()).unwrap();
    assert_eq!(sent.status, 200, "a reader is led back to the page");
    assert!(sent.text.contains("Thank you."), "{}", sent.text);
    assert_eq!(world.program.send("/v1/feedback", None, b"").unwrap().status, 405);
    assert_eq!(world.program.get("/v1/feedback").unwrap().status, 401);
    let said = world.program.look("/v1/feedback").unwrap().json();
    assert_eq!(said["editions"], json!([{ "edition": 1, "helpful": 0, "not_helpful": 1 }]));
    assert_eq!(said["remarks"][0]["text"], "It names Ada\nExample");
    let printed = world.program.verb(&["feedback"]).unwrap();
    assert!(printed.contains("edition 1: helped 0, did not help 1"), "{printed}");
    assert!(printed.contains("  It names Ada\n  Example"), "{printed}");
    let id = said["remarks"][0]["id"].to_string();
    assert!(world.program.verb(&["feedback", "--remove", &id]).unwrap().contains("is removed"));
    assert!(world.program.verb(&["feedback", "--remove", &id]).is_err());
    let said = world.program.look("/v1/feedback").unwrap().json();
    assert_eq!((&said["remarks"], &said["editions"][0]["not_helpful"]), (&json!([]), &json!(1)));
}

#[test]
fn the_platform_ends_the_sessions_of_an_account() {
    let world = start();
    let signed_in = format!("/signin?token={}", token("person-1", "platform.example"));
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .new_agent();
    let origin = world.program.origin();
    let arrived = agent.get(format!("{origin}{signed_in}")).call().unwrap();
    let cookie = arrived.headers().get("set-cookie").unwrap().to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let look = || {
        let request = agent.get(format!("{origin}/settings")).header("cookie", &cookie);
        request.call().unwrap().status().as_u16()
    };
    assert_eq!(look(), 200);
    let path = "/v1/sessions/end";
    assert_eq!(world.program.send(path, None, b"{\"account\":\"person-1\"}").unwrap().status, 401);
    assert_eq!(world.program.post(path, &json!({ "account": "" })).unwrap().status, 400);
    assert_eq!(world.program.post(path, &json!({ "account": "person-2" })).unwrap().status, 204);
    let device = json!({ "device": "6d92078a-8246-4ba4-ae5b-76104861e7dc" });
    assert_eq!(world.program.post(path, &device).unwrap().status, 204);
    let both = json!({ "account": "person-1", "device": "6d92078a-8246-4ba4-ae5b-76104861e7dc" });
    assert_eq!(world.program.post(path, &both).unwrap().status, 400);
    assert_eq!(look(), 200);
    assert_eq!(world.program.post(path, &json!({ "account": "person-1" })).unwrap().status, 204);
    assert_eq!(look(), 401);
}
