//! What the service needs from a store.

use crate::{Actor, ChangeRecord, Commit, Event, KeyChange, Order, Profile, Refusal, ShardChange};
use futures_util::future::BoxFuture;
use sluicegate_gate::{Revision, Setting, SubjectKey, time::UnixMillis};

/// How many versions of one shard a call to [`SettingsStore::tail`] returns at most.
pub const TAIL_VERSIONS_MAX: u32 = 1_000;

/// Keeps choices, links, profiles and their history.
///
/// Every implementation passes [`crate::conformance`]. Contract:
/// - An order is one transaction around [`crate::plan()`]: all of it happens or nothing.
/// - Versions within a shard are 1, 2, 3, … in commit order, without a gap, and are visible to
///   [`Self::tail`] in that order.
/// - What [`Self::commit`] returned survives `kill -9` and a power cut, and every later read sees it.
pub trait SettingsStore: Send + Sync + std::fmt::Debug {
    /// Carries out an order made at that time. Orders that change nothing take no version.
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>>;

    /// Commits a heartbeat write, and then returns the newest version of every shard. A store that
    /// can no longer commit cannot answer.
    fn heads(&self) -> BoxFuture<'_, Result<Heads, SettingsStoreError>>;

    /// Returns one shard as it stands at one moment.
    fn shard(&self, shard: u16) -> BoxFuture<'_, Result<ShardSnapshot, SettingsStoreError>>;

    /// Returns what follows each of the revisions in its shard: in version order per shard, from the
    /// next version on, at most [`TAIL_VERSIONS_MAX`] per shard. A profile may already be a
    /// newer one than that of its version.
    fn tail(
        &self,
        after: Vec<Revision>,
    ) -> BoxFuture<'_, Result<Vec<ShardChange>, SettingsStoreError>>;

    /// Returns the whole profile of an account.
    fn profile(
        &self,
        account: SubjectKey,
    ) -> BoxFuture<'_, Result<Option<Profile>, SettingsStoreError>>;

    /// Returns the erasures that are not finished, each with when it was ordered.
    fn unfinished_erasures(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError>>;

    /// Notes that these erasures, of keys and as they were ordered, are finished everywhere, once nothing that was deleted before is on the
    /// store's disk any more: all of them, or none. One that was ordered again meanwhile is not finished.
    /// [`SettingsStoreError::LogIsRead`] while that has to wait.
    fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> BoxFuture<'_, Result<(), SettingsStoreError>>;

    /// Returns what is linked to a key: the devices and browsers of an account, the accounts of a device or
    /// browser, in no order.
    fn linked(&self, key: SubjectKey)
    -> BoxFuture<'_, Result<Vec<SubjectKey>, SettingsStoreError>>;

    /// Returns everything that happened at a key, oldest first.
    fn history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<ChangeRecord>, SettingsStoreError>>;

    /// Returns the same as far as it reads. For all that must not stop at one row of one person.
    fn readable_history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<ReadHistory, SettingsStoreError>> {
        Box::pin(async move {
            let records = self.history(key).await?;
            Ok(ReadHistory { records, unread: Vec::new() })
        })
    }
}

/// What happened at a key, as far as it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadHistory {
    /// What reads, oldest first.
    pub records: Vec<ChangeRecord>,
    /// What does not, oldest first: it was altered, or a newer version wrote it.
    pub unread: Vec<UnreadRecord>,
}

impl ReadHistory {
    /// Returns whether all of it reads.
    pub const fn is_whole(&self) -> bool {
        self.unread.is_empty()
    }

    /// Returns who last chose at a setting, and when; none, too, where something later does not read: that may be a
    /// choice.
    pub fn last_choice(&self, setting: Setting) -> Option<(Actor, UnixMillis)> {
        let (revision, last) =
            self.records.iter().rev().find_map(|record| match &record.event {
                Event::Chosen { setting: chosen, actor, .. } if *chosen == setting => {
                    Some((record.revision, (*actor, record.at)))
                }
                _ => None,
            })?;
        let is_later = |unread: &UnreadRecord| unread.revision.version >= revision.version;
        (!self.unread.iter().any(is_later)).then_some(last)
    }
}

/// One thing that happened at a key, and does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadRecord {
    /// The change it belongs to.
    pub revision: Revision,
    /// When it was made.
    pub at: UnixMillis,
}

/// The newest version of each shard, by shard number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads(pub Vec<u64>);

impl Heads {
    /// Returns the newest version of a shard, if the store knows the shard.
    pub fn of(&self, shard: u16) -> Option<u64> {
        self.0.get(usize::from(shard)).copied()
    }
}

/// One shard at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardSnapshot {
    /// The newest version that is in it.
    pub version: u64,
    /// Every key that a change ever touched, accounts with their profile.
    pub keys: Vec<KeyChange>,
}

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsStoreError {
    /// It could not read or write.
    #[error("the settings store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its log could not be emptied, since somebody reads what is in it. Nothing was done; it may be asked for again.
    #[error("the log of the store is read, so it cannot be emptied yet")]
    LogIsRead,
    /// What it holds does not read back.
    #[error("the settings store holds a value that does not read back: {0}")]
    Corrupt(&'static str),
}

/// An order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// It is wrong in itself.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed. Whether the order was carried out is not known; it may be given again.
    #[error(transparent)]
    Store(#[from] SettingsStoreError),
}
