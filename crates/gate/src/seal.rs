//! Sealed payloads: what a permit, and only a permit, can make.

use crate::{
    DisclosureId, EditionHash, KeyStamp, PartnershipId, Stamp, Told, ToldList, time::BootMillis,
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The way by which something leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// A bid request.
    BidRequest,
    /// A bid request without a person: plumbing and context only.
    ContextualBidRequest,
    /// A win notice (`nurl`).
    WinNotice,
    /// A billing notice (`burl`).
    BillingNotice,
    /// A loss notice (`lurl`).
    LossNotice,
    /// A batch of exposures.
    Exposures,
    /// An answer to a partner that reported conversions.
    Touches,
    /// A message that data told earlier must be forgotten or corrected.
    Recall,
    /// A request to delete what a partner has under an identifier that it got from here.
    DeletionRequest,
}

impl Path {
    /// All paths.
    pub const ALL: [Self; 9] = [
        Self::BidRequest,
        Self::ContextualBidRequest,
        Self::WinNotice,
        Self::BillingNotice,
        Self::LossNotice,
        Self::Exposures,
        Self::Touches,
        Self::Recall,
        Self::DeletionRequest,
    ];

    /// Returns the name used in records and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::BidRequest => "bid_request",
            Self::ContextualBidRequest => "contextual_bid_request",
            Self::WinNotice => "win_notice",
            Self::BillingNotice => "billing_notice",
            Self::LossNotice => "loss_notice",
            Self::Exposures => "exposures",
            Self::Touches => "touches",
            Self::Recall => "recall",
            Self::DeletionRequest => "deletion_request",
        }
    }

    /// Returns the path of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|path| path.name() == name)
    }
}

/// An object could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the outgoing object could not be written: {0}")]
pub struct EncodeError(pub String);

/// An outgoing object, built with grants of brand `'b`.
pub trait Body<'b> {
    /// Returns the id under which the disclosure is recorded.
    fn disclosure(&self) -> DisclosureId;
    /// Returns every value about the person or device that the object tells.
    fn told(&self) -> Vec<Told>;
    /// Returns the same of an object that is needed no more.
    fn into_told(self) -> ToldList
    where
        Self: Sized,
    {
        self.told().into()
    }
}

/// A kind of outgoing object, for every brand. Only the crates that `xtask tidy` lists implement it.
pub trait Family: 'static {
    /// The object with grants of brand `'b`.
    type Of<'b>: Body<'b>;
    /// The way it leaves.
    const PATH: Path;
    /// Writes the message. `message` is its id; more than one body only where the kind has batches.
    fn encode(message: DisclosureId, bodies: &[Self::Of<'static>]) -> Result<Bytes, EncodeError>;
}

/// An outgoing object without any field for a subject. Only the crates that `xtask tidy` lists
/// implement it.
pub trait NoPerson: 'static {
    /// Returns the id under which it is recorded.
    fn disclosure(&self) -> DisclosureId;
    /// Returns the way it leaves.
    fn path(&self) -> Path;
    /// Returns where it goes if not to the partnership's endpoint: a notice's url.
    fn url(&self) -> Option<String>;
    /// Writes the message; empty for a notice.
    fn encode(&self) -> Result<Bytes, EncodeError>;
}

/// One or more objects to one partnership, built under permits.
pub struct Sealed<T: Family> {
    message: DisclosureId,
    parts: Vec<(Stamp, T::Of<'static>)>,
}

impl<T: Family> fmt::Debug for Sealed<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} x {})", T::PATH.name(), self.parts.len())
    }
}

/// Objects that cannot travel together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There was nothing to join.
    #[error("nothing to join")]
    Empty,
    /// They are for different partnerships.
    #[error("sealed for different partnerships")]
    Partnership,
    /// They were decided under different editions.
    #[error("decided under different editions")]
    Edition,
}

impl<T: Family> Sealed<T> {
    pub(crate) fn new(stamp: Stamp, body: T::Of<'static>) -> Self {
        Self { message: body.disclosure(), parts: vec![(stamp, body)] }
    }

    /// Joins objects for one partnership and edition into one message. It carries every stamp, and
    /// the earliest deadline holds.
    pub fn join(message: DisclosureId, all: Vec<Self>) -> Result<Self, JoinError> {
        let mut parts = Vec::with_capacity(all.iter().map(Self::count).sum());
        for sealed in all {
            parts.extend(sealed.parts);
        }
        let (first, _) = parts.first().ok_or(JoinError::Empty)?;
        if parts.iter().any(|(stamp, _)| stamp.partnership != first.partnership) {
            return Err(JoinError::Partnership);
        }
        if parts.iter().any(|(stamp, _)| stamp.edition != first.edition) {
            return Err(JoinError::Edition);
        }
        Ok(Self { message, parts })
    }

