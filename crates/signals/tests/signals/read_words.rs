//! What we read, in the words of the official libraries, so that it can be laid beside what they read and beside
//! what was written. `null` is a part that is not there.

use serde_json::{Map, Value, json};
use sluicegate_signals::{
    CanadaReading, Core, Ids, Mark, PublisherPurposes, PurposeOne, RestrictionKind, TcString,
    UsField, UsLaw, UsPrivacy, UsSection, Vendors,
};
use std::collections::BTreeSet;

/// As `@iabtcf/core` calls it.
pub(crate) fn tcf(read: &TcString<'_>) -> Value {
    let core = &read.core;
    let restrictions = read.restrictions().map(|restriction| {
        json!({
            "purpose": restriction.purpose,
            "kind": kind(restriction.kind),
            "vendors": vendors(&restriction.vendors),
        })
    });
    json!({
        "version": 2,
        "created": core.created_ds,
        "lastUpdated": core.last_updated_ds,
        "cmpId": core.cmp_id,
        "cmpVersion": core.cmp_version,
        "consentScreen": core.consent_screen,
        "consentLanguage": letters(core.consent_language),
        "vendorListVersion": core.vendor_list_version,
        "policyVersion": core.policy_version,
        "isServiceSpecific": core.is_service_specific,
        "useNonStandardStacks": core.uses_non_standard_texts,
        "specialFeatureOptins": ids(core.special_feature_opt_ins),
        "purposeConsents": ids(core.purposes_consent),
        "purposeLegitimateInterests": ids(core.purposes_legitimate_interest),
        "purposeOneTreatment": core.purpose_one == PurposeOne::NotAsked,
        "publisherCountryCode": letters(core.publisher_country),
        "vendorConsents": vendors(&read.consent),
        "vendorLegitimateInterests": vendors(&read.legitimate_interest),
        "restrictions": restrictions.collect::<Vec<_>>(),
        "disclosed": read.disclosed.as_ref().map(vendors),
        "allowed": read.allowed.as_ref().map(vendors),
        "publisher": read.publisher.map(|publisher| json!({
            "purposeConsents": ids(publisher.consent),
            "purposeLegitimateInterests": ids(publisher.legitimate_interest),
            "numCustomPurposes": publisher.custom_purposes,
            "customConsents": custom(publisher.custom_consent, publisher.custom_purposes),
            "customLegitimateInterests":
                custom(publisher.custom_legitimate_interest, publisher.custom_purposes),
        })),
    })
}

/// As `@iabgpp/cmpapi` calls section 2.
pub(crate) fn tcf_section(read: &TcString<'_>) -> Value {
    let restrictions = read.restrictions().map(|restriction| {
        restriction_of((restriction.purpose, restriction.kind, restriction.vendors))
    });
    let Core { purposes_consent, purposes_legitimate_interest, .. } = read.core;
    let mut value = json!({
        "Version": 2,
        "Created": read.core.created_ds,
        "LastUpdated": read.core.last_updated_ds,
        "CmpId": read.core.cmp_id,
        "CmpVersion": read.core.cmp_version,
        "ConsentScreen": read.core.consent_screen,
        "ConsentLanguage": letters(read.core.consent_language),
        "VendorListVersion": read.core.vendor_list_version,
        "PolicyVersion": read.core.policy_version,
        "IsServiceSpecific": read.core.is_service_specific,
        "UseNonStandardStacks": read.core.uses_non_standard_texts,
        "SpecialFeatureOptins": flags(read.core.special_feature_opt_ins, 12),
        "PurposeConsents": flags(purposes_consent, 24),
        "PurposeLegitimateInterests": flags(purposes_legitimate_interest, 24),
        "PurposeOneTreatment": read.core.purpose_one == PurposeOne::NotAsked,
        "PublisherCountryCode": letters(read.core.publisher_country),
        "VendorConsents": vendors(&read.consent),
        "VendorLegitimateInterests": vendors(&read.legitimate_interest),
        "PublisherRestrictions": restrictions.collect::<Vec<_>>(),
    });
    let names = [
        "PublisherConsents",
        "PublisherLegitimateInterests",
        "NumCustomPurposes",
        "PublisherCustomConsents",
        "PublisherCustomLegitimateInterests",
    ];
    let fields = value.as_object_mut().unwrap();
    fields.extend(publisher(names, read.publisher));
    fields.insert("VendorsAllowed".to_owned(), json!(read.allowed.as_ref().map(vendors)));
    fields.insert("VendorsDisclosed".to_owned(), json!(read.disclosed.as_ref().map(vendors)));
    value
}

