//! Feedback in memory, for tests.

use crate::{Feedback, FeedbackError, Opinion, OpinionCounts, REMARKS_MAX, Remark, Verdict};
use futures_util::future::BoxFuture;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

/// Keeps opinions until it is dropped. Nothing is durable.
#[derive(Debug, Default)]
pub struct MemoryFeedback(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    counts: BTreeMap<u32, OpinionCounts>,
    remarks: VecDeque<Remark>,
    last: u64,
}

impl MemoryFeedback {
    /// Returns an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn said<T>(&self, read: impl FnOnce(&mut Said) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Said {
    fn add(&mut self, opinion: Opinion) {
        let Opinion { edition, verdict, remark, at } = opinion;
        let none = OpinionCounts { edition, helpful: 0, not_helpful: 0 };
        let counts = self.counts.entry(edition).or_insert(none);
        match verdict {
            Verdict::Helpful => counts.helpful += 1,
            Verdict::NotHelpful => counts.not_helpful += 1,
        }
        let Some(text) = remark else { return };
        self.last += 1;
        self.remarks.push_front(Remark { id: self.last, edition, verdict, at, text });
        self.remarks.truncate(REMARKS_MAX);
    }
}

impl Feedback for MemoryFeedback {
    fn add(&self, opinion: Opinion) -> BoxFuture<'_, Result<(), FeedbackError>> {
        Box::pin(async move {
            self.said(|said| said.add(opinion));
            Ok(())
        })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Vec<OpinionCounts>, FeedbackError>> {
        Box::pin(async move { Ok(self.said(|said| said.counts.values().copied().collect())) })
    }

    fn remarks(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Remark>, FeedbackError>> {
        Box::pin(async move {
            Ok(self.said(|said| {
                let wanted = said.remarks.iter();
                let wanted = wanted.filter(|one| before.is_none_or(|before| one.id < before));
                wanted.take(limit).cloned().collect()
            }))
        })
    }

    fn remove(&self, id: u64) -> BoxFuture<'_, Result<bool, FeedbackError>> {
        Box::pin(async move {
            Ok(self.said(|said| {
                let before = said.remarks.len();
                said.remarks.retain(|one| one.id != id);
                said.remarks.len() < before
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback_conformance::CASES;
    use futures_util::FutureExt;
    use std::sync::Arc;

    #[test]
    fn it_keeps_every_promise_of_the_port() {
        for case in CASES {
            let outcome = case.run(Arc::new(MemoryFeedback::new())).now_or_never();
            outcome.expect("memory never waits").expect(case.promise);
        }
    }
}
