//! Holding each row of values told against the record, beside the sum of all.
//!
//! The record says when something was told whom, of a bid request also in which categories, and not which of a person's
//! sets of values it was. So a row has to begin and end when something was told, under an edition of then, and count no
//! more than was told between; and nothing that was told may lie outside all rows. What is sealed in a row has to open
//! and to be what its digest says.
//!
//! Sets of one place are not told apart: neither does a leaf say which it was, but by the SHA-256 of the message, whose
//! bytes are not kept, nor an outline, which names fields without values and is under no log either.

use super::{Difference, Oddity, OfDay, Tally};
use crate::{
    Day, KeyId, Ledger, ReadError, ToldRow,
    keys::{KeyFault, SubjectSecret},
    person,
};
use sluicegate_gate::{Categories, EditionHash, PartnershipId, Path, time::UnixMillis};
use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

/// People whose keys are looked up at once.
const PEOPLE_AT_ONCE: usize = 128;

/// Of whom, to whom, which way, and in which categories.
pub(super) type Place = (KeyId, PartnershipId, Path, Categorized);

/// The categories of disclosures that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Categorized {
    /// These alone.
    As(Categories),
    /// Any: a leaf of a message of many disclosures has the categories of all of them together.
    Together,
}

impl Categorized {
    pub(super) fn of(path: Path, categories: Categories) -> Self {
        // A bid request is one disclosure.
        if path == Path::BidRequest { Self::As(categories) } else { Self::Together }
    }
}

/// When each disclosure of a day was, and under which edition, in the order of the record.
#[derive(Default)]
pub(super) struct Times(HashMap<Place, Vec<(UnixMillis, EditionHash)>>);

impl Times {
    pub(super) fn add(&mut self, place: Place, at: UnixMillis, edition: EditionHash) {
        self.0.entry(place).or_default().push((at, edition));
    }

    /// Returns the rows that cannot be of this record, and whether something of it is in no row. Of what is on record,
    /// the first `known` were there before the rows were read.
    pub(super) fn odd<'r>(
        &self,
        place: &Place,
        rows: &'r [ToldRow],
        known: u64,
    ) -> (Vec<&'r ToldRow>, bool) {
        let Some(all) = self.0.get(place) else { return (Vec::new(), false) };
        let is_odd = |row: &&ToldRow| !is_possible(row, all);
        let known = usize::try_from(known).unwrap_or(usize::MAX).min(all.len());
        let is_in_a_row =
            |at: UnixMillis| rows.iter().any(|row| (row.first..=row.last).contains(&at));
        let is_missing = all.iter().take(known).any(|(at, _)| !is_in_a_row(*at));
        (rows.iter().filter(is_odd).collect(), is_missing)
    }
}

fn is_possible(row: &ToldRow, all: &[(UnixMillis, EditionHash)]) -> bool {
    let within = || all.iter().filter(|(at, _)| (row.first..=row.last).contains(at));
    let is_then = |moment: UnixMillis| all.iter().any(|(at, _)| *at == moment);
    let most = u64::try_from(within().count()).unwrap_or(u64::MAX);
    let least = if row.first == row.last { 1 } else { 2 };
    is_then(row.first)
        && is_then(row.last)
        && (least..=most).contains(&row.count)
        && within().any(|(_, edition)| *edition == row.edition)
}

/// Says of a row that something is odd about it.
pub(super) fn difference(row: &ToldRow, what: Oddity, recorded: Tally) -> Difference {
    let rows = OfDay::Told(row.key, row.partnership.clone(), row.path);
    Difference { rows, what, recorded, found: Tally::of(row) }
}

impl Ledger {
    /// Returns those rows of a day whose values do not open, of people who are not erased.
    pub(super) async fn closed_rows(
        &self,
        day: Day,
        told: &HashMap<Place, Vec<ToldRow>>,
    ) -> Result<Vec<ToldRow>, ReadError> {
        let people: BTreeSet<KeyId> = told.keys().map(|(key, ..)| *key).collect();
        let people: Vec<KeyId> = people.into_iter().collect();
        let range = day.start()..Day(day.0.saturating_add(1)).start();
        let mut closed = Vec::new();
        for some in people.chunks(PEOPLE_AT_ONCE) {
            for owner in self.store().owners(some.to_vec()).await? {
                let secret = self.keeper().unwrap(&owner);
                closed.extend(self.closed_rows_of(owner.id, secret, &range).await?);
            }
            // Why: everybody of a day is read beside auctions.
            tokio::task::yield_now().await;
        }
        closed.retain(|row| row.day == day);
        Ok(closed)
    }

    async fn closed_rows_of(
        &self,
        key: KeyId,
        secret: Result<SubjectSecret, KeyFault>,
        range: &Range<UnixMillis>,
    ) -> Result<Vec<ToldRow>, ReadError> {
        let mut rows = self.store().readable_told(key, range.clone()).await?.rows;
        if let Ok(secret) = secret {
            rows.retain(|row| person::opened(row, &secret).is_err());
        }
        Ok(rows)
    }
}
