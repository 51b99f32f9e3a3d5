//! Times as the pages write them, always in UTC; a script may write them in the zone of whoever reads.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use sluicegate_gate::time::UnixMillis;

/// A point in time, for a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(Timestamp);

/// A point in time, and how much of it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// When.
    pub(crate) moment: Moment,
    /// What of it.
    pub(crate) form: Form,
}

/// How much of a moment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The time of day, to the second.
    Clock,
    /// The day.
    Day,
    /// Both.
    Full,
    /// The month.
    Month,
}

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

    /// To be written as a day, for example `23 November 2026`.
    pub(crate) fn day(&self) -> Written {
        Written { moment: *self, form: Form::Day }
    }

    /// To be written as a time of day, for example `14:02:07 UTC`.
    pub(crate) fn clock(&self) -> Written {
        Written { moment: *self, form: Form::Clock }
    }

    /// To be written as both, for example `23 November 2026, 14:02:07 UTC`.
    pub(crate) fn full(&self) -> Written {
        Written { moment: *self, form: Form::Full }
    }

    /// To be written as a month, for example `November 2026`.
    pub(crate) fn month(&self) -> Written {
        Written { moment: *self, form: Form::Month }
    }

    pub(crate) fn civil(&self) -> DateTime {
        TimeZone::UTC.to_datetime(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pages::language::Language, testing::START};

    fn written(language: Language, written: Written) -> String {
        language.say("history-at").with("when", written).plain()
    }

    #[test]
    fn a_moment_is_written_for_people_and_for_machines() {
        let moment = Moment::of(START);
        assert_eq!(moment.iso(), "2026-11-23T14:02:07Z");
        let full = |language| written(language, moment.full());
        assert_eq!(full(Language::English), "23 November 2026, 14:02:07 UTC");
        assert_eq!(full(Language::German), "23. November 2026, 14:02:07 UTC");
        assert_eq!(full(Language::Spanish), "23 de noviembre de 2026, 14:02:07 UTC");
        assert_eq!(full(Language::Japanese), "2026年11月23日 14:02:07 UTC");
    }

    #[test]
    fn every_number_is_a_moment() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            let moment = Moment::of(UnixMillis(at));
            for language in Language::ALL {
                assert!(!written(language, moment.full()).is_empty());
            }
        }
    }
}
