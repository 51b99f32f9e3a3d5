//! Counting a day of the record again.
//!
//! The log is over the leaves of packs. What a person is shown, what an incident's scope is answered from and the
//! totals are rows of their own beside them, written in the same commit: here they are compared with what the leaves
//! come to, so that a row that was changed, dropped or made up is found, about whomever. Which values a set holds is
//! sealed with its row: of whoever is not erased it is opened, and compared with the digest of the row.
//!
//! Messages may be recorded meanwhile. So what is on record is counted before and after the rows are read, and a row
//! has to be between the two; of a day that is over they are the same.
//!
//! Of whoever may have rows in a file of old records that does not read nobody can tell whether one is missing: what reads is
//! compared as far as it is too much, or as no row of the record can be.
//!
//! A damaged pack is passed over, and named. Nobody knows what was in it, so rows may come to more than is on record
//! elsewhere, and where they do that is said; less than that is a difference as always.
//!
//! Limits: what half a million disclosures come to, by person and partnership, is in memory twice: a day of more is
//! read again for the next people. How many disclosures those are is counted in the record first: the totals, which are no
//! part of it, could name any number, and then no check would end that finds it.

mod sets;

use self::sets::{Categorized, Place, Times};
use crate::{
    Day, Incident, IncidentScope, IncidentStore, KeyId, Ledger, LedgerStoreError, ReadError,
    ReadTold, ToldRow, Totals, Unread, pack::Message,
};
use sluicegate_gate::{Categories, EditionHash, PartnershipId, Path, time::UnixMillis};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::Hash,
    ops::{Range, RangeInclusive},
};

/// Disclosures whose people are counted at once.
const DISCLOSURES_AT_ONCE: u64 = 1 << 19;
/// Differences that are named; more are only counted.
const NAMED_MAX: usize = 100;
/// Packs read at once.
const PACKS_MAX: usize = 64;

/// What a day of the record comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// Messages on record.
    pub messages: u64,
    /// Keys of the people they were about.
    pub people: u64,
    /// What is not as it was recorded, the first of them.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub more: u64,
    /// Packs that may be of the day and do not read. What one of them recorded is unknown.
    pub damaged: BTreeSet<u64>,
    /// What does not read, and so was not compared.
    pub unread: BTreeSet<Kept>,
    /// What of what people are shown does not read, and is left out.
    pub unread_told: Unread,
    /// Keys of people on record who may have rows in such a file: whether any is missing was not compared.
    pub people_in_doubt: u64,
}

/// What is kept beside the record, so that it is answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// What people are shown.
    Told,
    /// The outlines.
    Outlines,
    /// The totals.
    Totals,
}

/// Rows that are not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which rows.
    pub rows: OfDay,
    /// What about them.
    pub what: Oddity,
    /// What the leaves come to.
    pub recorded: Tally,
    /// What the rows say.
    pub found: Tally,
}

/// What is odd about rows. One row is named by the digest of its values, which says nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Together they come to something else.
    Sum,
    /// Together they come to more than is on record where it reads. A damaged pack may have recorded the rest.
    Beyond,
    /// Something that is on record is in none of them.
    Missing,
    /// One of them begins, ends or counts as nothing on record does, or is of another edition.
    Row([u8; 16]),
    /// The values of one of them do not open, or are not those that it was written with.
    Values([u8; 16]),
}

/// Rows of one day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OfDay {
    /// Of what was told about one person, by the id of the key.
    Told(KeyId, PartnershipId, Path),
    /// Of the outlines, from which the scope of an incident is counted.
    Outlines(PartnershipId, Path, EditionHash),
    /// Of the totals, the messages. They bear no times.
    Totals(PartnershipId, Path),
    /// Of the totals, the disclosures.
    TotalDisclosures(PartnershipId, Path),
}

impl OfDay {
    fn order(&self) -> (PartnershipId, Path, u8, u64) {
        match self {
            Self::Totals(partnership, path) | Self::TotalDisclosures(partnership, path) => {
                (partnership.clone(), *path, 0, 0)
            }
            Self::Outlines(partnership, path, _) => (partnership.clone(), *path, 1, 0),
            Self::Told(key, partnership, path) => (partnership.clone(), *path, 2, key.0),
        }
    }
}

/// Messages, or disclosures about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first, in milliseconds since 1970; later than the last where there is none.
    pub first: UnixMillis,
    /// The last.
    pub last: UnixMillis,
    /// What they might tell, together.
    pub categories: Categories,
}

impl Tally {
    const NONE: Self = Self {
        count: 0,
        first: UnixMillis(i64::MAX),
        last: UnixMillis(i64::MIN),
        categories: Categories::NONE,
    };

    const ANYTHING: Self = Self {
        count: u64::MAX,
        first: UnixMillis(i64::MIN),
        last: UnixMillis(i64::MAX),
        categories: Categories::ALL,
    };

