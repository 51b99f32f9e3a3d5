//! The ledger's tables.
//!
//! | table | what | until |
//! | --- | --- | --- |
//! | `ledger_pack` | one blob for each commit: its messages, and how earlier ones ended ([`sluicegate_ledger::pack`]) | rolled |
//! | `ledger_outline`, `ledger_kind` | what an incident is asked for by: small blobs, joined to larger ones ([`outlines`], [`joining`]) | kept for good |
//! | `ledger_addition` | one blob for each commit: what it adds to the four tables of counts ([`rows`]) | merged |
//! | `ledger_told`, `ledger_withheld`, `ledger_withheld_total`, `ledger_total` | counts, by what they are looked for | the first rolled, the others kept |
//! | `ledger_value` | values told, sealed, which `ledger_told` names ([`values`]) | their row is rolled |
//! | `ledger_part`, `ledger_part_head` | the files of old records ([`rolled`]) | forgotten |
//! | `ledger_erased` | which keys are destroyed, or about to be | kept for good |
//! | `ledger_sheet`, `ledger_tile`, `ledger_checkpoint`, `ledger_cosigned` | the log over the packs ([`log`]) | kept for good |
//! | `ledger_signed_anew` | when the log was signed without its head ([`log`]) | kept for good |
//! | `ledger_noted` | which numbered notes are in the counts | replaced by a later number |
//! | `ledger_head` | how many commits and messages there are, and the mark of the latest commit | replaced |
//! | `ledger_window` | windows that are open or uncertain | closed, or kept for good |
//!
//! So a commit appends at the ends of tables, whatever it tells of whom: three blobs in one statement, an insert into the
//! view `ledger_append`, and new values, where it has some, in another. Keys of people who were never told of go first, into a file of their
//! own ([`crate::keys`]): a key without rows harms nobody. The counts are merged in the background ([`merging`]);
//! whoever reads adds what is not merged yet ([`additions`]), so every acknowledged record is seen.
//!
//! Limits: about 16,384 rows or 8 MiB of additions wait for a merge, twice as much while one is under way;
//! then commits wait. Every blob has a checksum: a damaged one is an error that names its number, or left out and named, never
//! another record.

mod additions;
mod forgetting;
mod incident;
mod joining;
mod kinds;
mod log;
mod merging;
mod of_day;
mod outlines;
mod read;
mod rolled;
mod rolling;
mod rows;
mod tables;
mod values;

pub(crate) use additions::Enough;
pub use forgetting::{Forgotten, Keep};
pub(crate) use joining::Loose;
pub(crate) use merging::Unmerged;
pub(crate) use rolled::{FOLDER, FileError, Records};
pub use rolling::Moved;
pub(crate) use rolling::recover;

