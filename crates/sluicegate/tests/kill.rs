//! The running program is killed with `kill -9` under load, again and again: it always starts again, and
//! everything it acknowledged is there (P10); what a partner was told is in the ledger, or inside a window
//! that the ledger itself names (P8).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sluicegate_testkit::{
    Heard, Program, RecordingPartner, Reply, Setup,
    sample::{creatives, demo_register, exposure, now_ms, webhook_secrets},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    mem::discriminant,
    path::PathBuf,
    sync::mpsc,
    thread,
};

const KILLS: usize = 50;
/// After how many acknowledged items at most the next kill comes.
const ITEMS_MAX: usize = 40;
/// How many sorts of [`Item`] there are.
const SORTS: usize = 8;
/// A choice can hang on each of these.
const KEYS: [&str; 3] = ["account", "device", "browser"];

/// Something the program said it has.
#[derive(Clone, Debug)]
enum Item {
    /// Sharing is this at a key of a kind, by its name.
    Choice { key: (&'static str, String), value: &'static str },
    /// The exposure of this number.
    Exposure { number: usize, body: Value },
    /// The account's profile has this age.
    Profile { account: String, years: u64 },
    /// The edition of this number has this hash.
    Edition { number: u64, hash: String },
    /// The account is linked with this device.
    Link { account: String, device: String },
    /// The account was linked with this device, and is no more.
    Unlink { account: String, device: String },
    /// The auction for this account was answered.
    Auction { account: String },
    /// The ad that won the auction for this account was reported as shown.
    Render { account: String },
}

/// One client: does things until the program is gone, and reports what was acknowledged.
struct Client<'a> {
    program: &'a Program,
    cycle: usize,
    done: mpsc::Sender<Step>,
}

/// What a client reports.
#[derive(Clone, Debug)]
enum Step {
    /// It is about to be sent: the program may keep it and be killed before it says so.
    Begun(Item),
    /// The program said that it has it.
    Acknowledged(Item),
}

impl Client<'_> {
    /// Posts; `None` once the program is gone.
    fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let answer = self.program.post(path, body).ok()?;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        Some(answer.json())
    }

    fn begin(&self, item: Item) -> Option<()> {
        self.done.send(Step::Begun(item)).ok()
    }

    fn report(&self, item: Item) -> Option<()> {
        self.done.send(Step::Acknowledged(item)).ok()
    }

    fn choices(&self) -> Option<()> {
        for round in 0.. {
            // Seven of each kind: the numbers have no divisor in common.
            let key = (KEYS[round % KEYS.len()], format!("chooser-{}", round % 7));
            let value = if (round / 21 + self.cycle).is_multiple_of(2) { "off" } else { "on" };
            let body = json!({
                "key": { key.0: key.1 }, "setting": "sharing", "value": value,
                "words": "Share your data", "language": "en",
            });
            let item = Item::Choice { key, value };
            self.begin(item.clone())?;
            self.post("/v1/choices", &body)?;
            self.report(item)?;
        }
        None
    }

    fn exposures(&self) -> Option<()> {
        for round in 0.. {
            let number = self.cycle * 100_000 + round;
            let device = format!("66666666-7777-4888-8999-{number:012}");
            let name = format!("exposure-{number}");
            let body = exposure(&name, &format!("viewer-{number}"), &device, &name);
            let said = self.post("/v1/exposures", &body)?;
            assert_eq!(said["results"][0]["status"], "accepted", "{said}");
            self.report(Item::Exposure { number, body })?;
        }
        None
    }

    fn profiles(&self) -> Option<()> {
        for round in 0..60 {
            let account = format!("profile-{}", round % 5);
            let years = 18 + round;
            let body = json!({ "account": account, "protection_age": { "years": years, "source": "declared" } });
            let item = Item::Profile { account, years };
            self.begin(item.clone())?;
            self.post("/v1/profiles", &body)?;
            self.report(item)?;
        }
        None
    }

    fn editions(&self, files: &[(String, String)]) -> Option<()> {
        for round in 0.. {
            let days = 1 + (self.cycle * 61 + round) % 3_000;
            let changed: Vec<_> = files
                .iter()
                .map(|(name, text)| {
                    let change = format!("retention_days = {days}");
                    (name.clone(), text.replace("retention_days = 14", &change))
                })
                .collect();
            let answer = self.program.publish(&changed).ok()?;
            // The same files as last time, where that was not acknowledged.
            if answer.status == 409 {
                continue;
            }
            assert_eq!(answer.status, 200, "{answer:?}");
            let edition = answer.json();
            let hash = edition["hash"].as_str()?.to_owned();
            self.report(Item::Edition { number: edition["number"].as_u64()?, hash })?;
        }
        None
    }

    fn links(&self) -> Option<()> {
        for round in 0.. {
            let account = format!("linker-{}-{round}", self.cycle);
            let device = format!("77777777-8888-4999-8aaa-{:012}", self.cycle * 100_000 + round);
            let link = json!({ "account": account, "with": { "device": device } });
            self.post("/v1/links", &link)?;
            if round % 2 == 0 {
                self.report(Item::Link { account, device })?;
            } else {
                self.post("/v1/links/remove", &link)?;
                self.report(Item::Unlink { account, device })?;
            }
        }
        None
    }

    fn auctions(&self) -> Option<()> {
        for round in 0.. {
            let account = format!("bidder-{}-{round}", self.cycle);
            self.post("/openrtb2/auction", &bid_request(&account))?;
            self.report(Item::Auction { account })?;
        }
        None
    }

    /// Every other ad is reported by the platform, and the rest by a browser.
    fn renders(&self) -> Option<()> {
        for round in 0.. {
            let account = format!("renderer-{}-{round}", self.cycle);
            let answer = self.post("/openrtb2/auction", &bid_request(&account))?;
            self.report(Item::Auction { account: account.clone() })?;
            let Some(token) = answer["ext"]["sluicegate"]["render"][0]["token"].as_str() else {
                continue;
            };
            if round % 2 == 0 {
                let said = self.post("/v1/renders", &json!({ "token": token }))?;
                assert_eq!(said["billing_notice"], "queued", "{said}");
            } else {
                self.program.get_bytes(&format!("/events/billable/{token}")).ok()?;
            }
            self.report(Item::Render { account })?;
        }
        None
    }
}

