//! Whatever partners answer and people choose, every event ends exactly once, and a person who is off
//! is in no message.

use crate::{
    editions::{edition_at, edition_without_meter},
    world::{METER, Received, Reply, World, id},
};
use proptest::prelude::*;
use sluicegate_gate::{Choice, time::Clock as _};
use sluicegate_ledger::SendError;
use sluicegate_measurement::{Delivery, Letters};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

#[derive(Clone, Debug)]
enum Event {
    Saw {
        person: u32,
    },
    Choose {
        person: u32,
        value: Choice,
    },
    Answers(Reply),
    Step,
    Pass {
        seconds: u64,
    },
    Restart,
    Resume,
    /// The journal takes so many more commits; then the process is gone, and another one goes on.
    Crash {
        commits: u64,
    },
    Requeue,
    Replay {
        seconds_ago: u64,
    },
    /// An edition without the partnership, and after a while one with it again.
    RemoveForAWhile {
        seen_meanwhile: u32,
    },
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
        Just(Reply::Status(504)),
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
        1 => (0..6_u64).prop_map(|commits| Event::Crash { commits }),
        1 => Just(Event::Requeue),
        1 => (0..300_000_u64).prop_map(|seconds_ago| Event::Replay { seconds_ago }),
        1 => (0..4_u32).prop_map(|seen_meanwhile| Event::RemoveForAWhile { seen_meanwhile }),
    ];
    prop::collection::vec(event, 1..80)
}

/// What has happened so far.
struct Play {
    world: World,
    meter: Arc<Delivery>,
    /// The number of the last exposure.
    number: u32,
    /// How many exposures were the partnership's business.
    accepted: u32,
    /// How many messages have been looked at.
    seen: usize,
    off: HashSet<u32>,
    person_of: HashMap<String, u32>,
}

impl Play {
    async fn begin() -> Self {
        let world = World::new().await;
        let meter = world.open(METER).await;
        let (off, person_of) = (HashSet::new(), HashMap::new());
        Self { world, meter, number: 0, accepted: 0, seen: 0, off, person_of }
    }

    async fn act(&mut self, event: &Event) {
        match event {
            Event::Saw { person } => self.see(*person).await,
            Event::Choose { person, value } => self.choose(*person, *value).await,
            Event::Answers(reply) => self.world.reply(&[*reply]),
            Event::Step => drop(self.meter.step().await.unwrap()),
            Event::Pass { seconds } => self.world.pass(Duration::from_secs(*seconds)).await,
            Event::Restart => self.meter = self.world.open(METER).await,
            Event::Resume => self.meter.resume().await.unwrap(),
            Event::Crash { commits } => self.crash(*commits).await,
            Event::Requeue => drop(self.meter.requeue(Letters::newest(usize::MAX)).await),
            Event::Replay { seconds_ago } => {
                let now = self.world.clock.now();
                let from = now.minus(Duration::from_secs(*seconds_ago));
                drop(self.meter.replay(from, now).await);
            }
            Event::RemoveForAWhile { seen_meanwhile } => {
                self.remove_for_a_while(*seen_meanwhile).await;
            }
        }
    }

    async fn see(&mut self, person: u32) {
        self.accepted += 1;
        self.number += 1;
        let exposure = self.world.exposure(self.number, person);
        let ifa = exposure["device"]["ifa"].as_str().unwrap().to_owned();
        let keys = self.world.keys.partner(self.meter.partnership());
        self.person_of.insert(keys.device_id(&ifa), person);
        self.world.accept(&[exposure]).await;
    }

    async fn choose(&mut self, person: u32, value: Choice) {
        match value {
            Choice::On => drop(self.off.remove(&person)),
            Choice::Off => drop(self.off.insert(person)),
        }
        self.world.choose(person, value).await;
    }

    async fn crash(&mut self, commits: u64) {
        self.world.journal.break_after(commits);
        for _ in 0..8 {
            if self.meter.step().await.is_err() {
                break;
            }
        }
        self.world.journal.mend();
        self.meter = self.world.open(METER).await;
    }

    async fn remove_for_a_while(&mut self, seen_meanwhile: u32) {
        let world = &self.world;
        world.current.replace(Arc::new(edition_without_meter()));
        world.run(&self.meter).await;
        for _ in 0..seen_meanwhile {
            self.number += 1;
            world.accept(&[world.exposure(self.number, 0)]).await;
        }
        world.pass(Duration::from_secs(1)).await;
        world.current.replace(Arc::new(edition_at(world.clock.now())));
        self.meter.step().await.unwrap();
    }

    async fn check(&mut self) {
        let received = self.world.received();
        nobody_off_is_in(&received[self.seen..], &self.off, &self.person_of);
        self.seen = received.len();
        every_event_is_counted_once(&self.world, self.accepted).await;
    }
}

async fn play(events: &[Event]) {
    let mut play = Play::begin().await;
    for event in events {
        play.act(event).await;
        play.check().await;
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
    let letters =
        world.deliveries.dead_letters(&id(METER), Letters::newest(usize::MAX)).await.unwrap();
    assert_eq!(u64::try_from(letters.len()).unwrap(), tally.dead, "each has its letter");
    // The ledger has each that was withheld, once, whatever crashed and was replayed.
    let withheld = tally.withheld + tally.unconfirmed + counters.replayed.unconfirmed;
    assert_eq!(world.ledger_withheld(METER, 0).await.events, withheld, "{counters:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_event_ends_once_and_nobody_who_is_off_is_told(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(play(&events));
    }
}
