//! The running program is killed with `kill -9` while a partner accepts, fails, refuses and keeps silent, and people
//! turn sharing off. Each exposure that was accepted ends in exactly one of delivered, withheld, unconfirmed, dead, or
//! still waits, by the program's own figures and whenever it is asked (P7, P10); and what an ad cost, and what somebody
//! bought in an app later, is there, once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use hmac::{Hmac, KeyInit, Mac};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_testkit::{
    Heard, Manner, PLATFORM_KEY, Program, RecordingPartner, Reply, Setup,
    sample::{Sample, choice, creatives, demo_file, exposure, now_ms},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
    thread,
};
use tempfile::TempDir;

const KILLS: usize = 4;
/// After how many acknowledged requests at most the next kill comes.
const REQUESTS_MAX: usize = 100;
/// Requests for exposures in a cycle, at most.
const ROUNDS: usize = 10_000;
/// Exposures in a request.
const TOGETHER: usize = 4;
/// People in each cycle, one of whom after the other turns sharing off.
const PEOPLE: usize = 8;
/// Each look is a request of its own.
const LOOKS_MAX: usize = 100_000;
const PATH: &str = "/events";
const ADVERTISER_KEY: &str = "sg_test_advertiser";
const ADVERTISERS: &str = "[[advertiser]]\nid = \"demo-running-shoes\"\nname = \"Shoes\"\nmeasurement = [\"meter\", \"scale\"]\n\
    [[advertiser.app]]\nid = \"com.example.runningshoes\"\nname = \"Shop\"\nstore_url = \"https://store.example/shop\"\n";
const REPORT: &str = "/v1/advertisers/demo-running-shoes/report";
/// With this key the first partner reports an install and what comes later in the app, of a buyer who is not killed off.
const METER_KEY: &str = "sg_test_meter";
const BUYERS_DEVICE: &str = "77777777-8888-4999-8aaa-bbbbbbbbbbbb";

/// Messages with one of these exposures are refused at each attempt. The person of the first turns sharing off after one,
/// that of the second never does.
const REFUSED: [usize; 2] = [ROUNDS * TOGETHER + 3, 2 * ROUNDS * TOGETHER + 3];

/// A partner that treats each exposure as its number says, and what it has accepted.
#[derive(Debug, Default)]
struct Moody {
    seen: Mutex<BTreeSet<usize>>,
    accepted: Mutex<BTreeSet<String>>,
}

impl Moody {
    /// A message is refused for one exposure in it, each time; for others it fails, or is not answered, once.
    fn answer(&self, heard: &Heard) -> Reply {
        let names = creatives(std::slice::from_ref(heard), PATH);
        let numbers: Vec<usize> = names.iter().map(|name| number(name)).collect();
        let mut seen = self.seen.lock().unwrap();
        let first =
            |kind| numbers.iter().find(|number| *number % 16 == kind && !seen.contains(*number));
        if numbers.iter().any(|number| REFUSED.contains(number)) {
            return Reply::status(400);
        }
        if let Some(fails) = first(5).copied() {
            seen.insert(fails);
            return Reply::status(500);
        }
        if let Some(silent) = first(9).copied() {
            seen.insert(silent);
            return Reply::status(204).sent(Manner::Silent);
        }
        self.accepted.lock().unwrap().extend(names);
        Reply::status(204)
    }
}

/// Returns the number at the end of a name.
fn number(name: &str) -> usize {
    name.rsplit('-').next().unwrap().parse().unwrap()
}

fn register(moody: &RecordingPartner, good: &RecordingPartner) -> Vec<(String, String)> {
    let partner = |id, partner: &RecordingPartner| {
        let sample = Sample {
            id,
            kind: "conversion_tracking",
            categories: vec!["plumbing", "device_identifier", "exposure"],
            url: format!("{}{PATH}", partner.origin()),
            more: "",
        };
        let (name, text) = sample.file();
        (name, text.replace("timeout_ms = 20_000\n", "timeout_ms = 250\nbatch_events = 3\n"))
    };
    let advertisers = (String::from("advertisers.toml"), ADVERTISERS.to_owned());
    let inventory = demo_file("inventory.toml").unwrap();
    vec![inventory, advertisers, partner("meter", moody), partner("scale", good)]
}

