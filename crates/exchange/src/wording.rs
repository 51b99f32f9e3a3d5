//! What a bid's addresses and markup become once their macros are filled in.
//!
//! It is looked at twice: as a bid is checked, with values as long as they can be, so that what could not be answered
//! competes with nobody; and with those of the auction's end.

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
    macros::{Pieces, Unknown, Values, substitute, substitute_in_markup, substitute_until_shown},
    money::Micros,
    request::Imp,
};

/// A bid's addresses and markup.
#[derive(Debug)]
pub(crate) struct Wording {
    pub(crate) win_url: Option<String>,
    /// All but the time at which the ad is shown.
    pub(crate) burl: Option<Pieces>,
    /// `None` where it comes with the win notice.
    pub(crate) markup: Option<String>,
}

impl Wording {
    /// Fills everything in that came with the bid, as if its ad were shown at that time.
    pub(crate) fn of(
        (weighed, imp): (&Weighed, &Imp),
        heard: &Heard,
        values: &Values,
        shown_at: UnixMillis,
    ) -> Result<Self, SeatStatus> {
        let bid = &heard.bid;
        let win_url = bid.win_url.as_deref().map(|url| substitute(url, values));
        // Why: a test is not billable, so that nobody is billed for it.
        let billing_url = bid.billing_url.as_deref().filter(|_| !weighed.request.test);
        let burl = billing_url.map(|url| substitute_until_shown(url, values));
        let shown = burl.as_ref().map(|url| url.shown_at(shown_at.0));
        for url in [&win_url, &shown].into_iter().flatten() {
            // Why: a macro's value is the partner's too, and could complete an identifier.
            if heard.identifiers.are_in_notice(url) {
                return Err(SeatStatus::RepeatsIdentifier);
            }
            if url.len() > NOTICE_CHARS_MAX {
                return Err(SeatStatus::NoticeHost);
            }
        }
        let markup = bid.markup.as_deref().map(|text| markup(imp, heard, text, values));
        Ok(Self { win_url, burl, markup: markup.transpose()? })
    }

    /// Looks at a bid before anybody knows how the auction ends.
    pub(crate) fn check(within: (&Weighed, &Imp), heard: &Heard) -> Result<(), SeatStatus> {
        // Why: no price that is paid has more digits.
        let whole = heard.bid.price.0 / ONE.0 * ONE.0;
        let longest = Some(Micros(whole.saturating_add(ONE.0 - 1)));
        let (weighed, imp) = within;
        let values = Values {
            price: longest,
            market_bid_ratio: Some(Micros(ONE.0 - 1)),
            min_to_win: longest,
            ..of_win(weighed, imp, heard)
        };
        Self::of(within, heard, &values, MUCH_LATER).map(drop)
    }
}

/// Fills markup in. What a macro leaves behind could complete an address, as it could an identifier.
pub(crate) fn markup(
    imp: &Imp,
    heard: &Heard,
    text: &str,
    values: &Values,
) -> Result<String, SeatStatus> {
    let markup = substitute_in_markup(text, values).ok_or(SeatStatus::Grows)?;
    creative::check_secure(imp, &markup)?;
    if heard.identifiers.are_in_markup(&markup) {
        return Err(SeatStatus::RepeatsIdentifier);
    }
    Ok(markup)
}

/// The values of a bid that won at this price. Prices are told in the currency of the bid. What is paid is rounded down and
/// never more than was bid.
pub(crate) fn values(
    (weighed, imp): (&Weighed, &Imp),
    checked: &Checked,
    price: Micros,
    min_to_win: Option<Micros>,
) -> Values {
    let bid = &checked.heard.bid;
    let own = |amount, round| {
        weighed.conversion.convert(amount, weighed.currency, checked.heard.currency, round)
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
fn of_win(weighed: &Weighed, imp: &Imp, heard: &Heard) -> Values {
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
