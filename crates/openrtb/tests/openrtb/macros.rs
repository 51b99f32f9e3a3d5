//! Macros in markup and notices: section 4.4 of `OpenRTB` 2.6.

use proptest::prelude::*;
use sluicegate_openrtb::{
    macros::{
        MACROS_MAX, Pieces, Unknown, Values, substitute, substitute_in_markup,
        substitute_until_shown,
    },
    money::{Currency, Micros},
};
use std::borrow::Cow;

/// Every macro of the standard with its value, as it comes out alone and in Base64.
const ALL: [(&str, &str, &str); 14] = [
    ("AUCTION_ID", "a1", "YTE%3D"),
    ("AUCTION_BID_ID", "%24%7BAUCTION_PRICE%7D", "JHtBVUNUSU9OX1BSSUNFfQ%3D%3D"),
    ("AUCTION_IMP_ID", "1", "MQ%3D%3D"),
    ("AUCTION_SEAT_ID", "seat%2F1", "c2VhdC8x"),
    ("AUCTION_AD_ID", "ad~9", "YWR%2BOQ%3D%3D"),
    ("AUCTION_PRICE", "1.25", "MS4yNQ%3D%3D"),
    ("AUCTION_CURRENCY", "USD", "VVNE"),
    ("AUCTION_MBR", "0.5", "MC41"),
    ("AUCTION_LOSS", "102", "MTAy"),
    ("AUCTION_MIN_TO_WIN", "0.9", "MC45"),
    ("AUCTION_MULTIPLIER", "1", "MQ%3D%3D"),
    ("AUCTION_IMP_TS", "1800000000000", "MTgwMDAwMDAwMDAwMA%3D%3D"),
    ("AUCTION_DISCOUNT_PCT", "0", "MA%3D%3D"),
    ("AUCTION_DISCOUNT_CPM", "0", "MA%3D%3D"),
];

fn full() -> Values<'static> {
    Values {
        auction_id: Some("a1"),
        bid_id: Some("${AUCTION_PRICE}"),
        imp_id: Some("1"),
        seat_id: Some("seat/1"),
        ad_id: Some("ad~9"),
        price: Some(Micros(1_250_000)),
        currency: Some(Currency::USD),
        market_bid_ratio: Some(Micros(500_000)),
        loss: Some(102),
        min_to_win: Some(Micros(900_000)),
        multiplier: Some(Micros(1_000_000)),
        imp_ts: Some(1_800_000_000_000),
        discount_percent: Some(Micros::ZERO),
        discount: Some(Micros::ZERO),
        unknown: Unknown::Empty,
    }
}

#[test]
fn every_macro_of_the_standard_is_replaced_once_and_encoded_as_it_asks() {
    let audit = Values { unknown: Unknown::Audit, ..Values::default() };
    for (name, plain, base64) in ALL {
        let (alone, encoded) = (format!("${{{name}}}"), format!("${{{name}:B64}}"));
        assert_eq!(
            substitute(&format!("<{alone}|{alone}>"), &full()),
            format!("<{plain}|{plain}>")
        );
        assert_eq!(substitute(&encoded, &full()), base64, "{name}");
        assert_eq!(substitute(&format!("${{{name}:AES}}"), &full()), "", "{name}");
        assert_eq!(substitute(&format!("<{alone}{encoded}>"), &Values::default()), "<>", "{name}");
        assert_eq!(substitute(&alone, &audit), "AUDIT", "{name}");
        assert_eq!(substitute(&encoded, &audit), "QVVESVQ%3D", "{name}");
    }
}

#[test]
fn what_is_no_macro_stays_as_it_is() {
    for (text, expected) in [
        (
            "https://dsp.example/w?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}",
            "https://dsp.example/w?p=1.25&c=USD",
        ),
        ("${OTHER} ${", "${OTHER} ${"),
        ("${auction_price}${AUCTION PRICE}", "${auction_price}${AUCTION PRICE}"),
        ("$${AUCTION_ID}}", "$a1}"),
        ("${${AUCTION_ID}", "${a1"),
        ("\u{e9}${\u{e9}}", "\u{e9}${\u{e9}}"),
    ] {
        assert_eq!(substitute(text, &full()), expected, "{text}");
    }
}

