//! An answer that an auction holds: its share of the room, and what the breaker is to learn of it.

use crate::{
    breaker::Pass,
    line::{Limits, Line},
};
use sluicegate_gate::time::Clock;
use sluicegate_ledger::{Found, Held};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The place of one answer. Dropped, it is free again.
#[derive(Debug)]
pub(crate) struct HeldAnswer {
    line: Arc<Line>,
    clock: Arc<dyn Clock>,
    /// On what terms the message went that it answers.
    terms: (Limits, Pass),
    bytes: usize,
    is_found: AtomicBool,
}

impl HeldAnswer {
    pub(crate) fn new(
        line: &Arc<Line>,
        clock: &Arc<dyn Clock>,
        terms: (Limits, Pass),
        bytes: usize,
    ) -> Arc<Self> {
        let (line, clock) = (Arc::clone(line), Arc::clone(clock));
        Arc::new(Self { line, clock, terms, bytes, is_found: AtomicBool::new(false) })
    }
}

impl Held for HeldAnswer {
    fn found(&self, what: Found) {
        if !self.is_found.swap(true, Ordering::Relaxed) {
            self.line.found(what, self.terms, self.clock.boot());
        }
    }
}

impl Drop for HeldAnswer {
    fn drop(&mut self) {
        self.found(Found::Readable);
        self.line.let_go(self.bytes);
    }
}
