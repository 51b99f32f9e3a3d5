//! The contract of [`Costs`], run: any list of costs is told to a store, body by body, and each answer is what
//! was told last.

use super::{Cost, Costs};
use crate::lookup::ConversionsError;
use sluicegate_gate::{AdvertiserId, IdError};
use sluicegate_ledger::Day;

/// A cost that is told. Numbers stand for advertisers, campaigns, line items and currencies.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Whose.
    pub advertiser: u8,
    /// On which day.
    pub day: u8,
    /// Of which campaign.
    pub campaign: u8,
    /// Of which line item; of the whole campaign where it is a multiple of three.
    pub line_item: u8,
    /// In which currency.
    pub currency: u8,
    /// How much.
    pub micros: u32,
}

/// The contract is broken, or could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A store answered otherwise than it must.
    #[error("the store answered {found}, where {right} is right")]
    Wrong {
        /// What came.
        found: String,
        /// What must come.
        right: String,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] ConversionsError),
    /// A name of the test is none.
    #[error(transparent)]
    Name(#[from] IdError),
}

/// Tells every body and asks after each, of every advertiser, all days and some of them.
pub async fn check(store: &dyn Costs, bodies: &[Vec<Told>]) -> Result<(), Failure> {
    let mut right: Vec<Cost> = Vec::new();
    for body in bodies {
        let costs = body.iter().map(cost).collect::<Result<Vec<Cost>, IdError>>()?;
        store.tell(costs.clone()).await?;
        for cost in costs {
            right.retain(|other| place(other) != place(&cost));
            right.push(cost);
        }
        right.sort_by_key(place);
        for number in 0..=ADVERTISERS {
            let advertiser = advertiser(number)?;
            for (from, to) in [(i64::MIN, i64::MAX), (1, 3), (2, 2), (3, 1)] {
                let days = |cost: &&Cost| {
                    cost.advertiser == advertiser && from <= cost.day.0 && cost.day.0 <= to
                };
                let right: Vec<Cost> = right.iter().filter(days).cloned().collect();
                let found = store.costs(advertiser.clone(), Day(from), Day(to)).await?;
                if found != right {
                    let (found, right) = (format!("{found:?}"), format!("{right:?}"));
                    return Err(Failure::Wrong { found, right });
                }
            }
        }
    }
    Ok(())
}

fn advertiser(number: u8) -> Result<AdvertiserId, IdError> {
    format!("shop-{}", number % (ADVERTISERS + 1)).parse()
}

fn cost(told: &Told) -> Result<Cost, IdError> {
    let named = |prefix: &str, number: u8| format!("{prefix}{}", number % 3);
    Ok(Cost {
        advertiser: advertiser(told.advertiser % ADVERTISERS)?,
        day: Day(i64::from(told.day % 5)),
        campaign: named("c_", told.campaign),
        line_item: (!told.line_item.is_multiple_of(3)).then(|| named("li_", told.line_item)),
        currency: String::from(if told.currency.is_multiple_of(2) { "EUR" } else { "JPY" }),
        micros: i64::from(told.micros),
    })
}

fn place(cost: &Cost) -> (AdvertiserId, Day, String, Option<String>, String) {
    let Cost { advertiser, day, campaign, line_item, currency, micros: _ } = cost.clone();
    (advertiser, day, campaign, line_item, currency)
}

/// Advertisers that have costs; one more has none.
const ADVERTISERS: u8 = 2;
