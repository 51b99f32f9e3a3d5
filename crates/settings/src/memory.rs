//! A store in memory: an aid for tests, with nothing durable about it.

use crate::{
    ChangeRecord, Commit, CommitError, EffectRow, EffectStore, Facts, Heads, KeyChange, KeyState,
    LinkFact, Marked, Order, Profile, ReadHistory, Reads, SHARDS, SettingsStore,
    SettingsStoreError, ShardChange, ShardSnapshot, TAIL_VERSIONS_MAX, Took, UnreadRecord, plan,
    shard_of,
};
use futures_util::future::{BoxFuture, FutureExt, ready};
use parking_lot::Mutex;
use sluicegate_gate::{Revision, SubjectKey, time::UnixMillis};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

/// Keeps settings until it is dropped. For tests of whatever needs a [`SettingsStore`].
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    effects: Mutex<Vec<EffectRow>>,
}

#[derive(Debug, Default)]
struct Tables {
    heads: BTreeMap<u16, u64>,
    keys: BTreeMap<SubjectKey, KeyState>,
    links: BTreeMap<(SubjectKey, SubjectKey), Marked>,
    profiles: HashMap<SubjectKey, Profile>,
    changes: Vec<ShardChange>,
    history: HashMap<SubjectKey, Vec<ChangeRecord>>,
    erasures: BTreeMap<SubjectKey, UnixMillis>,
    /// At which keys what happened does not read, and in which shards what was changed does not.
    unread: (BTreeSet<SubjectKey>, BTreeSet<u16>),
}

impl MemoryStore {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes what happened at a key unreadable, and what was changed in a shard.
    pub fn damage(&self, key: Option<SubjectKey>, shard: Option<u16>) {
        let mut tables = self.tables.lock();
        tables.unread.0.extend(key);
        tables.unread.1.extend(shard);
    }

    /// Makes everything readable again.
    pub fn mend(&self) {
        self.tables.lock().unread = (BTreeSet::new(), BTreeSet::new());
    }
}

impl EffectStore for MemoryStore {
    fn add_effects(&self, rows: Vec<EffectRow>) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        let mut kept = self.effects.lock();
        for row in rows {
            let same = |one: &&mut EffectRow| {
                EffectRow { count: 0, ..**one } == EffectRow { count: 0, ..row }
            };
            match kept.iter_mut().find(same) {
                Some(one) => one.count += row.count,
                None => kept.push(row),
            }
        }
        kept.sort_unstable();
        ready(Ok(())).boxed()
    }

    fn effects(
        &self,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<EffectRow>, SettingsStoreError>> {
        let kept = self.effects.lock();
        let rows = kept.iter().filter(|row| range.contains(&row.day)).copied().collect();
        ready(Ok(rows)).boxed()
    }

    fn add_took(&self, took: Vec<Took>) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        let mut tables = self.tables.lock();
        for Took { revision, after } in took {
            let records = tables.history.values_mut().flatten();
            for record in records.filter(|record| record.revision == revision) {
                record.in_force_after.get_or_insert(after);
            }
        }
        ready(Ok(())).boxed()
    }
}

impl SettingsStore for MemoryStore {
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>> {
        ready(self.tables.lock().commit(&order, at)).boxed()
    }

    fn heads(&self) -> BoxFuture<'_, Result<Heads, SettingsStoreError>> {
        let tables = self.tables.lock();
        let heads = (0..SHARDS).map(|shard| tables.head(shard)).collect();
        ready(Ok(Heads(heads))).boxed()
    }

    fn shard(&self, shard: u16) -> BoxFuture<'_, Result<ShardSnapshot, SettingsStoreError>> {
        let tables = self.tables.lock();
        let of_shard = tables.keys.values().filter(|state| shard_of(state.key) == shard);
        let keys = of_shard
            .map(|state| KeyChange {
                state: *state,
                profile: tables.profiles.get(&state.key).cloned(),
            })
            .collect();
        ready(Ok(ShardSnapshot { version: tables.head(shard), keys })).boxed()
    }

    fn tail(
        &self,
        after: Vec<Revision>,
    ) -> BoxFuture<'_, Result<Vec<ShardChange>, SettingsStoreError>> {
        let tables = self.tables.lock();
        if after.iter().any(|after| tables.unread.1.contains(&after.shard)) {
            return ready(Err(SettingsStoreError::Corrupt("change of a shard"))).boxed();
        }
        let follows = |change: &&ShardChange| {
            after.iter().any(|after| {
                let last = after.version.saturating_add(u64::from(TAIL_VERSIONS_MAX));
                change.revision.shard == after.shard
                    && (after.version < change.revision.version && change.revision.version <= last)
            })
        };
        ready(Ok(tables.changes.iter().filter(follows).cloned().collect())).boxed()
    }

    fn profile(
        &self,
        account: SubjectKey,
    ) -> BoxFuture<'_, Result<Option<Profile>, SettingsStoreError>> {
        ready(Ok(self.tables.lock().profiles.get(&account).cloned())).boxed()
    }

    fn unfinished_erasures(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError>> {
        let all = self.tables.lock().erasures.iter().map(|(key, at)| (*key, *at)).collect();
        ready(Ok(all)).boxed()
    }

    fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        let mut tables = self.tables.lock();
        tables.erasures.retain(|key, at| !erasures.contains(&(*key, *at)));
        ready(Ok(())).boxed()
    }

    fn linked(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<SubjectKey>, SettingsStoreError>> {
        let tables = self.tables.lock();
        let other = |(account, linked): &(SubjectKey, SubjectKey)| match key {
            _ if *account == key => Some(*linked),
            _ if *linked == key => Some(*account),
            _ => None,
        };
        ready(Ok(tables.links.keys().filter_map(other).collect())).boxed()
    }

    fn history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<ChangeRecord>, SettingsStoreError>> {
        let tables = self.tables.lock();
        let history = if tables.unread.0.contains(&key) {
            Err(SettingsStoreError::Corrupt("event of a history"))
        } else {
            Ok(tables.history.get(&key).cloned().unwrap_or_default())
        };
        ready(history).boxed()
    }

    fn readable_history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<ReadHistory, SettingsStoreError>> {
        let tables = self.tables.lock();
        let records = tables.history.get(&key).cloned().unwrap_or_default();
        let (unread, records): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|_| tables.unread.0.contains(&key));
        let unread = unread
            .into_iter()
            .map(|ChangeRecord { revision, at, .. }| UnreadRecord { revision, at });
        ready(Ok(ReadHistory { records, unread: unread.collect() })).boxed()
    }
}

