//! Moving old records from their tables into files, and forgetting those that are kept no longer.
//!
//! The protocol of a part is in [`super::rolled`]. While rows of values told are moved, nothing is merged into
//! rows of their day, so that none changes between being read and being deleted. Rows of other days are merged
//! meanwhile: those of old days are few, and a large part takes seconds.
//!
//! A row that does not read is set aside: it is marked before the others are moved, and stays in its table, where
//! whoever reads finds that it is missing, until it is forgotten with its day.

use super::{
    Statement, read,
    rolled::{self, Part, Parts, Records, What, packs::KeptPack, told::RolledRow},
    whole,
};
use crate::{Sqlite, StoreError};
use sluicegate_ledger::Day;
use sqlx::{Row as _, SqliteConnection};
use std::{collections::BTreeSet, sync::Arc};

/// Rows of values told in one file at most, but for those of one key.
const PART_ROWS: usize = 65_536;
/// Bytes of leaves in one file at most, but for one pack.
const PART_BYTES: i64 = 32 * 1024 * 1024;
/// Rows in one transaction of a deletion.
const SLICE: usize = 256;

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Sets of values told.
    pub told: u64,
    /// Packs of leaves.
    pub packs: u64,
    /// Files written.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
}

impl Moved {
    fn add(&mut self, part: &Part, what: What) {
        match what {
            What::Told => self.told += part.rows,
            What::Packs => self.packs += part.rows,
        }
        self.files += 1;
        self.bytes += part.bytes;
    }
}

impl Sqlite {
    /// Moves every record of before that day into files. What readers see does not change, and a crash at
    /// any moment changes nothing of it.
    pub async fn roll(&self, before: Day) -> Result<Moved, StoreError> {
        let alone = self.rolling.lock().await;
        self.look_at_files().await?;
        self.write(|connection| Box::pin(finish_all(connection))).await?;
        self.merge_all().await?;
        let mut moved = Moved::default();
        let sql = "SELECT DISTINCT day FROM ledger_told WHERE day < ? ORDER BY day";
        let days: Vec<i64> =
            sqlx::query_scalar(sql).bind(before.0).fetch_all(self.readers()).await?;
        for day in days {
            self.roll_day(Day(day), &mut moved).await?;
        }
        self.roll_packs(before, &mut moved).await?;
        drop(alone);
        Ok(moved)
    }

    /// Notes which files of old records are gone, or not as long as they were.
    async fn look_at_files(&self) -> Result<(), StoreError> {
        let mut connection = self.readers().acquire().await?;
        let parts = rolled::parts(&mut connection).await?;
        drop(connection);
        let records = Arc::clone(&self.records);
        rolled::blocking(move || {
            records.look(&parts);
            Ok(())
        })
        .await
    }

    /// Returns how many bytes of the database are in use.
    pub async fn bytes_in_use(&self) -> Result<u64, StoreError> {
        let sql = "SELECT (page_count - freelist_count) * page_size \
                   FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()";
        let bytes: i64 = sqlx::query_scalar(sql).fetch_one(self.readers()).await?;
        Ok(bytes.cast_unsigned())
    }

    async fn roll_day(&self, day: Day, moved: &mut Moved) -> Result<(), StoreError> {
        let Some((until, mut rows)) = self.rows_of(day).await? else { return Ok(()) };
        rows.sort_unstable();
        let mut rest = rows.as_slice();
        while let Some((last_key, _)) = rest.get(PART_ROWS.min(rest.len()).saturating_sub(1)) {
            // Why: all rows of a key stand in one file.
            let end = rest.partition_point(|(key, _)| key <= last_key);
            let (now, later) = rest.split_at(end);
            rest = later;
            if let Some(part) = self.roll_told(day, until, now).await? {
                moved.add(&part, What::Told);
            }
        }
        Ok(())
    }

