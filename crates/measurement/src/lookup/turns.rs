//! Whose turn it is to look for touches. A body of conversions of devices that saw much finds tens of thousands of
//! them, and a partnership may have 64 bodies under way.

use parking_lot::Mutex;
use sluicegate_gate::PartnershipId;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Conversions of one partnership whose touches are held at once: of 300 touches each, of a kilobyte, 60 MB. Where each
/// touch has the longest consent strings that there may be, it is fifty times as much. What waits for its turn holds none.
const AT_ONCE_MAX: u32 = 200;

/// The turns of each partnership. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<BTreeMap<PartnershipId, OwnTurns>>>);

impl Turns {
    /// Returns the turns of one partnership: no other waits for them.
    pub(super) fn of(&self, partnership: &PartnershipId) -> OwnTurns {
        self.0.lock().entry(partnership.clone()).or_default().clone()
    }
}

/// The turns of one partnership.
#[derive(Clone, Debug)]
pub(super) struct OwnTurns(Arc<Semaphore>);

impl Default for OwnTurns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(AT_ONCE_MAX).unwrap_or(1))))
    }
}

impl OwnTurns {
    /// Waits until so many conversions have their turn; it ends with what is returned. More than there are at all
    /// take all.
    pub(super) async fn take(&self, conversions: usize) -> Option<SemaphorePermit<'_>> {
        let asked = u32::try_from(conversions).unwrap_or(AT_ONCE_MAX).min(AT_ONCE_MAX);
        // It is never closed.
        self.0.acquire_many(asked).await.ok()
    }
}
