//! Moves the log into the database beside the writer, so that no caller waits for it.
//!
//! `SQLite` would do it in the commit that fills the log: tens of MiB at once, while everybody waits. Here a
//! connection of its own moves some of it whenever there are 4 MiB, and the writer goes on. Once everything is
//! moved the writer begins the log anew. While writes never pause something is always left: then the writer moves
//! the rest itself, at 256 MiB of log ([`LOG_PAGES`]), which is little by then.
//!
//! How much there is to move stands in the index of the log, a file beside it (SQLite, "WAL-mode File Format",
//! section 2.2). Where it cannot be read nothing is moved here, and everything at 256 MiB.

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle};

/// Pages of log at which the writer moves what is left of it, as SQLite's `wal_autocheckpoint` takes it: 256 MiB.
pub(crate) const LOG_PAGES: &str = "65536";
/// For how long an empty log is waited for: nothing can be written meanwhile.
const BRIEFLY: Duration = Duration::from_millis(100);
/// Pages that are worth moving: 4 MiB.
const PAGES_MIN: u32 = 1_024;

/// Moves the log beside the writer.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    written: Arc<Notify>,
    closing: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Begins, with a connection of its own. `index` is the database's file that ends with `-shm`.
    pub(crate) async fn open(
        options: &SqliteConnectOptions,
        index: PathBuf,
    ) -> Result<Self, sqlx::Error> {
        let connection = options.connect().await?;
        let (written, closing) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let task = run(connection, index, Arc::clone(&written), Arc::clone(&closing));
        Ok(Self { written, closing, task: tokio::spawn(task) })
    }

    /// Something was committed.
    pub(crate) fn written(&self) {
        self.written.notify_one();
    }

    /// Closes the connection.
    pub(crate) async fn close(self) {
        self.closing.notify_one();
        drop(self.task.await);
    }
}

/// Moves all of the log and empties its file. Writers wait meanwhile; where a reader is in the way for longer than
/// [`BRIEFLY`], it fails, and is to be tried again later.
pub(crate) async fn empty(options: &SqliteConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = options.clone().busy_timeout(BRIEFLY).connect().await?;
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let outcome: Result<(i64, i64, i64), _> = sqlx::query_as(sql).fetch_one(&mut connection).await;
    drop(connection.close().await);
    match outcome? {
        (0, _, _) => Ok(()),
        (_busy, _, _) => Err(is_read()),
    }
}

/// Says that somebody reads the log, so that it cannot be emptied.
pub(crate) fn is_read() -> sqlx::Error {
    sqlx::Error::Io(ErrorKind::ResourceBusy.into())
}

async fn run(
    mut connection: SqliteConnection,
    index: PathBuf,
    written: Arc<Notify>,
    closing: Arc<Notify>,
) {
    loop {
        tokio::select! {
            biased;
            () = closing.notified() => break,
            () = written.notified() => {}
        }
        if waiting(&index).is_some_and(|pages| pages >= PAGES_MIN) {
            // Why: if it fails the log waits for the next time, and at last for the writer.
            drop(sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await);
        }
    }
    drop(connection.close().await);
}

/// Returns how many pages of the log are not in the database.
fn waiting(index: &Path) -> Option<u32> {
    let mut head = [0; HEAD];
    File::open(index).ok()?.read_exact(&mut head).ok()?;
    let number = |at: usize| {
        let bytes = head.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_ne_bytes(*bytes))
    };
    (number(0)? == VERSION).then(|| Some(number(LAST)?.saturating_sub(number(MOVED)?)))?
}

/// Bytes of the index up to the number of pages that were moved.
const HEAD: usize = 100;
/// The version of the format.
const VERSION: u32 = 3_007_000;
/// Where the number of the last valid page of the log stands.
const LAST: usize = 16;
/// Where the number of pages stands that were moved.
const MOVED: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_says_what_waits_and_a_pass_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let index = dir.path().join("one.sqlite3-shm");
        assert_eq!(waiting(&index), None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = SqliteConnectOptions::new()
                .filename(dir.path().join("one.sqlite3"))
                .create_if_missing(true)
                .pragma("journal_mode", "WAL")
                .pragma("wal_autocheckpoint", "0");
            let mut writer = options.connect().await.unwrap();
            for statement in [
                "CREATE TABLE much (one BLOB)",
                "INSERT INTO much (one) VALUES (zeroblob(10000000))",
            ] {
                sqlx::query(statement).execute(&mut writer).await.unwrap();
            }
            let before = waiting(&index).unwrap();
            assert!(before > PAGES_MIN, "{before}");
            let checkpoints = Checkpoints::open(&options, index.clone()).await.unwrap();
            checkpoints.written();
            while waiting(&index) != Some(0) {
                tokio::task::yield_now().await;
            }
            checkpoints.close().await;
        });
    }
}
