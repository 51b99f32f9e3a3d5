//! A pack of leaves: everything that one commit keeps for good.
//!
//! A pack is one blob of [`crate::wire`]. It begins with a head; rows follow, each with a byte that says what
//! it is:
//!
//! | row | then |
//! | --- | --- |
//! | the head | 16 random bytes, by which no two packs are sealed alike; the time of the pack; the names of partnerships and the hashes of editions that its rows name by number |
//! | 1, an opportunity | time, path, edition, about whom, how many messages; for each its partnership, categories, id and SHA-256 |
//! | 2, a message of many disclosures | time, path, edition, partnership, categories, id, SHA-256, how many; for each its id, and about whom |
//! | 3, an outcome | the id of the message, how it ended |
//! | 4, an erasure | time, the id of the key that was destroyed |
//! | 5, a declared window | path, from when, until when: a time in which records of that path may be missing |
//!
//! Times of rows are differences to the pack's, in milliseconds. *About whom* names the key of each person by
//! its [`KeyId`], which says nothing of the person, and has the revisions it was decided under sealed with that
//! key, beside the other keys of the subject. So a row says nothing of anybody to whoever has no key, and
//! nothing to anybody once the key is erased; and it never changes.
//!
//! The rows are the leaves of a Merkle tree ([`Row::leaf`]): the head is row 0, and what is committed to is
//! what is kept, sealed as it is. So no erasure changes a leaf.

mod read;
mod seal;
mod write;

use crate::{KeyId, Outcome, OutcomeRow, UncertainWindow};
use sluicegate_gate::{
    Categories, DisclosureId, EditionHash, PartnershipId, Path, Revision, SubjectKey,
    time::UnixMillis,
};

pub(crate) use read::read_alone;
pub use read::{Row, read, rows};
pub(crate) use seal::RowSecret;
pub use seal::{PersonKey, UnsealError};
pub(crate) use write::{NewItem, NewMessage, NewPack};

const OPPORTUNITY: u8 = 1;
const MESSAGE: u8 = 2;
const OUTCOME: u8 = 3;
const ERASURE: u8 = 4;
const WINDOW: u8 = 5;

/// What a pack holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    /// Messages that left or were about to, in order.
    pub messages: Vec<Message>,
    /// How messages of this pack or earlier ones ended, in order.
    pub outcomes: Vec<OutcomeRow>,
    /// Keys that were destroyed, in order.
    pub erasures: Vec<Erasure>,
    /// Windows that were declared, in order: in them, records may be missing.
    pub windows: Vec<UncertainWindow>,
}

/// One message that left or was about to. A message attempted twice under one id is there twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The number of the row it is in, from 1 within the pack.
    pub row: u32,
    /// The id of the message.
    pub message: DisclosureId,
    /// When it was handed to the ledger.
    pub at: UnixMillis,
    /// The way it leaves.
    pub path: Path,
    /// To whom.
    pub partnership: PartnershipId,
    /// The edition it was decided under.
    pub edition: EditionHash,
    /// What its parts may tell, together; none where there is no subject.
    pub categories: Categories,
    /// SHA-256 of the bytes sent: of the address, where the message is one, and the body.
    pub sha256: [u8; 32],
    /// The disclosures in it, in the order of the message.
    pub items: Vec<Item>,
}

/// One disclosure within a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The id under which it is recorded.
    pub disclosure: DisclosureId,
    /// About whom: the account where there is one, else device and browser. Nobody where there is no subject.
    pub about: Vec<About>,
}

/// Whom a disclosure is about, readable with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The key.
    pub key: KeyId,
    place: Place,
    sealed: Vec<u8>,
}

/// What is sealed is sealed for one place in the record: no two rows have one in common, whatever is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The random bytes of the pack.
    pack: [u8; 16],
    /// The number of the row within the pack.
    row: u32,
    /// Which disclosure of the row, from 0; an opportunity is sealed as a whole, as 0.
    item: u32,
}

impl About {
    /// A revision takes at most so many bytes: its shard, and its version in base 128.
    const REVISION_MAX: usize = 2 + 10;

    /// Returns whether more than a revision is sealed here: other keys of the subject.
    pub(crate) fn may_name_others(&self) -> bool {
        self.sealed.len() > Self::REVISION_MAX
    }
}

/// What the key of [`About`] opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The last change of the key's own subject that it was decided under.
    pub own: Revision,
    /// The other keys of the subject, each with the last change it was decided under.
    pub others: Vec<(SubjectKey, Revision)>,
}

/// A key was destroyed: nobody can tell any more whom its rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// When.
    pub at: UnixMillis,
    /// Which.
    pub key: KeyId,
}

fn outcome_code(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Delivered => 0,
        Outcome::Failed => 1,
        Outcome::Unconfirmed => 2,
    }
}

#[cfg(test)]
mod tests;