use crate::{OpenError, Sqlite, StoreError, statements::Statements};
use futures_util::future::BoxFuture;
use joining::Outlined;
use rows::Rows;
use sluicegate_gate::{KeyKind, PartnershipId, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{
    Day, Head, Incident, IncidentScope, IncidentStore, KeyId, KeyRow, LedgerBatch, LedgerStore,
    LedgerStoreError, Met, MetUntil, NewLeaves, NotedRow, PackRow, PackTimes, ReadTold, SetAside,
    ToldRow, Totals, UncertainWindow, UnreadOutlines, WindowRow, WithheldRow,
};
use sqlx::{QueryBuilder, SqliteConnection};
use std::{
    collections::BTreeSet,
    ops::{Range, RangeInclusive},
    sync::Arc,
};
use values::NewValues;

type Statement = QueryBuilder<sqlx::Sqlite>;

/// One batch, as it is written.
#[derive(Debug)]
struct Commit {
    leaves: Option<NewLeaves>,
    outlined: Outlined,
    erased: Vec<KeyId>,
    additions: Option<Vec<u8>>,
    reserved: Vec<WindowRow>,
    closed: Vec<u128>,
    uncertain: Vec<u128>,
    noted: Vec<NotedRow>,
    mark: Option<[u8; 16]>,
    values: NewValues,
}

impl LedgerStore for Sqlite {
    fn append(&self, mut batch: LedgerBatch) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            let keys = std::mem::take(&mut batch.keys);
            let (commit, rows) = divide(batch, &self.loose).map_err(failed)?;
            let bytes = commit.additions.as_ref().map_or(0, Vec::len);
            self.unmerged.room().await.map_err(failed)?;
            if !keys.is_empty() && self.keys.insert(keys).await.map_err(failed)? {
                self.merge_keys();
            }
            let (unmerged, loose) = (Arc::clone(&self.unmerged), Arc::clone(&self.loose));
            let (messages, kinds) = commit.outlined.summary();
            let statements = commit.write().map_err(failed)?;
            let kept = self
                // Why: settled on the writer, so that additions are there in the order of their commits
                // and before anyone is told of them.
                .write_whole(statements, move |outcome| {
                    if let Ok(Some(pack)) = outcome {
                        unmerged.add(pack.cast_unsigned(), rows, bytes);
                        loose.add(messages, &kinds);
                    }
                })
                .await;
            self.merge_if_full();
            self.join_if_many();
            kept.map(drop).map_err(failed)
        })
    }

    fn packs(
        &self,
        from: u64,
        packs_max: usize,
    ) -> BoxFuture<'_, Result<Vec<PackRow>, LedgerStoreError>> {
        Box::pin(async move {
            read::packs(self.readers(), &self.records, from, packs_max).await.map_err(failed)
        })
    }

    fn pack_times(
        &self,
        since: UnixMillis,
    ) -> BoxFuture<'_, Result<Vec<PackTimes>, LedgerStoreError>> {
        Box::pin(async move { incident::pack_times(self.readers(), since).await.map_err(failed) })
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, LedgerStoreError>> {
        Box::pin(async move { read::head(self.readers()).await.map_err(failed) })
    }

    fn open_windows(&self) -> BoxFuture<'_, Result<Vec<WindowRow>, LedgerStoreError>> {
        Box::pin(async move { read::open_windows(self.readers()).await.map_err(failed) })
    }

    fn owners(&self, ids: Vec<KeyId>) -> BoxFuture<'_, Result<Vec<KeyRow>, LedgerStoreError>> {
        Box::pin(async move { self.keys.of_ids(&ids).await.map_err(failed) })
    }

    fn set_aside(&self) -> BoxFuture<'_, Result<SetAside, LedgerStoreError>> {
        Box::pin(async move {
            let [told, outlines] = read::set_aside(self.readers()).await.map_err(failed)?;
            let keys = self.keys.count_set_aside().await.map_err(failed)?;
            let files = u64::try_from(self.records.damaged()).unwrap_or(u64::MAX);
            Ok(SetAside { keys, told, outlines, files })
        })
    }

    fn meet(&self, met: Met) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move { self.keys.meet(&met).await.map_err(failed) })
    }

    fn met_until(&self) -> BoxFuture<'_, Result<Option<MetUntil>, LedgerStoreError>> {
        Box::pin(async move { self.keys.met_until().await.map_err(failed) })
    }

    fn met(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, KeyId)>, LedgerStoreError>> {
        Box::pin(async move { self.keys.met(&subjects).await.map_err(failed) })
    }

    fn destroy(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move { self.keys.destroy(subject).await.map_err(failed) })
    }

    fn forget_withheld(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            // Why: what waits to be merged would come back after the deletion.
            self.merge_all().await.map_err(failed)?;
            self.write(move |connection| Box::pin(tables::delete_withheld(connection, subject)))
                .await
                .map_err(failed)
        })
    }

    fn uncertain_windows(&self) -> BoxFuture<'_, Result<Vec<UncertainWindow>, LedgerStoreError>> {
        Box::pin(async move { read::uncertain_windows(self.readers()).await.map_err(failed) })
    }

    fn keys(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> BoxFuture<'_, Result<Vec<KeyRow>, LedgerStoreError>> {
        Box::pin(async move { self.keys.of_subjects(&subjects).await.map_err(failed) })
    }

    fn told(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<ToldRow>, LedgerStoreError>> {
        Box::pin(async move {
            let ReadTold { rows, unread, .. } = self.told_rows(key, range).await.map_err(failed)?;
            let damaged = LedgerStoreError::Corrupt("a row of what was told");
            if unread.is_nothing() { Ok(rows) } else { Err(damaged) }
        })
    }

    fn readable_told(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<ReadTold, LedgerStoreError>> {
        Box::pin(async move { self.told_rows(key, range).await.map_err(failed) })
    }

    fn told_on(
        &self,
        day: Day,
        keys: RangeInclusive<KeyId>,
    ) -> BoxFuture<'_, Result<ReadTold, LedgerStoreError>> {
        Box::pin(async move {
            let told = || {
                let unread = self.unmerged.look(|part| {
                    let told = part.told.values().map(|told| &told.row);
                    let is_meant = |row: &&ToldRow| row.day == day && keys.contains(&row.key);
                    (part.last, told.filter(is_meant).cloned().collect())
                });
                of_day::told_on(self.readers(), &self.records, unread, day, &keys)
            };
            self.of_all_files(told).await.map_err(failed)
        })
    }

    fn withheld(
        &self,
        subject: SubjectKey,
        days: RangeInclusive<Day>,
    ) -> BoxFuture<'_, Result<Vec<WithheldRow>, LedgerStoreError>> {
        Box::pin(async move {
            let unread = self.unmerged.look(|part| {
                let withheld = part.withheld.iter().filter(|((whose, _), _)| *whose == subject);
                (part.last, withheld.map(|(_, row)| row.clone()).collect())
            });
            read::withheld(self.readers(), unread, subject, days).await.map_err(failed)
        })
    }

    fn noted(&self, partnership: PartnershipId) -> BoxFuture<'_, Result<u64, LedgerStoreError>> {
        Box::pin(async move { read::noted(self.readers(), &partnership).await.map_err(failed) })
    }

    fn totals(&self, days: RangeInclusive<Day>) -> BoxFuture<'_, Result<Totals, LedgerStoreError>> {
        Box::pin(async move {
            let unread = self.unmerged.look(|part| {
                let counts = part.totals.values().cloned().collect();
                let withheld = part.withheld_totals.values().cloned().collect();
                (part.last, Totals { counts, withheld })
            });
            read::totals(self.readers(), unread, days).await.map_err(failed)
        })
    }
}