/// Bids where the ad is going to be shown, and asks for a bill under the account's name.
fn bid(heard: &Heard) -> Reply {
    let request = heard.json();
    let account = request["device"]["model"].as_str().unwrap_or_default();
    if !account.starts_with("renderer-") {
        return Reply::status(204);
    }
    let host = heard.header("host").unwrap();
    let bid = json!({
        "id": "b", "impid": request["imp"][0]["id"], "price": 2.5, "adm": "<b>An ad</b>", "crid": "c",
        "burl": format!("http://{host}/bill/{account}"), "adomain": ["advertiser.example"],
        "w": 320, "h": 50,
    });
    let seats = json!([{ "bid": [bid] }]);
    Reply::json(json!({ "id": request["id"], "cur": "USD", "seatbid": seats }).to_string())
}

fn bid_request(account: &str) -> Value {
    // The model tells afterwards which account a partner was asked about.
    json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": account }, "regs": { "coppa": 0 },
        "device": { "lmt": 0, "model": account, "geo": { "country": "USA" } },
    })
}

/// Everything acknowledged so far.
#[derive(Debug, Default)]
struct Acknowledged {
    choices: BTreeMap<(&'static str, String), &'static str>,
    exposures: BTreeMap<usize, Value>,
    profiles: BTreeMap<String, u64>,
    editions: BTreeMap<u64, String>,
    auctions: BTreeSet<String>,
    renders: BTreeSet<String>,
    links: usize,
    unlinks: usize,
    total: usize,
}

impl Acknowledged {
    fn take(&mut self, item: Item) {
        self.total += 1;
        match item {
            Item::Choice { key, value } => drop(self.choices.insert(key, value)),
            Item::Exposure { number, body } => drop(self.exposures.insert(number, body)),
            Item::Profile { account, years } => drop(self.profiles.insert(account, years)),
            Item::Edition { number, hash } => drop(self.editions.insert(number, hash)),
            Item::Auction { account } => drop(self.auctions.insert(account)),
            Item::Render { account } => drop(self.renders.insert(account)),
            Item::Link { .. } => self.links += 1,
            Item::Unlink { .. } => self.unlinks += 1,
        }
    }
}

/// Lets everybody work until that many items have been acknowledged, of each sort at least one, and kills the
/// program. Everything it acknowledged until it was gone counts. Returns that, and what was under way.
fn cycle(
    program: &Program,
    cycle: usize,
    items: usize,
    files: &[(String, String)],
) -> (Vec<Item>, Vec<Item>) {
    let (done, reported) = mpsc::channel();
    let (mut acknowledged, mut begun) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let client = |done: &mpsc::Sender<Step>| Client { program, cycle, done: done.clone() };
        let clients = std::array::from_fn(|_| client(&done));
        drop(done);
        let [choices, exposures, profiles, editions, auctions, links, renders] = clients;
        scope.spawn(move || choices.choices());
        scope.spawn(move || exposures.exposures());
        scope.spawn(move || profiles.profiles());
        scope.spawn(move || editions.editions(files));
        scope.spawn(move || auctions.auctions());
        scope.spawn(move || links.links());
        scope.spawn(move || renders.renders());
        let (mut is_killed, mut sorts) = (false, HashSet::new());
        for step in reported {
            match step {
                Step::Begun(item) => begun.push(item),
                Step::Acknowledged(item) => {
                    sorts.insert(discriminant(&item));
                    acknowledged.push(item);
                }
            }
            if acknowledged.len() >= items && sorts.len() == SORTS && !is_killed {
                program.end().unwrap();
                is_killed = true;
            }
        }
    });
    let is_choice = |item: &&Item| matches!(item, Item::Choice { .. });
    let is_profile = |item: &&Item| matches!(item, Item::Profile { .. });
    let last = [begun.iter().rfind(is_choice), begun.iter().rfind(is_profile)];
    let under_way = last.into_iter().flatten().cloned().collect();
    (acknowledged, under_way)
}

