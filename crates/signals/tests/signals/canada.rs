//! What a Canadian string permits: each row a sentence, and a string that can be read in two ways.

use sluicegate_signals::{CanadaString, Ids, NoBasis, Unreadable};
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
        ("both were agreed to", consented(), Ok(())),
        (
            "the purpose was not",
            TcfCanada { purposes_express_consent: [3].into(), ..consented() },
            Err(NoBasis::PurposeRefused),
        ),
        (
            "the vendor was not",
            TcfCanada { vendors_express_consent: Vendors::of([8]), ..consented() },
            Err(NoBasis::VendorRefused),
        ),
        (
            "implied consent is not express",
            TcfCanada {
                purposes_express_consent: [3].into(),
                purposes_implied_consent: [2].into(),
                vendors_implied_consent: Vendors::of([7]),
                ..consented()
            },
            Err(NoBasis::PurposeRefused),
        ),
        (
            "the vendor was shown",
            TcfCanada { disclosed: Some(Vendors::of([7])), ..consented() },
            Ok(()),
        ),
        (
            "it was not shown",
            TcfCanada { disclosed: Some(Vendors::of([8])), ..consented() },
            Err(NoBasis::VendorNotDisclosed),
        ),
        ("the publisher forbids it", restricted(0, [7]), Err(NoBasis::Restricted)),
        ("the publisher asks for what was given", restricted(1, [7]), Ok(())),
        ("the publisher asks for implied consent", restricted(2, [7]), Err(NoBasis::Restricted)),
        (
            "the publisher asks for what is not defined",
            restricted(3, [7]),
            Err(NoBasis::Restricted),
        ),
        ("the publisher forbids it to others", restricted(0, [6, 8]), Ok(())),
    ];
    for layout in [VendorLayout::Specification, VendorLayout::Library] {
        for (sentence, section, expected) in &rows {
            let text = TcfCanada { layout, ..section.clone() }.encode();
            let bases = CanadaString::read(&text).unwrap().bases(7);
            assert_eq!(bases.purpose(2), *expected, "{layout:?}: {sentence}");
        }
    }
}

#[test]
fn a_special_feature_needs_the_vendor_too() {
    let text = consented().encode();
    let read = CanadaString::read(&text).unwrap();
    let said = |vendor, feature| read.bases(vendor).special_feature(feature);
    assert_eq!(
        [said(7, 1), said(7, 2), said(31, 1)],
        [Ok(()), Err(NoBasis::PurposeRefused), Err(NoBasis::VendorRefused)]
    );
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
    let own = read.publisher().unwrap();
    assert_eq!(own.consent, Ids::from_iter([2]));
    assert!(read.readings().all(|reading| reading.publisher == Some(own)));
    let text = consented().encode();
    assert_eq!(CanadaString::read(&text).unwrap().publisher(), None, "there is no such part");
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
    let permitted = (0..=200).filter(|vendor| read.bases(*vendor).purpose(2).is_ok());
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

#[test]
fn what_is_wrong_is_said_by_the_specified_layout() {
    // The others take the thirty bits for something else, and fail elsewhere.
    let longer = format!("{}____", consented().encode());
    assert_eq!(CanadaString::read(&longer), Err(Unreadable::Trailing));
}