    /// Returns how many objects are in the message.
    pub fn count(&self) -> usize {
        self.parts.len()
    }

    /// Returns the partnership it is for.
    pub fn partnership(&self) -> Option<&PartnershipId> {
        self.parts.first().map(|(stamp, _)| &stamp.partnership)
    }

    /// Writes the message and closes the envelope, for the ledger.
    pub fn into_envelope(self) -> Result<Envelope, EncodeError> {
        let missing = || EncodeError(String::from("an empty message"));
        let (first, _) = self.parts.first().ok_or_else(missing)?;
        let (partnership, edition) = (first.partnership.clone(), first.edition);
        let deadlines = self.parts.iter().map(|(stamp, _)| stamp.deadline);
        let deadline = deadlines.min().ok_or_else(missing)?;
        let item = |stamp, body: T::Of<'static>| Item {
            disclosure: body.disclosure(),
            told: body.into_told(),
            stamp: Some(stamp),
        };
        let (body, items) = match <[_; 1]>::try_from(self.parts) {
            // Most messages hold one object, which then need not be moved about.
            Ok([(stamp, only)]) => {
                (T::encode(self.message, std::slice::from_ref(&only))?, vec![item(stamp, only)])
            }
            Err(parts) => {
                let (stamps, bodies): (Vec<Stamp>, Vec<_>) = parts.into_iter().unzip();
                let body = T::encode(self.message, &bodies)?;
                (body, stamps.into_iter().zip(bodies).map(|(one, body)| item(one, body)).collect())
            }
        };
        Ok(Envelope {
            partnership,
            edition,
            deadline,
            items,
            body,
            message: self.message,
            path: T::PATH,
            url: None,
            depends_on: Vec::new(),
        })
    }
}

/// A sealed object without a subject.
#[derive(Debug)]
pub struct SealedPlain {
    envelope: Envelope,
}

/// Seals an object that has no field for a subject. It needs no permit.
pub fn seal_no_person<T: NoPerson>(
    partnership: PartnershipId,
    edition: EditionHash,
    deadline: BootMillis,
    object: &T,
) -> Result<SealedPlain, EncodeError> {
    let message = object.disclosure();
    let envelope = Envelope {
        partnership,
        edition,
        deadline,
        items: vec![Item { disclosure: message, told: ToldList::default(), stamp: None }],
        body: object.encode()?,
        message,
        path: object.path(),
        url: object.url(),
        depends_on: Vec::new(),
    };
    Ok(SealedPlain { envelope })
}

impl SealedPlain {
    /// Lets it go only while nothing changes for these keys. They are no part of it, and nobody records them.
    #[must_use]
    pub fn while_unchanged(mut self, keys: Vec<KeyStamp>) -> Self {
        self.envelope.depends_on = keys;
        self
    }

    /// Closes the envelope, for the ledger.
    pub fn into_envelope(self) -> Envelope {
        self.envelope
    }
}

/// One disclosure within an envelope.
#[derive(Clone, Debug)]
pub struct Item {
    /// The id under which it is recorded.
    pub disclosure: DisclosureId,
    /// The values told.
    pub told: ToldList,
    /// What it was decided under; `None` where there is no subject.
    pub stamp: Option<Stamp>,
}

/// A written message with everything the ledger records of it. It can be read, but made only by
/// sealing, and nothing sends it before the ledger has it.
pub struct Envelope {
    partnership: PartnershipId,
    edition: EditionHash,
    deadline: BootMillis,
    items: Vec<Item>,
    body: Bytes,
    message: DisclosureId,
    path: Path,
    url: Option<String>,
    depends_on: Vec<KeyStamp>,
}

impl Envelope {
    /// Returns the partnership it is for.
    pub fn partnership(&self) -> &PartnershipId {
        &self.partnership
    }

    /// Returns the edition it was decided under.
    pub fn edition(&self) -> EditionHash {
        self.edition
    }

    /// Returns the time past which it must not go.
    pub fn deadline(&self) -> BootMillis {
        self.deadline
    }

    /// Returns the disclosures in it.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Returns the bytes to send.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the id of the message.
    pub fn message(&self) -> DisclosureId {
        self.message
    }

    /// Returns the way it leaves.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Returns the notice's url, where it does not go to the partnership's endpoint.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Returns keys that it says nothing of and that must not have changed when it goes; empty where nobody's choice
    /// is in its way.
    pub fn depends_on(&self) -> &[KeyStamp] {
        &self.depends_on
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Envelope")
            .field("partnership", &self.partnership)
            .field("path", &self.path)
            .field("message", &self.message)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
