//! The contract of [`Bills`], run: any list of actions is done to bills and to a plain list, and after each
//! the two must say the same.

use crate::bills::{
    Bill, BillCounts, BillId, Bills, BillsError, DeadBill, DeadReason, NewBill, Put, Report,
    Settled, Trim,
};
use sluicegate_gate::{IdError, PartnershipId, time::UnixMillis};
use std::cmp::Reverse;

/// One thing done to bills. Times are the numbers of the actions.
#[derive(Clone, Debug)]
pub enum Action {
    /// Puts a report, which may be known, with a bill of one of three partnerships or without.
    Put {
        /// Its id.
        id: u8,
        /// Whose bill follows from it.
        partnership: Option<u8>,
        /// How many of the partnership's bills may wait.
        waiting_max: u8,
    },
    /// Settles a bill, which may not wait.
    Settle {
        /// Which.
        id: u8,
        /// How: this decides everything in it.
        how: u8,
    },
    /// Puts the dead bills of a partnership back.
    PutBack {
        /// Which.
        partnership: u8,
    },
    /// Forgets reports and dead bills from so many actions ago.
    Trim {
        /// How many.
        actions: u8,
    },
}

/// Bills that do not keep the contract.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// They failed.
    #[error(transparent)]
    Bills(#[from] BillsError),
    /// A name of a partnership did not parse.
    #[error(transparent)]
    Name(#[from] IdError),
    /// They say something else than the list.
    #[error("action {action}: {what}: the bills say {bills}, the list {list}")]
    Differs {
        /// The number of the action.
        action: usize,
        /// What was asked.
        what: &'static str,
        /// The bills' answer.
        bills: String,
        /// The right answer.
        list: String,
    },
}

/// Does the actions to bills without content and to a list, and compares what they say.
pub async fn check<B: Bills>(bills: B, actions: &[Action]) -> Result<B, Broken> {
    let mut list = List::default();
    for (number, action) in actions.iter().enumerate() {
        list.now = UnixMillis(i64::try_from(number).unwrap_or(i64::MAX));
        let same = Same { number };
        match action {
            Action::Put { id, partnership, waiting_max } => {
                let report = list.report(*id, *partnership, *waiting_max)?;
                let expected = list.put(&report);
                same.or_broken("put", &bills.put(report).await?, &expected)?;
            }
            Action::Settle { id, how } => {
                let (id, settled) = (BillId(u128::from(*id)), list.settled(*how));
                list.settle(id, settled);
                bills.settle(id, settled).await?;
            }
            Action::PutBack { partnership } => {
                let id = name(*partnership)?;
                let expected = list.put_back(&id);
                let count = bills.put_back(id, list.now).await?;
                same.or_broken("put back", &count, &expected)?;
            }
            Action::Trim { actions } => {
                let before = UnixMillis(list.now.0 - i64::from(*actions));
                list.trim(before);
                bills.trim(Trim { expired_before: before, dead_before: before }).await?;
            }
        }
        list.compare(&bills, &same).await?;
    }
    Ok(bills)
}

struct Same {
    number: usize,
}

impl Same {
    fn or_broken<T: PartialEq + std::fmt::Debug>(
        &self,
        what: &'static str,
        bills: &T,
        list: &T,
    ) -> Result<(), Broken> {
        if bills == list {
            return Ok(());
        }
        Err(Broken::Differs {
            action: self.number,
            what,
            bills: format!("{bills:?}"),
            list: format!("{list:?}"),
        })
    }
}

fn name(partnership: u8) -> Result<PartnershipId, IdError> {
    format!("partnership-{}", partnership % 3).parse()
}

/// The plain list: what bills are, without being durable or fast.
#[derive(Default)]
struct List {
    now: UnixMillis,
    reports: Vec<(BillId, UnixMillis)>,
    waiting: Vec<(PartnershipId, UnixMillis, Bill)>,
    dead: Vec<(PartnershipId, Vec<u8>, DeadBill)>,
    accepted: Vec<PartnershipId>,
    seen: Vec<PartnershipId>,
}

impl List {
    fn report(&self, id: u8, partnership: Option<u8>, waiting_max: u8) -> Result<Report, IdError> {
        let bill = |partnership| NewBill {
            partnership,
            sealed: vec![id; 3],
            waiting_max: u64::from(waiting_max),
        };
        Ok(Report {
            id: BillId(u128::from(id)),
            at: self.now,
            expires: UnixMillis(self.now.0 + 3),
            bill: partnership.map(name).transpose()?.map(bill),
        })
    }

    fn put(&mut self, report: &Report) -> Put {
        let is_known = self.reports.iter().any(|(id, _)| *id == report.id)
            || self.waiting.iter().any(|(_, _, bill)| bill.id == report.id)
            || self.dead.iter().any(|(_, _, bill)| bill.id == report.id);
        if is_known {
            return Put::Known;
        }
        if let Some(bill) = &report.bill {
            if self.waiting_of(&bill.partnership).len() >= count(bill.waiting_max) {
                return Put::Full;
            }
            let NewBill { partnership, sealed, .. } = bill.clone();
            let (id, at) = (report.id, report.at);
            let waiting = Bill { id, sealed, since: at, failures: 0, next_at: at };
            self.waiting.push((partnership.clone(), at, waiting));
            self.seen.push(partnership);
        }
        self.reports.push((report.id, report.expires));
        Put::Kept
    }

    fn waiting_of(&self, partnership: &PartnershipId) -> Vec<Bill> {
        let of = self.waiting.iter().filter(|(of, _, _)| of == partnership);
        let mut bills: Vec<Bill> = of.map(|(_, _, bill)| bill.clone()).collect();
        bills.sort_by_key(|bill| (bill.next_at, bill.id));
        bills
    }

    fn dead_of(&self, partnership: &PartnershipId) -> Vec<DeadBill> {
        let of = self.dead.iter().filter(|(of, _, _)| of == partnership);
        let mut bills: Vec<DeadBill> = of.map(|(_, _, bill)| *bill).collect();
        bills.sort_by_key(|bill| (Reverse(bill.at), bill.id));
        bills
    }

    fn settled(&self, how: u8) -> Settled {
        let failures = u32::from(how);
        match how % 3 {
            0 => Settled::Accepted,
            1 => Settled::Again { failures, next_at: UnixMillis(i64::from(how) * 7 % 50) },
            _ => {
                let all = DeadReason::ALL;
                let index = usize::from(how) % all.len();
                let reason = all.get(index).copied().unwrap_or(DeadReason::Failing);
                Settled::Dead { failures, reason, at: self.now }
            }
        }
    }

    fn settle(&mut self, id: BillId, settled: Settled) {
        let Some(index) = self.waiting.iter().position(|(_, _, bill)| bill.id == id) else {
            return;
        };
        let (partnership, reported_at, bill) = self.waiting.remove(index);
        match settled {
            Settled::Accepted => self.accepted.push(partnership),
            Settled::Again { failures, next_at } => {
                self.waiting.push((partnership, reported_at, Bill { failures, next_at, ..bill }));
            }
            Settled::Dead { failures, reason, at } => {
                let dead = DeadBill { id, reported_at, failures, reason, at };
                self.dead.push((partnership, bill.sealed, dead));
            }
        }
    }

    fn put_back(&mut self, partnership: &PartnershipId) -> u64 {
        let (back, stay) = self.dead.drain(..).partition(|(of, _, _)| of == partnership);
        self.dead = stay;
        let back: Vec<(PartnershipId, Vec<u8>, DeadBill)> = back;
        let number = u64::try_from(back.len()).unwrap_or(u64::MAX);
        for (of, sealed, DeadBill { id, reported_at, .. }) in back {
            let bill = Bill { id, sealed, since: self.now, failures: 0, next_at: self.now };
            self.waiting.push((of, reported_at, bill));
        }
        number
    }

    fn trim(&mut self, before: UnixMillis) {
        self.reports.retain(|(_, expires)| *expires >= before);
        self.dead.retain(|(_, _, dead)| dead.at >= before);
    }

    fn counts(&self) -> Vec<BillCounts> {
        let mut seen = self.seen.clone();
        seen.sort();
        seen.dedup();
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let one = |partnership: PartnershipId| {
            let dead = self.dead_of(&partnership);
            let by_reason = DeadReason::ALL.into_iter().map(|reason| {
                (reason, number(dead.iter().filter(|one| one.reason == reason).count()))
            });
            BillCounts {
                waiting: number(self.waiting_of(&partnership).len()),
                accepted: number(self.accepted.iter().filter(|of| **of == partnership).count()),
                dead: by_reason.filter(|(_, number)| *number > 0).collect(),
                partnership,
            }
        };
        seen.into_iter().map(one).collect()
    }

    async fn compare<B: Bills>(&self, bills: &B, same: &Same) -> Result<(), Broken> {
        same.or_broken("counts", &bills.counts().await?, &self.counts())?;
        for partnership in 0..3 {
            let id = name(partnership)?;
            let mut waiting = self.waiting_of(&id);
            waiting.truncate(3);
            let said = bills.waiting(id.clone(), 3).await?;
            same.or_broken("waiting", &said, &waiting)?;
            let mut dead = self.dead_of(&id);
            dead.truncate(2);
            same.or_broken("dead", &bills.dead(id, 2).await?, &dead)?;
        }
        Ok(())
    }
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