/// As `@iabgpp/cmpapi` calls section 5.
pub(crate) fn canada(read: &CanadaReading<'_>) -> Value {
    let mut value = json!({
        "Version": 1,
        "Created": read.created_ds,
        "LastUpdated": read.last_updated_ds,
        "CmpId": read.cmp_id,
        "CmpVersion": read.cmp_version,
        "ConsentScreen": read.consent_screen,
        "ConsentLanguage": letters(read.consent_language),
        "VendorListVersion": read.vendor_list_version,
        "TcfPolicyVersion": read.policy_version,
        "UseNonStandardStacks": read.uses_non_standard_stacks,
        "SpecialFeatureExpressConsent": flags(read.special_features_express, 12),
        "PurposesExpressConsent": flags(read.purposes_express, 24),
        "PurposesImpliedConsent": flags(read.purposes_implied, 24),
        "VendorExpressConsent": vendors(&read.express),
        "VendorImpliedConsent": vendors(&read.implied),
        "PubRestrictions": read.restrictions().map(restriction_of).collect::<Vec<_>>(),
        "DisclosedVendors": read.disclosed.as_ref().map(vendors),
    });
    let names = [
        "PubPurposesExpressConsent",
        "PubPurposesImpliedConsent",
        "NumCustomPurposes",
        "CustomPurposesExpressConsent",
        "CustomPurposesImpliedConsent",
    ];
    value.as_object_mut().unwrap().extend(publisher(names, read.publisher));
    value
}

/// As `@iabgpp/cmpapi` calls sections 7 to 27.
pub(crate) fn us(read: &UsSection) -> Value {
    let entries = |field: UsField| {
        let entries: Vec<u8> = read.entries(field).collect();
        if let [only] = entries.as_slice() { json!(only) } else { json!(entries) }
    };
    let mut fields: Map<String, Value> =
        read.fields().map(|field| (field.name().to_owned(), entries(field))).collect();
    let is_newer = matches!(
        read.law(),
        UsLaw::Maryland | UsLaw::Indiana | UsLaw::Kentucky | UsLaw::RhodeIsland
    );
    let version = if is_newer { "MspaVersion" } else { "Version" };
    fields.insert(version.to_owned(), json!(read.version()));
    fields.insert("Gpc".to_owned(), json!(read.gpc));
    Value::Object(fields)
}

/// As `@iabgpp/cmpapi` calls section 6.
pub(crate) fn us_privacy(read: UsPrivacy) -> Value {
    let letter = |mark: Mark| mark.letter().to_string();
    json!({
        "Version": 1,
        "Notice": letter(read.notice),
        "OptOutSale": letter(read.opt_out_sale),
        "LspaCovered": letter(read.lspa_covered),
    })
}

/// Returns the ids of a list, having asked it about some of them one by one.
pub(crate) fn vendors(list: &Vendors<'_>) -> BTreeSet<u16> {
    let ids: BTreeSet<u16> = list.iter().collect();
    let edges = [ids.first(), ids.last()].into_iter().flatten();
    let near = edges.flat_map(|id| [id.saturating_sub(1), *id, id.saturating_add(1)]);
    for id in near.chain([0, 1, 2, 3, 500, u16::MAX]) {
        assert_eq!(list.contains(id), ids.contains(&id), "{id} of {list:?}");
    }
    ids
}

fn restriction_of((purpose, of, list): (u8, RestrictionKind, Vendors<'_>)) -> Value {
    json!({ "key": purpose, "type": kind(of), "ids": vendors(&list) })
}

fn publisher(names: [&str; 5], read: Option<PublisherPurposes>) -> Vec<(String, Value)> {
    let values = match read {
        None => [const { Value::Null }; 5],
        Some(read) => [
            json!(flags(read.consent, 24)),
            json!(flags(read.legitimate_interest, 24)),
            json!(read.custom_purposes),
            json!(custom_flags(read.custom_consent, read.custom_purposes)),
            json!(custom_flags(read.custom_legitimate_interest, read.custom_purposes)),
        ],
    };
    names.map(str::to_owned).into_iter().zip(values).collect()
}

fn kind(kind: RestrictionKind) -> u8 {
    match kind {
        RestrictionKind::NotAllowed => 0,
        RestrictionKind::RequireConsent => 1,
        RestrictionKind::RequireLegitimateInterest => 2,
        RestrictionKind::Undefined => 3,
    }
}

pub(crate) fn ids(ids: Ids) -> Vec<u8> {
    ids.iter().collect()
}

/// Returns which of the publisher's own purposes are set.
pub(crate) fn custom(bits: u64, count: u8) -> Vec<u8> {
    let flags = custom_flags(bits, count);
    (1..=count).zip(flags).filter(|(_, is_set)| *is_set).map(|(id, _)| id).collect()
}

fn custom_flags(bits: u64, count: u8) -> Vec<bool> {
    (0..count).rev().map(|place| bits >> place & 1 == 1).collect()
}

fn flags(ids: Ids, width: u8) -> Vec<bool> {
    (1..=width).map(|id| ids.contains(id)).collect()
}

pub(crate) fn letters(letters: [u8; 2]) -> String {
    String::from_utf8_lossy(&letters).into_owned()
}
