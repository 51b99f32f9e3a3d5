//! Looking up what was about somebody: all of it is found, and little is read for it.

use crate::common::{EVER, MIDNIGHT, World, account, browser, device};
use sluicegate_gate::{
    DisclosureId, Revision, SubjectKey,
    time::{Clock as _, UnixMillis},
};
use sluicegate_ledger::{
    Day, Ledger, LedgerStore as _, Looked, Met, Missed, Outcome, ReadError, RecordError, Wanted,
    memory::MemoryStore,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

/// One message of its own commit.
async fn tell(world: &World, ledger: &Ledger, id: u128, keys: &[SubjectKey]) {
    drop(ledger.record(world.bid(id, keys, &["device.ifa=a"])).await.unwrap());
}

async fn found(ledger: &Ledger, of: &[SubjectKey]) -> Vec<u128> {
    found_since(ledger, of, UnixMillis(0)).await
}

async fn found_since(ledger: &Ledger, of: &[SubjectKey], since: UnixMillis) -> Vec<u128> {
    let of: HashSet<SubjectKey> = of.iter().copied().collect();
    let found = ledger.disclosed(&of, since).await.unwrap();
    assert!(found.missing.is_empty());
    found.disclosed.into_iter().map(|one| one.vouched.disclosure.0).collect()
}

/// Days of other people's messages, a few an hour; on the second day one about the account and device asked for.
async fn days(world: &World, ledger: &Ledger, days: u128) {
    const A_DAY: u128 = 24 * 4;
    for number in 0..days * A_DAY {
        tell(world, ledger, 1_000 + number, &[account(5 + number % 7), device(50)]).await;
        if number == A_DAY + 40 {
            tell(world, ledger, 1, &[account(1), device(11)]).await;
        }
        world.clock.pass(Duration::from_mins(15));
    }
}

#[tokio::test]
async fn what_is_read_for_a_person_does_not_grow_with_the_record() {
    let mut read = Vec::new();
    for count in [4, 8, 16] {
        let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
        let ledger = world.open(&store).await;
        days(&world, &ledger, count).await;
        let before = store.packs_read();
        assert_eq!(found(&ledger, &[account(1)]).await, [1]);
        let of_account = store.packs_read() - before;
        assert_eq!(found(&ledger, &[device(11)]).await, [1], "read once for who was met");
        let before = store.packs_read();
        assert_eq!(found(&ledger, &[device(11)]).await, [1]);
        read.push((of_account, store.packs_read() - before));
    }
    // An hour around it, a step more each time the record doubles, and one chunk.
    for (account, device) in read {
        assert!(account <= 110 && device <= 110, "{account} and {device} packs of up to 1,537");
    }
}

#[tokio::test]
async fn a_device_is_found_in_the_rows_of_every_account_it_came_with() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    tell(&world, &ledger, 1, &[account(1), device(1)]).await;
    tell(&world, &ledger, 2, &[account(2), device(1), browser(1)]).await;
    tell(&world, &ledger, 3, &[device(1)]).await;
    tell(&world, &ledger, 4, &[account(1), device(2)]).await;
    assert_eq!(found(&ledger, &[device(1)]).await, [1, 2, 3]);
    assert_eq!(found(&ledger, &[browser(1)]).await, [2]);
    tell(&world, &ledger, 5, &[account(3), device(1)]).await;
    assert_eq!(found(&ledger, &[device(1)]).await, [1, 2, 3, 5], "read on since");
    assert_eq!(found(&ledger, &[account(1), device(1)]).await, [1, 2, 3, 4, 5], "each once");
    ledger.erase(account(2)).await.unwrap();
    assert_eq!(found(&ledger, &[device(1)]).await, [1, 3, 5], "nobody's any more");
    ledger.erase(device(1)).await.unwrap();
    assert_eq!(found(&ledger, &[device(1)]).await, [], "nor is who was met with it");
}

#[tokio::test]
async fn an_erased_device_is_not_met_again_in_what_was_recorded_before() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    tell(&world, &ledger, 1, &[account(1), device(1)]).await;
    ledger.erase(device(1)).await.unwrap();
    tell(&world, &ledger, 2, &[account(1), device(2)]).await;
    assert_eq!(found(&ledger, &[device(2)]).await, [2], "read on");
    assert_eq!(store.met(vec![device(1)]).await.unwrap(), []);
    assert_eq!(found(&ledger, &[device(1)]).await, []);
}

#[tokio::test]
async fn a_record_put_back_to_an_older_state_is_read_again() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    tell(&world, &ledger, 1, &[account(1), device(1)]).await;
    assert_eq!(found(&ledger, &[device(1)]).await, [1]);
    // The keys are of later than the record: the same numbers stand for other packs.
    let other = Arc::new(MemoryStore::default());
    let ledger = world.open(&other).await;
    tell(&world, &ledger, 2, &[account(1), device(2)]).await;
    let until = store.met_until().await.unwrap().unwrap();
    other.meet(Met { pairs: Vec::new(), until }).await.unwrap();
    assert_eq!(found(&ledger, &[device(2)]).await, [2]);
}

