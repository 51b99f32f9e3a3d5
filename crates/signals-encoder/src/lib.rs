//! Writes the consent strings that `sluicegate-signals` reads: for tests, fuzz corpora and the
//! demonstration.
//!
//! Never for real people: only a registered consent management platform may create them.
//!
//! Written from the specifications alone. It does not use the reader, so that a mistake in one of
//! the two shows in the other; [`peers`] asks the official libraries as a third opinion.
//!
//! Everything here panics, with a message, when a value does not fit the bits that its field has:
//! what calls it is a test or a demonstration, and a string that says something else is worse.

mod bits;
mod gpp;
pub mod peers;
mod publisher;
mod tcf;
mod tcf_canada;
mod us;
mod us_privacy;
mod vendors;

pub use bits::Padding;
pub use gpp::Gpp;
pub use publisher::{Publisher, Restriction, Segment};
pub use tcf::TcString;
pub use tcf_canada::{TcfCanada, VendorLayout};
pub use us::{SectionHeader, UsField, UsSection, UsSpecification};
pub use us_privacy::{UsPrivacy, UsPrivacyAnswer};
pub use vendors::{Grouping, VendorForm, Vendors};
