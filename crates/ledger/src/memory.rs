//! A ledger's store in memory, for tests: it can be made to fail, to hang, and to lose power.

mod log;

use crate::pack::{self, Message, Pack};
use crate::{
    Day, Head, Incident, IncidentScope, IncidentStore, KeyId, KeyRow, LedgerBatch, LedgerStore,
    LedgerStoreError, Met, MetUntil, NewLeaves, Outcome, OutlineRow, PackRow, PackTimes, ReadTold,
    SlipCounts, SlipsRow, Someone, ToldRow, TotalRow, Totals, UncertainWindow, Unread,
    UnreadOutlines, WindowRow, WithheldRow, WithheldTotal, incident,
};
use futures_util::{FutureExt as _, TryFutureExt as _, future::BoxFuture};
use parking_lot::Mutex;
use sluicegate_gate::{DisclosureId, PartnershipId, Path, Reason, SubjectKey, time::UnixMillis};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Range, RangeInclusive},
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::sync::watch;

/// Keeps the ledger in memory. It is as good as its process.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
    mood: watch::Sender<Mood>,
    packs_read: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Working,
    Full,
    Failing,
    Holding,
}

#[derive(Clone, Debug, Default)]
struct State {
    keys: BTreeMap<SubjectKey, KeyRow>,
    met: BTreeSet<(SubjectKey, KeyId)>,
    met_until: Option<MetUntil>,
    packs: Vec<PackRow>,
    messages: u64,
    told: BTreeMap<(KeyId, PartnershipId, Day, [u8; 16]), ToldRow>,
    /// Rows of values told that do not read: whose, and of which day.
    unread: Vec<(KeyId, Day)>,
    withheld: BTreeMap<(Day, PartnershipId, &'static str, SubjectKey), (Reason, u64)>,
    withheld_totals: BTreeMap<(PartnershipId, Day, Path, &'static str), (Reason, u64)>,
    totals: BTreeMap<(PartnershipId, Day, Path), TotalRow>,
    noted: BTreeMap<PartnershipId, u64>,
    outlines: Vec<OutlineRow>,
    times: Vec<PackTimes>,
    open: Vec<WindowRow>,
    head: Head,
    uncertain: Vec<UncertainWindow>,
    batches: usize,
    log: log::Log,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            mood: watch::Sender::new(Mood::Working),
            packs_read: AtomicUsize::new(0),
        }
    }
}

impl MemoryStore {
    /// Makes every call fail from now on.
    pub fn fail(&self) {
        self.mood.send_replace(Mood::Failing);
    }

    /// Makes every write fail from now on, as on a full disk.
    pub fn fill(&self) {
        self.mood.send_replace(Mood::Full);
    }

    /// Makes every write wait until [`Self::work`] or [`Self::fail`].
    pub fn hold(&self) {
        self.mood.send_replace(Mood::Holding);
    }

    /// Makes every call work again.
    pub fn work(&self) {
        self.mood.send_replace(Mood::Working);
    }

    /// Returns a store with what is durable now: what the disk holds after the power went.
    #[must_use]
    pub fn after_power_cut(&self) -> Self {
        Self { state: Mutex::new(self.state.lock().clone()), ..Self::default() }
    }

