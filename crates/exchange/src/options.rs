//! What an operator sets.

use crate::{BillSchedule, rates::RateBoard};
use sluicegate_gate::Secret;
use std::{fmt, sync::Arc, time::Duration};

/// Limits and keys of the exchange.
#[derive(Clone)]
pub struct ExchangeOptions {
    /// How long an auction may take where the request does not say (`tmax`). Default 200 ms.
    pub default_tmax: Duration,
    /// The longest `tmax` that is kept; a longer one counts as this. Default 1000 ms.
    pub max_tmax: Duration,
    /// Kept back from `tmax` for our own work and the way back. Default 20 ms.
    pub margin: Duration,
    /// How many auctions may be under way at once, of browsers half as many; further ones are not taken on. Default
    /// 2,000.
    pub auctions_max: usize,
    /// How many of these one client without a key may have. Default 64.
    pub auctions_per_client_max: usize,
    /// While what is to be done waits for its turn for longer than this, or records wait four times as long until they
    /// are durable, no auction is taken on. An auction has some five turns. Default 25 ms.
    pub behind_max: Duration,
    /// When a bill is tried again. Default 11 attempts within a day.
    pub bill_schedule: BillSchedule,
    /// How many bills of one partnership may wait; further reports are refused until there is room.
    /// Default 100,000.
    pub bills_max: u64,
    /// How many wins and losses of one partnership may be waiting or on their way at once; further ones are
    /// dropped and counted. Default 4096.
    pub notices_max: usize,
    /// How many people must be on a partner's list before it is used. Default 100.
    pub list_people_min: u64,
    /// Exchange rates. Default: none, which convert nothing.
    pub rates: Arc<RateBoard>,
    /// Where browsers report that an ad was shown: the token of a bid is put behind it. Without it bids
    /// carry no such address. Default none.
    pub events_url: Option<String>,
    /// Where browsers report that they chose a bid, likewise. Default none.
    pub wins_url: Option<String>,
    /// Key of the user ids that differ by partner and day. All gateways of a platform share it.
    pub pairwise_key: Secret<[u8; 32]>,
    /// Key of the tokens that carry an auction's state to the render report, and of bills on the disk. All
    /// gateways of a platform share it.
    pub token_key: Secret<[u8; 32]>,
}

impl ExchangeOptions {
    /// Returns the defaults with these keys.
    pub fn new(pairwise_key: Secret<[u8; 32]>, token_key: Secret<[u8; 32]>) -> Self {
        Self {
            default_tmax: Duration::from_millis(200),
            max_tmax: Duration::from_secs(1),
            margin: Duration::from_millis(20),
            auctions_max: 2_000,
            auctions_per_client_max: 64,
            behind_max: Duration::from_millis(25),
            bill_schedule: BillSchedule::standard(),
            bills_max: 100_000,
            notices_max: 4_096,
            list_people_min: 100,
            rates: Arc::default(),
            events_url: None,
            wins_url: None,
            pairwise_key,
            token_key,
        }
    }

    /// Returns how long partners have for a request with that `tmax`.
    pub(crate) fn asking_time(&self, tmax: Option<Duration>) -> Duration {
        tmax.unwrap_or(self.default_tmax).min(self.max_tmax).saturating_sub(self.margin)
    }
}

impl fmt::Debug for ExchangeOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ExchangeOptions")
            .field("default_tmax", &self.default_tmax)
            .field("max_tmax", &self.max_tmax)
            .field("margin", &self.margin)
            .finish_non_exhaustive()
    }
}
