//! Tells partners of wins, losses and billable events: urls of theirs, called through the door.
//! Wins and losses are told once, from memory; bills wait in the store (`biller`).
//!
//! Each attempt is recorded before it goes, under an id of its own.

use crate::{
    ask::outcome,
    counters::{Count, ExchangeCounters},
    exchange::ExchangeParts,
};
use parking_lot::Mutex;
use sluicegate_gate::{
    DisclosureId, NoPerson, PartnershipId, Terms, seal_no_person, time::UnixMillis,
};
use sluicegate_ledger::{Answer, SendError};
use sluicegate_openrtb::write::{Notice, NoticeKind};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Sends notices. Each partnership has room of its own, so that one whose notices wait takes none of
/// another's; and its losses have less, so that they take none of what is paid for.
#[derive(Debug)]
pub(crate) struct Notices {
    parts: ExchangeParts,
    counters: Arc<ExchangeCounters>,
    rooms: Mutex<BTreeMap<PartnershipId, Rooms>>,
}

/// Where the notices of one partnership wait.
#[derive(Clone, Debug)]
struct Rooms {
    wins: Room,
    losses: Room,
}

/// A bounded number of places.
#[derive(Clone, Debug)]
struct Room {
    places: Arc<Semaphore>,
    size: usize,
}

impl Room {
    fn new(size: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(size)), size }
    }

    /// Returns once every place is free.
    async fn empty(&self) {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        // It is never closed, so there is always an answer.
        drop(self.places.acquire_many(all).await);
    }
}

/// Why a notice has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// No edition, or the edition in force does not have the partnership, or it does not run.
    NotInForce,
    /// It could not be recorded, so that no byte of it went.
    NotRecorded,
    /// The door did not let it pass, or nothing came back.
    Door(SendError),
}

impl Notices {
    pub(crate) fn new(parts: ExchangeParts, counters: Arc<ExchangeCounters>) -> Arc<Self> {
        Arc::new(Self { parts, counters, rooms: Mutex::default() })
    }

    /// Tells of a win whose answer brings the markup.
    pub(crate) async fn markup(&self, partnership: &PartnershipId, url: String) -> Option<String> {
        let answer = self.send(partnership, NoticeKind::Win, url).await;
        let markup = answer.ok().filter(|answer| answer.status == 200).and_then(|answer| {
            String::from_utf8(answer.body.to_vec()).ok().filter(|text| !text.is_empty())
        });
        let count = if markup.is_some() { Count::NoticeSent } else { Count::NoticeFailed };
        self.counters.add(count);
        markup
    }

    /// Tells of a win, once, beside the answer.
    pub(crate) fn win(self: &Arc<Self>, partnership: PartnershipId, url: String) {
        self.attempt(partnership, NoticeKind::Win, url);
    }

    /// Tells of a loss, once.
    pub(crate) fn loss(self: &Arc<Self>, partnership: PartnershipId, url: String) {
        self.attempt(partnership, NoticeKind::Loss, url);
    }

    /// Returns once no win or loss is waiting or on its way.
    pub(crate) async fn drained(&self) {
        let rooms: Vec<Rooms> = self.rooms.lock().values().cloned().collect();
        for Rooms { wins, losses } in rooms {
            wins.empty().await;
            losses.empty().await;
        }
    }

    fn room(&self, partnership: &PartnershipId, kind: NoticeKind) -> Room {
        let mut all = self.rooms.lock();
        let size = self.parts.options.notices_max;
        let rooms = all.entry(partnership.clone()).or_insert_with(|| Rooms {
            wins: Room::new(size),
            losses: Room::new(size.div_ceil(LOSSES_SHARE)),
        });
        match kind {
            NoticeKind::Win | NoticeKind::Billing => rooms.wins.clone(),
            NoticeKind::Loss => rooms.losses.clone(),
        }
    }

    fn attempt(self: &Arc<Self>, partnership: PartnershipId, kind: NoticeKind, url: String) {
        let Ok(place) = self.room(&partnership, kind).places.try_acquire_owned() else {
            self.counters.add(Count::NoticeFailed);
            return;
        };
        let notices = Arc::clone(self);
        tokio::spawn(async move {
            let sent = notices.send(&partnership, kind, url).await;
            let is_accepted = sent.is_ok_and(|answer| (200..300).contains(&answer.status));
            let count = if is_accepted { Count::NoticeSent } else { Count::NoticeFailed };
            notices.counters.add(count);
            drop(place);
        });
    }

    /// Makes one attempt: recorded first, then sent.
    pub(crate) async fn send(
        &self,
        partnership: &PartnershipId,
        kind: NoticeKind,
        url: String,
    ) -> Result<Answer, NotSent> {
        let ExchangeParts { current, ledger, door, clock, dice, .. } = &self.parts;
        let edition = current.load().ok_or(NotSent::NotInForce)?;
        let terms = &edition.partnership(partnership).ok_or(NotSent::NotInForce)?.terms;
        if !is_running(terms, clock.now()) {
            return Err(NotSent::NotInForce);
        }
        let disclosure = DisclosureId(dice.roll());
        let notice = Notice::new(disclosure, kind, url);
        if let Some(refusal) = door.refuses(partnership, notice.path()) {
            return Err(NotSent::Door(refusal));
        }
        let deadline = clock.boot().plus(NOTICE_HOLDS);
        let sealed = seal_no_person(partnership.clone(), edition.hash(), deadline, &notice)
            .map_err(|_not_written| NotSent::NotRecorded)?;
        let recorded = ledger.record(sealed.into_envelope()).await;
        let cleared = recorded.map_err(|_not_recorded| NotSent::NotRecorded)?;
        let result = door.send(cleared).await;
        ledger.outcome(disclosure, outcome(&result));
        result.map_err(NotSent::Door)
    }
}

/// Returns whether the partnership runs at all. Notices say nothing of a person, so the rest of the
/// decision does not apply.
fn is_running(terms: &Terms, now: UnixMillis) -> bool {
    now >= terms.start && terms.end.is_none_or(|end| now < end) && !terms.suspended
}

/// Loss notices have one of so many parts of the room.
const LOSSES_SHARE: usize = 8;

/// How long after it was made one attempt may begin to go.
const NOTICE_HOLDS: Duration = Duration::from_secs(10);
