//! The store of one machine keeps the promises of the settings port.
#![expect(clippy::expect_used, reason = "a test may fail loudly")]

use sluicegate_gate::{
    Choice, KeyKind, Revision, Setting, SubjectKey,
    time::{BootMillis, Clock, UnixMillis},
};
use sluicegate_measurement::{Appended, Fingerprint, Journal, NewPack, Position, Trim};
use sluicegate_settings::{
    Actor, Change, RequestKeys, Settings, SettingsStore, SettingsStoreError, conformance,
};
use sluicegate_store::Sqlite;
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn sqlite_conforms() {
    for case in conformance::CASES {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Sqlite::open(dir.path()).await.expect("an empty store");
        case.run(Arc::new(store)).await.expect(case.promise);
    }
}

#[tokio::test]
async fn counts_of_what_became_of_choices_add_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(dir.path()).await.expect("an empty store");
    conformance::effects_add_up(&store).await.expect("the contract");
}

#[tokio::test]
async fn histories_say_how_long_changes_took() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(dir.path()).await.expect("an empty store");
    conformance::history_has_times(&store).await.expect("the contract");
}

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_000)
    }

    fn boot(&self) -> BootMillis {
        BootMillis(1_000)
    }
}

async fn settings(store: Sqlite) -> Arc<Settings> {
    let store: Arc<dyn SettingsStore> = Arc::new(store);
    let bound = Duration::from_secs(5);
    Settings::open(store, Arc::new(Still), bound).await.expect("settings")
}

fn change(key: SubjectKey, value: Choice) -> Change {
    Change {
        key,
        setting: Setting::Sharing,
        value,
        actor: Actor::Person,
        words: String::from("Share your data"),
        language: String::from("en"),
    }
}

/// Returns whether a file of the data directory holds these bytes.
fn is_on_disk(dir: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).expect("the directory").any(|file| {
        let path = file.expect("a file").path();
        let file =
            if path.is_file() { std::fs::read(path).expect("its bytes") } else { Vec::new() };
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn what_an_erased_person_chose_is_nowhere_on_the_disk_once_that_is_finished() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(dir.path()).await.expect("an empty store");
    let settings = settings(store.clone()).await;
    let [gone, other] = [1, 2].map(|hash| SubjectKey { kind: KeyKind::Account, hash });
    // Enough that pages are split and left.
    for number in 0..150 {
        for (key, whose) in [(gone, "gone"), (other, "other")] {
            let value = if number % 2 == 0 { Choice::Off } else { Choice::On };
            let words = format!("the words of {whose} {number:03} {}", "-".repeat(number % 200));
            settings.change(Change { words, ..change(key, value) }).await.expect("a change");
        }
    }
    assert!(is_on_disk(dir.path(), b"the words of gone"));
    settings.erase(gone).await.expect("an erasure");
    let mut reader = store.readers().begin().await.expect("a reader");
    let sql = "SELECT count(*) FROM settings_history";
    let _: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reader).await.expect("its snapshot");
    settings.change(change(other, Choice::Off)).await.expect("a change");
    let unfinished = store.unfinished_erasures().await.expect("a list");
    let error = settings.finish_erasures(unfinished).await.expect_err("the log is read");
    assert!(matches!(error, SettingsStoreError::LogIsRead), "{error:?}");
    let unfinished = store.unfinished_erasures().await.expect("a list");
    assert_eq!(unfinished.len(), 1);
    reader.rollback().await.expect("its end");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    tokio::time::resume();
    settings.finish_erasures(unfinished).await.expect("its end");
    assert!(!is_on_disk(dir.path(), b"the words of gone"), "neither in the file nor in its log");
    assert!(is_on_disk(dir.path(), b"the words of other 149"));
    assert!(is_on_disk(dir.path(), b"the words of other 000"));
}

/// An exposure that was accepted then.
async fn accept(store: &Sqlite, id: u8, accepted_at: i64) {
    let pack = NewPack {
        events: vec![Fingerprint { id: [id; 12], content: [0; 4] }],
        accepted_at: UnixMillis(accepted_at),
        sealed: vec![0],
    };
    let appended = store.append(pack).await.expect("the journal takes it");
    assert!(matches!(appended, Appended::At(_)));
}

