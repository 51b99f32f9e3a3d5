//! An exchange around a door that only remembers.

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, pending, ready};
use serde_json::{Value, json};
use sluicegate_exchange::{
    AuctionCall, Auctioned, Exchange, ExchangeOptions, ExchangeParts, Incoming, MemoryBills,
    MemoryBuyers, Rates, SeatStatus, Speaker, Wanted,
};
use sluicegate_gate::{
    Choice, DisclosureId, KeyStamp, PartnershipId, Path, Secret, Setting, SubjectKey,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{
    Answer, Cleared, Day, Door, Found, Head, Held, KeyId, KeyRow, Ledger, LedgerBatch, LedgerStore,
    LedgerStoreError, Met, MetUntil, Outcome, PackRow, PackTimes, Patience, ReadTold, SendError,
    ToldRow, Totals, UncertainWindow, WindowRow, WithheldRow,
};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_settings::{Actor, Change, Keyring, Settings};
use sluicegate_signals::Gpc;
use std::{
    collections::HashMap,
    ops::{Range, RangeInclusive},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

pub(crate) const NOW: i64 = 1_800_000_000_000;

/// Clocks that stand still until they are moved: the time of day, and the one that never goes back.
#[derive(Debug, Default)]
pub(crate) struct HandClock(pub(crate) AtomicI64, pub(crate) AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(NOW + self.0.load(Ordering::SeqCst))
    }

    fn boot(&self) -> BootMillis {
        BootMillis(self.1.load(Ordering::SeqCst))
    }
}

#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Dice for Counting {
    fn roll(&self) -> u128 {
        let count = u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1;
        // Why: a token's id is made of two of them, and small numbers are soon the same in pairs.
        count.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}

/// What one partner does with a message.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// Bids: `$ID` in the text becomes the id of the request.
    Answers(u16, String),
    Fails(SendError),
    NeverAnswers,
}

/// What came to the door.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) partnership: String,
    pub(crate) path: Path,
    pub(crate) url: Option<String>,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) id: DisclosureId,
    pub(crate) depends_on: Vec<KeyStamp>,
    pub(crate) patience: Option<Patience>,
}

/// A door that remembers what it got and answers as told, by partnership; notices by their url's path.
#[derive(Debug, Default)]
pub(crate) struct FakeDoor {
    behaviours: Mutex<HashMap<String, Behaviour>>,
    refusals: Mutex<HashMap<String, SendError>>,
    got: Mutex<Vec<Message>>,
    /// How often it was asked whether bills may go.
    bills_asked: AtomicU64,
    /// Where answers are held.
    places: Arc<Places>,
    /// How long each answer takes on this clock.
    takes: Mutex<Option<(Arc<HandClock>, u64)>>,
}

/// The places of answers.
#[derive(Debug, Default)]
pub(crate) struct Places {
    held: AtomicU64,
    found: Mutex<Vec<Found>>,
}

#[derive(Debug)]
struct Place(Arc<Places>);

impl Held for Place {
    fn found(&self, what: Found) {
        self.0.found.lock().unwrap().push(what);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}

impl FakeDoor {
    /// How many answers with something in them are held.
    pub(crate) fn held(&self) -> u64 {
        self.places.held.load(Ordering::SeqCst)
    }

    /// What answers were found to be since this was last asked.
    pub(crate) fn found(&self) -> Vec<Found> {
        std::mem::take(&mut self.places.found.lock().unwrap())
    }

    fn hold(&self, answer: Answer) -> Answer {
        if answer.body.is_empty() {
            return answer;
        }
        self.places.held.fetch_add(1, Ordering::SeqCst);
        Answer { held: Some(Arc::new(Place(Arc::clone(&self.places)))), ..answer }
    }

    pub(crate) fn set(&self, who: &str, behaviour: Behaviour) {
        self.behaviours.lock().unwrap().insert(who.to_owned(), behaviour);
    }

    /// From now on every answer takes so many milliseconds.
    pub(crate) fn takes(&self, clock: &Arc<HandClock>, ms: u64) {
        *self.takes.lock().unwrap() = Some((Arc::clone(clock), ms));
    }

    /// From now on nothing to that partnership is tried.
    pub(crate) fn refuse(&self, who: &str, why: SendError) {
        self.refusals.lock().unwrap().insert(who.to_owned(), why);
    }

    /// It may be tried again.
    pub(crate) fn admit(&self, who: &str) {
        self.refusals.lock().unwrap().remove(who);
    }

    pub(crate) fn bills_asked(&self) -> u64 {
        self.bills_asked.load(Ordering::SeqCst)
    }

