//! Where exposures wait, as a port.
//!
//! A journal is a list of packs in the order in which they were accepted. Every event has a
//! [`Position`]; positions are gap-free and start at 0. A pack is opaque here: it is sealed before it
//! comes and opened after it is read, so the journal's file holds no personal data in the clear.
//!
//! Each partnership has one cursor. What became of its events is counted in the transaction that moves
//! the cursor, so every event ends in exactly one outcome, also across a crash.

use crate::{Again, Lane, Source};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{DisclosureId, PartnershipId, time::UnixMillis};
use std::{fmt::Debug, time::Duration};

/// The number of an event in the journal.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Returns the position that many events later; saturates.
    #[must_use]
    pub fn plus(self, events: usize) -> Self {
        Self(self.0.saturating_add(u64::try_from(events).unwrap_or(u64::MAX)))
    }

    /// Returns how many events lie from `earlier` to here; zero if it is not earlier.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// By what a repeated event is known: keyed digests of its id and of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Digest of the id, wide enough that no two ids ever share one.
    pub id: [u8; 12],
    /// Digest of everything that is kept of it: whether a repeat says the same.
    pub content: [u8; 4],
}

/// Events to append, all or none.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPack {
    /// One per event, in order; at least one, and no two with the same id.
    pub events: Vec<Fingerprint>,
    /// When they were accepted.
    pub accepted_at: UnixMillis,
    /// The events themselves, sealed.
    pub sealed: Vec<u8>,
}

impl Debug for NewPack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewPack({} events)", self.events.len())
    }
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The pack is durable; its first event has this position.
    At(Position),
    /// Some ids are known already. Nothing was written.
    Known(Vec<Known>),
}

/// An id that the journal knows already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which event of the pack.
    pub index: usize,
    /// Digest of what was accepted under that id.
    pub content: [u8; 4],
}

/// A pack as it was appended.
#[derive(Clone, PartialEq, Eq)]
pub struct Pack {
    /// The position of its first event.
    pub first: Position,
    /// How many events it holds.
    pub count: usize,
    /// The events, sealed.
    pub sealed: Vec<u8>,
}

impl Debug for Pack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Pack({} events at {})", self.count, self.first.0)
    }
}

/// How far one partnership has come, and what became of the events so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The first event without an outcome.
    pub cursor: Position,
    /// Outcomes so far.
    pub tally: Tally,
    /// Since when what waits is held, while it is; [`Lane::held_for`] says why.
    pub held_since: Option<UnixMillis>,
    /// The message under way, if any.
    pub batch: Option<Batch>,
    /// What else is kept of it.
    pub lane: Lane,
}

impl Progress {
    /// Returns the first position that may still be needed. What is replayed has its outcome already, and holds
    /// nothing: it is told as far as it is still there when its turn comes.
    pub(crate) fn needs_from(&self) -> Position {
        let lane = &self.lane;
        let unnoted = lane.unnoted.iter().flat_map(|unnoted| &unnoted.runs).map(|run| run.run.from);
        let waiting = self.batch.iter().filter_map(|batch| batch.waiting.first().copied());
        let requeued = lane.again.iter().filter_map(Again::requeued).flatten();
        let again = requeued.map(|run| run.from);
        let all = unnoted.chain(waiting).chain(again).chain(lane.stopped_from);
        all.fold(self.cursor, Position::min)
    }

    /// Returns since when every attempt has failed, if that goes on. Where for longer than `quiet_max` nothing was
    /// tried that could have been, nobody knows how the endpoint does, and the next failure is the first. What is
    /// held was failing when it was.
    pub(crate) fn failing(&self, now: UnixMillis, quiet_max: Duration) -> Option<UnixMillis> {
        let since = self.lane.failing_since?;
        let due = self.lane.failed_at.max(self.lane.not_before).unwrap_or(since);
        (self.held_since.is_some() || now <= due.plus(quiet_max)).then_some(since)
    }
}

