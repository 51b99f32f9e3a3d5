//! The exchange itself: one auction from request to answer.

use crate::{
    admission::{Admission, Asker, BEAT, Overload, Place, UnderWayMax},
    ask::Attempt,
    biller::Billers,
    bills::Bills,
    buyers::{Buyers, Seen},
    call::{AuctionCall, AuctionError, Auctioned, SeatReport, Speaker, Wanted},
    check::{Asked, Checked, Rejected, Sorted},
    counters::{Count, ExchangeCounters},
    lot::PutUp,
    network::NetworkTimes,
    notices::Notices,
    occasion::{Occasion, Weighed},
    options::ExchangeOptions,
    rates::RateBoard,
    seal::Sealer,
    settle::Outcome,
    shelf::Shelf,
    status::SeatStatus,
};
use futures_util::future::join_all;
use parking_lot::Mutex;
use sluicegate_gate::{
    PartnershipId,
    time::{BootMillis, Clock, Dice},
};
use sluicegate_ledger::{Door, Ledger, Pending};
use sluicegate_openrtb::{
    answer::{Answer, AnswerExt},
    request::BidRequest,
};
use sluicegate_register::{Current, Edition, Partnership};
use sluicegate_settings::{Keyring, Pairwise, Settings};
use std::{collections::BTreeSet, fmt, pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout, timeout_at};

/// What the exchange is made of.
#[derive(Clone)]
pub struct ExchangeParts {
    /// The register in force.
    pub current: Arc<Current>,
    /// What people chose.
    pub settings: Arc<Settings>,
    /// Makes keys of the ids in requests.
    pub keyring: Arc<Keyring>,
    /// Where disclosures are recorded.
    pub ledger: Arc<Ledger>,
    /// Where bills wait.
    pub bills: Arc<dyn Bills>,
    /// Where buyers seen are kept.
    pub buyers: Arc<dyn Buyers>,
    /// How messages leave.
    pub door: Arc<dyn Door>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// Limits and keys.
    pub options: ExchangeOptions,
}

impl fmt::Debug for ExchangeParts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ExchangeParts")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Holds auctions. It must be used within a `tokio` runtime.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) parts: ExchangeParts,
    pub(crate) counters: Arc<ExchangeCounters>,
    pub(crate) notices: Arc<Notices>,
    admission: Arc<Admission>,
    pub(crate) billers: Arc<Billers>,
    pub(crate) sealer: Sealer,
    pub(crate) network: NetworkTimes,
    pairwise: Pairwise,
    shelf: Mutex<Option<Arc<Shelf>>>,
    /// When a bid came last whose markup comes with the win notice.
    waited_for_markup: Mutex<Option<BootMillis>>,
    pub(crate) seen: Seen,
}

impl Exchange {
    /// Makes an exchange.
    pub fn new(parts: ExchangeParts) -> Arc<Self> {
        let counters = Arc::new(ExchangeCounters::default());
        let notices = Notices::new(parts.clone(), Arc::clone(&counters));
        let sealer = Sealer::new(&parts.options.token_key);
        Arc::new(Self {
            pairwise: Pairwise::new(&parts.options.pairwise_key),
            admission: Admission::new(
                UnderWayMax {
                    all: parts.options.auctions_max,
                    client: parts.options.auctions_per_client_max,
                },
                parts.options.behind_max,
            ),
            billers: Billers::new(
                parts.clone(),
                Arc::clone(&notices),
                Arc::clone(&counters),
                sealer.clone(),
            ),
            notices,
            sealer,
            network: NetworkTimes::default(),
            shelf: Mutex::new(None),
            waited_for_markup: Mutex::new(None),
            seen: Seen::default(),
            counters,
            parts,
        })
    }

    /// Takes an auction on, or says why there is no room for it.
    pub fn admit(&self, asker: Asker) -> Result<Place, Overload> {
        let admitted = self.admission.admit(asker, self.parts.clock.boot());
        admitted.inspect_err(|why| self.counters.shed(*why))
    }

    /// Takes one auction on and holds it.
    pub async fn auction(&self, call: AuctionCall) -> Result<Auctioned, AuctionError> {
        let asker = match call.speaker {
            Speaker::Platform => Asker::Platform,
            Speaker::Browser { .. } => Asker::Browser(None),
        };
        let place = self.admit(asker)?;
        self.hold(place, call).await
    }

    /// Shows that the program keeps up, until that ends. While it is not run, the program is never
    /// behind.
    pub async fn beat(&self, until: impl Future<Output = ()>) {
        let mut until = pin!(until);
        loop {
            self.admission.beat(self.parts.clock.boot());
            if timeout(BEAT, &mut until).await.is_ok() {
                self.admission.rest();
                return;
            }
        }
    }

    /// Returns how many auctions are under way.
    pub fn under_way(&self) -> usize {
        self.admission.under_way()
    }

