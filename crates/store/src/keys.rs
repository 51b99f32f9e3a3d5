//! The keys of people, in a database file of their own.
//!
//! Whatever the ledger keeps of a person is sealed under the person's key and named by it; this file alone
//! says whose key is whose, and holds each key, wrapped by the master key. So destroying a row here erases the
//! person from everything that was ever kept, copies and backups of the other file included. Copies of this
//! file undo that: they are to be kept apart, and for a short time only.
//!
//! Destroyed means gone from the disk: deleted rows are overwritten (`secure_delete`), and the log that still
//! holds their pages is emptied before [`KeyFile::destroy`] returns. A key whose destruction was written down
//! but not done, or that came back with an older copy of the file, is destroyed at the next start.
//!
//! New keys are appended and merged into their table in the background ([`waiting`]); whoever looks for a key looks at
//! both. Before anything is destroyed, and at every start, everything is merged: a key is then in one place only.

mod merging;
mod met;
mod waiting;

use crate::{
    OpenError, StoreError,
    ledger::{blob, kind_code},
};
use merging::merge_left;
use met::MET;
use sluicegate_gate::{KeyKind, SubjectKey};
use sluicegate_ledger::{KeyId, KeyRow};
use sqlx::{
    ConnectOptions, Connection, QueryBuilder, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use std::{collections::HashSet, path::Path, time::Duration};
use tokio::sync::{Mutex, MutexGuard};
use waiting::Waiting;

/// The file in the data directory.
pub(crate) const FILE: &str = "keys.sqlite3";
/// Keys in one statement at most.
const KEYS_MAX: usize = 1_024;
/// New keys that are merged at once: some 8 MiB of memory. The more, the fewer pages each has to pay for.
const ENOUGH: usize = 32_768;
/// New keys that wait at most. Who has one more then merges first.
const WAITING_MAX: usize = 4 * ENOUGH;

/// Kinds of keys: 0 account, 1 device, 2 browser. Ids and hashes as in the other database.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS key (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    id INTEGER NOT NULL UNIQUE,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID";

/// Keys that are not in the table above yet: a blob for each commit.
const WAITING: &str = "CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY,
    rows BLOB NOT NULL
) STRICT";

/// The open file. One connection reads and writes, so that nobody holds an old page when a key goes.
#[derive(Debug)]
pub(crate) struct KeyFile {
    open: Mutex<Option<Open>>,
    /// Held by whoever merges.
    merging: Mutex<()>,
}

#[derive(Debug)]
struct Open {
    connection: SqliteConnection,
    waiting: Waiting,
}

impl KeyFile {
    /// Opens the file beside the other database, and destroys in it what is to be destroyed.
    pub(crate) async fn open(dir: &Path, others: &mut SqliteConnection) -> Result<Self, OpenError> {
        let path = dir.join(FILE);
        let used =
            "SELECT EXISTS (SELECT 1 FROM ledger_pack) OR EXISTS (SELECT 1 FROM ledger_part)";
        let is_used: bool =
            sqlx::query_scalar(used).fetch_one(&mut *others).await.map_err(OpenError::Database)?;
        if is_used && !path.exists() {
            return Err(OpenError::NoKeys);
        }
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON")
            // 32 MiB: keys of people are looked for all over the table.
            .pragma("cache_size", "-32768")
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .disable_statement_logging()
            .connect()
            .await
            .map_err(OpenError::Database)?;
        for sql in [TABLE, WAITING, MET] {
            sqlx::raw_sql(sql).execute(&mut connection).await.map_err(OpenError::Database)?;
        }
        merge_left(&mut connection).await.map_err(OpenError::Read)?;
        let erased = erased(others).await.map_err(OpenError::Read)?;
        destroy_again(&mut connection, &erased).await.map_err(OpenError::Read)?;
        let open = Open { connection, waiting: Waiting::default() };
        Ok(Self { open: Mutex::new(Some(open)), merging: Mutex::default() })
    }

