//! When a bill is tried again.

use sluicegate_gate::time::Dice;
use std::{num::NonZeroU32, time::Duration};

/// The pauses between the attempts of one bill: 11 attempts within a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillSchedule {
    pauses: Vec<Duration>,
    life: Duration,
}

impl BillSchedule {
    /// At once, then after 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, 8 h and 8 h: the last attempt is
    /// the eleventh, at most 23 h 42 min 35 s after the first.
    pub fn standard() -> Self {
        let minutes = Duration::from_mins;
        let hours = Duration::from_hours;
        Self {
            pauses: vec![
                Duration::from_secs(5),
                Duration::from_secs(30),
                minutes(2),
                minutes(10),
                minutes(30),
                hours(1),
                hours(2),
                hours(4),
                hours(8),
                hours(8),
            ],
            life: LIFE,
        }
    }

    /// Returns the schedule with every pause divided, for trials.
    #[must_use]
    pub fn faster(&self, by: NonZeroU32) -> Self {
        Self {
            pauses: self.pauses.iter().map(|pause| *pause / by.get()).collect(),
            life: self.life / by.get(),
        }
    }

    /// Returns how many attempts there are.
    pub fn attempts(&self) -> usize {
        self.pauses.len() + 1
    }

    /// Returns for how long a bill may wait that cannot even be tried, for our own limits or because its
    /// partnership is not in force: three days.
    pub fn life(&self) -> Duration {
        self.life
    }

    /// Returns how long to wait after an attempt failed, `failures` being how many did before it: by chance
    /// from half of the step's pause to all of it, so that repeats spread out, but no less than the partner
    /// asked for, and of that at most a day. `None` after the last attempt.
    pub fn pause(
        &self,
        failures: u32,
        asked: Option<Duration>,
        dice: &dyn Dice,
    ) -> Option<Duration> {
        let longest = *self.pauses.get(usize::try_from(failures).ok()?)?;
        let half = longest / 2;
        let pause = half.saturating_add(dice.up_to(half));
        Some(pause.max(asked.unwrap_or_default().min(ASKED_MAX)))
    }
}

impl Default for BillSchedule {
    fn default() -> Self {
        Self::standard()
    }
}

/// For how long a bill waits that cannot be tried.
const LIFE: Duration = Duration::from_hours(72);
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
    fn eleven_attempts_fit_into_a_day() {
        let schedule = BillSchedule::standard();
        assert_eq!(schedule.attempts(), 11);
        let total: Duration = schedule.pauses.iter().sum();
        assert_eq!(total, Duration::from_secs(23 * 3_600 + 42 * 60 + 35));
        assert_eq!(schedule.pause(10, None, &Always(0)), None);
    }

    #[test]
    fn a_pause_is_between_half_of_the_step_and_all_of_it() {
        let schedule = BillSchedule::standard();
        let (least, most) = (Duration::from_millis(2_500), Duration::from_secs(5));
        for roll in [0, 1, 2_499, 2_500, 2_501, 77_777, u128::MAX] {
            let pause = schedule.pause(0, None, &Always(roll)).unwrap();
            assert!((least..=most).contains(&pause), "{pause:?}");
        }
        assert_eq!(schedule.pause(0, None, &Always(0)), Some(least));
        assert_eq!(schedule.pause(0, None, &Always(2_500)), Some(most));
    }

    #[test]
    fn retry_after_is_obeyed_up_to_a_day_and_never_shortens() {
        let schedule = BillSchedule::standard();
        let asked = |hours| Some(Duration::from_hours(hours));
        assert_eq!(schedule.pause(0, asked(3), &Always(0)), asked(3));
        assert_eq!(schedule.pause(0, asked(300), &Always(0)), asked(24));
        assert_eq!(schedule.pause(8, asked(0), &Always(0)), asked(4));
        assert_eq!(schedule.pause(10, asked(1), &Always(0)), None);
    }

    #[test]
    fn a_trial_divides_every_pause() {
        let schedule = BillSchedule::standard().faster(NonZeroU32::new(100).unwrap());
        let pause = schedule.pause(0, None, &Always(25)).unwrap();
        assert_eq!(pause, Duration::from_millis(50));
    }
}
