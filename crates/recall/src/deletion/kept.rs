//! What partners publish, kept for some minutes: whoever claims to be a partner can have it asked for, and must not
//! have it fetched each time.

use super::{Listing, ListingError, Listings};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sluicegate_gate::{
    PartnershipId,
    time::{BootMillis, Clock},
};
use sluicegate_ledger::SendError;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

/// For how long what was read holds. A key that a partner publishes counts after that at the latest.
const HOLDS: Duration = Duration::from_mins(5);
/// How long it takes until a failed read is tried again.
const FAILED_HOLDS: Duration = Duration::from_mins(1);

/// Reads each partnership's listing once at a time, and seldom.
pub struct KeptListings {
    listings: Arc<dyn Listings>,
    clock: Arc<dyn Clock>,
    kept: Mutex<BTreeMap<PartnershipId, Place>>,
}

/// Locked by whoever reads.
type Place = Arc<tokio::sync::Mutex<Option<Read>>>;

struct Read {
    at: BootMillis,
    outcome: Result<Bytes, SendError>,
    /// Whether it is such a file: another page stands in its place while it is not there.
    is_there: bool,
}

impl Read {
    fn holds(&self, now: BootMillis) -> bool {
        let holds = if self.is_there { HOLDS } else { FAILED_HOLDS };
        now.since(self.at) < holds
    }
}

impl KeptListings {
    /// Keeps what these read.
    pub fn new(listings: Arc<dyn Listings>, clock: Arc<dyn Clock>) -> Self {
        Self { listings, clock, kept: Mutex::default() }
    }

    async fn read(&self, partnership: PartnershipId) -> Result<Bytes, SendError> {
        let place = Arc::clone(self.kept.lock().entry(partnership.clone()).or_default());
        let mut kept = place.lock_owned().await;
        let at = self.clock.boot();
        if let Some(read) = kept.as_ref().filter(|read| read.holds(at)) {
            return read.outcome.clone();
        }
        let (listings, clock) = (Arc::clone(&self.listings), Arc::clone(&self.clock));
        // Why apart: whoever hangs up while it is read has had their read, too, and it is there for the next one.
        let reading = tokio::spawn(async move {
            let outcome = listings.listing(&partnership).await;
            let shape = |body: &Bytes| !matches!(Listing::read(body), Err(ListingError::Shape));
            let is_there = outcome.as_ref().is_ok_and(shape);
            *kept = Some(Read { at: clock.boot(), outcome: outcome.clone(), is_there });
            outcome
        });
        reading.await.unwrap_or(Err(SendError::Protocol))
    }
}

impl Listings for KeptListings {
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>> {
        Box::pin(self.read(partnership.clone()))
    }
}

impl fmt::Debug for KeptListings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeptListings").finish_non_exhaustive()
    }
}
