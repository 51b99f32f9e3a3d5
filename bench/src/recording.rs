//! Recording what leaves, beside appending the same messages to a file.

use crate::{
    disk::AppendedFile,
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
use sluicegate_ledger::{Ledger, RecordError};
use sluicegate_settings::Keyring;
use sluicegate_store::Sqlite;
use std::sync::Arc;

/// Messages on their way at once, and in one batch of the floor.
const AT_ONCE: usize = 256;
/// Messages in a round.
const OPERATIONS: u32 = 3_072;
const PEOPLE: u32 = 1_000;

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let runtime = runtime()?;
    let dir = house::directory()?;
    let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
    let dice: Arc<dyn Dice> = Arc::new(MachineDice);
    let ledger = runtime.block_on(async {
        let store = Arc::new(Sqlite::open(dir.path()).await?);
        anyhow::Ok(Ledger::open(store, Arc::clone(&clock), dice, Secret::new([3; 32])).await?)
    })?;
    let desk = Desk::new(clock)?;
    let operations = effort.operations(OPERATIONS);
    let mut rows = Vec::new();
    for (name, way) in [("ledger: reserve", Way::Reserve), ("ledger: record", Way::Record)] {
        let mut file = AppendedFile::create(dir.path())?;
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
                measured(operations, || Ok(runtime.block_on(keep(&ledger, envelopes, way))?))
            },
        )?;
        let note = format!(
            "{AT_ONCE} messages at once, about {PEOPLE} people who were told of before; the floor appends only the messages' bytes"
        );
        rows.push(Row { name, pair, goal: Goal::Watched, notes: vec![note] });
    }
    runtime.block_on(ledger.close())?;
    Ok(rows)
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
    clock: Arc<dyn Clock>,
}

impl Desk {
    fn new(clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let keyring = Keyring::new(Secret::new([7; 16]));
        let people = (0..PEOPLE).map(|number| Person::new(number, &keyring));
        Ok(Self {
            surroundings: Surroundings::new(clock.as_ref())?,
            people: people.collect::<Result<_, _>>()?,
            clock,
        })
    }

    fn envelopes(&self, count: u32) -> anyhow::Result<Vec<Envelope>> {
        let count = usize::try_from(count)?;
        let mut envelopes = Vec::with_capacity(count);
        for person in self.people.iter().cycle() {
            let subject = person.state(Choice::On, self.clock.boot());
            let signals = person.request.signals();
            let clock = self.clock.as_ref();
            let asked =
                Asked { request: &person.request, subject: &subject, signals: &signals, clock };
            for permit in self.surroundings.permits(asked)? {
                if envelopes.len() == count {
                    return Ok(envelopes);
                }
                envelopes.push(self.surroundings.project(permit, asked, &MachineDice)?);
            }
        }
        Ok(envelopes)
    }
}
