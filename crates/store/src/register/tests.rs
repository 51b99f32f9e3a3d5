use super::*;
use sluicegate_register::{Register, conformance::CASES};
use std::sync::Arc;

fn edition() -> Edition {
    let inventory =
        "publisher = { id = \"demo\", name = \"Demo\", domain = \"publisher.example\" }";
    let files = [(String::from("inventory.toml"), inventory.to_owned())];
    Edition::publish(Register::read(&files).unwrap(), None, UnixMillis(1)).unwrap()
}

#[tokio::test]
async fn it_keeps_every_promise_of_the_port() {
    for case in CASES {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        case.run(Arc::new(store)).await.expect(case.promise);
    }
}

#[tokio::test]
async fn an_edition_is_there_after_the_store_was_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.put(&edition()).await.unwrap();
    store.close().await;
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(store.latest().await.unwrap(), Some(edition()));
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_or_delete_an_edition() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.put(&edition()).await.unwrap();
    for forbidden in ["UPDATE edition SET published_at = 2", "DELETE FROM edition"] {
        assert!(sqlx::query(forbidden).execute(store.readers()).await.is_err(), "{forbidden}");
    }
    assert_eq!(store.get(1).await.unwrap(), Some(edition()));
}

#[tokio::test]
async fn an_edition_that_was_tampered_with_is_not_returned() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.put(&edition()).await.unwrap();
    for tampering in [
        "DROP TRIGGER edition_is_never_changed",
        "UPDATE edition SET canonical = replace(canonical, '\"Demo\"', '\"Memo\"')",
    ] {
        sqlx::query(tampering).execute(store.readers()).await.unwrap();
    }
    assert!(matches!(store.latest().await, Err(EditionStoreError::Corrupt(1))));
    assert!(matches!(store.get(1).await, Err(EditionStoreError::Corrupt(1))));
}
