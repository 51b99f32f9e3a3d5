//! The ledger's tables. A batch is written with few statements: many rows each.

mod read;

use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_gate::{KeyKind, PartnershipId, Revision, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{
    Day, ItemRow, KeyRow, LedgerBatch, LedgerStore, LedgerStoreError, MessageRow, NotedRow,
    OutcomeRow, ToldRow, TotalRow, Totals, UncertainWindow, WindowRow, WithheldRow, WithheldTotal,
};
use sqlx::{QueryBuilder, SqliteConnection};
use std::ops::{Range, RangeInclusive};

/// Rows in one statement at most. Times the columns it stays well under `SQLite`'s 32,766 parameters.
const ROWS_MAX: usize = 256;

type Statement = QueryBuilder<sqlx::Sqlite>;

impl LedgerStore for Sqlite {
    fn append(&self, batch: LedgerBatch) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            self.write(|connection| Box::pin(append(connection, batch))).await.map_err(failed)
        })
    }

    fn declare_open_windows(&self) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            self.write(|connection| {
                Box::pin(async move {
                    let sql = "UPDATE ledger_window SET uncertain = 1 WHERE uncertain = 0";
                    sqlx::query(sql).execute(connection).await?;
                    Ok(())
                })
            })
            .await
            .map_err(failed)
        })
    }

    fn erase(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            self.write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM ledger_key WHERE kind = ? AND hash = ?")
                        .bind(kind_code(subject.kind))
                        .bind(blob(subject.hash))
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
            .map_err(failed)
        })
    }

    fn uncertain_windows(&self) -> BoxFuture<'_, Result<Vec<UncertainWindow>, LedgerStoreError>> {
        Box::pin(async move { read::uncertain_windows(self.readers()).await.map_err(failed) })
    }

    fn keys(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> BoxFuture<'_, Result<Vec<KeyRow>, LedgerStoreError>> {
        Box::pin(async move { read::keys(self.readers(), &subjects).await.map_err(failed) })
    }

    fn told(
        &self,
        subject: SubjectKey,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<ToldRow>, LedgerStoreError>> {
        Box::pin(async move { read::told(self.readers(), subject, range).await.map_err(failed) })
    }

    fn withheld(
        &self,
        subject: SubjectKey,
        days: RangeInclusive<Day>,
    ) -> BoxFuture<'_, Result<Vec<WithheldRow>, LedgerStoreError>> {
        Box::pin(async move { read::withheld(self.readers(), subject, days).await.map_err(failed) })
    }

    fn noted(&self, partnership: PartnershipId) -> BoxFuture<'_, Result<u64, LedgerStoreError>> {
        Box::pin(async move { read::noted(self.readers(), &partnership).await.map_err(failed) })
    }

    fn totals(&self, days: RangeInclusive<Day>) -> BoxFuture<'_, Result<Totals, LedgerStoreError>> {
        Box::pin(async move { read::totals(self.readers(), days).await.map_err(failed) })
    }
}

fn failed(error: StoreError) -> LedgerStoreError {
    match error {
        StoreError::Corrupt(what) => LedgerStoreError::Corrupt(what),
        other => LedgerStoreError::Unavailable(Box::new(other)),
    }
}

/// All columns of one row, pushed in the order of the statement's head.
type Row<'q> = sqlx::query_builder::Separated<'q, sqlx::Sqlite, &'static str>;

