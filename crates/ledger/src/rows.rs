//! The rows that the ledger hands to its store, all of one batch or none.
//!
//! Whatever is kept of a person is named by the id of the person's key, never by the person: once the key is
//! erased, nobody can tell whose it was, and nothing that is sealed under it can be read.

use crate::{OutlineRow, SlipsRow};
use sluicegate_gate::{
    Categories, DisclosureId, EditionHash, PartnershipId, Path, Reason, SubjectKey,
    time::UnixMillis,
};
use std::ops::RangeInclusive;

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    const MILLIS: i64 = 86_400_000;

    /// Returns the day of a time.
    pub fn of(at: UnixMillis) -> Self {
        Self(at.0.div_euclid(Self::MILLIS))
    }

    /// Returns its first millisecond.
    pub fn start(self) -> UnixMillis {
        UnixMillis(self.0.saturating_mul(Self::MILLIS))
    }
}

/// The name of a subject's own key, which says nothing of the subject: it is derived from the key, and
/// the store alone knows whose it is, until the key is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u64);

/// A set of values told to one partnership about one subject on one day.
///
/// Rows with equal `key`, `partnership`, `day` and `digest` merge: counts add up, `first` and `last`
/// widen, the edition becomes the newer one, and the sealed values first written stay. So only the first of
/// them must bring its values.
#[derive(Clone, PartialEq, Eq)]
pub struct ToldRow {
    /// About whom: the subject's key, under which the values are sealed.
    pub key: KeyId,
    /// To whom.
    pub partnership: PartnershipId,
    /// On which day.
    pub day: Day,
    /// Keyed digest of path, categories and values, under the subject's key.
    pub digest: [u8; 16],
    /// The way it left.
    pub path: Path,
    /// What was permitted.
    pub categories: Categories,
    /// The edition of the latest.
    pub edition: EditionHash,
    /// The values, sealed; `None` where a row that was kept before has them.
    pub sealed: Option<Vec<u8>>,
    /// How often.
    pub count: u64,
    /// First on that day.
    pub first: UnixMillis,
    /// Last on that day.
    pub last: UnixMillis,
}

impl ToldRow {
    /// Adds a later row of the same set of values.
    pub fn merge(&mut self, later: Self) {
        self.count = self.count.saturating_add(later.count);
        self.first = self.first.min(later.first);
        self.last = self.last.max(later.last);
        self.edition = later.edition;
        if self.sealed.is_none() {
            self.sealed = later.sealed;
        }
    }
}

impl std::fmt::Debug for ToldRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ToldRow")
            .field("partnership", &self.partnership)
            .field("day", &self.day)
            .field("path", &self.path)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// A subject's own key, wrapped by the master key. Deleting it makes every value sealed under it
/// unreadable.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Whose.
    pub subject: SubjectKey,
    /// Its name: a subject erased and seen again has a new one.
    pub id: KeyId,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

impl std::fmt::Debug for KeyRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyRow")
    }
}

/// Times that something was withheld for a reason: of one subject, to one partnership, on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithheldRow {
    /// Of whom.
    pub subject: SubjectKey,
    /// From whom.
    pub partnership: PartnershipId,
    /// On which day.
    pub day: Day,
    /// Why.
    pub reason: Reason,
    /// How often.
    pub count: u64,
}

/// Times that something was withheld for a reason, whoever it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithheldTotal {
    /// From whom.
    pub partnership: PartnershipId,
    /// On which day.
    pub day: Day,
    /// The way it would have left.
    pub path: Path,
    /// Why.
    pub reason: Reason,
    /// How often. One withheld opportunity counts once for each of its reasons.
    pub count: u64,
}

/// Counts of one partnership, day and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalRow {
    /// The partnership.
    pub partnership: PartnershipId,
    /// The day.
    pub day: Day,
    /// The path.
    pub path: Path,
    /// Messages recorded.
    pub messages: u64,
    /// Disclosures about a subject in them.
    pub disclosures: u64,
    /// Opportunities withheld.
    pub withheld: u64,
}

/// Totals of a range of days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Per partnership, day and path, in that order.
    pub counts: Vec<TotalRow>,
    /// Per partnership, day, path and reason code, in that order.
    pub withheld: Vec<WithheldTotal>,
}

