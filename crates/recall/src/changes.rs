//! What people changed, as far as it reads.
//!
//! What does not read of one person holds up nobody else. A change that does not read is set aside: what is owed for it
//! is not known, so it is kept which it is, counted, and tried again at the start and every hour, until it reads or is
//! erased. Where the key is off by now, that is known without it, and owed at once.

use crate::{
    Aside, Recalls, StepError,
    owing::{heads_of, versions_of},
    wishes::{Wish, Wishes},
};
use sluicegate_gate::{Choice, Revision, Setting, SubjectKey, time::UnixMillis};
use sluicegate_ledger::RecallKind;
use sluicegate_settings::{
    ChangeRecord, Event, KeyState, ReadHistory, SettingsStoreError, ShardChange, UnreadRecord,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

impl Recalls {
    /// Reads what was changed in these shards and is in force. A shard whose changes do not read is passed over, and
    /// waits; the error says so.
    pub(crate) async fn changes_of(
        &self,
        shards: &[Revision],
        failed: &mut Option<StepError>,
    ) -> Result<Vec<ShardChange>, StepError> {
        let tail = match self.parts.changes.tail(shards.to_vec()).await {
            Err(SettingsStoreError::Corrupt(_)) => self.one_by_one(shards, failed).await?,
            tail => tail?,
        };
        self.in_force(tail).await
    }

    async fn one_by_one(
        &self,
        shards: &[Revision],
        failed: &mut Option<StepError>,
    ) -> Result<Vec<ShardChange>, SettingsStoreError> {
        let mut changes = Vec::new();
        for after in shards {
            match self.parts.changes.tail(vec![*after]).await {
                Err(error @ SettingsStoreError::Corrupt(_)) => {
                    tracing::error!(
                        shard = after.shard,
                        after = after.version,
                        error.cause = %error,
                        "changes of one shard do not read; recalls of whoever is in it wait"
                    );
                    *failed = Some(error.into());
                }
                tail => changes.extend(tail?),
            }
        }
        Ok(changes)
    }

    /// Leaves out what is not in force everywhere yet, and what comes after it in its shard.
    async fn in_force(&self, mut tail: Vec<ShardChange>) -> Result<Vec<ShardChange>, StepError> {
        let (now, bound) = (self.parts.clock.now(), self.parts.options.takes_effect_within);
        // Why: one that lies further ahead was made before the clock was set back.
        let is_young = |at: UnixMillis| now < at.plus(bound) && at < now.plus(bound);
        let (mut first_young, mut seen) = (HashMap::new(), HashSet::new());
        for change in tail.iter().rev() {
            let Revision { shard, version } = change.revision;
            if seen.contains(&shard) {
                continue;
            }
            match self.made_at(change).await? {
                Some(at) if is_young(at) => drop(first_young.insert(shard, version)),
                Some(_) => drop(seen.insert(shard)),
                // Nothing that a person did.
                None => {}
            }
        }
        let is_before = |change: &ShardChange| {
            let first = first_young.get(&change.revision.shard);
            first.is_none_or(|first| change.revision.version < *first)
        };
        tail.retain(is_before);
        Ok(tail)
    }

    /// Returns when a change was made, if its history says so.
    async fn made_at(&self, change: &ShardChange) -> Result<Option<UnixMillis>, StepError> {
        for key in &change.keys {
            let Some(history) = self.history(key.state.key).await? else { continue };
            let read = history.records.iter().map(|made| (made.revision, made.at));
            let unread = history.unread.iter().map(|made| (made.revision, made.at));
            let mut made = read.chain(unread);
            if let Some((_, at)) = made.find(|(revision, _)| *revision == change.revision) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Returns what happened at a key, as far as it reads; none where nothing does.
    async fn history(&self, key: SubjectKey) -> Result<Option<ReadHistory>, StepError> {
        match self.parts.changes.readable_history(key).await {
            Err(SettingsStoreError::Corrupt(_)) => Ok(None),
            history => Ok(Some(history?)),
        }
    }

    /// Reads what happened at the keys that were touched.
    pub(crate) async fn wishes(
        &self,
        changes: &[ShardChange],
        after: &HashMap<u16, u64>,
    ) -> Result<Wishes, StepError> {
        let mut touched: BTreeMap<SubjectKey, (KeyState, Vec<Revision>)> = BTreeMap::new();
        for change in changes {
            for key in &change.keys {
                let (state, revisions) =
                    touched.entry(key.state.key).or_insert((key.state, Vec::new()));
                *state = key.state;
                revisions.push(change.revision);
            }
        }
        let until = versions_of(&heads_of(changes));
        let is_past = |Revision { shard, version }: Revision| {
            after.get(&shard).is_some_and(|after| version <= *after)
        };
        let is_new = |revision: Revision| {
            let Revision { shard, version } = revision;
            until.get(&shard).is_some_and(|until| version <= *until) && !is_past(revision)
        };
        let mut wishes = Wishes::default();
        for (key, (state, revisions)) in touched {
            // Why: of a change whose time is not known either it counts when it is read.
            let unread = |revision| UnreadRecord { revision, at: self.parts.clock.now() };
            let history = self.history(key).await?.unwrap_or_else(|| ReadHistory {
                records: Vec::new(),
                unread: revisions.into_iter().map(unread).collect(),
            });
            wishes.read(key, &history.records, is_new, is_past);
            for record in history.unread.iter().filter(|record| is_new(record.revision)) {
                wishes.set_aside(state, record);
            }
        }
        Ok(wishes)
    }

    /// Reads again what is set aside. Returns what was wished with what reads by now, and what need not be kept any
    /// longer: that, and what is gone.
    pub(crate) async fn taken_up(
        &self,
        set_aside: &[Aside],
        reached: &HashMap<u16, u64>,
    ) -> Result<(Wishes, Vec<Aside>), StepError> {
        let (mut wishes, mut taken_up) = (Wishes::default(), Vec::new());
        for of_one in set_aside.chunk_by(|one, other| one.subject == other.subject) {
            let Some(subject) = of_one.first().map(|one| one.subject) else { continue };
            let Some(history) = self.history(subject).await? else { continue };
            let unread: BTreeSet<Revision> =
                history.unread.iter().map(|record| record.revision).collect();
            let free = of_one.iter().filter(|one| !unread.contains(&one.revision));
            let free: Vec<Aside> = free.copied().collect();
            let is_new = |revision| free.iter().any(|one| one.revision == revision);
            let is_past = |revision: Revision| {
                !is_new(revision)
                    && reached.get(&revision.shard).is_some_and(|head| revision.version <= *head)
            };
            wishes.read(subject, &history.records, is_new, is_past);
            taken_up.extend(free);
        }
        Ok((wishes, taken_up))
    }
}

impl Wishes {
    /// Adds what happened at a key.
    fn read(
        &mut self,
        key: SubjectKey,
        records: &[ChangeRecord],
        is_new: impl Fn(Revision) -> bool,
        is_past: impl Fn(Revision) -> bool,
    ) {
        for record in records {
            let Some(kind) = wished(&record.event) else { continue };
            let wish = Wish { at: record.at, revision: record.revision };
            if is_new(record.revision) {
                self.add(kind, key, wish);
            } else if is_past(record.revision) {
                self.past.entry((key, kind)).or_default().push(wish);
            }
        }
    }

    /// Sets a change aside that does not read.
    fn set_aside(&mut self, state: KeyState, record: &UnreadRecord) {
        let (key, revision) = (state.key, record.revision);
        self.aside.push(Aside { subject: key, revision });
        if state.sharing == Some(Choice::Off) || state.sharing_marks > 0 {
            self.add(RecallKind::Recalled, key, Wish { at: record.at, revision });
        }
    }
}

/// Says that a change is set aside.
pub(crate) fn tell_of(Aside { revision, .. }: &Aside) {
    tracing::error!(
        shard = revision.shard,
        version = revision.version,
        "a change of somebody does not read; it is set aside, and what is owed for it is not known"
    );
}

/// What is wanted with a change: the kind of message that it leads to.
fn wished(event: &Event) -> Option<RecallKind> {
    match event {
        Event::Chosen { setting: Setting::Sharing, value: Choice::Off, .. }
        | Event::MarkedOff { setting: Setting::Sharing } => Some(RecallKind::Recalled),
        Event::Corrected(_) => Some(RecallKind::Corrected),
        Event::Chosen { .. }
        | Event::MarkedOff { .. }
        | Event::MarkLifted { .. }
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        // Noted languages and interests are told to nobody.
        | Event::Edited(_)
        | Event::Removed { .. } => None,
    }
}
