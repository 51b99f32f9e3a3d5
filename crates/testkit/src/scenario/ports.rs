//! The two edges of a scenario's gateway: a door that records, and a store that can lose a change.

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, Path, Revision, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{Answer, Cleared, Door, SendError};
use sluicegate_settings::{
    ChangeRecord, Commit, CommitError, Heads, Order, Profile, SettingsStore, SettingsStoreError,
    ShardChange, ShardSnapshot, memory::MemoryStore,
};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

/// What came to a partner.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) partnership: PartnershipId,
    pub(crate) path: Path,
    pub(crate) body: Bytes,
}

/// A door behind which partners do not bid, accept events, and keep every byte.
#[derive(Debug, Default)]
pub(crate) struct RecordingDoor {
    pub(crate) messages: Mutex<Vec<Message>>,
    /// The status a partner answers with instead.
    pub(crate) answers: Mutex<BTreeMap<String, u16>>,
}

impl Door for RecordingDoor {
    fn refuses(&self, _partnership: &PartnershipId, _path: Path) -> Option<SendError> {
        None
    }

    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        async move {
            let usual = if cleared.path() == Path::Exposures { 200 } else { 204 };
            let status = self.answers.lock().get(cleared.partnership().as_str()).copied();
            self.messages.lock().push(Message {
                partnership: cleared.partnership().clone(),
                path: cleared.path(),
                body: cleared.body().clone(),
            });
            let status = status.unwrap_or(usual);
            Ok(Answer { status, body: Bytes::new(), retry_after: None, held: None })
        }
        .boxed()
    }
}

/// A settings store in memory that can be made to name changes it does not hand out.
#[derive(Debug, Default)]
pub(crate) struct LossyStore {
    inner: MemoryStore,
    pub(crate) loses: AtomicBool,
}

impl SettingsStore for LossyStore {
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>> {
        self.inner.commit(order, at)
    }

    fn heads(&self) -> BoxFuture<'_, Result<Heads, SettingsStoreError>> {
        async move {
            let Heads(mut heads) = self.inner.heads().await?;
            if self.loses.load(Ordering::SeqCst) {
                for head in &mut heads {
                    *head += 1;
                }
            }
            Ok(Heads(heads))
        }
        .boxed()
    }

    fn shard(&self, shard: u16) -> BoxFuture<'_, Result<ShardSnapshot, SettingsStoreError>> {
        self.inner.shard(shard)
    }

    fn tail(
        &self,
        after: Vec<Revision>,
    ) -> BoxFuture<'_, Result<Vec<ShardChange>, SettingsStoreError>> {
        self.inner.tail(after)
    }

    fn profile(
        &self,
        account: SubjectKey,
    ) -> BoxFuture<'_, Result<Option<Profile>, SettingsStoreError>> {
        self.inner.profile(account)
    }

    fn unfinished_erasures(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError>> {
        self.inner.unfinished_erasures()
    }

    fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        self.inner.finish_erasures(erasures)
    }

    fn linked(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<SubjectKey>, SettingsStoreError>> {
        self.inner.linked(key)
    }

    fn history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<ChangeRecord>, SettingsStoreError>> {
        self.inner.history(key)
    }
}
