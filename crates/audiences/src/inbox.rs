//! Where batches wait: the port.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    Activity, AdvertiserId, AudienceId, KeyKind, PartnershipId, SubjectKey, time::UnixMillis,
};
use std::fmt;

/// How many batches of one sender may wait at once.
pub const WAITING_MAX: usize = 64;

/// Keeps batches from their answer until they are applied, and their names for longer.
///
/// Every implementation passes [`crate::conformance`]. Contract:
/// - What [`Self::put`] took survives `kill -9` and a power cut, and waits until [`Self::done`].
/// - Batches wait in the order in which they were taken.
/// - A name that was taken is known until [`Self::trim`], whether or not its batch still waits.
/// - What is set aside waits no longer, and is kept until [`Self::trim`] or [`Self::erase`].
pub trait Inbox: Send + Sync + fmt::Debug {
    /// Takes a batch, unless its name is known or [`WAITING_MAX`] of its sender wait already.
    fn put(&self, batch: NewBatch) -> BoxFuture<'_, Result<Put, InboxError>>;

    /// Returns the batches that have waited longest, at most so many. One that does not read back is no failure.
    fn waiting(&self, max: usize) -> BoxFuture<'_, Result<Vec<Waiting>, InboxError>>;

    /// Forgets what a batch says. Its name stays known.
    fn done(&self, number: u64) -> BoxFuture<'_, Result<(), InboxError>>;

    /// Keeps what of a batch can never be applied for whoever looks into it, and lets the others go on.
    fn set_aside(&self, number: u64, aside: Aside) -> BoxFuture<'_, Result<(), InboxError>>;

    /// Returns of how many batches something is set aside.
    fn count_set_aside(&self) -> BoxFuture<'_, Result<u64, InboxError>>;

    /// Erases an account from what is set aside. What does not read back goes as a whole where it names the account.
    fn erase(&self, account: SubjectKey) -> BoxFuture<'_, Result<(), InboxError>>;

    /// Forgets the names of batches that were taken before then and do not wait, and what was set aside before then.
    fn trim(&self, before: Old) -> BoxFuture<'_, Result<(), InboxError>>;
}

/// A batch that waits, as far as it reads back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It does.
    Batch(Batch),
    /// It does not.
    Unreadable {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// What is set aside of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Why it cannot be applied.
    pub why: String,
    /// When that was found.
    pub at: UnixMillis,
    /// What could not be applied; `None` is all of it, as it is kept.
    pub items: Option<Vec<Item>>,
}

/// What is old enough to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Old {
    /// Names of batches that were taken before then.
    pub names: UnixMillis,
    /// What was set aside before then.
    pub set_aside: UnixMillis,
}

/// Who says something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sender {
    /// A partner, under a partnership.
    Partner(PartnershipId),
    /// Advertisers, by their tags, through the platform.
    Tags,
}

/// A batch that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatch {
    /// Who sent it.
    pub sender: Sender,
    /// What stands for the sender's name for it.
    pub name: [u8; 16],
    /// A digest of all of it, by which a repeat is told from another batch of that name.
    pub content: [u8; 16],
    /// When it came in.
    pub at: UnixMillis,
    /// What it says.
    pub items: Vec<Item>,
}

/// A batch that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its number, in the order of taking.
    pub number: u64,
    /// Who sent it.
    pub sender: Sender,
    /// When it came in.
    pub at: UnixMillis,
    /// What it says.
    pub items: Vec<Item>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is durable.
    Taken,
    /// The same was taken before.
    Repeated,
    /// Another one was taken under this name.
    Conflicting,
    /// Too many of this sender wait.
    Full,
}

/// One thing said of somebody, or of nobody. Both have the same size. `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    of: Stamped,
    /// What.
    pub said: Said,
}

/// The hash of an account's key, or as much that means nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamped {
    /// 32 hexadecimal digits.
    hash: String,
    /// 1 where it is an account, 0 where it is nobody.
    counts: u8,
}

/// What is said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Said {
    /// On this list until then.
    Listed {
        /// The list.
        audience: AudienceId,
        /// Until when.
        until: UnixMillis,
    },
    /// No longer on this list.
    Unlisted {
        /// The list.
        audience: AudienceId,
    },
    /// Did something with an advertiser.
    Active {
        /// The advertiser.
        advertiser: AdvertiserId,
        /// What.
        activity: Activity,
        /// When.
        at: UnixMillis,
    },
}

impl Item {
    /// Says something of an account.
    pub fn of(account: SubjectKey, said: Said) -> Self {
        let counts = u8::from(account.kind == KeyKind::Account);
        Self { of: Stamped { hash: Self::digits(account), counts }, said }
    }

    /// Says something of nobody, in as many bytes.
    pub(crate) fn of_nobody(said: Said) -> Self {
        Self { of: Stamped { hash: format!("{:032x}", 0), counts: 0 }, said }
    }

    /// Returns how the hash of an account stands in what is stored of an item.
    pub fn digits(account: SubjectKey) -> String {
        format!("{:032x}", account.hash)
    }

    /// Returns the account, unless it is nobody.
    pub fn account(&self) -> Option<SubjectKey> {
        let hash = u128::from_str_radix(&self.of.hash, 16).ok()?;
        (self.of.counts == 1).then_some(SubjectKey { kind: KeyKind::Account, hash })
    }
}

impl Sender {
    /// Returns the name under which it is stored: no partnership is called `+tags`.
    pub fn name(&self) -> &str {
        match self {
            Self::Partner(partnership) => partnership.as_str(),
            Self::Tags => TAGS,
        }
    }

    /// Returns the sender of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == TAGS { Some(Self::Tags) } else { name.parse().ok().map(Self::Partner) }
    }
}

const TAGS: &str = "+tags";

impl fmt::Debug for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Item([personal])")
    }
}

impl fmt::Debug for Stamped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Stamped([personal])")
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Said([personal])")
    }
}

/// The inbox failed.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// It could not read or write.
    #[error("the inbox is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What it holds does not read back.
    #[error("the inbox holds a value that does not read back: {0}")]
    Corrupt(&'static str),
}
