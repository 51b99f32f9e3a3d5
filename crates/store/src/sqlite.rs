//! The database file and its one writer.
//!
//! `SQLite` lets one connection write at a time, and a durable commit costs a disk flush. So all writes
//! go through one task that takes what is queued, runs each job under a savepoint of its own inside
//! one transaction, commits once, and only then answers every caller (group commit). A job that fails
//! is rolled back alone; a commit that fails fails all of its jobs, and so does a savepoint that cannot be
//! made, released or gone back to.

use crate::{
    checkpoint::{self, Checkpoints, LOG_PAGES},
    conversions::{Together, Waiting, moving},
    keys::{FILE as KEY_FILE, KeyFile},
    ledger::{self, Enough, FileError, Loose, Unmerged},
    measurement::Ids,
    seekers::Seekers,
    statements::Statements,
};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::Instant,
};

/// Jobs in one transaction at most.
const GROUP_MAX: usize = 512;
/// Jobs waiting at most; a caller beyond that waits for a place.
const QUEUE_MAX: usize = 4096;
/// Connections that read.
const READERS_MAX: u32 = 4;
/// After how long it is tried again to empty the log.
const EMPTIED_AGAIN_AFTER: Duration = Duration::from_secs(10);
/// The file in the data directory.
const FILE: &str = "sluicegate.sqlite3";

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
    /// The keys of people are not there, and what was told of them cannot be read without.
    #[error(
        "`{KEY_FILE}` is missing, and what was told of people cannot be read without it: put it \
         back, or put an empty file in its place to let it be as if everybody had been erased"
    )]
    NoKeys,
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

type Work = Box<
    dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<Finish, StoreError>>
        + Send,
>;
/// Tells the caller how its job ended, once the commit is known.
type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

enum Job {
    /// What comes later depends on what was found before.
    Steps(Steps),
    /// Everything is known before it begins.
    Whole(Statements, Caller<Option<i64>>),
}

struct Steps {
    work: Work,
    refuse: Box<dyn FnOnce(StoreError) + Send>,
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
    pub(crate) records: Arc<Path>,
    /// Held by whoever moves or forgets old records.
    pub(crate) rolling: Arc<tokio::sync::Mutex<()>>,
    pub(crate) ids: Arc<Mutex<Ids>>,
    /// Conversions that are durable and not in their tables yet.
    pub(crate) waiting: Arc<Waiting>,
    /// Conversions that are to be kept with the next transaction.
    pub(crate) together: Arc<Together>,
    pub(crate) keys: Arc<KeyFile>,
    writer: Arc<tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Job")
    }
}

impl Sqlite {
    /// Opens the store in a data directory, creating it where it is missing.
    pub async fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_merging(dir, Enough::USUAL).await
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
        sqlx::migrate!("./migrations").run(&mut writer).await?;
        let keys = Arc::new(KeyFile::open(dir, &mut writer).await?);
        let records: Arc<Path> = dir.join(ledger::FOLDER).into();
        ledger::recover(&mut writer, &records).await.map_err(OpenError::Read)?;
        let unmerged =
            Arc::new(Unmerged::load(&mut writer, enough).await.map_err(OpenError::Read)?);
        let loose = Arc::new(Loose::load(&mut writer).await.map_err(OpenError::Read)?);
        let ids = Arc::new(Mutex::new(Ids::load(&mut writer).await.map_err(OpenError::Read)?));
        let waiting = moving::load(&mut writer).await.map_err(OpenError::Read)?;
        let index = dir.join(format!("{FILE}-shm"));
        let checkpoints = Checkpoints::open(&options, index).await.map_err(OpenError::Database)?;
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
        let task = tokio::spawn(run(writer, checkpoints, queue, Arc::clone(&closing)));
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
        let (answer, answered) = oneshot::channel();
        let steps = Steps::new(work, Caller { answer, settle: Box::new(settle) });
        self.jobs.send(Job::Steps(steps)).await.map_err(|_closed| StoreError::Closed)?;
        answered.await.map_err(|_dropped| StoreError::Closed)?
    }

    /// Runs statements in the next transaction, and returns the last number that one of them selects once they are
    /// durable. `settle` is called as by [`Self::write_and`].
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

/// What is done on the writer once the outcome is known.
type Settle<T> = Box<dyn FnOnce(&Result<T, StoreError>) + Send>;

/// Who waits for a job.
struct Caller<T> {
    answer: oneshot::Sender<Result<T, StoreError>>,
    settle: Settle<T>,
}

impl<T> Caller<T> {
    fn answer(self, outcome: Result<T, StoreError>) {
        (self.settle)(&outcome);
        // The caller may have gone away; the write stands all the same.
        drop(self.answer.send(outcome));
    }
}

type Parked<T> = std::sync::Mutex<Option<Caller<T>>>;

fn reply<T>(parked: &Parked<T>, outcome: Result<T, StoreError>) {
    let caller = parked.lock().ok().and_then(|mut parked| parked.take());
    if let Some(caller) = caller {
        caller.answer(outcome);
    }
}

