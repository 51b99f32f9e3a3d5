//! A bid as it came, until it is answered or told that it lost.

use crate::identifiers::Identifiers;
use sluicegate_gate::{DisclosureId, PartnershipId};
use sluicegate_ledger::Held;
use sluicegate_openrtb::{macros::Values, money::Currency, response::Bid};
use std::sync::Arc;

/// Where bids came from: what those of one answer have in common.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) partnership: PartnershipId,
    pub(crate) disclosure: DisclosureId,
    /// The id of the request as this partner got it.
    pub(crate) auction_id: String,
    /// `bidid` of the response.
    pub(crate) bid_id: Option<String>,
    /// The currency of its prices.
    pub(crate) currency: Currency,
    /// What must not come back with its notices and markup.
    pub(crate) identifiers: Identifiers,
    /// The place of the answer at the door, which is free again once no bid of it is left.
    #[expect(dead_code, reason = "it is only held")]
    pub(crate) held: Option<Arc<dyn Held>>,
}

/// A bid as it came, with what its notices say of where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) source: Arc<Source>,
    pub(crate) seat: Option<String>,
    pub(crate) bid: Bid,
}

impl Heard {
    /// Returns the macros' values that do not depend on how the auction ends.
    pub(crate) fn values(&self) -> Values<'_> {
        Values {
            auction_id: Some(&self.source.auction_id),
            bid_id: self.source.bid_id.as_deref(),
            imp_id: Some(&self.bid.imp_id),
            seat_id: self.seat.as_deref(),
            ad_id: self.bid.ad_id.as_deref(),
            currency: Some(self.source.currency),
            ..Values::default()
        }
    }
}
