//! Time and chance under a test's control.

use parking_lot::Mutex;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sluicegate_gate::time::{BootMillis, Clock, Dice, UnixMillis};
use std::{sync::Arc, time::Duration};

/// Clocks that stand still until they are moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<(UnixMillis, BootMillis)>);

impl ManualClock {
    /// Starts at a time of day; the boot clock starts at one hour.
    pub fn at(now: UnixMillis) -> Arc<Self> {
        Arc::new(Self(Mutex::new((now, BootMillis(3_600_000)))))
    }

    /// Moves both clocks.
    pub fn advance(&self, by: Duration) {
        let mut both = self.0.lock();
        *both = (both.0.plus(by), both.1.plus(by));
    }

    /// Sets the time of day, as an operator or a time server does.
    pub fn set_now(&self, now: UnixMillis) {
        self.0.lock().0 = now;
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

/// Dice that give the same rolls for the same seed.
#[derive(Debug)]
pub struct SeededDice(Mutex<StdRng>);

impl SeededDice {
    /// Starts from a seed. Print it when a test fails.
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(StdRng::seed_from_u64(seed))))
    }
}

impl Dice for SeededDice {
    fn roll(&self) -> u128 {
        self.0.lock().random()
    }
}
