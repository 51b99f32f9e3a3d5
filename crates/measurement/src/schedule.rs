//! When a message is tried again.

use crate::EndpointSaid;
use sluicegate_gate::time::{Dice, UnixMillis};
use std::{num::NonZeroU32, time::Duration};

/// The waits between attempts: those of Standard Webhooks 1.0.0, 10 attempts within 75.6 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    waits: Vec<Duration>,
    gives_up_after: Duration,
    asks_silent_after: Duration,
    asks_refused_after: Duration,
}

impl Schedule {
    /// The schedule of Standard Webhooks: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h,
    /// 14 h, 20 h and 24 h.
    pub fn standard() -> Self {
        let hours = |hours| Duration::from_hours(hours);
        Self {
            gives_up_after: hours(5 * 24),
            asks_silent_after: Duration::from_mins(1),
            asks_refused_after: hours(1),
            waits: vec![
                Duration::from_secs(5),
                Duration::from_mins(5),
                Duration::from_mins(30),
                hours(2),
                hours(5),
                hours(10),
                hours(14),
                hours(20),
                hours(24),
            ],
        }
    }

    /// Returns the schedule with every time divided, for demonstrations and tests.
    #[must_use]
    pub fn faster(&self, by: NonZeroU32) -> Self {
        Self {
            waits: self.waits.iter().map(|wait| *wait / by.get()).collect(),
            gives_up_after: self.gives_up_after / by.get(),
            asks_silent_after: self.asks_silent_after / by.get(),
            asks_refused_after: self.asks_refused_after / by.get(),
        }
    }

    /// Returns for how long every attempt may fail before the endpoint is left alone and everything for it
    /// is held: five days.
    pub fn gives_up_after(&self) -> Duration {
        self.gives_up_after
    }

    /// Returns for how long nothing may be tried before what failed earlier is over: the longest wait, a day.
    pub(crate) fn quiet_max(&self) -> Duration {
        self.waits.iter().copied().max().unwrap_or_default()
    }

    /// Returns the longest that anything is waited for between two attempts.
    pub(crate) fn longest(&self) -> Duration {
        self.quiet_max().max(ASKED_MAX)
    }

    /// Returns how much of that time has passed, in percent, up to 100.
    pub fn failing_percent(&self, since: Option<UnixMillis>, now: UnixMillis) -> u8 {
        let Some(since) = since else { return 0 };
        let failing = u128::try_from(now.0.saturating_sub(since.0)).unwrap_or(0);
        let percent = failing.saturating_mul(100) / self.gives_up_after.as_millis().max(1);
        u8::try_from(percent.min(100)).unwrap_or(100)
    }

    /// Returns after how long an endpoint that has not agreed is asked again: a minute if it did not answer,
    /// an hour if it refused.
    pub fn asks_again_after(&self, said: EndpointSaid) -> Duration {
        match said {
            EndpointSaid::Agreed { .. } => Duration::ZERO,
            EndpointSaid::Refused => self.asks_refused_after,
            EndpointSaid::Silent => self.asks_silent_after,
        }
    }

    /// Returns how many attempts there are.
    pub fn attempts(&self) -> usize {
        self.waits.len() + 1
    }

    /// Returns how much of what a partner asked for is waited in any case, also after the last attempt.
    pub fn asked(&self, asked: Option<Duration>) -> Duration {
        asked.unwrap_or_default().min(ASKED_MAX)
    }

    /// Returns how long to wait after an attempt failed, the first being 0: by chance anything up to
    /// the step's wait, so that many partners' repeats spread out, but no less than the partner asked
    /// for, and of that at most 24 hours. `None` after the last attempt.
    pub fn wait(&self, attempt: u32, asked: Option<Duration>, dice: &dyn Dice) -> Option<Duration> {
        let longest = *self.waits.get(usize::try_from(attempt).ok()?)?;
        Some(dice.up_to(longest).max(self.asked(asked)))
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::standard()
    }
}

/// A partner's `Retry-After` is obeyed up to this.
const ASKED_MAX: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Always(u128);

    impl Dice for Always {
        fn roll(&self) -> u128 {
            self.0
        }
    }

    #[test]
    fn ten_attempts_fit_into_seventy_five_hours_and_thirty_six_minutes() {
        let schedule = Schedule::standard();
        assert_eq!(schedule.attempts(), 10);
        let total: Duration = schedule.waits.iter().sum();
        assert_eq!(total, Duration::from_secs(75 * 3600 + 35 * 60 + 5));
        assert_eq!(schedule.wait(9, None, &Always(0)), None);
    }

    #[test]
    fn a_wait_is_anything_up_to_the_step_and_never_more() {
        let schedule = Schedule::standard();
        for roll in [0, 1, 4_999, 5_000, 5_001, u128::MAX] {
            assert!(schedule.wait(0, None, &Always(roll)).unwrap() <= Duration::from_secs(5));
        }
        assert_eq!(schedule.wait(0, None, &Always(5_000)), Some(Duration::from_secs(5)));
        assert_eq!(schedule.wait(0, None, &Always(5_001)), Some(Duration::ZERO));
    }

    #[test]
    fn retry_after_is_obeyed_up_to_a_day() {
        let schedule = Schedule::standard();
        let asked = |hours| Some(Duration::from_hours(hours));
        assert_eq!(schedule.wait(0, asked(3), &Always(0)), asked(3));
        assert_eq!(schedule.wait(0, asked(300), &Always(0)), asked(24));
        assert_eq!(schedule.wait(8, asked(0), &Always(1000)), Some(Duration::from_secs(1)));
    }
}
