//! Partners report conversions and are told the touch behind them, or nothing.

use crate::world::{AUDITOR, CAPS, GAUGE, METER, World, id};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluicegate_gate::{AdvertiserId, Choice, DisclosureId, PartnershipId, Path, time::UnixMillis};
use sluicegate_ledger::{Day, RecordError};
use sluicegate_measurement::{
    Position, RejectReason, Touch,
    lookup::{
        AppUse, Asking, Caps, ClaimToken, Conversions, ConversionsError, Count, Counting, CountsOf,
        Durable, Entering, Erased, Erasure, Found, FoundClaim, Kept, Left, Lookup, LookupError,
        LookupParts, MemoryConversions, NewConversion, Noted, Old, Outcome, PeopleOff, Search,
        Settled, Shelved, Shelving, ToldElsewhere, Whose,
    },
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::oneshot;

const HOUR: Duration = Duration::from_hours(1);

impl World {
    /// A click of a person an hour ago, on the shelf.
    pub(crate) async fn clicked(&self, number: u32, person: u32) {
        let mut exposure = self.exposure(number, person);
        exposure["interaction_type"] = json!("click");
        self.accept(&[exposure]).await;
        self.shelve().await;
        self.pass(HOUR).await;
    }

    pub(crate) async fn shelve(&self) {
        while let Shelved::Read(_) = self.shelf.step().await.unwrap() {}
    }

    pub(crate) fn known_as(&self, partnership: &str, person: u32) -> String {
        let ifa = format!("38400000-8cf0-11bd-b23e-{person:012}");
        self.keys.partner(&id(partnership)).device_id(&ifa)
    }

    pub(crate) fn install(&self, partnership: &str, number: u32, person: u32) -> Value {
        json!({
            "data_set_id": "adv_42:running", "id": format!("inst_{number}"),
            "timestamp": self.now_s(), "event_type": "install", "source": "app",
            "value": null, "currency_code": null,
            "user_data": {
                "device_id_hash": self.known_as(partnership, person), "ifa_type": "gaid", "mmt_only": true
            },
            "properties": {
                "app_id": "com.example.runningshoes", "os": "android", "app_version": "3.2",
                "is_redownload": false
            },
            "windows": { "click_days": 7, "engaged_view_hours": 24, "view_hours": 24 },
        })
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.now().0 / 1_000
    }

    fn now(&self) -> UnixMillis {
        sluicegate_gate::time::Clock::now(self.clock.as_ref())
    }

    pub(crate) async fn report(&self, partnership: &str, body: &Value) -> Value {
        serde_json::from_slice(&ask(&self.lookup, partnership, body).await.unwrap()).unwrap()
    }

    pub(crate) async fn counted(&self, measure: &str) -> i64 {
        let advertiser: AdvertiserId = "demo-running-shoes".parse().unwrap();
        let all = self
            .conversions
            .counted(CountsOf::all(advertiser, Day(0), Day(i64::MAX)))
            .await
            .unwrap();
        all.iter().filter(|count| count.measure == measure).map(|count| count.amount).sum()
    }
}

async fn ask(
    lookup: &Lookup,
    partnership: &str,
    body: &Value,
) -> Result<bytes::Bytes, LookupError> {
    let accepted = lookup.accept(&id(partnership), body.to_string().as_bytes()).await?;
    assert!(accepted.refusal().is_none(), "{:?}", accepted.refusal());
    let cleared = lookup.answer(&accepted).await?;
    assert_eq!((cleared.path(), cleared.partnership()), (Path::Touches, &id(partnership)));
    Ok(cleared.body().clone())
}

#[tokio::test]
async fn the_click_before_an_install_is_told_and_is_on_record() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let answer = world.report(METER, &world.install(METER, 1, 7)).await;
    let touch = &answer["attribution"];
    assert_eq!(answer["duplicate"], false);
    assert_eq!(touch["touch_type"], Touch::Click.name());
    assert_eq!(touch["campaign_id"], "c_9");
    assert_eq!(touch["touch_time_ms"], json!(crate::world::START.0));
    assert_eq!(touch["permitted_recipients"], json!(["demo-running-shoes"]));
    assert_eq!((&touch["permitted_use"], &touch["assists"]), (&json!("measurement"), &json!(0)));
    assert_eq!(touch["retain_until"], "2026-05-30");
    let person = world.ledger.person(world.account(7), world.clock_range()).await.unwrap();
    assert_eq!(person.disclosures.len(), 1, "{person:?}");
    assert_eq!(person.disclosures[0].path, Path::Touches);
    let disclosure = touch["disclosure_id"].as_str().unwrap();
    assert!(disclosure.parse::<DisclosureId>().is_ok());
    assert_eq!(world.counted("installs_click").await, 1);
}

#[tokio::test]
async fn nothing_of_the_person_is_in_an_answer() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let body = world.report(METER, &world.install(METER, 1, 7)).await.to_string();
    for secret in ["u_7", "38400000", "exp_1", "imp_1", "timeline", &world.known_as(METER, 7)] {
        assert!(!body.contains(secret), "{secret}: {body}");
    }
}

