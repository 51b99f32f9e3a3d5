//! What partners report, and what became of it, on its way to the disk: everything that comes while the writer is busy
//! is one job, which asks the tables once for all of it and appends all of its bodies with one statement. Whoever asked is
//! told once that is committed, and waits until it is durable when there is something to be said of it.
//!
//! Each way to the database's thread and back costs more than a row, so a partner that sends ten conversions at a
//! time would else wait for a dozen of them with each body. Where the job fails, each is a job of its own: what one body
//! is to blame for is not the others'.

use super::{
    body::Body,
    enter::{Desk, Report, Totals},
    settle,
    waiting::Waiting,
};
use crate::{Sqlite, StoreError, statements::Statements};
use futures_util::future::join_all;
use parking_lot::Mutex;
use sluicegate_measurement::lookup::{Durable, Entered, Entering};
use sqlx::SqliteConnection;
use std::{borrow::Cow, sync::Arc};
use tokio::sync::oneshot;

/// What is asked of the next job.
#[derive(Default)]
pub(crate) struct Together {
    asked: Mutex<Vec<Asked>>,
    /// How much was reported, as of the last commit; empty where nobody knows. The job that writes has it meanwhile.
    reported: Mutex<Totals>,
}

impl std::fmt::Debug for Together {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Together")
    }
}

pub(super) enum Ask {
    /// Conversions are reported.
    Enter(Report),
    /// What became of conversions, or what reports count: of these nothing is answered.
    Keep(Body),
}

struct Asked {
    what: Ask,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<Entering, StoreError>>;

impl Sqlite {
    /// Keeps conversions, or what became of them, and returns what became of each that was reported as soon as it is
    /// written.
    pub(super) async fn append(&self, what: Ask) -> Result<Entering, StoreError> {
        while self.waiting.is_full() {
            self.move_some().await?;
        }
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut asked = self.together.asked.lock();
            asked.push(Asked { what, answer });
            asked.len() == 1
        };
        if is_first {
            // Why a task: others may join, and go on when this caller goes away.
            tokio::spawn(do_all(self.clone()));
        }
        answered.await.map_err(|_dropped| StoreError::Closed)?
    }
}

/// Does everything that is asked by the time the writer comes to it.
async fn do_all(store: Sqlite) {
    let (Taken { mut asked, durable, .. }, done) = do_some(&store, None).await;
    match done {
        Ok(()) => is_kept(durable),
        Err(_) if asked.len() > 1 => {
            join_all(asked.into_iter().map(|one| do_alone(&store, one))).await;
        }
        Err(error) => {
            if asked.is_empty() && durable.is_none() {
                // The writer never came to it.
                asked.append(&mut store.together.asked.lock());
            }
            refuse(asked, error);
        }
    }
    store.move_on();
}

async fn do_alone(store: &Sqlite, one: Asked) {
    let (Taken { asked, durable, .. }, done) = do_some(store, Some(one)).await;
    match done {
        Ok(()) => is_kept(durable),
        Err(error) => refuse(asked, error),
    }
}

fn is_kept(durable: Option<oneshot::Sender<()>>) {
    // Whoever asked may have gone away; what was written stands all the same.
    let _heard = durable.map(|durable| durable.send(()));
}

fn refuse(asked: Vec<Asked>, error: StoreError) {
    let mut error = Some(error);
    for Asked { answer, .. } in asked {
        drop(answer.send(Err(error.take().unwrap_or(StoreError::Commit))));
    }
}

