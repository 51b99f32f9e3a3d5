//! Delivering exposures to a partner on this machine, beside appending and posting the same messages; and
//! to a good partner beside three bad ones.

use crate::{
    disk::AppendedFile,
    exposures::{PEOPLE, bodies},
    harness::{Effort, Sample, alternate, measured},
    house::{self, refresh, runtime},
    load::resident_kib,
    machine::{MachineClock, MachineDice},
    responder::Responder,
    table::{Goal, Row},
};
use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use parking_lot::Mutex;
use sluicegate_egress::{
    ANSWERS_BYTES_MAX, AddressPolicy, Egress, EgressParts, PartnerSecrets, SystemResolver,
};
use sluicegate_gate::{
    PartnershipId, Path as Way, Secret,
    time::{Clock, Dice},
};
use sluicegate_ledger::{Answer, Cleared, Door, Ledger, SendError};
use sluicegate_measurement::{
    Deliveries, Delivery, DeliveryOptions, DeliveryParts, Erasing, Format, Intake, Keys, Schedule,
    Step,
};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_settings::{Keyring, Settings};
use sluicegate_store::Sqlite;
use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::runtime::Runtime;

/// Exposures in a round, in packs of a thousand.
const PACKS: u32 = 20;
const IN_A_PACK: u32 = 1_000;
/// People who were told of before.
const KNOWN: u32 = 1_000;
/// Packs that a partner is behind.
const BEHIND: u32 = 1_000;
/// Steps of its delivery while it is.
const STEPS: u32 = 200;
/// Events a second.
const AT_LEAST: f64 = 50_000.0;
const GOOD: &str = "meter";
const BAD: [&str; 3] = ["dead", "slow", "lying"];

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let runtime = runtime()?;
    let responder = Responder::start()?;
    let dir = house::directory()?;
    let house = runtime.block_on(House::open(dir.path(), &responder.urls))?;
    let packs = effort.operations(PACKS);
    let mut next = 0;
    let place = Place { effort, runtime: &runtime, house: &house, dir: dir.path() };
    let (new, messages) = place.alone((packs, &mut next), PEOPLE)?;
    let told = next;
    let (known, _messages) = place.alone((packs, &mut next), KNOWN)?;
    let beside = beside(effort, &runtime, &house, (packs, &mut next))?;
    let behind = behind(effort, &responder.urls)?;
    let size = messages.first().map_or(0, Bytes::len);
    let per_second = |sample: Sample| 1e9 / sample.wall;
    let share = per_second(beside.subject) / per_second(beside.floor);
    Ok(vec![
        Row {
            name: "delivery: one partner",
            pair: new,
            goal: Goal::Rate { at_least: AT_LEAST },
            notes: vec![format!(
                "messages of up to {IN_A_PACK} exposures, the first of {size} bytes; judged, sealed, durable in the ledger, signed and accepted, {told} exposures of as many people"
            )],
        },
        Row {
            name: "delivery: people told before",
            pair: known,
            goal: Goal::Rate { at_least: AT_LEAST },
            notes: vec![format!("the same, about {KNOWN} people"), behind],
        },
        Row {
            name: "delivery: beside three bad",
            pair: beside,
            goal: Goal::Watched,
            notes: vec![format!(
                "the floor is the same partner alone; beside a dead, a slow and a lying one it gets {:.1} % of that",
                share * 100.0
            )],
        },
    ])
}

type Supply<'a> = (u32, &'a mut u32);

/// Where deliveries are measured.
struct Place<'a> {
    effort: Effort,
    runtime: &'a Runtime,
    house: &'a House,
    dir: &'a Path,
}

impl Place<'_> {
    /// Measures the good one alone, about so many people.
    fn alone(
        &self,
        (packs, next): Supply<'_>,
        people: u32,
    ) -> anyhow::Result<(crate::harness::Pair, Vec<Bytes>)> {
        let Self { effort, runtime, house, dir } = *self;
        let good = runtime.block_on(house.deliveries.open(GOOD.parse()?))?;
        house.door.keeps(true);
        runtime.block_on(house.take_in(packs, next, people))?;
        runtime.block_on(run(&good))?;
        house.door.keeps(false);
        let messages = std::mem::take(&mut *house.door.sent.lock());
        ensure!(!messages.is_empty(), "nothing was delivered");
        let mut file = AppendedFile::create(dir)?;
        let client = BareClient::new(&house.good_url);
        let operations = packs * IN_A_PACK;
        let pair = alternate(
            effort,
            || {
                measured(operations, || {
                    messages.iter().try_for_each(|message| {
                        file.append([message])?;
                        runtime.block_on(client.post(message.clone()))
                    })
                })
            },
            || {
                runtime.block_on(house.take_in(packs, next, people))?;
                measured(operations, || runtime.block_on(run(&good)))
            },
        )?;
        Ok((pair, messages))
    }
}

