//! Sections 7 to 27 of the Global Privacy Platform, by the names of their fields.

use super::UsFacts;

fn entries<'a>(said: &'a UsFacts, name: &str) -> &'a [u8] {
    said.fields.get(name).map_or(&[], Vec::as_slice)
}

fn value(said: &UsFacts, name: &str) -> Option<u8> {
    entries(said, name).first().copied()
}

/// "Block when any in-force section has: `SaleOptOut=1`, `SharingOptOut=1`, `TargetedAdvertisingOptOut=1`, `Gpc=1`, any
/// opt-out notice = 2, `MspaServiceProviderMode=1` (newer layouts: `MspaMode=2`), any `KnownChild` entry non-zero,
/// `PersonalDataConsents=2`, or contradictory pairs (notice 0 with opt-out 2)."
///
/// Stricter than that text: any missing notice counts, either answer to further uses, and an opt-out that does not apply
/// although its notice was given.
pub(super) fn refusals(said: &UsFacts) -> Vec<&'static str> {
    let mut codes = Vec::new();
    if value(said, "SaleOptOut") == Some(1) {
        codes.push("gpp_sale_opt_out");
    }
    if value(said, "SharingOptOut") == Some(1) {
        codes.push("gpp_sharing_opt_out");
    }
    if value(said, "TargetedAdvertisingOptOut") == Some(1) {
        codes.push("gpp_targeted_advertising_opt_out");
    }
    if said.gpc == Some(true) {
        codes.push("gpp_gpc");
    }
    let is_notice = |name: &str| name.ends_with("Notice");
    let not_given = |name: &str| value(said, name) == Some(2);
    if said.fields.keys().any(|name| is_notice(name) && not_given(name)) {
        codes.push("gpp_no_notice");
    }
    let is_child = |name: &str| name.starts_with("KnownChildSensitiveDataConsent");
    if said.fields.iter().any(|(name, all)| is_child(name) && all.iter().any(|one| *one > 0)) {
        codes.push("gpp_known_child");
    }
    let further = ["PersonalDataConsents", "AdditionalDataProcessingConsent"];
    if further.iter().any(|name| value(said, name).is_some_and(|answer| answer > 0)) {
        codes.push("gpp_secondary_use");
    }
    if value(said, "MspaServiceProviderMode") == Some(1) || value(said, "MspaMode") == Some(2) {
        codes.push("gpp_service_provider_mode");
    }
    let contradicts = |opt_out: &str| {
        let notice = value(said, &format!("{opt_out}Notice"));
        matches!((notice, value(said, opt_out)), (Some(0), Some(2)) | (Some(1), Some(0)))
    };
    if ["SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"].into_iter().any(contradicts) {
        codes.push("gpp_contradiction");
    }
    codes
}

/// Whether the person agreed to the exact place.
///
/// By the specification of each section: most ask for consent; California, Utah and Iowa let the person opt out, which
/// counts once the notice was given; Colorado and Maryland do not name the place.
pub(super) fn agrees_to_the_place(said: &UsFacts) -> bool {
    let (place, notice) = match said.section {
        10 | 24 => return false,
        8 => (3, Some("SensitiveDataLimitUseNotice")),
        11 => (8, Some("SensitiveDataProcessingOptOutNotice")),
        18 => (8, Some("SensitiveDataOptOutNotice")),
        15 => (11, None),
        _ => (8, None),
    };
    let noticed = notice.is_none_or(|name| value(said, name) == Some(1));
    noticed && entries(said, "SensitiveDataProcessing").get(place - 1) == Some(&2)
}
