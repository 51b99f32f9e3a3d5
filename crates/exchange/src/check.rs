//! A partner's answer is hostile until each bid has passed these checks. The first fault counts.

use crate::{
    clearing::{Offer, Priority},
    creative,
    identifiers::Identifiers,
    status::SeatStatus,
};
use sluicegate_gate::{DisclosureId, PartnershipId};
use sluicegate_ledger::Answer;
use sluicegate_openrtb::{
    macros::Values,
    money::{Currency, Micros},
    request::{AuctionType, BidRequest, Deal, DealPrice, Imp},
    response::{Bid, BidResponse, ResponseError},
    write::imp_index,
};
use sluicegate_register::Partnership;
use std::{collections::BTreeSet, sync::Arc};
use url::Url;

/// What one partner was asked, as far as its bids are checked against it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) partnership: &'a Partnership,
    pub(crate) disclosure: DisclosureId,
    pub(crate) request: &'a BidRequest,
    pub(crate) currency: Currency,
    pub(crate) identifiers: &'a Arc<Identifiers>,
}

/// A bid as it came, with what its notices say of where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) partnership: PartnershipId,
    pub(crate) disclosure: DisclosureId,
    /// `bidid` of the response.
    response_bid_id: Option<String>,
    seat: Option<String>,
    pub(crate) bid: Bid,
    /// What must not come back with its notices and markup.
    pub(crate) identifiers: Arc<Identifiers>,
}

impl Heard {
    /// Returns the macros' values that do not depend on how the auction ends.
    pub(crate) fn values(&self, currency: Currency) -> Values {
        Values {
            auction_id: Some(self.disclosure.to_string()),
            bid_id: self.response_bid_id.clone(),
            imp_id: Some(self.bid.imp_id.clone()),
            seat_id: self.seat.clone(),
            ad_id: self.bid.ad_id.clone(),
            currency: Some(currency),
            ..Values::default()
        }
    }
}

/// A bid that passed, with the impression it is for.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// Index of the impression in the request.
    pub(crate) imp: usize,
    pub(crate) offer: Offer,
    pub(crate) heard: Heard,
}

/// A bid that did not pass.
#[derive(Debug)]
pub(crate) struct Rejected {
    /// Where it names an impression that we asked for.
    pub(crate) imp: Option<usize>,
    pub(crate) status: SeatStatus,
    /// `None` where it could not be read.
    pub(crate) heard: Option<Heard>,
}

