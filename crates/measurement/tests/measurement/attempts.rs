//! Trying again: every attempt judges anew.

use crate::{
    editions::{edition, edition_with},
    world::{GAUGE, METER, Received, Reply, World, id},
};
use sluicegate_gate::{Choice, time::Clock as _};
use sluicegate_ledger::{Outcome, SendError};
use sluicegate_measurement::{
    DeadReason, Held, Journal as _, Letters, RequestError, Schedule, Step,
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Longer than any wait of the schedule.
const LONG: Duration = Duration::from_hours(25);

#[tokio::test]
async fn a_repeat_of_the_same_events_is_the_same_message() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.reply(&[Reply::Status(503), Reply::Error(SendError::Timeout)]);
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    world.pass(LONG).await;
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    world.pass(LONG).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
    let received = world.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|message| message.message == received[0].message));
    assert!(received.iter().all(|message| message.body == received[0].body));
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.attempts, counters.lag), (2, 3, 0));
}

#[tokio::test]
async fn nothing_is_tried_before_its_time() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::RetryAfter(429, 600)]);
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_mins(10)));
    world.pass(Duration::from_secs(599)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_secs(1)));
    assert_eq!(world.received().len(), 1);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::RetryAfter(503, 6)]);
    let six = Step::Wait(Duration::from_secs(6));
    // Whoever runs it sleeps for that long before the next step.
    assert_eq!(meter.step().await.unwrap(), six);
    world.set_back(Duration::from_mins(10));
    assert_eq!(meter.step().await.unwrap(), six);
    let next = world.counters(METER).await.next_attempt;
    assert_eq!(next, Some(world.clock.now().plus(Duration::from_secs(6))), "it is put right");
    drop(meter);
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), six, "after a restart, too");
    world.pass(Duration::from_secs(6)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn a_clock_that_was_set_back_between_two_starts_is_waited_for_a_day_at_most() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::RetryAfter(503, 6)]);
    meter.step().await.unwrap();
    drop(meter);
    world.set_back(Duration::from_hours(24 * 10));
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_hours(24)));
}

#[tokio::test]
async fn off_between_attempts_shrinks_the_batch_into_a_new_message() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.reply(&[Reply::Status(500)]);
    meter.step().await.unwrap();
    world.choose(1, Choice::Off).await;
    world.pass(LONG).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    let received = world.received();
    assert_ne!(received[0].message, received[1].message);
    let (before, after) = (received[0].records(), received[1].records());
    assert_eq!((before.len(), after.len()), (2, 1));
    assert_eq!(before[1], after[0], "the record that stays is the same record");
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.delivered, tally.unconfirmed, tally.withheld), (1, 1, 0));
}

#[tokio::test]
async fn off_empties_what_waits() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::Error(SendError::Connect)]);
    meter.step().await.unwrap();
    world.choose(1, Choice::Off).await;
    world.pass(LONG).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    assert!(world.received().is_empty());
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.withheld, tally.unconfirmed), (1, 0), "no byte of it ever went");
}

#[tokio::test]
async fn a_partner_that_is_gone_holds_its_events_until_someone_resumes() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.reply(&[Reply::Status(410)]);
    assert_eq!(meter.step().await.unwrap(), Step::Held(Held::Gone));
    world.pass(LONG).await;
    world.accept(&[world.exposure(3, 3)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Held(Held::Gone));
    let counters = world.counters(METER).await;
    assert_eq!((counters.held, counters.tally.dead), (3, 0));

    drop(meter);
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Held(Held::Gone), "also after a restart");
    world.choose(1, Choice::Off).await;
    world.deliveries.resume(&id(METER)).await.unwrap();
    assert_eq!(world.run(&meter).await, Step::Idle);
    let counters = world.counters(METER).await;
    assert_eq!((counters.held, counters.tally.delivered), (0, 2));
    assert_eq!(counters.tally.unconfirmed, 1);
}

#[tokio::test]
async fn a_listed_partnership_whose_delivery_has_not_begun_is_told_from_one_that_is_not_listed() {
    let world = World::new().await;
    let not_yet = world.deliveries.resume(&id(GAUGE)).await;
    assert!(matches!(not_yet, Err(RequestError::NotOpen)), "{not_yet:?}");
    let unknown = world.deliveries.resume(&id("nobody")).await;
    assert!(matches!(unknown, Err(RequestError::NotListed)), "{unknown:?}");
    world.open(GAUGE).await;
    world.deliveries.resume(&id(GAUGE)).await.unwrap();
}

