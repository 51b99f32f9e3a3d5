//! Reading the ledger's tables back into rows.

use super::{
    Statement, additions, blob, kind_code,
    rolled::{self, Part, Records, packs::KeptPack, told::RolledRow},
    values::{self, Told},
};
use crate::StoreError;
use sluicegate_gate::{
    Categories, EditionHash, PartnershipId, Reason, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::{
    Day, Head, KeyId, PackRow, ReadTold, ToldRow, TotalRow, Totals, UncertainWindow,
    Unread as LeftOut, WindowRow, WithheldRow, WithheldTotal,
};
use sqlx::{Row as _, SqlitePool, sqlite::SqliteRow};
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    ops::{Range, RangeInclusive},
    sync::Arc,
};

pub(super) async fn uncertain_windows(
    readers: &SqlitePool,
) -> Result<Vec<UncertainWindow>, StoreError> {
    let sql = "SELECT path, from_ms, until_ms FROM ledger_window WHERE uncertain = 1 \
               ORDER BY from_ms, path";
    let rows = sqlx::query(sql).fetch_all(readers).await?;
    rows.iter()
        .map(|row| {
            Ok(UncertainWindow {
                path: path(row)?,
                from: UnixMillis(row.try_get("from_ms")?),
                until: UnixMillis(row.try_get("until_ms")?),
            })
        })
        .collect()
}

pub(super) async fn head(readers: &SqlitePool) -> Result<Head, StoreError> {
    let row = sqlx::query("SELECT pack, mark FROM ledger_head").fetch_one(readers).await?;
    let mark: Option<Vec<u8>> = row.try_get("mark")?;
    let commit: i64 = row.try_get("pack")?;
    Ok(Head {
        commit: commit.cast_unsigned(),
        // Of another length it is none of the ledger's.
        mark: mark.and_then(|mark| <[u8; 16]>::try_from(mark).ok()),
    })
}

/// Returns how many rows of what was told, and of outlines, are set aside.
pub(super) async fn set_aside(readers: &SqlitePool) -> Result<[u64; 2], StoreError> {
    let sql = "SELECT (SELECT count(*) FROM ledger_told WHERE aside IS NOT NULL), \
               (SELECT count(*) FROM ledger_outline WHERE joined = 2)";
    let (told, outlines): (i64, i64) = sqlx::query_as(sql).fetch_one(readers).await?;
    Ok([told.cast_unsigned(), outlines.cast_unsigned()])
}

pub(super) async fn open_windows(readers: &SqlitePool) -> Result<Vec<WindowRow>, StoreError> {
    let sql = "SELECT id, path, from_ms, until_ms FROM ledger_window WHERE uncertain = 0 \
               ORDER BY from_ms, path";
    let rows = sqlx::query(sql).fetch_all(readers).await?;
    rows.iter()
        .map(|row| {
            Ok(WindowRow {
                id: u128::from_be_bytes(bytes(row, "id")?),
                path: path(row)?,
                from: UnixMillis(row.try_get("from_ms")?),
                until: UnixMillis(row.try_get("until_ms")?),
            })
        })
        .collect()
}

/// Returns the packs from that number on: those in files first, which are older.
pub(super) async fn packs(
    readers: &SqlitePool,
    records: &Arc<Records>,
    from: u64,
    packs_max: usize,
) -> Result<Vec<PackRow>, StoreError> {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let mut snapshot = readers.begin().await?;
    let parts = rolled::parts_of_packs(&mut snapshot, records).await?;
    let in_files = parts.iter().map(|part| part.last).max();
    let sql = "SELECT pack, first, leaves FROM ledger_pack WHERE pack >= ? ORDER BY pack LIMIT ?";
    let rows = sqlx::query(sql)
        .bind(from.max(in_files.map_or(i64::MIN, |last| last.saturating_add(1))))
        .bind(i64::try_from(packs_max).unwrap_or(i64::MAX))
        .fetch_all(&mut *snapshot)
        .await?;
    let sql = "SELECT min(pack) FROM ledger_pack";
    let in_table = sqlx::query_scalar(sql).fetch_one(&mut *snapshot).await?;
    drop(snapshot);
    let mut kept = rolled::read_packs(records, parts, in_table, (from, packs_max)).await?;
    for row in &rows {
        let leaves = row.try_get("leaves")?;
        kept.push(KeptPack { pack: row.try_get("pack")?, first: row.try_get("first")?, leaves });
    }
    // Of two of one number the lost one goes.
    kept.sort_by_key(|one| (one.pack, one.is_lost()));
    kept.dedup_by_key(|one| one.pack);
    kept.truncate(packs_max);
    Ok(kept.into_iter().map(pack).collect())
}

