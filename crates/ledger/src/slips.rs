//! What was withheld beside a message that answers a question about somebody.
//!
//! Whoever asks about many people, and is told of none, must not learn by the time of the answer of whom something was
//! withheld. So each person asked about has a slip, on which there is what was withheld or nothing, and which takes the
//! same room in the commit of the answer. They are opened and added up later, when somebody reads the counts or they are merged.

use crate::{Day, TotalRow, WithheldRow, WithheldTotal, encode::owners};
use sluicegate_gate::{PartnershipId, Path, Reason, SubjectKey};

/// Something that was withheld of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The keys of the subject.
    pub keys: Vec<SubjectKey>,
    /// Every reason.
    pub reasons: Vec<Reason>,
}

/// What was withheld beside one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipsRow {
    /// From whom.
    pub partnership: PartnershipId,
    /// On which day.
    pub day: Day,
    /// The way it would have left.
    pub path: Path,
    /// One for each thing asked about; `None` where nothing was withheld.
    pub slips: Vec<Option<Slip>>,
}

/// What slips add to the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlipCounts {
    /// Per subject.
    pub withheld: Vec<WithheldRow>,
    /// Per partnership.
    pub totals: Vec<WithheldTotal>,
    /// Opportunities.
    pub counts: Vec<TotalRow>,
}

impl SlipsRow {
    /// Returns what they add to the counts. The same row may be among them several times.
    pub fn counts(&self) -> SlipCounts {
        let mut counts = SlipCounts::default();
        for slip in self.slips.iter().flatten() {
            counts.counts.push(self.opportunity());
            for reason in slip.reasons.iter().copied() {
                counts.totals.push(self.total(reason));
                let owners = owners(slip.keys.iter().copied());
                counts.withheld.extend(owners.map(|subject| self.of(subject, reason)));
            }
        }
        counts
    }

    fn opportunity(&self) -> TotalRow {
        let Self { partnership, day, path, .. } = self;
        let (partnership, day, path) = (partnership.clone(), *day, *path);
        TotalRow { partnership, day, path, messages: 0, disclosures: 0, withheld: 1 }
    }

    fn total(&self, reason: Reason) -> WithheldTotal {
        let Self { partnership, day, path, .. } = self;
        let (partnership, day, path) = (partnership.clone(), *day, *path);
        WithheldTotal { partnership, day, path, reason, count: 1 }
    }

    fn of(&self, subject: SubjectKey, reason: Reason) -> WithheldRow {
        let (partnership, day) = (self.partnership.clone(), self.day);
        WithheldRow { subject, partnership, day, reason, count: 1 }
    }
}
