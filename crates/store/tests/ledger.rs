//! The ledger on `SQLite`.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_gate::{EditionHash, KeyKind, PartnershipId, Path, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{
    Day, KeyRow, LedgerBatch, LedgerStore, ToldRow, UncertainWindow, WindowRow, conformance,
    memory::MemoryStore,
};
use sluicegate_store::Sqlite;

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    conformance::check(&store).await.unwrap();
}

#[tokio::test]
async fn sqlite_and_memory_answer_alike_for_incidents() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    conformance::incidents::check(&store).await.unwrap();
    conformance::incidents::check(&MemoryStore::default()).await.unwrap();
}

#[tokio::test]
async fn a_batch_with_a_row_that_is_refused_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let refused =
        LedgerBatch { keys: vec![key(1)], told: vec![told(u64::MAX)], ..LedgerBatch::default() };
    assert!(store.append(refused).await.is_err());
    assert_eq!(store.keys(vec![subject(1)]).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_kept_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let window = WindowRow {
        id: 8,
        path: Path::ContextualBidRequest,
        from: UnixMillis(10),
        until: UnixMillis(60),
    };
    let batch = LedgerBatch {
        keys: vec![key(1)],
        told: vec![told(4)],
        reserved: vec![window],
        ..LedgerBatch::default()
    };
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.append(batch).await.unwrap();
    drop(store);
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.declare_open_windows().await.unwrap();
    let uncertain = UncertainWindow {
        path: Path::ContextualBidRequest,
        from: UnixMillis(10),
        until: UnixMillis(60),
    };
    assert_eq!(store.uncertain_windows().await.unwrap(), [uncertain]);
    assert_eq!(store.keys(vec![subject(1)]).await.unwrap(), [key(1)]);
    let range = UnixMillis(0)..UnixMillis(100);
    assert_eq!(store.told(subject(1), range).await.unwrap(), [told(4)]);
}

fn subject(hash: u128) -> SubjectKey {
    SubjectKey { kind: KeyKind::Browser, hash }
}

fn key(hash: u128) -> KeyRow {
    KeyRow { subject: subject(hash), id: 2, wrapped: vec![3] }
}

fn told(count: u64) -> ToldRow {
    ToldRow {
        subject: subject(1),
        partnership: "north-bidding".parse::<PartnershipId>().unwrap(),
        day: Day(0),
        digest: [1; 16],
        key_id: 2,
        path: Path::BidRequest,
        categories: sluicegate_gate::Categories::ALL,
        edition: EditionHash([4; 32]),
        sealed: Some(vec![5]),
        count,
        first: UnixMillis(6),
        last: UnixMillis(7),
    }
}
