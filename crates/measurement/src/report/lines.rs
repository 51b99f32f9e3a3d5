//! The exact lines of a report.

use crate::{
    Windows,
    lookup::{Count, add_up, windows_of},
};
use serde::Serialize;
use sluicegate_ledger::Day;
use sluicegate_register::Advertiser;
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
    /// Counts, by the names of the columns.
    #[serde(flatten)]
    pub counts: BTreeMap<String, i64>,
    /// Money by currency, in millionths.
    pub revenue_micros: BTreeMap<String, i64>,
    /// Installs that partners rejected, by reason.
    pub rejected: BTreeMap<String, i64>,
}

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

/// The columns whose sum is `installs_total`.
const INSTALLS: [&str; 3] = ["installs_click", "installs_engaged_view", "installs_view"];

impl ReportLine {
    /// Returns a column.
    pub fn count(&self, column: &str) -> i64 {
        self.counts.get(column).copied().unwrap_or(0)
    }

    /// Returns clicks by impressions in percent with two places.
    pub fn click_rate(&self) -> String {
        rate(self.count("clicks"), self.count("impressions"))
    }

    /// Returns installs by clicks in percent with two places.
    pub fn conversion_rate(&self) -> String {
        rate(self.count("installs_total"), self.count("clicks"))
    }

    /// Returns the revenue in a currency by users of that day, in millionths; `None` where there was none.
    pub fn revenue_by_user(&self, currency: &str) -> Option<i64> {
        self.revenue_micros.get(currency)?.checked_div(self.count("unique_users"))
    }

    fn add(&mut self, count: Count) {
        let amount = count.amount;
        if let Some(currency) = count.measure.strip_prefix(crate::lookup::REVENUE) {
            add_to(self.revenue_micros.entry(currency.to_owned()).or_default(), amount);
        } else if let Some(reason) = count.measure.strip_prefix("rejected:") {
            add_to(self.rejected.entry(reason.to_owned()).or_default(), amount);
            add_to(self.counts.entry(String::from("rejected_installs")).or_default(), amount);
        } else {
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
    lines.into_values().collect()
}

fn begin(advertiser: &Advertiser, day: Day, line: &str) -> ReportLine {
    let parts: Vec<String> = serde_json::from_str(line).unwrap_or_default();
    let part = |place: usize| parts.get(place).cloned().unwrap_or_default();
    let campaign_id = part(3);
    let campaign = advertiser.campaigns.iter().find(|campaign| campaign.id == campaign_id);
    ReportLine {
        date: date(day),
        app_id: part(0),
        os: part(1),
        country: part(2),
        campaign_name: campaign.map(|campaign| campaign.name.clone()).unwrap_or_default(),
        // Apple's postbacks have no line item, and windows of Apple's own.
        window: if part(4).is_empty() {
            String::new()
        } else {
            window(campaign.map_or_else(Windows::default, windows_of))
        },
        campaign_id,
        line_item_id: part(4),
        creative_id: part(5),
        ..ReportLine::default()
    }
}

fn window(windows: Windows) -> String {
    let hours = |window: Duration| window.as_secs() / 3_600;
    let (click, engaged, view) = (windows.click, windows.engaged_view, windows.view);
    format!("{}d/{}h/{}h", hours(click) / 24, hours(engaged), hours(view))
}

fn rate(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return String::new();
    }
    let hundredths = part.saturating_mul(10_000) / whole;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Returns a day as `2026-11-26`.
pub(super) fn date(day: Day) -> String {
    crate::record::day_after(day.start(), 0)
}
