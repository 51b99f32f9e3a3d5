//! The one writer of the database, and its jobs.
//!
//! It takes what is queued, runs each job under a savepoint of its own inside one transaction, commits once, and only
//! then answers every caller (group commit). A job that fails is rolled back alone; a commit that fails fails all of its
//! jobs, and so does a savepoint that cannot be made, released or gone back to.
//!
//! A commit is flushed to the disk before anybody is answered, but for jobs that are done again where a power cut takes
//! them back: those go with the next flush. Where no job of a commit asks for more, it is flushed beside the writer,
//! which goes on meanwhile ([`crate::flushing`]). The log of the database keeps the order of commits.

use crate::{
    StoreError,
    checkpoint::Checkpoints,
    flushing::{Flushes, Tell},
    statements::Statements,
};
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
type Plan = Box<
    dyn for<'c> FnOnce(
            &'c mut SqliteConnection,
        ) -> BoxFuture<'c, Result<(Statements, Finish), StoreError>>
        + Send,
>;
/// Settles a job once its commit is known, and returns what tells the caller how it ended.
type Finish = Box<dyn FnOnce(Result<(), StoreError>) -> Tell + Send>;

/// When a write survives a power cut. A process that dies loses none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    /// With the next write that is flushed.
    Later,
    /// Before its caller is answered. Others may read it a moment before that.
    Soon,
    /// Before its caller is answered, and before anybody reads it.
    Flushed,
}

pub(crate) enum Job {
    /// What comes later depends on what was found before.
    Steps(Steps),
    /// What is written is known once something was asked.
    Planned(Planned),
    /// Everything is known before it begins.
    Whole(Statements, Caller<Option<i64>>),
}

pub(crate) struct Planned {
    plan: Plan,
    refuse: Box<dyn FnOnce(StoreError) + Send>,
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

impl<T: Send + 'static> Caller<T> {
    /// Settles the job, and returns what tells the caller once it is known, too, whether it was flushed.
    fn settle(self, outcome: Result<T, StoreError>) -> Tell {
        (self.settle)(&outcome);
        let answer = self.answer;
        Box::new(move |flushed| {
            // The caller may have gone away; the write stands all the same.
            drop(answer.send(flushed.and(outcome)));
        })
    }

    fn refuse(self, error: StoreError) {
        self.settle(Err(error))(Ok(()));
    }
}

type Parked<T> = std::sync::Mutex<Option<Caller<T>>>;

fn take<T>(parked: &Parked<T>) -> Option<Caller<T>> {
    parked.lock().ok().and_then(|mut parked| parked.take())
}

/// Returns what settles a job that came to this value.
fn finish<T: Send + 'static>(parked: Arc<Parked<T>>, value: T) -> Finish {
    Box::new(move |outcome| match take(&parked) {
        Some(caller) => caller.settle(outcome.map(|()| value)),
        // It is taken once only.
        None => Box::new(|_flushed| {}),
    })
}

/// Returns what refuses a job.
fn refusing<T: Send + 'static>(parked: Arc<Parked<T>>) -> Box<dyn FnOnce(StoreError) + Send> {
    Box::new(move |error| {
        if let Some(caller) = take(&parked) {
            caller.refuse(error);
        }
    })
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
        let refuse = refusing(Arc::clone(&parked));
        let work: Work = Box::new(move |connection| {
            Box::pin(async move { Ok(finish(parked, work(connection).await?)) })
        });
        Self { durability, work, refuse }
    }
}

impl Planned {
    pub(crate) fn new<T, P>(plan: P, caller: Caller<T>) -> Self
    where
        T: Send + 'static,
        P: for<'c> FnOnce(
                &'c mut SqliteConnection,
            ) -> BoxFuture<'c, Result<(Statements, T), StoreError>>
            + Send
            + 'static,
    {
        let parked = Arc::new(Parked::new(Some(caller)));
        let refuse = refusing(Arc::clone(&parked));
        let plan: Plan = Box::new(move |connection| {
            Box::pin(async move {
                let (statements, value) = plan(connection).await?;
                Ok((statements, finish(parked, value)))
            })
        });
        Self { plan, refuse }
    }

    /// Does it in a transaction of its own. Nobody else writes between what is asked and that.
    async fn commit(self, connection: &mut SqliteConnection) -> Option<Tell> {
        match (self.plan)(connection).await {
            Ok((statements, finish)) => Some(finish(statements.commit(connection).await.map(drop))),
            Err(error) => {
                (self.refuse)(error);
                None
            }
        }
    }

    async fn run(self, connection: &mut SqliteConnection) -> Result<Finish, Failed> {
        let (statements, finish) = match (self.plan)(connection).await {
            Ok(planned) => planned,
            Err(error) => {
                // Why: a statement that fails for want of a disk or memory may have ended the transaction.
                let may_have_ended = matches!(error, StoreError::Sqlite(_));
                (self.refuse)(error);
                return Err(if may_have_ended { Failed::Transaction } else { Failed::Alone });
            }
        };
        match statements.nested(connection).await {
            Ok(_number) => Ok(finish),
            Err(error) => Err(error.tell(|error| finish(Err(error))(Ok(())))),
        }
    }
}

