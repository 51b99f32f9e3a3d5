//! What a Canadian string permits: each row a sentence, and a string that can be read in two ways.

use sluicegate_signals::CanadaString;
use sluicegate_signals_encoder::{
    Publisher, Restriction, TcfCanada, VendorForm, VendorLayout, Vendors,
};
use std::collections::BTreeSet;

/// A string in which the person expressly consented to everything for vendors 1 to 30.
fn consented() -> TcfCanada {
    TcfCanada {
        purposes_express_consent: (1..=24).collect(),
        special_feature_express_consent: [1].into(),
        vendors_express_consent: Vendors::of(1..=30).written_as(VendorForm::Bitfield),
        ..TcfCanada::new(0)
    }
}

fn restricted(kind: u8, vendors: impl IntoIterator<Item = u16>) -> TcfCanada {
    let restriction = Restriction { purpose: 2, kind, vendors: vendors.into_iter().collect() };
    TcfCanada { restrictions: vec![restriction], ..consented() }
}

#[test]
fn express_consent_to_the_purpose_and_the_vendor_permits() {
    let rows = [
        ("both were agreed to", consented(), true),
        (
            "the purpose was not",
            TcfCanada { purposes_express_consent: [3].into(), ..consented() },
            false,
        ),
        (
            "the vendor was not",
            TcfCanada { vendors_express_consent: Vendors::of([8]), ..consented() },
            false,
        ),
        (
            "implied consent is not express",
            TcfCanada {
                purposes_express_consent: [3].into(),
                purposes_implied_consent: [2].into(),
                vendors_implied_consent: Vendors::of([7]),
                ..consented()
            },
            false,
        ),
        (
            "the vendor was shown",
            TcfCanada { disclosed: Some(Vendors::of([7])), ..consented() },
            true,
        ),
        ("it was not shown", TcfCanada { disclosed: Some(Vendors::of([8])), ..consented() }, false),
        ("the publisher forbids it", restricted(0, [7]), false),
        ("the publisher asks for what was given", restricted(1, [7]), true),
        ("the publisher asks for implied consent", restricted(2, [7]), false),
        ("the publisher asks for what is not defined", restricted(3, [7]), false),
        ("the publisher forbids it to others", restricted(0, [6, 8]), true),
    ];
    for layout in [VendorLayout::Specification, VendorLayout::Library] {
        for (sentence, section, expected) in &rows {
            let text = TcfCanada { layout, ..section.clone() }.encode();
            let read = CanadaString::read(&text).unwrap();
            assert_eq!(read.purpose(7, 2), *expected, "{layout:?}: {sentence}");
        }
    }
}

#[test]
fn a_special_feature_needs_the_vendor_too() {
    let text = consented().encode();
    let read = CanadaString::read(&text).unwrap();
    let said = |vendor, feature| read.special_feature(vendor, feature);
    assert_eq!([said(7, 1), said(7, 2), said(31, 1)], [true, false, false]);
}

#[test]
fn the_publisher_has_what_was_expressly_agreed_for_it() {
    let own = Publisher {
        purposes_consent: [2].into(),
        purposes_legitimate_interest: [3].into(),
        ..Publisher::default()
    };
    let text = TcfCanada { publisher: Some(own), ..consented() }.encode();
    let read = CanadaString::read(&text).unwrap();
    let given = (0..=u8::MAX).filter(|purpose| read.publisher_purpose(*purpose));
    assert_eq!(given.collect::<Vec<_>>(), [2]);
    let text = consented().encode();
    assert!(!CanadaString::read(&text).unwrap().publisher_purpose(2), "there is no such part");
}

/// Ranges as the library wrote them before 3.2, which can also be read as Fibonacci codes.
#[test]
fn a_string_that_can_be_read_in_two_ways_permits_what_both_permit() {
    let text = TcfCanada {
        layout: VendorLayout::Legacy,
        vendors_express_consent: Vendors::of([10, 12, 50, 54, 58]).written_as(VendorForm::Range),
        vendors_implied_consent: Vendors::none().written_as(VendorForm::Range),
        ..consented()
    }
    .encode();
    let read = CanadaString::read(&text).unwrap();
    let consented: Vec<BTreeSet<u16>> =
        read.readings().map(|reading| reading.express.iter().collect()).collect();
    let other = [10, 12, 26, 28, 43, 44, 58, 59, 62, 75, 76, 78, 79, 92, 93, 94, 96, 114];
    assert_eq!(consented, [BTreeSet::from(other), BTreeSet::from([10, 12, 50, 54, 58])]);
    let permitted = (0..=200).filter(|vendor| read.purpose(*vendor, 2));
    assert_eq!(permitted.collect::<Vec<_>>(), [10, 12, 58]);
}

#[test]
fn a_string_of_version_1_0_has_no_restrictions() {
    // The public example of a string from before the field was added.
    let read = CanadaString::read("BPXuQIAPXuQIAAfKABENB-CgAAAAAAAAAAAAAAAA").unwrap();
    assert!(read.readings().all(|reading| reading.restrictions().next().is_none()));
    assert!(read.readings().all(|reading| reading.cmp_id == 31));
    let longer = CanadaString::read("BPXuQIAPXuQIAAfKABENB-CgAAAAAAAAAAAAAAAC");
    assert!(longer.is_err(), "what is left is zeros");
}