fn pack(kept: KeptPack) -> PackRow {
    let KeptPack { pack, first, leaves } = kept;
    PackRow { pack: pack.cast_unsigned(), first: first.cast_unsigned(), leaves }
}

/// Rows of a table, each with the latest commit that it counts; additions of later commits are added.
pub(super) struct Counted<K, R> {
    rows: HashMap<K, (u64, R)>,
}

impl<K: Eq + Hash, R> Counted<K, R> {
    pub(super) fn of(
        rows: &[SqliteRow],
        read: impl Fn(&SqliteRow) -> Result<R, StoreError>,
        key: impl Fn(&R) -> K,
    ) -> Result<Self, StoreError> {
        let rows = rows.iter().map(|row| {
            let value = read(row)?;
            Ok((key(&value), (count(row, "pack")?, value)))
        });
        Ok(Self { rows: rows.collect::<Result<_, StoreError>>()? })
    }

    /// Leaves out rows that do not read, names each in the log, and returns how many they were.
    pub(super) fn that_read(
        rows: &[SqliteRow],
        read: impl Fn(&SqliteRow) -> Result<R, StoreError>,
        key: impl Fn(&R) -> K,
    ) -> (Self, u64) {
        let mut kept = HashMap::with_capacity(rows.len());
        let mut unread = 0;
        for row in rows {
            match read(row).and_then(|value| Ok((count(row, "pack")?, value))) {
                Ok((pack, value)) => drop(kept.insert(key(&value), (pack, value))),
                Err(error) => {
                    unread += 1;
                    warn_of(row, &error, "a row of what was told does not read; it is left out");
                }
            }
        }
        (Self { rows: kept }, unread)
    }

    /// Adds what commits up to `last` added, unless the row counts it already.
    pub(super) fn add(&mut self, last: u64, key: K, row: R, merge: impl FnOnce(&mut R, R)) {
        match self.rows.entry(key) {
            Entry::Vacant(free) => drop(free.insert((0, row))),
            Entry::Occupied(kept) => {
                let (counted, kept) = kept.into_mut();
                if *counted < last {
                    merge(kept, row);
                }
            }
        }
    }

    /// Adds a row that was moved into a file, and that counts commits up to this one.
    pub(super) fn add_rolled(
        &mut self,
        last: u64,
        key: K,
        mut row: R,
        merge: impl FnOnce(&mut R, R),
    ) {
        match self.rows.entry(key) {
            Entry::Vacant(free) => drop(free.insert((last, row))),
            Entry::Occupied(kept) => {
                let (counted, kept) = kept.into_mut();
                if last < *counted {
                    std::mem::swap(kept, &mut row);
                }
                merge(kept, row);
                *counted = last.max(*counted);
            }
        }
    }

    pub(super) fn into_rows(self) -> Vec<R> {
        self.rows.into_values().map(|(_, row)| row).collect()
    }
}

/// Additions that are not in the tables, or not wholly, each with its latest commit. Taken before the
/// tables are read: what a merge takes away meanwhile is in the tables by then.
pub(super) type Unread<R> = Vec<(u64, Vec<R>)>;