/// A time during which bid requests may go while their records are on the way to the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow {
    /// Random.
    pub id: u128,
    /// The way they leave.
    pub path: Path,
    /// From when.
    pub from: UnixMillis,
    /// Until when.
    pub until: UnixMillis,
}

/// A window in which records may be missing: the process or the disk failed before they were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UncertainWindow {
    /// The way the messages left.
    pub path: Path,
    /// From when.
    pub from: UnixMillis,
    /// Until when.
    pub until: UnixMillis,
}

impl UncertainWindow {
    pub(crate) fn of(window: &WindowRow) -> Self {
        Self { path: window.path, from: window.from, until: window.until }
    }

    /// Returns whether it is longer than any that was reserved: the rows of open windows were not as the ledger had
    /// left them, and all since the last record was declared in their place.
    pub fn is_of_changed_rows(&self) -> bool {
        self.until > self.from.plus(crate::windows::LENGTH)
    }
}

/// How a message ended, as far as the door knows. A record without one reads as "may have left".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The partner answered.
    Delivered,
    /// It did not go.
    Failed,
    /// It went, or part of it, and no answer came.
    Unconfirmed,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::Unconfirmed];

    /// Returns the name used in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Returns the outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// How one message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The message.
    pub message: DisclosureId,
    /// How it ended.
    pub outcome: Outcome,
}

/// The last notes of a partnership that were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedRow {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Their number.
    pub number: u64,
}

/// The messages of one batch as they are kept for good: a pack of leaves.
#[derive(Clone, PartialEq, Eq)]
pub struct PackRow {
    /// Its number; later packs have higher ones, and a batch without leaves has none.
    pub pack: u64,
    /// The number of its first message. Messages are numbered from 0, without gaps.
    pub first: u64,
    /// What is in it, in the format of [`crate::pack`].
    pub leaves: Vec<u8>,
}

impl std::fmt::Debug for PackRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PackRow").field("pack", &self.pack).finish_non_exhaustive()
    }
}

/// Between which times the messages of some packs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackTimes {
    /// The packs, by their numbers.
    pub packs: RangeInclusive<u64>,
    /// From the earliest time of a message in them to the latest.
    pub times: RangeInclusive<UnixMillis>,
}

/// Leaves of one batch.
#[derive(Clone, PartialEq, Eq)]
pub struct NewLeaves {
    /// How many messages.
    pub messages: u64,
    /// What is kept, in the format of [`crate::pack`].
    pub leaves: Vec<u8>,
}

impl std::fmt::Debug for NewLeaves {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NewLeaves")
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}

/// Up to where the record was read for who was met in its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetUntil {
    /// The last pack that was read.
    pub pack: u64,
    /// SHA-256 of its leaves: by it another record is told.
    pub digest: [u8; 32],
}

/// Who was met in rows about accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// A device or browser, and the key of the account whose row names it, each pair once.
    pub pairs: Vec<(SubjectKey, KeyId)>,
    /// Up to where was read.
    pub until: MetUntil,
}

/// Everything that is committed together. Applied in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerBatch {
    /// New subjects' keys.
    pub keys: Vec<KeyRow>,
    /// Messages, ends of messages, and what else is kept for good: one pack.
    pub leaves: Option<NewLeaves>,
    /// The outlines of its messages, in the same order.
    pub outlines: Vec<OutlineRow>,
    /// Values told, to be merged.
    pub told: Vec<ToldRow>,
    /// Keys that are never to open anything again: they are deleted after this, in a crash too.
    pub erased: Vec<KeyId>,
    /// Withheld per subject, to be added up.
    pub withheld: Vec<WithheldRow>,
    /// Withheld per partnership, to be added up.
    pub withheld_totals: Vec<WithheldTotal>,
    /// Counts, to be added up.
    pub totals: Vec<TotalRow>,
    /// What was withheld beside messages, to be added up.
    pub slips: Vec<SlipsRow>,
    /// Which numbered notes are in these counts; a number takes the place of the one before.
    pub noted: Vec<NotedRow>,
    /// Windows reserved from now on.
    pub reserved: Vec<WindowRow>,
    /// Windows whose every record is kept, by id; ids that are not known are ignored.
    pub closed: Vec<u128>,
    /// Windows of which a record could not be kept, by id.
    pub uncertain: Vec<u128>,
    /// What the ledger marks the commit with; a marked batch takes the next number of a commit.
    pub mark: Option<[u8; 16]>,
}

impl LedgerBatch {
    /// Returns whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
