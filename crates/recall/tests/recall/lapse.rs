//! Partners that do not acknowledge in time.

use crate::world::{DAY, METER, NORTH, World};
use bytes::Bytes;
use sluicegate_gate::{Choice::Off, DisclosureId};
use sluicegate_recall::{Cause, Item, Owed, Owing, Reach, RecallStore};
use sluicegate_register::Edition;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

async fn owed_by_a_partner_that_fails() -> World {
    let world = World::new().await;
    world.answer_with(|_| Ok((500, Bytes::new())));
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    world
}

#[tokio::test]
async fn a_partnership_is_suspended_when_its_time_has_run_out_and_not_before() {
    let world = owed_by_a_partner_that_fails().await;
    world.work_for(47).await;
    assert!(world.suspensions.0.lock().is_empty());
    // What is looked at every five minutes is asked up to five minutes late, each time.
    world.work_for(2).await;
    assert_eq!(world.suspensions.0.lock().first(), Some(&(String::from(NORTH), true)));
    let figures = world.recalls.figures().await.unwrap();
    assert!(figures[0].lapsed_at.is_some());
}

#[tokio::test]
async fn a_suspension_that_is_not_in_the_register_yet_is_published_until_it_is() {
    let world = owed_by_a_partner_that_fails().await;
    world.work_for(49).await;
    let tries = world.suspensions.0.lock().len();
    assert!(tries > 1, "{tries}");
    let before = world.current.load().unwrap();
    let mut register = before.register().clone();
    assert!(register.set_suspended(&NORTH.parse().unwrap(), true));
    let now = sluicegate_gate::time::Clock::now(world.clock.as_ref());
    let next = Edition::publish(register, Some(&before), now).unwrap();
    world.current.replace(Arc::new(next));
    world.run().await;
    assert_eq!(world.suspensions.0.lock().len(), tries);
}

#[tokio::test]
async fn a_suspended_partner_is_still_told_and_goes_on_only_when_an_operator_says_so() {
    let world = owed_by_a_partner_that_fails().await;
    world.work_for(49).await;
    world.answer_with(|_| Ok((200, Bytes::new())));
    world.work_for(24).await;
    assert_eq!(world.open_messages(NORTH).await, 0);
    let north = NORTH.parse().unwrap();
    assert!(world.recalls.lift(&north).await.unwrap());
    assert!(!world.recalls.lift(&north).await.unwrap());
    assert_eq!(world.suspensions.0.lock().last(), Some(&(String::from(NORTH), false)));
}

#[tokio::test]
async fn a_partner_that_is_lifted_is_asked_at_once_and_again_soon() {
    let world = owed_by_a_partner_that_fails().await;
    world.work_for(49).await;
    let before = world.heard(NORTH).len();
    world.recalls.lift(&NORTH.parse().unwrap()).await.unwrap();
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), before + 1, "whenever the next attempt was due");
    world.work_for(1).await;
    assert!(world.heard(NORTH).len() > before + 1, "as after a first failure");
}

#[tokio::test]
async fn after_a_lift_what_is_open_has_as_long_again() {
    let world = owed_by_a_partner_that_fails().await;
    world.work_for(49).await;
    world.recalls.lift(&NORTH.parse().unwrap()).await.unwrap();
    world.work_for(47).await;
    assert_eq!(world.suspensions.0.lock().last(), Some(&(String::from(NORTH), false)));
    world.work_for(2).await;
    assert_eq!(world.suspensions.0.lock().last(), Some(&(String::from(NORTH), true)));
}

#[tokio::test]
async fn one_that_is_no_longer_listed_lapses_and_has_nothing_to_be_suspended() {
    let world = owed_by_a_partner_that_fails().await;
    world.retire(NORTH);
    world.work_for(49).await;
    assert!(world.suspensions.0.lock().is_empty());
    let north = NORTH.parse().unwrap();
    assert_eq!(world.recalls.lapsed().await.unwrap(), [NORTH.parse().unwrap()], "if it comes back");
    assert!(world.recalls.lift(&north).await.unwrap());
    assert!(world.suspensions.0.lock().is_empty());
}

