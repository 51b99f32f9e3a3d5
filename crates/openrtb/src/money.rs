//! Money in whole millionths, never in floating point.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A price per thousand impressions in millionths of the currency's unit: 1.25 is 1,250,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Micros(pub i64);

/// The text is not a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a JSON number.
    #[error("not a decimal number")]
    NotANumber,
    /// Larger than can be held.
    #[error("out of range")]
    OutOfRange,
}

impl Micros {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads the text of a JSON number, exponents included. Exact; what is finer than a millionth is
    /// dropped, toward zero, so that a price is never read higher than it was offered.
    pub fn parse_cpm(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text).map(|(value, _)| value)
    }

    /// Reads the same of a floor: what is finer than a millionth is rounded up, so that nothing below it reaches it.
    pub fn parse_floor(text: &str) -> Result<Self, MoneyError> {
        let (value, is_cut) = Self::parse(text)?;
        let is_below = is_cut && value >= Self::ZERO && !text.starts_with('-');
        value.0.checked_add(i64::from(is_below)).map(Self).ok_or(MoneyError::OutOfRange)
    }

    /// Returns the number, and whether something of it was dropped.
    fn parse(text: &str) -> Result<(Self, bool), MoneyError> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(MoneyError::NotANumber);
        }
        let (magnitude, is_cut) = scaled(whole, fraction, exponent)?;
        Ok((Self(if negative { -magnitude } else { magnitude }), is_cut))
    }

    /// Returns the sum, if it can be held.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Returns the difference, if it can be held.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// Exponents past this change nothing but "zero" and "out of range".
const EXPONENT_MAX: i64 = 1 << 32;

fn read_exponent(text: &str) -> Result<i64, MoneyError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..)),
        Some(b'+') => (false, text.get(1..)),
        _ => (false, Some(text)),
    };
    let digits = digits.unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MoneyError::NotANumber);
    }
    let exponent = digits.parse::<i64>().unwrap_or(EXPONENT_MAX).min(EXPONENT_MAX);
    Ok(if negative { -exponent } else { exponent })
}

/// Returns `whole.fraction * 10^exponent` in millionths, and whether it holds finer parts.
fn scaled(whole: &str, fraction: &str, exponent: i64) -> Result<(i64, bool), MoneyError> {
    let wide = |length: usize| i64::try_from(length).map_err(|_too_long| MoneyError::OutOfRange);
    let digits = || whole.bytes().chain(fraction.bytes());
    let zeros = digits().take_while(|byte| *byte == b'0').count();
    let left = wide(whole.len() + fraction.len() - zeros)?;
    if left == 0 {
        return Ok((0, false));
    }
    // How many of the digits after the leading zeros count.
    let keep = wide(whole.len())?.saturating_add(exponent).saturating_add(6) - wide(zeros)?;
    if keep > 19 {
        return Err(MoneyError::OutOfRange);
    }
    let keep = usize::try_from(keep).unwrap_or(0);
    let mut value: i64 = 0;
    let padded = digits().skip(zeros).chain(std::iter::repeat(b'0'));
    for digit in padded.take(keep) {
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(i64::from(digit - b'0')))
            .ok_or(MoneyError::OutOfRange)?;
    }
    Ok((value, digits().skip(zeros + keep).any(|digit| digit != b'0')))
}

impl fmt::Display for Micros {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) =
            (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        if fraction == 0 {
            return write!(formatter, "{sign}{whole}");
        }
        let (mut digits, mut places) = (fraction, 6);
        while digits % 10 == 0 {
            digits /= 10;
            places -= 1;
        }
        write!(formatter, "{sign}{whole}.{digits:0places$}")
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1_000_000 == 0 {
            return serializer.serialize_i64(self.0 / 1_000_000);
        }
        serde_json::value::RawValue::from_string(self.to_string())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

/// A currency by its ISO 4217 code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text is not three upper-case letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency code")]
pub struct CurrencyError;

impl Currency {
    /// What `OpenRTB` means where nothing is said.
    pub const USD: Self = Self(*b"USD");

    /// Returns the code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for Currency {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::str::FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let code = <[u8; 3]>::try_from(text.as_bytes()).map_err(|_wrong_length| CurrencyError)?;
        if code.iter().all(u8::is_ascii_uppercase) { Ok(Self(code)) } else { Err(CurrencyError) }
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_and_exponents_are_read_exactly() {
        for (text, micros) in [
            ("0", 0),
            ("-0.0", 0),
            ("1", 1_000_000),
            ("1.25", 1_250_000),
            ("0.1", 100_000),
            ("100.000", 100_000_000),
            ("0.000001", 1),
            ("0.0000019", 1),
            ("-0.0000019", -1),
            ("1e3", 1_000_000_000),
            ("1E+1", 10_000_000),
            ("1.5e-1", 150_000),
            ("150e-2", 1_500_000),
            ("0.00015e4", 1_500_000),
            ("1e-7", 0),
            ("1e-99999999999999999999", 0),
            ("0e99999999999999999999", 0),
            ("9223372036854.775807", i64::MAX),
        ] {
            assert_eq!(Micros::parse_cpm(text), Ok(Micros(micros)), "{text}");
        }
    }

    #[test]
    fn a_floor_is_rounded_up_to_a_millionth() {
        for (text, micros) in [
            ("0", 0),
            ("1.25", 1_250_000),
            ("0.000001", 1),
            ("0.0000010", 1),
            ("0.0000011", 2),
            ("1.2500000001", 1_250_001),
            ("1e-7", 1),
            ("1e-99999999999999999999", 1),
            ("0.0000009999", 1),
            ("-0.0000019", -1),
            ("9223372036854.775807", i64::MAX),
        ] {
            assert_eq!(Micros::parse_floor(text), Ok(Micros(micros)), "{text}");
        }
        let larger = Micros::parse_floor("9223372036854.7758071");
        assert_eq!(larger, Err(MoneyError::OutOfRange));
    }

    #[test]
    fn what_cannot_be_held_or_read_is_refused() {
        for text in ["9223372036854.775808", "1e13", "1e99999999999999999999", &"9".repeat(500)] {
            assert_eq!(Micros::parse_cpm(text), Err(MoneyError::OutOfRange), "{text}");
        }
        for text in ["", "-", ".5", "1.", "1e", "1e+", "+1", "1,5", "NaN", "0x1", "1_0", "--1"] {
            assert_eq!(Micros::parse_cpm(text), Err(MoneyError::NotANumber), "{text}");
        }
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!("USD".parse(), Ok(Currency::USD));
        for wrong in ["", "usd", "US", "USDX", "U D", "\u{e9}D"] {
            assert_eq!(wrong.parse::<Currency>(), Err(CurrencyError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_exactly(micros in -i64::MAX..=i64::MAX) {
            let micros = Micros(micros);
            prop_assert_eq!(Micros::parse_cpm(&micros.to_string()), Ok(micros));
            prop_assert_eq!(serde_json::to_string(&micros).unwrap(), micros.to_string());
        }

        #[test]
        fn shifting_the_point_and_the_exponent_changes_nothing(units in 0_i64..1_000_000_000, shift in 0_usize..12) {
            let moved = format!("{units}{}e-{shift}", "0".repeat(shift));
            prop_assert_eq!(Micros::parse_cpm(&moved), Ok(Micros(units * 1_000_000)));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,40}") {
            if let Ok(read) = Micros::parse_cpm(&text) {
                prop_assert_eq!(Micros::parse_cpm(&read.to_string()), Ok(read));
            }
        }
    }
}
