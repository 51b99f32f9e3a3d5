//! Exchange rates: what an operator keeps in a file, and money by them in whole micros.
//!
//! ```json
//! {"dataAsOf": "2026-11-25", "conversions": {"USD": {"EUR": 0.93, "GBP": 0.79}}}
//! ```
//!
//! One base counts: `USD` where it is there, else the first in the order of the alphabet. Rates of several bases
//! need not agree, and what goes there and back must be the same. What is finer than a million-millionth of a rate
//! is dropped. Rates older than their maximum age convert nothing: a price is never guessed.

use parking_lot::RwLock;
use serde::Deserialize;
use serde_json::value::RawValue;
use sluicegate_gate::time::UnixMillis;
use sluicegate_openrtb::money::{Currency, Micros};
use sluicegate_register::Day;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Exchange rates of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    as_of: Day,
    /// Units of each currency for one of the base, in million-millionths; above zero.
    per_base: BTreeMap<Currency, i64>,
}

/// A file is not one of exchange rates. Nothing of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatesError {
    /// It is not JSON of that shape.
    #[error("not JSON with `dataAsOf` and `conversions`")]
    Shape,
    /// Its date cannot be read.
    #[error("`dataAsOf` does not begin with a date such as 2026-11-25")]
    Date,
    /// There is no rate.
    #[error("`conversions` holds no rate")]
    Empty,
    /// A rate is not a number above zero, or too large.
    #[error("a rate of {0} is not a number above zero and below nine million")]
    Rate(Currency),
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "dataAsOf")]
    data_as_of: String,
    conversions: BTreeMap<Currency, BTreeMap<Currency, Box<RawValue>>>,
}

/// Where the part of a micro that cannot be held goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// Away from zero: floors.
    Up,
    /// Toward zero: bids and what they pay.
    Down,
}

impl Rates {
    /// Reads a file.
    pub fn read(text: &str) -> Result<Self, RatesError> {
        let file: File = serde_json::from_str(text).map_err(|_not_that| RatesError::Shape)?;
        let date = file.data_as_of.get(..DATE_CHARS).and_then(|date| date.parse().ok());
        let as_of = date.ok_or(RatesError::Date)?;
        let base = if file.conversions.contains_key(&Currency::USD) {
            Currency::USD
        } else {
            *file.conversions.keys().next().ok_or(RatesError::Empty)?
        };
        let mut per_base = BTreeMap::new();
        for (currency, rate) in file.conversions.get(&base).into_iter().flatten() {
            per_base.insert(*currency, scaled(rate.get()).ok_or(RatesError::Rate(*currency))?);
        }
        if per_base.is_empty() {
            return Err(RatesError::Empty);
        }
        per_base.insert(base, ONE);
        Ok(Self { as_of, per_base })
    }

    /// Returns the day they are of.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    fn convert(
        &self,
        amount: Micros,
        from: Currency,
        to: Currency,
        round: Round,
    ) -> Option<Micros> {
        let (from, to) = (self.per_base.get(&from)?, self.per_base.get(&to)?);
        let product = i128::from(amount.0).checked_mul(i128::from(*to))?;
        let (whole, rest) = (product / i128::from(*from), product % i128::from(*from));
        let part = i128::from(rest > 0 && round == Round::Up);
        i64::try_from(whole + part).ok().map(Micros)
    }
}

/// Reads a rate into million-millionths.
fn scaled(text: &str) -> Option<i64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.parse::<i64>().ok()?.checked_add(6)?;
    let Micros(scaled) = Micros::parse_cpm(&format!("{mantissa}e{exponent}")).ok()?;
    (scaled > 0).then_some(scaled)
}

/// The rate of a currency to itself.
const ONE: i64 = 1_000_000_000_000;
/// `2026-11-25`.
const DATE_CHARS: usize = 10;

/// The rates in force, for as long as they are young enough. They can be replaced while auctions run.
#[derive(Debug)]
pub struct RateBoard {
    age_max: Duration,
    current: RwLock<Option<Arc<Rates>>>,
}

impl RateBoard {
    /// Makes a board without rates. Rates count until they are so old, from the beginning of their day on.
    pub fn new(age_max: Duration) -> Self {
        Self { age_max, current: RwLock::new(None) }
    }

    /// Puts rates in force.
    pub fn replace(&self, rates: Rates) {
        *self.current.write() = Some(Arc::new(rates));
    }

    /// Returns the day that the rates are of, also when they are too old.
    pub fn as_of(&self) -> Option<Day> {
        self.current.read().as_ref().map(|rates| rates.as_of)
    }

    /// Returns whether rates are in force now.
    pub fn is_in_force(&self, now: UnixMillis) -> bool {
        self.conversion(now).0.is_some()
    }

    /// Returns how money is converted now: the same for all of one auction.
    pub(crate) fn conversion(&self, now: UnixMillis) -> Conversion {
        let current = self.current.read().clone();
        let age_max = i64::try_from(self.age_max.as_millis()).unwrap_or(i64::MAX);
        // A day that has not begun is a slip: its rates count for nothing until it begins.
        let is_young = |rates: &Arc<Rates>| {
            let age = now.0.saturating_sub(rates.as_of.start().0);
            (0..=age_max).contains(&age)
        };
        Conversion(current.filter(is_young))
    }
}

