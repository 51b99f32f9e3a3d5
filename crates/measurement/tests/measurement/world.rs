//! A gateway in small: real settings, a real ledger, and a partner that answers what it is told to.

use crate::stopped::Gaps;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluicegate_gate::{
    Choice, PartnershipId, Path, Reason, Secret, Setting, SubjectKey,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Answer, Cleared, Door, Ledger, SendError, memory::MemoryStore as Records};
use sluicegate_measurement::cost::MemoryCosts;
use sluicegate_measurement::lookup::{
    Caps, Lookup, LookupParts, MemoryConversions, PeopleOff, Shelf, ShelfParts,
};
use sluicegate_measurement::{
    Appended, Counters, DeadLetter, Deliveries, Delivery, DeliveryOptions, DeliveryParts,
    EndpointSaid, Erasing, Format, Greeter, Intake, ItemStatus, Journal, JournalError, Keys,
    Letters, MemoryJournal, NewPack, Pack, Position, Progress, Schedule, Step, Trim,
};
use sluicegate_register::Current;
use sluicegate_settings::{Actor, Change, Keyring, Settings};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

pub(crate) const METER: &str = "demo-meter";
pub(crate) const GAUGE: &str = "demo-gauge";
pub(crate) const AUDITOR: &str = "demo-auditor";
/// 2026-03-01.
pub(crate) const START: UnixMillis = UnixMillis(1_772_323_200_000);
pub(crate) const CAPS: Caps =
    Caps { per_day: 20, per_device_per_day: 5, events_per_day: 30, events_per_device_per_day: 10 };
const BOUND: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Hands {
    passed: AtomicU64,
    /// By how much the time of day was set back, in milliseconds.
    set_back: AtomicI64,
}

impl Clock for Hands {
    fn now(&self) -> UnixMillis {
        let now = START.plus(Duration::from_millis(self.passed.load(Ordering::SeqCst)));
        UnixMillis(now.0 - self.set_back.load(Ordering::SeqCst))
    }

    fn boot(&self) -> BootMillis {
        BootMillis(1_000_000 + self.passed.load(Ordering::SeqCst))
    }
}

#[derive(Debug)]
pub(crate) struct Seeded(AtomicU64);

impl Dice for Seeded {
    fn roll(&self) -> u128 {
        let next = || {
            let mut mixed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            u128::from(mixed ^ (mixed >> 31))
        };
        next() << 64 | next()
    }
}

/// What one attempt brought to the partner.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) partnership: PartnershipId,
    pub(crate) message: String,
    pub(crate) body: bytes::Bytes,
}

impl Received {
    pub(crate) fn records(&self) -> Vec<Value> {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["data"]["records"].as_array().unwrap().clone()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Status(u16),
    RetryAfter(u16, u64),
    Error(SendError),
}

/// What a partner answers to an attempt of that number.
pub(crate) type Manner = fn(u64) -> Reply;

/// A door to partners that answer 200 unless told otherwise.
#[derive(Debug, Default)]
pub(crate) struct FakeDoor {
    pub(crate) received: Mutex<Vec<Received>>,
    pub(crate) replies: Mutex<VecDeque<Reply>>,
    pub(crate) dead: Mutex<Option<PartnershipId>>,
    /// Takes no connection: no byte goes.
    pub(crate) down: Mutex<Option<PartnershipId>>,
    /// What one partnership answers to its attempts, which are counted.
    pub(crate) manners: Mutex<BTreeMap<PartnershipId, (u64, Manner)>>,
    /// What endpoints say when they are asked; without it nobody asks them.
    pub(crate) says: Mutex<Option<EndpointSaid>>,
    /// How often one was asked.
    pub(crate) asked: AtomicU64,
    /// What it was told to keep to.
    pub(crate) keeps_to: Mutex<Vec<Option<u32>>>,
    /// Why nothing is tried.
    pub(crate) refusal: Mutex<Option<SendError>>,
    /// Breaks the journal as soon as something was sent, as a crash would.
    pub(crate) crash_after_send: Mutex<Option<Arc<Breakable>>>,
}

impl Door for FakeDoor {
    fn refuses(&self, _partnership: &PartnershipId, _path: Path) -> Option<SendError> {
        *self.refusal.lock()
    }

    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        Box::pin(async move {
            let is = |one: &Mutex<Option<PartnershipId>>| {
                one.lock().as_ref() == Some(cleared.partnership())
            };
            let reply = if is(&self.down) {
                Reply::Error(SendError::Connect)
            } else if is(&self.dead) {
                Reply::Error(SendError::Timeout)
            } else if let Some(manner) = self.manners.lock().get_mut(cleared.partnership()) {
                manner.0 += 1;
                (manner.1)(manner.0)
            } else {
                self.replies.lock().pop_front().unwrap_or(Reply::Status(200))
            };
            if let Some(journal) = &*self.crash_after_send.lock() {
                journal.broken.store(true, Ordering::SeqCst);
            }
            let kept = matches!(
                reply,
                Reply::Error(
                    SendError::Connect
                        | SendError::Busy
                        | SendError::NotInForce
                        | SendError::DeadlinePassed
                )
            );
            if !kept {
                self.received.lock().push(Received {
                    partnership: cleared.partnership().clone(),
                    message: cleared.message().to_string(),
                    body: cleared.body().clone(),
                });
            }
            let (status, retry_after) = match reply {
                Reply::Status(status) => (status, None),
                Reply::RetryAfter(status, seconds) => (status, Some(Duration::from_secs(seconds))),
                Reply::Error(error) => return Err(error),
            };
            Ok(Answer { status, retry_after, body: bytes::Bytes::new(), held: None })
        })
    }
}

