//! Until when the days of a report are open. What comes later stands on the day on which it came, so that a day that
//! was said to be complete never changes.

use crate::{attribution::REPEAT_WITHIN, lookup::conversion::AGE_MAX};
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::Day;
use std::time::Duration;

/// Returns the last day that is complete: conversions are taken until they are 37 days old, and one can say of another,
/// up to 24 hours before it, that it was an install after an earlier one.
pub(crate) fn complete_through(now: UnixMillis) -> Day {
    let taken = now.minus(AGE_MAX).minus(REPEAT_WITHIN).minus(ON_THE_WAY_MAX);
    Day(Day::of(taken).0.saturating_sub(1))
}

/// Returns on which day of a report stands what is said of something of a day: on that day while it is open, and on the
/// day on which it is said from then on.
pub fn day_of_said(day: Day, at: UnixMillis) -> Day {
    // Why: what is on its way now must be there before anybody reads that the day is complete.
    if day <= complete_through(at.plus(ON_THE_WAY_MAX)) { Day::of(at) } else { day }
}

/// For so long something may be on its way to the tables.
const ON_THE_WAY_MAX: Duration = Duration::from_hours(1);
