//! The limits and counters of one partnership. Nothing here is shared between partnerships, so none
//! can use up what is another's.

use crate::{
    breaker::{Outcome, Pass},
    health::Health,
    held::HeldAnswer,
    lane::{Lane, Room},
    letter::Address,
    pace::Pace,
};
use parking_lot::Mutex;
use sluicegate_gate::{
    PartnershipId,
    time::{BootMillis, Clock},
};
use sluicegate_ledger::{Found, Held, SendError};
use std::{sync::Arc, time::Duration};

/// The line to one partnership.
#[derive(Debug)]
pub(crate) struct Line {
    partnership: PartnershipId,
    pub(crate) address: Address,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    pace: Pace,
    /// By lane.
    rooms: [Room; Lane::COUNT],
    counts: Counts,
    /// Bytes of its answers that somebody still holds.
    held_bytes: usize,
}

#[derive(Debug, Default)]
struct Counts {
    sent: u64,
    failed: u64,
    timeouts: u64,
    limited: u64,
    not_in_force: u64,
    no_room: u64,
    unreadable: u64,
    bytes_out: u64,
    bytes_in: u64,
}

/// How much may go at once, and per second, in a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) lane: Lane,
    pub(crate) concurrency: usize,
    pub(crate) per_second: u32,
    /// Whether the partner's answers slow us down.
    pub(crate) is_paced: bool,
}

impl Line {
    pub(crate) fn new(partnership: PartnershipId) -> Arc<Self> {
        let state = State {
            pace: Pace::default(),
            rooms: Default::default(),
            counts: Counts::default(),
            held_bytes: 0,
        };
        Arc::new(Self { partnership, address: Address::default(), state: Mutex::new(state) })
    }