impl Sqlite {
    async fn told_rows(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> Result<ReadTold, StoreError> {
        let told = || {
            let unread = self.unmerged.look(|part| {
                let told = part.told.iter().filter(|(told, _)| told.key == key);
                (part.last, told.map(|(_, row)| row.clone()).collect())
            });
            read::told(self.readers(), &self.records, unread, key, range.clone())
        };
        self.of_all_files(told).await
    }

    /// Reads what was told, and notes which files do not read.
    async fn of_all_files<R>(&self, told: impl Fn() -> R) -> Result<ReadTold, StoreError>
    where
        R: Future<Output = Result<ReadTold, StoreError>>,
    {
        let mut read = told().await?;
        if !read.unread.files.is_empty() {
            // A copy may have taken the place of a file after its name was read.
            read = told().await?;
        }
        for file in &read.unread.files {
            self.records.note_damaged(file);
        }
        Ok(read)
    }
}

impl IncidentStore for Sqlite {
    fn incident(&self, scope: IncidentScope) -> BoxFuture<'_, Result<Incident, LedgerStoreError>> {
        Box::pin(async move {
            let (incident, _) = incident::incident(self.readers(), &scope).await.map_err(failed)?;
            Ok(incident)
        })
    }

    fn programs(&self) -> BoxFuture<'_, Result<BTreeSet<String>, LedgerStoreError>> {
        Box::pin(async move { incident::programs(self.readers()).await.map_err(failed) })
    }

    fn incident_people(
        &self,
        scope: IncidentScope,
    ) -> BoxFuture<'_, Result<(Vec<SubjectKey>, UnreadOutlines), LedgerStoreError>> {
        Box::pin(async move {
            let (found, met) = incident::incident(self.readers(), &scope).await.map_err(failed)?;
            let people = incident::people(&self.keys, met).await.map_err(failed)?;
            Ok((people, found.unread))
        })
    }
}

