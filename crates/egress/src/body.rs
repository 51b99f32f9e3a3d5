//! The body that asks once more before its first byte.

use crate::door::EgressParts;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use sluicegate_ledger::{Cleared, SendError};
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// The last question: is it still in force, now that the connection stands and the first byte is
/// about to go?
pub(crate) struct LastLook {
    parts: EgressParts,
    cleared: Cleared,
    refusal: Mutex<Option<Refusal>>,
}

/// Why no byte of the body went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no longer in force")]
    NotInForce,
    #[error("the deadline has passed")]
    DeadlinePassed,
    #[error("the path is closed")]
    PathClosed,
}

impl From<Refusal> for SendError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotInForce => Self::NotInForce,
            Refusal::DeadlinePassed => Self::DeadlinePassed,
            Refusal::PathClosed => Self::PathClosed,
        }
    }
}

impl LastLook {
    pub(crate) fn new(parts: &EgressParts, cleared: Cleared) -> Self {
        Self { parts: parts.clone(), cleared, refusal: Mutex::new(None) }
    }

    /// Asks. A refusal is remembered, since the client wraps it in an error of its own.
    pub(crate) fn ask(&self) -> Result<(), Refusal> {
        let answer = judge(&self.parts, &self.cleared);
        if let Err(refusal) = answer {
            *self.refusal.lock() = Some(refusal);
        }
        answer
    }

    pub(crate) fn refusal(&self) -> Option<Refusal> {
        *self.refusal.lock()
    }
}

/// Asks whether a message may still go.
pub(crate) fn judge(parts: &EgressParts, cleared: &Cleared) -> Result<(), Refusal> {
    if parts.watch.is_closed(cleared.path()) {
        return Err(Refusal::PathClosed);
    }
    if parts.clock.boot() > cleared.deadline() {
        return Err(Refusal::DeadlinePassed);
    }
    let same_edition =
        parts.current.load().is_some_and(|edition| edition.hash() == cleared.edition());
    let is_unchanged = cleared.stamps().all(|stamp| parts.settings.unchanged(&stamp.keys));
    if !same_edition || !is_unchanged || !parts.settings.stand(cleared.depends_on()) {
        return Err(Refusal::NotInForce);
    }
    Ok(())
}

/// Leaves out keys and everything else about the message.
impl fmt::Debug for LastLook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LastLook").field("refusal", &self.refusal).finish_non_exhaustive()
    }
}

/// The body of an outgoing message: one piece, and only after [`LastLook::ask`] has agreed.
///
/// A message without a body says everything in its head. The client asks the body for its end when the
/// connection stands and before it writes the head, so that is where such a message is asked about; a
/// refusal is a body that fails, and with it the head is never written.
pub(crate) struct OutgoingBody {
    piece: Piece,
    last_look: Arc<LastLook>,
}

enum Piece {
    /// The bytes, before anybody asked.
    Waiting(Bytes),
    /// There are none.
    Bare,
    /// They are on their way, or were refused.
    Gone,
}

impl OutgoingBody {
    /// Returns a body of these bytes.
    pub(crate) fn new(bytes: Bytes, last_look: Arc<LastLook>) -> Self {
        Self { piece: Piece::Waiting(bytes), last_look }
    }

    /// Returns no body, for a `GET`.
    pub(crate) fn none(last_look: Arc<LastLook>) -> Self {
        Self { piece: Piece::Bare, last_look }
    }
}

impl OutgoingBody {
    fn len(&self) -> usize {
        match &self.piece {
            Piece::Waiting(bytes) => bytes.len(),
            Piece::Bare | Piece::Gone => 0,
        }
    }
}

impl fmt::Debug for OutgoingBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.len();
        formatter.debug_struct("OutgoingBody").field("length", &length).finish_non_exhaustive()
    }
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = Refusal;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        Poll::Ready(match std::mem::replace(&mut self.piece, Piece::Gone) {
            Piece::Waiting(bytes) => Some(match self.last_look.ask() {
                Ok(()) => Ok(Frame::data(bytes)),
                Err(refusal) => Err(refusal),
            }),
            Piece::Bare => self.last_look.refusal().map(Err),
            Piece::Gone => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        match &self.piece {
            Piece::Waiting(_) => false,
            Piece::Bare => self.last_look.ask().is_ok(),
            Piece::Gone => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        if matches!(self.piece, Piece::Bare) && self.last_look.refusal().is_some() {
            // Why: of nothing, and of a `GET` of unknown length, the client would not ask for the piece
            // that refuses.
            return SizeHint::with_exact(1);
        }
        SizeHint::with_exact(u64::try_from(self.len()).unwrap_or(u64::MAX))
    }
}