/// Names a row of values told that does not read, by what of it does.
fn warn_of(row: &SqliteRow, error: &StoreError, words: &'static str) {
    let digest = bytes(row, "digest").map(u128::from_be_bytes).unwrap_or_default();
    tracing::error!(
        error.cause = %error,
        partnership.id = row.try_get::<&str, _>("partnership").unwrap_or_default(),
        day = row.try_get::<i64, _>("day").unwrap_or_default(),
        row.digest = format!("{digest:032x}"),
        row.pack = row.try_get::<i64, _>("pack").unwrap_or_default(),
        "{words}"
    );
}

pub(super) async fn told(
    readers: &SqlitePool,
    records: &Arc<Records>,
    mut unread: Unread<Told>,
    key: KeyId,
    range: Range<UnixMillis>,
) -> Result<ReadTold, StoreError> {
    let last = UnixMillis(range.end.0.saturating_sub(1)).max(range.start);
    let days = Day::of(range.start)..=Day::of(last);
    let number = key.0.cast_signed();
    let mut snapshot = readers.begin().await?;
    let parts = rolled::parts_of_keys(&mut snapshot, records, &days, &(number..=number)).await?;
    // Why: steps from partnership to partnership along the key, so that of each only the days asked for are read.
    let sql = "WITH RECURSIVE listed (name) AS ( \
                 SELECT min(partnership) FROM ledger_told WHERE key = ?1 \
                 UNION ALL \
                 SELECT (SELECT min(partnership) FROM ledger_told \
                         WHERE key = ?1 AND partnership > listed.name) \
                 FROM listed WHERE listed.name IS NOT NULL) \
               SELECT partnership, day, digest, path, categories, edition, \
               (SELECT sealed FROM ledger_value WHERE number = value) AS sealed, \
               count, first_ms, last_ms, pack, aside FROM listed CROSS JOIN ledger_told \
               WHERE key = ?1 AND partnership = listed.name AND day BETWEEN ?2 AND ?3";
    let mut rows = sqlx::query(sql)
        .bind(number)
        .bind(days.start().0)
        .bind(days.end().0)
        .fetch_all(&mut *snapshot)
        .await?;
    values::fill(&mut snapshot, &mut unread).await?;
    drop(snapshot);
    rows.retain(|row| has_stayed(row, number, &parts));
    let (mut told, unread_rows) =
        Counted::that_read(&rows, |row| Ok(whole(told_row(row, key)?)), told_key);
    let files = records.told_unnamed(&days).into_iter().collect();
    let mut left_out = LeftOut { rows: unread_rows, files };
    let (mut rolled, unread_parts, _torn) =
        rolled::read_keys(records, parts, number..=number).await?;
    left_out.add(unread_parts);
    // Why: each is put before those that are there, so that what was told first is kept.
    rolled.sort_by_key(|one| std::cmp::Reverse(one.pack));
    for RolledRow { pack, row } in rolled {
        let row = whole(row);
        told.add_rolled(pack, told_key(&row), row, merge_told);
    }
    for (last, rows) in unread {
        for row in rows {
            told.add(last, told_key(&row), row, merge_told);
        }
    }
    let mut rows = told.into_rows();
    rows.retain(|told| told.row.last >= range.start && told.row.first < range.end);
    // A row whose values are gone is a row without: whoever reads it says so.
    let rows = rows.into_iter().map(|told| told.row).collect();
    Ok(ReadTold { rows, unread: left_out, in_doubt: Vec::new() })
}

fn told_key(told: &Told) -> additions::ToldKey {
    additions::told_key(&told.row)
}

fn merge_told(kept: &mut Told, later: Told) {
    kept.merge(later);
}

/// A row that has its values in it.
fn whole(row: ToldRow) -> Told {
    Told { row, value: None }
}

/// Returns whether a row is not in a file. One that does not read is in none.
pub(super) fn has_stayed(row: &SqliteRow, key: i64, parts: &[Part]) -> bool {
    let (day, pack) = (row.try_get("day"), row.try_get("pack"));
    let (Ok(None), Ok(day), Ok(pack)) = (row.try_get::<Option<i64>, _>("aside"), day, pack) else {
        return true;
    };
    !parts.iter().any(|part| part.has_moved(Day(day), key, pack))
}

