//! Outlines of many messages in one blob: what an incident's scope is looked for in.
//!
//! First the kinds of messages in it, 16 bytes each; then a row for each message:
//!
//! | | |
//! | --- | --- |
//! | time | milliseconds after the message before, signed |
//! | kind | twice its number in this blob, plus 1 if it was about the same people as the message before |
//! | people, unless the same | how many disclosures; how many people, and 8 bytes for each |
//!
//! The messages of one opportunity are about the same people, so a message takes 3 to 13 bytes.

use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::{
    OutlineRow, Someone,
    wire::{Damage, Reader, Writer},
};
use std::collections::HashMap;

/// The id of a kind.
pub(super) type KindId = u128;

/// Outlines that are written together.
#[derive(Debug, Default)]
pub(super) struct Outlines {
    numbers: HashMap<KindId, u64>,
    kinds: Vec<KindId>,
    rows: Writer,
    before: i64,
    people: Vec<Someone>,
    disclosures: u64,
    pub(super) messages: u64,
    pub(super) first: Option<i64>,
    pub(super) last: i64,
}

/// One message, as it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline<'a> {
    pub(super) at: UnixMillis,
    /// The number of its kind in this blob.
    pub(super) kind: usize,
    pub(super) disclosures: u64,
    pub(super) people: &'a [Someone],
    /// Whether the message before was about the same people.
    pub(super) are_same: bool,
}

impl Outlines {
    /// Adds the outline of a message whose kind has that id.
    pub(super) fn add(&mut self, row: &OutlineRow, kind: KindId) {
        self.push(row.at.0, kind, row.disclosures.into(), &row.people);
    }

    fn push(&mut self, at: i64, kind: KindId, disclosures: u64, people: &[Someone]) {
        let next = u64::try_from(self.kinds.len()).unwrap_or(u64::MAX);
        let number = *self.numbers.entry(kind).or_insert_with(|| {
            self.kinds.push(kind);
            next
        });
        let are_same = self.disclosures == disclosures && self.people == people;
        self.rows.signed(at.wrapping_sub(self.before));
        self.rows.number(number << 1 | u64::from(are_same));
        if !are_same {
            self.rows.number(disclosures);
            self.rows.length(people.len());
            for someone in people {
                self.rows.fixed(&someone.bits().to_be_bytes());
            }
            self.people.clear();
            self.people.extend_from_slice(people);
            self.disclosures = disclosures;
        }
        self.before = at;
        self.messages += 1;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = if self.messages == 1 { at } else { self.last.max(at) };
    }

    /// Adds everything in a blob, or nothing.
    pub(super) fn join(&mut self, blob: &[u8]) -> Result<(), Damage> {
        let read = Outlined::open(blob)?;
        let (mut is_whole, kinds) = (true, read.kinds.len());
        read.each(|one| is_whole &= one.kind < kinds)?;
        if !is_whole {
            return Err(Damage);
        }
        let mut read = Outlined::open(blob)?;
        let kinds = std::mem::take(&mut read.kinds);
        read.each(|one| {
            if let Some(kind) = kinds.get(one.kind) {
                self.push(one.at.0, *kind, one.disclosures, one.people);
            }
        })
    }

    /// Returns the blob.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.length(self.kinds.len());
        for kind in &self.kinds {
            writer.fixed(&kind.to_be_bytes());
        }
        writer.fixed(self.rows.written());
        writer.finish()
    }
}

/// A blob, its kinds read.
#[derive(Debug)]
pub(super) struct Outlined<'a> {
    pub(super) kinds: Vec<KindId>,
    rows: Reader<'a>,
}

impl<'a> Outlined<'a> {
    pub(super) fn open(blob: &'a [u8]) -> Result<Self, Damage> {
        let mut rows = Reader::open(blob)?;
        let kinds = (0..rows.length()?).map(|_| rows.id()).collect::<Result<_, _>>()?;
        Ok(Self { kinds, rows })
    }

    /// Shows every message, in order.
    pub(super) fn each(mut self, mut show: impl FnMut(Outline<'_>)) -> Result<(), Damage> {
        let (mut at, mut disclosures, mut people) = (0_i64, 0_u64, Vec::new());
        while !self.rows.is_at_end() {
            at = at.wrapping_add(self.rows.signed()?);
            let number = self.rows.number()?;
            let are_same = number & 1 == 1;
            if !are_same {
                disclosures = self.rows.number()?;
                people.clear();
                for _ in 0..self.rows.length()? {
                    people.push(Someone::from_bits(u64::from_be_bytes(self.rows.fixed()?)));
                }
            }
            let kind = usize::try_from(number >> 1).map_err(|_too_large| Damage)?;
            show(Outline { at: UnixMillis(at), kind, disclosures, people: &people, are_same });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::KeyKind;
    use sluicegate_ledger::KeyId;

    fn blob(rows: &[(i64, KindId, u64, Vec<Someone>)]) -> Vec<u8> {
        let mut outlines = Outlines::default();
        for (at, kind, disclosures, people) in rows {
            outlines.push(*at, *kind, *disclosures, people);
        }
        outlines.finish()
    }

    fn rows(blob: &[u8]) -> Vec<(i64, KindId, u64, Vec<Someone>)> {
        let mut outlined = Outlined::open(blob).unwrap();
        let kinds = std::mem::take(&mut outlined.kinds);
        let mut rows = Vec::new();
        outlined
            .each(|one| {
                rows.push((one.at.0, kinds[one.kind], one.disclosures, one.people.to_vec()));
            })
            .unwrap();
        rows
    }

    #[test]
    fn what_is_written_reads_back_also_joined_with_others() {
        let (one, two) =
            (Someone::new(KeyKind::Account, KeyId(1)), Someone::new(KeyKind::Browser, KeyId(2)));
        let early = [
            (5_000, 9, 1, vec![one]),
            (5_000, 8, 1, vec![one]),
            (4_000, 9, 0, vec![]),
            (4_000, 9, 2, vec![one, two]),
        ];
        let late = [(9_000, 8, 2, vec![one, two]), (9_001, 7, 1, vec![one])];
        assert_eq!(rows(&blob(&early)), early);
        let mut joined = Outlines::default();
        joined.join(&blob(&early)).unwrap();
        joined.join(&blob(&late)).unwrap();
        assert_eq!((joined.messages, joined.first, joined.last), (6, Some(4_000), 9_001));
        assert_eq!(rows(&joined.finish()), [&early[..], &late[..]].concat());
    }

    #[test]
    fn another_partner_asked_about_the_same_person_takes_three_bytes() {
        let person = vec![Someone::new(KeyKind::Account, KeyId(u64::MAX))];
        let one = blob(&[(0, 1, 1, person.clone()), (0, 2, 1, person.clone())]);
        let more = blob(&[(0, 1, 1, person.clone()), (0, 2, 1, person.clone()), (9, 1, 1, person)]);
        assert!(more.len() - one.len() <= 3, "{} bytes", more.len() - one.len());
    }
}
