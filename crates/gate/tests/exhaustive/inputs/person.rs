//! Inputs about the person: countries, age, demographics.

use super::Input;
use crate::world::{NOW, World};
use sluicegate_gate::{
    AgeBand, Country, Demographics, Gender, Membership, Reason, Segment, Source, Sourced, TcfUse,
    time::UnixMillis,
};

pub(super) fn inputs() -> Vec<Input> {
    vec![
        country("account country", |world, country| world.account_country = country),
        country("country", |world, country| world.country = country),
        age(),
        demographics(),
        lists(),
    ]
}

/// One country for each kind of row: everything on, consent first with a lower age of children, consent first with the
/// highest, Europe; and none. No order leads to or from none: it counts as the strictest only where the other is none
/// too.
fn country(name: &'static str, set: fn(&mut World, Option<Country>)) -> Input {
    let reaches = [
        Reason::CountryNotServed,
        Reason::SharingOffByDefault,
        Reason::PersonalizeAdsOff,
        Reason::Child,
        Reason::AgeUnder18,
        Reason::ConsentStringMissing,
        Reason::NotAVendor,
        Reason::NoBasis(TcfUse::Ask),
        Reason::NoBasis(TcfUse::Measure),
        Reason::NoBasis(TcfUse::Identify),
        Reason::NoBasis(TcfUse::Profile),
        Reason::NoBasis(TcfUse::Locate),
        Reason::LocationNotAllowed,
    ];
    let mut input = Input::new(name, &reaches);
    for code in ["USA", "CAN", "BRA", "DEU"] {
        let country = code.parse().ok();
        input = input.value(code, move |world| set(world, country));
    }
    input
        .value("none", move |world| set(world, None))
        .closing("USA", &["CAN", "DEU"])
        .closing("CAN", &["BRA"])
}

fn age() -> Input {
    let reaches = [Reason::Child, Reason::AgeUnder18, Reason::AgeUnknown];
    let ages = [
        ("adult", Some(18)),
        ("unknown", None),
        ("17", Some(17)),
        ("13", Some(13)),
        ("12", Some(12)),
    ];
    ages.into_iter()
        .fold(Input::new("age", &reaches), |input, (name, age)| {
            input.value(name, move |world| world.age = age)
        })
        .closing("adult", &["unknown"])
        .closing("unknown", &["17"])
        .closing("17", &["13"])
        .closing("13", &["12"])
}

fn demographics() -> Input {
    let from = |gender, age_band| Demographics {
        gender: Some(Sourced { value: Gender::Male, source: gender }),
        age_band: Some(Sourced { value: AgeBand::From25To34, source: age_band }),
    };
    Input::new("demographics", &[])
        .value("none", |world| world.demographics = Demographics::NONE)
        .value("own", move |world| {
            world.demographics = from(Source::Declared, Source::Inferred);
        })
        .value("mixed", move |world| {
            world.demographics = from(Source::Partner, Source::Declared);
        })
        .value("from elsewhere", move |world| {
            world.demographics = from(Source::Partner, Source::OffPlatform);
        })
        .closing("own", &["mixed"])
        .closing("mixed", &["from elsewhere"])
}

/// Lists of the partnership that is asked about, of another one, and one that has run out.
fn lists() -> Input {
    let on = |partnership: &str, id, until| Membership {
        partnership: partnership.parse().unwrap(),
        segment: Segment { taxonomy: 600, id },
        until: UnixMillis(until),
    };
    Input::new("lists", &[])
        .value("none", |world| world.memberships = Vec::new())
        .value("own and others", move |world| {
            world.memberships =
                vec![on("south", 1, NOW.0 + 1), on("north", 2, NOW.0 + 1), on("north", 3, NOW.0)];
        })
        .value("others alone", move |world| {
            world.memberships = vec![on("south", 1, NOW.0 + 1), on("north", 3, NOW.0)];
        })
}
