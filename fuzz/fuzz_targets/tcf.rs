//! A TCF string that reads says the same again, and gives a vendor nothing that its lists do not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::letters;
use sluicegate_signals::{
    Core, Ids, RestrictionKind, TcString, Unreadable, Vendor, VendorBases, Vendors,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    check(&letters(bytes));
});

fn check(text: &str) {
    let read = TcString::read(text);
    assert_eq!(read, TcString::read(text), "the second reading differs");
    match (read, TcString::read_valid(text)) {
        (Ok(read), valid) => {
            assert_eq!(read.text(), text, "the text is not kept");
            check_passed_on(&read, valid.err());
            check_validity(&read, valid.err());
            for id in [0, 1, 2, 720, u16::MAX] {
                check_vendor(&read, id);
            }
            lists(&read).for_each(|list| check_list(&list));
        }
        (Err(why), valid) => assert_eq!(valid, Err(why), "valid, but not readable"),
    }
}

/// What is passed on says the same, but for two equal times that are the beginning of a day.
fn check_passed_on(read: &TcString<'_>, refused: Option<Unreadable>) {
    let text = read.passed_on().expect("what was read has two times");
    let again = TcString::read(&text).expect("it is a string, too");
    let time = again.core.created_ds;
    assert!(time % 864_000 == 0 && time == again.core.last_updated_ds, "a time of day is left");
    let same = Core { created_ds: time, last_updated_ds: time, ..read.core };
    assert_eq!(again.core, same, "the core differs");
    assert_eq!(text.split_at(13).1, read.text().split_at(13).1, "the rest differs");
    assert_eq!(TcString::read_valid(&text).err(), refused, "it holds otherwise");
}

/// A string that holds is for one service, under a policy that holds.
fn check_validity(read: &TcString<'_>, refused: Option<Unreadable>) {
    let expected = if !read.core.is_service_specific {
        Some(Unreadable::GlobalScope)
    } else if read.core.policy_version < 4 {
        Some(Unreadable::Policy)
    } else {
        refused.filter(|why| *why == Unreadable::VendorsNotDisclosed && read.disclosed.is_none())
    };
    assert_eq!(refused, expected, "refused for another reason");
}

/// What a vendor is given is in the lists; what the publisher forbids, it is not given.
fn check_vendor(read: &TcString<'_>, id: u16) {
    let every: Ids = (1..=Ids::MAX).collect();
    let declared = |consent, legitimate_interest| Vendor {
        id,
        consent,
        legitimate_interest,
        flexible: Ids::NONE,
        special_features: every,
    };
    let by_consent = read.bases(&declared(every, Ids::NONE));
    let by_interest = read.bases(&declared(Ids::NONE, every));
    for purpose in 0..=u8::MAX {
        if by_consent.purpose(purpose).is_ok() {
            assert!(read.core.purposes_consent.contains(purpose) && read.consent.contains(id));
            check_given(read, id, purpose);
        }
        if by_interest.purpose(purpose).is_ok() {
            assert!(read.core.purposes_legitimate_interest.contains(purpose));
            assert!(read.legitimate_interest.contains(id));
            assert!(!matches!(purpose, 1 | 3..=6), "these need consent");
            check_given(read, id, purpose);
        }
        let feature = by_consent.special_feature(purpose).is_ok();
        assert!(!feature || read.core.special_feature_opt_ins.contains(purpose));
    }
    check_undeclared(&read.bases(&declared(Ids::NONE, Ids::NONE)));
}

fn check_given(read: &TcString<'_>, id: u16, purpose: u8) {
    assert!(read.disclosed.is_none_or(|list| list.contains(id)), "given, but never shown");
    let mut restrictions = read.restrictions();
    assert!(!restrictions.any(|restriction| {
        restriction.purpose == purpose
            && restriction.kind == RestrictionKind::NotAllowed
            && restriction.vendors.contains(id)
    }));
}

fn check_undeclared(bases: &VendorBases) {
    assert!((0..=u8::MAX).all(|purpose| bases.purpose(purpose).is_err()), "given, not declared");
}

fn lists<'a>(read: &TcString<'a>) -> impl Iterator<Item = Vendors<'a>> {
    let restricted = read.restrictions().map(|restriction| restriction.vendors);
    let optional = read.disclosed.into_iter().chain(read.allowed);
    [read.consent, read.legitimate_interest].into_iter().chain(optional).chain(restricted)
}

/// Looking up and going through say the same. A string may repeat a range of all ids thousands of times, so that
/// going through ends early.
fn check_list(list: &Vendors<'_>) {
    assert!(!list.contains(0), "nobody has the id 0");
    assert!(list.iter().take(40).all(|id| list.contains(id)), "listed, and not found");
}
