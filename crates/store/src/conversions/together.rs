//! What partners report, and what became of it, on its way to the disk: everything that comes while the writer is busy
//! is one job, which asks the tables once for all of it and appends all of its bodies with one statement.
//!
//! Each way to the database's thread and back costs more than a row, so a partner that sends ten conversions at a
//! time would else wait for a dozen of them with each body.

use super::{
    body::Body,
    enter::{Desk, Report},
    settle,
    waiting::Waiting,
};
use crate::{Sqlite, StoreError, statements::Statements};
use parking_lot::Mutex;
use sluicegate_measurement::lookup::{Durable, Entered, Entering};
use sqlx::SqliteConnection;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What is asked of the next job.
#[derive(Default)]
pub(crate) struct Together(Mutex<Vec<Asked>>);

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
            let mut asked = self.together.0.lock();
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
    let taken: Arc<Mutex<Taken>> = Arc::default();
    let (job, outcome) = (Arc::clone(&taken), Arc::clone(&taken));
    let (together, waiting) = (Arc::clone(&store.together), Arc::clone(&store.waiting));
    let known = Arc::clone(&waiting);
    let done = store.write_and(
        move |connection| {
            Box::pin(async move {
                let mut asks = Vec::new();
                for Asked { what, answer } in std::mem::take(&mut *together.0.lock()) {
                    job.lock().answers.push(answer);
                    asks.push(what);
                }
                let entered = append(connection, &waiting, asks, &job).await?;
                job.lock().tell(entered);
                Ok(())
            })
        },
        move |done| {
            for number in &outcome.lock().numbers {
                known.kept(*number, done.is_ok());
            }
        },
    );
    let done = done.await;
    store.move_on();
    let Taken { durable, mut answers, .. } = std::mem::take(&mut *taken.lock());
    match done {
        Ok(()) => {
            // Whoever asked may have gone away; what was written stands all the same.
            let _heard = durable.map(|durable| durable.send(()));
        }
        Err(error) => {
            if answers.is_empty() && durable.is_none() {
                // The writer is gone, and never came to it.
                answers.extend(store.together.0.lock().drain(..).map(|asked| asked.answer));
            }
            let mut error = Some(error);
            for answer in answers {
                drop(answer.send(Err(error.take().unwrap_or(StoreError::Commit))));
            }
        }
    }
}

/// What a job has taken on, and the bodies that it added to those that wait.
#[derive(Default)]
struct Taken {
    /// To those who were told nothing yet.
    answers: Vec<Answer>,
    /// To all others, who wait for the commit.
    durable: Option<oneshot::Sender<()>>,
    numbers: Vec<i64>,
}

impl Taken {
    /// Tells everybody what was written for them.
    fn tell(&mut self, entered: Vec<Vec<Entered>>) {
        let (sender, durable) = Durable::pending();
        self.durable = Some(sender);
        for (answer, entered) in self.answers.drain(..).zip(entered) {
            drop(answer.send(Ok(Entering { entered, durable: durable.clone() })));
        }
    }
}

async fn append(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
    asks: Vec<Ask>,
    taken: &Mutex<Taken>,
) -> Result<Vec<Vec<Entered>>, StoreError> {
    let reports = asks.iter().filter_map(|ask| match ask {
        Ask::Enter(report) => Some(report),
        Ask::Keep(_) => None,
    });
    let mut desk = Desk::open(connection, reports).await?;
    let settled = asks.iter().filter_map(|ask| match ask {
        Ask::Enter(_) => None,
        Ask::Keep(body) => Some(body),
    });
    let in_tables = settle::unclaimed(connection, waiting, settled).await?;
    let mut answers = Vec::with_capacity(asks.len());
    let mut bodies = Vec::with_capacity(asks.len());
    for ask in asks {
        let (entered, body) = match ask {
            Ask::Enter(report) => desk.enter(waiting, report),
            Ask::Keep(body) => (Vec::new(), body),
        };
        if !body.is_empty() {
            let number = waiting.next();
            taken.lock().numbers.push(number);
            let claims = waiting.add(number, &body, &in_tables);
            if let Body::Settled(by, ..) = &body {
                desk.claim(by, claims);
            }
            bodies.push((number, body.write()));
        }
        answers.push(entered);
    }
    let mut statements = Statements::default();
    desk.close(&mut statements)?;
    let sql = ("INSERT INTO conversion_waiting (number, body) VALUES ", "");
    statements.add_rows(sql, bodies.len(), 2);
    for (number, body) in bodies {
        statements.bind(number)?.bind(body)?;
    }
    statements.run(connection).await?;
    Ok(answers)
}
