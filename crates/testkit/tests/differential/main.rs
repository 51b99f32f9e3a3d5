//! The gate against the naive reading of the same section of the design, on random facts.
//!
//! Facts are rolled as plain values; the naive reading gets them as they are, the gate as strings and types. Most rolls
//! are open worlds with one to three things changed, so that permits are frequent and reasons stand alone.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
#![expect(clippy::indexing_slicing, reason = "an index is rolled below the length of the list")]

mod ask;
mod roll;
mod strings;
mod write;

use roll::Roller;
use sluicegate_gate::Reason;
use sluicegate_testkit::naive::{Facts, judge};
use std::{collections::BTreeSet, io::Write as _, thread};

const SEED: u64 = 20_180_424;
const CASES: u64 = 200_000;
/// How many run beside each other, each from a seed of its own.
const RUNS: u64 = 2;

#[test]
fn the_gate_and_the_naive_reading_decide_alike() {
    let results: Vec<Counted> = thread::scope(|scope| {
        let runs: Vec<_> =
            (0..RUNS).map(|run| scope.spawn(move || compare(SEED + run, CASES / RUNS))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let mut seen = BTreeSet::new();
    let (mut permits, mut contextual) = (0, 0);
    for result in results {
        assert!(result.differences.is_empty(), "{}", result.differences.join("\n\n"));
        permits += result.permits;
        contextual += result.contextual;
        seen.extend(result.seen);
    }
    let line = format!(
        "{CASES} cases (seeds {SEED} and {RUNS} on): {permits} permits, {contextual} contextual, {} reasons",
        seen.len()
    );
    writeln!(std::io::stdout(), "{line}").unwrap();
    assert!(permits * 4 >= CASES, "{line}: too few permits");
    assert!(contextual * 50 >= CASES, "{line}: too few requests without the person");
    let never: Vec<_> = Reason::ALL.iter().filter(|one| !seen.contains(one.code())).collect();
    assert!(never.is_empty(), "no case has {never:?}");
}

#[derive(Default)]
struct Counted {
    permits: u64,
    contextual: u64,
    seen: BTreeSet<&'static str>,
    /// The first few, in words.
    differences: Vec<String>,
}

fn compare(seed: u64, cases: u64) -> Counted {
    let mut roller = Roller::of(seed);
    let mut counted = Counted::default();
    for case in 0..cases {
        let facts = roller.facts();
        let (naive, gate) = (judge(&facts), ask::gate(&facts));
        if naive != gate && counted.differences.len() < DIFFERENCES_MAX {
            let place = format!("seed {seed}, case {case}");
            counted
                .differences
                .push(format!("{place}\nnaive {naive:?}\ngate  {gate:?}\n{facts:#?}"));
        }
        counted.permits += u64::from(!gate.told.is_empty());
        counted.contextual += u64::from(gate.contextual);
        counted.seen.extend(gate.reasons);
    }
    counted
}

/// So many differences are printed.
const DIFFERENCES_MAX: usize = 3;

/// Facts are plain values: what a difference prints is all there is.
#[test]
fn the_same_seed_rolls_the_same_facts() {
    let rolls = |seed| -> Vec<Facts> {
        let mut roller = Roller::of(seed);
        (0..50).map(|_| roller.facts()).collect()
    };
    assert_eq!(rolls(SEED), rolls(SEED));
    assert_ne!(rolls(SEED), rolls(SEED + 1));
}
