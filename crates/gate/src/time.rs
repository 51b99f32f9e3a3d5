//! The two clocks, as values. Nothing here reads one: a clock is always a parameter.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Milliseconds since 1970 in UTC: when something happened, for people and records.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Returns the time that much later; saturates.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// Returns the time that much earlier; saturates.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }
}

/// Milliseconds of the boot-time clock: how old something is and until when it holds. It never goes
/// back and goes on while the machine sleeps; values of two machines cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BootMillis(pub u64);

impl BootMillis {
    /// Returns the time that much later; saturates.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Returns how long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The clocks of the machine.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Returns the time of day.
    fn now(&self) -> UnixMillis;
    /// Returns the boot-time clock.
    fn boot(&self) -> BootMillis;
}

/// Chance, as a parameter, so that a test can repeat a run from one seed.
pub trait Dice: Send + Sync + std::fmt::Debug {
    /// Returns 128 random bits.
    fn roll(&self) -> u128;

    /// Returns anything from nothing up to this, in whole milliseconds.
    fn up_to(&self, longest: Duration) -> Duration {
        let span = longest.as_millis().saturating_add(1);
        Duration::from_millis(u64::try_from(self.roll() % span).unwrap_or(u64::MAX)).min(longest)
    }
}
