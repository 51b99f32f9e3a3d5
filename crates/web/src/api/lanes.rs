//! How many bodies of one partner are worked on at once: more wait at the partner, not in our memory, and not
//! before the others' in the store.

use crate::problem::Problem;
use parking_lot::Mutex;
use sluicegate_gate::PartnershipId;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies of one partner that are worked on at once.
pub(crate) const AT_ONCE: usize = 64;
/// After how long a refused partner may try again.
const AGAIN: Duration = Duration::from_secs(1);

/// A lane for each partner. A partner has one only after it passed its key, so there are no more than keys.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<HashMap<PartnershipId, Arc<Semaphore>>>);

impl Lanes {
    /// Takes a place for one body, given up when the permit is dropped; refuses where all are taken.
    pub(crate) fn enter(
        &self,
        partnership: &PartnershipId,
    ) -> Result<OwnedSemaphorePermit, Problem> {
        let lane = {
            let mut lanes = self.0.lock();
            let lane = lanes
                .entry(partnership.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)));
            Arc::clone(lane)
        };
        lane.try_acquire_owned().map_err(|_all_taken| Problem::too_soon(AGAIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_whose_places_are_taken_is_refused_and_costs_no_other() {
        let [one, other] = ["one", "other"].map(|id| id.parse::<PartnershipId>().unwrap());
        let lanes = Lanes::default();
        let mut places: Vec<_> = (0..AT_ONCE).map(|_| lanes.enter(&one).unwrap()).collect();
        assert!(lanes.enter(&one).is_err());
        assert!(lanes.enter(&other).is_ok());
        drop(places.pop());
        let again = lanes.enter(&one);
        assert!(again.is_ok());
        assert!(lanes.enter(&one).is_err());
    }
}
