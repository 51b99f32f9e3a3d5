//! A partner's answer is hostile until each bid has passed these checks.

use crate::{clearing::Offer, status::SeatStatus};
use sluicegate_gate::{Category, DisclosureId, Envelope, Personal};
use sluicegate_ledger::Answer;
use sluicegate_openrtb::{
    money::{Currency, Micros},
    request::{BidRequest, Imp},
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

/// The identifiers in a message, to recognize them when they come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identifiers(Vec<Personal<String>>);

impl Identifiers {
    pub(crate) fn of(envelope: &Envelope) -> Self {
        let told = envelope.items().iter().flat_map(|item| &item.told);
        let kept = told.filter(|told| told.category == Category::DeviceIdentifier);
        let long = kept.filter(|told| told.value.len() >= SHORTEST);
        Self(long.map(|told| Personal::new(told.value.to_ascii_lowercase())).collect())
    }

    /// Returns whether the text repeats one, in either case, also percent-encoded or without dashes.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let lower = text.to_ascii_lowercase();
        let decoded: String = url::form_urlencoded::parse(lower.as_bytes())
            .flat_map(|(key, value)| [key, value])
            .collect();
        let bare = |text: &str| text.replace('-', "");
        let forms = [bare(&decoded), bare(&lower), decoded, lower];
        self.0.iter().any(|id| {
            let id = id.open();
            let plain = bare(id);
            forms.iter().any(|form| form.contains(id.as_str()) || form.contains(&plain))
        })
    }
}

/// An identifier shorter than this could stand in a text by chance.
const SHORTEST: usize = 7;

/// A bid that passed, with the impression it is for.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// Index of the impression in the request.
    pub(crate) imp: usize,
    pub(crate) offer: Offer,
    /// The floor it had to reach.
    pub(crate) floor: Micros,
    pub(crate) bid: Bid,
    pub(crate) seat: Option<String>,
    /// `bidid` of the response.
    pub(crate) response_bid_id: Option<String>,
    pub(crate) disclosure: DisclosureId,
    /// What must not come back with its notices and markup.
    pub(crate) identifiers: Arc<Identifiers>,
}

/// A bid that did not pass; `imp` where it names one that we asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) imp: Option<usize>,
    pub(crate) status: SeatStatus,
}

impl Asked<'_> {
    /// Reads the answer. Fails if it is no bid at all, or cannot be used as a whole.
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
        if response.id.as_deref() != Some(self.disclosure.to_string().as_str()) {
            return Err(SeatStatus::InvalidAnswer);
        }
        if response.currency != self.currency {
            return Err(SeatStatus::Currency);
        }
        let invalid = Rejected { imp: None, status: SeatStatus::InvalidBid };
        let mut rejected = vec![invalid; response.unreadable.len()];
        let (mut passed, mut ids) = (Vec::new(), BTreeSet::new());
        for (seat, bid) in response.bids() {
            let imp = imp_index(self.request, &bid.imp_id);
            match self.check(imp, bid, &mut ids) {
                Ok((imp, floor)) => passed.push(Checked {
                    imp,
                    floor,
                    offer: Offer {
                        partnership: self.partnership.terms.id.clone(),
                        bid_id: bid.id.clone(),
                        price: bid.price,
                    },
                    bid: bid.clone(),
                    seat: seat.map(str::to_owned),
                    response_bid_id: response.bid_id.clone(),
                    disclosure: self.disclosure,
                    identifiers: Arc::clone(self.identifiers),
                }),
                Err(status) => rejected.push(Rejected { imp, status }),
            }
        }
        Ok((passed, rejected))
    }

    fn check(
        &self,
        imp: Option<usize>,
        bid: &Bid,
        ids: &mut BTreeSet<String>,
    ) -> Result<(usize, Micros), SeatStatus> {
        let index = imp.ok_or(SeatStatus::InvalidBid)?;
        let imp = self.request.imps.get(index).ok_or(SeatStatus::InvalidBid)?;
        if bid.price <= Micros::ZERO {
            return Err(SeatStatus::InvalidBid);
        }
        if !ids.insert(bid.id.clone()) {
            return Err(SeatStatus::Duplicate);
        }
        let floor = floor(imp, bid)?;
        if bid.price < floor {
            return Err(SeatStatus::BelowFloor);
        }
        if bid.markup.is_none() && bid.win_url.is_none() {
            return Err(SeatStatus::NoMarkup);
        }
        let blocked = &self.request.blocks.advertisers;
        if bid.advertisers.iter().any(|domain| blocked.iter().any(|own| is_within(domain, own))) {
            return Err(SeatStatus::BlockedAdvertiser);
        }
        for url in [&bid.win_url, &bid.billing_url].into_iter().flatten() {
            if !self.may_be_noticed(url) {
                return Err(SeatStatus::NoticeHost);
            }
        }
        let texts = [&bid.win_url, &bid.billing_url, &bid.loss_url, &bid.markup];
        if texts.into_iter().flatten().any(|text| self.identifiers.are_in(text)) {
            return Err(SeatStatus::RepeatsIdentifier);
        }
        Ok((index, floor))
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

/// Returns whether a domain is another one or lies below it, in either case.
fn is_within(domain: &str, other: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let other = other.to_ascii_lowercase();
    domain.strip_suffix(&other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The deal's floor where the bid names one, else the impression's.
fn floor(imp: &Imp, bid: &Bid) -> Result<Micros, SeatStatus> {
    match &bid.deal_id {
        Some(id) => {
            let deal = imp.deals.iter().find(|deal| deal.id == *id);
            Ok(deal.ok_or(SeatStatus::InvalidBid)?.floor)
        }
        None if imp.deals_only => Err(SeatStatus::InvalidBid),
        None => Ok(imp.floor),
    }
}

/// Longer notices are refused, before and after their macros are replaced; they must fit in a token.
pub(crate) const NOTICE_CHARS_MAX: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_recognized_in_every_plain_form() {
        let id = "6D92078A-8246-4BA4-AE5B-76104861E7DC";
        let identifiers = Identifiers(vec![Personal::new(id.to_ascii_lowercase())]);
        let bare = id.replace('-', "");
        for text in [
            format!("https://n.example/w?d={id}"),
            format!("https://n.example/{}/w", id.to_ascii_lowercase()),
            format!("<img src='//n.example/{bare}'>"),
            format!("https://n.example/w?d={}", id.replace('-', "%2D")),
            format!("https://n.example/w?x=1&d={}", id.replace('6', "%36")),
        ] {
            assert!(identifiers.are_in(&text), "{text}");
        }
        assert!(!identifiers.are_in("https://n.example/w?p=${AUCTION_PRICE}"));
        assert!(!Identifiers::default().are_in(id));
    }
}
