//! The service: commits orders, keeps the view, answers for subjects.

use crate::{
    Change, Commit, CommitError, Correction, FromElsewhere, Heard, ListName, NotedEdit, Order,
    Profile, ProfileWrite, ReadHistory, Refusal, Removal, RequestKeys, SHARDS, SettingsStore,
    SettingsStoreError, apart,
    effects::{Awaited, EffectRow, EffectStore, Effects},
    key::revision_of,
    view::{Applied, Seen, View},
};
use sluicegate_gate::{
    KeyStamp, Revision, Standing, SubjectKey, SubjectState, ViewState,
    time::{Clock, UnixMillis},
};
use std::{ops::Range, sync::Arc, time::Duration};

/// Choices, links and profiles of everyone, behind one in-memory view.
///
/// The view's age is the time since it was last proven to include everything committed. While
/// [`Self::refresh`] fails, it only grows, and past `takes_effect_within` decisions close.
///
/// An order that was begun is carried out, and counted, also where whoever gave it goes away.
#[derive(Debug)]
pub struct Settings {
    store: Arc<dyn SettingsStore>,
    clock: Arc<dyn Clock>,
    takes_effect_within: Duration,
    view: View,
    effects: Effects,
}

/// An order was carried out, and is in force on this gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The new version of every shard that was touched, ascending; empty if nothing changed.
    pub revisions: Vec<Revision>,
    /// When it arrived; its place in every history.
    pub at: UnixMillis,
    /// When it was in force here: from then on every decision of this gateway is by it.
    pub in_force_at: UnixMillis,
}

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store could not be read.
    #[error("the settings could not be loaded")]
    Load(#[source] SettingsStoreError),
    /// The view could not be proven fresh.
    #[error("the settings could not be brought up to date")]
    Refresh(#[source] RefreshError),
}

/// An order is not in force.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It is wrong in itself.
    #[error(transparent)]
    Refused(Refusal),
    /// The store failed. Whether it was carried out is not known; giving it again is safe.
    #[error("the change could not be saved")]
    Store(#[source] SettingsStoreError),
    /// It is saved, but this gateway could not read what was saved before it, so it cannot yet
    /// answer by it. Giving it again is safe.
    #[error("the change is saved but not yet in force here")]
    NotInForce(#[source] SettingsStoreError),
}

/// The view could not be proven fresh. Its age goes on growing.
#[derive(Debug, thiserror::Error)]
#[error("the view could not be brought up to date")]
pub struct RefreshError(#[from] SettingsStoreError);

impl Settings {
    /// Loads the view and proves it fresh.
    pub async fn open(
        store: Arc<dyn SettingsStore>,
        clock: Arc<dyn Clock>,
        takes_effect_within: Duration,
    ) -> Result<Arc<Self>, OpenError> {
        let settings = Self {
            store,
            clock,
            takes_effect_within,
            view: View::unloaded(),
            effects: Effects::default(),
        };
        for shard in 0..SHARDS {
            let snapshot = settings.store.shard(shard).await.map_err(OpenError::Load)?;
            settings.view.load(shard, &snapshot);
        }
        settings.refresh().await.map_err(OpenError::Refresh)?;
        Ok(Arc::new(settings))
    }

    /// Returns what the view knows of the subject of a request. Waits for no store.
    pub fn subject(&self, keys: &RequestKeys) -> SubjectState {
        let as_of = self.view.as_of();
        let [account, device, browser] = [keys.account, keys.device, keys.browser]
            .map(|key| key.map(|key| (key, self.view.see(key))));
        let is_complete = [account, device, browser]
            .iter()
            .flatten()
            .all(|(_, seen)| seen.is_some_and(|seen| seen.is_complete));
        let view = match as_of {
            Some(as_of) if is_complete => {
                ViewState::Complete { as_of, bound: self.takes_effect_within }
            }
            Some(_) | None => ViewState::Incomplete,
        };
        let nobody = SubjectState::nobody(view);
        let known = account.and_then(|(_, seen)| seen).map(|seen| seen.in_use);
        SubjectState {
            account: account.map(standing_of),
            device: device.map(standing_of),
            browser: browser.map(standing_of),
            account_country: known.and_then(|known| known.country),
            protection_age: known.and_then(|known| known.protection_age),
            demographics: known.map_or(nobody.demographics, |known| known.demographics),
            view,
        }
    }

    /// Returns whether no change has touched any of these keys since they were stamped. A key whose
    /// shard is stopped counts as changed.
    pub fn unchanged(&self, stamps: &[KeyStamp]) -> bool {
        stamps.iter().all(|stamp| {
            self.view
                .see(stamp.key)
                .is_some_and(|seen| seen.is_complete && seen.standing.stamp == *stamp)
        })
    }

    /// Returns whether it is known for sure that no change has touched any of these keys, anywhere: what goes without a
    /// permit has no deadline by which that would be known again. Of no keys it is.
    pub fn stand(&self, stamps: &[KeyStamp]) -> bool {
        stamps.is_empty() || self.is_fresh() && self.unchanged(stamps)
    }

    /// Returns what the view knows of one key. Where the key's shard is stopped this is what it last
    /// knew, and only [`Self::subject`] says so.
    pub fn standing(&self, key: SubjectKey) -> Standing {
        standing_of((key, self.view.see(key)))
    }

    /// Makes a choice, and counts what became of it. When this returns it is durable, and in force here.
    pub async fn change(self: &Arc<Self>, change: Change) -> Result<Changed, ChangeError> {
        let settings = Arc::clone(self);
        apart(async move { settings.choose(change).await }).await
    }

    async fn choose(&self, change: Change) -> Result<Changed, ChangeError> {
        let (awaited, began) = (Awaited::of(&change), self.clock.boot());
        let changed = self.carry_out_here(Order::Choose(change)).await;
        match &changed {
            Ok(changed) => {
                let took = self.clock.boot().since(began);
                self.effects.count(awaited, changed.at, Some(took));
            }
            // It was wrong in itself: nobody waits for it.
            Err(ChangeError::Refused(_)) => {}
            Err(ChangeError::Store(_) | ChangeError::NotInForce(_)) => {
                self.effects.count(awaited, self.clock.now(), None);
            }
        }
        changed
    }

    /// Makes a choice for somebody that is no person: like [`Self::change`], and counted nowhere.
    pub async fn change_uncounted(
        self: &Arc<Self>,
        change: Change,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Choose(change)).await
    }

    /// Writes down what became of choices since the last call, and how long each change took. What cannot be
    /// written goes on waiting.
    pub async fn keep_effects(&self, store: &dyn EffectStore) -> Result<(), SettingsStoreError> {
        let took = self.effects.waiting();
        if !took.is_empty() {
            store.add_took(took.clone()).await?;
            self.effects.written(&took);
        }
        let rows = self.effects.take();
        if rows.is_empty() {
            return Ok(());
        }
        let kept = store.add_effects(rows.clone()).await;
        if kept.is_err() {
            self.effects.put_back(&rows);
        }
        kept
    }

    /// Returns what became of the choices of every day that begins in the range, those not written down
    /// too.
    pub async fn effects(
        &self,
        store: &dyn EffectStore,
        range: Range<UnixMillis>,
    ) -> Result<Vec<EffectRow>, SettingsStoreError> {
        let waiting = self.effects.peek(&range);
        let mut rows = store.effects(range).await?;
        rows.extend(waiting);
        Ok(rows)
    }

    /// Links an account with a device or browser; whatever the account has turned off closes there
    /// too. Linking what is linked changes nothing.
    pub async fn link(
        self: &Arc<Self>,
        account: SubjectKey,
        key: SubjectKey,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Link { account, key }).await
    }

    /// Unlinks an account from a device or browser, and takes this account's own marks away there.
    pub async fn unlink(
        self: &Arc<Self>,
        account: SubjectKey,
        key: SubjectKey,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Unlink { account, key }).await
    }

    /// Writes what the platform knows of an account.
    pub async fn put_profile(
        self: &Arc<Self>,
        account: SubjectKey,
        write: ProfileWrite,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::WriteProfile { account, write }).await
    }

    /// Edits one attribute for the person.
    pub async fn correct(
        self: &Arc<Self>,
        account: SubjectKey,
        correction: Correction,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Correct { account, correction }).await
    }

    /// Edits one language or interest for the person. What is not noted is left alone.
    pub async fn edit(
        self: &Arc<Self>,
        account: SubjectKey,
        edit: NotedEdit,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Edit { account, edit }).await
    }

    /// Takes in what partners or advertisers said of an account at that time, as far as it may be kept.
    pub async fn hear(
        self: &Arc<Self>,
        account: SubjectKey,
        said: UnixMillis,
        heard: Vec<Heard>,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Hear { account, said, heard }).await
    }

    /// Removes some of it for the person, for good. The words are what it was called on the page.
    pub async fn remove(
        self: &Arc<Self>,
        account: SubjectKey,
        removal: Removal,
        words: String,
    ) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Remove { account, removal, words }).await
    }

    /// Erases everything that is known of a key; what stays is `off`. In force when this returns, and unfinished
    /// elsewhere until [`Self::finish_erasures`].
    pub async fn erase(self: &Arc<Self>, key: SubjectKey) -> Result<Changed, ChangeError> {
        self.carry_out(Order::Erase { key }).await
    }

    /// Returns the erasures that are not finished, each with when it was ordered.
    pub async fn unfinished_erasures(
        &self,
    ) -> Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError> {
        self.store.unfinished_erasures().await
    }

    /// Notes that these erasures, each with when it was ordered, are finished everywhere. What the store does for it, it does
    /// once for all.
    pub async fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> Result<(), SettingsStoreError> {
        self.store.finish_erasures(erasures).await
    }

    /// Forgets what has run out, of at most so many accounts, and returns of how many. What is kept of a stopped
    /// shard stays.
    pub async fn forget_stale(self: &Arc<Self>, max: usize) -> Result<usize, ChangeError> {
        let stale = self.view.stale(self.clock.now(), max);
        for account in &stale {
            self.carry_out(Order::ForgetStale { account: *account }).await?;
        }
        Ok(stale.len())
    }

    /// Returns what the view knows of what was said of an account; `None` if that is nothing. Whether it
    /// may be used is for the gate.
    pub fn elsewhere(&self, account: SubjectKey) -> Option<Arc<FromElsewhere>> {
        self.view.elsewhere(account)
    }

    /// Returns how many accounts are on a list now.
    pub fn members(&self, list: &ListName) -> u64 {
        self.view.members(list, self.clock.now())
    }

    /// Returns the whole profile of an account.
    pub async fn profile(
        &self,
        account: SubjectKey,
    ) -> Result<Option<Profile>, SettingsStoreError> {
        self.store.profile(account).await
    }

    /// Returns what happened at a key, as far as it reads, without naming any other key.
    pub async fn history(&self, key: SubjectKey) -> Result<ReadHistory, SettingsStoreError> {
        let mut history = self.store.readable_history(key).await?;
        let untimed = history.records.iter_mut().filter(|record| record.in_force_after.is_none());
        for record in untimed {
            record.in_force_after = self.effects.took(record.revision);
        }
        Ok(history)
    }

    /// Proves the view fresh as of the beginning of this call, or leaves its age growing.
    ///
    /// Versions that the store names and cannot hand out, and versions that go back, stop their shard
    /// until the next start: its subjects are closed, and the others go on.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        let began = self.clock.boot();
        let before = self.view.versions();
        let heads = self.store.heads().await?;
        let mut targets = Vec::with_capacity(usize::from(SHARDS));
        for shard in 0..SHARDS {
            let missing = SettingsStoreError::Corrupt("a shard has no head");
            let version = heads.of(shard).ok_or(missing)?;
            if before.of(shard).is_some_and(|before| version < before) {
                self.view.stop(shard);
            }
            targets.push(Revision { shard, version });
        }
        self.catch_up(&targets).await?;
        self.view.prove(began);
        Ok(())
    }

    /// Returns the age of the view; `None` before it was ever proven.
    pub fn view_age(&self) -> Option<Duration> {
        let as_of = self.view.as_of()?;
        Some(self.clock.boot().since(as_of))
    }

    /// Returns whether the view's age is within `takes_effect_within`.
    pub fn is_fresh(&self) -> bool {
        self.view_age().is_some_and(|age| age <= self.takes_effect_within)
    }

    /// Returns the longest time a change may take to be in force at every gateway.
    pub fn takes_effect_within(&self) -> Duration {
        self.takes_effect_within
    }

    /// Returns how many of the [`SHARDS`] are stopped. Anything above 0 needs an operator.
    pub fn stopped_shards(&self) -> usize {
        self.view.stopped()
    }

    /// Returns how many keys the view holds.
    pub fn keys(&self) -> usize {
        self.view.keys()
    }

    async fn carry_out(self: &Arc<Self>, order: Order) -> Result<Changed, ChangeError> {
        let settings = Arc::clone(self);
        apart(async move { settings.carry_out_here(order).await }).await
    }

    async fn carry_out_here(&self, order: Order) -> Result<Changed, ChangeError> {
        let (at, began) = (self.clock.now(), self.clock.boot());
        let commit = self.store.commit(order, at).await.map_err(|error| match error {
            CommitError::Refused(refusal) => ChangeError::Refused(refusal),
            CommitError::Store(error) => ChangeError::Store(error),
        })?;
        let revisions = commit.changes.iter().map(|change| change.revision).collect();
        self.apply(&commit).await.map_err(ChangeError::NotInForce)?;
        let read_of: Vec<Revision> =
            commit.records.iter().map(|(_, record)| record.revision).collect();
        self.effects.measure(&read_of, self.clock.boot().since(began));
        let in_force_at = self.clock.now().max(commit.at);
        Ok(Changed { revisions, at: commit.at, in_force_at })
    }

    /// Applies a commit. Orders that were committed before it, by others or with their answer still on
    /// the way, are read from the store, where they must be visible by now.
    async fn apply(&self, commit: &Commit) -> Result<(), SettingsStoreError> {
        let too_early =
            commit.changes.iter().filter(|change| self.view.apply(change) == Applied::TooEarly);
        let missing = too_early.map(|change| change.revision);
        let targets: Vec<Revision> = missing.chain(commit.read.iter().copied()).collect();
        self.catch_up(&targets).await
    }

    /// Reads on until every target is reached or its shard is stopped.
    async fn catch_up(&self, targets: &[Revision]) -> Result<(), SettingsStoreError> {
        loop {
            let behind = self.view.behind(targets);
            if behind.is_empty() {
                return Ok(());
            }
            for change in self.store.tail(behind.clone()).await? {
                if self.view.apply(&change) == Applied::TooEarly {
                    self.view.stop(change.revision.shard);
                }
            }
            for stuck in behind {
                if self.view.reached(stuck.shard) == Some(stuck.version) {
                    self.view.stop(stuck.shard);
                }
            }
        }
    }
}

fn standing_of((key, seen): (SubjectKey, Option<Seen>)) -> Standing {
    let untouched = || Standing::untouched(KeyStamp { key, revision: revision_of(key, 0) });
    seen.map_or_else(untouched, |seen| seen.standing)
}
