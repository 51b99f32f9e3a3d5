//! What a person is shown, and what erasing leaves.

use crate::common::{EVER, World, account, browser, device, partnership, told_pair};
use sluicegate_gate::{
    EditionHash, KeyKind, Path, Reason, SubjectKey,
    time::{Clock as _, UnixMillis},
};
use sluicegate_ledger::{
    Ledger, NumberedNotes, PersonView, ReadError, WithheldNote, memory::MemoryStore, ndjson,
    pack::PersonKey,
};
use std::{sync::Arc, time::Duration};

async fn told(ledger: &Ledger, world: &World, keys: &[SubjectKey], values: &[&str]) {
    ledger.record(world.bid(1, keys, values)).await.unwrap();
}

fn note(world: &World, keys: &[SubjectKey], reasons: &[Reason]) -> WithheldNote {
    WithheldNote {
        partnership: partnership(),
        path: Path::BidRequest,
        reasons: reasons.to_vec(),
        keys: keys.to_vec(),
        at: world.clock.now(),
    }
}

#[tokio::test]
async fn equal_values_merge_per_day_in_any_order() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let first = world.clock.now();
    told(&ledger, &world, &[account(1)], &["device.ifa=a", "device.os=b"]).await;
    world.clock.pass(Duration::from_mins(1));
    told(&ledger, &world, &[account(1)], &["device.os=b", "device.ifa=a"]).await;
    told(&ledger, &world, &[account(1)], &["device.ifa=c"]).await;
    let view = ledger.person(account(1), EVER).await.unwrap();
    let counts: Vec<_> = view.disclosures.iter().map(|view| view.count).collect();
    assert_eq!(counts.iter().sum::<u64>(), 3);
    assert_eq!(counts.len(), 2);
    let merged = view.disclosures.iter().find(|view| view.count == 2).unwrap();
    assert_eq!(merged.told, [told_pair("device.ifa=a"), told_pair("device.os=b")]);
    assert_eq!((merged.first, merged.last), (first, world.clock.now()));
    assert_eq!((merged.path, merged.edition), (Path::BidRequest, EditionHash([7; 32])));
    world.clock.pass(Duration::from_hours(24));
    told(&ledger, &world, &[account(1)], &["device.ifa=c"]).await;
    let view = ledger.person(account(1), EVER).await.unwrap();
    assert_eq!(view.disclosures.len(), 3, "another day is another row");
    assert_eq!(view.disclosures[0].last, world.clock.now(), "the latest first");
    let today = world.clock.now()..UnixMillis(i64::MAX);
    assert_eq!(ledger.person(account(1), today).await.unwrap().disclosures.len(), 1);
}

#[tokio::test]
async fn a_device_shows_only_what_was_told_without_an_account() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    told(&ledger, &world, &[account(1), device(2)], &["device.ifa=a"]).await;
    let rows = |key| {
        let view = ledger.person(key, EVER);
        async { view.await.unwrap().disclosures.len() }
    };
    assert_eq!((rows(account(1)).await, rows(device(2)).await), (1, 0));
    told(&ledger, &world, &[device(2), browser(3)], &["device.ifa=a"]).await;
    assert_eq!((rows(device(2)).await, rows(browser(3)).await), (1, 1));
}

#[tokio::test]
async fn nothing_is_left_of_an_erased_person_and_everything_of_the_others() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    told(&ledger, &world, &[account(1)], &["device.ifa=a"]).await;
    told(&ledger, &world, &[account(2)], &["device.ifa=b"]).await;
    ledger.withheld(note(&world, &[account(1)], &[Reason::Gpc]));
    ledger.flush().await.unwrap();
    let before = store.messages();
    let erased = ledger.key_id(account(1)).await.unwrap().unwrap();
    ledger.erase(account(1)).await.unwrap();
    ledger.erase(account(1)).await.unwrap();
    assert_eq!(ledger.person(account(1), EVER).await.unwrap(), PersonView::default());
    assert_eq!(ledger.subjects(vec![erased]).await.unwrap(), [], "nobody's key any more");
    assert!(ledger.person_key(account(1)).await.unwrap().is_none());
    let other = ledger.person(account(2), EVER).await.unwrap();
    assert_eq!(other.disclosures.len(), 1);
    assert_eq!(store.messages(), before, "the leaves stay as they were");
    let named: Vec<_> = store.read_packs().into_iter().flat_map(|pack| pack.erasures).collect();
    assert_eq!(named.iter().map(|erasure| erasure.key).collect::<Vec<_>>(), [erased], "once");
    told(&ledger, &world, &[account(1)], &["device.ifa=a"]).await;
    let view = ledger.person(account(1), EVER).await.unwrap();
    assert_eq!((view.disclosures.len(), view.disclosures[0].count), (1, 1), "under a new key");
    assert_ne!(ledger.key_id(account(1)).await.unwrap(), Some(erased));
}

#[tokio::test]
async fn with_a_person_s_own_key_the_person_s_rows_are_found_and_read_and_no_others() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    told(&ledger, &world, &[account(1), device(2)], &["device.ifa=a"]).await;
    told(&ledger, &world, &[account(3)], &["device.ifa=b"]).await;
    let key = PersonKey::new(&ledger.person_key(account(1)).await.unwrap().unwrap()).unwrap();
    let messages = store.messages();
    let about = |index: usize| &messages[index].items[0].about[0];
    let decided = key.open(about(0)).unwrap();
    assert_eq!((decided.own.shard, decided.own.version), (3, 17));
    assert_eq!(decided.others.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [device(2)]);
    assert!(key.open(about(1)).is_err());
}

