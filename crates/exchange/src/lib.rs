//! Real-time bidding: one auction from the request to the answer.
//!
//! For each bidding partnership of the current edition the gate decides anew; what it grants is
//! projected and sealed, reserved in the ledger, and sent through the door, all partners at once and
//! within one time limit. Answers are hostile input. The auction is held in whole micros, and the
//! platform is answered only once every disclosure is durable.
//!
//! An ad that was shown is reported once; the partner's bill for it is durable before the report is answered,
//! and is sent until the partner has it.
//!
//! What never happens here: a partner waits for another, a bid passes unchecked, an id that the
//! platform chose reaches a partner, or something is sent that a permit has not sealed.

mod admission;
mod apart;
mod ask;
mod award;
mod bill_run;
mod bill_schedule;
mod biller;
mod bills;
pub mod buyers;
mod call;
mod check;
mod clearing;
pub mod conformance;
mod counters;
mod creative;
mod elsewhere;
mod exchange;
mod explain;
mod groups;
mod heard;
mod identifiers;
mod losses;
mod lot;
mod memory;
mod network;
mod notices;
mod occasion;
mod options;
mod own;
mod pod;
mod rates;
mod rendered;
mod reply;
mod seal;
mod settle;
mod shelf;
mod status;
mod token;
mod transport;
mod won;
mod wording;
mod written_otherwise;

pub use admission::{Asker, Overload, Place};
pub use bill_schedule::BillSchedule;
pub use biller::{Biller, Billers, Pause};
pub use bills::{
    Bill, BillCounts, BillId, Bills, BillsError, DeadBill, DeadReason, NewBill, Put, Report,
    Settled, Trim,
};
pub use buyers::{BUYERS_MAX, Buyer, Buyers, BuyersError, MemoryBuyers, Sightings};
pub use call::{AuctionCall, AuctionError, Auctioned, Incoming, SeatReport, Speaker, Wanted};
pub use counters::{ExchangeCounters, ExchangeFigures};
pub use exchange::{Exchange, ExchangeParts};
pub use explain::{Explanation, Verdict};
pub use memory::MemoryBills;
pub use options::ExchangeOptions;
pub use own::{Usable, UsableActivity, UsableList};
pub use rates::{RateBoard, Rates, RatesError};
pub use rendered::{Billing, Rendered, RenderedError};
pub use status::SeatStatus;
pub use token::TokenError;
pub use won::WonError;
