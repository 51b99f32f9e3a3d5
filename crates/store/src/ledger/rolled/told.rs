//! Files of values told, one day each, by the ids of people's keys. docs/records.md describes them.

use super::file::{self, Column, FileError, Opened};
use parquet::data_type::ByteArray;
use sluicegate_gate::{Categories, Category, EditionHash, PartnershipId, time::UnixMillis};
use sluicegate_ledger::{Day, KeyId, ToldRow};
use std::{ops::RangeInclusive, path::Path};

/// Rows in one row group: what is read at least for one person.
const GROUP_ROWS: usize = 4_096;

const SCHEMA: &str = "message told {
    required int64 key;
    required binary partnership (STRING);
    required binary digest;
    required binary path (STRING);
    required binary categories (STRING);
    required binary edition;
    required int64 count;
    required int64 first (TIMESTAMP(MILLIS, true));
    required int64 last (TIMESTAMP(MILLIS, true));
    required int64 pack;
    optional binary sealed;
}";

/// Where each column stands in the schema.
mod at {
    pub(super) const KEY: usize = 0;
    pub(super) const PARTNERSHIP: usize = 1;
    pub(super) const DIGEST: usize = 2;
    pub(super) const PATH: usize = 3;
    pub(super) const CATEGORIES: usize = 4;
    pub(super) const EDITION: usize = 5;
    pub(super) const COUNT: usize = 6;
    pub(super) const FIRST: usize = 7;
    pub(super) const LAST: usize = 8;
    pub(super) const PACK: usize = 9;
    pub(super) const SEALED: usize = 10;
}

/// A row with the latest commit that it counts.
#[derive(Clone, Debug)]
pub(crate) struct RolledRow {
    pub(crate) pack: u64,
    pub(crate) row: ToldRow,
}

/// What a person's key is called in these files.
pub(crate) fn key_of(row: &ToldRow) -> i64 {
    row.key.0.cast_signed()
}

/// Writes rows, which are in the order of their keys, and returns the length of the file.
pub(crate) fn write(path: &Path, rows: &[RolledRow]) -> Result<u64, FileError> {
    file::write(path, SCHEMA, rows.chunks(GROUP_ROWS).map(columns))
}

fn columns(rows: &[RolledRow]) -> Vec<Column> {
    let numbers = |value: fn(&RolledRow) -> i64| Column::Numbers(rows.iter().map(value).collect());
    let bytes = |value: fn(&RolledRow) -> Vec<u8>| {
        Column::Bytes(rows.iter().map(|row| ByteArray::from(value(row))).collect())
    };
    let sealed = rows.iter().map(|one| one.row.sealed.clone().map(ByteArray::from));
    vec![
        numbers(|one| key_of(&one.row)),
        bytes(|one| one.row.partnership.as_str().into()),
        bytes(|one| one.row.digest.into()),
        bytes(|one| one.row.path.name().into()),
        bytes(|one| names(one.row.categories).into()),
        bytes(|one| one.row.edition.0.into()),
        numbers(|one| i64::try_from(one.row.count).unwrap_or(i64::MAX)),
        numbers(|one| one.row.first.0),
        numbers(|one| one.row.last.0),
        numbers(|one| one.pack.cast_signed()),
        Column::Optional(sealed.collect()),
    ]
}

/// Names of categories, in their order, with commas between.
fn names(categories: Categories) -> String {
    let names: Vec<&str> = categories.iter().map(Category::name).collect();
    names.join(",")
}

fn categories(names: &str) -> Option<Categories> {
    let all = names.split(',').filter(|name| !name.is_empty());
    let all: Option<Vec<Category>> = all.map(Category::from_name).collect();
    Some(Categories::of(&all?))
}

/// Rows of a file, as far as they read.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) found: Vec<RolledRow>,
    /// How many are there and do not.
    pub(super) unread: u64,
    /// Whether there may be more.
    pub(super) is_torn: bool,
}

