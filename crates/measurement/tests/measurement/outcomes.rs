//! Whatever partners answer and people choose, every event ends exactly once, and a person who is off
//! is in no message.

use crate::world::{METER, Received, Reply, World};
use proptest::prelude::*;
use sluicegate_gate::Choice;
use sluicegate_ledger::SendError;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

#[derive(Clone, Debug)]
enum Event {
    Saw { person: u32 },
    Choose { person: u32, value: Choice },
    Answers(Reply),
    Step,
    Pass { seconds: u64 },
    Restart,
    Resume,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let reply = prop_oneof![
        Just(Reply::Status(200)),
        Just(Reply::Status(500)),
        Just(Reply::Status(410)),
        Just(Reply::RetryAfter(429, 30)),
        Just(Reply::Error(SendError::Connect)),
        Just(Reply::Error(SendError::Timeout)),
        Just(Reply::Error(SendError::Busy)),
        Just(Reply::Error(SendError::NotInForce)),
    ];
    let value = prop_oneof![Just(Choice::On), Just(Choice::Off)];
    let event = prop_oneof![
        5 => (0..4_u32).prop_map(|person| Event::Saw { person }),
        2 => (0..4_u32, value).prop_map(|(person, value)| Event::Choose { person, value }),
        2 => reply.prop_map(Event::Answers),
        5 => Just(Event::Step),
        2 => (0..100_000_u64).prop_map(|seconds| Event::Pass { seconds }),
        1 => Just(Event::Restart),
        1 => Just(Event::Resume),
    ];
    prop::collection::vec(event, 1..80)
}

async fn play(events: &[Event]) {
    let world = World::new().await;
    let mut meter = world.open(METER).await;
    let (mut accepted, mut seen) = (0, 0);
    let mut off: HashSet<u32> = HashSet::new();
    let mut person_of: HashMap<String, u32> = HashMap::new();
    for event in events {
        match event {
            Event::Saw { person } => {
                accepted += 1;
                let exposure = world.exposure(accepted, *person);
                let ifa = exposure["device"]["ifa"].as_str().unwrap().to_owned();
                let keys = world.keys.partner(meter.partnership());
                person_of.insert(keys.device_id(&ifa), *person);
                world.accept(&[exposure]).await;
            }
            Event::Choose { person, value: Choice::On } => {
                off.remove(person);
                world.choose(*person, Choice::On).await;
            }
            Event::Choose { person, value: Choice::Off } => {
                off.insert(*person);
                world.choose(*person, Choice::Off).await;
            }
            Event::Answers(reply) => world.reply(&[*reply]),
            Event::Step => drop(meter.step().await.unwrap()),
            Event::Pass { seconds } => world.pass(Duration::from_secs(*seconds)).await,
            Event::Restart => meter = world.open(METER).await,
            Event::Resume => meter.resume().await.unwrap(),
        }
        let received = world.received();
        nobody_off_is_in(&received[seen..], &off, &person_of);
        seen = received.len();
        every_event_is_counted_once(&world, accepted).await;
    }
}

fn nobody_off_is_in(messages: &[Received], off: &HashSet<u32>, person_of: &HashMap<String, u32>) {
    for record in messages.iter().flat_map(Received::records) {
        let person = person_of[record["device_id_hash"].as_str().unwrap()];
        assert!(!off.contains(&person), "person {person} is off");
    }
}

async fn every_event_is_counted_once(world: &World, accepted: u32) {
    let counters = world.counters(METER).await;
    let tally = counters.tally;
    let ended = tally.delivered + tally.withheld + tally.unconfirmed + tally.dead;
    assert_eq!(ended + counters.lag, u64::from(accepted), "{counters:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_event_ends_once_and_nobody_who_is_off_is_told(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(play(&events));
    }
}