impl Greeter for FakeDoor {
    fn must_agree(&self, _partnership: &PartnershipId) -> bool {
        self.says.lock().is_some()
    }

    fn greet(&self, _partnership: &PartnershipId) -> BoxFuture<'_, EndpointSaid> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let said = self.says.lock().unwrap_or(EndpointSaid::Silent);
        Box::pin(std::future::ready(said))
    }

    fn keep_to(&self, _partnership: &PartnershipId, per_minute: Option<u32>) {
        self.keeps_to.lock().push(per_minute);
    }
}

/// A journal that can be told to take no more commits.
#[derive(Debug, Default)]
pub(crate) struct Breakable {
    pub(crate) inner: MemoryJournal,
    pub(crate) broken: AtomicBool,
    breaks: AtomicBool,
    commits_left: AtomicU64,
    appends_fail: AtomicBool,
    appends_left: AtomicU64,
    pub(crate) packs_read: AtomicU64,
    /// How often progress was written.
    pub(crate) commits: AtomicU64,
    /// What happens once, before a pack is appended.
    pub(crate) once_appending: Mutex<Option<Happens>>,
    /// What happens once, after something was written and before anybody is told.
    pub(crate) once_written: Mutex<Option<Happens>>,
    /// What happens once, after packs were read and before anybody has them.
    pub(crate) once_read: Mutex<Option<Happens>>,
}

/// Something that happens meanwhile.
pub(crate) struct Happens(pub(crate) BoxFuture<'static, ()>);

impl std::fmt::Debug for Happens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Happens")
    }
}

impl Breakable {
    /// Lets that many more commits through, and no further ones.
    pub(crate) fn break_after(&self, commits: u64) {
        self.commits_left.store(commits, Ordering::SeqCst);
        self.breaks.store(true, Ordering::SeqCst);
    }

    /// Takes that many more packs, and then no further ones.
    pub(crate) fn appends_fail_after(&self, packs: u64) {
        self.appends_left.store(packs, Ordering::SeqCst);
        self.appends_fail.store(true, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.appends_fail.store(false, Ordering::SeqCst);
        self.breaks.store(false, Ordering::SeqCst);
        self.broken.store(false, Ordering::SeqCst);
    }

    async fn written(&self) {
        let happens = self.once_written.lock().take();
        if let Some(Happens(happens)) = happens {
            happens.await;
        }
    }

    fn refusal(&self) -> Option<JournalError> {
        if self.breaks.load(Ordering::SeqCst) {
            let left = self.commits_left.load(Ordering::SeqCst);
            self.commits_left.store(left.saturating_sub(1), Ordering::SeqCst);
            if left == 0 {
                self.broken.store(true, Ordering::SeqCst);
            }
        }
        let error = std::io::Error::other("crashed");
        let is_broken = self.broken.load(Ordering::SeqCst);
        is_broken.then(|| JournalError::Unavailable(Box::new(error)))
    }
}

impl Journal for Breakable {
    fn append(&self, pack: NewPack) -> BoxFuture<'_, Result<Appended, JournalError>> {
        if self.appends_fail.load(Ordering::SeqCst) {
            let left = self.appends_left.load(Ordering::SeqCst);
            if left == 0 {
                let error = std::io::Error::other("crashed");
                return Box::pin(async { Err(JournalError::Unavailable(Box::new(error))) });
            }
            self.appends_left.store(left - 1, Ordering::SeqCst);
        }
        Box::pin(async move {
            let happens = self.once_appending.lock().take();
            if let Some(Happens(happens)) = happens {
                happens.await;
            }
            self.inner.append(pack).await
        })
    }