    /// Returns every message, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.read_packs().into_iter().flat_map(|pack| pack.messages).collect()
    }

    /// Returns every pack, in order.
    pub fn read_packs(&self) -> Vec<Pack> {
        let state = self.state.lock();
        state.packs.iter().filter_map(|row| pack::read(&row.leaves).ok()).collect()
    }

    /// Returns how a message ended.
    pub fn outcome(&self, message: DisclosureId) -> Option<Outcome> {
        let packs = self.read_packs();
        let all = packs.iter().flat_map(|pack| &pack.outcomes);
        all.filter(|row| row.message == message).map(|row| row.outcome).next_back()
    }

    /// Changes the rows of open windows behind the ledger's back, and returns whether they are others now.
    pub fn change_windows(&self, change: impl FnOnce(&mut Vec<WindowRow>)) -> bool {
        let mut state = self.state.lock();
        let before = state.open.clone();
        change(&mut state.open);
        state.open != before
    }

    /// Puts another head in place behind the ledger's back.
    pub fn change_head(&self, head: Head) {
        self.state.lock().head = head;
    }

    /// Flips a bit in the middle of a pack, of those there are, behind the ledger's back. Returns its number.
    pub fn damage(&self, place: usize) -> Option<u64> {
        let mut state = self.state.lock();
        let pack = state.packs.get_mut(place)?;
        let middle = pack.leaves.len() / 2;
        *pack.leaves.get_mut(middle)? ^= 1;
        Some(pack.pack)
    }

    /// Changes the rows of values told behind the ledger's back.
    pub fn change_told(&self, change: impl FnOnce(&mut Vec<ToldRow>)) {
        let mut state = self.state.lock();
        let mut rows = std::mem::take(&mut state.told).into_values().collect();
        change(&mut rows);
        let index = |row: ToldRow| ((row.key, row.partnership.clone(), row.day, row.digest), row);
        state.told = rows.into_iter().map(index).collect();
    }

    /// Makes rows of values told unreadable behind the ledger's back.
    pub fn damage_told(&self, is_meant: impl Fn(&ToldRow) -> bool) {
        let mut state = self.state.lock();
        let (damaged, told) = std::mem::take(&mut state.told)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(_, row)| is_meant(row));
        state.told = told;
        state.unread.extend(damaged.values().map(|row| (row.key, row.day)));
    }

    /// Changes an outline, of those there are, behind the ledger's back.
    pub fn change_outline(&self, place: usize, change: impl FnOnce(&mut OutlineRow)) {
        let mut state = self.state.lock();
        if let Some(outline) = state.outlines.get_mut(place) {
            change(outline);
        }
    }

    /// Changes the totals behind the ledger's back.
    pub fn change_totals(&self, change: impl FnMut(&mut TotalRow)) {
        self.state.lock().totals.values_mut().for_each(change);
    }

    /// Changes the log behind its writer's back: drops the last sheets.
    pub fn drop_sheets(&self, sheets: usize) {
        self.state.lock().log.drop_sheets(sheets);
    }

    /// Changes the log behind its writer's back: drops its checkpoint.
    pub fn drop_checkpoint(&self) {
        self.state.lock().log.drop_checkpoint();
    }

    /// Changes the sheets of the log behind its writer's back.
    pub fn change_sheets(&self, change: impl FnOnce(&mut Vec<crate::log::SheetRow>)) {
        self.state.lock().log.change_sheets(change);
    }

    /// Changes the tiles of the log behind its writer's back.
    pub fn change_tiles(&self, change: impl FnMut(&mut Vec<u8>)) {
        self.state.lock().log.change_tiles(change);
    }

    /// Empties the log behind its writer's back.
    pub fn empty_log(&self) {
        self.state.lock().log = log::Log::default();
    }

    /// Returns how many batches were committed.
    pub fn batches(&self) -> usize {
        self.state.lock().batches
    }

    /// Returns how many packs were read.
    pub fn packs_read(&self) -> usize {
        self.packs_read.load(Ordering::Relaxed)
    }

    fn write(
        &self,
        change: impl FnOnce(&mut State) + Send + 'static,
    ) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        let mut mood = self.mood.subscribe();
        async move {
            let settled = mood.wait_for(|mood| *mood != Mood::Holding).await.map(|mood| *mood);
            if settled.ok() != Some(Mood::Working) {
                return Err(broken());
            }
            change(&mut self.state.lock());
            Ok(())
        }
        .boxed()
    }

    fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&State) -> T + Send + 'static,
    ) -> BoxFuture<'_, Result<T, LedgerStoreError>> {
        let works = *self.mood.borrow() != Mood::Failing;
        let answer = if works { Ok(look(&self.state.lock())) } else { Err(broken()) };
        std::future::ready(answer).boxed()
    }
}

fn broken() -> LedgerStoreError {
    LedgerStoreError::Unavailable("the store was told to fail".into())
}

impl State {
    fn apply(&mut self, mut batch: LedgerBatch) {
        self.batches += 1;
        self.keys.extend(batch.keys.into_iter().map(|row| (row.subject, row)));
        if batch.leaves.is_some() || batch.mark.is_some() {
            self.head = Head { commit: self.head.commit + 1, mark: batch.mark };
        }
        if let Some(leaves) = batch.leaves {
            self.keep(leaves);
        }
        let times = || batch.outlines.iter().map(|outline| outline.at);
        if let (Some(first), Some(last)) = (times().min(), times().max()) {
            let packs = self.head.commit..=self.head.commit;
            self.times.push(PackTimes { packs, times: first..=last });
        }
        self.outlines.extend(batch.outlines);
        for row in batch.told {
            self.tell(row);
        }
        let slips = batch.slips.iter().map(SlipsRow::counts);
        for SlipCounts { withheld, totals, counts } in slips {
            batch.withheld.extend(withheld);
            batch.withheld_totals.extend(totals);
            batch.totals.extend(counts);
        }
        for row in batch.withheld {
            let index = (row.day, row.partnership, row.reason.code(), row.subject);
            self.withheld.entry(index).or_insert((row.reason, 0)).1 += row.count;
        }
        for row in batch.withheld_totals {
            let index = (row.partnership, row.day, row.path, row.reason.code());
            self.withheld_totals.entry(index).or_insert((row.reason, 0)).1 += row.count;
        }
        for row in batch.totals {
            self.count(row);
        }
        self.noted.extend(batch.noted.into_iter().map(|row| (row.partnership, row.number)));
        self.open.extend(batch.reserved);
        self.open.retain(|window| !batch.closed.contains(&window.id));
        self.declare(|window| batch.uncertain.contains(&window.id));
    }

