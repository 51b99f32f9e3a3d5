//! What of a request one partner is asked for: what it can bid on, and of ids that the platform chose, of deals
//! and seats, those that the register lists for it.
//!
//! A deal's terms are the register's. The request names it, and can narrow it: by a higher floor, by floors that depend
//! on how long an ad plays, by fewer seats or advertisers, and by how its winner pays where the register does not say.

use crate::{call::Wanted, occasion::Occasion, rates::Round, shelf::Terms, status::SeatStatus};
use sluicegate_openrtb::{
    money::{Currency, Micros},
    request::{Compared, Deal, DealPrice, Format, Formats, Imp, Listed},
    write::{Lot, LotImp},
};
use sluicegate_register::{AdFormat, Partnership};
use std::sync::Arc;

/// What one partner is asked for, and why not for the rest.
#[derive(Debug)]
pub(crate) struct PutUp {
    pub(crate) lot: Lot,
    /// Impressions that it is not asked for.
    pub(crate) left_out: Vec<(usize, SeatStatus)>,
    /// Whether deals are not told for which there is no exchange rate, of impressions that it is asked for.
    pub(crate) lacks_rate_of_deals: bool,
    /// How many of its bids for one impression count.
    pub(crate) bids_per_imp_max: usize,
}

impl PutUp {
    /// Returns why the partner is not asked at all, if so.
    pub(crate) fn nothing(&self) -> Option<SeatStatus> {
        let first = self.left_out.first().map(|(_, status)| *status);
        first.filter(|_| self.lot.imps.is_empty())
    }
}

