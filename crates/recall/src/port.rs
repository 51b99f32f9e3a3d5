//! Where it is kept what is owed, and the messages that settle it.

use futures_util::future::BoxFuture;
use sluicegate_gate::{DisclosureId, PartnershipId, Revision, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{IdentifierKind, RecallKind, Vouched};
use std::fmt;

/// Why something is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Sharing was turned off.
    Off,
    /// Demographics were corrected.
    Corrected,
    /// The person was erased.
    Erased,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Corrected, Self::Erased];

    /// Returns the name used in records and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Corrected => "corrected",
            Self::Erased => "erased",
        }
    }

    /// Returns the cause of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// Returns what the partner is told to do.
    pub fn kind(self) -> RecallKind {
        match self {
            Self::Off | Self::Erased => RecallKind::Recalled,
            Self::Corrected => RecallKind::Corrected,
        }
    }
}

/// One id to be called back, and its place among all that wait: places are random, so that their order tells
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The disclosure.
    pub vouched: Vouched,
    /// Its place.
    pub place: u64,
}

/// Whether a partner can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It can, of these, for as long as the register names an address for it.
    Told(Vec<Item>),
    /// The register names no address for it, or the record of what it was told is damaged: so many disclosures
    /// cannot be called back.
    Unreachable(u64),
}

/// What one person is owed by one partner, before it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owing {
    /// Who; nobody once the person is erased.
    pub subject: Option<SubjectKey>,
    /// Who is to be told.
    pub partnership: PartnershipId,
    /// Why.
    pub cause: Cause,
    /// When the person changed it.
    pub since: UnixMillis,
    /// What is called back. Never empty.
    pub reach: Reach,
}

/// A change of somebody that does not read, so that nobody knows what is owed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Aside {
    /// Whose.
    pub subject: SubjectKey,
    /// Which.
    pub revision: Revision,
}

/// Everything that is kept at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owed {
    /// What is owed.
    pub owing: Vec<Owing>,
    /// Up to where the changes of each shard have been read; shards that are not named stay.
    pub reached: Vec<Revision>,
    /// Changes that are set aside, since they do not read.
    pub set_aside: Vec<Aside>,
    /// Changes that were set aside and read by now, or are gone.
    pub taken_up: Vec<Aside>,
    /// A person whose erasure this is a step of: one that has begun goes on to [`Stage::Owed`].
    pub erased: Option<SubjectKey>,
    /// The id of that device or browser, sealed, if it was found in the record.
    pub id_of_erased: Option<Vec<u8>>,
    /// Requests to delete.
    pub deleting: Vec<Deleting>,
}

/// A request to delete that waits for its partner.
#[derive(Clone, PartialEq, Eq)]
pub struct Deleting {
    /// Its id: that of the message, and `jti` of the request.
    pub id: DisclosureId,
    /// Who is asked.
    pub partnership: PartnershipId,
    /// Under which identifier.
    pub identifier: IdentifierKind,
    /// Its value, sealed under a key that is not kept with it.
    pub sealed: Vec<u8>,
    /// The ledger's mark.
    pub mark: [u8; 16],
    /// When it was made.
    pub made_at: UnixMillis,
    /// How many attempts failed.
    pub failures: u32,
    /// When it is tried next.
    pub next_at: UnixMillis,
    /// Since when the time counts after which it is given up: since it was made, later by as long as it was due and
    /// could not be tried.
    pub counts_from: UnixMillis,
}

impl fmt::Debug for Deleting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Deleting")
            .field("partnership", &self.partnership)
            .field("identifier", &self.identifier)
            .field("made_at", &self.made_at)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

/// How a request to delete stands after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// How many attempts failed.
    pub failures: u32,
    /// When it is tried next.
    pub next_at: UnixMillis,
    /// Since when its time counts.
    pub counts_from: UnixMillis,
}

/// What is in no message yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For whom.
    pub partnership: PartnershipId,
    /// What it is to do.
    pub kind: RecallKind,
    /// How many people at least are owed something of it: keys that were joined are one.
    pub people: u64,
    /// How many ids.
    pub ids: u64,
    /// Since when the oldest waits.
    pub oldest: UnixMillis,
}

/// A message to be made of what waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its id.
    pub message: DisclosureId,
    /// For whom.
    pub partnership: PartnershipId,
    /// What it is to do.
    pub kind: RecallKind,
    /// When it is made, and due.
    pub made_at: UnixMillis,
    /// How many ids at most.
    pub ids_max: usize,
}

