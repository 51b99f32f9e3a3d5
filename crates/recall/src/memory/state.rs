//! What is kept, and what each transaction does with it.

use crate::{
    Accepting, Aside, Cause, Deleting, Erasing, Figures, Message, Owed, Pack, Reach, Sent, Stage,
    Standing, Waiting,
};
use sluicegate_gate::{DisclosureId, PartnershipId, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{RecallKind, Vouched};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) reached: BTreeMap<u16, u64>,
    pub(super) aside: BTreeSet<Aside>,
    /// Whose debts do not read.
    pub(super) damaged: BTreeSet<SubjectKey>,
    pub(super) debts: BTreeMap<usize, Debt>,
    pub(super) debts_ever: usize,
    pub(super) items: Vec<Row>,
    pub(super) messages: Vec<(Message, Option<UnixMillis>)>,
    pub(super) lapsed: BTreeMap<PartnershipId, UnixMillis>,
    pub(super) erasing: Vec<Erasing>,
    pub(super) deleting: Vec<Deleting>,
    pub(super) deleted: Vec<(PartnershipId, UnixMillis)>,
    pub(super) requests: HashMap<[u8; 32], UnixMillis>,
    pub(super) people: HashMap<SubjectKey, u64>,
    pub(super) people_ever: u64,
}

#[derive(Debug)]
pub(super) struct Debt {
    pub(super) subject: Option<SubjectKey>,
    pub(super) person: u64,
    pub(super) partnership: PartnershipId,
    pub(super) cause: Cause,
    pub(super) since: UnixMillis,
    pub(super) ids: u64,
    pub(super) reachable: bool,
    pub(super) delivered: u64,
    pub(super) delivered_at: Option<UnixMillis>,
    pub(super) acknowledged: u64,
    pub(super) acknowledged_at: Option<UnixMillis>,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) debt: usize,
    pub(super) place: u64,
    pub(super) vouched: Vouched,
    pub(super) message: Option<DisclosureId>,
}

impl Debt {
    /// Leaves what is acknowledged, and returns the rest, which is out of reach.
    fn divide(&mut self) -> Self {
        let rest = Self {
            subject: self.subject,
            person: self.person,
            partnership: self.partnership.clone(),
            cause: self.cause,
            since: self.since,
            ids: self.ids.saturating_sub(self.acknowledged),
            reachable: false,
            delivered: self.delivered.saturating_sub(self.acknowledged),
            delivered_at: self.delivered_at,
            acknowledged: 0,
            acknowledged_at: None,
        };
        self.ids = self.acknowledged;
        self.delivered = self.delivered.min(self.acknowledged);
        rest
    }

    pub(super) fn standing(&self, subject: SubjectKey) -> Standing {
        Standing {
            subject,
            partnership: self.partnership.clone(),
            cause: self.cause,
            since: self.since,
            ids: self.ids,
            reachable: self.reachable,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            acknowledged: self.acknowledged,
            acknowledged_at: self.acknowledged_at,
        }
    }
}

impl State {
    pub(super) fn join(&mut self, keys: &[SubjectKey]) {
        let known: BTreeSet<u64> =
            keys.iter().filter_map(|key| self.people.get(key).copied()).collect();
        let person = known.first().copied().unwrap_or_else(|| {
            self.people_ever += 1;
            self.people_ever
        });
        let all =
            self.people.values_mut().chain(self.debts.values_mut().map(|debt| &mut debt.person));
        all.filter(|one| known.contains(one)).for_each(|one| *one = person);
        self.people.extend(keys.iter().map(|key| (*key, person)));
    }

    /// Returns the number of the person whose key it is; of nobody known, a new one.
    fn person(&mut self, subject: Option<SubjectKey>) -> u64 {
        if let Some(subject) = subject {
            self.join(&[subject]);
        }
        let known = subject.and_then(|subject| self.people.get(&subject).copied());
        known.unwrap_or_else(|| {
            self.people_ever += 1;
            self.people_ever
        })
    }

    pub(super) fn owe(&mut self, owed: Owed) {
        for revision in owed.reached {
            self.reached.insert(revision.shard, revision.version);
        }
        self.aside.extend(owed.set_aside);
        self.aside.retain(|one| !owed.taken_up.contains(one));
        for owing in owed.owing {
            let (ids, reachable, items) = match owing.reach {
                Reach::Told(items) => (u64::try_from(items.len()).unwrap_or(u64::MAX), true, items),
                Reach::Unreachable(ids) => (ids, false, Vec::new()),
            };
            let person = self.person(owing.subject.or(owed.erased));
            let debt = self.debts_ever;
            self.debts_ever += 1;
            let kept = Debt {
                subject: owing.subject,
                person,
                partnership: owing.partnership,
                cause: owing.cause,
                since: owing.since,
                ids,
                reachable,
                delivered: 0,
                delivered_at: None,
                acknowledged: 0,
                acknowledged_at: None,
            };
            self.debts.insert(debt, kept);
            self.items.extend(items.into_iter().map(|item| Row {
                debt,
                place: item.place,
                vouched: item.vouched,
                message: None,
            }));
        }
        if let Some(subject) = owed.erased {
            let erasing = self.erasing.iter_mut().find(|one| one.subject == subject);
            if let Some(erasing) = erasing {
                erasing.go_on(Stage::Begun, Stage::Owed);
                erasing.id = erasing.id.take().or(owed.id_of_erased);
            }
        }
        self.deleting.extend(owed.deleting);
    }

