//! Telling again: what was given up, and what was told before. Everything passes the gate again.

use crate::{
    editions::{edition_with, files, without_meter},
    world::{Happens, METER, Received, Reply, World, id},
};
use futures_util::FutureExt as _;
use sluicegate_gate::{Choice, time::Clock as _};
use sluicegate_ledger::SendError;
use sluicegate_measurement::{
    DeadReason, Delivery, Held, Holding, Journal as _, Letters, Position, RequestError, Schedule,
    Step,
};
use sluicegate_register::{Edition, Register};
use std::{sync::Arc, time::Duration};

const WEEK: Duration = Duration::from_hours(7 * 24);
const HOUR: Duration = Duration::from_hours(1);

impl World {
    async fn remembering() -> Self {
        Self::keeping(1, WEEK).await
    }

    /// Tries a message until it is given up.
    async fn give_up(&self, meter: &Delivery) {
        let attempts = Schedule::standard().attempts();
        self.reply(&vec![Reply::Status(500); attempts]);
        loop {
            match meter.step().await.unwrap() {
                Step::Wait(wait) => self.pass(wait).await,
                Step::Settled { .. } => return,
                step @ (Step::Delivered { .. } | Step::Idle | Step::Held(_)) => panic!("{step:?}"),
            }
        }
    }

    async fn dead(&self) -> Vec<(u64, DeadReason)> {
        let letters = self.deliveries.dead_letters(&id(METER), Letters::newest(100)).await.unwrap();
        letters.into_iter().map(|letter| (letter.position.0, letter.reason)).collect()
    }
}

#[tokio::test]
async fn what_is_asked_is_done_also_where_whoever_asked_goes_away() {
    let world = World::remembering().await;
    let begun = world.clock.now();
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.give_up(&meter).await;
    let slowly = || Happens(Box::pin(tokio::task::yield_now()));
    *world.journal.once_written.lock() = Some(slowly());
    assert!(meter.requeue(Letters::newest(10)).now_or_never().is_none(), "it is on its way");
    while !world.dead().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
    *world.journal.once_written.lock() = Some(slowly());
    assert!(meter.replay(begun, begun.plus(HOUR)).now_or_never().is_none(), "it is on its way");
    while world.counters(METER).await.replaying == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
}

#[tokio::test]
async fn what_was_given_up_without_a_byte_and_is_turned_off_since_was_never_told() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.give_up(&meter).await;
    world.accept(&[world.exposure(2, 2), world.exposure(3, 3)]).await;
    *world.door.down.lock() = Some(id(METER));
    loop {
        match meter.step().await.unwrap() {
            Step::Wait(wait) => world.pass(wait).await,
            Step::Settled { .. } => break,
            step @ (Step::Delivered { .. } | Step::Idle | Step::Held(_)) => panic!("{step:?}"),
        }
    }
    assert_eq!(world.dead().await.len(), 3);
    *world.door.down.lock() = None;
    for person in [1, 2] {
        world.choose(person, Choice::Off).await;
    }
    assert_eq!(meter.requeue(Letters::newest(10)).await.unwrap(), 3);
    let meter = world.open(METER).await;
    world.run(&meter).await;
    let tally = world.counters(METER).await.tally;
    // The first was sent, and not accepted.
    let ends = (tally.delivered, tally.unconfirmed, tally.withheld, tally.dead);
    assert_eq!(ends, (1, 1, 1, 0));
}

#[tokio::test]
async fn what_was_given_up_is_listed_with_its_reason_and_told_once_it_is_put_back() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2), world.exposure(3, 3)]).await;
    world.give_up(&meter).await;
    let refused = DeadReason::Refused;
    assert_eq!(world.dead().await, [(2, refused), (1, refused), (0, refused)]);
    let before = world.received().len();
    world.choose(2, Choice::Off).await;
    assert_eq!(meter.requeue(Letters::newest(usize::MAX)).await.unwrap(), 3);
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.dead, counters.requeued, counters.lag), (0, 3, 3));
    assert!(world.dead().await.is_empty());
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
    assert_eq!(meter.step().await.unwrap(), Step::Idle);
    let received = world.received();
    assert_eq!(received.len(), before + 1);
    let (first, again) = (received[0].records(), received[before].records());
    assert_eq!([&again[0]["id"], &again[1]["id"]], [&first[0]["id"], &first[2]["id"]]);
    let counters = world.counters(METER).await;
    let tally = counters.tally;
    // It may have reached the partner the first time.
    assert_eq!((tally.delivered, tally.unconfirmed, tally.dead), (2, 1, 0));
    assert_eq!((counters.requeued, counters.lag), (0, 0));
    assert_eq!(meter.requeue(Letters::newest(usize::MAX)).await.unwrap(), 0);
}

