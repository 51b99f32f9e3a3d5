//! Where it is kept which paths are closed, and which canaries got their choices.

use futures_util::future::BoxFuture;
use sluicegate_gate::{Path, SubjectKey, time::UnixMillis};
use std::fmt;

/// A path that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closed {
    /// The path.
    pub path: Path,
    /// Since when.
    pub since: UnixMillis,
}

/// It could not be read or kept which paths are closed.
#[derive(Debug, thiserror::Error)]
pub enum ClosedPathsError {
    /// The store cannot be reached, or refused.
    #[error("the store of closed paths failed")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored does not read back.
    #[error("a stored path is corrupt")]
    Corrupt,
}

/// Keeps which paths are closed, so that a restart opens none. What was acknowledged survives `kill -9` and a
/// power cut. [`crate::conformance`] is the contract, run.
pub trait ClosedPaths: Send + Sync + fmt::Debug {
    /// Returns the paths that are closed, in their order.
    fn closed(&self) -> BoxFuture<'_, Result<Vec<Closed>, ClosedPathsError>>;

    /// Keeps a path as closed. One that is closed keeps its time.
    fn close(&self, closed: Closed) -> BoxFuture<'_, Result<(), ClosedPathsError>>;

    /// Keeps a path as open.
    fn open(&self, path: Path) -> BoxFuture<'_, Result<(), ClosedPathsError>>;
}

/// It could not be read or kept which canaries got their choices.
#[derive(Debug, thiserror::Error)]
pub enum EstablishedError {
    /// The store cannot be reached, or refused.
    #[error("the store of the canaries failed")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored does not read back.
    #[error("a stored key of a canary is corrupt")]
    Corrupt,
}

/// Keeps which keys of canaries got their choices, so that no restart gives them again.
///
/// That they were lost is what a run is to find. What was acknowledged survives `kill -9` and a power cut. [`crate::conformance`] is the contract, run.
pub trait Established: Send + Sync + fmt::Debug {
    /// Returns the keys that got their choices.
    fn established(&self) -> BoxFuture<'_, Result<Vec<SubjectKey>, EstablishedError>>;

    /// Keeps that keys got their choices.
    fn establish(&self, keys: Vec<SubjectKey>) -> BoxFuture<'_, Result<(), EstablishedError>>;
}
