//! The examples that the specifications print, rebuilt from their fields.

use sluicegate_signals_encoder::{
    Gpp, Grouping, Padding, Publisher, TcString, UsPrivacy, UsPrivacyAnswer, Vendors,
};
use std::collections::BTreeSet;

/// GPP, "Header Examples".
#[test]
fn the_headers_of_the_platform_specification_come_out() {
    let header = |sections: &[u16]| {
        sections.iter().fold(Gpp::new(), |string, section| string.with(*section, "x")).header()
    };
    assert_eq!(header(&[2]), "DBABM");
    assert_eq!(header(&[2, 6]), "DBACNY");
    assert_eq!(header(&[5, 6]), "DBABjw");
    assert_eq!(header(&[]), "DBAA");
}

#[test]
fn a_header_of_singles_and_one_of_octets_say_the_same_in_other_letters() {
    let string = Gpp::new().with(5, "x").with(6, "y");
    let singles = Gpp { grouping: Grouping::Singles, ..string };
    assert_eq!(singles.encode(), "DBACDY~x~y");
    let octets = Gpp { padding: Padding::Octets, ..Gpp::new().with(2, "x") };
    assert_eq!(octets.encode(), "DBABMA~x");
}

/// GPP, "GPP String Examples". The third has the European text in the Canadian section.
#[test]
fn the_strings_of_the_platform_specification_come_out() {
    let tcf = TcString {
        cmp_id: 31,
        cmp_version: 640,
        vendor_list_version: 126,
        policy_version: 2,
        disclosed: None,
        ..TcString::new(16_504_920_000)
    };
    let us = UsPrivacy {
        notice: UsPrivacyAnswer::Yes,
        opt_out_sale: UsPrivacyAnswer::No,
        lspa_covered: UsPrivacyAnswer::No,
        ..UsPrivacy::new()
    };
    let text = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA";
    assert_eq!(Gpp::new().with_tcf(&tcf).encode(), format!("DBABM~{text}"));
    let both = Gpp::new().with_tcf(&tcf).with_us_privacy(&us);
    assert_eq!(both.encode(), format!("DBACNY~{text}~1YNN"));
    let third = Gpp::new().with(5, tcf.encode()).with_us_privacy(&us);
    assert_eq!(third.encode(), format!("DBABjw~{text}~1YNN"));
}

/// "Consent string and vendor list formats v2", "TC String Format".
#[test]
fn the_string_of_the_tcf_document_comes_out() {
    let string = TcString {
        cmp_id: 880,
        cmp_version: 0,
        consent_screen: 0,
        vendor_list_version: 48,
        policy_version: 2,
        vendors_consent: Vendors::of(1..=4),
        disclosed: Some(Vendors::of([1, 2, 3, 4, 5, 100, 404])),
        publisher: Some(Publisher::default()),
        padding: Padding::Groups,
        ..TcString::new(17_489_088_000)
    };
    let core = "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA";
    let parts = [core, "IDKQA4AAgAKAGQAygAAA", "YAAAAAAAAAAA"];
    assert_eq!(string.encode(), parts.join("."));
    let without_publisher = TcString { publisher: None, ..string };
    assert_eq!(without_publisher.encode(), parts[..2].join("."));
}

/// "TCF EU TCF CA Comparison", the string that is passed by URL.
#[test]
fn the_string_of_the_comparison_comes_out_filled_up_to_octets() {
    let disclosed = [
        2, 6, 8, 12, 18, 23, 37, 42, 47, 48, 53, 61, 65, 66, 72, 88, 98, 127, 128, 129, 133, 153,
        163, 192, 205, 215, 224, 243, 248, 281, 294, 304, 350, 351, 358, 371, 422, 424, 440, 447,
        467, 486, 498, 502, 512, 516, 553, 556, 571, 587, 612, 613, 618, 626, 648, 653, 656, 657,
        665, 676, 681, 683, 684, 686, 687, 688, 690, 691, 694, 702, 703, 707, 708, 711, 712, 714,
        716, 719, 720,
    ];
    let string = TcString {
        cmp_id: 27,
        cmp_version: 0,
        consent_screen: 0,
        vendor_list_version: 15,
        policy_version: 2,
        service_specific: false,
        purposes_consent: (1..=3).collect(),
        publisher_country: *b"AA",
        vendors_consent: Vendors::of([2, 6, 8]),
        vendors_legitimate_interest: Vendors::of([2, 6, 8]),
        disclosed: Some(Vendors::of(disclosed)),
        ..TcString::new(15_822_430_593)
    };
    let core = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";
    let vendors = "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQ\
                   AAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw";
    assert_eq!(string.encode(), format!("{core}.{vendors}"));
}

/// "TCF EU TCF CA Comparison", "TC String Format", the core of the third example.
#[test]
fn the_core_with_many_vendors_of_the_comparison_comes_out() {
    let consent = [
        2, 3, 6, 7, 8, 10, 12, 13, 14, 15, 16, 21, 25, 27, 30, 31, 34, 35, 37, 38, 39, 42, 43, 49,
        52, 54, 55, 56, 57, 59, 60, 63, 64, 65, 66, 67, 68, 69, 73, 74, 76, 78, 83, 86, 87, 89, 90,
        92, 96, 99, 100, 106, 109, 110, 114, 115,
    ];
    let string = TcString {
        last_updated: 13_262_154_134,
        cmp_id: 21,
        cmp_version: 7,
        consent_screen: 2,
        vendor_list_version: 23,
        policy_version: 2,
        special_feature_opt_ins: BTreeSet::from([2]),
        purposes_consent: BTreeSet::from([1, 3, 9, 10]),
        purposes_legitimate_interest: BTreeSet::from([3, 4, 5, 8, 9, 10]),
        publisher_country: *b"KM",
        vendors_consent: Vendors::of(consent),
        vendors_legitimate_interest: Vendors::of([1, 9, 26, 27, 30, 36, 37, 43, 86, 97, 110, 113]),
        disclosed: None,
        ..TcString::new(12_286_442_577)
    };
    let core = "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA";
    assert_eq!(string.encode(), core);
}

#[test]
fn a_us_privacy_string_has_four_characters() {
    assert_eq!(UsPrivacy::new().encode(), "1---");
}
