//! What holds of every decision by itself.

use crate::{
    reasons::Reasons,
    world::{Outcome, World},
};
use sluicegate_gate::{
    Categories, Category, Choice, Contextual, Country, Decision, Identifier, Jurisdiction, KeyKind,
    Loss, Opportunity, Reason, Setting, Surface, ViewState, WhenWithheld,
};
use sluicegate_signals::{Att, Coppa, Gdpr, Gpc, Lmt, Mark, TcfSection};

/// Asks, and checks every law.
pub(crate) fn check(world: &World) -> Outcome {
    let (outcome, losses, _) = world.answer();
    let laws = [
        what_is_told_is_what_is_left(world, outcome),
        contextual_is_exact(world, outcome),
        closed_on_unknown(world, outcome),
        most_protective_key_wins(world, outcome),
        scope_is_exact(world, outcome),
        ages_protect(world, outcome),
        signals_protect(world, outcome),
        losses.iter().all(|loss| loss_is_its_reasons(world, *loss)),
    ];
    assert_eq!(laws, [true; 8], "{outcome:?}\n{losses:?}\n{world:?}");
    outcome
}

fn is_bid(world: &World) -> bool {
    world.opportunity == Opportunity::Bid
}

fn is_controlled(world: &World) -> bool {
    world.terms.kind.is_controlled()
}

/// The universe less the union of the losses, cut to what is listed; withheld where that says nothing.
fn what_is_told_is_what_is_left(world: &World, outcome: Outcome) -> bool {
    let universe = if is_bid(world) {
        Categories::ALL.without(Categories::of(&[Category::Exposure]))
    } else {
        Categories::of(&[Category::Plumbing, Category::DeviceIdentifier, Category::Exposure])
    };
    let left = universe.without(outcome.lost).and(world.terms.categories);
    let says_something = if is_bid(world) {
        !left.and(Categories::PERSONAL).is_empty()
    } else {
        left.contains(Category::Exposure)
    };
    let has_its_key = is_bid(world)
        || left.contains(Category::DeviceIdentifier) && world.identifier == Identifier::Present;
    if outcome.permitted {
        says_something && has_its_key && outcome.told == left
    } else {
        !says_something && outcome.told == Categories::NONE
    }
}

/// Each reason takes what its table says: no less ever, more only for two, and what is not listed for one.
fn loss_is_its_reasons(world: &World, loss: Loss) -> bool {
    let more = match loss.reason {
        Reason::PersonalizeAdsOff => Categories::of(&[Category::Demographic]),
        Reason::SignalNotReadable => Categories::ALL,
        Reason::CategoryNotListed => {
            return !loss.categories.is_empty()
                && loss.categories.and(world.terms.categories).is_empty();
        }
        _ => Categories::NONE,
    };
    let fixed = loss.reason.categories();
    loss.categories.includes(fixed) && fixed.or(more).includes(loss.categories)
}

/// A partner is asked without the person exactly where it is a bid, the partnership says so and lists what it needs, and
/// nothing stands against asking at all; until the view could be too old.
fn contextual_is_exact(world: &World, outcome: Outcome) -> bool {
    let against_asking = Reasons::of(&[
        Reason::NotStarted,
        Reason::Ended,
        Reason::Suspended,
        Reason::LinkingAttestationLapsed,
        Reason::CountryNotServed,
        Reason::ViewIncomplete,
        Reason::ViewTooOld,
        Reason::Coppa,
        Reason::Child,
        Reason::ConsentStringMissing,
        Reason::NotAVendor,
        Reason::NoBasis(sluicegate_gate::TcfUse::Ask),
    ]);
    let has_section = has_section_of_europe(world) || has_section_of_canada(world);
    let unread_where_needed = world.signals.gpp.unreadable().is_some() && has_section
        || world.signals.tcf.unreadable().is_some() && is_in_scope_of_gdpr(world);
    let expected = !outcome.permitted
        && is_bid(world)
        && world.terms.when_withheld == WhenWithheld::Contextual
        && world.terms.categories.includes(Categories::IMPERSONAL)
        && !outcome.reasons.meets(against_asking)
        && !unread_where_needed;
    expected == outcome.contextual
        && !(outcome.contextual && world.signals.coppa == Coppa::On)
        && (!outcome.contextual || until_the_view_ends(world))
}

fn until_the_view_ends(world: &World) -> bool {
    let ViewState::Complete { as_of, bound } = world.view else { return false };
    match world.decide() {
        Decision::Withheld(withheld) => {
            matches!(withheld.contextual, Contextual::Until(end) if end <= as_of.plus(bound))
        }
        Decision::Permit(_) => false,
    }
}

fn countries(world: &World) -> impl Iterator<Item = Country> {
    [world.account_country, world.country].into_iter().flatten()
}

fn is_in_scope_of_gdpr(world: &World) -> bool {
    let in_europe = countries(world).any(|country| country.alpha3() == "DEU");
    let unknown = countries(world).next().is_none() && world.signals.gdpr == Gdpr::Unsaid;
    world.signals.gdpr == Gdpr::InScope || in_europe || unknown || has_section_of_europe(world)
}

fn has_section_of_europe(world: &World) -> bool {
    world.signals.gpp.europe() == TcfSection::InForce
}

fn has_section_of_canada(world: &World) -> bool {
    world.signals.gpp.canada() == TcfSection::InForce
}

