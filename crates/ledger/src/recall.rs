//! Calling back what was told: which disclosures were about somebody, and the messages that name them.
//!
//! Only what the ledger has on record can be called back. What it finds carries a mark that only this
//! ledger can make, so that the ids can be kept elsewhere until they are sent, and still none but recorded
//! ones are ever cleared.

mod damage;
mod deletion;
mod look;
mod message;
mod met;
mod missing;
mod time;

pub use deletion::{Deletion, IdentifierKind, ToldIdentifier};
pub use look::Wanted;
pub use message::{Recall, RecallKind};

use crate::{RecordError, keys::Keeper};
use sluicegate_gate::{
    Categories, DisclosureId, PartnershipId, Path, Revision, SubjectKey, time::UnixMillis,
};
use subtle::ConstantTimeEq;

/// What was found about somebody, and what could not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// What left, or may have left, in the order of the record.
    pub disclosed: Vec<Disclosed>,
    /// What was told, and is not among it because that part of the record is damaged.
    pub missing: Vec<Missed>,
}

/// What was told to one partner about one subject on one day, and is not found because the record is damaged.
///
/// It cannot be called back. Of a device or browser that came with an account it is at most so much: what is missing of
/// the account, since each of it may have named it. Which accounts it came with, the record said before it was damaged;
/// where nothing else says so, nobody can tell that anything is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// About whom.
    pub subject: SubjectKey,
    /// To whom.
    pub partnership: PartnershipId,
    /// What was told that day may have been of these.
    pub categories: Categories,
    /// When something was last told that day.
    pub at: UnixMillis,
    /// How many disclosures, at most; one where the counts by person do not read either, and nobody can tell how many, or
    /// whether this partner got any.
    pub count: u64,
}

/// A disclosure that left, or may have left, as the ledger found it in its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// Which of the subjects asked about it was about, each with the last change of it that this was decided
    /// under; none where that does not open.
    pub subjects: Vec<(SubjectKey, Option<Revision>)>,
    /// When it was recorded.
    pub at: UnixMillis,
    /// The way it left.
    pub path: Path,
    /// What it may have told.
    pub categories: Categories,
    /// Where it is in the record.
    pub place: OnRecord,
    /// To whom, and under which id.
    pub vouched: Vouched,
}

/// Where in the record a disclosure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnRecord {
    /// The pack.
    pub pack: u64,
    /// The row of the pack.
    pub row: u32,
    /// The disclosure.
    pub disclosure: DisclosureId,
}

/// The id of a disclosure with the ledger's mark that it is on record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vouched {
    /// To whom it went.
    pub partnership: PartnershipId,
    /// Its id, which the partner has, too.
    pub disclosure: DisclosureId,
    /// The mark.
    pub mark: [u8; 16],
}

impl Vouched {
    pub(crate) fn new(
        keeper: &Keeper,
        partnership: PartnershipId,
        disclosure: DisclosureId,
    ) -> Option<Self> {
        let mark = mark(keeper, &partnership, disclosure)?;
        Some(Self { partnership, disclosure, mark })
    }

    pub(crate) fn is_genuine(&self, keeper: &Keeper) -> bool {
        mark(keeper, &self.partnership, self.disclosure)
            .is_some_and(|mark| bool::from(mark.ct_eq(&self.mark)))
    }
}

fn mark(
    keeper: &Keeper,
    partnership: &PartnershipId,
    disclosure: DisclosureId,
) -> Option<[u8; 16]> {
    keeper.mark(&[b"disclosure", &disclosure.0.to_be_bytes(), partnership.as_str().as_bytes()])
}

/// Something cannot be called back.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// It names what is not on record, or is on record for another partnership.
    #[error("what is to be called back is not in the ledger's own records")]
    NotRecorded,
    /// There is nothing in it.
    #[error("there is nothing to call back")]
    Empty,
    /// The message could not be written.
    #[error("the message could not be written")]
    Write(#[from] sluicegate_gate::EncodeError),
    /// The message itself could not be recorded, so it must not go.
    #[error(transparent)]
    Record(#[from] RecordError),
}
