//! Rule 1: what the register says.

use super::Case;
use crate::{AdvertiserLink, Kind, Loss, Opportunity, Reason};

/// The partnership is listed, started, not ended, not suspended.
pub(super) fn in_force(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let (terms, now) = (case.question.terms, case.question.now);
    if now < terms.start {
        losses.push(Loss::of(Reason::NotStarted));
    }
    if terms.end.is_some_and(|end| now >= end) {
        losses.push(Loss::of(Reason::Ended));
    }
    if terms.suspended {
        losses.push(Loss::of(Reason::Suspended));
    }
}

/// A bidding partner has promised to ask before it links data to a person.
pub(super) fn linking_attested(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let terms = case.question.terms;
    let holds = terms.linking_attested_until.is_some_and(|until| case.question.now < until);
    if terms.kind == Kind::RealTimeBidding && !holds {
        losses.push(Loss::of(Reason::LinkingAttestationLapsed));
    }
}

/// The country is one that the partnership serves.
pub(super) fn country_served(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let served = &case.question.terms.countries;
    let is_served = match case.question.country.or(case.question.subject.account_country) {
        Some(country) => served.contains(&country),
        None => false,
    };
    if !served.is_empty() && !is_served {
        losses.push(Loss::of(Reason::CountryNotServed));
    }
}

/// Measurement goes only to partners that the advertiser who ran the ad has chosen, and only from when the
/// partnership was listed.
pub(super) fn advertiser_linked(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let Opportunity::Exposure { happened, advertiser } = case.question.opportunity else { return };
    let terms = case.question.terms;
    if terms.kind == Kind::ConversionTracking && advertiser == AdvertiserLink::Missing {
        losses.push(Loss::of(Reason::AdvertiserNotLinked));
    }
    if happened < terms.listed_since.max(terms.start) {
        losses.push(Loss::of(Reason::HappenedBeforeListing));
    }
}