/// Reads the rows of some keys, on the day and between the keys that the file is named for. A group of rows that does
/// not read hides no other. A file that says that it is of another day or of other keys was put in the place of the one
/// that is meant, which may have had more.
pub(super) fn read_keys(
    path: &Path,
    (day, named): (Day, &RangeInclusive<i64>),
    wanted: &RangeInclusive<i64>,
) -> Result<Rows, FileError> {
    let opened = Opened::open(path)?;
    let times = day.start().0..=Day(day.0.saturating_add(1)).start().0.saturating_sub(1);
    let is_another = !opened.lies_in(at::KEY, named)
        || !opened.lies_in(at::FIRST, &times)
        || !opened.lies_in(at::LAST, &times);
    let mut rows = Rows { is_torn: is_another, ..Rows::default() };
    for group in opened.groups(at::KEY, *wanted.start(), *wanted.end()) {
        match opened.read(group) {
            Ok(columns) => rows.add(&columns, day, wanted),
            Err(error) if error.is_damage() => rows.is_torn = true,
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

impl Rows {
    fn add(&mut self, columns: &[Column], day: Day, wanted: &RangeInclusive<i64>) {
        let keys = columns.get(at::KEY).map(Column::numbers).unwrap_or_default();
        let begin = keys.partition_point(|one| one < wanted.start());
        let end = keys.partition_point(|one| one <= wanted.end());
        for (row, key) in keys.iter().enumerate().take(end).skip(begin) {
            match read_row(columns, row, day, KeyId(key.cast_unsigned())) {
                Some(read) => self.found.push(read),
                None => self.unread += 1,
            }
        }
    }
}

fn read_row(columns: &[Column], row: usize, day: Day, key: KeyId) -> Option<RolledRow> {
    let number = |at: usize| columns.get(at)?.number(row);
    let bytes = |at: usize| columns.get(at)?.bytes(row);
    let text = |at: usize| std::str::from_utf8(bytes(at)?).ok();
    let partnership: PartnershipId = text(at::PARTNERSHIP)?.parse().ok()?;
    let row = ToldRow {
        key,
        partnership,
        day,
        digest: bytes(at::DIGEST)?.try_into().ok()?,
        path: sluicegate_gate::Path::from_name(text(at::PATH)?)?,
        categories: categories(text(at::CATEGORIES)?)?,
        edition: EditionHash(bytes(at::EDITION)?.try_into().ok()?),
        sealed: bytes(at::SEALED).map(<[u8]>::to_vec),
        count: u64::try_from(number(at::COUNT)?).ok()?,
        first: UnixMillis(number(at::FIRST)?),
        last: UnixMillis(number(at::LAST)?),
    };
    let is_of_day = |at: UnixMillis| Day::of(at) == day;
    let is_whole = is_of_day(row.first) && is_of_day(row.last);
    is_whole.then_some(RolledRow { pack: number(at::PACK)?.cast_unsigned(), row })
}

/// Copies a file without the rows of some partnerships, and returns how many rows are left, and its length;
/// `None` if nothing is, and then there is no file.
pub(crate) fn copy_without(
    from: &Path,
    to: &Path,
    is_kept: impl Fn(&str) -> bool,
) -> Result<Option<(u64, u64)>, FileError> {
    let opened = Opened::open(from)?;
    let mut groups = Vec::new();
    let mut rows = 0;
    for group in opened.groups(at::KEY, i64::MIN, i64::MAX) {
        let columns = opened.read(group)?;
        let partnerships = columns.get(at::PARTNERSHIP).ok_or(FileError::Odd)?;
        let length = columns.get(at::KEY).ok_or(FileError::Odd)?.numbers().len();
        let mut kept = Vec::with_capacity(length);
        for row in 0..length {
            let name = partnerships.bytes(row).and_then(|name| std::str::from_utf8(name).ok());
            if is_kept(name.ok_or(FileError::Odd)?) {
                kept.push(row);
            }
        }
        rows += kept.len();
        if !kept.is_empty() {
            groups.push(columns.into_iter().map(|column| column.pick(&kept)).collect());
        }
    }
    if groups.is_empty() {
        return Ok(None);
    }
    let length = file::write(to, SCHEMA, groups.into_iter())?;
    Ok(Some((u64::try_from(rows).unwrap_or(u64::MAX), length)))
}