#[tokio::test]
async fn what_always_fails_does_not_stand_in_the_way_of_what_is_older() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    *world.door.dead.lock() = Some(id(METER));
    world.give_up(&meter).await;
    *world.door.dead.lock() = None;
    let between = world.clock.now();
    world.pass(Duration::from_hours(1)).await;
    world.accept(&[world.exposure(3, 3), world.exposure(4, 4)]).await;
    world.give_up(&meter).await;
    let (refused, unreachable) = (DeadReason::Refused, DeadReason::Unreachable);
    let all = [(3, refused), (2, refused), (1, unreachable), (0, unreachable)];
    assert_eq!(world.dead().await, all);
    let one = Letters::newest(1);
    let of_reason = |reason| Letters { reason: Some(reason), ..one };
    assert_eq!(meter.requeue(of_reason(DeadReason::RetentionPassed)).await.unwrap(), 0);
    assert_eq!(meter.requeue(of_reason(unreachable)).await.unwrap(), 1);
    assert_eq!(world.dead().await, [all[0], all[1], all[3]]);
    let later = Letters { from: Some(between), before: Some(Position(3)), ..one };
    assert_eq!(meter.requeue(later).await.unwrap(), 1);
    let earlier = Letters { to: Some(between), ..Letters::newest(9) };
    assert_eq!(meter.requeue(earlier).await.unwrap(), 0);
    let earlier = Letters { to: Some(between.plus(Duration::from_millis(1))), ..earlier };
    assert_eq!(meter.requeue(earlier).await.unwrap(), 1);
    assert_eq!(world.dead().await, [all[0]]);
}

#[tokio::test]
async fn what_was_given_up_is_forgotten_with_the_journal_and_stays_counted() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    for partnership in [crate::world::GAUGE, crate::world::AUDITOR] {
        let other = world.open(partnership).await;
        world.run(&other).await;
    }
    world.accept(&[world.exposure(1, 1)]).await;
    for partnership in [crate::world::GAUGE, crate::world::AUDITOR] {
        let other = world.open(partnership).await;
        world.run(&other).await;
    }
    world.give_up(&meter).await;
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    assert_eq!(world.dead().await.len(), 1, "the journal has it, so it can be put back");
    world.pass(WEEK).await;
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    assert!(world.journal.inner.read(Position::default(), 1).await.unwrap().is_empty());
    assert_eq!(world.dead().await, []);
    assert_eq!(meter.requeue(Letters::newest(usize::MAX)).await.unwrap(), 0);
    assert_eq!(world.counters(METER).await.tally.dead, 1);
}

#[tokio::test]
async fn a_range_of_time_is_told_again_and_passes_the_gate_again() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    let begun = world.clock.now();
    for number in 1..=6 {
        world.accept(&[world.exposure(number, number)]).await;
        assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
        world.pass(HOUR).await;
    }
    let before = world.received().len();
    world.choose(3, Choice::Off).await;
    let replayed = meter.replay(begun.plus(HOUR), begun.plus(HOUR * 5)).await.unwrap();
    assert_eq!(replayed, 6, "so many are looked through");
    let meter = world.open(METER).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    let received = world.received();
    let again: Vec<_> = received[before..].iter().flat_map(Received::records).collect();
    let told: Vec<_> =
        [1, 3, 4].map(|number: usize| received[number].records()[0]["id"].clone()).into();
    assert_eq!(again.iter().map(|record| record["id"].clone()).collect::<Vec<_>>(), told);
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.withheld), (6, 0), "they ended before");
    let replayed = counters.replayed;
    assert_eq!((replayed.delivered, replayed.unconfirmed, replayed.dead), (3, 1, 0));
    assert_eq!((counters.replaying, counters.lag), (0, 0));
    assert_eq!(world.ledger_withheld(METER, 3).await.events, 1);
}

