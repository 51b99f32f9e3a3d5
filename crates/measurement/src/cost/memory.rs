//! Costs in memory, for tests and previews: nothing in it survives the process.

use super::{Cost, Costs};
use crate::lookup::Kept;
use futures_util::future::{FutureExt as _, ready};
use parking_lot::Mutex;
use sluicegate_gate::AdvertiserId;
use sluicegate_ledger::Day;
use std::collections::BTreeMap;

/// Costs in memory. It keeps the whole contract of [`Costs`] except durability.
#[derive(Debug, Default)]
pub struct MemoryCosts(Mutex<BTreeMap<Place, i64>>);

/// Of which advertiser, day, campaign, line item and currency.
type Place = (AdvertiserId, Day, String, Option<String>, String);

impl Costs for MemoryCosts {
    fn tell(&self, costs: Vec<Cost>) -> Kept<'_, ()> {
        let mut kept = self.0.lock();
        for Cost { advertiser, day, campaign, line_item, currency, micros } in costs {
            kept.insert((advertiser, day, campaign, line_item, currency), micros);
        }
        ready(Ok(())).boxed()
    }

    fn costs(&self, advertiser: AdvertiserId, from: Day, to: Day) -> Kept<'_, Vec<Cost>> {
        let kept = self.0.lock();
        let asked = kept
            .iter()
            .filter(|((of, day, ..), _)| *of == advertiser && from.0 <= day.0 && day.0 <= to.0);
        let cost =
            |((advertiser, day, campaign, line_item, currency), micros): (&Place, &i64)| Cost {
                advertiser: advertiser.clone(),
                day: *day,
                campaign: campaign.clone(),
                line_item: line_item.clone(),
                currency: currency.clone(),
                micros: *micros,
            };
        ready(Ok(asked.map(cost).collect())).boxed()
    }
}