#[test]
fn when_the_ad_was_shown_is_filled_in_last_and_everything_else_once() {
    let values = Values { ad_id: Some("IMP_TS"), imp_ts: None, ..full() };
    for (text, expected) in [
        ("https://dsp.example/b?t=${AUCTION_IMP_TS}", "https://dsp.example/b?t=7"),
        ("${AUCTION_IMP_TS}${AUCTION_PRICE}${AUCTION_IMP_TS:B64}", "71.25Nw%3D%3D"),
        ("${AUCTION_IMP_TS:AES}|", "|"),
        // A value does not make a macro with the text around it.
        ("${AUCTION_${AUCTION_AD_ID}}", "${AUCTION_IMP_TS}"),
        ("", ""),
    ] {
        let pieces = substitute_until_shown(text, &values);
        let kept: Pieces = serde_json::from_str(&serde_json::to_string(&pieces).unwrap()).unwrap();
        assert_eq!(kept.shown_at(7), expected, "{text}");
    }
}

#[test]
fn a_text_of_macros_only_cannot_grow_without_bound() {
    let long = "a".repeat(256);
    let values = Values { ad_id: Some(&long), ..Values::default() };
    let text = "${AUCTION_AD_ID}".repeat(60_000);
    let out = substitute(&text, &values);
    assert!(out.len() < 60_000 * 16 + MACROS_MAX * 256, "{}", out.len());
    assert!(out.ends_with("${AUCTION_AD_ID}"));
}

#[test]
fn values_bring_no_more_into_markup_than_twice_its_size_and_a_kibibyte() {
    let long = "/".repeat(256);
    let values = Values { ad_id: Some(&long), ..full() };
    let macros = |count: usize| "${AUCTION_AD_ID}".repeat(count);
    let filled = |count: usize| "%2F".repeat(256 * count);
    let grown = |text: &str| substitute_in_markup(text, &values).map(Cow::into_owned);
    assert_eq!(grown(&macros(1)), Some(filled(1)));
    assert_eq!(grown(&macros(2)), None);
    let ad = "<p>An ad</p>".repeat(300);
    let fits = format!("{ad}{}", macros(10));
    assert_eq!(grown(&fits), Some(format!("{ad}{}", filled(10))));
    assert_eq!(grown(&format!("{ad}{}", macros(100))), None);
    for usual in
        ["", "<p>${AUCTION_PRICE}</p>", "${AUCTION_ID}${AUCTION_IMP_ID}${AUCTION_CURRENCY}"]
    {
        assert_eq!(substitute_in_markup(usual, &full()), Some(substitute(usual, &full())));
    }
}

proptest! {
    #[test]
    fn a_value_cannot_leave_its_place(value in "\\PC{0,40}") {
        let values = Values { seat_id: Some(&value), ..Values::default() };
        let out = substitute("${AUCTION_SEAT_ID}${AUCTION_SEAT_ID:B64}", &values);
        prop_assert!(out.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
    }

    #[test]
    fn text_without_macros_is_unchanged_and_not_even_copied(text in "[^$]{0,80}|[^{]{0,80}") {
        prop_assert!(matches!(substitute(&text, &full()), Cow::Borrowed(same) if same == text));
        let markup = substitute_in_markup(&text, &full());
        prop_assert!(matches!(markup, Some(Cow::Borrowed(same)) if same == text));
    }

    #[test]
    fn both_ways_of_replacing_agree(text in "([${}A-Z_:\u{e9}]{0,20}|\\$\\{AUCTION_(IMP_TS|PRICE|ID)(:B64|:X)?\\}){0,6}") {
        let values = Values { imp_ts: Some(12), ..full() };
        let late = substitute_until_shown(&text, &Values { imp_ts: None, ..full() });
        prop_assert_eq!(late.shown_at(12), substitute(&text, &values));
    }
}
