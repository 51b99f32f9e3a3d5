//! The ledger's own writer: takes what is queued, encodes it, and commits it as one batch.

use crate::{
    Day, LedgerBatch, LedgerStore, LedgerStoreError, NumberedNotes, Outcome, OutcomeRow,
    RecordError, Slip, SlipsRow, UncertainWindow, WithheldNote,
    counters::Counters,
    encode::{Ring, Rows, Tools, owners_of},
    halves::in_halves,
    hurry::Hurry,
    keys::{Keeper, KeyFault, SubjectSecret},
    ledger::Tally,
    marks::{Marker, Marks},
    outline::Kinds,
    pack::{Erasure, NewPack},
    recent::Recent,
    sets::Sets,
    standing::Standing,
    windows::{Counts, Desk, Moment, Plan},
};
use sluicegate_gate::{
    DisclosureId, Envelope, Path, SubjectKey,
    time::{Clock, UnixMillis},
};
use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
    time::{Instant, MissedTickBehavior, interval},
};

/// Commands in one batch at most, while the store keeps up.
const BATCH_MAX: usize = 1024;
/// Commands in one batch that a slow store still gets at once.
const BATCH_MIN: usize = 32;
/// What a batch may take. A slower one is followed by a smaller one, so that the windows that travel
/// with the records reach the disk well before they end.
const BATCH_TAKES: Duration = Duration::from_millis(15);
/// Subjects' keys kept open at most; beyond that they are read from the store again.
pub(crate) const OPEN_KEYS_MAX: usize = 65_536;
/// Batches in which nobody waits for anything begin at least this long after the one before: more go with each.
const PATIENCE: Duration = Duration::from_millis(5);
/// How long whoever waits for such a batch waits at most for others to join it, as long as they come.
const JOINING: Duration = Duration::from_millis(1);
/// How long counts and ended windows wait at most when nothing else is written.
const TICK: Duration = Duration::from_millis(100);

pub(crate) type Done = oneshot::Sender<Result<(), RecordError>>;

/// A message handed in.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) envelope: Arc<Envelope>,
    pub(crate) at: UnixMillis,
    pub(crate) sha256: [u8; 32],
    /// The window it was handed in under.
    pub(crate) window: Option<u128>,
    /// What was withheld beside it.
    pub(crate) slips: Vec<Option<Slip>>,
    pub(crate) done: Done,
}

impl Record {
    /// Takes what was withheld beside it out.
    fn slips(&mut self) -> Option<SlipsRow> {
        let (partnership, path) = (self.envelope.partnership().clone(), self.envelope.path());
        let slips = std::mem::take(&mut self.slips);
        (!slips.is_empty()).then(|| SlipsRow { partnership, day: Day::of(self.at), path, slips })
    }
}

#[derive(Debug)]
pub(crate) enum Command {
    Record(Record),
    /// Someone waits for a window.
    Window(Path, Done),
    Withheld(NumberedNotes, Done),
    Outcome(DisclosureId, Outcome),
    Flush(Done),
    Erase(SubjectKey, oneshot::Sender<Result<(), LedgerStoreError>>),
    Close(Done),
}

impl Command {
    /// Returns whether nobody waits for it until they say so.
    fn can_wait(&self) -> bool {
        match self {
            Self::Record(record) => record.window.is_some(),
            Self::Outcome(..) => true,
            Self::Window(..)
            | Self::Withheld(..)
            | Self::Flush(_)
            | Self::Erase(..)
            | Self::Close(_) => false,
        }
    }
}

#[derive(Debug, Default)]
struct Work {
    records: Vec<Record>,
    wanted: Vec<Path>,
    /// Callers who wait for the batch, those of records aside.
    waiting: Vec<Done>,
}

