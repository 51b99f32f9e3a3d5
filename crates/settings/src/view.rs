//! The in-memory copy of all choices, marks and profiles that decisions read.

use crate::{
    FromElsewhere, Heads, InUse, ListName, Profile, SHARDS, ShardChange, ShardSnapshot, shard_of,
    table::Table,
};
use parking_lot::{Mutex, RwLock};
use sluicegate_gate::{
    KeyKind, Revision, Standing, SubjectKey,
    time::{BootMillis, UnixMillis},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// All shards, and how fresh they are known to be.
#[derive(Debug)]
pub(crate) struct View {
    shards: Vec<RwLock<Shard>>,
    /// Boot milliseconds plus one; 0 before the first proof.
    as_of: AtomicU64,
    /// How many accounts are on each list.
    members: Mutex<HashMap<ListName, Members>>,
}

/// How many accounts are on one list, by when that ends for them. Those for whom it has ended go as they are met.
#[derive(Debug, Default)]
struct Members {
    by_end: BTreeMap<UnixMillis, u64>,
    holding: u64,
}

impl Members {
    fn join(&mut self, until: UnixMillis) {
        let count = self.by_end.entry(until).or_default();
        *count = count.saturating_add(1);
        self.holding = self.holding.saturating_add(1);
    }

    fn leave(&mut self, until: UnixMillis) {
        let Some(count) = self.by_end.get_mut(&until) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.by_end.remove(&until);
        }
        self.holding = self.holding.saturating_sub(1);
    }

    fn holding(&mut self, now: UnixMillis) -> u64 {
        while let Some(first) = self.by_end.first_entry().filter(|first| *first.key() <= now) {
            self.holding = self.holding.saturating_sub(first.remove());
        }
        self.holding
    }
}

#[derive(Debug, Default)]
struct Shard {
    /// Everything up to this version is applied.
    version: u64,
    /// A version was missing or went back: nothing more is applied, and its subjects are closed.
    stopped: bool,
    standings: Table,
    profiles: HashMap<u128, InUse>,
    /// Of accounts of which something was said.
    elsewhere: HashMap<u128, Arc<FromElsewhere>>,
}

/// What came of applying a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The view includes it.
    Included,
    /// Versions before it are missing.
    TooEarly,
}

/// What the view says of one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) standing: Standing,
    pub(crate) in_use: InUse,
    pub(crate) is_complete: bool,
}

impl View {
    /// A view in which every shard is stopped until it is loaded.
    pub(crate) fn unloaded() -> Self {
        let shard = || RwLock::new(Shard { stopped: true, ..Shard::default() });
        let shards = (0..SHARDS).map(|_shard| shard()).collect();
        Self { shards, as_of: AtomicU64::new(0), members: Mutex::default() }
    }

    pub(crate) fn load(&self, shard: u16, snapshot: &ShardSnapshot) {
        let profiles = snapshot
            .keys
            .iter()
            .filter_map(|key| Some((key.state.key.hash, key.profile.as_ref()?.in_use())))
            .collect();
        let loaded = Shard {
            version: snapshot.version,
            stopped: false,
            standings: Table::load(snapshot.keys.iter().map(|key| &key.state)),
            profiles,
            elsewhere: HashMap::new(),
        };
        if let Some(place) = self.shards.get(usize::from(shard)) {
            let mut place = place.write();
            let before = std::mem::replace(&mut *place, loaded);
            self.leave(before.elsewhere.values().map(AsRef::as_ref));
            for key in &snapshot.keys {
                if let Some(profile) = &key.profile {
                    self.hear(&mut place, key.state.key, profile);
                }
            }
        }
    }

    /// Applies one version if it is the next one; one that is already included is skipped.
    pub(crate) fn apply(&self, change: &ShardChange) -> Applied {
        let Some(shard) = self.shards.get(usize::from(change.revision.shard)) else {
            return Applied::TooEarly;
        };
        let mut shard = shard.write();
        if change.revision.version <= shard.version {
            return Applied::Included;
        }
        if shard.stopped || change.revision.version != shard.version + 1 {
            return Applied::TooEarly;
        }
        for key in &change.keys {
            shard.standings.put(&key.state);
            if let Some(profile) = &key.profile {
                shard.profiles.insert(key.state.key.hash, profile.in_use());
                self.hear(&mut shard, key.state.key, profile);
            }
        }
        shard.version = change.revision.version;
        Applied::Included
    }

