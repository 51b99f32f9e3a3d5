//! What left: to whom, about whom, which values, when and under which edition.
//!
//! Nothing goes out before the ledger has it. [`Ledger::record`] makes the disclosure durable and
//! only then returns [`Cleared`]; [`Ledger::reserve`] does so under a durable window of at most
//! 50 ms, while the record itself is on its way to the disk. [`Cleared`] is what a [`Door`] sends, and
//! only this crate makes it.
//!
//! What was told of somebody can be called back: [`Ledger::recall`] clears messages that name disclosures, and
//! only those that are on record.
//!
//! Values told are kept once per subject, partnership, UTC day and set of values, encrypted under a
//! key of the subject's own. A set that was told before, as a bounded memory of the sets told lately knows, is
//! neither written nor encrypted again; it is only counted. What is kept names that key, never the person; erasing a person
//! deletes the key, and what stays is nobody's. Ids of people are never stored, only the gateway's keyed hashes of them.

mod cleared;
pub mod conformance;
mod counters;
mod csv;
mod door;
mod encode;
mod halves;
mod hashed;
mod hurry;
mod incident;
mod keys;
mod ledger;
pub mod log;
mod marks;
pub mod memory;
mod outline;
pub mod pack;
mod page;
mod person;
mod recall;
mod recent;
mod recount;
mod rows;
mod sets;
mod slips;
mod standing;
mod store;
mod values;
mod windows;
pub mod wire;
mod writer;

pub use cleared::Cleared;
pub use csv::csv;
pub use door::{Answer, Door, Found, Held, Patience, SendError};
pub use halves::in_halves;
pub use incident::{
    Incident, IncidentKind, IncidentScope, IncidentStore, KindTally, People, UnreadOutlines,
};
pub use ledger::{
    CloseError, EraseError, Figures, Ledger, NumberedNotes, NumberedPack, Pending, ReadError,
    RecordError, WithheldNote,
};
pub use outline::{Fields, Kind, OutlineRow, PROGRAM, Someone};
pub use page::{PageQuery, PersonPage, SetView, ToldPage};
pub use person::{DisclosureView, ExportRow, PersonView, WithheldView, ndjson};
pub use recall::{
    Deletion, Disclosed, IdentifierKind, Looked, Missed, OnRecord, Recall, RecallError, RecallKind,
    ToldIdentifier, Vouched, Wanted,
};
pub use recount::{Difference, Kept, Oddity, OfDay, Recount, Tally};
pub use rows::{
    Day, KeyId, KeyRow, LedgerBatch, Met, MetUntil, NewLeaves, NotedRow, Outcome, OutcomeRow,
    PackRow, PackTimes, ToldRow, TotalRow, Totals, UncertainWindow, WindowRow, WithheldRow,
    WithheldTotal,
};
pub use slips::{Slip, SlipCounts, SlipsRow};
pub use standing::Head;
pub use store::{LedgerStore, LedgerStoreError, ReadTold, SetAside, Unread};
