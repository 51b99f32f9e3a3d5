//! A bid as it came, until it is answered or told that it lost.

use crate::identifiers::Identifiers;
use sluicegate_gate::{DisclosureId, PartnershipId};
use sluicegate_openrtb::{macros::Values, money::Currency, response::Bid};
use std::sync::Arc;

/// A bid as it came, with what its notices say of where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) partnership: PartnershipId,
    pub(crate) disclosure: DisclosureId,
    /// `bidid` of the response.
    pub(crate) response_bid_id: Option<String>,
    pub(crate) seat: Option<String>,
    /// The currency of its price.
    pub(crate) currency: Currency,
    pub(crate) bid: Bid,
    /// What must not come back with its notices and markup.
    pub(crate) identifiers: Arc<Identifiers>,
}

impl Heard {
    /// Returns the macros' values that do not depend on how the auction ends.
    pub(crate) fn values(&self) -> Values {
        Values {
            auction_id: Some(self.disclosure.to_string()),
            bid_id: self.response_bid_id.clone(),
            imp_id: Some(self.bid.imp_id.clone()),
            seat_id: self.seat.clone(),
            ad_id: self.bid.ad_id.clone(),
            currency: Some(self.currency),
            ..Values::default()
        }
    }
}
