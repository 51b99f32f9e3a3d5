//! The European consent string, TCF version 2.

use crate::{
    bits::{Bits, Padding},
    publisher::{Publisher, Restriction, Segment, write_restrictions},
    vendors::{Coding, Grouping, ListOrder, Vendors, write_list, write_range},
};
use std::collections::BTreeSet;

/// What a TC string says ("Consent string and vendor list formats v2", IAB Tech Lab).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcString {
    /// Version of the format, 6 bits.
    pub version: u8,
    /// Tenths of a second since 1970, 36 bits.
    pub created: u64,
    /// Tenths of a second since 1970, 36 bits.
    pub last_updated: u64,
    /// The consent management platform, 12 bits.
    pub cmp_id: u16,
    /// 12 bits.
    pub cmp_version: u16,
    /// 6 bits.
    pub consent_screen: u8,
    /// Two capital letters.
    pub consent_language: [u8; 2],
    /// 12 bits.
    pub vendor_list_version: u16,
    /// 6 bits.
    pub policy_version: u8,
    /// Whether it speaks of one service; a string that does not is invalid since 2021.
    pub service_specific: bool,
    /// Whether the platform showed texts of its own.
    pub non_standard_texts: bool,
    /// Special features opted in to, 1 to 12.
    pub special_feature_opt_ins: BTreeSet<u8>,
    /// Purposes consented to, 1 to 24.
    pub purposes_consent: BTreeSet<u8>,
    /// Purposes with legitimate interest established and not objected to, 1 to 24.
    pub purposes_legitimate_interest: BTreeSet<u8>,
    /// Whether purpose 1 was not disclosed at all.
    pub purpose_one_treatment: bool,
    /// Two capital letters.
    pub publisher_country: [u8; 2],
    /// Vendors consented to.
    pub vendors_consent: Vendors,
    /// Vendors with legitimate interest established and not objected to.
    pub vendors_legitimate_interest: Vendors,
    /// What the publisher overrides, at most 4095 entries.
    pub restrictions: Vec<Restriction>,
    /// Vendors disclosed to the person; version 2.3 has them always.
    pub disclosed: Option<Vendors>,
    /// Vendors allowed by the publisher.
    pub allowed: Option<Vendors>,
    /// The publisher's own purposes.
    pub publisher: Option<Publisher>,
    /// In which order the segments that are there follow the core. One that is named twice is written
    /// twice, one that is not named is not written.
    pub order: [Segment; 3],
    /// How each segment is filled up.
    pub padding: Padding,
}

impl TcString {
    /// Returns a valid string of version 2.3 that permits nothing: policy version 5, one service,
    /// language `EN`, publisher in `DE`, no vendor disclosed. Each segment is filled up with zeros to
    /// a multiple of 8 bits, then of 6.
    #[must_use]
    pub const fn new(created_deciseconds: u64) -> Self {
        Self {
            version: 2,
            created: created_deciseconds,
            last_updated: created_deciseconds,
            cmp_id: 10,
            cmp_version: 1,
            consent_screen: 1,
            consent_language: *b"EN",
            vendor_list_version: 100,
            policy_version: 5,
            service_specific: true,
            non_standard_texts: false,
            special_feature_opt_ins: BTreeSet::new(),
            purposes_consent: BTreeSet::new(),
            purposes_legitimate_interest: BTreeSet::new(),
            purpose_one_treatment: false,
            publisher_country: *b"DE",
            vendors_consent: Vendors::none(),
            vendors_legitimate_interest: Vendors::none(),
            restrictions: Vec::new(),
            disclosed: Some(Vendors::none()),
            allowed: None,
            publisher: None,
            order: Segment::ORDER,
            padding: Padding::Octets,
        }
    }

    /// Returns the string of a person who agreed to purposes 1 to 11 and both special features for these vendors,
    /// who were all shown to the person.
    #[must_use]
    pub fn agreeing(created_deciseconds: u64, vendors: &[u16]) -> Self {
        let vendors = Vendors::of(vendors.iter().copied());
        Self {
            special_feature_opt_ins: [1, 2].into(),
            purposes_consent: (1..=11).collect(),
            purposes_legitimate_interest: [2, 7, 8, 9, 10, 11].into(),
            vendors_consent: vendors.clone(),
            vendors_legitimate_interest: vendors.clone(),
            disclosed: Some(vendors),
            ..Self::new(created_deciseconds)
        }
    }

    /// Returns the string: the core, then the other segments, between dots.
    #[must_use]
    pub fn encode(&self) -> String {
        let segments = self.order.iter().filter_map(|segment| match segment {
            Segment::Disclosed => self.disclosed.as_ref().map(|list| listed(*segment, list)),
            Segment::Allowed => self.allowed.as_ref().map(|list| listed(*segment, list)),
            Segment::Publisher => self.publisher.as_ref().map(Publisher::bits),
        });
        let texts: Vec<String> = std::iter::once(self.core())
            .chain(segments)
            .map(|bits| bits.text(self.padding))
            .collect();
        texts.join(".")
    }

    fn core(&self) -> Bits {
        let mut bits = Bits::default();
        bits.int(self.version, 6);
        bits.int(self.created, 36);
        bits.int(self.last_updated, 36);
        bits.int(self.cmp_id, 12);
        bits.int(self.cmp_version, 12);
        bits.int(self.consent_screen, 6);
        bits.letters(self.consent_language);
        bits.int(self.vendor_list_version, 12);
        bits.int(self.policy_version, 6);
        bits.flag(self.service_specific);
        bits.flag(self.non_standard_texts);
        bits.ids(&self.special_feature_opt_ins, 12);
        bits.ids(&self.purposes_consent, 24);
        bits.ids(&self.purposes_legitimate_interest, 24);
        bits.flag(self.purpose_one_treatment);
        bits.letters(self.publisher_country);
        write_list(&mut bits, &self.vendors_consent, LISTS);
        write_list(&mut bits, &self.vendors_legitimate_interest, LISTS);
        write_restrictions(&mut bits, &self.restrictions, |bits, vendors| {
            write_range(bits, vendors, Coding::Fixed, Grouping::Groups);
        });
        bits
    }
}

fn listed(segment: Segment, vendors: &Vendors) -> Bits {
    let mut bits = segment.begin();
    write_list(&mut bits, vendors, LISTS);
    bits
}

const LISTS: ListOrder = ListOrder::LastFirst(Coding::Fixed);