impl Default for RateBoard {
    fn default() -> Self {
        Self::new(AGE_MAX)
    }
}

/// Daily rates pause over a long weekend.
const AGE_MAX: Duration = Duration::from_hours(96);

/// How money is converted, for one auction. Without rates every currency converts only into itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conversion(Option<Arc<Rates>>);

impl Conversion {
    /// Returns the amount in another currency; `None` without a rate, or where it cannot be held.
    pub(crate) fn convert(
        &self,
        amount: Micros,
        from: Currency,
        to: Currency,
        round: Round,
    ) -> Option<Micros> {
        if from == to {
            return Some(amount);
        }
        self.0.as_ref()?.convert(amount, from, to, round)
    }

    /// Returns whether there is a rate between two currencies.
    pub(crate) fn joins(&self, one: Currency, other: Currency) -> bool {
        self.convert(Micros::ZERO, one, other, Round::Down).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"dataAsOf": "2026-11-25T00:00:00.000Z", "generatedAt": "x",
        "conversions": {"GBP": {"USD": 9}, "USD": {"EUR": 0.8, "JPY": 1.5e2, "KWD": 0.3}}}"#;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn converted(amount: i64, from: &str, to: &str, round: Round) -> Option<i64> {
        let rates = Rates::read(FILE).unwrap();
        let conversion = Conversion(Some(Arc::new(rates)));
        conversion.convert(Micros(amount), currency(from), currency(to), round).map(|one| one.0)
    }

    #[test]
    fn money_goes_through_the_one_base_in_whole_micros() {
        assert_eq!(converted(1_000_000, "USD", "EUR", Round::Down), Some(800_000));
        assert_eq!(converted(800_000, "EUR", "USD", Round::Up), Some(1_000_000));
        assert_eq!(converted(1_000_000, "EUR", "JPY", Round::Down), Some(187_500_000));
        assert_eq!(converted(1, "JPY", "USD", Round::Down), Some(0));
        assert_eq!(converted(1, "JPY", "USD", Round::Up), Some(1));
        assert_eq!(converted(5, "GBP", "GBP", Round::Up), Some(5));
        assert_eq!(converted(5, "GBP", "USD", Round::Up), None, "only one base counts");
        assert_eq!(converted(i64::MAX, "USD", "JPY", Round::Down), None);
    }

    #[test]
    fn a_floor_that_was_rounded_up_is_reached_by_a_bid_of_just_that() {
        for floor in 1..2_000 {
            for other in ["EUR", "JPY", "KWD"] {
                let told = converted(floor, "USD", other, Round::Up).unwrap();
                let bid = converted(told, other, "USD", Round::Down).unwrap();
                assert!(bid >= floor, "{floor} in {other}");
            }
        }
    }

    #[test]
    fn a_file_that_is_not_one_is_named_and_not_repeated() {
        for (text, error) in [
            ("", RatesError::Shape),
            (r#"{"dataAsOf":"2026-11-25"}"#, RatesError::Shape),
            (r#"{"dataAsOf":"2026-11-25","conversions":{"usd":{}}}"#, RatesError::Shape),
            (r#"{"dataAsOf":"today","conversions":{"USD":{"EUR":1}}}"#, RatesError::Date),
            (r#"{"dataAsOf":"2026-11-25","conversions":{}}"#, RatesError::Empty),
            (r#"{"dataAsOf":"2026-11-25","conversions":{"USD":{}}}"#, RatesError::Empty),
            (
                r#"{"dataAsOf":"2026-11-25","conversions":{"USD":{"EUR":0}}}"#,
                RatesError::Rate(currency("EUR")),
            ),
            (
                r#"{"dataAsOf":"2026-11-25","conversions":{"USD":{"EUR":-1}}}"#,
                RatesError::Rate(currency("EUR")),
            ),
            (
                r#"{"dataAsOf":"2026-11-25","conversions":{"USD":{"EUR":"1"}}}"#,
                RatesError::Rate(currency("EUR")),
            ),
            (
                r#"{"dataAsOf":"2026-11-25","conversions":{"USD":{"EUR":1e9}}}"#,
                RatesError::Rate(currency("EUR")),
            ),
        ] {
            assert_eq!(Rates::read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn rates_count_from_their_day_until_they_are_too_old() {
        let board = RateBoard::default();
        let rates = Rates::read(FILE).unwrap();
        let start = rates.as_of().start().0;
        assert!(!board.is_in_force(UnixMillis(start)));
        board.replace(rates);
        for (at, is_in_force) in [
            (start - 1, false),
            (start, true),
            (start + 96 * 3_600_000, true),
            (start + 96 * 3_600_000 + 1, false),
        ] {
            assert_eq!(board.is_in_force(UnixMillis(at)), is_in_force, "{at}");
        }
    }
}
