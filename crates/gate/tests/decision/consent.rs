//! What the signals of the request say by law: opt-outs and legal bases.

use crate::world::prelude::*;

pub(crate) const UNREADABLE: Unreadable = Unreadable::TooShort;

/// A string without the section that is in force.
fn unreadable_gpp(section: i64) -> GppReading<'static> {
    GppReading::of(Some("DBAA"), &[section])
}

#[test]
fn global_privacy_control_and_unreadable_strings_close() {
    withheld(|world| world.signals.gpc = Gpc::On, &[Reason::Gpc]);
    let unreadable = &[Reason::SignalNotReadable];
    withheld(|w| w.signals.us_privacy = Reading::Unreadable(UNREADABLE), unreadable);
    withheld(|w| w.signals.tcf = Reading::Unreadable(UNREADABLE), unreadable);
    // Without the section nothing allows the exact place any more.
    withheld(
        |w| w.signals.gpp = unreadable_gpp(7),
        &[Reason::SignalNotReadable, Reason::LocationNotAllowed],
    );
}

#[test]
fn an_unreadable_string_is_named_with_what_is_wrong() {
    let mut world = open_world();
    world.signals.us_privacy = Reading::of(Some("1Y"), UsPrivacy::read);
    let detail = Detail::Unreadable(SignalName::UsPrivacy, Unreadable::TooShort);
    assert_eq!(details(&world), [detail]);
    assert_eq!(detail.to_string(), "`regs.us_privacy`: the string ends before its last field");
}

#[test]
fn a_us_privacy_string_closes_by_opt_out_and_by_missing_notice() {
    let us_privacy = |text| Reading::of(Some(text), UsPrivacy::read);
    check(|w| w.signals.us_privacy = us_privacy("1YNN"), &[], &[]);
    check(|w| w.signals.us_privacy = us_privacy("1---"), &[], &[]);
    withheld(|w| w.signals.us_privacy = us_privacy("1YYN"), &[Reason::UsPrivacyOptOut]);
    withheld(|w| w.signals.us_privacy = us_privacy("1NNN"), &[Reason::UsPrivacyNoNotice]);
    let gpp = keep(encoder::Gpp::new().with(6, "1YYN").encode());
    withheld(
        |w| w.signals.gpp = GppReading::of(Some(gpp), &[6]),
        &[Reason::UsPrivacyOptOut, Reason::LocationNotAllowed],
    );
}

#[test]
fn every_refusal_of_a_us_section_closes_under_its_law() {
    type Change = fn(&mut encoder::UsSection);
    let table: [(UsRefusal, Change); 9] = [
        (UsRefusal::Sale, |section| {
            section.set("SaleOptOut", &[1]);
        }),
        (UsRefusal::Sharing, |section| {
            section.set("SharingOptOut", &[1]);
        }),
        (UsRefusal::TargetedAdvertising, |section| {
            section.set("TargetedAdvertisingOptOut", &[1]);
        }),
        (UsRefusal::Gpc, |section| section.gpc = Some(true)),
        (UsRefusal::NoNotice, |section| {
            section.set("SharingNotice", &[2]);
        }),
        (UsRefusal::KnownChild, |section| {
            section.set("KnownChildSensitiveDataConsents", &[0, 0, 2]);
        }),
        (UsRefusal::SecondaryUse, |section| {
            section.set("PersonalDataConsents", &[1]);
        }),
        (UsRefusal::ServiceProviderMode, |section| {
            section.set("MspaServiceProviderMode", &[1]);
        }),
        (UsRefusal::Contradiction, |section| {
            section.set("SaleOptOutNotice", &[0]);
        }),
    ];
    for (refusal, change) in table {
        withheld(|world| world.signals.gpp = us(change), &[Reason::UsLaw(refusal)]);
    }
    let mut world = open_world();
    world.signals.gpp = us(|section| section.gpc = Some(true));
    let Decision::Withheld(withheld) = ask(&world) else { panic!("permitted") };
    assert_eq!(withheld.losses[0].rule(), "Multi-State Privacy Agreement, national approach");
    // Of several laws that say the same all are named.
    let sections = [encoder::UsSpecification::Virginia, encoder::UsSpecification::Utah];
    let gpp = sections.iter().fold(encoder::Gpp::new(), |gpp, specification| {
        let mut section = encoder::UsSection::agreeing(*specification);
        section.set("SaleOptOut", &[1]);
        gpp.with_us(&section)
    });
    world.signals.gpp = GppReading::of(Some(keep(gpp.encode())), &[]);
    let Decision::Withheld(withheld) = ask(&world) else { panic!("permitted") };
    assert_eq!(
        withheld.losses[0].rule(),
        "Virginia Consumer Data Protection Act, Va. Code 59.1-577; Utah Consumer Privacy Act, Utah Code 13-61-201"
    );
}

