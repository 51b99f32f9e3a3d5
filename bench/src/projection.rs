//! Reading a request and writing those of three partners, beside `serde_json` on the same bytes.

use crate::{
    harness::{Effort, alternate, measured},
    machine::{MachineClock, MachineDice},
    sample::{Asked, Person, Surroundings},
    table::{Goal, Row},
};
use serde::de::IgnoredAny;
use serde_json::Value;
use sluicegate_gate::{Choice, Secret, time::Clock};
use sluicegate_openrtb::request::BidRequest;
use sluicegate_settings::Keyring;
use std::hint::black_box;

const OPERATIONS: u32 = 2_000;

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let clock = MachineClock::new();
    let surroundings = Surroundings::new(&clock)?;
    let person = Person::new(1, &Keyring::new(Secret::new([7; 16])))?;
    Ok(vec![reading(effort, &person)?, writing(effort, &person, &surroundings, &clock)?])
}

fn reading(effort: Effort, person: &Person) -> anyhow::Result<Row> {
    let operations = effort.operations(OPERATIONS);
    let bytes = &person.bytes;
    let pair = alternate(
        effort,
        || {
            measured(operations, || {
                for _ in 0..operations {
                    black_box(serde_json::from_slice::<IgnoredAny>(black_box(bytes))?);
                }
                Ok(())
            })
        },
        || {
            measured(operations, || {
                for _ in 0..operations {
                    black_box(BidRequest::read(black_box(bytes))?);
                }
                Ok(())
            })
        },
    )?;
    let note = format!("a request of {} bytes; the floor only skips over it", bytes.len());
    Ok(Row { name: "projection: read", pair, goal: Goal::Watched, notes: vec![note] })
}

fn writing(
    effort: Effort,
    person: &Person,
    surroundings: &Surroundings,
    clock: &MachineClock,
) -> anyhow::Result<Row> {
    let operations = effort.operations(OPERATIONS);
    let (subject, signals) = (person.state(Choice::On, clock.boot()), person.request.signals());
    let asked = Asked { request: &person.request, subject: &subject, signals: &signals, clock };
    let mut values = Vec::new();
    let mut size = 0;
    let shared = asked.shared();
    for permit in surroundings.permits(asked)? {
        let envelope = surroundings.project(permit, (asked, &shared), &MachineDice)?;
        values.push(serde_json::from_slice::<Value>(envelope.body())?);
        size = envelope.body().len();
    }
    let pair = alternate(
        effort,
        || {
            measured(operations, || {
                for _ in 0..operations {
                    for value in &values {
                        black_box(serde_json::to_vec(black_box(value))?);
                    }
                }
                Ok(())
            })
        },
        || {
            // Deciding is measured elsewhere.
            let permits: Vec<_> =
                (0..operations).map(|_| surroundings.permits(asked)).collect::<Result<_, _>>()?;
            measured(operations, || {
                for permits in permits {
                    let shared = asked.shared();
                    for permit in permits {
                        let projected =
                            surroundings.project(permit, (asked, &shared), &MachineDice);
                        black_box(projected?);
                    }
                }
                Ok(())
            })
        },
    )?;
    let note =
        format!("three partners, {size} bytes each, with the list of what is told for the ledger");
    Ok(Row { name: "projection: write x3", pair, goal: Goal::Watched, notes: vec![note] })
}