#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) store: Arc<dyn LedgerStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) notes: mpsc::Receiver<WithheldNote>,
    pub(crate) hurry: Arc<Hurry>,
    pub(crate) counters: Counters,
    /// How messages ended, to go with the next batch: nobody waits for that.
    pub(crate) ended: Vec<OutcomeRow>,
    pub(crate) open_keys: Recent<SubjectKey, Arc<SubjectSecret>>,
    pub(crate) marker: Marker,
    pub(crate) sets: Sets,
    pub(crate) kinds: Kinds,
    /// What is open in the store; none after a failure, until it was read again.
    pub(crate) standing: Option<Standing>,
}

impl Writer {
    /// Works until the ledger is closed or nobody holds it any more.
    pub(crate) async fn run(mut self) {
        let mut tick = interval(TICK);
        tick.reset();
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut queue = Vec::with_capacity(BATCH_MAX);
        let mut closing = Vec::new();
        let mut batch_max = BATCH_MAX;
        let mut next = Instant::now();
        loop {
            let is_due = tokio::select! {
                biased;
                taken = self.commands.recv_many(&mut queue, batch_max) => {
                    if taken == 0 {
                        break;
                    }
                    self.gather(&mut queue, batch_max, next).await;
                    let is_full = queue.len() >= batch_max;
                    next = Instant::now() + if is_full { Duration::ZERO } else { PATIENCE };
                    false
                }
                Some(note) = self.notes.recv() => {
                    self.count(&note);
                    continue;
                }
                _ = tick.tick(), if self.is_unwritten() || self.tally.is_failing() => true,
            };
            let (begun, commands) = (self.clock.boot(), queue.len());
            *self.tally.under_way.lock() = Some(begun);
            self.work_off(&mut queue, &mut closing, is_due).await;
            *self.tally.under_way.lock() = None;
            batch_max = next_batch_max(batch_max, commands, self.clock.boot().since(begun));
        }
        self.desk.close();
        let last = self.step(Work::default()).await;
        for done in closing {
            answer(done, last);
        }
    }

    /// Takes what others hand in until somebody waits for one of them, or it is time: what goes with one batch costs
    /// one commit. A full batch is not waited with.
    async fn gather(&mut self, queue: &mut Vec<Command>, batch_max: usize, until: Instant) {
        yield_now().await;
        self.take(queue, batch_max);
        if queue.len() < batch_max
            && queue.iter().all(Command::can_wait)
            && self.hurry.wait(until).await
        {
            self.let_others_join(queue, batch_max).await;
        }
        self.hurry.next_batch();
        self.take(queue, batch_max);
    }

    /// Takes what comes from whoever is about to hand in: it would wait for the commit after this one.
    async fn let_others_join(&mut self, queue: &mut Vec<Command>, batch_max: usize) {
        let until = Instant::now() + JOINING;
        loop {
            let before = queue.len();
            yield_now().await;
            self.take(queue, batch_max);
            let comes_nothing = queue.len() == before;
            if comes_nothing || queue.len() >= batch_max || Instant::now() >= until {
                break;
            }
        }
    }

    fn take(&mut self, queue: &mut Vec<Command>, batch_max: usize) {
        while queue.len() < batch_max
            && let Ok(command) = self.commands.try_recv()
        {
            queue.push(command);
        }
    }

    /// Returns whether anything waits for the next batch or the next tick.
    fn is_unwritten(&self) -> bool {
        self.desk.is_any_open() || !self.counters.is_empty() || !self.ended.is_empty()
    }

