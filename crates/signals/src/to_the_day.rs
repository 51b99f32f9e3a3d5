//! The two times of a string, made no finer than a day.
//!
//! The core of TCF and that of TCF Canada begin alike: a version of 6 bits, then `Created` and `LastUpdated` of 36
//! bits each, in tenths of a second. So each of them is of whole characters, and nothing else is in those.

use crate::{Unreadable, bits::Bits};
use std::borrow::Cow;

/// Tenths of a second in a day.
const DAY_DS: u64 = 864_000;
/// How many bits say the version, and how many each of the times.
const VERSION_BITS: usize = 6;
const TIME_BITS: usize = 36;
/// Where the times stand, as characters.
const BEGINS: usize = 1;
const ENDS: usize = 13;

/// Returns a string with both of its times at the beginning of the day (UTC) of the later one, and all else as it came.
pub(crate) fn to_the_day(text: &str) -> Result<Cow<'_, str>, Unreadable> {
    let mut bits = Bits::of(text.split('.').next().unwrap_or_default())?;
    bits.skip(VERSION_BITS)?;
    let [created, last_updated] = [bits.take(TIME_BITS)?, bits.take(TIME_BITS)?];
    let made = created.max(last_updated);
    let day = made - made % DAY_DS;
    if (created, last_updated) == (day, day) {
        return Ok(Cow::Borrowed(text));
    }
    let around = text.get(..BEGINS).zip(text.get(ENDS..));
    let (version, rest) = around.ok_or(Unreadable::TooShort)?;
    let time = Bits::characters(day);
    Ok(Cow::Owned([version, &time, &time, rest].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_short_for_two_times_has_none() {
        for text in ["", "C", "CAAAAAAAAAAA", "CAAAAAAAAAAA.AAAAAAAAAAAAAA"] {
            assert_eq!(to_the_day(text), Err(Unreadable::TooShort), "{text}");
        }
        assert_eq!(to_the_day("CAAAAAAAAAAAA").unwrap(), "CAAAAAAAAAAAA");
    }
}
