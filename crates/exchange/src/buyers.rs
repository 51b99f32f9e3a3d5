//! Buyers seen: which seats and advertisers bid through each partnership, and since when.
//!
//! A platform owes an answer to "who buys here?" beyond the list of its partners. Bids that passed every
//! check are counted by partnership, seat and advertiser's domain; nothing in it is about a person. Counts
//! wait in memory for a minute at most, so a kill loses that much of them.

pub mod conformance;
mod kept;
mod memory;
mod seen;

pub use memory::MemoryBuyers;
pub(crate) use seen::Seen;

use futures_util::future::BoxFuture;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use std::fmt::Debug;

/// Who bid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Buyer {
    /// Through whom.
    pub partnership: PartnershipId,
    /// `seatbid.seat`; empty where the bid named none.
    pub seat: String,
    /// One of `adomain`, in lower case; empty where the bid named none.
    pub advertiser: String,
}

/// How often somebody bid, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sightings {
    /// The first bid.
    pub first: UnixMillis,
    /// The latest.
    pub last: UnixMillis,
    /// Bids that passed every check.
    pub bids: u64,
}

impl Sightings {
    /// Adds others of the same buyer.
    pub fn add(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.bids = self.bids.saturating_add(other.bids);
    }
}

/// Where buyers seen are kept, as a port.
pub trait Buyers: Debug + Send + Sync {
    /// Adds to the counts, durably and all or nothing. Beyond [`BUYERS_MAX`] of a partnership a new one is not kept;
    /// returns how many were not.
    fn add(&self, seen: Vec<(Buyer, Sightings)>) -> BoxFuture<'_, Result<usize, BuyersError>>;

    /// Returns all that are kept, in the order of [`Buyer`].
    fn all(&self) -> BoxFuture<'_, Result<Vec<(Buyer, Sightings)>, BuyersError>>;
}

/// The store failed. What it acknowledged before stands.
#[derive(Debug, thiserror::Error)]
pub enum BuyersError {
    /// It cannot be reached.
    #[error("the buyers cannot be kept or read")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What it holds cannot be read.
    #[error("{0} is kept in a form that cannot be read")]
    Corrupt(&'static str),
}

/// Buyers of one partnership that are kept at most: no partner takes the others' room.
pub const BUYERS_MAX: usize = 10_000;