/// Says what memory a partner takes that is far behind: what its delivery adds to the process that took
/// the exposures in.
fn behind(effort: Effort, urls: &[String; 3]) -> anyhow::Result<String> {
    let runtime = runtime()?;
    let dir = house::directory()?;
    let house = runtime.block_on(House::open(dir.path(), urls))?;
    let memory = || resident_kib(std::process::id());
    let empty = memory()?;
    let mut next = 0;
    let packs = effort.operations(BEHIND);
    for _ in 0..packs {
        runtime.block_on(house.take_in(1, &mut next, PEOPLE))?;
    }
    let taken_in = memory()?;
    runtime.block_on(async {
        let dead = house.deliveries.open(BAD[0].parse()?).await?;
        for _ in 0..STEPS {
            dead.step().await?;
        }
        anyhow::Ok(())
    })?;
    let stepping = memory()?;
    let grown = |from: u64, to: u64| to.saturating_sub(from);
    Ok(format!(
        "a partner that is down and {next} exposures behind: {} KiB of memory more after {STEPS} steps of its delivery; taking them in, with the ids by which repeats are known for 48 hours, took {} KiB",
        grown(taken_in, stepping),
        grown(empty, taken_in)
    ))
}

/// Measures the good one alone, and with the others stepping beside it all the time.
fn beside(
    effort: Effort,
    runtime: &Runtime,
    house: &House,
    (packs, next): Supply<'_>,
) -> anyhow::Result<crate::harness::Pair> {
    let good = runtime.block_on(house.deliveries.open(GOOD.parse()?))?;
    let mut bad = Vec::new();
    for name in BAD {
        bad.push(runtime.block_on(house.deliveries.open(name.parse()?))?);
    }
    let operations = packs * IN_A_PACK;
    let next = std::cell::RefCell::new(next);
    let supply = || runtime.block_on(house.take_in(packs, &mut next.borrow_mut(), PEOPLE));
    alternate(
        effort,
        || {
            supply()?;
            measured(operations, || runtime.block_on(run(&good)))
        },
        || {
            supply()?;
            let tasks: Vec<_> =
                bad.iter().map(|one| runtime.spawn(keep_trying(Arc::clone(one)))).collect();
            let sample = measured(operations, || runtime.block_on(run(&good)));
            tasks.iter().for_each(tokio::task::JoinHandle::abort);
            sample
        },
    )
}

/// Steps as the program does, until nothing is left.
async fn run(delivery: &Delivery) -> anyhow::Result<()> {
    loop {
        match delivery.step().await? {
            Step::Delivered { .. } | Step::Settled { .. } => {}
            Step::Wait(wait) => tokio::time::sleep(wait.min(Duration::from_secs(1))).await,
            Step::Idle => return Ok(()),
            Step::Held(held) => anyhow::bail!("the good partner is held: {held:?}"),
        }
    }
}

async fn keep_trying(delivery: Arc<Delivery>) {
    while let Ok(step) = delivery.step().await {
        tokio::time::sleep(step.pause(Duration::from_millis(200))).await;
    }
}

struct House {
    deliveries: Deliveries,
    intake: Intake,
    door: Arc<KeepingDoor>,
    clock: Arc<dyn Clock>,
    good_url: String,
}

