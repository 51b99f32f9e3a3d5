//! A clock set by hand, and a store that misbehaves on request.

use futures_util::future::{BoxFuture, FutureExt};
use parking_lot::Mutex;
use sluicegate_gate::{
    Revision, SubjectKey,
    time::{BootMillis, Clock, UnixMillis},
};
use sluicegate_settings::{
    ChangeRecord, Commit, CommitError, Heads, Order, Profile, SettingsStore, SettingsStoreError,
    ShardChange, ShardSnapshot,
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{Notify, oneshot};

/// Both clocks show the same milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Hands(AtomicU64);

impl Hands {
    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> UnixMillis {
        UnixMillis(i64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(i64::MAX))
    }

    fn boot(&self) -> BootMillis {
        BootMillis(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
struct Faults {
    broken: bool,
    lost: Option<Revision>,
    gone_back: Option<u16>,
    before_heads_answer: Option<Box<dyn FnOnce() + Send>>,
    held: Option<oneshot::Receiver<()>>,
}

/// A store with faults.
pub(crate) struct Faulty {
    store: Arc<dyn SettingsStore>,
    faults: Mutex<Faults>,
    is_held: Notify,
}

impl fmt::Debug for Faulty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Faulty")
    }
}

impl Faulty {
    pub(crate) fn new(store: Arc<dyn SettingsStore>) -> Self {
        Self { store, faults: Mutex::default(), is_held: Notify::new() }
    }

    /// From now on heads and tails fail.
    pub(crate) fn break_down(&self) {
        self.faults.lock().broken = true;
    }

    /// From now on everything works.
    pub(crate) fn repair(&self) {
        *self.faults.lock() = Faults::default();
    }

    /// Leaves one version out of every tail.
    pub(crate) fn lose(&self, revision: Revision) {
        self.faults.lock().lost = Some(revision);
    }

    /// Names 0 as the head of a shard.
    pub(crate) fn go_back(&self, shard: u16) {
        self.faults.lock().gone_back = Some(shard);
    }

    pub(crate) fn before_heads_answer(&self, act: impl FnOnce() + Send + 'static) {
        self.faults.lock().before_heads_answer = Some(Box::new(act));
    }

    /// Keeps the next commit from coming back to its caller until told.
    pub(crate) fn hold_next_commit(&self) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        self.faults.lock().held = Some(held);
        release
    }

    /// Waits until a commit is held.
    pub(crate) async fn until_held(&self) {
        self.is_held.notified().await;
    }
}

impl SettingsStore for Faulty {
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>> {
        async move {
            let commit = self.store.commit(order, at).await;
            let held = self.faults.lock().held.take();
            if let Some(held) = held {
                self.is_held.notify_one();
                held.await.expect("a release");
            }
            commit
        }
        .boxed()
    }

    fn heads(&self) -> BoxFuture<'_, Result<Heads, SettingsStoreError>> {
        async move {
            let Heads(mut heads) = self.store.heads().await?;
            let mut faults = self.faults.lock();
            if faults.broken {
                return Err(SettingsStoreError::Corrupt("broken on request"));
            }
            if let Some(act) = faults.before_heads_answer.take() {
                act();
            }
            let gone = faults.gone_back.and_then(|shard| heads.get_mut(usize::from(shard)));
            if let Some(head) = gone {
                *head = 0;
            }
            Ok(Heads(heads))
        }
        .boxed()
    }

    fn shard(&self, shard: u16) -> BoxFuture<'_, Result<ShardSnapshot, SettingsStoreError>> {
        self.store.shard(shard)
    }

    fn tail(
        &self,
        after: Vec<Revision>,
    ) -> BoxFuture<'_, Result<Vec<ShardChange>, SettingsStoreError>> {
        async move {
            let mut tail = self.store.tail(after).await?;
            let (broken, lost) = {
                let faults = self.faults.lock();
                (faults.broken, faults.lost)
            };
            if broken {
                return Err(SettingsStoreError::Corrupt("broken on request"));
            }
            tail.retain(|change| Some(change.revision) != lost);
            Ok(tail)
        }
        .boxed()
    }

    fn profile(
        &self,
        account: SubjectKey,
    ) -> BoxFuture<'_, Result<Option<Profile>, SettingsStoreError>> {
        self.store.profile(account)
    }

    fn unfinished_erasures(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError>> {
        self.store.unfinished_erasures()
    }

    fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        self.store.finish_erasures(erasures)
    }

    fn linked(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<SubjectKey>, SettingsStoreError>> {
        self.store.linked(key)
    }

    fn history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<ChangeRecord>, SettingsStoreError>> {
        self.store.history(key)
    }
}
