//! Signs that a partner tries out devices in place of reporting conversions.

use super::Asking;

/// What an operator should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alarm {
    /// Of many conversions next to none found a touch: installs that come after ads find more.
    FewTouches,
    /// Conversions met a limit: that of the partnership's day, or that of one device.
    LimitMet,
}

impl Alarm {
    /// All alarms.
    pub const ALL: [Self; 2] = [Self::FewTouches, Self::LimitMet];

    /// Returns the code used in metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::FewTouches => "few_touches",
            Self::LimitMet => "limit_met",
        }
    }
}

impl Asking {
    /// Returns what of a day's asking an operator should look at.
    pub fn alarms(&self) -> Vec<Alarm> {
        let few = self.asked >= ASKED_MIN
            && self.claimed.saturating_mul(1_000) < self.asked.saturating_mul(CLAIMED_IN_1000_MIN);
        let few = few.then_some(Alarm::FewTouches);
        few.into_iter().chain((self.capped > 0).then_some(Alarm::LimitMet)).collect()
    }
}

/// Fewer conversions in a day say nothing.
const ASKED_MIN: u64 = 1_000;
/// Of a thousand conversions, fewer that found a touch are suspicious.
const CLAIMED_IN_1000_MIN: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_questions_with_next_to_no_touch_and_limits_that_were_met_raise_alarms() {
        let alarms = |asked, claimed, capped| {
            let partnership = "meter".parse().unwrap();
            let (events, events_capped) = (50_000, 7);
            Asking { partnership, asked, claimed, capped, events, events_capped }.alarms()
        };
        assert_eq!(alarms(999, 0, 0), []);
        assert_eq!(alarms(1_000, 5, 0), []);
        assert_eq!(alarms(1_000, 4, 0), [Alarm::FewTouches]);
        assert_eq!(alarms(10, 10, 1), [Alarm::LimitMet]);
    }
}
