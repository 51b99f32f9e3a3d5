//! New keys that wait to be merged.

use super::{
    merging::{SLICE, insert, insert_keys},
    *,
};
use crate::Sqlite;
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::{LedgerBatch, LedgerStore as _};

fn subject(number: u64) -> SubjectKey {
    SubjectKey { kind: KeyKind::Account, hash: u128::from(number) }
}

fn key(number: u64) -> KeyRow {
    KeyRow { subject: subject(number), id: KeyId(number), wrapped: number.to_be_bytes().to_vec() }
}

fn keys(numbers: std::ops::Range<u64>) -> Vec<KeyRow> {
    numbers.map(key).collect()
}

async fn append(store: &Sqlite, keys: Vec<KeyRow>) -> bool {
    store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await.is_ok()
}

/// Returns how many keys are in their table, and how many blobs wait.
async fn places(store: &Sqlite) -> (i64, i64) {
    let mut guard = store.keys.open.lock().await;
    let connection = &mut opened(&mut guard).unwrap().connection;
    let sql = "SELECT (SELECT count(*) FROM key), (SELECT count(*) FROM waiting)";
    sqlx::query_as(sql).fetch_one(connection).await.unwrap()
}

async fn found(store: &Sqlite, numbers: std::ops::Range<u64>) -> Vec<KeyRow> {
    let mut found =
        store.keys.of_subjects(&numbers.map(subject).collect::<Vec<_>>()).await.unwrap();
    found.sort_unstable_by_key(|row| row.subject);
    found
}

#[tokio::test]
async fn new_keys_are_found_by_owner_and_name_while_they_wait_and_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..2_000)).await);
    assert_eq!(places(&store).await, (0, 2), "appended, and nothing else");
    for _ in 0..2 {
        assert_eq!(found(&store, 0..2_001).await, keys(0..2_000));
        let ids: Vec<KeyId> = (0..2_001).rev().map(KeyId).collect();
        assert_eq!(store.keys.of_ids(&ids).await.unwrap(), keys(0..2_000));
        store.keys.merge().await.unwrap();
        assert_eq!(places(&store).await, (2_000, 0));
    }
}

#[tokio::test]
async fn a_merge_that_was_cut_short_is_ended_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..9)).await);
    {
        let mut guard = store.keys.open.lock().await;
        insert(&mut opened(&mut guard).unwrap().connection, &keys(3..5)).await.unwrap();
    }
    assert_eq!(places(&store).await, (2, 1));
    drop(store);
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(places(&store).await, (9, 0));
    assert_eq!(found(&store, 0..9).await, keys(0..9));
}

#[tokio::test]
async fn a_second_key_of_one_name_or_one_owner_is_never_kept_in_the_place_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let named = |number| KeyRow { id: KeyId(1), ..key(number) };
    assert!(append(&store, keys(0..3)).await);
    for _ in 0..2 {
        assert!(!append(&store, vec![key(7), named(8)]).await);
        assert_eq!(found(&store, 0..9).await, keys(0..3));
        store.keys.merge().await.unwrap();
    }
    assert!(!append(&store, vec![named(4), named(5)]).await, "within one batch");
    let owned = KeyRow { id: KeyId(9), ..key(2) };
    for other in [owned, named(9)] {
        let mut guard = store.keys.open.lock().await;
        let connection = &mut opened(&mut guard).unwrap().connection;
        assert!(insert(connection, &[other]).await.is_err());
    }
    assert_eq!(found(&store, 0..9).await, keys(0..3));
}

#[tokio::test]
async fn a_key_that_is_destroyed_during_a_merge_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let many = 4 * u64::try_from(SLICE).unwrap();
    assert!(append(&store, keys(0..many)).await);
    let last = many - 1;
    let merged = store.keys.merge();
    let destroyed = async {
        tokio::task::yield_now().await;
        store.keys.destroy(subject(last)).await
    };
    let (merged, destroyed) = tokio::join!(merged, destroyed);
    merged.and(destroyed).unwrap();
    assert_eq!(found(&store, 0..many).await, keys(0..last));
    assert_eq!(places(&store).await, (last.cast_signed(), 0));
}