/// How many events ended how. Every event before the cursor is in exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The partner accepted it.
    pub delivered: u64,
    /// It was never told.
    pub withheld: u64,
    /// It was sent without being accepted, and then could not be told any more.
    pub unconfirmed: u64,
    /// It was given up after the last attempt.
    pub dead: u64,
    /// Attempts made; not an outcome.
    pub attempts: u64,
}

/// A message under way: written before its first byte goes, so that a restart goes on with the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The id of the message, in hex.
    #[serde(with = "message_id")]
    pub message: DisclosureId,
    /// When it was put together: the timestamp inside, the same at every attempt.
    pub made_at: UnixMillis,
    /// From where its events are.
    #[serde(default)]
    pub source: Source,
    /// The events in it, and after them those that come in messages of their own when it has ended.
    pub waiting: Vec<Position>,
    /// How many of them were in it at the attempt made last.
    #[serde(default)]
    pub events: usize,
    /// By what its body is known again, once there was an attempt: another body is another message.
    #[serde(default)]
    pub body: Option<u64>,
    /// The position after the last event that was looked at for it: of a message from the journal, where
    /// the cursor goes when it has ended.
    pub until: Position,
    /// The attempt that is next or under way; the first is 0.
    pub attempt: u32,
    /// Whether a byte of its events may have reached the partner.
    pub reached: Reached,
}

/// Whether bytes may have reached the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reached {
    /// No byte has gone.
    Never,
    /// Bytes of the events before this position may have gone, none of those after them.
    Before(Position),
    /// Bytes may have gone; the partner did not accept them.
    Perhaps,
}

impl Reached {
    /// Returns the same once the first events of those that wait may have gone, too.
    pub(crate) fn with(self, waiting: &[Position], events: usize) -> Self {
        match (self, waiting.get(events)) {
            (Self::Perhaps, _) | (_, None) => Self::Perhaps,
            (Self::Never, Some(next)) => Self::Before(*next),
            (Self::Before(before), Some(next)) => Self::Before(before.max(*next)),
        }
    }

    /// Returns whether bytes of an event may have gone.
    pub(crate) fn has(self, position: Position) -> bool {
        match self {
            Self::Never => false,
            Self::Before(end) => position < end,
            Self::Perhaps => true,
        }
    }
}

/// An event that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event.
    pub position: Position,
    /// Why.
    pub reason: DeadReason,
    /// When.
    pub at: UnixMillis,
    /// Whether a byte of it may have reached the partner.
    pub reached: bool,
}

/// Which of the events that were given up: the newest of those that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letters {
    /// Given up for this reason; for any without one.
    pub reason: Option<DeadReason>,
    /// Given up no earlier.
    pub from: Option<UnixMillis>,
    /// Given up before.
    pub to: Option<UnixMillis>,
    /// Events before this one.
    pub before: Option<Position>,
    /// So many at most.
    pub max: usize,
}

impl Letters {
    /// The newest of all.
    pub fn newest(max: usize) -> Self {
        Self { reason: None, from: None, to: None, before: None, max }
    }

    /// Returns whether one is among those that fit.
    pub fn include(&self, letter: &DeadLetter) -> bool {
        self.reason.is_none_or(|reason| letter.reason == reason)
            && self.from.is_none_or(|from| letter.at >= from)
            && self.to.is_none_or(|to| letter.at < to)
            && self.before.is_none_or(|before| letter.position < before)
    }
}

/// Why an event was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// The partner kept answering with a status that is no success.
    Refused,
    /// The partner could not be reached, or did not answer in time.
    Unreachable,
    /// The exposure is older than the partner may keep it.
    RetentionPassed,
    /// Nobody could tell whether it may be told: the person's shard of the view had stopped. It is put back at the
    /// next start.
    ViewStopped,
}

