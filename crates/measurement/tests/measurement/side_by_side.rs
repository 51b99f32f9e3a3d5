//! Partners side by side: what a bad one does costs a good one nothing.

use crate::{
    editions::{files, partner},
    world::{METER, Manner, Received, Reply, World, id},
};
use sluicegate_gate::time::Clock as _;
use sluicegate_ledger::SendError;
use sluicegate_measurement::Step;
use sluicegate_register::{Edition, Register};
use std::{sync::Arc, time::Duration};

const ROUNDS: u32 = 400;

/// What each of the bad ones answers to its attempts, counted from 1.
const BAD: [(&str, Manner); 3] = [
    ("dead", |_| Reply::Error(SendError::Connect)),
    ("slow", |_| Reply::Error(SendError::Timeout)),
    ("lying", |attempt| match attempt % 7 {
        0 => Reply::Status(200),
        1 => Reply::RetryAfter(429, 86_400),
        2 => Reply::Status(301),
        3 => Reply::Error(SendError::TooLarge),
        4 => Reply::RetryAfter(503, 0),
        5 => Reply::Error(SendError::Protocol),
        _ => Reply::Status(410),
    }),
];

/// What the good one is sent, and how each of its steps ended.
#[derive(Debug, PartialEq)]
struct Story {
    steps: Vec<Step>,
    batches: Vec<Vec<serde_json::Value>>,
}

/// A world in which all of them are listed.
async fn everybody() -> World {
    let world = World::new().await;
    let mut all = files(7, "hmac", "");
    let provider = |(name, _): &(&str, _)| partner(name, "service_provider", (7, "hmac"), "");
    all.extend(BAD.iter().map(provider));
    let before = world.current.load();
    let register = Register::read(&all).unwrap();
    let edition = Edition::publish(register, before.as_deref(), world.clock.now()).unwrap();
    world.current.replace(Arc::new(edition));
    for (name, manner) in BAD {
        world.door.manners.lock().insert(id(name), (0, manner));
    }
    world
}

/// Plays it with these beside the good one.
async fn play(beside: &[(&str, Manner)]) -> Story {
    let world = everybody().await;
    let good = world.open(METER).await;
    let mut bad = Vec::new();
    for (name, _) in beside {
        bad.push(world.open(name).await);
    }
    let mut steps = Vec::new();
    for round in 0..ROUNDS {
        let numbers = (0..round % 11).map(|one| round * 100 + one);
        let exposures: Vec<_> = numbers.map(|number| world.exposure(number, number % 50)).collect();
        if !exposures.is_empty() {
            world.accept(&exposures).await;
        }
        for one in &bad {
            one.step().await.unwrap();
            if round % 50 == 49 {
                // The lying one is held by then, and an operator makes it go on.
                one.resume().await.unwrap();
            }
        }
        steps.push(good.step().await.unwrap());
        world.pass(Duration::from_secs(1)).await;
    }
    let tried = |(name, _): &(&str, Manner)| world.door.manners.lock()[&id(name)].0;
    assert!(beside.iter().map(tried).all(|attempts| attempts > 3), "each had its turns");
    let batches = world.received_by(METER).iter().map(Received::records).collect();
    Story { steps, batches }
}

#[tokio::test]
async fn a_good_partner_gets_the_same_batches_in_the_same_steps_beside_a_dead_a_slow_and_a_lying_one()
 {
    let (alone, beside) = (play(&[]).await, play(&BAD).await);
    let told: usize = alone.batches.iter().map(Vec::len).sum();
    assert!(told > 1_500, "{told}");
    assert_eq!(alone.steps, beside.steps);
    assert_eq!(alone.batches, beside.batches);
}