    pub(crate) fn got(&self) -> Vec<Message> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn to(&self, partnership: &str) -> Vec<Message> {
        self.got().into_iter().filter(|one| one.partnership == partnership).collect()
    }

    pub(crate) fn notices(&self, path: Path) -> Vec<String> {
        self.got().into_iter().filter(|one| one.path == path).filter_map(|one| one.url).collect()
    }
}

impl Door for FakeDoor {
    fn refuses(&self, partnership: &PartnershipId, path: Path) -> Option<SendError> {
        self.bills_asked.fetch_add(u64::from(path == Path::BillingNotice), Ordering::SeqCst);
        self.refusals.lock().unwrap().get(partnership.as_str()).copied()
    }

    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        self.take(&cleared, None)
    }

    fn send_within(
        &self,
        cleared: Cleared,
        patience: Patience,
    ) -> BoxFuture<'_, Result<Answer, SendError>> {
        self.take(&cleared, Some(patience))
    }
}

impl FakeDoor {
    fn take(
        &self,
        cleared: &Cleared,
        patience: Option<Patience>,
    ) -> BoxFuture<'_, Result<Answer, SendError>> {
        let partnership = cleared.partnership().to_string();
        let text = String::from_utf8(cleared.body().to_vec()).unwrap();
        let who = match cleared.path() {
            Path::WinNotice => format!("{partnership} win"),
            Path::BillingNotice => format!("{partnership} billing"),
            Path::LossNotice => format!("{partnership} loss"),
            _ => partnership.clone(),
        };
        self.got.lock().unwrap().push(Message {
            partnership,
            path: cleared.path(),
            url: cleared.url().map(str::to_owned),
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
            id: cleared.message(),
            depends_on: cleared.depends_on().to_vec(),
            patience,
        });
        let behaviour = self.behaviours.lock().unwrap().get(&who).cloned();
        let id = cleared.message().to_string();
        if let Some((clock, ms)) = &*self.takes.lock().unwrap() {
            clock.1.fetch_add(*ms, Ordering::SeqCst);
        }
        async move {
            match behaviour {
                Some(Behaviour::Answers(status, text)) => {
                    Ok(self.hold(answer(status, &text.replace("$ID", &id))))
                }
                Some(Behaviour::Fails(error)) => Err(error),
                Some(Behaviour::NeverAnswers) => pending().await,
                None => Ok(answer(204, "")),
            }
        }
        .boxed()
    }
}

fn answer(status: u16, text: &str) -> Answer {
    Answer { status, body: Bytes::from(text.to_owned()), retry_after: None, held: None }
}

/// A ledger's store that can stop keeping messages.
#[derive(Debug, Default)]
pub(crate) struct FragileStore {
    inner: sluicegate_ledger::memory::MemoryStore,
    refuses: AtomicBool,
    stalls: AtomicBool,
}

impl FragileStore {
    pub(crate) fn keep_no_messages(&self) {
        self.refuses.store(true, Ordering::SeqCst);
    }

    /// Takes messages, and never comes to an end with them.
    pub(crate) fn stall_with_messages(&self) {
        self.stalls.store(true, Ordering::SeqCst);
    }

    pub(crate) fn outcome(&self, message: DisclosureId) -> Option<Outcome> {
        self.inner.outcome(message)
    }
}

type Kept<'a, T> = BoxFuture<'a, Result<T, LedgerStoreError>>;