impl DeadReason {
    /// All reasons.
    pub const ALL: [Self; 4] =
        [Self::Refused, Self::Unreachable, Self::RetentionPassed, Self::ViewStopped];

    /// Returns the code used in records.
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::RetentionPassed => "retention_passed",
            Self::ViewStopped => "view_stopped",
        }
    }

    /// Returns the reason of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// What may be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// Ids accepted before this time need not be known any more. A journal may know them for longer.
    pub ids_before: UnixMillis,
    /// Packs that end at or before this position have been read by everyone. With them goes what is known of events in
    /// them that were withheld or given up.
    pub packs_before: Position,
}

/// The journal failed. What it acknowledged before stands.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store behind it did not do its work.
    #[error("the journal is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored does not read back.
    #[error("the journal holds something unreadable: {0}")]
    Corrupt(&'static str),
}

/// Where exposures wait. Every method but [`Self::trim`] is one transaction; a write returns once it is durable.
pub trait Journal: Send + Sync + Debug {
    /// Appends a pack, unless one of its ids is known: then nothing is written.
    fn append(&self, pack: NewPack) -> BoxFuture<'_, Result<Appended, JournalError>>;

    /// Returns the packs that hold `from` and what follows, in order, at most `packs_max`. Packs that
    /// were trimmed are not among them.
    fn read(
        &self,
        from: Position,
        packs_max: usize,
    ) -> BoxFuture<'_, Result<Vec<Pack>, JournalError>>;

    /// Returns the first event, from a position on, of a pack that was accepted at that time or later; `None` where there
    /// is none. A pack of which it is not known when it was accepted counts as one.
    fn accepted_since(
        &self,
        from: Position,
        since: UnixMillis,
    ) -> BoxFuture<'_, Result<Option<Position>, JournalError>>;

    /// Returns the position of the next event to come.
    fn head(&self) -> BoxFuture<'_, Result<Position, JournalError>>;

    /// Returns how far a partnership has come; `None` if it never began.
    fn progress(
        &self,
        partnership: PartnershipId,
    ) -> BoxFuture<'_, Result<Option<Progress>, JournalError>>;

    /// Returns how far each partnership has come, by name.
    fn all_progress(&self) -> BoxFuture<'_, Result<Vec<(PartnershipId, Progress)>, JournalError>>;

    /// Keeps how far a partnership has come, what was given up on the way, and of which events
    /// [`Lane::unnoted`] says that they were withheld, together.
    fn commit(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        dead: Vec<DeadLetter>,
    ) -> BoxFuture<'_, Result<(), JournalError>>;

    /// Keeps how far a partnership has come, and takes these events from what was given up, together.
    fn revive(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        events: Vec<Position>,
    ) -> BoxFuture<'_, Result<(), JournalError>>;

    /// Returns which events from a position on and before `until` were ever withheld from a partnership, in order. Of
    /// events that were trimmed it may say so, or not.
    fn withheld(
        &self,
        partnership: PartnershipId,
        from: Position,
        until: Position,
    ) -> BoxFuture<'_, Result<Vec<Position>, JournalError>>;

    /// Returns what was given up for a partnership, the newest first.
    fn dead_letters(
        &self,
        partnership: PartnershipId,
        letters: Letters,
    ) -> BoxFuture<'_, Result<Vec<DeadLetter>, JournalError>>;

    /// Puts other contents of as many events in the place of a pack's. One that was trimmed stays trimmed.
    fn rewrite(&self, first: Position, sealed: Vec<u8>) -> BoxFuture<'_, Result<(), JournalError>>;

    /// Forgets ids and packs that nobody needs any more, in as many transactions as it takes for none to be long.
    fn trim(&self, what: Trim) -> BoxFuture<'_, Result<(), JournalError>>;
}

mod message_id {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use sluicegate_gate::DisclosureId;

    pub(super) fn serialize<S: Serializer>(id: &DisclosureId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DisclosureId, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