    /// Says which limit a message would meet now, and counts it as one that met it.
    pub(crate) fn refuses(&self, limits: Limits, now: BootMillis) -> Option<SendError> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let rate = state.pace.rate(limits);
        let room = limits.lane.room(&mut state.rooms);
        let error = if room.in_flight >= limits.concurrency || !room.bucket.has_one(rate, now) {
            SendError::Busy
        } else if room.breaker.refuses(now) {
            SendError::BreakerOpen
        } else {
            return None;
        };
        state.counts.limited += 1;
        Some(error)
    }

    /// Admits one message, or says which limit it met.
    pub(crate) fn enter(
        self: &Arc<Self>,
        limits: Limits,
        clock: &Arc<dyn Clock>,
    ) -> Result<Passage, SendError> {
        let now = clock.boot();
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let rate = state.pace.rate(limits);
        let room = limits.lane.room(&mut state.rooms);
        if room.in_flight >= limits.concurrency || !room.bucket.take(rate, now) {
            state.counts.limited += 1;
            return Err(SendError::Busy);
        }
        let Some(pass) = room.breaker.admits(now) else {
            state.counts.limited += 1;
            return Err(SendError::BreakerOpen);
        };
        room.in_flight += 1;
        drop(guard);
        Ok(Passage {
            line: Arc::clone(self),
            clock: Arc::clone(clock),
            began: now,
            asked: None,
            owed: None,
            limits,
            pass,
            result: None,
        })
    }

    /// Keeps to what the partner takes, beside what the register says.
    pub(crate) fn keep_to(&self, per_minute: Option<u32>) {
        self.state.lock().pace.keep_to(per_minute);
    }

    pub(crate) fn health(&self) -> Health {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let breaker = &Lane::Calls.room(&mut state.rooms).breaker;
        let (breaker, breaker_counts) = (breaker.state(), breaker.counts());
        Health {
            partnership: self.partnership.clone(),
            in_flight: state.rooms.iter().map(|room| room.in_flight).sum(),
            halvings: state.pace.halvings(),
            breaker,
            breaker_counts,
            sent: state.counts.sent,
            failed: state.counts.failed,
            timeouts: state.counts.timeouts,
            limited: state.counts.limited,
            not_in_force: state.counts.not_in_force,
            no_room: state.counts.no_room,
            unreadable: state.counts.unreadable,
            held_bytes: state.held_bytes,
            bytes_out: state.counts.bytes_out,
            bytes_in: state.counts.bytes_in,
        }
    }

    fn leave(&self, result: &Passed, (limits, pass): (Limits, Pass), now: BootMillis) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if let (Passed::Answered { status, .. }, true) = (result, limits.is_paced) {
            state.pace.learn(*status, now);
        }
        let room = limits.lane.room(&mut state.rooms);
        room.in_flight = room.in_flight.saturating_sub(1);
        let counts = &mut state.counts;
        let outcome = match result {
            Passed::Answered { status, bytes_out, bytes_in, learns } => {
                counts.sent += 1;
                counts.bytes_out = counts.bytes_out.saturating_add(*bytes_out);
                counts.bytes_in = counts.bytes_in.saturating_add(*bytes_in);
                match learns {
                    Learns::WhenRead => return,
                    Learns::Now if *status >= 500 => Outcome::Bad,
                    Learns::Now => Outcome::Good,
                }
            }
            Passed::TimedOut => {
                counts.failed += 1;
                counts.timeouts += 1;
                Outcome::Bad
            }
            Passed::TooSoon => {
                counts.failed += 1;
                counts.timeouts += 1;
                Outcome::Neutral
            }
            Passed::Failed => {
                counts.failed += 1;
                Outcome::Bad
            }
            Passed::NotInForce => {
                counts.not_in_force += 1;
                Outcome::Neutral
            }
            Passed::NoRoom => {
                counts.failed += 1;
                counts.no_room += 1;
                Outcome::Neutral
            }
        };
        room.breaker.learn(pass, outcome, now);
    }

    /// Learns what an answer was found to be.
    pub(crate) fn found(&self, what: Found, (limits, pass): (Limits, Pass), now: BootMillis) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let outcome = match what {
            Found::Readable => Outcome::Good,
            Found::Unreadable => {
                state.counts.unreadable += 1;
                Outcome::Bad
            }
        };
        limits.lane.room(&mut state.rooms).breaker.learn(pass, outcome, now);
    }

    /// Gives the room of an answer back.
    pub(crate) fn let_go(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.held_bytes = state.held_bytes.saturating_sub(bytes);
    }
}

/// How a message ended.
#[derive(Debug)]
pub(crate) enum Passed {
    Answered {
        status: u16,
        bytes_out: u64,
        bytes_in: u64,
        learns: Learns,
    },
    TimedOut,
    /// The time ran out before the partner had its share of it.
    TooSoon,
    Failed,
    NotInForce,
    /// It was answered, and there was no room for that.
    NoRoom,
}

/// When the breaker learns of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Learns {
    /// By its status.
    Now,
    /// By what is in it.
    WhenRead,
}

/// One message on its way. Dropped without a result, the caller has given up waiting, and that counts as a timeout. The
/// breaker learns of it only where the partner had what it was owed: how little time a request gives is its sender's to
/// say, and nobody may close a partner to others by saying less than it was promised; and what passes while we are busy,
/// or while a message waits for a connection, is ours.
#[derive(Debug)]
pub(crate) struct Passage {
    line: Arc<Line>,
    clock: Arc<dyn Clock>,
    began: BootMillis,
    /// Since when the partner has what it is to answer: the wish for a connection, and then the message.
    asked: Option<BootMillis>,
    /// How long it must have had that for its silence to count where the caller gives up; never, if `None`.
    owed: Option<Duration>,
    limits: Limits,
    pass: Pass,
    result: Option<Passed>,
}

/// Returns the part of some time that a partner must have had for its silence to be its fault: the rest is for what
/// passes on our side.
pub(crate) fn most(time: Duration) -> Duration {
    time.saturating_mul(3) / 4
}

impl Passage {
    /// From now on it is for the partner to answer.
    pub(crate) fn asks(&mut self) {
        self.asked = Some(self.clock.boot());
    }

