//! What people changed, and what is owed for it.

use crate::{
    Cause, Item, Owed, Owing, Reach, RecallStoreError, Recalls, Standing, StepError,
    changes::tell_of,
    wishes::{Books, Told, Wishes},
};
use sluicegate_gate::{
    PartnershipId, Revision, SubjectKey,
    time::{BootMillis, UnixMillis},
};
use sluicegate_ledger::{Disclosed, Looked, Missed};
use sluicegate_register::{Edition, Recalling};
use sluicegate_settings::{SHARDS, SettingsStoreError, ShardChange};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

/// Shards whose changes are read at once.
const SHARDS_AT_ONCE: usize = 8;
/// Keys of one slice at most, but for what its last change touched.
const KEYS_MAX: usize = 256;
/// Disclosures of one slice at most, which are held in memory, but for those that its last change is owed for: with what is
/// made of each, about 500 bytes, that is 32 MiB. Of one key all are looked up at once, however many.
const DISCLOSURES_MAX: u64 = 65_536;
/// After how long it is tried again whether changes that are set aside read.
const TRIED_AGAIN_AFTER: Duration = Duration::from_hours(1);
/// People of one transaction at most whose keys are joined.
const PEOPLE_MAX: usize = 16;
/// Ids of one transaction at most, but for those that one person is owed by one partner.
const IDS_MAX: usize = 2_000;

