//! The proof that one disclosure is on record: one file that whoever has the log's public key can check alone.
//!
//! The file is a C2SP `tlog-proof`: it proves that an *entry* is in the log. What the disclosure has to do with
//! that entry is in the line of extra data, as JSON: the entry's text, the row of the disclosure, the head of its
//! pack, which has the names that the row has numbers for, and how both are under the root of the entry.
//! Every hash is computed anew from what the file says; nothing of it is believed.
//!
//! A row names people by the ids of their keys. Whose it is, a person's own key shows: with [`DisclosureProof::with_key`]
//! it is in the file, too, and the row has to be about whoever has it.

use super::{
    checkpoint::Checkpoint,
    entry::Entry,
    note::{Note, NoteError, NoteVerifier},
    tree::{self, Hash},
};
use crate::pack::{self, Decided, Message, Pack, PersonKey, Row};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{DisclosureId, Secret};
use std::fmt;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
const FORMAT: &str = "sluicegate-row/2";
/// Bytes of a proof that is read at most: a row is a message of at most thousands of disclosures.
pub const PROOF_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A file does not prove that the disclosure in it is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureProofError {
    /// It is not written as a proof is.
    #[error("not a proof of a disclosure")]
    Malformed,
    /// The checkpoint is not signed by the key.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] NoteError),
    /// The entry is not in the log.
    #[error("the entry is not in the log that was signed")]
    Entry,
    /// The row, or the head of its pack, is not in the entry's sheet.
    #[error("the row is not in the sheet that the log commits to")]
    Row,
    /// The disclosure is not in the row.
    #[error("the disclosure is not in the row")]
    Disclosure,
    /// The disclosure is about somebody else than who has the key.
    #[error("the disclosure is not about whoever has the key")]
    Person,
}

/// A row in its sheet: its bytes, and how it is under the root.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placed {
    /// Its number within the pack; the head is 0.
    pub(super) number: u32,
    /// Which row of the sheet it is.
    pub(super) index: u64,
    #[serde(with = "base64_bytes")]
    pub(super) bytes: Vec<u8>,
    #[serde(with = "base64_hashes")]
    pub(super) path: Vec<Hash>,
}

/// What the line of extra data says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extra {
    format: String,
    disclosure: String,
    entry: String,
    pack: u64,
    head: Placed,
    row: Placed,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// The proof that one disclosure is on record; nothing of it is checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct DisclosureProof {
    index: u64,
    path: Vec<Hash>,
    checkpoint: String,
    extra: Extra,
}

impl fmt::Debug for DisclosureProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DisclosureProof")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// What a proof was made of.
pub(super) struct Found<'a> {
    pub(super) disclosure: DisclosureId,
    pub(super) entry: &'a Entry,
    pub(super) pack: u64,
    pub(super) head: Placed,
    pub(super) row: Placed,
    pub(super) path: Vec<Hash>,
    pub(super) checkpoint: String,
}

/// What a proof proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedDisclosure {
    /// The disclosure.
    pub disclosure: DisclosureId,
    /// The message that it left with, as it was recorded, with all that was in it.
    pub message: Message,
    /// The pack that it is in.
    pub pack: u64,
    /// The row of the pack.
    pub row: u32,
    /// The head of the log that has it.
    pub checkpoint: Checkpoint,
    /// Witnesses whose signatures on the checkpoint are right.
    pub witnesses: Vec<NoteVerifier>,
    /// What the person's key opened, if it is in the proof.
    pub decided: Option<Decided>,
}

impl DisclosureProof {
    pub(super) fn of(found: Found<'_>) -> Self {
        let Found { disclosure, entry, pack, head, row, path, checkpoint } = found;
        let extra = Extra {
            format: FORMAT.to_owned(),
            disclosure: disclosure.to_string(),
            entry: entry.text(),
            pack,
            head,
            row,
            key: None,
        };
        Self { index: entry.sheet, path, checkpoint, extra }
    }

    /// Adds the key of whom the disclosure is about. Whoever gets the file then can tell, and read, every row of
    /// the record about that person.
    #[must_use]
    pub fn with_key(mut self, key: &Secret<[u8; 32]>) -> Self {
        self.extra.key = Some(hex::encode(key.open()));
        self
    }

