//! Looking up in the record what was about somebody.
//!
//! What was told of a person is counted by the person's key, with the first and last time of each day
//! ([`crate::ToldRow`]): only where that says something is the record itself read. A row about an account names the
//! account's key alone; which accounts' rows may name a device or browser beside it, [`super::met`] knows.

use super::{Disclosed, OnRecord, Vouched};
use crate::{
    KeyId, Ledger, NumberedPack, Outcome, ReadError,
    pack::{About, Item, Message, PersonKey},
};
use sluicegate_gate::{DisclosureId, KeyKind, PartnershipId, SubjectKey, time::UnixMillis};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::RangeInclusive,
    time::Duration,
};

/// Packs read at once.
const PACKS_MAX: usize = 64;
/// Packs are in the order of their commits. A message is committed at most this long after the time it bears,
/// however slow the store and whatever the clock was set to meanwhile.
const OUT_OF_ORDER: Duration = Duration::from_hours(1);

/// Which of a person's disclosures is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// About whom.
    pub subject: SubjectKey,
    /// From when on.
    pub since: UnixMillis,
    /// Only this one.
    pub disclosure: Option<DisclosureId>,
    /// Only to this partnership.
    pub partnership: Option<PartnershipId>,
}

impl Ledger {
    /// Returns every disclosure since a time that was about one of these subjects and left, or may have
    /// left, in the order of the record. Everything handed in before the call is looked at.
    ///
    /// Of the record those hours are read, once, in which something was told of one of them.
    pub async fn disclosed(
        &self,
        subjects: &HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<Vec<Disclosed>, ReadError> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        self.flush().await.map_err(|_closed| ReadError::Unreadable)?;
        let beside: HashSet<SubjectKey> =
            subjects.iter().copied().filter(|subject| subject.kind != KeyKind::Account).collect();
        let mut search = Search::new(self, subjects, since).await?;
        if !beside.is_empty() {
            self.meet().await?;
            search.open(self, self.met(beside.into_iter().collect()).await?).await?;
        }
        search.read(self).await?;
        Ok(search.that_left())
    }

    /// Returns where in the record the latest disclosure is that is meant, of those whose rows name the subject
    /// itself.
    pub async fn latest_on_record(&self, wanted: &Wanted) -> Result<Option<OnRecord>, ReadError> {
        self.flush().await.map_err(|_closed| ReadError::Unreadable)?;
        let subjects = HashSet::from([wanted.subject]);
        let mut search = Search::new(self, &subjects, wanted.since).await?;
        search.read(self).await?;
        let is_meant = |one: &&Disclosed| {
            let Vouched { partnership, disclosure, .. } = &one.vouched;
            wanted.disclosure.is_none_or(|only| only == *disclosure)
                && wanted.partnership.as_ref().is_none_or(|only| only == partnership)
        };
        let found = search.that_left();
        Ok(found.iter().rfind(is_meant).map(|one| one.place))
    }
}

/// Returns a pack before which nothing has a time past the one given: a search by halves.
pub(crate) async fn first_pack(ledger: &Ledger, since: UnixMillis) -> Result<u64, ReadError> {
    let (mut low, mut high) = (0_u64, 1_u64);
    while !is_past(ledger, high, since).await? {
        low = high;
        match high.checked_mul(2) {
            Some(next) => high = next,
            None => return Ok(low),
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if is_past(ledger, middle, since).await? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low.saturating_sub(1))
}

/// Returns whether the first message from that pack on is past the time, or there is none.
async fn is_past(ledger: &Ledger, pack: u64, since: UnixMillis) -> Result<bool, ReadError> {
    let mut from = pack;
    loop {
        let Some(read) = ledger.packs(from, 1).await?.pop() else { return Ok(true) };
        // A pack can hold outcomes only.
        if let Some(first) = read.pack.messages.first() {
            return Ok(first.at >= since);
        }
        from = read.number.saturating_add(1);
    }
}

/// Joins spans that overlap once there are hours around them for what is out of order.
fn joined(mut spans: Vec<RangeInclusive<UnixMillis>>) -> Vec<RangeInclusive<UnixMillis>> {
    spans.sort_by_key(|span| *span.start());
    let mut joined: Vec<RangeInclusive<UnixMillis>> = Vec::new();
    for span in spans {
        let (begin, end) = (span.start().minus(OUT_OF_ORDER), span.end().plus(OUT_OF_ORDER));
        match joined.last_mut() {
            Some(last) if begin <= *last.end() => *last = *last.start()..=end.max(*last.end()),
            Some(_) | None => joined.push(begin..=end),
        }
    }
    joined
}

struct Search<'a> {
    subjects: &'a HashSet<SubjectKey>,
    since: UnixMillis,
    /// Whose the keys of those asked about are.
    named: HashMap<KeyId, SubjectKey>,
    /// Keys of accounts whose rows may name one of those beside the account.
    opened: HashMap<KeyId, PersonKey>,
    found: Vec<(DisclosureId, Disclosed)>,
    /// Of each message found: how often it was recorded, less how often it failed without a byte.
    attempts: HashMap<DisclosureId, i64>,
}

