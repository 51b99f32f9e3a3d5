//! A store in memory, for tests and for comparison.

mod state;

use crate::{
    Accepting, Aside, Cause, Deferred, Deleting, Erasing, Figures, Message, Owed, Pack,
    RecallStore, RecallStoreError, Sent, Stage, Standing, Waiting, is_due, port::Kept,
};
use parking_lot::Mutex;
use sluicegate_gate::{DisclosureId, PartnershipId, Revision, SubjectKey, time::UnixMillis};
use sluicegate_ledger::Vouched;
use state::State;
use std::collections::{BTreeMap, BTreeSet, hash_map::Entry};

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryRecalls(Mutex<State>);

impl MemoryRecalls {
    /// Makes what a key is owed unreadable behind the store's back.
    pub fn damage_standing(&self, subject: SubjectKey) {
        self.0.lock().damaged.insert(subject);
    }
}

fn kept<'a, T: Send + 'a>(value: T) -> Kept<'a, T> {
    Box::pin(async move { Ok(value) })
}

impl RecallStore for MemoryRecalls {
    fn reached(&self) -> Kept<'_, Vec<Revision>> {
        let state = self.0.lock();
        let revision =
            |(shard, version): (&u16, &u64)| Revision { shard: *shard, version: *version };
        kept(state.reached.iter().map(revision).collect())
    }

    fn join(&self, people: Vec<Vec<SubjectKey>>) -> Kept<'_, ()> {
        let mut state = self.0.lock();
        for keys in people {
            state.join(&keys);
        }
        kept(())
    }

    fn owe(&self, owed: Owed) -> Kept<'_, ()> {
        self.0.lock().owe(owed);
        kept(())
    }

    fn set_aside(&self) -> Kept<'_, Vec<Aside>> {
        kept(self.0.lock().aside.iter().copied().collect())
    }

    fn waiting(&self) -> Kept<'_, Vec<Waiting>> {
        kept(self.0.lock().waiting())
    }

    fn pack(&self, pack: Pack) -> Kept<'_, usize> {
        kept(self.0.lock().pack(pack))
    }

    fn open_messages(&self, partnership: PartnershipId) -> Kept<'_, Vec<Message>> {
        let state = self.0.lock();
        let open = state
            .messages
            .iter()
            .filter(|(message, done)| done.is_none() && message.partnership == partnership);
        let mut open: Vec<Message> = open.map(|(message, _)| message.clone()).collect();
        open.sort_by_key(|message| (message.made_at, message.message));
        kept(open)
    }

    fn disclosures(&self, message: DisclosureId) -> Kept<'_, Vec<Vouched>> {
        let state = self.0.lock();
        let mut rows: BTreeMap<Vouched, u64> = BTreeMap::new();
        for row in state.items.iter().filter(|row| row.message == Some(message)) {
            let place = rows.entry(row.vouched.clone()).or_insert(row.place);
            *place = row.place.min(*place);
        }
        let mut rows: Vec<(u64, Vouched)> =
            rows.into_iter().map(|(one, place)| (place, one)).collect();
        rows.sort();
        kept(rows.into_iter().map(|(_, vouched)| vouched).collect())
    }

    fn settle(&self, message: DisclosureId, sent: Sent) -> Kept<'_, ()> {
        self.0.lock().settle(message, sent);
        kept(())
    }

    fn acknowledge(
        &self,
        partnership: PartnershipId,
        message: DisclosureId,
        at: UnixMillis,
    ) -> Kept<'_, bool> {
        let mut state = self.0.lock();
        let is_known = state
            .messages
            .iter()
            .any(|(one, _)| one.message == message && one.partnership == partnership);
        if is_known {
            state.settle(message, Sent::Acknowledged { at });
        }
        kept(is_known)
    }

    fn standing(&self, subjects: Vec<SubjectKey>) -> Kept<'_, Vec<Standing>> {
        let state = self.0.lock();
        if subjects.iter().any(|subject| state.damaged.contains(subject)) {
            return Box::pin(async { Err(RecallStoreError::Corrupt("what a key is owed")) });
        }
        let mut standing: Vec<Standing> = state
            .debts
            .values()
            .filter_map(|debt| {
                let subject = debt.subject.filter(|subject| subjects.contains(subject))?;
                Some(debt.standing(subject))
            })
            .collect();
        standing.sort_by(|one, other| order(one).cmp(&order(other)));
        kept(standing)
    }

    fn figures(&self) -> Kept<'_, Vec<Figures>> {
        kept(self.0.lock().figures())
    }

    fn lapse(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, bool> {
        let mut state = self.0.lock();
        let is_new = !state.lapsed.contains_key(&partnership);
        state.lapsed.entry(partnership).or_insert(at);
        kept(is_new)
    }

    fn lift(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, bool> {
        let mut state = self.0.lock();
        let had_lapsed = state.lapsed.remove(&partnership).is_some();
        if had_lapsed {
            let open = state
                .messages
                .iter_mut()
                .filter(|(one, done)| done.is_none() && one.partnership == partnership);
            for (message, _) in open {
                message.counts_from = message.counts_from.map(|_| at);
                message.next_at = message.next_at.min(at);
                message.failures = 0;
            }
        }
        kept(had_lapsed)
    }

    fn write_off(&self, partnership: PartnershipId) -> Kept<'_, ()> {
        self.0.lock().write_off(&partnership);
        kept(())
    }

    fn lapsed(&self) -> Kept<'_, Vec<PartnershipId>> {
        kept(self.0.lock().lapsed.keys().cloned().collect())
    }

    fn accept_erasure(&self, accepting: Accepting) -> Kept<'_, ()> {
        self.0.lock().accept(accepting);
        kept(())
    }

    fn erasing(&self) -> Kept<'_, Vec<Erasing>> {
        let mut erasing = self.0.lock().erasing.clone();
        erasing.sort_by_key(|one| (one.at, one.subject));
        kept(erasing)
    }

    fn erasing_of(&self, subject: SubjectKey) -> Kept<'_, Option<Erasing>> {
        let state = self.0.lock();
        kept(state.erasing.iter().find(|one| one.subject == subject).cloned())
    }

    fn begun(&self, subject: SubjectKey, asked_at: UnixMillis) -> Kept<'_, ()> {
        let mut state = self.0.lock();
        let is_it = |one: &&mut Erasing| one.subject == subject && one.at == asked_at;
        if let Some(erasing) = state.erasing.iter_mut().find(is_it) {
            erasing.go_on(Stage::Accepted, Stage::Begun);
        }
        kept(())
    }

    fn destroyed(&self, subject: SubjectKey) -> Kept<'_, ()> {
        let mut state = self.0.lock();
        if let Some(erasing) = state.erasing.iter_mut().find(|one| one.subject == subject) {
            erasing.go_on(Stage::Owed, Stage::Begun);
        }
        kept(())
    }

    fn erased(&self, subject: SubjectKey, asked_at: UnixMillis) -> Kept<'_, ()> {
        self.0.lock().erased(subject, asked_at);
        kept(())
    }

    fn asked_to_delete(&self) -> Kept<'_, Vec<PartnershipId>> {
        let state = self.0.lock();
        let asked: BTreeSet<_> = state.deleting.iter().map(|one| one.partnership.clone()).collect();
        kept(asked.into_iter().collect())
    }

    fn due_deletions(
        &self,
        partnership: PartnershipId,
        now: UnixMillis,
        max: usize,
    ) -> Kept<'_, Vec<Deleting>> {
        let state = self.0.lock();
        let is_due = |one: &&Deleting| one.partnership == partnership && is_due(one.next_at, now);
        let mut due: Vec<Deleting> = state.deleting.iter().filter(is_due).cloned().collect();
        due.sort_by_key(|one| (one.next_at, one.id));
        due.truncate(max);
        kept(due)
    }

    fn defer_deletion(&self, id: DisclosureId, deferred: Deferred) -> Kept<'_, ()> {
        let mut state = self.0.lock();
        for one in state.deleting.iter_mut().filter(|one| one.id == id) {
            one.failures = deferred.failures;
            one.next_at = deferred.next_at;
            one.counts_from = deferred.counts_from;
        }
        kept(())
    }

    fn end_deletion(
        &self,
        id: DisclosureId,
        at: UnixMillis,
        acknowledgement: Option<[u8; 32]>,
    ) -> Kept<'_, ()> {
        let mut state = self.0.lock();
        let found = state.deleting.iter().find(|one| one.id == id);
        let accepted = found.filter(|_| acknowledgement.is_some());
        if let Some(partnership) = accepted.map(|one| one.partnership.clone()) {
            state.deleted.push((partnership, at));
        }
        state.deleting.retain(|one| one.id != id);
        kept(())
    }

    fn accept_request(&self, request: [u8; 32], accepting: Accepting) -> Kept<'_, bool> {
        let mut state = self.0.lock();
        let Entry::Vacant(free) = state.requests.entry(request) else { return kept(false) };
        free.insert(accepting.at);
        state.accept(accepting);
        kept(true)
    }

    fn trim(&self, before: UnixMillis) -> Kept<'_, ()> {
        self.0.lock().trim(before);
        kept(())
    }
}

fn order(
    standing: &Standing,
) -> (std::cmp::Reverse<UnixMillis>, &PartnershipId, Cause, SubjectKey) {
    (std::cmp::Reverse(standing.since), &standing.partnership, standing.cause, standing.subject)
}