    fn read(
        &self,
        from: Position,
        packs_max: usize,
    ) -> BoxFuture<'_, Result<Vec<Pack>, JournalError>> {
        Box::pin(async move {
            let packs = self.inner.read(from, packs_max).await;
            let read = packs.as_ref().map_or(0, |packs| u64::try_from(packs.len()).unwrap());
            self.packs_read.fetch_add(read, Ordering::SeqCst);
            let happens = self.once_read.lock().take();
            if let Some(Happens(happens)) = happens {
                happens.await;
            }
            packs
        })
    }

    fn accepted_since(
        &self,
        from: Position,
        since: UnixMillis,
    ) -> BoxFuture<'_, Result<Option<Position>, JournalError>> {
        self.inner.accepted_since(from, since)
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, JournalError>> {
        self.inner.head()
    }

    fn progress(
        &self,
        partnership: PartnershipId,
    ) -> BoxFuture<'_, Result<Option<Progress>, JournalError>> {
        self.inner.progress(partnership)
    }

    fn all_progress(&self) -> BoxFuture<'_, Result<Vec<(PartnershipId, Progress)>, JournalError>> {
        self.inner.all_progress()
    }

    fn commit(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        dead: Vec<DeadLetter>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        if let Some(error) = self.refusal() {
            return Box::pin(async { Err(error) });
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.inner.commit(partnership, progress, dead).await?;
            self.written().await;
            Ok(())
        })
    }

    fn revive(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        events: Vec<Position>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        if let Some(error) = self.refusal() {
            return Box::pin(async { Err(error) });
        }
        Box::pin(async move {
            self.inner.revive(partnership, progress, events).await?;
            self.written().await;
            Ok(())
        })
    }

    fn withheld(
        &self,
        partnership: PartnershipId,
        from: Position,
        until: Position,
    ) -> BoxFuture<'_, Result<Vec<Position>, JournalError>> {
        self.inner.withheld(partnership, from, until)
    }

    fn dead_letters(
        &self,
        partnership: PartnershipId,
        letters: Letters,
    ) -> BoxFuture<'_, Result<Vec<DeadLetter>, JournalError>> {
        self.inner.dead_letters(partnership, letters)
    }

    fn rewrite(&self, first: Position, sealed: Vec<u8>) -> BoxFuture<'_, Result<(), JournalError>> {
        self.inner.rewrite(first, sealed)
    }

    fn trim(&self, what: Trim) -> BoxFuture<'_, Result<(), JournalError>> {
        self.inner.trim(what)
    }
}

/// What the ledger has of one partnership.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Withheld {
    /// Of one person, by reason.
    pub(crate) reasons: BTreeMap<Reason, u64>,
    /// Of everybody.
    pub(crate) events: u64,
    /// Disclosures about the person, to whomever, whose values can be read.
    pub(crate) readable: usize,
}

