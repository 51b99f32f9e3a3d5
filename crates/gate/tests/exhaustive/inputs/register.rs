//! Inputs of rules 1, 2 and 6: the register, the opportunity, and the view.

use super::Input;
use crate::world::{BOOT, BOUND, NOW};
use sluicegate_gate::{
    AdvertiserLink, Categories, Category, KeyKind, Kind, Opportunity, Reason, TcfUse, Via,
    ViewState, WhenWithheld,
    time::{BootMillis, UnixMillis},
};

pub(super) fn inputs() -> Vec<Input> {
    vec![
        kind(),
        via(),
        opportunity(),
        in_force(),
        attested(),
        served(),
        view(),
        when_withheld(),
        listed(),
    ]
}

fn kind() -> Input {
    let reaches = [
        Reason::LinkingAttestationLapsed,
        Reason::AdvertiserNotLinked,
        Reason::SharingOff(KeyKind::Account),
        Reason::SharingOff(KeyKind::Device),
        Reason::SharingOff(KeyKind::Browser),
        Reason::SharingOffOnLinkedAccount,
        Reason::SharingOffByDefault,
        Reason::HappenedWhileOff,
        Reason::PersonalizeAdsOff,
    ];
    let kinds =
        [Kind::RealTimeBidding, Kind::ConversionTracking, Kind::ServiceProvider, Kind::Other];
    kinds.into_iter().fold(Input::new("kind", &reaches), |input, kind| {
        input.value(kind.name(), move |world| world.terms.kind = kind)
    })
}

/// The decision does not look at it: whether there is a way is the caller's to know.
fn via() -> Input {
    let ways = [("openrtb", Via::Openrtb), ("events", Via::Events), ("none", Via::None)];
    ways.into_iter().fold(Input::new("via", &[]), |input, (name, via)| {
        input.value(name, move |world| world.terms.via = via)
    })
}

fn opportunity() -> Input {
    let reaches = [
        Reason::AdvertiserNotLinked,
        Reason::HappenedBeforeListing,
        Reason::HappenedWhileOff,
        Reason::PersonalizeAdsOff,
        Reason::NoBasis(TcfUse::Ask),
        Reason::NoBasis(TcfUse::Measure),
        Reason::NoBasis(TcfUse::Identify),
        Reason::NoBasis(TcfUse::Profile),
        Reason::NoBasis(TcfUse::Locate),
        Reason::LocationNotAllowed,
    ];
    let exposure = |input: Input, name, ago, advertiser| {
        let happened = UnixMillis(NOW.0 - ago);
        let opportunity = Opportunity::Exposure { happened, advertiser };
        input.value(name, move |world| world.opportunity = opportunity)
    };
    let mut input = Input::new("opportunity", &reaches)
        .value("bid", |world| world.opportunity = Opportunity::Bid);
    for (link, names) in [
        (AdvertiserLink::Linked, ["linked", "linked, before opening", "linked, before listing"]),
        (
            AdvertiserLink::Missing,
            ["missing", "missing, before opening", "missing, before listing"],
        ),
    ] {
        for (name, ago) in names.into_iter().zip([1_000, 10_000, 100_000]) {
            input = exposure(input, name, ago, link);
        }
    }
    input
        .closing("linked", &["missing", "linked, before opening"])
        .closing("linked, before opening", &["missing, before opening", "linked, before listing"])
        .closing("linked, before listing", &["missing, before listing"])
        .closing("missing", &["missing, before opening"])
        .closing("missing, before opening", &["missing, before listing"])
}

fn in_force() -> Input {
    // What happened before the start happened before the partnership.
    let reaches =
        [Reason::NotStarted, Reason::Ended, Reason::Suspended, Reason::HappenedBeforeListing];
    let dates = |input: Input, name, start, end, suspended| {
        input.value(name, move |world| {
            world.terms.start = UnixMillis(start);
            world.terms.end = end;
            world.terms.suspended = suspended;
        })
    };
    let later = Some(UnixMillis(NOW.0 + 1));
    let mut input = dates(Input::new("in force", &reaches), "in force", 0, None, false);
    input = dates(input, "ends later", NOW.0, later, false);
    input = dates(input, "not started", NOW.0 + 1, None, false);
    input = dates(input, "ended", 0, Some(NOW), false);
    input = dates(input, "suspended", 0, None, true);
    input = dates(input, "all three", NOW.0 + 1, Some(NOW), true);
    input
        .closing("in force", &["ends later", "ended", "suspended"])
        .closing("ends later", &["not started"])
        .closing("not started", &["all three"])
        .closing("ended", &["all three"])
        .closing("suspended", &["all three"])
}

