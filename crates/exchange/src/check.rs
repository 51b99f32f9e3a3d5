//! A partner's answer is hostile until each bid has passed these checks. The first fault counts.

use crate::{
    clearing::{Offer, Priority},
    creative,
    groups::{self, Group},
    heard::{Heard, Source},
    identifiers::Identifiers,
    losses::NOTICES_MAX,
    lot::PutUp,
    occasion::Weighed,
    pod::Slot,
    rates::Round,
    reply::Reply,
    status::SeatStatus,
    wording,
};
use sluicegate_gate::Envelope;
use sluicegate_openrtb::{
    money::Micros,
    request::{AuctionType, Deal, DealPrice, Format, Imp},
    response::{Bid, BidResponse, Seat},
    write::{LotImp, imp_index},
};
use sluicegate_register::Partnership;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use url::Url;

/// What one partner was asked, as far as its bids are checked against it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) partnership: &'a Partnership,
    pub(crate) weighed: &'a Weighed,
    pub(crate) put_up: &'a PutUp,
    /// What it was told.
    pub(crate) envelope: &'a Envelope,
}

/// A bid that passed, with the impression it is for.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// Index of the impression in the request.
    pub(crate) imp: usize,
    pub(crate) offer: Offer,
    /// The format that it says, or the only one of those that it was asked for.
    pub(crate) format: Format,
    /// What of the impression it takes.
    pub(crate) slot: Slot,
    /// The bids that it stands and falls with.
    pub(crate) group: Option<Group>,
    pub(crate) heard: Box<Heard>,
}

/// A bid that did not pass.
#[derive(Debug)]
pub(crate) struct Rejected {
    /// Where it names an impression that we asked for.
    pub(crate) imp: Option<usize>,
    pub(crate) status: SeatStatus,
    /// Where its price alone was too low, and it is told so.
    pub(crate) below_floor: Option<BelowFloor>,
    /// `None` where it could not be read.
    pub(crate) heard: Option<Box<Heard>>,
}

/// What a bid below the floor would have taken, and what it had to reach.
#[derive(Debug)]
pub(crate) struct BelowFloor {
    pub(crate) slot: Slot,
    /// The floor, where bids are compared.
    pub(crate) floor: Micros,
}

impl Rejected {
    pub(crate) fn of(imp: Option<usize>, status: SeatStatus, heard: Option<Box<Heard>>) -> Self {
        Self { imp, status, below_floor: None, heard }
    }
}

/// What came of an answer.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub(crate) passed: Vec<Checked>,
    pub(crate) rejected: Vec<Rejected>,
    /// How many of its bids were looked at in full.
    pub(crate) looked_at: u64,
}

/// What is known of a bid once it passed.
struct Passed {
    imp: usize,
    offer: Offer,
    format: Format,
    slot: Slot,
}

/// For how much a bid may be had.
struct Terms {
    priority: Priority,
    floor: Micros,
    pays: DealPrice,
    /// What it bid, where bids are compared.
    price: Micros,
}

/// What has been counted so far.
#[derive(Default)]
struct Counted {
    /// The ids of bids; none where there is only one.
    ids: Option<BTreeSet<String>>,
    by_imp: BTreeMap<usize, OfImp>,
    groups: usize,
    /// Addresses to tell of a loss by that were looked at.
    loss_urls: usize,
}

/// Bids for one impression.
#[derive(Clone, Copy, Default)]
struct OfImp {
    passed: usize,
    looked_at: usize,
}