/// A message that has not been acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub message: DisclosureId,
    /// For whom.
    pub partnership: PartnershipId,
    /// What it is to do.
    pub kind: RecallKind,
    /// When it was made.
    pub made_at: UnixMillis,
    /// How many attempts failed since it was last delivered or made.
    pub failures: u32,
    /// When it is tried next.
    pub next_at: UnixMillis,
    /// When the partner first took it.
    pub delivered_at: Option<UnixMillis>,
    /// Since when the partner's time to acknowledge it counts: since it was first asked, later by as long as it was
    /// not asked again though that was due. None before it is asked.
    pub counts_from: Option<UnixMillis>,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The partner took it, and that acknowledges it.
    Acknowledged {
        /// When.
        at: UnixMillis,
    },
    /// The partner took it, and will say later that it is done; until then it is reminded.
    Taken {
        /// When.
        at: UnixMillis,
        /// When it is reminded.
        next_at: UnixMillis,
    },
    /// It failed.
    Failed {
        /// When.
        at: UnixMillis,
        /// When it is tried next.
        next_at: UnixMillis,
    },
    /// It could not be made of what is kept: the fault is ours. The partner was not asked.
    Unmade {
        /// When it is tried next.
        next_at: UnixMillis,
    },
    /// It was not tried.
    NotTried {
        /// When it is.
        next_at: UnixMillis,
    },
}

/// How far one partner is with what one key is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The key.
    pub subject: SubjectKey,
    /// Who is told.
    pub partnership: PartnershipId,
    /// Why.
    pub cause: Cause,
    /// When the person changed it.
    pub since: UnixMillis,
    /// How many disclosures are called back.
    pub ids: u64,
    /// Whether the partner can be told at all.
    pub reachable: bool,
    /// Of how many the partner took the message.
    pub delivered: u64,
    /// When it last took one.
    pub delivered_at: Option<UnixMillis>,
    /// Of how many it acknowledged it.
    pub acknowledged: u64,
    /// When it last acknowledged.
    pub acknowledged_at: Option<UnixMillis>,
}

/// Figures of one partnership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Ids in no message yet.
    pub waiting: u64,
    /// Messages without acknowledgement.
    pub open: u64,
    /// When the oldest of them was made.
    pub oldest: Option<UnixMillis>,
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Disclosures that could not be called back, because the register names no address or the record of them is
    /// damaged.
    pub unreachable: u64,
    /// Requests to delete that wait.
    pub deleting: u64,
    /// Requests to delete that were accepted.
    pub deleted: u64,
    /// Since when it is suspended because it did not acknowledge in time.
    pub lapsed_at: Option<UnixMillis>,
}

impl Figures {
    /// The figures of a partnership about which nothing is known.
    pub fn of(partnership: PartnershipId) -> Self {
        Self {
            partnership,
            waiting: 0,
            open: 0,
            oldest: None,
            acknowledged: 0,
            unreachable: 0,
            deleting: 0,
            deleted: 0,
            lapsed_at: None,
        }
    }
}

/// How far the erasure of one key has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// It is accepted, and the settings have not forgotten what they knew then.
    Accepted,
    /// It has begun. What partners were told since its key was last destroyed is not owed yet.
    Begun,
    /// Partners are owed the message, and what waited is closed.
    Owed,
}

/// The erasure of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasing {
    /// The key.
    pub subject: SubjectKey,
    /// When it was last asked for.
    pub at: UnixMillis,
    /// How far it has come.
    pub stage: Stage,
    /// The id of the device or browser itself, sealed, where it is known. It goes with the erasure.
    pub id: Option<Vec<u8>>,
}

