//! What a value was collected for, as a type.

use crate::AgeBand;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A value collected to protect people: an age that says who is a child, a phone number given for signing in.
///
/// It can be compared, and it serializes, to be kept and to be shown to the person it is about. Nothing returns the
/// value, and there is no way from here to a [`Sourced`](crate::Sourced), which is what demographics are made of: what
/// was collected for security cannot be given an advertising purpose. It does not print.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ForSecurity<T>(T);

impl<T> ForSecurity<T> {
    /// Marks a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }
}

impl ForSecurity<u8> {
    /// Returns whether an age lies under a number of years.
    pub fn is_under(&self, years: u8) -> bool {
        self.0 < years
    }

    /// Returns whether an age lies outside a band, so that the band cannot be right.
    pub fn contradicts(&self, band: AgeBand) -> bool {
        let (from, to) = band.years();
        !(from..=to).contains(&self.0)
    }
}

impl<T> fmt::Debug for ForSecurity<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[security]")
    }
}