    /// Takes in what was said of an account, and counts it among the people of the lists.
    fn hear(&self, shard: &mut Shard, account: SubjectKey, profile: &Profile) {
        let said = &profile.elsewhere;
        let before = if said.says_something() {
            shard.elsewhere.insert(account.hash, Arc::new(said.clone()))
        } else {
            shard.elsewhere.remove(&account.hash)
        };
        self.leave(before.as_deref());
        let mut members = self.members.lock();
        for joined in said.all_lists() {
            match members.get_mut(&joined.list) {
                Some(list) => list.join(joined.until),
                None => members.entry(joined.list.clone()).or_default().join(joined.until),
            }
        }
    }

    /// Counts people out of the lists that they were on.
    fn leave<'a>(&self, before: impl IntoIterator<Item = &'a FromElsewhere>) {
        let mut members = self.members.lock();
        for left in before.into_iter().flat_map(FromElsewhere::all_lists) {
            if let Some(list) = members.get_mut(&left.list) {
                list.leave(left.until);
            }
        }
        members.retain(|_, list| list.holding > 0);
    }

    /// Returns what was said of an account, if anything was.
    pub(crate) fn elsewhere(&self, account: SubjectKey) -> Option<Arc<FromElsewhere>> {
        let shard = self.shards.get(usize::from(shard_of(account)))?.read();
        let known = shard.elsewhere.get(&account.hash).map(Arc::clone);
        known.filter(|_| account.kind == KeyKind::Account)
    }

    /// Returns how many accounts are on a list at that time.
    pub(crate) fn members(&self, list: &ListName, now: UnixMillis) -> u64 {
        self.members.lock().get_mut(list).map_or(0, |members| members.holding(now))
    }

    /// Returns accounts of which something has run out, at most so many. In a stopped shard nothing changes any
    /// more, so none of its accounts is named.
    pub(crate) fn stale(&self, now: UnixMillis, max: usize) -> Vec<SubjectKey> {
        let of_shard = |shard: &RwLock<Shard>| -> Vec<SubjectKey> {
            let shard = shard.read();
            let kept = (!shard.stopped).then_some(&shard.elsewhere).into_iter().flatten();
            let stale = kept.filter(|(_, said)| said.is_stale(now));
            stale.map(|(hash, _)| SubjectKey { kind: KeyKind::Account, hash: *hash }).collect()
        };
        self.shards.iter().flat_map(of_shard).take(max).collect()
    }

    pub(crate) fn stop(&self, shard: u16) {
        if let Some(shard) = self.shards.get(usize::from(shard)) {
            shard.write().stopped = true;
        }
    }

    /// Returns the version that a shard has reached, unless it is stopped.
    pub(crate) fn reached(&self, shard: u16) -> Option<u64> {
        let shard = self.shards.get(usize::from(shard))?.read();
        (!shard.stopped).then_some(shard.version)
    }

    /// Returns which of these revisions are not reached, each shard once, as what has been
    /// reached in it; stopped shards are left out.
    pub(crate) fn behind(&self, targets: &[Revision]) -> Vec<Revision> {
        let short = |target: &Revision| {
            let version = self.reached(target.shard)?;
            let is_short = version < target.version;
            is_short.then_some(Revision { shard: target.shard, version })
        };
        let mut behind: Vec<Revision> = targets.iter().filter_map(short).collect();
        behind.sort_unstable();
        behind.dedup_by_key(|revision| revision.shard);
        behind
    }

    /// Returns how far every shard is; stopped shards are at version 0.
    pub(crate) fn versions(&self) -> Heads {
        Heads((0..SHARDS).map(|shard| self.reached(shard).unwrap_or_default()).collect())
    }

    pub(crate) fn stopped(&self) -> usize {
        self.shards.iter().filter(|shard| shard.read().stopped).count()
    }

    pub(crate) fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().standings.len()).sum()
    }

    pub(crate) fn see(&self, key: SubjectKey) -> Option<Seen> {
        let shard = self.shards.get(usize::from(shard_of(key)))?.read();
        let in_use = match key.kind {
            KeyKind::Account => shard.profiles.get(&key.hash).copied(),
            KeyKind::Device | KeyKind::Browser => None,
        };
        Some(Seen {
            standing: shard.standings.standing(key),
            in_use: in_use.unwrap_or(InUse::NOTHING),
            is_complete: !shard.stopped,
        })
    }

    /// Says that everything committed up to then is applied. It never goes back.
    pub(crate) fn prove(&self, as_of: BootMillis) {
        self.as_of.fetch_max(as_of.0.saturating_add(1), Ordering::Release);
    }

    /// Returns up to when the view is proven.
    ///
    /// INVARIANT: read this before the shards. What they hold then is at least that fresh.
    pub(crate) fn as_of(&self) -> Option<BootMillis> {
        self.as_of.load(Ordering::Acquire).checked_sub(1).map(BootMillis)
    }
}