/// Counts what is asked of the store.
#[derive(Debug)]
pub(crate) struct Counted {
    inner: Arc<dyn Conversions>,
    pub(crate) asked: Mutex<Vec<&'static str>>,
    searching: Searching,
    /// Digests of whoever is left out, and in their place.
    digests: AtomicUsize,
    fails_to_keep: AtomicBool,
    /// Kept once the test says so.
    keeps_late: AtomicBool,
    keeping: Mutex<Option<oneshot::Sender<()>>>,
    fails_to_settle: AtomicBool,
}

/// Searches under way, by how many conversions.
#[derive(Debug, Default)]
struct Searching {
    now: AtomicUsize,
    most: AtomicUsize,
    of_one_most: AtomicUsize,
}

impl Counted {
    pub(crate) fn new(inner: Arc<dyn Conversions>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            asked: Mutex::default(),
            searching: Searching::default(),
            digests: AtomicUsize::default(),
            fails_to_keep: AtomicBool::default(),
            keeps_late: AtomicBool::default(),
            keeping: Mutex::default(),
            fails_to_settle: AtomicBool::default(),
        })
    }

    fn note(&self, name: &'static str) -> &dyn Conversions {
        self.asked.lock().push(name);
        self.inner.as_ref()
    }
}

impl Conversions for Counted {
    fn shelved(&self) -> Kept<'_, Position> {
        self.note("shelved").shelved()
    }
    fn shelve(&self, shelving: Shelving) -> Kept<'_, Position> {
        self.note("shelve").shelve(shelving)
    }
    fn enter(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        caps: Caps,
        conversions: Vec<NewConversion>,
    ) -> Kept<'_, Entering> {
        let entering = self.note("enter").enter(partnership, at, caps, conversions);
        Box::pin(async {
            let mut entering = entering.await?;
            if self.fails_to_keep.load(Ordering::SeqCst) {
                (_, entering.durable) = Durable::pending();
            }
            if self.keeps_late.load(Ordering::SeqCst) {
                let (kept, durable) = Durable::pending();
                entering.durable = durable;
                *self.keeping.lock() = Some(kept);
            }
            Ok(entering)
        })
    }
    fn touches(&self, searches: Vec<Search>, of_class_max: usize) -> Kept<'_, Vec<Found>> {
        self.asked.lock().push("touches");
        Box::pin(async move {
            let Searching { now, most, of_one_most } = &self.searching;
            let conversions = searches.len();
            of_one_most.fetch_max(conversions, Ordering::SeqCst);
            let under_way = now.fetch_add(conversions, Ordering::SeqCst) + conversions;
            most.fetch_max(under_way, Ordering::SeqCst);
            // Whoever else may search now does.
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(conversions, Ordering::SeqCst);
            self.inner.touches(searches, of_class_max).await
        })
    }
    fn settle(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        settled: Vec<Settled>,
    ) -> Kept<'_, ()> {
        if self.fails_to_settle.load(Ordering::SeqCst) {
            return Box::pin(async { Err(ConversionsError::Corrupt("a store that fails")) });
        }
        let left_out = settled.iter().filter_map(|one| one.left_out.as_ref());
        self.digests.fetch_add(left_out.map(|one| one.people.len()).sum(), Ordering::SeqCst);
        self.note("settle").settle(partnership, at, settled)
    }
    fn claims(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<FoundClaim>>> {
        self.asked.lock().extend(uses.iter().map(|_asked| "use"));
        self.note("claims").claims(uses)
    }
    fn claims_elsewhere(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<ToldElsewhere>>> {
        self.asked.lock().extend(uses.iter().map(|_asked| "use"));
        self.note("claims").claims_elsewhere(uses)
    }
    fn count(&self, countings: Vec<Counting>) -> Kept<'_, ()> {
        self.note("count").count(countings)
    }
    fn note(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        token: ClaimToken,
        outcome: Outcome,
    ) -> Kept<'_, Noted> {
        self.inner.note(partnership, at, token, outcome)
    }
    fn lines(&self, of: CountsOf, max: usize) -> Kept<'_, usize> {
        self.note("lines").lines(of, max)
    }
    fn counted(&self, of: CountsOf) -> Kept<'_, Vec<Count>> {
        self.note("counted").counted(of)
    }
    fn asking(&self, day: Day) -> Kept<'_, Vec<Asking>> {
        self.note("asking").asking(day)
    }
    fn forget(&self, old: Old, rows_max: usize) -> Kept<'_, Left> {
        self.note("forget").forget(old, rows_max)
    }
    fn erase(&self, erasure: Erasure) -> Kept<'_, Erased> {
        self.note("erase").erase(erasure)
    }
    fn gone(&self) -> Kept<'_, Vec<(Whose, UnixMillis)>> {
        self.note("gone").gone()
    }
    fn erasing(&self) -> Kept<'_, Vec<(Whose, Position)>> {
        self.note("erasing").erasing()
    }
    fn erased(&self, people: Vec<(Whose, Position)>) -> Kept<'_, ()> {
        self.note("erased").erased(people)
    }
}

