//! How erasures go on and end, by a test clock.

use super::*;
use serde_json::{Value, json};
use sluicegate_gate::{KeyKind, PartnershipId, Path, Revision, Secret, time::Dice};
use sluicegate_ledger::{
    Answer, Cleared, Door, IdentifierKind, KeyId, KeyRow, LedgerBatch, LedgerStore, SendError,
    ToldIdentifier, memory::MemoryStore as Records,
};
use sluicegate_measurement::{
    Erasing, Keys, PeopleOff,
    erasure::ErasureParts,
    lookup::{Caps, Lookup, LookupParts},
};
use sluicegate_recall::{
    ErasuresParts, RecallOptions, RecallSchedule, RecallStore as _, Recalls, RecallsParts, Suspend,
    SuspendFailed,
    deletion::{Identify, Sealer},
};
use sluicegate_register::{Current, Edition, EditionStore, Register};
use sluicegate_settings::{
    ChangeRecord, Commit, CommitError, Heads, Order, Profile, SettingsStore, ShardChange,
    ShardSnapshot,
};
use sluicegate_store::Sqlite;
use sluicegate_testkit::{ManualClock, SeededDice, sample::Sample};
use sluicegate_web::api::Erasures as _;
use std::{future::ready, num::NonZeroU32, sync::atomic::AtomicBool};
use tempfile::TempDir;

/// 2026-03-01.
const START: UnixMillis = UnixMillis(1_772_323_200_000);
const BOUND: Duration = Duration::from_secs(5);
const ADA: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 1 };
const BOB: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 2 };
const CID: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 3 };

const METER: &str = "meter";
const IFA: &str = "38400000-8cf0-11bd-b23e-10b96e40000d";
const DEVICE: SubjectKey = SubjectKey { kind: KeyKind::Device, hash: 4 };
const SHOES: &str = r#"
[[advertiser]]
id = "shoes"
name = "Shoes"
measurement = ["meter"]
[[advertiser.app]]
id = "com.example.shoes"
name = "Shoes"
store_url = "https://store.example/apps/com.example.shoes"
"#;

/// Knows nobody.
#[derive(Debug)]
struct Nobody;

impl Identify for Nobody {
    fn identify(
        &self,
        _partnership: &PartnershipId,
        _identifier: IdentifierKind,
        _value: &str,
    ) -> Option<SubjectKey> {
        None
    }

    fn is_of(&self, _subject: SubjectKey, _id: Option<&str>, _told: &ToldIdentifier) -> bool {
        false
    }
}

/// Lets nothing out.
#[derive(Debug)]
struct Shut;

impl Door for Shut {
    fn refuses(&self, _partnership: &PartnershipId, _path: Path) -> Option<SendError> {
        Some(SendError::PathClosed)
    }

    fn send(&self, _cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        Box::pin(ready(Err(SendError::PathClosed)))
    }
}

impl Suspend for Shut {
    fn suspend(
        &self,
        _partnership: &PartnershipId,
        _suspended: bool,
    ) -> BoxFuture<'_, Result<(), SuspendFailed>> {
        Box::pin(ready(Ok(())))
    }
}

struct World {
    clock: Arc<ManualClock>,
    store: Arc<Sqlite>,
    /// The record in which it is looked up who is to be told.
    looked_up: Arc<Records>,
    erasures: Erasures,
    /// How many erasures each call has finished.
    finished: Arc<Mutex<Vec<usize>>>,
    /// Whether somebody reads the log of the store.
    read: Arc<AtomicBool>,
    dir: Arc<TempDir>,
}

impl World {
    async fn new() -> Self {
        Self::on(Arc::new(tempfile::tempdir().unwrap()), START).await
    }