impl LedgerStore for FragileStore {
    fn append(&self, batch: LedgerBatch) -> Kept<'_, ()> {
        let holds_messages = batch.leaves.as_ref().is_some_and(|leaves| leaves.messages > 0);
        if holds_messages && self.refuses.load(Ordering::SeqCst) {
            return ready(Err(LedgerStoreError::Corrupt("told to fail"))).boxed();
        }
        if holds_messages && self.stalls.load(Ordering::SeqCst) {
            return pending().boxed();
        }
        self.inner.append(batch)
    }

    fn packs(&self, from: u64, packs_max: usize) -> Kept<'_, Vec<PackRow>> {
        self.inner.packs(from, packs_max)
    }

    fn head(&self) -> Kept<'_, Head> {
        self.inner.head()
    }

    fn open_windows(&self) -> Kept<'_, Vec<WindowRow>> {
        self.inner.open_windows()
    }

    fn meet(&self, met: Met) -> Kept<'_, ()> {
        self.inner.meet(met)
    }

    fn met_until(&self) -> Kept<'_, Option<MetUntil>> {
        self.inner.met_until()
    }

    fn pack_times(&self, since: UnixMillis) -> Kept<'_, Vec<PackTimes>> {
        self.inner.pack_times(since)
    }

    fn met(&self, subjects: Vec<SubjectKey>) -> Kept<'_, Vec<(SubjectKey, KeyId)>> {
        self.inner.met(subjects)
    }

    fn uncertain_windows(&self) -> Kept<'_, Vec<UncertainWindow>> {
        self.inner.uncertain_windows()
    }

    fn keys(&self, subjects: Vec<SubjectKey>) -> Kept<'_, Vec<KeyRow>> {
        self.inner.keys(subjects)
    }

    fn destroy(&self, subject: SubjectKey) -> Kept<'_, ()> {
        self.inner.destroy(subject)
    }

    fn forget_withheld(&self, subject: SubjectKey) -> Kept<'_, ()> {
        self.inner.forget_withheld(subject)
    }

    fn owners(&self, ids: Vec<KeyId>) -> Kept<'_, Vec<KeyRow>> {
        self.inner.owners(ids)
    }

    fn told(&self, key: KeyId, range: Range<UnixMillis>) -> Kept<'_, Vec<ToldRow>> {
        self.inner.told(key, range)
    }

    fn told_on(&self, day: Day, keys: RangeInclusive<KeyId>) -> Kept<'_, ReadTold> {
        self.inner.told_on(day, keys)
    }

    fn withheld(
        &self,
        subject: SubjectKey,
        days: RangeInclusive<Day>,
    ) -> Kept<'_, Vec<WithheldRow>> {
        self.inner.withheld(subject, days)
    }

    fn noted(&self, partnership: PartnershipId) -> Kept<'_, u64> {
        self.inner.noted(partnership)
    }

    fn totals(&self, days: RangeInclusive<Day>) -> Kept<'_, Totals> {
        self.inner.totals(days)
    }
}

/// The exchange and everything around it.
pub(crate) struct House {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) parts: ExchangeParts,
    pub(crate) door: Arc<FakeDoor>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) store: Arc<FragileStore>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<HandClock>,
}

fn partner(id: &str, when_withheld: &str, bidding: &str) -> (String, String) {
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
title = "A partnership"
summary = "For a test."
kind = "real_time_bidding"
via = "openrtb"
role = "controller"
purposes = ["Testing"]
categories = ["plumbing", "context", "coarse_device", "device_identifier", "demographic"]
retention_days = 30
start = 2025-01-01
when_withheld = "{when_withheld}"
[partnership.linking]
evidence = "a file"
signed_on = 2025-01-01
expires_on = 2099-01-01
[partnership.endpoint]
url = "https://{id}.example/bid"
timeout_ms = 200
concurrency = 4
per_second = 1000
[partnership.bidding]
{bidding}
"#
    );
    (format!("{id}.toml"), text)
}

const INVENTORY: &str = r#"
[publisher]
id = "publisher"
name = "Publisher"
domain = "publisher.example"
[[site]]
id = "news"
name = "News"
domain = "news.example"
categories = ["IAB12"]
privacy_policy = true
pages = ["/", "/article/{id}"]
[[app]]
id = "reader"
name = "Reader"
bundle = "com.example.reader"
domain = "reader.example"
store_url = "https://store.example/apps/reader"
privacy_policy = true
paid = false
[[screen]]
id = "hall"
name = "Hall"
venue_types = ["transit.airports"]
[[placement]]
id = "top"
name = "Top"
[[placement]]
id = "low"
name = "Low"
"#;

/// Seats that both partners have.
const SEATS: &str = "seats = [\"s\", \"t\"]";

/// A deal with both partners that leaves its terms to the request.
const DEALS: &str = r#"
[[deal]]
id = "d"
name = "A deal"
partnerships = ["north", "south"]
floor = "0"
currency = "USD"
"#;

