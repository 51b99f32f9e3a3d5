//! Sends bills: one partnership's, one after the other or several at once, until the partner has them.
//!
//! ```text
//! report ──► put, durable ──► waits ──► ledger ──► door ──► 2xx        accepted
//!                               ▲                    ├────► 4xx        dead: the partner says it is wrong
//!                               └──── later ◄────────┴────► else       dead, after the last attempt
//! ```
//!
//! A crash between sending and writing that down sends the same url again: partners know a bill by it.

use crate::{
    bills::{
        Bill, BillCounts, BillId, BillsError, DeadBill, DeadReason, NewBill, Put, Report, Settled,
        Trim,
    },
    counters::{Count, ExchangeCounters},
    exchange::ExchangeParts,
    notices::{NewNotice, NotSent, Notices},
    seal::Sealer,
    token::HOLDS,
};
use futures_util::future::join_all;
use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_ledger::{Answer, SendError};
use sluicegate_openrtb::write::NoticeKind;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

/// The bills of all partnerships. Each is sent by a [`Biller`] of its own; none waits for another.
#[derive(Debug)]
pub struct Billers {
    parts: ExchangeParts,
    notices: Arc<Notices>,
    counters: Arc<ExchangeCounters>,
    sealer: Sealer,
    /// The partnerships that have had a bill, with what wakes their biller.
    bells: Mutex<BTreeMap<PartnershipId, Arc<Notify>>>,
}

/// One partnership's bills. There must be one at a time.
#[derive(Clone, Debug)]
pub struct Biller {
    partnership: PartnershipId,
    all: Arc<Billers>,
    bell: Arc<Notify>,
}

impl Billers {
    pub(crate) fn new(
        parts: ExchangeParts,
        notices: Arc<Notices>,
        counters: Arc<ExchangeCounters>,
        sealer: Sealer,
    ) -> Arc<Self> {
        Arc::new(Self { parts, notices, counters, sealer, bells: Mutex::default() })
    }

    /// Keeps a report, and the notice that follows from it, and has it sent. Once it returned, it is durable.
    pub(crate) async fn put(
        &self,
        report: Report,
        bill: Option<(PartnershipId, String)>,
    ) -> Result<Put, BillsError> {
        // Why: a caller that hangs up meanwhile leaves a bill that somebody must send all the same.
        let bell = bill.as_ref().map(|(partnership, _)| self.bell(partnership.clone()));
        let bill = match bill {
            Some((partnership, url)) => Some(self.sealed(report.id, partnership, &url)?),
            None => None,
        };
        let put = self.parts.bills.put(Report { bill, ..report }).await?;
        if let Some(bell) = bell {
            bell.notify_one();
        }
        Ok(put)
    }

    /// Finds the partnerships whose bills wait from before the start.
    pub async fn find(&self) -> Result<(), BillsError> {
        for counts in self.counts().await? {
            self.bell(counts.partnership).notify_one();
        }
        Ok(())
    }

    /// Returns a biller for each partnership that has had a bill, as far as was found or put.
    pub fn all(self: &Arc<Self>) -> Vec<Biller> {
        let bells = self.bells.lock();
        let biller = |(partnership, bell): (&PartnershipId, &Arc<Notify>)| Biller {
            partnership: partnership.clone(),
            all: Arc::clone(self),
            bell: Arc::clone(bell),
        };
        bells.iter().map(biller).collect()
    }

    /// Returns how the bills of every partnership stand that ever had one.
    pub async fn counts(&self) -> Result<Vec<BillCounts>, BillsError> {
        self.parts.bills.counts().await
    }

    /// Returns the bills of a partnership that were given up last.
    pub async fn dead(
        &self,
        partnership: PartnershipId,
        bills_max: usize,
    ) -> Result<Vec<DeadBill>, BillsError> {
        self.parts.bills.dead(partnership, bills_max).await
    }

    /// Puts the dead bills of a partnership back, due now and as if never tried; returns how many.
    pub async fn put_back(&self, partnership: PartnershipId) -> Result<u64, BillsError> {
        let now = self.parts.clock.now();
        let count = self.parts.bills.put_back(partnership.clone(), now).await?;
        if count > 0 {
            self.bell(partnership).notify_one();
        }
        Ok(count)
    }

