//! What of a partnership's messages shares limits, and how much of it may still go.

use crate::breaker::Breaker;
use sluicegate_gate::{Path, time::BootMillis};

/// What of one lane is on its way, how much may still go, and whether it is left alone.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) bucket: Bucket,
    pub(crate) in_flight: usize,
    pub(crate) breaker: Breaker,
}

/// What shares limits and a breaker. What follows from a bid must not wait for further requests, nor what is paid for for
/// what is lost, and the machines that take notices are often others than those that bid: each kind has the limits of the
/// register, and a breaker, for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Bid requests, exposures and recalls.
    Calls,
    /// Win notices.
    Wins,
    /// Billing notices.
    Bills,
    /// Loss notices.
    Losses,
}

impl Lane {
    pub(crate) const COUNT: usize = 4;

    pub(crate) fn of(path: Path) -> Self {
        match path {
            Path::WinNotice => Self::Wins,
            Path::BillingNotice => Self::Bills,
            Path::LossNotice => Self::Losses,
            Path::BidRequest
            | Path::ContextualBidRequest
            | Path::Exposures
            | Path::Touches
            | Path::Recall
            | Path::DeletionRequest => Self::Calls,
        }
    }

    /// Returns its room.
    pub(crate) fn room(self, rooms: &mut [Room; Self::COUNT]) -> &mut Room {
        let [calls, wins, bills, losses] = rooms;
        match self {
            Self::Calls => calls,
            Self::Wins => wins,
            Self::Bills => bills,
            Self::Losses => losses,
        }
    }
}

/// A token bucket that holds one second's worth, and at least one message.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// What is in it, in millionths of a message.
    millionths: u64,
    filled_at: BootMillis,
    /// Thousandths of a message a second.
    rate: u64,
}

/// A message, in millionths.
const ONE: u64 = 1_000_000;

impl Bucket {
    /// Returns whether there is room for a message.
    pub(crate) fn has_one(&mut self, rate: u64, now: BootMillis) -> bool {
        self.fill(rate, now);
        self.millionths >= ONE
    }

    pub(crate) fn take(&mut self, rate: u64, now: BootMillis) -> bool {
        self.fill(rate, now);
        match self.millionths.checked_sub(ONE) {
            Some(rest) => {
                self.millionths = rest;
                true
            }
            None => false,
        }
    }

    fn fill(&mut self, rate: u64, now: BootMillis) {
        let full = rate.saturating_mul(1_000).max(ONE);
        if self.rate == 0 {
            *self = Self { millionths: full, filled_at: now, rate };
        }
        let elapsed = u64::try_from(now.since(self.filled_at).as_millis()).unwrap_or(u64::MAX);
        let gained = elapsed.saturating_mul(self.rate);
        self.millionths = self.millionths.saturating_add(gained).min(full);
        (self.filled_at, self.rate) = (now, rate);
    }
}
