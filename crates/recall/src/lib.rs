//! Telling partners to forget or correct what they got, and requests to delete.
//!
//! Whoever turns sharing off, corrects their demographics or is erased is owed something: each partner that
//! was told something within the period that the register names is to hear of it. [`Recalls`] reads what
//! people changed from the settings' own log, as far behind as it may be, asks the ledger what had left,
//! and writes down what is owed together with how far it has read, so that nothing is lost and nothing is
//! owed twice for a crash.
//!
//! A message holds ids of disclosures and nothing else. Messages are made at fixed intervals, of the ids of
//! many people in random order, so that one tells nobody which disclosures were about the same person. A
//! partner that does not acknowledge in time is suspended.
//!
//! [`Erasures`] is what partners are owed when a person is erased. [`deletion`] is the IAB Tech Lab's Data
//! Deletion Request Framework 1.0, as sender and as receiver.

mod changes;
pub mod conformance;
pub mod deletion;
mod erasures;
pub mod memory;
mod owing;
mod port;
mod recalls;
mod schedule;
mod sending;
mod wishes;

pub use erasures::{Erasures, ErasuresParts};
pub use port::{
    Accepting, Aside, Cause, Deferred, Deleting, Erasing, Figures, Item, Kept, Message, Owed,
    Owing, Pack, Reach, RecallStore, RecallStoreError, Sent, Stage, Standing, Waiting,
};
pub use recalls::{RecallOptions, Recalls, RecallsParts, Suspend, SuspendFailed};
pub use schedule::{LONGEST_WAIT, RecallSchedule, is_due};
pub use sending::Step;

use sluicegate_ledger::{ReadError, RecallError};
use sluicegate_settings::SettingsStoreError;

/// A step failed on our side. What it was about is still owed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// What is owed could not be read or kept.
    #[error("what is owed could not be read or kept")]
    Store(#[from] RecallStoreError),
    /// What people changed could not be read.
    #[error("what people changed could not be read")]
    Settings(#[from] SettingsStoreError),
    /// What had left could not be read.
    #[error("what had left could not be read")]
    Ledger(#[from] ReadError),
    /// A message could not be recorded, so it did not go.
    #[error("a message could not be recorded")]
    Recall(#[from] RecallError),
    /// A partnership could not be suspended.
    #[error("a partnership could not be suspended")]
    Suspend(#[from] SuspendFailed),
    /// A request to delete could not be written.
    #[error("a request to delete could not be written")]
    Deletion(#[from] deletion::TokenError),
}