    /// Starts as a fresh process does: on the data alone.
    async fn on(dir: Arc<TempDir>, at: UnixMillis) -> Self {
        let store = Arc::new(Sqlite::open(dir.path()).await.unwrap());
        let (finished, read) = (Arc::default(), Arc::default());
        let counted = Counted {
            store: Arc::clone(&store),
            finished: Arc::clone(&finished),
            read: Arc::clone(&read),
        };
        let clock = ManualClock::at(at);
        let (clocks, dice): (Arc<dyn Clock>, Arc<dyn Dice>) =
            (Arc::<ManualClock>::clone(&clock), SeededDice::new(7));
        let looked_up = Arc::new(Records::default());
        let kept_in = |store: Arc<dyn LedgerStore>| {
            Ledger::open(store, Arc::clone(&clocks), Arc::clone(&dice), Secret::new([3; 32]))
        };
        let record = kept_in(Arc::<Records>::clone(&looked_up));
        let ledger = kept_in(Arc::<Sqlite>::clone(&store));
        let settings = Settings::open(Arc::new(counted), Arc::clone(&clocks), BOUND);
        let current = Arc::new(Current::new());
        current.replace(Arc::new(edition()));
        let editions: &dyn EditionStore = store.as_ref();
        if editions.latest().await.unwrap().is_none() {
            editions.put(&edition()).await.unwrap();
        }
        let recalls = Recalls::new(RecallsParts {
            store: Arc::<Sqlite>::clone(&store),
            changes: Arc::<Sqlite>::clone(&store),
            ledger: record.await.unwrap(),
            door: Arc::new(Shut),
            current: Arc::clone(&current),
            suspend: Arc::new(Shut),
            clock: Arc::clone(&clocks),
            dice: Arc::clone(&dice),
            options: RecallOptions {
                takes_effect_within: BOUND,
                people_min: 1,
                wait_max: Duration::from_hours(24),
                schedule: RecallSchedule::faster(NonZeroU32::MIN),
            },
        });
        let sealer = Sealer::new(&Secret::new([8; 32]));
        let eraser = Eraser::open(ErasureParts {
            editions: Arc::<Sqlite>::clone(&store),
            journal: Arc::<Sqlite>::clone(&store),
            conversions: Arc::<Sqlite>::clone(&store),
            keys: Keys::new(Secret::new([4; 32])),
            erasing: Erasing::default(),
            clock: Arc::clone(&clocks),
            dice,
        });
        let erasures = Erasures {
            settings: settings.await.unwrap(),
            eraser: Arc::new(eraser.await.unwrap()),
            ledger: ledger.await.unwrap(),
            inbox: Arc::<Sqlite>::clone(&store),
            partners: sluicegate_recall::Erasures::new(ErasuresParts {
                recalls,
                sealer,
                identify: Arc::new(Nobody),
            }),
            clock: clocks,
            seen: Arc::default(),
        };
        Self { clock, store, looked_up, erasures, finished, read, dir }
    }

    /// A partner reports an install on a device that never saw an ad. Returns whether it is known already.
    async fn is_known(&self, current: Arc<Current>) -> bool {
        let keys = Keys::new(Secret::new([4; 32]));
        let install = json!({
            "data_set_id": "shoes:1", "id": "inst_1", "event_type": "install",
            "timestamp": self.clock.now().0 / 1_000,
            "user_data": { "device_id_hash": keys.partner(&METER.parse().unwrap()).device_id(IFA) },
            "properties": { "app_id": "com.example.shoes" },
        });
        let lookup = Lookup::new(LookupParts {
            current,
            settings: Arc::clone(&self.erasures.settings),
            ledger: Arc::clone(&self.erasures.ledger),
            conversions: Arc::<Sqlite>::clone(&self.store),
            keys,
            clock: Arc::<ManualClock>::clone(&self.clock),
            dice: SeededDice::new(8),
            caps: Caps {
                per_day: 9,
                per_device_per_day: 9,
                events_per_day: 9,
                events_per_device_per_day: 9,
            },
            people_off: PeopleOff::default(),
        });
        let body = install.to_string();
        self.erasures.settings.refresh().await.unwrap();
        let accepted = lookup.accept(&METER.parse().unwrap(), body.as_bytes()).await.unwrap();
        let cleared = lookup.answer(&accepted).await.unwrap();
        let answer: Value = serde_json::from_slice(cleared.body()).unwrap();
        answer["duplicate"] == json!(true)
    }

    /// Ends like a process that is killed, and starts again.
    async fn again(self) -> Self {
        let Self { clock, dir, .. } = self;
        Self::on(dir, clock.now()).await
    }