/// Returns rows of values told by their numbers, those that count a later commit left out, and the numbers of those
/// that do not read.
pub(super) async fn told_rows(
    readers: &SqlitePool,
    numbers: &[i64],
    until: i64,
) -> Result<(Vec<RolledRow>, Vec<i64>), StoreError> {
    let mut statement = Statement::new(
        "SELECT rowid, key, partnership, day, digest, path, categories, edition, \
         (SELECT sealed FROM ledger_value WHERE number = value) AS sealed, \
         count, first_ms, last_ms, pack FROM ledger_told WHERE pack <= ",
    );
    statement.push_bind(until).push(" AND rowid IN (");
    let mut list = statement.separated(", ");
    for number in numbers {
        list.push_bind(*number);
    }
    statement.push(")");
    let rows = statement.build().persistent(false).fetch_all(readers).await?;
    let (mut told, mut damaged) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in &rows {
        match rolled_row(row) {
            Ok(read) => told.push(read),
            Err(error) => {
                warn_of(row, &error, "a row of what was told does not read; it is set aside");
                damaged.push(row.try_get("rowid")?);
            }
        }
    }
    Ok((told, damaged))
}

fn rolled_row(row: &SqliteRow) -> Result<RolledRow, StoreError> {
    let key = KeyId(row.try_get::<i64, _>("key")?.cast_unsigned());
    Ok(RolledRow { pack: count(row, "pack")?, row: told_row(row, key)? })
}

pub(super) fn told_row(row: &SqliteRow, key: KeyId) -> Result<ToldRow, StoreError> {
    let categories = u8::try_from(row.try_get::<i64, _>("categories")?)
        .map_err(|_range| StoreError::Corrupt("categories of a disclosure"))?;
    Ok(ToldRow {
        key,
        partnership: partnership(row)?,
        day: Day(row.try_get("day")?),
        digest: bytes(row, "digest")?,
        path: path(row)?,
        categories: Categories::from_bits(categories),
        edition: EditionHash(bytes(row, "edition")?),
        sealed: row.try_get("sealed")?,
        count: count(row, "count")?,
        first: UnixMillis(row.try_get("first_ms")?),
        last: UnixMillis(row.try_get("last_ms")?),
    })
}

pub(super) async fn withheld(
    readers: &SqlitePool,
    unread: Unread<WithheldRow>,
    subject: SubjectKey,
    days: RangeInclusive<Day>,
) -> Result<Vec<WithheldRow>, StoreError> {
    let sql = "SELECT day, partnership, reason, count, pack FROM ledger_withheld \
               WHERE kind = ? AND hash = ? AND day BETWEEN ? AND ?";
    let rows = sqlx::query(sql)
        .bind(kind_code(subject.kind))
        .bind(blob(subject.hash))
        .bind(days.start().0)
        .bind(days.end().0)
        .fetch_all(readers)
        .await?;
    let read = |row: &SqliteRow| {
        Ok(WithheldRow {
            subject,
            partnership: partnership(row)?,
            day: Day(row.try_get("day")?),
            reason: reason(row)?,
            count: count(row, "count")?,
        })
    };
    let mut withheld = Counted::of(&rows, read, additions::withheld_key)?;
    for (last, rows) in unread {
        for row in rows.into_iter().filter(|row| days.contains(&row.day)) {
            withheld.add(last, additions::withheld_key(&row), row, |kept, row| {
                kept.count = kept.count.saturating_add(row.count);
            });
        }
    }
    let mut rows = withheld.into_rows();
    rows.sort_by(|one, other| {
        let order = (one.day, &one.partnership, one.reason.code());
        order.cmp(&(other.day, &other.partnership, other.reason.code()))
    });
    Ok(rows)
}