    /// A caller that gives up says something of the partner if that had so long.
    pub(crate) fn owes(&mut self, time: Duration) {
        self.owed = Some(time);
    }

    /// Makes a place for an answer of so many bytes; `None` where the partnership would have more than its share then.
    pub(crate) fn hold(&self, bytes: usize, share: usize) -> Option<Arc<dyn Held>> {
        let mut state = self.line.state.lock();
        let held_bytes = state.held_bytes.checked_add(bytes).filter(|held| *held <= share)?;
        state.held_bytes = held_bytes;
        drop(state);
        Some(HeldAnswer::new(&self.line, &self.clock, (self.limits, self.pass), bytes))
    }

    pub(crate) fn end(mut self, result: Passed) {
        self.result = Some(result);
    }

    fn result(&mut self, now: BootMillis) -> Passed {
        let asked = self.asked;
        let had = |least: Duration| asked.is_some_and(|asked| now.since(asked) >= least);
        match self.result.take() {
            None if self.owed.is_some_and(had) => Passed::TimedOut,
            None => Passed::TooSoon,
            // What was agreed upon is the time of all, and most of it is to be the partner's.
            Some(Passed::TimedOut) if !had(most(now.since(self.began))) => Passed::TooSoon,
            Some(result) => result,
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let now = self.clock.boot();
        let result = self.result(now);
        self.line.leave(&result, (self.limits, self.pass), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::{Path, time::UnixMillis};
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Debug, Default)]
    struct HandClock(AtomicU64);

    impl Clock for HandClock {
        fn now(&self) -> UnixMillis {
            UnixMillis(0)
        }

        fn boot(&self) -> BootMillis {
            BootMillis(self.0.load(Ordering::Relaxed))
        }
    }

    fn answered(status: u16, bytes_out: u64, bytes_in: u64) -> Passed {
        Passed::Answered { status, bytes_out, bytes_in, learns: Learns::Now }
    }

    fn line() -> Arc<Line> {
        Line::new("north".parse().unwrap())
    }

    #[test]
    fn no_more_go_at_once_than_allowed_and_each_end_makes_room() {
        let line = line();
        let clock: Arc<dyn Clock> = Arc::new(HandClock::default());
        let limits = Limits { lane: Lane::Calls, concurrency: 2, per_second: 100, is_paced: true };
        let first = line.enter(limits, &clock).unwrap();
        let _second = line.enter(limits, &clock).unwrap();
        assert!(matches!(line.enter(limits, &clock), Err(SendError::Busy)));
        first.end(answered(200, 3, 4));
        let _third = line.enter(limits, &clock).unwrap();
        let health = line.health();
        assert_eq!((health.in_flight, health.sent, health.limited), (2, 1, 1));
        assert_eq!((health.bytes_out, health.bytes_in), (3, 4));
    }

    #[test]
    fn what_follows_from_a_bid_does_not_wait_for_requests_nor_wins_and_bills_for_losses() {
        let line = line();
        let clock: Arc<dyn Clock> = Arc::new(HandClock::default());
        let limits = |path| {
            let lane = Lane::of(path);
            Limits { lane, concurrency: 1, per_second: 1, is_paced: false }
        };
        let kinds = [Path::BidRequest, Path::LossNotice, Path::WinNotice, Path::BillingNotice];
        let first: Vec<_> = kinds.map(|path| line.enter(limits(path), &clock).unwrap()).into();
        assert_eq!(line.health().in_flight, 4);
        for path in kinds.into_iter().chain([Path::ContextualBidRequest]) {
            assert_eq!(line.refuses(limits(path), clock.boot()), Some(SendError::Busy), "{path:?}");
        }
        drop(first);
        for path in kinds {
            let rate = line.enter(limits(path), &clock);
            assert!(
                matches!(rate, Err(SendError::Busy)),
                "{path:?} has had its one of this second"
            );
        }
    }

    #[test]
    fn asking_whether_a_message_would_be_refused_takes_no_room() {
        let line = line();
        let clock: Arc<dyn Clock> = Arc::new(HandClock::default());
        let limits = Limits { lane: Lane::Calls, concurrency: 2, per_second: 1, is_paced: true };
        for _ in 0..10 {
            assert_eq!(line.refuses(limits, clock.boot()), None);
        }
        let _only = line.enter(limits, &clock).unwrap();
        assert_eq!(line.refuses(limits, clock.boot()), Some(SendError::Busy));
        assert_eq!(line.health().limited, 1);
    }

    #[test]
    fn no_more_go_per_second_than_allowed_and_the_bucket_refills_evenly() {
        let hand = Arc::new(HandClock::default());
        let line = line();
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&hand);
        let limits = Limits { lane: Lane::Calls, concurrency: 100, per_second: 10, is_paced: true };
        let pass = || match line.enter(limits, &clock) {
            Ok(passage) => {
                passage.end(answered(204, 0, 0));
                true
            }
            Err(_) => false,
        };
        assert_eq!((0..20).filter(|_| pass()).count(), 10);
        hand.0.store(99, Ordering::Relaxed);
        assert!(!pass());
        hand.0.store(100, Ordering::Relaxed);
        assert!(pass());
        assert!(!pass());
        hand.0.store(60_000, Ordering::Relaxed);
        assert_eq!((0..20).filter(|_| pass()).count(), 10);
    }