impl Asked<'_> {
    /// Sorts the bids of an answer.
    pub(crate) fn sort(&self, reply: Reply) -> Sorted {
        let whole = self.check_whole(&reply);
        let Reply { response, held, is_to_request } = reply;
        let disclosure = self.envelope.message();
        let mut counted = Counted::of(&response);
        let told = self.envelope.items().iter().flat_map(|item| item.told.iter());
        let source = Arc::new(Source {
            partnership: self.partnership.terms.id.clone(),
            disclosure,
            auction_id: response
                .id
                .filter(|_| is_to_request)
                .unwrap_or_else(|| disclosure.to_string()),
            bid_id: response.bid_id,
            // Why: a bid in none does not count, so that this is only for its notice.
            currency: response.currency.unwrap_or(self.put_up.lot.currency),
            identifiers: Identifiers::of(told),
            held,
        });
        let unreadable =
            std::iter::repeat_with(|| Rejected::of(None, SeatStatus::InvalidBid, None));
        let mut sorted = Sorted::default();
        sorted.rejected.extend(unreadable.take(response.unreadable));
        for (number, seat) in response.seats.into_iter().enumerate() {
            let group = self.group(number, &seat);
            let before = sorted.passed.len();
            let taken = group.as_ref().map(|_| counted.by_imp.clone());
            counted.groups += usize::from(group.is_some());
            for bid in seat.bids {
                let (source, seat) = (Arc::clone(&source), seat.seat.clone());
                let heard = Box::new(Heard { source, seat, bid });
                let checked = whole.and_then(|()| self.check(&heard, group.as_ref(), &mut counted));
                match checked {
                    Ok(Passed { imp, offer, format, slot }) => {
                        let group = group.clone();
                        sorted.passed.push(Checked { imp, offer, format, slot, group, heard });
                    }
                    Err(status) => {
                        let imp = whole.ok().and(self.imp_index(&heard.bid));
                        sorted.rejected.push(self.reject(imp, status, heard, &mut counted));
                    }
                }
            }
            if !groups::is_whole(sorted.passed.get(before..).unwrap_or_default(), group.as_ref()) {
                sorted.rejected.extend(sorted.passed.drain(before..).map(groups::fallen));
                counted.give_back(&taken.unwrap_or_default());
            }
        }
        let looked_at: usize = counted.by_imp.values().map(|one| one.looked_at).sum();
        Sorted { looked_at: u64::try_from(looked_at).unwrap_or(u64::MAX), ..sorted }
    }

    /// What is wrong with the answer is wrong with each of its bids.
    fn check_whole(&self, reply: &Reply) -> Result<(), SeatStatus> {
        if !reply.is_to_request {
            return Err(SeatStatus::InvalidAnswer);
        }
        let currency = reply.response.currency;
        if !currency.is_some_and(|one| self.put_up.lot.currencies.contains(&one)) {
            return Err(SeatStatus::Currency);
        }
        Ok(())
    }

    /// What is left of a bid that does not count: it itself only where its partner is to be told.
    fn reject(
        &self,
        imp: Option<usize>,
        status: SeatStatus,
        mut heard: Box<Heard>,
        counted: &mut Counted,
    ) -> Rejected {
        // Why: an answer can hold a thousand of these, and nobody is told of most.
        let may_be_told = counted.loss_urls < NOTICES_MAX;
        counted.loss_urls += usize::from(heard.bid.loss_url.is_some());
        heard.bid.loss_url.take_if(|url| !may_be_told || !self.may_be_noticed(url));
        let heard = Some(heard).filter(|heard| heard.bid.loss_url.is_some());
        let below_floor = heard.as_ref().and_then(|heard| self.below_floor(imp, status, heard));
        Rejected { imp, status, below_floor, heard }
    }

    /// The group of a seat's bids, where they are one, with every impression that it must win.
    fn group(&self, number: usize, seat: &Seat) -> Option<Group> {
        if !seat.group {
            return None;
        }
        // Why: an impression that was not asked for cannot be won, and neither can the group then.
        let imps: BTreeSet<usize> =
            seat.bids.iter().map(|bid| self.imp_index(bid).unwrap_or(usize::MAX)).collect();
        // Bids for one impression stand for themselves.
        (imps.len() > 1).then(|| Group { number, imps: Arc::new(imps) })
    }

    /// The index of the impression that a bid is for, if it was asked for.
    fn imp_index(&self, bid: &Bid) -> Option<usize> {
        let index = imp_index(&self.weighed.request, &bid.imp_id)?;
        self.put_up.lot.imp(index).map(|imp| imp.index)
    }

    /// Looks at a bid below the floor by what its partner was asked for.
    fn below_floor(
        &self,
        imp: Option<usize>,
        status: SeatStatus,
        heard: &Heard,
    ) -> Option<BelowFloor> {
        if status != SeatStatus::BelowFloor {
            return None;
        }
        let index = imp?;
        let (imp, put_up) = (self.weighed.request.imps.get(index)?, self.put_up.lot.imp(index)?);
        let (floor, auction) = (open_floor(put_up, &heard.bid), self.weighed.currency);
        let (from, conversion) = (self.put_up.lot.currency, &self.weighed.conversion);
        let floor = conversion.convert(floor, from, auction, Round::Up)?;
        let slot = Slot::of(imp, put_up.formats, &heard.bid, &heard.source.partnership);
        Some(BelowFloor { slot, floor })
    }

    /// Checks what takes no time, and then the rest: of a thousand bids few come so far.
    fn check(
        &self,
        heard: &Heard,
        group: Option<&Group>,
        counted: &mut Counted,
    ) -> Result<Passed, SeatStatus> {
        let (bid, request) = (&heard.bid, &self.weighed.request);
        let index = self.imp_index(bid).ok_or(SeatStatus::InvalidBid)?;
        let imp = request.imps.get(index).ok_or(SeatStatus::InvalidBid)?;
        let put_up = self.put_up.lot.imp(index).ok_or(SeatStatus::InvalidBid)?;
        if bid.price <= Micros::ZERO {
            return Err(SeatStatus::NoPrice);
        }
        if counted.ids.as_mut().is_some_and(|ids| !ids.insert(bid.id.clone())) {
            return Err(SeatStatus::Duplicate);
        }
        self.check_seat(heard.seat.as_deref())?;
        let deal = deal(imp, put_up, bid)?;
        let terms = self.terms(put_up, deal, heard)?;
        let of_imp = counted.by_imp.entry(index).or_default();
        if of_imp.passed == self.put_up.bids_per_imp_max || of_imp.looked_at == self.looks_max() {
            return Err(SeatStatus::TooManyBids);
        }
        of_imp.looked_at += 1;
        let format = self.look_at((imp, put_up), deal, heard)?;
        of_imp.passed += 1;
        groups::check(group, counted.groups, bid)?;
        let slot = Slot::of(imp, put_up.formats, bid, &heard.source.partnership);
        Ok(Passed { imp: index, offer: offer(heard, &terms), format, slot })
    }

    /// How many bids for one impression are looked at in full: hostile ones must not keep an auction from its end.
    fn looks_max(&self) -> usize {
        let share = LOOKS_MAX / self.put_up.lot.imps.len().max(1);
        share.min(self.put_up.bids_per_imp_max.saturating_mul(LOOKS_PER_BID)).max(1)
    }

    /// Looks at everything whose length the partner chose. Returns the bid's format.
    fn look_at(
        &self,
        (imp, put_up): (&Imp, &LotImp),
        deal: Option<&Deal>,
        heard: &Heard,
    ) -> Result<Format, SeatStatus> {
        if let Some(deal) = deal {
            check_deal(deal, heard)?;
        }
        let format = creative::check(&self.weighed.request, (imp, put_up), &heard.bid)?;
        let longest = wording::longest((self.weighed, imp), heard);
        wording::check_markup(imp, heard, &longest)?;
        self.check_notices(heard)?;
        wording::check_addresses(self.weighed, heard, &longest)?;
        Ok(format)
    }

    /// A bid is held against its floor in the floor's currency, and compared with others in the auction's.
    fn terms(
        &self,
        put_up: &LotImp,
        deal: Option<&Deal>,
        heard: &Heard,
    ) -> Result<Terms, SeatStatus> {
        let (from, floors_in) = (heard.source.currency, self.put_up.lot.currency);
        let (conversion, auction) = (&self.weighed.conversion, self.weighed.currency);
        let to = |amount, from, to, round| {
            conversion.convert(amount, from, to, round).ok_or(SeatStatus::Unconverted)
        };
        let of_deal = deal.and_then(|deal| deal_floor(put_up, deal, &heard.bid));
        let (floor, below) = match of_deal {
            Some(floor) => (floor, SeatStatus::BelowDealFloor),
            None => (open_floor(put_up, &heard.bid), SeatStatus::BelowFloor),
        };
        if to(heard.bid.price, from, floors_in, Round::Down)? < floor {
            return Err(below);
        }
        let price = to(heard.bid.price, from, auction, Round::Down)?;
        let by_auction = price_of(self.weighed.request.auction);
        Ok(Terms {
            priority: match deal {
                None => Priority::Open,
                Some(deal) if deal.guaranteed => Priority::Guaranteed,
                Some(_) => Priority::Deal,
            },
            // Why: rounded up it can lie a micro above a bid that reached it.
            floor: to(floor, floors_in, auction, Round::Up)?.min(price),
            pays: deal.and_then(|deal| deal.price).unwrap_or(by_auction),
            price,
        })
    }

    fn check_notices(&self, heard: &Heard) -> Result<(), SeatStatus> {
        let bid = &heard.bid;
        for url in [&bid.win_url, &bid.billing_url, &bid.loss_url].into_iter().flatten() {
            if !self.may_be_noticed(url) {
                return Err(SeatStatus::NoticeHost);
            }
        }
        // What the others become is looked at with their macros filled in.
        if bid.loss_url.iter().any(|url| heard.source.identifiers.are_in_notice(url)) {
            return Err(SeatStatus::RepeatsIdentifier);
        }
        Ok(())
    }

    /// `wseat` and `bseat`: where only some seats may bid, a bid without one may not.
    fn check_seat(&self, seat: Option<&str>) -> Result<(), SeatStatus> {
        let blocks = &self.weighed.request.blocks;
        let is_blocked = seat.is_some_and(|seat| blocks.seats.holds(seat));
        let allowed = &self.put_up.lot.allowed_seats;
        let is_allowed =
            allowed.is_empty() || seat.is_some_and(|seat| allowed.iter().any(|one| one == seat));
        if is_blocked || !is_allowed {
            return Err(SeatStatus::Seat);
        }
        Ok(())
    }

    /// Returns whether the notice goes to a host that the register lists. The door checks it again.
    fn may_be_noticed(&self, text: &str) -> bool {
        // Why: who reads it as an address leaves some of these out, which would bring the pieces of an identifier together.
        let is_as_it_goes = text.trim() == text && !text.contains(char::is_control);
        if text.len() > NOTICE_CHARS_MAX || !is_as_it_goes {
            return false;
        }
        // A macro in the place of the host is no address.
        let (Ok(url), Some(endpoint)) = (Url::parse(text), &self.partnership.endpoint) else {
            return false;
        };
        endpoint.takes_notice(&url)
    }
}

