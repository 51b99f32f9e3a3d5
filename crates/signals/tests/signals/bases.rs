//! For which purposes a vendor has a legal basis: each row a sentence.

use crate::world::{Row, VENDOR, World, check, without};
use sluicegate_signals::{Ids, NoBasis, PurposeOne, TcString, Vendor};
use sluicegate_signals_encoder::{self as encoder, Publisher, Vendors};

#[test]
fn a_vendor_relies_on_the_basis_that_it_declared() {
    check(&[
        ("consent suffices for a purpose declared with consent", |_| {}, 2, Ok(())),
        ("legitimate interest suffices for one declared with it", |_| {}, 7, Ok(())),
        ("a purpose that was not declared has no basis", |_| {}, 8, Err(NoBasis::NotDeclared)),
        ("there is no purpose 0", |_| {}, 0, Err(NoBasis::NotDeclared)),
        ("there is no purpose 25", |_| {}, 25, Err(NoBasis::NotDeclared)),
        ("there is no purpose 255", |_| {}, u8::MAX, Err(NoBasis::NotDeclared)),
        (
            "legitimate interest does not stand in for consent",
            |world| without(&mut world.string.purposes_consent, 2),
            2,
            Err(NoBasis::PurposeRefused),
        ),
        (
            "consent does not stand in for legitimate interest",
            |world| without(&mut world.string.purposes_legitimate_interest, 7),
            7,
            Err(NoBasis::PurposeRefused),
        ),
        (
            "consent to the purpose is not consent to the vendor",
            |world| without(&mut world.string.vendors_consent.ids, VENDOR),
            2,
            Err(NoBasis::VendorRefused),
        ),
        (
            "an objection to the vendor ends its legitimate interest",
            |world| without(&mut world.string.vendors_legitimate_interest.ids, VENDOR),
            7,
            Err(NoBasis::VendorRefused),
        ),
        (
            "the vendor's bit for legitimate interest says nothing about consent",
            |world| without(&mut world.string.vendors_legitimate_interest.ids, VENDOR),
            2,
            Ok(()),
        ),
        (
            "the vendor's bit for consent says nothing about legitimate interest",
            |world| without(&mut world.string.vendors_consent.ids, VENDOR),
            7,
            Ok(()),
        ),
        (
            "where both are refused the purpose is named",
            |world| {
                without(&mut world.string.purposes_consent, 2);
                without(&mut world.string.vendors_consent.ids, VENDOR);
            },
            2,
            Err(NoBasis::PurposeRefused),
        ),
    ]);
}

#[test]
fn a_vendor_that_was_not_shown_has_no_basis() {
    check(&[
        (
            "a vendor missing from the disclosed ones has no basis by consent",
            |world| without(&mut world.string.disclosed.as_mut().unwrap().ids, VENDOR),
            2,
            Err(NoBasis::VendorNotDisclosed),
        ),
        (
            "nor by legitimate interest",
            |world| without(&mut world.string.disclosed.as_mut().unwrap().ids, VENDOR),
            7,
            Err(NoBasis::VendorNotDisclosed),
        ),
        (
            "an empty list discloses nobody",
            |world| world.string.disclosed = Some(Vendors::none()),
            2,
            Err(NoBasis::VendorNotDisclosed),
        ),
        (
            "a string from before the list was required does without it",
            |world| world.string.disclosed = None,
            2,
            Ok(()),
        ),
        (
            "allowed vendors have had no meaning since 2021",
            |world| world.string.allowed = Some(Vendors::none()),
            2,
            Ok(()),
        ),
    ]);
}

#[test]
fn purpose_one_that_was_not_asked_has_no_basis() {
    check(&[
        ("purpose 1 rests on consent", |_| {}, 1, Ok(())),
        (
            "a person who refused was asked",
            |world| without(&mut world.string.purposes_consent, 1),
            1,
            Err(NoBasis::PurposeRefused),
        ),
        (
            "a person who was not asked has not agreed",
            |world| {
                world.string.purpose_one_treatment = true;
                without(&mut world.string.purposes_consent, 1);
            },
            1,
            Err(NoBasis::NotAsked),
        ),
        (
            "not asked is about purpose 1 only",
            |world| {
                world.string.purpose_one_treatment = true;
                without(&mut world.string.purposes_consent, 2);
            },
            2,
            Err(NoBasis::PurposeRefused),
        ),
    ]);
    let string = encoder::TcString { purpose_one_treatment: true, ..World::new().string };
    let text = string.encode();
    assert_eq!(TcString::read(&text).unwrap().core.purpose_one, PurposeOne::NotAsked);
}

#[test]
fn a_special_feature_needs_the_opt_in_and_the_declaration_and_no_vendor_bit() {
    let rows: [Row; 6] = [
        ("the person opted in to it", |_| {}, 1, Ok(())),
        (
            "the person did not opt in",
            |world| without(&mut world.string.special_feature_opt_ins, 1),
            1,
            Err(NoBasis::PurposeRefused),
        ),
        (
            "the vendor did not declare it",
            |world| world.vendor.special_features = Ids::NONE.with(2),
            1,
            Err(NoBasis::NotDeclared),
        ),
        (
            "the vendor was not shown",
            |world| without(&mut world.string.disclosed.as_mut().unwrap().ids, VENDOR),
            1,
            Err(NoBasis::VendorNotDisclosed),
        ),
        ("there is no feature 0", |_| {}, 0, Err(NoBasis::NotDeclared)),
        (
            "consent to the vendor is about purposes",
            |world| without(&mut world.string.vendors_consent.ids, VENDOR),
            1,
            Ok(()),
        ),
    ];
    for (sentence, change, feature, expected) in rows {
        let mut world = World::new();
        change(&mut world);
        let text = world.string.encode();
        let string = TcString::read(&text).unwrap();
        let bases = string.bases(&world.vendor);
        assert_eq!(bases.special_feature(feature), expected, "{sentence}");
    }
}

#[test]
fn the_publisher_has_a_basis_of_its_own() {
    let own = Publisher {
        purposes_consent: [1, 2].into(),
        purposes_legitimate_interest: [1, 3, 4, 5, 6, 7].into(),
        ..Publisher::default()
    };
    let string = encoder::TcString { publisher: Some(own), ..World::new().string };
    let text = string.encode();
    let read = TcString::read(&text).unwrap().publisher.unwrap();
    let with_basis: Vec<u8> = (0..=u8::MAX).filter(|id| read.purpose(*id).is_ok()).collect();
    assert_eq!(with_basis, [1, 2, 7], "3 to 6 need consent, 1 has it");
    assert_eq!(read.purpose(3), Err(NoBasis::PurposeRefused));
}

#[test]
fn vendors_at_the_edges_are_found_where_they_are_listed() {
    for id in [1, 2, 65_534, u16::MAX] {
        let mut world = World::new();
        world.vendor.id = id;
        world.string.vendors_consent = Vendors::of([id]);
        world.string.disclosed = Some(Vendors::of([id]));
        let text = world.string.encode();
        let read = TcString::read(&text).unwrap();
        assert_eq!(read.bases(&world.vendor).purpose(2), Ok(()), "{id}");
        let other = Vendor { id: id ^ 3, ..world.vendor };
        assert_eq!(read.bases(&other).purpose(2), Err(NoBasis::VendorNotDisclosed), "{id}");
    }
    let nobody = Vendor { id: 0, ..World::new().vendor };
    let text = World::new().string.encode();
    let string = TcString::read(&text).unwrap();
    let bases = string.bases(&nobody);
    assert_eq!(bases.purpose(2), Err(NoBasis::VendorNotDisclosed));
}
