//! The running program is killed with `kill -9` at random points, again and again, under auctions, exposures and
//! notices. Every byte that a partner received is in the exported record, by its digest, or came inside a window
//! that the next start declared (P8), for its path and of the process that was killed; what an answered auction asked is
//! recorded in any case; and the log over the record only ever grew (P9).
//!
//! `cargo xtask soak` runs it for thousands of kills.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::{UncertainWindow, log::sheet, pack};
use sluicegate_testkit::{
    Heard, Program, RecordingPartner, Reply, Setup,
    sample::{demo_register, exposure, now_ms, webhook_secrets},
};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
};

const KILLS: usize = 50;
/// The variable by which `cargo xtask soak` asks for more.
const MORE_KILLS: &str = "SLUICEGATE_SOAK_KILLS";
/// The variable by which it asks for the same points again.
const SEED: &str = "SLUICEGATE_SOAK_SEED";
/// After how many answers at most the next kill comes.
const ANSWERS_MAX: usize = 40;
/// After how many kills the record is exported and checked.
const CHECK_EVERY: usize = 10;
/// After how many kills it says how many there were.
const REPORT_EVERY: usize = 100;
/// How long after the end of its window a byte may be on its way to a partner on a busy machine.
const ON_THE_WAY_MS: u64 = 5_000;
/// How often the log is looked at until it has everything.
const LOOKS_MAX: usize = 600;
/// How often it is looked whether what waited for a partner went on.
const WAITS_MAX: usize = 20_000;

const BINARY: &str = env!("CARGO_BIN_EXE_sluicegate");

fn kills() -> usize {
    let asked = std::env::var_os(MORE_KILLS).and_then(|count| count.to_str()?.parse().ok());
    asked.unwrap_or(KILLS)
}

/// Bids always, and asks for every notice there is.
fn bid(heard: &Heard) -> Reply {
    if !heard.path().starts_with("/openrtb2") {
        return Reply::status(204);
    }
    let (request, host) = (heard.json(), heard.header("host").unwrap());
    let notice = |name: &str| format!("http://{host}/{name}/${{AUCTION_ID}}");
    let bid = json!({
        "id": "b", "impid": request["imp"][0]["id"], "price": 2.5, "adm": "<b>An ad</b>", "crid": "c",
        "burl": notice("bill"), "nurl": notice("win"), "lurl": notice("loss"),
        "adomain": ["advertiser.example"], "w": 320, "h": 50,
    });
    Reply::json(
        json!({ "id": request["id"], "cur": "USD", "seatbid": [{ "bid": [bid] }] }).to_string(),
    )
}

fn bid_request(account: &str) -> Value {
    json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": account }, "regs": { "coppa": 0 },
        "device": { "lmt": 0, "model": account, "geo": { "country": "USA" } },
    })
}

struct World {
    setup: Setup,
    dir: PathBuf,
    north: RecordingPartner,
    south: RecordingPartner,
    measurement: RecordingPartner,
    files: Vec<(String, String)>,
}

impl World {
    fn new(dir: &Path) -> Self {
        let (north, south) =
            (RecordingPartner::start(bid).unwrap(), RecordingPartner::start(bid).unwrap());
        let measurement = RecordingPartner::start(|_| Reply::status(204)).unwrap();
        let setup = Setup {
            binary: PathBuf::from(BINARY),
            dir: dir.to_owned(),
            more: format!(
                "[exchange]\ntmax_max_ms = 10_000\n[measurement]\nidle_ms = 10\nretry_faster_by = 1_000\n\
                 [ledger]\nsheet_every_ms = 100\n[log]\nlevel = \"error\"\n{}",
                webhook_secrets(&[
                    "demo-measurement",
                    "demo-delivery-auditor",
                    "demo-bidder-north-invoices"
                ])
            ),
        };
        let files = demo_register(&north, &south, &measurement).unwrap().into_iter();
        let files = files
            .map(|(name, text)| (name, text.replace("timeout_ms = 200\n", "timeout_ms = 20_000\n")))
            .collect();
        Self { setup, dir: dir.to_owned(), north, south, measurement, files }
    }

    fn received(&self) -> Vec<(String, Heard)> {
        let partners = [&self.north, &self.south, &self.measurement];
        let of = |partner: &RecordingPartner| {
            let origin = partner.origin();
            partner.heard().into_iter().map(move |heard| (origin.clone(), heard))
        };
        partners.into_iter().flat_map(of).collect()
    }

    /// Waits for what goes on after the last start, a bill and exposures, and returns everything that was received.
    fn received_in_the_end(&self, program: &Program) -> Vec<(String, Heard)> {
        for _ in 0..WAITS_MAX {
            let received = self.received();
            let has = |part: &str| received.iter().any(|(_, heard)| heard.path().contains(part));
            if has("/bill") && has("events") {
                return received;
            }
            program.look("/healthz").unwrap();
        }
        panic!("neither bills nor exposures go on after {WAITS_MAX} looks");
    }

