//! Answering partners that report installs, against many stored exposures, beside appending the same reports;
//! and whether the time of an answer says why nothing is told.

use crate::{
    delivery::{ADVERTISERS, INVENTORY, partner},
    disk::AppendedFile,
    exposures::exposure,
    harness::{Effort, Pair, alternate, measured, now, quantile},
    house::{self, refresh, runtime},
    machine::{MachineClock, MachineDice},
    sample::{account_id, device_id},
    table::{Goal, Row, time},
};
use anyhow::ensure;
use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use sluicegate_gate::{
    Choice, PartnershipId, Secret, Setting,
    time::{Clock, Dice},
};
use sluicegate_ledger::Ledger;
use sluicegate_measurement::{
    Erasing, Format, Intake, Keys, PeopleOff,
    lookup::{Caps, Lookup, LookupParts, Shelf, ShelfParts, Shelved},
};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_settings::{Actor, Change, Keyring, Settings};
use sluicegate_store::Sqlite;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// Exposures on the shelf, unless asked for otherwise.
const TOUCHES: u32 = 200_000;
/// Installs in one body, and bodies in a round.
const IN_A_BODY: u32 = 100;
const BODIES: u32 = 20;
/// Installs a second at set times, and for how long.
const A_SECOND: u32 = 10_000;
const FOR_SECONDS: u32 = 10;
/// Installs in one body there: as of a partner that gathers reports for long, and of one that hardly does.
const GATHERED: [u32; 2] = [IN_A_BODY, 10];
/// Within this, in nanoseconds, 99 of 100 bodies are to be answered.
const ANSWERED_NS: f64 = 5e6;
const METER: &str = "meter";

/// Why nothing is told, in the order of the lines.
const NULLS: [(&str, Person); 3] = [
    ("lookup: null, never seen", Person::Elsewhere),
    ("lookup: null, sharing off", Person::Off),
    ("lookup: null, out of window", Person::Early),
];

/// Whose installs are reported.
#[derive(Clone, Copy, Debug)]
enum Person {
    /// Nobody the platform knows.
    Unknown,
    /// People who saw ads of another advertiser.
    Elsewhere,
    /// People who saw the ad and turned sharing off.
    Off,
    /// People who saw the ad after the install.
    Early,
    /// Every other one saw the ad, and is told.
    Half,
}

pub(crate) fn measure(effort: Effort, touches: Option<u32>) -> anyhow::Result<Vec<Row>> {
    let runtime = runtime()?;
    let (dir, floor) = (house::directory()?, house::directory()?);
    let touches = touches.unwrap_or(effort.operations(TOUCHES));
    let house = runtime.block_on(House::open(dir.path(), touches))?;
    let (filling, shelved) = (runtime.block_on(house.fill())?, house.touches);
    let mut file = AppendedFile::create(floor.path())?;
    let mut rows = Vec::new();
    let told = house.beside_appending(effort, &runtime, &mut file)?;
    let mut notes = vec![format!(
        "{shelved} exposures on the shelf, put there at {filling:.0} a second; each install entered, judged, settled and recorded, durably; half of them are told a touch"
    )];
    for in_a_body in GATHERED {
        notes.push(runtime.block_on(house.at_set_times(in_a_body))?);
    }
    let goal = Goal::Rate { at_least: f64::from(A_SECOND) };
    rows.push(Row { name: "lookup: 100 a body", pair: told, goal, notes });
    for (name, person) in NULLS {
        let pair = house.beside_unknown(effort, &runtime, person)?;
        let notes =
            vec![String::from("the floor is the same number of installs on devices nobody knows")];
        rows.push(Row { name, pair, goal: Goal::Watched, notes });
    }
    Ok(rows)
}

struct House {
    intake: Intake,
    shelf: Shelf,
    lookup: Lookup,
    settings: Arc<Settings>,
    keyring: Arc<Keyring>,
    keys: Keys,
    clock: Arc<dyn Clock>,
    touches: u32,
    next: std::sync::atomic::AtomicU32,
}