    /// Something was told of these people: each has a key.
    async fn with_keys(people: &[SubjectKey]) -> Self {
        let world = Self::new().await;
        let ids = (1..).map(KeyId);
        let key = |(subject, id): (&SubjectKey, _)| KeyRow {
            subject: *subject,
            id,
            wrapped: vec![1; 60],
        };
        let keys = people.iter().zip(ids).map(key).collect();
        world.store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await.unwrap();
        world
    }

    async fn has_key(&self, subject: SubjectKey) -> bool {
        self.erasures.ledger.key_id(subject).await.unwrap().is_some()
    }

    async fn unfinished(&self) -> Vec<SubjectKey> {
        let all = self.erasures.settings.unfinished_erasures().await.unwrap();
        all.into_iter().map(|(key, _)| key).collect()
    }

    /// Something is told of somebody, by a permit of before.
    async fn tell(&self, subject: SubjectKey) {
        let keys = vec![KeyRow { subject, id: KeyId(77), wrapped: vec![1; 60] }];
        self.store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await.unwrap();
    }

    async fn is_forgotten(&self) -> bool {
        self.unfinished().await.is_empty() && self.store.erasing().await.unwrap().is_empty()
    }
}

/// The store, and how many erasures were finished at once.
#[derive(Debug)]
struct Counted {
    store: Arc<Sqlite>,
    finished: Arc<Mutex<Vec<usize>>>,
    read: Arc<AtomicBool>,
}

type Done<'a, T> = BoxFuture<'a, Result<T, SettingsStoreError>>;

impl SettingsStore for Counted {
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>> {
        self.store.commit(order, at)
    }

    fn heads(&self) -> Done<'_, Heads> {
        self.store.heads()
    }

    fn shard(&self, shard: u16) -> Done<'_, ShardSnapshot> {
        SettingsStore::shard(self.store.as_ref(), shard)
    }

    fn tail(&self, after: Vec<Revision>) -> Done<'_, Vec<ShardChange>> {
        SettingsStore::tail(self.store.as_ref(), after)
    }

    fn profile(&self, account: SubjectKey) -> Done<'_, Option<Profile>> {
        self.store.profile(account)
    }

    fn unfinished_erasures(&self) -> Done<'_, Vec<(SubjectKey, UnixMillis)>> {
        self.store.unfinished_erasures()
    }

    fn finish_erasures(&self, erasures: Vec<(SubjectKey, UnixMillis)>) -> Done<'_, ()> {
        self.finished.lock().push(erasures.len());
        if self.read.load(Ordering::SeqCst) {
            return Box::pin(ready(Err(SettingsStoreError::LogIsRead)));
        }
        self.store.finish_erasures(erasures)
    }

    fn linked(&self, key: SubjectKey) -> Done<'_, Vec<SubjectKey>> {
        self.store.linked(key)
    }

    fn history(&self, key: SubjectKey) -> Done<'_, Vec<ChangeRecord>> {
        self.store.history(key)
    }
}

fn edition() -> Edition {
    let bidder = Sample {
        id: "north",
        kind: "real_time_bidding",
        categories: vec!["plumbing", "device_identifier"],
        url: String::from("https://north.example/bids"),
        more: "",
    };
    let meter = Sample {
        id: METER,
        kind: "conversion_tracking",
        categories: vec!["plumbing", "device_identifier", "exposure"],
        url: String::from("https://meter.example/events"),
        more: "",
    };
    let inventory =
        "[publisher]\nid = \"publisher\"\nname = \"Publisher\"\ndomain = \"publisher.example\"\n";
    let file = |name: &str, text: &str| (format!("{name}.toml"), text.to_owned());
    let files =
        [bidder.file(), meter.file(), file("inventory", inventory), file("advertisers", SHOES)];
    Edition::publish(Register::read(&files).unwrap(), None, START).unwrap()
}

#[tokio::test]
async fn a_persons_key_waits_an_hour_for_what_partners_are_owed_and_goes_then() {
    let world = World::with_keys(&[ADA]).await;
    world.looked_up.fail();
    world.erasures.erase(ADA, None).await.unwrap_err();
    world.clock.advance(Duration::from_millis(60 * 60 * 1_000 - 1));
    world.erasures.go_on().await.unwrap();
    assert!(world.has_key(ADA).await, "not a moment too early");
    world.clock.advance(Duration::from_millis(1));
    world.erasures.go_on().await.unwrap();
    assert!(!world.has_key(ADA).await);
    world.erasures.finish().await.unwrap();
    assert!(world.is_forgotten().await);
}

