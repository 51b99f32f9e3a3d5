//! Writing the ledger's tables: few statements, many rows each.

use super::{blob, joining::Outlined, kind_code, values::Told, whole};
use crate::{StoreError, many::insert, statements::Statements};
use sluicegate_gate::SubjectKey;
use sluicegate_ledger::{
    KeyId, NewLeaves, NotedRow, ToldRow, TotalRow, WindowRow, WithheldRow, WithheldTotal,
};
use sqlx::SqliteConnection;

/// The blobs of a commit.
pub(super) struct Blobs {
    pub(super) leaves: Option<NewLeaves>,
    pub(super) outlined: Outlined,
    pub(super) additions: Option<Vec<u8>>,
    pub(super) mark: Option<[u8; 16]>,
}

/// Writes the blobs of a commit under the next number, and selects it.
pub(super) fn append(statements: &mut Statements, blobs: Blobs) -> Result<(), StoreError> {
    let Blobs { leaves, outlined, additions, mark } = blobs;
    let (messages, leaves) = match leaves {
        Some(NewLeaves { messages, leaves }) => (messages, Some(leaves)),
        None => (0, None),
    };
    statements
        .add(
            "INSERT INTO ledger_append \
             (pack, messages, leaves, from_ms, last_ms, outlined, outlines, additions, mark) \
             VALUES ((SELECT pack + 1 FROM ledger_head), ?, ?, ?, ?, ?, ?, ?, ?) RETURNING pack",
        )
        .bind(whole(messages)?)?
        .bind(leaves)?
        .bind(outlined.first)?
        .bind(outlined.last)?
        .bind(whole(outlined.messages)?)?
        .bind(outlined.blob)?
        .bind(additions)?
        .bind(mark.map(|mark| mark.to_vec()))?;
    Ok(())
}

/// Says for good that keys are to be destroyed.
pub(super) fn name_erased(statements: &mut Statements, keys: &[KeyId]) -> Result<(), StoreError> {
    let sql = ("INSERT INTO ledger_erased (key) VALUES ", " ON CONFLICT DO NOTHING");
    statements.add_rows(sql, keys.len(), 1);
    for key in keys {
        statements.bind(key.0.cast_signed())?;
    }
    Ok(())
}

/// Deletes what was counted as withheld of a subject.
pub(super) async fn delete_withheld(
    connection: &mut SqliteConnection,
    subject: SubjectKey,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM ledger_withheld WHERE kind = ? AND hash = ?")
        .bind(kind_code(subject.kind))
        .bind(blob(subject.hash))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn set_noted(
    statements: &mut Statements,
    rows: Vec<NotedRow>,
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_noted (partnership, number) VALUES ",
        " ON CONFLICT DO UPDATE SET number = excluded.number",
    );
    statements.add_rows(sql, rows.len(), 2);
    for NotedRow { partnership, number } in rows {
        statements.bind(partnership.as_str().to_owned())?.bind(whole(number)?)?;
    }
    Ok(())
}

pub(super) fn insert_windows(
    statements: &mut Statements,
    rows: &[WindowRow],
) -> Result<(), StoreError> {
    let sql = ("INSERT INTO ledger_window (id, path, from_ms, until_ms) VALUES ", "");
    statements.add_rows(sql, rows.len(), 4);
    for window in rows {
        statements
            .bind(blob(window.id))?
            .bind(window.path.name())?
            .bind(window.from.0)?
            .bind(window.until.0)?;
    }
    Ok(())
}

/// Adds a statement that ends with a list of ids of windows.
pub(super) fn name_windows(
    statements: &mut Statements,
    sql: (&'static str, &'static str),
    ids: &[u128],
) -> Result<(), StoreError> {
    statements.add_rows(sql, ids.len(), 1);
    for id in ids {
        statements.bind(blob(*id))?;
    }
    Ok(())
}

/// In the order of the table, so that neighbours are written together.
pub(super) fn told_order(row: &ToldRow) -> (i64, &str, i64, [u8; 16]) {
    (row.key.0.cast_signed(), row.partnership.as_str(), row.day.0, row.digest)
}

pub(super) async fn begin_merge(
    connection: &mut SqliteConnection,
    last: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE ledger_head SET merging = ?";
    sqlx::query(sql).bind(whole(last)?).execute(connection).await?;
    Ok(())
}