#[tokio::test]
async fn what_is_withheld_is_counted_once_however_often_it_is_replayed() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    let begun = world.clock.now();
    world.choose(1, Choice::Off).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2), world.exposure(3, 3)]).await;
    world.run(&meter).await;
    let ledger = async |person| world.ledger_withheld(METER, person).await;
    assert_eq!(ledger(1).await.events, 1);
    let first = ledger(1).await.reasons;
    // What was told then and is not now is withheld for the first time, and only once.
    world.choose(2, Choice::Off).await;
    for replays in 1..=3 {
        meter.replay(begun, begun.plus(HOUR)).await.unwrap();
        world.run(&meter).await;
        assert_eq!(ledger(1).await.events, 2, "the second person's");
        assert_eq!(ledger(1).await.reasons, first, "their page says what it said");
        let replayed = world.counters(METER).await.replayed;
        let again = 2 * replays - 1;
        let found = (replayed.delivered, replayed.withheld, replayed.unconfirmed);
        assert_eq!(found, (replays, again, 1));
    }
    assert!(ledger(2).await.reasons.values().all(|count| *count == 1));
    assert!(!ledger(2).await.reasons.is_empty());
}

#[tokio::test]
async fn an_event_keeps_the_outcome_that_it_had_first_whatever_replays_make_of_it() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    let begun = world.clock.now();
    // It happens while sharing is on, and is withheld because it is off by the time that its turn comes.
    world.accept(&[world.exposure(1, 1)]).await;
    world.choose(1, Choice::Off).await;
    world.run(&meter).await;
    // Told, and withheld again, and told again, and withheld again.
    for round in 1..=2 {
        world.choose(1, Choice::On).await;
        meter.replay(begun, begun.plus(HOUR)).await.unwrap();
        world.run(&meter).await;
        world.choose(1, Choice::Off).await;
        meter.replay(begun, begun.plus(HOUR)).await.unwrap();
        world.run(&meter).await;
        let counters = world.counters(METER).await;
        let tally = counters.tally;
        let first = [tally.delivered, tally.withheld, tally.unconfirmed, tally.dead, counters.lag];
        assert_eq!(first, [0, 1, 0, 0, 0], "one outcome");
        let replayed = counters.replayed;
        let found = [replayed.delivered, replayed.withheld, replayed.unconfirmed, replayed.dead];
        assert_eq!(found, [round, round, 0, 0]);
        // The record has each telling, and that it was withheld.
        assert_eq!(world.received().len(), usize::try_from(round).unwrap());
        assert_eq!(world.ledger_withheld(METER, 1).await.events, 1);
    }
}

