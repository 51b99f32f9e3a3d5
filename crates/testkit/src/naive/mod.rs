//! The decision a second time, as plainly as it can be said: for comparing, and for reading.
//!
//! Written from the design's section 5 and the standards it names, not from the gate: it works on what is the case
//! ([`Facts`]) rather than on strings, knows categories and reasons by their names only, and takes its time. Each rule is
//! one function that can be read beside its paragraph. What differs between the two is a mistake in one of them.

mod basis;
mod choices;
mod countries;
mod facts;
mod register;
mod signals;
mod united_states;

pub use facts::{
    CanadaFacts, Demographics, Facts, KeyFacts, List, Opportunity, Partner, Partnership, Publisher,
    Restriction, Said, Section, Signals, TcfFacts, UsFacts, View,
};

use std::collections::BTreeSet;

/// Names of categories.
pub type Categories = BTreeSet<&'static str>;

/// What the naive reading says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The categories told; none where it is withheld.
    pub told: Categories,
    /// The codes of everything that took something away.
    pub reasons: BTreeSet<&'static str>,
    /// Whether a partner that is told nothing may be asked with plumbing and context.
    pub contextual: bool,
    /// Which demographic values are told: `gender`, `age_band`.
    pub values: BTreeSet<&'static str>,
    /// The numbers of the lists told.
    pub lists: BTreeSet<u32>,
}

/// A reason with what it takes away.
type Loss = (&'static str, Categories);

/// Every category.
const EVERYTHING: [&str; 7] = [
    "plumbing",
    "context",
    "coarse_device",
    "device_identifier",
    "demographic",
    "exposure",
    "precise_location",
];

/// Everything about the person.
const PERSON: [&str; 5] =
    ["coarse_device", "device_identifier", "demographic", "exposure", "precise_location"];

fn set(categories: &[&'static str]) -> Categories {
    categories.iter().copied().collect()
}

/// Says what may be told, and why the rest may not.
pub fn judge(facts: &Facts) -> Verdict {
    let mut losses = Vec::new();
    losses.extend(register::partnership_in_force(facts));
    losses.extend(register::view_known_and_fresh(facts));
    losses.extend(choices::sharing(facts));
    losses.extend(choices::what_happened_before(facts));
    losses.extend(choices::personalize_ads(facts));
    losses.extend(signals::children(facts));
    losses.extend(signals::identifiers(facts));
    losses.extend(signals::opted_out(facts));
    losses.extend(signals::unreadable(facts));
    losses.extend(basis::europe(facts));
    losses.extend(basis::canada(facts));
    losses.extend(signals::exact_place(facts));
    let mut reasons: BTreeSet<_> = losses.iter().map(|(code, _)| *code).collect();
    let lost: Categories = losses.iter().flat_map(|(_, lost)| lost.iter().copied()).collect();

    // Rule 6: what is left is cut to what the partnership lists.
    let open: Categories = could_be_told(facts).difference(&lost).copied().collect();
    let listed = &facts.partnership.categories;
    let unlisted = open.iter().any(|one| !listed.contains(one) && *one != "precise_location");
    if unlisted {
        reasons.insert("category_not_listed");
    }
    let mut left: Categories = open.intersection(listed).copied().collect();

    // Without the identifier there is nothing to hang an exposure on.
    let has_key = left.contains("device_identifier") && facts.identifier != "absent";
    if left.contains("exposure") && !has_key {
        reasons.insert("no_key");
        left.retain(|category| !PERSON.contains(category));
    }
    let told = match facts.opportunity {
        Opportunity::Bid if PERSON.iter().any(|category| left.contains(category)) => left.clone(),
        Opportunity::Exposure { .. } if left.contains("exposure") => left.clone(),
        Opportunity::Bid | Opportunity::Exposure { .. } => Categories::new(),
    };
    let contextual = told.is_empty()
        && facts.opportunity == Opportunity::Bid
        && facts.partnership.when_withheld == "contextual"
        && left.contains("plumbing")
        && left.contains("context");
    let values =
        if told.contains("demographic") { choices::values(facts) } else { BTreeSet::new() };
    let lists = choices::lists(facts, &told);
    Verdict { told, reasons, contextual, values, lists }
}

/// A bid request tells everything but an exposure; a measurement partner gets neither addresses nor user agents.
fn could_be_told(facts: &Facts) -> Categories {
    match facts.opportunity {
        Opportunity::Bid => {
            EVERYTHING.into_iter().filter(|category| *category != "exposure").collect()
        }
        Opportunity::Exposure { .. } => set(&["plumbing", "device_identifier", "exposure"]),
    }
}