impl Recalls {
    /// Reads what people changed since the last time, and writes down what is owed for it. Returns how many
    /// keys are owed something, by slice. Without an edition nothing is read: nobody knows how far back to look.
    ///
    /// However many changed something, and however much was told of them, what is held in memory and what one transaction
    /// writes is for a slice of them. Whatever comes between two slices, the next call goes on with the second. What is
    /// not yet in force everywhere waits for a later call: until then something may still be told that is owed for it.
    pub async fn owe(&self) -> Result<usize, StepError> {
        let Some(edition) = self.parts.current.load() else { return Ok(0) };
        let reached = self.reached().await?;
        let mut after = versions_of(&reached);
        let (mut changes, mut keys, mut failed) = (Vec::new(), 0, None);
        for shards in reached.chunks(SHARDS_AT_ONCE) {
            match self.changes_of(shards, &mut failed).await {
                Ok(more) => changes.extend(more),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
            while let Some(end) = end_of_slice(&changes) {
                let later = changes.split_off(end);
                keys += self.owe_for(&changes, &mut after, &edition).await?;
                changes = later;
            }
        }
        // Why also then: what was read is owed, whatever comes of the rest.
        if !changes.is_empty() {
            keys += self.owe_for(&changes, &mut after, &edition).await?;
        }
        keys += self.owe_for_set_aside(&edition).await?;
        failed.map_or(Ok(keys), Err)
    }

    /// Writes down what is owed for some changes, and that they were read: at once for as many as little enough was told for.
    async fn owe_for(
        &self,
        mut changes: &[ShardChange],
        after: &mut HashMap<u16, u64>,
        edition: &Edition,
    ) -> Result<usize, StepError> {
        let subjects = self.wishes(changes, after).await?.subjects();
        let since = self.since(edition);
        let told = self.parts.ledger.disclosed_at_most(&subjects, since).await?;
        let mut keys = 0;
        while !changes.is_empty() {
            let (slice, later) = changes.split_at(end_of_told(changes, &told));
            keys += self.owe_for_slice(slice, after, &told, edition).await?;
            changes = later;
        }
        Ok(keys)
    }

    async fn owe_for_slice(
        &self,
        changes: &[ShardChange],
        after: &mut HashMap<u16, u64>,
        told: &HashMap<SubjectKey, u64>,
        edition: &Edition,
    ) -> Result<usize, StepError> {
        let wishes = self.wishes(changes, after).await?;
        let reached = heads_of(changes);
        after.extend(versions_of(&reached));
        let set_aside = wishes.aside.clone();
        set_aside.iter().for_each(tell_of);
        let end = Owed { reached, set_aside, ..Owed::default() };
        self.owe_as_wished(&wishes, told, edition, end).await
    }

    /// Writes down what is owed for what was wished, and in the end what comes with it.
    async fn owe_as_wished(
        &self,
        wishes: &Wishes,
        told: &HashMap<SubjectKey, u64>,
        edition: &Edition,
        end: Owed,
    ) -> Result<usize, StepError> {
        let (mut last, mut keys) = (Vec::new(), 0);
        for subjects in shares(wishes.subjects(), told) {
            let owing = self.owing(wishes, &subjects, edition).await?;
            keys += owing.iter().filter_map(|one| one.subject).collect::<HashSet<_>>().len();
            for owing in pieces(owing) {
                // What was written before a crash is known again: it is owed already.
                let owing = std::mem::replace(&mut last, owing);
                if !owing.is_empty() {
                    self.parts.store.owe(Owed { owing, ..Owed::default() }).await?;
                }
            }
        }
        self.parts.store.owe(Owed { owing: last, ..end }).await?;
        Ok(keys)
    }

    /// Writes down what is owed for changes that did not read and do by now, at the start and once an hour.
    async fn owe_for_set_aside(&self, edition: &Edition) -> Result<usize, StepError> {
        let now = self.parts.clock.boot();
        let is_soon = |tried: BootMillis| now.since(tried) < TRIED_AGAIN_AFTER;
        if self.tried_aside.lock().is_some_and(is_soon) {
            return Ok(0);
        }
        let set_aside = self.parts.store.set_aside().await?;
        let (reached, mut keys) = (versions_of(&self.reached().await?), 0);
        for some in set_aside.chunks(KEYS_MAX) {
            let (wishes, taken_up) = self.taken_up(some, &reached).await?;
            if taken_up.is_empty() {
                continue;
            }
            let since = self.since(edition);
            let told = self.parts.ledger.disclosed_at_most(&wishes.subjects(), since).await?;
            let end = Owed { taken_up, ..Owed::default() };
            keys += self.owe_as_wished(&wishes, &told, edition, end).await?;
        }
        *self.tried_aside.lock() = Some(now);
        Ok(keys)
    }

    /// Returns up to where every shard has been read.
    async fn reached(&self) -> Result<Vec<Revision>, StepError> {
        let kept = self.parts.store.reached().await?;
        let mut reached: BTreeMap<u16, u64> = (0..SHARDS).map(|shard| (shard, 0)).collect();
        reached.extend(kept.into_iter().map(|revision| (revision.shard, revision.version)));
        Ok(reached.into_iter().map(|(shard, version)| Revision { shard, version }).collect())
    }

    /// Works out what these are owed for what was wished.
    async fn owing(
        &self,
        wishes: &Wishes,
        subjects: &HashSet<SubjectKey>,
        edition: &Edition,
    ) -> Result<Vec<Owing>, StepError> {
        let Looked { disclosed, missing } = self.looked_up(subjects, edition).await?;
        if disclosed.is_empty() && missing.is_empty() {
            return Ok(Vec::new());
        }
        let before = self.standing_that_reads(subjects).await?;
        let slack = self.parts.options.takes_effect_within;
        let books = Books { wishes, before: &before, edition, slack };
        let mut sums = Sums::new(self, edition);
        let mut people: HashMap<SubjectKey, HashSet<SubjectKey>> = HashMap::new();
        for one in &disclosed {
            for told in Told::all_of(one) {
                let Some((cause, since)) = books.owes(&told) else { continue };
                let others = one.subjects.iter().map(|(subject, _)| subject);
                people.entry(told.subject).or_default().extend(others);
                sums.add((Some(told.subject), cause, since), one);
            }
        }
        for one in &missing {
            let told = Told::of(one);
            if let Some((cause, since)) = books.owes(&told) {
                sums.miss((Some(told.subject), cause, since), one);
            }
        }
        self.join(people).await?;
        Ok(sums.into_owing())
    }

    /// Returns what was owed before, as far as it reads. What does not counts as never owed: rather twice than not at all.
    async fn standing_that_reads(
        &self,
        subjects: &HashSet<SubjectKey>,
    ) -> Result<Vec<Standing>, RecallStoreError> {
        match self.parts.store.standing(subjects.iter().copied().collect()).await {
            Err(RecallStoreError::Corrupt(_)) => {}
            standing => return standing,
        }
        let mut before = Vec::new();
        for subject in subjects {
            match self.parts.store.standing(vec![*subject]).await {
                Err(RecallStoreError::Corrupt(what)) => tracing::error!(
                    what,
                    "what somebody was owed before does not read; it may be called back twice"
                ),
                standing => before.extend(standing?),
            }
        }
        Ok(before)
    }

    /// Has these keys, and what is linked to each, counted as one person.
    pub(crate) async fn join(
        &self,
        people: HashMap<SubjectKey, HashSet<SubjectKey>>,
    ) -> Result<(), StepError> {
        let mut joined: Vec<Vec<SubjectKey>> = Vec::with_capacity(people.len());
        for (subject, mut keys) in people {
            keys.insert(subject);
            match self.parts.changes.linked(subject).await {
                Err(SettingsStoreError::Corrupt(what)) => tracing::error!(
                    what,
                    "who a key belongs with does not read; it counts as a person of its own"
                ),
                linked => keys.extend(linked?),
            }
            joined.push(keys.into_iter().collect());
        }
        // Whoever has one key only is known as one without it.
        joined.retain(|keys| keys.len() > 1);
        for some in joined.chunks(PEOPLE_MAX) {
            self.parts.store.join(some.to_vec()).await?;
        }
        Ok(())
    }

    /// Returns everything that left about these subjects, as far back as any partner is told.
    async fn looked_up(
        &self,
        subjects: &HashSet<SubjectKey>,
        edition: &Edition,
    ) -> Result<Looked, StepError> {
        Ok(self.parts.ledger.disclosed(subjects, self.since(edition)).await?)
    }

    fn since(&self, edition: &Edition) -> UnixMillis {
        self.parts.clock.now().minus(longest_window(edition))
    }

    /// Works out what is owed for a person who is erased; it bears nobody's name.
    pub(crate) async fn owing_of_erased(
        &self,
        subject: SubjectKey,
        at: UnixMillis,
    ) -> Result<Vec<Owing>, StepError> {
        let Some(edition) = self.parts.current.load() else { return Ok(Vec::new()) };
        let looked = self.looked_up(&HashSet::from([subject]), &edition).await?;
        let mut sums = Sums::new(self, &edition);
        for one in &looked.disclosed {
            sums.add((None, Cause::Erased, at), one);
        }
        for one in &looked.missing {
            sums.miss((None, Cause::Erased, at), one);
        }
        Ok(sums.into_owing())
    }
}

/// Returns how far back the register looks at the most: for partners that cannot be told, the default.
pub(crate) fn longest_window(edition: &Edition) -> Duration {
    let default = u64::from(sluicegate_register::limits::RECALL_WINDOW_DAYS_DEFAULT);
    edition
        .recallings()
        .map(|(_, recalling)| recalling.window())
        .chain([Duration::from_hours(24 * default)])
        .max()
        .unwrap_or_default()
}

/// Returns after how many changes enough keys were touched, if they were. Changes come in the order of versions
/// within their shards, so wherever they are cut, what is before is read as a whole.
fn end_of_slice(changes: &[ShardChange]) -> Option<usize> {
    let mut keys = 0;
    let fills = |change: &ShardChange| {
        keys += change.keys.len();
        keys >= KEYS_MAX
    };
    changes.iter().position(fills).map(|last| last + 1)
}

/// Returns after how many changes enough was told of whom they touched: at least one.
fn end_of_told(changes: &[ShardChange], told: &HashMap<SubjectKey, u64>) -> usize {
    let mut subjects = HashSet::new();
    let mut all = 0_u64;
    let mut fits = |change: &ShardChange| {
        for key in change.keys.iter().map(|key| key.state.key) {
            if subjects.insert(key) {
                all = all.saturating_add(told.get(&key).copied().unwrap_or_default());
            }
        }
        all <= DISCLOSURES_MAX
    };
    let fitting = changes.iter().position(|change| !fits(change)).unwrap_or(changes.len());
    fitting.max(1).min(changes.len())
}

/// Divides subjects so that little enough was told of each share, if it is not of one alone.
fn shares(
    subjects: HashSet<SubjectKey>,
    told: &HashMap<SubjectKey, u64>,
) -> Vec<HashSet<SubjectKey>> {
    let (mut shares, mut share, mut all) = (Vec::new(), HashSet::new(), 0_u64);
    // Of whom nothing was told nothing is owed.
    let told = subjects.into_iter().filter_map(|one| Some((one, *told.get(&one)?)));
    for (subject, told) in told.collect::<BTreeMap<_, _>>() {
        if all.saturating_add(told) > DISCLOSURES_MAX && !share.is_empty() {
            shares.push(std::mem::take(&mut share));
            all = 0;
        }
        all = all.saturating_add(told);
        share.insert(subject);
    }
    shares.push(share);
    shares
}

/// Divides what is owed into transactions' worth.
fn pieces(owing: Vec<Owing>) -> Vec<Vec<Owing>> {
    let (mut pieces, mut piece, mut ids) = (Vec::new(), Vec::new(), 0);
    for one in owing {
        let more = match &one.reach {
            Reach::Told(items) => items.len(),
            Reach::Unreachable(_) => 0,
        };
        if ids + more > IDS_MAX && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
            ids = 0;
        }
        ids += more;
        piece.push(one);
    }
    pieces.push(piece);
    pieces
}

