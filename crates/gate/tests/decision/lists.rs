//! Lists that partners put people on, toward the partner and for the platform itself.

use crate::world::prelude::*;
use sluicegate_gate::{
    Body, Country, Demographics, DisclosureId, EditionHash, EncodeError, Family, Membership,
    OwnUse, Path, Question, Segment, Segments, Terms, Told, decide_own_use,
};
use std::cell::RefCell;

struct Nothing;

impl Body<'_> for Nothing {
    fn disclosure(&self) -> DisclosureId {
        DisclosureId(0)
    }

    fn told(&self) -> Vec<Told> {
        Vec::new()
    }
}

impl Family for Nothing {
    type Of<'b> = Self;
    const PATH: Path = Path::BidRequest;

    fn encode(_: DisclosureId, _: &[Self]) -> Result<bytes::Bytes, EncodeError> {
        Ok(bytes::Bytes::new())
    }
}

fn on(partnership: &str, id: u32, until: i64) -> Membership {
    Membership {
        partnership: partnership.parse().unwrap(),
        segment: Segment { taxonomy: 600, id },
        until: UnixMillis(NOW.0 + until),
    }
}

/// The numbers of the segments that the world opens.
#[track_caller]
fn segments(change: impl FnOnce(&mut World)) -> Vec<u32> {
    let mut world = open_world();
    world.memberships =
        vec![on("north-bidding", 1, 1), on("south", 2, 1), on("north-bidding", 3, 0)];
    change(&mut world);
    let Decision::Permit(permit) = ask(&world) else { return Vec::new() };
    let seen = RefCell::new(Vec::new());
    let preview = permit.preview::<Nothing>(|grants| {
        let told = grants.demographic().map(|grant| grant.segments());
        seen.borrow_mut().extend(told.iter().flat_map(Segments::iter).map(|one| one.id));
        Nothing
    });
    preview.unwrap();
    seen.into_inner()
}

#[test]
fn a_partner_meets_its_own_lists_until_they_run_out_and_no_other_partners() {
    assert_eq!(segments(|_| {}), [1]);
    assert_eq!(segments(|world| world.terms.id = "south".parse().unwrap()), [2]);
    assert!(segments(|world| world.terms.id = "east".parse().unwrap()).is_empty());
}

#[test]
fn whatever_closes_demographics_or_identifiers_closes_lists() {
    let closers: [fn(&mut World); 12] = [
        |world| world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::Off),
        |world| world.subject.device.as_mut().unwrap().personalize_ads = Some(Choice::Off),
        |world| world.subject.device.as_mut().unwrap().personalize_ads_marked_off = true,
        |world| world.subject.account.as_mut().unwrap().sharing = Some(Choice::Off),
        |world| world.subject.protection_age = None,
        |world| world.subject.protection_age = Some(ForSecurity::new(17)),
        |world| world.signals.coppa = Coppa::On,
        |world| world.signals.gpc = Gpc::On,
        |world| world.signals.lmt = Lmt::On,
        |world| world.signals.att = Att::Denied,
        |world| world.subject.view = ViewState::Incomplete,
        |world| {
            world.terms.categories =
                Categories::ALL.without(Categories::of(&[Category::DeviceIdentifier]));
        },
    ];
    for (place, close) in closers.into_iter().enumerate() {
        assert!(segments(close).is_empty(), "{place}");
    }
}

#[test]
fn where_a_list_is_all_that_is_known_turning_personalization_off_says_what_it_took() {
    check(
        |world| {
            world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::Off);
            world.subject.demographics = Demographics::NONE;
            world.memberships = vec![on("north-bidding", 1, 1)];
        },
        &[Category::DeviceIdentifier, Category::Demographic, Category::PreciseLocation],
        &[Reason::PersonalizeAdsOff],
    );
}

/// What closes the platform's own use.
fn own(change: impl FnOnce(&mut World)) -> Vec<Reason> {
    let mut world = open_world();
    change(&mut world);
    let country = world.country.map(|code| code.parse::<Country>().unwrap());
    let answer = decide_own_use(&Question {
        terms: &Terms::of_the_platform_itself("platform".parse().unwrap()),
        edition: EditionHash([7; 32]),
        subject: &world.subject,
        memberships: &[],
        signals: &world.signals,
        country,
        surface: world.surface,
        identifier: world.identifier,
        opportunity: world.opportunity,
        now: NOW,
        boot: BOOT,
    });
    match answer {
        OwnUse::Open => Vec::new(),
        OwnUse::Closed(losses) => losses.iter().map(|loss| loss.reason).collect(),
    }
}

#[test]
fn the_platform_itself_needs_personalization_and_every_protection_but_not_the_sharing_setting() {
    assert_eq!(own(|_| {}), []);
    assert_eq!(
        own(|world| world.subject.account.as_mut().unwrap().sharing = Some(Choice::Off)),
        []
    );
    assert_eq!(own(|world| world.terms.suspended = true), []);
    let off = |world: &mut World| {
        world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::Off);
    };
    assert_eq!(own(off), [Reason::PersonalizeAdsOff]);
    assert_eq!(own(|world| world.country = Some("BRA")), [Reason::PersonalizeAdsOff]);
    assert_eq!(own(|world| world.subject.protection_age = None), [Reason::AgeUnknown]);
    assert_eq!(own(|world| world.signals.gpc = Gpc::On), [Reason::Gpc]);
    assert_eq!(own(|world| world.signals.lmt = Lmt::On), [Reason::LimitAdTracking]);
    assert_eq!(own(|world| world.signals.coppa = Coppa::On), [Reason::Coppa]);
    assert_eq!(own(|world| world.subject.view = ViewState::Incomplete), [Reason::ViewIncomplete]);
}

/// The European string of the partner's vendor says nothing of the platform itself.
#[test]
fn in_europe_the_platform_itself_needs_a_basis_of_its_own() {
    let europe = |world: &mut World, publisher: Option<encoder::Publisher>| {
        world.country = Some("DEU");
        world.subject.account_country = Some("DEU".parse().unwrap());
        world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::On);
        world.signals.gpp = GppReading::of(None, &[]);
        world.signals.tcf = tcf(|string| string.publisher = publisher);
    };
    let missing = own(|world| europe(world, None));
    assert!(missing.contains(&Reason::NoBasis(TcfUse::Profile)), "{missing:?}");
    let agreed = encoder::Publisher {
        purposes_consent: [1, 2, 4].into_iter().collect(),
        ..Default::default()
    };
    assert_eq!(own(|world| europe(world, Some(agreed))), []);
}