    /// Reads a proof. What is written in another way than its `Display` does is none.
    pub fn read(bytes: &[u8]) -> Result<Self, DisclosureProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(DisclosureProofError::Malformed);
        }
        let proof = std::str::from_utf8(bytes).ok().and_then(parse);
        let proof = proof.filter(|proof| proof.to_string().as_bytes() == bytes);
        proof.ok_or(DisclosureProofError::Malformed)
    }

    /// Checks it with the public key of the log.
    pub fn check(
        &self,
        key: &NoteVerifier,
        witnesses: &[NoteVerifier],
    ) -> Result<ProvedDisclosure, DisclosureProofError> {
        let note = self.checkpoint.as_bytes();
        let checkpoint = Checkpoint::open(note, key)?;
        let note = Note::read(note)?;
        let leaf = tree::leaf_hash(self.extra.entry.as_bytes());
        tree::check_inclusion(&self.path, (self.index, checkpoint.size), &leaf, &checkpoint.root)
            .map_err(|_proof| DisclosureProofError::Entry)?;
        let message = self.message()?;
        let decided = self.decided(&message)?;
        let right = witnesses.iter().filter(|witness| witness.check(&note).is_ok());
        Ok(ProvedDisclosure {
            disclosure: self.disclosure()?,
            message,
            pack: self.extra.pack,
            row: self.extra.row.number,
            checkpoint,
            witnesses: right.cloned().collect(),
            decided,
        })
    }

    fn disclosure(&self) -> Result<DisclosureId, DisclosureProofError> {
        self.extra.disclosure.parse().map_err(|_odd| DisclosureProofError::Malformed)
    }

    /// Returns the message of the row, which is in the sheet of the entry.
    fn message(&self) -> Result<Message, DisclosureProofError> {
        let Extra { entry, pack, head, row, .. } = &self.extra;
        let entry = Entry::read(entry.as_bytes())
            .filter(|entry| entry.sheet == self.index)
            .filter(|entry| (entry.first..=entry.last).contains(pack))
            .ok_or(DisclosureProofError::Entry)?;
        if head.number != 0 || row.number == 0 {
            return Err(DisclosureProofError::Row);
        }
        for placed in [head, row] {
            let leaf = Row { number: placed.number, bytes: &placed.bytes }.leaf(*pack);
            let (leaf, place) = (tree::leaf_hash(&leaf), (placed.index, entry.rows));
            tree::check_inclusion(&placed.path, place, &leaf, &entry.root)
                .map_err(|_proof| DisclosureProofError::Row)?;
        }
        let Pack { messages, .. } =
            pack::read_alone(&head.bytes, Row { number: row.number, bytes: &row.bytes })
                .map_err(|_damage| DisclosureProofError::Row)?;
        let disclosure = self.disclosure()?;
        let has_it = |message: &Message| {
            message.message == disclosure
                || message.items.iter().any(|item| item.disclosure == disclosure)
        };
        messages.into_iter().find(has_it).ok_or(DisclosureProofError::Disclosure)
    }

    /// Opens what the row says of whom the disclosure is about, where the key is at hand.
    fn decided(&self, message: &Message) -> Result<Option<Decided>, DisclosureProofError> {
        let Some(key) = &self.extra.key else { return Ok(None) };
        let mut bytes = [0; 32];
        hex::decode_to_slice(key, &mut bytes).map_err(|_odd| DisclosureProofError::Malformed)?;
        let key =
            PersonKey::new(&Secret::new(bytes)).map_err(|_odd| DisclosureProofError::Person)?;
        let disclosure = self.disclosure()?;
        let items = message.items.iter().filter(|item| item.disclosure == disclosure);
        let about = items.flat_map(|item| &item.about).find(|about| about.key == key.id());
        let about = about.ok_or(DisclosureProofError::Person)?;
        key.open(about).map(Some).map_err(|_other| DisclosureProofError::Person)
    }
}

impl fmt::Display for DisclosureProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extra = serde_json::to_vec(&self.extra).map_err(|_unwritable| fmt::Error)?;
        writeln!(formatter, "{FIRST_LINE}\nextra {}\nindex {}", BASE64.encode(extra), self.index)?;
        for hash in &self.path {
            writeln!(formatter, "{}", BASE64.encode(hash))?;
        }
        write!(formatter, "\n{}", self.checkpoint)
    }
}

fn parse(text: &str) -> Option<DisclosureProof> {
    let (proof, checkpoint) = text.split_once("\n\n")?;
    let mut lines = proof.split('\n');
    lines.next().filter(|line| *line == FIRST_LINE)?;
    let extra = BASE64.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
    let extra: Extra = serde_json::from_slice(&extra).ok()?;
    let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
    let path = lines.map(read_hash).collect::<Option<_>>()?;
    let proof = DisclosureProof { index, path, checkpoint: checkpoint.to_owned(), extra };
    (proof.extra.format == FORMAT).then_some(proof)
}

fn read_hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}

/// Bytes in base64.
mod base64_bytes {
    use super::BASE64;
    use base64::Engine as _;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text).map_err(|_odd| D::Error::custom("not base64"))
    }
}

/// Hashes in base64.
mod base64_hashes {
    use super::{BASE64, Hash, read_hash};
    use base64::Engine as _;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        hashes: &[Hash],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(hashes.iter().map(|hash| BASE64.encode(hash)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Hash>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let hashes = texts.iter().map(|text| read_hash(text)).collect::<Option<_>>();
        hashes.ok_or_else(|| D::Error::custom("not hashes"))
    }
}
