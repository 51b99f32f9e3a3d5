//! Looking up in the record what was about somebody.
//!
//! What was told of a person is counted by the person's key, with the first and last time of each day
//! ([`crate::ToldRow`]): only where that says something is the record itself read. A row about an account names the
//! account's key alone; which accounts' rows may name a device or browser beside it, [`super::met`] knows.

use super::{Disclosed, Looked, Missed, OnRecord, Vouched, damage::warn_of, missing::Missing};
use crate::{
    Day, KeyId, Ledger, NumberedPack, Outcome, ReadError,
    pack::{Item, Message, PersonKey},
};
use sluicegate_gate::{
    Categories, DisclosureId, KeyKind, PartnershipId, Revision, SubjectKey, time::UnixMillis,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::RangeInclusive,
};

/// Packs read at once.
const PACKS_MAX: usize = 64;

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
        self.flush().await?;
        let mut search = Search::of_all(self, subjects, since).await?;
        search.read(self).await?;
        let mut missing = search.missing.of(|key| search.whom(key));
        search.add_unknown(self, &mut missing).await?;
        Ok(Looked { disclosed: search.that_left(), missing })
    }

    /// Returns how many disclosures [`Self::disclosed`] finds of each of these subjects, at most, without reading the record:
    /// so that whoever asks for many can ask for as many at once as there is room for. Of whom nothing was told is not
    /// among them; where what is counted does not read, nobody can tell, and it is as many as can be.
    pub async fn disclosed_at_most(
        &self,
        subjects: &HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<HashMap<SubjectKey, u64>, ReadError> {
        if subjects.is_empty() {
            return Ok(HashMap::new());
        }
        self.flush().await?;
        let search = Search::of_all(self, subjects, since).await?;
        let mut counts: HashMap<SubjectKey, u64> = HashMap::new();
        for key in search.keys() {
            let told = self.readable(key, since..UnixMillis(i64::MAX)).await?;
            let all = told.rows.iter().fold(0_u64, |sum, row| sum.saturating_add(row.count));
            let most = if told.unread.is_nothing() { all } else { u64::MAX };
            for subject in search.whom(key).into_iter().filter(|_| most > 0) {
                let count = counts.entry(subject).or_default();
                *count = count.saturating_add(most);
            }
        }
        Ok(counts)
    }

    /// Returns where in the record the latest disclosure is that is meant, of those whose rows name the subject
    /// itself.
    pub async fn latest_on_record(&self, wanted: &Wanted) -> Result<Option<OnRecord>, ReadError> {
        self.flush().await?;
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

struct Search<'a> {
    subjects: &'a HashSet<SubjectKey>,
    since: UnixMillis,
    /// Whose the keys of those asked about are.
    named: HashMap<KeyId, (SubjectKey, Option<PersonKey>)>,
    /// Keys of accounts whose rows may name some of those beside the account; none where one does not open.
    opened: HashMap<KeyId, Option<PersonKey>>,
    /// Which of those asked about they may name.
    beside: BTreeSet<(KeyId, SubjectKey)>,
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
            beside: BTreeSet::new(),
            found: Vec::new(),
            attempts: HashMap::new(),
            missing: Missing::default(),
        })
    }

    /// Looks for devices and browsers also in rows about accounts.
    async fn of_all(
        ledger: &Ledger,
        subjects: &'a HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<Self, ReadError> {
        let beside: Vec<SubjectKey> =
            subjects.iter().copied().filter(|subject| subject.kind != KeyKind::Account).collect();
        let mut search = Self::new(ledger, subjects, since).await?;
        if !beside.is_empty() {
            ledger.meet().await?;
            let met = ledger.store().met(beside).await?;
            search.open(ledger, met).await?;
        }
        Ok(search)
    }

    /// Opens the keys under which rows may name those asked about.
    async fn open(
        &mut self,
        ledger: &Ledger,
        met: Vec<(SubjectKey, KeyId)>,
    ) -> Result<(), ReadError> {
        let ids: BTreeSet<KeyId> = met.iter().map(|(_, key)| *key).collect();
        let rows = ledger.store().owners(ids.into_iter().collect()).await?;
        self.opened.extend(rows.iter().map(|row| (row.id, ledger.opened(row))));
        self.beside.extend(met.into_iter().map(|(subject, key)| (key, subject)));
        Ok(())
    }

    /// Returns those asked about whom rows under a key may be about.
    fn whom(&self, key: KeyId) -> Vec<SubjectKey> {
        let own = self.named.get(&key).map(|(subject, _)| *subject);
        let beside = self.beside.iter().filter(|(with, _)| *with == key);
        own.into_iter().chain(beside.map(|(_, subject)| *subject)).collect()
    }

    /// Returns the keys that rows are looked for by.
    fn keys(&self) -> BTreeSet<KeyId> {
        self.named.keys().chain(self.opened.keys()).copied().collect()
    }

    /// Reads the packs of the times at which something was told of those it is about.
    async fn read(&mut self, ledger: &Ledger) -> Result<(), ReadError> {
        let times = self.times(ledger).await?;
        for packs in ledger.packs_of(times).await? {
            let mut from = *packs.start();
            while from <= *packs.end() {
                let left = usize::try_from(packs.end() - from).unwrap_or(PACKS_MAX);
                let packs_max = left.saturating_add(1).min(PACKS_MAX);
                let (read, damaged) = ledger.packs_that_read(from, packs_max).await?;
                let mut begin = from;
                for number in damaged {
                    self.missing.damaged(begin.min(number)..=number);
                    begin = number.saturating_add(1);
                }
                let Some(last) = read.last() else { break };
                from = last.number.saturating_add(1);
                for pack in read.into_iter().filter(|pack| packs.contains(&pack.number)) {
                    self.look(ledger, pack)?;
                }
                // Why: a record of a hundred million lines is read beside auctions.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Returns when something was told under the keys that rows are looked for by.
    async fn times(
        &mut self,
        ledger: &Ledger,
    ) -> Result<Vec<RangeInclusive<UnixMillis>>, ReadError> {
        let mut times = Vec::new();
        for key in self.keys() {
            let (told, unread) = ledger.told_that_reads(key, self.since).await?;
            // Why: also what was told before on the first day, so that what is missing of the day can be counted.
            times.extend(told.iter().map(|row| row.first..=row.last));
            // Why: the record has it, too.
            times.extend(unread.iter().cloned());
            self.missing.unread(key, unread);
            self.missing.told(key, told.into_iter());
        }
        Ok(times)
    }

    /// Adds what may be missing where nobody can tell how much it is: one disclosure to each partner that anything was
    /// told on that day, whoever it was about.
    async fn add_unknown(
        &self,
        ledger: &Ledger,
        missing: &mut Vec<Missed>,
    ) -> Result<(), ReadError> {
        for (key, day) in self.missing.unknown(ledger).await? {
            tracing::error!(
                day = day.0,
                "neither what was told of somebody on a day reads nor the record of it; what cannot be called back is not known"
            );
            let at = UnixMillis(Day(day.0.saturating_add(1)).start().0.saturating_sub(1));
            let totals = ledger.store().totals(day..=day).await?;
            let told = totals.counts.into_iter().filter(|row| row.disclosures > 0);
            let partnerships: BTreeSet<PartnershipId> = told.map(|row| row.partnership).collect();
            for subject in self.whom(key) {
                missing.extend(partnerships.iter().map(|partnership| Missed {
                    subject,
                    partnership: partnership.clone(),
                    categories: Categories::ALL,
                    at,
                    count: 1,
                }));
            }
        }
        Ok(())
    }

    fn look(&mut self, ledger: &Ledger, pack: NumberedPack) -> Result<(), ReadError> {
        for message in &pack.pack.messages {
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
            let subjects = self.subjects_of(pack, message, item);
            if subjects.is_empty() || message.at < self.since {
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

    /// Returns those asked about whom a disclosure is about, and under which change of each it was decided. Notes
    /// under which keys it is on record.
    fn subjects_of(
        &mut self,
        pack: u64,
        message: &Message,
        item: &Item,
    ) -> BTreeMap<SubjectKey, Option<Revision>> {
        let mut subjects = BTreeMap::new();
        for about in &item.about {
            let named = self.named.get(&about.key);
            let opened = self.opened.get(&about.key).map(|key| key.as_ref()?.open(about).ok());
            match (&opened, named) {
                (Some(None), _) => {
                    self.missing.is_damaged = true;
                    warn_of(pack);
                }
                (Some(Some(_)), _) | (None, Some(_)) => {
                    self.missing.found(about.key, &message.partnership, message.at);
                }
                (None, None) => {}
            }
            let others = opened.flatten().into_iter().flat_map(|decided| decided.others);
            let asked = others.filter(|(other, _)| self.subjects.contains(other));
            subjects.extend(asked.map(|(other, under)| (other, Some(under))));
            if let Some((subject, key)) = named {
                let decided = key.as_ref().and_then(|key| key.open(about).ok());
                subjects.insert(*subject, decided.map(|decided| decided.own));
            }
        }
        subjects
    }

    fn that_left(self) -> Vec<Disclosed> {
        let Self { found, attempts, .. } = self;
        let left =
            |message: &DisclosureId| attempts.get(message).is_some_and(|attempts| *attempts > 0);
        found.into_iter().filter(|(message, _)| left(message)).map(|(_, found)| found).collect()
    }
}
