//! What is left in the files of the store of people who were erased.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_gate::{KeyKind, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{KeyId, KeyRow, LedgerBatch, LedgerStore as _, Met, MetUntil};
use sluicegate_settings::{SettingsStore as _, SettingsStoreError};
use sluicegate_store::Sqlite;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::Path,
};

/// In the middle of every hash, so that hashes are found in a file.
const MARK: [u8; 4] = *b"hash";
/// Before the number in every wrapped key.
const WRAPPED: [u8; 8] = *b"wrapped:";

/// Spreads numbers over all places of a table.
fn spread(number: u32, by: u64) -> u64 {
    u64::from(number).wrapping_mul(by)
}

fn hash(number: u32) -> [u8; 16] {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&spread(number, 0x9e37_79b9_7f4a_7c15).to_be_bytes());
    hash[8..12].copy_from_slice(&MARK);
    hash[12..].copy_from_slice(&number.to_be_bytes());
    hash
}

fn person(number: u32) -> SubjectKey {
    SubjectKey { kind: KeyKind::Account, hash: u128::from_be_bytes(hash(number)) }
}

fn id(number: u32) -> KeyId {
    KeyId(spread(number, 0xd6e8_feb8_6659_fd93))
}

fn key(number: u32) -> KeyRow {
    let mut wrapped = WRAPPED.to_vec();
    wrapped.extend(number.to_be_bytes());
    wrapped.resize(60, 7);
    KeyRow { subject: person(number), id: id(number), wrapped }
}

/// Has the store keep the keys of these people, and merge all that it has.
async fn keep(store: &Sqlite, people: Range<u32>) {
    let people: Vec<KeyRow> = people.map(key).collect();
    for keys in people.chunks(1_024) {
        let keys = keys.to_vec();
        store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await.unwrap();
    }
    let until = MetUntil { pack: 1, digest: [1; 32] };
    store.meet(Met { pairs: Vec::new(), until }).await.unwrap();
}

/// How often something of each person stands in the files of the keys.
#[derive(Debug, Default)]
struct Traces {
    hashes: BTreeMap<u32, usize>,
    wrapped: BTreeMap<u32, usize>,
    bytes: Vec<Vec<u8>>,
}

impl Traces {
    fn of(dir: &Path) -> Self {
        let mut traces = Self::default();
        for file in ["keys.sqlite3", "keys.sqlite3-wal"] {
            traces.bytes.extend(std::fs::read(dir.join(file)));
        }
        for bytes in &traces.bytes {
            for at in places(bytes, &MARK) {
                let number = number(bytes, at + 4);
                if bytes.get(at - 8..at + 8) == Some(hash(number).as_slice()) {
                    *traces.hashes.entry(number).or_default() += 1;
                }
            }
            for at in places(bytes, &WRAPPED) {
                *traces.wrapped.entry(number(bytes, at + 8)).or_default() += 1;
            }
        }
        traces
    }

    fn has_id(&self, number: u32) -> bool {
        let id = id(number).0.to_be_bytes();
        self.bytes.iter().any(|bytes| !places(bytes, &id).is_empty())
    }
}

fn places(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    let candidates = bytes.iter().enumerate().filter(|(_, byte)| Some(*byte) == wanted.first());
    let is_there = |at: &usize| bytes.get(*at..).is_some_and(|rest| rest.starts_with(wanted));
    candidates.map(|(at, _)| at).filter(is_there).collect()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(u32::MAX, |four| u32::from_be_bytes(four.try_into().unwrap()))
}

/// Returns a store in whose file of keys rows were moved from page to page.
async fn crowded(dir: &Path) -> Sqlite {
    let store = Sqlite::open(dir).await.unwrap();
    keep(&store, 0..30_000).await;
    // Few at a time, so that pages that were divided are not filled again at once.
    for from in (30_000..40_000).step_by(500) {
        keep(&store, from..from + 500).await;
    }
    // Its log goes with it.
    store.close().await;
    Sqlite::open(dir).await.unwrap()
}

/// Returns whose hash or wrapped key stands in the file more often than in its rows.
fn copied(dir: &Path) -> Vec<u32> {
    let traces = Traces::of(dir);
    let beyond = |counts: &BTreeMap<u32, usize>, rows| {
        let beyond = counts.iter().filter(|(_, count)| **count > rows);
        beyond.map(|(number, _)| *number).collect::<BTreeSet<u32>>()
    };
    let copied = &beyond(&traces.hashes, 2) | &beyond(&traces.wrapped, 1);
    copied.into_iter().collect()
}

