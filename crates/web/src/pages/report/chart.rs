//! Installs by day, drawn.

use super::days;
use sluicegate_measurement::report::Report;
use std::collections::BTreeMap;

/// Installs by day, as bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) bars: Vec<Bar>,
    /// Of each bar.
    pub(crate) width: usize,
    pub(crate) most: i64,
    /// The first day that has so many.
    pub(crate) best: String,
}

/// One day's bar, in the units of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) date: String,
    /// The day of the month, under some of the bars: under all it could not be read on a phone.
    pub(crate) day: Option<String>,
    pub(crate) count: i64,
    pub(crate) x: usize,
    /// The middle of the bar.
    pub(crate) middle: usize,
    pub(crate) y: i64,
    pub(crate) height: i64,
}

impl Chart {
    /// Draws every day of the report; nothing where nothing was installed.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let mut days: BTreeMap<String, i64> = days::all(report).map(|day| (day, 0)).collect();
        for line in &report.lines {
            *days.entry(line.date.clone()).or_default() += line.count("installs_total");
        }
        let most = days.values().copied().max().filter(|most| *most > 0)?;
        let best = days.iter().find(|(_, count)| **count == most).map(|(date, _)| date.clone())?;
        let (count, step) = (days.len(), (CHART_WIDTH / days.len().max(14)).max(2));
        let width = step * 3 / 4;
        let bar = |(place, (date, installs)): (usize, (String, i64))| {
            let height = installs.saturating_mul(BAR_HEIGHT) / most;
            let is_named = (count - 1 - place).is_multiple_of(count.div_ceil(DAYS_NAMED_MAX));
            Bar {
                day: date.get(8..).filter(|_| is_named).map(str::to_owned),
                date,
                count: installs,
                x: place * step,
                middle: place * step + width / 2,
                y: BAR_HEIGHT - height,
                height,
            }
        };
        Some(Self { bars: days.into_iter().enumerate().map(bar).collect(), width, most, best })
    }
}

/// Height of the longest bar.
const BAR_HEIGHT: i64 = 160;
/// Width of the drawing, as the template has it.
const CHART_WIDTH: usize = 672;
/// Days under the bars at most: the last, and earlier ones at even distances.
const DAYS_NAMED_MAX: usize = 10;