#[tokio::test]
async fn after_the_last_attempt_events_are_given_up_with_the_reason() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    let attempts = Schedule::standard().attempts();
    world.reply(&vec![Reply::Status(500); attempts]);
    for attempt in 1..attempts {
        let step = meter.step().await.unwrap();
        let Step::Wait(wait) = step else { panic!("attempt {attempt}: {step:?}") };
        world.pass(wait).await;
    }
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    let letters = world.journal.dead_letters(id(METER), Letters::newest(10)).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, DeadReason::Refused);
    world.accept(&[world.exposure(2, 2)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 }, "the next go on");
}

#[tokio::test]
async fn our_own_limits_use_up_no_attempt() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::Error(SendError::Busy); 50]);
    for _ in 0..50 {
        assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
        world.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn what_the_door_refuses_is_judged_anew_at_once_and_uses_up_no_attempt() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    for error in [SendError::NotInForce, SendError::DeadlinePassed] {
        world.reply(&[Reply::Error(error); 50]);
    }
    for _ in 0..100 {
        assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::ZERO));
        assert_eq!(world.counters(METER).await.failures, 0);
    }
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn what_the_door_would_not_try_is_not_on_record_as_told() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    for refusal in [SendError::Busy, SendError::BreakerOpen, SendError::NoEndpoint] {
        *world.door.refusal.lock() = Some(refusal);
        assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
        world.pass(Duration::from_secs(5)).await;
    }
    world.ledger.flush().await.unwrap();
    assert!(world.records.messages().is_empty());
    assert_eq!(world.counters(METER).await.failures, 0);
    *world.door.refusal.lock() = None;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(world.records.messages().len(), 1);
}

#[tokio::test]
async fn what_the_door_would_not_try_is_neither_written_down_nor_an_attempt() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let commits = || world.journal.commits.load(Ordering::SeqCst);
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    let before = commits();
    let refuses_for_a_while = async || {
        *world.door.refusal.lock() = Some(SendError::Busy);
        for _ in 0..50 {
            assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
            world.pass(Duration::from_millis(200)).await;
        }
        *world.door.refusal.lock() = None;
    };
    refuses_for_a_while().await;
    assert_eq!(commits(), before, "of what comes next");
    world.reply(&[Reply::Error(SendError::Timeout)]);
    let Step::Wait(wait) = meter.step().await.unwrap() else { panic!("it was tried") };
    world.pass(wait).await;
    let before = commits();
    refuses_for_a_while().await;
    assert_eq!(commits(), before, "of a message that waits");
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
    assert_eq!(world.counters(METER).await.tally.attempts, 2);
}

#[tokio::test]
async fn who_turns_off_falls_out_of_what_waits_while_the_door_lets_nothing_through() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    *world.door.refusal.lock() = Some(SendError::BreakerOpen);
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    world.choose(1, Choice::Off).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    *world.door.refusal.lock() = None;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(world.counters(METER).await.tally.withheld, 1);
}

#[tokio::test]
async fn a_dead_partner_delays_no_other() {
    let world = World::new().await;
    let (meter, gauge) = (world.open(METER).await, world.open(GAUGE).await);
    *world.door.dead.lock() = Some(id(METER));
    for number in 0..100 {
        world.accept(&[world.exposure(number, number)]).await;
        meter.step().await.unwrap();
        assert_eq!(gauge.step().await.unwrap(), Step::Delivered { events: 1 });
        world.pass(Duration::from_millis(1)).await;
    }
    assert_eq!(world.counters(GAUGE).await.tally.delivered, 100);
    let meter = world.counters(METER).await;
    assert_eq!((meter.tally.delivered, meter.lag), (0, 100));
}

#[tokio::test]
async fn a_crash_between_sending_and_writing_it_down_sends_the_same_message_again() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    *world.door.crash_after_send.lock() = Some(Arc::clone(&world.journal));
    assert!(meter.step().await.is_err());
    drop(meter);
    *world.door.crash_after_send.lock() = None;
    world.journal.broken.store(false, Ordering::SeqCst);

    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    let received = world.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].message, received[1].message);
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(world.counters(METER).await.tally.delivered, 1);
}

