//! Moves conversions into their tables, in the background and in order.
//!
//! A body is appended at the end of one table, whatever is in it, so whoever reports waits for a handful of pages. The
//! tables are sorted by digests: there nearly every conversion has pages of its own, half a dozen of them. They
//! are gone to once nothing has come for a moment, or when too much waits. Whoever asks for something that only the
//! tables know has the rest moved first.

use super::{
    body::{Body, What},
    enter, settle,
    waiting::Waiting,
};
use crate::{Sqlite, StoreError};
use sqlx::SqliteConnection;
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
        let body = read(&blob)?;
        let installs = settle::installs(connection, &waiting, std::iter::once(&body)).await?;
        waiting.add(number, &body, &installs);
        waiting.kept(number, true);
        last = number;
    }
}

fn read(blob: &[u8]) -> Result<Body, StoreError> {
    Body::read(blob).map_err(|_damage| StoreError::Corrupt("conversions that wait"))
}

/// Moves the first bodies into the tables.
async fn some(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
    numbers: &OnceLock<Vec<i64>>,
) -> Result<(), StoreError> {
    let Some(last) = numbers.get_or_init(|| waiting.begin()).last().copied() else { return Ok(()) };
    let sql = "SELECT body FROM conversion_waiting WHERE number <= ?1 ORDER BY number";
    let blobs: Vec<Vec<u8>> =
        sqlx::query_scalar(sql).bind(last).fetch_all(&mut *connection).await?;
    for blob in blobs {
        let Body { partnership, at, what } = read(&blob)?;
        match what {
            What::Entered(fresh) => enter::keep(connection, &partnership, at, &fresh).await?,
            What::Settled(settled) => settle::keep(connection, &partnership, at, settled).await?,
        }
    }
    let sql = "DELETE FROM conversion_waiting WHERE number <= ?1";
    sqlx::query(sql).bind(last).execute(connection).await?;
    Ok(())
}

impl Sqlite {
    /// Moves some of what waits.
    pub(super) async fn move_some(&self) -> Result<(), StoreError> {
        let (waiting, again) = (Arc::clone(&self.waiting), Arc::clone(&self.waiting));
        let numbers = Arc::new(OnceLock::new());
        let taken = Arc::clone(&numbers);
        self.write_and(
            move |connection| Box::pin(async move { some(connection, &waiting, &numbers).await }),
            move |outcome| {
                if let Some(numbers) = taken.get() {
                    again.end(numbers, outcome.is_ok());
                }
            },
        )
        .await
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