#[tokio::test]
async fn a_key_is_destroyed_while_others_are_merged() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..9)).await);
    assert!(append(&store, keys(9..10)).await);
    let merging = store.keys.merging.lock().await;
    for number in [9, 3] {
        store.keys.destroy(subject(number)).await.unwrap();
    }
    assert!(append(&store, keys(10..12)).await);
    drop(merging);
    let left = [keys(0..3), keys(4..9), keys(10..12)].concat();
    for _ in 0..2 {
        assert_eq!(found(&store, 0..12).await, left);
        store.keys.merge().await.unwrap();
    }
    assert_eq!(places(&store).await, (10, 0));
}

/// Changes what waits, as a damaged disk does.
async fn change(store: &Sqlite, sql: &'static str) {
    let mut guard = store.keys.open.lock().await;
    let connection = &mut opened(&mut guard).unwrap().connection;
    assert_eq!(sqlx::query(sql).execute(connection).await.unwrap().rows_affected(), 1);
}

/// Returns why blobs are set aside.
async fn set_aside(store: &Sqlite) -> Vec<String> {
    let mut guard = store.keys.open.lock().await;
    let connection = &mut opened(&mut guard).unwrap().connection;
    sqlx::query_scalar("SELECT why FROM set_aside").fetch_all(connection).await.unwrap()
}

const DAMAGE: &str = "UPDATE waiting SET rows = CAST(rows || x'00' AS BLOB) WHERE number = 1";

#[tokio::test]
async fn keys_that_are_damaged_on_the_disk_are_merged_from_memory() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..9)).await);
    change(&store, DAMAGE).await;
    store.keys.merge().await.unwrap();
    assert_eq!(places(&store).await, (9, 0));
    assert_eq!(found(&store, 0..9).await, keys(0..9));
}

#[tokio::test]
async fn a_damaged_blob_of_keys_is_set_aside_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..9)).await && append(&store, keys(9..20)).await);
    change(&store, DAMAGE).await;
    drop(store);
    for _ in 0..2 {
        let store = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(set_aside(&store).await, ["a stored value is corrupt: new keys of people"]);
        assert_eq!(store.set_aside().await.unwrap().keys, 1, "an operator sees it");
        assert_eq!(places(&store).await, (11, 0));
        assert_eq!(found(&store, 0..20).await, keys(9..20));
        drop(store);
    }
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(
        append(&store, vec![KeyRow { id: KeyId(77), ..key(3) }]).await,
        "a new one in its place"
    );
    store.keys.destroy(subject(12)).await.unwrap();
    assert_eq!(set_aside(&store).await.len(), 1, "it names others");
    store.keys.destroy(subject(5)).await.unwrap();
    assert_eq!(set_aside(&store).await, [""; 0], "it named the erased person");
    assert_eq!(store.set_aside().await.unwrap().keys, 0);
}

#[tokio::test]
async fn keys_whose_places_are_taken_are_set_aside_for_a_month() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..9)).await);
    store.keys.merge().await.unwrap();
    assert!(append(&store, keys(9..12)).await && append(&store, keys(12..15)).await);
    change(&store, "UPDATE key_name SET id = 13 WHERE id = 4").await;
    drop(store);
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(set_aside(&store).await.len(), 1);
    assert_eq!(found(&store, 9..15).await, keys(9..12), "and those that came with it");
    let times = [1, 2, 3].map(UnixMillis);
    store.keys.forget(times[1], times[0]).await.unwrap();
    store.keys.forget(times[2], times[1]).await.unwrap();
    assert_eq!(set_aside(&store).await.len(), 1);
    store.keys.forget(times[2], times[2]).await.unwrap();
    assert_eq!(set_aside(&store).await.len(), 0);
}

#[tokio::test]
async fn keys_that_come_while_others_are_merged_are_found_all_the_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let enough = u64::try_from(ENOUGH).unwrap();
    assert!(append(&store, keys(0..enough)).await, "the last of them begins a merge");
    let mut next = enough;
    while places(&store).await.0 < enough.cast_signed() {
        assert!(append(&store, keys(next..next + 1)).await);
        next += 1;
        assert_eq!(found(&store, next - 1..next + 1).await, keys(next - 1..next));
        assert_eq!(found(&store, 0..3).await, keys(0..3));
    }
    assert_eq!(found(&store, 0..next).await, keys(0..next));
}