pub(crate) struct World {
    pub(crate) clock: Arc<Hands>,
    pub(crate) door: Arc<FakeDoor>,
    pub(crate) journal: Arc<Breakable>,
    pub(crate) choices: Arc<Gaps>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) records: Arc<Records>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) intake: Intake,
    pub(crate) deliveries: Deliveries,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) keys: Keys,
    pub(crate) erasing: Erasing,
    pub(crate) current: Arc<Current>,
    pub(crate) conversions: Arc<MemoryConversions>,
    pub(crate) costs: Arc<MemoryCosts>,
    pub(crate) shelf: Shelf,
    pub(crate) lookup: Lookup,
    pub(crate) dice: Arc<dyn Dice>,
    parts: DeliveryParts,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::seeded(1).await
    }

    pub(crate) async fn seeded(seed: u64) -> Self {
        Self::keeping(seed, Duration::ZERO).await
    }

    /// A world whose journal keeps what everybody has passed for that long.
    pub(crate) async fn keeping(seed: u64, replay_for: Duration) -> Self {
        Self::with(seed, replay_for, Duration::ZERO).await
    }

    /// A world in which messages that are not full wait for that long.
    pub(crate) async fn aging(batch_age: Duration) -> Self {
        Self::with(1, Duration::ZERO, batch_age).await
    }

    async fn with(seed: u64, replay_for: Duration, batch_age: Duration) -> Self {
        let clock = Arc::new(Hands { passed: AtomicU64::new(0), set_back: AtomicI64::new(0) });
        let dice: Arc<dyn Dice> = Arc::new(Seeded(AtomicU64::new(seed)));
        let (journal, door) = (Arc::new(Breakable::default()), Arc::new(FakeDoor::default()));
        let port: Arc<dyn Clock> = Arc::<Hands>::clone(&clock);
        let choices = Arc::new(Gaps::default());
        let settings = open(&choices, &port).await;
        let records = Arc::new(Records::default());
        let master = Secret::new([3; 32]);
        let ledger = Ledger::open(
            Arc::<Records>::clone(&records),
            Arc::clone(&port),
            Arc::clone(&dice),
            master,
        )
        .await
        .unwrap();
        let keyring = Arc::new(Keyring::new(Secret::new([5; 16])));
        let generations = BTreeMap::from([(id(GAUGE), vec![2, 1])]);
        let keys = Keys::new(Secret::new([9; 32])).with_device_generations(generations);
        let erasing = Erasing::default();
        let intake = Intake::new(
            Arc::<Breakable>::clone(&journal),
            Arc::clone(&keyring),
            (keys.clone(), erasing.clone()),
            Arc::clone(&port),
            Arc::clone(&dice),
        );
        let current = Arc::new(Current::new());
        current.replace(Arc::new(crate::editions::edition(25)));
        let deliveries_parts = DeliveryParts {
            current: Arc::clone(&current),
            settings: Arc::clone(&settings),
            ledger: Arc::clone(&ledger),
            door: Arc::<FakeDoor>::clone(&door),
            greeter: Some(Arc::<FakeDoor>::clone(&door)),
            journal: Arc::<Breakable>::clone(&journal),
            clock: Arc::clone(&port),
            dice: Arc::clone(&dice),
            keys: keys.clone(),
            erasing: erasing.clone(),
            schedule: Schedule::standard(),
            options: DeliveryOptions { domain: "platform.example".into(), batch_age, replay_for },
        };
        let deliveries = Deliveries::new(deliveries_parts.clone());
        let conversions = Arc::new(MemoryConversions::default());
        let shelf = Shelf::new(shelf_parts(&deliveries_parts, &conversions));
        let lookup = Lookup::new(lookup_parts(&deliveries_parts, &conversions));
        Self {
            clock,
            door,
            journal,
            choices,
            settings,
            records,
            ledger,
            intake,
            deliveries,
            keyring,
            keys,
            erasing,
            current,
            conversions,
            costs: Arc::default(),
            shelf,
            lookup,
            dice,
            parts: deliveries_parts,
        }
    }

    /// Starts again over everything that is kept.
    pub(crate) async fn restart(&mut self) {
        self.settings = open(&self.choices, &self.parts.clock).await;
        self.parts.settings = Arc::clone(&self.settings);
        self.deliveries = Deliveries::new(self.parts.clone());
        self.shelf = Shelf::new(shelf_parts(&self.parts, &self.conversions));
        self.lookup = Lookup::new(lookup_parts(&self.parts, &self.conversions));
    }

    pub(crate) async fn open(&self, partnership: &str) -> Arc<Delivery> {
        self.deliveries.open(id(partnership)).await.unwrap()
    }

    /// Lets time pass, with a view that stays fresh.
    pub(crate) async fn pass(&self, time: Duration) {
        self.pass_unseen(time);
        self.settings.refresh().await.unwrap();
    }

    /// Sets the time of day back. Nothing passes.
    pub(crate) fn set_back(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.clock.set_back.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the time of day ahead. Nothing passes.
    pub(crate) fn set_ahead(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.clock.set_back.fetch_sub(millis, Ordering::SeqCst);
    }

    /// Lets time pass without a look at the settings.
    pub(crate) fn pass_unseen(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.clock.passed.fetch_add(millis, Ordering::SeqCst);
    }

    /// The days around now.
    pub(crate) fn clock_range(&self) -> std::ops::Range<UnixMillis> {
        let day = Duration::from_hours(24);
        self.clock.now().minus(day)..self.clock.now().plus(day)
    }

    pub(crate) fn account(&self, person: u32) -> SubjectKey {
        self.keyring.account(&format!("u_{person}"))
    }

    pub(crate) async fn choose(&self, person: u32, value: Choice) {
        self.choose_setting(person, Setting::Sharing, value).await;
    }

    pub(crate) async fn choose_setting(&self, person: u32, setting: Setting, value: Choice) {
        let change = Change {
            key: self.account(person),
            setting,
            value,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await.unwrap();
    }

    /// The exposure of a person, as the platform writes it.
    pub(crate) fn exposure(&self, number: u32, person: u32) -> Value {
        json!({
            "id": format!("exp_{number}"),
            "timestamp_ms": self.clock.now().0,
            "interaction_type": "video_midpoint",
            "impression_id": format!("imp_{number}"),
            "click_id": null,
            "advertiser_id": "demo-running-shoes",
            "campaign_id": "c_9",
            "line_item_id": "li_3",
            "creative_id": "cr_7",
            "app_id": "com.example.runningshoes",
            "placement": "timeline",
            "ad_format": "video",
            "view_duration_ms": 7400,
            "video_duration_ms": 15000,
            "viewable_pct": 100,
            "device": {
                "ifa": format!("38400000-8CF0-11BD-B23E-{person:012}"),
                "ifa_type": "gaid",
                "os": "android",
                "lmt": 0
            },
            "account_id": format!("u_{person}"),
            "country": "US"
        })
    }

    /// Takes exposures in; all of them must be accepted.
    pub(crate) async fn accept(&self, exposures: &[Value]) {
        let body = serde_json::to_vec(exposures).unwrap();
        let results = self.intake.accept(&body, Format::Json).await.unwrap();
        for result in results {
            assert_eq!(result.status, ItemStatus::Accepted, "{result:?}");
        }
    }

    pub(crate) fn reply(&self, replies: &[Reply]) {
        self.door.replies.lock().extend(replies);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.door.received.lock().clone()
    }

    pub(crate) fn received_by(&self, partnership: &str) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|received| received.partnership == id(partnership));
        received
    }

    pub(crate) async fn counters(&self, partnership: &str) -> Counters {
        let all = self.deliveries.counters().await.unwrap();
        all.into_iter().find(|counters| counters.partnership == id(partnership)).unwrap()
    }

    /// Returns how often something was withheld from a partnership for each reason, of one person and of
    /// everybody, and how many events that was, by the ledger.
    pub(crate) async fn ledger_withheld(&self, partnership: &str, person: u32) -> Withheld {
        self.ledger.flush().await.unwrap();
        let range = START.minus(Duration::from_hours(24))..self.clock.now().plus(BOUND);
        let view = self.ledger.person(self.account(person), range.clone()).await.unwrap();
        let of = id(partnership);
        let mut reasons = BTreeMap::new();
        for one in view.withheld.iter().filter(|one| one.partnership == of) {
            *reasons.entry(one.reason).or_default() += one.count;
        }
        let totals = self.ledger.totals(range).await.unwrap().counts;
        let events =
            totals.iter().filter(|row| row.partnership == of).map(|row| row.withheld).sum();
        let readable = view.disclosures.len();
        Withheld { reasons, events, readable }
    }

    /// Steps until there is nothing left to do at this time.
    pub(crate) async fn run(&self, delivery: &Delivery) -> Step {
        for _ in 0..1_000 {
            match delivery.step().await.unwrap() {
                Step::Delivered { .. } | Step::Settled { .. } => {}
                step @ (Step::Idle | Step::Wait(_) | Step::Held(_)) => return step,
            }
        }
        panic!("the delivery never rests");
    }
}