/// Returns of which of these people something is left.
fn left(dir: &Path, people: &[u32]) -> Vec<u32> {
    let traces = Traces::of(dir);
    let is_left = |number: &u32| {
        traces.hashes.contains_key(number)
            || traces.wrapped.contains_key(number)
            || traces.has_id(*number)
    };
    people.iter().copied().filter(is_left).collect()
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_among_the_keys_once_that_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let store = crowded(dir.path()).await;
    let erased = copied(dir.path());
    assert!((5..500).contains(&erased.len()), "dividing pages leaves copies: {erased:?}");
    // Every page was read, and will be written again.
    keep(&store, 40_000..44_000).await;
    for number in &erased {
        store.erase(person(*number)).await.unwrap();
    }
    let people = erased.iter().map(|number| (person(*number), UnixMillis(0))).collect();
    store.finish_erasures(people).await.unwrap();
    assert_eq!(left(dir.path(), &erased), [0; 0]);
    keep(&store, 44_000..48_000).await;
    store.close().await;
    assert_eq!(left(dir.path(), &erased), [0; 0], "nor does it come back");
    let store = Sqlite::open(dir.path()).await.unwrap();
    for number in 0..48_000 {
        let is_erased = erased.binary_search(&number).is_ok();
        let kept = store.keys(vec![person(number)]).await.unwrap();
        assert_eq!(kept, if is_erased { Vec::new() } else { vec![key(number)] });
    }
}

#[tokio::test]
async fn nothing_of_an_erased_person_comes_back_with_an_older_copy_of_the_keys() {
    let dir = tempfile::tempdir().unwrap();
    let store = crowded(dir.path()).await;
    let erased = copied(dir.path());
    let ids = erased.iter().map(|number| id(*number)).collect();
    store.append(LedgerBatch { erased: ids, ..LedgerBatch::default() }).await.unwrap();
    store.close().await;
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(left(dir.path(), &erased), [0; 0]);
    store.close().await;
}

/// Reads the keys as another program does that copies them, until it is dropped.
async fn reading(dir: &Path) -> SqliteConnection {
    let mut reader =
        SqliteConnectOptions::new().filename(dir.join("keys.sqlite3")).connect().await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    let _: i64 =
        sqlx::query_scalar("SELECT count(*) FROM key").fetch_one(&mut reader).await.unwrap();
    reader
}

#[tokio::test]
async fn while_the_keys_are_copied_an_erasure_stays_unfinished_and_nobody_waits() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    keep(&store, 0..100).await;
    let reader = reading(dir.path()).await;
    let erased = [7, 8];
    for number in erased {
        store.erase(person(number)).await.unwrap();
        assert_eq!(store.keys(vec![person(number)]).await.unwrap(), []);
    }
    let people = erased.map(|number| (person(number), UnixMillis(0))).to_vec();
    for _ in 0..2 {
        let refused = store.finish_erasures(people.clone()).await.unwrap_err();
        assert!(matches!(refused, SettingsStoreError::LogIsRead), "{refused:?}");
    }
    keep(&store, 100..110).await;
    reader.close().await.unwrap();
    store.finish_erasures(people).await.unwrap();
    assert_eq!(left(dir.path(), &erased), [0; 0]);
    assert_eq!(store.keys(vec![person(105)]).await.unwrap(), [key(105)]);
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_among_the_keys_though_others_come_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    for some in 0..40 {
        keep(&store, some * 1_000..(some + 1) * 1_000).await;
    }
    store.close().await;
    let store = Sqlite::open(dir.path()).await.unwrap();
    let erased = copied(dir.path());
    for number in &erased {
        store.erase(person(*number)).await.unwrap();
    }
    let people = erased.iter().map(|number| (person(*number), UnixMillis(0))).collect();
    let others = async {
        for some in 40..60 {
            keep(&store, some * 1_000..(some + 1) * 1_000).await;
        }
    };
    let (finished, ()) = tokio::join!(store.finish_erasures(people), others);
    finished.unwrap();
    assert_eq!(left(dir.path(), &erased), [0; 0]);
}
