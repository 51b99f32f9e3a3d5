//! What Apple's own postbacks say, by campaign.

use sluicegate_measurement::report::{Report, ReportLine};
use std::collections::BTreeMap;

/// What Apple's postbacks say of one of its source identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AppleRow {
    pub(crate) source: String,
    pub(crate) installs: i64,
    pub(crate) reinstalls: i64,
    pub(crate) re_engagements: i64,
    pub(crate) assists: i64,
    pub(crate) later: i64,
}

/// Adds up the postbacks of each source identifier.
pub(super) fn by_campaign(report: &Report) -> Vec<AppleRow> {
    let mut rows: BTreeMap<&str, AppleRow> = BTreeMap::new();
    for line in report.lines.iter().filter(|line| is_postbacks(line)) {
        let row = rows.entry(&line.campaign_id).or_default();
        line.campaign_id.clone_into(&mut row.source);
        for (place, column) in [
            (&mut row.installs, "apple_installs"),
            (&mut row.reinstalls, "apple_reinstalls"),
            (&mut row.re_engagements, "apple_re_engagements"),
            (&mut row.assists, "apple_assists"),
            (&mut row.later, "apple_later_postbacks"),
        ] {
            *place = place.saturating_add(line.count(column));
        }
    }
    rows.into_values().collect()
}

/// Returns whether a line is of postbacks. Nothing else is on such a line: it has no line item and no ad.
pub(super) fn is_postbacks(line: &ReportLine) -> bool {
    line.line_item_id.is_empty() && COLUMNS.iter().any(|column| line.count(column) > 0)
}

const COLUMNS: [&str; 5] = [
    "apple_installs",
    "apple_reinstalls",
    "apple_re_engagements",
    "apple_assists",
    "apple_later_postbacks",
];