pub(crate) fn heads_of(changes: &[ShardChange]) -> Vec<Revision> {
    let mut heads: BTreeMap<u16, u64> = BTreeMap::new();
    for change in changes {
        let Revision { shard, version } = change.revision;
        let head = heads.entry(shard).or_default();
        *head = version.max(*head);
    }
    heads.into_iter().map(|(shard, version)| Revision { shard, version }).collect()
}

pub(crate) fn versions_of(revisions: &[Revision]) -> HashMap<u16, u64> {
    revisions.iter().map(|revision| (revision.shard, revision.version)).collect()
}

type Debt = (Option<SubjectKey>, Cause, UnixMillis);

/// What is owed, added up by person, partner and cause.
struct Sums<'a> {
    recalls: &'a Recalls,
    edition: &'a Edition,
    now: UnixMillis,
    told: BTreeMap<(PartnershipId, Debt), BTreeMap<sluicegate_ledger::Vouched, u64>>,
    untold: BTreeMap<(PartnershipId, Debt), u64>,
}

impl<'a> Sums<'a> {
    fn new(recalls: &'a Recalls, edition: &'a Edition) -> Self {
        let now = recalls.parts.clock.now();
        Self { recalls, edition, now, told: BTreeMap::new(), untold: BTreeMap::new() }
    }

