//! How much a partner takes, as its answers show: each that says it is overloaded halves what it is sent,
//! and it doubles again while the partner accepts.

use crate::line::Limits;
use sluicegate_gate::time::BootMillis;
use std::time::Duration;

/// How a partnership's rate of messages differs from what the register says.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    halvings: u32,
    /// When the rate last changed.
    since: BootMillis,
    /// What the partner said that it takes.
    per_minute: Option<u32>,
}

impl Pace {
    /// Returns how many messages may go in a second, in thousandths.
    pub(crate) fn rate(&self, limits: Limits) -> u64 {
        let listed = u64::from(limits.per_second) * 1_000;
        if !limits.is_paced {
            return listed;
        }
        let allowed = self.per_minute.map_or(u64::MAX, |messages| u64::from(messages) * 1_000 / 60);
        (listed.min(allowed) >> self.halvings).max(1)
    }

    /// Takes what an answer says.
    pub(crate) fn learn(&mut self, status: u16, now: BootMillis) {
        match status {
            429 | 502 | 504 => {
                self.halvings = (self.halvings + 1).min(HALVINGS_MAX);
                self.since = now;
            }
            200..300 if self.halvings > 0 && now.since(self.since) >= DOUBLES_AFTER => {
                self.halvings -= 1;
                self.since = now;
            }
            _ => {}
        }
    }

    pub(crate) fn keep_to(&mut self, per_minute: Option<u32>) {
        self.per_minute = per_minute;
    }

    pub(crate) fn halvings(&self) -> u32 {
        self.halvings
    }
}

/// A thousandth of the rate is the least.
const HALVINGS_MAX: u32 = 10;
/// For how long a partner must accept before the rate doubles.
const DOUBLES_AFTER: Duration = Duration::from_secs(10);
