//! Merging new keys into their tables.

use super::{KeyFile, Open, aside, names, opened, padded, waiting};
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
    async fn merge_if_idle(&self) -> Result<(), StoreError> {
        match self.merging.try_lock() {
            Ok(alone) => self.merge_alone(&alone).await,
            Err(_busy) => Ok(()),
        }
    }

    /// Does it where nobody waits for it.
    pub(crate) async fn merge_in_background(&self) {
        drop(self.work.done(self.merge_if_idle()).await);
    }

    /// A few at a time: whoever needs a key meanwhile has a turn. Keys and names each go in the order of their table.
    async fn merge_alone(&self, _alone: &MutexGuard<'_, ()>) -> Result<(), StoreError> {
        let (mut keys, last) = opened(&mut self.open.lock().await)?.waiting.all();
        if keys.is_empty() {
            return Ok(());
        }
        keys.sort_unstable_by_key(|(subject, _)| *subject);
        for some in keys.chunks(SLICE) {
            let mut guard = self.open.lock().await;
            let Open { connection, waiting, .. } = opened(&mut guard)?;
            // Why looked for again: whoever was erased since does not come back.
            let rows = some.iter().filter_map(|(subject, id)| waiting.row(subject, *id));
            insert_keys(connection, &rows.cloned().collect::<Vec<_>>()).await?;
        }
        let mut names = keys;
        names.sort_unstable_by_key(|(_, id)| id.0.cast_signed());
        for some in names.chunks(SLICE) {
            let mut guard = self.open.lock().await;
            let Open { connection, waiting, .. } = opened(&mut guard)?;
            let some = some.iter().filter(|(subject, id)| waiting.row(subject, *id).is_some());
            let some: Vec<_> = some.map(|(subject, id)| (*id, *subject)).collect();
            names::insert(connection, &some).await?;
        }
        let mut guard = self.open.lock().await;
        let Open { connection, waiting, .. } = opened(&mut guard)?;
        delete_waiting(connection, last).await?;
        waiting.remove_until(last);
        Ok(())
    }
}

async fn delete_waiting(connection: &mut SqliteConnection, last: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM waiting WHERE number <= ?";
    sqlx::query(sql).bind(last).execute(connection).await?;
    Ok(())
}

/// Merges all keys that wait at once, but for blobs that do not read back or do not go with the others: these are
/// set aside.
pub(super) async fn merge_left(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = "SELECT number, rows FROM waiting ORDER BY number";
    let blobs: Vec<(i64, Vec<u8>)> = sqlx::query_as(sql).fetch_all(&mut *connection).await?;
    let Some(last) = blobs.last().map(|(number, _)| *number) else { return Ok(()) };
    let mut transaction = connection.begin().await?;
    let (mut whole, mut rows) = (Vec::new(), Vec::new());
    let mut faults = Vec::new();
    for (number, blob) in blobs {
        match waiting::read(&blob) {
            Ok(some) => {
                rows.extend_from_slice(&some);
                whole.push((number, some));
            }
            Err(error) => faults.push(aside::put(&mut transaction, number, &error).await?),
        }
    }
    rows.sort_unstable_by_key(|row| row.subject);
    sqlx::query("SAVEPOINT keys").execute(&mut *transaction).await?;
    let merged = insert_all(&mut transaction, &rows).await;
    if merged.as_ref().is_err_and(aside::is_refused) {
        sqlx::query("ROLLBACK TO keys").execute(&mut *transaction).await?;
        faults.extend(merge_apart(&mut transaction, whole).await?);
    } else {
        merged?;
    }
    sqlx::query("RELEASE keys").execute(&mut *transaction).await?;
    if !faults.is_empty() {
        names::complete(&mut transaction).await?;
    }
    delete_waiting(&mut transaction, last).await?;
    transaction.commit().await?;
    faults.iter().for_each(aside::Fault::tell);
    Ok(())
}

/// Merges blobs one by one, and sets those aside that the table refuses.
async fn merge_apart(
    connection: &mut SqliteConnection,
    blobs: Vec<(i64, Vec<KeyRow>)>,
) -> Result<Vec<aside::Fault>, StoreError> {
    let mut faults = Vec::new();
    for (number, rows) in blobs {
        sqlx::query("SAVEPOINT blob").execute(&mut *connection).await?;
        let merged = insert_all(connection, &rows).await;
        if let Err(error) = merged {
            if !aside::is_refused(&error) {
                return Err(error);
            }
            sqlx::query("ROLLBACK TO blob").execute(&mut *connection).await?;
            faults.push(aside::put(connection, number, &error).await?);
        }
        sqlx::query("RELEASE blob").execute(&mut *connection).await?;
    }
    Ok(faults)
}

async fn insert_all(connection: &mut SqliteConnection, rows: &[KeyRow]) -> Result<(), StoreError> {
    for some in rows.chunks(SLICE) {
        insert(connection, some).await?;
    }
    Ok(())
}

/// Puts keys and their names into their tables. Two different keys with one name, or of one owner, fail: they would leave one
/// without what is wrapped.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    keys: &[KeyRow],
) -> Result<(), StoreError> {
    insert_keys(connection, keys).await?;
    let names: Vec<_> = keys.iter().map(|row| (row.id, row.subject)).collect();
    names::insert(connection, &names).await
}

/// Puts keys into their table, in which those may be already that a merge put there before it was cut short.
pub(super) async fn insert_keys(
    connection: &mut SqliteConnection,
    keys: &[KeyRow],
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
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
         ON CONFLICT (kind, hash) DO UPDATE SET wrapped = \
         CASE WHEN id = excluded.id THEN wrapped END",
    );
    statement.build().execute(connection).await?;
    Ok(())
}
