//! Rule 5, legal bases: "GDPR in scope: TCF purposes for the partner's vendor id and role: P2 to ask at all, +P1 identifiers,
//! +P4 demographics, P7 exposures, special feature 1 precise location; missing or invalid string: no basis."

use super::{
    CanadaFacts, EVERYTHING, Facts, Loss, Opportunity, Partner, Said, Section, TcfFacts, countries,
    set, signals::sections,
};
use std::collections::BTreeSet;

/// 1 March 2026, from when a string has to say which vendors were shown.
const DISCLOSED_SINCE_DS: u64 = 17_723_232_000;

/// Encoding version 2 is what the encoder writes; one service, policy 4 or later, vendors disclosed.
pub(super) fn is_valid(string: &TcfFacts) -> bool {
    string.service_specific
        && string.policy_version >= 4
        && (string.disclosed.is_some() || string.created_ds < DISCLOSED_SINCE_DS)
}

pub(super) fn is_broken(said: &Said<TcfFacts>) -> bool {
    match said {
        Said::Broken => true,
        Said::This(string) => !is_valid(string),
        Said::Nothing => false,
    }
}

fn european_sections(facts: &Facts) -> Vec<&TcfFacts> {
    let europe = sections(facts).iter().filter_map(|section| match section {
        Section::Europe(string) => Some(string),
        Section::Canada(_)
        | Section::UsPrivacy(_)
        | Section::UnitedStates(_)
        | Section::Damaged(_) => None,
    });
    europe.collect()
}

/// Every string of Europe that can be read.
fn european_strings(facts: &Facts) -> Vec<&TcfFacts> {
    let mut strings = european_sections(facts);
    match &facts.signals.tcf {
        Said::This(string) if is_valid(string) => strings.push(string),
        Said::This(_) | Said::Broken | Said::Nothing => {}
    }
    strings
}

/// Whether every string of Europe that is there agrees to the exact place, and one is.
pub(super) fn agreed_to_the_place(facts: &Facts) -> bool {
    let strings = european_strings(facts);
    let partner = &facts.partnership.partner;
    !strings.is_empty() && strings.iter().all(|string| in_europe(string, partner, Need::Place))
}

/// Whether the section of Europe is in force, valid or not. Of a string in which no section can be found any may be.
fn europe_in_force(facts: &Facts) -> bool {
    match &facts.signals.gpp {
        Said::Nothing => false,
        Said::Broken => true,
        Said::This(sections) => sections
            .iter()
            .any(|section| matches!(section, Section::Europe(_) | Section::Damaged(2))),
    }
}

/// The same of Canada's.
fn canada_in_force(facts: &Facts) -> bool {
    match &facts.signals.gpp {
        Said::Nothing => false,
        Said::Broken => true,
        Said::This(sections) => sections
            .iter()
            .any(|section| matches!(section, Section::Canada(_) | Section::Damaged(5))),
    }
}

/// Whether `regs.gpp` is what has to give the bases.
pub(super) fn framework_in_force(facts: &Facts) -> bool {
    europe_in_force(facts) || canada_in_force(facts)
}

/// "GDPR in scope (`regs.gdpr=1`; EEA, UK or Swiss country whatever `gdpr` says; unknown)", or the section of Europe in force.
pub(super) fn gdpr_in_scope(facts: &Facts) -> bool {
    let said_otherwise = countries::is_in_europe(facts) || europe_in_force(facts);
    match facts.signals.gdpr {
        Some(0) => said_otherwise,
        Some(_) => true,
        None => said_otherwise || countries::is_unknown(facts),
    }
}

/// Every string that is there has to give the basis.
pub(super) fn europe(facts: &Facts) -> Vec<Loss> {
    if !gdpr_in_scope(facts) {
        return Vec::new();
    }
    let strings = european_strings(facts);
    if strings.is_empty() && facts.signals.tcf == Said::Nothing {
        return vec![("consent_string_missing", set(&EVERYTHING))];
    }
    let mut losses = Vec::new();
    for string in strings {
        match &facts.partnership.partner {
            Partner::Neither => losses.push(("not_a_vendor", set(&EVERYTHING))),
            partner => losses.extend(without(facts, |need| in_europe(string, partner, need))),
        }
    }
    losses
}

/// Where its section is in force, Canada asks for express consent.
pub(super) fn canada(facts: &Facts) -> Vec<Loss> {
    let mut losses = Vec::new();
    for section in sections(facts) {
        let Section::Canada(string) = section else { continue };
        match &facts.partnership.partner {
            Partner::Neither => losses.push(("not_a_vendor", set(&EVERYTHING))),
            partner => losses.extend(without(facts, |need| in_canada(string, partner, need))),
        }
    }
    losses
}

/// What a use needs.
#[derive(Clone, Copy)]
enum Need {
    Purpose(u8),
    /// Special feature 1.
    Place,
}

