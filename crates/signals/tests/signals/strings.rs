//! Random valid strings, by the encoder.

use crate::dice::Dice;
use sluicegate_signals_encoder::{
    Gpp, Grouping, Padding, SectionHeader, TcString, TcfCanada, UsField, UsPrivacy,
    UsPrivacyAnswer, UsSection, UsSpecification, VendorLayout, Vendors,
};

/// A moment before vendors had to be disclosed: 1 October 2025, in tenths of a second.
pub(crate) const BEFORE_DISCLOSURE: u64 = 17_592_768_000;
/// The moment from which they have to be: 1 March 2026.
pub(crate) const DISCLOSURE: u64 = 17_723_232_000;

/// Every answer that a US Privacy string can hold.
pub(crate) const ANSWERS: [UsPrivacyAnswer; 3] =
    [UsPrivacyAnswer::Yes, UsPrivacyAnswer::No, UsPrivacyAnswer::NotApplicable];

/// Rolls a TCF string of any content that the format allows, with restrictions of kinds up to `kind_max`.
pub(crate) fn tcf(dice: &mut Dice, kind_max: u8) -> TcString {
    let string = TcString {
        created: dice.up_to((1 << 36) - 1),
        last_updated: dice.up_to((1 << 36) - 1),
        cmp_id: dice.number(4_095),
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
        restrictions: dice.restrictions(kind_max),
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

/// Rolls a Canadian section in a layout.
pub(crate) fn canada(dice: &mut Dice, layout: VendorLayout) -> TcfCanada {
    let vendors = |dice: &mut Dice| Vendors::of(dice.vendor_ids());
    let section = TcfCanada {
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
        restrictions: dice.restrictions(3),
        layout,
        ..TcfCanada::new(0)
    };
    TcfCanada {
        disclosed: dice.coin().then(|| vendors(dice)),
        publisher: dice.coin().then(|| dice.publisher()),
        order: dice.order(),
        padding: dice.padding(),
        ..section
    }
}

/// Rolls a section of the United States, with or without the header that its specification may have.
pub(crate) fn us(dice: &mut Dice, specification: UsSpecification) -> UsSection {
    let mut section = UsSection::new(specification);
    for UsField { name, entries } in specification.fields() {
        section.set(name, &dice.entries(usize::from(*entries)));
    }
    let has_gpc = specification.has_gpc() && dice.coin();
    section.gpc = has_gpc.then(|| dice.coin());
    let has_sensitive = specification.has_sensitive_sub_section() && dice.coin();
    section.sensitive = has_sensitive.then(|| dice.entries(8).try_into().unwrap());
    if dice.coin() {
        section.header = SectionHeader::Omitted;
    }
    section.padding = dice.padding();
    section
}

/// Rolls a US Privacy string that may be made.
pub(crate) fn us_privacy(dice: &mut Dice) -> UsPrivacy {
    if dice.byte(5) == 0 {
        return UsPrivacy::new();
    }
    UsPrivacy {
        notice: dice.one_of(&ANSWERS),
        opt_out_sale: dice.one_of(&[UsPrivacyAnswer::Yes, UsPrivacyAnswer::No]),
        lspa_covered: dice.one_of(&ANSWERS),
        ..UsPrivacy::new()
    }
}

/// Rolls a platform string of sections that nobody knows, in either way of writing the header.
pub(crate) fn opaque(dice: &mut Dice) -> Gpp {
    let grouping = dice.one_of(&[Grouping::Groups, Grouping::Singles]);
    let padding = dice.one_of(&[Padding::Letters, Padding::Octets, Padding::Groups]);
    let mut string = Gpp { grouping, padding, ..Gpp::new() };
    for _ in 0..dice.byte(60) {
        let (low, high) = (1 + dice.number(80), 1 + dice.number(65_534));
        let id = if dice.coin() { low } else { high };
        string = string.with(id, format!("text-of_{id}.x"));
    }
    string
}
