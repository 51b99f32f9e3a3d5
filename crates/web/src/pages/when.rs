//! Times as the pages write them, always in UTC.

use jiff::Timestamp;
use sluicegate_gate::time::UnixMillis;

/// A point in time, for a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(Timestamp);

impl Moment {
    /// Returns the moment; the nearest one where the calendar does not reach it.
    pub(crate) fn of(at: UnixMillis) -> Self {
        let nearest = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Self(Timestamp::from_millisecond(at.0).unwrap_or(nearest))
    }

    /// Returns the machine-readable form, to the second.
    pub(crate) fn iso(&self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Returns for example `23 November 2026`.
    pub(crate) fn day(&self) -> String {
        self.0.strftime("%-d %B %Y").to_string()
    }

    /// Returns for example `14:02:07 UTC`.
    pub(crate) fn clock(&self) -> String {
        self.0.strftime("%H:%M:%S UTC").to_string()
    }

    /// Returns for example `23 November 2026, 14:02:07 UTC`.
    pub(crate) fn full(&self) -> String {
        format!("{}, {}", self.day(), self.clock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::START;

    #[test]
    fn a_moment_is_written_for_people_and_for_machines() {
        let moment = Moment::of(START);
        assert_eq!(moment.full(), "23 November 2026, 14:02:07 UTC");
        assert_eq!(moment.iso(), "2026-11-23T14:02:07Z");
        assert_eq!(Moment::of(UnixMillis(1_767_225_600_000)).day(), "1 January 2026");
    }

    #[test]
    fn every_number_is_a_moment() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            assert!(!Moment::of(UnixMillis(at)).full().is_empty());
        }
    }
}
