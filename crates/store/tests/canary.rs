//! Closed paths, in the database and in memory.

use sluicegate_canary::{Closed, ClosedPaths, conformance::check, memory::MemoryPaths};
use sluicegate_gate::{Path, time::UnixMillis};
use sluicegate_store::Sqlite;

#[tokio::test]
async fn both_stores_keep_the_contract() {
    assert!(check(&MemoryPaths::default()).await.unwrap());
    let dir = tempfile::tempdir().unwrap();
    assert!(check(&Sqlite::open(dir.path()).await.unwrap()).await.unwrap());
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