    fn add(&mut self, debt: Debt, one: &Disclosed) {
        let partnership = &one.vouched.partnership;
        let key = (partnership.clone(), debt);
        match self.edition.recalling(partnership) {
            Some(recall) if one.at >= self.now.minus(recall.window()) => {
                let dice = &self.recalls.parts.dice;
                let place = u64::try_from(dice.roll() >> 65).unwrap_or_default();
                self.told.entry(key).or_default().entry(one.vouched.clone()).or_insert(place);
            }
            // Older than what the partner is told of.
            Some(_) => {}
            None => *self.untold.entry(key).or_default() += 1,
        }
    }

    /// Adds what nobody can call back, since that part of the record is damaged.
    fn miss(&mut self, debt: Debt, one: &Missed) {
        let window = self.edition.recalling(&one.partnership).map(Recalling::window);
        if window.is_none_or(|window| one.at >= self.now.minus(window)) {
            let count = self.untold.entry((one.partnership.clone(), debt)).or_default();
            *count = count.saturating_add(one.count);
        }
    }

    fn into_owing(self) -> Vec<Owing> {
        let told = self.told.into_iter().map(|(key, items)| {
            let items = items.into_iter().map(|(vouched, place)| Item { vouched, place });
            owing(key, Reach::Told(items.collect()))
        });
        let untold =
            self.untold.into_iter().map(|(key, count)| owing(key, Reach::Unreachable(count)));
        told.chain(untold).collect()
    }
}

fn owing((partnership, (subject, cause, since)): (PartnershipId, Debt), reach: Reach) -> Owing {
    Owing { subject, partnership, cause, since, reach }
}
