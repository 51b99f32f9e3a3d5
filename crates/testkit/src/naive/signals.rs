//! Rule 5, all but legal bases.

use super::{
    EVERYTHING, Facts, Loss, Opportunity, PERSON, Said, Section, basis, countries, set,
    united_states,
};

/// "COPPA, or protection age under 13" – under the age of a child in the country – "nothing about the person at all; 13-17:
/// no identifiers, no demographics. Age unknown: no demographics." The exact place goes with the identifiers.
pub(super) fn children(facts: &Facts) -> Vec<Loss> {
    let mut losses = Vec::new();
    if facts.signals.coppa.is_some_and(|coppa| coppa != 0) {
        losses.push(("coppa", set(&EVERYTHING)));
    }
    match facts.age {
        None => losses.push(("age_unknown", set(&["demographic"]))),
        Some(age) if age < countries::child_below(facts) => {
            losses.push(("child", set(&EVERYTHING)));
        }
        Some(age) if age < 18 => {
            let lost = set(&["device_identifier", "demographic", "precise_location"]);
            losses.push(("age_under_18", lost));
        }
        Some(_) => {}
    }
    losses
}

/// "`lmt=1`, `lmt` absent in an app, ATT 0-2, all-zero advertising id: no identifiers." A number that is not defined counts as
/// the strictest; the exact place goes with the identifiers.
pub(super) fn identifiers(facts: &Facts) -> Vec<Loss> {
    let mut codes = Vec::new();
    match facts.signals.lmt {
        Some(0) => {}
        Some(_) => codes.push("limit_ad_tracking"),
        None if facts.surface == "app" => codes.push("limit_ad_tracking_unsaid"),
        None => {}
    }
    match facts.signals.atts {
        None | Some(3) => {}
        Some(_) => codes.push("tracking_not_authorized"),
    }
    if facts.identifier == "all zero" {
        codes.push("zero_identifier");
    }
    let lost = set(&["device_identifier", "precise_location"]);
    codes.into_iter().map(|code| (code, lost.clone())).collect()
}

/// "GPC exactly `1`, US Privacy opt-out, GPP sale, sharing or targeted-advertising opt-out, any non-zero known-child value".
pub(super) fn opted_out(facts: &Facts) -> Vec<Loss> {
    let signals = &facts.signals;
    let mut codes = Vec::new();
    if signals.gpc.contains(&"1") {
        codes.push("gpc");
    }
    let mut us_privacy: Vec<[char; 3]> = Vec::new();
    if let Said::This(letters) = signals.us_privacy
        && is_us_privacy(letters)
    {
        us_privacy.push(letters);
    }
    for section in sections(facts) {
        match section {
            Section::UsPrivacy(letters) => us_privacy.push(*letters),
            Section::UnitedStates(said) => codes.extend(united_states::refusals(said)),
            Section::Europe(_) | Section::Canada(_) | Section::Damaged(_) => {}
        }
    }
    for [notice, opt_out, _] in us_privacy {
        if opt_out == 'Y' {
            codes.push("us_privacy_opt_out");
        }
        if notice == 'N' {
            codes.push("us_privacy_no_notice");
        }
    }
    codes.into_iter().map(|code| (code, set(&PERSON))).collect()
}

/// "If the law applies, char 3 must be Y or N"; `---` says that it does not.
fn is_us_privacy(letters: [char; 3]) -> bool {
    let [_, opt_out, _] = letters;
    letters == ['-'; 3]
        || opt_out != '-' && letters.iter().all(|letter| ['Y', 'N', '-'].contains(letter))
}

/// The sections in force, where the whole string can be read.
pub(super) fn sections(facts: &Facts) -> &[Section] {
    match &facts.signals.gpp {
        Said::This(sections) if sections.iter().all(is_readable) => sections,
        Said::This(_) | Said::Nothing | Said::Broken => &[],
    }
}

fn is_readable(section: &Section) -> bool {
    match section {
        Section::Europe(string) => basis::is_valid(string),
        Section::Canada(_) => true,
        Section::Damaged(_) => false,
        Section::UsPrivacy(letters) => is_us_privacy(*letters),
        // An entry has two bits, of which three values are defined.
        Section::UnitedStates(said) => said.fields.values().flatten().all(|entry| *entry <= 2),
    }
}

/// "An undecodable string: no `coarse_device`, `device_identifier`, `demographic`, `exposure`"; and where a legal basis is needed,
/// "missing or invalid string: no basis", nothing at all.
pub(super) fn unreadable(facts: &Facts) -> Vec<Loss> {
    let signals = &facts.signals;
    let us_privacy = match signals.us_privacy {
        Said::Broken => true,
        Said::This(letters) => !is_us_privacy(letters),
        Said::Nothing => false,
    };
    let gpp = match &signals.gpp {
        Said::Broken => true,
        Said::This(sections) => !sections.iter().all(is_readable),
        Said::Nothing => false,
    };
    // A framework whose section is in force needs bases by itself, in Europe and in Canada.
    let strings = [
        (basis::is_broken(&signals.tcf), basis::gdpr_in_scope(facts)),
        (gpp, basis::framework_in_force(facts)),
        (us_privacy, false),
    ];
    let mut losses = Vec::new();
    for (is_broken, closes_all) in strings {
        if is_broken {
            let lost: &[&'static str] = if closes_all { &EVERYTHING } else { &PERSON };
            losses.push(("signal_not_readable", set(lost)));
        }
    }
    losses
}

/// "`precise_location` (off unless a partnership lists it and the signal for it is present)". Where laws of the United States
/// are in force each of them has to say so, and one that has no word for it does not. Elsewhere the signal is a special
/// feature, which is looked for with the bases; out of scope a string that agrees to it counts too.
pub(super) fn exact_place(facts: &Facts) -> Vec<Loss> {
    let listed = facts.partnership.categories.contains("precise_location");
    if facts.opportunity != Opportunity::Bid || !listed {
        return Vec::new();
    }
    let mut by_law = Vec::new();
    let mut canada = false;
    for section in sections(facts) {
        match section {
            Section::Canada(_) => canada = true,
            Section::UnitedStates(said) => by_law.push(united_states::agrees_to_the_place(said)),
            Section::Europe(_) | Section::UsPrivacy(_) | Section::Damaged(_) => {}
        }
    }
    let is_open = if by_law.is_empty() {
        canada || basis::gdpr_in_scope(facts) || basis::agreed_to_the_place(facts)
    } else {
        !by_law.contains(&false)
    };
    if is_open { Vec::new() } else { vec![("location_not_allowed", set(&["precise_location"]))] }
}