    fn kind_of(&self, row: &Row) -> Option<(PartnershipId, RecallKind, (UnixMillis, u64))> {
        let debt = self.debts.get(&row.debt)?;
        Some((debt.partnership.clone(), debt.cause.kind(), (debt.since, debt.person)))
    }

    pub(super) fn waiting(&self) -> Vec<Waiting> {
        type Sum = (BTreeSet<UnixMillis>, BTreeSet<u64>, BTreeSet<Vouched>);
        let mut sums: BTreeMap<(PartnershipId, RecallKind), Sum> = BTreeMap::new();
        for row in self.items.iter().filter(|row| row.message.is_none()) {
            let Some((partnership, kind, (since, person))) = self.kind_of(row) else { continue };
            let (times, people, ids) = sums.entry((partnership, kind)).or_default();
            times.insert(since);
            people.insert(person);
            ids.insert(row.vouched.clone());
        }
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        sums.into_iter()
            .filter_map(|((partnership, kind), (times, people, ids))| {
                let oldest = times.first().copied()?;
                let (people, ids) = (count(people.len()), count(ids.len()));
                Some(Waiting { partnership, kind, people, ids, oldest })
            })
            .collect()
    }

    pub(super) fn pack(&mut self, pack: Pack) -> usize {
        let wanted = Some((pack.partnership.clone(), pack.kind));
        let kinds: Vec<_> = self
            .items
            .iter()
            .map(|row| self.kind_of(row).map(|(partnership, kind, _)| (partnership, kind)))
            .collect();
        let mut free: Vec<(u64, Vouched)> = self
            .items
            .iter()
            .zip(&kinds)
            .filter(|(row, kind)| row.message.is_none() && **kind == wanted)
            .map(|(row, _)| (row.place, row.vouched.clone()))
            .collect();
        free.sort();
        let mut taken: BTreeSet<Vouched> = BTreeSet::new();
        for (_, vouched) in free {
            if taken.len() < pack.ids_max {
                taken.insert(vouched);
            }
        }
        if taken.is_empty() {
            return 0;
        }
        for (row, kind) in self.items.iter_mut().zip(&kinds) {
            if row.message.is_none() && *kind == wanted && taken.contains(&row.vouched) {
                row.message = Some(pack.message);
            }
        }
        let message = Message {
            message: pack.message,
            partnership: pack.partnership,
            kind: pack.kind,
            made_at: pack.made_at,
            failures: 0,
            next_at: pack.made_at,
            delivered_at: None,
            counts_from: None,
        };
        self.messages.push((message, None));
        taken.len()
    }

    pub(super) fn settle(&mut self, id: DisclosureId, sent: Sent) {
        let open = self.messages.iter_mut().find(|(one, done)| one.message == id && done.is_none());
        let Some((message, done)) = open else { return };
        let taken_before = message.delivered_at.is_some();
        message.counts_from = counts_from(message, sent);
        let (taken, acknowledged) = match sent {
            Sent::Acknowledged { at } => {
                *done = Some(at);
                message.delivered_at.get_or_insert(at);
                (Some(at), Some(at))
            }
            Sent::Taken { at, next_at } => {
                message.delivered_at.get_or_insert(at);
                (message.failures, message.next_at) = (0, next_at);
                (Some(at), None)
            }
            Sent::Failed { next_at, .. } | Sent::Unmade { next_at } => {
                message.failures = message.failures.saturating_add(1);
                message.next_at = next_at;
                (None, None)
            }
            Sent::NotTried { next_at } => {
                message.next_at = next_at;
                (None, None)
            }
        };
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for row in self.items.iter().filter(|row| row.message == Some(id)) {
            *counts.entry(row.debt).or_default() += 1;
        }
        for (debt, count) in counts {
            let Some(debt) = self.debts.get_mut(&debt) else { continue };
            if let Some(at) = taken.filter(|_| !taken_before) {
                debt.delivered += count;
                debt.delivered_at = Some(at);
            }
            if let Some(at) = acknowledged {
                debt.acknowledged += count;
                debt.acknowledged_at = Some(at);
            }
        }
        if acknowledged.is_some() {
            self.items.retain(|row| row.message != Some(id));
        }
    }

