//! The circuit breaker of one kind of messages to one partnership: it stops asking a partner that fails, and finds out by
//! itself when the partner is back.

use crate::health::BreakerCounts;
use sluicegate_gate::time::BootMillis;
use std::time::Duration;

/// What the breaker does with the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// It goes.
    Closed,
    /// It is refused.
    Open,
    /// One message is on its way to find out.
    HalfOpen,
}

/// Opens when, of the last [`WINDOW`] outcomes, at least [`OUTCOMES_MIN`] are known and half or more
/// of them failed. After a pause one message is let through: success closes it, failure doubles the
/// pause, up to [`PAUSE_MAX`].
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    phase: Phase,
    counts: BreakerCounts,
}

#[derive(Debug)]
enum Phase {
    Closed(Outcomes),
    Open { until: BootMillis, pause: Duration },
    HalfOpen { pause: Duration },
}

impl Default for Phase {
    fn default() -> Self {
        Self::Closed(Outcomes::default())
    }
}

/// The last outcomes, newest in the lowest bit; a set bit is a failure.
#[derive(Clone, Copy, Debug, Default)]
struct Outcomes {
    failures: u32,
    known: u32,
}

/// What a message learned about the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Bad,
    /// Nothing: it never reached the partner, and that was not the partner's fault.
    Neutral,
}

/// On what terms a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Like any other.
    Usual,
    /// To find out whether the partner is back.
    Probe,
}

impl Breaker {
    /// Returns on what terms a message may go now, if it may. [`Self::learn`] must follow then.
    pub(crate) fn admits(&mut self, now: BootMillis) -> Option<Pass> {
        match self.phase {
            Phase::Closed(_) => Some(Pass::Usual),
            Phase::Open { until, pause } if now >= until => {
                self.phase = Phase::HalfOpen { pause };
                self.counts.probed += 1;
                Some(Pass::Probe)
            }
            Phase::Open { .. } | Phase::HalfOpen { .. } => {
                self.counts.refused += 1;
                None
            }
        }
    }

    /// Returns whether a message would be refused now. Nothing follows from it.
    pub(crate) fn refuses(&mut self, now: BootMillis) -> bool {
        let refuses = match self.phase {
            Phase::Closed(_) => false,
            Phase::Open { until, .. } => now < until,
            Phase::HalfOpen { .. } => true,
        };
        self.counts.refused += u64::from(refuses);
        refuses
    }

    /// Takes what a message learned. Of one that began before the breaker opened nothing follows while it is open: what
    /// decides is the probe.
    pub(crate) fn learn(&mut self, pass: Pass, outcome: Outcome, now: BootMillis) {
        match (&mut self.phase, pass, outcome) {
            (Phase::Closed(outcomes), _, Outcome::Good | Outcome::Bad) => {
                outcomes.add(outcome);
                if outcomes.are_bad() {
                    self.open(PAUSE_FIRST, now);
                }
            }
            (Phase::HalfOpen { .. }, Pass::Probe, Outcome::Good) => {
                self.phase = Phase::Closed(Outcomes::default());
                self.counts.closed += 1;
            }
            (Phase::HalfOpen { pause }, Pass::Probe, Outcome::Bad) => {
                let longer = pause.saturating_mul(2).min(PAUSE_MAX);
                self.open(longer, now);
            }
            // The probe learned nothing: the next message is the probe.
            (Phase::HalfOpen { pause }, Pass::Probe, Outcome::Neutral) => {
                self.phase = Phase::Open { until: now, pause: *pause };
            }
            (Phase::Closed(_), _, Outcome::Neutral)
            | (Phase::HalfOpen { .. }, Pass::Usual, _)
            | (Phase::Open { .. }, ..) => {}
        }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed(_) => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    pub(crate) fn counts(&self) -> BreakerCounts {
        self.counts
    }

    fn open(&mut self, pause: Duration, now: BootMillis) {
        self.phase = Phase::Open { until: now.plus(pause), pause };
        self.counts.opened += 1;
    }
}

impl Outcomes {
    fn add(&mut self, outcome: Outcome) {
        self.failures = (self.failures << 1) | u32::from(outcome == Outcome::Bad);
        self.known = (self.known + 1).min(WINDOW);
    }

    fn are_bad(self) -> bool {
        self.known >= OUTCOMES_MIN && self.failures.count_ones() * 2 >= self.known
    }
}

/// How many outcomes are remembered: the bits of a `u32`.
const WINDOW: u32 = u32::BITS;
/// With fewer outcomes nothing is concluded.
const OUTCOMES_MIN: u32 = 10;
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(breaker: &mut Breaker, outcome: Outcome, times: usize, now: u64) {
        for _ in 0..times {
            if let Some(pass) = breaker.admits(BootMillis(now)) {
                breaker.learn(pass, outcome, BootMillis(now));
            }
        }
    }

    #[test]
    fn ten_failures_open_it_and_one_success_after_the_pause_closes_it() {
        let mut breaker = Breaker::default();
        feed(&mut breaker, Outcome::Bad, 9, 0);
        assert_eq!(breaker.state(), BreakerState::Closed);
        feed(&mut breaker, Outcome::Bad, 1, 0);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.admits(BootMillis(999)), None);
        assert_eq!(breaker.admits(BootMillis(1_000)), Some(Pass::Probe));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(breaker.admits(BootMillis(1_000)), None, "one probe at a time");
        breaker.learn(Pass::Probe, Outcome::Good, BootMillis(1_001));
        assert_eq!(breaker.state(), BreakerState::Closed);
        let counts = breaker.counts();
        assert_eq!((counts.opened, counts.probed, counts.closed, counts.refused), (1, 1, 1, 2));
    }

    #[test]
    fn the_pause_doubles_with_each_failed_probe_up_to_half_a_minute() {
        let mut breaker = Breaker::default();
        feed(&mut breaker, Outcome::Bad, 10, 0);
        let mut now = 0;
        for pause in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            assert_eq!(breaker.admits(BootMillis(now + pause - 1)), None);
            now += pause;
            feed(&mut breaker, Outcome::Bad, 1, now);
        }
    }

    #[test]
    fn a_partner_that_fails_less_than_half_the_time_stays_connected() {
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            feed(&mut breaker, Outcome::Good, 2, 0);
            feed(&mut breaker, Outcome::Bad, 1, 0);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_probe_that_learned_nothing_leaves_the_next_message_to_be_the_probe() {
        let mut breaker = Breaker::default();
        feed(&mut breaker, Outcome::Bad, 10, 0);
        for _ in 0..2 {
            assert_eq!(breaker.admits(BootMillis(1_000)), Some(Pass::Probe));
            breaker.learn(Pass::Probe, Outcome::Neutral, BootMillis(1_000));
        }
    }

    #[test]
    fn a_message_from_before_does_not_decide_what_the_probe_is_to_find_out() {
        let mut breaker = Breaker::default();
        let before = breaker.admits(BootMillis(0)).unwrap();
        feed(&mut breaker, Outcome::Bad, 10, 0);
        let probe = breaker.admits(BootMillis(1_000)).unwrap();
        for late in [Outcome::Good, Outcome::Bad, Outcome::Neutral] {
            breaker.learn(before, late, BootMillis(1_001));
            assert_eq!(breaker.state(), BreakerState::HalfOpen, "{late:?}");
        }
        breaker.learn(probe, Outcome::Bad, BootMillis(1_002));
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.admits(BootMillis(3_001)), None, "the pause has doubled");
        assert_eq!(breaker.admits(BootMillis(3_002)), Some(Pass::Probe));
    }
}