/// Returns the keys of these names.
async fn named(store: &Sqlite, numbers: std::ops::Range<u64>) -> Vec<KeyRow> {
    store.keys.of_ids(&numbers.map(KeyId).collect::<Vec<_>>()).await.unwrap()
}

#[tokio::test]
async fn keys_whose_merge_was_cut_short_before_their_names_have_them_at_the_next_start() {
    for damage in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        assert!(append(&store, keys(0..9)).await);
        {
            let mut guard = store.keys.open.lock().await;
            insert_keys(&mut opened(&mut guard).unwrap().connection, &keys(0..9)).await.unwrap();
        }
        if damage {
            change(&store, DAMAGE).await;
        }
        drop(store);
        let store = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(named(&store, 0..20).await, keys(0..9), "damaged: {damage}");
        assert_eq!(found(&store, 0..20).await, keys(0..9));
    }
}

#[tokio::test]
async fn a_destroyed_key_is_found_by_nothing_and_its_name_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..9)).await);
    store.keys.merge().await.unwrap();
    store.keys.destroy(subject(4)).await.unwrap();
    let left = [keys(0..4), keys(5..9)].concat();
    assert_eq!((named(&store, 0..9).await, found(&store, 0..9).await), (left.clone(), left));
    let mut guard = store.keys.open.lock().await;
    let connection = &mut opened(&mut guard).unwrap().connection;
    let sql = "SELECT count(*) FROM key_name WHERE id = 4 OR hash = ?";
    let names = sqlx::query_scalar(sql).bind(blob(4)).fetch_one(connection);
    assert_eq!(names.await.unwrap_or(9), 0);
}

/// The tables of keys as they were with names in an index.
const ONE_TABLE: &str = "CREATE TABLE key (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    id INTEGER NOT NULL UNIQUE,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE met (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    key INTEGER NOT NULL REFERENCES key (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, hash, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX met_by_key ON met (key)";

#[tokio::test]
async fn the_table_of_an_earlier_version_is_divided_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(dir.path().join(FILE));
    let mut earlier = options.create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql(ONE_TABLE).execute(&mut earlier).await.unwrap();
    for KeyRow { subject, id, wrapped } in keys(0..9) {
        let sql = "INSERT INTO key (kind, hash, id, wrapped) VALUES (0, ?, ?, ?)";
        let row = sqlx::query(sql).bind(blob(subject.hash)).bind(id.0.cast_signed());
        row.bind(wrapped).execute(&mut earlier).await.unwrap();
    }
    let met = "INSERT INTO met (kind, hash, key) VALUES (1, ?1, 3), (1, ?1, 7)";
    sqlx::query(met).bind(blob(77)).execute(&mut earlier).await.unwrap();
    earlier.close().await.unwrap();
    let device = SubjectKey { kind: KeyKind::Device, hash: 77 };
    for _ in 0..2 {
        let store = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(
            (named(&store, 0..20).await, found(&store, 0..20).await),
            (keys(0..9), keys(0..9))
        );
        let met = store.keys.met(&[device]).await.unwrap();
        assert_eq!(met, [(device, KeyId(3)), (device, KeyId(7))]);
        store.close().await;
    }
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.keys.destroy(subject(3)).await.unwrap();
    assert_eq!(store.keys.met(&[device]).await.unwrap(), [(device, KeyId(7))]);
    assert!(!append(&store, vec![KeyRow { id: KeyId(7), ..key(50) }]).await, "its name is taken");
}

#[tokio::test]
async fn keys_of_a_later_version_are_refused_by_name_and_left_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(append(&store, keys(0..3)).await);
    store.close().await;
    let path = dir.path().join(FILE);
    let options = SqliteConnectOptions::new().filename(&path);
    let mut later = options.connect().await.unwrap();
    let format = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut later);
    assert_eq!(format.await.unwrap_or(0), format::FORMAT, "it is written down");
    let sql = "ALTER TABLE key RENAME TO key_by_shard; PRAGMA user_version = 7";
    sqlx::raw_sql(sql).execute(&mut later).await.unwrap();
    later.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = Sqlite::open(dir.path()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`keys.sqlite3` was written by a later version (format 7), whose keys of people this one does not read"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