/// What was acknowledged, and what was asked for last.
#[derive(Debug)]
enum Step {
    Exposing(Value),
    Exposed,
    Choosing(Value),
    Chosen,
    Telling(Value),
    Told,
    Buying(Value),
    Bought,
}

/// One client: does things until the program is gone.
struct Client<'a> {
    program: &'a Program,
    cycle: usize,
    done: mpsc::Sender<Step>,
}

impl Client<'_> {
    fn act(&self, path: &str, body: &Value, begin: fn(Value) -> Step, end: Step) -> Option<()> {
        let key = if matches!(end, Step::Bought) { METER_KEY } else { PLATFORM_KEY };
        self.done.send(begin(body.clone())).ok()?;
        let answer = self.program.send(path, Some(key), body.to_string().as_bytes()).ok()?;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        self.done.send(end).ok()
    }

    /// Of four exposures two are of somebody who was off before, one of somebody who may turn sharing off at any time,
    /// and one of somebody who does not while this goes on.
    fn expose(&self) -> Option<()> {
        for round in 0..ROUNDS {
            let together: Vec<Value> = (0..TOGETHER)
                .map(|index| {
                    let number = (self.cycle * ROUNDS + round) * TOGETHER + index;
                    let (who, name) = match index {
                        1 => (format!("viewer-{}-{}", self.cycle, round % PEOPLE), "viewer"),
                        3 => (format!("stays-{}", self.cycle), "viewer"),
                        _ => (format!("off-{}", self.cycle), "off"),
                    };
                    let device = format!("66666666-7777-4888-8999-{number:012}");
                    exposure(
                        &format!("exposure-{number}"),
                        &who,
                        &device,
                        &format!("{name}-{number}"),
                    )
                })
                .collect();
            self.act("/v1/exposures", &json!(together), Step::Exposing, Step::Exposed)?;
        }
        None
    }

    fn turn_off(&self) -> Option<()> {
        for person in 0..PEOPLE {
            let off = choice(&format!("viewer-{}-{person}", self.cycle), "sharing", "off");
            self.act("/v1/choices", &off, Step::Choosing, Step::Chosen)?;
        }
        None
    }

    fn tell_costs(&self, date: &str) -> Option<()> {
        for round in 0.. {
            let cost = json!({
                "advertiser_id": "demo-running-shoes", "campaign_id": format!("c-{}-{round}", self.cycle),
                "date": date, "value": (round + 1).to_string(), "currency_code": "EUR",
            });
            self.act("/v1/costs", &cost, Step::Telling, Step::Told)?;
        }
        None
    }

    fn buy(&self, buyer: &Buyer) -> Option<()> {
        for round in 0.. {
            let id = format!("purchase-{}-{round}", self.cycle);
            let mut event = buyer.event(&id, "purchase");
            event["value"] = json!((round % 9 + 1).to_string());
            event["currency_code"] = json!("EUR");
            self.act("/v1/partners/meter/events", &event, Step::Buying, Step::Bought)?;
        }
        None
    }
}

/// Somebody who saw an ad for an app and has it now.
#[derive(Debug)]
struct Buyer {
    known_as: String,
    installed_at: u64,
}

impl Buyer {
    /// Exposes them, and has the partner report the install until it is told of the ad.
    fn new(program: &Program) -> Self {
        let key = program.verb(&["keys", "device", "meter"]).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&hex::decode(key.trim()).unwrap()).unwrap();
        mac.update(BUYERS_DEVICE.as_bytes());
        let known_as = hex::encode(mac.finalize().into_bytes());
        // Its number is that of no exposure which the partner treats badly.
        let ad = exposure("ad", "buyer", BUYERS_DEVICE, "viewer-16000000");
        assert_eq!(program.post("/v1/exposures", &ad).unwrap().status, 202);
        let buyer = Self { known_as, installed_at: now_ms() / 1_000 + 1 };
        let install = buyer.event("install", "install").to_string();
        for _ in 0..LOOKS_MAX {
            let path = "/v1/partners/meter/conversions";
            let answer = program.send(path, Some(METER_KEY), install.as_bytes()).unwrap();
            if answer.json()["attribution"].is_object() {
                return buyer;
            }
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        panic!("no touch is told")
    }

