//! What was told and is missing, where the record is damaged: the counts by person say how much it was.
//!
//! Rows are told and found by the key that they are about. A device or browser that came with an account is named in
//! rows about the account, and in which of them only the rows say: of those that are missing each may have named it.

use super::Missed;
use crate::{Day, KeyId, Ledger, ReadError, ToldRow};
use sluicegate_gate::{Categories, PartnershipId, SubjectKey, time::UnixMillis};
use std::{collections::BTreeMap, ops::RangeInclusive};

type Place = (KeyId, PartnershipId, Day);

/// What was told under the keys that rows are looked for by, and what of it was found.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// Whether any of what was read is damaged: where nothing is, nothing is missing.
    pub(super) is_damaged: bool,
    told: BTreeMap<Place, Told>,
    found: BTreeMap<Place, u64>,
    /// When more was told under keys, in rows that do not read.
    unread: Vec<(KeyId, RangeInclusive<UnixMillis>)>,
    /// Packs that do not read.
    damaged: Vec<RangeInclusive<u64>>,
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

    /// Notes when more was told under a key, in rows that do not read.
    pub(super) fn unread(&mut self, key: KeyId, days: Vec<RangeInclusive<UnixMillis>>) {
        self.unread.extend(days.into_iter().map(|day| (key, day)));
    }

    /// Notes packs that do not read.
    pub(super) fn damaged(&mut self, packs: RangeInclusive<u64>) {
        self.is_damaged = true;
        self.damaged.push(packs);
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

    /// Returns of which days, under which keys, neither all rows of what was told read nor all of the record: how much is
    /// missing there nobody can tell.
    pub(super) async fn unknown(&self, ledger: &Ledger) -> Result<Vec<(KeyId, Day)>, ReadError> {
        let mut unknown = Vec::new();
        for (key, times) in self.unread.iter().filter(|_| !self.damaged.is_empty()) {
            let packs = ledger.packs_of(vec![times.clone()]).await?;
            let overlap = |one: &RangeInclusive<u64>| {
                let is_of = |other: &RangeInclusive<u64>| {
                    one.start() <= other.end() && other.start() <= one.end()
                };
                self.damaged.iter().any(is_of)
            };
            if packs.iter().any(overlap) {
                unknown.push((*key, Day::of(*times.start())));
            }
        }
        Ok(unknown)
    }
}
