//! The folder of old records, and which of its files, and of the rows that name them, were found damaged.
//!
//! A file is found damaged when it is read, or when it is looked at once an hour and is gone or of another length. What
//! is known of that is in memory: at the next start it is looked anew. A file that was put back, and so was changed
//! since, is whole until it is found damaged again.

use super::{Damaged, Parts, What};
use parking_lot::Mutex;
use sluicegate_ledger::Day;
use std::{
    collections::HashMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What is seen of a file from outside: its length, and when it was changed; none where it is gone.
type Stamp = Option<(u64, Option<SystemTime>)>;

#[derive(Debug)]
pub(crate) struct Records {
    folder: PathBuf,
    /// As they were when that was found.
    damaged: Mutex<HashMap<String, Stamp>>,
    /// Rows that do not read, by the file that each names.
    rows: Mutex<HashMap<String, Damaged>>,
}

impl Records {
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder, damaged: Mutex::default(), rows: Mutex::default() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(in crate::ledger) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Notes that a row does not read, and says so once.
    pub(in crate::ledger) fn note_row(&self, row: Damaged) {
        let (file, day) = (row.file(), row.day.map(|Day(day)| day));
        if self.rows.lock().insert(file.clone(), row).is_none() {
            tracing::error!(
                ledger.file = file,
                day,
                "a row that names a file of old records is damaged; what is in the file is left out"
            );
        }
    }

    /// Returns the files that rows name which do not read, and in which values told on these days may be.
    pub(in crate::ledger) fn told_unnamed(&self, days: &RangeInclusive<Day>) -> Vec<String> {
        let may_be = |row: &Damaged| {
            row.what != Some(What::Packs) && row.day.is_none_or(|day| days.contains(&day))
        };
        let rows = self.rows.lock();
        rows.iter().filter(|(_, row)| may_be(row)).map(|(file, _)| file.clone()).collect()
    }

    /// Returns the rows that do not read, and whose file may hold packs.
    pub(in crate::ledger) fn packs_unnamed(&self) -> Vec<Damaged> {
        let rows = self.rows.lock();
        rows.values().filter(|row| row.what != Some(What::Told)).cloned().collect()
    }

    /// Notes that a file does not read, and says so once, unless its row does not.
    pub(in crate::ledger) fn note_damaged(&self, file: &str) {
        if self.rows.lock().contains_key(file) {
            return;
        }
        let stamp = self.stamp(file);
        if self.damaged.lock().insert(file.to_owned(), stamp).is_none() {
            tracing::error!(
                ledger.file = file,
                "a file of old records is damaged; what is in it is left out"
            );
        }
    }

    pub(in crate::ledger) fn is_damaged(&self, file: &str) -> bool {
        self.damaged.lock().contains_key(file)
    }

    /// Returns how many files are damaged, or the rows that name them, as far as that was found.
    pub(in crate::ledger) fn damaged(&self) -> usize {
        self.damaged.lock().len() + self.rows.lock().len()
    }

    /// Looks whether all rows read, and all files are there in their length.
    pub(in crate::ledger) fn look(&self, parts: &Parts) {
        self.rows.lock().retain(|_, row| parts.damaged.contains(row));
        parts.damaged.iter().cloned().for_each(|row| self.note_row(row));
        let named = || parts.told.iter().chain(&parts.packs);
        let is_kept = |file: &str| named().any(|part| part.file == file);
        self.damaged.lock().retain(|file, before| is_kept(file) && *before == self.stamp(file));
        for part in named() {
            if self.stamp(&part.file).is_none_or(|(length, _)| length != part.bytes) {
                self.note_damaged(&part.file);
            }
        }
    }

    fn stamp(&self, file: &str) -> Stamp {
        let seen = std::fs::metadata(self.path(file)).ok()?;
        Some((seen.len(), seen.modified().ok()))
    }
}
