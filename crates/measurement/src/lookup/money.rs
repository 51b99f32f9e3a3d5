//! Amounts of money: integer micros of a currency, never a float.

use crate::fields::{FieldError, Fields};
use serde::{Deserialize, Serialize};

/// An amount in millionths of a unit of its currency. Below zero it is a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Money {
    pub(crate) micros: i64,
    pub(crate) currency: String,
}

impl Money {
    /// Takes `value` and `currency_code`. The one needs the other; both may be absent.
    pub(crate) fn take(fields: &mut Fields<'_>) -> Result<Option<Self>, FieldError> {
        match parts(fields)? {
            (None, None) => Ok(None),
            (Some(micros), Some(Code(currency))) => Ok(Some(Self { micros, currency })),
            (Some(_), None) => Err(fields.wrong("currency_code", "missing beside `value`")),
            (None, Some(_)) => Err(fields.wrong("value", "missing beside `currency_code`")),
        }
    }

    /// Takes `value` and `currency_code` where both must be there.
    pub(crate) fn required(fields: &mut Fields<'_>) -> Result<Self, FieldError> {
        match parts(fields)? {
            (Some(micros), Some(Code(currency))) => Ok(Self { micros, currency }),
            (None, _) => Err(fields.wrong("value", "missing")),
            (Some(_), None) => Err(fields.wrong("currency_code", "missing")),
        }
    }

    /// Returns whether it was given back.
    pub(crate) fn is_refund(&self) -> bool {
        self.micros < 0
    }
}

fn parts(fields: &mut Fields<'_>) -> Result<(Option<i64>, Option<Code>), FieldError> {
    let micros = match fields.decimal("value")? {
        Some(text) => Some(micros(&text).ok_or_else(|| fields.wrong("value", NOT_AN_AMOUNT))?),
        None => None,
    };
    Ok((micros, fields.parsed("currency_code", "not a currency code")?))
}

/// Reads a plain decimal number with at most six places, and with digits on both sides of a point.
fn micros(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 6 || !plain(whole) || !plain(part) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<6}").parse().ok()?;
    let amount = whole.checked_mul(1_000_000)?.checked_add(part)?;
    (amount <= MICROS_MAX).then_some(if negative { -amount } else { amount })
}

/// Three capital letters.
struct Code(String);

impl std::str::FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        fits.then(|| Self(text.to_owned())).ok_or(())
    }
}

const NOT_AN_AMOUNT: &str = "not an amount with at most six decimal places, up to 1,000,000,000";
/// A thousand million units.
const MICROS_MAX: i64 = 1_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_bounded() {
        assert_eq!(micros("4.99"), Some(4_990_000));
        assert_eq!(micros("-4.99"), Some(-4_990_000));
        assert_eq!(micros("0.000001"), Some(1));
        assert_eq!(micros("1000000000"), Some(MICROS_MAX));
        for wrong in [
            "",
            ".5",
            "5.",
            "-5.",
            ".",
            "1e3",
            "1.0000001",
            "1000000000.000001",
            "99999999999999999999",
            "--1",
        ] {
            assert_eq!(micros(wrong), None, "{wrong}");
        }
    }
}