impl House {
    async fn open(dir: &Path, touches: u32) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let dice: Arc<dyn Dice> = Arc::new(MachineDice);
        let store = Arc::new(Sqlite::open(dir).await?);
        let current = Arc::new(Current::new());
        current.replace(Arc::new(Edition::publish(register()?, None, clock.now())?));
        let choices = Arc::<Sqlite>::clone(&store);
        let settings = Settings::open(choices, Arc::clone(&clock), Duration::from_secs(5)).await?;
        tokio::spawn(refresh(Arc::clone(&settings)));
        let records = Arc::<Sqlite>::clone(&store);
        let secret = Secret::new([3; 32]);
        let ledger = Ledger::open(records, Arc::clone(&clock), Arc::clone(&dice), secret).await?;
        let keys = Keys::new(Secret::new([5; 32]));
        let keyring = Arc::new(Keyring::new(Secret::new([7; 16])));
        let intake = Intake::new(
            Arc::<Sqlite>::clone(&store),
            Arc::clone(&keyring),
            (keys.clone(), Erasing::default()),
            Arc::clone(&clock),
            Arc::clone(&dice),
        );
        let shelf = Shelf::new(ShelfParts {
            current: Arc::clone(&current),
            settings: Arc::clone(&settings),
            journal: Arc::<Sqlite>::clone(&store),
            conversions: Arc::<Sqlite>::clone(&store),
            keys: keys.clone(),
            clock: Arc::clone(&clock),
            dice: Arc::clone(&dice),
        });
        let lookup = Lookup::new(LookupParts {
            current,
            settings: Arc::clone(&settings),
            ledger,
            conversions: store,
            keys: keys.clone(),
            clock: Arc::clone(&clock),
            dice,
            caps: Caps {
                per_day: u64::MAX,
                per_device_per_day: u64::MAX,
                events_per_day: 0,
                events_per_device_per_day: 0,
            },
            people_off: PeopleOff::Excluded,
        });
        let next = 0.into();
        Ok(Self { intake, shelf, lookup, settings, keyring, keys, clock, touches, next })
    }

    /// Puts one exposure of each person on the shelf, and turns off every hundredth. Returns how many were
    /// put there a second.
    async fn fill(&self) -> anyhow::Result<f64> {
        let numbers: Vec<u32> = (0..self.touches).collect();
        let mut shelving = Duration::ZERO;
        for some in numbers.chunks(1_000) {
            let exposures: Vec<Value> = some.iter().map(|number| self.seen(*number)).collect();
            self.intake
                .accept(Value::Array(exposures).to_string().as_bytes(), Format::Json)
                .await?;
            let begun = now();
            while let Shelved::Read(_) = self.shelf.step().await? {}
            shelving += begun.elapsed();
        }
        let off: Vec<u32> = numbers.into_iter().filter(|number| group(*number) == OFF).collect();
        for some in off.chunks(256) {
            try_join_all(some.iter().map(|number| self.turn_off(*number))).await?;
        }
        Ok(f64::from(self.touches) / shelving.as_secs_f64())
    }

    fn seen(&self, number: u32) -> Value {
        let seen = exposure(number, number, self.clock.now());
        match seen {
            Value::Object(mut fields) if group(number) == ELSEWHERE => {
                fields.insert(String::from("advertiser_id"), json!("garden"));
                Value::Object(fields)
            }
            seen => seen,
        }
    }

    async fn turn_off(&self, number: u32) -> anyhow::Result<()> {
        let change = Change {
            key: self.keyring.account(&account_id(number)),
            setting: Setting::Sharing,
            value: Choice::Off,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await?;
        Ok(())
    }

    /// Returns bodies of so many installs that never came before.
    fn bodies(&self, person: Person, count: u32, in_a_body: u32) -> anyhow::Result<Vec<Bytes>> {
        let keys = self.keys.partner(&METER.parse::<PartnershipId>()?);
        let at = self.clock.now().0 / 1_000;
        let body = |_| {
            let installs = (0..in_a_body).map(|_| {
                let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let (device, at) = self.who(person, number, at);
                json!({
                    "data_set_id": "shoes", "id": format!("install-{number:012}"), "timestamp": at,
                    "event_type": "install",
                    "user_data": { "device_id_hash": keys.device_id(&device_id(device)) },
                    "properties": { "app_id": "com.example.shoes", "os": "ios" },
                })
            });
            Bytes::from(Value::Array(installs.collect()).to_string())
        };
        Ok((0..count).map(body).collect())
    }

    /// Returns on whose device an install is, and when.
    fn who(&self, person: Person, number: u32, now: i64) -> (u32, i64) {
        // Spread over all of them, so that no part of the tables is at hand already.
        let any = (u64::from(number) * 7_919 % u64::from(self.touches.max(100) / 100)) * 100;
        let any = u32::try_from(any).unwrap_or(0);
        match person {
            Person::Elsewhere => (any + ELSEWHERE, now),
            Person::Off => (any + OFF, now),
            Person::Early => (any + TOLD, now - 86_400),
            Person::Half if number.is_multiple_of(2) => (any + TOLD + number % 90, now),
            Person::Unknown | Person::Half => (u32::MAX - number, now),
        }
    }

    fn beside_appending(
        &self,
        effort: Effort,
        runtime: &Runtime,
        file: &mut AppendedFile,
    ) -> anyhow::Result<Pair> {
        let count = effort.operations(BODIES);
        let operations = count * IN_A_BODY;
        let floor = self.bodies(Person::Half, count, IN_A_BODY)?;
        alternate(
            effort,
            || measured(operations, || floor.iter().try_for_each(|body| file.append([body]))),
            || {
                let bodies = self.bodies(Person::Half, count, IN_A_BODY)?;
                measured(operations, || {
                    runtime.block_on(async {
                        for body in &bodies {
                            answer(&self.lookup, body).await?;
                        }
                        Ok(())
                    })
                })
            },
        )
    }

    fn beside_unknown(
        &self,
        effort: Effort,
        runtime: &Runtime,
        person: Person,
    ) -> anyhow::Result<Pair> {
        let count = effort.operations(BODIES);
        let round = |person| {
            let bodies = self.bodies(person, count, IN_A_BODY)?;
            measured(count * IN_A_BODY, || {
                runtime.block_on(async {
                    for body in &bodies {
                        answer(&self.lookup, body).await?;
                    }
                    Ok(())
                })
            })
        };
        alternate(effort, || round(Person::Unknown), || round(person))
    }

    /// Asks at set times, whatever the answers do, and says how long bodies waited from when they were due, and how
    /// many could not be answered before their permits ended.
    async fn at_set_times(&self, in_a_body: u32) -> anyhow::Result<String> {
        let count = A_SECOND * FOR_SECONDS / in_a_body;
        let bodies = self.bodies(Person::Half, count, in_a_body)?;
        let every = Duration::from_secs(1) * in_a_body / A_SECOND;
        let begun = now();
        let asked = (0_u32..).zip(bodies).map(|(number, body)| {
            let lookup = self.lookup.clone();
            tokio::spawn(async move {
                let due = begun + every * number;
                tokio::time::sleep_until(due.into()).await;
                let answered = answer(&lookup, &body).await.is_ok();
                answered.then(|| due.elapsed().as_secs_f64() * 1e9)
            })
        });
        let asked: Vec<Option<f64>> = try_join_all(asked).await?;
        let late = asked.iter().filter(|wait| wait.is_none()).count();
        let mut waits: Vec<f64> = asked.into_iter().flatten().collect();
        let [half, most] = [0.5, 0.99].map(|part| quantile(&mut waits, part));
        let verdict = if most < ANSWERED_NS && late == 0 { "reached" } else { "missed" };
        Ok(format!(
            "{A_SECOND} a second at set times, {in_a_body} a body, of {count} {late} not in time: answered after {} at p50 and {} at p99 (goal for p99: below {}: {verdict})",
            time(half),
            time(most),
            time(ANSWERED_NS)
        ))
    }
}

