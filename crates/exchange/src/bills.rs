//! Where bills wait until their partners have them, as a port.
//!
//! A **bill** is the notice of one billable event, sealed before it comes here. It is put once, by the id of
//! the report it follows from, and then waits for its next attempt until the partner accepts it or it is
//! given up. One that was given up is kept as **dead**, with why, so that an operator can put it back.
//! The ids of reports outlive their bills, until no report with them can come any more: so each report
//! counts once, also across a crash.

use futures_util::future::BoxFuture;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use std::fmt::{self, Debug};

/// The id of a report, and of the bill that follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BillId(pub u128);

impl fmt::Display for BillId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// The report that an ad was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// By which it is known again.
    pub id: BillId,
    /// When it came.
    pub at: UnixMillis,
    /// Until when it could come again.
    pub expires: UnixMillis,
    /// What the partner is to be told; `None` if it asked for nothing.
    pub bill: Option<NewBill>,
}

/// A bill that is due at once. `Debug` leaves out what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct NewBill {
    /// Whom it is for.
    pub partnership: PartnershipId,
    /// The notice, sealed.
    pub sealed: Vec<u8>,
    /// How many bills of the partnership may wait.
    pub waiting_max: u64,
}

impl Debug for NewBill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NewBill({})", self.partnership)
    }
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is durable, and so is its bill.
    Kept,
    /// It was there before. Nothing was written.
    Known,
    /// As many bills of the partnership wait as may. Nothing was written.
    Full,
}

/// A bill that waits. `Debug` leaves out what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Bill {
    /// Its id.
    pub id: BillId,
    /// The notice, sealed.
    pub sealed: Vec<u8>,
    /// Since when it waits: when it was reported, or put back.
    pub since: UnixMillis,
    /// Attempts that failed so far.
    pub failures: u32,
    /// When it is tried next.
    pub next_at: UnixMillis,
}

impl Debug for Bill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Bill({}, next at {})", self.id, self.next_at.0)
    }
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The partner has it; it is forgotten.
    Accepted,
    /// It is tried again.
    Again {
        /// Attempts that failed so far.
        failures: u32,
        /// When.
        next_at: UnixMillis,
    },
    /// It is given up.
    Dead {
        /// Attempts that failed.
        failures: u32,
        /// Why.
        reason: DeadReason,
        /// When.
        at: UnixMillis,
    },
}

/// Why a bill was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeadReason {
    /// The partner answered that it is wrong: 400 to 499, but for 408, 425 and 429.
    Refused,
    /// The partner answered 410: it is not wanted any more.
    Gone,
    /// The partner kept answering with another status that is no success.
    Failing,
    /// The partner could not be reached, or did not answer in time.
    Unreachable,
    /// Its address is none that may be called: not on a host that the register lists, or not public.
    AddressRefused,
    /// The partnership was not in force, or had no endpoint, all the time.
    NotInForce,
    /// The partnership's limits or its breaker left no room all the time.
    Limited,
    /// It could not be opened: another key sealed it.
    Unreadable,
}

impl DeadReason {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::Refused,
        Self::Gone,
        Self::Failing,
        Self::Unreachable,
        Self::AddressRefused,
        Self::NotInForce,
        Self::Limited,
        Self::Unreadable,
    ];

    /// Returns the code used in records and interfaces.
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::Unreachable => "unreachable",
            Self::AddressRefused => "address_refused",
            Self::NotInForce => "not_in_force",
            Self::Limited => "limited",
            Self::Unreadable => "unreadable",
        }
    }

    /// Returns the reason of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// A bill that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadBill {
    /// Its id.
    pub id: BillId,
    /// When the ad was reported as shown.
    pub reported_at: UnixMillis,
    /// Attempts that failed.
    pub failures: u32,
    /// Why it was given up.
    pub reason: DeadReason,
    /// When.
    pub at: UnixMillis,
}

/// How the bills of one partnership stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillCounts {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Bills that wait.
    pub waiting: u64,
    /// Bills that the partner accepted, over everything.
    pub accepted: u64,
    /// Bills that were given up and not put back, by reason in the order of [`DeadReason::ALL`].
    pub dead: Vec<(DeadReason, u64)>,
}

/// What may be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// Ids of reports that expired before this.
    pub expired_before: UnixMillis,
    /// Bills given up before this.
    pub dead_before: UnixMillis,
}

/// The store failed. What it acknowledged before stands.
#[derive(Debug, thiserror::Error)]
pub enum BillsError {
    /// The store behind it did not do its work.
    #[error("the bills are not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored does not read back.
    #[error("the bills hold something unreadable: {0}")]
    Corrupt(&'static str),
}

type Kept<'a, T> = BoxFuture<'a, Result<T, BillsError>>;

/// Where bills wait. Every method but [`Self::trim`] is one transaction; a write returns once it is durable.
pub trait Bills: Send + Sync + Debug {
    /// Keeps a report and its bill, unless the report is known or there is no room.
    fn put(&self, report: Report) -> Kept<'_, Put>;

    /// Returns the bills that are next, by time and id, at most so many.
    fn waiting(&self, partnership: PartnershipId, bills_max: usize) -> Kept<'_, Vec<Bill>>;

    /// Writes down what follows from an attempt. A bill that does not wait is left as it is.
    fn settle(&self, id: BillId, settled: Settled) -> Kept<'_, ()>;

    /// Puts the dead bills of a partnership back, due at that time and as if never tried; returns how many.
    fn put_back(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, u64>;

    /// Returns the dead bills of a partnership, those given up last first and then by id, at most so many.
    fn dead(&self, partnership: PartnershipId, bills_max: usize) -> Kept<'_, Vec<DeadBill>>;

    /// Returns how the bills of every partnership stand that ever had one, by its id.
    fn counts(&self) -> Kept<'_, Vec<BillCounts>>;

    /// Forgets what nobody needs any more.
    fn trim(&self, what: Trim) -> Kept<'_, ()>;
}
