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

/// Has every report of one series stand as all of them together say. Returns what is to be added to reports, and taken back
/// where an amount is below zero.
pub fn stand(series: &mut [Standing]) -> Vec<Count> {
    series.sort_by_key(|one| (one.happened, one.conversion));
    let mut changes = Vec::new();
    let mut came_before = false;
    let of_one =
        |first: &Standing, other: &Standing| other.happened < first.happened.plus(REPEAT_WITHIN);
    let mut rest = series;
    while let Some(first) = rest.first() {
        let end = rest.partition_point(|other| of_one(first, other));
        let (same, later) = std::mem::take(&mut rest).split_at_mut(end);
        let again = came_before || same.iter().any(|one| one.turn == Turn::Again);
        let turn = if again { Turn::Again } else { Turn::First };
        for (place, one) in same.iter_mut().enumerate() {
            let stands = (place == 0).then_some(turn);
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
    fn counted(order: &[u8], all: &[(i64, bool)]) -> BTreeMap<(Day, String, String), i64> {
        let (mut series, mut counted) = (Vec::new(), BTreeMap::new());
        for number in order {
            series.push(report(*number, all[usize::from(*number)]));
            for Count { day, line, measure, amount, .. } in stand(&mut series) {
                *counted.entry((day, line, measure)).or_default() += amount;
            }
        }
        counted.retain(|_, amount| *amount != 0);
        counted
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
}
