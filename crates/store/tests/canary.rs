//! Closed paths, in the database and in memory.

use sluicegate_canary::{
    Closed, ClosedPaths, Established,
    conformance::{check, check_established},
    memory::{MemoryEstablished, MemoryPaths},
};
use sluicegate_gate::{KeyKind, Path, SubjectKey, time::UnixMillis};
use sluicegate_store::Sqlite;

#[tokio::test]
async fn both_stores_keep_the_contract() {
    assert!(check(&MemoryPaths::default()).await.unwrap());
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert!(check(&store).await.unwrap());
    assert!(check_established(&MemoryEstablished::default()).await.unwrap());
    assert!(check_established(&store).await.unwrap());
}

#[tokio::test]
async fn a_path_stays_closed_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let closed = Closed { path: Path::Exposures, since: UnixMillis(7) };
    let store = Sqlite::open(dir.path()).await.unwrap();
    ClosedPaths::close(&store, closed).await.unwrap();
    store.close().await;
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(store.closed().await.unwrap(), [closed]);
}

#[tokio::test]
async fn that_a_canary_got_its_choices_is_known_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let key = SubjectKey { kind: KeyKind::Browser, hash: 7 };
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.establish(vec![key]).await.unwrap();
    store.close().await;
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(store.established().await.unwrap(), [key]);
}
