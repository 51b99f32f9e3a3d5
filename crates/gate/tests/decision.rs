//! The decision, through the public face of the crate.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_gate::{
    AdvertiserLink, AgeBand, Categories, Category, Choice, Contextual, Decision, Demographics,
    EditionHash, Gender, Identifier, KeyKind, KeyStamp, Kind, Opportunity, Question, Reason,
    Revision, Source, Sourced, Standing, SubjectKey, SubjectState, Surface, Terms, Via, ViewState,
    WhenWithheld, decide,
    time::{BootMillis, UnixMillis},
};
use sluicegate_signals::{Att, ConsentString, Coppa, Gdpr, Gpc, Lmt, LocationConsent, Signals};
use std::time::Duration;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const BOOT: BootMillis = BootMillis(1_000_000);

/// Everything the decision looks at, owned, so that a case can change one thing.
#[derive(Clone)]
struct World {
    terms: Terms,
    subject: SubjectState,
    signals: Signals,
    country: Option<&'static str>,
    surface: Surface,
    identifier: Identifier,
    opportunity: Opportunity,
}

fn standing(kind: KeyKind, hash: u128) -> Standing {
    let key = SubjectKey { kind, hash };
    Standing::untouched(KeyStamp { key, revision: Revision { shard: 1, version: 4 } })
}

/// An adult in the United States who said nothing, with everything listed and every signal open.
fn open_world() -> World {
    let view = ViewState::Complete { as_of: BOOT, bound: Duration::from_secs(5) };
    World {
        terms: Terms {
            id: "north-bidding".parse().unwrap(),
            kind: Kind::RealTimeBidding,
            via: Via::Openrtb,
            categories: Categories::ALL,
            countries: Vec::new(),
            start: UnixMillis(0),
            end: None,
            suspended: false,
            linking_attested_until: Some(UnixMillis(NOW.0 + 1)),
            when_withheld: WhenWithheld::Skip,
            listed_since: UnixMillis(0),
        },
        subject: SubjectState {
            account: Some(standing(KeyKind::Account, 1)),
            device: Some(standing(KeyKind::Device, 2)),
            browser: None,
            account_country: Some("USA".parse().unwrap()),
            protection_age: Some(30),
            demographics: Demographics {
                gender: Some(Sourced { value: Gender::Male, source: Source::Declared }),
                age_band: Some(Sourced { value: AgeBand::From25To34, source: Source::Partner }),
            },
            view,
        },
        signals: Signals { lmt: Lmt::Off, location: LocationConsent::Given, ..Signals::default() },
        country: Some("USA"),
        surface: Surface::App,
        identifier: Identifier::Present,
        opportunity: Opportunity::Bid,
    }
}

fn ask(world: &World) -> Decision {
    decide(&Question {
        terms: &world.terms,
        edition: EditionHash([7; 32]),
        subject: &world.subject,
        signals: &world.signals,
        country: world.country.map(|country| country.parse().unwrap()),
        surface: world.surface,
        identifier: world.identifier,
        opportunity: world.opportunity,
        now: NOW,
        boot: BOOT,
    })
}

/// The categories told and the reasons that took something away.
fn answer(world: &World) -> (Categories, Vec<Reason>) {
    match ask(world) {
        Decision::Permit(permit) => {
            (permit.categories(), permit.losses().iter().map(|loss| loss.reason).collect())
        }
        Decision::Withheld(withheld) => {
            (Categories::NONE, withheld.losses.iter().map(|loss| loss.reason).collect())
        }
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut World), lost: &[Category], reasons: &[Reason]) {
    let mut world = open_world();
    change(&mut world);
    let universe = Categories::ALL.without(Categories::of(&[Category::Exposure]));
    let (told, why) = answer(&world);
    assert_eq!(why, reasons);
    assert_eq!(told, universe.without(Categories::of(lost)));
}

#[track_caller]
fn withheld(change: impl FnOnce(&mut World), reasons: &[Reason]) {
    let mut world = open_world();
    change(&mut world);
    assert_eq!(answer(&world), (Categories::NONE, reasons.to_vec()));
}

const IDENTIFIER: &[Category] = &[Category::DeviceIdentifier];
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
        IDENTIFIER,
        &[Reason::PersonalizeAdsOff],
    );
    check(
        |world| {
            world.subject.device.as_mut().unwrap().personalize_ads_marked_off = true;
            world.subject.demographics.gender = None;
        },
        &[Category::DeviceIdentifier, Category::Demographic],
        &[Reason::PersonalizeAdsOff],
    );
}