impl Job {
    fn durability(&self) -> Durability {
        match self {
            Self::Steps(steps) => steps.durability,
            Self::Planned(_) | Self::Whole(..) => Durability::Soon,
        }
    }

    fn refuse(self, error: StoreError) {
        match self {
            Self::Steps(steps) => (steps.refuse)(error),
            Self::Planned(planned) => (planned.refuse)(error),
            Self::Whole(_, caller) => caller.refuse(error),
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
            Self::Planned(planned) => planned.run(connection).await,
            Self::Whole(statements, caller) => match statements.nested(connection).await {
                Ok(number) => Ok(Box::new(move |outcome| caller.settle(outcome.map(|()| number)))),
                Err(error) => Err(error.tell(|error| caller.refuse(error))),
            },
        }
    }
}

/// The connection that writes, and whether its commits are flushed now.
struct Writing {
    connection: SqliteConnection,
    is_flushing: bool,
    flushes: Flushes,
}

impl Writing {
    /// Makes commits flushed from now on, or not.
    async fn make(&mut self, durability: Durability) -> Result<(), sqlx::Error> {
        let flushing = durability == Durability::Flushed;
        if self.is_flushing == flushing {
            return Ok(());
        }
        let sql =
            if flushing { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
        // From here on until it is certain, commits count as not flushed.
        self.is_flushing = false;
        // Why: such a statement works when it is prepared, so that one that is kept would do nothing.
        sqlx::query(sql).persistent(false).execute(&mut self.connection).await?;
        self.is_flushing = flushing;
        Ok(())
    }

    /// Tells everybody of a commit once it is as durable as they need.
    fn tell(&self, tells: Vec<(Durability, Tell)>) {
        // Why flushed once more where others had the commit flushed: one that changed nothing was not.
        let is_soon = |(durability, _): &(Durability, Tell)| *durability == Durability::Soon;
        let (soon, others): (Vec<_>, Vec<_>) = tells.into_iter().partition(is_soon);
        self.flushes.tell_once_flushed(soon.into_iter().map(|(_, tell)| tell).collect());
        for (_, tell) in others {
            tell(Ok(()));
        }
    }
}

pub(crate) async fn run(
    connection: SqliteConnection,
    (checkpoints, flushes): (Checkpoints, Flushes),
    mut queue: mpsc::Receiver<Job>,
    closing: Arc<Notify>,
) {
    let mut writing = Writing { connection, is_flushing: true, flushes };
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
    writing.flushes.close().await;
    checkpoints.close().await;
    drop(writing.connection.close().await);
}

async fn commit(writing: &mut Writing, group: &mut Vec<Job>) {
    let durability = group.iter().map(Job::durability).max().unwrap_or(Durability::Later);
    if writing.flushes.have_failed() {
        return refuse(group.drain(..), StoreError::Commit);
    }
    if let Err(error) = writing.make(durability).await {
        return refuse(group.drain(..), error.into());
    }
    let tells = match group.pop() {
        Some(Job::Whole(statements, caller)) if group.is_empty() => {
            let outcome = statements.commit(&mut writing.connection).await;
            vec![(durability, caller.settle(outcome))]
        }
        Some(Job::Planned(planned)) if group.is_empty() => {
            let told = planned.commit(&mut writing.connection).await;
            told.into_iter().map(|tell| (durability, tell)).collect()
        }
        last => {
            group.extend(last);
            commit_group(writing, group.drain(..)).await
        }
    };
    writing.tell(tells);
}

fn refuse(group: impl Iterator<Item = Job>, error: StoreError) {
    let mut error = Some(error);
    for job in group {
        job.refuse(error.take().unwrap_or(StoreError::Commit));
    }
}

/// Commits jobs together, and returns what tells their callers, with what each waits for.
async fn commit_group(
    Writing { connection, flushes, .. }: &mut Writing,
    group: impl ExactSizeIterator<Item = Job>,
) -> Vec<(Durability, Tell)> {
    if let Err(error) = control(connection, "BEGIN IMMEDIATE").await {
        refuse(group, error.into());
        return Vec::new();
    }
    let alone = group.len() == 1;
    let mut finished = Vec::with_capacity(group.len());
    let mut is_whole = true;
    for job in group {
        if !is_whole {
            job.refuse(StoreError::Commit);
            continue;
        }
        let durability = job.durability();
        match job.run(connection, alone).await {
            Ok(finish) => finished.push((durability, finish)),
            Err(Failed::Alone) => {}
            Err(Failed::Transaction) => is_whole = false,
        }
    }
    let mut committed = is_whole && !finished.is_empty();
    if committed && let Err(error) = control(connection, "COMMIT").await {
        flushes.commit_failed(&error);
        committed = false;
    }
    if !committed {
        drop(control(connection, "ROLLBACK").await);
    }
    let settle = |(durability, finish): (Durability, Finish)| {
        (durability, finish(if committed { Ok(()) } else { Err(StoreError::Commit) }))
    };
    finished.into_iter().map(settle).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{
        ConnectOptions as _,
        sqlite::{SqliteConnectOptions, SqliteJournalMode},
    };
    use std::path::Path;
    use tempfile::TempDir;

    /// A writer whose flushes are of another file.
    struct Written {
        _dir: TempDir,
        jobs: mpsc::Sender<Job>,
        flushes: Flushes,
    }

    impl Written {
        async fn new(log: impl FnOnce(&Path) -> Flushes) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("one.sqlite3");
            let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
            let options = options.journal_mode(SqliteJournalMode::Wal);
            let mut connection = options.connect().await.unwrap();
            let sql = "CREATE TABLE one (number INTEGER)";
            sqlx::query(sql).execute(&mut connection).await.unwrap();
            let checkpoints = Checkpoints::open(&options).await.unwrap();
            let flushes = log(dir.path());
            let (jobs, queue) = mpsc::channel(8);
            let beside = (checkpoints, flushes.clone());
            tokio::spawn(run(connection, beside, queue, Arc::default()));
            Self { _dir: dir, jobs, flushes }
        }

        async fn whole(&self) -> Result<Option<i64>, StoreError> {
            let mut statements = Statements::default();
            statements.add("INSERT INTO one (number) VALUES (1)");
            let (answer, answered) = oneshot::channel();
            let caller = Caller { answer, settle: Box::new(|_outcome| {}) };
            self.jobs.send(Job::Whole(statements, caller)).await.unwrap();
            answered.await.unwrap()
        }

        async fn steps(&self, durability: Durability) -> Result<(), StoreError> {
            let (answer, answered) = oneshot::channel();
            let caller = Caller { answer, settle: Box::new(|_outcome| {}) };
            let sql = "INSERT INTO one (number) VALUES (2)";
            let steps = Steps::new(
                move |connection| Box::pin(async move { Ok(control(connection, sql).await?) }),
                caller,
                durability,
            );
            self.jobs.send(Job::Steps(steps)).await.unwrap();
            answered.await.unwrap()
        }
    }

    #[tokio::test]
    async fn only_what_may_be_read_before_it_is_flushed_is_flushed_beside() {
        let log = |dir: &Path| Flushes::of_log(&dir.join("one.sqlite3-wal")).unwrap();
        let written = Written::new(log).await;
        written.whole().await.unwrap();
        assert_eq!(written.flushes.count(), 1);
        written.steps(Durability::Later).await.unwrap();
        written.steps(Durability::Flushed).await.unwrap();
        assert_eq!(written.flushes.count(), 1);
        // All are queued before the writer has its turn, so that they are one group.
        let (one, other, third) =
            tokio::join!(written.whole(), written.whole(), written.steps(Durability::Later));
        assert!(one.is_ok() && other.is_ok() && third.is_ok());
        assert_eq!(written.flushes.count(), 2);
    }

    #[tokio::test]
    async fn after_a_flush_that_failed_nothing_is_acknowledged_any_more() {
        let written = Written::new(|_dir| Flushes::of_log(Path::new("/dev/null")).unwrap()).await;
        written.steps(Durability::Flushed).await.unwrap();
        assert!(written.whole().await.is_err());
        assert!(written.steps(Durability::Flushed).await.is_err());
        assert!(written.steps(Durability::Later).await.is_err());
    }
}
