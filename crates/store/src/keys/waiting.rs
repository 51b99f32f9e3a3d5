//! Keys that are durable and not in their table yet.
//!
//! A key goes to two places of the table that its person and its name choose, each a page of its own. So new keys
//! are appended, one blob for each commit, and kept here until there are enough to be merged in their order. What is
//! in a blob is here for as long as the blob is on the disk.
//!
//! A blob is one of [`sluicegate_ledger::wire`]: of each key the subject, the id, and the wrapped key with its length.

use crate::StoreError;
use sluicegate_gate::SubjectKey;
use sluicegate_ledger::{
    KeyId, KeyRow,
    wire::{Damage, Reader, Writer},
};
use std::collections::HashMap;

/// Keys that wait, by both that they are looked for.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    rows: HashMap<SubjectKey, Waits>,
    subjects: HashMap<KeyId, SubjectKey>,
}

#[derive(Debug)]
struct Waits {
    row: KeyRow,
    /// The number of the blob that it is in.
    blob: i64,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether a key of that subject or that id is here.
    pub(super) fn has(&self, row: &KeyRow) -> bool {
        self.rows.contains_key(&row.subject) || self.subjects.contains_key(&row.id)
    }

    pub(super) fn of_subject(&self, subject: &SubjectKey) -> Option<&KeyRow> {
        self.rows.get(subject).map(|waits| &waits.row)
    }

    pub(super) fn of_id(&self, id: KeyId) -> Option<&KeyRow> {
        self.of_subject(self.subjects.get(&id)?)
    }

    /// Returns the blob that a subject's key is in, and whatever else is in it.
    pub(super) fn beside(&self, subject: &SubjectKey) -> Option<(i64, Vec<KeyRow>)> {
        let blob = self.rows.get(subject)?.blob;
        let others = self.rows.values().filter(|waits| waits.blob == blob);
        let others = others.map(|waits| &waits.row).filter(|row| row.subject != *subject);
        Some((blob, others.cloned().collect()))
    }

    /// Returns whose keys are here, in no order, with their names, and the number of the last blob of them. Nobody has a
    /// turn meanwhile, so nothing else is copied.
    pub(super) fn all(&self) -> (Vec<(SubjectKey, KeyId)>, i64) {
        let keys = self.rows.iter().map(|(subject, waits)| (*subject, waits.row.id)).collect();
        (keys, self.rows.values().map(|waits| waits.blob).max().unwrap_or(0))
    }

    /// Returns the key of that subject and that name.
    pub(super) fn row(&self, subject: &SubjectKey, id: KeyId) -> Option<&KeyRow> {
        self.of_subject(subject).filter(|row| row.id == id)
    }

    pub(super) fn add(&mut self, row: KeyRow, blob: i64) {
        self.subjects.insert(row.id, row.subject);
        self.rows.insert(row.subject, Waits { row, blob });
    }

    pub(super) fn remove(&mut self, subject: &SubjectKey) {
        if let Some(waits) = self.rows.remove(subject) {
            self.subjects.remove(&waits.row.id);
        }
    }

    /// Takes out what was in blobs up to that one.
    pub(super) fn remove_until(&mut self, last: i64) {
        let Self { rows, subjects } = self;
        rows.retain(|_, waits| {
            let stays = waits.blob > last;
            if !stays {
                subjects.remove(&waits.row.id);
            }
            stays
        });
    }
}

pub(super) fn write(rows: &[KeyRow]) -> Vec<u8> {
    let mut writer = Writer::new();
    for KeyRow { subject, id, wrapped } in rows {
        writer.subject(*subject);
        writer.fixed(&id.0.to_be_bytes());
        writer.length(wrapped.len());
        writer.fixed(wrapped);
    }
    writer.finish()
}

pub(super) fn read(blob: &[u8]) -> Result<Vec<KeyRow>, StoreError> {
    let damaged = |_damage: Damage| StoreError::Corrupt("new keys of people");
    let mut reader = Reader::open(blob).map_err(damaged)?;
    let mut rows = Vec::new();
    while !reader.is_at_end() {
        rows.push(read_one(&mut reader).map_err(damaged)?);
    }
    Ok(rows)
}

fn read_one(reader: &mut Reader<'_>) -> Result<KeyRow, Damage> {
    let (subject, id) = (reader.subject()?, KeyId(u64::from_be_bytes(reader.fixed()?)));
    let length = reader.length()?;
    Ok(KeyRow { subject, id, wrapped: reader.bytes(length)?.to_vec() })
}
