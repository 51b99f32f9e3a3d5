//! One rule at a time.

use crate::world::prelude::*;

const IDENTIFIER_AND_PLACE: &[Category] = &[Category::DeviceIdentifier, Category::PreciseLocation];
const DEMOGRAPHIC: &[Category] = &[Category::Demographic];

#[test]
fn with_nothing_against_it_everything_listed_may_be_told() {
    check(|_| {}, &[], &[]);
}

#[test]
fn only_what_the_partnership_lists_is_left() {
    let listed = [Category::Plumbing, Category::Context, Category::CoarseDevice];
    check(
        |world| world.terms.categories = Categories::of(&listed),
        &[Category::DeviceIdentifier, Category::Demographic, Category::PreciseLocation],
        &[Reason::CategoryNotListed],
    );
}

#[test]
fn a_partnership_out_of_force_is_told_nothing() {
    withheld(|world| world.terms.start = UnixMillis(NOW.0 + 1), &[Reason::NotStarted]);
    withheld(|world| world.terms.end = Some(NOW), &[Reason::Ended]);
    withheld(|world| world.terms.suspended = true, &[Reason::Suspended]);
    withheld(
        |world| world.terms.linking_attested_until = Some(NOW),
        &[Reason::LinkingAttestationLapsed],
    );
    withheld(
        |world| world.terms.linking_attested_until = None,
        &[Reason::LinkingAttestationLapsed],
    );
    withheld(
        |world| world.terms.countries = vec!["MEX".parse().unwrap()],
        &[Reason::CountryNotServed],
    );
}

#[test]
fn off_at_any_key_wins_over_on_at_the_others() {
    let on = |world: &mut World| {
        world.subject.account.as_mut().unwrap().sharing = Some(Choice::On);
        world.subject.device.as_mut().unwrap().sharing = Some(Choice::On);
    };
    withheld(
        |world| {
            on(world);
            world.subject.account.as_mut().unwrap().sharing = Some(Choice::Off);
        },
        &[Reason::SharingOff(KeyKind::Account)],
    );
    withheld(
        |world| {
            on(world);
            world.subject.device.as_mut().unwrap().sharing = Some(Choice::Off);
        },
        &[Reason::SharingOff(KeyKind::Device)],
    );
    withheld(
        |world| {
            on(world);
            world.subject.device.as_mut().unwrap().sharing_marked_off = true;
        },
        &[Reason::SharingOffOnLinkedAccount],
    );
}

#[test]
fn someone_whose_choice_cannot_be_looked_up_is_not_someone_who_did_not_choose() {
    withheld(
        |world| {
            world.subject.account = None;
            world.subject.device = None;
        },
        &[Reason::SharingOffByDefault],
    );
}

#[test]
fn a_devices_on_does_not_speak_for_an_account() {
    let elsewhere = |world: &mut World| {
        world.country = Some("BRA");
        world.subject.account_country = Some("BRA".parse().unwrap());
        world.subject.device.as_mut().unwrap().sharing = Some(Choice::On);
        world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::On);
    };
    withheld(elsewhere, &[Reason::SharingOffByDefault]);
    check(
        |world| {
            elsewhere(world);
            world.subject.account = None;
            world.subject.device.as_mut().unwrap().personalize_ads = Some(Choice::On);
        },
        &[],
        &[],
    );
}

#[test]
fn without_a_choice_the_strictest_country_decides() {
    for country in [Some("BRA"), Some("IND")] {
        withheld(
            |world| world.country = country,
            &[Reason::SharingOffByDefault, Reason::PersonalizeAdsOff],
        );
    }
    withheld(
        |world| world.subject.account_country = Some("BRA".parse().unwrap()),
        &[Reason::SharingOffByDefault, Reason::PersonalizeAdsOff],
    );
}

#[test]
fn without_personalization_a_bidder_cannot_recognize_the_person() {
    check(
        |world| world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::Off),
        IDENTIFIER_AND_PLACE,
        &[Reason::PersonalizeAdsOff],
    );
    check(
        |world| {
            world.subject.device.as_mut().unwrap().personalize_ads_marked_off = true;
            world.subject.demographics.gender = None;
        },
        &[Category::DeviceIdentifier, Category::Demographic, Category::PreciseLocation],
        &[Reason::PersonalizeAdsOff],
    );
}

#[test]
fn children_and_unknown_ages_are_protected() {
    withheld(|world| world.signals.coppa = Coppa::On, &[Reason::Coppa]);
    withheld(|world| world.subject.protection_age = Some(ForSecurity::new(12)), &[Reason::Child]);
    for age in [13, 17] {
        check(
            |world| world.subject.protection_age = Some(ForSecurity::new(age)),
            &[Category::DeviceIdentifier, Category::Demographic, Category::PreciseLocation],
            &[Reason::AgeUnder18],
        );
    }
    check(|world| world.subject.protection_age = Some(ForSecurity::new(18)), &[], &[]);
    check(|world| world.subject.protection_age = None, DEMOGRAPHIC, &[Reason::AgeUnknown]);
}

#[test]
fn a_limited_device_gives_no_identifier() {
    check(|world| world.signals.lmt = Lmt::On, IDENTIFIER_AND_PLACE, &[Reason::LimitAdTracking]);
    check(
        |world| world.signals.lmt = Lmt::Absent,
        IDENTIFIER_AND_PLACE,
        &[Reason::LimitAdTrackingUnsaid],
    );
    check(
        |world| {
            world.signals.lmt = Lmt::Absent;
            world.surface = Surface::Web;
        },
        &[],
        &[],
    );
    for att in [Att::NotDetermined, Att::Restricted, Att::Denied] {
        check(
            |world| world.signals.att = att,
            IDENTIFIER_AND_PLACE,
            &[Reason::TrackingNotAuthorized],
        );
    }
    check(|world| world.signals.att = Att::Authorized, &[], &[]);
    check(
        |world| world.identifier = Identifier::AllZero,
        IDENTIFIER_AND_PLACE,
        &[Reason::ZeroIdentifier],
    );
}

