//! What ads cost, beside what they led to.

use super::{
    Micros, ReportLine, Worth,
    lines::{self, MEDIA_SOURCE},
    rates::cut,
};
use crate::{cost::Cost, lookup::add_up};
use serde::Serialize;
use sluicegate_ledger::Day;
use sluicegate_register::Advertiser;
use std::collections::BTreeMap;

/// What a campaign, or one line item of it, cost on a day, beside the sums of the lines that it is of.
///
/// Lines are by app, system, country and ad too, of which nobody knows the cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CostLine {
    /// The day, as `2026-11-26`.
    pub date: String,
    /// The platform.
    pub media_source: &'static str,
    /// The campaign.
    pub campaign_id: String,
    /// Its name in the register, where it has one.
    pub campaign_name: String,
    /// The line item; empty for the campaign as a whole.
    pub line_item_id: String,
    /// The campaign's windows as they are now.
    pub window: String,
    /// What it cost, by currency, in millionths.
    pub cost_micros: Micros,
    /// Impressions of the lines.
    pub impressions: i64,
    /// Clicks of the lines.
    pub clicks: i64,
    /// Installs of the lines.
    pub installs_total: i64,
    /// Revenue of the lines, by currency, in millionths.
    pub revenue_micros: Micros,
    /// Cost by installs, by currency, in millionths.
    pub ecpi_micros: Micros,
    /// Revenue less cost by cost, in percent with two places; see [`Worth`].
    pub roi: Option<String>,
    /// Revenue by cost, in percent with two places; see [`Worth`].
    pub roas: Option<String>,
    /// Currencies of which one of these sums is more than a line holds, so that the number is too small.
    pub cut: Vec<String>,
    /// `exact`: so are the numbers of the lines.
    pub basis: &'static str,
    /// Nobody who turned sharing off is in the numbers.
    pub off_share_included: bool,
}

/// Sets costs beside the sums of the lines. A campaign of which a day's cost was told as a whole has one line for
/// that day, with what was told of its line items in it: whatever the whole paid for, its line items shared.
pub(super) fn of(advertiser: &Advertiser, costs: Vec<Cost>, lines: &[ReportLine]) -> Vec<CostLine> {
    let mut days: BTreeMap<(Day, String), Vec<Cost>> = BTreeMap::new();
    for cost in costs {
        days.entry((cost.day, cost.campaign.clone())).or_default().push(cost);
    }
    let mut all: BTreeMap<(Day, String, String), CostLine> = BTreeMap::new();
    for ((day, campaign), costs) in days {
        let is_whole = costs.iter().any(|cost| cost.line_item.is_none());
        for cost in costs {
            let line_item = cost.line_item.filter(|_| !is_whole).unwrap_or_default();
            let place = (day, campaign.clone(), line_item.clone());
            let line =
                all.entry(place).or_insert_with(|| begin(advertiser, day, &campaign, line_item));
            add(&mut line.cost_micros, &cost.currency, cost.micros);
        }
    }
    let mut all: Vec<CostLine> = all.into_values().collect();
    fill(&mut all, lines);
    all
}

/// Returns what all campaigns together cost on each day.
pub(super) fn by_day(costs: &[CostLine]) -> BTreeMap<&str, Micros> {
    let mut days: BTreeMap<&str, Micros> = BTreeMap::new();
    for line in costs {
        let day = days.entry(&line.date).or_default();
        for (currency, micros) in &line.cost_micros {
            add(day, currency, *micros);
        }
    }
    days
}

fn begin(advertiser: &Advertiser, day: Day, campaign_id: &str, line_item_id: String) -> CostLine {
    CostLine {
        date: lines::date(day),
        media_source: MEDIA_SOURCE,
        campaign_id: campaign_id.to_owned(),
        campaign_name: lines::name_of(advertiser, campaign_id),
        line_item_id,
        window: lines::window_of(advertiser, campaign_id),
        basis: "exact",
        ..CostLine::default()
    }
}

/// Adds up the lines that each cost is of, and makes the rates.
fn fill(costs: &mut [CostLine], lines: &[ReportLine]) {
    let mut of_campaign: BTreeMap<(&str, &str), Vec<&ReportLine>> = BTreeMap::new();
    for line in lines {
        of_campaign.entry((&line.date, &line.campaign_id)).or_default().push(line);
    }
    for cost in costs {
        let key = (cost.date.as_str(), cost.campaign_id.as_str());
        let lines = of_campaign.get(&key).map(Vec::as_slice).unwrap_or_default();
        let is_whole = cost.line_item_id.is_empty();
        for line in lines.iter().filter(|line| is_whole || line.line_item_id == cost.line_item_id) {
            cost.impressions = add_up(cost.impressions, line.count("impressions"));
            cost.clicks = add_up(cost.clicks, line.count("clicks"));
            cost.installs_total = add_up(cost.installs_total, line.count("installs_total"));
            for (currency, micros) in &line.revenue_micros {
                add(&mut cost.revenue_micros, currency, *micros);
            }
        }
        let worth = Worth::of(&cost.cost_micros, &cost.revenue_micros, cost.installs_total);
        Worth { ecpi_micros: cost.ecpi_micros, roi: cost.roi, roas: cost.roas } = worth;
        cost.cut = cut(&[&cost.cost_micros, &cost.revenue_micros]);
    }
}

fn add(money: &mut Micros, currency: &str, micros: i64) {
    let sum = money.entry(currency.to_owned()).or_default();
    *sum = add_up(*sum, micros);
}
