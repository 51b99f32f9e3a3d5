//! What is made of the columns: percentages, and money by heads. Everything is rounded down, so that the same
//! columns always make the same rate.

use crate::lookup::is_cut;
use std::collections::{BTreeMap, BTreeSet};

/// Money by currency, in millionths. Currencies are never added up.
pub type Micros = BTreeMap<String, i64>;

/// What was got for what was paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// The cost of an install, by currency, in millionths; nothing where nothing was installed.
    pub ecpi_micros: Micros,
    /// Revenue less cost by cost, in percent with two places.
    pub roi: Option<String>,
    /// Revenue by cost, in percent with two places.
    pub roas: Option<String>,
}

impl Worth {
    /// Makes the rates of numbers that are shown beside them. `roi` and `roas` are there where something was paid
    /// and all the money is of one currency: of several they would leave some out.
    pub fn of(cost: &Micros, revenue: &Micros, installs: i64) -> Self {
        let (roi, roas) = match one_currency(cost, revenue) {
            Some((cost, revenue)) => {
                (percent(revenue.saturating_sub(cost), cost), percent(revenue, cost))
            }
            None => (None, None),
        };
        Self { ecpi_micros: each(cost, installs), roi, roas }
    }
}

/// Returns cost and revenue where both are in one currency.
fn one_currency(cost: &Micros, revenue: &Micros) -> Option<(i64, i64)> {
    let mut paid = cost.iter().filter(|(_, micros)| **micros != 0);
    let (currency, cost) = paid.next()?;
    let others = revenue.iter().any(|(other, micros)| other != currency && *micros != 0);
    let one = paid.next().is_none() && !others;
    one.then(|| (*cost, revenue.get(currency).copied().unwrap_or(0)))
}

/// Returns a part in percent of the whole with two places; nothing where the whole is nothing.
pub(super) fn percent(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let hundredths = (i128::from(part) * 10_000).div_euclid(i128::from(whole));
    let sign = if hundredths < 0 { "-" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    Some(format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100))
}

/// Returns money by heads; nothing where there are none.
pub(super) fn each(money: &Micros, heads: i64) -> Micros {
    if heads <= 0 {
        return Micros::new();
    }
    let shares =
        money.iter().map(|(currency, micros)| (currency.clone(), micros.div_euclid(heads)));
    shares.collect()
}

/// Returns the currencies in which a sum reached what one place holds.
pub(super) fn cut(sums: &[&Micros]) -> Vec<String> {
    let cut = sums.iter().copied().flatten().filter(|(_, micros)| is_cut(**micros));
    let currencies: BTreeSet<&String> = cut.map(|(currency, _)| currency).collect();
    currencies.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(all: &[(&str, i64)]) -> Micros {
        all.iter().map(|(currency, micros)| ((*currency).to_owned(), *micros)).collect()
    }

    #[test]
    fn percentages_are_rounded_down_and_differ_by_a_hundred() {
        for (revenue, roas, roi) in [
            (0, "0.00", "-100.00"),
            (1, "33.33", "-66.67"),
            (3, "100.00", "0.00"),
            (4, "133.33", "33.33"),
        ] {
            let worth = Worth::of(&micros(&[("EUR", 3)]), &micros(&[("EUR", revenue)]), 0);
            assert_eq!((worth.roas.as_deref(), worth.roi.as_deref()), (Some(roas), Some(roi)));
            assert!(worth.ecpi_micros.is_empty());
        }
        assert_eq!(percent(i64::MAX, 1).as_deref(), Some("922337203685477580700.00"));
        assert_eq!((percent(1, 0), percent(1, -1)), (None, None));
    }

    #[test]
    fn no_return_leaves_money_of_another_currency_out() {
        let (eur, usd) = (micros(&[("EUR", 5_000_000)]), micros(&[("USD", 1)]));
        let both = micros(&[("EUR", 5_000_000), ("USD", 1)]);
        for (cost, revenue) in [(&eur, &usd), (&eur, &both), (&both, &eur), (&Micros::new(), &eur)]
        {
            let worth = Worth::of(cost, revenue, 2);
            assert_eq!((worth.roas, worth.roi), (None, None));
        }
        assert_eq!(
            Worth::of(&both, &eur, 2).ecpi_micros,
            micros(&[("EUR", 2_500_000), ("USD", 0)])
        );
        let free = micros(&[("EUR", 5), ("USD", 0)]);
        assert_eq!(Worth::of(&free, &eur, -3).roas.as_deref(), Some("100000000.00"));
    }
}
