//! How much of a partner's time is spent on the way.
//!
//! No partner says how long it thought. The fastest answer of the last one to two minutes bounds the way there and
//! back from above, and moves slowly; it is taken off the `tmax` that the partner is told, and never more than a
//! quarter of it.

use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, time::BootMillis};
use std::collections::BTreeMap;

/// The fastest answers of each partnership.
#[derive(Debug, Default)]
pub(crate) struct NetworkTimes {
    fastest: Mutex<BTreeMap<PartnershipId, Fastest>>,
}

/// The fastest answers of the minute that runs and of the one before.
#[derive(Clone, Copy, Debug)]
struct Fastest {
    minute: u64,
    now_ms: Option<u64>,
    before_ms: Option<u64>,
}

impl NetworkTimes {
    /// Notes that an answer to what was sent at one moment came at another.
    pub(crate) fn answered(&self, partnership: &PartnershipId, sent: BootMillis, came: BootMillis) {
        let took_ms = came.0.saturating_sub(sent.0);
        let mut fastest = self.fastest.lock();
        let moved = fastest.get(partnership).map_or(Fastest::new(came), |one| one.at(came));
        let now_ms = Some(moved.now_ms.map_or(took_ms, |known| known.min(took_ms)));
        fastest.insert(partnership.clone(), Fastest { now_ms, ..moved });
    }

    /// Returns the `tmax` that a partner is told of the time that it has.
    pub(crate) fn told(&self, partnership: &PartnershipId, tmax_ms: u32, now: BootMillis) -> u32 {
        let fastest = self.fastest.lock().get(partnership).map(|one| one.at(now));
        let Some(ms) = fastest.and_then(Fastest::ms) else { return tmax_ms };
        let ms = u32::try_from(ms).unwrap_or(u32::MAX).min(tmax_ms / SHARE);
        tmax_ms.saturating_sub(ms)
    }
}

impl Fastest {
    fn new(now: BootMillis) -> Self {
        Self { minute: now.0 / MINUTE_MS, now_ms: None, before_ms: None }
    }

    /// The same at a later moment: what is more than two minutes old is forgotten.
    fn at(self, now: BootMillis) -> Self {
        let minute = now.0 / MINUTE_MS;
        match minute.saturating_sub(self.minute) {
            0 => self,
            1 => Self { minute, now_ms: None, before_ms: self.now_ms },
            _ => Self::new(now),
        }
    }

    fn ms(self) -> Option<u64> {
        self.now_ms.into_iter().chain(self.before_ms).min()
    }
}

const MINUTE_MS: u64 = 60_000;
/// At most one part in so many of a partner's time counts as the way.
const SHARE: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_answer_of_late_is_taken_off_and_forgotten_again() {
        let (times, id) = (NetworkTimes::default(), "north".parse().unwrap());
        let at = |ms| BootMillis(ms);
        assert_eq!(times.told(&id, 160, at(0)), 160);
        times.answered(&id, at(1_000), at(1_030));
        times.answered(&id, at(2_000), at(2_010));
        times.answered(&id, at(3_000), at(3_050));
        assert_eq!(times.told(&id, 160, at(3_100)), 150);
        assert_eq!(times.told(&id, 160, at(119_999)), 150, "it counts in the next minute");
        assert_eq!(times.told(&id, 160, at(120_000)), 160);
        times.answered(&id, at(130_000), at(130_025));
        assert_eq!(times.told(&id, 160, at(130_100)), 135);
    }

    #[test]
    fn a_slow_partner_keeps_three_quarters_of_its_time() {
        let (times, id) = (NetworkTimes::default(), "north".parse().unwrap());
        times.answered(&id, BootMillis(0), BootMillis(159));
        assert_eq!(times.told(&id, 160, BootMillis(200)), 120);
        assert_eq!(times.told(&id, 3, BootMillis(200)), 3);
    }
}
