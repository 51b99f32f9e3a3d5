//! The auction's macros in a partner's urls and markup.
//!
//! One pass: what a value brings in is never looked at again. Values are percent-encoded, so that they
//! stay inside one part of a url and cannot open markup. A macro without a value becomes empty; text
//! that is not one of the macros stays as it is.

use crate::money::{Currency, Micros};
use std::fmt::Write as _;

/// What stands for each macro. `None` becomes the empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// `${AUCTION_ID}`: the id of the bid request as this partner got it.
    pub auction_id: Option<String>,
    /// `${AUCTION_BID_ID}`: `bidid` of the response.
    pub bid_id: Option<String>,
    /// `${AUCTION_IMP_ID}`: the impression as this partner knows it.
    pub imp_id: Option<String>,
    /// `${AUCTION_SEAT_ID}`: the seat that bid.
    pub seat_id: Option<String>,
    /// `${AUCTION_AD_ID}`: `adid` of the bid.
    pub ad_id: Option<String>,
    /// `${AUCTION_PRICE}`: the clearing price; `None` for those who lost.
    pub price: Option<Micros>,
    /// `${AUCTION_CURRENCY}`.
    pub currency: Option<Currency>,
    /// `${AUCTION_MBR}`: clearing price divided by bid price.
    pub market_bid_ratio: Option<Micros>,
    /// `${AUCTION_LOSS}`: the loss reason code.
    pub loss: Option<u16>,
    /// `${AUCTION_MIN_TO_WIN}`.
    pub min_to_win: Option<Micros>,
    /// `${AUCTION_MULTIPLIER}`.
    pub multiplier: Option<Micros>,
    /// `${AUCTION_IMP_TS}`.
    pub imp_ts: Moment,
}

/// When the impression was fulfilled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    /// Nobody will know.
    #[default]
    Never,
    /// It is known only later: the macro stays, for [`fulfilled`].
    Later,
}

impl Values {
    /// Returns the text of the macro with that name, or `None` if it is not one of the macros.
    fn of(&self, name: &str) -> Option<String> {
        fn text<T: ToString>(value: Option<&T>) -> String {
            value.map(ToString::to_string).unwrap_or_default()
        }
        Some(match name {
            "AUCTION_ID" => text(self.auction_id.as_ref()),
            "AUCTION_BID_ID" => text(self.bid_id.as_ref()),
            "AUCTION_IMP_ID" => text(self.imp_id.as_ref()),
            "AUCTION_SEAT_ID" => text(self.seat_id.as_ref()),
            "AUCTION_AD_ID" => text(self.ad_id.as_ref()),
            "AUCTION_PRICE" => text(self.price.as_ref()),
            "AUCTION_CURRENCY" => text(self.currency.as_ref()),
            "AUCTION_MBR" => text(self.market_bid_ratio.as_ref()),
            "AUCTION_LOSS" => text(self.loss.as_ref()),
            "AUCTION_MIN_TO_WIN" => text(self.min_to_win.as_ref()),
            "AUCTION_MULTIPLIER" => text(self.multiplier.as_ref()),
            // No seller's discount is taken off a price.
            "AUCTION_DISCOUNT_PCT" | "AUCTION_DISCOUNT_CPM" => String::from("0"),
            "AUCTION_IMP_TS" => String::new(),
            _ => return None,
        })
    }
}

/// Returns the text with every macro replaced. `${NAME:X}` names an encoding both sides agreed on; we
/// agree on none, so it becomes empty. Past [`MACROS_MAX`] macros the rest stays as it is.
pub fn substitute(text: &str, values: &Values) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut replaced = 0;
    while replaced < MACROS_MAX
        && let Some(start) = rest.find("${")
    {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let inside = from.get(2..).unwrap_or_default();
        // Why: a name is short; looking further for the brace would make hostile text quadratic.
        let end = inside.bytes().take(NAME_BYTES_MAX).position(|byte| byte == b'}');
        let name = end.and_then(|end| inside.get(..end));
        let (name_alone, encoding) = match name.map(|name| name.split_once(':')) {
            Some(Some((name, encoding))) => (Some(name), Some(encoding)),
            _ => (name, None),
        };
        let is_later = name == Some("AUCTION_IMP_TS") && values.imp_ts == Moment::Later;
        let value = name_alone.filter(|_| !is_later).and_then(|name| values.of(name));
        if let (Some(value), Some(end)) = (value, end) {
            if encoding.is_none() {
                encode(&mut out, &value);
            }
            replaced += 1;
            rest = inside.get(end + 1..).unwrap_or_default();
        } else {
            out.push_str("${");
            rest = inside;
        }
    }
    out.push_str(rest);
    out
}

