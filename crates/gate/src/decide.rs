//! The decision: one table of rules, each of which only subtracts.

use crate::{
    Categories, Category, Choice, Country, Demographics, EditionHash, Jurisdiction, Kind, Loss,
    PartnershipId, Permit, Reason, Setting, Standing, SubjectState, Terms, ViewState, WhenWithheld,
    time::{BootMillis, UnixMillis},
};
use sluicegate_signals::{Att, ConsentString, Coppa, Gdpr, Gpc, Lmt, LocationConsent, Signals};
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
    /// What the request says about privacy.
    pub signals: &'a Signals,
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
}

/// Whether a partner that may be told nothing of the person may still be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contextual {
    /// It may be asked with plumbing and context, until the deadline.
    Until(BootMillis),
    /// It is not asked.
    Skipped,
}

type Rule = fn(&Question<'_>, &mut Vec<Loss>);

/// Design order. All rules run and all reasons are kept.
const RULES: [Rule; 12] = [
    in_force,
    linking_attested,
    country_served,
    advertiser_linked,
    view_fresh,
    sharing_on,
    happened_while_shareable,
    personalize_ads_on,
    children_protected,
    tracking_allowed,
    location_allowed,
    signals_readable,
];

/// Decides what one partnership may be told about one subject now.
pub fn decide(question: &Question<'_>) -> Decision {
    let mut losses = Vec::new();
    for rule in RULES {
        rule(question, &mut losses);
    }
    let universe = universe(question.opportunity);
    let lost = losses.iter().fold(Categories::NONE, |lost, loss| lost.or(loss.categories));
    let open = universe.without(lost);
    let unlisted = open
        .without(question.terms.categories)
        .without(Categories::of(&[Category::PreciseLocation]));
    if !unlisted.is_empty() {
        losses.push(Loss { reason: Reason::CategoryNotListed, categories: unlisted });
    }
    let mut left = open.and(question.terms.categories);
    let has_key =
        left.contains(Category::DeviceIdentifier) && question.identifier != Identifier::Absent;
    // Where the exposure itself is lost already, the missing key is no reason of its own.
    if left.contains(Category::Exposure) && !has_key {
        losses.push(Loss { reason: Reason::NoKey, categories: Categories::PERSONAL });
        left = left.without(Categories::PERSONAL);
    }
    if !tells_anything(question.opportunity, left) {
        return Decision::Withheld(Withheld {
            partnership: question.terms.id.clone(),
            contextual: contextual(question, left),
            losses,
        });
    }
    Decision::Permit(Permit::new(question, left, losses, permitted_demographics(question, left)))
}

fn universe(opportunity: Opportunity) -> Categories {
    match opportunity {
        Opportunity::Bid => Categories::ALL.without(Categories::of(&[Category::Exposure])),
        Opportunity::Exposure { .. } => {
            Categories::of(&[Category::Plumbing, Category::DeviceIdentifier, Category::Exposure])
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
    match question.subject.view {
        ViewState::Complete { as_of, bound } if asked => Contextual::Until(as_of.plus(bound)),
        _ => Contextual::Skipped,
    }
}

fn permitted_demographics(question: &Question<'_>, left: Categories) -> Demographics {
    if !left.contains(Category::Demographic) {
        return Demographics::NONE;
    }
    if depersonalized(question) || personalize_ads_off(question.subject) {
        return question.subject.demographics.from_here();
    }
    question.subject.demographics
}

/// Rule 1: the partnership is listed, started, not ended, not suspended.
fn in_force(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let terms = question.terms;
    let mut lose = |reason| losses.push(Loss { reason, categories: Categories::ALL });
    if question.now < terms.start {
        lose(Reason::NotStarted);
    }
    if terms.end.is_some_and(|end| question.now >= end) {
        lose(Reason::Ended);
    }
    if terms.suspended {
        lose(Reason::Suspended);
    }
}

/// Rule 1: a bidding partner has promised to ask before it links data to a person.
fn linking_attested(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let terms = question.terms;
    let holds = terms.linking_attested_until.is_some_and(|until| question.now < until);
    if terms.kind == Kind::RealTimeBidding && !holds {
        losses.push(Loss { reason: Reason::LinkingAttestationLapsed, categories: Categories::ALL });
    }
}

/// Rule 1: the country is one that the partnership serves.
fn country_served(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let served = &question.terms.countries;
    let is_served = match question.country.or(question.subject.account_country) {
        Some(country) => served.contains(&country),
        None => false,
    };
    if !served.is_empty() && !is_served {
        losses.push(Loss { reason: Reason::CountryNotServed, categories: Categories::ALL });
    }
}

/// Rule 1: measurement goes only to partners that the advertiser who ran the ad has chosen.
fn advertiser_linked(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let Opportunity::Exposure { happened, advertiser } = question.opportunity else { return };
    if question.terms.kind == Kind::ConversionTracking && advertiser == AdvertiserLink::Missing {
        losses.push(Loss { reason: Reason::AdvertiserNotLinked, categories: Categories::ALL });
    }
    if happened < question.terms.listed_since.max(question.terms.start) {
        losses.push(Loss { reason: Reason::HappenedBeforeListing, categories: Categories::ALL });
    }
}

/// Rule 2: the view is complete and its age within the bound.
fn view_fresh(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let reason = match question.subject.view {
        ViewState::Incomplete => Reason::ViewIncomplete,
        ViewState::Complete { as_of, bound } if question.boot > as_of.plus(bound) => {
            Reason::ViewTooOld
        }
        ViewState::Complete { .. } => return,
    };
    losses.push(Loss { reason, categories: Categories::ALL });
}

/// Rule 3: the effective choice is `on`, and no linked key says `off`.
fn sharing_on(question: &Question<'_>, losses: &mut Vec<Loss>) {
    if !question.terms.kind.is_controlled() {
        return;
    }
    let subject = question.subject;
    let before = losses.len();
    let mut lose = |reason| losses.push(Loss { reason, categories: Categories::PERSONAL });
    for standing in subject.standings() {
        if standing.sharing == Some(Choice::Off) {
            lose(Reason::SharingOff(standing.stamp.key.kind));
        }
    }
    if subject.standings().any(|standing| standing.sharing_marked_off) {
        lose(Reason::SharingOffOnLinkedAccount);
    }
    // Without a key nobody's choice can be looked up: that is not the same as nobody having chosen (P2).
    let is_nobody = subject.standings().next().is_none();
    if losses.len() == before && (is_nobody || !is_on(Setting::Sharing, question)) {
        losses.push(Loss { reason: Reason::SharingOffByDefault, categories: Categories::PERSONAL });
    }
}

/// Returns whether someone who may speak for this subject said `on`, or the default is `on`. A device's
/// or browser's `on` never speaks for an account.
fn is_on(setting: Setting, question: &Question<'_>) -> bool {
    let subject = question.subject;
    let says_on = |standing: &Standing| standing.choice(setting) == Some(Choice::On);
    let spoken = match &subject.account {
        Some(account) => says_on(account),
        None => subject.standings().any(says_on),
    };
    spoken || jurisdiction(question).default == Choice::On
}

/// The strictest row of the account's and the request's country.
fn jurisdiction(question: &Question<'_>) -> Jurisdiction {
    [question.subject.account_country, question.country]
        .into_iter()
        .flatten()
        .map(|country| Jurisdiction::of(Some(country)))
        .reduce(Jurisdiction::stricter)
        .unwrap_or_else(|| Jurisdiction::of(None))
}

/// Rule 3 for what already happened: nothing from before sharing was last turned on.
fn happened_while_shareable(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let Opportunity::Exposure { happened, .. } = question.opportunity else { return };
    if !question.terms.kind.is_controlled() {
        return;
    }
    let too_early = |standing: &Standing| standing.open_since.is_some_and(|since| happened < since);
    if question.subject.standings().any(too_early) {
        losses.push(Loss { reason: Reason::HappenedWhileOff, categories: Categories::PERSONAL });
    }
}

/// Rule 4: without personalization a bidding partner gets nothing to recognize the person by, and no
/// attribute that came from a partner or from activity off the platform.
fn personalize_ads_on(question: &Question<'_>, losses: &mut Vec<Loss>) {
    if !depersonalized(question) {
        return;
    }
    let demographics = question.subject.demographics;
    let foreign_only = !demographics.is_empty() && demographics.from_here().is_empty();
    let mut removed = Categories::of(&[Category::DeviceIdentifier]);
    if foreign_only {
        removed = removed.or(Categories::of(&[Category::Demographic]));
    }
    losses.push(Loss { reason: Reason::PersonalizeAdsOff, categories: removed });
}

/// Returns whether rule 4 holds: the setting applies, and is off by choice or by default.
fn depersonalized(question: &Question<'_>) -> bool {
    question.opportunity == Opportunity::Bid
        && question.terms.kind.is_controlled()
        && (personalize_ads_off(question.subject) || !is_on(Setting::PersonalizeAds, question))
}

fn personalize_ads_off(subject: &SubjectState) -> bool {
    subject.standings().any(|standing| {
        standing.personalize_ads == Some(Choice::Off) || standing.personalize_ads_marked_off
    })
}

/// Rule 5, children: COPPA and the protection age.
fn children_protected(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let mut lose = |reason, categories| losses.push(Loss { reason, categories });
    if question.signals.coppa == Coppa::On {
        lose(Reason::Coppa, Categories::ALL);
    }
    let minor = Categories::of(&[
        Category::DeviceIdentifier,
        Category::Demographic,
        Category::PreciseLocation,
    ]);
    match question.subject.protection_age {
        Some(0..13) => lose(Reason::AgeUnder13, Categories::ALL),
        Some(13..18) => lose(Reason::AgeUnder18, minor),
        Some(_) => {}
        None => lose(Reason::AgeUnknown, Categories::of(&[Category::Demographic])),
    }
}

/// Rule 5, the device: limited ad tracking, app tracking not authorized, no id.
fn tracking_allowed(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let mut lose = |reason| {
        let categories = Categories::of(&[Category::DeviceIdentifier, Category::PreciseLocation]);
        losses.push(Loss { reason, categories });
    };
    match (question.signals.lmt, question.surface) {
        (Lmt::On, _) => lose(Reason::LimitAdTracking),
        (Lmt::Absent, Surface::App) => lose(Reason::LimitAdTrackingUnsaid),
        (Lmt::Absent, Surface::Web) | (Lmt::Off, _) => {}
    }
    match question.signals.att {
        Att::NotDetermined | Att::Restricted | Att::Denied => lose(Reason::TrackingNotAuthorized),
        Att::Absent | Att::Authorized => {}
    }
    if question.identifier == Identifier::AllZero {
        lose(Reason::ZeroIdentifier);
    }
}

/// Rule 5, the exact place: only where a signal says so. Said only to whom it concerns.
fn location_allowed(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let concerned = question.opportunity == Opportunity::Bid
        && question.terms.categories.contains(Category::PreciseLocation);
    if concerned && question.signals.location == LocationConsent::Absent {
        losses.push(Loss {
            reason: Reason::LocationNotAllowed,
            categories: Categories::of(&[Category::PreciseLocation]),
        });
    }
}

/// Rule 5, signals by law: Global Privacy Control, and consent that was not read.
fn signals_readable(question: &Question<'_>, losses: &mut Vec<Loss>) {
    let signals = question.signals;
    if signals.gpc == Gpc::On {
        losses.push(Loss { reason: Reason::Gpc, categories: Categories::PERSONAL });
    }
    if in_gdpr_scope(question) {
        losses.push(Loss { reason: Reason::SignalNotReadable, categories: Categories::ALL });
    } else if [signals.us_privacy, signals.gpp, signals.tcf].contains(&ConsentString::Unread) {
        losses.push(Loss { reason: Reason::SignalNotReadable, categories: Categories::PERSONAL });
    }
}

/// `regs.gdpr=1`, a European country whatever `gdpr` says, or nothing known at all.
fn in_gdpr_scope(question: &Question<'_>) -> bool {
    let known = question.country.or(question.subject.account_country).is_some();
    match question.signals.gdpr {
        Gdpr::InScope => true,
        Gdpr::OutOfScope => known && jurisdiction(question).gdpr,
        Gdpr::Unsaid => jurisdiction(question).gdpr,
    }
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
    use crate::{AgeBand, Gender, KeyKind, KeyStamp, Revision, Source, Sourced, SubjectKey, Via};

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
            protection_age: Some(30),
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
            when_withheld: WhenWithheld::Skip,
            listed_since: UnixMillis(0),
        };
        let question = Question {
            terms: &terms,
            edition: EditionHash([7; 32]),
            subject: &subject,
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
        let told = permitted_demographics(&question, permit.categories());
        assert_eq!((told.gender, told.age_band), (Some(gender), None));
    }
}
