//! What the advertisers' ads cost, as the platform tells it of its own invoices.
//!
//! A cost is of an advertiser's campaign, or of one line item of it, on one day and in one currency. There is
//! one figure for each: told again it replaces the one before. Nothing in it is about a person.

pub mod conformance;
mod intake;
mod memory;

pub use intake::{COST_BODY, COSTS_MAX, CostError, CostIntake};
pub use memory::MemoryCosts;

use crate::lookup::Kept;
use sluicegate_gate::AdvertiserId;
use sluicegate_ledger::Day;
use std::fmt::Debug;

/// What a campaign, or one line item of it, cost on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Whose campaign it is.
    pub advertiser: AdvertiserId,
    /// The day, in UTC.
    pub day: Day,
    /// The campaign.
    pub campaign: String,
    /// The line item; none for what is told of the campaign as a whole.
    pub line_item: Option<String>,
    /// The currency, three capital letters (ISO 4217).
    pub currency: String,
    /// How much, in millionths of a unit; never below zero, a thousand million units at most.
    pub micros: i64,
}

/// Where costs are kept. Every method is one transaction; a write returns once it is durable.
pub trait Costs: Send + Sync + Debug {
    /// Keeps costs, each in place of what stood for its advertiser, day, campaign, line item and currency. Of
    /// two in one list the later stands.
    fn tell(&self, costs: Vec<Cost>) -> Kept<'_, ()>;

    /// Returns an advertiser's costs of these days in the order of days, campaigns, line items and currencies;
    /// a campaign as a whole comes before its line items.
    fn costs(&self, advertiser: AdvertiserId, from: Day, to: Day) -> Kept<'_, Vec<Cost>>;
}
