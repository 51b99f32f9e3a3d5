//! The keys of people, in a database file of their own.
//!
//! Whatever the ledger keeps of a person is sealed under the person's key and named by it; this file alone
//! says whose key is whose, and holds each key, wrapped by the master key. So destroying a row here erases the
//! person from everything that was ever kept, copies and backups of the other file included. Copies of this
//! file undo that: they are to be kept apart, and for a short time only.
//!
//! Destroyed means gone from the disk: deleted rows are overwritten (`secure_delete`), and the log that still
//! holds their pages is emptied before [`KeyFile::destroy`] returns, unless somebody else reads it. That, and copies that `SQLite`
//! leaves in pages from which it moved a row, go when the file is swept ([`sweeping`]), before the erasure counts as finished.
//! A key whose destruction was written down but not done, or that came back with an older copy of the file, is destroyed
//! at the next start.
//!
//! New keys are appended and merged into their tables, of keys and of [`names`], in the background ([`waiting`], [`merging`]);
//! whoever looks for a key looks at both, and a key is destroyed in both. At every start everything is merged first; what cannot be is set
//! [`aside`].

mod aside;
mod format;
mod merging;
mod met;
mod names;
mod sweeping;
mod waiting;

use crate::{
    OpenError, StoreError,
    background::Work,
    ledger::{blob, kind_code},
};
use aside::SET_ASIDE;
use merging::merge_left;
use met::MET;
use names::NAMES;
use sluicegate_gate::{KeyKind, SubjectKey};
use sluicegate_ledger::{KeyId, KeyRow};
use sqlx::{
    ConnectOptions, Connection, QueryBuilder, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use std::{
    collections::HashSet,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use sweeping::SWEPT;
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

/// For how long another program that uses the file is waited for.
const BUSY: Duration = Duration::from_secs(10);

/// Kinds of keys: 0 account, 1 device, 2 browser. Ids and hashes as in the other database.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS key (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    id INTEGER NOT NULL,
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
    options: SqliteConnectOptions,
    /// The same file, to be swept. It stays open for as long as the connection: with any handle that is closed, the
    /// system lets go of the locks of all.
    file: Arc<File>,
    /// Its log.
    log: PathBuf,
    open: Mutex<Option<Open>>,
    /// Held by whoever merges.
    merging: Mutex<()>,
    /// Merging in the background.
    work: Work,
}

#[derive(Debug)]
struct Open {
    connection: SqliteConnection,
    waiting: Waiting,
    /// How often pages of tables may have been balanced, but by merges.
    balanced: u64,
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
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = Arc::new(file.map_err(|error| OpenError::Database(sqlx::Error::Io(error)))?);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON")
            // Pages as they were before a statement stay in memory, and out of the system's folder of temporary files.
            .pragma("temp_store", "MEMORY")
            // 32 MiB: keys of people are looked for all over the table.
            .pragma("cache_size", "-32768")
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(OpenError::Database)?;
        let format = format::check(&mut connection).await?;
        for sql in [TABLE, NAMES, WAITING, MET, SET_ASIDE, SWEPT] {
            sqlx::raw_sql(sql).execute(&mut connection).await.map_err(OpenError::Database)?;
        }
        names::divide(&mut connection).await.map_err(OpenError::Read)?;
        format::settle(&mut connection, format).await?;
        merge_left(&mut connection).await.map_err(OpenError::Read)?;
        let erased = erased(others).await.map_err(OpenError::Read)?;
        let destroyed = destroy_again(&mut connection, &erased).await.map_err(OpenError::Read)?;
        let open = Some(Open { connection, waiting: Waiting::default(), balanced: 0 });
        let log = dir.join(format!("{FILE}-wal"));
        let (open, merging) = (Mutex::new(open), Mutex::default());
        let work = Work::new("keys of people");
        let keys = Self { options, file, log, open, merging, work };
        if destroyed > 0 {
            keys.sweep_at_start().await.map_err(OpenError::Read)?;
        }
        Ok(keys)
    }

    /// Keeps new keys of subjects that have none, durably: all of them or, where another key has the name of one, none.
    /// Returns whether there are enough to be merged.
    pub(crate) async fn insert(&self, keys: Vec<KeyRow>) -> Result<bool, StoreError> {
        if self.waiting().await? >= WAITING_MAX {
            self.merge().await?;
        }
        let mut guard = self.open.lock().await;
        let Open { connection, waiting, .. } = opened(&mut guard)?;
        let mut ids = HashSet::with_capacity(keys.len());
        if keys.iter().any(|row| waiting.has(row) || !ids.insert(row.id)) {
            return Err(StoreError::Corrupt(TAKEN));
        }
        let mut blobs = Vec::new();
        if keys.len() <= KEYS_MAX {
            blobs.push(append(connection, &keys).await?);
        } else {
            let mut transaction = connection.begin().await?;
            for chunk in keys.chunks(KEYS_MAX) {
                blobs.push(append(&mut transaction, chunk).await?);
            }
            transaction.commit().await?;
        }
        for (chunk, blob) in keys.chunks(KEYS_MAX).zip(blobs) {
            for row in chunk {
                waiting.add(row.clone(), blob);
            }
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
        let Open { connection, waiting, .. } = opened(&mut guard)?;
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
        let Open { connection, waiting, .. } = opened(&mut guard)?;
        let mut found: Vec<KeyRow> =
            ids.iter().filter_map(|id| waiting.of_id(*id)).cloned().collect();
        for chunk in ids.chunks(KEYS_MAX) {
            let mut statement = QueryBuilder::<sqlx::Sqlite>::new(SELECT);
            statement.push("(kind, hash) IN (SELECT kind, hash FROM key_name WHERE id IN (");
            let mut list = statement.separated(", ");
            for id in chunk {
                list.push_bind(id.0.cast_signed());
            }
            statement.push("))");
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

    /// Destroys the key of a subject, if it has one, and who was met with the subject. Copies of it that `SQLite` made
    /// are on the disk until the file is swept; in its log it is, too, while somebody else reads that.
    pub(crate) async fn destroy(&self, subject: SubjectKey) -> Result<(), StoreError> {
        let mut guard = self.open.lock().await;
        let Open { connection, waiting, balanced } = opened(&mut guard)?;
        *balanced += 1;
        let (kind, hash) = (kind_code(subject.kind), blob(subject.hash));
        let mut transaction = connection.begin().await?;
        for sql in ["DELETE FROM met WHERE kind = ?1 AND hash = ?2", names::FORGET, FORGET] {
            sqlx::query(sql).bind(kind).bind(&hash).execute(&mut *transaction).await?;
        }
        if let Some((number, others)) = waiting.beside(&subject) {
            // Why not deleted where nothing is left: a later blob would get its number, and go with a merge
            // that does not know it.
            let sql = "UPDATE waiting SET rows = ? WHERE number = ?";
            let rows = waiting::write(&others);
            sqlx::query(sql).bind(rows).bind(number).execute(&mut *transaction).await?;
        }
        aside::erase(&mut transaction, &hash).await?;
        transaction.commit().await?;
        waiting.remove(&subject);
        sweeping::empty_log_unless_read(connection).await
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

/// Appends new keys, unless one has a name that is in the table, and returns the number of their blob.
async fn append(connection: &mut SqliteConnection, keys: &[KeyRow]) -> Result<i64, StoreError> {
    let mut statement = QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO waiting (rows) SELECT ");
    statement.push_bind(waiting::write(keys));
    statement.push(" WHERE NOT EXISTS (SELECT 1 FROM key_name WHERE id IN (");
    let mut list = statement.separated(", ");
    for key in padded(keys) {
        list.push_bind(key.map(|key| key.id.0.cast_signed()));
    }
    statement.push(")) RETURNING number");
    let number = statement.build_query_scalar().fetch_optional(connection).await?;
    number.ok_or(StoreError::Corrupt(TAKEN))
}

/// Fills up with nothing to a power of two, so that few different statements are prepared, once each.
fn padded<T>(items: &[T]) -> impl Iterator<Item = Option<&T>> {
    let filling = items.len().next_power_of_two() - items.len();
    items.iter().map(Some).chain(std::iter::repeat_n(None, filling))
}

const FORGET: &str = "DELETE FROM key WHERE kind = ?1 AND hash = ?2";

const SELECT: &str = "SELECT kind, hash, id, wrapped FROM key WHERE ";

async fn erased(others: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT key FROM ledger_erased").fetch_all(others).await?)
}

/// Destroys keys whose destruction was begun, or that came back with an older copy of the file, and returns how many.
async fn destroy_again(
    connection: &mut SqliteConnection,
    erased: &[i64],
) -> Result<u64, StoreError> {
    let mut gone = 0;
    for chunk in erased.chunks(KEYS_MAX) {
        let mut statement = QueryBuilder::<sqlx::Sqlite>::new(
            "DELETE FROM key WHERE (kind, hash) IN (SELECT kind, hash FROM key_name WHERE id IN (",
        );
        push_ids(&mut statement, chunk, "))");
        let done = statement.build().persistent(false).execute(&mut *connection).await?;
        gone += done.rows_affected();
        let mut statement = QueryBuilder::<sqlx::Sqlite>::new("DELETE FROM key_name WHERE id IN (");
        push_ids(&mut statement, chunk, ")");
        statement.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(gone)
}

fn push_ids(statement: &mut QueryBuilder<sqlx::Sqlite>, ids: &[i64], end: &'static str) {
    let mut list = statement.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    statement.push(end);
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