/// The floor of a bid for a deal: the higher of the deal's own and of that by how long it plays; `None` where the deal
/// has neither for such a bid (`OpenRTB` 2.6, implementation 7.11.2).
fn deal_floor(put_up: &LotImp, deal: &Deal, bid: &Bid) -> Option<Micros> {
    let by_length = creative::format(put_up.formats, bid)
        .ok()
        .and_then(|format| put_up.lengths.floor_of_deal(&deal.lengths, format, bid.seconds));
    by_length.max(Some(deal.floor).filter(|floor| *floor > Micros::ZERO))
}

/// The floor of any other bid: by how long it plays, else the impression's.
fn open_floor(put_up: &LotImp, bid: &Bid) -> Micros {
    let format = creative::format(put_up.formats, bid).ok();
    let by_length = format.and_then(|format| put_up.lengths.floor(format, bid.seconds));
    by_length.unwrap_or(put_up.floor)
}

/// The seat and the advertisers of a bid must be among those that may use its deal.
fn check_deal(deal: &Deal, heard: &Heard) -> Result<(), SeatStatus> {
    let advertisers = &heard.bid.advertisers;
    let is_one = |domain: &String| deal.advertisers.covers_domain(domain);
    let advertisers_fit =
        deal.advertisers.is_empty() || (!advertisers.is_empty() && advertisers.iter().all(is_one));
    let seat_fits =
        deal.seats.is_empty() || heard.seat.as_deref().is_some_and(|seat| deal.seats.holds(seat));
    if advertisers_fit && seat_fits { Ok(()) } else { Err(SeatStatus::NotInDeal) }
}

