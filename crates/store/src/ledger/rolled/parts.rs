//! The table of parts: one row names each file of old records.
//!
//! A row that does not read, or that says of its file what cannot be, is left out and named: which file it was, and of which
//! day, only it said, so whoever reads such a day is told that something may be missing. Files that no row names are not
//! deleted then, since one of them is the row's.

use super::{
    super::{Statement, rolling::told_folder},
    Records,
};
use crate::StoreError;
use sluicegate_ledger::Day;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use std::ops::RangeInclusive;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) enum What {
    Told,
    Packs,
}

impl What {
    pub(in crate::ledger) fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Packs => "packs",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        [Self::Told, Self::Packs].into_iter().find(|what| what.name() == name)
    }
}

/// One file, as the table of parts names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ledger) struct Part {
    /// Its path below the folder.
    pub(in crate::ledger) file: String,
    /// The day of all rows; of packs, a day before which they all are.
    pub(in crate::ledger) day: Day,
    /// The smallest key or pack in it.
    pub(in crate::ledger) first: i64,
    /// The largest.
    pub(in crate::ledger) last: i64,
    /// Of values told: every row of the day and of a key in the range that counts this commit, and none
    /// later, was moved.
    pub(in crate::ledger) until: i64,
    /// Rows.
    pub(in crate::ledger) rows: u64,
    /// Its length.
    pub(in crate::ledger) bytes: u64,
    /// To whom its rows were told.
    pub(in crate::ledger) partnerships: Vec<String>,
    /// Whether rows that are in it may still be in their table.
    pub(in crate::ledger) is_moving: bool,
}

impl Part {
    /// Returns whether a row of the table of values told was moved here.
    pub(in crate::ledger) fn has_moved(&self, day: Day, key: i64, pack: i64) -> bool {
        self.is_moving
            && self.day == day
            && (self.first..=self.last).contains(&key)
            && pack <= self.until
    }
}

/// All rows of the table, as far as they read.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Parts {
    pub(in crate::ledger) told: Vec<Part>,
    pub(in crate::ledger) packs: Vec<Part>,
    pub(in crate::ledger) damaged: Vec<Damaged>,
}

/// A row that does not read, by what of it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ledger) struct Damaged {
    /// The file that it names, in any bytes.
    pub(in crate::ledger) name: Vec<u8>,
    /// What is in the file, as far as anybody can tell.
    pub(in crate::ledger) what: Option<What>,
    /// The day, unless the name says another one.
    pub(in crate::ledger) day: Option<Day>,
    /// Whether the name is that of a file of that day.
    pub(in crate::ledger) is_named_for_day: bool,
    /// The largest key or pack.
    pub(in crate::ledger) last: Option<i64>,
}

impl Damaged {
    /// Returns the name to show.
    pub(in crate::ledger) fn file(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }

    fn of(row: &SqliteRow) -> Self {
        let name = row.try_get::<&[u8], _>("file").unwrap_or_default();
        let text = std::str::from_utf8(name).unwrap_or_default();
        let day = row.try_get("day").map(Day).ok();
        let is_named_for_day = day.is_some_and(|day| is_name_of(text, What::Told, day));
        let what = row.try_get("what").ok().and_then(What::of_name);
        let what = match text {
            _ if is_named_for_day => Some(What::Told),
            text if text.starts_with("packs/") => Some(What::Packs),
            _ => what,
        };
        Self {
            name: name.to_vec(),
            what,
            day: day.filter(|_| is_named_for_day || !text.starts_with("told/day=")),
            is_named_for_day,
            last: row.try_get("last").ok(),
        }
    }
}

const COLUMNS: &str = "SELECT file, what, day, first, last, until, rows, bytes, partnerships, moving FROM ledger_part";