    fn event(&self, id: &str, what: &str) -> Value {
        json!({
            "data_set_id": "shoes", "id": id, "timestamp": self.installed_at, "event_type": what,
            "user_data": { "device_id_hash": self.known_as },
            "properties": { "app_id": "com.example.runningshoes", "os": "android" },
        })
    }
}

/// An operator makes the next attempt due, again and again, until the program is gone: the waits are no part of this.
fn resume(program: &Program) -> Option<()> {
    loop {
        program.operate("/v1/partnerships/meter/resume", &json!({})).ok()?;
    }
}

/// Lets everybody work until that many requests were acknowledged, of each sort at least one, and kills the program.
/// Returns the bodies of all: the last of each sort may not have been acknowledged.
fn cycle(
    program: &Program,
    cycle: usize,
    requests: usize,
    (date, buyer): (&str, &Buyer),
) -> [Vec<Value>; 4] {
    let (done, reported) = mpsc::channel();
    let [mut exposures, mut choices, mut costs, mut purchases] = [const { Vec::new() }; 4];
    let mut acknowledged = [0; 4];
    thread::scope(|scope| {
        let [exposing, choosing, telling, buying] =
            [(); 4].map(|()| Client { program, cycle, done: done.clone() });
        drop(done);
        scope.spawn(move || exposing.expose());
        scope.spawn(move || choosing.turn_off());
        scope.spawn(move || telling.tell_costs(date));
        scope.spawn(move || buying.buy(buyer));
        scope.spawn(|| resume(program));
        let mut is_killed = false;
        for step in reported {
            match step {
                Step::Exposing(body) => exposures.push(body),
                Step::Choosing(body) => choices.push(body),
                Step::Telling(body) => costs.push(body),
                Step::Buying(body) => purchases.push(body),
                Step::Exposed => acknowledged[0] += 1,
                Step::Chosen => acknowledged[1] += 1,
                Step::Told => acknowledged[2] += 1,
                Step::Bought => acknowledged[3] += 1,
            }
            let is_enough = acknowledged.iter().sum::<usize>() >= requests;
            if is_enough && !acknowledged.contains(&0) && !is_killed {
                program.end().unwrap();
                is_killed = true;
            }
        }
    });
    [exposures, choices, costs, purchases]
}

fn standings(program: &Program) -> Vec<Value> {
    let answer = program.look("/v1/deliveries").unwrap();
    answer.json()["deliveries"].as_array().unwrap().clone()
}

/// Checks that each exposure is in exactly one place, for each partner.
fn each_is_somewhere_once(program: &Program, accepted: u64, seed: u64) {
    for standing in standings(program) {
        let count = |name: &str| standing[name].as_u64().unwrap();
        let ended = ["delivered", "withheld", "unconfirmed", "dead"].map(count);
        let all = ended.iter().sum::<u64>() + count("lag");
        assert_eq!(all, accepted, "seed {seed}: {standing}");
        assert!(count("held") <= count("lag"), "{standing}");
    }
}

/// Looks until nothing waits at any partner, while an operator makes the next attempts due.
fn until_nothing_waits(program: &Program) -> BTreeMap<String, Value> {
    for _ in 0..LOOKS_MAX {
        let all = standings(program);
        if all.iter().all(|standing| standing["lag"] == 0) {
            let named =
                |standing: Value| (standing["partnership"].as_str().unwrap().to_owned(), standing);
            return all.into_iter().map(named).collect();
        }
        for waits in all.iter().filter(|standing| standing["lag"] != 0) {
            let id = waits["partnership"].as_str().unwrap();
            program.operate(&format!("/v1/partnerships/{id}/resume"), &json!({})).unwrap();
        }
    }
    panic!("something waits for ever: {:?}", standings(program))
}

