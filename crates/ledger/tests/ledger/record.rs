//! Recording first, sending after.

use crate::common::{World, account, browser, device, partnership, told_pair};
use sha2::{Digest as _, Sha256};
use sluicegate_gate::{DisclosureId, Path, time::Clock as _};
use sluicegate_ledger::{CloseError, Outcome, RecordError, memory::MemoryStore};
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn a_recorded_message_is_durable_before_it_is_cleared() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    store.hold();
    let mut recording = Box::pin(ledger.record(world.notice(5)));
    assert!(futures_util::poll!(&mut recording).is_pending(), "held by the store");
    tokio::task::yield_now().await;
    assert!(futures_util::poll!(&mut recording).is_pending(), "still held by the store");
    assert!(store.messages().is_empty());
    store.work();
    let cleared = recording.await.unwrap();
    assert_eq!(store.after_power_cut().messages().len(), 1);
    assert_eq!((cleared.message(), cleared.path()), (DisclosureId(5), Path::WinNotice));
    assert_eq!(cleared.url(), Some("https://bidder.example/win"));
    assert_eq!(cleared.stamps().count(), 0);
    assert_eq!(cleared.deadline(), world.clock.boot().plus(Duration::from_secs(1)));
}

#[tokio::test]
async fn nothing_is_cleared_when_the_store_fails() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    store.fail();
    let bid = || world.bid(1, &[device(1)], &["device.ifa=a"]);
    assert_eq!(ledger.record(world.notice(1)).await.unwrap_err(), RecordError::NotRecorded);
    assert_eq!(ledger.record(bid()).await.unwrap_err(), RecordError::NotRecorded);
    assert_eq!(ledger.reserve(bid()).await.unwrap_err(), RecordError::NotRecorded);
    assert!(ledger.figures().failed_batches >= 3);
    store.work();
    assert!(ledger.record(bid()).await.is_ok(), "works again when the store does");
    assert_eq!(store.messages().len(), 1);
}

#[tokio::test]
async fn a_message_past_its_deadline_is_neither_recorded_nor_cleared() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (late, later) = (world.notice(1), world.bid(2, &[device(1)], &[]));
    world.clock.pass(Duration::from_millis(5001));
    assert_eq!(ledger.record(late).await.unwrap_err(), RecordError::DeadlinePassed);
    assert_eq!(ledger.reserve(later).await.unwrap_err(), RecordError::DeadlinePassed);
    ledger.flush().await.unwrap();
    assert!(store.messages().is_empty());
}

#[tokio::test]
async fn a_caller_that_goes_away_still_leaves_the_record() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let mut recording = Box::pin(ledger.record(world.notice(1)));
    assert!(futures_util::poll!(&mut recording).is_pending());
    drop(recording);
    let (cleared, pending) = ledger.reserve(world.bid(2, &[device(1)], &[])).await.unwrap();
    drop((cleared, pending));
    ledger.flush().await.unwrap();
    let recorded: Vec<_> = store.messages().iter().map(|row| row.message.0).collect();
    assert_eq!(recorded, [1, 2]);
}

#[tokio::test]
async fn a_leaf_holds_what_a_tree_commits_to() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let parts = [(account(1), "device.ifa=a"), (device(2), "device.ifa=b")];
    ledger.record(world.exposures(70, &parts)).await.unwrap();
    ledger.record(world.notice(80)).await.unwrap();
    let messages = store.messages();
    let batch = &messages[0];
    assert_eq!((batch.message, batch.path), (DisclosureId(70), Path::Exposures));
    assert_eq!((batch.at, &batch.partnership), (world.clock.now(), &partnership()));
    let sent = DisclosureId(70).to_string();
    assert_eq!(batch.sha256, <[u8; 32]>::from(Sha256::digest(sent)));
    assert!(!batch.categories.is_empty());
    let disclosures: Vec<_> = batch.items.iter().map(|item| item.disclosure.0).collect();
    assert_eq!(disclosures, [71, 72]);
    let keys: Vec<_> = batch.items.iter().flat_map(|item| &item.about).map(|one| one.key).collect();
    let owners = ledger.subjects(keys).await.unwrap().into_iter().map(|(_, subject)| subject);
    assert_eq!(owners.collect::<Vec<_>>(), [account(1), device(2)]);
    assert!(messages[1].categories.is_empty() && messages[1].items[0].about.is_empty());
}

#[tokio::test]
async fn how_a_message_ended_is_kept_with_it() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (cleared, pending) = ledger.reserve(world.bid(1, &[browser(1)], &[])).await.unwrap();
    ledger.outcome(cleared.message(), Outcome::Unconfirmed);
    pending.durable().await.unwrap();
    ledger.flush().await.unwrap();
    assert_eq!(store.outcome(DisclosureId(1)), Some(Outcome::Unconfirmed));
}

