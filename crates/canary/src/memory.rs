//! A store in memory, for tests and for comparison.

use crate::{Closed, ClosedPaths, ClosedPathsError, Established, EstablishedError};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sluicegate_gate::{Path, SubjectKey, time::UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

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

/// Keeps in memory which keys got their choices.
#[derive(Debug, Default)]
pub struct MemoryEstablished(Mutex<BTreeSet<SubjectKey>>);

impl Established for MemoryEstablished {
    fn established(&self) -> BoxFuture<'_, Result<Vec<SubjectKey>, EstablishedError>> {
        let all: Vec<SubjectKey> = self.0.lock().iter().copied().collect();
        Box::pin(std::future::ready(Ok(all)))
    }

    fn establish(&self, keys: Vec<SubjectKey>) -> BoxFuture<'_, Result<(), EstablishedError>> {
        self.0.lock().extend(keys);
        Box::pin(std::future::ready(Ok(())))
    }
}