    /// Holds one auction. Fails only on a wrong request; whatever else goes wrong is a seat without a
    /// bid.
    ///
    /// Dropped while partners are asked, what they were told is recorded all the same.
    pub async fn hold(&self, place: Place, call: AuctionCall) -> Result<Auctioned, AuctionError> {
        let weighed = self.weigh(call).inspect_err(|_wrong| self.counters.add(Count::Refused))?;
        self.counters.add(Count::Request);
        let asking = self.asking_time(&weighed.request);
        let (id, currency) = (weighed.request.id.clone(), weighed.currency);
        let Some(occasion) = self.occasion(&weighed) else {
            let ext = AnswerExt::default();
            let answer = Answer { id, cur: currency, seatbid: Vec::new(), ext };
            return Ok(Auctioned { answer, seats: Vec::new() });
        };
        let end = Instant::now() + asking;
        let asking = asking.saturating_sub(self.kept_for_markup(weighed.wanted, asking));
        let shared = occasion.shared();
        let put_up = |partnership| (partnership, occasion.put_up(partnership));
        let partners: Vec<(&Partnership, PutUp)> = occasion.bidders().map(put_up).collect();
        let attempts = self.ask_all((&occasion, &shared), &partners, asking).await;
        let mut outcomes = Vec::with_capacity(attempts.len());
        let mut pendings = Vec::with_capacity(attempts.len());
        for (partner, attempt) in partners.iter().zip(attempts) {
            let (outcome, pending) = self.hear(&weighed, partner, attempt);
            outcomes.push(outcome);
            pendings.extend(pending);
        }
        // Why: what is left of the client's time is for the way back, and half of it must do.
        let until = end + self.parts.options.margin / 2;
        if !self.are_durable(pendings, until).await {
            self.counters.add(Count::NotDurable);
            drop_bids(&mut outcomes);
        }
        let (answer, seats) = self.settle(&weighed, &occasion.subject, outcomes, until).await;
        drop(place);
        Ok(Auctioned { answer, seats })
    }

    /// Returns whether every record was kept, in time for the answer.
    async fn are_durable(&self, pendings: Vec<Pending>, until: Instant) -> bool {
        let asked = self.parts.clock.boot();
        let kept = timeout_at(until, join_all(pendings.into_iter().map(Pending::durable))).await;
        self.admission.waited(asked, self.parts.clock.boot());
        kept.is_ok_and(|kept| kept.iter().all(Result::is_ok))
    }

    /// Returns what sends the bills of reports.
    pub fn billers(&self) -> &Arc<Billers> {
        &self.billers
    }

    /// Returns once no win or loss is waiting or on its way: for a shutdown, after the last request. Bills are
    /// durable and wait for the next start.
    pub async fn drained(&self) {
        self.notices.drained().await;
    }

    /// Returns the board of exchange rates.
    pub fn rates(&self) -> Arc<RateBoard> {
        Arc::clone(&self.parts.options.rates)
    }

    /// Returns the counters.
    pub fn counters(&self) -> &ExchangeCounters {
        &self.counters
    }

    pub(crate) fn weigh(&self, call: AuctionCall) -> Result<Weighed, AuctionError> {
        let conversion = self.parts.options.rates.conversion(self.parts.clock.now());
        Weighed::of(call, &self.parts.keyring, conversion)
    }

    pub(crate) fn asking_time(&self, request: &BidRequest) -> Duration {
        let tmax = request.tmax_ms.map(|ms| Duration::from_millis(u64::from(ms)));
        self.parts.options.asking_time(tmax)
    }

    /// Returns how long partners have where the platform says nothing else; `None` where anybody may be the caller.
    pub(crate) fn usual_time(&self, weighed: &Weighed) -> Option<Duration> {
        match weighed.speaker {
            Speaker::Platform => Some(self.parts.options.asking_time(None)),
            Speaker::Browser { .. } => None,
        }
    }

