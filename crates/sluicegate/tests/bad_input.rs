//! Whatever anybody sends: a problem document that names the field, or a no-bid with its reason; and the
//! program goes on.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Answer, Heard, Manner, Program, RecordingPartner, Reply, Setup,
    full_request::put,
    sample::{Sample, demo_file, demo_files, exposure, welcome},
};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    thread,
};
use tempfile::TempDir;

const ACCOUNT: &str = "person-1";
const DEVICE: &str = "6d92078a-8246-4ba4-ae5b-76104861e7dc";
const PLATFORM: Option<&str> = Some("sg_test_platform");
const OPERATOR: Option<&str> = Some("sg_test_operator");

struct World {
    program: Program,
    partner: RecordingPartner,
    _dir: TempDir,
}

/// The program with one bidding partner at that address.
fn start(partner: RecordingPartner, url: String) -> World {
    start_with(partner, url, "")
}

/// The same with more lines of the partnership.
fn start_with(partner: RecordingPartner, url: String, more: &str) -> World {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: String::from("[exchange]\ntmax_max_ms = 10_000\n"),
    };
    let program = Program::start(&setup).unwrap();
    let bidder = Sample {
        id: "bidder",
        kind: "real_time_bidding",
        categories: vec!["plumbing", "context", "coarse_device", "device_identifier"],
        url,
        more,
    };
    let files = [demo_file("inventory.toml").unwrap(), bidder.file()];
    let published = program.publish(&files).unwrap();
    assert_eq!(published.status, 200, "{published:?}");
    welcome(&program, ACCOUNT).unwrap();
    World { program, partner, _dir: dir }
}

fn quiet() -> World {
    let partner = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let url = format!("{}/bid", partner.origin());
    start(partner, url)
}

