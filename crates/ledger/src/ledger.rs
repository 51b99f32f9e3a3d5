//! The ledger: recording, reserving, counting, reading.

use crate::{
    Cleared, Day, ExportRow, KeyId, KeyRow, LedgerStore, LedgerStoreError, Outcome, PackRow,
    PageQuery, PersonPage, PersonView, SetAside, Slip, Totals, UncertainWindow,
    counters::Counters,
    encode,
    hurry::Hurry,
    keys::{Keeper, KeyFault},
    marks::Marker,
    outline::Kinds,
    pack::{self, Pack},
    page, person,
    recent::Recent,
    sets::Sets,
    standing,
    windows::Desk,
    writer::{Command, Done, OPEN_KEYS_MAX, Record, Writer},
};
use sluicegate_gate::{
    DisclosureId, Envelope, PartnershipId, Path, Reason, Secret, SubjectKey,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use std::{
    ops::{Range, RangeInclusive},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Commands waiting for the writer at most. [`Ledger::reserve`] refuses beyond, the others wait.
const QUEUE_MAX: usize = 16_384;
/// Notes waiting for the writer at most; what comes beyond is lost and counted as lost.
const NOTES_MAX: usize = 16_384;
/// Nothing can be recorded in time where the writer takes longer for what it is at.
const STUCK: Duration = Duration::from_secs(2);

/// The disclosure is not recorded, and the message must not go. A caller treats it as no bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RecordError {
    /// The store failed. Under a reservation the message may have gone; its window is declared.
    #[error("the disclosure could not be recorded")]
    NotRecorded,
    /// Too many records wait already.
    #[error("too many disclosures are waiting to be recorded")]
    Busy,
    /// The permit's deadline passed while waiting, or before.
    #[error("the deadline passed before the disclosure was recorded")]
    DeadlinePassed,
    /// Only bid requests go under a reservation.
    #[error("a message on path {} cannot be reserved", .0.name())]
    NotReservable(Path),
    /// The ledger is closed.
    #[error("the ledger is closed")]
    Closed,
}

/// The ledger could not be closed cleanly. What was not kept is declared when it opens again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// It was closed before.
    #[error("the ledger is closed already")]
    Closed,
    /// The last records or the closing marks could not be kept.
    #[error("the last records could not be kept")]
    NotRecorded,
}

/// A subject could not be erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The ledger is closed.
    #[error("the ledger is closed")]
    Closed,
    /// The store failed; the subject may not be erased.
    #[error("the subject could not be erased")]
    Store(#[from] LedgerStoreError),
}

/// The ledger could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store failed.
    #[error("the ledger could not be read")]
    Store(#[from] LedgerStoreError),
    /// What was handed in before could not be kept: what is on record is not all that left.
    #[error("what was handed in before is not on record")]
    NotKept(#[from] RecordError),
    /// A stored value does not open with its key, or reads as nothing known.
    #[error("a stored value does not open")]
    Unreadable,
    /// A pack was altered after it was written.
    #[error("pack {0} of the record is damaged")]
    Damaged(u64),
}

impl From<KeyFault> for ReadError {
    fn from(_fault: KeyFault) -> Self {
        Self::Unreadable
    }
}

/// Something was withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithheldNote {
    /// From whom.
    pub partnership: PartnershipId,
    /// The way it would have left.
    pub path: Path,
    /// Every reason.
    pub reasons: Vec<Reason>,
    /// The keys of the subject.
    pub keys: Vec<SubjectKey>,
    /// When.
    pub at: UnixMillis,
}

/// What was withheld from one partnership, under a number by which it is counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedNotes {
    /// From whom, in all of the notes.
    pub partnership: PartnershipId,
    /// Greater than that of all notes of the partnership before; the first is at least 1.
    pub number: u64,
    /// What was withheld.
    pub notes: Vec<WithheldNote>,
}

/// What the ledger counts about itself, since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Notes of withheld data and of outcomes that were lost under overload.
    pub lost_notes: u64,
    /// Batches that the store did not keep.
    pub failed_batches: u64,
    /// Commands waiting for the writer now.
    pub waiting: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) lost_notes: AtomicU64,
    pub(crate) failed_batches: AtomicU64,
    /// The store failed, and nothing was kept since.
    pub(crate) failing: AtomicBool,
    /// Since when the writer has been at what it is at.
    pub(crate) under_way: parking_lot::Mutex<Option<BootMillis>>,
}

impl Tally {
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }
}

