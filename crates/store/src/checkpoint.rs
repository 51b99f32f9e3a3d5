//! Moves the log into the database beside the writer, so that no caller waits for it.
//!
//! `SQLite` would do it in the commit that fills the log: tens of MiB at once, while everybody waits. Here a
//! connection of its own moves some of it whenever there are 4 MiB, and the writer goes on. Once everything is
//! moved the writer begins the log anew. While writes never pause something is always left: then the writer moves
//! the rest itself, at 256 MiB of log ([`LOG_PAGES`]), which is little by then.
//!
//! How much there is to move says `SQLite` (`PRAGMA wal_checkpoint(NOOP)`). It stands in a file beside the log, too, which
//! nobody but `SQLite` may open: whoever closes a file ends all locks of the process on it (POSIX, `fcntl`), and the next
//! process that opens the database takes itself for the first and cuts away what this one has mapped.

use crate::StoreError;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{io::ErrorKind, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// Pages of log at which the writer moves what is left of it, as SQLite's `wal_autocheckpoint` takes it: 256 MiB.
pub(crate) const LOG_PAGES: &str = "65536";
/// For how long an empty log is waited for: nothing can be written meanwhile.
const BRIEFLY: Duration = Duration::from_millis(100);
/// Pages that are worth moving: 4 MiB.
const PAGES_MIN: i64 = 1_024;
/// How often it is asked how many there are, at most: asking costs about as much as a small commit.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Moves the log beside the writer.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    written: Arc<Notify>,
    closing: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Begins, with a connection of its own.
    pub(crate) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let connection = options.connect().await?;
        let (written, closing) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let task = run(connection, Arc::clone(&written), Arc::clone(&closing));
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

/// Returns whether an error says so.
pub(crate) fn is_of_readers(error: &StoreError) -> bool {
    matches!(error, StoreError::Sqlite(sqlx::Error::Io(io)) if io.kind() == ErrorKind::ResourceBusy)
}

async fn run(mut connection: SqliteConnection, written: Arc<Notify>, closing: Arc<Notify>) {
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            () = closing.notified() => break,
            () = async { sleep_until(next).await; written.notified().await } => {}
        }
        // Why: if either fails the log waits for the next time, and at last for the writer.
        if waiting(&mut connection).await.is_ok_and(|pages| pages >= PAGES_MIN) {
            drop(sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await);
        }
        next = Instant::now() + ASK_EVERY;
    }
    drop(connection.close().await);
}

/// Returns how many pages of the log are not in the database.
async fn waiting(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let sql = "PRAGMA wal_checkpoint(NOOP)";
    let (_busy, pages, moved): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    Ok(pages.saturating_sub(moved))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{path::Path, process::Command};

    fn options(dir: &Path) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(dir.join("one.sqlite3"))
            .create_if_missing(true)
            .pragma("journal_mode", "WAL")
            .pragma("wal_autocheckpoint", "0")
    }

    async fn write_much(options: &SqliteConnectOptions) -> SqliteConnection {
        let mut writer = options.connect().await.unwrap();
        for statement in
            ["CREATE TABLE much (one BLOB)", "INSERT INTO much (one) VALUES (zeroblob(10000000))"]
        {
            sqlx::query(statement).execute(&mut writer).await.unwrap();
        }
        writer
    }

    #[tokio::test]
    async fn what_waits_is_known_and_a_pass_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let mut writer = write_much(&options).await;
        let before = waiting(&mut writer).await.unwrap();
        assert!(before > PAGES_MIN, "{before}");
        let checkpoints = Checkpoints::open(&options).await.unwrap();
        checkpoints.written();
        while waiting(&mut writer).await.unwrap() != 0 {
            tokio::task::yield_now().await;
        }
        checkpoints.close().await;
    }

    #[tokio::test]
    async fn another_process_that_looks_on_finds_the_database_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let mut writer = write_much(&options).await;
        let checkpoints = Checkpoints::open(&options).await.unwrap();
        checkpoints.written();
        while waiting(&mut writer).await.unwrap() != 0 {
            tokio::task::yield_now().await;
        }
        // Whoever has the database open holds a shared lock on byte 128 of its index (SQLite, "WAL-mode File Format",
        // section 2.3.1): without one the next who opens it begins the index anew.
        let script = "import fcntl, os, struct, sys\n\
                      file = os.open(sys.argv[1], os.O_RDWR)\n\
                      asked = struct.pack('hhqqi', fcntl.F_WRLCK, os.SEEK_SET, 128, 1, 0)\n\
                      held = fcntl.fcntl(file, fcntl.F_GETLK, asked)\n\
                      print(struct.unpack('hhqqi', held)[0] == fcntl.F_RDLCK)\n";
        let index = dir.path().join("one.sqlite3-shm");
        let looked = Command::new("python3").args(["-c", script]).arg(index).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&looked.stdout), "True\n", "{looked:?}");
        checkpoints.close().await;
        writer.close().await.unwrap();
    }
}
