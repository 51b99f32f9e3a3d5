//! Prices and shares as whole numbers.

use serde_json::Number;
use std::{fmt, str::FromStr};

/// A price per thousand in millionths of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Micros(pub(crate) u64);

impl Micros {
    /// Returns the price of a number in JSON. A negative number is nought.
    pub(crate) fn of(number: &Number) -> Self {
        let value = number.as_f64().unwrap_or(0.0).max(0.0);
        format!("{value:.6}").parse().unwrap_or(Self(u64::MAX))
    }

    /// Returns the price as a number in JSON.
    pub(crate) fn number(self) -> Number {
        self.to_string().parse().unwrap_or_else(|_never| Number::from(0))
    }

    /// Returns the price times `thousandths` / 1000.
    pub(crate) fn times(self, thousandths: u64) -> Self {
        let product = u128::from(self.0) * u128::from(thousandths) / 1000;
        Self(u64::try_from(product).unwrap_or(u64::MAX))
    }
}

impl FromStr for Micros {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "not a price: digits, and at most six after the point";
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
            return Err(wrong);
        }
        format!("{whole}{fraction:0<6}").parse().map(Self).map_err(|_too_large| wrong)
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// A share of the whole, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(u64);

impl Share {
    /// Returns whether a roll of even dice falls within the share.
    pub(crate) fn holds(self, roll: u64) -> bool {
        roll % 1_000_000 < self.0
    }
}

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<Micros>() {
            Ok(Micros(millionths)) if millionths <= 1_000_000 => Ok(Self(millionths)),
            _ => Err("not a share between 0 and 1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact_to_a_millionth() {
        for (text, micros) in
            [("1.20", 1_200_000), ("0.000001", 1), ("3", 3_000_000), ("7.", 7_000_000)]
        {
            assert_eq!(text.parse(), Ok(Micros(micros)), "{text}");
        }
        for wrong in ["", ".5", "-1", "1.2345678", "1,2", "1e3"] {
            assert!(wrong.parse::<Micros>().is_err(), "{wrong}");
        }
        assert_eq!(Micros::of(&Number::from_f64(0.3).unwrap()), Micros(300_000));
        assert_eq!(Micros(1_234_567).number().to_string(), "1.234567");
    }

    #[test]
    fn shares_are_between_nothing_and_everything() {
        assert!((0..2_000_000).step_by(999).all(|roll| "1".parse::<Share>().unwrap().holds(roll)));
        assert!(!"0".parse::<Share>().unwrap().holds(0));
        assert!("1.1".parse::<Share>().is_err());
    }
}
