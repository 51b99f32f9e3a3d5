//! The ledger on `SQLite`.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_gate::{EditionHash, KeyKind, PartnershipId, Path, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{
    Day, KeyId, KeyRow, LedgerBatch, LedgerStore, NewLeaves, ToldRow, UncertainWindow, WindowRow,
    conformance,
    log::{LogAddition, LogStore as _, SheetRow, TileRow},
    memory::MemoryStore,
};
use sluicegate_store::Sqlite;
use sqlx::Connection as _;

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    conformance::check(&store).await.unwrap();
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    sluicegate_ledger::log::conformance::check(&store).await.unwrap();
}

#[tokio::test]
async fn rows_of_the_log_that_do_not_read_are_as_missing_ones_and_keep_nobody_from_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let row = |sheet| SheetRow {
        sheet,
        first: sheet + 1,
        last: sheet + 1,
        entry: vec![1],
        marks: vec![2],
    };
    let sheets = (0..4).map(row).collect();
    let tile = TileRow { level: 0, number: 0, hashes: vec![7; 4 * 32] };
    let addition = LogAddition { sheets, tiles: vec![tile], checkpoint: "four".to_owned() };
    store.extend_log(addition).await.unwrap();
    store.close().await;
    let mut database = sqlx::SqliteConnection::connect(&format!(
        "sqlite:{}",
        dir.path().join("sluicegate.sqlite3").display()
    ))
    .await
    .unwrap();
    let sql = "UPDATE ledger_sheet SET first = -1 WHERE sheet = 1; \
               UPDATE ledger_sheet SET last = -1 WHERE sheet = 3; \
               INSERT INTO ledger_sheet VALUES (-5, 1, 1, x'01', x'02')";
    sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(store.sheets(0, 9).await.unwrap(), [row(0), row(2)]);
    let end = store.log_end(u64::MAX).await.unwrap();
    assert_eq!((end.size, end.last_pack), (3, 3));
    assert_eq!(store.log_end(2).await.unwrap().size, 1);
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
    let open = store.open_windows().await.unwrap();
    let uncertain = open.iter().map(|window| window.id).collect();
    store.append(LedgerBatch { uncertain, ..LedgerBatch::default() }).await.unwrap();
    let uncertain = UncertainWindow {
        path: Path::ContextualBidRequest,
        from: UnixMillis(10),
        until: UnixMillis(60),
    };
    assert_eq!(store.uncertain_windows().await.unwrap(), [uncertain]);
    assert_eq!(store.keys(vec![subject(1)]).await.unwrap(), [key(1)]);
    let range = UnixMillis(0)..UnixMillis(100);
    assert_eq!(store.told(KeyId(2), range).await.unwrap(), [told(4)]);
}

/// Returns whether a file of the data directory holds these bytes.
fn is_on_disk(dir: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|file| {
        let file = std::fs::read(file.unwrap().path()).unwrap();
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}

fn wrapped(hash: u128, bytes: &[u8]) -> KeyRow {
    KeyRow { wrapped: bytes.to_vec(), ..key(hash) }
}

#[tokio::test]
async fn a_destroyed_key_is_gone_from_the_disk_and_others_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let (mine, other) = (b"the wrapped key of one person", b"the wrapped key of another one");
    let keys = vec![wrapped(1, mine), wrapped(2, other)];
    store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await.unwrap();
    assert!(is_on_disk(dir.path(), mine) && is_on_disk(dir.path(), other));
    store.erase(subject(1)).await.unwrap();
    assert!(!is_on_disk(dir.path(), mine), "neither in the file nor in its log");
    assert!(is_on_disk(dir.path(), other));
}

#[tokio::test]
async fn an_erasure_that_was_begun_is_done_at_the_next_start_and_again_for_an_older_copy() {
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys.sqlite3");
    let copy = dir.path().join("copy");
    let store = Sqlite::open(dir.path()).await.unwrap();
    let batch = LedgerBatch {
        keys: vec![key(1), key(2)],
        leaves: Some(NewLeaves { messages: 1, leaves: vec![1] }),
        ..LedgerBatch::default()
    };
    store.append(batch).await.unwrap();
    // Written down, and then the power goes.
    let erased = vec![KeyId(1)];
    store.append(LedgerBatch { erased, ..LedgerBatch::default() }).await.unwrap();
    assert_eq!(store.keys(vec![subject(1)]).await.unwrap(), [key(1)]);
    store.close().await;
    std::fs::copy(&keys, &copy).unwrap();
    for _ in 0..2 {
        let store = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(store.keys(vec![subject(1), subject(2)]).await.unwrap(), [key(2)]);
        store.close().await;
        std::fs::copy(&copy, &keys).unwrap();
    }
}

#[tokio::test]
async fn without_the_file_of_keys_a_used_directory_is_refused_until_an_empty_one_is_put_there() {
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys.sqlite3");
    let store = Sqlite::open(dir.path()).await.unwrap();
    let leaves = Some(NewLeaves { messages: 1, leaves: vec![1] });
    let batch = LedgerBatch { keys: vec![key(1)], leaves, ..LedgerBatch::default() };
    store.append(batch).await.unwrap();
    store.close().await;
    std::fs::remove_file(&keys).unwrap();
    let refused = Sqlite::open(dir.path()).await.unwrap_err();
    assert!(refused.to_string().contains("`keys.sqlite3` is missing"), "{refused}");
    std::fs::write(&keys, b"").unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(store.keys(vec![subject(1)]).await.unwrap(), []);
    assert_eq!(store.packs(0, 9).await.unwrap().len(), 1, "everything else is there");
}

fn subject(hash: u128) -> SubjectKey {
    SubjectKey { kind: KeyKind::Browser, hash }
}

fn key(hash: u128) -> KeyRow {
    KeyRow { subject: subject(hash), id: KeyId(u64::try_from(hash).unwrap()), wrapped: vec![3] }
}

fn told(count: u64) -> ToldRow {
    ToldRow {
        key: KeyId(2),
        partnership: "north-bidding".parse::<PartnershipId>().unwrap(),
        day: Day(0),
        digest: [1; 16],
        path: Path::BidRequest,
        categories: sluicegate_gate::Categories::ALL,
        edition: EditionHash([4; 32]),
        sealed: Some(vec![5]),
        count,
        first: UnixMillis(6),
        last: UnixMillis(7),
    }
}