    /// Exports the record and checks it, also against the export before.
    fn export(&self, program: &Program, key: &str, number: usize) -> PathBuf {
        let folder = |number: usize| self.dir.join(format!("export-{number}"));
        let (now, before) = (folder(number), folder(number - 1));
        program.verb(&["ledger", "export", now.to_str().unwrap()]).unwrap();
        let mut verify = Command::new(BINARY);
        verify.arg("verify").arg(&now).args(["--key", key]);
        if before.exists() {
            verify.arg("--since").arg(&before);
        }
        let done = verify.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        if before.exists() {
            fs::remove_dir_all(before).unwrap();
        }
        now
    }
}

/// Works until the program is gone, and reports each answer: about whom, where it holds a bid.
fn work(
    program: &Program,
    kill: usize,
    client: usize,
    answered: &mpsc::Sender<Option<String>>,
) -> Option<()> {
    for round in 0.. {
        let name = name(kill, client, round);
        let mut of_bids = None;
        if client == 0 {
            let device = format!("66666666-7777-4888-8999-{:012}", kill * 100_000 + round);
            let one = exposure(&format!("exposure-{name}"), &name, &device, &name);
            program.post("/v1/exposures", &one).ok()?;
        } else {
            let answer = program.post("/openrtb2/auction", &bid_request(&name)).ok()?.json();
            if answer["seatbid"].as_array().is_some_and(|seats| !seats.is_empty()) {
                of_bids = Some(name);
            }
            if let Some(token) = answer["ext"]["sluicegate"]["render"][0]["token"].as_str() {
                program.post("/v1/renders", &json!({ "token": token })).ok()?;
            }
        }
        answered.send(of_bids).ok()?;
    }
    None
}

fn name(kill: usize, client: usize, round: usize) -> String {
    format!("person-{kill}-{client}-{round}")
}

/// Returns before which kill a message was about somebody: bid requests say the name as the device's model.
fn kill_of(name: &str) -> Option<usize> {
    name.strip_prefix("person-")?.split('-').next()?.parse().ok()
}

/// Lets everybody work until there were so many answers, and kills the program. Returns about whom bids were answered.
fn cycle(program: &Program, kill: usize, answers: usize) -> HashSet<String> {
    let mut with_bids = HashSet::new();
    let (answered, reported) = mpsc::channel();
    thread::scope(|scope| {
        for client in 0..4 {
            let answered = answered.clone();
            scope.spawn(move || work(program, kill, client, &answered));
        }
        drop(answered);
        for (count, of_bids) in (1..).zip(reported) {
            with_bids.extend(of_bids);
            if count == answers {
                program.end().unwrap();
            }
        }
    });
    with_bids
}

/// The digests of every message in an export.
fn digests(export: &Path) -> HashSet<[u8; 32]> {
    let mut digests = HashSet::new();
    for number in 0.. {
        let Ok(bytes) = fs::read(export.join(sheet::path(number))) else { break };
        for (_, bytes) in sheet::read(&bytes).unwrap().packs {
            digests
                .extend(pack::read(bytes).unwrap().messages.iter().map(|message| message.sha256));
        }
    }
    digests
}

/// What the record says of a message: the digest of its body, or of its address and body.
fn is_recorded(digests: &HashSet<[u8; 32]>, origin: &str, heard: &Heard) -> bool {
    let address = format!("{origin}{}", heard.line.split(' ').nth(1).unwrap());
    let alone: [u8; 32] = Sha256::digest(&heard.body).into();
    let both: [u8; 32] =
        Sha256::new().chain_update(address).chain_update(&heard.body).finalize().into();
    digests.contains(&alone) || digests.contains(&both)
}

/// A window in which bid requests of a path may have gone unrecorded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Window {
    path: String,
    from: u64,
    until: u64,
}

/// The windows that an export declares, in the order of their beginning.
fn windows_of(export: &Path) -> Vec<Window> {
    let mut windows = Vec::new();
    for number in 0.. {
        let Ok(bytes) = fs::read(export.join(sheet::path(number))) else { break };
        for (_, bytes) in sheet::read(&bytes).unwrap().packs {
            windows.extend(pack::read(bytes).unwrap().windows);
        }
    }
    windows.sort_by_key(|window| (window.from, window.path.name()));
    let time = |at: UnixMillis| u64::try_from(at.0).unwrap();
    let window = |window: &UncertainWindow| Window {
        path: window.path.name().to_owned(),
        from: time(window.from),
        until: time(window.until),
    };
    windows.iter().map(window).collect()
}