/// A key that is to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepting {
    /// The key.
    pub subject: SubjectKey,
    /// The id of the device or browser itself, sealed, where it is known.
    pub id: Option<Vec<u8>>,
    /// When it is asked for.
    pub at: UnixMillis,
}

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum RecallStoreError {
    /// It cannot be reached, or refused.
    #[error("the store of recalls failed")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored does not read back.
    #[error("a stored recall is corrupt: {0}")]
    Corrupt(&'static str),
}

/// What a call to the store gives.
pub type Kept<'a, T> = BoxFuture<'a, Result<T, RecallStoreError>>;

/// Where it is kept what is owed. What was acknowledged survives `kill -9` and a power cut; each write but
/// [`Self::trim`] is one transaction. [`crate::conformance`] is the contract, run.
pub trait RecallStore: Send + Sync + fmt::Debug {
    /// Returns up to where the changes of each shard have been read; shards never read are absent.
    fn reached(&self) -> Kept<'_, Vec<Revision>>;

    /// Notes that keys are of one person, as far as anybody knows: what they are owed, before and later, is owed
    /// to one person. That stays so when a key is erased; its own name goes.
    fn join(&self, people: Vec<Vec<SubjectKey>>) -> Kept<'_, ()>;

    /// Keeps what is owed, and how far was read for it.
    fn owe(&self, owed: Owed) -> Kept<'_, ()>;

    /// Returns the changes that are set aside, sorted, each once. Those of a key go with its erasure.
    fn set_aside(&self) -> Kept<'_, Vec<Aside>>;

    /// Returns what is in no message yet, by partnership and kind.
    fn waiting(&self) -> Kept<'_, Vec<Waiting>>;

    /// Makes a message of what waits, in the order of places; an id that is owed to several people is in it
    /// once, and settles all. Returns how many ids are in it; 0 makes none.
    fn pack(&self, pack: Pack) -> Kept<'_, usize>;

    /// Returns the messages to a partnership without acknowledgement, the oldest first.
    fn open_messages(&self, partnership: PartnershipId) -> Kept<'_, Vec<Message>>;

    /// Returns the ids of a message, in the order of their places.
    fn disclosures(&self, message: DisclosureId) -> Kept<'_, Vec<Vouched>>;

    /// Writes down what became of an attempt. A message that is acknowledged stays so.
    fn settle(&self, message: DisclosureId, sent: Sent) -> Kept<'_, ()>;

    /// Writes down that a partner says that it has done what a message of its own says. Returns whether there
    /// is such a message; saying so again changes nothing.
    fn acknowledge(
        &self,
        partnership: PartnershipId,
        message: DisclosureId,
        at: UnixMillis,
    ) -> Kept<'_, bool>;

    /// Returns how far partners are with what these keys are owed, the latest first.
    fn standing(&self, subjects: Vec<SubjectKey>) -> Kept<'_, Vec<Standing>>;

    /// Returns figures, by partnership.
    fn figures(&self) -> Kept<'_, Vec<Figures>>;

    /// Writes down that a partnership did not acknowledge in time. Returns whether that is new.
    fn lapse(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, bool>;

    /// Forgets that, so that the partnership may go on. Its open messages are due now, as if none of them had failed, and
    /// have as long again. Returns whether it had lapsed.
    fn lift(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, bool>;

    /// Writes off what a partnership is still owed to be told: it cannot be told any more, and its open messages are gone.
    fn write_off(&self, partnership: PartnershipId) -> Kept<'_, ()>;

    /// Returns the partnerships that did not acknowledge in time.
    fn lapsed(&self) -> Kept<'_, Vec<PartnershipId>>;

    /// Accepts the erasure of a key. One that is under way is to begin anew, and keeps the id that it has.
    fn accept_erasure(&self, accepting: Accepting) -> Kept<'_, ()>;

    /// Writes down that the erasure of a key has begun that was last asked for at that time.
    fn begun(&self, subject: SubjectKey, asked_at: UnixMillis) -> Kept<'_, ()>;

    /// Writes down that what partners were told of a key is destroyed: what they are told from now on is owed again.
    fn destroyed(&self, subject: SubjectKey) -> Kept<'_, ()>;

    /// Returns the erasures under way, the oldest first.
    fn erasing(&self) -> Kept<'_, Vec<Erasing>>;

    /// Returns the erasure of a key, if it is under way.
    fn erasing_of(&self, subject: SubjectKey) -> Kept<'_, Option<Erasing>>;

    /// Ends the erasure of a key that was last asked for at that time, and forgets what the key was owed under its name.
    fn erased(&self, subject: SubjectKey, asked_at: UnixMillis) -> Kept<'_, ()>;

    /// Returns the partnerships for which requests to delete wait.
    fn asked_to_delete(&self) -> Kept<'_, Vec<PartnershipId>>;

    /// Returns a partnership's requests to delete that are due ([`crate::is_due`]), by when they were.
    fn due_deletions(
        &self,
        partnership: PartnershipId,
        now: UnixMillis,
        max: usize,
    ) -> Kept<'_, Vec<Deleting>>;

    /// Puts a request off: how many attempts of it failed, when it is tried next, and since when its time counts.
    fn defer_deletion(&self, id: DisclosureId, deferred: Deferred) -> Kept<'_, ()>;

    /// Ends a request: the partner accepted it, or never will. Its identifier is forgotten; the digest of the
    /// partner's acknowledgement stays, if there is one.
    fn end_deletion(
        &self,
        id: DisclosureId,
        at: UnixMillis,
        acknowledgement: Option<[u8; 32]>,
    ) -> Kept<'_, ()>;

    /// Accepts the erasure of a key that somebody else asked for under a request of its own, unless it was
    /// asked for under that id before. Returns whether it is new.
    fn accept_request(&self, request: [u8; 32], accepting: Accepting) -> Kept<'_, bool>;

    /// Forgets messages and what was owed that were settled before a time, the digests of acknowledgements of
    /// deletions from before it, and requests of others that were accepted before it.
    fn trim(&self, before: UnixMillis) -> Kept<'_, ()>;
}
