//! How long choices took to be in force, counted: what the report on the switch's effect is made of.
//!
//! A count names no one. It is kept in memory until it is written down with many others, so a kill loses what was
//! counted since; the choices themselves it does not lose.

use crate::{Actor, Change, SettingsStoreError};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sluicegate_gate::{Choice, Setting, time::UnixMillis};
use std::{collections::BTreeMap, ops::Range, time::Duration};

const DAY_MS: i64 = 86_400_000;
/// Up to here times are counted to the millisecond, beyond to the tenth of a second.
const EXACT_MS: u64 = 1_000;
/// Longer times count as this.
const LONGEST_MS: u64 = 600_000;

/// What became of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// It was in force after this many milliseconds, counted from its arrival: exact up to a second, then
    /// rounded up to a tenth of one, and ten minutes at most.
    InForce(u64),
    /// It could not be saved, or was saved and is not known to be in force. The person was told so.
    Failed,
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

/// Keeps the counts. Each call is one whole transaction.
pub trait EffectStore: Send + Sync + std::fmt::Debug {
    /// Adds counts to those that are kept; durable when this returns.
    fn add_effects(&self, rows: Vec<EffectRow>) -> BoxFuture<'_, Result<(), SettingsStoreError>>;

    /// Returns the counts of every day that begins in the range, in order.
    fn effects(
        &self,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<EffectRow>, SettingsStoreError>>;
}

/// What a count is kept under.
type Counted = (UnixMillis, Setting, bool, Actor, Effect);

/// Counts that were not written down yet.
#[derive(Debug, Default)]
pub(crate) struct Effects(Mutex<BTreeMap<Counted, u64>>);

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
        let effect = took.map_or(Effect::Failed, |took| Effect::InForce(rounded(took)));
        let Awaited { setting, turned_on, actor } = awaited;
        *self.0.lock().entry((day, setting, turned_on, actor, effect)).or_default() += 1;
    }

    /// Puts counts back that could not be written down.
    pub(crate) fn put_back(&self, rows: &[EffectRow]) {
        let mut counts = self.0.lock();
        for row in rows {
            let key = (row.day, row.setting, row.turned_on, row.actor, row.effect);
            *counts.entry(key).or_default() += row.count;
        }
    }

    /// Takes all counts out.
    pub(crate) fn take(&self) -> Vec<EffectRow> {
        std::mem::take(&mut *self.0.lock()).into_iter().map(row).collect()
    }

    /// Returns the counts of days that begin in the range.
    pub(crate) fn peek(&self, range: &Range<UnixMillis>) -> Vec<EffectRow> {
        let counts = self.0.lock();
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
}
