//! The machine's clocks and chance, as the program has them.

use sluicegate_gate::time::{BootMillis, Clock, Dice, UnixMillis};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MachineClock {
    origin: boot_time::Instant,
}

impl MachineClock {
    pub(crate) fn new() -> Self {
        Self { origin: boot_time::Instant::now() }
    }
}

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "an implementation of the port")]
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn boot(&self) -> BootMillis {
        BootMillis(u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// The operating system's chance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MachineDice;

impl Dice for MachineDice {
    fn roll(&self) -> u128 {
        rand::random()
    }
}