#[tokio::test]
async fn an_hour_counts_from_the_latest_time_that_it_worked() {
    let world = World::with_keys(&[ADA]).await;
    world.looked_up.fail();
    world.erasures.erase(ADA, None).await.unwrap_err();
    world.clock.advance(OWING_TRIED_FOR);
    world.looked_up.work();
    world.erasures.go_on().await.unwrap();
    assert!(!world.has_key(ADA).await, "it is known who is to be told");
}

#[tokio::test]
async fn what_is_told_by_a_permit_of_before_is_not_destroyed_until_it_is_known_whom_to_tell() {
    let world = World::with_keys(&[ADA]).await;
    world.erasures.erase(ADA, None).await.unwrap();
    world.tell(ADA).await;
    world.looked_up.fail();
    world.clock.advance(BOUND * 3);
    world.erasures.finish().await.unwrap();
    assert!(world.has_key(ADA).await && world.unfinished().await == [ADA]);
    world.looked_up.work();
    world.erasures.finish().await.unwrap();
    assert!(!world.has_key(ADA).await && world.is_forgotten().await);
}

#[tokio::test]
async fn a_partners_request_about_somebody_who_is_being_erased_reaches_what_was_set_since() {
    let world = World::with_keys(&[ADA]).await;
    world.erasures.erase(ADA, None).await.unwrap();
    world.clock.advance(BOUND);
    world.erasures.partners.accept_request([1; 32], ADA, None).await.unwrap();
    world.erasures.finish().await.unwrap();
    let ordered = world.erasures.settings.unfinished_erasures().await.unwrap();
    assert_eq!(ordered, [(ADA, START.plus(BOUND))], "it is begun anew");
    world.clock.advance(BOUND * 2);
    world.erasures.finish().await.unwrap();
    assert_eq!(world.unfinished().await, [ADA], "and ends as long after that");
    world.clock.advance(Duration::from_millis(1));
    world.erasures.finish().await.unwrap();
    assert!(world.is_forgotten().await);
}

#[tokio::test]
async fn an_erasure_that_cannot_go_on_holds_up_no_other() {
    // Whoever comes first in the list.
    for (early, late) in [(ADA, BOB), (BOB, ADA)] {
        let world = World::with_keys(&[ADA, BOB]).await;
        for key in [ADA, BOB] {
            world.erasures.settings.erase(key).await.unwrap();
        }
        world.looked_up.fail();
        world.erasures.erase(early, None).await.unwrap_err();
        world.clock.advance(OWING_TRIED_FOR);
        world.erasures.go_on().await.unwrap();
        assert_eq!((world.has_key(early).await, world.has_key(late).await), (false, true));
        world.erasures.finish().await.unwrap();
        assert_eq!(world.unfinished().await, [late], "it is tried again");
        world.looked_up.work();
        world.erasures.finish().await.unwrap();
        assert!(world.unfinished().await.is_empty() && !world.has_key(late).await);
    }
}

#[tokio::test]
async fn a_partners_request_is_begun_at_the_next_look_and_ended_once_no_permit_lives() {
    let world = World::with_keys(&[ADA]).await;
    world.erasures.partners.accept_request([1; 32], ADA, None).await.unwrap();
    world.erasures.finish().await.unwrap();
    assert!(!world.has_key(ADA).await);
    assert_eq!(world.unfinished().await, [ADA], "what was permitted may be on its way");
    world.clock.advance(BOUND * 2);
    world.erasures.finish().await.unwrap();
    assert_eq!(world.unfinished().await, [ADA], "for as long as that");
    world.clock.advance(Duration::from_millis(1));
    world.erasures.finish().await.unwrap();
    assert!(world.unfinished().await.is_empty());
}

