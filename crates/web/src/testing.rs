//! A clock that stands still until told, dice that repeat, and an account.

use parking_lot::Mutex;
use sluicegate_gate::{
    KeyKind, SubjectKey,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use std::{sync::Arc, time::Duration};

/// 23 November 2026, 14:02:07 UTC.
pub(crate) const START: UnixMillis = UnixMillis(1_795_442_527_000);

#[derive(Debug)]
pub(crate) struct ManualClock(Mutex<(UnixMillis, BootMillis)>);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        let mut both = self.0.lock();
        *both = (both.0.plus(by), both.1.plus(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        self.0.lock().0
    }

    fn boot(&self) -> BootMillis {
        self.0.lock().1
    }
}

#[derive(Debug)]
struct CountingDice(Mutex<u128>);

impl Dice for CountingDice {
    fn roll(&self) -> u128 {
        let mut state = self.0.lock();
        *state = state
            .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645)
            .wrapping_add(0x5851_f42d_4c95_7f2d);
        *state
    }
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock(Mutex::new((START, BootMillis(1_000_000)))))
}

pub(crate) fn dice() -> Arc<dyn Dice> {
    Arc::new(CountingDice(Mutex::new(1)))
}

pub(crate) fn account() -> SubjectKey {
    SubjectKey { kind: KeyKind::Account, hash: 7 }
}