#[tokio::test]
async fn off_after_such_a_crash_is_unconfirmed_since_nobody_can_tell() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    *world.door.crash_after_send.lock() = Some(Arc::clone(&world.journal));
    assert!(meter.step().await.is_err());
    drop(meter);
    world.journal.broken.store(false, Ordering::SeqCst);
    world.choose(1, Choice::Off).await;
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    assert_eq!(world.counters(METER).await.tally.unconfirmed, 1);
}

#[tokio::test]
async fn the_ledger_learns_how_an_attempt_ended() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::Error(SendError::Connect), Reply::Error(SendError::Timeout)]);
    for expected in [Outcome::Failed, Outcome::Unconfirmed, Outcome::Delivered] {
        meter.step().await.unwrap();
        world.ledger.flush().await.unwrap();
        let message = world.records.messages()[0].message;
        assert_eq!(world.records.outcome(message), Some(expected));
        world.pass(LONG).await;
    }
}

#[tokio::test]
async fn what_the_partner_may_not_keep_any_more_is_given_up() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.pass(Duration::from_hours(24 * 91)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    let letters = world.journal.dead_letters(id(METER), Letters::newest(10)).await.unwrap();
    assert_eq!(letters[0].reason, DeadReason::RetentionPassed);
}

#[tokio::test]
async fn what_a_partner_asked_for_holds_for_whatever_comes_next_when_its_message_is_emptied() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::RetryAfter(429, 3600)]);
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_hours(1)));
    world.choose(1, Choice::Off).await;
    world.pass(Duration::from_mins(10)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    world.accept(&[world.exposure(2, 2)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_mins(50)));
    drop(meter);
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_mins(50)), "after a restart");
    assert_eq!(world.received().len(), 1);
    world.pass(Duration::from_mins(50)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(world.counters(METER).await.next_attempt, None);
}

#[tokio::test]
async fn what_a_partner_asked_for_at_the_last_attempt_holds_for_the_next_message() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    let attempts = Schedule::standard().attempts();
    world.reply(&vec![Reply::Status(500); attempts - 1]);
    world.reply(&[Reply::RetryAfter(503, 3 * 3600)]);
    for _ in 1..attempts {
        let Step::Wait(wait) = meter.step().await.unwrap() else { panic!("no wait") };
        world.pass(wait).await;
    }
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    world.accept(&[world.exposure(2, 2)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_hours(3)));
    assert_eq!(world.received().len(), attempts);
    world.choose(2, Choice::Off).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 }, "off does not wait");
    world.accept(&[world.exposure(3, 3)]).await;
    meter.retry_now().await.unwrap();
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn a_partner_known_to_be_back_need_not_be_waited_for() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::RetryAfter(503, 3600)]);
    meter.step().await.unwrap();
    meter.retry_now().await.unwrap();
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn what_a_partner_asks_for_while_it_accepts_holds_for_the_next_message() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.reply(&[Reply::RetryAfter(200, 600), Reply::RetryAfter(202, 48 * 3600)]);
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    world.accept(&[world.exposure(2, 2)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_mins(10)));
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.failures, counters.failing_since), (1, 0, None));
    world.pass(Duration::from_mins(10)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(meter.step().await.unwrap(), Step::Wait(Duration::from_hours(24)), "a day at most");
    world.reply(&[Reply::RetryAfter(200, 0)]);
    world.pass(Duration::from_hours(24)).await;
    world.accept(&[world.exposure(3, 3), world.exposure(4, 4)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
    assert_eq!(world.counters(METER).await.next_attempt, None);
}

/// Returns how many records each message had, and which message it was, counted by their ids.
fn sizes(received: &[Received]) -> Vec<(usize, usize)> {
    let mut ids: Vec<&str> = Vec::new();
    let mut number = |message| {
        ids.iter().position(|id| *id == message).unwrap_or_else(|| {
            ids.push(message);
            ids.len() - 1
        })
    };
    received.iter().map(|one| (number(&one.message), one.records().len())).collect()
}

#[tokio::test]
async fn a_message_that_waits_is_cut_to_what_the_partner_takes_now() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&(0..12).map(|one| world.exposure(one, one)).collect::<Vec<_>>()).await;
    world.current.replace(Arc::new(edition(10)));
    world.reply(&[Reply::Status(413)]);
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    world.current.replace(Arc::new(edition(3)));
    world.pass(LONG).await;
    world.reply(&[Reply::Status(503)]);
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    world.pass(LONG).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 3 });
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.lag, counters.failures), (3, 9, 0));
    drop(meter);
    let meter = world.open(METER).await;
    assert_eq!(world.run(&meter).await, Step::Idle, "also after a restart");
    let received = world.received();
    let sizes = sizes(&received);
    assert_eq!(sizes, [(0, 10), (1, 3), (1, 3), (2, 3), (3, 3), (4, 1), (5, 2)]);
    let told: Vec<_> = received[2..].iter().flat_map(Received::records).collect();
    assert_eq!(told[..10], received[0].records(), "the same records, in their order");
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.delivered, tally.dead, tally.withheld, tally.unconfirmed), (12, 0, 0, 0));
}