    /// Forgets the ids of reports that cannot come any more, and bills that were given up 30 days ago.
    pub async fn trim(&self) -> Result<(), BillsError> {
        let now = self.parts.clock.now();
        // Why: a clock that is set back must not let a token count again.
        let expired_before = now.minus(HOLDS);
        self.parts.bills.trim(Trim { expired_before, dead_before: now.minus(DEAD_KEPT) }).await
    }

    fn bell(&self, partnership: PartnershipId) -> Arc<Notify> {
        Arc::clone(self.bells.lock().entry(partnership).or_default())
    }

    fn sealed(
        &self,
        id: BillId,
        partnership: PartnershipId,
        url: &str,
    ) -> Result<NewBill, BillsError> {
        let dice = self.parts.dice.as_ref();
        let sealed = self.sealer.seal(&context(id), url.as_bytes(), dice);
        let sealed = sealed.ok_or(BillsError::Corrupt("a bill that cannot be sealed"))?;
        Ok(NewBill { partnership, sealed, waiting_max: self.parts.options.bills_max })
    }

    fn opened(&self, bill: &Bill) -> Option<String> {
        String::from_utf8(self.sealer.open(&context(bill.id), &bill.sealed)?).ok()
    }
}

impl Biller {
    /// Returns the partnership.
    pub fn partnership(&self) -> &PartnershipId {
        &self.partnership
    }

    /// Waits before the next step.
    pub async fn rest(&self, pause: Pause) {
        match pause {
            Pause::Idle(at_most) => {
                let woken = timeout(at_most, self.bell.notified()).await;
                woken.map_or_else(drop, drop);
            }
            Pause::Left(whole) => sleep(whole).await,
        }
    }

    /// Sends what is due, a few bills at once, and writes down what became of each. Returns how long to wait
    /// before the next step.
    pub async fn step(&self) -> Result<Pause, BillsError> {
        let ExchangeParts { bills, clock, .. } = &self.all.parts;
        let now = clock.now();
        let mut waiting = bills.waiting(self.partnership.clone(), self.at_once()).await?;
        let idle = waiting.first().map_or(IDLE_MAX, |first| until(first.next_at, now));
        waiting.retain(|bill| bill.next_at <= now);
        let attempts = join_all(waiting.into_iter().map(|bill| self.attempt(bill))).await;
        let kept: Vec<Option<Duration>> = attempts.into_iter().collect::<Result<_, _>>()?;
        // Why: where one of them went the next may go at once.
        let all_kept: Option<Vec<Duration>> = kept.into_iter().collect();
        let left = all_kept.and_then(|pauses| pauses.into_iter().max());
        Ok(left.map_or(Pause::Idle(idle.min(IDLE_MAX)), Pause::Left))
    }

    /// Returns how many bills are on their way at once: no more than the partner takes. What is on record and does not go
    /// would be recorded for nothing.
    fn at_once(&self) -> usize {
        let edition = self.all.parts.current.load();
        let partnership =
            edition.as_ref().and_then(|edition| edition.partnership(&self.partnership));
        let endpoint = partnership.and_then(|partnership| partnership.endpoint.as_ref());
        endpoint.map_or(AT_ONCE, |endpoint| endpoint.concurrency.clamp(1, AT_ONCE))
    }

    /// Returns how long the partnership's bills are left as they are, where this one could not be tried.
    async fn attempt(&self, bill: Bill) -> Result<Option<Duration>, BillsError> {
        let ended = match self.all.opened(&bill) {
            Some(url) => {
                // A choice that the person makes later is not in its way.
                let (kind, about) = (NoticeKind::Billing, Vec::new());
                let notice = NewNotice { kind, url, about, patience: None };
                Ended::of(&self.all.notices.send(&self.partnership, notice).await)
            }
            None => Ended::Never(DeadReason::Unreadable),
        };
        if let Ended::NotTried { pause, .. } = ended
            && self.may_wait(&bill)
        {
            // Why: nothing about the bill changed. One partner that is down must not keep the store busy.
            return Ok(Some(pause));
        }
        let settled = self.settled(&bill, ended);
        match settled {
            Settled::Accepted => self.all.counters.add(Count::NoticeSent),
            Settled::Dead { .. } => self.all.counters.add(Count::NoticeFailed),
            Settled::Again { .. } => {}
        }
        self.all.parts.bills.settle(bill.id, settled).await?;
        Ok(None)
    }

    /// Returns whether a bill that cannot be tried may go on waiting.
    fn may_wait(&self, bill: &Bill) -> bool {
        let ExchangeParts { clock, options, .. } = &self.all.parts;
        clock.now() < bill.since.plus(options.bill_schedule.life())
    }

