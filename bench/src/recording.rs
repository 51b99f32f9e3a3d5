//! Recording what leaves, beside appending the same messages to a file.
//!
//! People who were told of before cost a count; people who were never told of cost a key, and their values
//! encrypted.

use crate::{
    disk::{AppendedFile, bytes_in},
    harness::{Effort, alternate, measured},
    house::{self, runtime},
    machine::{MachineClock, MachineDice},
    sample::{Asked, Person, Surroundings},
    table::{Goal, Row},
};
use bytes::Bytes;
use futures_util::future::join_all;
use sluicegate_gate::{
    Choice, Envelope, Secret,
    time::{Clock, Dice},
};
use sluicegate_ledger::{Ledger, LedgerStore, RecordError};
use sluicegate_settings::Keyring;
use sluicegate_store::Sqlite;
use std::sync::Arc;

/// Messages on their way at once, and in one batch of the floor.
const AT_ONCE: usize = 256;
/// Messages in a round.
const OPERATIONS: u32 = 3_072;
/// People who were told of before.
const PEOPLE: u32 = 1_000;
/// Records a second.
const AT_LEAST: f64 = 100_000.0;

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let runtime = runtime()?;
    let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
    let dice: Arc<dyn Dice> = Arc::new(MachineDice);
    let operations = effort.operations(OPERATIONS);
    let mut rows = Vec::new();
    for load in LOADS {
        let dir = house::directory()?;
        let floor = house::directory()?;
        let store = runtime.block_on(Sqlite::open(dir.path()))?;
        let records: Arc<dyn LedgerStore> = Arc::new(store.clone());
        let (clock, dice) = (Arc::clone(&clock), Arc::clone(&dice));
        let opened = Ledger::open(records, Arc::clone(&clock), dice, Secret::new([3; 32]));
        let ledger = runtime.block_on(opened)?;
        let mut desk = Desk::new(clock, load.people)?;
        let mut recorded = 0_u32;
        let mut file = AppendedFile::create(floor.path())?;
        let bodies = desk.envelopes(operations)?;
        let bodies: Vec<Bytes> = bodies.iter().map(|one| one.body().clone()).collect();
        let pair = alternate(
            effort,
            || {
                measured(operations, || {
                    bodies.chunks(AT_ONCE).try_for_each(|batch| file.append(batch))
                })
            },
            || {
                let envelopes = desk.envelopes(operations)?;
                recorded += operations;
                measured(operations, || Ok(runtime.block_on(keep(&ledger, envelopes, load.way))?))
            },
        )?;
        runtime.block_on(async {
            ledger.close().await?;
            store.close().await;
            anyhow::Ok(())
        })?;
        let each = bytes_in(dir.path())? / u64::from(recorded.max(1));
        let notes = vec![
            format!(
                "{AT_ONCE} messages at once, about {}; the floor appends only the messages' bytes",
                load.words
            ),
            format!("{each} bytes on the disk for each of {recorded} records, everything counted"),
        ];
        rows.push(Row { name: load.name, pair, goal: load.goal, notes });
    }
    Ok(rows)
}

/// One way of recording, and about whom.
#[derive(Clone, Copy, Debug)]
struct Load {
    name: &'static str,
    way: Way,
    people: People,
    words: &'static str,
    goal: Goal,
}

const LOADS: [Load; 3] = [
    Load {
        name: "ledger: reserve",
        way: Way::Reserve,
        people: People::ToldBefore,
        words: "1,000 people who were told of before",
        goal: Goal::Rate { at_least: AT_LEAST },
    },
    Load {
        name: "ledger: record",
        way: Way::Record,
        people: People::ToldBefore,
        words: "1,000 people who were told of before",
        goal: Goal::Rate { at_least: AT_LEAST },
    },
    Load {
        name: "ledger: record, new people",
        way: Way::Record,
        people: People::New,
        words: "people who were never told of",
        goal: Goal::Watched,
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum People {
    /// The same ones again and again.
    ToldBefore,
    /// Others in each round.
    New,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    /// Cleared at once under a window, durable before the answer.
    Reserve,
    /// Durable before it is cleared.
    Record,
}

/// Returns once everything is durable.
async fn keep(ledger: &Ledger, envelopes: Vec<Envelope>, way: Way) -> Result<(), RecordError> {
    let mut rest = envelopes.into_iter();
    loop {
        let batch: Vec<Envelope> = rest.by_ref().take(AT_ONCE).collect();
        if batch.is_empty() {
            return ledger.flush().await;
        }
        let kept = join_all(batch.into_iter().map(|envelope| async move {
            match way {
                Way::Reserve => ledger.reserve(envelope).await?.1.durable().await,
                Way::Record => ledger.record(envelope).await.map(drop),
            }
        }));
        kept.await.into_iter().collect::<Result<(), RecordError>>()?;
    }
}

/// Writes messages ahead, so that only the ledger's work is measured.
#[derive(Debug)]
struct Desk {
    surroundings: Surroundings,
    people: Vec<Person>,
    whom: People,
    /// The latest person.
    next: u32,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
}

impl Desk {
    fn new(clock: Arc<dyn Clock>, whom: People) -> anyhow::Result<Self> {
        let keyring = Keyring::new(Secret::new([7; 16]));
        let people = (0..PEOPLE).map(|number| Person::new(number, &keyring));
        Ok(Self {
            surroundings: Surroundings::new(clock.as_ref())?,
            people: people.collect::<Result<_, _>>()?,
            whom,
            next: PEOPLE,
            keyring,
            clock,
        })
    }

    fn envelopes(&mut self, count: u32) -> anyhow::Result<Vec<Envelope>> {
        if self.whom == People::New {
            for person in &mut self.people {
                self.next += 1;
                *person = Person::new(self.next, &self.keyring)?;
            }
        }
        let count = usize::try_from(count)?;
        let mut envelopes = Vec::with_capacity(count);
        for person in self.people.iter().cycle() {
            let subject = person.state(Choice::On, self.clock.boot());
            let signals = person.request.signals();
            let clock = self.clock.as_ref();
            let asked =
                Asked { request: &person.request, subject: &subject, signals: &signals, clock };
            let shared = asked.shared();
            for permit in self.surroundings.permits(asked)? {
                if envelopes.len() == count {
                    return Ok(envelopes);
                }
                envelopes.push(self.surroundings.project(
                    permit,
                    (asked, &shared),
                    &MachineDice,
                )?);
            }
        }
        Ok(envelopes)
    }
}
