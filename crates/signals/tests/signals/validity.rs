//! What is not read, and why; and what is read but does not hold any more.

use crate::{
    letters::{digits, number, text},
    strings::{BEFORE_DISCLOSURE, DISCLOSURE},
};
use sluicegate_signals::{CanadaString, Reading, Section, TEXT_BYTES_MAX, TcString, Unreadable};
use sluicegate_signals_encoder::{
    self as encoder, Padding, Publisher, Segment, TcfCanada, VendorForm, Vendors,
};

/// A string that holds, with the core filled up to letters and without segments.
fn old() -> encoder::TcString {
    encoder::TcString {
        disclosed: None,
        padding: Padding::Letters,
        ..encoder::TcString::new(BEFORE_DISCLOSURE)
    }
}

/// Digits of a core that ends before its two lists and its restrictions.
fn core() -> String {
    digits(&old().encode())[..CORE_BITS].to_owned()
}

const CORE_BITS: usize = 213;
/// An empty list: the largest id, and a bit field.
const NO_VENDORS: &str = "0000000000000000 0";
const NO_RESTRICTIONS: &str = "000000000000";

#[test]
fn a_string_that_does_not_hold_is_refused_with_its_reason() {
    type Row = (&'static str, fn(encoder::TcString) -> encoder::TcString, Result<(), Unreadable>);
    let rows: [Row; 10] = [
        ("as it is, it holds", |string| string, Ok(())),
        (
            "for more than one service",
            |string| encoder::TcString { service_specific: false, ..string },
            Err(Unreadable::GlobalScope),
        ),
        (
            "under the policy of TCF 2.1",
            |string| encoder::TcString { policy_version: 3, ..string },
            Err(Unreadable::Policy),
        ),
        (
            "under the policy of TCF 2.2",
            |string| encoder::TcString { policy_version: 4, ..string },
            Ok(()),
        ),
        (
            "under a policy to come",
            |string| encoder::TcString { policy_version: 63, ..string },
            Ok(()),
        ),
        (
            "the last moment without disclosed vendors",
            |string| encoder::TcString {
                created: DISCLOSURE - 1,
                last_updated: DISCLOSURE - 1,
                ..string
            },
            Ok(()),
        ),
        (
            "created since they are required",
            |string| encoder::TcString { created: DISCLOSURE, ..string },
            Err(Unreadable::VendorsNotDisclosed),
        ),
        (
            "updated since they are required",
            |string| encoder::TcString { last_updated: DISCLOSURE, ..string },
            Err(Unreadable::VendorsNotDisclosed),
        ),
        (
            "an empty list of disclosed vendors is one",
            |string| encoder::TcString {
                created: DISCLOSURE,
                last_updated: DISCLOSURE,
                disclosed: Some(Vendors::none()),
                ..string
            },
            Ok(()),
        ),
        (
            "other segments are none",
            |string| encoder::TcString {
                created: DISCLOSURE,
                publisher: Some(Publisher::default()),
                allowed: Some(Vendors::none()),
                ..string
            },
            Err(Unreadable::VendorsNotDisclosed),
        ),
    ];
    for (sentence, change, expected) in rows {
        let text = change(old()).encode();
        assert_eq!(TcString::read_valid(&text).map(|_| ()), expected, "{sentence}");
        assert!(TcString::read(&text).is_ok(), "{sentence}");
        let section = Section::read(2, &text).map(|_| ());
        assert_eq!(section, expected, "as a section: {sentence}");
    }
}

#[test]
fn only_version_2_is_read() {
    for version in [0, 1, 3, 63] {
        let text = encoder::TcString { version, ..old() }.encode();
        assert_eq!(TcString::read(&text), Err(Unreadable::Version), "{version}");
    }
}

#[test]
fn zeros_may_fill_a_last_group_and_nothing_else_may_follow() {
    let bits = format!("{}{NO_VENDORS}{NO_VENDORS}{NO_RESTRICTIONS}", core()).replace(' ', "");
    let followed = |tail: &str| TcString::read(&text(&format!("{bits}{tail}"))).map(|_| ());
    assert_eq!(bits.len(), 259);
    let letters_up_to = |zeros: usize| followed(&"0".repeat(zeros));
    assert_eq!(letters_up_to(0), Ok(()), "the letter is filled up");
    assert_eq!(letters_up_to(23), Ok(()), "23 zeros");
    assert_eq!(letters_up_to(24), Err(Unreadable::Trailing), "a group too many");
    for place in 0..23 {
        let tail = format!("{}1", "0".repeat(place));
        assert_eq!(followed(&tail), Err(Unreadable::Trailing), "{place}");
    }
}

#[test]
fn a_string_that_is_cut_is_read_only_where_a_whole_one_ends() {
    let string = encoder::TcString {
        vendors_consent: Vendors::of([2, 5, 9]).written_as(VendorForm::Range),
        vendors_legitimate_interest: Vendors::of([2, 5, 9]).written_as(VendorForm::Bitfield),
        restrictions: vec![encoder::Restriction { purpose: 2, kind: 1, vendors: [2, 3].into() }],
        disclosed: Some(Vendors::of(1..=40).written_as(VendorForm::Bitfield)),
        publisher: Some(Publisher::default()),
        padding: Padding::Letters,
        ..encoder::TcString::new(BEFORE_DISCLOSURE)
    };
    let whole = string.encode();
    let ends: Vec<usize> =
        (0..=whole.len()).filter(|end| TcString::read(&whole[..*end]).is_ok()).collect();
    let dots = whole.match_indices('.').map(|(place, _)| place);
    assert_eq!(ends, dots.chain([whole.len()]).collect::<Vec<_>>());
}

#[test]
fn a_canadian_section_that_is_cut_is_read_only_where_a_whole_one_ends() {
    let section = TcfCanada {
        vendors_express_consent: Vendors::of([2, 5, 9]),
        vendors_implied_consent: Vendors::of(1..=30),
        disclosed: Some(Vendors::of(1..=40)),
        ..TcfCanada::new(BEFORE_DISCLOSURE)
    };
    let whole = section.encode();
    let is_whole = |end: usize| CanadaString::read(&whole[..end]).is_ok();
    let core_end = whole.find('.').unwrap();
    // Two letters less are a string of TCF Canada 1.0, which has no restrictions.
    let read: Vec<usize> = (0..=whole.len()).filter(|end| is_whole(*end)).collect();
    assert_eq!(read, [core_end - 2, core_end - 1, core_end, whole.len()]);
}

#[test]
fn ids_out_of_bounds_or_out_of_order_are_refused() {
    let list = |last: u32, entries: &[&str]| {
        let count = u32::try_from(entries.len()).unwrap();
        format!("{}1{}{}", number(last, 16), number(count, 12), entries.concat())
    };
    let single = |id: u32| format!("0{}", number(id, 16));
    let range = |from: u32, to: u32| format!("1{}{}", number(from, 16), number(to, 16));
    let rows = [
        ("a range of one is read", list(9, &[&range(9, 9)]), None),
        ("up to the largest id", list(65_535, &[&range(1, 65_535)]), None),
        ("in any order", list(9, &[&single(9), &single(2)]), None),
        ("nobody has the id 0", list(9, &[&single(0)]), Some(Unreadable::Ids)),
        ("a range does not begin at 0", list(9, &[&range(0, 3)]), Some(Unreadable::Ids)),
        ("a range does not run backwards", list(9, &[&range(5, 4)]), Some(Unreadable::Ids)),
        ("nor end beyond the largest id", list(9, &[&range(5, 10)]), Some(Unreadable::Ids)),
        ("nor is one alone beyond it", list(9, &[&single(10)]), Some(Unreadable::Ids)),
        (
            "a field shorter than announced",
            format!("{}0", number(65_535, 16)),
            Some(Unreadable::TooShort),
        ),
    ];
    for (sentence, list, expected) in rows {
        let bits = format!("{}{list}{NO_VENDORS}{NO_RESTRICTIONS}", core());
        assert_eq!(TcString::read(&text(&bits)).err(), expected, "{sentence}");
        let bits = format!("{}{NO_VENDORS}{NO_VENDORS}{NO_RESTRICTIONS}", core());
        let segment = text(&format!("001{list}"));
        let string = format!("{}.{segment}", text(&bits));
        assert_eq!(TcString::read(&string).err(), expected, "disclosed: {sentence}");
    }
}

#[test]
fn fewer_ranges_than_announced_are_too_few() {
    let list = format!("{}1{}", number(9, 16), number(4_095, 12));
    let read = TcString::read(&text(&format!("{}{list}", core()))).err();
    assert_eq!(read, Some(Unreadable::TooShort));
}

#[test]
fn a_restriction_is_of_a_purpose_that_exists() {
    for (purpose, expected) in [
        (0, Some(Unreadable::Value)),
        (1, None),
        (24, None),
        (25, Some(Unreadable::Value)),
        (63, Some(Unreadable::Value)),
    ] {
        let restriction = format!("{}00 000000000001 0 0000000000000001", number(purpose, 6));
        let bits = format!("{}{NO_VENDORS}{NO_VENDORS}000000000001{restriction}", core());
        assert_eq!(TcString::read(&text(&bits)).err(), expected, "{purpose}");
    }
}

#[test]
fn a_segment_is_known_and_there_once() {
    let core = old().encode();
    for kind in [0, 4, 5, 6, 7] {
        let segment = text(&format!("{}{NO_VENDORS}", number(kind, 3)));
        let string = format!("{core}.{segment}");
        assert_eq!(TcString::read(&string), Err(Unreadable::Part), "{kind}");
    }
    for twice in Segment::ORDER {
        let string = encoder::TcString {
            disclosed: Some(Vendors::none()),
            allowed: Some(Vendors::of([3])),
            publisher: Some(Publisher::default()),
            order: [twice, twice, Segment::Disclosed],
            ..old()
        };
        assert_eq!(TcString::read(&string.encode()), Err(Unreadable::Part), "{twice:?}");
    }
    assert_eq!(TcString::read(&format!("{core}.")), Err(Unreadable::TooShort));
    assert_eq!(TcString::read(&format!(".{core}")), Err(Unreadable::TooShort));
    let canada = format!("{}.{}", TcfCanada::new(0).encode(), text(&format!("010{NO_VENDORS}")));
    assert!(CanadaString::read(&canada).is_err(), "Canada has no such segment");
}

#[test]
fn a_text_has_a_length_and_an_alphabet() {
    assert_eq!(TcString::read(&"C".repeat(TEXT_BYTES_MAX + 1)), Err(Unreadable::TooLong));
    assert_ne!(TcString::read(&"C".repeat(TEXT_BYTES_MAX)), Err(Unreadable::TooLong));
    let core = old().encode();
    for odd in ["=", "+", "/", " ", "\u{0}", "\n", "\u{e9}", "\u{1f512}", "~"] {
        for place in [0, 20, core.len()] {
            let string = format!("{}{odd}{}", &core[..place], &core[place..]);
            assert_eq!(TcString::read(&string), Err(Unreadable::Alphabet), "{odd:?} at {place}");
        }
    }
    assert_eq!(Reading::of(Some(""), TcString::read), Reading::Absent);
    assert_eq!(Reading::of(None, TcString::read), Reading::Absent);
    assert_eq!(TcString::read(""), Err(Unreadable::TooShort));
}

#[test]
fn letters_of_a_language_or_a_country_are_letters() {
    let bits = digits(&old().encode());
    for place in [108, 114, 201, 207] {
        for value in [26, 63] {
            let bits = format!("{}{}{}", &bits[..place], number(value, 6), &bits[place + 6..]);
            assert_eq!(TcString::read(&text(&bits)), Err(Unreadable::Value), "{place} {value}");
        }
    }
}