/// Runs `head VALUES (…), (…) tail` for the rows, [`ROWS_MAX`] at a time.
async fn insert<T>(
    connection: &mut SqliteConnection,
    (head, tail): (&'static str, &'static str),
    rows: &[T],
    mut push: impl FnMut(&mut Row<'_>, &T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for chunk in rows.chunks(ROWS_MAX) {
        let mut statement = Statement::new(head);
        let mut fault = Ok(());
        statement.push_values(chunk, |mut row, item| {
            if let Err(error) = push(&mut row, item) {
                fault = Err(error);
            }
        });
        fault?;
        statement.push(tail);
        statement.build().persistent(chunk.len() == ROWS_MAX).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn append(connection: &mut SqliteConnection, batch: LedgerBatch) -> Result<(), StoreError> {
    insert_keys(connection, &batch.keys).await?;
    insert_messages(connection, &batch.messages).await?;
    merge_told(connection, &batch.told).await?;
    set_outcomes(connection, &batch.outcomes).await?;
    add_withheld(connection, &batch.withheld).await?;
    add_withheld_totals(connection, &batch.withheld_totals).await?;
    add_totals(connection, &batch.totals).await?;
    set_noted(connection, &batch.noted).await?;
    insert_windows(connection, &batch.reserved).await?;
    let close = ("DELETE FROM ledger_window WHERE uncertain = 0 AND id IN (", ")");
    name_windows(connection, close, &batch.closed).await?;
    let declare = ("UPDATE ledger_window SET uncertain = 1 WHERE id IN (", ")");
    name_windows(connection, declare, &batch.uncertain).await
}

async fn insert_keys(connection: &mut SqliteConnection, rows: &[KeyRow]) -> Result<(), StoreError> {
    let sql = ("INSERT INTO ledger_key (kind, hash, id, wrapped) ", "");
    insert(connection, sql, rows, |row, key| {
        row.push_bind(kind_code(key.subject.kind))
            .push_bind(blob(key.subject.hash))
            .push_bind(blob(key.id))
            .push_bind(key.wrapped.clone());
        Ok(())
    })
    .await
}

async fn insert_messages(
    connection: &mut SqliteConnection,
    rows: &[MessageRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let next = "SELECT coalesce(max(sequence), 0) + 1 FROM ledger_message";
    let first: i64 = sqlx::query_scalar(next).fetch_one(&mut *connection).await?;
    let numbered: Vec<(i64, &MessageRow)> = (first..).zip(rows).collect();
    let sql = (
        "INSERT INTO ledger_message (sequence, message, at_ms, path, partnership, edition, \
         categories, sha256, salt, items) ",
        "",
    );
    insert(connection, sql, &numbered, |row, (sequence, message)| {
        row.push_bind(*sequence)
            .push_bind(blob(message.message.0))
            .push_bind(message.at.0)
            .push_bind(message.path.name())
            .push_bind(message.partnership.as_str().to_owned())
            .push_bind(message.edition.0.to_vec())
            .push_bind(i64::from(message.categories.bits()))
            .push_bind(message.sha256.to_vec())
            .push_bind(message.salt.to_vec())
            .push_bind(whole(message.items.len())?);
        Ok(())
    })
    .await?;
    let items: Vec<(i64, i64, &ItemRow)> = numbered
        .iter()
        .flat_map(|(sequence, message)| {
            (0..).zip(&message.items).map(|(position, item)| (*sequence, position, item))
        })
        .collect();
    insert_items(connection, &items).await
}

async fn insert_items(
    connection: &mut SqliteConnection,
    rows: &[(i64, i64, &ItemRow)],
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_item (sequence, position, disclosure, account, device, browser, \
         revisions) ",
        "",
    );
    insert(connection, sql, rows, |row, (sequence, position, item)| {
        let find = |kind| item.keys.iter().find(|(key, _)| key.kind == kind);
        let hash = |kind| find(kind).map(|(key, _)| blob(key.hash));
        let order = [KeyKind::Account, KeyKind::Device, KeyKind::Browser];
        let revisions =
            order.into_iter().filter_map(find).flat_map(|(_, revision)| packed(revision));
        row.push_bind(*sequence)
            .push_bind(*position)
            .push_bind(blob(item.disclosure.0))
            .push_bind(hash(KeyKind::Account))
            .push_bind(hash(KeyKind::Device))
            .push_bind(hash(KeyKind::Browser))
            .push_bind(revisions.collect::<Vec<u8>>());
        Ok(())
    })
    .await
}

async fn merge_told(connection: &mut SqliteConnection, rows: &[ToldRow]) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_told (kind, hash, partnership, day, digest, key_id, path, categories, \
         edition, sealed, count, first_ms, last_ms) ",
        " ON CONFLICT DO UPDATE SET count = count + excluded.count, \
         first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms), \
         edition = excluded.edition",
    );
    insert(connection, sql, rows, |row, told| {
        row.push_bind(kind_code(told.subject.kind))
            .push_bind(blob(told.subject.hash))
            .push_bind(told.partnership.as_str().to_owned())
            .push_bind(told.day.0)
            .push_bind(told.digest.to_vec())
            .push_bind(blob(told.key_id))
            .push_bind(told.path.name())
            .push_bind(i64::from(told.categories.bits()))
            .push_bind(told.edition.0.to_vec())
            .push_bind(told.sealed.clone())
            .push_bind(whole(told.count)?)
            .push_bind(told.first.0)
            .push_bind(told.last.0);
        Ok(())
    })
    .await
}