/// Returns every row of the table.
pub(in crate::ledger) async fn parts(
    connection: &mut SqliteConnection,
) -> Result<Parts, StoreError> {
    let rows = Statement::new(COLUMNS).build().fetch_all(connection).await?;
    let mut parts = Parts::default();
    for row in &rows {
        match part(row) {
            Some((What::Told, part)) => parts.told.push(part),
            Some((What::Packs, part)) => parts.packs.push(part),
            None => parts.damaged.push(Damaged::of(row)),
        }
    }
    Ok(parts)
}

/// Returns the parts of these days that may have rows of those keys, or that are still being moved. A row among them
/// that does not read is noted.
pub(in crate::ledger) async fn parts_of_keys(
    connection: &mut SqliteConnection,
    records: &Records,
    days: &RangeInclusive<Day>,
    keys: &RangeInclusive<i64>,
) -> Result<Vec<Part>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push(" WHERE what = ").push_bind(What::Told.name());
    statement.push(" AND day BETWEEN ").push_bind(days.start().0);
    statement.push(" AND ").push_bind(days.end().0).push(" AND (moving = 1 OR (first <= ");
    statement.push_bind(*keys.end()).push(" AND last >= ").push_bind(*keys.start());
    statement.push(")) ORDER BY day, file");
    let rows = statement.build().fetch_all(connection).await?;
    Ok(that_read(&rows, records))
}

/// Returns the parts that hold packs, in their order. A row that does not read is noted.
pub(in crate::ledger) async fn parts_of_packs(
    connection: &mut SqliteConnection,
    records: &Records,
) -> Result<Vec<Part>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push(" WHERE what <> ").push_bind(What::Told.name()).push(" ORDER BY first");
    let rows = statement.build().fetch_all(connection).await?;
    Ok(that_read(&rows, records))
}

fn that_read(rows: &[SqliteRow], records: &Records) -> Vec<Part> {
    let mut parts = Vec::with_capacity(rows.len());
    for row in rows {
        match part(row) {
            Some((_, part)) => parts.push(part),
            None => records.note_row(Damaged::of(row)),
        }
    }
    parts
}

/// Reads a row, unless what it says of its file cannot be.
fn part(row: &SqliteRow) -> Option<(What, Part)> {
    let number = |column| row.try_get::<i64, _>(column).ok();
    let count = |column| number(column).and_then(|number| u64::try_from(number).ok());
    let what = What::of_name(row.try_get("what").ok()?)?;
    let part = Part {
        file: row.try_get("file").ok()?,
        day: Day(number("day")?),
        first: number("first")?,
        last: number("last")?,
        until: number("until")?,
        rows: count("rows")?,
        bytes: count("bytes")?,
        partnerships: serde_json::from_str(row.try_get("partnerships").ok()?).ok()?,
        is_moving: match number("moving")? {
            0 => false,
            1 => true,
            _ => return None,
        },
    };
    (part.first <= part.last && is_name_of(&part.file, what, part.day)).then_some((what, part))
}

/// Returns whether a file is called as one of that kind and day is.
fn is_name_of(file: &str, what: What, day: Day) -> bool {
    let folder = match what {
        What::Told => told_folder(day),
        What::Packs => what.name().to_owned(),
    };
    let name = file.strip_prefix(&folder).and_then(|rest| rest.strip_prefix("/part-"));
    let number = name.and_then(|name| name.strip_suffix(".parquet"));
    number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Returns up to which pack packs are lost with the row that named their file: what it says, or else the end of the largest
/// gap between the others, which are in their order.
pub(in crate::ledger) fn lost_with(
    damaged: &Damaged,
    others: &[RangeInclusive<i64>],
) -> Option<i64> {
    let is_free = |pack: &i64| *pack > 0 && !others.iter().any(|packs| packs.contains(pack));
    let mut before = 0;
    let gaps = others.iter().map(|packs| {
        let end = packs.start().saturating_sub(1);
        let width = end.saturating_sub(std::mem::replace(&mut before, *packs.end()));
        (width, end)
    });
    let widest = gaps.max().filter(|(width, _)| *width > 0).map(|(_, end)| end);
    damaged.last.filter(is_free).or(widest)
}
