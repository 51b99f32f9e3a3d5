//! The port behind which editions are kept.

use crate::Edition;
use futures_util::future::BoxFuture;
use sluicegate_gate::{EditionHash, time::UnixMillis};

/// Keeps every edition forever. Each call is one whole transaction.
pub trait EditionStore: Send + Sync + std::fmt::Debug {
    /// Keeps an edition; it is durable when this returns. Numbers run from 1 without a gap, and what
    /// is kept never changes: another number fails and keeps nothing.
    fn put<'a>(&'a self, edition: &'a Edition) -> BoxFuture<'a, Result<(), EditionStoreError>>;

    /// Returns the edition with the highest number.
    fn latest(&self) -> BoxFuture<'_, Result<Option<Edition>, EditionStoreError>>;

    /// Returns the edition of that number.
    fn get(&self, number: u32) -> BoxFuture<'_, Result<Option<Edition>, EditionStoreError>>;

    /// Returns all editions in short, oldest first.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EditionSummary>, EditionStoreError>>;
}

/// An edition in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditionSummary {
    /// Its number.
    pub number: u32,
    /// When it was published.
    pub published_at: UnixMillis,
    /// Its hash.
    pub hash: EditionHash,
}

/// An edition could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum EditionStoreError {
    /// There is an edition of that number already.
    #[error("edition {0} is kept already")]
    Exists(u32),
    /// The number does not follow the latest.
    #[error("edition {offered} does not follow the latest, which needs {expected} to come next")]
    Gap {
        /// The number that would follow.
        expected: u32,
        /// The number of the edition.
        offered: u32,
    },
    /// What is kept does not read back with its hash.
    #[error("edition {0} does not read back as it was kept")]
    Corrupt(u32),
    /// The store failed.
    #[error("the store of editions failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}
