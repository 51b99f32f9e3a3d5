//! What the European and the Canadian strings have in common besides vendors.

use crate::bits::Bits;
use std::collections::BTreeSet;

/// What the publisher overrides for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// The purpose, 6 bits.
    pub purpose: u8,
    /// 0 not allowed, 1 needs (express) consent, 2 needs legitimate interest (implied consent), 3
    /// undefined.
    pub kind: u8,
    /// The vendors it is about. Where the format has a choice, they are written in the shortest form.
    pub vendors: BTreeSet<u16>,
}

/// What the publisher may do itself, segment type 3. In Canada read "express consent" for consent and
/// "implied consent" for legitimate interest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publisher {
    /// Purposes consented to, 1 to 24.
    pub purposes_consent: BTreeSet<u8>,
    /// Purposes with legitimate interest established, 1 to 24.
    pub purposes_legitimate_interest: BTreeSet<u8>,
    /// How many purposes of its own the publisher has, up to 63.
    pub custom_purposes: u8,
    /// Those of its own consented to, from 1.
    pub custom_consent: BTreeSet<u8>,
    /// Those of its own with legitimate interest established, from 1.
    pub custom_legitimate_interest: BTreeSet<u8>,
}

/// A part of the string after the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Vendors disclosed to the person, type 1.
    Disclosed,
    /// Vendors allowed by the publisher, type 2. Not in Canada; withdrawn from TCF, still found.
    Allowed,
    /// The publisher's own purposes, type 3.
    Publisher,
}

impl Segment {
    /// The order in which the TCF document names them.
    pub const ORDER: [Self; 3] = [Self::Disclosed, Self::Allowed, Self::Publisher];

    /// Returns a segment's bits with its type written.
    pub(crate) fn begin(self) -> Bits {
        let mut bits = Bits::default();
        bits.int(
            match self {
                Self::Disclosed => 1_u8,
                Self::Allowed => 2,
                Self::Publisher => 3,
            },
            3,
        );
        bits
    }
}

impl Publisher {
    /// Returns the segment's bits.
    pub(crate) fn bits(&self) -> Bits {
        let mut bits = Segment::Publisher.begin();
        bits.ids(&self.purposes_consent, 24);
        bits.ids(&self.purposes_legitimate_interest, 24);
        bits.int(self.custom_purposes, 6);
        bits.ids(&self.custom_consent, self.custom_purposes);
        bits.ids(&self.custom_legitimate_interest, self.custom_purposes);
        bits
    }
}

/// Writes restrictions: 12 bits of how many, then each; `write` writes the vendors of one.
pub(crate) fn write_restrictions(
    bits: &mut Bits,
    restrictions: &[Restriction],
    write: impl Fn(&mut Bits, &BTreeSet<u16>),
) {
    bits.int(u64::try_from(restrictions.len()).unwrap_or(u64::MAX), 12);
    for Restriction { purpose, kind, vendors } in restrictions {
        bits.int(*purpose, 6);
        bits.int(*kind, 2);
        write(bits, vendors);
    }
}
