//! Bid requests under a durable window.

use crate::common::{World, device};
use sluicegate_gate::{Path, time::Clock as _};
use sluicegate_ledger::{CloseError, LedgerStore as _, RecordError, memory::MemoryStore};
use std::{sync::Arc, time::Duration};

const WINDOW: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_bid_request_goes_only_under_a_durable_window() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    store.hold();
    let mut reserving = Box::pin(ledger.reserve(world.bid(1, &[device(1)], &[])));
    assert!(futures_util::poll!(&mut reserving).is_pending());
    tokio::task::yield_now().await;
    assert!(futures_util::poll!(&mut reserving).is_pending(), "no window on the disk yet");
    store.work();
    let (cleared, pending) = reserving.await.unwrap();
    let on_disk = store.after_power_cut().open_windows().await.unwrap();
    assert_eq!(on_disk.len(), 1);
    assert_eq!((on_disk[0].path, on_disk[0].from), (Path::BidRequest, world.clock.now()));
    assert_eq!(on_disk[0].until, world.clock.now().plus(WINDOW));
    assert_eq!(cleared.deadline(), world.clock.boot().plus(WINDOW), "earlier than the permit's");
    pending.durable().await.unwrap();
}

#[tokio::test]
async fn a_windows_records_are_durable_before_pending_resolves() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (_, first) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    first.durable().await.unwrap();
    store.hold();
    let (_, pending) = ledger.reserve(world.bid(2, &[device(1)], &[])).await.unwrap();
    let mut durable = Box::pin(pending.durable());
    tokio::task::yield_now().await;
    assert!(futures_util::poll!(&mut durable).is_pending(), "cleared, and not durable yet");
    assert_eq!(store.after_power_cut().messages().len(), 1);
    store.work();
    durable.await.unwrap();
    assert_eq!(store.after_power_cut().messages().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn records_are_gathered_until_somebody_waits_for_one_or_some_milliseconds() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let others_have_their_turn = async || {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    };
    let reserve = async |id| {
        let (_, pending) = ledger.reserve(world.bid(id, &[device(1)], &[])).await.unwrap();
        others_have_their_turn().await;
        pending
    };
    reserve(1).await.durable().await.unwrap();
    let before = store.batches();
    let (one, other) = (reserve(2).await, reserve(3).await);
    assert_eq!((store.messages().len(), store.batches()), (1, before), "nobody waits");
    other.durable().await.unwrap();
    assert_eq!((store.messages().len(), store.batches()), (3, before + 1));
    one.durable().await.unwrap();
    let nobody_asks = (reserve(4).await, reserve(5).await);
    assert_eq!(store.messages().len(), 3);
    tokio::time::advance(Duration::from_millis(6)).await;
    others_have_their_turn().await;
    assert_eq!(store.messages().len(), 5, "it is time");
    drop(nobody_asks);
    let last = reserve(6).await;
    assert_eq!(store.messages().len(), 5, "the batch before has just begun");
    drop(last);
    ledger.close().await.unwrap();
    assert_eq!(store.messages().len(), 6);
}

#[tokio::test]
async fn pending_fails_when_the_record_is_lost_and_the_window_is_declared() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (_, first) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    first.durable().await.unwrap();
    store.fail();
    let (_, pending) = ledger.reserve(world.bid(2, &[device(1)], &[])).await.unwrap();
    assert_eq!(pending.durable().await, Err(RecordError::NotRecorded));
    let refused = ledger.reserve(world.bid(3, &[device(1)], &[])).await;
    assert_eq!(refused.unwrap_err(), RecordError::NotRecorded, "no window is trusted after that");
    store.work();
    let (_, again) = ledger.reserve(world.bid(4, &[device(1)], &[])).await.unwrap();
    again.durable().await.unwrap();
    let uncertain = ledger.uncertain_windows().await.unwrap();
    assert_eq!(uncertain.len(), 1);
    assert_eq!(uncertain[0].from, world.clock.now());
    let rows = || store.read_packs().into_iter().flat_map(|pack| pack.windows);
    assert_eq!(rows().collect::<Vec<_>>(), uncertain, "a row of the record says so");
    ledger.close().await.unwrap();
    assert_eq!(ledger.uncertain_windows().await.unwrap().len(), 1, "and no other");
    assert!(store.open_windows().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unclean_stop_declares_the_window() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let from = world.clock.now();
    let (_, pending) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    pending.durable().await.unwrap();
    assert!(ledger.uncertain_windows().await.unwrap().is_empty());
    let disk = Arc::new(store.after_power_cut());
    let reopened = world.open(&disk).await;
    let uncertain = reopened.uncertain_windows().await.unwrap();
    assert_eq!(uncertain.len(), 1);
    assert_eq!(uncertain[0].path, Path::BidRequest);
    assert_eq!((uncertain[0].from, uncertain[0].until), (from, from.plus(WINDOW)));
    let rows =
        |disk: &MemoryStore| disk.read_packs().into_iter().flat_map(|pack| pack.windows).count();
    assert_eq!(disk.read_packs().last().unwrap().windows, uncertain, "a row of the record says so");
    let third = Arc::new(disk.after_power_cut());
    world.open(&third).await;
    assert_eq!(rows(&third), 1, "and no other");
}