#[tokio::test]
async fn what_was_accepted_before_a_clock_was_set_back_stays_before_what_opens_after() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(dir.path()).await.expect("an empty store");
    let phone = device(1);
    accept(&store, 1, 1_600).await;
    // Set back; others go on, by the clock as it is now.
    accept(&store, 2, 1_000).await;
    let trim = Trim { ids_before: UnixMillis(900), packs_before: Position(2) };
    Journal::trim(&store, trim).await.expect("what was read goes");
    store.close().await;
    let store = Sqlite::open(dir.path()).await.expect("the same store");
    let settings = settings(store.clone()).await;
    settings.change(change(phone, Choice::Off)).await.expect("off");
    settings.change(change(phone, Choice::On)).await.expect("on");
    assert_eq!(settings.standing(phone).open_since, Some(UnixMillis(1_601)));
    accept(&store, 3, 1_700).await;
    settings.change(change(account(1), Choice::On)).await.expect("on");
    assert_eq!(settings.standing(account(1)).open_since, Some(UnixMillis(1_701)));
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let account = SubjectKey { kind: KeyKind::Account, hash: 1 };
    let device = SubjectKey { kind: KeyKind::Device, hash: u128::MAX };
    let keys = RequestKeys { account: Some(account), device: Some(device), browser: None };
    let store = Sqlite::open(dir.path()).await.expect("an empty store");
    let first = settings(store.clone()).await;
    first.link(account, device).await.expect("a link");
    first.change(change(account, Choice::Off)).await.expect("a change");
    let before = first.subject(&keys);
    drop(first);
    store.close().await;

    let store = Sqlite::open(dir.path()).await.expect("the same store");
    let second = settings(store).await;
    assert_eq!(second.subject(&keys), before);
    assert!(before.device.is_some_and(|device| device.sharing_marked_off));
}

/// One of six accounts in a few shards, so that orders meet.
fn account(number: u32) -> SubjectKey {
    SubjectKey { kind: KeyKind::Account, hash: u128::from(number % 6) << (119 + number % 2) }
}

/// A device in the shard of some account.
fn device(number: u32) -> SubjectKey {
    SubjectKey { kind: KeyKind::Device, ..account(number / 6) }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_from_many_tasks_leave_the_view_as_the_store_has_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(dir.path()).await.expect("an empty store");
    let here = settings(store.clone()).await;
    let tasks: Vec<_> = (0..240_u32)
        .map(|number| {
            let settings = Arc::clone(&here);
            tokio::spawn(async move {
                let value = if number % 5 < 3 { Choice::Off } else { Choice::On };
                let key = account(number);
                let order = match number % 4 {
                    0 => settings.link(key, device(number)).await,
                    1 => settings.unlink(key, device(number)).await,
                    _ => settings.change(change(key, value)).await,
                };
                let changed = order.expect("an order");
                let standing = settings.standing(key);
                let own = |revision: &&Revision| revision.shard == standing.stamp.revision.shard;
                let reached = changed.revisions.iter().find(own);
                assert!(reached.is_none_or(|own| *own <= standing.stamp.revision));
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
    let late = settings(store).await;
    for number in 0..240 {
        assert_eq!(here.standing(account(number)), late.standing(account(number)));
        assert_eq!(here.standing(device(number)), late.standing(device(number)));
    }
    assert_eq!((here.stopped_shards(), here.keys()), (0, late.keys()));
}

#[tokio::test]
async fn one_change_that_does_not_read_hides_none_that_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(dir.path()).await.expect("an empty store");
    let settings = settings(store.clone()).await;
    let phone = device(1);
    for value in [Choice::Off, Choice::On, Choice::Off] {
        settings.change(change(phone, value)).await.expect("a change");
    }
    let whole = store.history(phone).await.expect("a history");
    // A newer version wrote it.
    let rewritten = store.write(|connection| {
        Box::pin(async move {
            let sql = "UPDATE settings_history SET event = '{\"forgotten\":{}}' WHERE version = 2";
            Ok(sqlx::query(sql).execute(connection).await?.rows_affected())
        })
    });
    assert_eq!(rewritten.await.expect("a changed row"), 1);
    let error = store.history(phone).await.expect_err("who shows it needs all of it");
    assert!(matches!(error, SettingsStoreError::Corrupt(_)), "{error:?}");
    let read = store.readable_history(phone).await.expect("what reads");
    assert_eq!(read.records, [whole[0].clone(), whole[2].clone()]);
    let [unread] = &read.unread[..] else { panic!("{read:?}") };
    assert_eq!((unread.revision, unread.at), (whole[1].revision, whole[1].at));
}
