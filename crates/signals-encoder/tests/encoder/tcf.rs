//! TCF strings, read by `@iabtcf/core` and by the section 2 of `@iabgpp/cmpapi`.

use crate::{
    asked::{ask, compare},
    dice::Dice,
    differences::{CMP_ID_MIN, RESTRICTIONS_REFUSED},
};
use serde_json::{Value, json};
use sluicegate_signals_encoder::{Gpp, Publisher, Restriction, TcString, Vendors, peers::Kind};
use std::collections::BTreeSet;

const SEED: u64 = 20_260_101;
const STRINGS: usize = 2_000;

#[test]
fn the_official_library_reads_what_was_written() {
    let mut dice = Dice::of(SEED);
    let written = (0..STRINGS).map(|_| string(&mut dice));
    let written: Vec<_> =
        written.map(|string| (Kind::Tcf, string.encode(), expected(&string))).collect();
    compare(SEED, &written);
}

#[test]
fn the_platform_library_reads_the_same_as_section_2() {
    let mut dice = Dice::of(SEED + 1);
    let written = (0..STRINGS).map(|_| string(&mut dice));
    let written = written.map(|string| {
        let text = Gpp::new().with_tcf(&string).encode();
        let sections = json!({ "tcfeuv2": expected_section(&string) });
        (Kind::Gpp, text, json!({ "ids": [2], "sections": sections }))
    });
    compare(SEED + 1, &written.collect::<Vec<_>>());
}

#[test]
fn a_new_string_permits_nothing() {
    let string = TcString::new(17_000_000_000);
    compare(0, &[(Kind::Tcf, string.encode(), expected(&string))]);
    assert_eq!(string.encode().split('.').count(), 2, "a core and the disclosed vendors");
}

/// Keeps the list of differences honest: what the comparison leaves out is really refused.
#[test]
fn what_the_comparison_leaves_out_is_refused_by_the_library() {
    let platforms = (0..CMP_ID_MIN).map(|cmp_id| TcString { cmp_id, ..TcString::new(0) });
    let restricted = RESTRICTIONS_REFUSED.into_iter().map(|(purpose, kind)| TcString {
        restrictions: vec![Restriction { purpose, kind, vendors: BTreeSet::from([1]) }],
        ..TcString::new(0)
    });
    let strings: Vec<_> =
        platforms.chain(restricted).map(|string| (Kind::Tcf, string.encode(), ())).collect();
    for answer in ask(&strings) {
        assert!(answer.is_err(), "{answer:?}");
    }
}

fn string(dice: &mut Dice) -> TcString {
    let string = TcString {
        created: dice.up_to((1 << 36) - 1),
        last_updated: dice.up_to((1 << 36) - 1),
        cmp_id: CMP_ID_MIN + dice.number(4_095 - CMP_ID_MIN),
        cmp_version: dice.number(4_095),
        consent_screen: dice.byte(63),
        consent_language: dice.letters(),
        vendor_list_version: dice.number(4_095),
        policy_version: dice.byte(63),
        service_specific: dice.coin(),
        non_standard_texts: dice.coin(),
        special_feature_opt_ins: dice.ids(12),
        purposes_consent: dice.ids(24),
        purposes_legitimate_interest: dice.ids(24),
        purpose_one_treatment: dice.coin(),
        publisher_country: dice.letters(),
        vendors_consent: dice.vendors(),
        vendors_legitimate_interest: dice.vendors(),
        restrictions: dice.restrictions(),
        ..TcString::new(0)
    };
    TcString {
        disclosed: dice.coin().then(|| dice.vendors()),
        allowed: dice.coin().then(|| dice.vendors()),
        publisher: dice.coin().then(|| dice.publisher()),
        order: dice.order(),
        padding: dice.padding(),
        ..string
    }
}