impl Steps {
    fn new<T, W>(work: W, caller: Caller<T>) -> Self
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        let parked = Arc::new(Parked::new(Some(caller)));
        let refuse_with = Arc::clone(&parked);
        Self {
            work: Box::new(move |connection| {
                Box::pin(async move {
                    let value = work(connection).await?;
                    let finish: Finish =
                        Box::new(move |outcome| reply(&parked, outcome.map(|()| value)));
                    Ok(finish)
                })
            }),
            refuse: Box::new(move |error| reply(&refuse_with, Err(error))),
        }
    }
}

impl Job {
    fn refuse(self, error: StoreError) {
        match self {
            Self::Steps(steps) => (steps.refuse)(error),
            Self::Whole(_, caller) => caller.answer(Err(error)),
        }
    }

    /// Does it within a transaction. Whoever waits is told of a failure here.
    async fn run(self, connection: &mut SqliteConnection, alone: bool) -> Result<Finish, Failed> {
        match self {
            Self::Steps(Steps { work, refuse }) => {
                // Why: a savepoint copies every page it touches, and a job alone needs none.
                let done = if alone {
                    work(connection).await.map_err(JobError::Job)
                } else {
                    run_job(connection, work).await
                };
                done.map_err(|error| error.tell(refuse))
            }
            Self::Whole(statements, caller) => match statements.nested(connection).await {
                Ok(number) => Ok(Box::new(move |outcome| caller.answer(outcome.map(|()| number)))),
                Err(error) => Err(error.tell(|error| caller.answer(Err(error)))),
            },
        }
    }
}

async fn run(
    mut connection: SqliteConnection,
    checkpoints: Checkpoints,
    mut queue: mpsc::Receiver<Job>,
    closing: Arc<Notify>,
) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    loop {
        tokio::select! {
            biased;
            taken = queue.recv_many(&mut group, GROUP_MAX) => {
                if taken == 0 {
                    break;
                }
            }
            () = closing.notified() => break,
        }
        commit(&mut connection, &mut group).await;
        checkpoints.written();
    }
    // Why: whoever asks for something from now on is told at once.
    drop(queue);
    checkpoints.close().await;
    drop(connection.close().await);
}

async fn commit(connection: &mut SqliteConnection, group: &mut Vec<Job>) {
    match group.pop() {
        Some(Job::Whole(statements, caller)) if group.is_empty() => {
            caller.answer(statements.commit(connection).await);
        }
        last => {
            group.extend(last);
            commit_group(connection, group.drain(..)).await;
        }
    }
}

async fn commit_group(
    connection: &mut SqliteConnection,
    group: impl ExactSizeIterator<Item = Job>,
) {
    if let Err(error) = control(connection, "BEGIN IMMEDIATE").await {
        let mut error = Some(StoreError::Sqlite(error));
        for job in group {
            job.refuse(error.take().unwrap_or(StoreError::Commit));
        }
        return;
    }
    let alone = group.len() == 1;
    let mut finished = Vec::with_capacity(group.len());
    let mut is_whole = true;
    for job in group {
        if !is_whole {
            job.refuse(StoreError::Commit);
            continue;
        }
        match job.run(connection, alone).await {
            Ok(finish) => finished.push(finish),
            Err(Failed::Alone) => {}
            Err(Failed::Transaction) => is_whole = false,
        }
    }
    let committed = is_whole && !finished.is_empty() && control(connection, "COMMIT").await.is_ok();
    if !committed {
        drop(control(connection, "ROLLBACK").await);
    }
    for finish in finished {
        finish(if committed { Ok(()) } else { Err(StoreError::Commit) });
    }
}

/// Runs a statement of a transaction's own. As a query it is prepared once and kept; bare text would be parsed
/// each time.
async fn control(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}

/// A job was not done.
pub(crate) enum JobError {
    /// It failed, and nothing of it is in the transaction.
    Job(StoreError),
    /// Its savepoint failed, so that nobody can tell what is in the transaction.
    Savepoint(sqlx::Error),
}

/// A job was not done, and whoever waited was told.
enum Failed {
    /// The others stand.
    Alone,
    /// Nobody can tell what is in the transaction.
    Transaction,
}

impl JobError {
    fn tell(self, refuse: impl FnOnce(StoreError)) -> Failed {
        match self {
            Self::Job(error) => {
                refuse(error);
                Failed::Alone
            }
            Self::Savepoint(error) => {
                refuse(StoreError::Sqlite(error));
                Failed::Transaction
            }
        }
    }
}

async fn run_job(connection: &mut SqliteConnection, work: Work) -> Result<Finish, JobError> {
    control(connection, "SAVEPOINT job").await.map_err(JobError::Savepoint)?;
    match work(connection).await {
        Ok(finish) => {
            control(connection, "RELEASE job").await.map_err(JobError::Savepoint)?;
            Ok(finish)
        }
        Err(error) => {
            undo(connection).await?;
            Err(JobError::Job(error))
        }
    }
}

/// Takes back what was done since the savepoint of a job.
pub(crate) async fn undo(connection: &mut SqliteConnection) -> Result<(), JobError> {
    control(connection, "ROLLBACK TO job").await.map_err(JobError::Savepoint)?;
    control(connection, "RELEASE job").await.map_err(JobError::Savepoint)
}