/// A bid that passed, and for how much it may be had.
struct Terms {
    imp: usize,
    priority: Priority,
    floor: Micros,
    price: DealPrice,
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
        let is_empty = response.bids().next().is_none() && response.unreadable.is_empty();
        if is_empty {
            return Err(SeatStatus::NoBid);
        }
        let whole = self.check_whole(&response);
        let unreadable = response.unreadable.iter().map(|_| Rejected {
            imp: None,
            status: SeatStatus::InvalidBid,
            heard: None,
        });
        let (mut passed, mut rejected) = (Vec::new(), unreadable.collect::<Vec<_>>());
        let mut ids = BTreeSet::new();
        for seat in response.seats {
            for bid in seat.bids {
                let mut heard = Heard {
                    partnership: self.partnership.terms.id.clone(),
                    disclosure: self.disclosure,
                    response_bid_id: response.bid_id.clone(),
                    seat: seat.seat.clone(),
                    bid,
                    identifiers: Arc::clone(self.identifiers),
                };
                match whole.and_then(|()| self.check(&heard, &mut ids)) {
                    Ok(terms) => passed.push(checked(heard, &terms)),
                    Err(status) => {
                        let imp = whole.ok().and(imp_index(self.request, &heard.bid.imp_id));
                        heard.bid.loss_url.take_if(|url| !self.may_be_noticed(url));
                        rejected.push(Rejected { imp, status, heard: Some(heard) });
                    }
                }
            }
        }
        Ok((passed, rejected))
    }

    /// What is wrong with the answer is wrong with each of its bids.
    fn check_whole(&self, response: &BidResponse) -> Result<(), SeatStatus> {
        if response.id.as_deref() != Some(self.disclosure.to_string().as_str()) {
            return Err(SeatStatus::InvalidAnswer);
        }
        if response.currency != self.currency {
            return Err(SeatStatus::Currency);
        }
        Ok(())
    }

    fn check(&self, heard: &Heard, ids: &mut BTreeSet<String>) -> Result<Terms, SeatStatus> {
        let bid = &heard.bid;
        let index = imp_index(self.request, &bid.imp_id).ok_or(SeatStatus::InvalidBid)?;
        let imp = self.request.imps.get(index).ok_or(SeatStatus::InvalidBid)?;
        if bid.price <= Micros::ZERO {
            return Err(SeatStatus::NoPrice);
        }
        if !ids.insert(bid.id.clone()) {
            return Err(SeatStatus::Duplicate);
        }
        self.check_seat(heard.seat.as_deref())?;
        let terms = match deal(imp, bid)? {
            Some(deal) => self.by_deal(index, deal, heard)?,
            None => Terms {
                imp: index,
                priority: Priority::Open,
                floor: imp.floor,
                price: price_of(self.request.auction),
            },
        };
        if bid.price < terms.floor {
            let is_open = terms.priority == Priority::Open;
            return Err(if is_open { SeatStatus::BelowFloor } else { SeatStatus::BelowDealFloor });
        }
        creative::check(self.request, imp, bid)?;
        for url in [&bid.win_url, &bid.billing_url, &bid.loss_url].into_iter().flatten() {
            if !self.may_be_noticed(url) {
                return Err(SeatStatus::NoticeHost);
            }
        }
        let urls = [&bid.win_url, &bid.billing_url, &bid.loss_url];
        let is_in_notice =
            urls.into_iter().flatten().any(|url| self.identifiers.are_in_notice(url));
        let is_in_markup = bid.markup.iter().any(|markup| self.identifiers.are_in_markup(markup));
        if is_in_notice || is_in_markup {
            return Err(SeatStatus::RepeatsIdentifier);
        }
        Ok(terms)
    }

    /// `wseat` and `bseat`: where only some seats may bid, a bid without one may not.
    fn check_seat(&self, seat: Option<&str>) -> Result<(), SeatStatus> {
        let blocks = &self.request.blocks;
        let is_blocked = seat.is_some_and(|seat| blocks.seats.iter().any(|one| one == seat));
        if is_blocked || !is_among(seat, &blocks.allowed_seats) {
            return Err(SeatStatus::Seat);
        }
        Ok(())
    }

    fn by_deal(&self, imp: usize, deal: &Deal, heard: &Heard) -> Result<Terms, SeatStatus> {
        let advertisers = &heard.bid.advertisers;
        let is_one = |domain: &String| {
            deal.advertisers.iter().any(|allowed| creative::is_within(domain, allowed))
        };
        let advertisers_fit = deal.advertisers.is_empty()
            || (!advertisers.is_empty() && advertisers.iter().all(is_one));
        if !advertisers_fit || !is_among(heard.seat.as_deref(), &deal.seats) {
            return Err(SeatStatus::NotInDeal);
        }
        Ok(Terms {
            imp,
            priority: if deal.guaranteed { Priority::Guaranteed } else { Priority::Deal },
            floor: deal.floor,
            price: deal.price.unwrap_or(price_of(self.request.auction)),
        })
    }

    /// Returns whether the notice goes to a host that the register lists. The door checks it again.
    fn may_be_noticed(&self, text: &str) -> bool {
        // A macro in the place of the host is no address.
        let (Ok(url), Some(endpoint)) = (Url::parse(text), &self.partnership.endpoint) else {
            return false;
        };
        let Some(host) = url.host_str() else { return false };
        let port = url.port_or_known_default();
        let with_port = port.map(|port| format!("{host}:{port}"));
        text.len() <= NOTICE_CHARS_MAX
            && endpoint.notice_hosts.iter().any(|entry| {
                (url.port().is_none() && entry == host) || Some(entry) == with_port.as_ref()
            })
    }
}

fn checked(heard: Heard, terms: &Terms) -> Checked {
    let offer = Offer {
        partnership: heard.partnership.clone(),
        bid_id: heard.bid.id.clone(),
        price: heard.bid.price,
        priority: terms.priority,
        floor: terms.floor,
        pays: terms.price,
    };
    Checked { imp: terms.imp, offer, heard }
}

/// Returns the deal that the bid is for.
fn deal<'a>(imp: &'a Imp, bid: &Bid) -> Result<Option<&'a Deal>, SeatStatus> {
    match &bid.deal_id {
        Some(id) => {
            let deal = imp.deals.iter().find(|deal| deal.id == *id);
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

/// An empty list allows everybody.
fn is_among(seat: Option<&str>, allowed: &[String]) -> bool {
    allowed.is_empty() || seat.is_some_and(|seat| allowed.iter().any(|one| one == seat))
}

/// Longer notices are refused, before and after their macros are replaced; they must fit in a token.
pub(crate) const NOTICE_CHARS_MAX: usize = 2_048;
