//! A partner's answer is hostile until each bid has passed these checks. The first fault counts.

use crate::{
    clearing::{Offer, Priority},
    creative,
    groups::{self, Group},
    heard::Heard,
    identifiers::Identifiers,
    lot::PutUp,
    occasion::Weighed,
    pod::Slot,
    rates::Round,
    status::SeatStatus,
    wording::Wording,
};
use sluicegate_gate::Envelope;
use sluicegate_ledger::Answer;
use sluicegate_openrtb::{
    money::Micros,
    request::{AuctionType, Deal, DealPrice, Imp},
    response::{Bid, BidResponse, ResponseError, Seat},
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

/// A bid that passed, and for how much it may be had.
struct Terms {
    imp: usize,
    priority: Priority,
    floor: Micros,
    pays: DealPrice,
    /// What it bid, where bids are compared.
    price: Micros,
    slot: Slot,
}

/// What has passed so far.
#[derive(Default)]
struct Counted {
    ids: BTreeSet<String>,
    by_imp: BTreeMap<usize, usize>,
}

impl Asked<'_> {
    /// Reads the answer. Fails if it holds no bid at all.
    pub(crate) fn read(
        &self,
        answer: &Answer,
    ) -> Result<(Vec<Checked>, Vec<Rejected>), SeatStatus> {
        let response =
            BidResponse::read(&answer.body, answer.status).map_err(|error| match error {
                ResponseError::Status(_) => SeatStatus::Error,
                ResponseError::Malformed(_) | ResponseError::Field { .. } => {
                    SeatStatus::InvalidAnswer
                }
            })?;
        let is_empty = response.bids().next().is_none() && response.unreadable == 0;
        if is_empty {
            return Err(SeatStatus::NoBid);
        }
        let told = self.envelope.items().iter().flat_map(|item| item.told.iter());
        let identifiers = Arc::new(Identifiers::of(told));
        let whole = self.check_whole(&response);
        let unreadable =
            std::iter::repeat_with(|| Rejected::of(None, SeatStatus::InvalidBid, None));
        let (mut passed, mut rejected) =
            (Vec::new(), unreadable.take(response.unreadable).collect::<Vec<_>>());
        let mut counted = Counted::default();
        let mut groups_seen = 0;
        for (number, seat) in response.seats.into_iter().enumerate() {
            let group = self.group(number, &seat);
            let before = passed.len();
            let taken = group.as_ref().map(|_| counted.by_imp.clone());
            groups_seen += usize::from(group.is_some());
            for bid in seat.bids {
                let mut heard = Box::new(Heard {
                    partnership: self.partnership.terms.id.clone(),
                    disclosure: self.envelope.message(),
                    response_bid_id: response.bid_id.clone(),
                    seat: seat.seat.clone(),
                    // Why: a bid in none does not count, so that this is only for its notice.
                    currency: response.currency.unwrap_or(self.put_up.lot.currency),
                    bid,
                    identifiers: Arc::clone(&identifiers),
                });
                let checked =
                    whole.and_then(|()| self.check(&heard, &mut counted)).and_then(|terms| {
                        groups::check(group.as_ref(), groups_seen, &heard.bid).map(|()| terms)
                    });
                match checked {
                    Ok(terms) => passed.push(pass(heard, terms, group.as_ref())),
                    Err(status) => {
                        let imp = whole.ok().and(self.imp_index(&heard.bid));
                        heard.bid.loss_url.take_if(|url| !self.may_be_noticed(url));
                        let below_floor = self.below_floor(imp, status, &heard);
                        rejected.push(Rejected { imp, status, below_floor, heard: Some(heard) });
                    }
                }
            }
            if !groups::is_whole(passed.get(before..).unwrap_or_default(), group.as_ref()) {
                rejected.extend(passed.drain(before..).map(groups::fallen));
                // What falls takes nobody's place.
                counted.by_imp = taken.unwrap_or_default();
            }
        }
        Ok((passed, rejected))
    }

    /// What is wrong with the answer is wrong with each of its bids.
    fn check_whole(&self, response: &BidResponse) -> Result<(), SeatStatus> {
        let id = response.id.as_ref().and_then(|id| id.parse().ok());
        if id != Some(self.envelope.message()) {
            return Err(SeatStatus::InvalidAnswer);
        }
        if !response.currency.is_some_and(|one| self.put_up.lot.currencies.contains(&one)) {
            return Err(SeatStatus::Currency);
        }
        Ok(())
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
        // Why the address: an answer can hold a thousand of these, and nobody is told of most.
        if status != SeatStatus::BelowFloor || heard.bid.loss_url.is_none() {
            return None;
        }
        let index = imp?;
        let (imp, put_up) = (self.weighed.request.imps.get(index)?, self.put_up.lot.imp(index)?);
        let (floor, auction) = (open_floor(put_up, &heard.bid), self.weighed.currency);
        let (from, conversion) = (self.put_up.lot.currency, &self.weighed.conversion);
        let floor = conversion.convert(floor, from, auction, Round::Up)?;
        let slot = Slot::of(imp, put_up.formats, &heard.bid, &heard.partnership);
        Some(BelowFloor { slot, floor })
    }

    fn check(&self, heard: &Heard, counted: &mut Counted) -> Result<Terms, SeatStatus> {
        let (bid, request) = (&heard.bid, &self.weighed.request);
        let index = self.imp_index(bid).ok_or(SeatStatus::InvalidBid)?;
        let imp = request.imps.get(index).ok_or(SeatStatus::InvalidBid)?;
        let put_up = self.put_up.lot.imp(index).ok_or(SeatStatus::InvalidBid)?;
        if bid.price <= Micros::ZERO {
            return Err(SeatStatus::NoPrice);
        }
        if !counted.ids.insert(bid.id.clone()) {
            return Err(SeatStatus::Duplicate);
        }
        self.check_seat(heard.seat.as_deref())?;
        let deal = deal(imp, put_up, bid)?;
        if let Some(deal) = deal {
            check_deal(deal, heard)?;
        }
        let terms = self.terms((imp, put_up), deal, heard)?;
        creative::check(request, (imp, put_up), bid)?;
        self.check_notices(heard)?;
        Wording::check((self.weighed, imp), heard)?;
        let count = counted.by_imp.entry(index).or_default();
        if *count == self.put_up.bids_per_imp_max {
            return Err(SeatStatus::TooManyBids);
        }
        *count += 1;
        Ok(terms)
    }

    /// A bid is held against its floor in the floor's currency, and compared with others in the auction's.
    fn terms(
        &self,
        (imp, put_up): (&Imp, &LotImp),
        deal: Option<&Deal>,
        heard: &Heard,
    ) -> Result<Terms, SeatStatus> {
        let (from, floors_in) = (heard.currency, self.put_up.lot.currency);
        let (conversion, auction) = (&self.weighed.conversion, self.weighed.currency);
        let to = |amount, from, to, round| {
            conversion.convert(amount, from, to, round).ok_or(SeatStatus::NoRate)
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
            imp: put_up.index,
            priority: match deal {
                None => Priority::Open,
                Some(deal) if deal.guaranteed => Priority::Guaranteed,
                Some(_) => Priority::Deal,
            },
            // Why: rounded up it can lie a micro above a bid that reached it.
            floor: to(floor, floors_in, auction, Round::Up)?.min(price),
            pays: deal.and_then(|deal| deal.price).unwrap_or(by_auction),
            price,
            slot: Slot::of(imp, put_up.formats, &heard.bid, &heard.partnership),
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
        if bid.loss_url.iter().any(|url| heard.identifiers.are_in_notice(url)) {
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
        if text.len() > NOTICE_CHARS_MAX {
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

fn pass(heard: Box<Heard>, terms: Terms, group: Option<&Group>) -> Checked {
    let offer = Offer {
        partnership: heard.partnership.clone(),
        bid_id: heard.bid.id.clone(),
        price: terms.price,
        priority: terms.priority,
        floor: terms.floor,
        pays: terms.pays,
        has_markup: heard.bid.markup.is_some(),
    };
    Checked { imp: terms.imp, offer, slot: terms.slot, group: group.cloned(), heard }
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

/// Longer notices are refused, before and after their macros are replaced; they must fit in a token.
pub(crate) const NOTICE_CHARS_MAX: usize = 2_048;
