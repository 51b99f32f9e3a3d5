//! The decision: rules that only subtract, what is left, and until when it holds.

use crate::{
    Categories, Category, Country, Demographics, EditionHash, Kind, Loss, Membership,
    PartnershipId, Permit, Reason, Segments, SubjectState, Terms, ViewState, WhenWithheld,
    rules::{self, Case},
    time::{BootMillis, UnixMillis},
};
use sluicegate_signals::{GdprScope, Signals};
use std::time::Duration;

/// Where the ad is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// An app on a device: silence about ad tracking counts as a limit.
    App,
    /// A web page.
    Web,
}

/// What the request says of the advertising id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identifier {
    /// None is there.
    Absent,
    /// The all-zero id, by which a device says that it gives none.
    AllZero,
    /// One is there.
    Present,
}

/// What could be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opportunity {
    /// A partner could be asked for bids.
    Bid,
    /// A partner could be told that an ad was seen.
    Exposure {
        /// When it was seen.
        happened: UnixMillis,
        /// Whether the advertiser who ran the ad has linked this partnership.
        advertiser: AdvertiserLink,
    },
}

/// Whether the advertiser chose the measurement partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdvertiserLink {
    /// It did.
    Linked,
    /// It did not, or the advertiser is not known.
    Missing,
}

/// Everything the decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The partnership.
    pub terms: &'a Terms,
    /// The edition the terms were read from.
    pub edition: EditionHash,
    /// The subject as the view knows it.
    pub subject: &'a SubjectState,
    /// The lists that partners put the subject on, of whatever partner.
    pub memberships: &'a [Membership],
    /// What the request says about privacy.
    pub signals: &'a Signals<'a>,
    /// The country of the request, if it could be resolved.
    pub country: Option<Country>,
    /// App or web.
    pub surface: Surface,
    /// The advertising id.
    pub identifier: Identifier,
    /// What could be told.
    pub opportunity: Opportunity,
    /// The time of day.
    pub now: UnixMillis,
    /// The boot-time clock.
    pub boot: BootMillis,
}

/// The answer.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it lives for one attempt and is moved, not kept")]
pub enum Decision {
    /// Something about the person may be told.
    Permit(Permit),
    /// Nothing about the person may be told.
    Withheld(Withheld),
}

/// Nothing about the person may be told, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Every reason, in rule order.
    pub losses: Vec<Loss>,
    /// Whether the partner may be asked with plumbing and context only.
    pub contextual: Contextual,
    /// Whether the General Data Protection Regulation applies: a partner that is asked all the same is told.
    pub gdpr: GdprScope,
}

/// What it takes to tell a segment.
pub(crate) const FOR_SEGMENTS: Categories = Categories::DEMOGRAPHIC_AND_IDENTIFIER;

/// What may be told under the demographic grant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values {
    pub(crate) demographics: Demographics,
    pub(crate) segments: Segments,
}

/// Whether a partner that may be told nothing of the person may still be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contextual {
    /// It may be asked with plumbing and context, until the deadline.
    Until(BootMillis),
    /// It is not asked.
    Skipped,
}

/// Decides what one partnership may be told about one subject now.
pub fn decide(question: &Question<'_>) -> Decision {
    let case = Case::of(question);
    let mut losses = rules::losses(&case);
    let lost = losses.iter().fold(Categories::NONE, |lost, loss| lost.or(loss.categories));
    let open = question.opportunity.categories().without(lost);
    let unlisted = open
        .without(question.terms.categories)
        .without(Categories::of(&[Category::PreciseLocation]));
    if !unlisted.is_empty() {
        losses.push(Loss { categories: unlisted, ..Loss::of(Reason::CategoryNotListed) });
    }
    let mut left = open.and(question.terms.categories);
    let has_key =
        left.contains(Category::DeviceIdentifier) && question.identifier != Identifier::Absent;
    // Where the exposure itself is lost already, the missing key is no reason of its own.
    if left.contains(Category::Exposure) && !has_key {
        losses.push(Loss::of(Reason::NoKey));
        left = left.without(Categories::PERSONAL);
    }
    if !tells_anything(question.opportunity, left) {
        return Decision::Withheld(Withheld {
            partnership: question.terms.id.clone(),
            contextual: contextual(question, left),
            gdpr: case.gdpr,
            losses,
        });
    }
    let values = Values {
        demographics: permitted_demographics(&case, left),
        segments: permitted_segments(&case, left),
    };
    Decision::Permit(Permit::new(question, left, losses, values, case.gdpr))
}

impl Opportunity {
    /// Returns the categories that it could tell at most.
    pub fn categories(self) -> Categories {
        match self {
            Self::Bid => Categories::ALL.without(Categories::of(&[Category::Exposure])),
            Self::Exposure { .. } => Categories::of(&[
                Category::Plumbing,
                Category::DeviceIdentifier,
                Category::Exposure,
            ]),
        }
    }
}