fn lookup(world: &World, conversions: Arc<dyn Conversions>, people_off: PeopleOff) -> Lookup {
    Lookup::new(parts(world, conversions, people_off))
}

fn parts(world: &World, conversions: Arc<dyn Conversions>, people_off: PeopleOff) -> LookupParts {
    LookupParts {
        current: Arc::clone(&world.current),
        settings: Arc::clone(&world.settings),
        ledger: Arc::clone(&world.ledger),
        conversions,
        keys: world.keys.clone(),
        clock: Arc::<crate::world::Hands>::clone(&world.clock),
        dice: Arc::clone(&world.dice),
        caps: CAPS,
        people_off,
    }
}

/// Why nothing is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    UnknownDevice,
    NothingSeen,
    SharingOff,
    OffWhenItHappened,
    OutOfWindow,
    SeenForAnother,
}

/// What an answer is, and what was done for it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Done {
    answer: bytes::Bytes,
    asked: Vec<&'static str>,
    /// Touches that were opened and judged.
    opened: u64,
    /// Digests of whoever is left out of the report, and in their place.
    digests: usize,
    /// Messages that the ledger has.
    messages: u64,
}

#[expect(clippy::cognitive_complexity, reason = "the cases side by side")]
async fn told_nothing(case: Case) -> Done {
    let world = World::new().await;
    let mut exposure = world.exposure(1, 7);
    exposure["interaction_type"] = json!("click");
    match case {
        Case::SeenForAnother => {
            exposure["advertiser_id"] = json!("demo-garden-planner");
            exposure["app_id"] = json!("com.example.gardenplanner");
        }
        Case::OffWhenItHappened => {
            world.choose(7, Choice::Off).await;
            world.pass(Duration::from_secs(1)).await;
        }
        Case::OutOfWindow => exposure["campaign_id"] = json!("c_short"),
        Case::UnknownDevice | Case::NothingSeen | Case::SharingOff => {}
    }
    exposure["timestamp_ms"] = json!(world.now().0);
    world.accept(&[exposure]).await;
    world.shelve().await;
    world.pass(HOUR * 30).await;
    match case {
        Case::SharingOff => world.choose(7, Choice::Off).await,
        Case::OffWhenItHappened => world.choose(7, Choice::On).await,
        Case::NothingSeen | Case::UnknownDevice | Case::OutOfWindow | Case::SeenForAnother => {}
    }
    let person = match case {
        Case::UnknownDevice => 99,
        Case::NothingSeen => 8,
        Case::SharingOff | Case::OffWhenItHappened | Case::OutOfWindow | Case::SeenForAnother => 7,
    };
    if case == Case::NothingSeen {
        // Known to the platform, and to this partner by another advertiser's ad.
        let mut other = world.exposure(2, 8);
        other["advertiser_id"] = json!("demo-garden-planner");
        other["app_id"] = json!("com.example.gardenplanner");
        world.accept(&[other]).await;
        world.shelve().await;
    }
    let inner: Arc<dyn Conversions> = Arc::<MemoryConversions>::clone(&world.conversions);
    let counted = Counted::new(inner);
    let store: Arc<dyn Conversions> = Arc::<Counted>::clone(&counted);
    let lookup = lookup(&world, store, PeopleOff::InTotals);
    let mut install = world.install(GAUGE, 1, person);
    install["timestamp"] = json!(crate::world::START.0 / 1_000 + 30 * 3_600);
    let answer = ask(&lookup, GAUGE, &install).await.unwrap();
    let totals = world.ledger.totals(world.clock_range()).await.unwrap();
    let messages = totals.counts.iter().map(|count| count.messages).sum();
    let (asked, opened) = (counted.asked.lock().clone(), lookup.opened());
    let digests = counted.digests.load(Ordering::SeqCst);
    Done { answer, asked, opened, digests, messages }
}

#[tokio::test]
async fn unknown_nothing_seen_off_and_out_of_window_cannot_be_told_apart() {
    let expected = told_nothing(Case::UnknownDevice).await;
    let text = String::from_utf8(expected.answer.to_vec()).unwrap();
    assert!(text.ends_with("\"duplicate\":false,\"attribution\":null}"), "{text}");
    assert_eq!(expected.asked, ["enter", "touches", "settle"]);
    assert_eq!((expected.opened, expected.digests, expected.messages), (1, 3, 1));
    for case in [
        Case::NothingSeen,
        Case::SharingOff,
        Case::OffWhenItHappened,
        Case::OutOfWindow,
        Case::SeenForAnother,
    ] {
        assert_eq!(told_nothing(case).await, expected, "{case:?}");
    }
}