    fn one(at: UnixMillis, categories: Categories) -> Self {
        Self { count: 1, first: at, last: at, categories }
    }

    fn of(row: &ToldRow) -> Self {
        let ToldRow { count, first, last, categories, .. } = row;
        Self { count: *count, first: *first, last: *last, categories: *categories }
    }

    /// A number alone.
    fn number(count: u64) -> Self {
        Self { count, ..Self::NONE }
    }

    fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.categories = self.categories.or(other.categories);
    }

    /// Returns whether rows say what was on record at some time between these two.
    fn is_between(&self, before: &Self, after: &Self) -> bool {
        (before.count..=after.count).contains(&self.count)
            && (after.first..=before.first).contains(&self.first)
            && (before.last..=after.last).contains(&self.last)
            && self.categories.or(after.categories) == after.categories
    }
}

type Tallies<K> = HashMap<K, Tally>;

/// What is read of a day.
#[derive(Default)]
struct Read {
    leaves: Leaves,
    times: Times,
    damaged: BTreeSet<u64>,
}

/// What the leaves of a day come to, of people whose keys are in a range.
#[derive(Clone, Default)]
struct Leaves {
    told: Tallies<Place>,
    /// By categories, too: an outline has those of its leaf.
    outlines: Tallies<(PartnershipId, Path, EditionHash, Categories)>,
    totals: Tallies<(PartnershipId, Path)>,
    disclosures: Tallies<(PartnershipId, Path)>,
}

impl Leaves {
    fn add(&mut self, message: &Message, keys: &RangeInclusive<KeyId>, times: &mut Times) {
        let Message { partnership, path, edition, at, categories, .. } = message;
        let one = Tally::one(*at, *categories);
        add(&mut self.outlines, (partnership.clone(), *path, *edition, *categories), &one);
        add(&mut self.totals, (partnership.clone(), *path), &Tally::number(1));
        let about_somebody = message.items.iter().filter(|item| !item.about.is_empty());
        let disclosures = u64::try_from(about_somebody.count()).unwrap_or(u64::MAX);
        if disclosures > 0 {
            let number = Tally::number(disclosures);
            add(&mut self.disclosures, (partnership.clone(), *path), &number);
        }
        for about in message.items.iter().flat_map(|item| &item.about) {
            if keys.contains(&about.key) {
                let categories = Categorized::of(*path, *categories);
                let place = (about.key, partnership.clone(), *path, categories);
                times.add(place.clone(), *at, *edition);
                add(&mut self.told, place, &one);
            }
        }
    }
}

fn add<K: Eq + Hash>(to: &mut Tallies<K>, key: K, tally: &Tally) {
    to.entry(key).or_insert(Tally::NONE).add(tally);
}

impl Ledger {
    /// Counts a day again, and compares what people are shown, outlines and totals with it. `incidents` reads the
    /// outlines of the same store. A day of which rows were deleted because they are old shows as different.
    pub async fn recount(
        &self,
        incidents: &dyn IncidentStore,
        day: Day,
    ) -> Result<Recount, ReadError> {
        let range = day.start()..Day(day.0.saturating_add(1)).start();
        let scope = IncidentScope {
            path: None,
            partnerships: Vec::new(),
            edition: None,
            program: None,
            range: range.clone(),
        };
        let mut recount = Recount::default();
        let parts = self.disclosures_of(&range).await? / DISCLOSURES_AT_ONCE + 1;
        let width = u64::MAX / parts;
        for part in 0..parts {
            let first = part * width + part.min(1);
            let last = if part + 1 == parts { u64::MAX } else { (part + 1) * width };
            self.recount_some(incidents, &scope, KeyId(first)..=KeyId(last), &mut recount).await?;
        }
        recount.differences.sort_by_cached_key(|one| (one.rows.order(), one.what));
        Ok(recount)
    }

    /// Returns how many disclosures of a time are on record, as far as it reads.
    async fn disclosures_of(&self, range: &Range<UnixMillis>) -> Result<u64, ReadError> {
        let nobody = RangeInclusive::new(KeyId(1), KeyId(0));
        let (until, mut read) = (self.latest_pack().await?, Read::default());
        self.count(0..=until, range, &nobody, &mut read).await?;
        let counts = read.leaves.disclosures.values().map(|tally| tally.count);
        Ok(counts.fold(0, u64::saturating_add))
    }