#[test]
fn a_view_that_cannot_prove_itself_closes() {
    let bound = Duration::from_secs(5);
    let at = |as_of| ViewState::Complete { as_of: BootMillis(as_of), bound };
    withheld(|world| world.subject.view = ViewState::Incomplete, &[Reason::ViewIncomplete]);
    withheld(|world| world.subject.view = at(BOOT.0 - 5_001), &[Reason::ViewTooOld]);
    check(|world| world.subject.view = at(BOOT.0 - 5_000), &[], &[]);
}

#[test]
fn a_permit_holds_until_the_view_or_the_partnership_ends() {
    let mut world = open_world();
    let deadline = |world: &World| match ask(world) {
        Decision::Permit(permit) => permit.stamp().deadline,
        Decision::Withheld(_) => panic!("withheld"),
    };
    world.terms.linking_attested_until = Some(UnixMillis(NOW.0 + 3_000));
    assert_eq!(deadline(&world), BootMillis(BOOT.0 + 3_000));
    world.terms.linking_attested_until = Some(UnixMillis(NOW.0 + 60_000));
    assert_eq!(deadline(&world), BootMillis(BOOT.0 + 5_000));
    world.terms.end = Some(UnixMillis(NOW.0 + 1_000));
    assert_eq!(deadline(&world), BootMillis(BOOT.0 + 1_000));
}

#[test]
fn a_withheld_bidder_is_asked_without_the_person_only_where_that_is_allowed() {
    let contextual = |change: fn(&mut World)| {
        let mut world = open_world();
        world.terms.when_withheld = WhenWithheld::Contextual;
        world.terms.linking_attested_until = Some(UnixMillis(NOW.0 + 60_000));
        change(&mut world);
        match ask(&world) {
            Decision::Withheld(withheld) => withheld.contextual,
            Decision::Permit(_) => panic!("permitted"),
        }
    };
    let until = Contextual::Until(BootMillis(BOOT.0 + 5_000));
    assert_eq!(contextual(|world| world.signals.gpc = Gpc::On), until);
    // Not past the end of the partnership either.
    let ends_soon = contextual(|world| {
        world.signals.gpc = Gpc::On;
        world.terms.end = Some(UnixMillis(NOW.0 + 1_000));
    });
    assert_eq!(ends_soon, Contextual::Until(BootMillis(BOOT.0 + 1_000)));
    assert_eq!(contextual(|w| w.signals.gpp = GppReading::of(Some("DBAA"), &[7])), until);
    assert_eq!(contextual(|world| world.signals.coppa = Coppa::On), Contextual::Skipped);
    assert_eq!(contextual(|world| world.signals.gdpr = Gdpr::InScope), Contextual::Skipped);
    assert_eq!(contextual(|world| world.terms.suspended = true), Contextual::Skipped);
    assert_eq!(contextual(|world| world.subject.view = ViewState::Incomplete), Contextual::Skipped);
}

pub(crate) fn exposure_world() -> World {
    let mut world = open_world();
    world.terms.kind = Kind::ConversionTracking;
    world.terms.via = Via::Events;
    world.terms.linking_attested_until = None;
    world.opportunity = Opportunity::Exposure {
        happened: UnixMillis(NOW.0 - 1_000),
        advertiser: AdvertiserLink::Linked,
    };
    world
}

#[track_caller]
fn exposure(change: impl FnOnce(&mut World), reasons: &[Reason]) {
    let mut world = exposure_world();
    change(&mut world);
    let (told, why) = answer(&world);
    assert_eq!(why, reasons);
    assert_eq!(told.contains(Category::Exposure), reasons.is_empty());
}

#[test]
fn an_exposure_goes_to_the_measurement_partner_the_advertiser_chose() {
    exposure(|_| {}, &[]);
    exposure(
        |world| {
            world.opportunity = Opportunity::Exposure {
                happened: UnixMillis(NOW.0 - 1_000),
                advertiser: AdvertiserLink::Missing,
            };
        },
        &[Reason::AdvertiserNotLinked],
    );
}

#[test]
fn what_happened_while_sharing_was_off_is_never_shared() {
    exposure(
        |world| world.subject.device.as_mut().unwrap().open_since = Some(NOW),
        &[Reason::HappenedWhileOff],
    );
    exposure(|world| world.terms.listed_since = NOW, &[Reason::HappenedBeforeListing]);
}

#[test]
fn an_exposure_needs_a_device_identifier_that_may_be_told() {
    exposure(|world| world.signals.lmt = Lmt::On, &[Reason::LimitAdTracking, Reason::NoKey]);
}

#[test]
fn personalize_ads_does_not_touch_the_measurement_of_ads_that_were_shown() {
    exposure(
        |world| world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::Off),
        &[],
    );
}

#[test]
fn the_setting_reaches_only_the_kinds_it_controls_and_everything_else_reaches_all() {
    for kind in [Kind::ServiceProvider, Kind::Other] {
        exposure(
            |world| {
                world.terms.kind = kind;
                world.subject.account.as_mut().unwrap().sharing = Some(Choice::Off);
                world.subject.device.as_mut().unwrap().sharing_marked_off = true;
                world.subject.device.as_mut().unwrap().open_since = Some(NOW);
            },
            &[],
        );
        exposure(
            |world| {
                world.terms.kind = kind;
                world.signals.gpc = Gpc::On;
            },
            &[Reason::Gpc],
        );
    }
}