async fn set_outcomes(
    connection: &mut SqliteConnection,
    rows: &[OutcomeRow],
) -> Result<(), StoreError> {
    let sql = (
        "UPDATE ledger_message SET outcome = given.column2 FROM (",
        ") AS given WHERE ledger_message.message = given.column1",
    );
    insert(connection, sql, rows, |row, end| {
        row.push_bind(blob(end.message.0)).push_bind(end.outcome.name());
        Ok(())
    })
    .await
}

async fn add_withheld(
    connection: &mut SqliteConnection,
    rows: &[WithheldRow],
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_withheld (kind, hash, day, partnership, reason, count) ",
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
    );
    insert(connection, sql, rows, |row, withheld| {
        row.push_bind(kind_code(withheld.subject.kind))
            .push_bind(blob(withheld.subject.hash))
            .push_bind(withheld.day.0)
            .push_bind(withheld.partnership.as_str().to_owned())
            .push_bind(withheld.reason.code())
            .push_bind(whole(withheld.count)?);
        Ok(())
    })
    .await
}

async fn add_withheld_totals(
    connection: &mut SqliteConnection,
    rows: &[WithheldTotal],
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_withheld_total (day, partnership, path, reason, count) ",
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
    );
    insert(connection, sql, rows, |row, total| {
        row.push_bind(total.day.0)
            .push_bind(total.partnership.as_str().to_owned())
            .push_bind(total.path.name())
            .push_bind(total.reason.code())
            .push_bind(whole(total.count)?);
        Ok(())
    })
    .await
}

async fn add_totals(
    connection: &mut SqliteConnection,
    rows: &[TotalRow],
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO ledger_total (day, partnership, path, messages, disclosures, withheld) ",
        " ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, \
         disclosures = disclosures + excluded.disclosures, \
         withheld = withheld + excluded.withheld",
    );
    insert(connection, sql, rows, |row, total| {
        row.push_bind(total.day.0)
            .push_bind(total.partnership.as_str().to_owned())
            .push_bind(total.path.name())
            .push_bind(whole(total.messages)?)
            .push_bind(whole(total.disclosures)?)
            .push_bind(whole(total.withheld)?);
        Ok(())
    })
    .await
}

async fn set_noted(connection: &mut SqliteConnection, rows: &[NotedRow]) -> Result<(), StoreError> {
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

async fn insert_windows(
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

async fn name_windows(
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

fn kind_code(kind: KeyKind) -> i64 {
    match kind {
        KeyKind::Account => 0,
        KeyKind::Device => 1,
        KeyKind::Browser => 2,
    }
}

fn blob(number: u128) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn packed(revision: &Revision) -> impl Iterator<Item = u8> {
    revision.shard.to_be_bytes().into_iter().chain(revision.version.to_be_bytes())
}

fn whole(count: impl TryInto<i64>) -> Result<i64, StoreError> {
    count.try_into().map_err(|_too_large| StoreError::Corrupt("a count beyond 63 bits"))
}