impl Tables {
    fn commit(&mut self, order: &Order, at: UnixMillis) -> Result<Commit, CommitError> {
        let plan = plan(order, at, self.facts(order.reads()))?;
        let mut versions = BTreeMap::new();
        for shard in plan.shards() {
            let head = self.heads.entry(shard).or_default();
            *head += 1;
            versions.insert(shard, *head);
        }
        let commit = plan.number(at, &versions);
        self.write(&commit);
        Ok(commit)
    }

    fn write(&mut self, commit: &Commit) {
        for change in commit.changes.iter().flat_map(|change| &change.keys) {
            self.keys.insert(change.state.key, change.state);
            if let Some(profile) = &change.profile {
                self.profiles.insert(change.state.key, profile.clone());
            }
        }
        for link in &commit.links {
            let pair = (link.account, link.key);
            match link.marked {
                Some(marked) => drop(self.links.insert(pair, marked)),
                None => drop(self.links.remove(&pair)),
            }
        }
        if let Some(erased) = commit.erased {
            self.history.remove(&erased);
            self.erasures.insert(erased, commit.at);
            let now = self.state(erased);
            let changes = self.changes.iter_mut().flat_map(|change| &mut change.keys);
            for change in changes.filter(|change| change.state.key == erased) {
                change.state = KeyState { version: change.state.version, ..now };
                change.profile = change.profile.take().map(|_| Profile::default());
            }
        }
        for (key, record) in &commit.records {
            self.history.entry(*key).or_default().push(record.clone());
        }
        self.changes.extend(commit.changes.iter().cloned());
    }

    fn facts(&self, reads: Reads) -> Facts {
        let own = self.state(reads.own());
        let alone = Facts { own, links: Vec::new(), profile: None, accepted: None };
        match reads {
            Reads::Key(_) => alone,
            Reads::AccountAndLinks(account) => {
                let linked = self.links.iter().filter(|((linked, _), _)| *linked == account);
                let fact = |((_, key), marked): (&(SubjectKey, SubjectKey), &Marked)| LinkFact {
                    state: self.state(*key),
                    marked: Some(*marked),
                };
                let profile = self.profiles.get(&account).cloned();
                Facts { links: linked.map(fact).collect(), profile, ..alone }
            }
            Reads::AccountAndKey { account, key } => {
                let marked = self.links.get(&(account, key)).copied();
                Facts { links: vec![LinkFact { state: self.state(key), marked }], ..alone }
            }
            Reads::KeyAndAccounts(key) => {
                let linked = self.links.iter().filter(|((_, linked), _)| *linked == key);
                let fact = |((account, _), marked): (&(SubjectKey, SubjectKey), &Marked)| {
                    LinkFact { state: self.state(*account), marked: Some(*marked) }
                };
                Facts { links: linked.map(fact).collect(), ..alone }
            }
            Reads::AccountAndProfile(account) => {
                Facts { profile: self.profiles.get(&account).cloned(), ..alone }
            }
        }
    }

    fn state(&self, key: SubjectKey) -> KeyState {
        self.keys.get(&key).copied().unwrap_or_else(|| KeyState::untouched(key))
    }

    fn head(&self, shard: u16) -> u64 {
        self.heads.get(&shard).copied().unwrap_or_default()
    }
}