/// A view, a string, a country, an age or a person that is not known opens nothing.
fn closed_on_unknown(world: &World, outcome: Outcome) -> bool {
    let says_nothing = outcome.told.and(Categories::PERSONAL).is_empty();
    let signals = &world.signals;
    let unread = signals.us_privacy.unreadable().is_some()
        || signals.gpp.unreadable().is_some()
        || signals.tcf.unreadable().is_some();
    let nobody = world.keys.iter().all(Option::is_none) && is_controlled(world);
    let nowhere = countries(world).next().is_none();
    let without_basis = is_in_scope_of_gdpr(world)
        && signals.tcf.read().is_none()
        && signals.gpp.read().is_none_or(|gpp| gpp.tcf_europe.is_none());
    (world.view != ViewState::Incomplete || !outcome.is_asked())
        && (!unread || says_nothing)
        && (!nobody || says_nothing)
        && (!nowhere || !is_controlled(world) || says_nothing || speaks(world, Setting::Sharing))
        && (!without_basis || !outcome.is_asked())
        && (world.age.is_some() || !outcome.told.contains(Category::Demographic))
}

/// Whether someone who may speak for the subject said `on`: the account, else any key.
fn speaks(world: &World, setting: Setting) -> bool {
    let says_on =
        |index: usize| world.keys[index].is_some_and(|key| key.choice(setting) == Some(Choice::On));
    if world.keys[0].is_some() { says_on(0) } else { says_on(1) || says_on(2) }
}

fn default(world: &World) -> Choice {
    let of = |country| Jurisdiction::of(country).default;
    let mut defaults = countries(world).map(|country| of(Some(country)));
    match defaults.next() {
        None => of(None),
        Some(Choice::On) if defaults.all(|default| default == Choice::On) => Choice::On,
        Some(_) => Choice::Off,
    }
}

/// An `off` or a mark at any key closes whatever the others say, and is named; without one, a default that is off is
/// lifted only by who may speak.
fn most_protective_key_wins(world: &World, outcome: Outcome) -> bool {
    if !is_controlled(world) {
        return true;
    }
    let says_nothing = outcome.told.and(Categories::PERSONAL).is_empty();
    let keys = || world.keys.iter().flatten();
    let named = keys().all(|key| {
        let reason = Reason::SharingOff(key.stamp.key.kind);
        (key.sharing == Some(Choice::Off)) == outcome.reasons.contains(reason)
    });
    let marked = keys().any(|key| key.sharing_marked_off);
    let off = marked || keys().any(|key| key.sharing == Some(Choice::Off));
    let closed_by_default = default(world) == Choice::Off && !speaks(world, Setting::Sharing);
    let depersonalized = default(world) == Choice::Off && !speaks(world, Setting::PersonalizeAds)
        || keys()
            .any(|key| key.personalize_ads == Some(Choice::Off) || key.personalize_ads_marked_off);
    named
        && marked == outcome.reasons.contains(Reason::SharingOffOnLinkedAccount)
        && (!off && !closed_by_default || says_nothing)
        && (is_bid(world) && depersonalized) == outcome.reasons.contains(Reason::PersonalizeAdsOff)
        && (!depersonalized || !is_bid(world) || !outcome.told.contains(Category::DeviceIdentifier))
}

/// The settings reach no other kind; what else holds for these is compared between neighbours.
fn scope_is_exact(world: &World, outcome: Outcome) -> bool {
    let settings = Reasons::of(&[
        Reason::SharingOff(KeyKind::Account),
        Reason::SharingOff(KeyKind::Device),
        Reason::SharingOff(KeyKind::Browser),
        Reason::SharingOffOnLinkedAccount,
        Reason::SharingOffByDefault,
        Reason::HappenedWhileOff,
        Reason::PersonalizeAdsOff,
    ]);
    is_controlled(world) || !outcome.reasons.meets(settings)
}

/// "Nothing about the person at all" below the highest age of a child in either country; below 18 no identifiers, no
/// demographics, no place.
fn ages_protect(world: &World, outcome: Outcome) -> bool {
    let of = |country| Jurisdiction::of(country).child_below;
    let highest = countries(world).map(|country| of(Some(country))).max();
    let child_below = highest.unwrap_or_else(|| of(None));
    let Some(age) = world.age else { return !outcome.told.contains(Category::Demographic) };
    let minors = [Category::DeviceIdentifier, Category::Demographic, Category::PreciseLocation];
    let is_child = age < child_below;
    (!is_child || !outcome.is_asked())
        && is_child == outcome.reasons.contains(Reason::Child)
        && (age >= 18 || outcome.told.and(Categories::of(&minors)).is_empty())
}

/// A limited device gives no identifier and no place; an opt-out closes everything about the person.
fn signals_protect(world: &World, outcome: Outcome) -> bool {
    let signals = &world.signals;
    let limited = signals.lmt == Lmt::On
        || signals.lmt == Lmt::Absent && world.surface == Surface::App
        || !matches!(signals.att, Att::Absent | Att::Authorized)
        || world.identifier == Identifier::AllZero;
    let by_device = [Category::DeviceIdentifier, Category::PreciseLocation];
    let gpp = signals.gpp.read();
    let strings = [signals.us_privacy.read().copied(), gpp.and_then(|gpp| gpp.us_privacy)];
    let opted_out = signals.gpc == Gpc::On
        || gpp.is_some_and(|gpp| !gpp.us.is_empty())
        || strings.into_iter().flatten().any(|string| string.opt_out_sale == Mark::Yes);
    (!limited || outcome.told.and(Categories::of(&by_device)).is_empty())
        && (!opted_out || outcome.told.and(Categories::PERSONAL).is_empty())
        && (signals.coppa == Coppa::Off || !outcome.is_asked())
}
