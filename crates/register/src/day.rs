//! Calendar days in UTC.

use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Deserialize, Serialize};
use sluicegate_gate::time::UnixMillis;
use std::{fmt, str::FromStr};

/// A calendar day in UTC, written `2026-01-31`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// The text is not a day.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a calendar day such as 2026-01-31")]
pub struct DayError;

impl Day {
    /// Returns the day in which the time lies; the nearest day where the calendar does not reach it.
    pub fn of(at: UnixMillis) -> Self {
        let nearest = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or(nearest);
        Self(Offset::UTC.to_datetime(timestamp).date())
    }

    /// Returns its first millisecond.
    pub fn start(self) -> UnixMillis {
        let midnight = Offset::UTC.to_timestamp(self.0.at(0, 0, 0, 0));
        let nearest = if self.0.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        UnixMillis(midnight.unwrap_or(nearest).as_millisecond())
    }

    /// Returns the day before; the first day of the calendar has none and stays.
    #[must_use]
    pub fn before(self) -> Self {
        self.0.yesterday().map_or(self, Self)
    }

    pub(crate) fn from_parts(year: u16, month: u8, day: u8) -> Option<Self> {
        let year = i16::try_from(year).ok()?;
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(Self)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let day = text.parse().map(Self).map_err(|_not_a_date| DayError)?;
        // The calendar reads more forms than the one we write.
        if day.to_string() == text { Ok(day) } else { Err(DayError) }
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Self, DayError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc_and_holds_its_whole_length() {
        let day: Day = "2026-01-31".parse().unwrap();
        assert_eq!(day.start(), UnixMillis(1_769_817_600_000));
        assert_eq!(Day::of(day.start()), day);
        assert_eq!(Day::of(UnixMillis(day.start().0 + 86_399_999)), day);
        assert_eq!(Day::of(UnixMillis(day.start().0 - 1)).to_string(), "2026-01-30");
    }

    #[test]
    fn every_time_has_a_day_and_every_day_a_time() {
        for at in [i64::MIN, -1, 0, 1, i64::MAX] {
            let day = Day::of(UnixMillis(at));
            assert_eq!(Day::of(day.start()), day, "{at}");
        }
    }

    #[test]
    fn other_forms_of_a_date_are_refused() {
        for wrong in ["", "2026-1-31", "20260131", "2026-02-30", "2026-01-31T00:00", "tomorrow"] {
            assert_eq!(wrong.parse::<Day>(), Err(DayError), "{wrong}");
        }
    }
}
