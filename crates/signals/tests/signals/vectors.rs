//! The public vectors of the folder named by `SLUICEGATE_SHARED_DATA`; where it is absent the test says so.

use crate::read_words;
use serde_json::{Map, Value, json};
use sluicegate_signals::{
    CanadaReading, GppString, InForce, PublisherPurposes, Reading, Section, TcString, Unreadable,
    UsField, UsSection,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn every_public_vector_is_read_as_it_says() {
    for (name, text) in files() {
        let vector: Value = serde_json::from_str(&text).unwrap();
        let string = GppString::read(vector["gpp_string"].as_str().unwrap()).unwrap();
        let expected = vector["expected_sections"].as_array().unwrap();
        assert_eq!(string.sections().count(), expected.len(), "{name}");
        for ((id, text), expected) in string.sections().zip(expected) {
            let (kind, expected) = expected.as_object().unwrap().iter().next().unwrap();
            check(&name, kind, (id, text), expected);
        }
    }
}

/// Those of TCF Europe were made under a policy that does not hold any more, some for more than one service.
#[test]
fn the_vectors_of_tcf_europe_are_read_and_refused() {
    for (name, text) in files() {
        let vector: Value = serde_json::from_str(&text).unwrap();
        let text = vector["gpp_string"].as_str().unwrap();
        let Some((2, section)) = GppString::read(text).unwrap().sections().next() else { continue };
        let core = TcString::read(section).unwrap().core;
        let why =
            if core.is_service_specific { Unreadable::Policy } else { Unreadable::GlobalScope };
        assert_eq!(TcString::read_valid(section), Err(why), "{name}");
        assert_eq!(InForce::read(Some(text), &[2]), Reading::Unreadable(why), "{name}");
    }
}

fn check(name: &str, kind: &str, (id, text): (u16, &str), expected: &Value) {
    match kind {
        "TcfEuV2" => {
            assert_eq!(id, 2, "{name}");
            assert_eq!(&europe(&TcString::read(text).unwrap()), expected, "{name}");
        }
        "TcfCaV1" => match Section::read(id, text) {
            Ok(Section::TcfCanada(read)) => {
                assert!(read.readings().any(|reading| canada(&reading) == *expected), "{name}");
            }
            other => panic!("{name}: {other:?}"),
        },
        _ => match Section::read(id, text) {
            Ok(Section::Us(read)) => united_states(name, &read, expected),
            other => panic!("{name}: {other:?}"),
        },
    }
}

fn europe(read: &TcString<'_>) -> Value {
    let ours = read_words::tcf(read);
    let own = |names| read.publisher.map(|own| publisher(names, &own));
    let restrictions: Vec<Value> = read.restrictions().map(|_| json!("a restriction")).collect();
    json!({
        "allowed_vendors": ours["allowed"],
        "core": {
            "cmp_id": ours["cmpId"],
            "cmp_version": ours["cmpVersion"],
            "consent_language": ours["consentLanguage"],
            "consent_screen": ours["consentScreen"],
            "created": read.core.created_ds / 10,
            "is_service_specific": ours["isServiceSpecific"],
            "last_updated": read.core.last_updated_ds / 10,
            "policy_version": ours["policyVersion"],
            "publisher_country_code": ours["publisherCountryCode"],
            "publisher_restrictions": restrictions,
            "purpose_consents": ours["purposeConsents"],
            "purpose_legitimate_interests": ours["purposeLegitimateInterests"],
            "purpose_one_treatment": ours["purposeOneTreatment"],
            "special_feature_optins": ours["specialFeatureOptins"],
            "use_non_standard_stacks": ours["useNonStandardStacks"],
            "vendor_consents": ours["vendorConsents"],
            "vendor_legitimate_interests": ours["vendorLegitimateInterests"],
            "vendor_list_version": ours["vendorListVersion"],
        },
        "disclosed_vendors": ours["disclosed"],
        "publisher_purposes": own([
            "consents",
            "legitimate_interests",
            "custom_consents",
            "custom_legitimate_interests",
        ]),
    })
}

fn canada(read: &CanadaReading<'_>) -> Value {
    let restrictions: Vec<Value> = read.restrictions().map(|_| json!("a restriction")).collect();
    let own = |names| read.publisher.map(|own| publisher(names, &own));
    json!({
        "core": {
            "cmp_id": read.cmp_id,
            "cmp_version": read.cmp_version,
            "consent_language": read_words::letters(read.consent_language),
            "consent_screen": read.consent_screen,
            "created": read.created_ds / 10,
            "last_updated": read.last_updated_ds / 10,
            "policy_version": read.policy_version,
            "pub_restrictions": restrictions,
            "purpose_express_consents": read_words::ids(read.purposes_express),
            "purpose_implied_consents": read_words::ids(read.purposes_implied),
            "special_feature_express_consents": read_words::ids(read.special_features_express),
            "use_non_standard_stacks": read.uses_non_standard_stacks,
            "vendor_express_consents": read_words::vendors(&read.express),
            "vendor_implied_consents": read_words::vendors(&read.implied),
            "vendor_list_version": read.vendor_list_version,
        },
        "disclosed_vendors": read.disclosed.as_ref().map(read_words::vendors),
        "publisher_purposes": own([
            "purpose_express_consents",
            "purpose_implied_consents",
            "custom_purpose_express_consents",
            "custom_purpose_implied_consents",
        ]),
    })
}

fn publisher(names: [&str; 4], own: &PublisherPurposes) -> Value {
    let values = [
        read_words::ids(own.consent),
        read_words::ids(own.legitimate_interest),
        read_words::custom(own.custom_consent, own.custom_purposes),
        read_words::custom(own.custom_legitimate_interest, own.custom_purposes),
    ];
    let fields = names.map(str::to_owned).into_iter().zip(values.map(|value| json!(value)));
    Value::Object(fields.collect())
}

/// Compares each field of a section of the United States, in both directions.
fn united_states(name: &str, read: &UsSection, expected: &Value) {
    let versioned = format!("V{}", read.version());
    let core = expected["core"].get(&versioned).unwrap_or(&expected["core"]);
    let mut left: Map<String, Value> = core.as_object().unwrap().clone();
    for field in read.fields() {
        let expected = left.remove(&vector_name(field)).unwrap();
        let entries: Vec<u8> = read.entries(field).collect();
        match &expected {
            Value::Object(named) => {
                assert_eq!(named.len(), entries.len(), "{name}: {field:?}");
                for (entry, value) in named {
                    let read = entries[place(entry)];
                    assert_eq!(&words(field, read), value, "{name}: {field:?} {entry}");
                }
            }
            value => assert_eq!((&words(field, entries[0]), entries.len()), (value, 1), "{name}"),
        }
    }
    assert!(left.is_empty(), "{name}: not read: {left:?}");
    let gpc = expected.get("gpc").cloned().unwrap_or_default();
    assert_eq!(json!(read.gpc), gpc, "{name}");
}

/// Returns the vectors' name of a field: small letters and underscores.
fn vector_name(field: UsField) -> String {
    if field == UsField::PersonalDataConsents {
        return "personal_data_consent".to_owned();
    }
    let mut name = String::new();
    for letter in field.name().chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Returns the vectors' word for an entry.
fn words(field: UsField, entry: u8) -> Value {
    use UsField as F;
    let [one, two] = match field {
        F::MspaCoveredTransaction => return json!(entry == 1),
        F::MspaOptOutOptionMode | F::MspaServiceProviderMode | F::MspaMode => ["Yes", "No"],
        F::SaleOptOut | F::SharingOptOut | F::TargetedAdvertisingOptOut => {
            ["OptedOut", "DidNotOptOut"]
        }
        F::SensitiveDataProcessing
        | F::KnownChildSensitiveDataConsents
        | F::PersonalDataConsents
        | F::AdditionalDataProcessingConsent => ["NoConsent", "Consent"],
        F::SharingNotice
        | F::ProcessingNotice
        | F::SaleOptOutNotice
        | F::SharingOptOutNotice
        | F::TargetedAdvertisingOptOutNotice
        | F::SensitiveDataProcessingOptOutNotice
        | F::SensitiveDataOptOutNotice
        | F::SensitiveDataLimitUseNotice => ["Provided", "NotProvided"],
    };
    json!(["NotApplicable", one, two][usize::from(entry)])
}

/// Returns the place of an entry that the vectors name, by the tables of the sections' specifications.
fn place(entry: &str) -> usize {
    match entry {
        "racial_or_ethnic_origin"
        | "from_13_to_16"
        | "process_sensitive_data_from_13_to_16"
        | "process_sensitive_data_from_known_child" => 0,
        "religious_or_philosophical_beliefs"
        | "religious_beliefs"
        | "under_13"
        | "process_sensitive_data_under_13"
        | "sell_personal_data_from_13_to_16" => 1,
        "health_data"
        | "health_condition_or_diagnosis"
        | "health_diagnosis_data"
        | "process_personal_data_from_16_to_17"
        | "process_personal_data_from_13_to_16" => 2,
        "sex_life_or_sexual_orientation" => 3,
        "citizenship_or_immigration_status" | "citizenship_data" => 4,
        "genetic_unique_identification" => 5,
        "biometric_unique_identification" => 6,
        "precise_geolocation_data" => 7,
        "identification_documents" => 8,
        "financial_data" | "financial_account_data" => 9,
        "union_membership" => 10,
        "mail_email_or_text_messages" => 11,
        "general_health_data" => 12,
        "crime_victim_status" => 13,
        "national_origin" => 14,
        "transgender_or_nonbinary_status" => 15,
        _ => panic!("`{entry}` has no place"),
    }
}

/// The vectors with their names, in order.
fn files() -> Vec<(String, String)> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let named = std::env::var_os("SLUICEGATE_SHARED_DATA").map(PathBuf::from);
    let is_required = named.is_some();
    let root = named.unwrap_or(default);
    let Ok(entries) = fs::read_dir(root.join("gpp-vectors")) else {
        assert!(!is_required, "no vectors in the folder that SLUICEGATE_SHARED_DATA names");
        skipped(&root);
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    assert_eq!(found.len(), 12, "the vectors are not whole");
    found
}

#[expect(clippy::print_stderr, reason = "a check that does not run says so")]
fn skipped(root: &Path) {
    eprintln!("skipped: no sample data in {}", root.display());
}