fn request() -> Value {
    json!({
        "id": "r", "tmax": 9000, "cur": ["USD"],
        "imp": [{ "id": "1", "bidfloor": 1.0, "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": ACCOUNT },
        "device": { "ifa": DEVICE, "lmt": 0, "geo": { "country": "USA" } },
    })
}

/// How often the same is asked at most where a partner can miss the 50 ms in which its message may go.
const ASKED_MAX: usize = 100;

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, field: Option<&str>) {
    assert_eq!(
        (answer.status, answer.content_type.as_str()),
        (status, "application/problem+json"),
        "{answer:?}"
    );
    let problem = answer.json();
    assert_eq!(problem["field"].as_str(), field, "{problem}");
    assert_eq!(problem["status"], json!(status), "{problem}");
    for member in ["type", "title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
}

#[track_caller]
fn assert_well(world: &World) {
    assert_eq!(world.program.get("/readyz").unwrap().status, 200);
    let answer = world.program.post("/openrtb2/auction", &request()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Writes bytes to the program as they are and returns what it answers, whatever becomes of the connection.
fn raw(program: &Program, parts: &mut dyn Iterator<Item = Vec<u8>>) -> Answer {
    let mut stream = TcpStream::connect(program.origin().trim_start_matches("http://")).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let answer = thread::spawn(move || {
        let mut bytes = Vec::new();
        // The end comes as a reset where the program did not want to read on.
        drop(reader.read_to_end(&mut bytes));
        bytes
    });
    for part in parts {
        if stream.write_all(&part).is_err() {
            break;
        }
    }
    let bytes = answer.join().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let header = |name: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    Answer {
        status: head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default(),
        content_type: header("content-type").unwrap_or_default().to_owned(),
        allowed_origin: header("access-control-allow-origin").map(str::to_owned),
        retry_after: header("retry-after").unwrap_or_default().to_owned(),
        text: body.to_owned(),
    }
}

fn head(method: &str, path: &str, length: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: gateway.example\r\nauthorization: Bearer sg_test_platform\r\n\
         content-type: application/json\r\nconnection: close\r\n{length}\r\n\r\n"
    )
    .into_bytes()
}

/// Every address that takes a body, with the key for it.
const ADDRESSES: [(&str, Option<&str>); 15] = [
    ("/openrtb2/auction", PLATFORM),
    ("/v1/renders", PLATFORM),
    ("/v1/exposures", PLATFORM),
    ("/v1/costs", PLATFORM),
    ("/v1/choices", PLATFORM),
    ("/v1/choices/query", PLATFORM),
    ("/v1/links", PLATFORM),
    ("/v1/links/remove", PLATFORM),
    ("/v1/profiles", PLATFORM),
    ("/v1/activity", PLATFORM),
    ("/v1/audiences/query", PLATFORM),
    ("/v1/disclosures/query", OPERATOR),
    ("/v1/ledger/proofs", OPERATOR),
    ("/v1/decisions/explain", OPERATOR),
    ("/v1/register/editions", OPERATOR),
];

#[test]
fn what_is_no_json_is_refused_everywhere() {
    let world = quiet();
    let brackets = "[".repeat(100_000).into_bytes();
    let deep =
        ["{\"a\":".repeat(50_000), String::from("1"), "}".repeat(50_000)].concat().into_bytes();
    for (path, key) in ADDRESSES {
        for body in [
            b"".as_slice(),
            b"{",
            b"[",
            b"nothing",
            b"{\"id\":}",
            b"\xff\xfe{}",
            b"{\"id\":\"\xc3\x28\"}",
            b"{\"a\":NaN}",
            b"{\"a\":1}{\"b\":2}",
            b"'",
            b"\0",
            &brackets,
            &deep,
        ] {
            let Ok(answer) = world.program.send(path, key, body) else {
                // The answer to too much comes while it is still being sent, and can be lost.
                assert!(body.len() > 64 * 1024, "{path}");
                continue;
            };
            let said = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert!((400..=413).contains(&answer.status), "{path} {said}: {answer:?}");
            assert_eq!(
                answer.content_type, "application/problem+json",
                "{path} {said}: {answer:?}"
            );
        }
        for wrong in [json!([]), json!(7), json!("text"), json!(null), json!(true)] {
            let answer = world.program.send(path, key, wrong.to_string().as_bytes()).unwrap();
            // No exposures or costs at all are no mistake.
            if !["/v1/exposures", "/v1/costs"].contains(&path) || wrong != json!([]) {
                assert_eq!(answer.status, 400, "{path} {wrong}: {answer:?}");
            }
        }
    }
    assert_well(&world);
}

#[test]
fn a_body_of_a_hundred_megabytes_is_refused_before_it_is_read() {
    let world = quiet();
    let megabyte = vec![b' '; 1024 * 1024];
    for (path, _) in ADDRESSES.iter().filter(|(_, key)| *key == PLATFORM) {
        let length = format!("content-length: {}", 100 * 1024 * 1024);
        let body = std::iter::repeat_n(megabyte.clone(), 100);
        let said =
            raw(&world.program, &mut std::iter::once(head("POST", path, &length)).chain(body));
        // The connection may be cut before the answer is read.
        assert!(said.status == 413 || said.status == 0, "{path}: {said:?}");
        let mut chunk = format!("{:x}\r\n", megabyte.len()).into_bytes();
        chunk.extend_from_slice(&megabyte);
        chunk.extend_from_slice(b"\r\n");
        let chunks = std::iter::repeat_n(chunk, 100);
        let first = std::iter::once(head("POST", path, "transfer-encoding: chunked"));
        let said = raw(&world.program, &mut first.chain(chunks));
        assert!(said.status == 413 || said.status == 0, "{path}: {said:?}");
    }
    assert_well(&world);
}

#[test]
fn a_body_just_over_the_limit_is_told_so() {
    let world = quiet();
    for (path, limit) in [
        ("/openrtb2/auction", 256),
        ("/v1/exposures", 32 * 1024),
        ("/v1/costs", 1024),
        ("/v1/choices", 64),
    ] {
        let body = vec![b' '; limit * 1024 + 1];
        assert_problem(&world.program.send_as_platform(path, &body).unwrap(), 413, None);
    }
}

#[test]
fn a_wrong_place_in_an_address_is_named_in_a_problem_document() {
    let world = quiet();
    for (path, status, field) in [
        ("/v1/ledger/sheets/x", 400, Some("number")),
        ("/v1/ledger/sheets/-1", 400, Some("number")),
        ("/v1/ledger/sheets/18446744073709551616", 400, Some("number")),
        ("/v1/ledger/sheets/%FF", 400, Some("number")),
        ("/v1/ledger/sheets/7000", 404, None),
        ("/v1/partnerships/%FF/keys", 400, Some("id")),
        ("/v1/advertisers/%FF/report", 400, Some("id")),
        ("/tlog/tile/%FF", 400, Some("path")),
        ("/events/win/%FF", 400, Some("token")),
        ("/partners/editions/%FF/edition.json", 400, Some("number")),
        ("/partners/editions/7000/edition.json", 404, None),
        ("/partners/changes.json?from=1&to=7000", 404, None),
        ("/assets/logo", 404, None),
    ] {
        assert_problem(&world.program.look(path).unwrap(), status, field);
    }
    assert_well(&world);
}

#[test]
fn a_wrong_bid_request_names_its_field() {
    let world = quiet();
    let imp = request()["imp"][0].clone();
    for (pointer, wrong, field) in [
        ("/id", json!(null), "id"),
        ("/id", json!(""), "id"),
        ("/id", json!(7), "id"),
        ("/id", json!("x".repeat(300)), "id"),
        ("/imp", json!(null), "imp"),
        ("/imp", json!([]), "imp"),
        ("/imp", json!({}), "imp"),
        ("/imp", json!(["1"]), "imp[0]"),
        ("/imp", json!([{ "banner": { "w": 1, "h": 1 } }]), "imp[0].id"),
        ("/imp", json!([imp, imp]), "imp[1].id"),
        ("/imp", json!([{ "id": "1" }]), "imp[0]"),
        ("/imp/0/banner", json!({}), "imp[0].banner"),
        ("/imp/0/banner", json!({ "w": -1, "h": 50 }), "imp[0].banner.w"),
        ("/imp/0/banner", json!({ "w": "wide", "h": 50 }), "imp[0].banner.w"),
        ("/imp/0/bidfloor", json!("1.0"), "imp[0].bidfloor"),
        ("/imp/0/bidfloor", json!(-1), "imp[0].bidfloor"),
        ("/imp/0/bidfloor", json!(1e300), "imp[0].bidfloor"),
        ("/imp/0/bidfloorcur", json!("dollars"), "imp[0].bidfloorcur"),
        ("/imp/0/video", json!({}), "imp[0].video.mimes"),
        ("/imp/0/native", json!({ "request": "{" }), "imp[0].native.request"),
        ("/imp/0/pmp", json!({ "deals": [{}] }), "imp[0].pmp.deals[0].id"),
        ("/at", json!(7), "at"),
        ("/at", json!("1"), "at"),
        ("/tmax", json!(-5), "tmax"),
        ("/tmax", json!(1.5), "tmax"),
        ("/cur", json!("USD"), "cur"),
        ("/cur", json!(["usd"]), "cur[0]"),
        ("/app", json!(null), "site"),
        ("/app", json!("com.example.reader"), "app"),
        ("/site", json!({ "domain": "news.example" }), "site"),
        ("/device", json!([]), "device"),
        ("/device/lmt", json!("0"), "device.lmt"),
        ("/device/geo", json!("USA"), "device.geo"),
        ("/device/geo", json!({ "country": "de" }), "device.geo.country"),
        ("/device/ifa", json!(7), "device.ifa"),
        ("/user", json!("me"), "user"),
        ("/user/id", json!(7), "user.id"),
        ("/user/ext", json!({ "sluicegate": { "browser": "b" } }), "user.ext.sluicegate"),
        (
            "/user/ext",
            json!({ "sluicegate": { "browser_id": "b".repeat(257) } }),
            "user.ext.sluicegate.browser_id",
        ),
        ("/regs", json!({ "coppa": "1" }), "regs.coppa"),
        ("/badv", json!([7]), "badv[0]"),
    ] {
        let mut one = request();
        put(&mut one, pointer, wrong.clone());
        let (parent, index) = pointer.rsplit_once('/').unwrap();
        if let (Some(Value::Object(map)), Value::Null) = (one.pointer_mut(parent), &wrong) {
            map.remove(index);
        }
        if let Some(rest) = pointer.strip_prefix("/imp/0/") {
            one["imp"][0][rest] = wrong;
        }
        assert_problem(&world.program.post("/openrtb2/auction", &one).unwrap(), 400, Some(field));
    }
    assert!(world.partner.heard().is_empty());
    assert_well(&world);
}

#[test]
fn a_key_that_stands_twice_is_refused_at_any_depth() {
    let world = quiet();
    let text = request().to_string();
    for (once, twice, field) in [
        ("\"tmax\":", "\"tmax\":1,\"tmax\":", "tmax"),
        ("\"w\":", "\"w\":1,\"w\":", "imp[0].banner.w"),
        ("\"lmt\":", "\"lmt\":1,\"l\\u006dt\":", "device.lmt"),
    ] {
        let answer = world
            .program
            .send_as_platform("/openrtb2/auction", text.replacen(once, twice, 1).as_bytes());
        let answer = answer.unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
        let named = answer.json()["field"].as_str().unwrap().trim_start_matches("$.").to_owned();
        assert_eq!(named, field);
    }
    assert!(world.partner.heard().is_empty());
}

#[test]
fn wrong_keys_open_nothing() {
    let world = quiet();
    for (path, key) in ADDRESSES {
        let body = request().to_string();
        for wrong in ["", "sg_test_", "sg_test_platform2", "SG_TEST_PLATFORM", "sg test"] {
            let answer = world.program.send(path, Some(wrong), body.as_bytes()).unwrap();
            assert_problem(&answer, 401, None);
        }
        if path != "/openrtb2/auction" {
            assert_problem(&world.program.send(path, None, body.as_bytes()).unwrap(), 401, None);
        }
        if key == OPERATOR {
            assert_problem(
                &world.program.send(path, PLATFORM, body.as_bytes()).unwrap(),
                403,
                None,
            );
        }
    }
    for (token, status) in [(json!("x"), 400), (json!(""), 400), (json!("A".repeat(9000)), 400)] {
        let answer = world.program.post("/v1/renders", &json!({ "token": token })).unwrap();
        assert_problem(&answer, status, Some("token"));
    }
    assert!(world.partner.heard().is_empty());
}

#[test]
fn a_browser_cannot_say_who_it_is() {
    let partner = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let url = format!("{}/bid", partner.origin());
    let world = start_with(partner, url, "when_withheld = \"contextual\"");
    let body = request().to_string();
    // Once with a key, so that it is seen what the same words are worth there.
    for (key, is_believed) in [(PLATFORM, true), (None, false)] {
        world.partner.forget();
        let has_come = (0..ASKED_MAX).any(|_| {
            let answer = world.program.send("/openrtb2/auction", key, body.as_bytes()).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            // What missed its 50 ms was not heard at all.
            !world.partner.heard().is_empty()
        });
        assert!(has_come, "the partner missed its time again and again");
        for heard in world.partner.heard() {
            let asked = heard.json();
            assert_eq!(asked.pointer("/device/ifa").is_some(), is_believed, "{asked}");
            assert_eq!(asked.get("user").is_some(), is_believed, "{asked}");
            assert!(!String::from_utf8_lossy(&heard.body).contains(ACCOUNT));
        }
    }
}

#[test]
fn a_closed_gate_does_not_show_to_a_browser() {
    let world = quiet();
    // The status is that of no bid.
    let mut gpc = request();
    put(&mut gpc, "/regs", json!({ "ext": { "gpc": "1" } }));
    let answer = world.program.send("/openrtb2/auction", None, gpc.to_string().as_bytes()).unwrap();
    assert_eq!(
        answer.json()["ext"]["seatnonbid"][0]["nonbid"][0]["statuscode"],
        json!(0),
        "{answer:?}"
    );
    assert!(world.partner.heard().is_empty());
}

#[test]
fn unknown_addresses_and_methods_are_problems() {
    let world = quiet();
    for path in
        ["/nothing", "/v1", "/v1/exposure", "/openrtb2", "/v1/choices/", "/%00", "/..%2f..%2fetc"]
    {
        assert_problem(&world.program.get(path).unwrap(), 404, None);
    }
    for (path, _) in ADDRESSES.iter().filter(|(path, _)| *path != "/v1/register/editions") {
        assert_problem(&world.program.get(path).unwrap(), 405, None);
    }
    for (method, path) in
        [("DELETE", "/v1/choices"), ("PUT", "/openrtb2/auction"), ("BREW", "/v1/links")]
    {
        let mut whole = std::iter::once(head(method, path, "content-length: 0"));
        assert_problem(&raw(&world.program, &mut whole), 405, None);
    }
    for (path, accepted) in [("/v1/choices", "identity"), ("/openrtb2/auction", "gzip")] {
        let more = "content-encoding: br\r\ncontent-length: 0";
        let mut whole = std::iter::once(head("POST", path, more));
        let answer = raw(&world.program, &mut whole);
        assert_problem(&answer, 415, Some("Content-Encoding"));
        assert!(answer.text.contains(if accepted == "gzip" { "`gzip`" } else { "without" }));
    }
    let unknown = world.program.look("/v1/nope").unwrap();
    assert_eq!((unknown.status, unknown.json()["status"].as_u64()), (404, Some(404)));
    for nonsense in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{0}\r\n\r\n"] {
        let mut whole = std::iter::once(nonsense.as_bytes().to_vec());
        assert!(raw(&world.program, &mut whole).status >= 400, "{nonsense:?}");
    }
    assert_well(&world);
}

#[test]
fn a_wrong_exposure_refuses_only_itself_and_names_its_field() {
    let world = quiet();
    let good = |id: &str| exposure(id, ACCOUNT, DEVICE, "creative-1");
    let mut all = vec![good("good-1")];
    let wrongs = [
        ("/id", json!("no id at all"), "id"),
        ("/id", json!(7), "id"),
        ("/timestamp_ms", json!(0), "timestamp_ms"),
        ("/timestamp_ms", json!(99_999_999_999_999_i64), "timestamp_ms"),
        ("/timestamp_ms", json!("now"), "timestamp_ms"),
        ("/interaction_type", json!("stare"), "interaction_type"),
        ("/advertiser_id", json!("An Advertiser"), "advertiser_id"),
        ("/campaign_id", json!(null), "campaign_id"),
        ("/creative_id", json!(["cr"]), "creative_id"),
        ("/ad_format", json!("hologram"), "ad_format"),
        ("/viewable_pct", json!(101), "viewable_pct"),
        ("/view_duration_ms", json!(-1), "view_duration_ms"),
        ("/country", json!("Atlantis"), "country"),
        ("/device", json!("phone"), "device"),
        ("/device/ifa", json!(7), "device.ifa"),
        ("/device/lmt", json!("0"), "device.lmt"),
        ("/device/ua", json!("Mozilla/5.0"), "device.ua"),
        ("/email", json!("nobody@example.com"), "email"),
    ];
    for (index, (pointer, wrong, _)) in wrongs.iter().enumerate() {
        let mut one = good(&format!("wrong-{index}"));
        put(&mut one, pointer, wrong.clone());
        all.push(one);
    }
    all.push(all[0].clone());
    all.push(good("good-2"));
    let answer = world.program.post("/v1/exposures", &json!(all)).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    let results = answer.json()["results"].as_array().unwrap().clone();
    let statuses: Vec<_> = results.iter().map(|one| one["status"].as_str().unwrap()).collect();
    let mut expected = vec!["accepted"];
    expected.extend(wrongs.iter().map(|_| "refused"));
    expected.extend(["duplicate", "accepted"]);
    assert_eq!(statuses, expected);
    for ((_, _, field), result) in wrongs.iter().zip(&results[1..]) {
        assert_eq!(result["field"], json!(field), "{result}");
    }
    let many: Vec<_> = (0..10_001).map(|n| good(&n.to_string())).collect();
    assert_problem(&world.program.post("/v1/exposures", &json!(many)).unwrap(), 413, None);
    assert_well(&world);
}

#[test]
fn wrong_small_requests_name_their_field() {
    let world = quiet();
    let choice = |key: Value| json!({ "key": key, "setting": "sharing", "value": "off", "words": "w", "language": "en" });
    let mut others = Vec::new();
    let zero = "00000000-0000-0000-0000-000000000000";
    for (path, body, field) in [
        ("/v1/choices", choice(json!({ "account": "" })), Some("key.account")),
        ("/v1/choices", choice(json!({ "account": "x".repeat(300) })), Some("key.account")),
        ("/v1/choices", choice(json!({ "device": zero })), Some("key.device")),
        ("/v1/choices", choice(json!({ "email": "a" })), Some("key.email")),
        ("/v1/choices", choice(json!({ "account": "a", "device": "b" })), Some("key")),
        ("/v1/choices/query", json!({ "key": { "account": 7 } }), Some("key.account")),
        ("/v1/choices/query", json!({ "key": { "account": "a" }, "more": 1 }), Some("more")),
        ("/v1/links", json!({ "account": "", "with": { "device": DEVICE } }), Some("account")),
        ("/v1/links", json!({ "account": "a", "with": { "account": "b" } }), Some("with")),
        ("/v1/profiles", json!({ "account": "a", "country": "Atlantis" }), Some("country")),
        (
            "/v1/choices",
            json!({ "key": { "account": "a" }, "setting": "sharing", "value": "off", "language": "en" }),
            Some("words"),
        ),
        (
            "/v1/profiles",
            json!({ "account": "a", "protection_age": { "years": 131, "source": "declared" } }),
            Some("protection_age.years"),
        ),
        ("/v1/profiles", json!({ "account": "a", "email": "nobody@example.com" }), Some("email")),
    ] {
        let answer = world.program.post(path, &body).unwrap();
        assert_eq!(answer.status, 400, "{path} {body}: {answer:?}");
        if answer.json()["field"].as_str() != field {
            others.push(format!("{path} {body}: {answer:?}"));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    for value in ["maybe", "ON", ""] {
        let mut wrong = choice(json!({ "account": "a" }));
        put(&mut wrong, "/value", json!(value));
        assert_problem(&world.program.post("/v1/choices", &wrong).unwrap(), 400, Some("value"));
    }
    for (pointer, wrong, field) in [
        ("/language", "!!!", "language"),
        ("/language", "", "language"),
        ("/setting", "all", "setting"),
    ] {
        let mut choice = choice(json!({ "account": "a" }));
        put(&mut choice, pointer, json!(wrong));
        assert_problem(&world.program.post("/v1/choices", &choice).unwrap(), 400, Some(field));
    }
    let mut on = choice(json!({ "account": "a" }));
    put(&mut on, "/value", json!("on"));
    put(&mut on, "/actor", json!("gpc"));
    assert_problem(&world.program.post("/v1/choices", &on).unwrap(), 400, Some("actor"));
    let backwards = json!({ "key": { "account": "a" }, "from_ms": 2, "to_ms": 1 });
    assert_problem(
        &world.program.operate("/v1/disclosures/query", &backwards).unwrap(),
        400,
        Some("to_ms"),
    );
}

#[test]
fn a_wrong_register_is_refused_as_a_whole_and_the_edition_stays() {
    let world = quiet();
    let before = world.program.look("/v1/status").unwrap().json()["edition_hash"].clone();
    for (file, old, new) in [
        ("demo-measurement.toml", "kind = \"conversion_tracking\"", "kind = \"tracking\""),
        ("demo-measurement.toml", "via = \"events\"", "via = \"carrier_pigeon\""),
        ("demo-measurement.toml", "retention_days = 180", "retention_days = -1"),
        ("demo-measurement.toml", "start = 2025-01-01", "start = \"soon\""),
        ("demo-measurement.toml", "role = ", "roll = "),
        ("demo-bidder-north.toml", "[partnership.linking]", "[partnership.linked]"),
        ("demo-bidder-north.toml", "\"plumbing\", \"context\"", "\"names\", \"context\""),
        ("demo-bidder-north.toml", "http://127.0.0.1:9101", "ftp://127.0.0.1:9101"),
        ("advertisers.toml", "[\"demo-measurement\"]", "[\"nobody\"]"),
        ("inventory.toml", "[publisher]", "[publisher"),
        ("inventory.toml", "domain = \"news.example\"", "domain = \"not a domain\""),
    ] {
        let mut files = demo_files().unwrap();
        let (_, text) = files.iter_mut().find(|(name, _)| name == file).unwrap();
        assert!(text.contains(old), "{file} has no `{old}`");
        *text = text.replace(old, new);
        let answer = world.program.publish(&files).unwrap();
        assert_problem(&answer, 400, Some("files"));
        assert!(answer.text.contains(file), "{answer:?}");
    }
    let none: [(String, String); 0] = [];
    assert_problem(&world.program.publish(&none).unwrap(), 400, Some("files"));
    assert_eq!(world.program.look("/v1/status").unwrap().json()["edition_hash"], before);
    assert_well(&world);
}

/// A partner that answers with this.
fn answering(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> World {
    let partner = RecordingPartner::start(answer).unwrap();
    let url = format!("{}/bid", partner.origin());
    start(partner, url)
}

fn bid(heard: &Heard) -> Value {
    json!({
        "id": heard.json()["id"], "cur": "USD", "seatbid": [{ "bid": [{
            "id": "b", "impid": "1", "price": 2.0, "adm": "<b>An ad</b>", "adomain": ["advertiser.example"],
            "crid": "c", "w": 320, "h": 50,
        }] }],
    })
}

/// Asks once and returns the status of the seat, `None` where it won.
#[track_caller]
fn heard_as(world: &World) -> Option<u64> {
    // On a busy machine a partner can miss the 50 ms in which its message may go (101).
    let asked = (0..ASKED_MAX).find_map(|_| {
        let answer = world.program.post("/openrtb2/auction", &request()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = answer.json();
        let status = body["ext"]["seatnonbid"][0]["nonbid"][0]["statuscode"].as_u64();
        (status != Some(101)).then_some((body, status))
    });
    let (body, status) = asked.expect("the partner was asked in time once");
    assert_eq!(body["id"], "r");
    assert_eq!(status.is_none(), body["seatbid"][0]["bid"][0]["price"].is_number(), "{body}");
    assert_eq!(world.program.get("/readyz").unwrap().status, 200);
    status
}

#[test]
fn a_proper_bid_wins_beside_all_the_wrong_ones() {
    assert_eq!(heard_as(&answering(|heard| Reply::json(bid(heard).to_string()))), None);
}

/// Each wrong bid is a change of a proper one.
#[test]
fn a_wrong_answer_is_no_bid_with_its_reason() {
    let changes: [(&str, Value, u64); 16] = [
        ("/id", json!("another"), 102),
        ("/id", json!(null), 102),
        ("/id", json!(7), 102),
        ("/cur", json!("EUR"), 500),
        ("/cur", json!("doubloons"), 500),
        ("/seatbid", json!([]), 0),
        ("/seatbid", json!("none"), 102),
        ("/seatbid/0/bid", json!([]), 0),
        ("/seatbid/0/bid/0/impid", json!("99"), 300),
        ("/seatbid/0/bid/0/impid", json!("r"), 300),
        ("/seatbid/0/bid/0/price", json!(0.99), 301),
        ("/seatbid/0/bid/0/price", json!(-2.0), 300),
        ("/seatbid/0/bid/0/price", json!(0), 300),
        ("/seatbid/0/bid/0/price", json!("NaN"), 300),
        ("/seatbid/0/bid/0/adm", json!(null), 350),
        ("/seatbid/0/bid/0/nurl", json!("http://elsewhere.example/win"), 501),
    ];
    for (pointer, wrong, expected) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let (parent, key, said) = (parent.to_owned(), key.to_owned(), wrong.clone());
        let world = answering(move |heard| {
            let mut answer = bid(heard);
            answer.pointer_mut(&parent).unwrap()[&key] = wrong.clone();
            Reply::json(answer.to_string())
        });
        assert_eq!(heard_as(&world), Some(expected), "{pointer} = {said}");
    }
}

#[test]
fn an_answer_that_is_none_is_no_bid_with_its_reason() {
    for (body, expected) in [
        (b"".as_slice(), 0),
        (b"{}", 0),
        (b"null", 102),
        (b"not JSON", 102),
        (b"{\"id\":", 102),
        (b"\xff\xff", 102),
        (b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 102),
        (b"{\"id\":\"r\",\"seatbid\":[{\"bid\":[{\"id\":\"b\",\"impid\":\"1\",\"price\":NaN}]}]}", 102),
        (b"{\"id\":\"r\",\"id\":\"r\"}", 102),
    ] {
        let world = answering(move |_| Reply::json(body));
        assert_eq!(heard_as(&world), Some(expected), "{}", String::from_utf8_lossy(body));
    }
    for (status, expected) in [(204, 0), (400, 100), (404, 100), (500, 100), (503, 100), (301, 100)]
    {
        let world = answering(move |_| Reply::status(status));
        assert_eq!(heard_as(&world), Some(expected), "{status}");
    }
    let huge = vec![b' '; 32 * 1024 * 1024];
    assert_eq!(heard_as(&answering(move |_| Reply::json(huge.clone()))), Some(102));
}

#[test]
fn an_answer_without_end_or_beginning_is_no_bid_with_its_reason() {
    for (manner, expected) in [
        (Manner::Endless, vec![102]),
        (Manner::Halves, vec![102]),
        (Manner::Closes, vec![102, 103]),
    ] {
        let world = answering(move |_| Reply::json(vec![b' '; 64 * 1024]).sent(manner));
        let status = heard_as(&world).unwrap();
        assert!(expected.contains(&status), "{manner:?}: {status}");
        // The next one is asked as if nothing had been.
        assert!(heard_as(&world).is_some());
    }
}

#[test]
fn a_partner_that_says_nothing_costs_its_time_and_no_more() {
    let world = answering(|_| Reply::status(204).sent(Manner::Silent));
    let mut hasty = request();
    put(&mut hasty, "/tmax", json!(150));
    let answer = world.program.post("/openrtb2/auction", &hasty).unwrap().json();
    assert_eq!(answer["ext"]["seatnonbid"][0]["nonbid"][0]["statuscode"], json!(101), "{answer}");
    assert_eq!(world.program.get("/readyz").unwrap().status, 200);
}

#[test]
fn a_partner_whose_answer_drips_costs_its_time_and_no_more() {
    let world = answering(|_| Reply::status(200).sent(Manner::Drips));
    let mut hasty = request();
    put(&mut hasty, "/tmax", json!(150));
    let has_come = (0..ASKED_MAX).any(|_| {
        let answer = world.program.post("/openrtb2/auction", &hasty).unwrap().json();
        let status = &answer["ext"]["seatnonbid"][0]["nonbid"][0]["statuscode"];
        assert_eq!(*status, json!(101), "{answer}");
        // What missed its 50 ms was not heard at all.
        !world.partner.heard().is_empty()
    });
    assert!(has_come, "the partner missed its time again and again");
    assert_eq!(world.program.get("/readyz").unwrap().status, 200);
}

#[test]
fn a_partner_that_is_not_there_or_hangs_up_is_no_bid_with_its_reason() {
    // A port that is never given out, so that no other test listens there.
    let nobody = "127.0.0.1:1";
    let quiet = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let world = start(quiet.clone(), format!("http://{nobody}/bid"));
    assert_eq!(heard_as(&world), Some(103));
    let rude = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = rude.local_addr().unwrap();
    // What it leaves unread makes the end of the connection a reset.
    thread::spawn(move || {
        for mut stream in rude.incoming().flatten() {
            drop(stream.read(&mut [0; 1]));
        }
    });
    let world = start(quiet, format!("http://{address}/bid"));
    let status = heard_as(&world).unwrap();
    assert!([102, 103].contains(&status), "{status}");
}

#[test]
fn a_bid_that_repeats_an_identifier_is_not_heard() {
    for field in ["adm", "nurl", "burl", "lurl"] {
        let world = answering(move |heard| {
            let mut answer = bid(heard);
            let ifa = heard.json()["device"]["ifa"].as_str().unwrap().to_uppercase();
            let host = heard.header("host").unwrap();
            answer["seatbid"][0]["bid"][0][field] = json!(format!("http://{host}/{ifa}"));
            Reply::json(answer.to_string())
        });
        assert_eq!(heard_as(&world), Some(502), "{field}");
        assert!(world.partner.heard().iter().all(|one| one.path() == "/bid"));
    }
}
