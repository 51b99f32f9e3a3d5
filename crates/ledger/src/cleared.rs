//! What may go out: a message that the ledger has.

use bytes::Bytes;
use sluicegate_gate::{
    DisclosureId, EditionHash, Envelope, KeyStamp, PartnershipId, Path, Stamp, time::BootMillis,
};
use std::{fmt, sync::Arc};

/// A message that is recorded, or reserved and on its way to the disk.
///
/// Only the ledger makes it. It is not `Clone`: one clearance, one attempt.
pub struct Cleared {
    envelope: Arc<Envelope>,
    deadline: BootMillis,
}

impl Cleared {
    pub(crate) fn recorded(envelope: Arc<Envelope>) -> Self {
        let deadline = envelope.deadline();
        Self { envelope, deadline }
    }

    pub(crate) fn reserved(envelope: Arc<Envelope>, window_end: BootMillis) -> Self {
        let deadline = envelope.deadline().min(window_end);
        Self { envelope, deadline }
    }

    /// Returns the partnership it is for.
    pub fn partnership(&self) -> &PartnershipId {
        self.envelope.partnership()
    }

    /// Returns the way it leaves.
    pub fn path(&self) -> Path {
        self.envelope.path()
    }

    /// Returns where it goes if not to the partnership's endpoint: a notice's url.
    pub fn url(&self) -> Option<&str> {
        self.envelope.url()
    }

    /// Returns the bytes to send; empty for a notice.
    pub fn body(&self) -> &Bytes {
        self.envelope.body()
    }

    /// Returns the id of the message.
    pub fn message(&self) -> DisclosureId {
        self.envelope.message()
    }

    /// Returns the edition it was decided under.
    pub fn edition(&self) -> EditionHash {
        self.envelope.edition()
    }

    /// Returns the time past which no byte of it may start: the permit's deadline, or the end of the
    /// window it is reserved under, whichever is earlier.
    pub fn deadline(&self) -> BootMillis {
        self.deadline
    }

    /// Iterates over what its parts were decided under; empty where there is no subject.
    pub fn stamps(&self) -> impl Iterator<Item = &Stamp> {
        self.envelope.items().iter().filter_map(|item| item.stamp.as_ref())
    }

    /// Returns keys that it says nothing of, and past whose next change no byte of it may start.
    pub fn depends_on(&self) -> &[KeyStamp] {
        self.envelope.depends_on()
    }
}

impl fmt::Debug for Cleared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cleared")
            .field("partnership", self.partnership())
            .field("path", &self.path())
            .field("message", &self.message())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
