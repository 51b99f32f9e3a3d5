//! The strings that the specifications print, asserted in full.

use crate::read_words;
use serde_json::json;
use sluicegate_signals::{
    GppString, InForce, Mark, PublisherPurposes, Reading, Section, TcString, Unreadable, UsPrivacy,
};

/// "Consent string and vendor list formats v2", "TC String Format".
#[test]
fn the_string_of_the_tcf_document_is_read() {
    let text = "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA";
    let read = TcString::read(text).unwrap();
    let expected = json!({
        "version": 2,
        "created": 17_489_088_000_u64,
        "lastUpdated": 17_489_088_000_u64,
        "cmpId": 880,
        "cmpVersion": 0,
        "consentScreen": 0,
        "consentLanguage": "EN",
        "vendorListVersion": 48,
        "policyVersion": 2,
        "isServiceSpecific": true,
        "useNonStandardStacks": false,
        "specialFeatureOptins": [],
        "purposeConsents": [],
        "purposeLegitimateInterests": [],
        "purposeOneTreatment": false,
        "publisherCountryCode": "DE",
        "vendorConsents": [1, 2, 3, 4],
        "vendorLegitimateInterests": [],
        "restrictions": [],
        "disclosed": [1, 2, 3, 4, 5, 100, 404],
        "allowed": null,
        "publisher": {
            "purposeConsents": [],
            "purposeLegitimateInterests": [],
            "numCustomPurposes": 0,
            "customConsents": [],
            "customLegitimateInterests": [],
        },
    });
    assert_eq!(read_words::tcf(&read), expected);
    // The document prints it with a policy version that does not hold any more.
    assert_eq!(TcString::read_valid(text), Err(Unreadable::Policy));
}

/// GPP, "Header Examples", with a text for each section.
#[test]
fn the_headers_of_the_platform_document_are_read() {
    let table: [(&str, &[u16]); 4] =
        [("DBABM~x", &[2]), ("DBACNY~x~x", &[2, 6]), ("DBABjw~x~x", &[5, 6]), ("DBAA", &[])];
    for (text, ids) in table {
        let read = GppString::read(text).unwrap();
        assert!(read.sections().map(|(id, _)| id).eq(ids.iter().copied()), "{text}");
    }
}

/// GPP, "GPP String Examples".
#[test]
fn the_strings_of_the_platform_document_are_read() {
    const TCF: &str = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA";
    let first = GppString::read("DBABM~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA").unwrap();
    assert_eq!(first.sections().collect::<Vec<_>>(), [(2, TCF)]);
    let expected = json!({
        "version": 2,
        "created": 16_504_920_000_u64,
        "lastUpdated": 16_504_920_000_u64,
        "cmpId": 31,
        "cmpVersion": 640,
        "consentScreen": 1,
        "consentLanguage": "EN",
        "vendorListVersion": 126,
        "policyVersion": 2,
        "isServiceSpecific": true,
        "useNonStandardStacks": false,
        "specialFeatureOptins": [],
        "purposeConsents": [],
        "purposeLegitimateInterests": [],
        "purposeOneTreatment": false,
        "publisherCountryCode": "DE",
        "vendorConsents": [],
        "vendorLegitimateInterests": [],
        "restrictions": [],
        "disclosed": null,
        "allowed": null,
        "publisher": null,
    });
    assert_eq!(read_words::tcf(&TcString::read(TCF).unwrap()), expected);
    assert_eq!(first.section(2), Some(Err(Unreadable::Policy)));

    let second = "DBACNY~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN";
    let us = UsPrivacy { notice: Mark::Yes, opt_out_sale: Mark::No, lspa_covered: Mark::No };
    let read = GppString::read(second).unwrap();
    assert_eq!(read.sections().collect::<Vec<_>>(), [(2, TCF), (6, "1YNN")]);
    assert_eq!(read.section(6), Some(Ok(Section::UsPrivacy(us))));
    let in_force = InForce::read(Some(second), &[6]);
    assert_eq!(in_force.read().unwrap().us_privacy, Some(us));

    // The third has the European text in the Canadian section.
    let third =
        GppString::read("DBABjw~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN").unwrap();
    assert_eq!(third.sections().collect::<Vec<_>>(), [(5, TCF), (6, "1YNN")]);
    assert_eq!(third.section(5), Some(Err(Unreadable::Version)));
    assert_eq!(third.section(6), Some(Ok(Section::UsPrivacy(us))));
}

