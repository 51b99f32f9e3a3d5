//! Partners are told to forget, by signed messages of ids only, also when the program is killed in between;
//! an erased person is forgotten at the partners, too; and tokens of requests to delete are understood both
//! ways by a library that is not ours.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Heard, Program, RecordingPartner, Reply, Setup,
    sample::{choice, demo_register, exposure, now_ms, webhook_secrets, welcome},
};
use std::{
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};
use tempfile::TempDir;

const PERSON: &str = "person-1";
const DEVICE: &str = "44444444-5555-4666-8777-888888888888";
const RECALLS: &str = "/recalls";

/// Messages as soon as somebody is owed one.
const AT_ONCE: &str = "[recall]\nevery_ms = 100\npeople_min = 1\nretry_faster_by = 10_000\n";
/// The first look is the only one for a day.
const LATER: &str = "[recall]\nevery_ms = 86_400_000\npeople_min = 1\n";

struct World {
    program: Program,
    setup: Setup,
    north: RecordingPartner,
    measurement: RecordingPartner,
    files: Vec<(String, String)>,
    dir: TempDir,
}

fn start(more: &str, measurement: RecordingPartner) -> World {
    let north = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[measurement]\nidle_ms = 10\nbatch_age_ms = 0\n[exchange]\ntmax_max_ms = 10_000\n{more}{}",
            webhook_secrets(&["demo-measurement"])
        ),
    };
    let program = Program::start(&setup).unwrap();
    let files = demo_register(&north, &north, &measurement).unwrap();
    let dsrdelete =
        format!("lapse_hours = 72\ndsrdelete_url = \"{}/dsrdelete.json\"", measurement.origin());
    let files: Vec<_> = files
        .into_iter()
        .map(|(name, text)| {
            let text = text.replace("timeout_ms = 200\n", "timeout_ms = 20_000\n");
            let is_measurement = name == "demo-measurement.toml";
            let text =
                if is_measurement { text.replace("lapse_hours = 72", &dsrdelete) } else { text };
            (name, text)
        })
        .collect();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, PERSON).unwrap();
    World { program, setup, north, measurement, files, dir }
}

impl World {
    fn auction(&self) {
        let request = json!({
            "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
            "app": { "bundle": "com.example.reader" }, "user": { "id": PERSON }, "regs": { "coppa": 0 },
            "device": { "ifa": DEVICE, "lmt": 0, "geo": { "country": "USA" }, "ip": "203.0.113.7" },
        });
        assert_eq!(self.program.post("/openrtb2/auction", &request).unwrap().status, 200);
    }

    fn expose(&self) {
        let one = exposure("e-1", PERSON, DEVICE, "cr-1");
        let answer = self.program.post("/v1/exposures", &one).unwrap();
        assert_eq!(answer.json()["results"][0]["status"], "accepted", "{answer:?}");
    }

    fn turn_off(&self) {
        let off = self.program.post("/v1/choices", &choice(PERSON, "sharing", "off")).unwrap();
        assert_eq!(off.status, 200);
    }

    fn standing(&self) -> Vec<Value> {
        let query = json!({ "key": { "account": PERSON } });
        let answer = self.program.post("/v1/recalls/query", &query).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json().as_array().unwrap().clone()
    }
}

fn at(heard: &[Heard], path: &str) -> Vec<Heard> {
    heard.iter().filter(|one| one.path() == path).cloned().collect()
}

