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
    DisclosureId, KeyStamp, NoPerson, PartnershipId, Terms, seal_no_person, time::UnixMillis,
};
use sluicegate_ledger::{Answer, Ledger, Outcome, Patience, SendError};
use sluicegate_openrtb::write::{Notice, NoticeKind};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

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

/// One attempt at a notice.
#[derive(Debug)]
pub(crate) struct NewNotice {
    pub(crate) kind: NoticeKind,
    pub(crate) url: String,
    /// Whom the auction was about, as was known then: past the next change nothing goes. Empty where it goes anyway.
    pub(crate) about: Vec<KeyStamp>,
    /// Of who waits for the answer and gives up.
    pub(crate) patience: Option<Patience>,
}

/// Counts a notice of which nobody is told again, also where nobody waits any more for what becomes of it.
struct Counted<'a> {
    counters: &'a ExchangeCounters,
    count: Count,
}

impl<'a> Counted<'a> {
    fn new(counters: &'a ExchangeCounters) -> Self {
        Self { counters, count: Count::NoticeFailed }
    }

    fn sent(&mut self) {
        self.count = Count::NoticeSent;
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.counters.add(self.count);
    }
}

/// Notes how a recorded notice ended, likewise.
struct Ending<'a> {
    ledger: &'a Ledger,
    message: DisclosureId,
    outcome: Option<Outcome>,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome {
            self.ledger.outcome(self.message, outcome);
        }
    }
}

/// Why a notice has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// No edition, or the edition in force does not have the partnership, or it does not run; or the person chose anew.
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
    pub(crate) async fn markup(
        &self,
        partnership: &PartnershipId,
        (url, about): (String, Vec<KeyStamp>),
        patience: Patience,
    ) -> Option<String> {
        let mut counted = Counted::new(&self.counters);
        let notice = NewNotice { kind: NoticeKind::Win, url, about, patience: Some(patience) };
        let sent = timeout(patience.within, self.send(partnership, notice)).await;
        let answer = sent.ok()?.ok().filter(|answer| answer.status == 200)?;
        let markup = String::from_utf8(answer.body.to_vec()).ok().filter(|text| !text.is_empty());
        markup.inspect(|_| counted.sent())
    }

    /// Tells of a win, once, beside the answer.
    pub(crate) fn win(self: &Arc<Self>, to: PartnershipId, url: String, about: Vec<KeyStamp>) {
        self.attempt(to, NewNotice { kind: NoticeKind::Win, url, about, patience: None });
    }

    /// Tells of a loss, once.
    pub(crate) fn loss(self: &Arc<Self>, to: PartnershipId, url: String, about: Vec<KeyStamp>) {
        self.attempt(to, NewNotice { kind: NoticeKind::Loss, url, about, patience: None });
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

    fn attempt(self: &Arc<Self>, to: PartnershipId, notice: NewNotice) {
        let Ok(place) = self.room(&to, notice.kind).places.try_acquire_owned() else {
            self.counters.add(Count::NoticeFailed);
            return;
        };
        let notices = Arc::clone(self);
        tokio::spawn(async move {
            let mut counted = Counted::new(&notices.counters);
            let sent = notices.send(&to, notice).await;
            if sent.is_ok_and(|answer| (200..300).contains(&answer.status)) {
                counted.sent();
            }
            drop((counted, place));
        });
    }

    /// Makes one attempt: recorded first, then sent.
    pub(crate) async fn send(
        &self,
        partnership: &PartnershipId,
        NewNotice { kind, url, about, patience }: NewNotice,
    ) -> Result<Answer, NotSent> {
        let ExchangeParts { current, settings, ledger, door, clock, dice, .. } = &self.parts;
        let edition = current.load().ok_or(NotSent::NotInForce)?;
        let terms = &edition.partnership(partnership).ok_or(NotSent::NotInForce)?.terms;
        if !is_running(terms, clock.now()) || !settings.stand(&about) {
            return Err(NotSent::NotInForce);
        }
        let message = DisclosureId(dice.roll());
        let notice = Notice::new(message, kind, url);
        if let Some(refusal) = door.refuses(partnership, notice.path()) {
            return Err(NotSent::Door(refusal));
        }
        let deadline = clock.boot().plus(NOTICE_HOLDS);
        let sealed = seal_no_person(partnership.clone(), edition.hash(), deadline, &notice)
            .map_err(|_not_written| NotSent::NotRecorded)?
            .while_unchanged(about);
        // Given up while it is recorded, no byte of it goes.
        let mut ending = Ending { ledger, message, outcome: Some(Outcome::Failed) };
        let Ok(cleared) = ledger.record(sealed.into_envelope()).await else {
            ending.outcome = None;
            return Err(NotSent::NotRecorded);
        };
        ending.outcome = Some(Outcome::Unconfirmed);
        let result = match patience {
            Some(patience) => door.send_within(cleared, patience).await,
            None => door.send(cleared).await,
        };
        ending.outcome = Some(outcome(&result));
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
