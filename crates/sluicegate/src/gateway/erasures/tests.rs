//! How erasures go on and end, by a test clock.

use super::*;
use sluicegate_gate::{
    KeyKind, PartnershipId, Path, Secret,
    time::{Dice, UnixMillis},
};
use sluicegate_ledger::{
    Answer, Cleared, Door, KeyId, KeyRow, LedgerBatch, LedgerStore as _, SendError,
    memory::MemoryStore as Records,
};
use sluicegate_measurement::{Keys, erasure::ErasureParts};
use sluicegate_recall::{
    ErasuresParts, RecallOptions, RecallSchedule, RecallStore as _, Recalls, RecallsParts, Stage,
    Suspend, SuspendFailed, deletion::Sealer,
};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_store::Sqlite;
use sluicegate_testkit::{ManualClock, SeededDice, sample::Sample};
use sluicegate_web::api::Erasures as _;
use std::{future::ready, num::NonZeroU32};
use tempfile::TempDir;

/// 2026-03-01.
const START: UnixMillis = UnixMillis(1_772_323_200_000);
const BOUND: Duration = Duration::from_secs(5);
const ADA: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 1 };
const BOB: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 2 };
const CID: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 3 };

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
    _dir: TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(dir.path()).await.unwrap());
        let clock = ManualClock::at(START);
        let (clocks, dice): (Arc<dyn Clock>, Arc<dyn Dice>) =
            (Arc::<ManualClock>::clone(&clock), SeededDice::new(7));
        let looked_up = Arc::new(Records::default());
        let record = Ledger::open(
            Arc::<Records>::clone(&looked_up),
            Arc::clone(&clocks),
            Arc::clone(&dice),
            Secret::new([3; 32]),
        );
        let ledger = Ledger::open(
            Arc::<Sqlite>::clone(&store),
            Arc::clone(&clocks),
            Arc::clone(&dice),
            Secret::new([3; 32]),
        );
        let settings = Settings::open(Arc::<Sqlite>::clone(&store), Arc::clone(&clocks), BOUND);
        let current = Arc::new(Current::new());
        current.replace(Arc::new(edition()));
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
        let erasures = Erasures {
            settings: settings.await.unwrap(),
            eraser: Arc::new(Eraser::new(ErasureParts {
                current,
                journal: Arc::<Sqlite>::clone(&store),
                conversions: Arc::<Sqlite>::clone(&store),
                keys: Keys::new(Secret::new([4; 32])),
                clock: Arc::clone(&clocks),
                dice,
            })),
            ledger: ledger.await.unwrap(),
            partners: sluicegate_recall::Erasures::new(ErasuresParts { recalls, sealer }),
            clock: clocks,
            failing: Arc::default(),
        };
        Self { clock, store, looked_up, erasures, _dir: dir }
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

    async fn stages(&self) -> Vec<(SubjectKey, Stage)> {
        let erasing = self.store.erasing().await.unwrap();
        erasing.into_iter().map(|one| (one.subject, one.stage)).collect()
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
    let inventory =
        "[publisher]\nid = \"publisher\"\nname = \"Publisher\"\ndomain = \"publisher.example\"\n";
    let files = [bidder.file(), (String::from("inventory.toml"), inventory.to_owned())];
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
    assert_eq!(world.stages().await, [(ADA, Stage::Accepted)]);
    world.clock.advance(Duration::from_millis(1));
    world.erasures.go_on().await.unwrap();
    assert!(!world.has_key(ADA).await);
    assert_eq!(world.stages().await, [(ADA, Stage::Owed)], "nobody can tell, and that is kept");
    world.erasures.finish().await.unwrap();
    assert!(world.unfinished().await.is_empty() && world.stages().await.is_empty());
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
    assert_eq!(world.stages().await, [(ADA, Stage::Owed)]);
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
    world.erasures.partners.accept_request([1; 32], vec![ADA]).await.unwrap();
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
async fn all_erasures_that_are_as_far_end_at_one_look() {
    let world = World::with_keys(&[ADA, BOB, CID]).await;
    for key in [ADA, BOB] {
        world.erasures.erase(key, None).await.unwrap();
    }
    world.clock.advance(BOUND * 3);
    world.erasures.erase(CID, None).await.unwrap();
    world.erasures.finish().await.unwrap();
    assert_eq!(world.unfinished().await, [CID], "what is younger ends later");
}
