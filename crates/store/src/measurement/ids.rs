//! Which exposures were accepted lately.
//!
//! In memory: 16 bytes for each exposure, with the slack of a hash table 20 to 40, divided into slices of time
//! or number, whichever is full first, and by the first byte of the digest, so that what is old goes all at once and no
//! table is ever so large that its growing holds anything up. On the disk: one blob for each pack, in the format of [`sluicegate_ledger::wire`]:
//! 12 bytes of the id's digest and 4 of the content's for each event.
//!
//! Limits: an id is known for as long as its row is kept, and up to [`SLICE`] longer. Of more than [`IDS_MAX`] the
//! oldest slice is forgotten sooner, at any rate and also at the start; the newest seven eighths of as many are always
//! known.

use crate::StoreError;
use futures_util::TryStreamExt as _;
use parking_lot::Mutex;
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::wire::{Damage, Reader, Writer};
use sluicegate_measurement::{Fingerprint, Known};
use sqlx::{Row as _, SqliteConnection};
use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
    time::Duration,
};

/// Ids remembered at most: 100 million, in 2 to 4 GB. Seven eighths of that are 48 hours of 506 exposures a second.
const IDS_MAX: usize = 100_000_000;
/// How long a slice of time is.
const SLICE: Duration = Duration::from_hours(12);
/// A slice is full with this part of all ids that are remembered.
const SLICES: usize = 8;
/// Parts of a slice.
const PARTS: usize = 256;

type Part = HashMap<[u8; 12], [u8; 4], BuildHasherDefault<Digest>>;

/// The ids known.
#[derive(Debug)]
pub(crate) struct Ids {
    /// The oldest first.
    slices: VecDeque<Slice>,
    ids_max: usize,
}

#[derive(Debug)]
struct Slice {
    since: UnixMillis,
    newest: UnixMillis,
    count: usize,
    parts: Vec<Part>,
}

/// The keys are keyed digests already: their own bytes tell them apart. The first byte chooses the part, so the
/// last ones are taken. They are what is written last; before them comes the length.
#[derive(Clone, Copy, Debug, Default)]
struct Digest(u64);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk::<8>() {
            self.0 = u64::from_be_bytes(*last);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Ids {
    fn new(ids_max: usize) -> Self {
        Self { slices: VecDeque::new(), ids_max }
    }

    /// Reads what is kept on the disk, of the latest exposures as many as are remembered.
    pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        Self::load_most(connection, IDS_MAX).await
    }

    async fn load_most(
        connection: &mut SqliteConnection,
        ids_max: usize,
    ) -> Result<Self, StoreError> {
        let mut ids = Self::new(ids_max);
        // Why: positions count the exposures, so nothing is read only to be forgotten.
        let sql = "SELECT first_event, accepted_at, ids FROM exposure_ids
            WHERE first_event >= (SELECT next_event FROM exposure_head) - ?1 ORDER BY first_event";
        let most = i64::try_from(ids_max).unwrap_or(i64::MAX);
        let mut rows = sqlx::query(sql).bind(most).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            let first: i64 = row.try_get("first_event")?;
            let events = read(row.try_get("ids")?)
                .map_err(|_damage| StoreError::Damaged(first.cast_unsigned()))?;
            ids.remember(&events, UnixMillis(row.try_get("accepted_at")?));
        }
        Ok(ids)
    }

    /// Returns which of the events have ids that are known.
    pub(crate) fn known(&self, events: &[Fingerprint]) -> Vec<Known> {
        let find = |(index, event): (usize, &Fingerprint)| {
            // The newest first: a repeat mostly follows soon.
            let content = self.slices.iter().rev().find_map(|slice| slice.find(event))?;
            Some(Known { index, content })
        };
        events.iter().enumerate().filter_map(find).collect()
    }

    /// Remembers events, accepted at that time. None of them is known.
    pub(crate) fn remember(&mut self, events: &[Fingerprint], at: UnixMillis) {
        let full = self.ids_max / SLICES;
        let goes_on = |slice: &Slice| at < slice.since.plus(SLICE) && slice.count < full;
        let goes_on = self.slices.back().is_some_and(goes_on);
        if !goes_on {
            self.slices.push_back(Slice::new(at));
        }
        if let Some(slice) = self.slices.back_mut() {
            slice.newest = slice.newest.max(at);
            slice.remember(events);
        }
        while self.slices.len() > 1 && self.count() > self.ids_max {
            self.slices.pop_front();
        }
    }

    /// Takes back events that were remembered and were not kept.
    pub(crate) fn forget(&mut self, events: &[Fingerprint]) {
        for slice in &mut self.slices {
            slice.forget(events);
        }
    }

    /// Forgets what was accepted before that time, as far as whole slices go.
    pub(crate) fn forget_before(&mut self, before: UnixMillis) {
        while self.slices.front().is_some_and(|slice| slice.newest < before) {
            self.slices.pop_front();
        }
    }

    fn count(&self) -> usize {
        self.slices.iter().map(|slice| slice.count).sum()
    }
}

impl Slice {
    fn new(since: UnixMillis) -> Self {
        let parts = (0..PARTS).map(|_| Part::default()).collect();
        Self { since, newest: since, count: 0, parts }
    }

    fn find(&self, event: &Fingerprint) -> Option<[u8; 4]> {
        self.parts.get(part_of(event))?.get(&event.id).copied()
    }

    fn remember(&mut self, events: &[Fingerprint]) {
        for event in events {
            let Some(part) = self.parts.get_mut(part_of(event)) else { continue };
            self.count += usize::from(part.insert(event.id, event.content).is_none());
        }
    }

    fn forget(&mut self, events: &[Fingerprint]) {
        for event in events {
            let Some(part) = self.parts.get_mut(part_of(event)) else { continue };
            self.count -= usize::from(part.remove(&event.id).is_some());
        }
    }
}

/// Ids that one job has remembered, until its commit is known.
#[derive(Clone, Debug)]
pub(super) struct Remembering {
    ids: Arc<Mutex<Ids>>,
    events: Arc<Mutex<Vec<Fingerprint>>>,
}

impl Remembering {
    pub(super) fn new(ids: &Arc<Mutex<Ids>>) -> Self {
        Self { ids: Arc::clone(ids), events: Arc::default() }
    }

    pub(super) fn known(&self, events: &[Fingerprint]) -> Vec<Known> {
        self.ids.lock().known(events)
    }

    pub(super) fn remember(&self, events: Vec<Fingerprint>, at: UnixMillis) {
        self.ids.lock().remember(&events, at);
        *self.events.lock() = events;
    }

    /// The commit failed: what the job remembered is not known, and nothing else is touched.
    pub(super) fn take_back(&self) {
        self.ids.lock().forget(&self.events.lock());
    }
}

fn part_of(event: &Fingerprint) -> usize {
    let [first, ..] = event.id;
    usize::from(first)
}

/// Writes the ids of a pack.
pub(super) fn write(events: &[Fingerprint]) -> Vec<u8> {
    let mut writer = Writer::new();
    for Fingerprint { id, content } in events {
        writer.fixed(id);
        writer.fixed(content);
    }
    writer.finish()
}

/// Reads the ids of a pack.
fn read(blob: &[u8]) -> Result<Vec<Fingerprint>, Damage> {
    let mut reader = Reader::open(blob)?;
    let mut events = Vec::new();
    while !reader.is_at_end() {
        events.push(Fingerprint { id: reader.fixed()?, content: reader.fixed()? });
    }
    Ok(events)
}

#[cfg(test)]
mod tests;
