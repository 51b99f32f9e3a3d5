//! What was told and is missing, where the record is damaged: the counts by person say how much it was.

use super::{Disclosed, Missed};
use crate::{Day, ToldRow};
use sluicegate_gate::{Categories, DisclosureId, PartnershipId, SubjectKey, time::UnixMillis};
use std::collections::BTreeMap;

type Place = (SubjectKey, PartnershipId, Day);

/// What was told of those asked about, by day.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// Whether any of what was read is damaged: where nothing is, nothing is missing.
    pub(super) is_damaged: bool,
    told: BTreeMap<Place, Told>,
}

#[derive(Debug)]
struct Told {
    count: u64,
    categories: Categories,
    last: UnixMillis,
}

impl Missing {
    /// Notes what was told of a subject.
    pub(super) fn told(&mut self, subject: SubjectKey, rows: impl Iterator<Item = ToldRow>) {
        for ToldRow { partnership, day, categories, count, last, .. } in rows {
            let told = self.told.entry((subject, partnership, day)).or_insert(Told {
                count: 0,
                categories: Categories::NONE,
                last,
            });
            told.count = told.count.saturating_add(count);
            told.categories = told.categories.or(categories);
            told.last = last.max(told.last);
        }
    }

    /// Returns what of it was not found.
    pub(super) fn of(&self, found: &[(DisclosureId, Disclosed)]) -> Vec<Missed> {
        if !self.is_damaged {
            return Vec::new();
        }
        let mut counts: BTreeMap<Place, u64> = BTreeMap::new();
        for (_, one) in found {
            for (subject, _) in &one.subjects {
                let place = (*subject, one.vouched.partnership.clone(), Day::of(one.at));
                *counts.entry(place).or_default() += 1;
            }
        }
        let missed = |(place, told): (&Place, &Told)| {
            let found = counts.get(place).copied().unwrap_or_default();
            let count = told.count.checked_sub(found).filter(|count| *count > 0)?;
            let (subject, partnership, _) = place.clone();
            let Told { categories, last: at, .. } = *told;
            Some(Missed { subject, partnership, categories, at, count })
        };
        self.told.iter().filter_map(missed).collect()
    }
}