fn report(program: &Program) -> Value {
    let path = format!("{}{REPORT}", program.origin());
    let request = ureq::get(path).header("authorization", format!("Bearer {ADVERTISER_KEY}"));
    serde_json::from_str(&request.call().unwrap().body_mut().read_to_string().unwrap()).unwrap()
}

/// Returns what each campaign cost, in millionths, and fails where one has two rows.
fn costs(program: &Program) -> BTreeMap<String, i64> {
    let report = report(program);
    let mut found = BTreeMap::new();
    for row in report["costs"].as_array().unwrap() {
        let campaign = row["campaign_id"].as_str().unwrap().to_owned();
        let before = found.insert(campaign, row["cost_micros"]["EUR"].as_i64().unwrap());
        assert_eq!(before, None, "{row}");
    }
    found
}

fn setup(dir: &std::path::Path) -> Setup {
    let hash = |key: &str| hex::encode(Sha256::digest(key.as_bytes()));
    let (shoes, meter) = (hash(ADVERTISER_KEY), hash(METER_KEY));
    Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.to_owned(),
        more: format!(
            "[measurement]\nidle_ms = 10\nbatch_age_ms = 0\nretry_faster_by = 10_000\n\
             events_per_device_per_day_max = 100_000\n\
             [[api_key]]\nname = \"shoes\"\nscope = \"advertiser\"\nadvertiser = \"demo-running-shoes\"\n\
             sha256 = \"{shoes}\"\n\
             [[api_key]]\nname = \"meter\"\nscope = \"partner\"\npartnership = \"meter\"\n\
             sha256 = \"{meter}\"\n"
        ),
    }
}

/// Sends the exposures of a cycle again. What was acknowledged is known; what was under way is either, and is from now on.
/// Returns how many there are.
fn kept_exposures(program: &Program, bodies: &[Value], seed: u64) -> u64 {
    let mut kept = 0;
    for (left, body) in (0..bodies.len()).rev().zip(bodies) {
        let answer = program.post("/v1/exposures", body).unwrap().json();
        for result in answer["results"].as_array().unwrap() {
            let is_known = result["status"] == "duplicate";
            let is_new = left == 0 && result["status"] == "accepted";
            assert!(is_known || is_new, "seed {seed}: {result}");
            kept += 1;
        }
    }
    kept
}

/// Checks that what was told of costs in a cycle is there, but for what was under way, which is told again.
fn kept_costs(program: &Program, bodies: &[Value], all: &mut BTreeMap<String, i64>, seed: u64) {
    let kept = costs(program);
    for (left, body) in (0..bodies.len()).rev().zip(bodies) {
        let campaign = body["campaign_id"].as_str().unwrap().to_owned();
        let micros = body["value"].as_str().unwrap().parse::<i64>().unwrap() * 1_000_000;
        let found = kept.get(&campaign);
        assert!(found == Some(&micros) || left == 0 && found.is_none(), "seed {seed}: {body}");
        all.insert(campaign, micros);
    }
    program.post("/v1/costs", bodies.last().unwrap()).unwrap();
    assert_eq!(costs(program), *all, "seed {seed}");
}

/// Reports the purchases of a cycle again. What was acknowledged is known; what was under way is either, and is from now
/// on. Then the report has each of all cycles once, and what it was worth.
fn kept_purchases(program: &Program, bodies: &[Value], all: &mut (u64, u64), seed: u64) {
    let (purchases, euros) = all;
    for (left, body) in (0..bodies.len()).rev().zip(bodies) {
        let text = body.to_string();
        let path = "/v1/partners/meter/events";
        let answer = program.send(path, Some(METER_KEY), text.as_bytes()).unwrap().json();
        let result = &answer["results"][0];
        let is_kept = result["duplicate"] == true || left == 0 && result["duplicate"] == false;
        assert!(result["status"] == 200 && is_kept, "seed {seed}: {answer}");
        *purchases += 1;
        *euros += body["value"].as_str().unwrap().parse::<u64>().unwrap();
    }
    let report = report(program);
    let mut found = (0, 0);
    for line in report["lines"].as_array().unwrap() {
        found.0 += line["events"].as_u64().unwrap_or(0);
        found.1 += line["revenue_micros"]["EUR"].as_u64().unwrap_or(0);
    }
    assert_eq!(found, (*purchases, *euros * 1_000_000), "seed {seed}: {report}");
}