/// Does one thing alone, or everything that is asked. Returns who was told nothing.
async fn do_some(store: &Sqlite, alone: Option<Asked>) -> (Taken, Result<(), StoreError>) {
    let is_alone = alone.is_some();
    let taken = Taken { asked: alone.into_iter().collect(), ..Taken::default() };
    let taken = Arc::new(Mutex::new(taken));
    let (job, outcome) = (Arc::clone(&taken), Arc::clone(&taken));
    let (waiting, known) = (Arc::clone(&store.waiting), Arc::clone(&store.waiting));
    let (together, kept) = (Arc::clone(&store.together), Arc::clone(&store.together));
    let done = store.write_planned(
        move |connection| {
            Box::pin(async move {
                let mut asked = std::mem::take(&mut job.lock().asked);
                if !is_alone {
                    asked.append(&mut together.asked.lock());
                }
                let reported = std::mem::take(&mut *together.reported.lock());
                let planned = plan(connection, (&waiting, reported), &asked, &job).await;
                job.lock().asked = asked;
                planned.map(|statements| (statements, ()))
            })
        },
        move |done| outcome.lock().settle(&known, &kept, done.is_ok()),
    );
    let done = done.await;
    let taken = std::mem::take(&mut *taken.lock());
    (taken, done)
}

/// What a job has taken on, and the bodies that it added to those that wait.
#[derive(Default)]
struct Taken {
    /// What was asked by those who were told nothing yet.
    asked: Vec<Asked>,
    /// What became of what each of them reported.
    entered: Vec<Vec<Entered>>,
    /// To all others, who wait until it is durable.
    durable: Option<oneshot::Sender<()>>,
    numbers: Vec<i64>,
    reported: Totals,
}

impl Taken {
    /// Tells everybody what was written for them, or takes it back.
    fn settle(&mut self, waiting: &Waiting, together: &Together, is_written: bool) {
        for number in &self.numbers {
            waiting.kept(*number, is_written);
        }
        if !is_written {
            return;
        }
        *together.reported.lock() = std::mem::take(&mut self.reported);
        let (sender, durable) = Durable::pending();
        self.durable = Some(sender);
        for (Asked { answer, .. }, entered) in self.asked.drain(..).zip(self.entered.drain(..)) {
            drop(answer.send(Ok(Entering { entered, durable: durable.clone() })));
        }
    }
}

/// Asks what is known, decides on everything, and returns what is to be written of it.
async fn plan(
    connection: &mut SqliteConnection,
    (waiting, reported): (&Waiting, Totals),
    asked: &[Asked],
    taken: &Mutex<Taken>,
) -> Result<Statements, StoreError> {
    let reports = asked.iter().filter_map(|one| match &one.what {
        Ask::Enter(report) => Some(report),
        Ask::Keep(_) => None,
    });
    let mut desk = Desk::open(connection, waiting, reported, reports).await?;
    let settled = asked.iter().filter_map(|one| match &one.what {
        Ask::Enter(_) => None,
        Ask::Keep(body) => Some(body),
    });
    let in_tables = settle::unclaimed(connection, waiting, settled).await?;
    let mut answers = Vec::with_capacity(asked.len());
    let mut bodies = Vec::with_capacity(asked.len());
    for one in asked {
        let (entered, body) = match &one.what {
            Ask::Enter(report) => {
                let (entered, body) = desk.enter(waiting, report);
                (entered, Cow::Owned(body))
            }
            Ask::Keep(body) => (Vec::new(), Cow::Borrowed(body)),
        };
        if !body.is_empty() {
            let number = waiting.next();
            taken.lock().numbers.push(number);
            let claims = waiting.add(number, &body, &in_tables);
            if let Body::Settled(by, ..) = body.as_ref() {
                desk.claim(by, claims);
            }
            bodies.push((number, body.write()));
        }
        answers.push(entered);
    }
    let mut statements = Statements::default();
    let reported = desk.close(&mut statements)?;
    let sql = ("INSERT INTO conversion_waiting (number, body) VALUES ", "");
    statements.add_rows(sql, bodies.len(), 2);
    for (number, body) in bodies {
        statements.bind(number)?.bind(body)?;
    }
    let mut taken = taken.lock();
    (taken.entered, taken.reported) = (answers, reported);
    Ok(statements)
}