/// Returns the text with the time that was left open by [`Moment::Later`], in Unix milliseconds.
pub fn fulfilled(text: &str, at_ms: i64) -> String {
    text.replace("${AUCTION_IMP_TS}", &at_ms.to_string())
}

/// Macros replaced in one text at most.
pub const MACROS_MAX: usize = 1_024;
/// The longest name of a macro with its encoding.
const NAME_BYTES_MAX: usize = 48;

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn encode(out: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn won() -> Values {
        Values {
            auction_id: Some(String::from("a1")),
            bid_id: Some(String::from("${AUCTION_PRICE}")),
            price: Some(Micros(1_250_000)),
            currency: Some(Currency::USD),
            ..Values::default()
        }
    }

    #[test]
    fn known_macros_are_replaced_and_others_stay() {
        for (text, expected) in [
            (
                "https://dsp.example/w?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}",
                "https://dsp.example/w?p=1.25&c=USD",
            ),
            ("${AUCTION_ID}${AUCTION_ID}", "a1a1"),
            ("${AUCTION_LOSS}|${AUCTION_IMP_ID}", "|"),
            ("${AUCTION_PRICE:B64}|", "|"),
            ("${AUCTION_DISCOUNT_PCT}${AUCTION_DISCOUNT_CPM}", "00"),
            ("${AUCTION_IMP_TS}|", "|"),
            ("${OTHER} ${", "${OTHER} ${"),
            ("$${AUCTION_ID}}", "$a1}"),
            ("${${AUCTION_ID}", "${a1"),
            ("\u{e9}${\u{e9}}", "\u{e9}${\u{e9}}"),
        ] {
            assert_eq!(substitute(text, &won()), expected, "{text}");
        }
    }

    #[test]
    fn the_time_of_the_impression_can_be_filled_in_later() {
        let later = Values { imp_ts: Moment::Later, ..won() };
        let open = substitute("t=${AUCTION_IMP_TS}&x=${AUCTION_IMP_TS:X}&a=${AUCTION_ID}", &later);
        assert_eq!(open, "t=${AUCTION_IMP_TS}&x=&a=a1");
        assert_eq!(fulfilled(&open, 1_700_000_000_000), "t=1700000000000&x=&a=a1");
    }

    #[test]
    fn a_text_of_macros_only_cannot_grow_without_bound() {
        let values = Values { ad_id: Some("a".repeat(256)), ..Values::default() };
        let out = substitute(&"${AUCTION_AD_ID}".repeat(60_000), &values);
        assert!(out.len() < 60_000 * 16 + MACROS_MAX * 256, "{}", out.len());
        assert!(out.ends_with("${AUCTION_AD_ID}"));
    }

    #[test]
    fn a_value_is_never_searched_for_macros() {
        assert_eq!(substitute("x=${AUCTION_BID_ID}", &won()), "x=%24%7BAUCTION_PRICE%7D");
    }

    proptest! {
        #[test]
        fn a_value_cannot_leave_its_place(value in "\\PC{0,40}") {
            let values = Values { seat_id: Some(value), ..Values::default() };
            let out = substitute("${AUCTION_SEAT_ID}", &values);
            prop_assert!(out.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        }

        #[test]
        fn text_without_macros_is_unchanged(text in "[^$]{0,80}") {
            prop_assert_eq!(substitute(&text, &won()), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[${}A-Z_:\u{e9}]{0,80}") {
            drop(substitute(&text, &won()));
        }
    }
}
