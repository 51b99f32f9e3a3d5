//! Whose turn it is to look for touches. A body of conversions of devices that saw much finds tens of thousands of
//! them, and a partnership may have 64 bodies under way.

use parking_lot::Mutex;
use sluicegate_gate::PartnershipId;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Semaphore;

/// Bodies of one partnership whose touches are held at once: with those of 22 conversions each at most
/// 4 x 22 x 300 touches, 26 MB of a kilobyte each. What waits for its turn holds none.
const AT_ONCE_MAX: usize = 4;

/// The turns of each partnership. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<BTreeMap<PartnershipId, Arc<Semaphore>>>>);

impl Turns {
    /// Returns the turns of one partnership: no other waits for them.
    pub(super) fn of(&self, partnership: &PartnershipId) -> Arc<Semaphore> {
        let mut all = self.0.lock();
        let own =
            all.entry(partnership.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE_MAX)));
        Arc::clone(own)
    }
}
