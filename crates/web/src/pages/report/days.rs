//! The days of a report: the form that asks for others or for one campaign, and what was counted on each.

use super::money;
use crate::api::{
    Desk,
    report::{Asked, day},
};
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    lookup::add_up,
    report::{Micros, Report},
};
use std::collections::BTreeMap;

/// The form that asks for days and a campaign.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days {
    /// Whose report, as the address has it.
    pub(crate) advertiser: String,
    /// What stands in the form; nothing where a day was asked for that is none.
    pub(crate) from: String,
    pub(crate) to: String,
    /// The campaign, where one was asked for.
    pub(crate) campaign: String,
    /// The first and last day that can be asked for.
    pub(crate) earliest: String,
    pub(crate) latest: String,
    /// The field that is wrong, and what is wrong with it.
    wrong: Option<(String, String)>,
}

impl Days {
    /// Returns the form as it was sent.
    pub(super) fn asked(desk: &Desk, advertiser: &str, span: &Asked) -> Self {
        let span = span.as_ref().ok();
        let read = |name: &str, text: Option<&String>| {
            let day = day(name, text.map(String::as_str)).ok().flatten();
            day.map(date).unwrap_or_default()
        };
        Self {
            advertiser: advertiser.to_owned(),
            from: read("from", span.and_then(|span| span.from.as_ref())),
            to: read("to", span.and_then(|span| span.to.as_ref())),
            campaign: span.and_then(|span| span.campaign_id.clone()).unwrap_or_default(),
            earliest: date(desk.reports.earliest()),
            latest: date(desk.reports.last_days(1).1),
            wrong: None,
        }
    }

    /// Returns the form with the days of a report.
    pub(super) fn of(self, report: &Report) -> Self {
        Self { from: report.from.clone(), to: report.to.clone(), ..self }
    }

    /// Returns the form with what is wrong about it.
    pub(super) fn wrong_in(self, field: &str, problem: &str) -> Self {
        Self { wrong: Some((field.to_owned(), problem.to_owned())), ..self }
    }

    /// Returns what is wrong with a field.
    pub(crate) fn wrong(&self, field: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|(name, _)| name == field).map(|(_, problem)| problem.as_str())
    }
}

/// What was counted on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DayRow {
    pub(crate) date: String,
    pub(crate) impressions: i64,
    pub(crate) clicks: i64,
    pub(crate) installs: i64,
    pub(crate) events: i64,
    pub(crate) revenue: String,
}

/// Returns a row for every day of the report; none where nothing was counted.
pub(super) fn by_day(report: &Report) -> Vec<DayRow> {
    if report.lines.is_empty() {
        return Vec::new();
    }
    let mut rows: BTreeMap<String, (DayRow, Micros)> = all(report)
        .map(|date| {
            let row = DayRow { date: date.clone(), ..DayRow::default() };
            (date, (row, Micros::new()))
        })
        .collect();
    for line in &report.lines {
        let Some((row, revenue)) = rows.get_mut(&line.date) else { continue };
        for (place, column) in [
            (&mut row.impressions, "impressions"),
            (&mut row.clicks, "clicks"),
            (&mut row.installs, "installs_total"),
            (&mut row.events, "events"),
        ] {
            *place = place.saturating_add(line.count(column));
        }
        for (currency, micros) in &line.revenue_micros {
            let sum = revenue.entry(currency.clone()).or_default();
            *sum = add_up(*sum, *micros);
        }
    }
    let row = |(row, revenue)| DayRow { revenue: money(&revenue), ..row };
    rows.into_values().map(row).collect()
}

/// Returns every day of the report, in order.
pub(super) fn all(report: &Report) -> impl Iterator<Item = String> {
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
    let last = day(&report.to);
    let days = std::iter::successors(day(&report.from), |day| day.tomorrow().ok());
    days.take_while(move |day| last.is_some_and(|last| *day <= last))
        .take(DAYS_MAX)
        .map(|day| day.to_string())
}

fn date(day: Day) -> String {
    sluicegate_register::Day::of(UnixMillis(day.start().0)).to_string()
}

/// Days of a report at most.
const DAYS_MAX: usize = 92;
