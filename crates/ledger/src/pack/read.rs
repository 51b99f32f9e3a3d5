//! Reading a pack.

use super::{
    About, ERASURE, Erasure, Item, MESSAGE, Message, OPPORTUNITY, OUTCOME, Pack, Place, WINDOW,
};
use crate::{
    KeyId, Outcome, OutcomeRow, UncertainWindow,
    wire::{Damage, Reader, Writer},
};
use sluicegate_gate::{
    Categories, DisclosureId, EditionHash, PartnershipId, Path, time::UnixMillis,
};
use std::ops::Range;

/// One row of a pack, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its number within the pack; the head is 0.
    pub number: u32,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl Row<'_> {
    /// Returns what a tree commits to: the number of the pack (eight bytes, the most significant first), that
    /// of the row (four bytes), and the row.
    pub fn leaf(&self, pack: u64) -> Vec<u8> {
        let mut leaf = Vec::with_capacity(12 + self.bytes.len());
        leaf.extend_from_slice(&pack.to_be_bytes());
        leaf.extend_from_slice(&self.number.to_be_bytes());
        leaf.extend_from_slice(self.bytes);
        leaf
    }
}

/// Reads a pack.
pub fn read(leaves: &[u8]) -> Result<Pack, Damage> {
    read_from(leaves, 1)
}

/// Reads a pack whose first row after the head has that number.
fn read_from(leaves: &[u8], first: u32) -> Result<Pack, Damage> {
    let mut pack = Pack::default();
    walk(leaves, first, |_span, row| match row {
        Content::Head => {}
        Content::Messages(messages) => pack.messages.extend(messages),
        Content::Outcome(outcome) => pack.outcomes.push(outcome),
        Content::Erasure(erasure) => pack.erasures.push(erasure),
        Content::Window(window) => pack.windows.push(window),
    })?;
    Ok(pack)
}

/// Reads one row of a pack that is not at hand but for its head.
pub(crate) fn read_alone(head: &[u8], row: Row<'_>) -> Result<Pack, Damage> {
    let mut blob = Writer::new();
    blob.fixed(head);
    blob.fixed(row.bytes);
    let blob = blob.finish();
    if rows(&blob)?.len() != 2 {
        return Err(Damage);
    }
    read_from(&blob, row.number)
}

/// Divides a pack into its rows, the head first.
pub fn rows(leaves: &[u8]) -> Result<Vec<Row<'_>>, Damage> {
    let whole = Reader::open(leaves)?.rest();
    let mut spans = Vec::new();
    walk(leaves, 1, |span, _row| spans.push(span))?;
    (0..)
        .zip(spans)
        .map(|(number, span)| Ok(Row { number, bytes: whole.get(span).ok_or(Damage)? }))
        .collect()
}

enum Content {
    Head,
    Messages(Vec<Message>),
    Outcome(OutcomeRow),
    Erasure(Erasure),
    Window(UncertainWindow),
}

/// Shows every row, and where in the pack it is. The first after the head has the number `first`.
fn walk(
    leaves: &[u8],
    first: u32,
    mut show: impl FnMut(Range<usize>, Content),
) -> Result<(), Damage> {
    let mut reader = Reader::open(leaves)?;
    let length = reader.rest().len();
    let place = |reader: &Reader<'_>| length - reader.rest().len();
    let start = read_head(&mut reader)?;
    let base = start.base;
    show(0..place(&reader), Content::Head);
    let mut next = Some(first);
    while !reader.is_at_end() {
        let number = next.ok_or(Damage)?;
        next = number.checked_add(1);
        let from = place(&reader);
        let content = match reader.byte()? {
            OPPORTUNITY => Content::Messages(read_opportunity(&mut reader, &start, number)?),
            MESSAGE => Content::Messages(vec![read_batch(&mut reader, &start, number)?]),
            OUTCOME => Content::Outcome(read_outcome(&mut reader)?),
            ERASURE => {
                let at = UnixMillis(base.0.wrapping_add(reader.signed()?));
                let key = KeyId(u64::from_be_bytes(reader.fixed()?));
                Content::Erasure(Erasure { at, key })
            }
            WINDOW => {
                let path = reader.path()?;
                let mut time =
                    || Ok::<_, Damage>(UnixMillis(base.0.wrapping_add(reader.signed()?)));
                Content::Window(UncertainWindow { path, from: time()?, until: time()? })
            }
            _ => return Err(Damage),
        };
        show(from..place(&reader), content);
    }
    Ok(())
}

/// What the rows of a pack share.
struct Start {
    pack: [u8; 16],
    base: UnixMillis,
}

fn read_head(reader: &mut Reader<'_>) -> Result<Start, Damage> {
    let start = Start { pack: reader.fixed()?, base: UnixMillis(reader.signed()?) };
    for _ in 0..reader.length()? {
        let _name: PartnershipId = reader.partnership()?;
    }
    for _ in 0..reader.length()? {
        reader.edition()?;
    }
    Ok(start)
}

fn read_opportunity(
    reader: &mut Reader<'_>,
    start: &Start,
    row: u32,
) -> Result<Vec<Message>, Damage> {
    let head = Head::read(reader, start.base, row)?;
    let about = read_about(reader, Place { pack: start.pack, row, item: 0 })?;
    let count = reader.length()?;
    // Why no room is made: nothing has vouched for the count yet.
    let mut messages = Vec::new();
    for _ in 0..count {
        let mut message = head.message(reader)?;
        message.items = vec![Item { disclosure: message.message, about: about.clone() }];
        messages.push(message);
    }
    Ok(messages)
}

fn read_batch(reader: &mut Reader<'_>, start: &Start, row: u32) -> Result<Message, Damage> {
    let head = Head::read(reader, start.base, row)?;
    let mut message = head.message(reader)?;
    let count = u32::try_from(reader.length()?).map_err(|_too_many| Damage)?;
    for item in 0..count {
        let disclosure = DisclosureId(reader.id()?);
        let about = read_about(reader, Place { pack: start.pack, row, item })?;
        message.items.push(Item { disclosure, about });
    }
    Ok(message)
}

fn read_about(reader: &mut Reader<'_>, place: Place) -> Result<Vec<About>, Damage> {
    let count = reader.length()?;
    (0..count)
        .map(|_| {
            let key = KeyId(u64::from_be_bytes(reader.fixed()?));
            let length = reader.length()?;
            Ok(About { key, place, sealed: reader.bytes(length)?.to_vec() })
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
    row: u32,
    at: UnixMillis,
    path: Path,
    edition: EditionHash,
}

impl Head {
    fn read(reader: &mut Reader<'_>, base: UnixMillis, row: u32) -> Result<Self, Damage> {
        Ok(Self {
            row,
            at: UnixMillis(base.0.wrapping_add(reader.signed()?)),
            path: reader.path()?,
            edition: reader.edition()?,
        })
    }

    /// Reads the next message, its items aside.
    fn message(&self, reader: &mut Reader<'_>) -> Result<Message, Damage> {
        let partnership: PartnershipId = reader.partnership()?;
        let categories: Categories = reader.categories()?;
        Ok(Message {
            row: self.row,
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
