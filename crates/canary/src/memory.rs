//! A store in memory, for tests and for comparison.

use crate::{Closed, ClosedPaths, ClosedPathsError};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sluicegate_gate::{Path, time::UnixMillis};
use std::collections::BTreeMap;

/// Keeps closed paths in memory.
#[derive(Debug, Default)]
pub struct MemoryPaths(Mutex<BTreeMap<Path, UnixMillis>>);

impl ClosedPaths for MemoryPaths {
    fn closed(&self) -> BoxFuture<'_, Result<Vec<Closed>, ClosedPathsError>> {
        let closed = |(path, since): (&Path, &UnixMillis)| Closed { path: *path, since: *since };
        let all: Vec<Closed> = self.0.lock().iter().map(closed).collect();
        Box::pin(std::future::ready(Ok(all)))
    }

    fn close(&self, closed: Closed) -> BoxFuture<'_, Result<(), ClosedPathsError>> {
        self.0.lock().entry(closed.path).or_insert(closed.since);
        Box::pin(std::future::ready(Ok(())))
    }

    fn open(&self, path: Path) -> BoxFuture<'_, Result<(), ClosedPathsError>> {
        self.0.lock().remove(&path);
        Box::pin(std::future::ready(Ok(())))
    }
}
