//! Totals by day with people who are off.

use super::{
    Budget, CostLine, Micros, Privacy, ReportError, ReportLine, Reports, costs, lines,
    rates::{cut, each},
};
use crate::{ConversionType, lookup::Kept};
use serde::Serialize;
use sluicegate_gate::AdvertiserId;
use sluicegate_ledger::Day;
use std::{collections::BTreeMap, fmt::Debug};

/// One day, with people who are off. Each number is the exact one of the lines and a noisy one of the
/// others, so that taking the one from the other gives the noisy one back and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayTotal {
    /// The day.
    pub date: String,
    /// First installs. Noise can take a number below zero.
    pub installs: i64,
    /// Installs after an earlier one.
    pub re_attributions: i64,
    /// Returns to the app.
    pub re_engagements: i64,
    /// What all campaigns cost that day, by currency, in millionths.
    pub cost_micros: Micros,
    /// That by the installs as they stand here, with their noise; nothing where they are not above zero.
    pub ecpi_micros: Micros,
    /// Currencies of which the cost is more than a line holds, so that the number is too small.
    pub cut: Vec<String>,
    /// `dp`: what is made of a noisy number is noisy, too.
    pub basis: &'static str,
    /// People who turned sharing off are in the numbers.
    pub off_share_included: bool,
}

/// How many people are left out of the lines of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOutCount {
    /// The day.
    pub day: Day,
    /// As what they count.
    pub counts_as: ConversionType,
    /// How many. Never shown without noise.
    pub people: u64,
}

/// A number that is told, once and for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The day.
    pub day: Day,
    /// As what they count.
    pub counts_as: ConversionType,
    /// The number with its noise.
    pub amount: i64,
}

/// Where people who are off are counted, and what was told of them is kept. Every method is one
/// transaction; a write returns once it is durable.
pub trait Releases: Send + Sync + Debug {
    /// Returns how many are left out on these days; days with nobody may be missing.
    fn left_out(&self, advertiser: AdvertiserId, from: Day, to: Day)
    -> Kept<'_, Vec<LeftOutCount>>;

    /// Returns the budget that an advertiser's month has, keeping this one if it has none yet.
    fn budget(&self, advertiser: AdvertiserId, month: String, budget: Budget) -> Kept<'_, Budget>;

    /// Keeps numbers that are to be told, unless there is one for their day and kind already.
    fn release(&self, advertiser: AdvertiserId, releases: Vec<Release>) -> Kept<'_, ()>;

    /// Returns what was told of these days, in order of days and kinds.
    fn released(&self, advertiser: AdvertiserId, from: Day, to: Day) -> Kept<'_, Vec<Release>>;
}

impl Reports {
    /// Returns the totals of the days that are over. What is drawn once is the same ever after.
    pub(super) async fn totals(
        &self,
        advertiser: &AdvertiserId,
        (from, to): (Day, Day),
        lines: &[ReportLine],
        costs: &[CostLine],
    ) -> Result<(Vec<DayTotal>, Option<Privacy>), ReportError> {
        let today = Day::of(self.parts.clock.now());
        let last = Day(to.0.min(today.0.saturating_sub(1)));
        let mut epsilon = self.parts.budget;
        if from <= last {
            epsilon = self.draw(advertiser, from, last).await?;
        }
        let released = self.parts.releases.released(advertiser.clone(), from, last).await?;
        let days = from.0..=last.0;
        let costs = costs::by_day(costs);
        let totals = days.map(|day| total(Day(day), &released, lines, &costs)).collect();
        let privacy = Privacy {
            basis: "dp",
            mechanism: "discrete Laplace on a fixed grid of days, one count a person, advertiser, month and kind",
            unit: UNIT,
            epsilon: epsilon.epsilon(),
            delta: 0.0,
        };
        Ok((totals, Some(privacy)))
    }

    /// Draws what was not drawn yet, and returns the largest budget of the months it touches.
    async fn draw(
        &self,
        advertiser: &AdvertiserId,
        from: Day,
        last: Day,
    ) -> Result<Budget, ReportError> {
        let store = &self.parts.releases;
        let counted = store.left_out(advertiser.clone(), from, last).await?;
        let known = store.released(advertiser.clone(), from, last).await?;
        let mut largest: Option<Budget> = None;
        let mut fresh = Vec::new();
        let mut month: Option<(String, Budget)> = None;
        for day in (from.0..=last.0).map(Day) {
            let name = lines::date(day).get(..7).unwrap_or_default().to_owned();
            let budget = match &month {
                Some((kept, budget)) if *kept == name => *budget,
                Some(_) | None => {
                    let asked = self.parts.budget;
                    let budget = store.budget(advertiser.clone(), name.clone(), asked).await?;
                    month = Some((name, budget));
                    budget
                }
            };
            largest =
                largest.filter(|other| other.thousandths() > budget.thousandths()).or(Some(budget));
            for counts_as in ConversionType::ALL.iter().copied() {
                let at = |day_: Day, kind| day_ == day && kind == counts_as;
                if known.iter().any(|one| at(one.day, one.counts_as)) {
                    continue;
                }
                let people = counted.iter().find(|one| at(one.day, one.counts_as));
                let people = people.map_or(0, |one| i64::try_from(one.people).unwrap_or(i64::MAX));
                let noise = budget.noise(self.parts.dice.as_ref());
                fresh.push(Release { day, counts_as, amount: people.saturating_add(noise) });
            }
        }
        store.release(advertiser.clone(), fresh).await?;
        Ok(largest.unwrap_or(self.parts.budget))
    }
}

/// What is not an account is known to be of one only by an ad that named both.
const UNIT: &str = "a person, as one account, device or browser, or several that an ad they saw named together; keys that nothing joined before they were counted count once each, and epsilon holds for each of them";

fn total(
    day: Day,
    released: &[Release],
    lines: &[ReportLine],
    costs: &BTreeMap<&str, Micros>,
) -> DayTotal {
    let date = lines::date(day);
    let sum = |column: &str, kind: ConversionType| {
        let of_day = lines.iter().filter(|line| line.date == date);
        let exact: i64 = of_day.map(|line| line.count(column)).sum();
        let told = released.iter().find(|one| one.day == day && one.counts_as == kind);
        exact.saturating_add(told.map_or(0, |one| one.amount))
    };
    let installs = sum("installs_total", ConversionType::Install);
    let cost_micros = costs.get(date.as_str()).cloned().unwrap_or_default();
    DayTotal {
        installs,
        ecpi_micros: each(&cost_micros, installs),
        cut: cut(&[&cost_micros]),
        cost_micros,
        basis: "dp",
        off_share_included: true,
        re_attributions: sum("re_attributions", ConversionType::ReAttribution),
        re_engagements: sum("re_engagements", ConversionType::ReEngagement),
        date,
    }
}
