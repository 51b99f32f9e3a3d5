//! Random worlds: all inputs at once, and numbers, dates and lists that no table has.

use crate::{
    inputs::{self, Input},
    laws,
    product::opens_nothing,
    world::{BOOT, NOW, World},
};
use proptest::prelude::*;
use sluicegate_gate::{
    Categories, Choice, Country, Opportunity, Standing, ViewState,
    time::{BootMillis, UnixMillis},
};
use sluicegate_signals::{Att, Coppa, Gpc, GppReading, Lmt, Reading, Unreadable};
use std::{sync::LazyLock, time::Duration};

static INPUTS: LazyLock<Vec<Input>> = LazyLock::new(inputs::all);

/// No country has it, so that nobody is served.
const NOWHERE: &str = "ATA";
const COUNTRIES: [&str; 6] = ["USA", "DEU", "BRA", "CAN", "FRA", "MEX"];

/// One value of every input, as numbers that are cut to the length of each list.
fn places() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<prop::sample::Index>(), INPUTS.len()).prop_map(|places| {
        places
            .iter()
            .zip(INPUTS.iter())
            .map(|(place, input)| place.index(input.values.len()))
            .collect()
    })
}

/// An open world with a few inputs at any value.
fn few_places() -> impl Strategy<Value = Vec<usize>> {
    let rolled =
        prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..5);
    rolled.prop_map(|changes| {
        let mut places = vec![0; INPUTS.len()];
        for (which, place) in changes {
            let which = which.index(INPUTS.len());
            places[which] = place.index(INPUTS[which].values.len());
        }
        // Someone known, in the United States: the first value of each key is that it is not there.
        let account = INPUTS.iter().position(|input| input.name == "account").unwrap();
        places[account] = places[account].max(1);
        places
    })
}

fn at(places: &[usize]) -> World {
    let mut world = World::new();
    for (input, place) in INPUTS.iter().zip(places) {
        (input.values[*place].set)(&mut world);
    }
    world
}

fn day() -> impl Strategy<Value = UnixMillis> {
    prop_oneof![
        (-100_000..100_000_i64).prop_map(|offset| UnixMillis(NOW.0 + offset)),
        any::<i64>().prop_map(UnixMillis),
        Just(NOW),
    ]
}

fn served() -> impl Strategy<Value = Vec<Country>> {
    prop::sample::subsequence(COUNTRIES.to_vec(), 0..COUNTRIES.len())
        .prop_map(|codes| codes.iter().map(|code| code.parse().unwrap()).collect())
}

/// A world with a register and a view of random numbers.
fn worlds() -> impl Strategy<Value = World> {
    let terms =
        (day(), prop::option::of(day()), prop::option::of(day()), day(), served(), 0..=u8::MAX);
    let person = (prop::option::of(any::<u8>()), 0..20_000_u64, 0..20_000_u64, day());
    (few_places(), terms, person, any::<bool>()).prop_map(|(places, terms, person, is_rolled)| {
        let mut world = at(&places);
        // Half of them keep the dates of an open register, so that the other rules are seen.
        if is_rolled {
            let (start, end, attested, listed, countries, _) = terms.clone();
            world.terms.start = start;
            world.terms.end = end;
            world.terms.linking_attested_until = attested;
            world.terms.listed_since = listed;
            world.terms.countries = countries;
        }
        world.terms.categories = Categories::from_bits(terms.5 | 0b11);
        let (age, view_age_ms, bound_ms, happened) = person;
        world.age = age;
        world.view = ViewState::Complete {
            as_of: BootMillis(BOOT.0 - view_age_ms),
            bound: Duration::from_millis(bound_ms.max(view_age_ms / 2)),
        };
        if let Opportunity::Exposure { advertiser, .. } = world.opportunity {
            world.opportunity = Opportunity::Exposure { happened, advertiser };
        }
        world
    })
}

/// Something that closes, with the numbers it closes by.
#[derive(Clone, Debug)]
enum Closer {
    StartsLater(UnixMillis),
    EndsSooner(UnixMillis),
    Suspended,
    PromiseEndsSooner(UnixMillis),
    ListedLater(UnixMillis),
    ServesFewer(Vec<Country>),
    ListsFewer(Categories),
    HappenedEarlier(UnixMillis),
    ViewOlder(u64),
    ViewIncomplete,
    SharingOff(usize),
    SharingMarked(usize),
    PersonalizeOff(usize),
    PersonalizeMarked(usize),
    OpenedLately(usize),
    Younger(u8),
    Limited,
    NotAuthorized,
    GlobalPrivacyControl,
    ForChildren,
    Unreadable(u8),
}

fn closers() -> impl Strategy<Value = Closer> {
    prop_oneof![
        day().prop_map(Closer::StartsLater),
        day().prop_map(Closer::EndsSooner),
        Just(Closer::Suspended),
        day().prop_map(Closer::PromiseEndsSooner),
        day().prop_map(Closer::ListedLater),
        served().prop_map(Closer::ServesFewer),
        any::<u8>().prop_map(|bits| Closer::ListsFewer(Categories::from_bits(bits))),
        day().prop_map(Closer::HappenedEarlier),
        (0..20_000_u64).prop_map(Closer::ViewOlder),
        Just(Closer::ViewIncomplete),
        (0..3_usize).prop_map(Closer::SharingOff),
        (0..3_usize).prop_map(Closer::SharingMarked),
        (0..3_usize).prop_map(Closer::PersonalizeOff),
        (0..3_usize).prop_map(Closer::PersonalizeMarked),
        (0..3_usize).prop_map(Closer::OpenedLately),
        any::<u8>().prop_map(Closer::Younger),
        Just(Closer::Limited),
        Just(Closer::NotAuthorized),
        Just(Closer::GlobalPrivacyControl),
        Just(Closer::ForChildren),
        (0..3_u8).prop_map(Closer::Unreadable),
    ]
}

