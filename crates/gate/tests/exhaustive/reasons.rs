//! Sets of reasons, small enough to compare millions of them.

use sluicegate_gate::Reason;
use std::fmt;

/// A set of reasons. Bit n is the n-th of [`Reason::ALL`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reasons(u64);

impl Reasons {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn of(reasons: &[Reason]) -> Self {
        reasons.iter().copied().collect()
    }

    pub(crate) fn contains(self, reason: Reason) -> bool {
        self.0 & bit(reason) != 0
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl FromIterator<Reason> for Reasons {
    fn from_iter<I: IntoIterator<Item = Reason>>(reasons: I) -> Self {
        Self(reasons.into_iter().fold(0, |bits, reason| bits | bit(reason)))
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes = Reason::ALL.into_iter().filter(|reason| self.contains(*reason));
        formatter.debug_set().entries(codes.map(Reason::code)).finish()
    }
}

/// The list is in order, so that a reason is found by halving.
fn bit(reason: Reason) -> u64 {
    1 << Reason::ALL.binary_search(&reason).unwrap()
}