    async fn recount_some(
        &self,
        incidents: &dyn IncidentStore,
        scope: &IncidentScope,
        keys: RangeInclusive<KeyId>,
        recount: &mut Recount,
    ) -> Result<(), ReadError> {
        let (day, is_first) = (Day::of(scope.range.start), *keys.start() == KeyId(0));
        let mut read = Read::default();
        let until = self.latest_pack().await?;
        self.count(0..=until, &scope.range, &keys, &mut read).await?;
        let mut before = read.leaves.clone();
        let told = self.store().told_on(day, keys.clone()).await.map_err(ReadError::from);
        let told = recount.that_reads(Kept::Told, told)?;
        let (rows, in_doubt) = told.map(|told| recount.left_out(told)).unzip();
        let (rows, in_doubt) = (rows.map(by_place), in_doubt.unwrap_or_default());
        let (mut outlines, mut totals) = (None, None);
        if is_first {
            outlines = recount.all_outlines(incidents.incident(scope.clone()).await)?;
            totals = recount.that_reads(Kept::Totals, self.totals(scope.range.clone()).await)?;
        }
        let later = until.saturating_add(1)..=self.latest_pack().await?;
        self.count(later, &scope.range, &keys, &mut read).await?;
        let Read { mut leaves, times, damaged } = read;
        recount.damaged.extend(damaged);
        let people: HashSet<KeyId> = leaves.told.keys().map(|(key, ..)| *key).collect();
        recount.people += u64::try_from(people.len()).unwrap_or(u64::MAX);
        let is_in_doubt = |key: &KeyId| in_doubt.iter().any(|keys| keys.contains(key));
        let doubted = people.iter().filter(|key| is_in_doubt(key)).count();
        recount.people_in_doubt += u64::try_from(doubted).unwrap_or(u64::MAX);
        // Why: then less than all is right.
        before.told.retain(|(key, ..), _| !is_in_doubt(key));
        if let Some(rows) = rows {
            // Of somebody who was told of first after the rows were read nothing is known yet.
            leaves.told.retain(|key, _| before.told.contains_key(key) || rows.contains_key(key));
            recount.told((&before.told, &leaves.told), &rows, &times);
            let closed = recount.that_reads(Kept::Told, self.closed_rows(day, &rows).await)?;
            for row in closed.into_iter().flatten() {
                recount.note(sets::difference(&row, Oddity::Values(row.digest), Tally::NONE));
            }
        }
        if is_first {
            recount.messages =
                leaves.outlines.values().map(|tally| tally.count).fold(0, u64::saturating_add);
        }
        if let Some(found) = outlines {
            recount.outlines((&before, &leaves), found);
        }
        if let Some(totals) = totals {
            recount.totals((&before, &leaves), &totals);
        }
        Ok(())
    }

    /// Returns the number of the latest pack, once everything handed in is there.
    async fn latest_pack(&self) -> Result<u64, ReadError> {
        self.flush().await?;
        Ok(self.store().head().await?.commit)
    }