fn close(world: &mut World, closer: &Closer) {
    let sooner =
        |old: Option<UnixMillis>, new: UnixMillis| Some(old.map_or(new, |old| old.min(new)));
    match closer {
        Closer::StartsLater(day) => world.terms.start = world.terms.start.max(*day),
        Closer::EndsSooner(day) => world.terms.end = sooner(world.terms.end, *day),
        Closer::Suspended => world.terms.suspended = true,
        Closer::PromiseEndsSooner(day) => {
            let until = &mut world.terms.linking_attested_until;
            *until = until.map(|old| old.min(*day));
        }
        Closer::ListedLater(day) => world.terms.listed_since = world.terms.listed_since.max(*day),
        Closer::ServesFewer(countries) => serve_fewer(&mut world.terms.countries, countries),
        Closer::ListsFewer(listed) => world.terms.categories = world.terms.categories.and(*listed),
        Closer::HappenedEarlier(day) => {
            if let Opportunity::Exposure { happened, .. } = &mut world.opportunity {
                *happened = (*happened).min(*day);
            }
        }
        Closer::ViewOlder(ms) => {
            if let ViewState::Complete { as_of, .. } = &mut world.view {
                as_of.0 = as_of.0.saturating_sub(*ms);
            }
        }
        Closer::ViewIncomplete => world.view = ViewState::Incomplete,
        Closer::SharingOff(_)
        | Closer::SharingMarked(_)
        | Closer::PersonalizeOff(_)
        | Closer::PersonalizeMarked(_)
        | Closer::OpenedLately(_) => close_key(world, closer),
        Closer::Younger(age) => {
            world.age = Some(world.age.unwrap_or(17).min(*age));
        }
        Closer::Limited => world.signals.lmt = Lmt::On,
        Closer::NotAuthorized => world.signals.att = Att::Denied,
        Closer::GlobalPrivacyControl => world.signals.gpc = Gpc::On,
        Closer::ForChildren => world.signals.coppa = Coppa::On,
        Closer::Unreadable(0) => world.signals.us_privacy = Reading::Unreadable(Unreadable::Value),
        // Not even the sections in force are known, so that what refused before still does.
        Closer::Unreadable(1) => world.signals.gpp = GppReading::of(Some("nothing"), &[]),
        Closer::Unreadable(_) => world.signals.tcf = Reading::Unreadable(Unreadable::Value),
    }
}

/// An empty list is every country; one that would become empty serves nobody.
fn serve_fewer(countries: &mut Vec<Country>, fewer: &[Country]) {
    if countries.is_empty() {
        countries.extend(fewer);
        return;
    }
    countries.retain(|country| fewer.contains(country));
    if countries.is_empty() {
        countries.push(NOWHERE.parse().unwrap());
    }
}

fn close_key(world: &mut World, closer: &Closer) {
    let change = |key: &mut Option<Standing>, change: fn(&mut Standing)| {
        if let Some(standing) = key {
            change(standing);
        }
    };
    match closer {
        Closer::SharingOff(key) => {
            change(&mut world.keys[*key], |standing| standing.sharing = Some(Choice::Off));
        }
        Closer::SharingMarked(key) => {
            change(&mut world.keys[*key], |standing| standing.sharing_marked_off = true);
        }
        Closer::PersonalizeOff(key) => {
            change(&mut world.keys[*key], |standing| standing.personalize_ads = Some(Choice::Off));
        }
        Closer::PersonalizeMarked(key) => {
            change(&mut world.keys[*key], |standing| standing.personalize_ads_marked_off = true);
        }
        Closer::OpenedLately(key) => world.opened[*key] = true,
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_world_keeps_the_laws_and_closing_any_input_opens_nothing(
        mut places in prop_oneof![places(), few_places()],
        steps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..10),
    ) {
        let mut before = laws::check(&at(&places));
        for (which, step) in steps {
            let which = which.index(INPUTS.len());
            let input = &INPUTS[which];
            let tighter = &input.values[places[which]].tighter;
            if tighter.is_empty() {
                continue;
            }
            places[which] = tighter[step.index(tighter.len())];
            let closed = laws::check(&at(&places));
            prop_assert!(opens_nothing(before, closed), "{}: {closed:?}", input.name);
            before = closed;
        }
    }

    #[test]
    fn closing_any_register_link_or_request_further_opens_nothing(
        world in worlds(),
        closers in prop::collection::vec(closers(), 1..6),
    ) {
        let mut world = world;
        let mut before = laws::check(&world);
        for closer in closers {
            close(&mut world, &closer);
            let closed = laws::check(&world);
            prop_assert!(opens_nothing(before, closed), "{closer:?}: {closed:?}");
            before = closed;
        }
    }
}
