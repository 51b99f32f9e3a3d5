//! Old records, in Parquet files below `records` of the data directory.
//!
//! | files | one row | found by |
//! | --- | --- | --- |
//! | `told/day=2026-11-01/part-000001.parquet` | a set of values told to one partnership about one person on that day | the id of the person's key: rows are in that order, and the table of parts names the first and last |
//! | `packs/part-000002.parquet` | a pack of leaves | the pack's number |
//!
//! So one person's rows are found by opening, of each day, the file in whose range the key is, and reading one
//! group of its rows. Values stay sealed under the person's key, and whose key it is no file says: what
//! is erased is erased here, too, and no file has to be written again for it.
//!
//! Moving ([`super::rolling`]) writes the file first, then one row of the table of parts, from which on the
//! file counts and its rows in the tables do not, and deletes them last. A crash leaves at worst a file that no
//! row names, which is deleted, or rows to delete, which the next start does before anything else.

mod file;
pub(super) mod packs;
mod records;
pub(super) mod told;

pub(crate) use file::FileError;
pub(crate) use records::Records;

use crate::StoreError;
use packs::KeptPack;
use sluicegate_ledger::{Day, Unread};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use std::{ops::RangeInclusive, path::Path};
use told::{RolledRow, Rows};

/// The folder in the data directory.
pub(crate) const FOLDER: &str = "records";

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Told,
    Packs,
}

impl What {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Packs => "packs",
        }
    }
}

/// One file, as the table of parts names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its path below the folder.
    pub(super) file: String,
    /// The day of all rows; of packs, a day before which they all are.
    pub(super) day: Day,
    /// The smallest key or pack in it.
    pub(super) first: i64,
    /// The largest.
    pub(super) last: i64,
    /// Of values told: every row of the day and of a key in the range that counts this commit, and none
    /// later, was moved.
    pub(super) until: i64,
    /// Rows.
    pub(super) rows: u64,
    /// Its length.
    pub(super) bytes: u64,
    /// To whom its rows were told.
    pub(super) partnerships: Vec<String>,
    /// Whether rows that are in it may still be in their table.
    pub(super) is_moving: bool,
}

impl Part {
    /// Returns whether a row of the table of values told was moved here.
    pub(super) fn has_moved(&self, day: Day, key: i64, pack: i64) -> bool {
        self.is_moving
            && self.day == day
            && (self.first..=self.last).contains(&key)
            && pack <= self.until
    }
}

const COLUMNS: &str = "SELECT file, day, first, last, until, rows, bytes, partnerships, moving FROM ledger_part WHERE what = ";

fn part(row: &SqliteRow) -> Result<Part, StoreError> {
    let odd = StoreError::Corrupt("a part of the old records");
    let number = |column| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
    Ok(Part {
        file: row.try_get("file")?,
        day: Day(row.try_get("day")?),
        first: row.try_get("first")?,
        last: row.try_get("last")?,
        until: row.try_get("until")?,
        rows: number("rows")?,
        bytes: number("bytes")?,
        partnerships: serde_json::from_str(row.try_get("partnerships")?).map_err(|_json| odd)?,
        is_moving: row.try_get::<i64, _>("moving")? != 0,
    })
}

/// Returns all parts of a kind, in the order of what is in them.
pub(super) async fn parts(
    connection: &mut SqliteConnection,
    what: What,
) -> Result<Vec<Part>, StoreError> {
    let mut statement = super::Statement::new(COLUMNS);
    statement.push_bind(what.name()).push(" ORDER BY day, first, file");
    let rows = statement.build().fetch_all(connection).await?;
    rows.iter().map(part).collect()
}

/// Returns the parts of these days that may have rows of those keys, or that are still being moved.
pub(super) async fn parts_of_keys(
    connection: &mut SqliteConnection,
    days: &RangeInclusive<Day>,
    keys: &RangeInclusive<i64>,
) -> Result<Vec<Part>, StoreError> {
    let mut statement = super::Statement::new(COLUMNS);
    statement.push_bind(What::Told.name()).push(" AND day BETWEEN ").push_bind(days.start().0);
    statement.push(" AND ").push_bind(days.end().0).push(" AND (moving = 1 OR (first <= ");
    statement.push_bind(*keys.end()).push(" AND last >= ").push_bind(*keys.start());
    statement.push(")) ORDER BY day, file");
    let rows = statement.build().fetch_all(connection).await?;
    rows.iter().map(part).collect()
}

/// Reads the rows of some keys out of parts, as far as they read.
pub(super) async fn read_keys(
    records: &Records,
    parts: Vec<Part>,
    keys: RangeInclusive<i64>,
) -> Result<(Vec<RolledRow>, Unread), StoreError> {
    let (mut found, mut unread) = (Vec::new(), Unread::default());
    let touches = |part: &Part| part.first <= *keys.end() && part.last >= *keys.start();
    for part in parts.into_iter().filter(touches) {
        let (path, day, keys) = (records.path(&part.file), part.day, keys.clone());
        let some = match blocking(move || told::read_keys(&path, day, &keys)).await {
            Err(StoreError::Corrupt(_)) => Rows { is_torn: true, ..Rows::default() },
            read => read?,
        };
        found.extend(some.found);
        unread.rows = unread.rows.saturating_add(some.unread);
        unread.files.extend(some.is_torn.then_some(part.file));
    }
    Ok((found, unread))
}

/// Reads packs out of parts, which are in their order. Where a file does not read, one pack without leaves stands
/// for all that are lost, under the number of the last: nobody can read it, and whoever reads on goes on behind it.
pub(super) async fn read_packs(
    records: &Records,
    parts: Vec<Part>,
    from: i64,
    max: usize,
) -> Result<Vec<KeptPack>, StoreError> {
    let mut found: Vec<KeptPack> = Vec::new();
    for part in parts.into_iter().filter(|part| part.last >= from) {
        let left = max - found.len();
        if left == 0 {
            break;
        }
        let path = records.path(&part.file);
        let packs = match blocking(move || packs::read(&path, from, left)).await {
            Err(StoreError::Corrupt(_)) => vec![KeptPack::lost(part.last)],
            read => read?,
        };
        if packs.iter().any(KeptPack::is_lost) {
            records.note_damaged(&part.file);
        }
        found.extend(packs);
    }
    Ok(found)
}

/// Runs what waits for files on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    // Why: what reads Parquet may stumble over a file that was altered.
    let stopped = |error: tokio::task::JoinError| {
        if error.is_panic() { FileError::Odd.into() } else { StoreError::Closed }
    };
    Ok(done.map_err(stopped)??)
}

/// Deletes files that no row names: what a crash left.
pub(super) fn sweep(folder: &Path, known: &[Part]) -> std::io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = match std::fs::read_dir(&next) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_known = known.iter().any(|part| folder.join(&part.file) == path);
            if !is_known && is_ours(&path) {
                std::fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let extension = path.extension().and_then(|extension| extension.to_str());
    name.starts_with("part-") && matches!(extension, Some("parquet" | "unfinished"))
}