    /// Looks everything up that is the same for all partners; `None` without an edition.
    pub(crate) fn occasion<'a>(&self, weighed: &'a Weighed) -> Option<Occasion<'a>> {
        let edition = self.parts.current.load()?;
        let shelf = self.shelf(&edition);
        let now = self.parts.clock.now();
        // INVARIANT: the subject is read before the lists, so that what a list was read under is no older than
        // what the door will compare.
        let subject = self.parts.settings.subject(&weighed.keys);
        let said = self.said_of(&weighed.keys);
        let lists = said.as_deref().map(|said| self.memberships(said, &edition, now));
        Some(Occasion {
            context: shelf.find(&weighed.request).map(Arc::clone),
            signals: weighed.signals(),
            subject,
            memberships: lists.unwrap_or_default(),
            said,
            now,
            boot: self.parts.clock.boot(),
            weighed,
            edition,
            shelf,
        })
    }

    /// Returns the id by which one partner may know the subject today; `None` without a key.
    pub(crate) fn pairwise_id(
        &self,
        occasion: &Occasion<'_>,
        partnership: &PartnershipId,
    ) -> Option<String> {
        let key = occasion.weighed.keys.iter().next()?;
        self.pairwise.id(partnership, key, occasion.now)
    }

    fn shelf(&self, edition: &Edition) -> Arc<Shelf> {
        let mut kept = self.shelf.lock();
        match kept.as_ref() {
            Some(shelf) if shelf.edition == edition.hash() => Arc::clone(shelf),
            Some(_) | None => {
                let shelf = Arc::new(Shelf::of(edition));
                *kept = Some(Arc::clone(&shelf));
                shelf
            }
        }
    }

    /// Returns how much of the time for asking is kept for markup that comes with a win notice: where none waited for
    /// it lately, nothing. Without it a partner that answers at the last moment would cost another its win.
    pub(crate) fn kept_for_markup(&self, wanted: Wanted, asking: Duration) -> Duration {
        match *self.waited_for_markup.lock() {
            // Nobody who chooses by itself can take such a bid.
            Some(_) if wanted == Wanted::AllBids => Duration::ZERO,
            Some(at) if self.parts.clock.boot().since(at) <= LATELY => {
                (asking / MARKUP_PART).min(MARKUP_MAX)
            }
            Some(_) | None => Duration::ZERO,
        }
    }

    /// Reads what a partner answered.
    fn hear(
        &self,
        weighed: &Weighed,
        (partnership, put_up): &(&Partnership, PutUp),
        attempt: Attempt,
    ) -> (Outcome, Option<Pending>) {
        let id = &partnership.terms.id;
        let (asked, pending, heard) = match attempt {
            Attempt::NotAsked(status) => (None, None, Err(status)),
            Attempt::Asked(sent) => {
                if put_up.lacks_rate_of_deals {
                    self.counters.status(id, SeatStatus::NoRate);
                }
                let envelope = sent.pending.envelope();
                let against = Asked { partnership, weighed, put_up, envelope };
                let result = sent.result.unwrap_or(Err(SeatStatus::TimedOut));
                let heard = result.map(|reply| against.sort(reply));
                (Some((envelope.message(), envelope.path())), Some(sent.pending), heard)
            }
        };
        let (bids, rejected, nonbids, status) = match heard {
            Ok(Sorted { passed: bids, rejected, looked_at }) => {
                self.counters.looked_at(looked_at);
                let may_wait = weighed.wanted == Wanted::Winners;
                if may_wait && bids.iter().any(|bid| !bid.offer.has_markup) {
                    *self.waited_for_markup.lock() = Some(self.parts.clock.boot());
                }
                for bid in &bids {
                    self.counters.add(Count::Bid);
                    self.seen.note(&bid.heard, self.parts.clock.now());
                }
                for one in &rejected {
                    self.counters.status(id, one.status);
                }
                let status = rejected.first().filter(|_| bids.is_empty()).map(|one| one.status);
                let nonbids = unheard(put_up, &bids, &rejected);
                (bids, rejected, nonbids, status)
            }
            Err(status) => {
                self.counters.status(id, status);
                let nonbids = unanswered(put_up, status);
                (Vec::new(), Vec::new(), nonbids, Some(status))
            }
        };
        let report = SeatReport { partnership: id.clone(), asked, status };
        (Outcome { report, bids, rejected, nonbids }, pending)
    }
}

/// For so long after a bid whose markup comes with the win notice, time is kept for such markup.
const LATELY: Duration = Duration::from_mins(10);
/// Which part of the time for asking that is, and how much at most.
const MARKUP_PART: u32 = 8;
const MARKUP_MAX: Duration = Duration::from_millis(50);

/// Returns why each impression has no bid where the partner sent none at all.
fn unanswered(put_up: &PutUp, status: SeatStatus) -> Vec<(usize, SeatStatus)> {
    let asked = put_up.lot.imps.iter().map(|imp| (imp.index, status));
    put_up.left_out.iter().copied().chain(asked).collect()
}

/// Returns the impressions for which a partner has no good bid, and why.
fn unheard(put_up: &PutUp, bids: &[Checked], rejected: &[Rejected]) -> Vec<(usize, SeatStatus)> {
    let asked = put_up.lot.imps.iter().map(|imp| imp.index);
    let heard = asked.filter(|imp| bids.iter().all(|bid| bid.imp != *imp)).map(|imp| {
        let of_imp = rejected.iter().find(|one| one.imp == Some(imp));
        let of_none = rejected.iter().find(|one| one.imp.is_none());
        let status = of_imp.or(of_none).map_or(SeatStatus::NoBid, |one| one.status);
        (imp, status)
    });
    put_up.left_out.iter().copied().chain(heard).collect()
}

/// What was told is not durable: no bid is answered, and none is told to have lost (P8).
fn drop_bids(outcomes: &mut [Outcome]) {
    for outcome in outcomes {
        outcome.rejected.clear();
        if !outcome.bids.is_empty() {
            let dropped: BTreeSet<usize> = outcome.bids.drain(..).map(|bid| bid.imp).collect();
            outcome.nonbids.extend(dropped.into_iter().map(|imp| (imp, SeatStatus::Error)));
            outcome.report.status = Some(SeatStatus::Error);
        }
    }
}
