//! The port behind which the ledger is kept.

use crate::keys::KeyFault;
use crate::{
    Day, Head, KeyId, KeyRow, LedgerBatch, Met, MetUntil, PackRow, PackTimes, ToldRow, Totals,
    UncertainWindow, WindowRow, WithheldRow,
};
use futures_util::future::BoxFuture;
use sluicegate_gate::{PartnershipId, SubjectKey, time::UnixMillis};
use std::{
    collections::BTreeSet,
    fmt,
    ops::{Range, RangeInclusive},
};

/// The store failed. Nothing of the write was kept, or nobody can tell.
#[derive(Debug, thiserror::Error)]
pub enum LedgerStoreError {
    /// It cannot be reached, or refused.
    #[error("the store of the ledger failed")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored does not read back.
    #[error("a stored record is corrupt: {0}")]
    Corrupt(&'static str),
    /// A pack of records was altered after it was written.
    #[error("pack {0} of the record is damaged")]
    Damaged(u64),
}

impl From<KeyFault> for LedgerStoreError {
    fn from(_fault: KeyFault) -> Self {
        Self::Corrupt("a key that does not open")
    }
}

/// What does not read, as far as that was found: it is kept for whoever looks into it, and holds up nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetAside {
    /// Commits' new keys. What was recorded under them cannot be read.
    pub keys: u64,
    /// Rows of what was told.
    pub told: u64,
    /// Rows of outlines, each of one commit.
    pub outlines: u64,
    /// Files of old records, or the rows that name them.
    pub files: u64,
}

/// What was told, as far as it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadTold {
    /// The rows.
    pub rows: Vec<ToldRow>,
    /// What is left out.
    pub unread: Unread,
    /// Of whom more may be in files that do not read. Where one key is asked for it is left empty.
    pub in_doubt: Vec<RangeInclusive<KeyId>>,
}

/// What does not read of what was told, and is left out. The log names each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// How many rows are there and do not read.
    pub rows: u64,
    /// Files of old records in which more may be, each by its place below the folder of them.
    pub files: BTreeSet<String>,
}

impl Unread {
    /// Returns whether everything reads.
    pub fn is_nothing(&self) -> bool {
        self.rows == 0 && self.files.is_empty()
    }

    /// Adds what else does not read.
    pub fn add(&mut self, other: Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.files.extend(other.files);
    }
}

/// Where the ledger is kept. What was acknowledged survives `kill -9` and a power cut. One ledger
/// writes; any number read. [`crate::conformance`] is the contract, run.
pub trait LedgerStore: Send + Sync + fmt::Debug {
    /// Commits all of the batch or nothing of it, and returns once it is durable. Messages get
    /// consecutive numbers in the order of the batch. Keys of the batch may be kept alone where the rest fails.
    fn append(&self, batch: LedgerBatch) -> BoxFuture<'_, Result<(), LedgerStoreError>>;

    /// Returns the packs from that number on, in order, at most `packs_max`.
    fn packs(
        &self,
        from: u64,
        packs_max: usize,
    ) -> BoxFuture<'_, Result<Vec<PackRow>, LedgerStoreError>>;

    /// Returns between which times the messages of packs are, in the order of the packs: of those that have one at
    /// that time or after it.
    fn pack_times(
        &self,
        since: UnixMillis,
    ) -> BoxFuture<'_, Result<Vec<PackTimes>, LedgerStoreError>>;

    /// Returns the number of the latest commit, and its mark.
    fn head(&self) -> BoxFuture<'_, Result<Head, LedgerStoreError>>;

    /// Returns the windows that are neither closed nor uncertain, oldest first.
    fn open_windows(&self) -> BoxFuture<'_, Result<Vec<WindowRow>, LedgerStoreError>>;

    /// Returns the uncertain windows, oldest first.
    fn uncertain_windows(&self) -> BoxFuture<'_, Result<Vec<UncertainWindow>, LedgerStoreError>>;

    /// Returns the keys of those subjects that have one.
    fn keys(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> BoxFuture<'_, Result<Vec<KeyRow>, LedgerStoreError>>;

    /// Returns the keys of those ids: whose they are. Erased ones are not among them.
    fn owners(&self, ids: Vec<KeyId>) -> BoxFuture<'_, Result<Vec<KeyRow>, LedgerStoreError>>;

    /// Returns how much is set aside.
    fn set_aside(&self) -> BoxFuture<'_, Result<SetAside, LedgerStoreError>> {
        Box::pin(std::future::ready(Ok(SetAside::default())))
    }

    /// Keeps who was met in rows about accounts, and up to where was read, all of it or nothing. A pair whose
    /// account's key is gone is left out.
    fn meet(&self, met: Met) -> BoxFuture<'_, Result<(), LedgerStoreError>>;

    /// Returns up to where the record was read last for who was met; `None` before it ever was.
    fn met_until(&self) -> BoxFuture<'_, Result<Option<MetUntil>, LedgerStoreError>>;

    /// Returns the keys of accounts that these devices and browsers were met with, sorted, each pair once.
    fn met(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, KeyId)>, LedgerStoreError>>;

    /// Deletes the subject's key and who was met with the subject, durably. Nothing to delete is not an error. Whatever is
    /// recorded waits for it, so it does not wait for work of the store in the background.
    fn destroy(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>>;

    /// Deletes what was counted as withheld of the subject, durably. Nothing to delete is not an error.
    fn forget_withheld(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>>;

    /// Does both.
    fn erase(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        Box::pin(async move {
            self.destroy(subject).await?;
            self.forget_withheld(subject).await
        })
    }

    /// Returns the values told about whoever has this key whose first and last time touch the range.
    fn told(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<ToldRow>, LedgerStoreError>>;

    /// Returns the same as far as it reads. For whoever shows it: who takes something back needs to know of every row.
    fn readable_told(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<ReadTold, LedgerStoreError>> {
        Box::pin(async move {
            let rows = self.told(key, range).await?;
            Ok(ReadTold { rows, ..ReadTold::default() })
        })
    }

    /// Returns everything that is counted as told on a day, about whoever has a key of these, in no order, as far as it
    /// reads. Values are left out.
    fn told_on(
        &self,
        day: Day,
        keys: RangeInclusive<KeyId>,
    ) -> BoxFuture<'_, Result<ReadTold, LedgerStoreError>>;

    /// Returns what was withheld of a subject on these days, by day, partnership and reason code.
    fn withheld(
        &self,
        subject: SubjectKey,
        days: RangeInclusive<Day>,
    ) -> BoxFuture<'_, Result<Vec<WithheldRow>, LedgerStoreError>>;

    /// Returns the number of the partnership's last numbered notes that were committed; 0 before any.
    fn noted(&self, partnership: PartnershipId) -> BoxFuture<'_, Result<u64, LedgerStoreError>>;

    /// Returns the totals of these days.
    fn totals(&self, days: RangeInclusive<Day>) -> BoxFuture<'_, Result<Totals, LedgerStoreError>>;
}
