//! What was rejected, by reason.

use sluicegate_measurement::report::Report;
use std::collections::BTreeMap;

/// How much was rejected for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RejectionRow {
    pub(crate) reason: String,
    pub(crate) touches: i64,
    pub(crate) installs: i64,
}

/// Adds up touches that led to nothing, and installs that partners rejected.
pub(super) fn by_reason(report: &Report) -> Vec<RejectionRow> {
    let mut rows: BTreeMap<&str, RejectionRow> = BTreeMap::new();
    for line in &report.lines {
        for (reason, count) in &line.rejected_touches_by_reason {
            let row = rows.entry(reason).or_default();
            row.touches = row.touches.saturating_add(*count);
        }
        for (reason, count) in &line.rejected {
            let row = rows.entry(reason).or_default();
            row.installs = row.installs.saturating_add(*count);
        }
    }
    let named =
        |(reason, row): (&str, RejectionRow)| RejectionRow { reason: reason.to_owned(), ..row };
    rows.into_iter().map(named).collect()
}