    async fn work_off(&mut self, queue: &mut Vec<Command>, closing: &mut Vec<Done>, is_due: bool) {
        let mut work = Work::default();
        for command in queue.drain(..) {
            match command {
                Command::Record(record) => work.records.push(record),
                Command::Window(path, done) => {
                    work.wanted.push(path);
                    work.waiting.push(done);
                }
                Command::Outcome(message, outcome) => {
                    self.ended.push(OutcomeRow { message, outcome });
                }
                Command::Withheld(notes, done) => {
                    if !self.counters.have_room_for(&notes) {
                        self.step(std::mem::take(&mut work)).await.ok();
                    }
                    match self.count_once(&notes).await {
                        Ok(()) => work.waiting.push(done),
                        Err(error) => answer(done, Err(error)),
                    }
                }
                Command::Flush(done) => work.waiting.push(done),
                Command::Erase(subject, done) => {
                    self.step(std::mem::take(&mut work)).await.ok();
                    answer(done, self.erase(subject).await);
                }
                Command::Close(done) => {
                    self.commands.close();
                    closing.push(done);
                }
            }
        }
        // Why: a commit for ends alone would cost as much as one for records, which come soon.
        if is_due || !work.is_empty() || self.ended.len() >= BATCH_MAX {
            self.step(work).await.ok();
        }
    }