impl House {
    async fn open(dir: &Path, urls: &[String; 3]) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let dice: Arc<dyn Dice> = Arc::new(MachineDice);
        let store = Arc::new(Sqlite::open(dir).await?);
        let origin = urls[0].trim_end_matches("/bid");
        let current = Arc::new(Current::new());
        let register = register(origin)?;
        current.replace(Arc::new(Edition::publish(register, None, clock.now())?));
        let choices = Arc::<Sqlite>::clone(&store);
        let settings = Settings::open(choices, Arc::clone(&clock), Duration::from_secs(5)).await?;
        tokio::spawn(refresh(Arc::clone(&settings)));
        let records = Arc::<Sqlite>::clone(&store);
        let key = Secret::new([3; 32]);
        let ledger = Ledger::open(records, Arc::clone(&clock), Arc::clone(&dice), key).await?;
        let mut secrets = PartnerSecrets::new();
        for id in BAD.into_iter().chain([GOOD]) {
            let secret = format!("whsec_{}", "c2VjcmV0".repeat(4));
            secrets = secrets.with_webhook(id.parse()?, secret.parse()?);
        }
        let keyring = Arc::new(Keyring::new(Secret::new([7; 16])));
        let egress = Egress::new(EgressParts {
            watch: house::no_canaries(&keyring, &clock).await?,
            current: Arc::clone(&current),
            settings: Arc::clone(&settings),
            clock: Arc::clone(&clock),
            addresses: AddressPolicy::AllowLoopback,
            resolver: Arc::new(SystemResolver),
            secrets: Arc::new(secrets),
            answers_bytes_max: ANSWERS_BYTES_MAX,
        })?;
        let door =
            Arc::new(KeepingDoor { inner: egress, sent: Mutex::default(), keeps: true.into() });
        let keys = Keys::new(Secret::new([5; 32]));
        let intake = Intake::new(
            Arc::<Sqlite>::clone(&store),
            keyring,
            (keys.clone(), Erasing::default()),
            Arc::clone(&clock),
            Arc::clone(&dice),
        );
        let deliveries = Deliveries::new(DeliveryParts {
            current,
            settings,
            ledger,
            door: Arc::<KeepingDoor>::clone(&door),
            greeter: None,
            journal: store,
            clock: Arc::clone(&clock),
            dice,
            keys,
            erasing: Erasing::default(),
            schedule: Schedule::standard(),
            options: DeliveryOptions {
                domain: "platform.example".into(),
                batch_age: Duration::ZERO,
                replay_for: Duration::ZERO,
            },
        });
        Ok(Self { deliveries, intake, door, clock, good_url: format!("{origin}/events") })
    }

    async fn take_in(&self, packs: u32, next: &mut u32, people: u32) -> anyhow::Result<()> {
        for body in bodies(next, packs, people, self.clock.now()) {
            self.intake.accept(&body, Format::Json).await?;
        }
        Ok(())
    }
}

fn register(origin: &str) -> anyhow::Result<Register> {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let urls = [
        (GOOD, format!("{origin}/events")),
        ("dead", format!("http://{closed}/events")),
        ("slow", format!("{origin}/slow")),
        ("lying", format!("{origin}/lying")),
    ];
    let mut files = vec![
        (String::from("inventory.toml"), INVENTORY.to_owned()),
        (String::from("advertisers.toml"), ADVERTISERS.to_owned()),
    ];
    files.extend(urls.iter().map(|(id, url)| partner(id, url)));
    Register::read(&files).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the sample register is wrong: {}", problems.join("; "))
    })
}

pub(crate) fn partner(id: &str, url: &str) -> (String, String) {
    let text = format!(
        r#"
id = "{id}"
name = "Example {id}"
legal_name = "Example {id} (fictional)"
country = "USA"
privacy_url = "https://{id}.example/privacy"
contact = "privacy@{id}.example"
[[partnership]]
id = "{id}"
title = "Measuring ads"
summary = "For measurements."
kind = "conversion_tracking"
via = "events"
role = "controller"
purposes = ["Measuring"]
categories = ["plumbing", "device_identifier", "exposure"]
retention_days = 90
start = 2025-01-01
[partnership.endpoint]
url = "{url}"
timeout_ms = 1000
concurrency = 16
per_second = 1_000_000
batch_events = 1_000
"#
    );
    (format!("{id}.toml"), text)
}

pub(crate) const INVENTORY: &str =
    r#"publisher = { id = "publisher", name = "Publisher", domain = "publisher.example" }"#;

pub(crate) const ADVERTISERS: &str = r#"
[[advertiser]]
id = "running-shoes"
name = "Running Shoes"
measurement = ["meter", "dead", "slow", "lying"]
"#;

/// The door, which keeps the first messages for the floor to send.
#[derive(Debug)]
struct KeepingDoor {
    inner: Arc<Egress>,
    sent: Mutex<Vec<Bytes>>,
    keeps: std::sync::atomic::AtomicBool,
}

impl KeepingDoor {
    fn keeps(&self, keeps: bool) {
        self.keeps.store(keeps, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Door for KeepingDoor {
    fn refuses(&self, partnership: &PartnershipId, path: Way) -> Option<SendError> {
        self.inner.refuses(partnership, path)
    }

    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        if self.keeps.load(std::sync::atomic::Ordering::Relaxed) {
            self.sent.lock().push(cleared.body().clone());
        }
        self.inner.send(cleared)
    }
}

/// The client that the door uses, without anything around it.
struct BareClient {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl BareClient {
    fn new(url: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, url: url.to_owned() }
    }

    async fn post(&self, body: Bytes) -> anyhow::Result<()> {
        let request = http::Request::post(&self.url)
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        let answer = self.client.request(request).await.context("the partner")?;
        ensure!(answer.status().is_success(), "the partner answered {}", answer.status());
        Ok(())
    }
}