/// A pack with its place in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedPack {
    /// Its number; later packs have higher ones.
    pub number: u64,
    /// The number of its first message. Messages are numbered from 0, without gaps.
    pub first: u64,
    /// What is in it.
    pub pack: Pack,
}

/// Records what leaves, before it leaves.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<dyn LedgerStore>,
    clock: Arc<dyn Clock>,
    keeper: Arc<Keeper>,
    desk: Arc<Desk>,
    tally: Arc<Tally>,
    hurry: Arc<Hurry>,
    commands: mpsc::Sender<Command>,
    notes: mpsc::Sender<WithheldNote>,
    /// Held by whoever keeps who was met with whom, or has it deleted.
    pub(crate) meeting: Mutex<()>,
}

impl Ledger {
    /// Opens the ledger and starts its writer on the current `tokio` runtime. Windows that an unclean
    /// stop left open are declared uncertain first; where somebody else changed which are open, all of the time
    /// since the last record is.
    ///
    /// `keys` wraps the subjects' keys: with another one, what was told earlier cannot be read.
    pub async fn open(
        store: Arc<dyn LedgerStore>,
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
        keys: Secret<[u8; 32]>,
    ) -> Result<Arc<Self>, LedgerStoreError> {
        let keeper = Arc::new(Keeper::new(&keys, dice));
        let standing = standing::declare_open_windows(store.as_ref(), &keeper, clock.now()).await?;
        let (commands, queue) = mpsc::channel(QUEUE_MAX);
        let (notes, noted) = mpsc::channel(NOTES_MAX);
        let ledger = Arc::new(Self {
            store,
            clock,
            keeper,
            desk: Arc::default(),
            tally: Arc::default(),
            hurry: Arc::default(),
            commands,
            notes,
            meeting: Mutex::default(),
        });
        let writer = Writer {
            store: Arc::clone(&ledger.store),
            clock: Arc::clone(&ledger.clock),
            keeper: Arc::clone(&ledger.keeper),
            desk: Arc::clone(&ledger.desk),
            tally: Arc::clone(&ledger.tally),
            commands: queue,
            notes: noted,
            hurry: Arc::clone(&ledger.hurry),
            counters: Counters::default(),
            ended: Vec::new(),
            open_keys: Recent::new(OPEN_KEYS_MAX),
            marker: Marker::new(ledger.keeper.roll()),
            sets: Sets::new(),
            kinds: Kinds::default(),
            standing: Some(standing),
        };
        tokio::spawn(writer.run());
        Ok(ledger)
    }

    /// Records a message and clears it. The record is durable when this returns.
    ///
    /// Dropped while waiting, it may record a message that never goes: that reads as "may have left".
    pub async fn record(&self, envelope: Envelope) -> Result<Cleared, RecordError> {
        self.record_beside(envelope, Vec::new()).await
    }

    /// Does the same, and counts what was withheld of those whom the message answers about: one slip for each, which
    /// takes as long whatever is on it.
    pub async fn record_beside(
        &self,
        envelope: Envelope,
        slips: Vec<Option<Slip>>,
    ) -> Result<Cleared, RecordError> {
        self.refuse_late(&envelope)?;
        let envelope = Arc::new(envelope);
        let (done, kept) = oneshot::channel();
        let record = Record {
            sha256: encode::sha256(&envelope),
            envelope: Arc::clone(&envelope),
            at: self.clock.now(),
            window: None,
            slips,
            done,
        };
        self.ask(Command::Record(record)).await?;
        kept.await.map_err(|_gone| RecordError::NotRecorded)??;
        Ok(Cleared::recorded(envelope))
    }

    /// Clears a bid request under the current window and hands its record to the writer, or waits for a
    /// window first. The record is written whatever becomes of the caller.
    ///
    /// The platform gets its answer only once [`Pending::durable`] said so.
    pub async fn reserve(&self, envelope: Envelope) -> Result<(Cleared, Pending), RecordError> {
        let sha256 = encode::sha256(&envelope);
        let envelope = Arc::new(envelope);
        loop {
            self.refuse_late(&envelope)?;
            let (done, kept) = oneshot::channel();
            if let Some(end) = self.hand_in(&envelope, sha256, done)? {
                let (batch, hurry) = (self.hurry.batch(), Arc::clone(&self.hurry));
                let cleared = Cleared::reserved(Arc::clone(&envelope), end);
                return Ok((cleared, Pending { envelope, kept, batch, hurry }));
            }
            self.wait_for(|done| Command::Window(envelope.path(), done)).await?;
        }
    }

