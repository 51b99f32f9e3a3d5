//! Who waits for what the writer gathers.
//!
//! A bid request goes before its record is on the disk, and while its partner thinks nobody waits for the record. So
//! the writer gathers records until somebody does.

use futures_util::FutureExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// Shared by the writer and its callers.
#[derive(Debug, Default)]
pub(crate) struct Hurry {
    /// The number of the batch that is gathered.
    gathered: AtomicU64,
    asked: Notify,
}

impl Hurry {
    /// Returns the number of the batch with which goes at the latest what was handed in before, unless it is full.
    pub(crate) fn batch(&self) -> u64 {
        self.gathered.load(Ordering::Acquire)
    }

    /// Somebody waits for that batch.
    pub(crate) fn ask_for(&self, batch: u64) {
        if self.batch() == batch {
            self.ask();
        }
    }

    /// Somebody waits for what was handed in.
    pub(crate) fn ask(&self) {
        self.asked.notify_one();
    }

    /// Returns once it is time, or somebody waits: true then.
    pub(crate) async fn wait(&self, until: Instant) -> bool {
        timeout_at(until, self.asked.notified()).await.is_ok()
    }

    /// Begins the next batch. What was handed in before this is to be taken after it, so that whoever asked for the
    /// batch before is served.
    pub(crate) fn next_batch(&self) {
        self.gathered.fetch_add(1, Ordering::AcqRel);
        // Whoever asks from now on asks for the next one.
        let _before = self.asked.notified().now_or_never();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn waits(hurry: &Hurry) -> Duration {
        let begun = Instant::now();
        let somebody_waits = hurry.wait(begun + Duration::from_secs(1)).await;
        assert_eq!(somebody_waits, begun.elapsed().is_zero());
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_hurried_by_who_waits_for_it_and_by_nobody_else() {
        let hurry = Hurry::default();
        assert_eq!(waits(&hurry).await, Duration::from_secs(1));
        hurry.ask_for(hurry.batch());
        assert_eq!(waits(&hurry).await, Duration::ZERO, "also where it was asked for before");
        let taken = hurry.batch();
        hurry.ask_for(taken);
        hurry.next_batch();
        hurry.ask_for(taken);
        assert_eq!(waits(&hurry).await, Duration::from_secs(1), "it is on its way");
        hurry.ask();
        assert_eq!(waits(&hurry).await, Duration::ZERO);
    }
}
