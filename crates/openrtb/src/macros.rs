//! The auction's macros in a partner's urls and markup: all of section 4.4 of `OpenRTB` 2.6.
//!
//! One pass: what a value brings in is never looked at again. Values are percent-encoded, so that they
//! stay inside one part of a url and cannot open markup. A macro without a value becomes empty, or `AUDIT`
//! where the markup is only tried; text that is not one of the macros stays as it is.

use crate::money::{Currency, Micros};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    fmt::{self, Display, Write as _},
};

/// What stands for each macro. `None` becomes what [`Values::unknown`] says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Values<'v> {
    /// `${AUCTION_ID}`: the id of the bid request as this partner got it.
    pub auction_id: Option<&'v str>,
    /// `${AUCTION_BID_ID}`: `bidid` of the response.
    pub bid_id: Option<&'v str>,
    /// `${AUCTION_IMP_ID}`: the impression as this partner knows it.
    pub imp_id: Option<&'v str>,
    /// `${AUCTION_SEAT_ID}`: the seat that bid.
    pub seat_id: Option<&'v str>,
    /// `${AUCTION_AD_ID}`: `adid` of the bid.
    pub ad_id: Option<&'v str>,
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
    /// `${AUCTION_MULTIPLIER}`: how many impressions were won.
    pub multiplier: Option<Micros>,
    /// `${AUCTION_IMP_TS}`: when the impression was fulfilled, in Unix milliseconds.
    pub imp_ts: Option<i64>,
    /// `${AUCTION_DISCOUNT_PCT}`: the seller's discount, as a percentage of the bid price.
    pub discount_percent: Option<Micros>,
    /// `${AUCTION_DISCOUNT_CPM}`: the seller's discount, per thousand.
    pub discount: Option<Micros>,
    /// What stands for a macro that has no value.
    pub unknown: Unknown,
}

/// What stands for a macro that has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// Nothing: the value is optional, or not for this partner.
    #[default]
    Empty,
    /// `AUDIT`: the markup is rendered for a test.
    Audit,
}

/// One of the macros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Macro {
    AuctionId,
    BidId,
    ImpId,
    SeatId,
    AdId,
    Price,
    Currency,
    MarketBidRatio,
    Loss,
    MinToWin,
    Multiplier,
    ImpTs,
    DiscountPercent,
    Discount,
}

impl Macro {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "AUCTION_ID" => Self::AuctionId,
            "AUCTION_BID_ID" => Self::BidId,
            "AUCTION_IMP_ID" => Self::ImpId,
            "AUCTION_SEAT_ID" => Self::SeatId,
            "AUCTION_AD_ID" => Self::AdId,
            "AUCTION_PRICE" => Self::Price,
            "AUCTION_CURRENCY" => Self::Currency,
            "AUCTION_MBR" => Self::MarketBidRatio,
            "AUCTION_LOSS" => Self::Loss,
            "AUCTION_MIN_TO_WIN" => Self::MinToWin,
            "AUCTION_MULTIPLIER" => Self::Multiplier,
            "AUCTION_IMP_TS" => Self::ImpTs,
            "AUCTION_DISCOUNT_PCT" => Self::DiscountPercent,
            "AUCTION_DISCOUNT_CPM" => Self::Discount,
            _ => return None,
        })
    }
}

/// How a macro asks for its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    /// `${NAME}`: as it is.
    Plain,
    /// `${NAME:B64}`: in Base64 with padding (RFC 4648, section 4).
    Base64,
    /// Anything else, on which nobody agreed: nothing.
    Unknown,
}

impl Encoding {
    fn named(name: Option<&str>) -> Self {
        match name {
            None => Self::Plain,
            Some("B64") => Self::Base64,
            Some(_) => Self::Unknown,
        }
    }

    /// Appends the value, encoded, and then percent-encoded like every value.
    fn append(self, out: &mut String, value: &dyn Display) {
        let mut out = PercentEncoded(out);
        // Writing to a string cannot fail.
        match self {
            Self::Plain => write!(out, "{value}").unwrap_or_default(),
            Self::Base64 => {
                write!(out, "{}", STANDARD.encode(value.to_string())).unwrap_or_default();
            }
            Self::Unknown => {}
        }
    }
}

impl Values<'_> {
    /// Appends the value of a macro.
    fn append(&self, which: Macro, encoding: Encoding, out: &mut String) {
        match (self.of(which), self.unknown) {
            (Some(value), _) => encoding.append(out, value),
            (None, Unknown::Empty) => {}
            (None, Unknown::Audit) => encoding.append(out, &"AUDIT"),
        }
    }

    /// Returns what stands for a macro.
    fn of(&self, which: Macro) -> Option<&dyn Display> {
        fn some<T: Display>(value: Option<&T>) -> Option<&dyn Display> {
            value.map(|value| -> &dyn Display { value })
        }
        match which {
            Macro::AuctionId => some(self.auction_id.as_ref()),
            Macro::BidId => some(self.bid_id.as_ref()),
            Macro::ImpId => some(self.imp_id.as_ref()),
            Macro::SeatId => some(self.seat_id.as_ref()),
            Macro::AdId => some(self.ad_id.as_ref()),
            Macro::Price => some(self.price.as_ref()),
            Macro::Currency => some(self.currency.as_ref()),
            Macro::MarketBidRatio => some(self.market_bid_ratio.as_ref()),
            Macro::Loss => some(self.loss.as_ref()),
            Macro::MinToWin => some(self.min_to_win.as_ref()),
            Macro::Multiplier => some(self.multiplier.as_ref()),
            Macro::ImpTs => some(self.imp_ts.as_ref()),
            Macro::DiscountPercent => some(self.discount_percent.as_ref()),
            Macro::Discount => some(self.discount.as_ref()),
        }
    }
}

