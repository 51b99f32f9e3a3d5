//! What of a request is put up for one partner: whoever knows the register chooses it.

use crate::{
    money::{Currency, Micros},
    request::{BannerSlot, Deal, Formats, Lengths},
};
use std::sync::Arc;

/// What of a request one partner is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The impressions, in the order of the request.
    pub imps: Vec<LotImp>,
    /// The currency of every floor in it.
    pub currency: Currency,
    /// The currencies that its bids may be in.
    pub currencies: Vec<Currency>,
    /// `wseat`: of the seats that alone may bid, those that the register lists for the partner.
    pub allowed_seats: Vec<String>,
    /// `bseat`: of the seats that may not bid, those that the register lists for the partner. Told only where no seats
    /// are named that alone may bid.
    pub blocked_seats: Vec<String>,
    /// `allimps`: whether these are all impressions that there are in that place.
    pub are_all_imps: bool,
    /// `source.fd`: whether somebody after this auction decides.
    pub is_decided_upstream: bool,
}

impl Lot {
    /// Returns the impression with that index in the request.
    pub fn imp(&self, index: usize) -> Option<&LotImp> {
        self.imps.iter().find(|imp| imp.index == index)
    }
}

/// One impression of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotImp {
    /// Its index in the request.
    pub index: usize,
    /// Of the formats on offer those that the partner can bid on.
    pub formats: Formats,
    /// Of the sizes of a banner on offer those that the partner can bid on.
    pub banner: Option<Arc<BannerSlot>>,
    /// The least price per thousand.
    pub floor: Micros,
    /// The floors that depend on how long an ad plays.
    pub lengths: Lengths,
    /// The deals that the register lists for the partner, by the register's terms.
    pub deals: Vec<Deal>,
}
