//! Rules 1 and 2.

use super::{EVERYTHING, Facts, Loss, Opportunity, View, set};

/// "The partnership is in force in the current edition (listed, started, not ended, not suspended); an RTB partnership has
/// a linking attestation that has not expired; for exposures and conversions, the advertiser who ran the ad has linked this
/// partnership. The country is one it serves." Decision 0002: the advertiser's link binds conversion tracking only.
pub(super) fn partnership_in_force(facts: &Facts) -> Vec<Loss> {
    let partnership = &facts.partnership;
    let now = facts.now_ms;
    let mut codes = Vec::new();
    if partnership.start_ms > now {
        codes.push("not_started");
    }
    if let Some(end) = partnership.end_ms
        && end <= now
    {
        codes.push("ended");
    }
    if partnership.suspended {
        codes.push("suspended");
    }
    if partnership.kind == "real_time_bidding" {
        match partnership.attested_until_ms {
            Some(until) if now < until => {}
            Some(_) | None => codes.push("linking_attestation_lapsed"),
        }
    }
    let here = match (facts.country, facts.account_country) {
        (Some(country), _) | (None, Some(country)) => Some(country),
        (None, None) => None,
    };
    if !partnership.countries.is_empty()
        && !here.is_some_and(|country| partnership.countries.contains(country))
    {
        codes.push("country_not_served");
    }
    if let Opportunity::Exposure { happened_ms, linked } = facts.opportunity {
        if partnership.kind == "conversion_tracking" && !linked {
            codes.push("advertiser_not_linked");
        }
        // "A new partnership's cursor starts at its first edition."
        if happened_ms < partnership.listed_since_ms || happened_ms < partnership.start_ms {
            codes.push("happened_before_listing");
        }
    }
    codes.into_iter().map(|code| (code, set(&EVERYTHING))).collect()
}

/// "The view is complete and its age is within the bound."
pub(super) fn view_known_and_fresh(facts: &Facts) -> Vec<Loss> {
    match facts.view {
        View::Incomplete => vec![("view_incomplete", set(&EVERYTHING))],
        View::Complete { age_ms, bound_ms } if age_ms > bound_ms => {
            vec![("view_too_old", set(&EVERYTHING))]
        }
        View::Complete { .. } => Vec::new(),
    }
}