    fn keep(&mut self, new: NewLeaves) {
        let pack = self.head.commit;
        let first = self.messages;
        self.messages += new.messages;
        self.packs.push(PackRow { pack, first, leaves: new.leaves });
    }

    fn tell(&mut self, row: ToldRow) {
        let index = (row.key, row.partnership.clone(), row.day, row.digest);
        match self.told.get_mut(&index) {
            None => drop(self.told.insert(index, row)),
            Some(kept) => kept.merge(row),
        }
    }

    fn count(&mut self, row: TotalRow) {
        let index = (row.partnership.clone(), row.day, row.path);
        match self.totals.get_mut(&index) {
            None => drop(self.totals.insert(index, row)),
            Some(kept) => {
                kept.messages += row.messages;
                kept.disclosures += row.disclosures;
                kept.withheld += row.withheld;
            }
        }
    }

    fn declare(&mut self, is_uncertain: impl Fn(&WindowRow) -> bool) {
        let (uncertain, open) = std::mem::take(&mut self.open).into_iter().partition(is_uncertain);
        let uncertain: Vec<WindowRow> = uncertain;
        self.open = open;
        self.uncertain.extend(uncertain.iter().map(UncertainWindow::of));
        self.uncertain.sort_by_key(|window| window.from);
    }
}

