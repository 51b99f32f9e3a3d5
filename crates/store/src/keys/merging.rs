//! Merging new keys into their table.

use super::{KeyFile, Open, opened, padded, waiting};
use crate::{
    StoreError,
    ledger::{blob, kind_code},
};
use sluicegate_ledger::KeyRow;
use sqlx::{Connection as _, QueryBuilder, SqliteConnection};
use tokio::sync::MutexGuard;

/// Keys in one transaction of a merge.
pub(super) const SLICE: usize = 512;

impl KeyFile {
    /// Merges all new keys into their table.
    pub(crate) async fn merge(&self) -> Result<(), StoreError> {
        let alone = self.merging.lock().await;
        self.merge_alone(&alone).await
    }

    /// Does it, unless somebody is at it.
    pub(crate) async fn merge_if_idle(&self) -> Result<(), StoreError> {
        match self.merging.try_lock() {
            Ok(alone) => self.merge_alone(&alone).await,
            Err(_busy) => Ok(()),
        }
    }

    /// A few at a time: whoever needs a key meanwhile has a turn.
    pub(super) async fn merge_alone(&self, _alone: &MutexGuard<'_, ()>) -> Result<(), StoreError> {
        let (rows, last) = {
            let mut guard = self.open.lock().await;
            waiting_rows(&mut opened(&mut guard)?.connection).await?
        };
        for some in rows.chunks(SLICE) {
            let mut guard = self.open.lock().await;
            let Open { connection, waiting } = opened(&mut guard)?;
            insert(connection, some).await?;
            waiting.remove(some);
        }
        if !rows.is_empty() {
            let mut guard = self.open.lock().await;
            delete_waiting(&mut opened(&mut guard)?.connection, last).await?;
        }
        Ok(())
    }
}

/// Returns the keys that wait, in the order of their table, and the number of the last blob of them.
async fn waiting_rows(connection: &mut SqliteConnection) -> Result<(Vec<KeyRow>, i64), StoreError> {
    let sql = "SELECT number, rows FROM waiting ORDER BY number";
    let blobs: Vec<(i64, Vec<u8>)> = sqlx::query_as(sql).fetch_all(connection).await?;
    let mut rows = Vec::new();
    for (_, blob) in &blobs {
        rows.extend(waiting::read(blob)?);
    }
    rows.sort_unstable_by_key(|row| row.subject);
    Ok((rows, blobs.last().map_or(0, |(number, _)| *number)))
}

async fn delete_waiting(connection: &mut SqliteConnection, last: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM waiting WHERE number <= ?";
    sqlx::query(sql).bind(last).execute(connection).await?;
    Ok(())
}

/// Merges all keys that wait at once.
pub(super) async fn merge_left(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let (rows, last) = waiting_rows(connection).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    for some in rows.chunks(SLICE) {
        insert(&mut transaction, some).await?;
    }
    delete_waiting(&mut transaction, last).await?;
    Ok(transaction.commit().await?)
}

/// Puts keys into their table, in which those may be already that a merge put there before it was cut short. Two
/// different keys with one name, or of one owner, fail: they would leave one without what is wrapped.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    keys: &[KeyRow],
) -> Result<(), StoreError> {
    let mut statement = QueryBuilder::<sqlx::Sqlite>::new(
        "INSERT INTO key (kind, hash, id, wrapped) SELECT * FROM (",
    );
    statement.push_values(padded(keys), |mut row, key| {
        row.push_bind(key.map(|key| kind_code(key.subject.kind)))
            .push_bind(key.map(|key| blob(key.subject.hash)))
            .push_bind(key.map(|key| key.id.0.cast_signed()))
            .push_bind(key.map(|key| key.wrapped.clone()));
    });
    statement.push(
        ") WHERE column1 NOT NULL \
         ON CONFLICT (id) DO UPDATE SET wrapped = \
         CASE WHEN kind = excluded.kind AND hash = excluded.hash THEN wrapped END \
         ON CONFLICT (kind, hash) DO UPDATE SET wrapped = \
         CASE WHEN id = excluded.id THEN wrapped END",
    );
    statement.build().execute(connection).await?;
    Ok(())
}