#[tokio::test]
async fn a_replay_for_a_partner_that_has_left_holds_nothing() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    let begun = world.clock.now();
    world.accept(&[world.exposure(1, 1)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    world.pass(HOUR).await;
    let before = world.current.load().unwrap();
    let next = Edition::publish(without_meter(), Some(&before), world.clock.now()).unwrap();
    world.current.replace(Arc::new(next));
    let not_listed = Step::Held(Held::NotListed);
    assert_eq!(world.run(&meter).await, not_listed);
    meter.replay(begun, begun.plus(HOUR)).await.unwrap();
    assert_eq!(world.run(&meter).await, not_listed);
    assert_eq!(world.counters(METER).await.replaying, 0);
    assert!(world.deliveries.leaving().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_replay_that_fails_is_tried_on_the_schedule_and_gives_up_nothing_twice() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    let begun = world.clock.now();
    world.accept(&[world.exposure(1, 1)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    meter.replay(begun, begun.plus(HOUR)).await.unwrap();
    world.give_up(&meter).await;
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.dead), (1, 0));
    assert_eq!((counters.replayed.dead, counters.replaying), (1, 0));
    assert!(world.dead().await.is_empty());
}

#[tokio::test]
async fn only_so_much_may_wait_to_be_told_again() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    let begun = world.clock.now();
    world.accept(&[world.exposure(1, 1)]).await;
    world.run(&meter).await;
    assert_eq!(meter.replay(begun, begun).await.unwrap(), 0, "an empty range");
    for _ in 0..8 {
        meter.replay(begun, begun.plus(HOUR)).await.unwrap();
    }
    let refused = meter.replay(begun, begun.plus(HOUR)).await;
    assert!(matches!(refused, Err(RequestError::TooMuch)), "{refused:?}");
    world.run(&meter).await;
    assert_eq!(world.counters(METER).await.replayed.delivered, 8);
}

#[tokio::test]
async fn after_five_days_of_only_failures_everything_is_held_and_nothing_is_lost() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    *world.door.down.lock() = Some(id(METER));
    let (mut steps, mut told) = (0, Vec::new());
    let held_at = loop {
        told.extend(meter.nears_holding().await);
        world.accept(&[world.exposure(steps, steps)]).await;
        steps += 1;
        match meter.step().await.unwrap() {
            Step::Wait(wait) => world.pass(wait.max(HOUR)).await,
            Step::Settled { .. } => {}
            Step::Held(held) => {
                assert_eq!(held, Held::Failing);
                break world.clock.now();
            }
            step @ (Step::Delivered { .. } | Step::Idle) => panic!("{step:?}"),
        }
    };
    assert_eq!(told, [50, 70, 90]);
    let counters = world.counters(METER).await;
    assert_eq!(counters.failing_percent, 100);
    assert_eq!(counters.held_for, Some((Holding::Failing, held_at)));
    let failing_since = counters.failing_since.unwrap();
    assert!(failing_since.plus(Duration::from_hours(120)) <= held_at, "{counters:?}");
    assert_eq!(counters.held + counters.tally.dead, u64::from(steps), "{counters:?}");
    let dead = counters.tally.dead;
    // For weeks nothing is tried any more, and nothing more is given up.
    for _ in 0..30 {
        world.pass(Duration::from_hours(24)).await;
        assert!(matches!(meter.step().await.unwrap(), Step::Held(_)));
    }
    assert_eq!(world.counters(METER).await.tally.dead, dead);
    *world.door.down.lock() = None;
    world.deliveries.resume(&id(METER)).await.unwrap();
    assert_eq!(world.run(&meter).await, Step::Idle);
    let counters = world.counters(METER).await;
    assert_eq!(counters.tally.delivered, u64::from(steps) - dead);
    assert_eq!((counters.held_for, counters.failing_since), (None, None));
    assert_eq!((counters.failing_percent, meter.nears_holding().await), (0, None));
}

/// Fails once, and leaves the partnership alone for a week.
enum Pause {
    Delisted,
    Suspended,
    Emptied,
    Quiet,
}

impl World {
    async fn pause(&self, meter: &Delivery, pause: Pause) {
        match pause {
            Pause::Delisted => self.publish(without_meter()),
            Pause::Suspended => {
                self.current.replace(Arc::new(edition_with(25, "hmac", "suspended = true")));
            }
            Pause::Emptied => self.choose(1, Choice::Off).await,
            Pause::Quiet => {
                self.pass(HOUR).await;
                self.give_up(meter).await;
            }
        }
        self.run(meter).await;
        self.pass(Duration::from_hours(6 * 24)).await;
    }

    /// Where nothing was changed there is nothing to publish.
    fn publish(&self, register: Register) {
        let before = self.current.load();
        if let Ok(next) = Edition::publish(register, before.as_deref(), self.clock.now()) {
            self.current.replace(Arc::new(next));
        }
    }
}

async fn fails_after(pause: Pause) -> (Step, Option<u8>) {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::Error(SendError::Timeout)]);
    meter.step().await.unwrap();
    assert!(world.counters(METER).await.failing_since.is_some());
    world.pause(&meter, pause).await;
    let told = meter.nears_holding().await;
    assert_eq!(world.counters(METER).await.failing_since, None);
    world.publish(Register::read(&files(25, "hmac", "")).unwrap());
    world.run(&meter).await;
    world.accept(&[world.exposure(2, 2)]).await;
    world.reply(&[Reply::Error(SendError::Timeout)]);
    (meter.step().await.unwrap(), told)
}

