//! What the exchange counts, for `/metrics` and the demo's summary.

use crate::{admission::Overload, status::SeatStatus};
use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, Reason};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

/// Counts since the program started.
#[derive(Debug, Default)]
pub struct ExchangeCounters {
    requests: AtomicU64,
    refused: AtomicU64,
    too_many: AtomicU64,
    too_many_of_browsers: AtomicU64,
    too_many_of_client: AtomicU64,
    behind: AtomicU64,
    asked: AtomicU64,
    contextual: AtomicU64,
    looked_at: AtomicU64,
    bids: AtomicU64,
    turns: AtomicU64,
    won: AtomicU64,
    not_durable: AtomicU64,
    notices_sent: AtomicU64,
    notices_failed: AtomicU64,
    rendered: AtomicU64,
    withheld: Mutex<BTreeMap<(PartnershipId, Reason), u64>>,
    reduced: Mutex<BTreeMap<(PartnershipId, Reason), u64>>,
    statuses: Mutex<BTreeMap<(PartnershipId, SeatStatus), u64>>,
}

/// The counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeFigures {
    /// Requests that could be read.
    pub requests: u64,
    /// Requests refused as wrong.
    pub refused: u64,
    /// Auctions not taken on, by reason.
    pub shed: BTreeMap<&'static str, u64>,
    /// Partners asked, contextually or not.
    pub asked: u64,
    /// Of these, asked with plumbing and context only.
    pub contextual: u64,
    /// Bids that were looked at in full: few of an answer that holds many.
    pub looked_at: u64,
    /// Bids that passed every check.
    pub bids: u64,
    /// Turns in which impressions were awarded: one an auction, but for pods and bids that cannot be answered.
    pub turns: u64,
    /// Impressions won.
    pub won: u64,
    /// Auctions answered without bids because their disclosures did not become durable.
    pub not_durable: u64,
    /// Notices that were accepted.
    pub notices_sent: u64,
    /// Notices given up or dropped.
    pub notices_failed: u64,
    /// Render reports accepted.
    pub rendered: u64,
    /// Decisions to withhold everything, by partnership and reason; one decision can have several.
    pub withheld: BTreeMap<(PartnershipId, Reason), u64>,
    /// Permits that lost something, by partnership and reason.
    pub reduced: BTreeMap<(PartnershipId, Reason), u64>,
    /// Seats that were not heard, by partnership and why; and those that were asked without a deal for which there is no
    /// exchange rate.
    pub statuses: BTreeMap<(PartnershipId, SeatStatus), u64>,
}

/// Something to count that has no further detail.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    Request,
    Refused,
    Asked,
    Contextual,
    Bid,
    Turn,
    Won,
    NotDurable,
    NoticeSent,
    NoticeFailed,
    Rendered,
}

impl ExchangeCounters {
    pub(crate) fn add(&self, what: Count) {
        let counter = match what {
            Count::Request => &self.requests,
            Count::Refused => &self.refused,
            Count::Asked => &self.asked,
            Count::Contextual => &self.contextual,
            Count::Bid => &self.bids,
            Count::Turn => &self.turns,
            Count::Won => &self.won,
            Count::NotDurable => &self.not_durable,
            Count::NoticeSent => &self.notices_sent,
            Count::NoticeFailed => &self.notices_failed,
            Count::Rendered => &self.rendered,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn looked_at(&self, bids: u64) {
        self.looked_at.fetch_add(bids, Ordering::Relaxed);
    }

    pub(crate) fn shed(&self, why: Overload) {
        self.shed_by(why).fetch_add(1, Ordering::Relaxed);
    }

    fn shed_by(&self, why: Overload) -> &AtomicU64 {
        match why {
            Overload::Behind => &self.behind,
            Overload::TooMany => &self.too_many,
            Overload::TooManyOfBrowsers => &self.too_many_of_browsers,
            Overload::TooManyOfClient => &self.too_many_of_client,
        }
    }

    pub(crate) fn withheld(&self, partnership: &PartnershipId, reasons: &[Reason]) {
        let mut withheld = self.withheld.lock();
        for reason in reasons {
            *withheld.entry((partnership.clone(), *reason)).or_default() += 1;
        }
    }

    pub(crate) fn reduced(&self, partnership: &PartnershipId, reasons: &[Reason]) {
        let mut reduced = self.reduced.lock();
        for reason in reasons {
            *reduced.entry((partnership.clone(), *reason)).or_default() += 1;
        }
    }

    pub(crate) fn status(&self, partnership: &PartnershipId, status: SeatStatus) {
        let key = (partnership.clone(), status.counted());
        *self.statuses.lock().entry(key).or_default() += 1;
    }

    /// Returns the counts now.
    pub fn figures(&self) -> ExchangeFigures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ExchangeFigures {
            requests: read(&self.requests),
            refused: read(&self.refused),
            shed: Overload::ALL.map(|why| (why.name(), read(self.shed_by(why)))).into(),
            asked: read(&self.asked),
            contextual: read(&self.contextual),
            looked_at: read(&self.looked_at),
            bids: read(&self.bids),
            turns: read(&self.turns),
            won: read(&self.won),
            not_durable: read(&self.not_durable),
            notices_sent: read(&self.notices_sent),
            notices_failed: read(&self.notices_failed),
            rendered: read(&self.rendered),
            withheld: self.withheld.lock().clone(),
            reduced: self.reduced.lock().clone(),
            statuses: self.statuses.lock().clone(),
        }
    }
}