    pub(super) fn write_off(&mut self, partnership: &PartnershipId) {
        let its = self.debts.iter_mut().filter(|(_, debt)| debt.partnership == *partnership);
        let mut rests = Vec::new();
        for (number, debt) in its {
            self.items.retain(|row| row.debt != *number);
            if debt.acknowledged >= debt.ids {
                continue;
            }
            if debt.reachable && debt.acknowledged > 0 {
                rests.push(debt.divide());
            } else {
                debt.reachable = false;
            }
        }
        for rest in rests {
            self.debts.insert(self.debts_ever, rest);
            self.debts_ever += 1;
        }
        self.messages.retain(|(one, done)| done.is_some() || one.partnership != *partnership);
    }

    pub(super) fn figures(&self) -> Vec<Figures> {
        let mut all: BTreeMap<PartnershipId, Figures> = BTreeMap::new();
        let waiting = self.waiting();
        let named = waiting
            .iter()
            .map(|one| &one.partnership)
            .chain(self.debts.values().map(|debt| &debt.partnership))
            .chain(self.messages.iter().map(|(message, _)| &message.partnership))
            .chain(self.deleting.iter().map(|one| &one.partnership))
            .chain(self.deleted.iter().map(|(partnership, _)| partnership))
            .chain(self.lapsed.keys());
        for partnership in named {
            all.entry(partnership.clone()).or_insert_with(|| Figures::of(partnership.clone()));
        }
        for figures in all.values_mut() {
            let is_of = |partnership: &PartnershipId| *partnership == figures.partnership;
            let sum = |counts: &mut dyn Iterator<Item = u64>| counts.sum();
            figures.waiting =
                sum(&mut waiting.iter().filter(|one| is_of(&one.partnership)).map(|one| one.ids));
            figures.unreachable = sum(&mut self
                .debts
                .values()
                .filter(|debt| is_of(&debt.partnership) && !debt.reachable)
                .map(|debt| debt.ids));
            let of = |is_done: bool| {
                let messages = self.messages.iter();
                messages.filter(move |(_, done)| done.is_some() == is_done)
            };
            figures.open =
                sum(&mut of(false).filter(|(one, _)| is_of(&one.partnership)).map(|_| 1));
            figures.acknowledged =
                sum(&mut of(true).filter(|(one, _)| is_of(&one.partnership)).map(|_| 1));
            figures.oldest = of(false)
                .filter(|(one, _)| is_of(&one.partnership))
                .map(|(one, _)| one.made_at)
                .min();
            figures.deleting =
                sum(&mut self.deleting.iter().filter(|one| is_of(&one.partnership)).map(|_| 1));
            figures.deleted =
                sum(&mut self.deleted.iter().filter(|(one, _)| is_of(one)).map(|_| 1));
            figures.lapsed_at = self.lapsed.get(&figures.partnership).copied();
        }
        all.into_values().collect()
    }

    pub(super) fn accept(&mut self, Accepting { subject, id, at }: Accepting) {
        match self.erasing.iter_mut().find(|one| one.subject == subject) {
            Some(erasing) => {
                let id = erasing.id.take().or(id);
                *erasing = Erasing { subject, at, stage: Stage::Accepted, id };
            }
            None => self.erasing.push(Erasing { subject, at, stage: Stage::Accepted, id }),
        }
    }

    pub(super) fn erased(&mut self, subject: SubjectKey, asked_at: UnixMillis) {
        let before = self.erasing.len();
        self.erasing.retain(|one| one.subject != subject || one.at != asked_at);
        if self.erasing.len() == before {
            return;
        }
        self.aside.retain(|one| one.subject != subject);
        self.people.remove(&subject);
        for debt in self.debts.values_mut().filter(|debt| debt.subject == Some(subject)) {
            debt.subject = None;
        }
    }

    pub(super) fn trim(&mut self, before: UnixMillis) {
        self.messages.retain(|(_, done)| done.is_none_or(|done| done >= before));
        self.debts.retain(|_, debt| {
            let is_done = !debt.reachable || debt.acknowledged >= debt.ids;
            !is_done || debt.acknowledged_at.unwrap_or(debt.since) >= before
        });
        let owed: BTreeSet<u64> = self.debts.values().map(|debt| debt.person).collect();
        self.people.retain(|_, person| owed.contains(person));
        self.deleted.retain(|(_, at)| *at >= before);
        self.requests.retain(|_, at| *at >= before);
    }
}

impl Erasing {
    pub(super) fn go_on(&mut self, from: Stage, to: Stage) {
        if self.stage == from {
            self.stage = to;
        }
    }
}

/// Returns since when a message's time counts once an attempt at it is over.
fn counts_from(message: &Message, sent: Sent) -> Option<UnixMillis> {
    let (until, asked) = match sent {
        Sent::Acknowledged { at } | Sent::Taken { at, .. } | Sent::Failed { at, .. } => {
            (at, Some(at))
        }
        Sent::NotTried { next_at } | Sent::Unmade { next_at } => (next_at, None),
    };
    let missed = until.0.saturating_sub(message.next_at.0).max(0);
    let later = |from: UnixMillis| UnixMillis(from.0.saturating_add(missed)).min(until);
    message.counts_from.map(later).or(asked)
}