#[tokio::test]
async fn a_clean_stop_declares_nothing() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (_, pending) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    drop(pending);
    ledger.close().await.unwrap();
    let disk = Arc::new(store.after_power_cut());
    assert!(disk.open_windows().await.unwrap().is_empty());
    assert_eq!(disk.messages().len(), 1, "what was handed in is written before the end");
    let reopened = world.open(&disk).await;
    assert!(reopened.uncertain_windows().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_close_that_cannot_write_says_so_and_the_window_is_declared() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (_, pending) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    store.fail();
    assert_eq!(ledger.close().await, Err(CloseError::NotRecorded));
    assert!(pending.durable().await.is_err());
    let reopened = world.open(&Arc::new(store.after_power_cut())).await;
    assert_eq!(reopened.uncertain_windows().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_ended_window_is_not_used_and_is_closed_once_its_records_are_kept() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (_, first) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    first.durable().await.unwrap();
    world.clock.pass(WINDOW);
    let (cleared, second) = ledger.reserve(world.bid(2, &[device(1)], &[])).await.unwrap();
    second.durable().await.unwrap();
    assert_eq!(cleared.deadline(), world.clock.boot().plus(WINDOW), "a window of its own");
    let open = store.open_windows().await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].from, world.clock.now());
}

#[tokio::test]
async fn while_traffic_flows_the_next_window_comes_with_the_records() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (_, first) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    first.durable().await.unwrap();
    world.clock.pass(Duration::from_millis(25));
    let (_, second) = ledger.reserve(world.bid(2, &[device(1)], &[])).await.unwrap();
    second.durable().await.unwrap();
    let batches = store.batches();
    let (cleared, third) = ledger.reserve(world.bid(3, &[device(1)], &[])).await.unwrap();
    assert_eq!(store.batches(), batches, "no commit to wait for");
    assert_eq!(cleared.deadline(), world.clock.boot().plus(WINDOW));
    third.durable().await.unwrap();
}

#[tokio::test]
async fn notices_and_exposures_cannot_be_reserved() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let refused = ledger.reserve(world.notice(1)).await.unwrap_err();
    assert_eq!(refused, RecordError::NotReservable(Path::WinNotice));
    let refused = ledger.reserve(world.exposures(1, &[(device(1), "a=b")])).await.unwrap_err();
    assert_eq!(refused, RecordError::NotReservable(Path::Exposures));
}

/// Stops without closing, while a window is open whose only message was recorded.
async fn crashed(world: &World) -> MemoryStore {
    let store = Arc::new(MemoryStore::default());
    let ledger = world.open(&store).await;
    let (_, pending) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    pending.durable().await.unwrap();
    store.after_power_cut()
}

#[tokio::test]
async fn a_row_of_an_open_window_that_somebody_deletes_hides_nothing() {
    let world = World::new();
    let disk = Arc::new(crashed(&world).await);
    let id = disk.open_windows().await.unwrap()[0].id;
    let head = disk.head().await.unwrap();
    assert!(disk.change_windows(|open| open.retain(|window| window.id != id)), "it is gone");
    assert_eq!(disk.head().await.unwrap(), head);
    let last = world.clock.now();
    world.clock.pass(Duration::from_mins(7));
    let reopened = world.open(&disk).await;
    let declared = reopened.uncertain_windows().await.unwrap();
    let paths: Vec<Path> = declared.iter().map(|window| window.path).collect();
    assert_eq!(paths, [Path::BidRequest, Path::ContextualBidRequest]);
    for window in &declared {
        assert!(window.from < last, "since before the last record");
        assert_eq!(window.until, world.clock.now(), "until the start");
    }
    let rows = disk.read_packs().last().unwrap().windows.clone();
    assert_eq!(rows, declared, "rows of the record say so");
    let third = Arc::new(disk.after_power_cut());
    let again = world.open(&third).await;
    assert_eq!(again.uncertain_windows().await.unwrap(), declared, "and once only");
}

#[tokio::test]
async fn rows_of_windows_that_somebody_adds_or_changes_are_found_too() {
    for change in ["adds", "changes", "takes back"] {
        let world = World::new();
        let disk = Arc::new(crashed(&world).await);
        disk.change_windows(|open| {
            let Some(mut row) = open.pop() else { return };
            let kept = row.clone();
            match change {
                "adds" => {
                    row.id ^= 1;
                    open.extend([kept, row]);
                }
                "changes" => {
                    row.from = row.until;
                    open.push(row);
                }
                _ => {}
            }
        });
        let reopened = world.open(&disk).await;
        let declared = reopened.uncertain_windows().await.unwrap();
        let whole =
            |window: &&sluicegate_ledger::UncertainWindow| window.from.plus(WINDOW) < window.until;
        assert_eq!(declared.iter().filter(whole).count(), 2, "{change}");
    }
}

#[tokio::test]
async fn commits_that_somebody_takes_back_leave_records_beyond_the_mark() {
    let world = World::new();
    let store = Arc::new(MemoryStore::default());
    let ledger = world.open(&store).await;
    let (_, pending) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    pending.durable().await.unwrap();
    ledger.flush().await.unwrap();
    let earlier = store.head().await.unwrap();
    let rows = store.open_windows().await.unwrap();
    let (_, pending) = ledger.reserve(world.bid(2, &[device(1)], &[])).await.unwrap();
    pending.durable().await.unwrap();
    let disk = Arc::new(store.after_power_cut());
    assert!(disk.head().await.unwrap().commit > earlier.commit);
    disk.change_windows(|open| *open = rows);
    disk.change_head(earlier);
    let reopened = world.open(&disk).await;
    let declared = reopened.uncertain_windows().await.unwrap();
    assert!(declared.len() >= 2, "what was right once is not right any more: {declared:?}");
}