fn ids(recalls: &[Heard]) -> Vec<String> {
    let ids = recalls
        .iter()
        .flat_map(|one| one.json()["data"]["disclosure_ids"].as_array().unwrap().clone());
    let mut ids: Vec<String> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn asked(heard: &[Heard]) -> Vec<String> {
    let bids = at(heard, "/openrtb2/bid");
    let mut ids: Vec<String> =
        bids.iter().map(|one| one.json()["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn partners_are_told_to_forget_by_the_ids_they_got_and_the_person_sees_it() {
    let world = start(AT_ONCE, RecordingPartner::start(|_| Reply::status(204)).unwrap());
    world.auction();
    world.expose();
    assert!(world.measurement.wait_until(|heard| !at(heard, "/events").is_empty()));
    world.turn_off();
    assert!(world.measurement.wait_until(|heard| !at(heard, RECALLS).is_empty()));
    let events = at(&world.measurement.heard(), "/events");
    let told = events[0].json()["data"]["records"][0]["disclosure_id"].as_str().unwrap().to_owned();
    let recalls = at(&world.measurement.heard(), RECALLS);
    assert_eq!(ids(&recalls), [told]);
    assert_eq!(recalls[0].json()["type"], "disclosure.recalled");
    let secret = format!("whsec_{}", "c2VjcmV0".repeat(4));
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| {
        let value = recalls[0].header(name).unwrap().parse().unwrap();
        (name.parse::<http::HeaderName>().unwrap(), value)
    });
    let headers = http::HeaderMap::from_iter(headers);
    let verifier = standardwebhooks::Webhook::new(&secret).unwrap();
    assert!(verifier.verify(&recalls[0].body, &headers).is_ok());
    for word in [PERSON, DEVICE, "demo-measurement"] {
        assert!(!String::from_utf8_lossy(&recalls[0].body).contains(word), "{word}");
    }
    let done = |standing: &[Value]| {
        standing.len() >= 2 && standing.iter().all(|one| one["acknowledged"] == one["disclosures"])
    };
    let mut standing = world.standing();
    while !done(&standing) {
        thread::yield_now();
        standing = world.standing();
    }
    // Two bidders listen where `north` does; both were asked.
    let heard = world.north.heard();
    assert_eq!(ids(&at(&heard, RECALLS)), asked(&heard));
}

#[test]
fn a_recall_that_is_owed_when_the_program_is_killed_is_sent() {
    let world = start(LATER, RecordingPartner::start(|_| Reply::status(204)).unwrap());
    world.auction();
    let told = asked(&world.north.heard());
    assert!(!told.is_empty());
    world.turn_off();
    let World { program, mut setup, north, measurement, dir: _dir, .. } = world;
    program.kill().unwrap();
    assert!(at(&north.heard(), RECALLS).is_empty());
    setup.more = setup.more.replace(LATER, AT_ONCE);
    let _program = Program::start(&setup).unwrap();
    assert!(north.wait_until(|heard| ids(&at(heard, RECALLS)).len() == told.len()));
    assert_eq!(ids(&at(&north.heard(), RECALLS)), told);
    drop(measurement);
}

/// A program that answers questions a line at a time.
struct Peer {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    process: Child,
}

impl Peer {
    /// Starts the published library for JSON Web Tokens, where it is installed.
    fn start() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        if !folder.join("node_modules/jose").is_dir() {
            skipped();
            return None;
        }
        let mut process = Command::new("node")
            .arg(folder.join("deletion.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Some(Self { input, output, process })
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.input, "{question}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn sign(&mut self, claims: &Value, key: &Value) -> Value {
        self.ask(&json!({ "sign": claims, "key": key }))
    }

    fn verify(&mut self, token: &Value, key: &Value) -> Value {
        self.ask(&json!({ "verify": token, "key": key }))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[expect(clippy::print_stderr, reason = "a check that does not run says so")]
fn skipped() {
    let is_required = std::env::var_os("SLUICEGATE_PEERS").is_some_and(|word| word == "required");
    assert!(!is_required, "the library is not installed, and SLUICEGATE_PEERS asks for it");
    eprintln!("skipped: jose is not installed in crates/sluicegate/peers");
}

#[test]
fn a_published_library_and_the_program_understand_each_others_requests_to_delete() {
    let Some(peer) = Peer::start() else { return };
    let peer = Arc::new(Mutex::new(peer));
    let pair = peer.lock().unwrap().ask(&json!({ "make": true }));
    let (asking, listing) = (Arc::clone(&peer), Arc::new(Mutex::new(Value::Null)));
    let (published, private) = (Arc::clone(&listing), pair["private"].clone());
    let measurement = RecordingPartner::start(move |heard| match heard.path() {
        "/dsrdelete.json" => Reply::json(published.lock().unwrap().to_string()),
        "/delete" => {
            let acknowledgement = json!({
                "version": "1.0", "rqJWT": heard.json()["rqJWT"], "jti": "a-1", "iss": "127.0.0.1",
                "iat": now_ms() / 1_000, "raResultCode": 0,
            });
            let token = asking.lock().unwrap().sign(&acknowledgement, &private);
            Reply { status: 202, ..Reply::json(json!({ "acJWT": token }).to_string()) }
        }
        _ => Reply::status(204),
    })
    .unwrap();
    *listing.lock().unwrap() = json!({
        "endpoint": format!("{}/delete", measurement.origin()),
        "identifiers": [{ "id": 1, "type": "device_id", "format": "raw" }],
        "publicKey": [pair["public"]],
        "vendorScriptRequirement": false,
    });
    let world = start(AT_ONCE, measurement);
    world.expose();
    assert!(world.measurement.wait_until(|heard| !at(heard, "/events").is_empty()));
    let erase = json!({ "key": { "account": PERSON } });
    assert_eq!(world.program.post("/v1/people/erase", &erase).unwrap().status, 204);
    assert!(world.measurement.wait_until(|heard| !at(heard, "/delete").is_empty()));

    let ours = world.program.get("/dsrdelete.json").unwrap().json();
    let key = &ours["publicKey"][0];
    let asked = at(&world.measurement.heard(), "/delete")[0].json();
    let request = peer.lock().unwrap().verify(&asked["rqJWT"], key);
    let events = at(&world.measurement.heard(), "/events")[0].json();
    let record = &events["data"]["records"][0];
    assert_eq!(request["sub"]["identifierValue"], record["device_id_hash"], "{request}");
    let identity = peer.lock().unwrap().verify(&request["idJWT"], key);
    assert_eq!(identity["sub"], request["sub"]);
    assert!(world.measurement.wait_until(|heard| !at(heard, RECALLS).is_empty()));

    let subject = json!({
        "identifierValue": DEVICE, "identifierType": "ifa", "identifierFormat": "raw",
    });
    let now = now_ms() / 1_000;
    let mut claims = json!({
        "version": "1.0", "jti": "i-1", "iss": "127.0.0.1", "sub": subject, "iat": now,
    });
    let id_jwt = peer.lock().unwrap().sign(&claims, &pair["private"]);
    claims["idJWT"] = id_jwt;
    claims["jti"] = json!("r-1");
    let rq_jwt = peer.lock().unwrap().sign(&claims, &pair["private"]);
    let body = json!({ "rqJWT": rq_jwt }).to_string();
    let answer = world.program.send("/dsrdelete", None, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    let proof = peer.lock().unwrap().verify(&answer.json()["acJWT"], key);
    assert_eq!((&proof["raResultCode"], &proof["rqJWT"]), (&json!(0), &rq_jwt));
    let flipped = body.replacen("eyJ", "eyK", 1);
    let refused = world.program.send("/dsrdelete", None, flipped.as_bytes()).unwrap();
    assert_eq!(refused.status, 400, "{refused:?}");
    let query = json!({ "key": { "device": DEVICE } });
    let is_off =
        || world.program.post("/v1/choices/query", &query).unwrap().json()["sharing"] == "off";
    while !is_off() {
        thread::yield_now();
    }
}

#[test]
fn a_partner_that_is_no_longer_listed_is_told_to_forget_and_nothing_else() {
    let world = start(AT_ONCE, RecordingPartner::start(|_| Reply::status(204)).unwrap());
    world.expose();
    assert!(world.measurement.wait_until(|heard| !at(heard, "/events").is_empty()));
    let mut files = world.files.clone();
    files.retain(|(name, _)| name != "demo-measurement.toml");
    for (_, text) in &mut files {
        *text = text.replace("measurement = [\"demo-measurement\"]\n", "");
    }
    let published = world.program.publish(&files).unwrap();
    assert_eq!(published.status, 200, "{published:?}");
    assert!(!world.program.get("/partners.json").unwrap().text.contains("\"demo-measurement\""));
    // What happens from now on is not told.
    let later = exposure("e-2", PERSON, DEVICE, "cr-1");
    assert_eq!(world.program.post("/v1/exposures", &later).unwrap().status, 202);
    world.turn_off();
    assert!(world.measurement.wait_until(|heard| !at(heard, RECALLS).is_empty()));
    let heard = world.measurement.heard();
    let events = at(&heard, "/events");
    let told = events[0].json()["data"]["records"][0]["disclosure_id"].as_str().unwrap().to_owned();
    assert_eq!((events.len(), ids(&at(&heard, RECALLS))), (1, vec![told]));
    let is_known = |one: &Value| {
        one["partnership"] == "demo-measurement"
            && one["reachable"] == true
            && one["acknowledged"] == 1
    };
    let is_seen = (0..2_000).any(|_| world.standing().iter().any(is_known));
    assert!(is_seen, "{:?}", world.standing());
}

/// Moves every record into files, as the program does with those of a month ago.
fn roll(data: &Path) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = sluicegate_store::Sqlite::open(data).await.unwrap();
        let tomorrow = i64::try_from(now_ms() / 86_400_000).unwrap() + 1;
        let moved = store.roll(sluicegate_ledger::Day(tomorrow)).await.unwrap();
        assert!(moved.told > 0 && moved.packs > 0, "{moved:?}");
        moved.files
    })
}

#[test]
fn records_in_files_are_called_back_exported_proved_and_erased_like_others() {
    let measurement = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let world = start(AT_ONCE, measurement);
    world.auction();
    world.expose();
    assert!(world.measurement.wait_until(|heard| !at(heard, "/events").is_empty()));
    let World { program, setup, north, measurement, files, dir } = world;
    program.kill().unwrap();
    assert!(roll(&dir.path().join("data")) >= 2);
    let program = Program::start(&setup).unwrap();
    let world = World { program, setup, north, measurement, files, dir };
    let who = json!({ "key": { "account": PERSON } });
    let told = || {
        let answer = world.program.operate("/v1/disclosures/query", &who).unwrap().json();
        let records = answer["records"].as_array().unwrap().clone();
        records.into_iter().filter(|one| one["record"] == "disclosure").count()
    };
    assert!(told() >= 2, "a bid request and an exposure, at least");

    world.turn_off();
    assert!(world.measurement.wait_until(|heard| !at(heard, RECALLS).is_empty()));
    let event = at(&world.measurement.heard(), "/events")[0].json();
    let id = event["data"]["records"][0]["disclosure_id"].as_str().unwrap().to_owned();
    assert_eq!(ids(&at(&world.measurement.heard(), RECALLS)), std::slice::from_ref(&id));

    let key = world.program.verb(&["ledger", "key"]).unwrap().trim().to_owned();
    let verify = |path: &Path| {
        let mut verify = Command::new(env!("CARGO_BIN_EXE_sluicegate"));
        let done = verify.arg("verify").arg(path).args(["--key", &key]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let folder = world.dir.path().join("export");
    let export = || {
        world.program.verb(&["ledger", "export", folder.to_str().unwrap()]).unwrap();
        verify(&folder)
    };
    assert!(export().contains("0 keys of people were destroyed"));
    let proof = world.dir.path().join("disclosure.tlog-proof");
    let prove =
        ["ledger", "prove", "--account", PERSON, "--disclosure", &id, proof.to_str().unwrap()];
    world.program.verb(&prove).unwrap();
    assert!(verify(&proof).contains(&id));

    world.program.verb(&["erase", "--account", PERSON]).unwrap();
    assert_eq!(told(), 0, "nothing of it opens any more");
    assert!(world.program.verb(&prove).is_err());
    let is_in_the_log = |_| export().contains("1 keys of people were destroyed");
    assert!((0..200).any(is_in_the_log));
    assert!(verify(&proof).contains(&id), "a proof from before still holds");
}

/// Runs a few lines of Python over a database of a program that does not run.
fn query(database: &Path, script: &str) -> String {
    let script = format!("import sqlite3, sys\ndatabase = sqlite3.connect(sys.argv[1])\n{script}");
    let done = Command::new("python3").args(["-c", &script]).arg(database).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_damaged_record_holds_up_no_start_and_no_erasure() {
    const DAMAGE: &str = "sql = 'SELECT pack, leaves FROM ledger_pack ORDER BY pack'
for pack, leaves in database.execute(sql).fetchall()[:1]:
    middle = len(leaves) // 2
    leaves = leaves[:middle] + bytes([leaves[middle] ^ 1]) + leaves[middle + 1:]
    database.execute('UPDATE ledger_pack SET leaves = ? WHERE pack = ?', (leaves, pack))
database.commit()";
    // New keys wait for some time.
    const KEYS: &str =
        "sql = 'SELECT (SELECT count(*) FROM key WHERE kind = 1) + (SELECT count(*) FROM waiting)'
print(database.execute(sql).fetchone()[0])";
    let measurement = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let world = start(AT_ONCE, measurement);
    let alone = json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "regs": { "coppa": 0 },
        "device": { "ifa": DEVICE, "lmt": 0, "geo": { "country": "USA" }, "ip": "203.0.113.7" },
    });
    assert_eq!(world.program.post("/openrtb2/auction", &alone).unwrap().status, 200);
    world.auction();
    let data = world.dir.path().join("data");
    world.program.kill().unwrap();
    query(&data.join("sluicegate.sqlite3"), DAMAGE);
    assert_ne!(query(&data.join("keys.sqlite3"), KEYS), "0");
    let program = Program::start(&world.setup).unwrap();
    let erase = json!({ "key": { "device": DEVICE } });
    assert_eq!(program.post("/v1/people/erase", &erase).unwrap().status, 204);
    program.kill().unwrap();
    assert_eq!(query(&data.join("keys.sqlite3"), KEYS), "0");
    let program = Program::start(&world.setup).unwrap();
    assert_eq!(program.get("/healthz").unwrap().status, 200, "it goes on with what is unfinished");
    let said = program.verb(&["ledger", "check"]).unwrap_err();
    assert!(format!("{said:?}").contains("not everything could be compared"), "{said:?}");
    program.end().unwrap();
}

/// Somebody who reads the database for long.
struct Reader(Child, ChildStdin);

impl Reader {
    /// Begins to read, and returns once it has begun.
    fn begin(database: &Path) -> Self {
        const SCRIPT: &str = "import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('BEGIN')
database.execute('SELECT count(*) FROM settings_history').fetchone()
print('reads', flush=True)
sys.stdin.read()";
        let mut child = Command::new("python3")
            .args(["-c", SCRIPT])
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert_eq!(line, "reads\n");
        Self(child, input)
    }

    fn end(self) {
        let Self(mut child, input) = self;
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}

/// Returns whether a file of the data directory has these bytes.
fn is_on_disk(data: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(data).unwrap().any(|entry| {
        // Files come and go.
        let content = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn an_erasure_waits_for_whoever_reads_the_database_and_ends_once_nothing_is_left_on_the_disk() {
    const WORDS: &str = "The words of somebody who goes";
    const UNFINISHED: &str =
        "print(database.execute('SELECT count(*) FROM settings_erasure').fetchone()[0])";
    let effect = "[settings]\ntakes_effect_within_ms = 1_000\nrefresh_every_ms = 250\n";
    let world = start(effect, RecordingPartner::start(|_| Reply::status(204)).unwrap());
    let data = world.dir.path().join("data");
    let database = data.join("sluicegate.sqlite3");
    let mut chosen = choice(PERSON, "sharing", "off");
    chosen["words"] = json!(WORDS);
    assert_eq!(world.program.post("/v1/choices", &chosen).unwrap().status, 200);
    let reader = Reader::begin(&database);
    let erase = json!({ "key": { "account": PERSON } });
    assert_eq!(world.program.post("/v1/people/erase", &erase).unwrap().status, 204);
    // It would have ended twice the bound later, at the next look.
    let ended = now_ms() + 5_000;
    while now_ms() < ended {
        assert_eq!(world.program.get("/healthz").unwrap().status, 200);
        assert!(is_on_disk(&data, WORDS.as_bytes()), "they are in the log");
    }
    assert_eq!(query(&database, UNFINISHED), "1");
    reader.end();
    while is_on_disk(&data, WORDS.as_bytes()) {
        assert_eq!(world.program.get("/healthz").unwrap().status, 200);
        assert!(now_ms() < ended + 60_000, "it is never tried again");
    }
    while query(&database, UNFINISHED) != "0" {
        assert!(now_ms() < ended + 60_000, "what is gone is never written down as finished");
    }
}
