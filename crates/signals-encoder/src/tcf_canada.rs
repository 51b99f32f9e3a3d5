//! The Canadian consent string, TCF Canada version 1: section 5 of GPP.

use crate::{
    bits::{Bits, Padding},
    publisher::{Publisher, Restriction, Segment, write_restrictions},
    vendors::{Coding, Grouping, ListOrder, Vendors, write_list, write_range},
};
use std::collections::BTreeSet;

/// What a TCF Canada section says ("IAB Canada TCF Technical Specification").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcfCanada {
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
    /// Whether the platform showed stacks of its own.
    pub non_standard_stacks: bool,
    /// Special features expressly consented to, 1 to 12.
    pub special_feature_express_consent: BTreeSet<u8>,
    /// Purposes expressly consented to, 1 to 24.
    pub purposes_express_consent: BTreeSet<u8>,
    /// Purposes with implied consent and no objection, 1 to 24.
    pub purposes_implied_consent: BTreeSet<u8>,
    /// Vendors expressly consented to.
    pub vendors_express_consent: Vendors,
    /// Vendors with implied consent and no objection.
    pub vendors_implied_consent: Vendors,
    /// What the publisher overrides, at most 4095 entries.
    pub restrictions: Vec<Restriction>,
    /// Vendors disclosed to the person.
    pub disclosed: Option<Vendors>,
    /// The publisher's own purposes.
    pub publisher: Option<Publisher>,
    /// In which order the sub-sections that are there follow the core. One that is named twice is
    /// written twice; there is none for [`Segment::Allowed`].
    pub order: [Segment; 3],
    /// How lists of vendors are written.
    pub layout: VendorLayout,
    /// How each sub-section is filled up.
    pub padding: Padding,
}

/// How a TCF Canada section writes lists of vendors. Strings of all three are in circulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VendorLayout {
    /// As specified, "`OptimizedRange`": whether a range follows; then a Fibonacci range, or 16 bits of
    /// length and a bit field.
    Specification,
    /// As the official JavaScript library writes from 3.2: the last vendor in 16 bits, whether a
    /// range follows; then a Fibonacci range or a bit field.
    Library,
    /// As that library wrote before, and as TCF: like `Library`, with 16 bits for each number of a
    /// range. Restrictions hold a range always.
    Legacy,
}

impl TcfCanada {
    /// Returns a valid string of version 1 that permits nothing: language `EN`, lists of vendors as
    /// specified, no other sub-section. Each sub-section is filled up with zeros to a multiple of 6
    /// bits, as GPP says; the library fills up as [`Padding::Octets`] does.
    #[must_use]
    pub const fn new(created_deciseconds: u64) -> Self {
        Self {
            version: 1,
            created: created_deciseconds,
            last_updated: created_deciseconds,
            cmp_id: 10,
            cmp_version: 1,
            consent_screen: 1,
            consent_language: *b"EN",
            vendor_list_version: 100,
            policy_version: 2,
            non_standard_stacks: false,
            special_feature_express_consent: BTreeSet::new(),
            purposes_express_consent: BTreeSet::new(),
            purposes_implied_consent: BTreeSet::new(),
            vendors_express_consent: Vendors::none(),
            vendors_implied_consent: Vendors::none(),
            restrictions: Vec::new(),
            disclosed: None,
            publisher: None,
            order: Segment::ORDER,
            layout: VendorLayout::Specification,
            padding: Padding::Letters,
        }
    }

    /// Returns the section: the core, then the other sub-sections, between dots.
    #[must_use]
    pub fn encode(&self) -> String {
        let others = self.order.iter().filter_map(|segment| match segment {
            Segment::Disclosed => self.disclosed.as_ref().map(|vendors| {
                let mut bits = segment.begin();
                write_list(&mut bits, vendors, self.layout.lists());
                bits
            }),
            Segment::Allowed => None,
            Segment::Publisher => self.publisher.as_ref().map(Publisher::bits),
        });
        let texts: Vec<String> = std::iter::once(self.core())
            .chain(others)
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
        bits.flag(self.non_standard_stacks);
        bits.ids(&self.special_feature_express_consent, 12);
        bits.ids(&self.purposes_express_consent, 24);
        bits.ids(&self.purposes_implied_consent, 24);
        write_list(&mut bits, &self.vendors_express_consent, self.layout.lists());
        write_list(&mut bits, &self.vendors_implied_consent, self.layout.lists());
        write_restrictions(&mut bits, &self.restrictions, |bits, vendors| match self.layout {
            VendorLayout::Specification | VendorLayout::Library => {
                write_list(bits, &Vendors::of(vendors.iter().copied()), self.layout.lists());
            }
            VendorLayout::Legacy => write_range(bits, vendors, Coding::Fixed, Grouping::Groups),
        });
        bits
    }
}

impl VendorLayout {
    const fn lists(self) -> ListOrder {
        match self {
            Self::Specification => ListOrder::FlagFirst,
            Self::Library => ListOrder::LastFirst(Coding::Fibonacci),
            Self::Legacy => ListOrder::LastFirst(Coding::Fixed),
        }
    }
}