#[tokio::test]
async fn conversions_of_a_device_that_a_partner_asks_for_go_though_no_touch_leads_to_them() {
    let world = World::new().await;
    let current = Arc::new(Current::new());
    current.replace(Arc::new(edition()));
    let known = || Arc::clone(&current);
    assert!(!world.is_known(known()).await && world.is_known(known()).await);
    let id = Personal::new(IFA.to_owned());
    world.erasures.partners.accept_request([1; 32], DEVICE, Some(&id)).await.unwrap();
    let world = world.again().await;
    world.erasures.finish().await.unwrap();
    assert!(!world.is_known(known()).await);
    // What is reported before the end goes with it.
    world.clock.advance(BOUND * 3);
    world.erasures.finish().await.unwrap();
    assert!(world.unfinished().await.is_empty());
    assert!(!world.is_known(known()).await && world.is_known(known()).await);
}

#[tokio::test]
async fn one_is_at_work_at_the_erasure_of_a_person_and_nobody_elses_waits() {
    let seen = Seen::default();
    let turn = seen.turn_of(ADA).await;
    let mut second = Box::pin(seen.turn_of(ADA));
    assert!(futures_util::poll!(&mut second).is_pending());
    assert!(futures_util::poll!(Box::pin(seen.turn_of(BOB))).is_ready());
    drop(turn);
    assert!(futures_util::poll!(&mut second).is_ready());
}

#[tokio::test]
async fn an_erasure_that_a_crash_cut_off_at_its_beginning_knows_the_device_still() {
    let world = World::new().await;
    let current = Arc::new(Current::new());
    current.replace(Arc::new(edition()));
    assert!(!world.is_known(Arc::clone(&current)).await);
    let id = Personal::new(IFA.to_owned());
    world.erasures.partners.begin(DEVICE, Some(&id)).await.unwrap();
    let world = world.again().await;
    world.erasures.go_on().await.unwrap();
    world.erasures.finish().await.unwrap();
    assert_eq!(world.unfinished().await, [DEVICE]);
    assert!(!world.is_known(current).await);
}

#[tokio::test]
async fn an_erasure_that_is_as_far_ends_before_another_is_begun() {
    let world = World::with_keys(&[ADA, BOB]).await;
    world.erasures.erase(ADA, None).await.unwrap();
    world.clock.advance(BOUND * 3);
    world.erasures.partners.accept_request([1; 32], BOB, None).await.unwrap();
    let begun = async {
        loop {
            let unfinished = world.unfinished().await;
            if unfinished.contains(&BOB) {
                return unfinished;
            }
            tokio::task::yield_now().await;
        }
    };
    let (looked, unfinished) = tokio::join!(world.erasures.finish(), begun);
    looked.unwrap();
    assert_eq!(unfinished, [BOB]);
}

#[tokio::test]
async fn of_many_requests_some_are_begun_at_each_look_and_all_in_the_end() {
    let world = World::new().await;
    let people = BEGUN_MAX * 2 + 3;
    for (hash, request) in (100..).zip(0..u8::try_from(people).unwrap()) {
        let key = SubjectKey { kind: KeyKind::Account, hash };
        world.erasures.partners.accept_request([request; 32], key, None).await.unwrap();
    }
    let mut begun = Vec::new();
    for _ in 0..3 {
        world.erasures.finish().await.unwrap();
        begun.push(world.unfinished().await.len());
        world.clock.advance(EVERY);
    }
    assert_eq!(begun, [BEGUN_MAX, BEGUN_MAX * 2, people]);
}

#[tokio::test]
async fn all_erasures_that_are_as_far_end_at_one_look() {
    let world = World::with_keys(&[ADA, BOB, CID]).await;
    for key in [ADA, BOB] {
        world.erasures.erase(key, None).await.unwrap();
    }
    world.clock.advance(BOUND * 3);
    world.erasures.erase(CID, None).await.unwrap();
    world.erasures.finish().await.unwrap();
    assert_eq!(world.unfinished().await, [CID], "what is younger ends later");
    assert_eq!(*world.finished.lock(), [2], "for both the log is emptied once");
    world.erasures.finish().await.unwrap();
    assert_eq!(*world.finished.lock(), [2], "and not where nothing has come to its end");
    world.clock.advance(BOUND * 3);
    world.erasures.finish().await.unwrap();
    assert_eq!(*world.finished.lock(), [2, 1]);
}

