//! TCF Canada, read by `@iabgpp/cmpapi`.

use crate::{
    asked::{ask, compare},
    dice::Dice,
    differences::{CANADA_UNREAD, LEGACY_MISREAD},
    tcf::{flags, listed},
};
use serde_json::{Value, json};
use sluicegate_signals_encoder::{
    Gpp, Publisher, Restriction, TcfCanada, VendorForm, VendorLayout, Vendors, peers::Kind,
};

const SEED: u64 = 20_260_102;
const STRINGS: usize = 1_000;
const STRINGS_LEGACY: usize = 400;

#[test]
fn the_official_library_reads_what_was_written() {
    let mut dice = Dice::of(SEED);
    let sections = (0..STRINGS).map(|_| section(&mut dice));
    let written: Vec<_> = sections.map(|section| written(&section)).collect();
    compare(SEED, &written);
}

#[test]
fn the_official_library_reads_what_it_wrote_before() {
    let mut dice = Dice::of(SEED + 1);
    let sections = (0..STRINGS_LEGACY).map(|_| legacy_section(&mut dice));
    let written: Vec<_> = sections.map(|section| written(&section)).collect();
    compare(SEED + 1, &written);
}

#[test]
fn the_layouts_that_the_comparison_leaves_out_are_not_read() {
    for layout in CANADA_UNREAD {
        let vendors_express_consent = Vendors::of([3, 5, 6, 7, 8]);
        let section = TcfCanada { layout, vendors_express_consent, ..TcfCanada::new(0) };
        let text = Gpp::new().with_tcf_canada(&section).encode();
        for answer in ask(&[(Kind::Gpp, text, ())]) {
            let vendors =
                answer.map(|value| value["sections"]["tcfcav1"]["VendorExpressConsent"].clone());
            assert_ne!(vendors, Ok(json!([3, 5, 6, 7, 8])));
        }
    }
}

#[test]
fn the_restrictions_that_the_comparison_leaves_out_are_misread() {
    let (vendors, misread) = LEGACY_MISREAD;
    let restriction = Restriction { purpose: 2, kind: 1, vendors: vendors.collect() };
    let section = TcfCanada {
        layout: VendorLayout::Legacy,
        restrictions: vec![restriction],
        ..TcfCanada::new(0)
    };
    let text = Gpp::new().with_tcf_canada(&section).encode();
    for answer in ask(&[(Kind::Gpp, text, ())]) {
        let restrictions = answer.unwrap()["sections"]["tcfcav1"]["PubRestrictions"].take();
        assert_eq!(restrictions, json!([{ "key": 2, "type": 1, "ids": misread }]));
    }
}

#[test]
fn each_layout_writes_its_own_bits() {
    let text = |layout, form| {
        let vendors_express_consent = Vendors::of([1, 2, 3]).written_as(form);
        let section = TcfCanada { layout, vendors_express_consent, ..TcfCanada::new(0) };
        digits(&section.encode())[199..].to_owned()
    };
    let (range, field) = (VendorForm::Range, VendorForm::Bitfield);
    let specified = "1 000000000001 1 11 011".replace(' ', "");
    assert!(text(VendorLayout::Specification, range).starts_with(&specified));
    let specified = "0 0000000000000011 111".replace(' ', "");
    assert!(text(VendorLayout::Specification, field).starts_with(&specified));
    let library = "0000000000000011 1 000000000001 1 11 011".replace(' ', "");
    assert!(text(VendorLayout::Library, range).starts_with(&library));
    let library = "0000000000000011 0 111".replace(' ', "");
    assert!(text(VendorLayout::Library, field).starts_with(&library));
    let legacy = "0000000000000011 1 000000000001 1 0000000000000001 0000000000000011";
    assert!(text(VendorLayout::Legacy, range).starts_with(&legacy.replace(' ', "")));
}

fn written(section: &TcfCanada) -> (Kind, String, Value) {
    let text = Gpp::new().with_tcf_canada(section).encode();
    let sections = json!({ "tcfcav1": expected(section) });
    (Kind::Gpp, text, json!({ "ids": [5], "sections": sections }))
}