/// Checks that nothing is kept of a commit after the latest: the next one would be written over it.
pub(crate) async fn check_head(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let sql = "SELECT pack, max(coalesce((SELECT max(pack) FROM ledger_pack), 0), \
               coalesce((SELECT max(pack) FROM ledger_addition), 0), \
               coalesce((SELECT max(pack) FROM ledger_outline), 0), \
               coalesce((SELECT max(last) FROM ledger_part WHERE what = 'packs'), 0)) FROM ledger_head";
    let read = sqlx::query_as(sql).fetch_one(connection).await;
    let (head, kept): (i64, i64) = read.map_err(|error| OpenError::Read(error.into()))?;
    if kept > head { Err(OpenError::Mixed { head, kept }) } else { Ok(()) }
}

/// Divides a batch into what is written and what is added up in memory, too.
fn divide(batch: LedgerBatch, loose: &Loose) -> Result<(Commit, Rows), StoreError> {
    let LedgerBatch {
        keys: _,
        leaves,
        outlines,
        told,
        erased,
        withheld,
        withheld_totals,
        totals,
        slips,
        reserved,
        closed,
        uncertain,
        noted,
        mark,
    } = batch;
    let mut values = NewValues::default();
    let told = values.take(told)?;
    let rows = Rows { told, withheld, withheld_totals, totals, slips };
    if !rows.fit() {
        return Err(StoreError::Corrupt(TOO_LARGE));
    }
    let commit = Commit {
        leaves,
        outlined: loose.outline(&outlines),
        erased,
        additions: (!rows.is_empty()).then(|| rows.write()),
        reserved,
        closed,
        uncertain,
        noted,
        mark,
        values,
    };
    Ok((commit, rows))
}

impl Commit {
    /// Returns what writes it, and selects its number if it has anything that is numbered.
    fn write(self) -> Result<Statements, StoreError> {
        let Self { leaves, outlined, additions, mark, values, erased, noted, .. } = self;
        let (reserved, closed, uncertain) = (self.reserved, self.closed, self.uncertain);
        let mut statements = Statements::default();
        values.write(&mut statements)?;
        kinds::insert(&mut statements, &outlined.kinds)?;
        let has_blobs = leaves.is_some() || additions.is_some() || outlined.blob.is_some();
        if has_blobs || mark.is_some() {
            tables::append(&mut statements, tables::Blobs { leaves, outlined, additions, mark })?;
        }
        tables::name_erased(&mut statements, &erased)?;
        tables::set_noted(&mut statements, noted)?;
        tables::insert_windows(&mut statements, &reserved)?;
        let close = ("DELETE FROM ledger_window WHERE uncertain = 0 AND id IN (VALUES ", ")");
        tables::name_windows(&mut statements, close, &closed)?;
        let declare = ("UPDATE ledger_window SET uncertain = 1 WHERE id IN (VALUES ", ")");
        tables::name_windows(&mut statements, declare, &uncertain)?;
        Ok(statements)
    }
}

fn failed(error: StoreError) -> LedgerStoreError {
    match error {
        StoreError::Corrupt(what) => LedgerStoreError::Corrupt(what),
        StoreError::Damaged(pack) => LedgerStoreError::Damaged(pack),
        other @ (StoreError::Closed | StoreError::Sqlite(_) | StoreError::Commit) => {
            LedgerStoreError::Unavailable(Box::new(other))
        }
    }
}

pub(crate) fn kind_code(kind: KeyKind) -> i64 {
    match kind {
        KeyKind::Account => 0,
        KeyKind::Device => 1,
        KeyKind::Browser => 2,
    }
}

pub(crate) fn blob(number: u128) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn whole(count: impl TryInto<i64>) -> Result<i64, StoreError> {
    count.try_into().map_err(|_too_large| StoreError::Corrupt(TOO_LARGE))
}

const TOO_LARGE: &str = "a count beyond 63 bits";

#[cfg(test)]
mod tests;