/// The windows that the program says were declared.
fn windows(program: &Program) -> Vec<Window> {
    let status = program.look("/v1/status").unwrap().json();
    let windows = status["uncertain_windows"].as_array().unwrap();
    let window = |window: &Value| {
        let path = window["path"].as_str().unwrap().to_owned();
        assert!(path.contains("bid_request"), "{window}");
        let time = |name: &str| window[name].as_u64().unwrap();
        Window { path, from: time("from_ms"), until: time("until_ms") }
    };
    windows.iter().map(window).collect()
}

/// What is known of how each process ended.
#[derive(Default)]
struct Kills {
    /// The windows that the start after each kill declared.
    declared: Vec<Vec<Window>>,
    /// About whom bids were answered.
    with_bids: HashSet<String>,
}

impl Kills {
    fn add(&mut self, with_bids: HashSet<String>, windows: &[Window]) {
        let known: Vec<&Window> = self.declared.iter().flatten().collect();
        let new = windows.iter().filter(|window| !known.contains(window)).cloned().collect();
        self.declared.push(new);
        self.with_bids.extend(with_bids);
    }

    /// Returns whether it was declared that a message may not be on record.
    fn excuse(&self, heard: &Heard) -> bool {
        if !heard.path().starts_with("/openrtb2") {
            return false;
        }
        let request = heard.json();
        let name = request["device"]["model"].as_str().unwrap_or_default();
        if self.with_bids.contains(name) {
            return false;
        }
        let of_kill = kill_of(name).and_then(|kill| self.declared.get(kill - 1));
        let windows: Vec<&Window> = match of_kill {
            Some(windows) => windows.iter().collect(),
            None => self.declared.iter().flatten().collect(),
        };
        // Only a permitted request names the person, by an id made for the partner.
        let is_of_path =
            |window: &&&Window| request["user"]["id"].is_null() || window.path == "bid_request";
        let mut windows = windows.iter().filter(is_of_path);
        windows.any(|one| (one.from..=one.until + ON_THE_WAY_MS).contains(&heard.at_ms))
    }
}

#[test]
fn every_byte_a_partner_received_is_in_the_record_or_in_a_declared_window() {
    let asked = std::env::var_os(SEED).and_then(|seed| seed.to_str()?.parse().ok());
    let seed = asked.unwrap_or_else(now_ms);
    say(&format!(
        "{} kills, seed {seed}; to repeat: cargo xtask soak {} {seed}\n",
        kills(),
        kills()
    ));
    let mut dice = StdRng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    let mut program = Program::start(&world.setup).unwrap();
    assert_eq!(program.publish(&world.files).unwrap().status, 200);
    let key = program.verb(&["ledger", "key"]).unwrap().trim().to_owned();
    let mut exports = 1;
    let mut ended = Kills::default();
    for kill in 1..=kills() {
        let with_bids = cycle(&program, kill, dice.random_range(1..=ANSWERS_MAX));
        drop(program);
        program = Program::start(&world.setup).unwrap();
        ended.add(with_bids, &windows(&program));
        if kill % REPORT_EVERY == 0 {
            say(&format!("{kill} kills so far\n"));
        }
        if kill % CHECK_EVERY == 0 {
            world.export(&program, &key, exports);
            exports += 1;
        }
    }
    let windows = windows(&program);
    assert_eq!(windows, windows_of(&world.export(&program, &key, exports)), "seed {seed}");
    exports += 1;
    let received = world.received_in_the_end(&program);
    // The log follows the record.
    let mut missing = Vec::new();
    for _ in 0..LOOKS_MAX {
        let digests = digests(&world.export(&program, &key, exports));
        exports += 1;
        missing = received
            .iter()
            .filter(|(origin, heard)| !is_recorded(&digests, origin, heard))
            .collect();
        if missing.iter().all(|(_, heard)| ended.excuse(heard)) {
            break;
        }
    }
    let outside = missing.iter().find(|(_, heard)| !ended.excuse(heard));
    assert!(
        outside.is_none(),
        "seed {seed}: {:?}",
        outside.map(|(_, heard)| (&heard.line, heard.at_ms))
    );
    assert!(received.len() > kills(), "seed {seed}: hardly anything happened");
    let named = received.iter().filter(|(_, heard)| {
        heard.path().starts_with("/openrtb2")
            && heard.json()["device"]["model"].as_str().and_then(kill_of).is_some()
    });
    let (named, answered) = (named.count(), ended.with_bids.len());
    assert!(
        named > kills() && answered > kills(),
        "seed {seed}: {named} named, {answered} answered"
    );
    let figures = format!(
        "seed {seed}: {} messages of {} kills, {} of them inside {} declared windows\n",
        received.len(),
        kills(),
        missing.len(),
        windows.len()
    );
    say(&figures);
}

/// Says something at once, also where the test goes on for hours.
fn say(text: &str) {
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).unwrap();
}
