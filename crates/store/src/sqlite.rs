//! The database file. All writes go through one task ([`crate::writing`]): `SQLite` lets one connection write at a
//! time, and a durable commit costs a disk flush.

use crate::{
    checkpoint::{self, Checkpoints, LOG_PAGES},
    conversions::{Together, Waiting, moving},
    flushing::Flushes,
    keys::{FILE as KEY_FILE, KeyFile},
    ledger::{self, Enough, FileError, Loose, Records, Unmerged},
    measurement::Ids,
    seekers::Seekers,
    statements::Statements,
    writing::{self, Caller, Durability, Job, Planned, Settle, Steps},
};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sqlx::{
    ConnectOptions, Connection as _, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::Instant,
};

/// Jobs waiting at most; a caller beyond that waits for a place.
const QUEUE_MAX: usize = 4096;
/// Connections that read.
const READERS_MAX: u32 = 4;
/// After how long it is tried again to empty the log.
const EMPTIED_AGAIN_AFTER: Duration = Duration::from_secs(10);
/// The file in the data directory.
const FILE: &str = "sluicegate.sqlite3";
/// What the name of its log ends with. It lies where the file itself does.
const LOG_SUFFIX: &str = "-wal";
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Returns where the log of a database is. The file may be a link to one elsewhere: its log is there.
fn log_of(file: &Path) -> std::io::Result<PathBuf> {
    let mut name = file.canonicalize()?.into_os_string();
    name.push(LOG_SUFFIX);
    Ok(PathBuf::from(name))
}

/// Returns whether a store has been opened in the data directory before.
pub fn exists(dir: &Path) -> bool {
    dir.join(FILE).exists()
}

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory could not be made.
    #[error("the data directory could not be created")]
    Directory(#[source] std::io::Error),
    /// The file could not be opened as a database.
    #[error("the database could not be opened")]
    Database(#[source] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("the database could not be migrated")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// It was written by a version of the program whose tables are others.
    #[error(
        "the data directory was written by another version, whose format this one does not read"
    )]
    OtherFormat,
    /// Its tables are to be brought up to date first.
    #[error("the data directory is of an earlier version: start the gateway on it once")]
    Earlier,
    /// The keys of people are not there, and what was told of them cannot be read without.
    #[error(
        "`{KEY_FILE}` is missing, and what was told of people cannot be read without it: put it \
         back, or put an empty file in its place to let it be as if everybody had been erased"
    )]
    NoKeys,
    /// The keys of people were written by a later version of the program.
    #[error(
        "`{KEY_FILE}` was written by a later version (format {format}), whose keys of people this one does not read"
    )]
    LaterKeys {
        /// The number of its format.
        format: i64,
    },
    /// Its parts are of different times.
    #[error(
        "the tables of the record are of different times: `ledger_head` says that commit {head} is the latest, and \
         commit {kept} is kept. Put the whole database back from one backup, with `records` as it was copied after it"
    )]
    Mixed {
        /// The latest commit by the head.
        head: i64,
        /// The latest that is kept.
        kept: i64,
    },
    /// What waits in it could not be read.
    #[error("the database could not be read")]
    Read(#[source] StoreError),
}

impl From<sqlx::migrate::MigrateError> for OpenError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError::{VersionMismatch, VersionMissing};
        match error {
            VersionMismatch(_) | VersionMissing(_) => Self::OtherFormat,
            other => Self::Migration(other),
        }
    }
}

/// A write or read failed. Nothing of a failed write was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store has been closed, or its writer stopped.
    #[error("the store is closed")]
    Closed,
    /// The database refused or failed.
    #[error("the database failed")]
    Sqlite(#[from] sqlx::Error),
    /// The transaction that the write was part of could not be committed.
    #[error("the commit failed")]
    Commit,
    /// What is stored does not read back.
    #[error("a stored value is corrupt: {0}")]
    Corrupt(&'static str),
    /// A row with a checksum was altered after it was written: the row of this number.
    #[error("a stored row is damaged: number {0}")]
    Damaged(u64),
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        match error {
            error if error.is_damage() => Self::Corrupt("a file of old records"),
            FileError::Io(error) => Self::Sqlite(sqlx::Error::Io(error)),
            other => Self::Sqlite(sqlx::Error::Io(std::io::Error::other(other))),
        }
    }
}

/// The store of one machine. Clones share the database.
#[derive(Clone, Debug)]
pub struct Sqlite {
    readers: SqlitePool,
    seekers: Arc<Seekers>,
    options: Arc<SqliteConnectOptions>,
    /// Before when it is not tried again to empty the log, where somebody reads it.
    log_is_read: Arc<tokio::sync::Mutex<Option<Instant>>>,
    jobs: mpsc::Sender<Job>,
    closing: Arc<Notify>,
    pub(crate) unmerged: Arc<Unmerged>,
    pub(crate) loose: Arc<Loose>,
    /// Where files of old records are.
    pub(crate) records: Arc<Records>,
    /// Held by whoever moves or forgets old records.
    pub(crate) rolling: Arc<tokio::sync::Mutex<()>>,
    pub(crate) ids: Arc<Mutex<Ids>>,
    /// Conversions that are durable and not in their tables yet.
    pub(crate) waiting: Arc<Waiting>,
    /// Held by whoever has conversions moved and waits for it.
    pub(crate) moving: Arc<tokio::sync::Mutex<()>>,
    /// Conversions that are to be kept with the next transaction.
    pub(crate) together: Arc<Together>,
    pub(crate) keys: Arc<KeyFile>,
    writer: Arc<tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>>,
}

