//! What an operator sets.

use sluicegate_gate::Secret;
use std::{fmt, time::Duration};

/// Limits and keys of the exchange.
#[derive(Clone)]
pub struct ExchangeOptions {
    /// How long an auction may take where the request does not say (`tmax`). Default 200 ms.
    pub default_tmax: Duration,
    /// The longest `tmax` that is kept; a longer one counts as this. Default 1000 ms.
    pub max_tmax: Duration,
    /// Kept back from `tmax` for our own work and the way back. Default 20 ms.
    pub margin: Duration,
    /// How often a billing notice is tried in all. Default 6.
    pub billing_attempts: u32,
    /// How long after the first attempt the second follows; each next pause is twice as long.
    /// Default 2 s.
    pub billing_pause: Duration,
    /// How many notices of one partnership may be waiting or on their way at once; further ones are dropped and
    /// counted. Default 4096.
    pub notices_max: usize,
    /// Where browsers report that an ad was shown: the token of a bid is put behind it. Without it bids
    /// carry no such address. Default none.
    pub events_url: Option<String>,
    /// Key of the user ids that differ by partner and day. All gateways of a platform share it.
    pub pairwise_key: Secret<[u8; 32]>,
    /// Key of the tokens that carry an auction's state to the render report. All gateways of a
    /// platform share it.
    pub token_key: Secret<[u8; 32]>,
}

impl ExchangeOptions {
    /// Returns the defaults with these keys.
    pub fn new(pairwise_key: Secret<[u8; 32]>, token_key: Secret<[u8; 32]>) -> Self {
        Self {
            default_tmax: Duration::from_millis(200),
            max_tmax: Duration::from_secs(1),
            margin: Duration::from_millis(20),
            billing_attempts: 6,
            billing_pause: Duration::from_secs(2),
            notices_max: 4_096,
            events_url: None,
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
