//! Connections for what is looked up all the time: handed out and given back without a word to the database's
//! threads, where the pool of readers has one at each.

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::ops::{Deref, DerefMut};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Semaphore, SemaphorePermit};

/// How many there are: one for each of few cores.
const SEEKERS: usize = 2;

/// Connections that only read. They see every acknowledged write.
#[derive(Debug)]
pub(crate) struct Seekers {
    /// None once they are closed.
    connections: Vec<Mutex<Option<SqliteConnection>>>,
    turns: Semaphore,
}

/// One of them, until it is dropped.
pub(crate) struct Seeker<'s> {
    connection: MappedMutexGuard<'s, SqliteConnection>,
    /// Dropped after it, so that whoever has a turn finds one free.
    _turn: SemaphorePermit<'s>,
}

impl Seekers {
    pub(crate) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connections = Vec::with_capacity(SEEKERS);
        for _ in 0..SEEKERS {
            connections.push(Mutex::new(Some(options.connect().await?)));
        }
        Ok(Self { connections, turns: Semaphore::new(SEEKERS) })
    }

    /// Returns one of them once it is free.
    pub(crate) async fn get(&self) -> Result<Seeker<'_>, sqlx::Error> {
        let turn = self.turns.acquire().await.map_err(|_closed| sqlx::Error::PoolClosed)?;
        let free = self.connections.iter().filter_map(|one| one.try_lock().ok());
        let mut open = free.filter_map(|one| MutexGuard::try_map(one, Option::as_mut).ok());
        let connection = open.next().ok_or(sqlx::Error::PoolClosed)?;
        Ok(Seeker { connection, _turn: turn })
    }

    /// Closes each of them once it is free. Whoever asks for one afterwards is told so.
    pub(crate) async fn close(&self) {
        for connection in &self.connections {
            if let Some(connection) = connection.lock().await.take() {
                drop(connection.close().await);
            }
        }
    }
}

impl Deref for Seeker<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Seeker<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
