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

mod waiting;

use crate::{
    OpenError, StoreError,
    ledger::{blob, kind_code},
    many,
};
use sluicegate_gate::{KeyKind, SubjectKey};
use sluicegate_ledger::{KeyId, KeyRow, Met, MetUntil};
use sqlx::{
    ConnectOptions, Connection, QueryBuilder, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
    time::Duration,
};
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
/// Keys in one transaction of a merge.
const SLICE: usize = 512;
/// Pairs of who was met that are kept at once.
const MET_PIECE: usize = 256;

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

/// Who was met in rows about accounts: it goes with the account's key.
const MET: &str = "CREATE TABLE IF NOT EXISTS met (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    key INTEGER NOT NULL REFERENCES key (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, hash, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS met_by_key ON met (key);
CREATE TABLE IF NOT EXISTS met_until (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    pack INTEGER NOT NULL,
    digest BLOB NOT NULL
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
    async fn merge_alone(&self, _alone: &MutexGuard<'_, ()>) -> Result<(), StoreError> {
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

    /// Keeps who was met, and then up to where was read: a few pairs at a time, and whoever needs a key meanwhile
    /// has a turn. Pairs whose key is gone are left out.
    pub(crate) async fn meet(&self, met: &Met) -> Result<(), StoreError> {
        let Met { pairs, until } = met;
        // Why: pairs of a key that is not in its table are left out.
        self.merge().await?;
        for some in pairs.chunks(MET_PIECE) {
            self.meet_some(some).await?;
        }
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        let sql = "INSERT OR REPLACE INTO met_until (one, pack, digest) VALUES (1, ?, ?)";
        sqlx::query(sql)
            .bind(until.pack.cast_signed())
            .bind(until.digest.as_slice())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Keeps some pairs. What comes before the rest of them does no harm: it is kept again, and is there already.
    async fn meet_some(&self, pairs: &[(SubjectKey, KeyId)]) -> Result<(), StoreError> {
        let sql = (
            "INSERT INTO met (kind, hash, key) \
             SELECT pair.column1, pair.column2, key.id FROM (",
            ") AS pair CROSS JOIN key ON key.id = pair.column3 WHERE TRUE ON CONFLICT DO NOTHING",
        );
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        many::insert(connection, sql, pairs, |row, (subject, key)| {
            row.push_bind(kind_code(subject.kind))
                .push_bind(blob(subject.hash))
                .push_bind(key.0.cast_signed());
            Ok(())
        })
        .await
    }

    /// Returns up to where was read for who was met.
    pub(crate) async fn met_until(&self) -> Result<Option<MetUntil>, StoreError> {
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        let row: Option<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT pack, digest FROM met_until").fetch_optional(connection).await?;
        let Some((pack, digest)) = row else { return Ok(None) };
        let digest = digest.try_into().map_err(|_length| StoreError::Corrupt("a digest"))?;
        Ok(Some(MetUntil { pack: pack.cast_unsigned(), digest }))
    }

    /// Returns the keys of accounts that these were met with.
    pub(crate) async fn met(
        &self,
        subjects: &[SubjectKey],
    ) -> Result<Vec<(SubjectKey, KeyId)>, StoreError> {
        let mut found = BTreeSet::new();
        for chunk in subjects.chunks(KEYS_MAX) {
            let mut statement = QueryBuilder::<sqlx::Sqlite>::new(
                "SELECT kind, hash, key FROM met WHERE (kind, hash) IN (",
            );
            statement.push_values(chunk, |mut row, subject| {
                row.push_bind(kind_code(subject.kind)).push_bind(blob(subject.hash));
            });
            statement.push(")");
            let mut guard = self.open.lock().await;
            let connection = &mut opened(&mut guard)?.connection;
            for row in statement.build().persistent(false).fetch_all(connection).await? {
                let key: i64 = row.try_get("key")?;
                found.insert((subject(&row)?, KeyId(key.cast_unsigned())));
            }
        }
        Ok(found.into_iter().collect())
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
async fn merge_left(connection: &mut SqliteConnection) -> Result<(), StoreError> {
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
async fn insert(connection: &mut SqliteConnection, keys: &[KeyRow]) -> Result<(), StoreError> {
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