pub(super) async fn end_merge(
    connection: &mut SqliteConnection,
    last: u64,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM ledger_addition WHERE pack <= ?";
    sqlx::query(sql).bind(whole(last)?).execute(connection).await?;
    Ok(())
}

pub(super) async fn merge_told(
    connection: &mut SqliteConnection,
    rows: Vec<Told>,
    last: u64,
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_told (key, partnership, day, digest, path, categories, edition, \
         count, first_ms, last_ms, pack, value) ",
        " ON CONFLICT DO UPDATE SET \
         count = min(count, 9223372036854775807 - excluded.count) + excluded.count, \
         first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms), \
         edition = excluded.edition, pack = excluded.pack, \
         spare = CASE WHEN value IS NOT NULL THEN excluded.value END, \
         value = coalesce(value, excluded.value) \
         WHERE pack < excluded.pack",
    );
    insert(connection, sql, &rows, |row, Told { row: told, value }| {
        row.push_bind(told.key.0.cast_signed())
            .push_bind(told.partnership.as_str().to_owned())
            .push_bind(told.day.0)
            .push_bind(told.digest.to_vec())
            .push_bind(told.path.name())
            .push_bind(i64::from(told.categories.bits()))
            .push_bind(told.edition.0.to_vec())
            .push_bind(whole(told.count)?)
            .push_bind(told.first.0)
            .push_bind(told.last.0)
            .push_bind(whole(last)?)
            .push_bind(*value);
        Ok(())
    })
    .await
}

/// How all counts are merged. Never past 63 bits: a damaged one would hold up all others.
const COUNT: &str = " ON CONFLICT DO UPDATE SET \
                     count = min(count, 9223372036854775807 - excluded.count) + excluded.count, \
                     pack = excluded.pack WHERE pack < excluded.pack";

pub(super) async fn merge_withheld(
    connection: &mut SqliteConnection,
    rows: Vec<WithheldRow>,
    last: u64,
) -> Result<(), StoreError> {
    let head = "INSERT INTO ledger_withheld (kind, hash, day, partnership, reason, count, pack) ";
    insert(connection, (head, COUNT), &rows, |row, withheld| {
        row.push_bind(kind_code(withheld.subject.kind))
            .push_bind(blob(withheld.subject.hash))
            .push_bind(withheld.day.0)
            .push_bind(withheld.partnership.as_str().to_owned())
            .push_bind(withheld.reason.code())
            .push_bind(whole(withheld.count)?)
            .push_bind(whole(last)?);
        Ok(())
    })
    .await
}

pub(super) async fn merge_withheld_totals(
    connection: &mut SqliteConnection,
    rows: Vec<WithheldTotal>,
    last: u64,
) -> Result<(), StoreError> {
    let head = "INSERT INTO ledger_withheld_total (day, partnership, path, reason, count, pack) ";
    insert(connection, (head, COUNT), &rows, |row, total| {
        row.push_bind(total.day.0)
            .push_bind(total.partnership.as_str().to_owned())
            .push_bind(total.path.name())
            .push_bind(total.reason.code())
            .push_bind(whole(total.count)?)
            .push_bind(whole(last)?);
        Ok(())
    })
    .await
}

pub(super) async fn merge_totals(
    connection: &mut SqliteConnection,
    rows: Vec<TotalRow>,
    last: u64,
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_total (day, partnership, path, messages, disclosures, withheld, pack) ",
        " ON CONFLICT DO UPDATE SET \
         messages = min(messages, 9223372036854775807 - excluded.messages) + excluded.messages, \
         disclosures = \
         min(disclosures, 9223372036854775807 - excluded.disclosures) + excluded.disclosures, \
         withheld = min(withheld, 9223372036854775807 - excluded.withheld) + excluded.withheld, \
         pack = excluded.pack \
         WHERE pack < excluded.pack",
    );
    insert(connection, sql, &rows, |row, total| {
        row.push_bind(total.day.0)
            .push_bind(total.partnership.as_str().to_owned())
            .push_bind(total.path.name())
            .push_bind(whole(total.messages)?)
            .push_bind(whole(total.disclosures)?)
            .push_bind(whole(total.withheld)?)
            .push_bind(whole(last)?);
        Ok(())
    })
    .await
}
