//! Conversion tracking: exposures in, a durable journal, and deliveries to measurement partners.
//!
//! [`Intake`] reads exposures from the platform, refuses what does not fit the schema with the name
//! of the field, and answers once the rest is durable in the [`Journal`]. [`Deliveries`] has one
//! cursor per partnership over that journal: nothing is copied per partner, and one that is down only
//! lags. Every exposure is judged for the time it happened and for the moment of each attempt, and ends
//! in exactly one of delivered, withheld, unconfirmed, held and dead.
//!
//! [`lookup`] is the other way round: a partner reports a conversion and is told the touch behind it,
//! if there is one that may be told, chosen by [`attribute()`].
//!
//! Never done here: telling an account, an address or a user agent; keeping an account id in any
//! form but a keyed hash; writing personal data to the journal in the clear; sleeping or reading a
//! clock.

pub mod apple;
mod attempt;
mod attribution;
pub mod conformance;
pub mod cost;
mod deliveries;
mod delivery;
mod erasing;
pub mod erasure;
mod explain;
mod exposure;
mod fields;
mod gather;
mod greet;
mod intake;
mod items;
mod journal;
mod judge;
mod keys;
mod lane;
pub mod lookup;
mod memory;
mod parts;
mod plan;
mod read;
mod reader;
mod record;
pub mod report;
mod requests;
mod schedule;
mod signing;
mod step;
mod tree;
mod withhold;

pub use attribution::{
    Attributed, Candidate, ConversionType, Converted, Event, OtherTouch, RejectReason, Rejected,
    Windows, Winner, attribute,
};
pub use deliveries::{Counters, Deliveries, RequestError};
pub use delivery::Delivery;
pub use erasing::{Begun, Erasing};
pub use explain::{ExplainError, Explanation, Verdict};
pub use exposure::{AdFormat, IfaType, Interaction, Touch};
pub use fields::FieldError;
pub use greet::Greeter;
pub use intake::{
    BODY, Format, ITEMS_MAX, Intake, IntakeError, ItemResult, ItemStatus, REPEATS_KNOWN_FOR,
};
pub use journal::{
    Appended, Batch, DeadLetter, DeadReason, Fingerprint, Journal, JournalError, Known, Letters,
    NewPack, Pack, Position, Progress, Reached, Tally, Trim,
};
pub use keys::{Keys, PartnerKeys, SealError};
pub use lane::{
    Again, EndpointCheck, EndpointSaid, Holding, Lane, Run, Source, Unnoted, WithheldRun,
};
pub use lookup::PeopleOff;
pub use memory::MemoryJournal;
pub use parts::{DeliveryOptions, DeliveryParts};
pub use record::{Consent, DeviceIds, ExposureRecord, Exposures, Sighting, Ticket};
pub use requests::LETTERS_MAX;
pub use schedule::Schedule;
pub use signing::{KeyStore, LiveKey, RotateError, Scheme, Signing, SigningKey, check_key_store};
pub use step::{Held, Step, StepError};