    #[test]
    fn a_partner_that_is_overloaded_is_sent_half_as_much_each_time_until_it_accepts_again() {
        let hand = Arc::new(HandClock::default());
        let line = line();
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&hand);
        let pass = |limits, status| match line.enter(limits, &clock) {
            Ok(passage) => {
                passage.end(answered(status, 0, 0));
                true
            }
            Err(_) => false,
        };
        let limits = Limits { lane: Lane::Calls, concurrency: 100, per_second: 8, is_paced: true };
        let in_a_second = |second: u64, status| {
            hand.0.store(second * 1_000, Ordering::Relaxed);
            (0..20).filter(|_| pass(limits, status)).count()
        };
        assert_eq!(in_a_second(0, 200), 8);
        hand.0.store(1_000, Ordering::Relaxed);
        for status in [429, 502, 504] {
            assert!(pass(limits, status), "{status}");
        }
        assert_eq!(line.health().halvings, 3);
        assert_eq!([2, 3, 4].map(|second| in_a_second(second, 500)), [1, 1, 1], "an eighth");
        // Each ten seconds in which it accepts double it again.
        assert_eq!([20, 21, 30, 31].map(|second| in_a_second(second, 200)), [1, 2, 2, 4]);
        assert_eq!([40, 41].map(|second| in_a_second(second, 200)), [4, 8]);
        let unpaced = Limits { is_paced: false, ..limits };
        hand.0.store(42_000, Ordering::Relaxed);
        assert!(pass(unpaced, 200));
        assert_eq!(line.health().halvings, 0);
    }

    #[test]
    fn answers_have_a_share_of_room_until_nobody_holds_them() {
        let (line, other) = (line(), line());
        let clock: Arc<dyn Clock> = Arc::new(HandClock::default());
        let limits = Limits { lane: Lane::Calls, concurrency: 9, per_second: 9, is_paced: false };
        let passage = line.enter(limits, &clock).unwrap();
        let (first, second) = (passage.hold(60, 100).unwrap(), passage.hold(40, 100).unwrap());
        assert!(passage.hold(1, 100).is_none());
        assert!(passage.hold(usize::MAX, 100).is_none());
        assert!(other.enter(limits, &clock).unwrap().hold(100, 100).is_some());
        let read = Arc::clone(&first);
        drop(first);
        assert_eq!(line.health().held_bytes, 100);
        drop(read);
        assert!(passage.hold(61, 100).is_none());
        assert!(passage.hold(60, 100).is_some());
        drop(second);
        assert_eq!(line.health().held_bytes, 0);
    }

    #[test]
    fn a_probe_that_cannot_be_read_opens_the_breaker_for_longer_and_one_let_go_unread_closes_it() {
        let hand = Arc::new(HandClock::default());
        let line = line();
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&hand);
        let limits = Limits { lane: Lane::Calls, concurrency: 9, per_second: 99, is_paced: false };
        let hears = |found: Option<Found>| {
            let passage = line.enter(limits, &clock)?;
            let held = passage.hold(9, 9).ok_or(SendError::NoRoom)?;
            let learns = Learns::WhenRead;
            passage.end(Passed::Answered { status: 200, bytes_out: 0, bytes_in: 9, learns });
            let busy = line.refuses(limits, clock.boot());
            if let Some(found) = found {
                held.found(found);
                held.found(Found::Readable);
            }
            Ok::<_, SendError>(busy)
        };
        for _ in 0..10 {
            assert_eq!(hears(Some(Found::Unreadable)), Ok(None));
        }
        assert_eq!(hears(None), Err(SendError::BreakerOpen));
        hand.0.store(1_000, Ordering::Relaxed);
        assert_eq!(hears(Some(Found::Unreadable)), Ok(Some(SendError::BreakerOpen)), "a probe");
        hand.0.store(2_999, Ordering::Relaxed);
        assert_eq!(hears(None), Err(SendError::BreakerOpen));
        hand.0.store(3_000, Ordering::Relaxed);
        assert_eq!(hears(None), Ok(Some(SendError::BreakerOpen)), "a probe");
        assert_eq!(hears(Some(Found::Readable)), Ok(None));
        assert_eq!(line.health().unreadable, 11);
    }

    #[test]
    fn a_message_given_up_by_its_caller_counts_as_a_timeout() {
        let hand = Arc::new(HandClock::default());
        let line = line();
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&hand);
        let limits = Limits { lane: Lane::Calls, concurrency: 1, per_second: 100, is_paced: true };
        for number in 1..=10 {
            let mut passage = line.enter(limits, &clock).unwrap();
            passage.owes(Duration::from_millis(150));
            passage.asks();
            hand.0.store(number * 150, Ordering::Relaxed);
            drop(passage);
        }
        assert!(matches!(line.enter(limits, &clock), Err(SendError::BreakerOpen)));
        assert_eq!(line.health().timeouts, 10);
    }

    #[test]
    fn time_that_the_partner_did_not_have_does_not_open_the_breaker() {
        // Milliseconds until the partner was asked, if it was, and until the end; what it was owed, or else the time
        // agreed upon ended; whether the partner is at fault.
        let cases = [
            (None, 1_000, None, false),
            (None, 1_000, Some(50), false),
            (Some(0), 49, Some(50), false),
            (Some(0), 50, Some(50), true),
            (Some(951), 1_000, Some(50), false),
            (Some(950), 1_000, Some(50), true),
            (Some(251), 1_000, None, false),
            (Some(250), 1_000, None, true),
            (Some(0), 10, None, true),
        ];
        for case @ (asked, ended, owed, is_at_fault) in cases {
            let hand = Arc::new(HandClock::default());
            let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&hand);
            let line = line();
            let limits =
                Limits { lane: Lane::Calls, concurrency: 10, per_second: 100, is_paced: true };
            let mut passages: Vec<_> =
                (0..10).map(|_| line.enter(limits, &clock).unwrap()).collect();
            if let Some(asked) = asked {
                hand.0.store(asked, Ordering::Relaxed);
                passages.iter_mut().for_each(Passage::asks);
            }
            hand.0.store(ended, Ordering::Relaxed);
            for mut passage in passages {
                match owed {
                    Some(owed) => {
                        passage.owes(Duration::from_millis(owed));
                        drop(passage);
                    }
                    None => passage.end(Passed::TimedOut),
                }
            }
            let health = line.health();
            assert_eq!((health.failed, health.timeouts), (10, 10), "{case:?}");
            let is_open = health.breaker == crate::BreakerState::Open;
            assert_eq!(is_open, is_at_fault, "{case:?}");
        }
    }
}
