//! A hundred thousand exposures of one person wait at a partner that is down. Whatever closes the way to it
//! meanwhile: when it is back it gets none of them, and the ledger has each as withheld, once.

use crate::{
    editions::{edition_with, files, without_meter},
    world::{METER, World},
};
use serde_json::Value;
use sluicegate_gate::{Choice, KeyKind, Reason, Setting, time::Clock as _};
use sluicegate_measurement::{Delivery, Held, Step};
use sluicegate_register::{Edition, Register};
use std::{sync::Arc, time::Duration};

const EVENTS: u32 = 100_000;
const PACK: u32 = 1_000;
/// Longer than any wait of the schedule.
const LONG: Duration = Duration::from_hours(25);

/// The last day of the agreement, where it has one.
const ENDS: &str = "end = 2026-03-03";

impl World {
    /// Everything waits, and the partner has been tried.
    async fn waiting(terms: &str) -> (Self, Arc<Delivery>) {
        let world = Self::new().await;
        world.current.replace(Arc::new(edition_with(500, "hmac", terms)));
        let meter = world.open(METER).await;
        *world.door.down.lock() = Some(meter.partnership().clone());
        for pack in 0..EVENTS / PACK {
            let numbers = pack * PACK..(pack + 1) * PACK;
            let exposures: Vec<Value> = numbers.map(|number| world.exposure(number, 1)).collect();
            world.accept(&exposures).await;
        }
        for _ in 0..2 {
            assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
            world.pass(Duration::from_mins(10)).await;
        }
        (world, meter)
    }

    /// The partner is back.
    async fn back(&self, meter: &Delivery) {
        *self.door.down.lock() = None;
        self.pass(LONG).await;
        self.run(meter).await;
    }

    async fn nothing_left_and_all_is_withheld(&self, reason: Reason) {
        assert!(self.received().is_empty());
        let counters = self.counters(METER).await;
        let tally = counters.tally;
        assert_eq!((tally.withheld, counters.lag), (u64::from(EVENTS), 0), "{counters:?}");
        assert_eq!((tally.delivered, tally.unconfirmed, tally.dead), (0, 0, 0));
        let withheld = self.ledger_withheld(METER, 1).await;
        assert_eq!(withheld.events, u64::from(EVENTS));
        assert_eq!(withheld.reasons.get(&reason), Some(&u64::from(EVENTS)), "{withheld:?}");
        assert_eq!(self.ledger.figures().lost_notes, 0);
    }
}

#[tokio::test]
async fn sharing_turned_off_empties_what_waits_at_a_partner_that_is_down() {
    let (world, meter) = World::waiting("").await;
    world.choose(1, Choice::Off).await;
    // The message under way is emptied before its time comes, and without the partner.
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 500 });
    world.back(&meter).await;
    world.nothing_left_and_all_is_withheld(Reason::SharingOff(KeyKind::Account)).await;
    // On again shares what happens from then on, and nothing of this.
    world.choose(1, Choice::On).await;
    world.pass(Duration::from_secs(1)).await;
    world.accept(&[world.exposure(EVENTS, 1)]).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    let received = world.received();
    assert_eq!((received.len(), received[0].records().len()), (1, 1));
}

#[tokio::test]
async fn an_edition_that_removes_the_partnership_empties_what_waits_for_it() {
    let (world, meter) = World::waiting("").await;
    let before = world.current.load().unwrap();
    let next = Edition::publish(without_meter(), Some(&before), world.clock.now()).unwrap();
    world.current.replace(Arc::new(next));
    world.back(&meter).await;
    world.nothing_left_and_all_is_withheld(Reason::Ended).await;
    // What comes later is none of its business, and is not counted for it.
    world.accept(&[world.exposure(EVENTS, 1)]).await;
    assert_eq!(world.run(&meter).await, Step::Held(Held::NotListed));
    world.nothing_left_and_all_is_withheld(Reason::Ended).await;
    assert!(world.deliveries.leaving().await.unwrap().is_empty());
    // Listed again it begins as a new one would.
    world.pass(Duration::from_secs(1)).await;
    let removed = world.current.load().unwrap();
    let again = Edition::publish(register(), Some(&removed), world.clock.now()).unwrap();
    world.current.replace(Arc::new(again));
    world.pass(Duration::from_secs(1)).await;
    world.accept(&[world.exposure(EVENTS + 1, 1)]).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    let told: usize = world.received().iter().map(|message| message.records().len()).sum();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_lapsed_agreement_empties_what_waits_for_the_partner() {
    let (world, meter) = World::waiting(ENDS).await;
    world.pass(Duration::from_hours(24 * 3)).await;
    world.back(&meter).await;
    world.nothing_left_and_all_is_withheld(Reason::Ended).await;
}

#[tokio::test]
async fn what_happened_after_an_agreement_lapsed_is_not_told_once_it_is_extended() {
    let world = World::keeping(1, LONG * 30).await;
    world.current.replace(Arc::new(edition_with(500, "hmac", ENDS)));
    let meter = world.open(METER).await;
    let begun = world.clock.now();
    world.pass(Duration::from_hours(24 * 3)).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.run(&meter).await;
    assert_eq!(world.counters(METER).await.tally.withheld, 1);
    world.pass(Duration::from_hours(1)).await;
    let lapsed = world.current.load().unwrap();
    let longer = Register::read(&files(500, "hmac", "end = 2026-06-01")).unwrap();
    let longer = Edition::publish(longer, Some(&lapsed), world.clock.now()).unwrap();
    world.current.replace(Arc::new(longer));
    world.pass(Duration::from_secs(1)).await;
    world.accept(&[world.exposure(2, 1)]).await;
    meter.replay(begun, world.clock.now().plus(Duration::from_hours(1))).await.unwrap();
    world.run(&meter).await;
    let told: usize = world.received().iter().map(|message| message.records().len()).sum();
    assert_eq!(told, 1, "only what happened since");
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.withheld), (1, 1));
    assert_eq!(counters.replayed.withheld, 1);
}

#[tokio::test]
async fn what_waits_of_an_erased_person_is_not_told() {
    let (world, meter) = World::waiting("").await;
    // Who is erased keeps a hashed `off` of both settings, and loses the key to what was told.
    for setting in [Setting::Sharing, Setting::PersonalizeAds] {
        world.choose_setting(1, setting, Choice::Off).await;
    }
    world.ledger.erase(world.account(1)).await.unwrap();
    world.back(&meter).await;
    world.nothing_left_and_all_is_withheld(Reason::SharingOff(KeyKind::Account)).await;
    assert_eq!(world.ledger_withheld(METER, 1).await.readable, 0);
}

#[tokio::test]
async fn crashes_on_the_way_count_nothing_twice_and_lose_nothing() {
    let (world, meter) = World::waiting("").await;
    world.choose(1, Choice::Off).await;
    *world.door.down.lock() = None;
    world.pass(LONG).await;
    drop(meter);
    for crash in 0..40 {
        let meter = world.open(METER).await;
        world.journal.break_after(crash % 5);
        while meter.step().await.is_ok_and(|step| matches!(step, Step::Settled { .. })) {}
        world.journal.mend();
    }
    let meter = world.open(METER).await;
    world.run(&meter).await;
    world.nothing_left_and_all_is_withheld(Reason::SharingOff(KeyKind::Account)).await;
}

fn register() -> Register {
    Register::read(&files(500, "hmac", "")).unwrap()
}
