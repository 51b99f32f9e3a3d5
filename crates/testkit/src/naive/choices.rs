//! Rules 3 and 4.

use super::{Categories, Facts, KeyFacts, Loss, Opportunity, PERSON, countries, set};
use std::collections::BTreeSet;

/// The sharing setting controls these kinds.
fn is_controlled(facts: &Facts) -> bool {
    ["real_time_bidding", "conversion_tracking"].contains(&facts.partnership.kind)
}

fn keys(facts: &Facts) -> Vec<(&'static str, KeyFacts)> {
    let all = [
        ("sharing_off_account", facts.account),
        ("sharing_off_device", facts.device),
        ("sharing_off_browser", facts.browser),
    ];
    all.into_iter().filter_map(|(code, key)| Some((code, key?))).collect()
}

/// The explicit `on` of whoever may speak: the account where there is one ("one account's `on` never speaks for another
/// on the same device"), else the device or browser; or the country's default.
fn effective(facts: &Facts, choice: fn(&KeyFacts) -> Option<&'static str>) -> bool {
    let says_on = |key: &KeyFacts| choice(key) == Some("on");
    let explicit = match (&facts.account, &facts.device, &facts.browser) {
        (Some(account), _, _) => says_on(account),
        (None, device, browser) => device.iter().chain(browser).any(says_on),
    };
    explicit || countries::default_is_on(facts)
}

/// "Controlled kinds: the effective choice is `on` (explicit, or the country's default) and no linked key says `off`."
/// Decision 0005: without any key sharing counts as off.
pub(super) fn sharing(facts: &Facts) -> Vec<Loss> {
    if !is_controlled(facts) {
        return Vec::new();
    }
    let keys = keys(facts);
    let mut codes: Vec<&'static str> = Vec::new();
    for (code, key) in &keys {
        if key.sharing == Some("off") {
            codes.push(code);
        }
    }
    if keys.iter().any(|(_, key)| key.sharing_marked) {
        codes.push("sharing_off_linked_account");
    }
    let is_on = !keys.is_empty() && effective(facts, |key| key.sharing);
    if codes.is_empty() && !is_on {
        codes.push("sharing_off_default");
    }
    codes.into_iter().map(|code| (code, set(&PERSON))).collect()
}

/// "The view keeps, per key, when sharing was last turned on; anything that happened before is never shareable."
pub(super) fn what_happened_before(facts: &Facts) -> Vec<Loss> {
    let Opportunity::Exposure { happened_ms, .. } = facts.opportunity else { return Vec::new() };
    let before = |key: &KeyFacts| key.open_since_ms.is_some_and(|since| happened_ms < since);
    if is_controlled(facts) && keys(facts).iter().any(|(_, key)| before(key)) {
        vec![("happened_while_off", set(&PERSON))]
    } else {
        Vec::new()
    }
}

fn someone_turned_personalization_off(facts: &Facts) -> bool {
    let off = |key: &KeyFacts| key.personalize == Some("off") || key.personalize_marked;
    keys(facts).iter().any(|(_, key)| off(key))
}

/// An RTB request, for which personalization is off by choice or by default.
fn depersonalized(facts: &Facts) -> bool {
    let is_rtb_request = facts.opportunity == Opportunity::Bid && is_controlled(facts);
    is_rtb_request
        && (someone_turned_personalization_off(facts) || !effective(facts, |key| key.personalize))
}

fn is_from_elsewhere(source: &'static str) -> bool {
    ["partner", "off_platform"].contains(&source)
}

/// "From RTB requests, everything by which a partner could recognize the person (`device_identifier`), every attribute
/// whose source is a partner or activity off the platform." The exact place of a device is its home after a few nights.
pub(super) fn personalize_ads(facts: &Facts) -> Vec<Loss> {
    if !depersonalized(facts) {
        return Vec::new();
    }
    let sources: Vec<_> =
        [facts.demographics.gender, facts.demographics.age_band].into_iter().flatten().collect();
    let something_is_known = !sources.is_empty() || !its_own_lists(facts).is_empty();
    let nothing_stays = something_is_known && sources.into_iter().all(is_from_elsewhere);
    let lost: &[&str] = if nothing_stays {
        &["device_identifier", "precise_location", "demographic"]
    } else {
        &["device_identifier", "precise_location"]
    };
    vec![("personalize_ads_off", set(lost))]
}

/// Which values are told where demographics are.
pub(super) fn values(facts: &Facts) -> BTreeSet<&'static str> {
    let only_own = depersonalized(facts) || someone_turned_personalization_off(facts);
    let known = [("gender", facts.demographics.gender), ("age_band", facts.demographics.age_band)];
    let mut told = BTreeSet::new();
    for (name, source) in known {
        if source.is_some_and(|source| !only_own || !is_from_elsewhere(source)) {
            told.insert(name);
        }
    }
    told
}

/// The lists that the partner itself made, as far as they have not run out.
fn its_own_lists(facts: &Facts) -> BTreeSet<u32> {
    let holds = |list: &&super::List| list.is_its_own && facts.now_ms < list.until_ms;
    facts.lists.iter().filter(holds).map(|list| list.number).collect()
}

/// "It goes back only to that partner, and only while `personalize_ads` is `on`." Decision 0013: and only beside an
/// identifier, because a list of few people is one.
pub(super) fn lists(facts: &Facts, told: &Categories) -> BTreeSet<u32> {
    let beside = ["demographic", "device_identifier"].iter().all(|one| told.contains(one));
    if beside && !depersonalized(facts) && !someone_turned_personalization_off(facts) {
        its_own_lists(facts)
    } else {
        BTreeSet::new()
    }
}