impl LedgerStore for MemoryStore {
    fn append(&self, batch: LedgerBatch) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        self.write(|state| state.apply(batch))
    }

    fn packs(
        &self,
        from: u64,
        packs_max: usize,
    ) -> BoxFuture<'_, Result<Vec<PackRow>, LedgerStoreError>> {
        let packs = self.read(move |state| {
            let later = state.packs.iter().filter(|pack| pack.pack >= from);
            later.take(packs_max).cloned().collect::<Vec<_>>()
        });
        packs
            .inspect_ok(|packs| {
                self.packs_read.fetch_add(packs.len(), Ordering::Relaxed);
            })
            .boxed()
    }

    fn pack_times(
        &self,
        since: UnixMillis,
    ) -> BoxFuture<'_, Result<Vec<PackTimes>, LedgerStoreError>> {
        self.read(move |state| {
            state.times.iter().filter(|one| *one.times.end() >= since).cloned().collect()
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, LedgerStoreError>> {
        self.read(|state| state.head)
    }

    fn open_windows(&self) -> BoxFuture<'_, Result<Vec<WindowRow>, LedgerStoreError>> {
        self.read(|state| {
            let mut open = state.open.clone();
            open.sort_by_key(|window| window.from);
            open
        })
    }

    fn uncertain_windows(&self) -> BoxFuture<'_, Result<Vec<UncertainWindow>, LedgerStoreError>> {
        self.read(|state| state.uncertain.clone())
    }

    fn keys(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> BoxFuture<'_, Result<Vec<KeyRow>, LedgerStoreError>> {
        self.read(move |state| {
            subjects.iter().filter_map(|subject| state.keys.get(subject)).cloned().collect()
        })
    }

    fn owners(&self, ids: Vec<KeyId>) -> BoxFuture<'_, Result<Vec<KeyRow>, LedgerStoreError>> {
        self.read(move |state| {
            state.keys.values().filter(|row| ids.contains(&row.id)).cloned().collect()
        })
    }

    fn meet(&self, met: Met) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        self.write(move |state| {
            let Met { mut pairs, until } = met;
            pairs.retain(|(_, key)| state.keys.values().any(|row| row.id == *key));
            state.met.extend(pairs);
            state.met_until = Some(until);
        })
    }

    fn met_until(&self) -> BoxFuture<'_, Result<Option<MetUntil>, LedgerStoreError>> {
        self.read(|state| state.met_until)
    }

    fn met(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, KeyId)>, LedgerStoreError>> {
        self.read(move |state| {
            state.met.iter().filter(|(subject, _)| subjects.contains(subject)).copied().collect()
        })
    }

    fn destroy(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        self.write(move |state| {
            let gone = state.keys.remove(&subject).map(|row| row.id);
            state.met.retain(|(other, key)| *other != subject && Some(*key) != gone);
        })
    }

    fn forget_withheld(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        self.write(move |state| {
            state.withheld.retain(|(_, _, _, whose), _| *whose != subject);
        })
    }

    fn told(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<ToldRow>, LedgerStoreError>> {
        let told = self.readable_told(key, range);
        Box::pin(async move {
            let ReadTold { rows, unread, .. } = told.await?;
            let damaged = LedgerStoreError::Corrupt("a row of what was told");
            if unread.is_nothing() { Ok(rows) } else { Err(damaged) }
        })
    }

    fn readable_told(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<ReadTold, LedgerStoreError>> {
        self.read(move |state| {
            let told = state.told.values().filter(|row| row.key == key);
            let told = told.filter(|row| row.last >= range.start && row.first < range.end);
            let is_of = |day: Day| crate::ledger::days(&range).contains(&day);
            let unread = state.unread.iter().filter(|(of, day)| *of == key && is_of(*day)).count();
            let unread =
                Unread { rows: u64::try_from(unread).unwrap_or(u64::MAX), ..Unread::default() };
            ReadTold { rows: told.cloned().collect(), unread, ..ReadTold::default() }
        })
    }

    fn told_on(
        &self,
        day: Day,
        keys: RangeInclusive<KeyId>,
    ) -> BoxFuture<'_, Result<ReadTold, LedgerStoreError>> {
        self.read(move |state| {
            let told = state.told.values().filter(|row| row.day == day && keys.contains(&row.key));
            let rows = told.map(|row| ToldRow { sealed: None, ..row.clone() }).collect();
            ReadTold { rows, ..ReadTold::default() }
        })
    }

    fn withheld(
        &self,
        subject: SubjectKey,
        days: RangeInclusive<Day>,
    ) -> BoxFuture<'_, Result<Vec<WithheldRow>, LedgerStoreError>> {
        self.read(move |state| {
            let rows = state
                .withheld
                .iter()
                .filter(|((day, _, _, whose), _)| *whose == subject && days.contains(day));
            rows.map(|((day, partnership, _, subject), (reason, count))| WithheldRow {
                subject: *subject,
                partnership: partnership.clone(),
                day: *day,
                reason: *reason,
                count: *count,
            })
            .collect()
        })
    }

    fn noted(&self, partnership: PartnershipId) -> BoxFuture<'_, Result<u64, LedgerStoreError>> {
        self.read(move |state| state.noted.get(&partnership).copied().unwrap_or_default())
    }

    fn totals(&self, days: RangeInclusive<Day>) -> BoxFuture<'_, Result<Totals, LedgerStoreError>> {
        self.read(move |state| {
            let counts = state.totals.values().filter(|row| days.contains(&row.day));
            let withheld =
                state.withheld_totals.iter().filter(|((_, day, _, _), _)| days.contains(day));
            Totals {
                counts: counts.cloned().collect(),
                withheld: withheld
                    .map(|((partnership, day, path, _), (reason, count))| WithheldTotal {
                        partnership: partnership.clone(),
                        day: *day,
                        path: *path,
                        reason: *reason,
                        count: *count,
                    })
                    .collect(),
            }
        })
    }
}

impl IncidentStore for MemoryStore {
    fn incident(&self, scope: IncidentScope) -> BoxFuture<'_, Result<Incident, LedgerStoreError>> {
        self.read(move |state| incident::add_up(state.outlines.iter(), &scope).0)
    }

    fn programs(&self) -> BoxFuture<'_, Result<BTreeSet<String>, LedgerStoreError>> {
        self.read(|state| {
            let kinds = state.outlines.iter().map(|row| row.kind.program.as_ref().to_owned());
            kinds.collect()
        })
    }

    fn incident_people(
        &self,
        scope: IncidentScope,
    ) -> BoxFuture<'_, Result<(Vec<SubjectKey>, UnreadOutlines), LedgerStoreError>> {
        self.read(move |state| {
            let (_, people) = incident::add_up(state.outlines.iter(), &scope);
            let keys = state.keys.values();
            let of = keys.filter(|row| people.contains(&Someone::new(row.subject.kind, row.id)));
            (of.map(|row| row.subject).collect(), UnreadOutlines::new())
        })
    }
}
