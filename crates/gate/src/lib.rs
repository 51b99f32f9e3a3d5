//! The decision: who may be told what, and the permit without which nothing leaves.
//!
//! [`decide()`] answers for one subject, one partnership and one moment. It is pure, synchronous and
//! total: it reads no clock, rolls no dice and does no input or output. Its answer is a [`Permit`]
//! with one [`Grant`] per category, or [`Withheld`] with every reason.
//!
//! A permit is consumed by [`Permit::seal`], which hands the grants to the code that builds the
//! outgoing object. Each seal has a brand of its own, so a grant cannot outlive it or open another.
//! What comes out is [`Sealed`]: the only thing the ledger records, and what is recorded is the only
//! thing the door sends.

mod activity;
mod advertising_id;
mod category;
mod country;
mod decide;
mod demographics;
mod detail;
mod ids;
mod jurisdiction;
mod own;
mod partnership;
mod permit;
mod personal;
mod provenance;
mod reason;
mod rules;
mod seal;
mod segment;
mod subject;
pub mod time;
mod told;

pub use activity::Activity;
pub use advertising_id::canonical_advertising_id;
pub use category::{Categories, Category};
pub use country::{Country, CountryError};
pub use decide::{
    AdvertiserLink, Contextual, Decision, Identifier, Opportunity, Question, Surface, Withheld,
    decide,
};
pub use demographics::{AgeBand, Demographics, Gender, Source, Sourced};
pub use detail::{Detail, Framework, SignalName, TcfUse};
pub use ids::{AdvertiserId, AudienceId, DisclosureId, EditionHash, IdError, PartnershipId};
pub use jurisdiction::Jurisdiction;
pub use own::{OwnUse, decide_own_use};
pub use partnership::{Kind, TcfParty, Terms, Via, WhenWithheld};
pub use permit::{Grant, Grants, Permit, Preview, Stamp, mark};
pub use personal::{Personal, Secret};
pub use provenance::ForSecurity;
pub use reason::{Loss, Reason};
pub use seal::{
    Body, EncodeError, Envelope, Family, Item, JoinError, NoPerson, Path, Sealed, SealedPlain,
    seal_no_person,
};
pub use segment::{Membership, SEGMENTS_MAX, Segment, Segments};
pub use subject::{
    Choice, KeyKind, KeyStamp, Revision, Setting, Standing, SubjectKey, SubjectState, ViewState,
};
pub use told::{Told, ToldList};