#[test]
fn the_exact_place_needs_a_signal_that_allows_it() {
    const PLACE: &[Category] = &[Category::PreciseLocation];
    let reason = &[Reason::LocationNotAllowed];
    check(|world| world.signals.gpp = GppReading::default(), PLACE, reason);
    let refused = us(|section| {
        section.set("SensitiveDataProcessing", &[1; 16]);
    });
    check(|world| world.signals.gpp = refused, PLACE, reason);
}

#[test]
fn the_exact_place_needs_every_law_in_force_to_allow_it() {
    use encoder::UsSpecification::{Maryland, NationalV2, Virginia};
    let agreeing = || encoder::UsSection::agreeing(NationalV2);
    let with = |other, ids: &[i64]| {
        let gpp = encoder::Gpp::new().with_us(&agreeing());
        let gpp = gpp.with_us(&encoder::UsSection::agreeing(other));
        GppReading::of(Some(keep(gpp.encode())), ids)
    };
    let lost = (&[Category::PreciseLocation], &[Reason::LocationNotAllowed]);
    check(|world| world.signals.gpp = with(Virginia, &[7, 9]), &[], &[]);
    check(|world| world.signals.gpp = with(Maryland, &[7]), &[], &[]);
    check(|world| world.signals.gpp = with(Maryland, &[7, 24]), lost.0, lost.1);
    // What was agreed to in Europe does not stand in for a law that has no word for it.
    let agreed_in_europe = |world: &mut World| world.signals.tcf = tcf(|_| {});
    let change = |gpp| {
        move |world: &mut World| {
            agreed_in_europe(world);
            world.signals.gpp = gpp;
        }
    };
    check(change(GppReading::default()), &[], &[]);
    check(change(with(Maryland, &[24])), lost.0, lost.1);
}

/// Someone in Germany who turned both settings on, with a string.
fn european_world(string: &Reading<TcString<'static>>) -> World {
    let mut world = open_world();
    let account = world.subject.account.as_mut().unwrap();
    (account.sharing, account.personalize_ads) = (Some(Choice::On), Some(Choice::On));
    world.country = Some("DEU");
    world.signals.gpp = GppReading::default();
    world.signals.tcf = *string;
    world
}

#[test]
fn in_europe_every_use_needs_its_basis() {
    use Category::{CoarseDevice, Demographic, DeviceIdentifier, PreciseLocation};
    type Change = fn(&mut encoder::TcString);
    let all = Categories::ALL.without(Categories::of(&[Category::Exposure]));
    let without = |lost: &[Category]| all.without(Categories::of(lost));
    let table: [(&str, Change, Categories, &[Reason]); 6] = [
        ("everything agreed", |_| {}, all, &[]),
        (
            "purpose 1 refused",
            |string| string.purposes_consent = [2, 3, 4].into(),
            without(&[DeviceIdentifier]),
            &[Reason::NoBasis(TcfUse::Identify)],
        ),
        (
            "purpose 4 refused",
            |string| string.purposes_consent = [1, 2, 3].into(),
            without(&[Demographic]),
            &[Reason::NoBasis(TcfUse::Profile)],
        ),
        (
            "purpose 2 refused",
            |string| string.purposes_consent = [1, 3, 4].into(),
            Categories::NONE,
            &[Reason::NoBasis(TcfUse::Ask)],
        ),
        (
            "special feature 1 refused",
            |string| string.special_feature_opt_ins = [2].into(),
            without(&[PreciseLocation]),
            &[Reason::NoBasis(TcfUse::Locate)],
        ),
        (
            "vendor refused",
            |string| string.vendors_consent = encoder::Vendors::none(),
            Categories::NONE,
            &[
                Reason::NoBasis(TcfUse::Ask),
                Reason::NoBasis(TcfUse::Identify),
                Reason::NoBasis(TcfUse::Profile),
            ],
        ),
    ];
    for (what, change, told, reasons) in table {
        assert_eq!(answer(&european_world(&tcf(change))), (told, reasons.to_vec()), "{what}");
    }
    assert!(all.contains(CoarseDevice));
}

