//! Why a seat was not heard, in `ext.seatnonbid`.
//!
//! Up to 499 the codes are those of the IAB's list of non-bid statuses; from 500 on they are ours.

/// One status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SeatStatus {
    /// The partner was asked and does not bid.
    NoBid,
    /// Something went wrong on our side.
    Error,
    /// The partner did not answer in time.
    TimedOut,
    /// The answer could not be read.
    InvalidAnswer,
    /// No connection.
    Unreachable,
    /// The partner was not asked: its limits, or failures lately.
    NotAsked,
    /// The partner was not asked: nothing about the person may be told. A browser is told
    /// [`Self::NoBid`] instead, so that a closed gate does not show there.
    Withheld,
    /// A bid names an impression that was not asked for, has no id, or no price above zero.
    InvalidBid,
    /// A bid is below the floor.
    BelowFloor,
    /// A bid's id was there before.
    Duplicate,
    /// A bid has no markup and no notice that could bring it.
    NoMarkup,
    /// A bid is for an advertiser that the request blocks.
    BlockedAdvertiser,
    /// A bid is in a currency that was not asked for.
    Currency,
    /// A bid's notice goes to a host that the register does not list.
    NoticeHost,
    /// A bid's markup or notice repeats an identifier that was sent.
    RepeatsIdentifier,
    /// The site or app is not registered, so nobody was asked.
    UnknownInventory,
}

impl SeatStatus {
    /// Returns the code on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::NoBid => 0,
            Self::Error => 100,
            Self::TimedOut => 101,
            Self::InvalidAnswer => 102,
            Self::Unreachable => 103,
            Self::NotAsked => 200,
            Self::Withheld => 204,
            Self::InvalidBid => 300,
            Self::BelowFloor => 301,
            Self::Duplicate => 302,
            Self::NoMarkup => 350,
            Self::BlockedAdvertiser => 356,
            Self::Currency => 500,
            Self::NoticeHost => 501,
            Self::RepeatsIdentifier => 502,
            Self::UnknownInventory => 503,
        }
    }

    /// Returns the name in metrics and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoBid => "no_bid",
            Self::Error => "error",
            Self::TimedOut => "timeout",
            Self::InvalidAnswer => "invalid_answer",
            Self::Unreachable => "unreachable",
            Self::NotAsked => "not_asked",
            Self::Withheld => "withheld",
            Self::InvalidBid => "invalid_bid",
            Self::BelowFloor => "below_floor",
            Self::Duplicate => "duplicate",
            Self::NoMarkup => "no_markup",
            Self::BlockedAdvertiser => "blocked_advertiser",
            Self::Currency => "currency",
            Self::NoticeHost => "notice_host",
            Self::RepeatsIdentifier => "repeats_identifier",
            Self::UnknownInventory => "unknown_inventory",
        }
    }
}