/// "TCF EU TCF CA Comparison", the core of the third example.
#[test]
fn the_core_with_many_vendors_of_the_comparison_is_read() {
    let text = "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA";
    let read = TcString::read(text).unwrap();
    assert_eq!((read.core.created_ds, read.core.last_updated_ds), (12_286_442_577, 13_262_154_134));
    assert_eq!((read.core.cmp_id, read.core.cmp_version, read.core.consent_screen), (21, 7, 2));
    assert_eq!((read.core.vendor_list_version, read.core.policy_version), (23, 2));
    assert_eq!(read_words::ids(read.core.special_feature_opt_ins), [2]);
    assert_eq!(read_words::ids(read.core.purposes_consent), [1, 3, 9, 10]);
    assert_eq!(read_words::ids(read.core.purposes_legitimate_interest), [3, 4, 5, 8, 9, 10]);
    assert_eq!(&read.core.publisher_country, b"KM");
    let consent = [
        2, 3, 6, 7, 8, 10, 12, 13, 14, 15, 16, 21, 25, 27, 30, 31, 34, 35, 37, 38, 39, 42, 43, 49,
        52, 54, 55, 56, 57, 59, 60, 63, 64, 65, 66, 67, 68, 69, 73, 74, 76, 78, 83, 86, 87, 89, 90,
        92, 96, 99, 100, 106, 109, 110, 114, 115,
    ];
    assert!(read.consent.iter().eq(consent));
    let interest = [1, 9, 26, 27, 30, 36, 37, 43, 86, 97, 110, 113];
    assert!(read.legitimate_interest.iter().eq(interest));
    assert_eq!((read.disclosed, read.allowed, read.publisher), (None, None, None));
}

/// "US Privacy String", "Examples".
#[test]
fn the_us_privacy_examples_are_read() {
    let table = [
        ("1YNN", [Mark::Yes, Mark::No, Mark::No]),
        ("1NYN", [Mark::No, Mark::Yes, Mark::No]),
        ("1-Y-", [Mark::NotApplicable, Mark::Yes, Mark::NotApplicable]),
        ("1---", [Mark::NotApplicable; 3]),
    ];
    for (text, [notice, opt_out_sale, lspa_covered]) in table {
        assert_eq!(UsPrivacy::read(text), Ok(UsPrivacy { notice, opt_out_sale, lspa_covered }));
    }
    assert_eq!(Reading::of(Some("1---"), UsPrivacy::read).read(), Some(&UsPrivacy::NOT_APPLICABLE));
}

/// "TCF EU TCF CA Comparison", the publisher's segment that the public vectors also hold.
#[test]
fn purposes_of_the_publishers_own_are_read_from_the_first() {
    let text = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.ZAAgH9794ulA";
    let publisher = TcString::read(text).unwrap().publisher;
    let PublisherPurposes { consent, legitimate_interest, custom_purposes, .. } =
        publisher.unwrap();
    assert_eq!(read_words::ids(consent), [3, 16]);
    let refused = [8, 13, 20];
    assert!(legitimate_interest.iter().eq((1..=24).filter(|id| !refused.contains(id))));
    let custom = |bits| read_words::custom(bits, custom_purposes);
    assert_eq!(custom(publisher.unwrap().custom_consent), [1, 2, 4]);
    assert_eq!(custom(publisher.unwrap().custom_legitimate_interest), [2, 4]);
}