#[tokio::test]
async fn what_is_out_of_order_or_failed_is_told_apart_as_before() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let since = world.clock.now();
    for id in 1..=3 {
        tell(&world, &ledger, id, &[account(1)]).await;
        world.clock.pass(Duration::from_hours(30));
    }
    ledger.outcome(DisclosureId(3), Outcome::Failed);
    assert_eq!(found(&ledger, &[account(1)]).await, [1, 2]);
    let later = since.plus(Duration::from_millis(1));
    assert_eq!(found_since(&ledger, &[account(1)], later).await, [2], "a day of two ends is read");
    assert_eq!(found(&ledger, &[]).await, [], "nobody has nothing");
}

/// Hours of other people's messages, one each quarter of an hour.
async fn hours(world: &World, ledger: &Ledger, hours: u128) {
    for number in 0..hours * 4 {
        tell(world, ledger, 1_000 + number, &[account(5 + number % 7)]).await;
        world.clock.pass(Duration::from_mins(15));
    }
}

#[tokio::test]
async fn whatever_the_clock_did_everything_about_somebody_is_found_and_little_is_read() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    hours(&world, &ledger, 24 * 6).await;
    tell(&world, &ledger, 1, &[account(1)]).await;
    hours(&world, &ledger, 1).await;
    // It is three days fast, and set right on the day after.
    world.clock.pass(Duration::from_hours(72));
    tell(&world, &ledger, 2, &[account(1)]).await;
    hours(&world, &ledger, 24).await;
    tell(&world, &ledger, 3, &[account(1)]).await;
    world.clock.set_back(Duration::from_hours(96));
    tell(&world, &ledger, 4, &[account(1)]).await;
    hours(&world, &ledger, 24 * 6).await;
    tell(&world, &ledger, 5, &[account(1)]).await;
    let before = store.packs_read();
    assert_eq!(found(&ledger, &[account(1)]).await, [1, 2, 3, 4, 5]);
    let read = store.packs_read() - before;
    assert!(read < 700, "{read} packs of 1,256");
    let wanted = Wanted {
        subject: account(1),
        since: UnixMillis(0),
        disclosure: Some(DisclosureId(4)),
        partnership: None,
    };
    assert!(ledger.latest_on_record(&wanted).await.unwrap().is_some());
    for day in Day::of(MIDNIGHT).0..Day::of(MIDNIGHT).0 + 14 {
        let recount = ledger.recount(store.as_ref(), Day(day)).await.unwrap();
        assert_eq!((recount.differences, recount.more), (Vec::new(), 0), "{day}");
    }
}

#[tokio::test]
async fn a_damaged_pack_holds_up_nobody_and_what_is_missing_in_it_is_counted() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    for id in 1..=3 {
        tell(&world, &ledger, id, &[account(1)]).await;
    }
    tell(&world, &ledger, 4, &[account(2), device(2)]).await;
    store.damage(1).unwrap();
    let look =
        async |of: SubjectKey| ledger.disclosed(&HashSet::from([of]), UnixMillis(0)).await.unwrap();
    let ids = |looked: &Looked| -> Vec<u128> {
        looked.disclosed.iter().map(|one| one.vouched.disclosure.0).collect()
    };
    let looked = look(account(1)).await;
    assert_eq!(ids(&looked), [1, 3]);
    let [Missed { subject, count: 1, at, .. }] = looked.missing[..] else { panic!("{looked:?}") };
    assert_eq!((subject, at), (account(1), world.clock.now()));
    for _ in 0..2 {
        let looked = look(device(2)).await;
        assert_eq!(ids(&looked), [4], "read on behind it, for who was met");
        assert!(looked.missing.is_empty(), "of others nothing is missing");
    }
}

#[tokio::test]
async fn what_neither_the_counts_nor_the_record_say_is_missing_at_each_partner_of_that_day() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    for id in 1..=2 {
        tell(&world, &ledger, id, &[account(1)]).await;
    }
    tell(&world, &ledger, 3, &[account(2)]).await;
    world.clock.pass(Duration::from_hours(48));
    tell(&world, &ledger, 4, &[account(1)]).await;
    let first_day = Day::of(MIDNIGHT);
    let key = ledger.key_id(account(1)).await.unwrap().unwrap();
    store.damage_told(|row| row.key == key && row.day == first_day);
    assert_eq!(found(&ledger, &[account(1)]).await, [1, 2, 4], "the record says it, too");
    store.damage(1).unwrap();
    let looked = ledger.disclosed(&HashSet::from([account(1)]), UnixMillis(0)).await.unwrap();
    assert_eq!(looked.disclosed.len(), 2);
    let [Missed { subject, at, count: 1, .. }] = looked.missing[..] else { panic!("{looked:?}") };
    assert_eq!((subject, Day::of(at)), (account(1), first_day));
    let others = ledger.disclosed(&HashSet::from([account(2)]), UnixMillis(0)).await.unwrap();
    assert!(others.missing.is_empty(), "of whom everything reads nothing is missing");
}

