//! The file of the deals, and what they must be to the rest of the register.

use super::{
    partner::Outline,
    problem,
    section::Section,
    values::{
        code, currency, day, domain, filled, flag, identifier, list, one_of, parsed, price, text,
    },
};
use crate::{Deal, DealTerms, Inventory, Partnership, Problem, limits};
use sluicegate_gate::{Kind, PartnershipId, Via};

const TERMS: [(&str, DealTerms); 3] = [
    ("first_price", DealTerms::FirstPrice),
    ("second_price_plus", DealTerms::SecondPricePlus),
    ("fixed", DealTerms::Fixed),
];

pub(super) fn read(mut file: Section<'_>) -> Vec<Deal> {
    let deals = file.sections("deal").into_iter().filter_map(deal).collect();
    file.finish();
    deals
}

fn deal(mut section: Section<'_>) -> Option<Deal> {
    let id = section.required("id", code);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let partnerships = section.required("partnerships", filled(limits::LIST_MAX, parsed));
    let seats = section.optional("seats", list(limits::LIST_MAX, code));
    let advertisers = section.optional("advertisers", list(limits::LIST_MAX, domain));
    let floor_micros = section.required("floor", price);
    let currency = section.required("currency", currency);
    let price = section.optional("price", one_of(&TERMS));
    let guaranteed = section.optional("guaranteed", flag);
    let start = section.optional("start", day);
    let end = section.optional("end", day);
    let placements = section.optional("placements", list(limits::LIST_MAX, identifier));
    if start.is_some() && end.is_some() && start >= end {
        section.complain("end", "must be later than start");
    }
    if price == Some(DealTerms::Fixed) && floor_micros == Some(0) {
        section.complain("floor", "must be above zero where price is fixed: it is the price");
    }
    section.finish();
    Some(Deal {
        id: id?,
        name: name?,
        partnerships: partnerships?,
        seats: seats.unwrap_or_default(),
        advertisers: advertisers.unwrap_or_default(),
        floor_micros: floor_micros?,
        currency: currency?,
        price,
        guaranteed: guaranteed.unwrap_or_default(),
        start,
        end,
        placements: placements.unwrap_or_default(),
    })
}

/// A deal is with bidding partnerships that are there, for their seats and for placements that are there.
pub(super) fn complaints(
    deals: &[(String, Deal)],
    outlines: &[(String, Outline)],
    partnerships: &[Partnership],
    inventory: Option<&Inventory>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, deal) in deals {
        let mut complain = |field: &str, wrong: String| {
            problems.push(problem(file, &format!("deal[{}].{field}", deal.id), &wrong));
        };
        for id in &deal.partnerships {
            if let Some(wrong) = wrong_partnership(id, outlines) {
                complain("partnerships", format!("names the partnership `{id}`, {wrong}"));
            }
        }
        // What could not be read of a partnership has been reported.
        let is_read = |id: &PartnershipId| partnerships.iter().any(|one| one.terms.id == *id);
        let seats = if deal.partnerships.iter().all(is_read) { &*deal.seats } else { &[] };
        for seat in seats {
            if !has_seat(deal, seat, partnerships) {
                let wrong = "which none of its partnerships lists in its bidding table";
                complain("seats", format!("names the seat `{seat}`, {wrong}"));
            }
        }
        for placement in &deal.placements {
            if inventory.is_some_and(|inventory| inventory.placement(placement).is_none()) {
                let wrong = "which is not in the inventory";
                complain("placements", format!("names the placement `{placement}`, {wrong}"));
            }
        }
    }
    problems
}

fn wrong_partnership(id: &PartnershipId, outlines: &[(String, Outline)]) -> Option<&'static str> {
    let named = outlines.iter().find(|(_, outline)| outline.id.as_ref() == Some(id));
    let Some((_, outline)) = named else { return Some("which is not in the register") };
    let bids = outline.kind.is_none_or(|kind| kind == Kind::RealTimeBidding)
        && outline.via.is_none_or(|via| via == Via::Openrtb);
    (!bids).then_some("which does not bid via openrtb")
}

fn has_seat(deal: &Deal, seat: &String, partnerships: &[Partnership]) -> bool {
    let mut its = partnerships.iter().filter(|one| deal.partnerships.contains(&one.terms.id));
    its.any(|one| one.bidding.as_ref().is_some_and(|bidding| bidding.seats.contains(seat)))
}