    /// Keeps new keys of subjects that have none, durably: all of them or, where another key has the name of one, none.
    /// Returns whether there are enough to be merged.
    pub(crate) async fn insert(&self, keys: Vec<KeyRow>) -> Result<bool, StoreError> {
        if self.waiting().await? >= WAITING_MAX {
            self.merge().await?;
        }
        let mut guard = self.open.lock().await;
        let Open { connection, waiting } = opened(&mut guard)?;
        let mut ids = HashSet::with_capacity(keys.len());
        if keys.iter().any(|row| waiting.has(row) || !ids.insert(row.id)) {
            return Err(StoreError::Corrupt(TAKEN));
        }
        if keys.len() <= KEYS_MAX {
            append(connection, &keys).await?;
        } else {
            let mut transaction = connection.begin().await?;
            for chunk in keys.chunks(KEYS_MAX) {
                append(&mut transaction, chunk).await?;
            }
            transaction.commit().await?;
        }
        for row in keys {
            waiting.add(row);
        }
        Ok(waiting.len() >= ENOUGH)
    }

    async fn waiting(&self) -> Result<usize, StoreError> {
        let mut guard = self.open.lock().await;
        Ok(opened(&mut guard)?.waiting.len())
    }

    /// Returns the keys of those subjects that have one.
    pub(crate) async fn of_subjects(
        &self,
        subjects: &[SubjectKey],
    ) -> Result<Vec<KeyRow>, StoreError> {
        let mut guard = self.open.lock().await;
        let Open { connection, waiting } = opened(&mut guard)?;
        let (mut found, mut others) = (Vec::new(), Vec::with_capacity(subjects.len()));
        for subject in subjects {
            match waiting.of_subject(subject) {
                Some(row) => found.push(row.clone()),
                None => others.push(*subject),
            }
        }
        for chunk in others.chunks(KEYS_MAX) {
            let mut statement = QueryBuilder::<sqlx::Sqlite>::new(SELECT);
            statement.push("(kind, hash) IN (VALUES ");
            let mut rows = statement.separated(", ");
            for subject in padded(chunk) {
                rows.push("(")
                    .push_bind_unseparated(subject.map(|subject| kind_code(subject.kind)))
                    .push_unseparated(", ")
                    .push_bind_unseparated(subject.map(|subject| blob(subject.hash)))
                    .push_unseparated(")");
            }
            statement.push(")");
            let rows = statement.build().fetch_all(&mut *connection).await?;
            found.extend(rows.iter().map(key_row).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }

    /// Returns the keys of those ids that are not destroyed.
    pub(crate) async fn of_ids(&self, ids: &[KeyId]) -> Result<Vec<KeyRow>, StoreError> {
        let mut guard = self.open.lock().await;
        let Open { connection, waiting } = opened(&mut guard)?;
        let mut found: Vec<KeyRow> =
            ids.iter().filter_map(|id| waiting.of_id(*id)).cloned().collect();
        for chunk in ids.chunks(KEYS_MAX) {
            let mut statement = QueryBuilder::<sqlx::Sqlite>::new(SELECT);
            statement.push("id IN (");
            let mut list = statement.separated(", ");
            for id in chunk {
                list.push_bind(id.0.cast_signed());
            }
            statement.push(")");
            let rows = statement.build().persistent(false).fetch_all(&mut *connection).await?;
            found.extend(rows.iter().map(key_row).collect::<Result<Vec<_>, _>>()?);
        }
        found.sort_unstable_by_key(|row| row.subject);
        found.dedup();
        Ok(found)
    }

    /// Returns whose keys follow that one's in the order of subjects, at most so many.
    pub(crate) async fn after(
        &self,
        last: Option<SubjectKey>,
        max: i64,
    ) -> Result<Vec<KeyRow>, StoreError> {
        self.merge().await?;
        let mut statement = QueryBuilder::<sqlx::Sqlite>::new(SELECT);
        match last {
            None => statement.push("1"),
            Some(SubjectKey { kind, hash }) => statement
                .push("(kind, hash) > (")
                .push_bind(kind_code(kind))
                .push(", ")
                .push_bind(blob(hash))
                .push(")"),
        };
        statement.push(" ORDER BY kind, hash LIMIT ").push_bind(max);
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        let rows = statement.build().persistent(false).fetch_all(connection).await?;
        rows.iter().map(key_row).collect()
    }

    /// Destroys the key of a subject, if it has one, and who was met with the subject. It is gone from the disk when this returns.
    pub(crate) async fn destroy(&self, subject: SubjectKey) -> Result<(), StoreError> {
        // Held to the end: a merge knows its keys from before, and would put this one back.
        let alone = self.merging.lock().await;
        self.merge_alone(&alone).await?;
        let mut guard = self.open.lock().await;
        let Open { connection, waiting } = opened(&mut guard)?;
        // Whatever came since.
        merge_left(connection).await?;
        *waiting = Waiting::default();
        for sql in [
            "DELETE FROM met WHERE kind = ? AND hash = ?",
            "DELETE FROM key WHERE kind = ? AND hash = ?",
        ] {
            sqlx::query(sql)
                .bind(kind_code(subject.kind))
                .bind(blob(subject.hash))
                .execute(&mut *connection)
                .await?;
        }
        empty_log(connection).await?;
        drop((guard, alone));
        Ok(())
    }

    pub(crate) async fn close(&self) {
        // Whatever is left waiting is merged at the next start.
        drop(self.merge().await);
        if let Some(open) = self.open.lock().await.take() {
            drop(open.connection.close().await);
        }
    }
}

const TAKEN: &str = "a new key whose name or owner has one";

fn opened<'a>(guard: &'a mut MutexGuard<'_, Option<Open>>) -> Result<&'a mut Open, StoreError> {
    guard.as_mut().ok_or(StoreError::Closed)
}

/// Appends new keys, unless one has a name that is in the table.
async fn append(connection: &mut SqliteConnection, keys: &[KeyRow]) -> Result<(), StoreError> {
    let mut statement = QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO waiting (rows) SELECT ");
    statement.push_bind(waiting::write(keys));
    statement.push(" WHERE NOT EXISTS (SELECT 1 FROM key WHERE id IN (");
    let mut list = statement.separated(", ");
    for key in padded(keys) {
        list.push_bind(key.map(|key| key.id.0.cast_signed()));
    }
    statement.push("))");
    let done = statement.build().execute(connection).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Corrupt(TAKEN)) }
}