#[tokio::test]
async fn a_row_that_does_not_read_keeps_nobody_from_asking_to_delete_what_others_of_its_day_say() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    for (id, told) in [(1, "device.ifa=a"), (2, "device.ifa=a"), (3, "device.ifa=b")] {
        drop(ledger.record(world.bid(id, &[account(1)], &[told])).await.unwrap());
    }
    let asked = async || {
        let told = ledger.told_identifiers(account(1), EVER).await.unwrap();
        told.into_iter().map(|one| one.value).collect::<Vec<_>>()
    };
    assert_eq!(asked().await, ["a", "b"]);
    store.damage_told(|row| row.count == 1);
    assert_eq!(asked().await, ["a"]);
}

#[tokio::test]
async fn of_a_device_never_fewer_are_said_to_be_missing_than_there_may_be() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    tell(&world, &ledger, 1, &[account(1), device(1)]).await;
    tell(&world, &ledger, 2, &[device(1)]).await;
    tell(&world, &ledger, 3, &[account(1), device(1)]).await;
    tell(&world, &ledger, 4, &[account(1)]).await;
    tell(&world, &ledger, 5, &[account(2), device(1)]).await;
    assert_eq!(found(&ledger, &[device(1)]).await, [1, 2, 3, 5], "who came with whom is known");
    let missing = async |of: &[SubjectKey]| {
        let of = of.iter().copied().collect();
        let looked = ledger.disclosed(&of, UnixMillis(0)).await.unwrap();
        let missed = looked.missing.into_iter();
        missed.map(|one| (one.subject, one.count)).collect::<Vec<_>>()
    };
    store.damage(1).unwrap();
    assert_eq!(missing(&[device(1)]).await, [(device(1), 1)], "what accounts' rows told aside");
    store.damage(2).unwrap();
    assert_eq!(missing(&[device(1)]).await, [(device(1), 2)]);
    store.damage(3).unwrap();
    assert_eq!(missing(&[device(1)]).await, [(device(1), 3)], "it may have named it");
    let both = missing(&[account(1), device(1)]).await;
    assert_eq!(both, [(account(1), 2), (device(1), 3)]);
    assert_eq!(missing(&[account(2)]).await, []);
}

#[tokio::test]
async fn while_nothing_can_be_kept_that_is_the_reason_and_no_value_is_blamed() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    tell(&world, &ledger, 1, &[account(1)]).await;
    store.fill();
    assert!(ledger.record(world.bid(2, &[account(1)], &[])).await.is_err());
    let of = HashSet::from([account(1)]);
    let wanted =
        Wanted { subject: account(1), since: UnixMillis(0), partnership: None, disclosure: None };
    let refused = [
        ledger.disclosed(&of, UnixMillis(0)).await.unwrap_err(),
        ledger.latest_on_record(&wanted).await.unwrap_err(),
        ledger.recount(store.as_ref(), Day::of(world.clock.now())).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.to_string(), "what was handed in before is not on record");
        let ReadError::NotKept(cause) = error else { panic!("{error:?}") };
        assert_eq!(cause, RecordError::NotRecorded);
    }
    store.work();
    assert_eq!(found(&ledger, &[account(1)]).await, [1]);
}

#[tokio::test]
async fn what_was_told_before_on_the_first_day_is_not_missing() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    tell(&world, &ledger, 1, &[account(1)]).await;
    world.clock.pass(Duration::from_hours(3));
    let since = world.clock.now();
    tell(&world, &ledger, 2, &[account(1)]).await;
    tell(&world, &ledger, 3, &[account(1)]).await;
    store.damage(2).unwrap();
    let looked = ledger.disclosed(&HashSet::from([account(1)]), since).await.unwrap();
    assert_eq!(looked.disclosed.len(), 1);
    let [Missed { count: 1, .. }] = looked.missing[..] else { panic!("{looked:?}") };
}

#[tokio::test]
async fn a_disclosure_says_under_which_change_of_each_key_it_was_decided() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    tell(&world, &ledger, 1, &[account(1), device(1)]).await;
    let both = HashSet::from([account(1), device(1)]);
    let looked = ledger.disclosed(&both, UnixMillis(0)).await.unwrap();
    let [one] = &looked.disclosed[..] else { panic!("{looked:?}") };
    let under = Some(Revision { shard: 3, version: 17 });
    assert_eq!(one.subjects, [(account(1), under), (device(1), under)]);
}