#[test]
fn children_and_unknown_ages_are_protected() {
    withheld(|world| world.signals.coppa = Coppa::On, &[Reason::Coppa]);
    withheld(|world| world.subject.protection_age = Some(12), &[Reason::AgeUnder13]);
    for age in [13, 17] {
        check(
            |world| world.subject.protection_age = Some(age),
            &[Category::DeviceIdentifier, Category::Demographic, Category::PreciseLocation],
            &[Reason::AgeUnder18],
        );
    }
    check(|world| world.subject.protection_age = Some(18), &[], &[]);
    check(|world| world.subject.protection_age = None, DEMOGRAPHIC, &[Reason::AgeUnknown]);
}

#[test]
fn the_exact_place_needs_a_signal_that_allows_it() {
    check(
        |world| world.signals.location = LocationConsent::Absent,
        &[Category::PreciseLocation],
        &[Reason::LocationNotAllowed],
    );
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
fn global_privacy_control_and_unread_consent_strings_close() {
    withheld(|world| world.signals.gpc = Gpc::On, &[Reason::Gpc]);
    withheld(|w| w.signals.us_privacy = ConsentString::Unread, &[Reason::SignalNotReadable]);
    withheld(|w| w.signals.gpp = ConsentString::Unread, &[Reason::SignalNotReadable]);
    withheld(|w| w.signals.tcf = ConsentString::Unread, &[Reason::SignalNotReadable]);
}

#[test]
fn europe_and_the_unknown_country_need_a_basis_whatever_the_flag_says() {
    withheld(|world| world.signals.gdpr = Gdpr::InScope, &[Reason::SignalNotReadable]);
    for (country, gdpr) in [(Some("DEU"), Gdpr::OutOfScope), (None, Gdpr::Unsaid)] {
        let mut world = open_world();
        world.subject.account.as_mut().unwrap().sharing = Some(Choice::On);
        world.subject.account.as_mut().unwrap().personalize_ads = Some(Choice::On);
        world.subject.account_country = None;
        world.country = country;
        world.signals.gdpr = gdpr;
        assert_eq!(answer(&world), (Categories::NONE, vec![Reason::SignalNotReadable]));
    }
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
        change(&mut world);
        match ask(&world) {
            Decision::Withheld(withheld) => withheld.contextual,
            Decision::Permit(_) => panic!("permitted"),
        }
    };
    let until = Contextual::Until(BootMillis(BOOT.0 + 5_000));
    assert_eq!(contextual(|world| world.signals.gpc = Gpc::On), until);
    assert_eq!(contextual(|w| w.signals.gpp = ConsentString::Unread), until);
    assert_eq!(contextual(|world| world.signals.coppa = Coppa::On), Contextual::Skipped);
    assert_eq!(contextual(|world| world.signals.gdpr = Gdpr::InScope), Contextual::Skipped);
    assert_eq!(contextual(|world| world.terms.suspended = true), Contextual::Skipped);
    assert_eq!(contextual(|world| world.subject.view = ViewState::Incomplete), Contextual::Skipped);
}

fn exposure_world() -> World {
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

/// Every way to close something, one bit each. Closing more never tells more.
const CLOSERS: [fn(&mut World); 19] = [
    |w| w.terms.suspended = true,
    |w| w.terms.end = Some(NOW),
    |w| w.terms.linking_attested_until = None,
    |w| w.terms.countries = vec!["MEX".parse().unwrap()],
    |w| w.terms.categories = Categories::of(&[Category::Plumbing, Category::Demographic]),
    |w| w.subject.view = ViewState::Incomplete,
    |w| w.subject.account.as_mut().unwrap().sharing = Some(Choice::Off),
    |w| w.subject.device.as_mut().unwrap().sharing_marked_off = true,
    |w| w.subject.device.as_mut().unwrap().personalize_ads = Some(Choice::Off),
    |w| w.subject.account_country = Some("BRA".parse().unwrap()),
    |w| w.country = Some("FRA"),
    |w| w.subject.protection_age = None,
    |w| w.subject.protection_age = Some(15),
    |w| w.signals.coppa = Coppa::On,
    |w| w.signals.lmt = Lmt::On,
    |w| w.signals.att = Att::Denied,
    |w| w.signals.gpc = Gpc::On,
    |w| w.signals.gdpr = Gdpr::InScope,
    |w| w.signals.us_privacy = ConsentString::Unread,
];

#[test]
fn closing_one_more_thing_never_tells_more() {
    let told = |bits: u32, base: &World| {
        let mut world = base.clone();
        for (index, close) in CLOSERS.iter().enumerate() {
            if bits & (1 << index) != 0 {
                close(&mut world);
            }
        }
        answer(&world).0
    };
    for base in [open_world(), exposure_world()] {
        let all: Vec<Categories> =
            (0..1_u32 << CLOSERS.len()).map(|bits| told(bits, &base)).collect();
        for (bits, more) in all.iter().enumerate() {
            for closer in (0..CLOSERS.len()).filter(|closer| bits & (1 << closer) != 0) {
                let fewer = all[bits & !(1 << closer)];
                assert!(fewer.includes(*more), "{bits:b} without {closer}");
            }
        }
    }
}