    /// Counts something that was withheld. Never waits: under overload a note is lost, and counted
    /// in [`Figures::lost_notes`].
    pub fn withheld(&self, note: WithheldNote) {
        if self.notes.try_send(note).is_err() {
            self.tally.lost_notes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts what was withheld, exactly once: durable when this returns, and what comes again under a
    /// number that is counted already, after a crash too, is passed over.
    pub async fn withheld_once(&self, notes: NumberedNotes) -> Result<(), RecordError> {
        self.wait_for(|done| Command::Withheld(notes, done)).await
    }

    /// Notes how a message ended. Never waits: under overload the note is lost and counted, and the
    /// record goes on reading as "may have left".
    pub fn outcome(&self, message: DisclosureId, outcome: Outcome) {
        if self.commands.try_send(Command::Outcome(message, outcome)).is_err() {
            self.tally.lost_notes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns once everything handed in before, notes too, is durable.
    pub async fn flush(&self) -> Result<(), RecordError> {
        self.wait_for(Command::Flush).await
    }

    /// Destroys the subject's key, durably: nothing that was told about the subject so far can be read, and
    /// nobody can tell which rows of the record were about it. What was counted as withheld of the subject goes,
    /// too. Done again after a crash, it ends the same.
    pub async fn erase(&self, subject: SubjectKey) -> Result<(), EraseError> {
        let alone = self.meet_before_erasing(subject).await;
        let (done, erased) = oneshot::channel();
        let command = Command::Erase(subject, done);
        self.ask(command).await.map_err(|_gone| EraseError::Closed)?;
        erased.await.map_err(|_gone| EraseError::Closed)??;
        drop(alone);
        // Why not in the writer: it may wait for what the store does in the background, and records would, too.
        Ok(self.store.forget_withheld(subject).await?)
    }

    /// Writes what is queued, marks every window as closed and stops the writer. Afterwards nothing is
    /// cleared any more.
    pub async fn close(&self) -> Result<(), CloseError> {
        self.desk.close();
        self.wait_for(Command::Close).await.map_err(|error| match error {
            RecordError::Closed => CloseError::Closed,
            RecordError::NotRecorded
            | RecordError::Busy
            | RecordError::DeadlinePassed
            | RecordError::NotReservable(_) => CloseError::NotRecorded,
        })
    }

    /// Returns what was told and withheld of the subject in that time, the latest first.
    ///
    /// Withheld counts are per day: every day that the range touches is counted whole.
    pub async fn person(
        &self,
        subject: SubjectKey,
        range: Range<UnixMillis>,
    ) -> Result<PersonView, ReadError> {
        person::view(self.store.as_ref(), &self.keeper, subject, range).await
    }

    /// Returns a page of what was told and withheld of the subject. What was told is opened only as far as it is
    /// asked for.
    ///
    /// Withheld counts are per day: every day that the range touches is counted whole.
    pub async fn person_page(
        &self,
        subject: SubjectKey,
        query: PageQuery,
    ) -> Result<PersonPage, ReadError> {
        page::page(self.store.as_ref(), &self.keeper, subject, query).await
    }

    /// Returns what [`Self::person`] does, as rows to be written with [`crate::ndjson`].
    pub async fn export_person(
        &self,
        subject: SubjectKey,
        range: Range<UnixMillis>,
    ) -> Result<Vec<ExportRow>, ReadError> {
        Ok(self.person(subject, range).await?.into_export())
    }

    /// Returns the name of the subject's key, under which its rows are found in packs; none where nothing was
    /// told of the subject since it was last erased.
    pub async fn key_id(&self, subject: SubjectKey) -> Result<Option<KeyId>, ReadError> {
        Ok(self.key_row(subject).await?.map(|row| row.id))
    }

    /// Returns the subject's key itself, with which anybody finds and reads its rows: for the person alone, and
    /// for whom the law lets ask.
    pub async fn person_key(
        &self,
        subject: SubjectKey,
    ) -> Result<Option<Secret<[u8; 32]>>, ReadError> {
        let row = self.key_row(subject).await?;
        Ok(row.map(|row| self.keeper.key(&row)).transpose()?)
    }

    /// Returns the packs from that number on, in order, at most `packs_max`.
    pub async fn packs(&self, from: u64, packs_max: usize) -> Result<Vec<NumberedPack>, ReadError> {
        let rows = self.store.packs(from, packs_max).await?;
        rows.into_iter()
            .map(|PackRow { pack: number, first, leaves }| {
                let pack = pack::read(&leaves).map_err(|_damage| ReadError::Damaged(number))?;
                Ok(NumberedPack { number, first, pack })
            })
            .collect()
    }

    /// Returns whose keys these are; erased ones are not among them.
    pub async fn subjects(&self, keys: Vec<KeyId>) -> Result<Vec<(KeyId, SubjectKey)>, ReadError> {
        let rows = self.store.owners(keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.subject)).collect())
    }

    async fn key_row(&self, subject: SubjectKey) -> Result<Option<KeyRow>, ReadError> {
        let rows = self.store.keys(vec![subject]).await?;
        Ok(rows.into_iter().find(|row| row.subject == subject))
    }

    /// Returns the totals of every day that the range touches.
    pub async fn totals(&self, range: Range<UnixMillis>) -> Result<Totals, ReadError> {
        Ok(self.store.totals(days(&range)).await?)
    }

    /// Returns the windows in which records may be missing, oldest first.
    pub async fn uncertain_windows(&self) -> Result<Vec<UncertainWindow>, ReadError> {
        Ok(self.store.uncertain_windows().await?)
    }

    /// Returns how much of what is kept does not read, and is set aside.
    pub async fn set_aside(&self) -> Result<SetAside, ReadError> {
        Ok(self.store.set_aside().await?)
    }

    /// Returns whether anything can be recorded: it was not closed, its writer has not gone, what it kept last was
    /// kept, and nothing has been on its way to the store for longer than two seconds.
    pub fn can_record(&self) -> bool {
        let under_way = *self.tally.under_way.lock();
        let is_stuck = under_way.is_some_and(|begun| self.clock.boot().since(begun) > STUCK);
        !self.commands.is_closed() && !self.tally.is_failing() && !is_stuck
    }

    /// Returns what the ledger counts about itself.
    pub fn figures(&self) -> Figures {
        Figures {
            lost_notes: self.tally.lost_notes.load(Ordering::Relaxed),
            failed_batches: self.tally.failed_batches.load(Ordering::Relaxed),
            waiting: self.commands.max_capacity() - self.commands.capacity(),
        }
    }

    pub(crate) fn store(&self) -> &dyn LedgerStore {
        self.store.as_ref()
    }

    pub(crate) fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    fn refuse_late(&self, envelope: &Envelope) -> Result<(), RecordError> {
        let late = self.clock.boot() > envelope.deadline();
        if late { Err(RecordError::DeadlinePassed) } else { Ok(()) }
    }

    fn hand_in(
        &self,
        envelope: &Arc<Envelope>,
        sha256: [u8; 32],
        done: Done,
    ) -> Result<Option<BootMillis>, RecordError> {
        let hand = |window| {
            let record = Record {
                envelope: Arc::clone(envelope),
                at: self.clock.now(),
                sha256,
                window: Some(window),
                slips: Vec::new(),
                done,
            };
            self.commands.try_send(Command::Record(record)).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => RecordError::Busy,
                mpsc::error::TrySendError::Closed(_) => RecordError::Closed,
            })
        };
        self.desk.hand_in(envelope.path(), || self.clock.boot(), hand)
    }

