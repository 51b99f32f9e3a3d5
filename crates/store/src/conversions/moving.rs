//! Moves conversions into their tables, in the background and in order.
//!
//! A body is appended at the end of one table, whatever is in it, so whoever reports waits for a handful of pages. The
//! tables are sorted by digests: there nearly every conversion has pages of its own, half a dozen of them. They
//! are gone to once nothing has come for a moment, or when too much waits. Whoever asks for something that only the
//! tables know has the rest moved first. What can never be moved is set aside ([`super::aside`]).

use super::{
    aside::{self, Found},
    body::{Body, What},
    enter, settle,
    waiting::Waiting,
};
use crate::{Sqlite, StoreError};
use sqlx::{Connection as _, SqliteConnection};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Bodies are moved when none has come for so long.
const PAUSE: Duration = Duration::from_millis(500);

/// Reads what waited when the store was closed.
pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<Waiting, StoreError> {
    let waiting = Waiting::default();
    let sql =
        "SELECT number, body FROM conversion_waiting WHERE number > ?1 ORDER BY number LIMIT 1";
    let mut last = i64::MIN;
    loop {
        // One at a time: together they may be hundreds of MB.
        let row = sqlx::query_as(sql).bind(last).fetch_optional(&mut *connection).await?;
        let Some((number, blob)): Option<(i64, Vec<u8>)> = row else { return Ok(waiting) };
        last = number;
        let body = match read(&blob) {
            Ok(body) => body,
            Err(error) => {
                let fault = Fault { number, why: error.to_string() };
                let mut transaction = connection.begin().await?;
                aside::put(&mut transaction, number, &fault.why, &blob).await?;
                let sql = "DELETE FROM conversion_waiting WHERE number = ?1";
                sqlx::query(sql).bind(number).execute(&mut *transaction).await?;
                transaction.commit().await?;
                fault.tell();
                continue;
            }
        };
        let installs = settle::installs(connection, &waiting, std::iter::once(&body)).await?;
        waiting.add(number, &body, &installs);
        waiting.kept(number, true);
    }
}

/// Why a body is set aside.
struct Fault {
    number: i64,
    why: String,
}

impl Fault {
    fn tell(&self) {
        let Self { number, why } = self;
        tracing::error!(
            number,
            why,
            "conversions that cannot be kept in their tables are set aside"
        );
    }
}

fn read(blob: &[u8]) -> Result<Body, StoreError> {
    Body::read(blob).map_err(|_damage| StoreError::Corrupt("conversions that wait"))
}

/// How bodies are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// All or none.
    Together,
    /// Each alone, and what cannot be moved is set aside.
    Apart,
}

/// Moves the first bodies into the tables. Returns what was set aside.
async fn some(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
    numbers: &OnceLock<Vec<i64>>,
    how: How,
) -> Result<Vec<Fault>, StoreError> {
    let Some(last) = numbers.get_or_init(|| waiting.begin()).last().copied() else {
        return Ok(Vec::new());
    };
    let sql = "SELECT number, body FROM conversion_waiting WHERE number <= ?1 ORDER BY number";
    let bodies: Vec<(i64, Vec<u8>)> =
        sqlx::query_as(sql).bind(last).fetch_all(&mut *connection).await?;
    let mut faults = Vec::new();
    let mut set_aside = aside::found(connection).await?;
    for (number, blob) in bodies {
        match how {
            How::Together => one(connection, number, &blob, set_aside).await?,
            How::Apart => faults.extend(apart(connection, number, &blob, set_aside).await?),
        }
        if !faults.is_empty() {
            set_aside = Found::Something;
        }
    }
    let sql = "DELETE FROM conversion_waiting WHERE number <= ?1";
    sqlx::query(sql).bind(last).execute(connection).await?;
    Ok(faults)
}

async fn one(
    connection: &mut SqliteConnection,
    number: i64,
    blob: &[u8],
    set_aside: Found,
) -> Result<(), StoreError> {
    let Body { partnership, at, what } = read(blob)?;
    match what {
        What::Entered(fresh) => enter::keep(connection, &partnership, at, &fresh).await,
        What::Settled(mut settled) => {
            if set_aside == Found::Something {
                let [finding, missing] = aside::divided(connection, settled).await?;
                settled = finding;
                if !missing.is_empty() {
                    let what = What::Settled(missing);
                    let body = Body { partnership: partnership.clone(), at, what }.write();
                    aside::put(connection, number, aside::WITHOUT_CONVERSIONS, &body).await?;
                }
            }
            settle::keep(connection, &partnership, at, settled).await
        }
    }
}

/// Moves a body, or sets it aside if it is to blame that it cannot be.
async fn apart(
    connection: &mut SqliteConnection,
    number: i64,
    blob: &[u8],
    set_aside: Found,
) -> Result<Option<Fault>, StoreError> {
    sqlx::query("SAVEPOINT body").execute(&mut *connection).await?;
    let Err(error) = one(connection, number, blob, set_aside).await else {
        sqlx::query("RELEASE body").execute(connection).await?;
        return Ok(None);
    };
    let why = aside::why(&error).ok_or(error)?;
    sqlx::query("ROLLBACK TO body").execute(&mut *connection).await?;
    sqlx::query("RELEASE body").execute(&mut *connection).await?;
    aside::put(connection, number, &why, blob).await?;
    Ok(Some(Fault { number, why }))
}

impl Sqlite {
    /// Moves some of what waits.
    pub(super) async fn move_some(&self) -> Result<(), StoreError> {
        match self.move_by(How::Together).await {
            Err(error) if aside::why(&error).is_some() => self.move_by(How::Apart).await,
            moved => moved,
        }
    }

    async fn move_by(&self, how: How) -> Result<(), StoreError> {
        let (waiting, again) = (Arc::clone(&self.waiting), Arc::clone(&self.waiting));
        let numbers = Arc::new(OnceLock::new());
        let taken = Arc::clone(&numbers);
        let faults = self.write_and(
            move |connection| {
                Box::pin(async move { some(connection, &waiting, &numbers, how).await })
            },
            move |outcome| {
                if let Some(numbers) = taken.get() {
                    again.end(numbers, outcome.is_ok());
                }
            },
        );
        faults.await?.iter().for_each(Fault::tell);
        Ok(())
    }

    /// Moves everything that waits now, and returns once all of it can be read in the tables.
    pub(super) async fn move_all(&self) -> Result<(), StoreError> {
        let Some(last) = self.waiting.last() else { return Ok(()) };
        while self.waiting.first().is_some_and(|first| first <= last) {
            self.move_some().await?;
        }
        Ok(())
    }

    /// Starts to move what waits, unless somebody does already.
    pub(crate) fn move_on(&self) {
        if self.waiting.is_to_be_moved() {
            tokio::spawn(run(self.clone()));
        }
    }
}

/// Moves what waits whenever nothing comes, until nothing waits.
async fn run(store: Sqlite) {
    let waiting = Arc::clone(&store.waiting);
    let mut failing = false;
    loop {
        let came = waiting.came();
        tokio::time::sleep(PAUSE).await;
        while came == waiting.came() && !waiting.is_empty() {
            // Nothing is lost: what is not moved waits on the disk, and is tried again after the pause.
            match store.move_some().await {
                Ok(()) => failing = false,
                Err(StoreError::Closed) => return waiting.stops(),
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::error!(%error, "conversions that wait could not be moved; they go on waiting");
                    }
                    break;
                }
            }
        }
        if waiting.rests() {
            return;
        }
    }
}
