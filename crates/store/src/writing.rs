//! The one writer of the database, and its jobs.
//!
//! It takes what is queued, runs each job under a savepoint of its own inside one transaction, commits once, and only
//! then answers every caller (group commit). A job that fails is rolled back alone; a commit that fails fails all of its
//! jobs, and so does a savepoint that cannot be made, released or gone back to.
//!
//! A commit is flushed to the disk before anybody is answered, but for one whose jobs are all done again where a power
//! cut takes them back: it goes with the next flush. The log of the database keeps the order of commits.

use crate::{StoreError, checkpoint::Checkpoints, statements::Statements};
use futures_util::future::BoxFuture;
use sqlx::{Connection as _, SqliteConnection};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};

/// Jobs in one transaction at most.
const GROUP_MAX: usize = 512;

type Work = Box<
    dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<Finish, StoreError>>
        + Send,
>;
/// Tells the caller how its job ended, once the commit is known.
type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// When a write survives a power cut. A process that dies loses neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Before its caller is answered.
    Flushed,
    /// With the next write that is flushed.
    Later,
}

pub(crate) enum Job {
    /// What comes later depends on what was found before.
    Steps(Steps),
    /// Everything is known before it begins.
    Whole(Statements, Caller<Option<i64>>),
}

pub(crate) struct Steps {
    durability: Durability,
    work: Work,
    refuse: Box<dyn FnOnce(StoreError) + Send>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Job")
    }
}

/// What is done on the writer once the outcome is known.
pub(crate) type Settle<T> = Box<dyn FnOnce(&Result<T, StoreError>) + Send>;

/// Who waits for a job.
pub(crate) struct Caller<T> {
    pub(crate) answer: oneshot::Sender<Result<T, StoreError>>,
    pub(crate) settle: Settle<T>,
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
    pub(crate) fn new<T, W>(work: W, caller: Caller<T>, durability: Durability) -> Self
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        let parked = Arc::new(Parked::new(Some(caller)));
        let refuse_with = Arc::clone(&parked);
        Self {
            durability,
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
    fn durability(&self) -> Durability {
        match self {
            Self::Steps(steps) => steps.durability,
            Self::Whole(..) => Durability::Flushed,
        }
    }

    fn refuse(self, error: StoreError) {
        match self {
            Self::Steps(steps) => (steps.refuse)(error),
            Self::Whole(_, caller) => caller.answer(Err(error)),
        }
    }

    /// Does it within a transaction. Whoever waits is told of a failure here.
    async fn run(self, connection: &mut SqliteConnection, alone: bool) -> Result<Finish, Failed> {
        match self {
            Self::Steps(Steps { work, refuse, .. }) => {
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

/// The connection that writes, and whether its commits are flushed now.
struct Writing {
    connection: SqliteConnection,
    durability: Durability,
}

impl Writing {
    /// Makes commits flushed from now on, or not.
    async fn make(&mut self, durability: Durability) -> Result<(), sqlx::Error> {
        if self.durability == durability {
            return Ok(());
        }
        let sql = match durability {
            Durability::Flushed => "PRAGMA synchronous = FULL",
            Durability::Later => "PRAGMA synchronous = NORMAL",
        };
        // From here on until it is certain, commits count as not flushed.
        self.durability = Durability::Later;
        // Why: such a statement works when it is prepared, so that one that is kept would do nothing.
        sqlx::query(sql).persistent(false).execute(&mut self.connection).await?;
        self.durability = durability;
        Ok(())
    }
}

pub(crate) async fn run(
    connection: SqliteConnection,
    checkpoints: Checkpoints,
    mut queue: mpsc::Receiver<Job>,
    closing: Arc<Notify>,
) {
    let mut writing = Writing { connection, durability: Durability::Flushed };
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
        commit(&mut writing, &mut group).await;
        checkpoints.written();
    }
    // Why: whoever asks for something from now on is told at once.
    drop(queue);
    checkpoints.close().await;
    drop(writing.connection.close().await);
}

async fn commit(writing: &mut Writing, group: &mut Vec<Job>) {
    match group.pop() {
        Some(Job::Whole(statements, caller)) if group.is_empty() => {
            let outcome = match writing.make(Durability::Flushed).await {
                Ok(()) => statements.commit(&mut writing.connection).await,
                Err(error) => Err(error.into()),
            };
            caller.answer(outcome);
        }
        last => {
            group.extend(last);
            let durability = durability(group);
            commit_group(writing, durability, group.drain(..)).await;
        }
    }
}

/// Returns what all of these jobs need.
fn durability(group: &[Job]) -> Durability {
    let is_later = group.iter().all(|job| job.durability() == Durability::Later);
    if is_later { Durability::Later } else { Durability::Flushed }
}

async fn begin(writing: &mut Writing, durability: Durability) -> Result<(), sqlx::Error> {
    writing.make(durability).await?;
    control(&mut writing.connection, "BEGIN IMMEDIATE").await
}

async fn commit_group(
    writing: &mut Writing,
    durability: Durability,
    group: impl ExactSizeIterator<Item = Job>,
) {
    if let Err(error) = begin(writing, durability).await {
        let mut error = Some(StoreError::Sqlite(error));
        for job in group {
            job.refuse(error.take().unwrap_or(StoreError::Commit));
        }
        return;
    }
    let connection = &mut writing.connection;
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
