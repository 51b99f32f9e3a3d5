//! What a bid's addresses and markup become once their macros are filled in.
//!
//! It is looked at twice: as a bid is checked, with values as long as they can be, so that what could not be answered
//! competes with nobody; and with those of the auction's end. What has no macros stays what it was, and is looked at once.

use crate::{
    check::{Checked, NOTICE_CHARS_MAX},
    creative,
    heard::Heard,
    occasion::Weighed,
    rates::Round,
    status::SeatStatus,
};
use sluicegate_gate::time::UnixMillis;
use sluicegate_openrtb::{
    macros::{
        Pieces, Unknown, Values, has_macros, substitute, substitute_in_markup,
        substitute_until_shown,
    },
    money::Micros,
    request::Imp,
    response::Bid,
};
use std::borrow::Cow;

/// The addresses and markup of a bid that won.
#[derive(Debug)]
pub(crate) struct Wording {
    pub(crate) win_url: Option<String>,
    /// All but the time at which the ad is shown.
    pub(crate) burl: Option<Pieces>,
    pub(crate) markup: Markup,
}

/// The markup of a bid that won.
#[derive(Debug)]
pub(crate) enum Markup {
    /// It is the bid's own.
    AsItCame,
    /// With its macros filled in.
    Filled(String),
    /// It comes with the win notice.
    Awaited,
}

impl Wording {
    /// Fills everything in that came with the bid, as if its ad were shown at that time.
    pub(crate) fn of(
        (weighed, imp): (&Weighed, &Imp),
        heard: &Heard,
        values: &Values<'_>,
        shown_at: UnixMillis,
    ) -> Result<Self, SeatStatus> {
        let bid = &heard.bid;
        let win_url = bid.win_url.as_deref().map(|url| substitute(url, values));
        if let Some(Cow::Owned(url)) = &win_url {
            check_address(heard, url)?;
        }
        let burl = billing_url(weighed, bid).map(|url| {
            let pieces = substitute_until_shown(url, values);
            if has_macros(url) {
                check_address(heard, &pieces.shown_at(shown_at.0))?;
            }
            Ok(pieces)
        });
        let markup = match bid.markup.as_deref() {
            None => Markup::Awaited,
            Some(text) if has_macros(text) => Markup::Filled(markup(imp, heard, text, values)?),
            Some(_) => Markup::AsItCame,
        };
        Ok(Self { win_url: win_url.map(Cow::into_owned), burl: burl.transpose()?, markup })
    }
}

/// Looks at the markup that came with a bid before anybody knows how the auction ends.
pub(crate) fn check_markup(
    imp: &Imp,
    heard: &Heard,
    longest: &Values<'_>,
) -> Result<(), SeatStatus> {
    let text = heard.bid.markup.as_deref();
    text.map_or(Ok(()), |text| filled(imp, heard, text, longest).map(drop))
}

/// Looks likewise at the addresses to tell of a win and of a bill by.
pub(crate) fn check_addresses(
    weighed: &Weighed,
    heard: &Heard,
    longest: &Values<'_>,
) -> Result<(), SeatStatus> {
    if let Some(url) = heard.bid.win_url.as_deref() {
        check_address(heard, &substitute(url, longest))?;
    }
    if let Some(url) = billing_url(weighed, &heard.bid) {
        let shown = Values { imp_ts: Some(MUCH_LATER.0), ..*longest };
        check_address(heard, &substitute(url, &shown))?;
    }
    Ok(())
}

/// Why: a test is not billable, so that nobody is billed for it.
fn billing_url<'a>(weighed: &Weighed, bid: &'a Bid) -> Option<&'a str> {
    bid.billing_url.as_deref().filter(|_| !weighed.request.test)
}

/// Checks an address that is filled in. A macro's value is the partner's too, and could complete an identifier.
fn check_address(heard: &Heard, url: &str) -> Result<(), SeatStatus> {
    if heard.source.identifiers.are_in_notice(url) {
        return Err(SeatStatus::RepeatsIdentifier);
    }
    if url.len() > NOTICE_CHARS_MAX {
        return Err(SeatStatus::NoticeHost);
    }
    Ok(())
}

/// Fills markup in.
pub(crate) fn markup(
    imp: &Imp,
    heard: &Heard,
    text: &str,
    values: &Values<'_>,
) -> Result<String, SeatStatus> {
    filled(imp, heard, text, values).map(Cow::into_owned)
}

/// Fills markup in and looks at it. What a macro leaves behind could complete an address, as it could an identifier.
fn filled<'t>(
    imp: &Imp,
    heard: &Heard,
    text: &'t str,
    values: &Values<'_>,
) -> Result<Cow<'t, str>, SeatStatus> {
    let markup = substitute_in_markup(text, values).ok_or(SeatStatus::Grows)?;
    creative::check_secure(imp, &markup)?;
    if heard.source.identifiers.are_in_markup(&markup) {
        return Err(SeatStatus::RepeatsIdentifier);
    }
    Ok(markup)
}

/// Values as long as they can be.
pub(crate) fn longest<'h>((weighed, imp): (&Weighed, &Imp), heard: &'h Heard) -> Values<'h> {
    // Why: no price that is paid has more digits.
    let whole = heard.bid.price.0 / ONE.0 * ONE.0;
    let longest = Some(Micros(whole.saturating_add(ONE.0 - 1)));
    Values {
        price: longest,
        market_bid_ratio: Some(Micros(ONE.0 - 1)),
        min_to_win: longest,
        ..of_win(weighed, imp, heard)
    }
}

/// The values of a bid that won at this price. Prices are told in the currency of the bid. What is paid is rounded down and
/// never more than was bid.
pub(crate) fn values<'c>(
    (weighed, imp): (&Weighed, &Imp),
    checked: &'c Checked,
    price: Micros,
    min_to_win: Option<Micros>,
) -> Values<'c> {
    let bid = &checked.heard.bid;
    let own = |amount, round| {
        weighed.conversion.convert(amount, weighed.currency, checked.heard.source.currency, round)
    };
    let is_its_bid = price == checked.offer.price;
    let paid = if is_its_bid { Some(bid.price) } else { own(price, Round::Down) };
    let ratio = i128::from(price.0) * i128::from(ONE.0) / i128::from(checked.offer.price.0.max(1));
    Values {
        price: paid.map(|paid| paid.min(bid.price)),
        market_bid_ratio: i64::try_from(ratio).ok().map(Micros),
        min_to_win: min_to_win.and_then(|amount| own(amount, Round::Up)),
        ..of_win(weighed, imp, &checked.heard)
    }
}

/// What is the same at any price.
fn of_win<'h>(weighed: &Weighed, imp: &Imp, heard: &'h Heard) -> Values<'h> {
    Values {
        loss: Some(0),
        multiplier: Some(imp.quantity.unwrap_or(ONE)),
        discount_percent: Some(Micros::ZERO),
        discount: Some(Micros::ZERO),
        unknown: if weighed.request.test { Unknown::Audit } else { Unknown::Empty },
        ..heard.values()
    }
}

/// An impression counts once, and nothing is taken off its price.
const ONE: Micros = Micros(1_000_000);
/// A time that takes as many digits as any of this century.
const MUCH_LATER: UnixMillis = UnixMillis(4_102_444_800_000);
