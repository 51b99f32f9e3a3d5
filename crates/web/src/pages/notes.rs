//! What the page of a browser or a device says once, on the first look after a change.

use crate::session::Note;
use parking_lot::Mutex;
use sluicegate_gate::SubjectKey;
use std::collections::HashMap;

/// How many notes wait at most. Past that none is kept: the page then shows the new state without the time.
const NOTES_MAX: usize = 10_000;

/// Notes of those who have no session, by the key that was changed.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<HashMap<SubjectKey, Note>>);

impl Notes {
    /// Leaves a note for the next page about a key.
    pub(super) fn leave(&self, key: SubjectKey, note: Note) {
        let mut notes = self.0.lock();
        if notes.len() < NOTES_MAX || notes.contains_key(&key) {
            notes.insert(key, note);
        }
    }

    /// Takes the note, if there is one.
    pub(super) fn take(&self, key: SubjectKey) -> Option<Note> {
        self.0.lock().remove(&key)
    }
}