    /// Counts the leaves of the day in these packs, as far as they read.
    async fn count(
        &self,
        packs: RangeInclusive<u64>,
        range: &Range<UnixMillis>,
        keys: &RangeInclusive<KeyId>,
        read: &mut Read,
    ) -> Result<(), ReadError> {
        let times = range.start..=UnixMillis(range.end.0.saturating_sub(1));
        for found in self.packs_of(vec![times]).await? {
            let (mut from, end) =
                (*found.start().max(packs.start()), *found.end().min(packs.end()));
            while from <= end {
                let (some, damaged) = self.packs_that_read(from, PACKS_MAX).await?;
                if some.is_empty() {
                    break;
                }
                for one in &some {
                    // Why not by its own number: a damaged one can stand for others before it.
                    if from <= end && damaged.contains(&one.number) {
                        read.damaged.insert(one.number);
                    }
                    from = one.number.saturating_add(1);
                    let messages = one.pack.messages.iter().filter(|_| one.number <= end);
                    let of_day = messages.filter(|one| range.contains(&one.at));
                    of_day.for_each(|message| read.leaves.add(message, keys, &mut read.times));
                }
                // Why: a record of a hundred million lines is read beside auctions.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

/// Sorts what people are shown of a day, also those about whom there is no leaf.
fn by_place(rows: Vec<ToldRow>) -> HashMap<Place, Vec<ToldRow>> {
    let mut found: HashMap<Place, Vec<ToldRow>> = HashMap::new();
    for row in rows {
        let categories = Categorized::of(row.path, row.categories);
        let place = (row.key, row.partnership.clone(), row.path, categories);
        found.entry(place).or_default().push(row);
    }
    found
}

impl Recount {
    /// Returns outlines where all of them read.
    fn all_outlines(
        &mut self,
        found: Result<Incident, LedgerStoreError>,
    ) -> Result<Option<Incident>, ReadError> {
        let mut outlines = self.that_reads(Kept::Outlines, found.map_err(ReadError::from))?;
        if outlines.take_if(|found| !found.unread.is_empty()).is_some() {
            self.unread.insert(Kept::Outlines);
        }
        Ok(outlines)
    }

    /// Notes what does not read of what people are shown, and returns the rest, and of whom there may be more.
    fn left_out(&mut self, told: ReadTold) -> (Vec<ToldRow>, Vec<RangeInclusive<KeyId>>) {
        let ReadTold { rows, unread, in_doubt } = told;
        self.unread_told.add(unread);
        (rows, in_doubt)
    }

    /// Returns what was read, or notes that it is damaged.
    fn that_reads<T>(
        &mut self,
        kept: Kept,
        read: Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(
                error
                @ (ReadError::NotKept(_) | ReadError::Store(LedgerStoreError::Unavailable(_))),
            ) => Err(error),
            Err(error) => {
                tracing::error!(error.cause = %error, rows = ?kept, "rows beside the record are damaged");
                self.unread.insert(kept);
                Ok(None)
            }
        }
    }

    /// Returns what rows may come to at most, where that is on record.
    fn most(&self, recorded: Tally) -> Tally {
        if self.damaged.is_empty() { recorded } else { Tally::ANYTHING }
    }

    fn note(&mut self, difference: Difference) {
        if self.differences.len() < NAMED_MAX {
            self.differences.push(difference);
        } else {
            self.more += 1;
        }
    }

    /// Compares what people are shown: together, and row by row.
    fn told(
        &mut self,
        (before, after): (&Tallies<Place>, &Tallies<Place>),
        rows: &HashMap<Place, Vec<ToldRow>>,
        times: &Times,
    ) {
        let mut told = Tallies::new();
        for (place, rows) in rows {
            for row in rows {
                add(&mut told, place.clone(), &Tally::of(row));
            }
        }
        let as_told = |(key, partnership, path, _): Place| OfDay::Told(key, partnership, path);
        self.compare((before, after), &told, as_told);
        for (place, rows) in rows {
            let of = |tallies: &Tallies<Place>| tallies.get(place).copied().unwrap_or(Tally::NONE);
            let (known, recorded, found) = (of(before), of(after), of(&told));
            let (odd, is_missing) = times.odd(place, rows, known.count);
            let is_whole = self.damaged.is_empty();
            for row in odd.into_iter().filter(|row| is_whole || row.count == 0) {
                self.note(sets::difference(row, Oddity::Row(row.digest), recorded));
            }
            if is_missing && found.is_between(&known, &self.most(recorded)) {
                let rows = as_told(place.clone());
                self.note(Difference { rows, what: Oddity::Missing, recorded, found });
            }
        }
    }

    fn outlines(&mut self, (before, after): (&Leaves, &Leaves), found: Incident) {
        let mut outlines = Tallies::new();
        for one in found.kinds {
            let tally = Tally {
                count: one.tally.messages,
                first: one.tally.first,
                last: one.tally.last,
                categories: one.kind.categories,
            };
            let partnership = one.kind.partnership.clone();
            let kind = (partnership, one.kind.path, one.kind.edition, one.kind.categories);
            add(&mut outlines, kind, &tally);
        }
        let outlined =
            |(partnership, path, edition, _)| OfDay::Outlines(partnership, path, edition);
        self.compare((&before.outlines, &after.outlines), &outlines, outlined);
    }

    fn totals(&mut self, (before, after): (&Leaves, &Leaves), totals: &Totals) {
        let (mut messages, mut disclosures) = (Tallies::new(), Tallies::new());
        for row in &totals.counts {
            for (to, count) in [(&mut messages, row.messages), (&mut disclosures, row.disclosures)]
            {
                if count > 0 {
                    add(to, (row.partnership.clone(), row.path), &Tally::number(count));
                }
            }
        }
        let of_messages = |(partnership, path)| OfDay::Totals(partnership, path);
        self.compare((&before.totals, &after.totals), &messages, of_messages);
        let of_disclosures = |(partnership, path)| OfDay::TotalDisclosures(partnership, path);
        self.compare((&before.disclosures, &after.disclosures), &disclosures, of_disclosures);
    }

    fn compare<K: Eq + Hash + Clone>(
        &mut self,
        (before, after): (&Tallies<K>, &Tallies<K>),
        found: &Tallies<K>,
        rows: impl Fn(K) -> OfDay,
    ) {
        let only_found = found.keys().filter(|key| !after.contains_key(*key));
        for key in after.keys().chain(only_found) {
            let of = |tallies: &Tallies<K>| tallies.get(key).copied().unwrap_or(Tally::NONE);
            let (recorded, found) = (of(after), of(found));
            if found.is_between(&of(before), &recorded) {
                continue;
            }
            let is_explained = found.is_between(&of(before), &self.most(recorded));
            let what = if is_explained { Oddity::Beyond } else { Oddity::Sum };
            self.note(Difference { rows: rows(key.clone()), what, recorded, found });
        }
    }
}
