//! Looking through the record for what was about somebody.

use super::{Disclosed, Vouched};
use crate::{Ledger, LedgerStore, LedgerStoreError, MessageRow, Outcome, PackRow, ReadError};
use sluicegate_gate::{DisclosureId, SubjectKey, time::UnixMillis};
use std::{
    collections::{HashMap, HashSet},
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
    /// once.
    pub async fn disclosed(
        &self,
        subjects: &HashSet<SubjectKey>,
        since: UnixMillis,
    ) -> Result<Vec<Disclosed>, ReadError> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        self.flush().await.map_err(|_closed| ReadError::Unreadable)?;
        let mut from = first_pack(self.store(), since.minus(OUT_OF_ORDER)).await?;
        let mut search = Search { subjects, since, found: Vec::new(), attempts: HashMap::new() };
        loop {
            let packs = self.store().packs(from, PACKS_MAX).await?;
            let Some(last) = packs.last().map(|pack| pack.pack) else { break };
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
async fn first_pack(store: &dyn LedgerStore, since: UnixMillis) -> Result<u64, LedgerStoreError> {
    let (mut low, mut high) = (0_u64, 1_u64);
    while !is_past(store, high, since).await? {
        low = high;
        match high.checked_mul(2) {
            Some(next) => high = next,
            None => return Ok(low),
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if is_past(store, middle, since).await? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low.saturating_sub(1))
}

/// Returns whether the first message from that pack on is past the time, or there is none.
async fn is_past(
    store: &dyn LedgerStore,
    pack: u64,
    since: UnixMillis,
) -> Result<bool, LedgerStoreError> {
    let mut from = pack;
    loop {
        let Some(read) = store.packs(from, 1).await?.pop() else { return Ok(true) };
        // A pack can hold outcomes only.
        if let Some(first) = read.messages.first() {
            return Ok(first.at >= since);
        }
        from = read.pack.saturating_add(1);
    }
}

struct Search<'a> {
    subjects: &'a HashSet<SubjectKey>,
    since: UnixMillis,
    found: Vec<(DisclosureId, Disclosed)>,
    /// Of each message found: how often it was recorded, less how often it failed without a byte.
    attempts: HashMap<DisclosureId, i64>,
}

impl Search<'_> {
    fn look(&mut self, ledger: &Ledger, pack: PackRow) -> Result<(), ReadError> {
        let since = self.since;
        for message in pack.messages.into_iter().filter(|message| message.at >= since) {
            self.take(ledger, message)?;
        }
        for row in pack.outcomes {
            if let Some(attempts) = self.attempts.get_mut(&row.message) {
                *attempts -= i64::from(row.outcome == Outcome::Failed);
            }
        }
        Ok(())
    }

    fn take(&mut self, ledger: &Ledger, message: MessageRow) -> Result<(), ReadError> {
        let mut is_about_one = false;
        for item in message.items {
            let about = item.keys.iter().map(|(key, _)| *key);
            let subjects: Vec<_> = about.filter(|key| self.subjects.contains(key)).collect();
            if subjects.is_empty() {
                continue;
            }
            is_about_one = true;
            let vouched =
                Vouched::new(ledger.keeper(), message.partnership.clone(), item.disclosure)
                    .ok_or(ReadError::Unreadable)?;
            let disclosed = Disclosed {
                subjects,
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

    fn that_left(self) -> Vec<Disclosed> {
        let Self { found, attempts, .. } = self;
        let left =
            |message: &DisclosureId| attempts.get(message).is_some_and(|attempts| *attempts > 0);
        found.into_iter().filter(|(message, _)| left(message)).map(|(_, found)| found).collect()
    }
}
