//! Writing the ledger's tables: few statements, many rows each.

use super::{Statement, blob, joining::Outlined, kind_code, whole};
use crate::{StoreError, many::insert};
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
}

/// Writes the blobs of a commit under the next number, and returns it. All in one go: the database runs on
/// a thread of its own, and each way there and back costs more than a row.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    blobs: Blobs,
) -> Result<u64, StoreError> {
    let Blobs { leaves, outlined, additions } = blobs;
    let messages = whole(leaves.as_ref().map_or(0, |new| new.messages))?;
    let mut statements =
        Statement::new("UPDATE ledger_head SET pack = pack + 1, messages = messages + ");
    statements.push_bind(messages);
    if let Some(NewLeaves { leaves, .. }) = leaves {
        statements.push("; INSERT INTO ledger_pack (pack, first, leaves) SELECT pack, messages - ");
        statements.push_bind(messages).push(", ").push_bind(leaves).push(" FROM ledger_head");
    }
    if let Some(outlines) = outlined.blob {
        statements.push(
            "; INSERT INTO ledger_outline (pack, last, joined, from_ms, last_ms, messages, \
             outlines) SELECT pack, pack, 0, ",
        );
        statements.push_bind(outlined.first).push(", ").push_bind(outlined.last).push(", ");
        statements.push_bind(whole(outlined.messages)?).push(", ").push_bind(outlines);
        statements.push(" FROM ledger_head");
    }
    if let Some(additions) = additions {
        statements.push("; INSERT INTO ledger_addition (pack, rows) SELECT pack, ");
        statements.push_bind(additions).push(" FROM ledger_head");
    }
    statements.push("; SELECT pack FROM ledger_head");
    // Why: all rows are asked for, since the database stops once it has returned as many as were asked for.
    let numbers: Vec<(i64,)> = statements.build_query_as().fetch_all(connection).await?;
    let (number,) = numbers.last().ok_or(StoreError::Corrupt("no head of packs"))?;
    Ok(number.cast_unsigned())
}

/// Says for good that keys are to be destroyed.
pub(super) async fn name_erased(
    connection: &mut SqliteConnection,
    keys: &[KeyId],
) -> Result<(), StoreError> {
    let sql = ("INSERT INTO ledger_erased (key) ", " ON CONFLICT DO NOTHING");
    insert(connection, sql, keys, |row, key| {
        row.push_bind(key.0.cast_signed());
        Ok(())
    })
    .await
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

pub(super) async fn set_noted(
    connection: &mut SqliteConnection,
    rows: &[NotedRow],
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_noted (partnership, number) ",
        " ON CONFLICT DO UPDATE SET number = excluded.number",
    );
    insert(connection, sql, rows, |row, noted| {
        row.push_bind(noted.partnership.as_str().to_owned()).push_bind(whole(noted.number)?);
        Ok(())
    })
    .await
}

pub(super) async fn insert_windows(
    connection: &mut SqliteConnection,
    rows: &[WindowRow],
) -> Result<(), StoreError> {
    let sql = ("INSERT INTO ledger_window (id, path, from_ms, until_ms) ", "");
    insert(connection, sql, rows, |row, window| {
        row.push_bind(blob(window.id))
            .push_bind(window.path.name())
            .push_bind(window.from.0)
            .push_bind(window.until.0);
        Ok(())
    })
    .await
}

/// Runs a statement that ends with a list of ids of windows.
pub(super) async fn name_windows(
    connection: &mut SqliteConnection,
    sql: (&'static str, &'static str),
    ids: &[u128],
) -> Result<(), StoreError> {
    insert(connection, sql, ids, |row, id| {
        row.push_bind(blob(*id));
        Ok(())
    })
    .await
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
    rows: Vec<ToldRow>,
    last: u64,
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_told (key, partnership, day, digest, path, categories, edition, \
         count, first_ms, last_ms, pack, sealed) ",
        " ON CONFLICT DO UPDATE SET count = count + excluded.count, \
         first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms), \
         edition = excluded.edition, pack = excluded.pack, \
         sealed = coalesce(sealed, excluded.sealed) WHERE pack < excluded.pack",
    );
    insert(connection, sql, &rows, |row, told| {
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
            .push_bind(told.sealed.clone());
        Ok(())
    })
    .await
}

/// How all counts are merged.
const COUNT: &str = " ON CONFLICT DO UPDATE SET count = count + excluded.count, \
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
        " ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, \
         disclosures = disclosures + excluded.disclosures, \
         withheld = withheld + excluded.withheld, pack = excluded.pack \
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
