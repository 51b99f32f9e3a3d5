//! Incident scope: which messages, about how many people, to whom, telling which fields.

use crate::{LedgerStoreError, OutlineRow, Someone, outline::Kind};
use futures_util::future::BoxFuture;
use sluicegate_gate::{EditionHash, KeyKind, PartnershipId, Path, SubjectKey, time::UnixMillis};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::{Range, RangeInclusive},
    sync::Arc,
};

/// Which messages are meant. What is `None` or empty is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentScope {
    /// The way they left.
    pub path: Option<Path>,
    /// To whom.
    pub partnerships: Vec<PartnershipId>,
    /// The edition they were decided under.
    pub edition: Option<EditionHash>,
    /// The version of the program that recorded them.
    pub program: Option<String>,
    /// When they were handed to the ledger.
    pub range: Range<UnixMillis>,
}

impl IncidentScope {
    /// Returns whether messages of that kind are meant, whenever they left.
    pub fn means(&self, kind: &Kind) -> bool {
        self.path.is_none_or(|path| path == kind.path)
            && (self.partnerships.is_empty() || self.partnerships.contains(&kind.partnership))
            && self.edition.is_none_or(|edition| edition == kind.edition)
            && self.program.as_ref().is_none_or(|program| **program == *kind.program)
    }
}

/// What left in the scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incident {
    /// The messages of each kind, by partnership, path and first time.
    pub kinds: Vec<IncidentKind>,
    /// How many people they were about.
    pub people: People,
    /// The commits whose outlines do not read: what left in them, and about whom, is not counted.
    pub unread: UnreadOutlines,
}

/// Commits whose outlines do not read, each row of outlines by the first and the last.
pub type UnreadOutlines = Vec<RangeInclusive<u64>>;

impl Incident {
    /// Puts kinds in their order; nobody is counted yet.
    pub fn of(mut kinds: Vec<IncidentKind>) -> Self {
        kinds.sort_by_cached_key(|one| {
            (one.kind.partnership.clone(), one.kind.path, one.tally.first, one.kind.id())
        });
        Self { kinds, ..Self::default() }
    }
}

/// Messages of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentKind {
    /// The kind.
    pub kind: Arc<Kind>,
    /// How many.
    pub tally: KindTally,
}

/// Counts of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindTally {
    /// Messages.
    pub messages: u64,
    /// Disclosures about a person in them.
    pub disclosures: u64,
    /// The first of them.
    pub first: UnixMillis,
    /// The last of them.
    pub last: UnixMillis,
}

impl KindTally {
    /// No message.
    pub const NONE: Self = Self {
        messages: 0,
        disclosures: 0,
        first: UnixMillis(i64::MAX),
        last: UnixMillis(i64::MIN),
    };

    /// Counts a message.
    pub fn count(&mut self, at: UnixMillis, disclosures: u32) {
        self.add(&Self { messages: 1, disclosures: u64::from(disclosures), first: at, last: at });
    }

    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.disclosures = self.disclosures.saturating_add(other.disclosures);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// How many different people.
///
/// Each by the key whose page shows the disclosure: the account where there is one, else the device and the
/// browser. A person who was erased and came back counts twice: nothing joins the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Accounts.
    pub accounts: u64,
    /// Devices, without a known account.
    pub devices: u64,
    /// Browsers, without a known account.
    pub browsers: u64,
}

impl People {
    /// Counts one more.
    pub fn count(&mut self, someone: Someone) {
        match someone.kind() {
            Some(KeyKind::Account) => self.accounts += 1,
            Some(KeyKind::Device) => self.devices += 1,
            Some(KeyKind::Browser) => self.browsers += 1,
            None => {}
        }
    }
}

/// Answers for the scope of an incident: all records, however old. It sees every acknowledged record.
/// [`crate::conformance::incidents`] is the contract, run.
pub trait IncidentStore: Send + Sync + std::fmt::Debug {
    /// Returns what left in that scope.
    fn incident(&self, scope: IncidentScope) -> BoxFuture<'_, Result<Incident, LedgerStoreError>>;

    /// Returns the versions of the program that recorded anything.
    fn programs(&self) -> BoxFuture<'_, Result<BTreeSet<String>, LedgerStoreError>>;

    /// Returns the keys of the people it was about, ascending, but for those who were erased since and those of outlines
    /// that do not read.
    fn incident_people(
        &self,
        scope: IncidentScope,
    ) -> BoxFuture<'_, Result<(Vec<SubjectKey>, UnreadOutlines), LedgerStoreError>>;
}

/// Adds up rows one by one: what a store does that has them all at hand.
pub(crate) fn add_up<'a>(
    rows: impl Iterator<Item = &'a OutlineRow>,
    scope: &IncidentScope,
) -> (Incident, HashSet<Someone>) {
    let mut kinds: HashMap<Arc<Kind>, KindTally> = HashMap::new();
    let mut people: HashSet<Someone> = HashSet::new();
    for row in rows.filter(|row| scope.range.contains(&row.at) && scope.means(&row.kind)) {
        kinds
            .entry(Arc::clone(&row.kind))
            .or_insert(KindTally::NONE)
            .count(row.at, row.disclosures);
        people.extend(row.people.iter().copied());
    }
    let kinds = kinds.into_iter().map(|(kind, tally)| IncidentKind { kind, tally });
    let mut incident = Incident::of(kinds.collect());
    for someone in &people {
        incident.people.count(*someone);
    }
    (incident, people)
}
