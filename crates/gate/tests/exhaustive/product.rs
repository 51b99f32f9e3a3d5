//! Products of inputs: every member asked, and compared with its neighbours.

use crate::{
    inputs::Input,
    laws,
    reasons::Reasons,
    world::{Outcome, World},
};
use sluicegate_gate::{Categories, Reason};
use std::fmt;

/// What was counted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) decisions: u64,
    pub(crate) permits: u64,
    pub(crate) comparisons: u64,
    pub(crate) reasons: Reasons,
}

impl Tally {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            decisions: self.decisions + other.decisions,
            permits: self.permits + other.permits,
            comparisons: self.comparisons + other.comparisons,
            reasons: self.reasons.or(other.reasons),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decisions, permits, comparisons, reasons } = self;
        let reasons = reasons.count();
        write!(
            formatter,
            "{decisions} decisions, {permits} of them permits, {comparisons} comparisons of neighbours, {reasons} reasons"
        )
    }
}

/// Asks every member of the product of `inputs`, from `base`, and checks all laws.
pub(crate) fn check(base: &World, inputs: &[&Input]) -> Tally {
    let outcomes = ask_all(base, inputs);
    let mut tally = Tally::default();
    for outcome in &outcomes {
        tally.decisions += 1;
        tally.permits += u64::from(outcome.permitted);
        tally.reasons = tally.reasons.or(outcome.reasons);
    }
    let mut stride = 1;
    for input in inputs {
        tally.comparisons += compare(&outcomes, stride, input, inputs);
        stride *= input.values.len();
    }
    tally
}

/// The first input turns fastest: the value of input n of a member is its index by the stride of n.
fn ask_all(base: &World, inputs: &[&Input]) -> Vec<Outcome> {
    let mut world = base.clone();
    let mut digits = vec![0; inputs.len()];
    for input in inputs {
        (input.values[0].set)(&mut world);
    }
    let mut outcomes = Vec::new();
    loop {
        outcomes.push(laws::check(&world));
        let mut turning = 0;
        loop {
            let Some(input) = inputs.get(turning) else { return outcomes };
            digits[turning] = (digits[turning] + 1) % input.values.len();
            (input.values[digits[turning]].set)(&mut world);
            if digits[turning] > 0 {
                break;
            }
            turning += 1;
        }
    }
}

/// Compares along one input: what it does not reach stays the same, and closing more never tells more.
fn compare(outcomes: &[Outcome], stride: usize, input: &Input, inputs: &[&Input]) -> u64 {
    let values = input.values.len();
    let fixed = Reasons::of(&Reason::ALL).without(input.reaches());
    let mut comparisons = 0;
    for (index, outcome) in outcomes.iter().enumerate() {
        let value = (index / stride) % values;
        let first = &outcomes[index - value * stride];
        comparisons += 1;
        assert!(
            outcome.reasons.and(fixed) == first.reasons.and(fixed),
            "`{}` changes what it does not reach: {:?} and {:?} at {}",
            input.name,
            first.reasons,
            outcome.reasons,
            place(index, inputs),
        );
        for tighter in &input.values[value].tighter {
            let closed = &outcomes[index - value * stride + tighter * stride];
            comparisons += 1;
            assert!(
                opens_nothing(*outcome, *closed),
                "`{}`: `{}` tells more, {:?} instead of {:?}, at {}",
                input.name,
                input.values[*tighter].name,
                closed,
                outcome,
                place(index, inputs),
            );
        }
    }
    comparisons
}

/// Returns whether closing has opened nothing: no category, and no asking without the person.
pub(crate) fn opens_nothing(before: Outcome, closed: Outcome) -> bool {
    before.told.or(Categories::IMPERSONAL).includes(closed.told)
        && (before.is_asked() || !closed.is_asked())
}

fn place(index: usize, inputs: &[&Input]) -> String {
    let mut rest = index;
    let mut names = Vec::new();
    for input in inputs {
        let value = &input.values[rest % input.values.len()];
        names.push(format!("{} = {}", input.name, value.name));
        rest /= input.values.len();
    }
    names.join(", ")
}
