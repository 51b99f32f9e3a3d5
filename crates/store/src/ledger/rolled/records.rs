//! The folder of old records, and which of its files were found damaged.
//!
//! A file is found damaged when it is read, or when it is looked at once an hour and is gone or of another length. What
//! is known of that is in memory: at the next start it is looked anew. A file that was put back, and so was changed
//! since, is whole until it is found damaged again.

use super::Part;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
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
}

impl Records {
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder, damaged: Mutex::default() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(in crate::ledger) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Notes that a file does not read, and says so once.
    pub(in crate::ledger) fn note_damaged(&self, file: &str) {
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

    /// Returns how many files are damaged, as far as that was found.
    pub(in crate::ledger) fn damaged(&self) -> usize {
        self.damaged.lock().len()
    }

    /// Looks whether all files are there in their length.
    pub(in crate::ledger) fn look(&self, parts: &[Part]) {
        let is_kept = |file: &str| parts.iter().any(|part| part.file == file);
        self.damaged.lock().retain(|file, before| is_kept(file) && *before == self.stamp(file));
        for part in parts {
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