#[tokio::test]
async fn however_often_a_device_stands_in_a_body_its_touch_is_opened_once_known_or_not() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    world.choose(7, Choice::Off).await;
    let mut opened = Vec::new();
    for (first, person) in [(0, 7), (5, 99)] {
        let inner: Arc<dyn Conversions> = Arc::<MemoryConversions>::clone(&world.conversions);
        let lookup = lookup(&world, inner, PeopleOff::Excluded);
        let installs = (first..first + 5).map(|number| world.install(METER, number, person));
        ask(&lookup, METER, &installs.collect()).await.unwrap();
        opened.push(lookup.opened());
    }
    assert_eq!(opened, [1, 1]);
    let withheld = world.ledger_withheld(METER, 7).await;
    assert_eq!(withheld.events, 5, "each is counted, of nobody else any: {withheld:?}");
}

#[tokio::test]
async fn the_store_is_asked_as_often_for_a_body_of_many_whatever_is_told_of_them() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    world.clicked(2, 8).await;
    world.choose(8, Choice::Off).await;
    let mut all = Vec::new();
    for people in [[7, 7, 7], [8, 8, 8], [98, 99, 97], [7, 8, 99]] {
        let inner: Arc<dyn Conversions> = Arc::<MemoryConversions>::clone(&world.conversions);
        let counted = Counted::new(inner);
        let store: Arc<dyn Conversions> = Arc::<Counted>::clone(&counted);
        let lookup = lookup(&world, store, PeopleOff::Excluded);
        let first = u32::try_from(all.len() * people.len()).unwrap();
        let install = |(number, person)| world.install(METER, number, person);
        let body: Vec<Value> = (first..).zip(people).map(install).collect();
        ask(&lookup, METER, &json!(body)).await.unwrap();
        all.push(counted.asked.lock().clone());
    }
    assert!(all.iter().all(|asked| *asked == ["enter", "touches", "settle"]), "{all:?}");
}

#[tokio::test]
async fn the_store_is_asked_as_much_about_events_whoever_had_the_app_from_an_ad() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    world.report(METER, &world.install(METER, 1, 7)).await;
    world.report(GAUGE, &world.install(GAUGE, 1, 7)).await;
    for (number, person) in [(20, 7), (21, 99)] {
        let inner: Arc<dyn Conversions> = Arc::<MemoryConversions>::clone(&world.conversions);
        let counted = Counted::new(inner);
        let store: Arc<dyn Conversions> = Arc::<Counted>::clone(&counted);
        let lookup = lookup(&world, store, PeopleOff::Excluded);
        let event = world.event(METER, number, person).to_string();
        lookup.events(&id(METER), event.as_bytes()).await.unwrap();
        let asked = ["enter", "use", "claims", "use", "use", "claims", "count"];
        assert_eq!(*counted.asked.lock(), asked, "{person}");
    }
}

#[tokio::test]
async fn bodies_of_one_partnership_hold_the_touches_of_some_conversions_only() {
    let world = World::new().await;
    let inner: Arc<dyn Conversions> = Arc::<MemoryConversions>::clone(&world.conversions);
    let counted = Counted::new(inner);
    let store: Arc<dyn Conversions> = Arc::<Counted>::clone(&counted);
    let caps = Caps { per_day: 10_000, per_device_per_day: 10_000, ..CAPS };
    let lookup = Lookup::new(LookupParts { caps, ..parts(&world, store, PeopleOff::Excluded) });
    let (lookup, world) = (&lookup, &world);
    let bodies = (0..20_u32).map(|body| async move {
        let install = |number| world.install(METER, 200 * body + number, 1_000 + number);
        let installs: Vec<Value> = (0..150).map(install).collect();
        let accepted = lookup.accept(&id(METER), json!(installs).to_string().as_bytes()).await;
        lookup.answer(&accepted.unwrap()).await.unwrap();
    });
    futures_util::future::join_all(bodies).await;
    let Searching { now, most, of_one_most } = &counted.searching;
    assert_eq!((now.load(Ordering::SeqCst), of_one_most.load(Ordering::SeqCst)), (0, 50));
    assert_eq!(most.load(Ordering::SeqCst), 200);
}

#[tokio::test]
async fn what_could_not_be_settled_is_not_told_and_is_told_when_it_comes_again() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let counted = Counted::new(Arc::<MemoryConversions>::clone(&world.conversions));
    let store: Arc<dyn Conversions> = Arc::<Counted>::clone(&counted);
    let lookup = lookup(&world, store, PeopleOff::Excluded);
    let body = world.install(METER, 1, 7).to_string();
    let accepted = lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
    counted.fails_to_settle.store(true, Ordering::SeqCst);
    assert!(lookup.answer(&accepted).await.is_err());
    assert_eq!(world.counted("installs_click").await, 0);
    counted.fails_to_settle.store(false, Ordering::SeqCst);
    let accepted = lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
    let answer = lookup.answer(&accepted).await.unwrap();
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    assert!(answer["attribution"].is_object(), "{answer}");
    assert_eq!(world.counted("installs_click").await, 1);
}

