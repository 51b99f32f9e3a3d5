//! The ledger, from reservation to reading, on `SQLite`.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use bytes::Bytes;
use sluicegate_gate::{
    DisclosureId, EditionHash, EncodeError, Envelope, NoPerson, Path, Secret, seal_no_person,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Day, Ledger, LedgerStore, Outcome, ReadError};
use sluicegate_store::Sqlite;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

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

async fn open(store: &Sqlite, seed: u64) -> Arc<Ledger> {
    let dice = Arc::new(CountingDice(AtomicU64::new(seed)));
    let keys = Secret::new([3; 32]);
    Ledger::open(Arc::new(store.clone()), Arc::new(StandingClock), dice, keys).await.unwrap()
}

#[tokio::test]
async fn a_reserved_request_is_on_the_disk_when_pending_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let ledger = open(&store, 0).await;
    for id in 1..=3 {
        let (cleared, pending) = ledger.reserve(request(id)).await.unwrap();
        assert_eq!(cleared.deadline(), BootMillis(550));
        ledger.outcome(cleared.message(), Outcome::Delivered);
        pending.durable().await.unwrap();
    }
    ledger.flush().await.unwrap();
    let second = open(&Sqlite::open(dir.path()).await.unwrap(), 1_000).await;
    let packs = second.packs(0, 100).await.unwrap();
    let messages = packs.iter().flat_map(|pack| &pack.pack.messages);
    assert_eq!(messages.map(|row| row.message.0).collect::<Vec<_>>(), [1, 2, 3]);
    let outcomes = packs.iter().flat_map(|pack| &pack.pack.outcomes);
    assert!(outcomes.clone().all(|row| row.outcome == Outcome::Delivered));
    assert_eq!(outcomes.count(), 3);
    let totals = ledger.totals(UnixMillis(0)..UnixMillis(2_000_000)).await.unwrap();
    assert_eq!((totals.counts.len(), totals.counts.first().unwrap().messages), (1, 3));
}

#[tokio::test]
async fn a_window_left_open_is_declared_and_a_closed_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let ledger = open(&store, 0).await;
    let (_cleared, pending) = ledger.reserve(request(1)).await.unwrap();
    pending.durable().await.unwrap();
    // The first one goes on running: to the second, it looks like a process that was killed.
    let second = open(&Sqlite::open(dir.path()).await.unwrap(), 1000).await;
    let declared = second.uncertain_windows().await.unwrap();
    assert_eq!(declared.iter().map(|window| window.from.0).collect::<Vec<_>>(), [1_000_000]);
    let (_cleared, pending) = second.reserve(request(2)).await.unwrap();
    pending.durable().await.unwrap();
    second.close().await.unwrap();
    let third = open(&Sqlite::open(dir.path()).await.unwrap(), 2000).await;
    assert_eq!(third.uncertain_windows().await.unwrap(), declared, "and no other");
}

#[tokio::test]
async fn a_damaged_pack_is_named_and_the_others_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let ledger = open(&store, 0).await;
    for id in 1..=3 {
        drop(ledger.record(request(id)).await.unwrap());
    }
    let damage = store.write(|connection| {
        Box::pin(async move {
            let sql = "UPDATE ledger_pack SET leaves = CAST(substr(leaves, 1, 40) || x'ff' || \
                       substr(leaves, 42) AS BLOB) WHERE pack = 2";
            sqlx::query(sql).execute(connection).await?;
            Ok(())
        })
    });
    damage.await.unwrap();
    let refused = ledger.packs(0, 9).await;
    assert!(matches!(refused, Err(ReadError::Damaged(2))), "{refused:?}");
    assert_eq!(ledger.packs(1, 1).await.unwrap().len(), 1);
    assert_eq!(ledger.packs(3, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_damaged_file_of_old_records_is_one_damaged_pack_and_the_later_ones_are_read() {
    for damage in ["gone", "cut", "a page"] {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let ledger = open(&store, 0).await;
        for id in 1..=3 {
            drop(ledger.record(request(id)).await.unwrap());
        }
        assert_eq!(store.roll(Day(1)).await.unwrap().packs, 3);
        drop(ledger.record(request(4)).await.unwrap());
        let folder = dir.path().join("records/packs");
        let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&file).unwrap();
        match damage {
            "gone" => std::fs::remove_file(&file).unwrap(),
            "cut" => std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap(),
            _ => {
                bytes[4..20].fill(0xff);
                std::fs::write(&file, bytes).unwrap();
            }
        }
        let rows = LedgerStore::packs(&store, 1, 9).await.unwrap();
        let read: Vec<_> = rows.iter().map(|row| (row.pack, row.leaves.is_empty())).collect();
        assert_eq!(read, [(3, true), (4, false)], "{damage}");
        let refused = ledger.packs(1, 9).await;
        assert!(matches!(refused, Err(ReadError::Damaged(3))), "{damage}: {refused:?}");
        assert_eq!(ledger.packs(4, 9).await.unwrap().len(), 1, "{damage}");
    }
}
