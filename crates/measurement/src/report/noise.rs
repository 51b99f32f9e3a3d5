//! How much may be told of any one person, and the noise that keeps to it.
//!
//! Each person counts at most once per advertiser, month and kind of conversion, and kinds share the
//! month's budget. So the days of a month are about different people, and one person is in one number of
//! each kind. A count of such people changes by at most 1 with any one of them; discrete Laplace noise of
//! scale 1/epsilon makes it epsilon-differentially private with delta 0.
//!
//! The noise is sampled exactly, in whole numbers, by the method of Canonne, Kamath and Steinke ("The
//! Discrete Gaussian for Differential Privacy", 2020, algorithms 1 and 2): no floating point touches
//! what is told, so there is nothing to learn from its rounding.

use sluicegate_gate::time::Dice;

/// How much may be told of any one person, for one advertiser and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    thousandths: u32,
}

/// It is no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an epsilon of {} to {} thousandths", Budget::RANGE.start(), Budget::RANGE.end())]
pub struct BudgetError;

impl Budget {
    /// Which epsilons there are, in thousandths.
    pub const RANGE: std::ops::RangeInclusive<u32> = 30..=10_000;

    /// Takes an epsilon in thousandths.
    pub fn of_thousandths(thousandths: u32) -> Result<Self, BudgetError> {
        if Self::RANGE.contains(&thousandths) { Ok(Self { thousandths }) } else { Err(BudgetError) }
    }

    /// Returns the epsilon in thousandths.
    pub fn thousandths(self) -> u32 {
        self.thousandths
    }

    /// Returns the epsilon.
    pub fn epsilon(self) -> f64 {
        f64::from(self.thousandths) / 1_000.0
    }

    /// Draws the noise of one number. Each kind has an equal share of the budget.
    pub(super) fn noise(self, dice: &dyn Dice) -> i64 {
        laplace(u128::from(self.thousandths), 1_000 * KINDS, dice)
    }
}

/// Epsilon 1 for an advertiser and month.
impl Default for Budget {
    fn default() -> Self {
        Self { thousandths: 1_000 }
    }
}

/// Returns `y` with a probability proportional to `exp(-|y| * rate / of)`.
fn laplace(rate: u128, of: u128, dice: &dyn Dice) -> i64 {
    loop {
        let part = below(of, dice);
        if !passes(part, of, dice) {
            continue;
        }
        let mut whole: u128 = 0;
        while passes(1, 1, dice) {
            whole = whole.saturating_add(1);
        }
        let size = part.saturating_add(of.saturating_mul(whole)) / rate;
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        match (below(2, dice), size) {
            // Zero would come twice as often, once from each side.
            (1, 0) => {}
            (1, size) => return -size,
            (_, size) => return size,
        }
    }
}

/// Returns yes with probability `exp(-part/of)`, for a part of at most the whole.
fn passes(part: u128, of: u128, dice: &dyn Dice) -> bool {
    let mut draw: u128 = 1;
    while below(of.saturating_mul(draw), dice) < part {
        draw = draw.saturating_add(1);
    }
    !draw.is_multiple_of(2)
}

/// Returns a number below `end`, each with the same probability.
fn below(end: u128, dice: &dyn Dice) -> u128 {
    let beyond = (u128::MAX % end + 1) % end;
    loop {
        let rolled = dice.roll();
        // Rolls of the last, incomplete round would favour small numbers.
        if rolled <= u128::MAX - beyond {
            return rolled % end;
        }
    }
}

/// Installs, re-attributions, re-engagements.
const KINDS: u128 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        collections::BTreeMap,
        sync::atomic::{AtomicU64, Ordering},
    };

    #[derive(Debug)]
    struct Seeded(AtomicU64);

    impl Dice for Seeded {
        fn roll(&self) -> u128 {
            let next = || {
                let mut mixed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                u128::from(mixed ^ (mixed >> 31))
            };
            next() << 64 | next()
        }
    }

    /// Pearson's statistic against the exact probabilities. With a fixed seed it is always the same.
    #[test]
    fn noise_has_the_distribution_of_its_budget() {
        let dice = Seeded(AtomicU64::new(1));
        for thousandths in [1_000, 3_000, 10_000] {
            let budget = Budget::of_thousandths(thousandths).unwrap();
            let count = 20_000_i32;
            let mut seen: BTreeMap<i64, i32> = BTreeMap::new();
            for _ in 0..count {
                *seen.entry(budget.noise(&dice)).or_default() += 1;
            }
            let ratio = (-budget.epsilon() / 3.0).exp();
            let probability = |size: i32| (1.0 - ratio) / (1.0 + ratio) * ratio.powi(size);
            let mut statistic = 0.0;
            let mut cells = 0;
            for value in -40..=40_i32 {
                let expected = probability(value.abs()) * f64::from(count);
                if expected >= 5.0 {
                    let found = seen.get(&i64::from(value)).copied().unwrap_or(0);
                    statistic += (f64::from(found) - expected).powi(2) / expected;
                    cells += 1;
                }
            }
            // Mean `cells`, spread `sqrt(2 cells)`: beyond five spreads is one in a million.
            let limit = f64::from(cells) + 5.0 * f64::from(2 * cells).sqrt();
            assert!(cells > 2 && statistic < limit, "{thousandths}: {statistic} in {cells} cells");
        }
    }

    #[test]
    fn a_number_below_an_end_is_below_it_whatever_is_rolled() {
        #[derive(Debug)]
        struct Falling(AtomicU64);
        impl Dice for Falling {
            fn roll(&self) -> u128 {
                u128::MAX - u128::from(self.0.fetch_add(1, Ordering::Relaxed))
            }
        }
        let dice = Falling(AtomicU64::new(0));
        for end in [1, 2, 3, 7, 3_000, u128::MAX] {
            assert!(below(end, &dice) < end);
        }
    }

    #[test]
    fn a_budget_that_protects_nobody_is_refused() {
        for wrong in [0, 29, 10_001] {
            assert!(Budget::of_thousandths(wrong).is_err());
        }
    }
}