/// Checks what the program has against what it acknowledged. Of what was under way at the kill either is
/// right, and from now on it holds.
fn assert_kept(program: &Program, all: &mut Acknowledged, new: &[Item], under_way: &[Item]) {
    for (key, value) in &mut all.choices {
        let asked = json!({ "key": { key.0: &key.1 } });
        let standing = program.post("/v1/choices/query", &asked).unwrap().json();
        for item in under_way {
            match item {
                Item::Choice { key: other, value: later }
                    if other == key && standing["sharing"] == json!(later) =>
                {
                    *value = later;
                }
                _ => {}
            }
        }
        assert_eq!(standing["sharing"], json!(value), "{key:?}");
    }
    assert_profiles_kept(program, &mut all.profiles, under_way);
    let editions = program.look("/v1/register/editions").unwrap().json();
    for (number, hash) in &all.editions {
        let is_it = |edition: &&Value| edition["number"] == json!(number);
        let kept = editions.as_array().unwrap().iter().find(is_it);
        assert_eq!(kept.map(|edition| &edition["hash"]), Some(&json!(hash)), "edition {number}");
    }
    for item in new {
        match item {
            Item::Exposure { number, body } => {
                let again = program.post("/v1/exposures", body).unwrap().json();
                assert_eq!(again["results"][0]["status"], "duplicate", "{number}: {again}");
            }
            Item::Link { account, device } => {
                assert_history(program, account, device, &["linked"]);
            }
            Item::Unlink { account, device } => {
                assert_history(program, account, device, &["linked", "unlinked"]);
            }
            Item::Choice { .. }
            | Item::Profile { .. }
            | Item::Edition { .. }
            | Item::Auction { .. }
            | Item::Render { .. } => {}
        }
    }
}

/// Checks what happened between an account and a device, at both.
fn assert_history(program: &Program, account: &str, device: &str, expected: &[&str]) {
    for key in [json!({ "account": account }), json!({ "device": device })] {
        let asked = json!({ "key": key });
        let kept = program.post("/v1/choices/query", &asked).unwrap().json();
        let events = kept["history"].as_array().unwrap().iter();
        let names: Vec<&str> = events
            .flat_map(|entry| entry["event"].as_object().unwrap().keys())
            .map(String::as_str)
            .collect();
        assert_eq!(names, expected, "{asked}: {kept}");
    }
}

fn assert_profiles_kept(
    program: &Program,
    profiles: &mut BTreeMap<String, u64>,
    under_way: &[Item],
) {
    for (account, years) in profiles {
        let profile = program.post("/v1/profiles/query", &json!({ "account": account })).unwrap();
        let kept = profile.json()["protection_ages"]["declared"].clone();
        for item in under_way {
            match item {
                Item::Profile { account: other, years: later }
                    if other == account && kept == json!(later) =>
                {
                    *years = *later;
                }
                _ => {}
            }
        }
        assert_eq!(kept, json!(years), "{account}");
    }
}

/// Returns whether the ledger shows that a bidder was told of this account.
fn is_recorded(program: &Program, account: &str) -> bool {
    let asked = json!({ "key": { "account": account } });
    let answer = program.operate("/v1/disclosures/query", &asked).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["records"].as_array().unwrap().iter().any(|record| {
        record["record"] == "disclosure"
            && record["told"].as_array().unwrap().iter().any(|told| told["value"] == json!(account))
    })
}

