//! The ledger while what it added waits to be merged.

use crate::Sqlite;
use bytes::Bytes;
use futures_util::FutureExt as _;
use sluicegate_gate::{
    Categories, DisclosureId, EditionHash, EncodeError, Envelope, KeyKind, NoPerson, Path, Reason,
    Secret, SubjectKey, seal_no_person,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Day, KeyId, Ledger, LedgerBatch, LedgerStore as _, ToldRow, WithheldNote};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

/// A clock that stands still.
#[derive(Debug)]
struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_000_000)
    }

    fn boot(&self) -> BootMillis {
        BootMillis(500)
    }
}

#[derive(Debug, Default)]
struct CountingDice(AtomicU64);

impl Dice for CountingDice {
    fn roll(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed)) << 64
    }
}

struct Contextual(u128);

impl NoPerson for Contextual {
    fn disclosure(&self) -> DisclosureId {
        DisclosureId(self.0)
    }

    fn path(&self) -> Path {
        Path::ContextualBidRequest
    }

    fn url(&self) -> Option<String> {
        None
    }

    fn encode(&self) -> Result<Bytes, EncodeError> {
        Ok(Bytes::from_static(b"{}"))
    }
}

fn request(id: u128) -> Envelope {
    let (partnership, edition) = ("north-bidding".parse().unwrap(), EditionHash([1; 32]));
    let deadline = StandingClock.boot().plus(Duration::from_secs(5));
    seal_no_person(partnership, edition, deadline, &Contextual(id)).unwrap().into_envelope()
}

#[tokio::test]
async fn records_go_on_while_an_erasure_waits_for_old_records_to_be_moved() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let (kept, clock, dice) = (Arc::new(store.clone()), StandingClock, CountingDice::default());
    let secret = Secret::new([3; 32]);
    let ledger = Ledger::open(kept, Arc::new(clock), Arc::new(dice), secret).await.unwrap();
    let person = SubjectKey { kind: KeyKind::Account, hash: 7 };
    ledger.withheld(WithheldNote {
        partnership: "north-bidding".parse().unwrap(),
        path: Path::BidRequest,
        reasons: vec![Reason::SharingOff(KeyKind::Account)],
        keys: vec![person],
        at: StandingClock.now(),
    });
    ledger.flush().await.unwrap();
    let days = Day(0)..=Day(0);
    assert_eq!(store.withheld(person, days.clone()).await.unwrap().len(), 1);
    let moving = store.unmerged.stand_still_for_moving().await;
    let mut erasing = pin!(ledger.erase(person));
    assert!(erasing.as_mut().now_or_never().is_none());
    let records = async {
        for id in 0..20 {
            let (_cleared, pending) = ledger.reserve(request(id)).await.unwrap();
            pending.durable().await.unwrap();
        }
    };
    timeout(Duration::from_mins(1), records).await.expect("they do not wait for the erasure");
    assert!(erasing.as_mut().now_or_never().is_none(), "it is not done yet");
    assert_eq!(store.withheld(person, days.clone()).await.unwrap().len(), 1);
    drop(moving);
    erasing.await.unwrap();
    assert_eq!(store.withheld(person, days).await.unwrap(), []);
}

fn told(day: i64) -> LedgerBatch {
    let row = ToldRow {
        key: KeyId(7),
        partnership: "north-bidding".parse().unwrap(),
        day: Day(day),
        digest: [1; 16],
        path: Path::BidRequest,
        categories: Categories::ALL,
        edition: EditionHash([1; 32]),
        sealed: Some(vec![1]),
        count: 1,
        first: Day(day).start(),
        last: Day(day).start(),
    };
    LedgerBatch { told: vec![row], ..LedgerBatch::default() }
}

#[tokio::test]
async fn while_records_of_one_day_are_moved_those_of_others_are_merged() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.append(told(1)).await.unwrap();
    store.merge_all().await.unwrap();
    let moving = store.unmerged.stand_still_on(Day(1)).await;
    store.append(told(2)).await.unwrap();
    timeout(Duration::from_mins(1), store.merge_all())
        .await
        .expect("nothing is in its way")
        .unwrap();
    store.append(told(1)).await.unwrap();
    let merged = tokio::spawn({
        let store = store.clone();
        async move { store.merge_all().await }
    });
    for _ in 0..100 {
        store.append(LedgerBatch::default()).await.unwrap();
    }
    assert!(!merged.is_finished(), "it waits for the day");
    let count = "SELECT sum(count) FROM ledger_told WHERE day = 1";
    let counted: i64 = sqlx::query_scalar(count).fetch_one(store.readers()).await.unwrap();
    assert_eq!(counted, 1);
    drop(moving);
    merged.await.unwrap().unwrap();
    let counted: i64 = sqlx::query_scalar(count).fetch_one(store.readers()).await.unwrap();
    assert_eq!(counted, 2);
}

#[tokio::test]
async fn whoever_waits_for_a_merge_does_not_wait_for_those_that_begin_later() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let ended = || store.unmerged.state.lock().ended;
    store.append(told(1)).await.unwrap();
    let still = store.unmerged.tables.lock().await;
    let mut merged = pin!(store.merge_all());
    assert!(merged.as_mut().now_or_never().is_none());
    store.append(told(2)).await.unwrap();
    drop(still);
    while ended() == 0 {
        tokio::task::yield_now().await;
    }
    let later = store.unmerged.begin_now().expect("the second");
    merged.as_mut().now_or_never().expect("its own has ended").unwrap();
    drop(later);
}
