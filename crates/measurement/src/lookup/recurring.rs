//! Installs and returns of one device, and what each report of them adds.
//!
//! Two partners report the same install under ids of their own, some seconds apart, so perhaps on two days, and perhaps
//! only one of them knows of an earlier one. Nothing says that the two are one but the app, the device and the time. So all
//! reports of a series are held together: from the first on, those of 24 hours are one, and the next one after that
//! begins another. One is counted, of all that are one, and which does not depend on the order in which they come: where
//! an earlier one comes later, what was counted is taken back, and stands as all of them together say. That happens only
//! while their days are open, since no conversion is taken that is older than the open days.

use crate::{
    ConversionType,
    attribution::REPEAT_WITHIN,
    lookup::{
        line,
        store::{ConversionId, Count, CountKey},
    },
};
use sluicegate_gate::time::UnixMillis;
use std::collections::BTreeSet;

/// A report of something that may come again: what is counted of it, if it is the one that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurring {
    /// What it is and whose: one app on one device. Nothing else that is counted has the same.
    pub series: CountKey,
    /// When it happened.
    pub happened: UnixMillis,
    /// Whether it is known to come after an earlier one.
    pub turn: Turn,
    /// What is added.
    pub counts: Vec<Count>,
}

/// Whether something is known to come after an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// No earlier one is known to whoever reports it.
    First,
    /// There was one.
    Again,
}

impl Turn {
    pub(crate) fn of(counts_as: ConversionType) -> Self {
        match counts_as {
            ConversionType::Install => Self::First,
            ConversionType::ReAttribution | ConversionType::ReEngagement => Self::Again,
        }
    }
}

/// A report of a series, and as what it stands in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When it happened.
    pub happened: UnixMillis,
    /// Which report it is.
    pub conversion: ConversionId,
    /// Whether it is known to come after an earlier one.
    pub turn: Turn,
    /// As what it is counted; none where another one is in its place.
    pub stands: Option<Turn>,
    /// What is added.
    pub counts: Vec<Count>,
}

impl Standing {
    /// Returns a report that is not counted yet.
    pub fn new(conversion: ConversionId, recurring: Recurring) -> Self {
        let Recurring { series: _, happened, turn, counts } = recurring;
        Self { happened, conversion, turn, stands: None, counts }
    }

    /// Returns what it adds as it stands, so many times.
    fn counted(&self, times: i64) -> Vec<Count> {
        let Some(stands) = self.stands else { return Vec::new() };
        let count = |count: &Count| {
            let amount = count.amount.saturating_mul(times);
            let count = Count { amount, ..count.clone() };
            match stands {
                Turn::First => count,
                Turn::Again => line::again(count),
            }
        };
        self.counts.iter().map(count).collect()
    }
}

/// Adds reports to a series, and has those stand that all of it together say. Returns what is to be added to reports, and
/// taken back where an amount is below zero.
///
/// What is more than [`REPEAT_WITHIN`] older than every new report stays as it is, whatever of it is still kept: its days are
/// complete. Of the series it is enough to give what happened within twice that time before the first new one, or after
/// it, and one report from before if there is any.
pub fn stand(series: &mut Vec<Standing>, new: Vec<Standing>) -> Vec<Count> {
    let in_order = |one: &Standing| (one.happened, one.conversion);
    let Some(first) = new.iter().map(in_order).min() else { return Vec::new() };
    let gone = without_first(series);
    series.extend(new);
    series.sort_by_key(in_order);
    let new = series.partition_point(|one| in_order(one) < first);
    let start = first_to_change(series, new, &gone);
    let (before, mut rest) = series.split_at_mut(start);
    // What came before may be forgotten, and what came after it stands as such.
    let is_known = |first: &Standing| first.stands == Some(Turn::Again);
    let mut came_before = !before.is_empty() || rest.first().is_some_and(is_known);
    let mut changes = Vec::new();
    while let Some(first) = rest.first() {
        let until = first.happened.plus(REPEAT_WITHIN);
        let end = rest.partition_point(|other| other.happened < until);
        let (same, later) = std::mem::take(&mut rest).split_at_mut(end);
        let again = came_before || same.iter().any(|one| one.turn == Turn::Again);
        let turn = if again { Turn::Again } else { Turn::First };
        let counts = !same.iter().any(|one| gone.contains(&one.conversion));
        for (place, one) in same.iter_mut().enumerate() {
            let stands = (place == 0 && counts).then_some(turn);
            if one.stands != stands {
                changes.extend(one.counted(-1));
                one.stands = stands;
                changes.extend(one.counted(1));
            }
        }
        came_before = true;
        rest = later;
    }
    changes
}

/// Returns the reports in whose place another one was counted that is not kept any more: an erasure took it along.
fn without_first(series: &[Standing]) -> BTreeSet<ConversionId> {
    let is_first_of = |one: &Standing, first: &Standing| {
        first.stands.is_some()
            && first.happened <= one.happened
            && one.happened < first.happened.plus(REPEAT_WITHIN)
    };
    let is_without = |one: &&Standing| {
        one.stands.is_none() && !series.iter().any(|first| is_first_of(one, first))
    };
    series.iter().filter(is_without).map(|one| one.conversion).collect()
}

