//! What was told and is missing, where the record is damaged: the counts by person say how much it was.
//!
//! Rows are told and found by the key that they are about. A device or browser that came with an account is named in
//! rows about the account, and in which of them only the rows say: of those that are missing each may have named it.

use super::Missed;
use crate::{Day, KeyId, ToldRow};
use sluicegate_gate::{Categories, PartnershipId, SubjectKey, time::UnixMillis};
use std::collections::BTreeMap;

type Place = (KeyId, PartnershipId, Day);

/// What was told under the keys that rows are looked for by, and what of it was found.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// Whether any of what was read is damaged: where nothing is, nothing is missing.
    pub(super) is_damaged: bool,
    told: BTreeMap<Place, Told>,
    found: BTreeMap<Place, u64>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    count: u64,
    categories: Categories,
    last: UnixMillis,
}

impl Told {
    const NONE: Self = Self { count: 0, categories: Categories::NONE, last: UnixMillis(i64::MIN) };

    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.categories = self.categories.or(other.categories);
        self.last = self.last.max(other.last);
    }
}

impl Missing {
    /// Notes what was told under a key.
    pub(super) fn told(&mut self, key: KeyId, rows: impl Iterator<Item = ToldRow>) {
        for ToldRow { partnership, day, categories, count, last, .. } in rows {
            let told = self.told.entry((key, partnership, day)).or_insert(Told::NONE);
            told.add(Told { count, categories, last });
        }
    }

    /// Notes that a disclosure that was told under a key is on record.
    pub(super) fn found(&mut self, key: KeyId, partnership: &PartnershipId, at: UnixMillis) {
        *self.found.entry((key, partnership.clone(), Day::of(at))).or_default() += 1;
    }

    /// Returns what was not found, at the most, of each of those whom rows under a key may be about.
    pub(super) fn of(&self, whom: impl Fn(KeyId) -> Vec<SubjectKey>) -> Vec<Missed> {
        let mut missed: BTreeMap<(SubjectKey, &PartnershipId, Day), Told> = BTreeMap::new();
        for (place, told) in self.told.iter().filter(|_| self.is_damaged) {
            let found = self.found.get(place).copied().unwrap_or_default();
            let count = told.count.saturating_sub(found);
            let (key, partnership, day) = place;
            for subject in whom(*key).into_iter().filter(|_| count > 0) {
                let all = missed.entry((subject, partnership, *day)).or_insert(Told::NONE);
                all.add(Told { count, ..*told });
            }
        }
        let missed = missed.into_iter().map(|((subject, partnership, _), told)| {
            let Told { count, categories, last: at } = told;
            Missed { subject, partnership: partnership.clone(), categories, at, count }
        });
        missed.collect()
    }
}