    /// Returns the key and number of every row of a day, and the commit up to which they count; `None` while a
    /// merge is half done.
    async fn rows_of(&self, day: Day) -> Result<Option<(i64, Vec<(i64, i64)>)>, StoreError> {
        let still = self.unmerged.stand_still_for_moving().await;
        let mut snapshot = self.readers().begin().await?;
        let until: i64 =
            sqlx::query_scalar("SELECT merging FROM ledger_head").fetch_one(&mut *snapshot).await?;
        let half: i64 = sqlx::query_scalar("SELECT count(*) FROM ledger_addition WHERE pack <= ?")
            .bind(until)
            .fetch_one(&mut *snapshot)
            .await?;
        if half > 0 {
            return Ok(None);
        }
        let rows = keys_of_day(&mut snapshot, day, until).await?;
        drop(still);
        Ok(Some((until, rows)))
    }

    /// Moves some rows of a day: those that are as they were when their numbers were read.
    async fn roll_told(
        &self,
        day: Day,
        until: i64,
        rows: &[(i64, i64)],
    ) -> Result<Option<Part>, StoreError> {
        let still = self.unmerged.stand_still_on(day).await;
        let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else {
            return Ok(None);
        };
        let numbers: Vec<i64> = rows.iter().map(|(_, number)| *number).collect();
        let told = self.told_to_move(&numbers, until).await?;
        if told.is_empty() {
            return Ok(None);
        }
        let partnerships: BTreeSet<String> =
            told.iter().map(|one| one.row.partnership.as_str().to_owned()).collect();
        let file = self.next_file(&told_folder(day)).await?;
        let mut part = Part {
            file,
            day,
            first: *first,
            last: *last,
            until,
            rows: u64::try_from(told.len()).unwrap_or(u64::MAX),
            bytes: 0,
            partnerships: partnerships.into_iter().collect(),
            is_moving: true,
        };
        part.bytes = self.write_told(&part, told).await?;
        self.name(&part, What::Told).await?;
        for some in numbers.chunks(SLICE) {
            let some = some.to_vec();
            // Lost in a power cut, they are deleted again: the file is named for good.
            self.write_again_if_lost(move |connection| {
                Box::pin(delete_told(connection, some, until))
            })
            .await?;
        }
        self.settle(&part).await?;
        drop(still);
        Ok(Some(part))
    }

    /// Reads rows by their numbers, in the order of keys, and sets those aside that do not read.
    async fn told_to_move(
        &self,
        numbers: &[i64],
        until: i64,
    ) -> Result<Vec<RolledRow>, StoreError> {
        let mut told = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(SLICE) {
            let (rows, damaged) = read::told_rows(self.readers(), some, until).await?;
            told.extend(rows);
            if !damaged.is_empty() {
                // Durable before a file is named: what is not set aside then counts as moved.
                self.write(move |connection| Box::pin(set_aside(connection, damaged))).await?;
            }
        }
        told.sort_by_key(|one| (rolled::told::key_of(&one.row), one.row.partnership.clone()));
        Ok(told)
    }

    async fn write_told(&self, part: &Part, told: Vec<RolledRow>) -> Result<u64, StoreError> {
        let path = self.records.path(&part.file);
        rolled::blocking(move || rolled::told::write(&path, &told)).await
    }

    async fn roll_packs(&self, before: Day, moved: &mut Moved) -> Result<(), StoreError> {
        let sql = "SELECT pack, length(leaves) AS bytes FROM ledger_pack WHERE pack <= \
                   (SELECT coalesce(max(last), 0) FROM ledger_outline WHERE last_ms < ?) ORDER BY pack";
        let all = sqlx::query(sql).bind(before.start().0).fetch_all(self.readers()).await?;
        let mut run: Option<(i64, i64, i64)> = None;
        let mut runs = Vec::new();
        for row in &all {
            let (pack, bytes): (i64, i64) = (row.try_get("pack")?, row.try_get("bytes")?);
            run = match run {
                Some((first, _, sum)) if sum + bytes <= PART_BYTES => {
                    Some((first, pack, sum + bytes))
                }
                full => {
                    runs.extend(full);
                    Some((pack, pack, bytes))
                }
            };
        }
        for (first, last, _) in runs.into_iter().chain(run) {
            let part = self.roll_run(before, first, last).await?;
            moved.add(&part, What::Packs);
        }
        Ok(())
    }

