//! How many touches were opened to be judged: where it hung on what is told, so would the time of an answer.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts them. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(super) struct Judging(Arc<AtomicU64>);

impl Judging {
    /// One is opened.
    pub(super) fn opened(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many were.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
