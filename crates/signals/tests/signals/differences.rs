//! Where the official libraries leave the specifications, and where they read what we refuse. The comparison leaves
//! out exactly this; `crates/signals-encoder/peers/README.md` has the sentences, and the encoder's tests show that
//! each is still so.

use sluicegate_signals_encoder::{Padding, UsSpecification, VendorLayout};

/// `@iabtcf/core` refuses a string of a platform with a lower number. TCF, `CmpId`, 12 bits: "A unique ID will be
/// assigned to each Consent Management Platform."
pub(crate) const CMP_ID_MIN: u16 = 2;

/// `@iabtcf/core` refuses a string with a restriction of a higher kind. TCF, `RestrictionType`: "3 UNDEFINED (not
/// used)".
pub(crate) const RESTRICTION_KIND_MAX: u8 = 2;

/// `@iabgpp/cmpapi` tells the version by the length and takes such a section for one of version 2. National:
/// "Version: The version of this section specification used to encode the string."
pub(crate) const PADDING_MISREAD: (UsSpecification, Padding) =
    (UsSpecification::NationalV1, Padding::Groups);

/// `@iabgpp/cmpapi` does not read this layout, which is the specified one: "If the first data type is 1/true, the
/// second data type is a Fibonacci Range. If the first data type is 0/false, the second data type is a Variable
/// length bitfield."
pub(crate) const CANADA_UNREAD: VendorLayout = VendorLayout::Specification;

/// Ranges of vendors below this, in the layout that `@iabgpp/cmpapi` had before 3.2, it takes for Fibonacci codes.
pub(crate) const LEGACY_VENDOR_MIN: u16 = 0xf000;