async fn open(choices: &Arc<Gaps>, clock: &Arc<dyn Clock>) -> Arc<Settings> {
    Settings::open(Arc::<Gaps>::clone(choices), Arc::clone(clock), BOUND).await.unwrap()
}

/// A shelf on the same parts as the deliveries.
fn shelf_parts(parts: &DeliveryParts, conversions: &Arc<MemoryConversions>) -> ShelfParts {
    ShelfParts {
        current: Arc::clone(&parts.current),
        settings: Arc::clone(&parts.settings),
        journal: Arc::clone(&parts.journal),
        conversions: Arc::<MemoryConversions>::clone(conversions),
        keys: parts.keys.clone(),
        clock: Arc::clone(&parts.clock),
        dice: Arc::clone(&parts.dice),
    }
}

/// Lookups on the same parts as the deliveries.
fn lookup_parts(parts: &DeliveryParts, conversions: &Arc<MemoryConversions>) -> LookupParts {
    LookupParts {
        current: Arc::clone(&parts.current),
        settings: Arc::clone(&parts.settings),
        ledger: Arc::clone(&parts.ledger),
        conversions: Arc::<MemoryConversions>::clone(conversions),
        keys: parts.keys.clone(),
        clock: Arc::clone(&parts.clock),
        dice: Arc::clone(&parts.dice),
        caps: CAPS,
        people_off: PeopleOff::InTotals,
    }
}

pub(crate) fn id(partnership: &str) -> PartnershipId {
    partnership.parse().unwrap()
}
