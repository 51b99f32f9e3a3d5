//! Partners that do not acknowledge in time.

use crate::world::{NORTH, World};
use bytes::Bytes;
use sluicegate_gate::Choice::Off;
use sluicegate_register::Edition;
use std::{sync::Arc, time::Duration};

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
    world.pass(Duration::from_hours(47)).await;
    world.run().await;
    assert!(world.suspensions.0.lock().is_empty());
    world.pass(Duration::from_hours(1)).await;
    let step = world.recalls.send(&NORTH.parse().unwrap()).await.unwrap();
    assert!(step.lapsed);
    assert_eq!(*world.suspensions.0.lock(), [(String::from(NORTH), true)]);
    let figures = world.recalls.figures().await.unwrap();
    assert!(figures[0].lapsed_at.is_some());
}

#[tokio::test]
async fn a_suspension_that_is_not_in_the_register_yet_is_published_until_it_is() {
    let world = owed_by_a_partner_that_fails().await;
    world.pass(Duration::from_hours(48)).await;
    world.run().await;
    world.run().await;
    assert_eq!(world.suspensions.0.lock().len(), 2);
    let before = world.current.load().unwrap();
    let mut register = before.register().clone();
    assert!(register.set_suspended(&NORTH.parse().unwrap(), true));
    let now = sluicegate_gate::time::Clock::now(world.clock.as_ref());
    let next = Edition::publish(register, Some(&before), now).unwrap();
    world.current.replace(Arc::new(next));
    world.run().await;
    assert_eq!(world.suspensions.0.lock().len(), 2);
}

#[tokio::test]
async fn a_suspended_partner_is_still_told_and_goes_on_only_when_an_operator_says_so() {
    let world = owed_by_a_partner_that_fails().await;
    world.pass(Duration::from_hours(48)).await;
    world.run().await;
    world.answer_with(|_| Ok((200, Bytes::new())));
    world.pass(Duration::from_hours(24)).await;
    world.run().await;
    assert_eq!(world.open_messages(NORTH).await, 0);
    let north = NORTH.parse().unwrap();
    assert!(world.recalls.lift(&north).await.unwrap());
    assert!(!world.recalls.lift(&north).await.unwrap());
    assert_eq!(world.suspensions.0.lock().last(), Some(&(String::from(NORTH), false)));
}

#[tokio::test]
async fn after_a_lift_what_is_open_has_as_long_again() {
    let world = owed_by_a_partner_that_fails().await;
    world.pass(Duration::from_hours(48)).await;
    world.run().await;
    world.recalls.lift(&NORTH.parse().unwrap()).await.unwrap();
    world.pass(Duration::from_hours(47)).await;
    world.run().await;
    assert_eq!(world.suspensions.0.lock().last(), Some(&(String::from(NORTH), false)));
    world.pass(Duration::from_hours(1)).await;
    world.run().await;
    assert_eq!(world.suspensions.0.lock().last(), Some(&(String::from(NORTH), true)));
}

#[tokio::test]
async fn one_that_is_no_longer_listed_lapses_and_has_nothing_to_be_suspended() {
    let world = owed_by_a_partner_that_fails().await;
    world.retire(NORTH);
    world.pass(Duration::from_hours(48)).await;
    let step = world.recalls.send(&NORTH.parse().unwrap()).await.unwrap();
    assert!(step.lapsed);
    assert!(world.suspensions.0.lock().is_empty());
    let north = NORTH.parse().unwrap();
    assert_eq!(world.recalls.lapsed().await.unwrap(), [NORTH.parse().unwrap()], "if it comes back");
    assert!(world.recalls.lift(&north).await.unwrap());
    assert!(world.suspensions.0.lock().is_empty());
}