#[tokio::test]
async fn what_comes_too_late_to_be_told_is_not_counted_as_told() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let counted = Counted::new(Arc::<MemoryConversions>::clone(&world.conversions));
    let store = Arc::<Counted>::clone(&counted);
    let lookup = lookup(&world, store, PeopleOff::Excluded);
    counted.keeps_late.store(true, Ordering::SeqCst);
    let body = world.install(METER, 1, 7).to_string();
    let accepted = lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
    let mut answer = Box::pin(lookup.answer(&accepted));
    while !counted.asked.lock().contains(&"touches") {
        assert!(futures_util::poll!(&mut answer).is_pending());
    }
    for _ in 0..2_000 {
        assert!(futures_util::poll!(&mut answer).is_pending(), "it is not on the disk");
    }
    world.pass_unseen(Duration::from_mins(1));
    counted.keeping.lock().take().unwrap().send(()).unwrap();
    let refused = answer.await.unwrap_err();
    assert!(matches!(refused, LookupError::Record(RecordError::DeadlinePassed)), "{refused}");
    assert_eq!(world.counted("installs_click").await, 0);
}

#[tokio::test]
async fn nothing_is_told_or_written_of_a_conversion_that_does_not_get_to_the_disk() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let counted = Counted::new(Arc::<MemoryConversions>::clone(&world.conversions));
    let store = Arc::<Counted>::clone(&counted);
    let lookup = lookup(&world, store, PeopleOff::Excluded);
    counted.fails_to_keep.store(true, Ordering::SeqCst);
    let body = world.install(METER, 1, 7).to_string();
    let accepted = lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
    assert!(lookup.answer(&accepted).await.is_err());
    let mut event = world.install(METER, 2, 7);
    event["event_type"] = json!("purchase");
    event.as_object_mut().unwrap().remove("windows");
    assert!(lookup.events(&id(METER), event.to_string().as_bytes()).await.is_err());
    let asked = std::mem::take(&mut *counted.asked.lock());
    assert_eq!(asked, ["enter", "touches", "enter"], "neither settled nor credited");
}

#[tokio::test]
async fn a_conversion_that_stands_twice_in_a_body_is_taken_once() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let (one, other) = (world.install(METER, 1, 7), world.install(METER, 2, 99));
    let answer = world.report(METER, &json!([one, other, one])).await;
    let answers = &answer["results"];
    assert!(answers[0]["attribution"].is_object(), "{answers}");
    assert_eq!(answers[1]["attribution"], Value::Null);
    assert_eq!((&answers[2]["status"], &answers[2]["field"]), (&json!(400), &json!("id")));
    assert_eq!(world.counted("installs_click").await, 1);
}

#[tokio::test]
async fn an_install_is_credited_to_an_ad_for_its_own_app_and_to_none_for_another() {
    let world = World::new().await;
    for (number, app, is_told) in [
        (1, json!("525463029"), false),
        (2, Value::Null, true),
        (3, json!("com.example.runningshoes"), true),
    ] {
        let mut exposure = world.exposure(number, number);
        exposure["interaction_type"] = json!("click");
        match app {
            Value::Null => drop(exposure.as_object_mut().unwrap().remove("app_id")),
            app => exposure["app_id"] = app,
        }
        world.accept(&[exposure]).await;
        world.shelve().await;
        let answer = world.report(METER, &world.install(METER, number, number)).await;
        assert_eq!(answer["attribution"].is_object(), is_told, "{number}: {answer}");
    }
}

#[tokio::test]
async fn a_repeat_is_decided_anew() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let install = world.install(METER, 1, 7);
    assert!(world.report(METER, &install).await["attribution"].is_object());
    let again = world.report(METER, &install).await;
    assert_eq!((&again["duplicate"], again["attribution"].is_object()), (&json!(true), true));
    world.choose(7, Choice::Off).await;
    let off = world.report(METER, &install).await;
    assert_eq!((&off["duplicate"], &off["attribution"]), (&json!(true), &Value::Null));
    world.pass(HOUR).await;
    world.choose(7, Choice::On).await;
    assert_eq!(world.report(METER, &install).await["attribution"], Value::Null);
    assert_eq!(world.counted("installs_click").await, 1);
}

#[tokio::test]
async fn with_a_view_that_is_too_old_everybody_is_asked_to_come_again() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let install = world.install(METER, 1, 7);
    let body = install.to_string();
    let accepted = world.lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
    world.pass_unseen(Duration::from_secs(6));
    let refused = world.lookup.answer(&accepted).await.unwrap_err();
    assert!(matches!(refused, LookupError::ViewTooOld), "{refused}");
    for somebody in [install.clone(), world.install(METER, 2, 8)] {
        let body = somebody.to_string();
        let refused = world.lookup.accept(&id(METER), body.as_bytes()).await.unwrap_err();
        assert!(matches!(refused, LookupError::ViewTooOld), "{refused}");
    }
    world.pass(Duration::from_secs(1)).await;
    assert!(world.report(METER, &install).await["attribution"].is_object());
    assert_eq!(world.counted("installs_click").await, 1);
}

