//! An endpoint is asked whether it is the partner's before anything about anyone goes there.

use crate::{
    editions::{edition_with, files},
    world::{METER, World, id},
};
use sluicegate_gate::{Choice, time::Clock as _};
use sluicegate_measurement::{EndpointSaid, Held, Step};
use sluicegate_register::{Edition, Register};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

const AGREED: EndpointSaid = EndpointSaid::Agreed { per_minute: Some(120) };

impl World {
    fn says(&self, said: EndpointSaid) {
        *self.door.says.lock() = Some(said);
    }

    fn asked(&self) -> u64 {
        self.door.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn nothing_goes_to_an_endpoint_that_has_not_agreed() {
    let world = World::new().await;
    world.says(EndpointSaid::Refused);
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    for _ in 0..3 {
        assert_eq!(meter.step().await.unwrap(), Step::Held(Held::NotAgreed));
    }
    assert_eq!((world.asked(), world.received().len()), (1, 0));
    let check = world.counters(METER).await.endpoint.unwrap();
    assert_eq!((check.said, check.at), (EndpointSaid::Refused, world.clock.now()));
    world.says(AGREED);
    world.pass(Duration::from_mins(59)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Held(Held::NotAgreed));
    world.pass(Duration::from_mins(1)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
    assert_eq!(world.counters(METER).await.tally.delivered, 2, "nothing was lost");
}

#[tokio::test]
async fn what_it_said_is_kept_and_an_address_that_agreed_is_not_asked_again() {
    let world = World::new().await;
    world.says(AGREED);
    for _ in 0..3 {
        let meter = world.open(METER).await;
        assert_eq!(meter.step().await.unwrap(), Step::Idle);
    }
    assert_eq!(world.asked(), 1);
    assert_eq!(*world.door.keeps_to.lock(), [Some(120); 3], "the rate holds after a restart, too");
}

#[tokio::test]
async fn another_address_is_asked_anew() {
    let world = World::new().await;
    world.says(AGREED);
    let meter = world.open(METER).await;
    meter.step().await.unwrap();
    let moved: Vec<_> = files(25, "hmac", "")
        .into_iter()
        .map(|(name, text)| (name, text.replace("/events", "/other")))
        .collect();
    let before = world.current.load().unwrap();
    let register = Register::read(&moved).unwrap();
    let next = Edition::publish(register, Some(&before), world.clock.now()).unwrap();
    world.current.replace(Arc::new(next));
    world.says(EndpointSaid::Silent);
    assert_eq!(meter.step().await.unwrap(), Step::Held(Held::NotAgreed));
    assert_eq!(world.asked(), 2);
    world.says(AGREED);
    world.pass(Duration::from_mins(1)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Idle);
    assert_eq!(world.asked(), 3);
}

#[tokio::test]
async fn resuming_asks_at_once() {
    let world = World::new().await;
    world.says(EndpointSaid::Refused);
    let meter = world.open(METER).await;
    meter.step().await.unwrap();
    world.says(AGREED);
    world.deliveries.resume(&id(METER)).await.unwrap();
    assert_eq!(meter.step().await.unwrap(), Step::Idle);
}

#[tokio::test]
async fn off_empties_what_waits_at_an_endpoint_that_no_longer_agrees() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.reply(&[crate::world::Reply::Error(sluicegate_ledger::SendError::Connect)]);
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    world.current.replace(Arc::new(edition_with(25, "hmac", "")));
    world.says(EndpointSaid::Silent);
    world.choose(1, Choice::Off).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 1 });
    assert_eq!(world.counters(METER).await.tally.withheld, 1);
}