    async fn roll_run(&self, before: Day, first: i64, last: i64) -> Result<Part, StoreError> {
        let sql =
            "SELECT pack, first, leaves FROM ledger_pack WHERE pack BETWEEN ? AND ? ORDER BY pack";
        let rows = sqlx::query(sql).bind(first).bind(last).fetch_all(self.readers()).await?;
        let packs = rows.iter().map(|row| {
            let leaves = row.try_get("leaves")?;
            Ok(KeptPack { pack: row.try_get("pack")?, first: row.try_get("first")?, leaves })
        });
        let packs: Vec<KeptPack> = packs.collect::<Result<_, StoreError>>()?;
        let rows = u64::try_from(packs.len()).unwrap_or(u64::MAX);
        let file = self.next_file(What::Packs.name()).await?;
        let path = self.records.path(&file);
        let bytes = rolled::blocking(move || rolled::packs::write(&path, &packs)).await?;
        let (day, partnerships, is_moving) = (Day(before.0 - 1), Vec::new(), true);
        let part =
            Part { file, day, first, last, until: last, rows, bytes, partnerships, is_moving };
        self.name(&part, What::Packs).await?;
        let mut deleted = first;
        while deleted <= last {
            deleted = self
                .write(move |connection| Box::pin(delete_packs(connection, deleted, last)))
                .await?;
        }
        self.settle(&part).await?;
        Ok(part)
    }

    /// Returns the name of a file that never was.
    pub(super) async fn next_file(&self, folder: &str) -> Result<String, StoreError> {
        let number: i64 = self
            .write(|connection| {
                Box::pin(async move {
                    let sql = "UPDATE ledger_part_head SET next = next + 1 RETURNING next - 1";
                    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
                })
            })
            .await?;
        Ok(format!("{folder}/part-{number:06}.parquet"))
    }

    /// From now on the file counts.
    async fn name(&self, part: &Part, what: What) -> Result<(), StoreError> {
        let part = part.clone();
        self.write(move |connection| Box::pin(insert_part(connection, part, what))).await
    }

