//! Reading the ledger's tables back into rows.

use super::{ROWS_MAX, Statement, blob, kind_code};
use crate::StoreError;
use sluicegate_gate::{
    Categories, EditionHash, PartnershipId, Path, Reason, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::{
    Day, KeyRow, ToldRow, TotalRow, Totals, UncertainWindow, WithheldRow, WithheldTotal,
};
use sqlx::{Row as _, SqlitePool, sqlite::SqliteRow};
use std::ops::{Range, RangeInclusive};

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

pub(super) async fn keys(
    readers: &SqlitePool,
    subjects: &[SubjectKey],
) -> Result<Vec<KeyRow>, StoreError> {
    let mut found = Vec::with_capacity(subjects.len());
    for chunk in subjects.chunks(ROWS_MAX) {
        let mut statement = Statement::new(
            "SELECT kind, hash, id, wrapped FROM ledger_key WHERE (kind, hash) IN (",
        );
        statement.push_values(chunk, |mut row, subject| {
            row.push_bind(kind_code(subject.kind)).push_bind(blob(subject.hash));
        });
        statement.push(")");
        for row in statement.build().persistent(false).fetch_all(readers).await? {
            let (kind, hash) = (row.try_get::<i64, _>("kind")?, number(&row, "hash")?);
            let subject = chunk
                .iter()
                .find(|subject| kind_code(subject.kind) == kind && subject.hash == hash)
                .ok_or(StoreError::Corrupt("a key nobody asked for"))?;
            let wrapped = row.try_get("wrapped")?;
            found.push(KeyRow { subject: *subject, id: number(&row, "id")?, wrapped });
        }
    }
    Ok(found)
}

pub(super) async fn told(
    readers: &SqlitePool,
    subject: SubjectKey,
    range: Range<UnixMillis>,
) -> Result<Vec<ToldRow>, StoreError> {
    let sql = "SELECT partnership, day, digest, key_id, path, categories, edition, sealed, count, \
               first_ms, last_ms FROM ledger_told \
               WHERE kind = ? AND hash = ? AND last_ms >= ? AND first_ms < ?";
    let rows = sqlx::query(sql)
        .bind(kind_code(subject.kind))
        .bind(blob(subject.hash))
        .bind(range.start.0)
        .bind(range.end.0)
        .fetch_all(readers)
        .await?;
    rows.iter().map(|row| told_row(row, subject)).collect()
}

fn told_row(row: &SqliteRow, subject: SubjectKey) -> Result<ToldRow, StoreError> {
    let categories = u8::try_from(row.try_get::<i64, _>("categories")?)
        .map_err(|_range| StoreError::Corrupt("categories of a disclosure"))?;
    Ok(ToldRow {
        subject,
        partnership: partnership(row)?,
        day: Day(row.try_get("day")?),
        digest: bytes(row, "digest")?,
        key_id: number(row, "key_id")?,
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
    subject: SubjectKey,
    days: RangeInclusive<Day>,
) -> Result<Vec<WithheldRow>, StoreError> {
    let sql = "SELECT day, partnership, reason, count FROM ledger_withheld \
               WHERE kind = ? AND hash = ? AND day BETWEEN ? AND ? \
               ORDER BY day, partnership, reason";
    let rows = sqlx::query(sql)
        .bind(kind_code(subject.kind))
        .bind(blob(subject.hash))
        .bind(days.start().0)
        .bind(days.end().0)
        .fetch_all(readers)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(WithheldRow {
                subject,
                partnership: partnership(row)?,
                day: Day(row.try_get("day")?),
                reason: reason(row)?,
                count: count(row, "count")?,
            })
        })
        .collect()
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
    days: RangeInclusive<Day>,
) -> Result<Totals, StoreError> {
    let sql = "SELECT day, partnership, path, messages, disclosures, withheld FROM ledger_total \
               WHERE day BETWEEN ? AND ?";
    let rows = sqlx::query(sql).bind(days.start().0).bind(days.end().0).fetch_all(readers).await?;
    let counts = rows.iter().map(total_row).collect::<Result<Vec<_>, _>>()?;
    let sql = "SELECT day, partnership, path, reason, count FROM ledger_withheld_total \
               WHERE day BETWEEN ? AND ?";
    let rows = sqlx::query(sql).bind(days.start().0).bind(days.end().0).fetch_all(readers).await?;
    let withheld = rows.iter().map(withheld_total).collect::<Result<Vec<_>, _>>()?;
    let mut totals = Totals { counts, withheld };
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

fn number(row: &SqliteRow, column: &str) -> Result<u128, StoreError> {
    Ok(u128::from_be_bytes(bytes(row, column)?))
}

fn count(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let stored: i64 = row.try_get(column)?;
    u64::try_from(stored).map_err(|_negative| StoreError::Corrupt("a negative count"))
}

fn path(row: &SqliteRow) -> Result<Path, StoreError> {
    Path::from_name(row.try_get("path")?).ok_or(StoreError::Corrupt("an unknown path"))
}

fn reason(row: &SqliteRow) -> Result<Reason, StoreError> {
    Reason::from_code(row.try_get("reason")?).ok_or(StoreError::Corrupt("an unknown reason"))
}

fn partnership(row: &SqliteRow) -> Result<PartnershipId, StoreError> {
    let stored: &str = row.try_get("partnership")?;
    stored.parse().map_err(|_grammar| StoreError::Corrupt("a partnership's name"))
}
