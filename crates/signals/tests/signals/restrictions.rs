//! On which basis a vendor has to rely, and what the publisher changes about that: each row a sentence.

use crate::world::{VENDOR, World, check, without};
use sluicegate_signals::{Ids, NoBasis, TcString};

#[test]
fn a_flexible_vendor_keeps_its_default_until_the_publisher_asks_for_the_other() {
    check(&[
        (
            "flexible alone changes nothing: consent stays the basis",
            |world| {
                world.flexible(&[2]);
                without(&mut world.string.purposes_consent, 2);
            },
            2,
            Err(NoBasis::PurposeRefused),
        ),
        (
            "a flexible vendor is moved to legitimate interest",
            |world| {
                world.flexible(&[2]);
                world.restrict(2, 2);
                without(&mut world.string.purposes_consent, 2);
            },
            2,
            Ok(()),
        ),
        (
            "once moved, consent does not help",
            |world| {
                world.flexible(&[2]);
                world.restrict(2, 2);
                without(&mut world.string.purposes_legitimate_interest, 2);
            },
            2,
            Err(NoBasis::PurposeRefused),
        ),
        (
            "a flexible vendor is moved to consent",
            |world| {
                world.flexible(&[7]);
                world.restrict(7, 1);
                without(&mut world.string.purposes_legitimate_interest, 7);
            },
            7,
            Ok(()),
        ),
        (
            "a vendor that is not flexible cannot be moved",
            |world| world.restrict(7, 1),
            7,
            Err(NoBasis::Restricted),
        ),
        (
            "flexible for another purpose is not flexible for this",
            |world| {
                world.flexible(&[9]);
                world.restrict(7, 1);
            },
            7,
            Err(NoBasis::Restricted),
        ),
        (
            "asking for the basis it already has changes nothing",
            |world| world.restrict(2, 1),
            2,
            Ok(()),
        ),
    ]);
}

#[test]
fn a_vendor_that_was_moved_relies_on_the_other_basis_alone() {
    check(&[(
        "once moved to consent, an objection does not matter but refusing does",
        |world| {
            world.flexible(&[7]);
            world.restrict(7, 1);
            without(&mut world.string.purposes_consent, 7);
        },
        7,
        Err(NoBasis::PurposeRefused),
    )]);
}

#[test]
fn a_publisher_restricts_by_purpose_and_vendor() {
    check(&[
        ("kind 0 forbids the purpose", |world| world.restrict(2, 0), 2, Err(NoBasis::Restricted)),
        (
            "kind 0 forbids it to a flexible vendor too",
            |world| {
                world.flexible(&[2]);
                world.restrict(2, 0);
            },
            2,
            Err(NoBasis::Restricted),
        ),
        (
            "kind 3 is not defined and forbids",
            |world| world.restrict(2, 3),
            2,
            Err(NoBasis::Restricted),
        ),
        ("another purpose is not meant", |world| world.restrict(4, 0), 2, Ok(())),
        ("another vendor is not meant", |world| world.restrict_for(&[6, 8], 2, 0), 2, Ok(())),
        (
            "a range of vendors means those within",
            |world| world.restrict_for(&[6, 7, 8], 2, 0),
            2,
            Err(NoBasis::Restricted),
        ),
        (
            "both bases at once cannot be met",
            |world| {
                world.flexible(&[2]);
                world.restrict(2, 1);
                world.restrict(2, 2);
            },
            2,
            Err(NoBasis::Restricted),
        ),
        (
            "forbidden stays forbidden beside another restriction",
            |world| {
                world.restrict(2, 1);
                world.restrict(2, 0);
            },
            2,
            Err(NoBasis::Restricted),
        ),
        (
            "a restriction of what was not declared is not the reason",
            |world| world.restrict(8, 0),
            8,
            Err(NoBasis::NotDeclared),
        ),
        (
            "a restriction does not replace consent to the vendor",
            |world| {
                world.restrict(2, 1);
                without(&mut world.string.vendors_consent.ids, VENDOR);
            },
            2,
            Err(NoBasis::VendorRefused),
        ),
    ]);
}

#[test]
fn purposes_1_and_3_to_6_never_rest_on_legitimate_interest() {
    for purpose in [1, 3, 4, 5, 6] {
        let mut world = World::new();
        world.vendor.consent = Ids::NONE;
        world.vendor.legitimate_interest = Ids::NONE.with(purpose);
        let asked = |world: &World| {
            TcString::read(&world.string.encode()).unwrap().bases(&world.vendor).purpose(purpose)
        };
        assert_eq!(asked(&world), Err(NoBasis::Restricted), "declared with it: {purpose}");

        let mut world = World::new();
        world.vendor.consent = Ids::NONE.with(purpose);
        world.vendor.flexible = Ids::NONE.with(purpose);
        assert_eq!(asked(&world), Ok(()), "consent: {purpose}");
        world.restrict(purpose, 2);
        assert_eq!(asked(&world), Err(NoBasis::Restricted), "moved to it: {purpose}");
    }
    for purpose in [2, 7, 8, 9, 10, 11] {
        let mut world = World::new();
        world.vendor.consent = Ids::NONE;
        world.vendor.legitimate_interest = Ids::NONE.with(purpose);
        let text = world.string.encode();
        let string = TcString::read(&text).unwrap();
        let bases = string.bases(&world.vendor);
        assert_eq!(bases.purpose(purpose), Ok(()), "{purpose}");
    }
}