    /// Nothing of it is in the tables any more.
    async fn settle(&self, part: &Part) -> Result<(), StoreError> {
        let file = part.file.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let sql = "UPDATE ledger_part SET moving = 0 WHERE file = ?";
                sqlx::query(sql).bind(file).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Returns the folder of one day's values, by its date in UTC.
pub(super) fn told_folder(day: Day) -> String {
    let date = sluicegate_register::Day::of(day.start());
    format!("{}/day={date}", What::Told.name())
}

async fn keys_of_day(
    connection: &mut SqliteConnection,
    day: Day,
    until: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let sql = "SELECT key, rowid FROM ledger_told WHERE day = ? AND pack <= ? AND aside IS NULL";
    Ok(sqlx::query_as(sql).bind(day.0).bind(until).fetch_all(connection).await?)
}

async fn delete_told(
    connection: &mut SqliteConnection,
    numbers: Vec<i64>,
    until: i64,
) -> Result<(), StoreError> {
    let mut statement = Statement::new("DELETE FROM ledger_told WHERE aside IS NULL AND pack <= ");
    statement.push_bind(until).push(" AND rowid IN (");
    let mut list = statement.separated(", ");
    for number in numbers {
        list.push_bind(number);
    }
    statement.push(")");
    statement.build().persistent(false).execute(connection).await?;
    Ok(())
}

async fn set_aside(connection: &mut SqliteConnection, numbers: Vec<i64>) -> Result<(), StoreError> {
    for number in numbers {
        let sql = "UPDATE ledger_told SET aside = 1 WHERE rowid = ?";
        sqlx::query(sql).bind(number).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Deletes some packs, and returns where to go on.
async fn delete_packs(
    connection: &mut SqliteConnection,
    from: i64,
    last: i64,
) -> Result<i64, StoreError> {
    let slice = i64::try_from(SLICE).unwrap_or(i64::MAX);
    let next = from.saturating_add(slice).min(last.saturating_add(1));
    let sql = "DELETE FROM ledger_pack WHERE pack >= ? AND pack < ?";
    sqlx::query(sql).bind(from).bind(next).execute(connection).await?;
    Ok(next)
}

pub(super) async fn insert_part(
    connection: &mut SqliteConnection,
    part: Part,
    what: What,
) -> Result<(), StoreError> {
    let partnerships = serde_json::to_string(&part.partnerships)
        .map_err(|_unwritable| StoreError::Corrupt("names of partnerships"))?;
    let sql = "INSERT INTO ledger_part (file, what, day, first, last, until, rows, bytes, \
               partnerships, moving) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(sql)
        .bind(part.file)
        .bind(what.name())
        .bind(part.day.0)
        .bind(part.first)
        .bind(part.last)
        .bind(part.until)
        .bind(whole(part.rows)?)
        .bind(whole(part.bytes)?)
        .bind(partnerships)
        .bind(i64::from(part.is_moving))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends what a crash cut short, before anything else is done: rows that were moved are deleted, and files that no
/// row names. Says which rows of the table of parts do not read.
pub(crate) async fn recover(
    connection: &mut SqliteConnection,
    records: &Arc<Records>,
) -> Result<(), StoreError> {
    finish_all(connection).await?;
    let parts = rolled::parts(connection).await?;
    parts.damaged.iter().cloned().for_each(|row| records.note_row(row));
    let records = Arc::clone(records);
    rolled::blocking(move || Ok(rolled::sweep(&records, &parts)?)).await
}

/// Deletes all rows that were moved and are still there, because a move failed or was cut off. Nothing may be
/// merged into a table that has such rows.
pub(super) async fn finish_all(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    finish_all_but(connection, None).await
}

/// Does it but for values told on a day that is being moved: whoever moves it ends that.
pub(super) async fn finish_all_but(
    connection: &mut SqliteConnection,
    moving: Option<Day>,
) -> Result<(), StoreError> {
    let Parts { told, packs, damaged: _ } = rolled::parts(connection).await?;
    let told = told.into_iter().filter(|part| moving != Some(part.day));
    let all = told.map(|part| (part, What::Told));
    for (part, what) in all.chain(packs.into_iter().map(|part| (part, What::Packs))) {
        if part.is_moving {
            finish(connection, &part, what).await?;
        }
    }
    Ok(())
}

async fn finish(
    connection: &mut SqliteConnection,
    part: &Part,
    what: What,
) -> Result<(), StoreError> {
    match what {
        What::Packs => {
            let sql = "DELETE FROM ledger_pack WHERE pack BETWEEN ? AND ?";
            sqlx::query(sql).bind(part.first).bind(part.last).execute(&mut *connection).await?;
        }
        What::Told => {
            let rows = keys_of_day(connection, part.day, part.until).await?;
            let moved = rows.iter().filter(|(key, _)| (part.first..=part.last).contains(key));
            let numbers: Vec<i64> = moved.map(|(_, number)| *number).collect();
            for some in numbers.chunks(SLICE) {
                delete_told(connection, some.to_vec(), part.until).await?;
            }
        }
    }
    let sql = "UPDATE ledger_part SET moving = 0 WHERE file = ?";
    sqlx::query(sql).bind(&part.file).execute(connection).await?;
    Ok(())
}