/// Returns the string in the words of `@iabtcf/core`.
fn expected(string: &TcString) -> Value {
    let restriction = |restriction: &Restriction| {
        json!({
            "purpose": restriction.purpose,
            "kind": restriction.kind,
            "vendors": restriction.vendors,
        })
    };
    let restrictions: Vec<Value> = string.restrictions.iter().map(restriction).collect();
    let publisher = string.publisher.as_ref().map(|publisher| {
        json!({
            "purposeConsents": publisher.purposes_consent,
            "purposeLegitimateInterests": publisher.purposes_legitimate_interest,
            "numCustomPurposes": publisher.custom_purposes,
            "customConsents": publisher.custom_consent,
            "customLegitimateInterests": publisher.custom_legitimate_interest,
        })
    });
    json!({
        "version": string.version,
        "created": string.created,
        "lastUpdated": string.last_updated,
        "cmpId": string.cmp_id,
        "cmpVersion": string.cmp_version,
        "consentScreen": string.consent_screen,
        "consentLanguage": String::from_utf8_lossy(&string.consent_language),
        "vendorListVersion": string.vendor_list_version,
        "policyVersion": string.policy_version,
        "isServiceSpecific": string.service_specific,
        "useNonStandardStacks": string.non_standard_texts,
        "specialFeatureOptins": string.special_feature_opt_ins,
        "purposeConsents": string.purposes_consent,
        "purposeLegitimateInterests": string.purposes_legitimate_interest,
        "purposeOneTreatment": string.purpose_one_treatment,
        "publisherCountryCode": String::from_utf8_lossy(&string.publisher_country),
        "vendorConsents": string.vendors_consent.ids,
        "vendorLegitimateInterests": string.vendors_legitimate_interest.ids,
        "restrictions": restrictions,
        "disclosed": string.disclosed.as_ref().map(|vendors| &vendors.ids),
        "allowed": string.allowed.as_ref().map(|vendors| &vendors.ids),
        "publisher": publisher,
    })
}

/// Returns the string in the words of `@iabgpp/cmpapi`, which does not tell an absent segment from an
/// empty one.
fn expected_section(string: &TcString) -> Value {
    let restriction = |restriction: &Restriction| {
        json!({
            "key": restriction.purpose,
            "type": restriction.kind,
            "ids": restriction.vendors,
        })
    };
    let restrictions: Vec<Value> = string.restrictions.iter().map(restriction).collect();
    let mut value = json!({
        "Version": string.version,
        "Created": string.created,
        "LastUpdated": string.last_updated,
        "CmpId": string.cmp_id,
        "CmpVersion": string.cmp_version,
        "ConsentScreen": string.consent_screen,
        "ConsentLanguage": String::from_utf8_lossy(&string.consent_language),
        "VendorListVersion": string.vendor_list_version,
        "PolicyVersion": string.policy_version,
        "IsServiceSpecific": string.service_specific,
        "UseNonStandardStacks": string.non_standard_texts,
        "SpecialFeatureOptins": flags(&string.special_feature_opt_ins, 12),
        "PurposeConsents": flags(&string.purposes_consent, 24),
        "PurposeLegitimateInterests": flags(&string.purposes_legitimate_interest, 24),
        "PurposeOneTreatment": string.purpose_one_treatment,
        "PublisherCountryCode": String::from_utf8_lossy(&string.publisher_country),
        "VendorConsents": string.vendors_consent.ids,
        "VendorLegitimateInterests": string.vendors_legitimate_interest.ids,
        "PublisherRestrictions": restrictions,
    });
    let Publisher {
        purposes_consent,
        purposes_legitimate_interest,
        custom_purposes,
        custom_consent,
        custom_legitimate_interest,
    } = string.publisher.clone().unwrap_or_default();
    let segments = json!({
        "PublisherPurposesSegmentType": 3,
        "PublisherConsents": flags(&purposes_consent, 24),
        "PublisherLegitimateInterests": flags(&purposes_legitimate_interest, 24),
        "NumCustomPurposes": custom_purposes,
        "PublisherCustomConsents": flags(&custom_consent, custom_purposes),
        "PublisherCustomLegitimateInterests": flags(&custom_legitimate_interest, custom_purposes),
        "VendorsAllowedSegmentType": 2,
        "VendorsAllowed": listed(string.allowed.as_ref()),
        "VendorsDisclosedSegmentType": 1,
        "VendorsDisclosed": listed(string.disclosed.as_ref()),
    });
    value.as_object_mut().unwrap().extend(segments.as_object().unwrap().clone());
    value
}

/// Returns a bit field as the platform library shows it.
pub(crate) fn flags(ids: &BTreeSet<u8>, width: u8) -> Vec<bool> {
    (1..=width).map(|id| ids.contains(&id)).collect()
}

/// Returns a list of vendors, empty where there is none.
pub(crate) fn listed(vendors: Option<&Vendors>) -> BTreeSet<u16> {
    vendors.map(|vendors| vendors.ids.clone()).unwrap_or_default()
}