impl Occasion<'_> {
    /// Chooses what one partner is asked for.
    pub(crate) fn put_up(&self, partnership: &Partnership) -> PutUp {
        let (request, auction) = (&self.weighed.request, self.weighed.currency);
        let blocks = &request.blocks;
        let terms = self.shelf.terms(&partnership.terms.id);
        let currency = terms.currency.unwrap_or(auction);
        let mut put_up = PutUp {
            lot: Lot {
                imps: Vec::new(),
                currency,
                currencies: self.currencies(terms),
                // Why: only one of both lists may be told, so that the one that is must leave nothing out.
                allowed_seats: those(&terms.seats, |seat| {
                    blocks.allowed_seats.holds(seat) && !blocks.seats.holds(seat)
                }),
                blocked_seats: those(&terms.seats, |seat| blocks.seats.holds(seat)),
                are_all_imps: false,
                is_decided_upstream: request.source.decided_upstream
                    || self.weighed.wanted == Wanted::AllBids,
            },
            left_out: Vec::new(),
            lacks_rate_of_deals: false,
            bids_per_imp_max: terms.bids_per_imp_max,
        };
        let whole = self.whole(terms, &put_up.lot);
        for (index, imp) in self.weighed.request.imps.iter().enumerate() {
            let is_full = put_up.lot.imps.len() >= terms.imps_max;
            let one = match whole {
                Some(status) => Err(status),
                None => self.imp(partnership, terms, index, imp),
            };
            match one {
                Ok(_) if is_full => put_up.left_out.push((index, SeatStatus::TooManyImps)),
                Ok((one, lacks_rate_of_deals)) => {
                    put_up.lot.imps.push(one);
                    put_up.lacks_rate_of_deals |= lacks_rate_of_deals;
                }
                Err(status) => put_up.left_out.push((index, status)),
            }
        }
        put_up.lot.are_all_imps = request.all_imps && put_up.left_out.is_empty();
        put_up
    }

    /// The currencies that bids may be in: the partner's own, or those of the request that can be compared.
    fn currencies(&self, terms: &Terms) -> Vec<Currency> {
        if let Some(own) = terms.currency {
            return vec![own];
        }
        let auction = self.weighed.currency;
        let mut currencies = vec![auction];
        for other in &self.weighed.request.currencies {
            if !currencies.contains(other) && self.weighed.conversion.joins(*other, auction) {
                currencies.push(*other);
            }
        }
        currencies
    }

    /// Returns why the partner is asked for no impression whatever it is, if so.
    fn whole(&self, terms: &Terms, lot: &Lot) -> Option<SeatStatus> {
        let request = &self.weighed.request;
        if self.context.is_none() {
            return Some(SeatStatus::UnknownInventory);
        }
        if !terms.channels.contains(&request.channel.kind()) {
            return Some(SeatStatus::Channel);
        }
        if !request.blocks.allowed_seats.is_empty() && lot.allowed_seats.is_empty() {
            return Some(SeatStatus::NoSeat);
        }
        let can_compare = self.weighed.conversion.joins(lot.currency, self.weighed.currency);
        (!can_compare).then_some(SeatStatus::NoRate)
    }

    /// Chooses what of an impression is put up. Returns also whether deals of it lack an exchange rate.
    fn imp(
        &self,
        partnership: &Partnership,
        terms: &Terms,
        index: usize,
        imp: &Imp,
    ) -> Result<(LotImp, bool), SeatStatus> {
        if !imp.is_for(partnership.terms.id.as_str()) {
            return Err(SeatStatus::NotNamed);
        }
        let mut formats = imp.formats.and(terms.formats);
        let banner = match &imp.banner {
            Some(slot) if !terms.sizes.is_empty() => slot.of_sizes(&terms.sizes).map(Arc::new),
            slot => slot.clone(),
        };
        if banner.is_none() {
            formats = formats.without(Format::Banner);
        }
        if formats.is_empty() {
            return Err(SeatStatus::MediaType);
        }
        let currency = terms.currency.unwrap_or(self.weighed.currency);
        let floor = self.floor(imp.floor, imp.floor_currency, currency)?;
        let by_length = |floor| self.floor(floor, imp.floor_currency, currency).ok();
        let lengths = imp.lengths.converted(by_length).ok_or(SeatStatus::NoRate)?;
        let mut deals: Vec<Deal> = Vec::new();
        let mut lacks_rate = false;
        for asked in &imp.deals {
            let registered = self.shelf.deal(&asked.id, &partnership.terms.id, imp, self.now);
            match registered.map(|deal| self.narrowed(deal, asked, terms, currency)) {
                Some(Ok(deal)) => deals.push(deal),
                Some(Err(status)) => lacks_rate |= status == SeatStatus::NoRate,
                None => {}
            }
        }
        if imp.deals_only && deals.is_empty() {
            return Err(if lacks_rate { SeatStatus::NoRate } else { SeatStatus::NoDeal });
        }
        Ok((LotImp { index, formats, banner, floor, lengths, deals }, lacks_rate))
    }

    /// A floor in another currency, rounded up; nothing needs no rate.
    fn floor(&self, floor: Micros, from: Currency, to: Currency) -> Result<Micros, SeatStatus> {
        if floor == Micros::ZERO {
            return Ok(floor);
        }
        let conversion = &self.weighed.conversion;
        conversion.convert(floor, from, to, Round::Up).ok_or(SeatStatus::NoRate)
    }

    /// How the winner of a deal pays. A caller that chooses by itself takes the best price, and pays it: nobody pays by
    /// what others bid then.
    fn paid(&self, price: Option<DealPrice>) -> Option<DealPrice> {
        match (price, self.weighed.wanted) {
            (Some(DealPrice::SecondPlus), Wanted::AllBids) => Some(DealPrice::First),
            (price, Wanted::AllBids | Wanted::Winners) => price,
        }
    }

    /// The deal of the register as the request narrows it. Fails where nobody is left who may use it, and where there is no
    /// exchange rate for its floors.
    fn narrowed(
        &self,
        deal: &Deal,
        asked: &Deal,
        terms: &Terms,
        to: Currency,
    ) -> Result<Deal, SeatStatus> {
        let seats = narrowed(&deal.seats, &asked.seats, Listed::holds, Compared::Exactly);
        let restricted = seats.ok_or(SeatStatus::NoDeal)?;
        let seats = those(&terms.seats, |seat| restricted.holds(seat));
        if seats.is_empty() && !restricted.is_empty() {
            return Err(SeatStatus::NoDeal);
        }
        let (wide, narrow) = (&deal.advertisers, &asked.advertisers);
        let advertisers = narrowed(wide, narrow, Listed::covers_domain, Compared::AsDomains);
        let advertisers = advertisers.ok_or(SeatStatus::NoDeal)?;
        let registered = self.floor(deal.floor, deal.floor_currency, to)?;
        let higher = self.floor(asked.floor, asked.floor_currency, to)?;
        let by_length = |floor| self.floor(floor, asked.floor_currency, to).ok();
        Ok(Deal {
            id: deal.id.clone(),
            floor: registered.max(higher),
            floor_currency: to,
            price: self.paid(deal.price.or(asked.price)),
            lengths: asked.lengths.converted(by_length).ok_or(SeatStatus::NoRate)?,
            seats: Listed::of(seats, Compared::Exactly),
            advertisers,
            guaranteed: deal.guaranteed,
        })
    }
}

/// Returns those of a partner's own seats.
fn those(seats: &[String], are: impl Fn(&str) -> bool) -> Vec<String> {
    seats.iter().filter(|seat| are(seat)).cloned().collect()
}

/// What two lists allow together, where an empty list allows everybody; `None` where that is nobody.
fn narrowed(
    wide: &Listed,
    narrow: &Listed,
    covers: fn(&Listed, &str) -> bool,
    by: Compared,
) -> Option<Listed> {
    if wide.is_empty() || narrow.is_empty() {
        return Some(if wide.is_empty() { narrow } else { wide }.clone());
    }
    let both = Listed::of(narrow.iter().filter(|one| covers(wide, one)).map(str::to_owned), by);
    (!both.is_empty()).then_some(both)
}

/// Returns the formats that a partner can bid on.
pub(crate) fn formats(listed: &[AdFormat]) -> Formats {
    let format = |one: &AdFormat| match one {
        AdFormat::Banner => Format::Banner,
        AdFormat::Video => Format::Video,
        AdFormat::Audio => Format::Audio,
        AdFormat::Native => Format::Native,
    };
    listed.iter().map(format).collect()
}
