//! A whole gateway on stores in memory: the real decision, exchange, settings, ledger and deliveries.

use super::{
    conversion::questions,
    elsewhere::{self, Elsewhere},
    encode::Vendors,
    format::{
        AskedBy, Bid, Choose, Correct, Header, LinkOf, Overrides, Person, Seen, Step, ViewEvent,
    },
    ports::{LossyStore, RecordingDoor},
    register::{register, sample},
    requests,
    strings::{CameIn, Strings},
};
use crate::{ManualClock, SeededDice};
use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use sluicegate_exchange::{
    AuctionCall, Exchange, ExchangeOptions, ExchangeParts, Incoming, MemoryBills, MemoryBuyers,
    Speaker, Wanted,
};
use sluicegate_gate::{
    ForSecurity, PartnershipId, Secret, Setting, SubjectKey,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Ledger, memory::MemoryStore as Records};
use sluicegate_measurement::{
    Deliveries, Delivery, DeliveryOptions, DeliveryParts, Erasing, Format, Intake, ItemStatus,
    Keys, MemoryJournal, Schedule, Step as Stepped,
    lookup::{Lookup, Shelf},
};
use sluicegate_register::{Current, Edition};
use sluicegate_settings::{Actor, Candidate, Change, Keyring, ProfileWrite, Settings};
use sluicegate_signals::Gpc;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// 2026-03-02, 12:00 UTC: when every scenario begins.
pub(crate) const BEGINNING: UnixMillis = UnixMillis(1_772_452_800_000);
const TAKES_EFFECT_WITHIN: Duration = Duration::from_secs(5);
/// Longer than any run takes: time in a scenario is the scenario's.
const NO_HURRY: Duration = Duration::from_mins(1);
const STEPS_MAX: usize = 1_000;

/// The gateway of one scenario.
#[derive(Debug)]
pub(crate) struct Gateway {
    clock: Arc<ManualClock>,
    current: Arc<Current>,
    store: Arc<LossyStore>,
    settings: Arc<Settings>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) door: Arc<RecordingDoor>,
    pub(crate) exchange: Arc<Exchange>,
    intake: Intake,
    pub(crate) deliveries: Deliveries,
    pub(crate) lookup: Lookup,
    pub(crate) shelf: Shelf,
    pub(crate) keys: Keys,
    running: BTreeMap<PartnershipId, Arc<Delivery>>,
    pub(super) elsewhere: Elsewhere,
    keyring: Arc<Keyring>,
    sample: Vec<(String, String)>,
    vendors: Vendors,
    pub(crate) came_in: CameIn,
    /// The accounts, devices and browsers named so far.
    named: BTreeSet<String>,
    refreshes: bool,
    passed: u64,
}