    fn settled(&self, bill: &Bill, ended: Ended) -> Settled {
        let ExchangeParts { clock, dice, options, .. } = &self.all.parts;
        let schedule = &options.bill_schedule;
        let now = clock.now();
        match ended {
            Ended::Accepted => Settled::Accepted,
            Ended::Never(reason) => {
                Settled::Dead { failures: bill.failures.saturating_add(1), reason, at: now }
            }
            Ended::NotTried { reason, .. } => {
                Settled::Dead { failures: bill.failures, reason, at: now }
            }
            Ended::Failed { asked, reason } => {
                let pause = schedule.pause(bill.failures, asked, dice.as_ref());
                let failures = bill.failures.saturating_add(1);
                match pause {
                    Some(pause) => Settled::Again { failures, next_at: now.plus(pause) },
                    None => Settled::Dead { failures, reason, at: now },
                }
            }
        }
    }
}

/// How long a biller waits before its next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// So long at most: something new may come.
    Idle(Duration),
    /// So long, whatever comes: what is due cannot be tried now, and each look at it costs the store and us the same.
    Left(Duration),
}

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The partner has it.
    Accepted,
    /// It is of no use to try again.
    Never(DeadReason),
    /// Our own limits or the register kept it; it is no attempt.
    NotTried { pause: Duration, reason: DeadReason },
    /// The attempt failed.
    Failed { asked: Option<Duration>, reason: DeadReason },
}

impl Ended {
    fn of(sent: &Result<Answer, NotSent>) -> Self {
        match sent {
            Ok(answer) => Self::answered(answer),
            Err(NotSent::NotInForce) => Self::not_tried(CLOSED_PAUSE, DeadReason::NotInForce),
            Err(NotSent::NotRecorded) => Self::not_tried(LEDGER_PAUSE, DeadReason::Limited),
            Err(NotSent::Door(error)) => Self::unanswered(*error),
        }
    }

    fn answered(answer: &Answer) -> Self {
        match answer.status {
            200..300 => Self::Accepted,
            410 => Self::Never(DeadReason::Gone),
            // Why: too slow, too early, too many. All else of this kind says that the url is wrong.
            status if (400..500).contains(&status) && ![408, 425, 429].contains(&status) => {
                Self::Never(DeadReason::Refused)
            }
            _ => Self::Failed { asked: answer.retry_after, reason: DeadReason::Failing },
        }
    }

    fn unanswered(error: SendError) -> Self {
        let failed = |reason| Self::Failed { asked: None, reason };
        match error {
            SendError::Busy | SendError::DeadlinePassed => {
                Self::not_tried(BUSY_PAUSE, DeadReason::Limited)
            }
            SendError::BreakerOpen => Self::not_tried(BREAKER_PAUSE, DeadReason::Limited),
            SendError::NotInForce | SendError::NoEndpoint | SendError::PathClosed => {
                Self::not_tried(CLOSED_PAUSE, DeadReason::NotInForce)
            }
            SendError::AddressRefused => failed(DeadReason::AddressRefused),
            SendError::Connect
            | SendError::Timeout
            | SendError::TooLarge
            | SendError::NoRoom
            | SendError::Protocol => failed(DeadReason::Unreachable),
        }
    }

    fn not_tried(pause: Duration, reason: DeadReason) -> Self {
        Self::NotTried { pause, reason }
    }
}

/// What a bill is sealed under: no other bill's content can be put in its place.
fn context(id: BillId) -> Vec<u8> {
    [b"sluicegate bill 1".as_slice(), &id.0.to_be_bytes()].concat()
}

fn until(next_at: UnixMillis, now: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(next_at.0.saturating_sub(now.0)).unwrap_or(0))
}

/// Bills of one partnership on their way at once, at most.
const AT_ONCE: usize = 8;
/// For how long a bill that was given up can be put back.
const DEAD_KEPT: Duration = Duration::from_hours(30 * 24);
/// Where nothing is due, it is looked after so long all the same.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// How long a bill waits while the partnership is at its limit of calls.
const BUSY_PAUSE: Duration = Duration::from_millis(200);
/// How long a bill waits while the partner is being left alone.
const BREAKER_PAUSE: Duration = Duration::from_secs(5);
/// How long a bill waits while the ledger cannot record it.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);
/// How long a bill waits while the register leaves no way to the partner.
const CLOSED_PAUSE: Duration = Duration::from_mins(1);