/// Returns whether a macro may stand in a text.
pub fn has_macros(text: &str) -> bool {
    opening(text).is_some()
}

/// Returns the text with every macro replaced; as it is where there is none. Past [`MACROS_MAX`] macros the rest stays as it
/// is.
pub fn substitute<'t>(text: &'t str, values: &Values<'_>) -> Cow<'t, str> {
    if !has_macros(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    walk(text, |part| match part {
        Part::Text(text) => out.push_str(text),
        Part::Macro(which, encoding) => values.append(which, encoding, &mut out),
    });
    Cow::Owned(out)
}

/// Returns markup with every macro replaced likewise; `None` where values would bring in more than twice its size and a
/// kibibyte: much must not be made of little.
pub fn substitute_in_markup<'t>(markup: &'t str, values: &Values<'_>) -> Option<Cow<'t, str>> {
    if !has_macros(markup) {
        return Some(Cow::Borrowed(markup));
    }
    let mut out = String::with_capacity(markup.len());
    let mut room = markup.len().checked_mul(2).and_then(|room| room.checked_add(VALUES_BYTES_MIN));
    walk(markup, |part| match part {
        Part::Text(text) => out.push_str(text),
        Part::Macro(which, encoding) => {
            if let Some(left) = room {
                let before = out.len();
                values.append(which, encoding, &mut out);
                room = left.checked_sub(out.len() - before);
            }
        }
    });
    room.map(|_| Cow::Owned(out))
}

/// Returns the text with every macro replaced, but for `${AUCTION_IMP_TS}`: its place stays open until the
/// ad has been shown.
pub fn substitute_until_shown(text: &str, values: &Values<'_>) -> Pieces {
    let mut pieces = Pieces::default();
    walk(text, |part| match part {
        Part::Text(part) => pieces.write(text.len(), |out| out.push_str(part)),
        Part::Macro(Macro::ImpTs, encoding) => pieces.0.push(Piece::ShownAt(encoding)),
        Part::Macro(which, encoding) => {
            pieces.write(text.len(), |out| values.append(which, encoding, out));
        }
    });
    pieces
}

/// A text that lacks only when an ad was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pieces(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Piece {
    Text(String),
    ShownAt(Encoding),
}

impl Pieces {
    /// Returns the whole text for an ad shown at that time, in Unix milliseconds.
    pub fn shown_at(&self, unix_ms: i64) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::ShownAt(encoding) => encoding.append(&mut out, &unix_ms),
            }
        }
        out
    }

    /// Writes on at the end; a new piece has room for so many bytes.
    fn write(&mut self, bytes: usize, write: impl FnOnce(&mut String)) {
        if let Some(Piece::Text(text)) = self.0.last_mut() {
            write(text);
        } else {
            let mut text = String::with_capacity(bytes);
            write(&mut text);
            self.0.push(Piece::Text(text));
        }
    }
}

impl From<String> for Pieces {
    fn from(text: String) -> Self {
        Self(vec![Piece::Text(text)])
    }
}

/// A part of a text: something between macros, or one of them.
enum Part<'t> {
    Text(&'t str),
    Macro(Macro, Encoding),
}

/// Takes the text apart, once and from left to right.
fn walk<'t>(text: &'t str, mut take: impl FnMut(Part<'t>)) {
    let mut rest = text;
    let mut found = 0;
    while found < MACROS_MAX
        && let Some(start) = opening(rest)
    {
        let (before, from) = rest.split_at(start);
        take(Part::Text(before));
        let inside = from.get(2..).unwrap_or_default();
        if let Some((which, encoding, after)) = macro_at(inside) {
            take(Part::Macro(which, encoding));
            found += 1;
            rest = after;
        } else {
            take(Part::Text("${"));
            rest = inside;
        }
    }
    take(Part::Text(rest));
}

/// Returns where the next macro may begin.
fn opening(text: &str) -> Option<usize> {
    // Why: one byte is looked for many times faster than two.
    let mut dollars = text.match_indices('$').map(|(at, _)| at);
    dollars.find(|at| text.as_bytes().get(at + 1) == Some(&b'{'))
}

/// Returns the macro whose name begins here, and what follows it.
fn macro_at(inside: &str) -> Option<(Macro, Encoding, &str)> {
    // Why: a name is short; looking further for the brace would make hostile text quadratic.
    let end = inside.bytes().take(NAME_BYTES_MAX).position(|byte| byte == b'}')?;
    let name = inside.get(..end)?;
    let (name, encoding) = match name.split_once(':') {
        Some((name, encoding)) => (name, Some(encoding)),
        None => (name, None),
    };
    Some((Macro::named(name)?, Encoding::named(encoding), inside.get(end + 1..)?))
}

/// Macros replaced in one text at most.
pub const MACROS_MAX: usize = 1_024;
/// Values may bring so many bytes into markup of any size.
const VALUES_BYTES_MIN: usize = 1_024;
/// The longest name of a macro with its encoding.
const NAME_BYTES_MAX: usize = 48;

/// Percent-encodes everything but the unreserved characters of RFC 3986.
struct PercentEncoded<'o>(&'o mut String);

impl fmt::Write for PercentEncoded<'_> {
    fn write_str(&mut self, value: &str) -> fmt::Result {
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                self.0.push(char::from(byte));
            } else {
                write!(self.0, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}