fn start(setup: &Setup) -> Program {
    let program = Program::start(setup).unwrap();
    assert_eq!(program.get("/healthz").unwrap().status, 200);
    program
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order: load, kill, start, look")]
fn everything_acknowledged_survives_fifty_kills_under_load() {
    let seed = now_ms();
    let mut dice = StdRng::seed_from_u64(seed);
    let bidder = RecordingPartner::start(bid).unwrap();
    let measurement = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[exchange]\ntmax_max_ms = 10_000\n[measurement]\nidle_ms = 10\nretry_faster_by = 1_000\n\
             [log]\nlevel = \"error\"\n{}",
            webhook_secrets(&[
                "demo-measurement",
                "demo-delivery-auditor",
                "demo-bidder-north-invoices"
            ])
        ),
    };
    let files: Vec<_> = demo_register(&bidder, &bidder, &measurement)
        .unwrap()
        .into_iter()
        .map(|(name, text)| (name, text.replace("timeout_ms = 200\n", "timeout_ms = 20_000\n")))
        .collect();
    let mut program = start(&setup);
    assert_eq!(program.publish(&files).unwrap().status, 200);
    let mut acknowledged = Acknowledged::default();
    let mut looked_at = 0;
    let mut unrecorded = 0;
    let mut known_windows = BTreeSet::new();
    for kill in 0..KILLS {
        let items = dice.random_range(1..=ITEMS_MAX);
        let (new, under_way) = cycle(&program, kill, items, &files);
        drop(program);
        program = start(&setup);
        new.iter().cloned().for_each(|item| acknowledged.take(item));
        assert_kept(&program, &mut acknowledged, &new, &under_way);
        let heard = bidder.heard();
        let told: BTreeMap<String, u64> = heard[looked_at..]
            .iter()
            .filter_map(|heard| {
                let account = heard.json()["device"]["model"].as_str().map(str::to_owned)?;
                Some((account, heard.at_ms))
            })
            .collect();
        looked_at = heard.len();
        // The windows that this kill left open: each start declares those of its own crash.
        let declared = windows(&program);
        let new_windows: Vec<u64> = declared.difference(&known_windows).copied().collect();
        known_windows = declared;
        for (account, arrived_ms) in told {
            let is_answered = acknowledged.auctions.contains(&account);
            if !is_recorded(&program, &account) {
                assert!(
                    !is_answered,
                    "seed {seed}: the answer came before the record of {account}"
                );
                assert!(
                    new_windows.iter().any(|from_ms| *from_ms <= arrived_ms),
                    "seed {seed}: {account} is in no record and in no window of this kill"
                );
                unrecorded += 1;
            }
        }
    }
    let everything: BTreeSet<String> =
        acknowledged.exposures.keys().map(|number| format!("exposure-{number}")).collect();
    let arrived = measurement.wait_until(|heard| {
        let told: BTreeSet<String> = creatives(heard, "/events").into_iter().collect();
        everything.is_subset(&told)
    });
    assert!(arrived, "seed {seed}: an accepted exposure was never delivered");
    let billed = bidder.wait_until(|heard| {
        let paths = heard.iter().filter_map(|one| one.path().strip_prefix("/bill/"));
        let billed: BTreeSet<String> = paths.map(str::to_owned).collect();
        acknowledged.renders.is_subset(&billed)
    });
    assert!(billed, "seed {seed}: an ad that was reported as shown was never billed");
    let Acknowledged { exposures, editions, auctions, renders, links, unlinks, total, .. } =
        &acknowledged;
    assert!(
        exposures.len() >= KILLS
            && editions.len() >= KILLS
            && auctions.len() >= KILLS
            && renders.len() >= KILLS
            && *links >= KILLS
            && *unlinks >= KILLS,
        "seed {seed}"
    );
    let figures =
        format!("seed {seed}: {total} items, {unrecorded} messages inside uncertain windows");
    std::io::Write::write_all(&mut std::io::stdout(), figures.as_bytes()).unwrap();
}

/// When each uncertain window begins.
fn windows(program: &Program) -> BTreeSet<u64> {
    let status = program.look("/v1/status").unwrap().json();
    let windows = status["uncertain_windows"].as_array().unwrap();
    windows.iter().map(|window| window["from_ms"].as_u64().unwrap()).collect()
}