pub(super) async fn noted(
    readers: &SqlitePool,
    partnership: &PartnershipId,
) -> Result<u64, StoreError> {
    let number: Option<i64> =
        sqlx::query_scalar("SELECT number FROM ledger_noted WHERE partnership = ?")
            .bind(partnership.as_str())
            .fetch_optional(readers)
            .await?;
    u64::try_from(number.unwrap_or_default())
        .map_err(|_negative| StoreError::Corrupt("a number of notes below zero"))
}

pub(super) async fn totals(
    readers: &SqlitePool,
    unread: Vec<(u64, Totals)>,
    days: RangeInclusive<Day>,
) -> Result<Totals, StoreError> {
    let sql = "SELECT day, partnership, path, messages, disclosures, withheld, pack \
               FROM ledger_total WHERE day BETWEEN ? AND ?";
    let rows = sqlx::query(sql).bind(days.start().0).bind(days.end().0).fetch_all(readers).await?;
    let mut counts = Counted::of(&rows, total_row, additions::total_key)?;
    let sql = "SELECT day, partnership, path, reason, count, pack FROM ledger_withheld_total \
               WHERE day BETWEEN ? AND ?";
    let rows = sqlx::query(sql).bind(days.start().0).bind(days.end().0).fetch_all(readers).await?;
    let mut withheld = Counted::of(&rows, withheld_total, additions::withheld_total_key)?;
    for (last, totals) in unread {
        for row in totals.counts.into_iter().filter(|row| days.contains(&row.day)) {
            counts.add(last, additions::total_key(&row), row, |kept, row| {
                additions::add_total(kept, &row);
            });
        }
        for row in totals.withheld.into_iter().filter(|row| days.contains(&row.day)) {
            withheld.add(last, additions::withheld_total_key(&row), row, |kept, row| {
                kept.count = kept.count.saturating_add(row.count);
            });
        }
    }
    let mut totals = Totals { counts: counts.into_rows(), withheld: withheld.into_rows() };
    totals.counts.sort_by(|one, other| {
        (&one.partnership, one.day, one.path).cmp(&(&other.partnership, other.day, other.path))
    });
    totals.withheld.sort_by(|one, other| {
        let order = (&one.partnership, one.day, one.path, one.reason.code());
        order.cmp(&(&other.partnership, other.day, other.path, other.reason.code()))
    });
    Ok(totals)
}

fn total_row(row: &SqliteRow) -> Result<TotalRow, StoreError> {
    Ok(TotalRow {
        partnership: partnership(row)?,
        day: Day(row.try_get("day")?),
        path: path(row)?,
        messages: count(row, "messages")?,
        disclosures: count(row, "disclosures")?,
        withheld: count(row, "withheld")?,
    })
}

fn withheld_total(row: &SqliteRow) -> Result<WithheldTotal, StoreError> {
    Ok(WithheldTotal {
        partnership: partnership(row)?,
        day: Day(row.try_get("day")?),
        path: path(row)?,
        reason: reason(row)?,
        count: count(row, "count")?,
    })
}

fn bytes<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N], StoreError> {
    let stored: &[u8] = row.try_get(column)?;
    stored.try_into().map_err(|_length| StoreError::Corrupt("a blob of the wrong length"))
}

fn count(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let stored: i64 = row.try_get(column)?;
    u64::try_from(stored).map_err(|_negative| StoreError::Corrupt("a negative count"))
}

fn path(row: &SqliteRow) -> Result<sluicegate_gate::Path, StoreError> {
    sluicegate_gate::Path::from_name(row.try_get("path")?)
        .ok_or(StoreError::Corrupt("an unknown path"))
}

fn reason(row: &SqliteRow) -> Result<Reason, StoreError> {
    Reason::from_code(row.try_get("reason")?).ok_or(StoreError::Corrupt("an unknown reason"))
}

fn partnership(row: &SqliteRow) -> Result<PartnershipId, StoreError> {
    let stored: &str = row.try_get("partnership")?;
    stored.parse().map_err(|_grammar| StoreError::Corrupt("a partnership's name"))
}
