//! What one step of a delivery came to.

use crate::{Holding, JournalError};
use sluicegate_gate::{EncodeError, JoinError};
use sluicegate_ledger::RecordError;
use std::time::Duration;

/// What a step did, or why there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The partner accepted a message with this many events.
    Delivered {
        /// How many.
        events: usize,
    },
    /// Nothing was sent: all of these may not be told, or were given up.
    Settled {
        /// How many.
        events: usize,
    },
    /// Nothing new is in the journal.
    Idle,
    /// Nothing can be done for this long.
    Wait(Duration),
    /// What waits stays, until someone changes something.
    Held(Held),
}

/// Why a delivery stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    /// The partner answered 410: an operator's [`crate::Deliveries::resume`] goes on.
    Gone,
    /// Every attempt of the last days failed: an operator's [`crate::Deliveries::resume`] goes on.
    Failing,
    /// The endpoint has not agreed to take our messages. It is asked again.
    NotAgreed,
    /// The edition gives the partnership no endpoint.
    NoEndpoint,
    /// The operator suspended the partnership, or it has not started.
    NotInForce,
    /// The edition in force has no such partnership that gets events, or there is no edition.
    NotListed,
}

impl From<Holding> for Held {
    fn from(holding: Holding) -> Self {
        match holding {
            Holding::Gone => Self::Gone,
            Holding::Failing => Self::Failing,
        }
    }
}

impl Step {
    /// Returns how long to wait before the next step, `idle` being the wait when there is nothing to do.
    pub fn pause(self, idle: Duration) -> Duration {
        match self {
            Self::Delivered { .. } | Self::Settled { .. } => Duration::ZERO,
            Self::Idle => idle,
            // Why: what is waited for may come earlier, when an operator asks for it.
            Self::Wait(wait) => wait.min(WAIT_MAX),
            Self::Held(_) => WAIT_MAX,
        }
    }
}

/// A step failed on our side. Nothing is lost; the next step goes on.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger did not take the record, so nothing was sent.
    #[error(transparent)]
    Ledger(#[from] RecordError),
    /// The records could not be joined.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The message could not be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// No pause between steps is longer.
const WAIT_MAX: Duration = Duration::from_secs(1);
