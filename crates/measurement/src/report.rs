//! What an advertiser's ads led to: exact where the people's touches may be told, and for the others in
//! totals only, with noise.
//!
//! Exact lines are counted as things happen and never change when somebody turns sharing off: a number
//! that shrank would say who did. What is counted of people who are off is in one total a day and kind,
//! drawn once and kept, with a budget per advertiser and month.

mod converted;
mod costs;
mod csv;
mod lines;
mod noise;
mod rates;
mod totals;

pub use converted::ConvertedLine;
pub use costs::CostLine;
pub use lines::ReportLine;
pub use noise::{Budget, BudgetError};
pub use rates::{Micros, Worth};
pub use totals::{DayTotal, LeftOutCount, Release, Releases};

use crate::{
    PeopleOff,
    cost::Costs,
    fields::is_registered_id,
    lookup::{Conversions, ConversionsError, CountsOf, complete_through},
};
use serde::Serialize;
use sluicegate_gate::{
    AdvertiserId,
    time::{Clock, Dice},
};
use sluicegate_ledger::Day;
use sluicegate_register::Advertiser;
use std::sync::Arc;

/// Days of one report at most.
pub const DAYS_MAX: i64 = 92;
/// How many days ago a report begins at most. What is told of people who are off is drawn for each day that is asked
/// about, and kept for good: so there is an end to it.
pub const DAYS_BACK_MAX: i64 = 400;

/// Lines of one report at most: all of them are in memory at once, some 3 KB each.
pub const LINES_MAX: usize = 100_000;

/// What reports are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct ReportParts {
    /// What was counted.
    pub conversions: Arc<dyn Conversions>,
    /// What the ads cost.
    pub costs: Arc<dyn Costs>,
    /// What was released of people who are off.
    pub releases: Arc<dyn Releases>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// What becomes of people who are off.
    pub people_off: PeopleOff,
    /// How much may be told of any one of them.
    pub budget: Budget,
}

/// Makes reports.
#[derive(Clone, Debug)]
pub struct Reports {
    parts: ReportParts,
}

/// What an advertiser's ads led to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whose.
    pub advertiser_id: AdvertiserId,
    /// From which day.
    pub from: String,
    /// To which day.
    pub to: String,
    /// The one campaign that it is of; of all where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// The last day that is complete: no count of it or of a day before changes any more.
    pub data_through: String,
    /// The version of this form.
    pub report_version: u8,
    /// Exact, of people whose touches may be told.
    pub lines: Vec<ReportLine>,
    /// The same conversions by what they count as, their touch, and the days in between.
    pub conversions: Vec<ConvertedLine>,
    /// What campaigns and line items cost, beside the sums of their lines.
    pub costs: Vec<CostLine>,
    /// By day, with people who are off; only where the platform has that.
    pub totals: Vec<DayTotal>,
    /// How the totals protect people; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Privacy>,
    /// Who is not in it, and why.
    pub left_out: Vec<&'static str>,
}

/// How totals protect the people in them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Privacy {
    /// `dp`.
    pub basis: &'static str,
    /// The mechanism.
    pub mechanism: &'static str,
    /// Who counts as one person.
    pub unit: &'static str,
    /// About any one person, for one advertiser and month.
    pub epsilon: f64,
    /// Zero: the promise has no exception.
    pub delta: f64,
}

/// A report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The days are none, or too many.
    #[error("not a range of 1 to {DAYS_MAX} days")]
    Range,
    /// The first day is too long ago.
    #[error("more than {DAYS_BACK_MAX} days ago")]
    TooLongAgo,
    /// What is to be a campaign's id is none.
    #[error("not the id of a campaign")]
    Campaign,
    /// There are too many lines on these days.
    #[error(
        "more than {LINES_MAX} lines: ask for fewer days, or with `campaign_id` for one campaign at once"
    )]
    TooManyLines,
    /// The store failed.
    #[error(transparent)]
    Conversions(#[from] ConversionsError),
}

impl Reports {
    /// Makes them of their parts.
    pub fn new(parts: ReportParts) -> Self {
        Self { parts }
    }

