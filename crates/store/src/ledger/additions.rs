//! What commits added to people's pages and to the totals, and is not merged into the tables yet.
//!
//! Telling the same values to the same partnership again changes a count, and a busy person is told of
//! many times a minute. So commits only append what they add, and their rows are added up here until there
//! are enough for a merge, which then writes each row once. Whoever reads adds what is here to what is in
//! the tables.

use super::{rows::Rows, values::Told};
use sluicegate_gate::{PartnershipId, Path, Reason, SubjectKey};
use sluicegate_ledger::{
    Day, KeyId, SlipCounts, SlipsRow, ToldRow, TotalRow, WithheldRow, WithheldTotal,
};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

/// When there is enough for a merge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enough {
    /// Rows added up. With the bytes, they bound the memory that additions take.
    pub(crate) rows: usize,
    /// Bytes of additions, as written: how much is read at the next start.
    pub(crate) bytes: usize,
}

impl Enough {
    /// 16,384 rows or 8 MiB.
    pub(crate) const USUAL: Self = Self { rows: 16_384, bytes: 8 * 1024 * 1024 };

    /// That many times as much.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { rows: self.rows * times, bytes: self.bytes * times }
    }
}

/// What a set of values told is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldKey {
    pub(crate) key: KeyId,
    partnership: PartnershipId,
    day: Day,
    digest: [u8; 16],
}

impl Hash for ToldKey {
    /// The digest alone tells nearly all of them apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_be_bytes(self.digest));
    }
}

/// What a row of a table is found by, its subject aside.
pub(crate) type WithheldKey = (PartnershipId, Day, Reason);
pub(crate) type WithheldTotalKey = (PartnershipId, Day, Path, Reason);
pub(crate) type TotalKey = (PartnershipId, Day, Path);

/// Additions of the commits up to `last`, added up.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    /// The latest commit in it. A row of a table that counts this one counts all of them.
    pub(crate) last: u64,
    pub(crate) told: HashMap<ToldKey, Told>,
    /// Values that were written although there are some.
    pub(crate) spare: Vec<i64>,
    pub(crate) withheld: HashMap<(SubjectKey, WithheldKey), WithheldRow>,
    pub(crate) withheld_totals: HashMap<WithheldTotalKey, WithheldTotal>,
    pub(crate) totals: HashMap<TotalKey, TotalRow>,
    /// What slips beside messages say: not added up yet.
    slips: Vec<SlipsRow>,
    /// On how many of them something is.
    written: usize,
    bytes: usize,
}

impl Additions {
    /// Adds the rows of a commit, which took that many bytes when they were written.
    pub(crate) fn add(&mut self, pack: u64, rows: Rows, bytes: usize) {
        let Rows { told, withheld, withheld_totals, totals, slips } = rows;
        self.last = self.last.max(pack);
        self.bytes += bytes;
        for told in told {
            let spare = &mut self.spare;
            merge(&mut self.told, told_key(&told.row), told.of_commit(pack), |kept, told| {
                spare.extend(kept.merge(told));
            });
        }
        for row in slips {
            self.written += row.slips.iter().flatten().count();
            self.slips.push(row);
        }
        self.add_withheld(withheld, withheld_totals, totals);
    }

    /// Adds up what slips say. Whoever waits for the commit of one waits for nothing of this: how long it takes says of
    /// how many something was withheld.
    pub(crate) fn open_slips(&mut self) {
        self.written = 0;
        for row in std::mem::take(&mut self.slips) {
            let SlipCounts { withheld, totals, counts } = row.counts();
            self.add_withheld(withheld, totals, counts);
        }
    }

    fn add_withheld(
        &mut self,
        withheld: Vec<WithheldRow>,
        withheld_totals: Vec<WithheldTotal>,
        totals: Vec<TotalRow>,
    ) {
        for row in withheld {
            let key = (row.subject, withheld_key(&row));
            merge(&mut self.withheld, key, row, |kept, row| {
                kept.count = kept.count.saturating_add(row.count);
            });
        }
        for row in withheld_totals {
            let key = withheld_total_key(&row);
            merge(&mut self.withheld_totals, key, row, |kept, row| {
                kept.count = kept.count.saturating_add(row.count);
            });
        }
        for row in totals {
            merge(&mut self.totals, total_key(&row), row, |kept, row| add_total(kept, &row));
        }
    }

    /// Returns none, with the room that these took.
    pub(crate) fn emptied(self) -> Self {
        let mut told = self.told;
        told.clear();
        Self { told, ..Self::default() }
    }

    pub(crate) fn is(&self, enough: Enough) -> bool {
        self.told.len() + self.withheld.len() + self.written >= enough.rows
            || self.bytes >= enough.bytes
    }

    /// Returns whether any set of values told is of that day.
    pub(crate) fn are_of(&self, day: Day) -> bool {
        self.told.values().any(|told| told.row.day == day)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.last == 0
    }
}

pub(crate) fn told_key(row: &ToldRow) -> ToldKey {
    let ToldRow { key, partnership, day, digest, .. } = row;
    ToldKey { key: *key, partnership: partnership.clone(), day: *day, digest: *digest }
}

pub(crate) fn withheld_key(row: &WithheldRow) -> WithheldKey {
    (row.partnership.clone(), row.day, row.reason)
}

pub(crate) fn withheld_total_key(row: &WithheldTotal) -> WithheldTotalKey {
    (row.partnership.clone(), row.day, row.path, row.reason)
}

pub(crate) fn total_key(row: &TotalRow) -> TotalKey {
    (row.partnership.clone(), row.day, row.path)
}

pub(crate) fn add_total(kept: &mut TotalRow, row: &TotalRow) {
    kept.messages = kept.messages.saturating_add(row.messages);
    kept.disclosures = kept.disclosures.saturating_add(row.disclosures);
    kept.withheld = kept.withheld.saturating_add(row.withheld);
}

fn merge<K: Eq + Hash, R>(rows: &mut HashMap<K, R>, key: K, row: R, add: impl FnOnce(&mut R, R)) {
    match rows.get_mut(&key) {
        Some(kept) => add(kept, row),
        None => drop(rows.insert(key, row)),
    }
}