fn attested() -> Input {
    Input::new("attested", &[Reason::LinkingAttestationLapsed])
        .value("held", |world| {
            world.terms.linking_attested_until = Some(UnixMillis(NOW.0 + 60_000));
        })
        .value("lapsed", |world| world.terms.linking_attested_until = Some(NOW))
        .value("missing", |world| world.terms.linking_attested_until = None)
        .closing("held", &["lapsed", "missing"])
}

fn served() -> Input {
    let countries = |codes: &'static [&str]| {
        move |world: &mut crate::world::World| {
            world.terms.countries = codes.iter().map(|code| code.parse().unwrap()).collect();
        }
    };
    Input::new("served", &[Reason::CountryNotServed])
        .value("everywhere", countries(&[]))
        .value("here", countries(&["USA", "CAN", "BRA", "DEU"]))
        .value("elsewhere", countries(&["MEX"]))
        .closing("everywhere", &["here"])
        .closing("here", &["elsewhere"])
}

fn view() -> Input {
    let bound_ms = u64::try_from(BOUND.as_millis()).unwrap();
    let aged = |age_ms| ViewState::Complete { as_of: BootMillis(BOOT.0 - age_ms), bound: BOUND };
    Input::new("view", &[Reason::ViewIncomplete, Reason::ViewTooOld])
        .value("fresh", move |world| world.view = aged(0))
        .value("at the bound", move |world| world.view = aged(bound_ms))
        .value("too old", move |world| world.view = aged(bound_ms + 1))
        .value("incomplete", |world| world.view = ViewState::Incomplete)
        .closing("fresh", &["at the bound"])
        .closing("at the bound", &["too old", "incomplete"])
}

fn when_withheld() -> Input {
    Input::new("when withheld", &[])
        .value("contextual", |world| world.terms.when_withheld = WhenWithheld::Contextual)
        .value("skip", |world| world.terms.when_withheld = WhenWithheld::Skip)
        .closing("contextual", &["skip"])
}

const LISTED_REACHES: [Reason; 4] = [
    Reason::NoBasis(TcfUse::Identify),
    Reason::NoBasis(TcfUse::Profile),
    Reason::NoBasis(TcfUse::Locate),
    Reason::LocationNotAllowed,
];

/// Everything, everything but one, without the person, and nothing.
fn listed() -> Input {
    let mut input = Input::new("listed", &LISTED_REACHES)
        .value("everything", |world| world.terms.categories = Categories::ALL);
    for category in Category::ALL {
        let rest = Categories::ALL.without(Categories::of(&[category]));
        let name = format!("without {}", category.name());
        input = input.value(name.clone(), move |world| world.terms.categories = rest);
        input = input.closing("everything", &[&name]);
    }
    input
        .value("impersonal", |world| world.terms.categories = Categories::IMPERSONAL)
        .value("nothing", |world| world.terms.categories = Categories::NONE)
        .closing("without exposure", &["impersonal"])
        .closing("without demographic", &["impersonal"])
        .closing("impersonal", &["nothing"])
}

/// Every set of categories; each with one more taken off the list is closed more.
pub(crate) fn listed_in_every_way() -> Input {
    let sets: Vec<Categories> = (0..=Categories::ALL.bits()).map(Categories::from_bits).collect();
    let mut input = Input::new("listed", &LISTED_REACHES);
    for set in &sets {
        let set = *set;
        input =
            input.value(format!("{:07b}", set.bits()), move |world| world.terms.categories = set);
    }
    for (index, set) in sets.iter().enumerate() {
        let fewer = set.iter().map(|category| set.without(Categories::of(&[category])));
        input.values[index].tighter = fewer.map(|fewer| usize::from(fewer.bits())).collect();
    }
    input
}