#[tokio::test]
async fn what_was_cut_off_a_message_before_a_byte_went_is_withheld_and_not_unconfirmed() {
    for (taken, ends) in [(10, (0, 2)), (3, (1, 1))] {
        let world = World::new().await;
        let meter = world.open(METER).await;
        world.accept(&(0..10).map(|one| world.exposure(one, one)).collect::<Vec<_>>()).await;
        world.current.replace(Arc::new(edition(10)));
        world.reply(&[Reply::Error(SendError::Connect), Reply::Error(SendError::Timeout)]);
        for batch_events in [taken, 2] {
            assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
            world.current.replace(Arc::new(edition(batch_events)));
            world.pass(LONG).await;
        }
        drop(meter);
        let meter = world.open(METER).await;
        world.choose(2, Choice::Off).await;
        world.choose(9, Choice::Off).await;
        assert_eq!(world.run(&meter).await, Step::Idle);
        let tally = world.counters(METER).await.tally;
        assert_eq!((tally.withheld, tally.unconfirmed), ends, "{taken}");
        assert_eq!((tally.delivered, tally.dead), (8, 0));
    }
}

#[tokio::test]
async fn of_a_message_that_was_cut_each_event_ends_once_however_it_ends() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&(0..10).map(|one| world.exposure(one, one)).collect::<Vec<_>>()).await;
    // The first three are given up; of those behind them one turns off while they wait.
    let attempts = Schedule::standard().attempts();
    world.reply(&[Reply::Error(SendError::Connect)]);
    world.reply(&vec![Reply::Status(500); attempts - 1]);
    for _ in 1..attempts {
        let Step::Wait(wait) = meter.step().await.unwrap() else { panic!("no wait") };
        world.current.replace(Arc::new(edition(3)));
        world.pass(wait).await;
    }
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 3 });
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.dead, counters.lag), (3, 7));
    world.choose(4, Choice::Off).await;
    world.pass(LONG).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.delivered, tally.dead), (6, 3), "{tally:?}");
    assert_eq!(tally.withheld + tally.unconfirmed, 1, "{tally:?}");
    let letters = world.journal.dead_letters(id(METER), Letters::newest(10)).await.unwrap();
    let dead: Vec<u64> = letters.iter().map(|letter| letter.position.0).collect();
    assert_eq!(dead, [2, 1, 0]);
    // What was given up is put back, and cut in the same way.
    meter.requeue(Letters::newest(10)).await.unwrap();
    world.current.replace(Arc::new(edition(25)));
    world.reply(&[Reply::Status(413)]);
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    world.current.replace(Arc::new(edition(2)));
    world.pass(LONG).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.dead, counters.lag), (9, 0, 0));
}

#[tokio::test]
async fn the_same_events_in_another_body_are_another_message() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.reply(&[Reply::Status(503); 4]);
    for form in ["hmac", "raw", "raw", "hmac"] {
        world.current.replace(Arc::new(edition_with(25, form, "")));
        assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
        world.pass(LONG).await;
    }
    drop(meter);
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 }, "after a restart");
    let received = world.received();
    assert_eq!(sizes(&received), [(0, 2), (1, 2), (1, 2), (2, 2), (2, 2)]);
    for [before, after] in [[1, 2], [3, 4]] {
        assert_eq!(received[before].body, received[after].body);
    }
    let record = &received[1].records()[0];
    assert!(record.get("ifa").is_some() && record.get("device_id_hash").is_none(), "{record}");
    assert_eq!(world.counters(METER).await.tally.delivered, 2);
}