#[test]
fn a_missing_basis_says_why() {
    let world = european_world(&tcf(|string| string.disclosed = Some(encoder::Vendors::none())));
    let detail = Detail::Basis(Framework::Europe, NoBasis::VendorNotDisclosed);
    assert_eq!(details(&world), [detail; 4]);
    assert_eq!(detail.to_string(), "the partner was not shown to the person");
}

#[test]
fn in_europe_nothing_leaves_without_a_string_that_holds() {
    let missing = european_world(&Reading::Absent);
    assert_eq!(answer(&missing), (Categories::NONE, vec![Reason::ConsentStringMissing]));
    for why in [Unreadable::TooShort, Unreadable::Policy, Unreadable::GlobalScope] {
        let mut world = european_world(&Reading::Unreadable(why));
        assert_eq!(answer(&world), (Categories::NONE, vec![Reason::SignalNotReadable]));
        // Not even without the person.
        world.terms.when_withheld = WhenWithheld::Contextual;
        let Decision::Withheld(withheld) = ask(&world) else { panic!("permitted") };
        assert_eq!(withheld.contextual, Contextual::Skipped);
    }
}

#[test]
fn a_partner_that_is_no_vendor_has_no_basis_and_a_processor_has_the_platforms() {
    let mut world = european_world(&tcf(|_| {}));
    world.terms.tcf = TcfParty::Nobody;
    assert_eq!(answer(&world), (Categories::NONE, vec![Reason::NotAVendor]));
    world.terms.tcf = TcfParty::Publisher;
    assert_eq!(details(&world)[0], Detail::Basis(Framework::Europe, NoBasis::NotAsked));
    world.signals.tcf = tcf(|string| {
        let publisher = encoder::Publisher {
            purposes_consent: [1, 2, 4].into(),
            ..encoder::Publisher::default()
        };
        string.publisher = Some(publisher);
    });
    let all = Categories::ALL.without(Categories::of(&[Category::Exposure]));
    assert_eq!(answer(&world), (all, Vec::new()));
}

#[test]
fn a_section_of_europe_that_cannot_be_read_closes_everything_anywhere() {
    for mut world in [open_world(), european_world(&tcf(|_| {}))] {
        world.terms.when_withheld = WhenWithheld::Contextual;
        world.signals.gpp = unreadable_gpp(2);
        let Decision::Withheld(withheld) = ask(&world) else { panic!("permitted") };
        assert_eq!(withheld.contextual, Contextual::Skipped);
    }
}

#[test]
fn a_section_of_canada_that_cannot_be_read_closes_everything_as_one_that_refuses_does() {
    let garbage = GppReading::of(Some("nothing"), &[]);
    for gpp in [unreadable_gpp(5), garbage] {
        for country in ["CAN", "USA"] {
            let mut world = open_world();
            world.terms.when_withheld = WhenWithheld::Contextual;
            world.country = Some(country);
            world.signals.gpp = gpp;
            let Decision::Withheld(withheld) = ask(&world) else { panic!("permitted") };
            assert_eq!(withheld.contextual, Contextual::Skipped, "{country}");
        }
    }
    // A law of the United States needs no basis for asking.
    let mut world = open_world();
    world.terms.when_withheld = WhenWithheld::Contextual;
    world.signals.gpp = unreadable_gpp(7);
    let Decision::Withheld(withheld) = ask(&world) else { panic!("permitted") };
    assert_ne!(withheld.contextual, Contextual::Skipped);
}

#[test]
fn two_strings_of_europe_must_both_agree() {
    let refusing = |string: &mut encoder::TcString| string.purposes_consent = [2].into();
    let mut world = european_world(&tcf(|_| {}));
    let Reading::Read(string) = tcf(refusing) else { panic!("unreadable") };
    let gpp = encoder::Gpp::new().with(2, string.text()).encode();
    world.signals.gpp = GppReading::of(Some(keep(gpp)), &[2]);
    let reasons = vec![Reason::NoBasis(TcfUse::Identify), Reason::NoBasis(TcfUse::Profile)];
    assert_eq!(answer(&world).1, reasons);
}

