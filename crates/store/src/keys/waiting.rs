//! Keys that are durable and not in their table yet.
//!
//! A key goes to two places of the table that its person and its name choose, each a page of its own. So new keys
//! are appended, one blob for each commit, and kept here until there are enough to be merged in their order.
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
    rows: HashMap<SubjectKey, KeyRow>,
    subjects: HashMap<KeyId, SubjectKey>,
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
        self.rows.get(subject)
    }

    pub(super) fn of_id(&self, id: KeyId) -> Option<&KeyRow> {
        self.rows.get(self.subjects.get(&id)?)
    }

    pub(super) fn add(&mut self, row: KeyRow) {
        self.subjects.insert(row.id, row.subject);
        self.rows.insert(row.subject, row);
    }

    /// Takes out what is in the table of keys now.
    pub(super) fn remove(&mut self, merged: &[KeyRow]) {
        for row in merged {
            self.subjects.remove(&row.id);
            self.rows.remove(&row.subject);
        }
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