fn tells_anything(opportunity: Opportunity, left: Categories) -> bool {
    match opportunity {
        Opportunity::Bid => !left.and(Categories::PERSONAL).is_empty(),
        Opportunity::Exposure { .. } => left.contains(Category::Exposure),
    }
}

fn contextual(question: &Question<'_>, left: Categories) -> Contextual {
    let asked = question.opportunity == Opportunity::Bid
        && question.terms.when_withheld == WhenWithheld::Contextual
        && left.includes(Categories::IMPERSONAL);
    let is_known = matches!(question.subject.view, ViewState::Complete { .. });
    if asked && is_known { Contextual::Until(deadline(question)) } else { Contextual::Skipped }
}

/// Rule 4 takes single values, not the category: those from elsewhere go.
fn permitted_demographics(case: &Case<'_>, left: Categories) -> Demographics {
    let demographics = case.question.subject.demographics;
    if !left.contains(Category::Demographic) {
        Demographics::NONE
    } else if rules::keeps_values_from_elsewhere(case) {
        demographics
    } else {
        demographics.from_here()
    }
}

/// A partner meets its own lists again, and no other's. A list with few people on it is as good as an id,
/// so that it takes the right to tell one as well.
fn permitted_segments(case: &Case<'_>, left: Categories) -> Segments {
    if !left.includes(FOR_SEGMENTS) || !rules::keeps_values_from_elsewhere(case) {
        return Segments::NONE;
    }
    rules::own_memberships(case).map(|membership| membership.segment).collect()
}

/// Returns until when an answer may be used: the view's bound, the end of the partnership, or the end of
/// what its partner promised.
pub(crate) fn deadline(question: &Question<'_>) -> BootMillis {
    let view = match question.subject.view {
        ViewState::Complete { as_of, bound } => as_of.plus(bound),
        ViewState::Incomplete => question.boot,
    };
    let ends_in = |end: UnixMillis| {
        Duration::from_millis(u64::try_from(end.0.saturating_sub(question.now.0)).unwrap_or(0))
    };
    let promise = match question.terms.kind {
        Kind::RealTimeBidding => question.terms.linking_attested_until,
        Kind::ConversionTracking | Kind::ServiceProvider | Kind::Other => None,
    };
    let ends = [question.terms.end, promise].into_iter().flatten();
    ends.map(|end| question.boot.plus(ends_in(end))).fold(view, BootMillis::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AgeBand, Choice, ForSecurity, Gender, KeyKind, KeyStamp, Revision, Source, Sourced,
        Standing, SubjectKey, TcfParty, Via,
    };
    use sluicegate_signals::Lmt;

    /// Brazil's default is off: sharing was turned on, personalization was never asked about.
    #[test]
    fn personalization_off_by_default_drops_what_partners_gave_too() {
        let key = SubjectKey { kind: KeyKind::Account, hash: 1 };
        let stamp = KeyStamp { key, revision: Revision::default() };
        let view = ViewState::Complete { as_of: BootMillis(0), bound: Duration::from_secs(5) };
        let gender = Sourced { value: Gender::Male, source: Source::Declared };
        let age_band = Sourced { value: AgeBand::From25To34, source: Source::Partner };
        let subject = SubjectState {
            account: Some(Standing { sharing: Some(Choice::On), ..Standing::untouched(stamp) }),
            account_country: "BRA".parse().ok(),
            protection_age: Some(ForSecurity::new(30)),
            demographics: Demographics { gender: Some(gender), age_band: Some(age_band) },
            ..SubjectState::nobody(view)
        };
        let terms = Terms {
            id: "north-bidding".parse().unwrap(),
            kind: Kind::RealTimeBidding,
            via: Via::Openrtb,
            categories: Categories::ALL,
            countries: Vec::new(),
            start: UnixMillis(0),
            end: None,
            suspended: false,
            linking_attested_until: Some(UnixMillis(9)),
            tcf: TcfParty::Nobody,
            when_withheld: WhenWithheld::Skip,
            listed_since: UnixMillis(0),
        };
        let question = Question {
            terms: &terms,
            edition: EditionHash([7; 32]),
            subject: &subject,
            memberships: &[],
            signals: &Signals { lmt: Lmt::Off, ..Signals::default() },
            country: "BRA".parse().ok(),
            surface: Surface::App,
            identifier: Identifier::Present,
            opportunity: Opportunity::Bid,
            now: UnixMillis(1),
            boot: BootMillis(1),
        };
        let Decision::Permit(permit) = decide(&question) else { panic!("withheld") };
        assert!(permit.categories().contains(Category::Demographic));
        let told = permitted_demographics(&Case::of(&question), permit.categories());
        assert_eq!((told.gender, told.age_band), (Some(gender), None));
    }
}