impl House {
    /// `north` is skipped when withheld, `south` is asked contextually.
    pub(crate) async fn new() -> Self {
        Self::with(ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]))).await
    }

    /// With exchange rates; `north` can do this.
    pub(crate) async fn with_rates(file: &str, bidding: &str) -> Self {
        let options = ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]));
        options.rates.replace(Rates::read(file).unwrap());
        Self::of(options, bidding, "").await
    }

    /// `north` can do this, and these are the deals beside `d`.
    pub(crate) async fn registering(bidding: &str, deals: &str) -> Self {
        let options = ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]));
        Self::of(options, bidding, deals).await
    }

    /// The same with room for so many notices of each partnership.
    pub(crate) async fn with_notices_max(notices_max: usize) -> Self {
        let options = ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]));
        Self::with(ExchangeOptions { notices_max, ..options }).await
    }

    pub(crate) async fn with(options: ExchangeOptions) -> Self {
        Self::of(options, "", "").await
    }

    async fn of(options: ExchangeOptions, bidding: &str, deals: &str) -> Self {
        let files = [
            partner("north", "skip", &format!("{SEATS}\n{bidding}")),
            partner("south", "contextual", SEATS),
            (String::from("deals.toml"), format!("{DEALS}{deals}")),
            (String::from("inventory.toml"), INVENTORY.to_owned()),
        ];
        let register = Register::read(&files).unwrap();
        let clock = Arc::new(HandClock::default());
        let dyn_clock = || -> Arc<dyn Clock> { Arc::<HandClock>::clone(&clock) };
        let dice: Arc<dyn Dice> = Arc::new(Counting::default());
        let current = Arc::new(Current::new());
        current.replace(Arc::new(Edition::publish(register, None, UnixMillis(NOW)).unwrap()));
        let settings = Settings::open(
            Arc::new(sluicegate_settings::memory::MemoryStore::default()),
            dyn_clock(),
            Duration::from_secs(5),
        )
        .await
        .unwrap();
        let store = Arc::new(FragileStore::default());
        let ledger = Ledger::open(
            Arc::<FragileStore>::clone(&store),
            dyn_clock(),
            Arc::clone(&dice),
            Secret::new([3; 32]),
        )
        .await
        .unwrap();
        let keyring = Arc::new(Keyring::new(Secret::new([7; 16])));
        let door = Arc::new(FakeDoor::default());
        let parts = ExchangeParts {
            current,
            settings: Arc::clone(&settings),
            keyring: Arc::clone(&keyring),
            ledger: Arc::clone(&ledger),
            bills: Arc::new(MemoryBills::default()),
            buyers: Arc::new(MemoryBuyers::default()),
            door: Arc::<FakeDoor>::clone(&door),
            clock: dyn_clock(),
            dice,
            options,
        };
        let exchange = Exchange::new(parts.clone());
        Self { exchange, parts, door, settings, ledger, store, keyring, clock }
    }

    /// Another process on the same store.
    pub(crate) fn restarted(&self) -> Arc<Exchange> {
        Exchange::new(self.parts.clone())
    }

    pub(crate) async fn auction(&self, request: &Value) -> Auctioned {
        self.exchange.auction(call(request)).await.unwrap()
    }

    pub(crate) async fn turn_off(&self, key: SubjectKey) {
        let change = Change {
            key,
            setting: Setting::Sharing,
            value: Choice::Off,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await.unwrap();
    }
}

pub(crate) fn call(request: &Value) -> AuctionCall {
    AuctionCall {
        request: Incoming::Bytes(Bytes::from(request.to_string())),
        speaker: Speaker::Platform,
        gpc: Gpc::Absent,
        wanted: Wanted::Winners,
    }
}

pub(crate) const IFA: &str = "6d92078a-8246-4ba4-ae5b-76104861e7dc";

/// A request from the registered app about one account on one device in the United States.
pub(crate) fn request() -> Value {
    json!({
        "id": "the-platforms-own-id",
        "imp": [{"id": "slot-7", "banner": {"w": 320, "h": 50}, "bidfloor": 0.5}],
        "app": {"id": "reader", "bundle": "com.example.reader"},
        "device": {"ifa": IFA, "lmt": 0, "os": "iOS", "geo": {"country": "USA"}},
        "user": {"id": "user-ada"},
        "at": 1
    })
}

/// A bid response with these bids.
pub(crate) fn bids(bids: &[Value]) -> Behaviour {
    let response = json!({"id": "$ID", "bidid": "r1", "seatbid": [{"seat": "s", "bid": bids}]});
    Behaviour::Answers(200, response.to_string())
}

pub(crate) fn bid(id: &str, price: f64) -> Value {
    json!({"id": id, "impid": "1", "price": price, "crid": "c", "adm": "<p>${AUCTION_PRICE}</p>"})
}

/// Lets spawned work run as far as it can without time passing.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Replaces one value in JSON.
pub(crate) fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = new,
        other => other[key] = new,
    }
    value
}

/// Why each seat was not heard.
pub(crate) fn statuses(auctioned: &Auctioned) -> Vec<Option<SeatStatus>> {
    auctioned.seats.iter().map(|seat| seat.status).collect()
}
