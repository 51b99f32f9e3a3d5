//! Looking through the record for what was about somebody.

use super::{Disclosed, Vouched};
use crate::{
    KeyId, Ledger, NumberedPack, Outcome, ReadError,
    pack::{About, Item, Message, PersonKey},
};
use sluicegate_gate::{DisclosureId, KeyKind, SubjectKey, time::UnixMillis};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

/// Packs read at once.
const PACKS_MAX: usize = 256;
/// Packs are in the order of their commits. A message is committed at most this long after the time it bears,
/// however slow the store and whatever the clock was set to meanwhile.
const OUT_OF_ORDER: Duration = Duration::from_hours(1);

impl Ledger {
    /// Returns every disclosure since a time that was about one of these subjects and left, or may have
    /// left, in the order of the record. Everything handed in before the call is looked at.
    ///
    /// The record is read once from that time on, whoever and how many are asked about: ask about many at
    /// once. A row names the account alone, where there is one; whether it was about a device or browser that is
    /// asked about is read with the account's key.
    pub async fn disclosed(
        &self,
        subjects: &HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<Vec<Disclosed>, ReadError> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        self.flush().await.map_err(|_closed| ReadError::Unreadable)?;
        let mut from = first_pack(self, since.minus(OUT_OF_ORDER)).await?;
        let mut search = Search::new(self, subjects, since).await?;
        loop {
            let packs = self.packs(from, PACKS_MAX).await?;
            let Some(last) = packs.last().map(|pack| pack.number) else { break };
            search.open_keys(self, &packs).await?;
            for pack in packs {
                search.look(self, pack)?;
            }
            from = last.saturating_add(1);
            // Why: a record of a hundred million lines is read beside auctions.
            tokio::task::yield_now().await;
        }
        Ok(search.that_left())
    }
}

/// Returns a pack before which nothing has a time past the one given: a search by halves.
async fn first_pack(ledger: &Ledger, since: UnixMillis) -> Result<u64, ReadError> {
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

struct Search<'a> {
    subjects: &'a HashSet<SubjectKey>,
    since: UnixMillis,
    /// Whose the keys of those asked about are.
    named: HashMap<KeyId, SubjectKey>,
    /// Whether a device or browser is asked about, so that rows about accounts have to be opened.
    opens: bool,
    /// Keys of others, of the packs at hand.
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
            opens: subjects.iter().any(|subject| subject.kind != KeyKind::Account),
            opened: HashMap::new(),
            found: Vec::new(),
            attempts: HashMap::new(),
        })
    }

    /// Reads the keys by which the rows of these packs can be opened, where that is needed.
    async fn open_keys(
        &mut self,
        ledger: &Ledger,
        packs: &[NumberedPack],
    ) -> Result<(), ReadError> {
        self.opened.clear();
        if !self.opens {
            return Ok(());
        }
        let messages = packs.iter().flat_map(|pack| &pack.pack.messages);
        let about = messages.flat_map(|message| &message.items).flat_map(|item| &item.about);
        let ids: BTreeSet<KeyId> = about.map(|about| about.key).collect();
        for row in ledger.store().owners(ids.into_iter().collect()).await? {
            let key = PersonKey::new(&ledger.keeper().key(&row)?);
            self.opened.insert(row.id, key.map_err(|_other| ReadError::Unreadable)?);
        }
        Ok(())
    }

    fn look(&mut self, ledger: &Ledger, pack: NumberedPack) -> Result<(), ReadError> {
        let since = self.since;
        for message in pack.pack.messages.iter().filter(|message| message.at >= since) {
            self.take(ledger, message)?;
        }
        for row in pack.pack.outcomes {
            if let Some(attempts) = self.attempts.get_mut(&row.message) {
                *attempts -= i64::from(row.outcome == Outcome::Failed);
            }
        }
        Ok(())
    }

    fn take(&mut self, ledger: &Ledger, message: &Message) -> Result<(), ReadError> {
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