fn offer(heard: &Heard, terms: &Terms) -> Offer {
    Offer {
        partnership: heard.source.partnership.clone(),
        bid_id: heard.bid.id.clone(),
        price: terms.price,
        priority: terms.priority,
        floor: terms.floor,
        pays: terms.pays,
        has_markup: heard.bid.markup.is_some(),
    }
}

impl Counted {
    fn of(response: &BidResponse) -> Self {
        let ids = response.bids().nth(1).map(|_| BTreeSet::new());
        Self { ids, ..Self::default() }
    }

    /// What falls takes nobody's place; looked at it is all the same.
    fn give_back(&mut self, before: &BTreeMap<usize, OfImp>) {
        for (imp, of_imp) in &mut self.by_imp {
            of_imp.passed = before.get(imp).map_or(0, |before| before.passed);
        }
    }
}

/// Returns the deal that the bid is for.
fn deal<'a>(imp: &Imp, put_up: &'a LotImp, bid: &Bid) -> Result<Option<&'a Deal>, SeatStatus> {
    match &bid.deal_id {
        Some(id) => {
            let deal = put_up.deals.iter().find(|deal| deal.id == *id);
            deal.map(Some).ok_or(SeatStatus::Deal)
        }
        None if imp.deals_only => Err(SeatStatus::Deal),
        None => Ok(None),
    }
}

fn price_of(auction: AuctionType) -> DealPrice {
    match auction {
        AuctionType::FirstPrice => DealPrice::First,
        AuctionType::SecondPricePlus => DealPrice::SecondPlus,
    }
}

/// How many bids of one answer are looked at in full: the same number for each impression, but of one impression at most
/// so many times as many as count.
const LOOKS_MAX: usize = 300;
const LOOKS_PER_BID: usize = 2;

/// Longer notices are refused, before and after their macros are replaced; they must fit in a token.
pub(crate) const NOTICE_CHARS_MAX: usize = 2_048;