/// Returns a random section in the form that the library writes: lists are in the shortest form,
/// because it tells the layouts apart by writing them again.
fn section(dice: &mut Dice) -> TcfCanada {
    let vendors = |dice: &mut Dice| Vendors::of(dice.vendor_ids());
    TcfCanada {
        created: dice.up_to((1 << 36) - 1),
        last_updated: dice.up_to((1 << 36) - 1),
        cmp_id: dice.number(4_095),
        cmp_version: dice.number(4_095),
        consent_screen: dice.byte(63),
        consent_language: dice.letters(),
        vendor_list_version: dice.number(4_095),
        policy_version: dice.byte(63),
        non_standard_stacks: dice.coin(),
        special_feature_express_consent: dice.ids(12),
        purposes_express_consent: dice.ids(24),
        purposes_implied_consent: dice.ids(24),
        vendors_express_consent: vendors(dice),
        vendors_implied_consent: vendors(dice),
        restrictions: dice.restrictions(),
        disclosed: dice.coin().then(|| vendors(dice)),
        publisher: dice.coin().then(|| dice.publisher()),
        order: dice.order(),
        padding: dice.padding(),
        layout: VendorLayout::Library,
        ..TcfCanada::new(0)
    }
}

/// Returns a random section with one range as the library wrote it before 3.2.
///
/// One, and of high numbers: the library takes such a range for Fibonacci codes first, and notices
/// only sometimes (`LEGACY_MISREAD` and `peers/README.md`).
fn legacy_section(dice: &mut Dice) -> TcfCanada {
    let section = TcfCanada {
        vendors_express_consent: Vendors::none(),
        vendors_implied_consent: Vendors::none(),
        restrictions: Vec::new(),
        disclosed: None,
        layout: VendorLayout::Legacy,
        ..section(dice)
    };
    let ids = dice.high_vendor_ids();
    match dice.byte(3) {
        0 => TcfCanada { vendors_express_consent: Vendors::of(ids), ..section },
        1 => TcfCanada { vendors_implied_consent: Vendors::of(ids), ..section },
        2 => TcfCanada { disclosed: Some(Vendors::of(ids)), ..section },
        _ => {
            let restriction =
                Restriction { purpose: dice.byte(63), kind: dice.byte(3), vendors: ids };
            TcfCanada { restrictions: vec![restriction], ..section }
        }
    }
}

fn expected(section: &TcfCanada) -> Value {
    let restriction = |restriction: &Restriction| {
        json!({
            "key": restriction.purpose,
            "type": restriction.kind,
            "ids": restriction.vendors,
        })
    };
    let restrictions: Vec<Value> = section.restrictions.iter().map(restriction).collect();
    let Publisher {
        purposes_consent,
        purposes_legitimate_interest,
        custom_purposes,
        custom_consent,
        custom_legitimate_interest,
    } = section.publisher.clone().unwrap_or_default();
    json!({
        "Version": section.version,
        "Created": section.created,
        "LastUpdated": section.last_updated,
        "CmpId": section.cmp_id,
        "CmpVersion": section.cmp_version,
        "ConsentScreen": section.consent_screen,
        "ConsentLanguage": String::from_utf8_lossy(&section.consent_language),
        "VendorListVersion": section.vendor_list_version,
        "TcfPolicyVersion": section.policy_version,
        "UseNonStandardStacks": section.non_standard_stacks,
        "SpecialFeatureExpressConsent": flags(&section.special_feature_express_consent, 12),
        "PurposesExpressConsent": flags(&section.purposes_express_consent, 24),
        "PurposesImpliedConsent": flags(&section.purposes_implied_consent, 24),
        "VendorExpressConsent": section.vendors_express_consent.ids,
        "VendorImpliedConsent": section.vendors_implied_consent.ids,
        "PubRestrictions": restrictions,
        "PubPurposesSegmentType": 3,
        "PubPurposesExpressConsent": flags(&purposes_consent, 24),
        "PubPurposesImpliedConsent": flags(&purposes_legitimate_interest, 24),
        "NumCustomPurposes": custom_purposes,
        "CustomPurposesExpressConsent": flags(&custom_consent, custom_purposes),
        "CustomPurposesImpliedConsent": flags(&custom_legitimate_interest, custom_purposes),
        "DisclosedVendorsSegmentType": 1,
        "DisclosedVendors": listed(section.disclosed.as_ref()),
    })
}

/// Returns the bits of base64url letters as digits.
fn digits(text: &str) -> String {
    let value = |letter: char| match letter {
        'A'..='Z' => u32::from(letter) - u32::from('A'),
        'a'..='z' => u32::from(letter) - u32::from('a') + 26,
        '0'..='9' => u32::from(letter) - u32::from('0') + 52,
        '-' => 62,
        _ => 63,
    };
    let bit = |value: u32, place: u32| if (value >> place) & 1 == 1 { '1' } else { '0' };
    text.chars()
        .map(value)
        .flat_map(|value| (0..6).rev().map(move |place| bit(value, place)))
        .collect()
}
