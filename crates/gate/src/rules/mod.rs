//! The rules, in the order of the design. Each looks at everything it needs and takes categories away; all of them
//! run, and all reasons are kept.

mod choices;
mod consent;
mod protection;
mod register;

pub(crate) use choices::{keeps_values_from_elsewhere, own_memberships, personalizes};

use crate::{Category, Country, Jurisdiction, Loss, Opportunity, Question};
use sluicegate_signals::{Gdpr, GdprScope, TcfSection};

/// A question with what several rules ask of it.
pub(crate) struct Case<'a> {
    pub(crate) question: &'a Question<'a>,
    /// The strictest row of the account's and the request's country.
    jurisdiction: Jurisdiction,
    /// Whether legal bases are needed for everything.
    pub(crate) gdpr: GdprScope,
}

type Rule = fn(&Case<'_>, &mut Vec<Loss>);

const RULES: [Rule; 15] = [
    register::in_force,
    register::linking_attested,
    register::country_served,
    register::advertiser_linked,
    choices::view_fresh,
    choices::sharing_on,
    choices::happened_while_shareable,
    choices::personalize_ads_on,
    protection::children,
    protection::tracking,
    consent::opted_out,
    consent::strings_readable,
    consent::europe,
    consent::canada,
    consent::location,
];

/// Returns what every rule takes away, in their order.
pub(crate) fn losses(case: &Case<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for rule in RULES {
        rule(case, &mut losses);
    }
    losses
}

impl<'a> Case<'a> {
    pub(crate) fn of(question: &'a Question<'a>) -> Self {
        let jurisdiction = jurisdiction(question);
        Self { question, gdpr: gdpr(question, jurisdiction), jurisdiction }
    }

    /// Returns whether the opportunity could tell the category to the partnership.
    fn concerns(&self, category: Category) -> bool {
        let could = self.question.opportunity.categories().and(self.question.terms.categories);
        could.contains(category)
    }

    fn is_bid(&self) -> bool {
        self.question.opportunity == Opportunity::Bid
    }
}

fn countries(question: &Question<'_>) -> impl Iterator<Item = Country> {
    [question.subject.account_country, question.country].into_iter().flatten()
}

fn jurisdiction(question: &Question<'_>) -> Jurisdiction {
    countries(question)
        .map(|country| Jurisdiction::of(Some(country)))
        .reduce(Jurisdiction::stricter)
        .unwrap_or_else(|| Jurisdiction::of(None))
}

/// By `regs.gdpr`, by a European country whatever `gdpr` says, or by nothing being known at all. A section of TCF
/// Europe that is in force says so too, read or not.
fn gdpr(question: &Question<'_>, jurisdiction: Jurisdiction) -> GdprScope {
    let section = question.signals.gpp.europe() == TcfSection::InForce;
    let known = countries(question).next().is_some();
    let in_scope = match question.signals.gdpr {
        Gdpr::InScope => true,
        Gdpr::OutOfScope => section || known && jurisdiction.gdpr,
        Gdpr::Unsaid => section || jurisdiction.gdpr,
    };
    if in_scope { GdprScope::In } else { GdprScope::Out }
}
