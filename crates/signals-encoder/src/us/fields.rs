//! The fields of each section in the order and with the names of its specification, after the first
//! field of 6 bits. Sub-sections are not part of these tables.

use super::UsField;

pub(super) const NATIONAL_1: &[UsField] = &[
    one("SharingNotice"),
    one("SaleOptOutNotice"),
    one("SharingOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SensitiveDataProcessingOptOutNotice"),
    one("SensitiveDataLimitUseNotice"),
    one("SaleOptOut"),
    one("SharingOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 12),
    several("KnownChildSensitiveDataConsents", 2),
    one("PersonalDataConsents"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const NATIONAL_2: &[UsField] = &[
    one("SharingNotice"),
    one("SaleOptOutNotice"),
    one("SharingOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SensitiveDataProcessingOptOutNotice"),
    one("SensitiveDataLimitUseNotice"),
    one("SaleOptOut"),
    one("SharingOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 16),
    several("KnownChildSensitiveDataConsents", 3),
    one("PersonalDataConsents"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const CALIFORNIA: &[UsField] = &[
    one("SaleOptOutNotice"),
    one("SharingOptOutNotice"),
    one("SensitiveDataLimitUseNotice"),
    one("SaleOptOut"),
    one("SharingOptOut"),
    several("SensitiveDataProcessing", 9),
    several("KnownChildSensitiveDataConsents", 2),
    one("PersonalDataConsents"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const VIRGINIA: &[UsField] = &[
    one("SharingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    one("KnownChildSensitiveDataConsents"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const COLORADO: &[UsField] = &[
    one("SharingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 7),
    one("KnownChildSensitiveDataConsents"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const UTAH: &[UsField] = &[
    one("SharingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SensitiveDataProcessingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    one("KnownChildSensitiveDataConsents"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const CONNECTICUT: &[UsField] = &[
    one("SharingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    several("KnownChildSensitiveDataConsents", 3),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const FLORIDA: &[UsField] = &[
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    several("KnownChildSensitiveDataConsents", 3),
    one("AdditionalDataProcessingConsent"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const MONTANA: &[UsField] = &[
    one("SharingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    several("KnownChildSensitiveDataConsents", 3),
    one("AdditionalDataProcessingConsent"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const OREGON: &[UsField] = &[
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 11),
    several("KnownChildSensitiveDataConsents", 3),
    one("AdditionalDataProcessingConsent"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const TEXAS: &[UsField] = &[
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    one("KnownChildSensitiveDataConsents"),
    one("AdditionalDataProcessingConsent"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const DELAWARE: &[UsField] = &[
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 9),
    several("KnownChildSensitiveDataConsents", 5),
    one("AdditionalDataProcessingConsent"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const IOWA: &[UsField] = &[
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SensitiveDataOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    one("KnownChildSensitiveDataConsents"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const NEW_JERSEY: &[UsField] = &[
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 10),
    several("KnownChildSensitiveDataConsents", 5),
    one("AdditionalDataProcessingConsent"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const TENNESSEE: &[UsField] = &[
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    several("SensitiveDataProcessing", 8),
    one("KnownChildSensitiveDataConsent"),
    one("AdditionalDataProcessingConsent"),
    one("MspaCoveredTransaction"),
    one("MspaOptOutOptionMode"),
    one("MspaServiceProviderMode"),
];

pub(super) const MARYLAND: &[UsField] = &[
    one("MspaCoveredTransaction"),
    one("MspaMode"),
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    one("AdditionalDataProcessingConsent"),
];

pub(super) const INDIANA: &[UsField] = &[
    one("MspaCoveredTransaction"),
    one("MspaMode"),
    one("ProcessingNotice"),
    one("SaleOptOutNotice"),
    one("TargetedAdvertisingOptOutNotice"),
    one("SaleOptOut"),
    one("TargetedAdvertisingOptOut"),
    one("KnownChildSensitiveDataConsents"),
    one("AdditionalDataProcessingConsent"),
];

/// A field of one entry.
const fn one(name: &'static str) -> UsField {
    several(name, 1)
}

/// A field of several entries, "N-Bitfield(2,n)".
const fn several(name: &'static str, entries: u8) -> UsField {
    UsField { name, entries }
}
