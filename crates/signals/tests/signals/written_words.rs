//! What was written, in the same words as [`crate::read_words`].

use serde_json::{Map, Value, json};
use sluicegate_signals_encoder::{
    Publisher, Restriction, TcString, TcfCanada, UsField, UsPrivacy, UsPrivacyAnswer, UsSection,
    UsSpecification, Vendors,
};
use std::collections::BTreeSet;

/// `KnownChildSensitiveDataConsent` is what the Tennessee specification alone calls what all others call
/// `KnownChildSensitiveDataConsents`; the reader has one name for it, and so has the library.
const RENAMED: (UsSpecification, &str, &str) = (
    UsSpecification::Tennessee,
    "KnownChildSensitiveDataConsent",
    "KnownChildSensitiveDataConsents",
);

pub(crate) fn tcf(string: &TcString) -> Value {
    let restriction = |Restriction { purpose, kind, vendors }: &Restriction| json!({ "purpose": purpose, "kind": kind, "vendors": vendors });
    json!({
        "version": string.version,
        "created": string.created,
        "lastUpdated": string.last_updated,
        "cmpId": string.cmp_id,
        "cmpVersion": string.cmp_version,
        "consentScreen": string.consent_screen,
        "consentLanguage": letters(string.consent_language),
        "vendorListVersion": string.vendor_list_version,
        "policyVersion": string.policy_version,
        "isServiceSpecific": string.service_specific,
        "useNonStandardStacks": string.non_standard_texts,
        "specialFeatureOptins": string.special_feature_opt_ins,
        "purposeConsents": string.purposes_consent,
        "purposeLegitimateInterests": string.purposes_legitimate_interest,
        "purposeOneTreatment": string.purpose_one_treatment,
        "publisherCountryCode": letters(string.publisher_country),
        "vendorConsents": string.vendors_consent.ids,
        "vendorLegitimateInterests": string.vendors_legitimate_interest.ids,
        "restrictions": string.restrictions.iter().map(restriction).collect::<Vec<_>>(),
        "disclosed": ids(string.disclosed.as_ref()),
        "allowed": ids(string.allowed.as_ref()),
        "publisher": string.publisher.as_ref().map(|publisher| json!({
            "purposeConsents": publisher.purposes_consent,
            "purposeLegitimateInterests": publisher.purposes_legitimate_interest,
            "numCustomPurposes": publisher.custom_purposes,
            "customConsents": publisher.custom_consent,
            "customLegitimateInterests": publisher.custom_legitimate_interest,
        })),
    })
}

pub(crate) fn canada(section: &TcfCanada) -> Value {
    let restriction = |Restriction { purpose, kind, vendors }: &Restriction| json!({ "key": purpose, "type": kind, "ids": vendors });
    let mut value = json!({
        "Version": section.version,
        "Created": section.created,
        "LastUpdated": section.last_updated,
        "CmpId": section.cmp_id,
        "CmpVersion": section.cmp_version,
        "ConsentScreen": section.consent_screen,
        "ConsentLanguage": letters(section.consent_language),
        "VendorListVersion": section.vendor_list_version,
        "TcfPolicyVersion": section.policy_version,
        "UseNonStandardStacks": section.non_standard_stacks,
        "SpecialFeatureExpressConsent": flags(&section.special_feature_express_consent, 12),
        "PurposesExpressConsent": flags(&section.purposes_express_consent, 24),
        "PurposesImpliedConsent": flags(&section.purposes_implied_consent, 24),
        "VendorExpressConsent": section.vendors_express_consent.ids,
        "VendorImpliedConsent": section.vendors_implied_consent.ids,
        "PubRestrictions": section.restrictions.iter().map(restriction).collect::<Vec<_>>(),
        "DisclosedVendors": ids(section.disclosed.as_ref()),
    });
    let publisher = section.publisher.as_ref();
    let custom = |set: fn(&Publisher) -> &BTreeSet<u8>| {
        publisher.map(|publisher| flags(set(publisher), publisher.custom_purposes))
    };
    let purposes =
        |set: fn(&Publisher) -> &BTreeSet<u8>| publisher.map(|publisher| flags(set(publisher), 24));
    let own = json!({
        "PubPurposesExpressConsent": purposes(|own| &own.purposes_consent),
        "PubPurposesImpliedConsent": purposes(|own| &own.purposes_legitimate_interest),
        "NumCustomPurposes": publisher.map(|own| own.custom_purposes),
        "CustomPurposesExpressConsent": custom(|own| &own.custom_consent),
        "CustomPurposesImpliedConsent": custom(|own| &own.custom_legitimate_interest),
    });
    value.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    value
}

pub(crate) fn us(section: &UsSection) -> Value {
    let specification = section.specification();
    let mut fields = Map::new();
    fields.insert(specification.version_field().to_owned(), json!(section.version));
    for UsField { name, .. } in specification.fields() {
        let values = section.entries(name).unwrap();
        let value = if let [only] = values.as_slice() { json!(only) } else { json!(values) };
        let (of, specified, read) = RENAMED;
        let is_renamed = of == specification && specified == *name;
        fields.insert(if is_renamed { read } else { name }.to_owned(), value);
    }
    fields.insert("Gpc".to_owned(), json!(section.gpc));
    if let Some(entries) = section.sensitive {
        fields.insert("SensitiveDataProcessing".to_owned(), json!(entries));
    }
    Value::Object(fields)
}

pub(crate) fn us_privacy(string: UsPrivacy) -> Value {
    let letter = |answer| match answer {
        UsPrivacyAnswer::Yes => "Y",
        UsPrivacyAnswer::No => "N",
        UsPrivacyAnswer::NotApplicable => "-",
    };
    json!({
        "Version": string.version,
        "Notice": letter(string.notice),
        "OptOutSale": letter(string.opt_out_sale),
        "LspaCovered": letter(string.lspa_covered),
    })
}

fn ids(vendors: Option<&Vendors>) -> Option<&BTreeSet<u16>> {
    vendors.map(|vendors| &vendors.ids)
}

fn flags(ids: &BTreeSet<u8>, width: u8) -> Vec<bool> {
    (1..=width).map(|id| ids.contains(&id)).collect()
}

fn letters(letters: [u8; 2]) -> String {
    String::from_utf8_lossy(&letters).into_owned()
}