    /// Returns the last days up to today.
    pub fn last_days(&self, days: i64) -> (Day, Day) {
        let today = Day::of(self.parts.clock.now());
        (Day(today.0.saturating_sub(days.saturating_sub(1))), today)
    }

    /// Returns the first day that a report may begin with.
    pub fn earliest(&self) -> Day {
        Day(Day::of(self.parts.clock.now()).0.saturating_sub(DAYS_BACK_MAX))
    }

    /// Makes an advertiser's report of these days, of one campaign or of all. Totals of days that are over are
    /// drawn now if they were not before, and are the same ever after; there are none of one campaign.
    pub async fn report(
        &self,
        advertiser: &Advertiser,
        from: Day,
        to: Day,
        campaign: Option<&str>,
    ) -> Result<Report, ReportError> {
        let days = to.0.saturating_sub(from.0).saturating_add(1);
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(ReportError::Range);
        }
        if from < self.earliest() {
            return Err(ReportError::TooLongAgo);
        }
        if campaign.is_some_and(|id| !is_registered_id(id)) {
            return Err(ReportError::Campaign);
        }
        let campaign_id = campaign.map(str::to_owned);
        let of = CountsOf {
            campaign: campaign_id.clone(),
            ..CountsOf::all(advertiser.id.clone(), from, to)
        };
        // Why first: nothing of them is read where there are too many.
        if self.parts.conversions.lines(of.clone(), LINES_MAX + 1).await? > LINES_MAX {
            return Err(ReportError::TooManyLines);
        }
        let mut counts = self.parts.conversions.counted(of).await?;
        let conversions = converted::take(advertiser, &mut counts);
        let lines = lines::of(advertiser, counts);
        let mut costs = self.parts.costs.costs(advertiser.id.clone(), from, to).await?;
        costs.retain(|cost| campaign.is_none_or(|id| cost.campaign == id));
        let costs = costs::of(advertiser, costs, &lines);
        let (totals, privacy) = match (self.parts.people_off, campaign) {
            (PeopleOff::Excluded, _) | (PeopleOff::InTotals, Some(_)) => (Vec::new(), None),
            (PeopleOff::InTotals, None) => {
                self.totals(&advertiser.id, (from, to), &lines, &costs).await?
            }
        };
        Ok(Report {
            advertiser_id: advertiser.id.clone(),
            from: lines::date(from),
            to: lines::date(to),
            campaign_id,
            data_through: lines::date(complete_through(self.parts.clock.now())),
            report_version: 4,
            lines,
            conversions,
            costs,
            totals,
            privacy,
            left_out: left_out(self.parts.people_off),
        })
    }
}

impl Report {
    /// Returns the exact lines as CSV, what ads cost after them, and then the totals.
    pub fn csv(&self) -> String {
        csv::of(self)
    }

    /// Returns the conversions by the days since their touch as CSV.
    pub fn conversions_csv(&self) -> String {
        csv::of_conversions(self)
    }
}

/// Says who is not in the lines.
fn left_out(people_off: PeopleOff) -> Vec<&'static str> {
    let off = match people_off {
        PeopleOff::Excluded => {
            "People who turned sharing off, and what they saw while it was off: they are in no number here"
        }
        PeopleOff::InTotals => {
            "People who turned sharing off, and what they saw while it was off: they are in no line, and with noise in the totals by day, which are of all campaigns"
        }
    };
    vec![
        off,
        "People whose device, browser or law opts out, and everyone under 18: they are in no number here",
        "Ads of before you linked a measurement partner, and devices without an id that may be told",
        "Conversions that no linked measurement partner reported",
        "Costs that the platform did not tell; they are known by day, campaign and line item, and stand on no finer line",
        "Single people: your measurement partner is told of them, one by one, where they allow it",
        "The last days: a conversion can be reported up to 37 days after it happened; an install that is rejected when its day is complete stands on the day of that",
        "Lines and your partner's own numbers differ where the partner credits another touch",
    ]
}
