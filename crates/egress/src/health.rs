//! What `/metrics` and the operator's page say about each partnership.

use crate::breaker::BreakerState;
use sluicegate_gate::PartnershipId;

/// How a partnership's connection is doing. Counters begin when the program starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Messages on their way now.
    pub in_flight: usize,
    /// How often the rate of messages has been halved because the partner answered 429, 502 or 504.
    pub halvings: u32,
    /// What the breaker does with the next bid request, exposure or recall. Notices have breakers of their own.
    pub breaker: BreakerState,
    /// What that breaker did.
    pub breaker_counts: BreakerCounts,
    /// Messages that got an answer, whatever its status.
    pub sent: u64,
    /// Messages that were tried and got none: no connection, broken or too large answers, timeouts.
    pub failed: u64,
    /// Of these, those that ran out of time or were given up by the caller.
    pub timeouts: u64,
    /// Messages that met a limit (concurrency, rate, breaker) and were not tried.
    pub limited: u64,
    /// Messages no longer in force when they were about to go.
    pub not_in_force: u64,
    /// Of those that failed, answers for which there was no room: too much of the partner's was still held.
    pub no_room: u64,
    /// Of those that got an answer, bid requests whose answer could not be read.
    pub unreadable: u64,
    /// Bytes of its bid responses that auctions hold now.
    pub held_bytes: usize,
    /// Body bytes of messages that got an answer.
    pub bytes_out: u64,
    /// Body bytes of the answers.
    pub bytes_in: u64,
}

/// What a breaker did since the program started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakerCounts {
    /// How often it opened.
    pub opened: u64,
    /// How often it let one message through to find out.
    pub probed: u64,
    /// How often it closed again.
    pub closed: u64,
    /// How many messages it refused.
    pub refused: u64,
}