/// What is lost where there is no basis. A use that the partnership does not list needs none.
fn without(facts: &Facts, has_basis: impl Fn(Need) -> bool) -> Vec<Loss> {
    let listed = |category| facts.partnership.categories.contains(category);
    let mut losses = Vec::new();
    match facts.opportunity {
        Opportunity::Bid => {
            if !has_basis(Need::Purpose(2)) {
                losses.push(("no_basis_to_ask", set(&EVERYTHING)));
            }
            if listed("demographic") && !has_basis(Need::Purpose(4)) {
                losses.push(("no_basis_to_profile", set(&["demographic"])));
            }
            if listed("precise_location") && !has_basis(Need::Place) {
                losses.push(("no_basis_to_locate", set(&["precise_location"])));
            }
        }
        Opportunity::Exposure { .. } => {
            if !has_basis(Need::Purpose(7)) {
                losses.push(("no_basis_to_measure", set(&["exposure"])));
            }
        }
    }
    if listed("device_identifier") && !has_basis(Need::Purpose(1)) {
        losses.push(("no_basis_to_identify", set(&["device_identifier"])));
    }
    losses
}

/// "1. V in `DisclosedVendors`. 2. publisher restriction type 0 for (P,V) -> no. 3. basis = V's default in the GVL; restriction 1
/// (consent) / 2 (LI) applies only if V declared that basis or `flexible`; otherwise -> no. 4. both the purpose bit and the
/// vendor bit of that basis must be set. Purpose 1 is consent only; 3-6 consent only since 2.2." A processor acts on what
/// the person agreed to for the platform itself.
fn in_europe(string: &TcfFacts, partner: &Partner, need: Need) -> bool {
    match (partner, need) {
        (Partner::Neither, _) => false,
        (Partner::Processor, Need::Place) => string.features.contains(&1),
        (Partner::Processor, Need::Purpose(purpose)) => {
            let Some(publisher) = &string.publisher else { return false };
            publisher.consent.contains(&purpose)
                || may_rest_on_interest(purpose) && publisher.interest.contains(&purpose)
        }
        (Partner::Vendor { id, features, .. }, Need::Place) => {
            is_shown(string.disclosed.as_ref(), *id)
                && features.contains(&1)
                && string.features.contains(&1)
        }
        (Partner::Vendor { id, .. }, Need::Purpose(purpose)) => {
            is_shown(string.disclosed.as_ref(), *id)
                && match basis_to_use(string, partner, purpose) {
                    Some("consent") => {
                        string.purposes_consent.contains(&purpose)
                            && string.vendors_consent.contains(id)
                    }
                    Some(_) => {
                        string.purposes_interest.contains(&purpose)
                            && string.vendors_interest.contains(id)
                    }
                    None => false,
                }
        }
    }
}

fn may_rest_on_interest(purpose: u8) -> bool {
    ![1, 3, 4, 5, 6].contains(&purpose)
}

fn is_shown(disclosed: Option<&BTreeSet<u16>>, vendor: u16) -> bool {
    disclosed.is_none_or(|vendors| vendors.contains(&vendor))
}

fn basis_to_use(string: &TcfFacts, partner: &Partner, purpose: u8) -> Option<&'static str> {
    let Partner::Vendor { id, consent, interest, flexible, .. } = partner else { return None };
    let mut basis = if consent.contains(&purpose) {
        "consent"
    } else if interest.contains(&purpose) {
        "interest"
    } else {
        return None;
    };
    let default = basis;
    let concerned =
        string.restrictions.iter().filter(|one| one.purpose == purpose && one.vendors.contains(id));
    let kinds: BTreeSet<u8> = concerned.map(|one| one.kind).collect();
    match kinds.into_iter().collect::<Vec<_>>().as_slice() {
        [] => {}
        [1] => basis = "consent",
        [2] => basis = "interest",
        // Not allowed, not defined, or both at once.
        _ => return None,
    }
    let may_change = basis == default || flexible.contains(&purpose);
    let may_rest = basis == "consent" || may_rest_on_interest(purpose);
    (may_change && may_rest).then_some(basis)
}

/// Purpose 1 is not used in Canada. Implied consent is not used here. A restriction other than "express consent is required"
/// forbids.
fn in_canada(string: &CanadaFacts, partner: &Partner, need: Need) -> bool {
    match (partner, need) {
        (_, Need::Purpose(1)) => true,
        (Partner::Neither, _) | (Partner::Processor, Need::Place) => false,
        (Partner::Processor, Need::Purpose(purpose)) => {
            string.publisher.as_ref().is_some_and(|agreed| agreed.contains(&purpose))
        }
        (Partner::Vendor { id, .. }, need) => {
            let named = string.vendors.contains(id) && is_shown(string.disclosed.as_ref(), *id);
            let agreed = match need {
                Need::Place => string.features.contains(&1),
                Need::Purpose(purpose) => {
                    let forbidden = string.restrictions.iter().any(|one| {
                        one.purpose == purpose && one.kind != 1 && one.vendors.contains(id)
                    });
                    string.purposes.contains(&purpose) && !forbidden
                }
            };
            named && agreed
        }
    }
}