#[tokio::test]
async fn nobody_lapses_for_a_time_in_which_it_was_not_asked() {
    for is_closed in [true, false] {
        let world = World::with(1, "call").await;
        world.tell(NORTH, 1).await.unwrap();
        world.choose(world.account(1), Off).await;
        world.owe().await;
        world.recalls.pack().await.unwrap();
        // The gateway is down for as long as the partner has.
        world.pass(Duration::from_hours(48)).await;
        world.run().await;
        assert_eq!(world.heard(NORTH).len(), 1, "it is asked for the first time");
        world.work_for(1).await;
        // A canary closes the path, or the gateway is down again, when it is to be reminded.
        if is_closed {
            world.door.is_closed.store(true, Ordering::SeqCst);
            world.work_for(60).await;
            world.door.is_closed.store(false, Ordering::SeqCst);
        } else {
            world.pass(Duration::from_hours(60)).await;
        }
        world.run().await;
        assert_eq!(world.heard(NORTH).len(), 2);
        world.work_for(23).await;
        assert!(world.suspensions.0.lock().is_empty());
        world.work_for(2).await;
        let suspended = world.suspensions.0.lock().first().cloned();
        assert_eq!(suspended, Some((String::from(NORTH), true)), "its own two days are over");
    }
}

#[tokio::test]
async fn those_behind_the_first_of_many_messages_have_their_time_too() {
    let world = World::with(1, "call").await;
    for person in 0..20 {
        world.tell(NORTH, person).await.unwrap();
        world.choose(world.account(person), Off).await;
        world.owe().await;
        world.recalls.pack().await.unwrap();
    }
    world.pass(Duration::from_hours(48)).await;
    for _ in 0..3 {
        world.run().await;
    }
    assert_eq!(world.heard(NORTH).len(), 20);
    assert!(world.suspensions.0.lock().is_empty());
}

#[tokio::test]
async fn nor_do_those_behind_the_first_of_many_messages_lapse_for_such_a_time() {
    for is_closed in [true, false] {
        let world = World::with(1, "call").await;
        for person in 0..20 {
            world.tell(NORTH, person).await.unwrap();
            world.choose(world.account(person), Off).await;
            world.run().await;
        }
        assert_eq!(world.heard(NORTH).len(), 20, "all were taken");
        world.door.is_closed.store(is_closed, Ordering::SeqCst);
        if is_closed {
            world.work_for(60).await;
            world.door.is_closed.store(false, Ordering::SeqCst);
        } else {
            world.pass(Duration::from_hours(60)).await;
        }
        for _ in 0..3 {
            world.run().await;
        }
        assert_eq!(world.heard(NORTH).len(), 40, "all are reminded");
        world.work_for(23).await;
        assert!(world.suspensions.0.lock().is_empty());
        world.work_for(2).await;
        let suspended = world.suspensions.0.lock().first().cloned();
        assert_eq!(suspended, Some((String::from(NORTH), true)), "its own two days are over");
    }
}

#[tokio::test]
async fn a_damaged_message_holds_up_no_other_and_its_partner_does_not_lapse_for_it() {
    let world = World::new().await;
    let told = world.tell(NORTH, 1).await.unwrap();
    // Its mark is not the ledger's.
    let forged = sluicegate_ledger::Vouched {
        partnership: NORTH.parse().unwrap(),
        disclosure: DisclosureId(9),
        mark: [9; 16],
    };
    let owing = Owing {
        subject: Some(world.account(9)),
        partnership: NORTH.parse().unwrap(),
        cause: Cause::Off,
        since: crate::world::START.minus(DAY),
        reach: Reach::Told(vec![Item { vouched: forged, place: 1 }]),
    };
    world.store.owe(Owed { owing: vec![owing], ..Owed::default() }).await.unwrap();
    world.recalls.pack().await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 1);
    assert_eq!(world.heard(NORTH)[0].ids(), [told.to_string()]);
    world.pass(Duration::from_hours(100)).await;
    world.run().await;
    assert_eq!(world.open_messages(NORTH).await, 1, "it stays, to be seen");
    assert!(world.suspensions.0.lock().is_empty());
    assert_eq!(world.open_messages(METER).await, 0);
}

#[tokio::test]
async fn a_lift_that_is_cut_off_can_be_done_again_and_no_message_changes_for_it() {
    let world = owed_by_a_partner_that_fails().await;
    let before = world.heard(NORTH)[0].body.clone();
    world.work_for(49).await;
    let north = NORTH.parse().unwrap();
    world.suspensions.1.store(true, Ordering::SeqCst);
    assert!(world.recalls.lift(&north).await.is_err(), "the edition is not published");
    assert_eq!(world.recalls.lapsed().await.unwrap(), [NORTH.parse().unwrap()]);
    world.suspensions.1.store(false, Ordering::SeqCst);
    assert!(world.recalls.lift(&north).await.unwrap());
    assert_eq!(world.suspensions.0.lock().last(), Some(&(String::from(NORTH), false)));
    world.pass(DAY).await;
    world.run().await;
    assert_eq!(world.heard(NORTH).last().unwrap().body, before, "the same under the same id");
}