#[tokio::test(start_paused = true)]
async fn how_a_message_ended_goes_with_the_next_commit_and_asks_for_none() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    drop(ledger.record(world.bid(1, &[device(1)], &[])).await.unwrap());
    let before = store.batches();
    ledger.outcome(DisclosureId(1), Outcome::Delivered);
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    assert_eq!((store.batches(), store.outcome(DisclosureId(1))), (before, None));
    drop(ledger.record(world.bid(2, &[device(1)], &[])).await.unwrap());
    assert_eq!(store.batches(), before + 1);
    assert_eq!(store.outcome(DisclosureId(1)), Some(Outcome::Delivered));
}

#[tokio::test(start_paused = true)]
async fn how_the_last_message_ended_is_kept_soon_all_the_same() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    drop(ledger.record(world.bid(1, &[device(1)], &[])).await.unwrap());
    ledger.outcome(DisclosureId(1), Outcome::Failed);
    tokio::time::advance(Duration::from_millis(200)).await;
    tokio::task::yield_now().await;
    assert_eq!(store.outcome(DisclosureId(1)), Some(Outcome::Failed));
}

#[tokio::test]
async fn messages_queued_together_share_few_commits() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let recording = (0..500).map(|id| ledger.record(world.notice(id)));
    let cleared = futures_util::future::join_all(recording).await;
    assert!(cleared.iter().all(Result::is_ok));
    assert_eq!(store.messages().len(), 500);
    assert!(store.batches() <= 10, "{} commits for 500 messages", store.batches());
}

#[tokio::test]
async fn a_closed_ledger_clears_nothing() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    ledger.close().await.unwrap();
    let bid = || world.bid(1, &[device(1)], &["device.ifa=a"]);
    assert_eq!(ledger.record(bid()).await.unwrap_err(), RecordError::Closed);
    assert_eq!(ledger.reserve(bid()).await.unwrap_err(), RecordError::Closed);
    assert_eq!(ledger.close().await.unwrap_err(), CloseError::Closed);
    assert!(store.messages().is_empty());
}

#[tokio::test]
async fn nothing_personal_is_printed() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let cleared = ledger.record(world.bid(1, &[device(1)], &["device.ifa=ada"])).await.unwrap();
    let told = told_pair("device.ifa=ada");
    for printed in [format!("{cleared:?}"), format!("{ledger:?}"), format!("{told:?}")] {
        assert!(!printed.contains("ada"), "{printed}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_known_whether_anything_can_be_recorded_while_the_store_fails_or_hangs() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let others_have_their_turn = async || {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    };
    let bid = |id| world.bid(id, &[device(1)], &[]);
    assert!(ledger.can_record());
    store.fail();
    assert!(ledger.record(bid(1)).await.is_err());
    assert!(!ledger.can_record());
    tokio::time::advance(Duration::from_secs(1)).await;
    others_have_their_turn().await;
    assert!(!ledger.can_record(), "it still fails");
    store.work();
    tokio::time::advance(Duration::from_secs(1)).await;
    others_have_their_turn().await;
    assert!(ledger.can_record(), "without that anybody hands in anything");
    store.hold();
    let mut recording = Box::pin(ledger.record(bid(2)));
    assert!(futures_util::poll!(&mut recording).is_pending());
    others_have_their_turn().await;
    assert!(ledger.can_record(), "it is on its way");
    world.clock.pass(Duration::from_millis(2_001));
    assert!(!ledger.can_record());
    store.work();
    drop(recording.await.unwrap());
    others_have_their_turn().await;
    assert!(ledger.can_record());
    ledger.close().await.unwrap();
    assert!(!ledger.can_record());
}

#[tokio::test]
async fn a_message_about_a_thousand_new_people_is_on_the_page_of_each_with_its_own_values() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let values: Vec<String> = (0..1_000).map(|one| format!("ifa=value-{one}")).collect();
    let parts: Vec<_> = (0..).map(device).zip(values.iter().map(String::as_str)).collect();
    ledger.record(world.exposures(10_000, &parts)).await.unwrap();
    // Whose key is open already, and what was told before, is so once.
    ledger.record(world.exposures(20_000, &parts)).await.unwrap();
    let day = world.clock.now().minus(Duration::from_hours(24));
    for (person, value) in &parts {
        let until = world.clock.now().plus(Duration::from_hours(24));
        let view = ledger.person(*person, day..until).await.unwrap();
        let [shown] = view.disclosures.as_slice() else { panic!("{value}: {view:?}") };
        assert_eq!((shown.told.as_slice(), shown.count), (&[told_pair(value)][..], 2), "{value}");
    }
}
