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
mod parts;
mod records;
pub(super) mod told;

pub(crate) use file::FileError;
pub(super) use parts::{
    Damaged, Part, Parts, What, lost_with, parts, parts_of_keys, parts_of_packs,
};
pub(crate) use records::Records;

use crate::StoreError;
use packs::KeptPack;
use sluicegate_ledger::Unread;
use std::{collections::HashSet, ops::RangeInclusive, path::Path};
use told::{RolledRow, Rows};

/// The folder in the data directory.
pub(crate) const FOLDER: &str = "records";

/// Reads the rows of some keys out of parts, as far as they read, and between which keys there may be more.
pub(super) async fn read_keys(
    records: &Records,
    parts: Vec<Part>,
    keys: RangeInclusive<i64>,
) -> Result<(Vec<RolledRow>, Unread, Vec<RangeInclusive<i64>>), StoreError> {
    let (mut found, mut unread, mut torn) = (Vec::new(), Unread::default(), Vec::new());
    let touches = |part: &Part| part.first <= *keys.end() && part.last >= *keys.start();
    for part in parts.into_iter().filter(touches) {
        let (path, day, keys) = (records.path(&part.file), part.day, keys.clone());
        let named = part.first..=part.last;
        let some = match blocking(move || told::read_keys(&path, (day, &named), &keys)).await {
            Err(StoreError::Corrupt(_)) => Rows { is_torn: true, ..Rows::default() },
            read => read?,
        };
        found.extend(some.found);
        unread.rows = unread.rows.saturating_add(some.unread);
        if some.is_torn {
            torn.push(part.first..=part.last);
            unread.files.insert(part.file);
        }
    }
    Ok((found, unread, torn))
}

/// Reads packs out of parts, in their order; those from `in_table` on are in their table. Where a file, or the row that named it, does not read, one pack without leaves
/// stands for all that are lost, under the number of the last: nobody can read it, and whoever reads on goes on behind it.
pub(super) async fn read_packs(
    records: &Records,
    parts: Vec<Part>,
    in_table: Option<i64>,
    (from, max): (i64, usize),
) -> Result<Vec<KeptPack>, StoreError> {
    let unnamed = records.packs_unnamed();
    let named = parts.iter().map(|part| part.first..=part.last);
    let others: Vec<_> = named.chain(in_table.map(|first| first..=i64::MAX)).collect();
    let lost = unnamed.iter().filter_map(|row| lost_with(row, &others));
    let mut found: Vec<KeptPack> = lost.filter(|last| *last >= from).map(KeptPack::lost).collect();
    let none_of_files = found.len();
    for part in parts.into_iter().filter(|part| part.last >= from) {
        let left = max.saturating_sub(found.len() - none_of_files);
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

/// Deletes files that no row names: what a crash left. Where a row does not read, or a file that one names is gone from its
/// folder, another may be the one that was meant, and stays.
pub(super) fn sweep(records: &Records, parts: &Parts) -> std::io::Result<()> {
    if !parts.damaged.is_empty() {
        return Ok(());
    }
    let named = parts.told.iter().chain(&parts.packs).map(|part| records.path(&part.file));
    let known: HashSet<_> = named.collect();
    let gone = known.iter().filter(|path| !path.exists()).filter_map(|path| path.parent());
    let in_doubt: HashSet<&Path> = gone.collect();
    let mut folders = vec![records.folder().to_owned()];
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
            if !known.contains(&path) && !in_doubt.contains(next.as_path()) && is_ours(&path) {
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