async fn answer(lookup: &Lookup, body: &[u8]) -> anyhow::Result<()> {
    let accepted = lookup.accept(&METER.parse()?, body).await?;
    let cleared = lookup.answer(&accepted).await?;
    ensure!(!cleared.body().is_empty(), "an empty answer");
    Ok(())
}

/// Tells people apart: most of a hundred are told a touch.
fn group(number: u32) -> u32 {
    number % 100
}

fn register() -> anyhow::Result<Register> {
    let advertisers = ADVERTISERS.replace(r#", "dead", "slow", "lying""#, "");
    let files = vec![
        (String::from("inventory.toml"), INVENTORY.to_owned()),
        (String::from("advertisers.toml"), format!("{advertisers}{MORE}")),
        partner(METER, "http://127.0.0.1:9/events"),
    ];
    Register::read(&files).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the sample register is wrong: {}", problems.join("; "))
    })
}

/// Of a hundred people this one turned sharing off.
const OFF: u32 = 1;
/// This one saw an ad of another advertiser.
const ELSEWHERE: u32 = 2;
/// This one, and those up to the last, saw the ad and are told.
const TOLD: u32 = 3;

const MORE: &str = r#"
[[advertiser.app]]
id = "com.example.shoes"
name = "Running Shoes"
store_url = "https://store.example/apps/com.example.shoes"

[[advertiser]]
id = "garden"
name = "Garden"
measurement = ["meter"]
"#;
