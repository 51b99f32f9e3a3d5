//! The exact lines of a report.

use super::rates::{Micros, cut, each, percent};
use crate::{
    Windows,
    lookup::{Count, INSTALLS, REJECTED_TOUCHES, REVENUE, add_up, windows_of},
};
use serde::Serialize;
use sluicegate_ledger::Day;
use sluicegate_register::{Advertiser, Campaign};
use std::{collections::BTreeMap, time::Duration};

/// One day, app, system, country, campaign, line item and ad.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportLine {
    /// The day, as `2026-11-26`.
    pub date: String,
    /// The app.
    pub app_id: String,
    /// The operating system, as exposures say it.
    pub os: String,
    /// The country, as ISO 3166-1 alpha-3.
    pub country: String,
    /// The platform.
    pub media_source: &'static str,
    /// The campaign.
    pub campaign_id: String,
    /// Its name in the register, where it has one.
    pub campaign_name: String,
    /// The line item.
    pub line_item_id: String,
    /// The ad.
    pub creative_id: String,
    /// How long before a conversion a touch of the campaign may lie: click, engaged view and impression, as
    /// `7d/24h/24h`; the campaign's as they are now.
    pub window: String,
    /// Counts, by the names of the columns; each is there.
    #[serde(flatten)]
    pub counts: BTreeMap<String, i64>,
    /// Clicks by impressions, in percent with two places.
    pub ctr: Option<String>,
    /// Installs by clicks, in percent with two places.
    pub conversion_rate: Option<String>,
    /// Revenue by currency, in millionths.
    pub revenue_micros: Micros,
    /// Revenue by the day's users, by currency, in millionths.
    pub arpu_micros: Micros,
    /// Currencies of which more came in, or went out, than a line holds: their numbers here are too near to zero.
    pub cut: Vec<String>,
    /// Touches that cannot have led to a conversion, by reason.
    pub rejected_touches_by_reason: BTreeMap<String, i64>,
    /// Installs that partners rejected, by reason.
    pub rejected: BTreeMap<String, i64>,
    /// `exact`.
    pub basis: &'static str,
    /// Nobody who turned sharing off is in a line.
    pub off_share_included: bool,
}

/// The platform, in the column where others name theirs.
pub(super) const MEDIA_SOURCE: &str = "platform";

/// The columns of counts, in their order.
pub(super) const COLUMNS: [&str; 23] = [
    "impressions",
    "viewable_impressions",
    "video_views",
    "video_completions",
    "engaged_views",
    "clicks",
    "installs_click",
    "installs_engaged_view",
    "installs_view",
    "installs_total",
    "re_attributions",
    "re_engagements",
    "assists",
    "rejected_touches",
    "rejected_installs",
    "events",
    "unique_users",
    "loyal_users",
    "apple_installs",
    "apple_reinstalls",
    "apple_re_engagements",
    "apple_assists",
    "apple_later_postbacks",
];

impl ReportLine {
    /// Returns a column.
    pub fn count(&self, column: &str) -> i64 {
        self.counts.get(column).copied().unwrap_or(0)
    }

    /// Makes the rates, once everything is counted.
    fn rate(&mut self) {
        self.ctr = percent(self.count("clicks"), self.count("impressions"));
        self.conversion_rate = percent(self.count("installs_total"), self.count("clicks"));
        self.arpu_micros = each(&self.revenue_micros, self.count("unique_users"));
        self.cut = cut(&[&self.revenue_micros]);
    }

    fn add(&mut self, count: Count) {
        let amount = count.amount;
        if let Some(currency) = count.measure.strip_prefix(REVENUE) {
            add_to(self.revenue_micros.entry(currency.to_owned()).or_default(), amount);
        } else if let Some(reason) = count.measure.strip_prefix(REJECTED_TOUCHES) {
            add_to(self.rejected_touches_by_reason.entry(reason.to_owned()).or_default(), amount);
            add_to(self.counts.entry(String::from("rejected_touches")).or_default(), amount);
        } else if let Some(reason) = count.measure.strip_prefix("rejected:") {
            add_to(self.rejected.entry(reason.to_owned()).or_default(), amount);
            add_to(self.counts.entry(String::from("rejected_installs")).or_default(), amount);
        } else {
            // Their sum is `installs_total`.
            if INSTALLS.contains(&count.measure.as_str()) {
                add_to(self.counts.entry(String::from("installs_total")).or_default(), amount);
            }
            add_to(self.counts.entry(count.measure).or_default(), amount);
        }
    }
}

fn add_to(sum: &mut i64, amount: i64) {
    *sum = add_up(*sum, amount);
}

/// Gathers what was counted into lines, in the order of days and names.
pub(super) fn of(advertiser: &Advertiser, counts: Vec<Count>) -> Vec<ReportLine> {
    let mut lines: BTreeMap<(Day, String), ReportLine> = BTreeMap::new();
    for count in counts {
        let key = (count.day, count.line.clone());
        let line = lines.entry(key).or_insert_with(|| begin(advertiser, count.day, &count.line));
        line.add(count);
    }
    let mut lines: Vec<ReportLine> = lines.into_values().collect();
    lines.iter_mut().for_each(ReportLine::rate);
    lines
}

fn begin(advertiser: &Advertiser, day: Day, line: &str) -> ReportLine {
    let parts = parts(line);
    ReportLine {
        date: date(day),
        campaign_name: name_of(advertiser, &parts.campaign_id),
        // Apple's postbacks have no line item, and windows of Apple's own.
        window: if parts.line_item_id.is_empty() {
            String::new()
        } else {
            window_of(advertiser, &parts.campaign_id)
        },
        media_source: MEDIA_SOURCE,
        counts: COLUMNS.into_iter().map(|column| (column.to_owned(), 0)).collect(),
        basis: "exact",
        ..parts
    }
}

/// Reads the names of a line out of its text.
pub(super) fn parts(line: &str) -> ReportLine {
    let parts: Vec<String> = serde_json::from_str(line).unwrap_or_default();
    let mut parts = parts.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    ReportLine {
        app_id: next(),
        os: next(),
        country: next(),
        campaign_id: next(),
        line_item_id: next(),
        creative_id: next(),
        ..ReportLine::default()
    }
}

/// Returns the name of a campaign in the register, where it has one.
pub(super) fn name_of(advertiser: &Advertiser, campaign_id: &str) -> String {
    campaign(advertiser, campaign_id).map(|campaign| campaign.name.clone()).unwrap_or_default()
}

/// Returns the windows of a campaign as they are now.
pub(super) fn window_of(advertiser: &Advertiser, campaign_id: &str) -> String {
    window(campaign(advertiser, campaign_id).map_or_else(Windows::default, windows_of))
}

fn campaign<'a>(advertiser: &'a Advertiser, campaign_id: &str) -> Option<&'a Campaign> {
    advertiser.campaigns.iter().find(|campaign| campaign.id == campaign_id)
}

fn window(windows: Windows) -> String {
    let hours = |window: Duration| window.as_secs() / 3_600;
    let (click, engaged, view) = (windows.click, windows.engaged_view, windows.view);
    format!("{}d/{}h/{}h", hours(click) / 24, hours(engaged), hours(view))
}

/// Returns a day as `2026-11-26`.
pub(super) fn date(day: Day) -> String {
    crate::record::day_after(day.start(), 0)
}