#[test]
fn europe_and_the_unknown_country_need_a_basis_whatever_the_flag_says() {
    withheld(|world| world.signals.gdpr = Gdpr::InScope, &[Reason::ConsentStringMissing]);
    for (country, gdpr) in [(Some("DEU"), Gdpr::OutOfScope), (None, Gdpr::Unsaid)] {
        let mut world = european_world(&Reading::Absent);
        world.subject.account_country = None;
        world.country = country;
        world.signals.gdpr = gdpr;
        assert_eq!(answer(&world), (Categories::NONE, vec![Reason::ConsentStringMissing]));
        let Decision::Withheld(withheld) = ask(&world) else { panic!("permitted") };
        assert_eq!(withheld.gdpr, GdprScope::In, "and a partner is told so");
    }
    let mut outside = open_world();
    outside.signals.gpc = Gpc::On;
    outside.signals.gdpr = Gdpr::OutOfScope;
    let Decision::Withheld(withheld) = ask(&outside) else { panic!("permitted") };
    assert_eq!(withheld.gdpr, GdprScope::Out);
    // A section of Europe in force says so too.
    let Reading::Read(string) = tcf(|string| string.purposes_consent = [2].into()) else {
        panic!("unreadable")
    };
    let gpp = keep(encoder::Gpp::new().with(2, string.text()).encode());
    let mut world = open_world();
    world.signals.gpp = GppReading::of(Some(gpp), &[2]);
    assert!(answer(&world).1.contains(&Reason::NoBasis(TcfUse::Identify)));
}

#[test]
fn in_canada_only_express_consent_counts() {
    let section = |purposes: &[u8], vendors: &[u16]| {
        let mut string = encoder::TcfCanada::new(17_800_000_000);
        string.purposes_express_consent = purposes.iter().copied().collect();
        string.vendors_express_consent = encoder::Vendors::of(vendors.iter().copied());
        string.special_feature_express_consent = [1].into();
        let gpp = keep(encoder::Gpp::new().with_tcf_canada(&string).encode());
        let mut world = open_world();
        let account = world.subject.account.as_mut().unwrap();
        (account.sharing, account.personalize_ads) = (Some(Choice::On), Some(Choice::On));
        world.subject.account_country = None;
        world.country = Some("CAN");
        world.signals.gpp = GppReading::of(Some(gpp), &[5]);
        world
    };
    let all = Categories::ALL.without(Categories::of(&[Category::Exposure]));
    // Purpose 1 is not used there.
    assert_eq!(answer(&section(&[2, 4], &[VENDOR])), (all, Vec::new()));
    let reasons = vec![Reason::NoBasis(TcfUse::Ask), Reason::NoBasis(TcfUse::Profile)];
    assert_eq!(answer(&section(&[], &[VENDOR])), (Categories::NONE, reasons));
    assert_eq!(answer(&section(&[2, 4], &[VENDOR + 1])).0, Categories::NONE);
}

#[test]
fn in_canada_a_missing_basis_says_why() {
    type Change = fn(&mut encoder::TcfCanada);
    let table: [(Change, NoBasis, &str); 4] = [
        (
            |string| string.disclosed = Some(encoder::Vendors::none()),
            NoBasis::VendorNotDisclosed,
            "the partner was not shown to the person (TCF Canada: express consent)",
        ),
        (
            |string| {
                let vendors = [VENDOR].into();
                string.restrictions = vec![encoder::Restriction { purpose: 2, kind: 0, vendors }];
            },
            NoBasis::Restricted,
            "the publisher does not allow it to the partner (TCF Canada: express consent)",
        ),
        (
            |string| string.purposes_express_consent = [4].into(),
            NoBasis::PurposeRefused,
            "the person has not agreed to the purpose, or has objected (TCF Canada: express consent)",
        ),
        (
            |string| string.vendors_express_consent = encoder::Vendors::none(),
            NoBasis::VendorRefused,
            "the person has not agreed to the partner, or has objected (TCF Canada: express consent)",
        ),
    ];
    for (change, why, words) in table {
        let mut string = encoder::TcfCanada::new(17_800_000_000);
        string.purposes_express_consent = [2, 4].into();
        string.vendors_express_consent = encoder::Vendors::of([VENDOR]);
        change(&mut string);
        let gpp = keep(encoder::Gpp::new().with_tcf_canada(&string).encode());
        let mut world = open_world();
        world.signals.gpp = GppReading::of(Some(gpp), &[5]);
        let detail = Detail::Basis(Framework::Canada, why);
        assert_eq!(details(&world)[0], detail);
        assert_eq!(detail.to_string(), words);
    }
    // A processor of the platform, for which nobody was asked.
    let string = encoder::TcfCanada::new(17_800_000_000);
    let gpp = keep(encoder::Gpp::new().with_tcf_canada(&string).encode());
    let mut world = open_world();
    world.terms.tcf = TcfParty::Publisher;
    world.signals.gpp = GppReading::of(Some(gpp), &[5]);
    assert_eq!(details(&world)[0], Detail::Basis(Framework::Canada, NoBasis::NotAsked));
}
