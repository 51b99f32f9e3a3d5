//! What the exchange is asked, and what it answers.

use bytes::Bytes;
use sluicegate_gate::{DisclosureId, PartnershipId, Path, SubjectKey};
use sluicegate_openrtb::{
    answer::Answer,
    request::{BidRequest, RequestError},
};
use sluicegate_signals::Gpc;

use crate::{admission::Overload, status::SeatStatus};

/// One auction to hold.
#[derive(Clone)]
pub struct AuctionCall {
    /// The request.
    pub request: Incoming,
    /// Who sent it.
    pub speaker: Speaker,
    /// The `Sec-GPC` header of the HTTP request.
    pub gpc: Gpc,
    /// How many bids the caller wants.
    pub wanted: Wanted,
}

impl std::fmt::Debug for AuctionCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AuctionCall").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// A request as bytes, or read already.
#[derive(Clone)]
pub enum Incoming {
    /// As it came.
    Bytes(Bytes),
    /// Read.
    Read(Box<BidRequest>),
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Incoming")
    }
}

/// Whose word counts for who the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The platform, by its key: `user.id`, `device.ifa` and `user.ext.sluicegate.browser_id` are believed.
    Platform,
    /// A browser: these are ignored, and nothing is told of them. The subject is who the session or our own
    /// cookie says.
    Browser {
        /// The account of the session.
        account: Option<SubjectKey>,
        /// The browser of the cookie.
        browser: Option<SubjectKey>,
    },
}

/// How many bids an answer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The winner of each impression, at its clearing price.
    #[default]
    Winners,
    /// Every bid that passed the checks, at the price it bid, best first: the caller chooses. A partner
    /// is told of a win once the caller says so, and bids whose markup would come with the win notice
    /// are left out.
    AllBids,
}

/// An auction was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auctioned {
    /// What the caller gets.
    pub answer: Answer,
    /// What happened with each bidding partnership, in the register's order.
    pub seats: Vec<SeatReport>,
}

/// What happened with one partnership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatReport {
    /// The partnership.
    pub partnership: PartnershipId,
    /// The disclosure under which it was asked, and how; `None` if it was not asked.
    pub asked: Option<(DisclosureId, Path)>,
    /// Why it was not heard; `None` if it has a bid in the answer or was outbid.
    pub status: Option<SeatStatus>,
}

/// A request is not auctioned.
#[derive(Debug, thiserror::Error)]
pub enum AuctionError {
    /// There is more to do than the gateway can. It was not read.
    #[error(transparent)]
    Overload(#[from] Overload),
    /// A field is wrong.
    #[error(transparent)]
    Request(#[from] RequestError),
}
