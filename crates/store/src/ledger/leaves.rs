//! A pack of leaves: the messages of one commit, and how earlier ones ended.
//!
//! Rows follow one another; each begins with a byte that says what it is:
//!
//! | row | then |
//! | --- | --- |
//! | 1, an opportunity | time, path, edition, the keys of the subject, how many messages; for each its partnership, categories, id and SHA-256 |
//! | 2, a message of many disclosures | time, path, edition, partnership, categories, id, SHA-256, how many; for each its id and keys |
//! | 3, an outcome | the id of the message, how it ended |
//!
//! Times are the difference to the row before. A key is a subject's key and the revision it was decided
//! under. The messages of one opportunity, one to each partnership, share one row: about 50 bytes for each,
//! and about 25 for each key of the subject.

use crate::wire::{Damage, Reader, Writer};
use sluicegate_gate::{
    Categories, DisclosureId, EditionHash, PartnershipId, Path, Revision, SubjectKey,
    time::UnixMillis,
};
use sluicegate_ledger::{ItemRow, MessageRow, Outcome, OutcomeRow};

const OPPORTUNITY: u8 = 1;
const MESSAGE: u8 = 2;
const OUTCOME: u8 = 3;

type Keys = Vec<(SubjectKey, Revision)>;

/// What a pack holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaves {
    pub(crate) messages: Vec<MessageRow>,
    pub(crate) outcomes: Vec<OutcomeRow>,
}

/// Writes a pack.
pub(crate) fn write(messages: &[MessageRow], outcomes: &[OutcomeRow]) -> Vec<u8> {
    let mut writer = Writer::new();
    let mut before = UnixMillis(0);
    for row in messages.chunk_by(is_same_opportunity) {
        let Some(first) = row.first() else { continue };
        writer.byte(if subject_of(first).is_some() { OPPORTUNITY } else { MESSAGE });
        writer.signed(first.at.0.wrapping_sub(before.0));
        before = first.at;
        writer.path(first.path);
        writer.edition(first.edition);
        if let Some(keys) = subject_of(first) {
            write_keys(&mut writer, keys);
            writer.length(row.len());
            for message in row {
                write_message(&mut writer, message);
            }
        } else {
            write_message(&mut writer, first);
            writer.length(first.items.len());
            for item in &first.items {
                writer.fixed(&item.disclosure.0.to_be_bytes());
                write_keys(&mut writer, &item.keys);
            }
        }
    }
    for row in outcomes {
        writer.byte(OUTCOME);
        writer.fixed(&row.message.0.to_be_bytes());
        writer.byte(match row.outcome {
            Outcome::Delivered => 0,
            Outcome::Failed => 1,
            Outcome::Unconfirmed => 2,
        });
    }
    writer.finish()
}

/// Reads a pack.
pub(crate) fn read(blob: &[u8]) -> Result<Leaves, Damage> {
    let mut reader = Reader::open(blob)?;
    let mut leaves = Leaves::default();
    let mut before = UnixMillis(0);
    while !reader.is_at_end() {
        match reader.byte()? {
            kind @ (OPPORTUNITY | MESSAGE) => {
                let head = Head::read(&mut reader, before)?;
                before = head.at;
                if kind == OPPORTUNITY {
                    let keys = read_keys(&mut reader)?;
                    for _ in 0..reader.length()? {
                        let message = head.message(&mut reader)?;
                        leaves.messages.push(alone(message, keys.clone()));
                    }
                } else {
                    let mut message = head.message(&mut reader)?;
                    for _ in 0..reader.length()? {
                        let disclosure = DisclosureId(reader.id()?);
                        message.items.push(ItemRow { disclosure, keys: read_keys(&mut reader)? });
                    }
                    leaves.messages.push(message);
                }
            }
            OUTCOME => leaves.outcomes.push(read_outcome(&mut reader)?),
            _ => return Err(Damage),
        }
    }
    Ok(leaves)
}

/// Returns the keys of the subject of a message that is one disclosure under its own id.
fn subject_of(message: &MessageRow) -> Option<&Keys> {
    match message.items.as_slice() {
        [item] if item.disclosure == message.message => Some(&item.keys),
        _ => None,
    }
}

fn is_same_opportunity(one: &MessageRow, next: &MessageRow) -> bool {
    (one.at, one.path, one.edition) == (next.at, next.path, next.edition)
        && subject_of(one).is_some_and(|keys| subject_of(next) == Some(keys))
}

fn write_message(writer: &mut Writer, message: &MessageRow) {
    writer.text(message.partnership.as_str());
    writer.byte(message.categories.bits());
    writer.fixed(&message.message.0.to_be_bytes());
    writer.fixed(&message.sha256);
}

fn write_keys(writer: &mut Writer, keys: &Keys) {
    writer.length(keys.len());
    for (key, revision) in keys {
        writer.subject(*key);
        writer.number(revision.shard.into());
        writer.number(revision.version);
    }
}

fn read_keys(reader: &mut Reader<'_>) -> Result<Keys, Damage> {
    let count = reader.length()?;
    (0..count)
        .map(|_| {
            let key = reader.subject()?;
            let shard = u16::try_from(reader.number()?).map_err(|_too_large| Damage)?;
            Ok((key, Revision { shard, version: reader.number()? }))
        })
        .collect()
}

fn read_outcome(reader: &mut Reader<'_>) -> Result<OutcomeRow, Damage> {
    let message = DisclosureId(reader.id()?);
    let outcome = match reader.byte()? {
        0 => Outcome::Delivered,
        1 => Outcome::Failed,
        2 => Outcome::Unconfirmed,
        _ => return Err(Damage),
    };
    Ok(OutcomeRow { message, outcome })
}

/// What the messages of one row share.
struct Head {
    at: UnixMillis,
    path: Path,
    edition: EditionHash,
}

impl Head {
    fn read(reader: &mut Reader<'_>, before: UnixMillis) -> Result<Self, Damage> {
        Ok(Self {
            at: UnixMillis(before.0.wrapping_add(reader.signed()?)),
            path: reader.path()?,
            edition: reader.edition()?,
        })
    }

    /// Reads the next message, its items aside.
    fn message(&self, reader: &mut Reader<'_>) -> Result<MessageRow, Damage> {
        let partnership: PartnershipId = reader.partnership()?;
        let categories: Categories = reader.categories()?;
        Ok(MessageRow {
            message: DisclosureId(reader.id()?),
            at: self.at,
            path: self.path,
            partnership,
            edition: self.edition,
            categories,
            sha256: reader.fixed()?,
            items: Vec::new(),
        })
    }
}

fn alone(mut message: MessageRow, keys: Keys) -> MessageRow {
    message.items = vec![ItemRow { disclosure: message.message, keys }];
    message
}

#[cfg(test)]
mod tests;
