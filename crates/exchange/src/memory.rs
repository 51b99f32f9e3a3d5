//! Bills in memory, for tests: nothing in it survives the process.

use crate::bills::{
    Bill, BillCounts, BillId, Bills, BillsError, DeadBill, DeadReason, NewBill, Put, Report,
    Settled, Trim,
};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// Bills in memory. It keeps the whole contract of [`Bills`] except durability.
#[derive(Debug, Default)]
pub struct MemoryBills(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    reports: HashMap<BillId, UnixMillis>,
    bills: BTreeMap<BillId, Row>,
    accepted: BTreeMap<PartnershipId, u64>,
}

#[derive(Debug)]
struct Row {
    partnership: PartnershipId,
    reported_at: UnixMillis,
    state: State,
    bill: Bill,
}

#[derive(Debug)]
enum State {
    Waiting,
    Dead { reason: DeadReason, at: UnixMillis },
}

impl Row {
    fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    fn dead(&self) -> Option<DeadBill> {
        let State::Dead { reason, at } = self.state else { return None };
        let Bill { id, failures, .. } = self.bill;
        Some(DeadBill { id, reported_at: self.reported_at, failures, reason, at })
    }
}

impl Kept {
    fn of<'a>(&'a self, partnership: &'a PartnershipId) -> impl Iterator<Item = &'a Row> {
        self.bills.values().filter(move |row| row.partnership == *partnership)
    }

    fn put(&mut self, report: Report) -> Put {
        let Report { id, at, expires, bill } = report;
        if self.reports.contains_key(&id) || self.bills.contains_key(&id) {
            return Put::Known;
        }
        if let Some(NewBill { partnership, sealed, waiting_max }) = bill {
            let waiting = self.of(&partnership).filter(|row| row.is_waiting()).count();
            if u64::try_from(waiting).unwrap_or(u64::MAX) >= waiting_max {
                return Put::Full;
            }
            self.accepted.entry(partnership.clone()).or_default();
            let bill = Bill { id, sealed, since: at, failures: 0, next_at: at };
            let row = Row { partnership, reported_at: at, state: State::Waiting, bill };
            self.bills.insert(id, row);
        }
        self.reports.insert(id, expires);
        Put::Kept
    }

    fn settle(&mut self, id: BillId, settled: Settled) {
        let Some(row) = self.bills.get_mut(&id).filter(|row| row.is_waiting()) else { return };
        match settled {
            Settled::Accepted => {
                *self.accepted.entry(row.partnership.clone()).or_default() += 1;
                self.bills.remove(&id);
            }
            Settled::Again { failures, next_at } => {
                row.bill.failures = failures;
                row.bill.next_at = next_at;
            }
            Settled::Dead { failures, reason, at } => {
                row.bill.failures = failures;
                row.state = State::Dead { reason, at };
            }
        }
    }

    fn put_back(&mut self, partnership: &PartnershipId, at: UnixMillis) -> u64 {
        let mut count = 0;
        for row in self.bills.values_mut() {
            if row.partnership == *partnership && !row.is_waiting() {
                row.state = State::Waiting;
                row.bill.since = at;
                row.bill.failures = 0;
                row.bill.next_at = at;
                count += 1;
            }
        }
        count
    }

    fn counts(&self) -> Vec<BillCounts> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let one = |(partnership, accepted): (&PartnershipId, &u64)| {
            let dead = DeadReason::ALL.into_iter().filter_map(|reason| {
                let of = self.of(partnership).filter_map(Row::dead);
                let number = count(of.filter(|dead| dead.reason == reason).count());
                (number > 0).then_some((reason, number))
            });
            BillCounts {
                partnership: partnership.clone(),
                waiting: count(self.of(partnership).filter(|row| row.is_waiting()).count()),
                accepted: *accepted,
                dead: dead.collect(),
            }
        };
        self.accepted.iter().map(one).collect()
    }
}

fn done<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, BillsError>> {
    ready(Ok(value)).boxed()
}

impl Bills for MemoryBills {
    fn put(&self, report: Report) -> BoxFuture<'_, Result<Put, BillsError>> {
        done(self.0.lock().put(report))
    }

    fn waiting(
        &self,
        partnership: PartnershipId,
        bills_max: usize,
    ) -> BoxFuture<'_, Result<Vec<Bill>, BillsError>> {
        let kept = self.0.lock();
        let rows = kept.of(&partnership).filter(|row| row.is_waiting());
        let mut bills: Vec<Bill> = rows.map(|row| row.bill.clone()).collect();
        bills.sort_by_key(|bill| (bill.next_at, bill.id));
        bills.truncate(bills_max);
        done(bills)
    }

    fn settle(&self, id: BillId, settled: Settled) -> BoxFuture<'_, Result<(), BillsError>> {
        self.0.lock().settle(id, settled);
        done(())
    }

    fn put_back(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
    ) -> BoxFuture<'_, Result<u64, BillsError>> {
        done(self.0.lock().put_back(&partnership, at))
    }

    fn dead(
        &self,
        partnership: PartnershipId,
        bills_max: usize,
    ) -> BoxFuture<'_, Result<Vec<DeadBill>, BillsError>> {
        let kept = self.0.lock();
        let mut dead: Vec<DeadBill> = kept.of(&partnership).filter_map(Row::dead).collect();
        dead.sort_by_key(|bill| (Reverse(bill.at), bill.id));
        dead.truncate(bills_max);
        done(dead)
    }

    fn counts(&self) -> BoxFuture<'_, Result<Vec<BillCounts>, BillsError>> {
        done(self.0.lock().counts())
    }

    fn trim(&self, what: Trim) -> BoxFuture<'_, Result<(), BillsError>> {
        let mut kept = self.0.lock();
        kept.reports.retain(|_, expires| *expires >= what.expired_before);
        kept.bills.retain(|_, row| row.dead().is_none_or(|dead| dead.at >= what.dead_before));
        done(())
    }
}
