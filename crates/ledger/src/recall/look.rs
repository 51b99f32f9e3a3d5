//! Looking up in the record what was about somebody.
//!
//! What was told of a person is counted by the person's key, with the first and last time of each day
//! ([`crate::ToldRow`]): only where that says something is the record itself read. A row about an account names the
//! account's key alone; which accounts' rows may name a device or browser beside it, [`super::met`] knows.

use super::{Disclosed, Looked, OnRecord, Vouched, damage::warn_of, missing::Missing};
use crate::{
    KeyId, Ledger, NumberedPack, Outcome, ReadError,
    pack::{About, Item, Message, PersonKey},
};
use sluicegate_gate::{
    DisclosureId, KeyKind, PartnershipId, Revision, SubjectKey, time::UnixMillis,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
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
    /// Of the record those hours are read, once, in which something was told of one of them. What of it is damaged
    /// is passed over: what was told of them there is counted, as far as anybody can tell.
    pub async fn disclosed(
        &self,
        subjects: &HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<Looked, ReadError> {
        if subjects.is_empty() {
            return Ok(Looked::default());
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
        let missing = search.missing.of(&search.found);
        Ok(Looked { disclosed: search.that_left(), missing })
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
        let Some(read) = ledger.packs_that_read(from, 1).await?.0.pop() else { return Ok(true) };
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
    named: HashMap<KeyId, (SubjectKey, Option<PersonKey>)>,
    /// Keys of accounts whose rows may name one of those beside the account.
    opened: HashMap<KeyId, PersonKey>,
    found: Vec<(DisclosureId, Disclosed)>,
    /// Of each message found: how often it was recorded, less how often it failed without a byte.
    attempts: HashMap<DisclosureId, i64>,
    /// What was told of those named, to be missed where the record is damaged.
    missing: Missing,
}

impl<'a> Search<'a> {
    async fn new(
        ledger: &Ledger,
        subjects: &'a HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<Self, ReadError> {
        let rows = ledger.store().keys(subjects.iter().copied().collect()).await?;
        let named = rows.into_iter().map(|row| (row.id, (row.subject, ledger.opened(&row))));
        Ok(Self {
            subjects,
            since,
            named: named.collect(),
            opened: HashMap::new(),
            found: Vec::new(),
            attempts: HashMap::new(),
            missing: Missing::default(),
        })
    }

    /// Opens keys under which rows may name those asked about.
    async fn open(&mut self, ledger: &Ledger, ids: Vec<KeyId>) -> Result<(), ReadError> {
        let rows = ledger.store().owners(ids).await?;
        self.opened.extend(rows.iter().filter_map(|row| Some((row.id, ledger.opened(row)?))));
        Ok(())
    }

    /// Reads the hours of the record in which something was told of those it is about.
    async fn read(&mut self, ledger: &Ledger) -> Result<(), ReadError> {
        let mut next = 0;
        for span in joined(self.spans(ledger).await?) {
            let mut from = first_pack(ledger, *span.start()).await?.max(next);
            loop {
                let (mut packs, damaged) = ledger.packs_that_read(from, PACKS_MAX).await?;
                self.missing.is_damaged |= damaged > 0;
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
    async fn spans(
        &mut self,
        ledger: &Ledger,
    ) -> Result<Vec<RangeInclusive<UnixMillis>>, ReadError> {
        let mut spans = Vec::new();
        let keys: BTreeSet<KeyId> = self.named.keys().chain(self.opened.keys()).copied().collect();
        for key in keys {
            let (told, unread) = ledger.told_that_reads(key, self.since).await?;
            spans.extend(told.iter().map(|row| row.first.max(self.since)..=row.last));
            spans.extend(unread);
            if let Some((subject, _)) = self.named.get(&key) {
                let whole = told.into_iter().filter(|row| row.first >= self.since);
                self.missing.told(*subject, whole);
            }
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
            let subjects = self.subjects_of(pack, item);
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

    /// Returns those asked about whom a disclosure is about, and under which change of each it was decided.
    fn subjects_of(&self, pack: u64, item: &Item) -> BTreeMap<SubjectKey, Option<Revision>> {
        let mut subjects = BTreeMap::new();
        for about in &item.about {
            let others = self.opened.get(&about.key).map(|key| self.others(pack, key, about));
            subjects.extend(others.unwrap_or_default());
            if let Some((subject, key)) = self.named.get(&about.key) {
                let decided = key.as_ref().and_then(|key| key.open(about).ok());
                subjects.insert(*subject, decided.map(|decided| decided.own));
            }
        }
        subjects
    }

    /// Returns those asked about who are named beside an account.
    fn others(
        &self,
        pack: u64,
        key: &PersonKey,
        about: &About,
    ) -> Vec<(SubjectKey, Option<Revision>)> {
        let Ok(decided) = key.open(about) else {
            warn_of(pack);
            return Vec::new();
        };
        let others = decided.others.into_iter().map(|(other, under)| (other, Some(under)));
        others.filter(|(other, _)| self.subjects.contains(other)).collect()
    }

    fn that_left(self) -> Vec<Disclosed> {
        let Self { found, attempts, .. } = self;
        let left =
            |message: &DisclosureId| attempts.get(message).is_some_and(|attempts| *attempts > 0);
        found.into_iter().filter(|(message, _)| left(message)).map(|(_, found)| found).collect()
    }
}