/// Two partners and the program between the kills.
struct World {
    seed: u64,
    setup: Setup,
    moods: Arc<Moody>,
    moody: RecordingPartner,
    good: RecordingPartner,
    _dir: TempDir,
}

impl World {
    fn new() -> Self {
        let moods = Arc::new(Moody::default());
        let answers = Arc::clone(&moods);
        let moody = RecordingPartner::start(move |heard| answers.answer(heard)).unwrap();
        let good = RecordingPartner::start(|_| Reply::status(204)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let setup = setup(dir.path());
        Self { seed: now_ms(), setup, moods, moody, good, _dir: dir }
    }

    /// Once the first of those messages was refused its person turns sharing off.
    fn turn_off_what_was_refused(&self, program: &Program) {
        let refused = format!("viewer-{}", REFUSED[0]);
        assert!(self.moody.wait_until(|heard| creatives(heard, PATH).contains(&refused)));
        program.post("/v1/choices", &choice("stays-1", "sharing", "off")).unwrap();
    }

    /// Checks where everything ended against what the partners have.
    fn check(&self, ended: &BTreeMap<String, Value>, accepted: u64) {
        let told = creatives(&[self.moody.heard(), self.good.heard()].concat(), PATH);
        let is_viewer = |name: &String| name.starts_with("viewer-");
        assert!(told.iter().all(is_viewer), "seed {}: who was off was told of", self.seed);
        let count = |of: &str, name: &str| ended[of][name].as_u64().unwrap();
        let [delivered, dead, unconfirmed] =
            ["delivered", "dead", "unconfirmed"].map(|name| count("meter", name));
        // What the partner has is delivered, unless nobody was left to write that down and the person turned it off.
        let has = u64::try_from(self.moods.accepted.lock().unwrap().len()).unwrap();
        let fits = delivered <= has && has <= delivered + unconfirmed;
        let all = delivered > 0 && dead > 0 && dead + unconfirmed > 1;
        let withheld = ["meter", "scale"].map(|of| count(of, "withheld"));
        let half = withheld.iter().all(|withheld| *withheld >= accepted / 2);
        assert!(fits && all && half, "seed {}: {ended:?}, the partner has {has}", self.seed);
        assert_eq!(count("scale", "dead"), 0, "seed {}: {ended:?}", self.seed);
    }
}

#[test]
fn each_accepted_exposure_ends_once_whatever_partners_answer_people_choose_and_kills_cut_off() {
    let world = World::new();
    let seed = world.seed;
    let mut dice = StdRng::seed_from_u64(seed);
    let mut program = Program::start(&world.setup).unwrap();
    assert_eq!(program.publish(&register(&world.moody, &world.good)).unwrap().status, 200);
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let buyer = Buyer::new(&program);
    let (mut accepted, mut costs, mut bought) = (1, BTreeMap::new(), (0, 0));
    for kill in 0..KILLS {
        let off = choice(&format!("off-{kill}"), "sharing", "off");
        assert_eq!(program.post("/v1/choices", &off).unwrap().status, 200);
        let requests = dice.random_range(1..=REQUESTS_MAX);
        let [exposures, choices, told, purchases] =
            cycle(&program, kill, requests, (&date, &buyer));
        drop(program);
        program = Program::start(&world.setup).unwrap();
        accepted += kept_exposures(&program, &exposures, seed);
        program.post("/v1/choices", choices.last().unwrap()).unwrap();
        kept_costs(&program, &told, &mut costs, seed);
        kept_purchases(&program, &purchases, &mut bought, seed);
        each_is_somewhere_once(&program, accepted, seed);
        if kill == 1 {
            world.turn_off_what_was_refused(&program);
        }
    }
    let ended = until_nothing_waits(&program);
    each_is_somewhere_once(&program, accepted, seed);
    world.check(&ended, accepted);
}
