//! How long changes took to be in force: counted, which is what the report on the switch's effect is made of, and
//! one by one, which is what people read in their history.
//!
//! A count names no one. Both are kept in memory until they are written down with many others, so a kill loses what
//! was measured since; the changes themselves it does not lose.

use crate::{Actor, Change, SettingsStoreError};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sluicegate_gate::{Choice, Revision, Setting, time::UnixMillis};
use std::{collections::BTreeMap, ops::Range, time::Duration};

const DAY_MS: i64 = 86_400_000;
/// Up to here times are counted to the millisecond, beyond to the tenth of a second.
const EXACT_MS: u64 = 1_000;
/// Longer times count as this.
const LONGEST_MS: u64 = 600_000;
/// So many times of single changes wait to be written down at most; of further ones people read the bound.
const WAITING_MAX: usize = 100_000;

/// What became of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// It was in force after this many milliseconds, counted from its arrival: exact up to a second, then
    /// rounded up to a tenth of one, and ten minutes at most.
    InForce(u64),
    /// It could not be saved, or was saved and is not known to be in force. The person was told so.
    Failed,
}

impl Effect {
    /// Returns what a choice is counted as that was in force after so long.
    fn in_force(took: Duration) -> Self {
        Self::InForce(rounded(took))
    }

    /// Returns whether a choice took longer than it may, as far as the counts can tell: what took less never counts.
    pub fn is_later_than(self, promised: Duration) -> bool {
        match self {
            Self::InForce(took) => took > rounded(promised),
            Self::Failed => false,
        }
    }
}

/// Choices of one day to which the same happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectRow {
    /// The first millisecond of the day, in UTC.
    pub day: UnixMillis,
    /// The setting.
    pub setting: Setting,
    /// Whether it was turned on.
    pub turned_on: bool,
    /// Who chose.
    pub actor: Actor,
    /// What became of it.
    pub effect: Effect,
    /// How many.
    pub count: u64,
}

/// How long one change took to be in force at every gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Took {
    /// The change, at one of the shards that it touched.
    pub revision: Revision,
    /// How long after its arrival; kept to the millisecond.
    pub after: Duration,
}

/// Keeps the counts, and the times of single changes. Each call is one whole transaction.
pub trait EffectStore: Send + Sync + std::fmt::Debug {
    /// Adds counts to those that are kept; durable when this returns.
    fn add_effects(&self, rows: Vec<EffectRow>) -> BoxFuture<'_, Result<(), SettingsStoreError>>;

    /// Returns the counts of every day that begins in the range, in order.
    fn effects(
        &self,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<EffectRow>, SettingsStoreError>>;

    /// Keeps how long changes took, for the histories that they stand in; durable when this returns. A time that
    /// is there stays as it is.
    fn add_took(&self, took: Vec<Took>) -> BoxFuture<'_, Result<(), SettingsStoreError>>;
}

/// What a count is kept under.
type Counted = (UnixMillis, Setting, bool, Actor, Effect);

/// Counts that were not written down yet.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    counts: Mutex<BTreeMap<Counted, u64>>,
    took: Mutex<BTreeMap<Revision, Duration>>,
}

/// What a choice is counted as, before it is known what becomes of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited {
    setting: Setting,
    turned_on: bool,
    actor: Actor,
}

impl Awaited {
    pub(crate) fn of(change: &Change) -> Self {
        let Change { setting, value, actor, .. } = change;
        Self { setting: *setting, turned_on: *value == Choice::On, actor: *actor }
    }
}

impl Effects {
    /// Counts a choice made at that time; `took` is `None` if it is not in force.
    pub(crate) fn count(&self, awaited: Awaited, at: UnixMillis, took: Option<Duration>) {
        let day = UnixMillis(at.0.div_euclid(DAY_MS) * DAY_MS);
        let effect = took.map_or(Effect::Failed, Effect::in_force);
        let Awaited { setting, turned_on, actor } = awaited;
        *self.counts.lock().entry((day, setting, turned_on, actor, effect)).or_default() += 1;
    }

    /// Notes how long a change took, at every revision of it that a person can read of.
    pub(crate) fn measure(&self, revisions: &[Revision], after: Duration) {
        let mut took = self.took.lock();
        let room = WAITING_MAX.saturating_sub(took.len());
        took.extend(revisions.iter().take(room).map(|revision| (*revision, after)));
    }

    /// Returns how long a change took, if that is not written down yet.
    pub(crate) fn took(&self, revision: Revision) -> Option<Duration> {
        self.took.lock().get(&revision).copied()
    }

    /// Returns the times that are not written down yet.
    pub(crate) fn waiting(&self) -> Vec<Took> {
        let took = self.took.lock();
        took.iter().map(|(revision, after)| Took { revision: *revision, after: *after }).collect()
    }

    /// Forgets times that are written down.
    pub(crate) fn written(&self, written: &[Took]) {
        let mut took = self.took.lock();
        for one in written {
            took.remove(&one.revision);
        }
    }

    /// Puts counts back that could not be written down.
    pub(crate) fn put_back(&self, rows: &[EffectRow]) {
        let mut counts = self.counts.lock();
        for row in rows {
            let key = (row.day, row.setting, row.turned_on, row.actor, row.effect);
            *counts.entry(key).or_default() += row.count;
        }
    }

    /// Takes all counts out.
    pub(crate) fn take(&self) -> Vec<EffectRow> {
        std::mem::take(&mut *self.counts.lock()).into_iter().map(row).collect()
    }

    /// Returns the counts of days that begin in the range.
    pub(crate) fn peek(&self, range: &Range<UnixMillis>) -> Vec<EffectRow> {
        let counts = self.counts.lock();
        let within = counts.iter().filter(|((day, ..), _)| range.contains(day));
        within.map(|(key, count)| row((*key, *count))).collect()
    }
}

fn row(((day, setting, turned_on, actor, effect), count): (Counted, u64)) -> EffectRow {
    EffectRow { day, setting, turned_on, actor, effect, count }
}

fn rounded(took: Duration) -> u64 {
    let millis = u64::try_from(took.as_millis()).unwrap_or(LONGEST_MS).min(LONGEST_MS);
    if millis <= EXACT_MS { millis } else { millis.div_ceil(100) * 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_up_to_a_second_and_never_made_shorter() {
        for (millis, counted) in
            [(0, 0), (7, 7), (1_000, 1_000), (1_001, 1_100), (4_999, 5_000), (9_999_999, 600_000)]
        {
            assert_eq!(rounded(Duration::from_millis(millis)), counted);
        }
    }

    #[test]
    fn what_took_less_than_was_promised_is_not_late() {
        let is_late = |took, promised| {
            let [took, promised] = [took, promised].map(Duration::from_millis);
            Effect::in_force(took).is_later_than(promised)
        };
        for (took, promised, late) in [
            (1_210, 1_250, false),
            (1_250, 1_250, false),
            (1_301, 1_250, true),
            (999, 998, true),
            (4_901, 5_000, false),
            (5_001, 5_000, true),
            (900_000, 1_200_000, false),
        ] {
            assert_eq!(is_late(took, promised), late, "{took} of {promised} ms");
        }
        assert!(!Effect::Failed.is_later_than(Duration::ZERO));
    }
}