#[tokio::test]
async fn a_key_of_a_batch_that_was_lost_is_never_used() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    store.fail();
    assert!(ledger.record(world.bid(1, &[account(1)], &["device.ifa=a"])).await.is_err());
    store.work();
    told(&ledger, &world, &[account(1)], &["device.ifa=a"]).await;
    let reopened = world.open(&Arc::new(store.after_power_cut())).await;
    let view = reopened.person(account(1), EVER).await.unwrap();
    assert_eq!((view.disclosures.len(), view.disclosures[0].count), (1, 1));
}

#[tokio::test]
async fn the_disk_holds_no_value_and_another_master_key_reads_none() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    told(&ledger, &world, &[account(1)], &["device.ifa=marker-value"]).await;
    assert!(!format!("{store:?}").contains("marker"));
    let other = Ledger::open(
        Arc::<MemoryStore>::clone(&store),
        Arc::<crate::common::TestClock>::clone(&world.clock),
        Arc::<crate::common::TestDice>::clone(&world.dice),
        sluicegate_gate::Secret::new([8; 32]),
    );
    let other = other.await.unwrap();
    let refused = other.person(account(1), EVER).await.unwrap_err();
    assert!(matches!(refused, ReadError::Unreadable));
    assert!(other.record(world.bid(1, &[account(1)], &["device.ifa=a"])).await.is_err());
    assert!(other.record(world.notice(2)).await.is_ok(), "others are not held up");
}

#[tokio::test]
async fn withheld_is_counted_for_the_partnership_and_for_the_person() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let off = Reason::SharingOff(KeyKind::Account);
    ledger.withheld(note(&world, &[account(1), device(2)], &[off, Reason::Gpc]));
    ledger.withheld(note(&world, &[account(1)], &[off]));
    told(&ledger, &world, &[account(1)], &["device.ifa=a"]).await;
    ledger.record(world.notice(9)).await.unwrap();
    ledger.flush().await.unwrap();
    let view = ledger.person(account(1), EVER).await.unwrap();
    let counts: Vec<_> = view.withheld.iter().map(|row| (row.reason, row.count)).collect();
    assert_eq!(counts, [(Reason::Gpc, 1), (off, 2)]);
    assert!(ledger.person(device(2), EVER).await.unwrap().withheld.is_empty());
    let now = world.clock.now();
    let totals = ledger.totals(now..now.plus(Duration::from_millis(1))).await.unwrap();
    let counts: Vec<_> = totals
        .counts
        .iter()
        .map(|row| (row.path, row.messages, row.disclosures, row.withheld))
        .collect();
    assert_eq!(counts, [(Path::BidRequest, 1, 1, 2), (Path::WinNotice, 1, 0, 0)]);
    let reasons: Vec<_> = totals.withheld.iter().map(|row| (row.reason, row.count)).collect();
    assert_eq!(reasons, [(Reason::Gpc, 1), (off, 2)]);
}

#[tokio::test]
async fn counts_survive_a_store_that_fails_for_a_while() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    store.fail();
    ledger.withheld(note(&world, &[account(1)], &[Reason::Gpc]));
    assert!(ledger.flush().await.is_err());
    store.work();
    ledger.flush().await.unwrap();
    let view = ledger.person(account(1), EVER).await.unwrap();
    assert_eq!(view.withheld[0].count, 1);
}

#[tokio::test]
async fn notes_beyond_the_queue_are_lost_and_counted() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    for _ in 0..16_384 + 5 {
        ledger.withheld(note(&world, &[], &[Reason::Gpc]));
    }
    assert_eq!(ledger.figures().lost_notes, 5);
    ledger.flush().await.unwrap();
    let totals = ledger.totals(EVER).await.unwrap();
    assert_eq!(totals.withheld[0].count, 16_384);
}

#[tokio::test]
async fn an_export_is_one_line_of_json_per_row() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    told(&ledger, &world, &[account(1)], &["device.ifa=a"]).await;
    ledger.withheld(note(&world, &[account(1)], &[Reason::Gpc]));
    ledger.flush().await.unwrap();
    let rows = ledger.export_person(account(1), EVER).await.unwrap();
    let text = String::from_utf8(ndjson(&rows).unwrap()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["record"], "disclosure");
    assert_eq!(lines[0]["told"][0]["value"], "a");
    assert_eq!(lines[0]["first"], "2024-10-04T01:00:00Z");
    assert_eq!(lines[1]["record"], "withheld");
    assert_eq!(lines[1]["reason"], "gpc");
}

#[tokio::test]
async fn numbered_notes_are_counted_once_whatever_fails_and_comes_again() {
    let world = World::new();
    let store = Arc::new(MemoryStore::default());
    let ledger = world.open(&store).await;
    let notes = |number, count: usize| NumberedNotes {
        partnership: partnership(),
        number,
        notes: vec![note(&world, &[account(1)], &[Reason::Gpc]); count],
    };
    ledger.withheld_once(notes(1, 40_000)).await.unwrap();
    ledger.withheld_once(notes(1, 40_000)).await.unwrap();
    store.fail();
    assert!(ledger.withheld_once(notes(2, 3)).await.is_err());
    store.work();
    // It may be kept or not by now: handed in again it counts once.
    ledger.withheld_once(notes(2, 3)).await.unwrap();
    let store = Arc::new(store.after_power_cut());
    let ledger = world.open(&store).await;
    ledger.withheld_once(notes(2, 3)).await.unwrap();
    ledger.withheld_once(notes(3, 5)).await.unwrap();
    let view = ledger.person(account(1), EVER).await.unwrap();
    assert_eq!(view.withheld[0].count, 40_008);
    assert_eq!(ledger.figures().lost_notes, 0);
}
