//! Brings commits to the disk beside the writer.
//!
//! A flush takes as long as a small transaction, and the writer would do nothing meanwhile. So commits whose callers
//! may wait for it elsewhere are written to the log of the database only, and the log is flushed by a thread beside: one
//! flush for all commits that were made while the one before was under way. The log keeps their order, so that what
//! was flushed includes everything before it.
//!
//! The log is flushed by a handle of its own. The locks of the database are on its two other files, so that opening and
//! closing this one lets go of none.

use crate::StoreError;
use parking_lot::Mutex;
use std::{fs::File, io, path::Path, sync::Arc};
use tokio::sync::Notify;

/// The extended result code of SQLite where a file could not be flushed (`SQLITE_IOERR_FSYNC`).
const IOERR_FSYNC: &str = "1034";

/// Tells a caller how the flush ended that it waits for.
pub(crate) type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Flushes what is committed. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Flushes {
    log: Arc<File>,
    state: Arc<Mutex<State>>,
    rests: Arc<Notify>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Tell>,
    is_under_way: bool,
    has_failed: bool,
    #[cfg(test)]
    count: u64,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("State")
    }
}

impl Flushes {
    /// Opens the log of a database that is open.
    pub(crate) fn of_log(path: &Path) -> io::Result<Self> {
        let log = Arc::new(File::options().read(true).write(true).open(path)?);
        Ok(Self { log, state: Arc::default(), rests: Arc::default() })
    }

    /// Returns whether a flush failed. Nobody can tell then what of the log is on the disk, and the system may say that a
    /// later flush went well: nothing can be acknowledged any more before the store is opened again.
    pub(crate) fn have_failed(&self) -> bool {
        self.state.lock().has_failed
    }

    /// Notes that a commit failed. Where it was to be flushed itself and that failed, what others committed before it may
    /// not be on the disk either, and no later flush would say so.
    pub(crate) fn commit_failed(&self, error: &sqlx::Error) {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        if code.as_deref() == Some(IOERR_FSYNC) {
            self.stop(error);
        }
    }

    fn stop(&self, error: &dyn std::fmt::Display) {
        self.state.lock().has_failed = true;
        tracing::error!(%error, "the log of the database could not be flushed; nothing is kept any more until the store is opened again");
    }

    /// Tells these once everything that is committed now is on the disk.
    pub(crate) fn tell_once_flushed(&self, tells: Vec<Tell>) {
        if tells.is_empty() {
            return;
        }
        let begins = {
            let mut state = self.state.lock();
            state.waiting.extend(tells);
            !std::mem::replace(&mut state.is_under_way, true)
        };
        if begins {
            let flushes = self.clone();
            tokio::task::spawn_blocking(move || flushes.run());
        }
    }

    /// Returns once nobody waits for a flush.
    pub(crate) async fn close(&self) {
        loop {
            let rests = self.rests.notified();
            if !self.state.lock().is_under_way {
                return;
            }
            rests.await;
        }
    }

    fn run(&self) {
        while let Some(tells) = self.next() {
            let flushed = self.log.sync_data();
            #[cfg(test)]
            {
                self.state.lock().count += 1;
            }
            self.tell(tells, flushed);
        }
        self.rests.notify_waiters();
    }

    /// Takes everybody who waits, or notes that nobody does.
    fn next(&self) -> Option<Vec<Tell>> {
        let mut state = self.state.lock();
        state.is_under_way = !state.waiting.is_empty();
        state.is_under_way.then(|| std::mem::take(&mut state.waiting))
    }

    fn tell(&self, tells: Vec<Tell>, flushed: io::Result<()>) {
        let mut failed = flushed.err();
        if let Some(error) = &failed {
            self.stop(error);
        }
        let has_failed = self.have_failed();
        for tell in tells {
            let error = failed.take().map(|error| StoreError::Sqlite(sqlx::Error::Io(error)));
            match error {
                Some(error) => tell(Err(error)),
                None if has_failed => tell(Err(StoreError::Commit)),
                None => tell(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use tokio::sync::oneshot;

    impl Flushes {
        /// Returns how many flushes there were.
        pub(crate) fn count(&self) -> u64 {
            self.state.lock().count
        }
    }

    fn open() -> (tempfile::NamedTempFile, Flushes) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let flushes = Flushes::of_log(file.path()).unwrap();
        (file, flushes)
    }

    fn told() -> (Tell, oneshot::Receiver<Result<(), StoreError>>) {
        let (told, hears) = oneshot::channel();
        (Box::new(move |outcome| drop(told.send(outcome))), hears)
    }

    #[tokio::test]
    async fn what_is_committed_while_a_flush_is_under_way_goes_with_the_next_one() {
        let (_file, flushes) = open();
        let ((begun, is_begun), (go_on, goes_on)) = (oneshot::channel(), mpsc::channel::<()>());
        let first: Tell = Box::new(move |outcome| {
            drop(begun.send(outcome));
            let _gone = goes_on.recv();
        });
        flushes.tell_once_flushed(vec![first]);
        is_begun.await.unwrap().unwrap();
        let mut hear = Vec::new();
        for _ in 0..5 {
            let (tell, hears) = told();
            flushes.tell_once_flushed(vec![tell]);
            hear.push(hears);
        }
        assert_eq!(flushes.count(), 1);
        drop(go_on);
        for hears in hear {
            hears.await.unwrap().unwrap();
        }
        assert_eq!(flushes.count(), 2);
        flushes.close().await;
    }

    #[tokio::test]
    async fn where_a_flush_fails_whoever_waits_is_told_so_and_nothing_is_kept_any_more() {
        let flushes = Flushes::of_log(Path::new("/dev/null")).unwrap();
        assert!(!flushes.have_failed());
        let ((one, hears_one), (other, hears_other)) = (told(), told());
        flushes.tell_once_flushed(vec![one, other]);
        assert!(hears_one.await.unwrap().is_err() && hears_other.await.unwrap().is_err());
        assert!(flushes.have_failed());
    }

    #[derive(Debug)]
    struct Failure(&'static str);

    impl std::fmt::Display for Failure {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str(self.0)
        }
    }

    impl std::error::Error for Failure {}

    impl sqlx::error::DatabaseError for Failure {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    #[test]
    fn a_commit_whose_own_flush_fails_ends_everything_and_one_on_a_full_disk_nothing() {
        let (_file, flushes) = open();
        let fail = |code| flushes.commit_failed(&sqlx::Error::Database(Box::new(Failure(code))));
        fail("13");
        assert!(!flushes.have_failed());
        fail("1034");
        assert!(flushes.have_failed());
    }
}
