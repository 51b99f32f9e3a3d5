//! When a message is tried again.

use sluicegate_gate::time::{Dice, UnixMillis};
use std::{num::NonZeroU32, time::Duration};

/// The waits of Standard Webhooks 1.0.0 after each failure; past the last one, a day for as long as it takes.
const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// How often a partner that took a message is reminded to say that it is done.
const REMINDER: Duration = Duration::from_hours(24);

/// The longest wait: that after many failures, with what chance adds. What a partner asks for, and its reminder, are no longer.
pub const LONGEST_WAIT: Duration = Duration::from_mins(24 * 60 * 6 / 5);

/// Returns whether it is time for what was to be tried at `next_at`. So it is where that is further off than anything waits:
/// the clock was ahead then, and was set back.
pub fn is_due(next_at: UnixMillis, now: UnixMillis) -> bool {
    next_at <= now || next_at > now.plus(LONGEST_WAIT)
}

/// When a message is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecallSchedule {
    faster_by: NonZeroU32,
}

impl RecallSchedule {
    /// The schedule of Standard Webhooks, that much faster; 1 leaves it as it is.
    pub fn faster(faster_by: NonZeroU32) -> Self {
        Self { faster_by }
    }

    /// Returns how long to wait after that many failures: longer after each, up to a day, and at most a fifth
    /// more, by chance. What the partner asks for holds if it is longer, up to a day.
    pub fn wait(self, failures: u32, asked: Option<Duration>, dice: &dyn Dice) -> Duration {
        let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        let base = WAITS.get(place).or(WAITS.last()).copied().unwrap_or_default();
        let base = base / self.faster_by.get();
        let wait = base.saturating_add(dice.up_to(base / 5));
        wait.max(asked.unwrap_or_default().min(Duration::from_hours(24)))
    }

    /// Returns how long after it took a message a partner is reminded.
    pub fn reminder(self) -> Duration {
        REMINDER / self.faster_by.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Never;

    impl Dice for Never {
        fn roll(&self) -> u128 {
            0
        }
    }

    #[test]
    fn waits_grow_to_a_day_and_stay_there() {
        let schedule = RecallSchedule::faster(NonZeroU32::MIN);
        let waits: Vec<u64> =
            (1..=12).map(|failures| schedule.wait(failures, None, &Never).as_secs()).collect();
        assert_eq!(waits[..4], [5, 300, 1_800, 7_200]);
        assert_eq!(waits[8..], [86_400; 4]);
        assert!(waits.is_sorted());
    }

    /// The dice at their highest.
    #[derive(Debug)]
    struct Always;

    impl Dice for Always {
        fn roll(&self) -> u128 {
            u128::MAX
        }
    }

    #[test]
    fn nothing_waits_longer_than_the_longest_wait() {
        let schedule = RecallSchedule::faster(NonZeroU32::MIN);
        let asked = Some(Duration::from_hours(1_000));
        for failures in 0..20 {
            assert!(schedule.wait(failures, asked, &Always) <= LONGEST_WAIT, "{failures}");
        }
        assert!(schedule.reminder() <= LONGEST_WAIT);
    }

    #[test]
    fn what_the_partner_asks_for_holds_up_to_a_day() {
        let schedule = RecallSchedule::faster(NonZeroU32::MIN);
        let asked = |hours| schedule.wait(1, Some(Duration::from_hours(hours)), &Never);
        assert_eq!(asked(0).as_secs(), 5);
        assert_eq!(asked(3), Duration::from_hours(3));
        assert_eq!(asked(100), Duration::from_hours(24));
    }
}