impl Gateway {
    /// Starts one with the first edition.
    #[expect(clippy::too_many_lines, reason = "every part, once")]
    pub(crate) async fn start(overrides: &Overrides, seed: u64) -> anyhow::Result<Self> {
        let manual = ManualClock::at(BEGINNING);
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&manual);
        let dice: Arc<dyn Dice> = SeededDice::new(seed);
        let store = Arc::new(LossyStore::default());
        let port = Arc::<LossyStore>::clone(&store);
        let settings = Settings::open(port, Arc::clone(&clock), TAKES_EFFECT_WITHIN).await?;
        let (records, key) = (Arc::new(Records::default()), Secret::new([3; 32]));
        let ledger = Ledger::open(records, Arc::clone(&clock), Arc::clone(&dice), key).await?;
        let (current, door) = (Arc::new(Current::new()), Arc::new(RecordingDoor::default()));
        let keyring = Arc::new(Keyring::new(Secret::new([5; 16])));
        let exchange = Exchange::new(ExchangeParts {
            current: Arc::clone(&current),
            settings: Arc::clone(&settings),
            keyring: Arc::clone(&keyring),
            ledger: Arc::clone(&ledger),
            bills: Arc::new(MemoryBills::default()),
            buyers: Arc::new(MemoryBuyers::default()),
            door: Arc::<RecordingDoor>::clone(&door),
            clock: Arc::clone(&clock),
            dice: Arc::clone(&dice),
            options: options(),
        });
        let (journal, keys) = (Arc::new(MemoryJournal::default()), Keys::new(Secret::new([9; 32])));
        let intake = Intake::new(
            Arc::<MemoryJournal>::clone(&journal),
            Arc::clone(&keyring),
            (keys.clone(), Erasing::default()),
            Arc::clone(&clock),
            Arc::clone(&dice),
        );
        let elsewhere = Elsewhere::new(&current, &keyring, &settings, &clock);
        let parts = DeliveryParts {
            current: Arc::clone(&current),
            settings: Arc::clone(&settings),
            ledger: Arc::clone(&ledger),
            door: Arc::<RecordingDoor>::clone(&door),
            journal,
            clock,
            dice,
            keys: keys.clone(),
            erasing: Erasing::default(),
            schedule: Schedule::standard(),
            greeter: None,
            options: at_once(),
        };
        let (lookup, shelf) = questions(&parts);
        let deliveries = Deliveries::new(parts);
        let mut gateway = Self {
            clock: manual,
            current,
            store,
            settings,
            ledger,
            door,
            exchange,
            intake,
            deliveries,
            lookup,
            shelf,
            keys,
            running: BTreeMap::new(),
            elsewhere,
            keyring,
            vendors: Vendors::of(&sample()?)?,
            sample: sample()?,
            came_in: CameIn::default(),
            named: BTreeSet::new(),
            refreshes: true,
            passed: 0,
        };
        gateway.publish(overrides).await?;
        Ok(gateway)
    }

    /// Returns the time of day.
    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// Returns the edition in force.
    pub(crate) fn edition(&self) -> anyhow::Result<Arc<Edition>> {
        self.current.load().context("no edition is in force")
    }

    /// Returns the names of accounts, devices and browsers so far, with their keys.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = (&str, SubjectKey)> {
        self.named.iter().filter_map(|name| Some((name.as_str(), self.key_of(name).ok()?)))
    }

    /// Lets time pass until a step, and does what the step says.
    pub(crate) async fn take(&mut self, step: &Step) -> anyhow::Result<()> {
        let passes = step.at.checked_sub(self.passed).context("steps must be in order of time")?;
        self.passed = step.at;
        self.clock.advance(Duration::from_secs(passes));
        self.view(step.view);
        if self.refreshes {
            self.settings.refresh().await?;
        }
        if let Some(overrides) = &step.publish {
            self.publish(overrides).await?;
        }
        self.write(step).await?;
        if let Some(answers) = &step.answers {
            self.door.answers.lock().extend(answers.clone());
        }
        self.hear(step).await?;
        self.happen(step).await?;
        self.deliver().await?;
        Ok(self.ledger.flush().await?)
    }

    /// Lets ads be asked for and seen, and what they led to be reported.
    async fn happen(&mut self, step: &Step) -> anyhow::Result<()> {
        if let Some(bid) = &step.bid_request {
            self.bid(bid, step.usable.as_deref()).await?;
        }
        if let Some(seen) = &step.exposure {
            self.expose(seen).await?;
        }
        self.shelve().await?;
        if let Some(converted) = &step.conversion {
            self.convert(converted).await?;
        }
        Ok(())
    }

    /// Writes what the step changes in the settings.
    async fn write(&mut self, step: &Step) -> anyhow::Result<()> {
        if let Some(people) = &step.profile {
            self.welcome(people).await?;
        }
        if let Some(choice) = &step.choice {
            self.choose(choice).await?;
        }
        if let Some(LinkOf { person, with }) = &step.link {
            let (account, key) = (self.key(person)?, self.key(with)?);
            self.settings.link(account, key).await?;
        }
        if let Some(LinkOf { person, with }) = &step.unlink {
            let (account, key) = (self.key(person)?, self.key(with)?);
            self.settings.unlink(account, key).await?;
        }
        if let Some(Correct { person, edit }) = &step.correct {
            let account = self.key(person)?;
            self.settings.correct(account, *edit).await?;
        }
        Ok(())
    }

    /// Writes what the platform knows of accounts, and links them.
    pub(crate) async fn welcome(
        &mut self,
        people: &BTreeMap<String, Person>,
    ) -> anyhow::Result<()> {
        for (name, person) in people {
            ensure!(name.starts_with("person-"), "`{name}`: accounts are called person-a, …");
            let account = self.key(name)?;
            let first = ProfileWrite {
                country: person.country,
                gender: person.gender.map(|said| Candidate {
                    value: said.value,
                    source: said.source,
                    confidence: None,
                }),
                age_band: person.age_band.map(|said| Candidate {
                    value: said.value,
                    source: said.source,
                    confidence: None,
                }),
                ..ProfileWrite::default()
            };
            self.settings.put_profile(account, first).await?;
            for age in &person.ages {
                let protection_age = Some((age.source, ForSecurity::new(age.years)));
                let write = ProfileWrite { protection_age, ..ProfileWrite::default() };
                self.settings.put_profile(account, write).await?;
            }
            for link in &person.links {
                let key = self.key(link)?;
                self.settings.link(account, key).await?;
            }
            let chosen = [
                (Setting::Sharing, person.sharing),
                (Setting::PersonalizeAds, person.personalize_ads),
            ];
            for (setting, value) in chosen {
                let Some(value) = value else { continue };
                self.choose(&Choose { of: name.clone(), setting, value, actor: None }).await?;
            }
        }
        Ok(())
    }

    fn view(&mut self, event: Option<ViewEvent>) {
        match event {
            None => {}
            Some(ViewEvent::StopsRefreshing) => self.refreshes = false,
            Some(ViewEvent::RefreshesAgain) => self.refreshes = true,
            Some(ViewEvent::MissesAChange) => self.store.loses.store(true, Ordering::SeqCst),
        }
    }

    async fn publish(&mut self, overrides: &Overrides) -> anyhow::Result<()> {
        let register = register(&self.sample, overrides)?;
        let previous = self.current.load();
        let edition = Edition::publish(register, previous.as_deref(), self.clock.now())?;
        self.current.replace(Arc::new(edition));
        for partnership in self.deliveries.listed() {
            if !self.running.contains_key(&partnership) {
                let delivery = self.deliveries.open(partnership.clone()).await?;
                self.running.insert(partnership, delivery);
            }
        }
        Ok(())
    }

    async fn choose(&mut self, choice: &Choose) -> anyhow::Result<()> {
        let change = Change {
            key: self.key(&choice.of)?,
            setting: choice.setting,
            value: choice.value,
            actor: choice.actor.unwrap_or(Actor::Person),
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await?;
        Ok(())
    }

    /// Takes in what others say, and applies it.
    async fn hear(&mut self, step: &Step) -> anyhow::Result<()> {
        if let Some(upload) = &step.upload {
            let mut keys = BTreeMap::new();
            for name in upload.add.iter().chain(&upload.take_off) {
                keys.insert(name.clone(), self.key(name)?);
            }
            self.elsewhere.upload(upload, self.clock.now(), &keys).await?;
        }
        if let Some(did) = &step.activity {
            self.key(&did.person)?;
            self.elsewhere.act(did, self.clock.now()).await?;
        }
        if let Some(remove) = &step.remove {
            let account = self.key(&remove.person)?;
            let removal = elsewhere::removal(remove)?;
            self.settings.remove(account, removal, String::from("shown")).await?;
        }
        Ok(())
    }

    async fn bid(&mut self, bid: &Bid, usable: Option<&[String]>) -> anyhow::Result<()> {
        let mut named =
            |name: &Option<String>| name.as_deref().map(|name| self.key(name)).transpose();
        let (account, browser) = (named(&bid.person)?, named(&bid.browser)?);
        named(&bid.device)?;
        let speaker = match (browser, bid.asked_by) {
            (None, _) | (Some(_), AskedBy::Platform) => Speaker::Platform,
            (browser, AskedBy::Browser) => Speaker::Browser { account, browser },
        };
        let request = requests::bid_request(bid, &self.vendors)?;
        self.came_in.request = Strings::of_request(&request);
        let sec_gpc: Vec<&[u8]> = match &bid.sec_gpc {
            None => Vec::new(),
            Some(Header::Once(value)) => vec![value.as_bytes()],
            Some(Header::Several(values)) => values.iter().map(String::as_bytes).collect(),
        };
        let call = AuctionCall {
            request: Incoming::Bytes(Bytes::from(serde_json::to_vec(&request)?)),
            speaker,
            gpc: Gpc::read(sec_gpc),
            wanted: Wanted::Winners,
        };
        if let Some(expected) = usable {
            let usable = elsewhere::names(&self.exchange.own_use(call.clone())?);
            ensure!(usable == expected, "usable: expected {expected:?}, got {usable:?}");
        }
        self.exchange.auction(call).await?;
        Ok(())
    }

    async fn expose(&mut self, seen: &Seen) -> anyhow::Result<()> {
        for name in [&seen.person, &seen.device, &seen.browser].into_iter().flatten() {
            self.key(name)?;
        }
        let happened = match seen.happened {
            None => self.clock.now(),
            Some(seconds) => UnixMillis(BEGINNING.0.saturating_add(seconds.saturating_mul(1_000))),
        };
        let exposure = requests::exposure(seen, happened, &self.vendors)?;
        self.came_in.exposures.insert(seen.id.clone(), Strings::of_exposure(&exposure));
        let body = serde_json::to_vec(&exposure)?;
        for result in self.intake.accept(&body, Format::Json).await? {
            ensure!(result.status == ItemStatus::Accepted, "the intake said {result:?}");
        }
        Ok(())
    }

    /// Lets every delivery go on until it rests.
    async fn deliver(&self) -> anyhow::Result<()> {
        for (id, delivery) in &self.running {
            let mut rests = false;
            for _ in 0..STEPS_MAX {
                match delivery.step().await? {
                    Stepped::Delivered { .. } | Stepped::Settled { .. } => {}
                    Stepped::Idle | Stepped::Wait(_) | Stepped::Held(_) => {
                        rests = true;
                        break;
                    }
                }
            }
            ensure!(rests, "the delivery to {id} never rests");
        }
        Ok(())
    }

    /// Returns the key of a name, and remembers the name.
    fn key(&mut self, name: &str) -> anyhow::Result<SubjectKey> {
        let key = self.key_of(name)?;
        self.named.insert(name.to_owned());
        Ok(key)
    }

    fn key_of(&self, name: &str) -> anyhow::Result<SubjectKey> {
        Ok(match name.split_once('-') {
            Some(("person", _)) => self.keyring.account(name),
            Some(("phone", _)) => self.keyring.device(&requests::advertising_id(name)?),
            Some(("browser", _)) => self.keyring.browser(name),
            _ => bail!("`{name}` is neither person-…, phone-… nor browser-…"),
        })
    }
}

fn options() -> ExchangeOptions {
    let mut options = ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]));
    options.max_tmax = NO_HURRY;
    // There are no hundred people in a scenario.
    options.list_people_min = 1;
    options
}

/// Messages that wait for nothing, and a journal that keeps nothing for replays.
fn at_once() -> DeliveryOptions {
    DeliveryOptions {
        domain: "platform.example".into(),
        batch_age: Duration::ZERO,
        replay_for: Duration::ZERO,
    }
}