impl Sqlite {
    /// Opens the store in a data directory, creating it where it is missing.
    pub async fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_merging(dir, Enough::USUAL).await
    }

    /// Opens a store that is there, and whose tables are those of this version: nothing of them is changed.
    pub async fn open_as_it_is(dir: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new().filename(dir.join(FILE));
        let mut connection = options.connect().await.map_err(OpenError::Database)?;
        let sql = "SELECT count(*) FROM _sqlx_migrations";
        let done: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut connection)
            .await
            .map_err(OpenError::Database)?;
        connection.close().await.map_err(OpenError::Database)?;
        if usize::try_from(done).is_ok_and(|done| done < MIGRATIONS.iter().count()) {
            return Err(OpenError::Earlier);
        }
        Self::open(dir).await
    }

    /// Opens the store and merges what the ledger's commits add whenever there is that much.
    pub(crate) async fn open_merging(dir: &Path, enough: Enough) -> Result<Self, OpenError> {
        tokio::fs::create_dir_all(dir).await.map_err(OpenError::Directory)?;
        let options = SqliteConnectOptions::new()
            .filename(dir.join(FILE))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // 64 MiB: the tables that take random inserts stay in memory.
            .pragma("cache_size", "-65536")
            // Savepoints keep copies of pages: in memory, they are worth nothing after a crash.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", LOG_PAGES)
            // What is deleted or written over is zeroed: rows about people are in no free page.
            .pragma("secure_delete", "ON")
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(256)
            .disable_statement_logging();
        let mut writer = options.connect().await.map_err(OpenError::Database)?;
        MIGRATIONS.run(&mut writer).await?;
        let keys = Arc::new(KeyFile::open(dir, &mut writer).await?);
        let records = Arc::new(Records::in_folder(dir.join(ledger::FOLDER)));
        ledger::recover(&mut writer, &records).await.map_err(OpenError::Read)?;
        let unmerged =
            Arc::new(Unmerged::load(&mut writer, enough).await.map_err(OpenError::Read)?);
        ledger::check_head(&mut writer).await?;
        let loose = Arc::new(Loose::load(&mut writer).await.map_err(OpenError::Read)?);
        let ids = Arc::new(Mutex::new(Ids::load(&mut writer).await.map_err(OpenError::Read)?));
        let waiting = moving::load(&mut writer).await.map_err(OpenError::Read)?;
        let checkpoints = Checkpoints::open(&options).await.map_err(OpenError::Database)?;
        let flushes = log_of(&dir.join(FILE)).and_then(|log| Flushes::of_log(&log));
        let flushes = flushes.map_err(|error| OpenError::Database(sqlx::Error::Io(error)))?;
        // 8 MiB: whatever a reader holds is worth nothing after the next commit.
        let reading = options.clone().pragma("cache_size", "-8192");
        let seekers = Arc::new(Seekers::open(&reading).await.map_err(OpenError::Database)?);
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .connect_with(reading)
            .await
            .map_err(OpenError::Database)?;
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let closing = Arc::new(Notify::new());
        let beside = (checkpoints, flushes);
        let task = tokio::spawn(writing::run(writer, beside, queue, Arc::clone(&closing)));
        let writer = Arc::new(tokio::sync::Mutex::new(Some(task)));
        let store = Self {
            readers,
            seekers,
            options: Arc::new(options),
            log_is_read: Arc::default(),
            jobs,
            closing,
            unmerged,
            loose,
            records,
            rolling: Arc::default(),
            ids,
            waiting: Arc::new(waiting),
            moving: Arc::default(),
            together: Arc::default(),
            keys,
            writer,
        };
        store.merge_on();
        store.move_on();
        Ok(store)
    }

    /// Runs a job in the next transaction and returns its value once that is durable.
    ///
    /// A caller that goes away does not undo its job.
    pub async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.write_and(work, |_outcome| {}).await
    }

    /// Like [`Self::write`], and calls `settle` on the writer once the outcome is known: before the caller
    /// has it, before any later job runs, and also if the caller has gone away.
    pub(crate) async fn write_and<T, W>(
        &self,
        work: W,
        settle: impl FnOnce(&Result<T, StoreError>) + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.write_steps(work, Box::new(settle), Durability::Flushed).await
    }

    /// Like [`Self::write`], for what is done again where a power cut takes it back: among its like it costs no flush.
    /// No later write survives it.
    pub(crate) async fn write_again_if_lost<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.write_steps(work, Box::new(|_outcome| {}), Durability::Later).await
    }

    pub(crate) async fn write_steps<T, W>(
        &self,
        work: W,
        settle: Settle<T>,
        durability: Durability,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let steps = Steps::new(work, Caller { answer, settle }, durability);
        self.jobs.send(Job::Steps(steps)).await.map_err(|_closed| StoreError::Closed)?;
        answered.await.map_err(|_dropped| StoreError::Closed)?
    }

    /// Asks what is to be written, writes it in the next transaction, and returns the plan's value once that is durable.
    /// `settle` is called as by [`Self::write_and`], once it is committed: it may be flushed a moment later.
    pub(crate) async fn write_planned<T, P>(
        &self,
        plan: P,
        settle: impl FnOnce(&Result<T, StoreError>) + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        P: for<'c> FnOnce(
                &'c mut SqliteConnection,
            ) -> BoxFuture<'c, Result<(Statements, T), StoreError>>
            + Send
            + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let planned = Planned::new(plan, Caller { answer, settle: Box::new(settle) });
        self.jobs.send(Job::Planned(planned)).await.map_err(|_closed| StoreError::Closed)?;
        answered.await.map_err(|_dropped| StoreError::Closed)?
    }

    /// Runs statements in the next transaction, and returns the last number that one of them selects once they are
    /// durable. `settle` is called as by [`Self::write_planned`].
    pub(crate) async fn write_whole(
        &self,
        statements: Statements,
        settle: impl FnOnce(&Result<Option<i64>, StoreError>) + Send + 'static,
    ) -> Result<Option<i64>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Whole(statements, Caller { answer, settle: Box::new(settle) });
        self.jobs.send(job).await.map_err(|_closed| StoreError::Closed)?;
        answered.await.map_err(|_dropped| StoreError::Closed)?
    }

    /// Moves all of the log into the database and leaves nothing in its file: what was deleted or written over before
    /// is not on the disk any more. Fails while somebody reads for long.
    pub(crate) async fn empty_log(&self) -> Result<(), StoreError> {
        let mut not_before = self.log_is_read.lock().await;
        if not_before.is_some_and(|at| Instant::now() < at) {
            return Err(checkpoint::is_read().into());
        }
        let emptied = checkpoint::empty(&self.options).await;
        // Why: each try holds up writers, and whoever reads for long is not done soon.
        *not_before = emptied.is_err().then(|| Instant::now() + EMPTIED_AGAIN_AFTER);
        Ok(emptied?)
    }

    /// Returns the connections that read. They see every acknowledged write.
    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Returns the connections for what is looked up all the time.
    pub(crate) fn seekers(&self) -> &Seekers {
        &self.seekers
    }

    /// Finishes what is queued and closes both databases, each of which then is one file. What others' clones ask
    /// for afterwards fails.
    pub async fn close(self) {
        let Self { readers, seekers, jobs, closing, keys, writer, .. } = self;
        drop(jobs);
        readers.close().await;
        seekers.close().await;
        closing.notify_one();
        if let Some(task) = writer.lock().await.take() {
            drop(task.await);
        }
        keys.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read<'c> = BoxFuture<'c, Result<i64, StoreError>>;

    /// Returns how the commit is flushed that this is part of: 2 at once, 1 with a later one.
    fn synchronous(connection: &mut SqliteConnection) -> Read<'_> {
        Box::pin(async move {
            let query = sqlx::query_scalar("PRAGMA synchronous").persistent(false);
            Ok(query.fetch_one(connection).await?)
        })
    }

    #[tokio::test]
    async fn a_store_is_opened_as_it_is_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let refused = Sqlite::open_as_it_is(dir.path()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Database(_)), "{refused}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is made");
        Sqlite::open(dir.path()).await.unwrap().close().await;
        Sqlite::open_as_it_is(dir.path()).await.unwrap().close().await;
        let done = "SELECT count(*) FROM _sqlx_migrations";
        let file = SqliteConnectOptions::new().filename(dir.path().join(FILE));
        let mut connection = file.connect().await.unwrap();
        sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 64")
            .execute(&mut connection)
            .await
            .unwrap();
        let before: i64 = sqlx::query_scalar(done).fetch_one(&mut connection).await.unwrap();
        let refused = Sqlite::open_as_it_is(dir.path()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Earlier), "{refused}");
        let after: i64 = sqlx::query_scalar(done).fetch_one(&mut connection).await.unwrap();
        assert_eq!(before, after);
    }

    #[tokio::test]
    async fn only_what_is_done_again_if_lost_waits_for_a_later_flush_and_never_among_others() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let later = || store.write_again_if_lost(synchronous);
        assert_eq!(store.write(synchronous).await.unwrap(), 2);
        assert_eq!((later().await.unwrap(), later().await.unwrap()), (1, 1));
        assert_eq!(store.write(synchronous).await.unwrap(), 2);
        assert_eq!(later().await.unwrap(), 1);
        // All are queued before the writer has its turn, so that they are one group.
        let (one, other) = tokio::join!(later(), store.write(synchronous));
        assert_eq!((one.unwrap(), other.unwrap()), (2, 2));
        assert_eq!(later().await.unwrap(), 1);
        let mut whole = Statements::default();
        whole.add("PRAGMA synchronous");
        assert_eq!(store.write_whole(whole, |_outcome| {}).await.unwrap(), Some(1));
    }
}
