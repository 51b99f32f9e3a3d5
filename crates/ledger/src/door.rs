//! The port through which cleared messages go.

use crate::Cleared;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use sluicegate_gate::{PartnershipId, Path};
use std::{fmt, sync::Arc, time::Duration};

/// Sends what has been cleared. One call is one attempt; nothing is repeated inside.
///
/// An implementation asks again whether the message may still go when its first byte is about to.
pub trait Door: Send + Sync + fmt::Debug {
    /// Returns why a message of that path would not be tried now: the partnership's limits, its breaker,
    /// or no way there. Asked before a message is recorded, so that what could not leave is not on record
    /// as told. `None` promises nothing: the message can still be refused.
    fn refuses(&self, partnership: &PartnershipId, path: Path) -> Option<SendError>;

    /// Sends the message to its partnership, or a notice to its url.
    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>>;

    /// Does the same for a caller that gives up, and so keeps time: an implementation need not keep a longer one
    /// beside it.
    fn send_within(
        &self,
        cleared: Cleared,
        _patience: Patience,
    ) -> BoxFuture<'_, Result<Answer, SendError>> {
        self.send(cleared)
    }
}

/// How long a caller waits for an answer, and what it says of a partner that it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// By then it has given up.
    pub within: Duration,
    /// How long partners usually have: one that said nothing for most of it is at fault. `None` where anybody may be
    /// the caller, and say how little time there is: then only the partner's own time counts.
    pub usual: Option<Duration>,
}

/// What the partner answered, within the door's size limit. `Debug` leaves the body out.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body. Of what is no bid request it is empty where it was too large, packed, broken or late: the status and
    /// the wait count all the same.
    pub body: Bytes,
    /// How long the partner asks to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// Its place at the door, where what is in it counts for the partner.
    pub held: Option<Arc<dyn Held>>,
}

/// The place of an answer at the door, which has room for so many bytes of each partner's. It is given back when the last
/// holds it no more: whoever keeps what was read of the answer keeps this, too.
pub trait Held: Send + Sync + fmt::Debug {
    /// Says what the answer was found to be. The first word counts; where none comes it is as good as readable.
    fn found(&self, what: Found);
}

/// What an answer was found to be by whoever read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An answer.
    Readable,
    /// None: the partner has failed.
    Unreadable,
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("retry_after", &self.retry_after)
            .field("held", &self.held)
            .finish()
    }
}

/// Why a message did not go, or why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SendError {
    /// A key it was decided under has changed, or the partnership is no longer in force.
    #[error("what it was decided under is no longer in force")]
    NotInForce,
    /// Its deadline passed before the first byte.
    #[error("the deadline passed before it could go")]
    DeadlinePassed,
    /// The partnership's limit of concurrency or rate is reached.
    #[error("the partnership is at its limit")]
    Busy,
    /// The partner failed too often lately.
    #[error("the partner is being left alone after failures")]
    BreakerOpen,
    /// The address is one that must not be called.
    #[error("the address is not one that may be called")]
    AddressRefused,
    /// The path is closed: something about a canary that said no had come to the door.
    #[error("the path is closed")]
    PathClosed,
    /// The partnership has no endpoint for this path.
    #[error("the partnership has no endpoint")]
    NoEndpoint,
    /// No connection could be made.
    #[error("the connection failed")]
    Connect,
    /// The partner took too long.
    #[error("the partner did not answer in time")]
    Timeout,
    /// The answer is larger than the limit.
    #[error("the answer is too large")]
    TooLarge,
    /// As much of the partnership's answers is held as may be, and not let go yet.
    #[error("there is no room for another answer of the partnership")]
    NoRoom,
    /// What came back is not HTTP as agreed.
    #[error("the partner broke the protocol")]
    Protocol,
}
