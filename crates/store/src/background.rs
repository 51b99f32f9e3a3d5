//! What is done in the background, where nobody waits for an answer: the log says when it fails, and when it does not any more.

use crate::StoreError;
use futures_util::FutureExt as _;
use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicBool, Ordering},
};

/// One kind of work, which is tried again where it fails.
#[derive(Debug)]
pub(crate) struct Work {
    /// What it is done with, as the log says.
    what: &'static str,
    is_failing: AtomicBool,
}

impl Work {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, is_failing: AtomicBool::new(false) }
    }

    /// Does it once. A panic is a failure like others: whoever waits for the work would wait for ever.
    pub(crate) async fn done<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let done = AssertUnwindSafe(work).catch_unwind().await;
        let done = done.unwrap_or(Err(StoreError::Corrupt("work that panicked")));
        self.tell(done.as_ref().err());
        done
    }

    fn tell(&self, error: Option<&StoreError>) {
        if matches!(error, Some(StoreError::Closed)) {
            // It is not tried again.
            return;
        }
        let failed = self.is_failing.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !failed => self.tell_of_failure(error),
            None if failed => {
                tracing::info!(what = self.what, "work in the background goes on again");
            }
            Some(_) | None => {}
        }
    }

    fn tell_of_failure(&self, error: &StoreError) {
        let (what, cause) = (self.what, std::error::Error::source(error).map(ToString::to_string));
        tracing::error!(what, %error, cause, "work in the background failed, and is tried again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_fails_and_can_be_done_again() {
        let work = Work::new("a test");
        let panics = async {
            assert!(work.is_failing.load(Ordering::Relaxed), "never");
            Ok(())
        };
        assert!(matches!(work.done(panics).await, Err(StoreError::Corrupt(_))));
        assert!(work.is_failing.load(Ordering::Relaxed));
        assert_eq!(work.done(async { Ok(7) }).await.unwrap(), 7);
        assert!(!work.is_failing.load(Ordering::Relaxed));
    }
}
