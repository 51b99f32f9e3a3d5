//! Buyers in memory, for tests: nothing in it survives the process.

use super::{BUYERS_MAX, Buyer, Buyers, BuyersError, Sightings};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use parking_lot::Mutex;
use sluicegate_gate::PartnershipId;
use std::collections::BTreeMap;

/// Buyers in memory. It keeps the whole contract of [`Buyers`] except durability.
#[derive(Debug, Default)]
pub struct MemoryBuyers(Mutex<BTreeMap<Buyer, Sightings>>);

impl Buyers for MemoryBuyers {
    fn add(&self, seen: Vec<(Buyer, Sightings)>) -> BoxFuture<'_, Result<usize, BuyersError>> {
        let mut kept = self.0.lock();
        let mut counts: BTreeMap<PartnershipId, usize> = BTreeMap::new();
        for buyer in kept.keys() {
            *counts.entry(buyer.partnership.clone()).or_default() += 1;
        }
        let mut left_out = 0;
        for (buyer, sightings) in seen {
            if let Some(known) = kept.get_mut(&buyer) {
                known.add(sightings);
                continue;
            }
            let count = counts.entry(buyer.partnership.clone()).or_default();
            if *count < BUYERS_MAX {
                *count += 1;
                kept.insert(buyer, sightings);
            } else {
                left_out += 1;
            }
        }
        ready(Ok(left_out)).boxed()
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(Buyer, Sightings)>, BuyersError>> {
        let all = self.0.lock().iter().map(|(buyer, seen)| (buyer.clone(), *seen)).collect();
        ready(Ok(all)).boxed()
    }
}