/// Fills up with nothing to a power of two, so that few different statements are prepared, once each.
fn padded<T>(items: &[T]) -> impl Iterator<Item = Option<&T>> {
    let filling = items.len().next_power_of_two() - items.len();
    items.iter().map(Some).chain(std::iter::repeat_n(None, filling))
}

const SELECT: &str = "SELECT kind, hash, id, wrapped FROM key WHERE ";

async fn erased(others: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT key FROM ledger_erased").fetch_all(others).await?)
}

/// Destroys keys whose destruction was begun, or that came back with an older copy of the file.
async fn destroy_again(
    connection: &mut SqliteConnection,
    erased: &[i64],
) -> Result<(), StoreError> {
    let mut gone = 0;
    for chunk in erased.chunks(KEYS_MAX) {
        let mut statement = QueryBuilder::<sqlx::Sqlite>::new("DELETE FROM key WHERE id IN (");
        let mut list = statement.separated(", ");
        for id in chunk {
            list.push_bind(*id);
        }
        statement.push(")");
        let done = statement.build().persistent(false).execute(&mut *connection).await?;
        gone += done.rows_affected();
    }
    if gone == 0 { Ok(()) } else { empty_log(connection).await }
}

/// Moves the log into the file and cuts it off: it holds pages as they were before.
async fn empty_log(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Commit) }
}

fn subject(row: &SqliteRow) -> Result<SubjectKey, StoreError> {
    let kind = match row.try_get::<i64, _>("kind")? {
        0 => KeyKind::Account,
        1 => KeyKind::Device,
        2 => KeyKind::Browser,
        _ => return Err(StoreError::Corrupt("a kind of key")),
    };
    let hash: &[u8] = row.try_get("hash")?;
    let hash = hash.try_into().map_err(|_length| StoreError::Corrupt("a hash of a key"))?;
    Ok(SubjectKey { kind, hash: u128::from_be_bytes(hash) })
}

fn key_row(row: &SqliteRow) -> Result<KeyRow, StoreError> {
    let id: i64 = row.try_get("id")?;
    Ok(KeyRow {
        subject: subject(row)?,
        id: KeyId(id.cast_unsigned()),
        wrapped: row.try_get("wrapped")?,
    })
}

#[cfg(test)]
mod tests;