impl<'a> Search<'a> {
    async fn new(
        ledger: &Ledger,
        subjects: &'a HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<Self, ReadError> {
        let rows = ledger.store().keys(subjects.iter().copied().collect()).await?;
        Ok(Self {
            subjects,
            since,
            named: rows.into_iter().map(|row| (row.id, row.subject)).collect(),
            opened: HashMap::new(),
            found: Vec::new(),
            attempts: HashMap::new(),
        })
    }

    /// Opens keys under which rows may name those asked about.
    async fn open(&mut self, ledger: &Ledger, ids: Vec<KeyId>) -> Result<(), ReadError> {
        for row in ledger.store().owners(ids).await? {
            let key = PersonKey::new(&ledger.keeper().key(&row)?);
            self.opened.insert(row.id, key.map_err(|_other| ReadError::Unreadable)?);
        }
        Ok(())
    }

    /// Reads the hours of the record in which something was told of those it is about.
    async fn read(&mut self, ledger: &Ledger) -> Result<(), ReadError> {
        let mut next = 0;
        for span in joined(self.spans(ledger).await?) {
            let mut from = first_pack(ledger, *span.start()).await?.max(next);
            loop {
                let mut packs = ledger.packs(from, PACKS_MAX).await?;
                let is_beyond = |pack: &NumberedPack| {
                    pack.pack.messages.first().is_some_and(|first| first.at > *span.end())
                };
                let inside = packs.iter().position(is_beyond).unwrap_or(packs.len());
                let is_over = inside < packs.len() || packs.is_empty();
                packs.truncate(inside);
                next = packs.last().map_or(from, |last| last.number.saturating_add(1));
                for pack in packs {
                    self.look(ledger, pack)?;
                }
                if is_over {
                    break;
                }
                from = next;
                // Why: a record of a hundred million lines is read beside auctions.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Returns when something was told under the keys that rows are looked for by.
    async fn spans(&self, ledger: &Ledger) -> Result<Vec<RangeInclusive<UnixMillis>>, ReadError> {
        let mut spans = Vec::new();
        let keys: BTreeSet<KeyId> = self.named.keys().chain(self.opened.keys()).copied().collect();
        for key in keys {
            let told = ledger.store().told(key, self.since..UnixMillis(i64::MAX)).await?;
            spans.extend(told.into_iter().map(|row| row.first.max(self.since)..=row.last));
        }
        Ok(spans)
    }

    fn look(&mut self, ledger: &Ledger, pack: NumberedPack) -> Result<(), ReadError> {
        let since = self.since;
        for message in pack.pack.messages.iter().filter(|message| message.at >= since) {
            self.take(ledger, pack.number, message)?;
        }
        for row in pack.pack.outcomes {
            if let Some(attempts) = self.attempts.get_mut(&row.message) {
                *attempts -= i64::from(row.outcome == Outcome::Failed);
            }
        }
        Ok(())
    }

    fn take(&mut self, ledger: &Ledger, pack: u64, message: &Message) -> Result<(), ReadError> {
        let mut is_about_one = false;
        for item in &message.items {
            let subjects = self.subjects_of(item)?;
            if subjects.is_empty() {
                continue;
            }
            is_about_one = true;
            let vouched =
                Vouched::new(ledger.keeper(), message.partnership.clone(), item.disclosure)
                    .ok_or(ReadError::Unreadable)?;
            let disclosed = Disclosed {
                subjects: subjects.into_iter().collect(),
                at: message.at,
                path: message.path,
                categories: message.categories,
                place: OnRecord { pack, row: message.row, disclosure: item.disclosure },
                vouched,
            };
            self.found.push((message.message, disclosed));
        }
        if is_about_one {
            *self.attempts.entry(message.message).or_default() += 1;
        }
        Ok(())
    }

    /// Returns those asked about whom a disclosure is about.
    fn subjects_of(&self, item: &Item) -> Result<BTreeSet<SubjectKey>, ReadError> {
        let mut subjects = BTreeSet::new();
        for about in &item.about {
            subjects.extend(self.named.get(&about.key).copied());
            subjects.extend(self.others(about)?);
        }
        Ok(subjects)
    }

    fn others(&self, about: &About) -> Result<Vec<SubjectKey>, ReadError> {
        let Some(key) = self.opened.get(&about.key) else { return Ok(Vec::new()) };
        let decided = key.open(about).map_err(|_other| ReadError::Unreadable)?;
        let others = decided.others.into_iter().map(|(subject, _)| subject);
        Ok(others.filter(|subject| self.subjects.contains(subject)).collect())
    }

    fn that_left(self) -> Vec<Disclosed> {
        let Self { found, attempts, .. } = self;
        let left =
            |message: &DisclosureId| attempts.get(message).is_some_and(|attempts| *attempts > 0);
        found.into_iter().filter(|(message, _)| left(message)).map(|(_, found)| found).collect()
    }
}
