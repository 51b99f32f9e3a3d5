//! Counts of what was withheld, gathered in memory until the next batch.

use crate::{
    Day, LedgerBatch, NotedRow, NumberedNotes, TotalRow, WithheldNote, WithheldRow, WithheldTotal,
    encode::owners,
};
use sluicegate_gate::{PartnershipId, Path, Reason, SubjectKey};
use std::collections::HashMap;

/// Different counts held at most; what comes beyond is lost and counted as lost.
const COUNTS_MAX: usize = 65_536;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    opportunities: HashMap<(PartnershipId, Day, Path), u64>,
    reasons: HashMap<(PartnershipId, Day, Path, Reason), u64>,
    subjects: HashMap<(SubjectKey, PartnershipId, Day, Reason), u64>,
    noted: HashMap<PartnershipId, u64>,
}

/// There was no room for a note.
#[derive(Debug)]
pub(crate) struct Full;

impl Counters {
    pub(crate) fn add(&mut self, note: &WithheldNote) -> Result<(), Full> {
        if self.reasons.len().max(self.subjects.len()) >= COUNTS_MAX {
            return Err(Full);
        }
        let day = Day::of(note.at);
        let partnership = || note.partnership.clone();
        *self.opportunities.entry((partnership(), day, note.path)).or_default() += 1;
        for reason in note.reasons.iter().copied() {
            *self.reasons.entry((partnership(), day, note.path, reason)).or_default() += 1;
            for subject in owners(note.keys.iter().copied()) {
                *self.subjects.entry((subject, partnership(), day, reason)).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Returns whether all of these notes find room.
    pub(crate) fn have_room_for(&self, notes: &NumberedNotes) -> bool {
        let different = |note: &WithheldNote| note.reasons.len() * note.keys.len().max(1);
        let more: usize = notes.notes.iter().map(different).sum();
        self.reasons.len().max(self.subjects.len()).saturating_add(more) < COUNTS_MAX
    }

    /// Adds notes together with their number, so that both are committed together.
    pub(crate) fn add_numbered(&mut self, notes: &NumberedNotes) -> Result<(), Full> {
        notes.notes.iter().try_for_each(|note| self.add(note))?;
        self.noted.insert(notes.partnership.clone(), notes.number);
        Ok(())
    }

    /// Returns the number of a partnership's last notes that wait here.
    pub(crate) fn noted(&self, partnership: &PartnershipId) -> Option<u64> {
        self.noted.get(partnership).copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.opportunities.is_empty() && self.noted.is_empty()
    }

    /// Writes the counts into a batch; they stay here until [`Self::clear`].
    pub(crate) fn write(&self, batch: &mut LedgerBatch) {
        batch.noted.extend(self.noted.iter().map(|(partnership, number)| NotedRow {
            partnership: partnership.clone(),
            number: *number,
        }));
        batch.totals.extend(self.opportunities.iter().map(|((partnership, day, path), count)| {
            TotalRow {
                partnership: partnership.clone(),
                day: *day,
                path: *path,
                messages: 0,
                disclosures: 0,
                withheld: *count,
            }
        }));
        batch.withheld_totals.extend(self.reasons.iter().map(
            |((partnership, day, path, reason), count)| WithheldTotal {
                partnership: partnership.clone(),
                day: *day,
                path: *path,
                reason: *reason,
                count: *count,
            },
        ));
        batch.withheld.extend(self.subjects.iter().map(
            |((subject, partnership, day, reason), count)| WithheldRow {
                subject: *subject,
                partnership: partnership.clone(),
                day: *day,
                reason: *reason,
                count: *count,
            },
        ));
    }

    pub(crate) fn clear(&mut self) {
        let Self { opportunities, reasons, subjects, noted } = self;
        noted.clear();
        opportunities.clear();
        reasons.clear();
        subjects.clear();
    }
}
