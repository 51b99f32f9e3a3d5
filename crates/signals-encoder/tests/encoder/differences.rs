//! Where the official libraries leave the specifications. `peers/README.md` says what is specified.

use sluicegate_signals_encoder::{Padding, UsSpecification, VendorLayout};
use std::ops::RangeInclusive;

/// `@iabtcf/core` refuses a string of a platform with a lower number.
pub(crate) const CMP_ID_MIN: u16 = 2;

/// `@iabtcf/core` refuses a string with a restriction of such a purpose and kind.
pub(crate) const RESTRICTIONS_REFUSED: [(u8, u8); 2] = [(0, 0), (2, 3)];

/// `@iabgpp/cmpapi` calls a field otherwise: the specified name, then the library's.
pub(crate) const FIELDS_RENAMED: [(UsSpecification, &str, &str); 1] = [(
    UsSpecification::Tennessee,
    "KnownChildSensitiveDataConsent",
    "KnownChildSensitiveDataConsents",
)];

/// `@iabgpp/cmpapi` tells the version of a section by its length, and takes such a one for another's.
pub(crate) const PADDINGS_MISREAD: [(UsSpecification, Padding); 1] =
    [(UsSpecification::NationalV1, Padding::Groups)];

/// `@iabgpp/cmpapi` does not read lists of vendors in Canada as specified.
pub(crate) const CANADA_UNREAD: [VendorLayout; 1] = [VendorLayout::Specification];

/// `@iabgpp/cmpapi` takes a restriction of such vendors, written as it wrote them before 3.2, for one
/// of others.
pub(crate) const LEGACY_MISREAD: (RangeInclusive<u16>, [u16; 3]) = (3..=20, [11, 12, 24]);

/// `@iabgpp/cmpapi` takes the section header of these for their core.
pub(crate) const SECTION_HEADERS_UNREAD: [UsSpecification; 4] = [
    UsSpecification::Maryland,
    UsSpecification::Indiana,
    UsSpecification::Kentucky,
    UsSpecification::RhodeIsland,
];