#[tokio::test]
async fn what_the_conversion_says_about_privacy_counts_too() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let limits =
        [("lmt", json!(1)), ("us_privacy", json!("1YYN")), ("gpp_string", json!("no string"))];
    for (number, (field, value)) in (1..).zip(limits) {
        let mut install = world.install(METER, number, 7);
        install["user_data"][field] = value;
        assert_eq!(world.report(METER, &install).await["attribution"], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn other_content_under_the_same_id_is_a_conflict_and_refuses_only_itself() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let first = world.install(METER, 1, 7);
    world.report(METER, &first).await;
    let mut other = first.clone();
    other["properties"]["os"] = json!("ios");
    let mut wrong = world.install(METER, 2, 7);
    wrong["user_data"]["e mail"] = json!("nobody");
    let answer = world.report(METER, &json!([other, wrong, first])).await;
    let results = answer["results"].as_array().unwrap();
    let statuses: Vec<i64> = results.iter().map(|one| one["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [409, 400, 200]);
    assert_eq!(results[1]["field"], "user_data.?");
    assert!(results[2]["attribution"].is_object(), "{answer}");
    assert_eq!(results[2]["index"], 2);
}

#[tokio::test]
async fn only_linked_partnerships_are_answered_and_only_for_the_advertisers_own_ads() {
    let world = World::new().await;
    let mut garden = world.exposure(1, 7);
    garden["advertiser_id"] = json!("demo-garden-planner");
    garden["app_id"] = json!("com.example.gardenplanner");
    garden["interaction_type"] = json!("click");
    world.accept(&[garden]).await;
    world.clicked(2, 8).await;
    // The garden planner has not linked the meter.
    let mut install = world.install(METER, 1, 7);
    install["properties"]["app_id"] = json!("com.example.gardenplanner");
    let accepted = world.lookup.accept(&id(METER), install.to_string().as_bytes()).await.unwrap();
    let refusal = accepted.refusal().unwrap();
    assert_eq!((refusal.status, refusal.wrong.field.as_str()), (400, "properties.app_id"));
    // Its click is nothing that the running shoes' partners hear of.
    assert_eq!(world.report(METER, &world.install(METER, 2, 7)).await["attribution"], Value::Null);
    assert_eq!(world.report(GAUGE, &world.install(GAUGE, 3, 7)).await["attribution"], Value::Null);
    let install = json!([]).to_string();
    let refused = world.lookup.accept(&id(AUDITOR), install.as_bytes()).await.unwrap_err();
    assert!(matches!(refused, LookupError::NotListed), "{refused}");
}

#[tokio::test]
async fn the_id_of_one_partner_is_nothing_to_another() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let stolen = world.install(METER, 1, 7);
    assert_eq!(world.report(GAUGE, &stolen).await["attribution"], Value::Null);
}

#[tokio::test]
async fn while_a_key_rotates_devices_are_known_under_both() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let new = world.install(GAUGE, 1, 7);
    assert!(world.report(GAUGE, &new).await["attribution"].is_object());
    let mut old = world.install(GAUGE, 2, 7);
    let before = sluicegate_measurement::Keys::new(sluicegate_gate::Secret::new([9; 32]));
    let ifa = "38400000-8CF0-11BD-B23E-000000000007";
    let known_as = before.partner(&id(GAUGE)).device_id(ifa);
    assert_ne!(json!(known_as), new["user_data"]["device_id_hash"]);
    old["user_data"]["device_id_hash"] = json!(known_as);
    assert!(world.report(GAUGE, &old).await["attribution"].is_object());
}

#[tokio::test]
async fn a_device_and_a_partnership_have_their_number_for_the_day() {
    let world = World::new().await;
    let of = |number, person| world.install(METER, number, person);
    let many: Vec<Value> = (0..7).map(|number| of(number, 7)).collect();
    let answer = world.report(METER, &json!(many)).await;
    let status = |answer: &Value, index: usize| answer["results"][index]["status"].clone();
    assert_eq!((status(&answer, 4), status(&answer, 5)), (json!(200), json!(429)));
    let many: Vec<Value> = (10..30).map(|number| of(number, number)).collect();
    let answer = world.report(METER, &json!(many)).await;
    assert_eq!((status(&answer, 14), status(&answer, 15)), (json!(200), json!(429)));
    let repeat = world.report(METER, &of(0, 7)).await;
    assert_eq!(repeat["duplicate"], true);
    let asking = world.conversions.asking(Day::of(world.now())).await.unwrap();
    assert_eq!((asking[0].asked, asking[0].claimed, asking[0].capped), (20, 0, 7));
}

#[tokio::test]
async fn a_claim_ends_once_and_a_rejected_one_is_in_the_report() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let answer = world.report(METER, &world.install(METER, 1, 7)).await;
    let claim = answer["attribution"]["claim_token"].as_str().unwrap();
    let note = async |partnership: &str, claim: &str, body: Value| {
        world.lookup.note(&id(partnership), claim, body.to_string().as_bytes()).await
    };
    let rejected =
        json!({"outcome": "rejected", "reject_reason": "ctit_anomalies", "reject_reason_value": 2});
    assert_eq!(note(GAUGE, claim, rejected.clone()).await.unwrap(), Noted::Unknown);
    assert_eq!(note(METER, claim, rejected.clone()).await.unwrap(), Noted::Kept);
    assert_eq!(note(METER, claim, rejected).await.unwrap(), Noted::Repeat);
    assert_eq!(note(METER, claim, json!({"outcome": "won"})).await.unwrap(), Noted::Conflict);
    assert_eq!(note(METER, "clm_0", json!({"outcome": "won"})).await.unwrap(), Noted::Unknown);
    let wrong = note(METER, claim, json!({"outcome": "rejected"})).await.unwrap_err();
    assert_eq!(wrong.to_string(), "`reject_reason`: missing");
    let measure = format!("rejected:{}", RejectReason::CtitAnomalies.name());
    assert_eq!(world.counted(&measure).await, 1);
}