/// Returns the place of the first report, in order, that may change where the first new one has the place `new`: of those that
/// it may be one with, whichever counts.
fn first_to_change(series: &[Standing], new: usize, gone: &BTreeSet<ConversionId>) -> usize {
    let is_near = |one: &Standing| {
        let first = series.get(new);
        first.is_some_and(|first| first.happened < one.happened.plus(REPEAT_WITHIN))
    };
    let near = || series.iter().enumerate().take(new).filter(|(_, one)| is_near(one));
    let first = near().rfind(|(_, one)| one.stands.is_some());
    let first = first.or_else(|| near().find(|(_, one)| gone.contains(&one.conversion)));
    first.map_or(new, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sluicegate_ledger::Day;
    use std::collections::BTreeMap;

    fn report(number: u8, (hours, again): (i64, bool)) -> Standing {
        let count = |measure: &str| Count {
            advertiser: "shoes".parse().unwrap(),
            day: Day(hours / 24),
            line: number.to_string(),
            measure: measure.to_owned(),
            amount: 1,
        };
        let own = if again { "re_attributions" } else { "installs_click" };
        let conversion = ConversionId([number; 16]);
        let (series, happened) = (CountKey([1; 16]), UnixMillis(hours * 3_600_000));
        let turn = if again { Turn::Again } else { Turn::First };
        Standing::new(conversion, Recurring { series, happened, turn, counts: vec![count(own)] })
    }

    /// Returns what is counted if they come in this order.
    fn counted(order: &[u8], all: &[(i64, bool)]) -> Counted {
        let (mut series, mut counted) = (Vec::new(), Counted::new());
        for number in order {
            add(&mut series, report(*number, all[usize::from(*number)]), &mut counted);
        }
        counted
    }

    type Counted = BTreeMap<(Day, String, String), i64>;

    fn add(series: &mut Vec<Standing>, new: Standing, counted: &mut Counted) {
        for Count { day, line, measure, amount, .. } in stand(series, vec![new]) {
            *counted.entry((day, line, measure)).or_default() += amount;
        }
        counted.retain(|_, amount| *amount != 0);
    }

    proptest! {
        #[test]
        fn what_is_counted_does_not_hang_on_the_order_of_the_reports(
            all in prop::collection::vec((0..200_i64, any::<bool>()), 1..8),
            order in Just((0..8_u8).collect::<Vec<u8>>()).prop_shuffle(),
        ) {
            let order: Vec<u8> = order.into_iter().filter(|one| usize::from(*one) < all.len()).collect();
            let in_order: Vec<u8> = (0..8).filter(|one| usize::from(*one) < all.len()).collect();
            let right = counted(&in_order, &all);
            prop_assert_eq!(&counted(&order, &all), &right);
            prop_assert!(right.values().all(|amount| *amount == 1));
            let firsts = right.keys().filter(|(.., measure)| measure == "installs_click");
            prop_assert!(firsts.count() <= 1);
        }
    }

    #[test]
    fn reports_of_a_day_are_one_and_the_next_begins_another() {
        let sum = |all: &[(i64, bool)]| {
            let order: Vec<u8> = (0..u8::try_from(all.len()).unwrap()).collect();
            counted(&order, all).values().sum::<i64>()
        };
        assert_eq!(sum(&[(0, false), (23, false)]), 1);
        assert_eq!(sum(&[(0, false), (24, false)]), 2);
        assert_eq!(sum(&[(20, false), (0, false), (40, false)]), 2);
    }

    #[test]
    fn what_was_counted_stays_though_reports_before_it_are_forgotten() {
        // Returns of three days, each of which hangs on the one before; and what was an install, once.
        for first in [false, true] {
            let hours = [0, 23, 46, 69, 5_000];
            let (mut series, mut counted) = (Vec::new(), Counted::new());
            for number in 0..4 {
                add(&mut series, report(number, (hours[usize::from(number)], first)), &mut counted);
            }
            let before = counted.clone();
            for forgotten in 1..4 {
                series.remove(0);
                let (mut series, mut counted) = (series.clone(), counted.clone());
                add(&mut series, report(4, (hours[4], first)), &mut counted);
                counted.retain(|(day, ..), _| *day < Day(5_000 / 24));
                assert_eq!(counted, before, "{forgotten} are forgotten");
            }
        }
    }

    #[test]
    fn a_report_is_not_counted_beside_one_that_an_erasure_took_along() {
        let (mut series, mut counted) = (Vec::new(), Counted::new());
        for (number, hours) in [(0, 100), (1, 101)] {
            add(&mut series, report(number, (hours, false)), &mut counted);
        }
        let before = counted.clone();
        series.remove(0);
        for (number, hours) in [(2, 102), (3, 99)] {
            add(&mut series, report(number, (hours, false)), &mut counted);
            assert_eq!(counted, before, "it is one with it");
        }
        add(&mut series, report(4, (130, false)), &mut counted);
        assert_eq!(counted.values().sum::<i64>(), 2, "and the next is another one");
    }
}