    /// Commits one batch and answers everyone who waits for it.
    async fn step(&mut self, mut work: Work) -> Result<(), RecordError> {
        while let Ok(note) = self.notes.try_recv() {
            self.count(&note);
        }
        let counts = work.counts();
        let outcome = match self.append(&mut work, &counts).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.report(&error);
                Err(RecordError::NotRecorded)
            }
        };
        let records = work.records.into_iter().map(|record| record.done);
        for done in records.chain(work.waiting) {
            answer(done, outcome);
        }
        outcome
    }

    async fn append(&mut self, work: &mut Work, counts: &Counts) -> Result<(), LedgerStoreError> {
        let mut batch = LedgerBatch::default();
        let ring = match self.ring(&work.records, &mut batch).await {
            Ok(ring) => ring,
            Err(error) => {
                self.desk.failed(Plan::default(), counts);
                return Err(error);
            }
        };
        let (mut pack, mut rows) = self.encode(work, &ring, &mut batch);
        if let Err(fault) = rows.seal(&self.keeper, &mut self.sets).await {
            self.lose_notes(pack.outcomes.len());
            self.sets.failed();
            self.desk.failed(Plan::default(), counts);
            return Err(fault.into());
        }
        batch.told = rows.told;
        let ended = pack.outcomes.len();
        let moment = Moment { now: self.clock.now(), boot: self.clock.boot() };
        let mut plan = self.desk.plan(moment, counts, &work.paths(), || self.keeper.roll());
        batch.reserved = std::mem::take(&mut plan.reserved);
        batch.closed.clone_from(&plan.closed);
        batch.uncertain = plan.uncertain.iter().map(|window| window.id).collect();
        pack.windows = plan.uncertain.iter().map(UncertainWindow::of).collect();
        batch.leaves = match pack.write(&ring, self.keeper.roll()) {
            Ok(leaves) => leaves,
            Err(fault) => {
                self.lose_notes(ended);
                self.sets.failed();
                self.desk.failed(plan, counts);
                return Err(fault.into());
            }
        };
        // Why not after a failure: nobody hands in anything while nothing can be kept, so an empty commit tries it.
        if batch.is_empty() && !self.tally.is_failing() {
            self.desk.succeeded(plan, counts);
            return Ok(());
        }
        match self.commit(batch).await {
            Ok(()) => {
                self.desk.succeeded(plan, counts);
                self.counters.clear();
                self.sets.succeeded();
                self.remember(ring);
                Ok(())
            }
            Err(error) => {
                self.lose_notes(ended);
                self.sets.failed();
                self.desk.failed(plan, counts);
                Err(error)
            }
        }
    }

    /// Counts how many messages' ends are lost with a batch.
    ///
    /// Why: kept for the next batch, they would pile up while the store fails.
    fn lose_notes(&self, ended: usize) {
        let lost = u64::try_from(ended).unwrap_or(u64::MAX);
        self.tally.lost_notes.fetch_add(lost, Ordering::Relaxed);
    }

    /// Commits a batch with the mark of what is open after it.
    async fn commit(&mut self, mut batch: LedgerBatch) -> Result<(), LedgerStoreError> {
        let standing = match self.standing.take() {
            Some(standing) => standing,
            None => Standing::read(self.store.as_ref()).await?.0,
        };
        let next = standing.marked(&mut batch, &self.keeper);
        self.store.append(batch).await?;
        self.standing = Some(next);
        Ok(())
    }

    /// Writes the rows of the batch, and returns what its pack is to hold and what is told. A record whose subject's key
    /// does not open is refused alone.
    fn encode(&mut self, work: &mut Work, ring: &Ring, batch: &mut LedgerBatch) -> (NewPack, Rows) {
        let mut rows = Rows::with_capacity(work.records.len());
        let (sets, kinds, marks) = (&mut self.sets, &mut self.kinds, Marks::new(&self.marker));
        let mut tools = Tools { ring, marks, sets, kinds };
        let mut kept = Vec::with_capacity(work.records.len());
        for mut record in work.records.drain(..) {
            match rows.add(&record, &mut tools) {
                Ok(()) => {
                    batch.slips.extend(record.slips());
                    kept.push(record);
                }
                Err(fault) => {
                    tracing::error!(%fault, "a disclosure could not be encoded");
                    record.window.inspect(|window| self.desk.tear(*window));
                    answer(record.done, Err(RecordError::NotRecorded));
                }
            }
        }
        work.records = kept;
        batch.totals = rows.totals();
        batch.outlines = std::mem::take(&mut rows.outlines);
        self.counters.write(batch);
        let outcomes = std::mem::take(&mut self.ended);
        let messages = std::mem::take(&mut rows.messages);
        (NewPack { messages, outcomes, ..NewPack::default() }, rows)
    }

    /// Gathers the keys of everyone the records are about: those open already, those stored, and
    /// new ones, which go into the batch. A stored key that does not open is left out.
    async fn ring(
        &mut self,
        records: &[Record],
        batch: &mut LedgerBatch,
    ) -> Result<Ring, LedgerStoreError> {
        let (mut ring, mut missing) = self.open_ring(records);
        if missing.is_empty() {
            return Ok(ring);
        }
        for row in self.store.keys(missing.iter().copied().collect()).await? {
            missing.remove(&row.subject);
            match self.keeper.unwrap(&row) {
                Ok(secret) => drop(ring.insert(row.subject, Arc::new(secret))),
                Err(fault) => tracing::error!(%fault, "a subject's key is lost"),
            }
        }
        let keeper = Arc::clone(&self.keeper);
        let fresh = move |some: Vec<SubjectKey>| {
            some.into_iter().map(|subject| keeper.fresh(subject)).collect::<Vec<_>>()
        };
        let fresh =
            in_halves(missing.into_iter().collect(), fresh).await.map_err(|_gone| KeyFault)?;
        for (secret, row) in fresh.into_iter().flatten() {
            ring.insert(row.subject, Arc::new(secret));
            batch.keys.push(row);
        }
        Ok(ring)
    }

    /// Gathers the keys that are open already, and names those whose are not.
    fn open_ring(&mut self, records: &[Record]) -> (Ring, HashSet<SubjectKey>) {
        let (mut ring, mut missing) = (Ring::default(), HashSet::new());
        for owner in records.iter().flat_map(|record| owners_of(&record.envelope)) {
            if ring.contains_key(&owner) {
                continue;
            }
            match self.open_keys.find(&owner) {
                Some(secret) => drop(ring.insert(owner, Arc::clone(secret))),
                None => drop(missing.insert(owner)),
            }
        }
        (ring, missing)
    }

    fn remember(&mut self, ring: Ring) {
        for (owner, secret) in ring {
            self.open_keys.insert(owner, secret);
        }
        if self.tally.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("the ledger is kept again");
        }
    }

    /// Says first, for good, that the key is to be destroyed: whatever comes between, it will be.
    async fn erase(&mut self, subject: SubjectKey) -> Result<(), LedgerStoreError> {
        self.open_keys.remove(&subject);
        let erased: Vec<_> =
            self.store.keys(vec![subject]).await?.into_iter().map(|row| row.id).collect();
        if !erased.is_empty() {
            let at = self.clock.now();
            let erasures = erased.iter().map(|key| Erasure { at, key: *key }).collect();
            let pack = NewPack { erasures, ..NewPack::default() };
            let leaves = pack.write(&Ring::default(), self.keeper.roll())?;
            self.commit(LedgerBatch { leaves, erased, ..LedgerBatch::default() }).await?;
        }
        self.store.destroy(subject).await
    }

    fn count(&mut self, note: &WithheldNote) {
        if self.counters.add(note).is_err() {
            self.tally.lost_notes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts numbered notes, unless their number is counted already.
    async fn count_once(&mut self, notes: &NumberedNotes) -> Result<(), RecordError> {
        let known = match self.counters.noted(&notes.partnership) {
            Some(waiting) => waiting,
            None => match self.store.noted(notes.partnership.clone()).await {
                Ok(committed) => committed,
                Err(error) => {
                    self.report(&error);
                    return Err(RecordError::NotRecorded);
                }
            },
        };
        if notes.number <= known {
            return Ok(());
        }
        if !self.counters.have_room_for(notes) {
            return Err(RecordError::Busy);
        }
        self.counters.add_numbered(notes).map_err(|_full| RecordError::Busy)
    }

    fn report(&self, error: &LedgerStoreError) {
        self.tally.failed_batches.fetch_add(1, Ordering::Relaxed);
        if !self.tally.failing.swap(true, Ordering::Relaxed) {
            tracing::error!(?error, "the ledger could not be kept; nothing leaves until it can");
        }
    }
}

impl Work {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.waiting.is_empty()
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for some in self.records.chunk_by(|one, next| one.window == next.window) {
            if let Some(window) = some.first().and_then(|record| record.window) {
                *counts.entry(window).or_default() += u64::try_from(some.len()).unwrap_or(u64::MAX);
            }
        }
        counts
    }

    /// Returns the paths that want a window to follow: those waited for, and those with traffic.
    fn paths(&self) -> Vec<Path> {
        let flows = |path: &Path| {
            let mut records = self.records.iter();
            records.any(|record| record.window.is_some() && record.envelope.path() == *path)
        };
        let flowing = [Path::BidRequest, Path::ContextualBidRequest].into_iter().filter(flows);
        self.wanted.iter().copied().chain(flowing).collect()
    }
}

/// Halves the limit after a slow batch, and doubles it after a full one in less than half the time.
fn next_batch_max(current: usize, commands: usize, took: Duration) -> usize {
    if took > BATCH_TAKES {
        (current.min(commands) / 2).max(BATCH_MIN)
    } else if commands >= current && took < BATCH_TAKES / 2 {
        (current * 2).min(BATCH_MAX)
    } else {
        current
    }
}

fn answer<T>(done: oneshot::Sender<T>, value: T) {
    // The caller may have gone away; what was done stands all the same.
    drop(done.send(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_shrink_while_the_store_is_slow_and_grow_back_when_full_ones_are_fast() {
        let (slow, fast) = (Duration::from_millis(40), Duration::from_millis(2));
        assert_eq!(next_batch_max(1024, 600, slow), 300);
        assert_eq!(next_batch_max(300, 10, slow), BATCH_MIN);
        assert_eq!(next_batch_max(300, 300, BATCH_TAKES), 300);
        assert_eq!(next_batch_max(300, 10, fast), 300, "a small batch says nothing of a large one");
        assert_eq!(next_batch_max(300, 300, fast), 600);
        assert_eq!(next_batch_max(BATCH_MAX, BATCH_MAX, fast), BATCH_MAX);
    }
}
