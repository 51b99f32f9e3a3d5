//! Reading everything that is counted as told on one day, whoever it was told of.
//!
//! Keys are numbers of 64 bits without a sign, and stand in tables and files as numbers with one: a range of them is
//! up to two ranges here.

use super::{
    additions::{self, ToldKey},
    read::{Counted, Unread, has_stayed, told_row},
    rolled::{self, Part, Records, told::RolledRow},
};
use crate::StoreError;
use sluicegate_ledger::{Day, KeyId, ReadTold, ToldRow, Unread as LeftOut};
use sqlx::{Row as _, SqliteConnection, SqlitePool, sqlite::SqliteRow};
use std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc};

const COLUMNS: &str = "SELECT key, partnership, day, digest, path, categories, edition, NULL AS sealed, count, \
                       first_ms, last_ms, pack, aside FROM ledger_told WHERE ";

/// Returns the rows of that day and those keys that read, without what is sealed in them.
pub(super) async fn told_on(
    readers: &SqlitePool,
    records: &Arc<Records>,
    unread: Unread<ToldRow>,
    day: Day,
    keys: &RangeInclusive<KeyId>,
) -> Result<ReadTold, StoreError> {
    let mut snapshot = readers.begin().await?;
    let (mut rows, mut parts) = (Vec::new(), Vec::new());
    for keys in signed(keys) {
        let some = rolled::parts_of_keys(&mut snapshot, records, &(day..=day), &keys).await?;
        for row in table(&mut snapshot, day, &keys).await? {
            if has_stayed(&row, row.try_get("key")?, &some) {
                rows.push(row);
            }
        }
        parts.push((keys, some));
    }
    drop(snapshot);
    let read =
        |row: &SqliteRow| told_row(row, KeyId(row.try_get::<i64, _>("key")?.cast_unsigned()));
    let (mut told, unread_rows) = Counted::that_read(&rows, read, place);
    let files: BTreeSet<String> = records.told_unnamed(&(day..=day)).into_iter().collect();
    // Of whom the rows are in a file whose name is not known nobody can tell.
    let mut in_doubt = if files.is_empty() { Vec::new() } else { vec![keys.clone()] };
    let mut left_out = LeftOut { rows: unread_rows, files };
    let (rolled, torn) = rolled_rows(records, parts, &mut left_out).await?;
    in_doubt.extend(torn.iter().flat_map(unsigned));
    for RolledRow { pack, row } in rolled {
        told.add_rolled(pack, place(&row), row, ToldRow::merge);
    }
    for (last, rows) in unread {
        for row in rows {
            told.add(last, place(&row), row, ToldRow::merge);
        }
    }
    let rows = told.into_rows().into_iter().map(|row| ToldRow { sealed: None, ..row }).collect();
    Ok(ReadTold { rows, unread: left_out, in_doubt })
}

async fn table(
    connection: &mut SqliteConnection,
    day: Day,
    keys: &RangeInclusive<i64>,
) -> Result<Vec<SqliteRow>, StoreError> {
    let are_many = keys.end().checked_sub(*keys.start()) == Some(i64::MAX);
    let mut statement = super::Statement::new(COLUMNS);
    // Why: many keys are found by the day, a few by themselves; a plus keeps the other index out of it.
    let by = if are_many { ("day = ", " AND +key") } else { ("+day = ", " AND key") };
    statement.push(by.0).push_bind(day.0).push(by.1).push(" BETWEEN ");
    statement.push_bind(*keys.start()).push(" AND ").push_bind(*keys.end());
    Ok(statement.build().fetch_all(connection).await?)
}

async fn rolled_rows(
    records: &Arc<Records>,
    parts: Vec<(RangeInclusive<i64>, Vec<Part>)>,
    left_out: &mut LeftOut,
) -> Result<(Vec<RolledRow>, Vec<RangeInclusive<i64>>), StoreError> {
    let (mut rolled, mut all_torn) = (Vec::new(), Vec::new());
    for (keys, parts) in parts {
        let (rows, unread, torn) = rolled::read_keys(records, parts, keys).await?;
        rolled.extend(rows);
        all_torn.extend(torn);
        left_out.add(unread);
    }
    // Why: each is put before those that are there, so that what was told first is kept.
    rolled.sort_by_key(|one| std::cmp::Reverse(one.pack));
    Ok((rolled, all_torn))
}

fn place(row: &ToldRow) -> (KeyId, ToldKey) {
    (row.key, additions::told_key(row))
}

/// Returns keys as tables and files number them.
fn signed(keys: &RangeInclusive<KeyId>) -> Vec<RangeInclusive<i64>> {
    const LAST_POSITIVE: u64 = i64::MAX.cast_unsigned();
    let (first, last) = (keys.start().0, keys.end().0);
    let positive = first..=last.min(LAST_POSITIVE);
    let negative = first.max(LAST_POSITIVE + 1)..=last;
    let ranges = [positive, negative].into_iter().filter(|range| !range.is_empty());
    ranges.map(|range| range.start().cast_signed()..=range.end().cast_signed()).collect()
}

/// Returns keys as they are, of what tables and files number.
fn unsigned(numbers: &RangeInclusive<i64>) -> [RangeInclusive<KeyId>; 2] {
    let keys = |first: i64, last: i64| {
        // Of numbers there are none between: an empty range.
        let (first, last) = if first > last { (-1, 0) } else { (first, last) };
        KeyId(first.cast_unsigned())..=KeyId(last.cast_unsigned())
    };
    let (first, last) = (*numbers.start(), *numbers.end());
    [keys(first, last.min(-1)), keys(first.max(0), last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_in_tables_below_zero_from_the_middle_on() {
        let of = |first, last| signed(&(KeyId(first)..=KeyId(last)));
        assert_eq!(of(0, u64::MAX), [0..=i64::MAX, i64::MIN..=-1]);
        assert_eq!(of(5, 9), [5..=9]);
        assert_eq!(of(1 << 63, u64::MAX - 1), [i64::MIN..=-2]);
        for (numbers, inside, outside) in [
            (-3..=4, [KeyId(u64::MAX - 2), KeyId(4)], [KeyId(5), KeyId(u64::MAX - 3)]),
            (2..=4, [KeyId(2), KeyId(4)], [KeyId(1), KeyId(u64::MAX)]),
            (-4..=-2, [KeyId(u64::MAX - 3), KeyId(u64::MAX - 1)], [KeyId(0), KeyId(u64::MAX)]),
        ] {
            let is_in = |key: &KeyId| unsigned(&numbers).iter().any(|keys| keys.contains(key));
            assert!(inside.iter().all(is_in) && !outside.iter().any(is_in), "{numbers:?}");
        }
    }
}
