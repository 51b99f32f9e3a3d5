//! The log's tables.

use super::{failed, whole};
use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_ledger::{
    LedgerStoreError,
    log::{LogAddition, LogEnd, LogStore, SheetRow, tiles},
};
use sqlx::{Row as _, SqliteConnection, SqlitePool, sqlite::SqliteRow};

impl LogStore for Sqlite {
    fn log_end(&self, entries_max: u64) -> BoxFuture<'_, Result<LogEnd, LedgerStoreError>> {
        Box::pin(async move { end(self.readers(), entries_max).await.map_err(failed) })
    }

    fn extend_log(&self, addition: LogAddition) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            self.write(|connection| Box::pin(extend(connection, addition))).await.map_err(failed)
        })
    }

    fn sheets(
        &self,
        from: u64,
        sheets_max: usize,
    ) -> BoxFuture<'_, Result<Vec<SheetRow>, LedgerStoreError>> {
        Box::pin(async move { sheets(self.readers(), from, sheets_max).await.map_err(failed) })
    }

    fn tile(
        &self,
        level: u8,
        number: u64,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, LedgerStoreError>> {
        Box::pin(async move { tile(self.readers(), level, number).await.map_err(failed) })
    }

    fn checkpoint(&self) -> BoxFuture<'_, Result<Option<String>, LedgerStoreError>> {
        Box::pin(async move {
            let sql = "SELECT note FROM ledger_checkpoint";
            let note = sqlx::query_scalar(sql).fetch_optional(self.readers()).await;
            note.map_err(|error| failed(error.into()))
        })
    }

    fn keep_signed_anew(&self, entries: u64) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            self.write(move |connection| {
                Box::pin(async move {
                    let sql = "INSERT OR IGNORE INTO ledger_signed_anew (entries) VALUES (?)";
                    sqlx::query(sql).bind(whole(entries)?).execute(connection).await?;
                    Ok(())
                })
            })
            .await
            .map_err(failed)
        })
    }

    fn signed_anew(&self) -> BoxFuture<'_, Result<Vec<u64>, LedgerStoreError>> {
        Box::pin(async move {
            let sql = "SELECT entries FROM ledger_signed_anew ORDER BY entries";
            let entries: Result<Vec<i64>, _> =
                sqlx::query_scalar(sql).fetch_all(self.readers()).await;
            let entries = entries.map_err(|error| failed(error.into()))?;
            Ok(entries.into_iter().map(|entries| u64::try_from(entries).unwrap_or(0)).collect())
        })
    }

    fn keep_cosigned(
        &self,
        size: u64,
        note: String,
    ) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            self.write(move |connection| {
                Box::pin(async move {
                    let sql = "INSERT OR REPLACE INTO ledger_cosigned (size, note) VALUES (?, ?)";
                    sqlx::query(sql).bind(whole(size)?).bind(note).execute(connection).await?;
                    Ok(())
                })
            })
            .await
            .map_err(failed)
        })
    }

    fn cosigned(&self, size_max: u64) -> BoxFuture<'_, Result<Option<String>, LedgerStoreError>> {
        Box::pin(async move {
            let sql = "SELECT note FROM ledger_cosigned WHERE size <= ? ORDER BY size DESC LIMIT 1";
            let size_max = i64::try_from(size_max).unwrap_or(i64::MAX);
            let note = sqlx::query_scalar(sql).bind(size_max).fetch_optional(self.readers()).await;
            note.map_err(|error| failed(error.into()))
        })
    }
}

async fn end(readers: &SqlitePool, entries_max: u64) -> Result<LogEnd, StoreError> {
    // One that does not read is as one that is missing.
    let sql = "SELECT sheet, last FROM ledger_sheet \
               WHERE sheet >= 0 AND sheet < ? AND first >= 0 AND last >= 0 ORDER BY sheet DESC LIMIT 1";
    let entries_max = i64::try_from(entries_max).unwrap_or(i64::MAX);
    let Some(row) = sqlx::query(sql).bind(entries_max).fetch_optional(readers).await? else {
        return Ok(LogEnd::default());
    };
    let (size, last_pack) = (number(&row, "sheet")? + 1, number(&row, "last")?);
    let mut edge = Vec::new();
    for level in 0_u8.. {
        let count = tiles::count_at(size, level);
        if count == 0 {
            break;
        }
        // A full tile has none behind it yet: that level ends with nothing.
        edge.push(tile(readers, level, count / tiles::WIDTH_U64).await?.unwrap_or_default());
    }
    Ok(LogEnd { size, last_pack, edge })
}

async fn extend(
    connection: &mut SqliteConnection,
    addition: LogAddition,
) -> Result<(), StoreError> {
    for row in addition.sheets {
        let sql = "INSERT OR REPLACE INTO ledger_sheet (sheet, first, last, entry, marks) VALUES (?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(whole(row.sheet)?)
            .bind(whole(row.first)?)
            .bind(whole(row.last)?)
            .bind(row.entry)
            .bind(row.marks)
            .execute(&mut *connection)
            .await?;
    }
    for row in addition.tiles {
        let sql = "INSERT OR REPLACE INTO ledger_tile (level, number, hashes) VALUES (?, ?, ?)";
        sqlx::query(sql)
            .bind(i64::from(row.level))
            .bind(whole(row.number)?)
            .bind(row.hashes)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("INSERT OR REPLACE INTO ledger_checkpoint (one, note) VALUES (1, ?)")
        .bind(addition.checkpoint)
        .execute(connection)
        .await?;
    Ok(())
}

async fn sheets(
    readers: &SqlitePool,
    from: u64,
    sheets_max: usize,
) -> Result<Vec<SheetRow>, StoreError> {
    let sql = "SELECT sheet, first, last, entry, marks FROM ledger_sheet WHERE sheet >= ? \
               ORDER BY sheet LIMIT ?";
    let rows = sqlx::query(sql)
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .bind(i64::try_from(sheets_max).unwrap_or(i64::MAX))
        .fetch_all(readers)
        .await?;
    let sheet = |row: &SqliteRow| {
        Ok(SheetRow {
            sheet: number(row, "sheet")?,
            first: number(row, "first")?,
            last: number(row, "last")?,
            entry: row.try_get("entry")?,
            marks: row.try_get("marks")?,
        })
    };
    // Why left out: one row that somebody changed keeps nobody from the others.
    let readable = |row: Result<SheetRow, StoreError>| match row {
        Err(StoreError::Corrupt(_)) => None,
        read_or_failed => Some(read_or_failed),
    };
    rows.iter().map(sheet).filter_map(readable).collect()
}

async fn tile(readers: &SqlitePool, level: u8, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT hashes FROM ledger_tile WHERE level = ? AND number = ?";
    let query = sqlx::query_scalar(sql).bind(i64::from(level)).bind(whole(number)?);
    Ok(query.fetch_optional(readers).await?)
}

fn number(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let stored: i64 = row.try_get(column)?;
    u64::try_from(stored).map_err(|_negative| StoreError::Corrupt("a negative number of the log"))
}
