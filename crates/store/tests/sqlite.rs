//! The database file and its one writer.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_store::{BindError, OpenError, Sqlite, StoreError};
use sqlx::Row;

async fn table(store: &Sqlite) {
    store
        .write(|connection| {
            Box::pin(async move {
                sqlx::query("CREATE TABLE kept (n INTEGER PRIMARY KEY)")
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn put(store: &Sqlite, n: i64) -> Result<(), StoreError> {
    store
        .write(move |connection| {
            Box::pin(async move {
                sqlx::query("INSERT INTO kept (n) VALUES (?)").bind(n).execute(connection).await?;
                Ok(())
            })
        })
        .await
}

async fn count(store: &Sqlite) -> i64 {
    sqlx::query("SELECT count(*) FROM kept").fetch_one(store.readers()).await.unwrap().get(0)
}

#[tokio::test]
async fn a_job_that_fails_takes_none_of_its_neighbours_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    table(&store).await;
    let wanted = (0..200).chain([7, 9]).map(|n| put(&store, n));
    let outcomes = futures_util::future::join_all(wanted).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 2);
    assert_eq!(count(&store).await, 200);
}

#[tokio::test]
async fn where_a_job_cannot_be_rolled_back_alone_nothing_of_its_group_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    table(&store).await;
    // It ends the transaction of the group under its neighbours, and then fails.
    let breaks = store.write(|connection| {
        Box::pin(async move {
            sqlx::query("ROLLBACK").execute(&mut *connection).await?;
            sqlx::query("INSERT INTO nowhere VALUES (1)").execute(connection).await?;
            Ok(())
        })
    });
    let (before, broken, after) = tokio::join!(put(&store, 1), breaks, put(&store, 2));
    assert!(before.is_err() && broken.is_err() && after.is_err());
    assert_eq!(count(&store).await, 0);
    put(&store, 3).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_undo_its_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    table(&store).await;
    {
        let abandoned = put(&store, 1);
        futures_util::pin_mut!(abandoned);
        assert!(futures_util::poll!(&mut abandoned).is_pending());
    }
    put(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn data_of_another_master_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.bind([1; 32]).await.unwrap();
    store.bind([1; 32]).await.unwrap();
    let refused = store.bind([2; 32]).await;
    assert!(matches!(refused, Err(BindError::AnotherKey)));
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    table(&store).await;
    put(&store, 5).await.unwrap();
    store.close().await;
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn data_of_another_format_is_refused_in_plain_words() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let written_by_another = store.write(|connection| {
        Box::pin(async move {
            let sql = "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 3";
            sqlx::query(sql).execute(connection).await?;
            Ok(())
        })
    });
    written_by_another.await.unwrap();
    store.close().await;
    let refused = Sqlite::open(dir.path()).await.unwrap_err();
    assert!(matches!(refused, OpenError::OtherFormat));
    assert!(refused.to_string().contains("written by another version"));
}

#[tokio::test]
async fn a_closed_database_is_one_file_and_that_of_the_keys() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    table(&store).await;
    let clone = store.clone();
    put(&store, 1).await.unwrap();
    store.close().await;
    let files = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(files, 2);
    assert!(matches!(put(&clone, 2).await, Err(StoreError::Closed)));
}
