//! The register: all partnerships in force, the advertisers, and the platform's own inventory.
//!
//! People review TOML files; [`Register::read`] checks them strictly and reports every problem at
//! once. [`Edition::publish`] makes a register an immutable, numbered, dated edition whose hash is the
//! SHA-256 of its canonical JSON text. Page, JSON and enforcement read the same edition, and every
//! disclosure names its hash.
//!
//! This crate reads no file and no clock, and knows no secret: partners' keys are configuration.

mod advertiser;
mod audience;
mod bidding;
mod canonical;
pub mod conformance;
mod current;
mod day;
mod diff;
mod edition;
mod feedback;
pub mod feedback_conformance;
mod flatten;
mod inventory;
pub mod limits;
pub mod memory;
mod memory_feedback;
mod partnership;
mod problem;
mod public;
mod read;
mod rebase;
mod recalling;
mod store;
mod supply_chain;
mod texts;

pub use advertiser::{AdvertisedApp, Advertiser, Campaign};
pub use audience::{Audience, is_list_segment};
pub use bidding::{AdChannel, AdFormat, Bidding, Deal, DealTerms, Size, SizeError};
pub use canonical::CanonicalError;
pub use current::Current;
pub use day::{Day, DayError};
pub use diff::{Change, Diff, FieldChange, ScopeNote};
pub use edition::{Edition, PublishError, Retired};
pub use feedback::{
    Feedback, FeedbackError, Opinion, OpinionCounts, REMARKS_MAX, Remark, RemarkText, Verdict,
};
pub use inventory::{App, Inventory, Placement, Publisher, Screen, Site};
pub use memory_feedback::MemoryFeedback;
pub use partnership::{
    Compression, DeviceIdForm, Endpoint, LinkingAttestation, Partner, Partnership, Role, TcfVendor,
};
pub use problem::Problem;
pub use public::{PublicAudience, PublicEdition, PublicGroup, PublicLinking, PublicPartnership};
pub use read::{Register, VENDOR_LIST};
pub use rebase::rebase;
pub use recalling::{Acknowledge, Recalling};
pub use store::{EditionStore, EditionStoreError, EditionSummary};
pub use supply_chain::{Seller, Sellers};
pub use texts::Texts;