#[tokio::test]
async fn an_erasure_ends_as_soon_and_no_sooner_whatever_the_clock_is_set_to() {
    for set_to in [START.minus(Duration::from_hours(24)), START.plus(Duration::from_hours(24))] {
        let world = World::with_keys(&[ADA, BOB]).await;
        world.erasures.erase(ADA, None).await.unwrap();
        world.clock.set_now(set_to);
        world.clock.advance(BOUND * 2);
        world.erasures.finish().await.unwrap();
        assert_eq!(world.unfinished().await, [ADA], "what was permitted may be on its way");
        world.clock.advance(Duration::from_millis(1));
        world.erasures.finish().await.unwrap();
        assert!(world.unfinished().await.is_empty());
    }
    // Where another process began it.
    let mut world = World::with_keys(&[ADA]).await;
    world.erasures.erase(ADA, None).await.unwrap();
    world.clock.set_now(START.minus(Duration::from_hours(24)));
    world = world.again().await;
    world.erasures.finish().await.unwrap();
    assert_eq!(world.unfinished().await, [ADA]);
    world.clock.advance(BOUND * 2 + Duration::from_millis(1));
    world.erasures.finish().await.unwrap();
    assert!(world.unfinished().await.is_empty());
}

#[tokio::test]
async fn an_erasure_that_waits_for_a_reader_is_finished_once_the_reader_is_done() {
    let world = World::with_keys(&[ADA]).await;
    world.erasures.erase(ADA, None).await.unwrap();
    world.clock.advance(BOUND * 3);
    world.read.store(true, Ordering::SeqCst);
    for looks in 1..=3 {
        world.erasures.finish().await.unwrap();
        assert_eq!(world.unfinished().await, [ADA], "it is tried again");
        assert_eq!(world.finished.lock().len(), looks);
        assert!(!world.has_key(ADA).await, "and nothing of it can be read");
    }
    world.read.store(false, Ordering::SeqCst);
    world.erasures.finish().await.unwrap();
    assert!(world.is_forgotten().await);
}

#[tokio::test]
async fn who_comes_back_while_the_end_of_an_erasure_waits_for_a_reader_is_not_erased_again() {
    let world = World::with_keys(&[ADA]).await;
    world.erasures.erase(ADA, None).await.unwrap();
    world.clock.advance(BOUND * 3);
    world.read.store(true, Ordering::SeqCst);
    world.erasures.finish().await.unwrap();
    world.tell(ADA).await;
    world.erasures.finish().await.unwrap();
    world.read.store(false, Ordering::SeqCst);
    world.erasures.finish().await.unwrap();
    assert!(world.has_key(ADA).await && world.is_forgotten().await);
}

#[tokio::test]
async fn a_fresh_process_goes_on_with_each_erasure_from_where_the_last_was_cut_off() {
    let people = [ADA, BOB, CID];
    let mut world = World::with_keys(&people).await;
    // Each is cut off after another step: once it is written down, once it is known whom to tell, and once the key is gone.
    for (person, steps) in people.into_iter().zip(1..) {
        let asked_at = world.erasures.partners.begin(person, None).await.unwrap();
        world.erasures.settings.erase(person).await.unwrap();
        world.erasures.partners.begun(person, asked_at).await.unwrap();
        if steps > 1 {
            world.erasures.partners.owe(person).await.unwrap();
        }
        if steps > 2 {
            world.erasures.ledger.erase(person).await.unwrap();
        }
    }
    // A start that cannot do one of them does the others; it is killed before it has finished any.
    world = world.again().await;
    world.looked_up.fail();
    assert_eq!(world.unfinished().await.len(), 3);
    world.erasures.go_on().await.unwrap();
    for (person, has_key) in [(ADA, true), (BOB, false), (CID, false)] {
        assert_eq!(world.has_key(person).await, has_key);
    }
    world = world.again().await;
    world.erasures.go_on().await.unwrap();
    assert!(!world.has_key(ADA).await, "the next does the rest");
    assert_eq!(world.unfinished().await.len(), 3, "a permit of before may still be used");
    world.clock.advance(BOUND * 3);
    world = world.again().await;
    world.erasures.finish().await.unwrap();
    assert!(world.is_forgotten().await);
    assert_eq!(*world.finished.lock(), [3]);
    let world = world.again().await;
    world.erasures.go_on().await.unwrap();
    world.erasures.finish().await.unwrap();
    assert!(world.finished.lock().is_empty(), "an erasure ends once");
}