#[tokio::test]
async fn events_in_the_app_are_credited_with_the_install_while_the_person_is_on() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    world.report(METER, &world.install(METER, 1, 7)).await;
    let event = |number: u32, value: &str| {
        let mut event = world.install(METER, number, 7);
        event["event_type"] = json!("purchase");
        (event["value"], event["currency_code"]) = (json!(value), json!("EUR"));
        event.as_object_mut().unwrap().remove("windows");
        event
    };
    let send = async |body: Value| {
        world.lookup.events(&id(METER), body.to_string().as_bytes()).await.unwrap()
    };
    let results = send(json!([event(2, "4.99"), event(3, "-1"), event(4, "x")])).await;
    let statuses: Vec<u16> = results.iter().map(|one| one.status).collect();
    assert_eq!(statuses, [200, 200, 400]);
    assert_eq!(send(event(2, "4.99")).await[0].duplicate, Some(true));
    assert_eq!(world.counted("events").await, 2);
    assert_eq!(world.counted("revenue_micros:EUR").await, 3_990_000);
    world.choose(7, Choice::Off).await;
    let unseen = send(event(5, "9")).await;
    assert_eq!((unseen[0].status, unseen[0].duplicate), (200, Some(false)));
    assert_eq!(world.counted("events").await, 2);
}

#[tokio::test]
async fn an_install_that_two_partners_report_is_counted_once() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    for partner in [METER, GAUGE] {
        let told = world.report(partner, &world.install(partner, 1, 7)).await;
        assert!(told["attribution"].is_object(), "{partner}");
    }
    assert_eq!(world.counted("installs_click").await, 1);
    assert_eq!(world.counted("clicks").await, 1);
}

#[tokio::test]
async fn every_device_of_an_account_has_an_install_of_its_own() {
    let world = World::new().await;
    for device in [7, 8] {
        let mut exposure = world.exposure(device, device);
        (exposure["account_id"], exposure["interaction_type"]) = (json!("u_7"), json!("click"));
        world.accept(&[exposure]).await;
        world.shelve().await;
        world.pass(HOUR).await;
        for partner in [METER, GAUGE] {
            let mut install = world.install(partner, device, device);
            (install["value"], install["currency_code"]) = (json!("1.50"), json!("EUR"));
            assert!(world.report(partner, &install).await["attribution"].is_object());
        }
    }
    assert_eq!(world.counted("installs_click").await, 2);
    assert_eq!(world.counted("revenue_micros:EUR").await, 3_000_000);
}

#[tokio::test]
async fn an_install_that_is_reported_again_under_another_id_is_counted_once() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    for number in 1..=3 {
        // Of the same second: which of them came first nobody knows, and each is answered.
        let answer = world.report(METER, &world.install(METER, number, 7)).await;
        assert!(answer["attribution"].is_object(), "{answer}");
    }
    world.pass(HOUR).await;
    let later = world.report(METER, &world.install(METER, 4, 7)).await;
    assert!(later["attribution"].is_null(), "{later}");
    assert_eq!(world.counted("installs_click").await, 1);
}

#[tokio::test]
async fn people_who_are_off_are_in_no_count_of_the_report() {
    let world = World::new().await;
    world.choose(7, Choice::Off).await;
    world.clicked(1, 7).await;
    world.report(METER, &world.install(METER, 1, 7)).await;
    let advertiser: AdvertiserId = "demo-running-shoes".parse().unwrap();
    let all =
        world.conversions.counted(CountsOf::all(advertiser, Day(0), Day(i64::MAX))).await.unwrap();
    assert_eq!(all, []);
}

#[tokio::test]
async fn a_withheld_touch_is_on_the_persons_record() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    world.choose(7, Choice::Off).await;
    world.report(METER, &world.install(METER, 1, 7)).await;
    world.ledger.flush().await.unwrap();
    let person = world.ledger.person(world.account(7), world.clock_range()).await.unwrap();
    assert_eq!(person.withheld.len(), 1, "{person:?}");
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_whole() {
    let world = World::new().await;
    for body in ["", "7", "{\"id\":1,\"id\":2}"] {
        assert!(world.lookup.accept(&id(METER), body.as_bytes()).await.is_err(), "{body}");
    }
    let many = json!(vec![json!({}); 501]).to_string();
    assert!(world.lookup.accept(&id(METER), many.as_bytes()).await.is_err());
    let wrong = json!([world.install(METER, 1, 7)["id"], {"id": "a"}]);
    let accepted = world.lookup.accept(&id(METER), wrong.to_string().as_bytes()).await.unwrap();
    assert!(accepted.is_list());
}