#[tokio::test]
async fn a_failure_before_a_long_pause_does_not_hold_everything_at_the_first_one_after_it() {
    for pause in [Pause::Delisted, Pause::Suspended, Pause::Emptied, Pause::Quiet] {
        let (step, told) = fails_after(pause).await;
        assert!(matches!(step, Step::Wait(_)), "{step:?}");
        assert_eq!(told, None);
    }
}

#[tokio::test]
async fn a_message_that_is_not_full_waits_for_others_no_longer_than_it_may() {
    let world = World::aging(Duration::from_secs(1)).await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_secs(1)));
    world.pass(Duration::from_millis(400)).await;
    world.accept(&[world.exposure(2, 2)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_millis(600)));
    world.pass(Duration::from_millis(600)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
    let full: Vec<_> = (10..35).map(|number| world.exposure(number, number)).collect();
    world.accept(&full).await;
    assert_eq!(
        meter.step().await.unwrap(),
        Step::Delivered { events: 25 },
        "a full one does not wait"
    );
}

#[tokio::test]
async fn what_is_put_back_holds_the_journal_no_longer_than_the_partner_may_keep_it() {
    let world = World::remembering().await;
    for partnership in [crate::world::GAUGE, crate::world::AUDITOR] {
        let other = world.open(partnership).await;
        world.run(&other).await;
    }
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    for partnership in [crate::world::GAUGE, crate::world::AUDITOR] {
        let other = world.open(partnership).await;
        world.run(&other).await;
    }
    world.give_up(&meter).await;
    assert_eq!(meter.requeue(Letters::newest(usize::MAX)).await.unwrap(), 2);
    // The partner is gone, and nobody resumes.
    world.reply(&[Reply::Status(410)]);
    assert!(matches!(meter.step().await.unwrap(), Step::Settled { .. } | Step::Held(_)));
    let kept = || async {
        world.deliveries.trim(Position(u64::MAX)).await.unwrap();
        world.journal.inner.read(Position::default(), 1).await.unwrap().len()
    };
    world.pass(WEEK * 2).await;
    meter.step().await.unwrap();
    assert_eq!(kept().await, 1, "the partner may keep it, so it waits");
    world.pass(Duration::from_hours(24 * 400)).await;
    while !matches!(meter.step().await.unwrap(), Step::Held(_) | Step::Idle) {}
    let passed = DeadReason::RetentionPassed;
    assert_eq!(world.dead().await, [(1, passed), (0, passed)]);
    assert_eq!(kept().await, 0);
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.dead, counters.lag), (2, 0), "{counters:?}");
}

#[tokio::test]
async fn what_is_put_back_for_a_partner_that_is_held_falls_out_where_sharing_is_turned_off() {
    let world = World::remembering().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.give_up(&meter).await;
    world.current.replace(Arc::new(edition_with(25, "hmac", "suspended = true")));
    assert_eq!(meter.requeue(Letters::newest(usize::MAX)).await.unwrap(), 2);
    world.choose(1, Choice::Off).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    let counters = world.counters(METER).await;
    assert_eq!((counters.requeued, counters.tally.unconfirmed), (1, 1), "{counters:?}");
    assert_eq!(world.ledger_withheld(METER, 1).await.events, 1);
}

#[tokio::test]
async fn a_replay_that_waits_holds_nothing_of_the_journal() {
    let world = World::remembering().await;
    let begun = world.clock.now();
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    for partnership in [METER, crate::world::GAUGE, crate::world::AUDITOR] {
        let other = world.open(partnership).await;
        world.run(&other).await;
    }
    let meter_again = world.open(METER).await;
    drop(meter);
    meter_again.replay(begun, begun.plus(HOUR)).await.unwrap();
    world.pass(WEEK * 2).await;
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    assert!(world.journal.inner.read(Position::default(), 1).await.unwrap().is_empty());
    let before = world.received().len();
    assert_eq!(world.run(&meter_again).await, Step::Idle);
    assert_eq!((world.received().len(), world.counters(METER).await.replaying), (before, 0));
}