    async fn ask(&self, command: Command) -> Result<(), RecordError> {
        self.commands.send(command).await.map_err(|_gone| RecordError::Closed)?;
        self.hurry.ask();
        Ok(())
    }

    async fn wait_for(&self, command: impl FnOnce(Done) -> Command) -> Result<(), RecordError> {
        let (done, answered) = oneshot::channel();
        self.ask(command(done)).await?;
        answered.await.map_err(|_gone| RecordError::NotRecorded)?
    }
}

/// The record of a reserved message, on its way to the disk.
#[derive(Debug)]
#[must_use = "the platform gets its answer only once the disclosure is durable"]
pub struct Pending {
    envelope: Arc<Envelope>,
    kept: oneshot::Receiver<Result<(), RecordError>>,
    batch: u64,
    hurry: Arc<Hurry>,
}

impl Pending {
    /// Returns the message.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Returns once the record is durable, or fails if it was not kept. Until somebody asks, it may be gathered with
    /// others for some milliseconds.
    pub async fn durable(self) -> Result<(), RecordError> {
        self.hurry.ask_for(self.batch);
        self.kept.await.map_err(|_gone| RecordError::NotRecorded)?
    }
}

/// Returns every day that a range touches; for an empty range, the day it starts on.
pub(crate) fn days(range: &Range<UnixMillis>) -> RangeInclusive<Day> {
    let last = UnixMillis(range.end.0.saturating_sub(1)).max(range.start);
    Day::of(range.start)..=Day::of(last)
}