#[tokio::test]
async fn a_click_in_the_second_of_the_install_counts() {
    let world = World::new().await;
    world.pass(Duration::from_millis(700)).await;
    world.clicked(1, 7).await;
    let mut install = world.install(METER, 1, 7);
    // Told in whole seconds, it seems to lie before the click.
    install["timestamp"] = json!(crate::world::START.0 / 1_000);
    install["properties"]["install_begin_time"] = json!(crate::world::START.0 / 1_000);
    assert!(world.report(METER, &install).await["attribution"].is_object());
}

#[tokio::test]
async fn a_click_is_found_behind_any_number_of_views() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    let view = |number| world.exposure(number, 7);
    world.accept(&(10..1_000).map(view).collect::<Vec<_>>()).await;
    world.shelve().await;
    let told = world.report(METER, &world.install(METER, 1, 7)).await;
    assert_eq!(told["attribution"]["touch_type"], "click");
}

#[tokio::test]
async fn touches_that_may_not_be_told_hide_none_that_may() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    // The same device says later that it limits ad tracking: 99 clicks that may not be told.
    let limited = |number| {
        let mut click = world.exposure(number, 7);
        click["interaction_type"] = json!("click");
        click["device"]["lmt"] = json!(1);
        click
    };
    world.accept(&(10..109).map(limited).collect::<Vec<_>>()).await;
    world.shelve().await;
    let told = world.report(METER, &world.install(METER, 1, 7)).await;
    assert_eq!(told["attribution"]["touch_type"], "click");
    // One more of them reaches the limit.
    world.accept(&[limited(109)]).await;
    world.shelve().await;
    let told = world.report(METER, &world.install(METER, 2, 7)).await;
    assert_eq!(told["attribution"], Value::Null);
}

impl World {
    pub(crate) fn event(&self, partnership: &str, number: u32, person: u32) -> Value {
        let mut event = self.install(partnership, number, person);
        event["event_type"] = json!("purchase");
        event.as_object_mut().unwrap().remove("windows");
        event
    }

    pub(crate) async fn happened(&self, partnership: &str, body: &Value) -> Vec<u16> {
        let results = self.lookup.events(&id(partnership), body.to_string().as_bytes()).await;
        results.unwrap().iter().map(|one| one.status).collect()
    }
}

#[tokio::test]
async fn events_in_the_app_have_numbers_of_their_own_and_raise_no_alarm() {
    let world = World::new().await;
    let events: Vec<Value> = (100..111).map(|number| world.event(METER, number, 7)).collect();
    let statuses = world.happened(METER, &json!(events)).await;
    assert_eq!((&statuses[9..], statuses.len()), (&[200, 429][..], 11));
    // The device's number of installs is untouched.
    let installs: Vec<Value> = (0..5).map(|number| world.install(METER, number, 7)).collect();
    let answer = world.report(METER, &json!(installs)).await;
    assert_eq!(answer["results"][4]["status"], 200);
    let asking = world.conversions.asking(Day::of(world.now())).await.unwrap();
    let [Asking { asked: 5, capped: 0, events: 10, events_capped: 1, .. }] = asking.as_slice()
    else {
        panic!("{asking:?}")
    };
    assert_eq!(asking[0].alarms(), []);
}

#[tokio::test]
async fn who_comes_back_on_three_days_keeps_to_the_app() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    world.report(METER, &world.install(METER, 1, 7)).await;
    let mut loyal = Vec::new();
    for number in 0..5 {
        for twice in 0..2 {
            let event = world.event(METER, 10 + 2 * number + twice, 7);
            assert_eq!(world.happened(METER, &event).await, [200]);
        }
        loyal.push((world.counted("unique_users").await, world.counted("loyal_users").await));
        world.pass(HOUR * 24).await;
    }
    assert_eq!(loyal, [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1)]);
}

#[tokio::test]
async fn an_install_is_known_again_under_the_next_key() {
    let world = World::new().await;
    world.clicked(1, 7).await;
    // The gauge's keys are generations 2 and 1; it comes to 3 later, and reports the same device by that.
    world.report(GAUGE, &world.install(GAUGE, 1, 7)).await;
    for (number, generations) in [(2, vec![1]), (3, vec![2]), (4, vec![3])] {
        let keys = sluicegate_measurement::Keys::new(sluicegate_gate::Secret::new([9; 32]))
            .with_device_generations([(id(GAUGE), generations)].into());
        let hash = keys.partner(&id(GAUGE)).device_id("38400000-8cf0-11bd-b23e-000000000007");
        let mut event = world.event(GAUGE, number, 7);
        event["user_data"]["device_id_hash"] = json!(hash);
        assert_eq!(world.happened(GAUGE, &event).await, [200]);
        assert_eq!(world.counted("events").await, i64::from(number) - 1);
    }
}
