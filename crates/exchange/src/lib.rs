//! Real-time bidding: one auction from the request to the answer.
//!
//! For each bidding partnership of the current edition the gate decides anew; what it grants is
//! projected and sealed, reserved in the ledger, and sent through the door, all partners at once and
//! within one time limit. Answers are hostile input. The auction is held in whole micros, and the
//! platform is answered only once every disclosure is durable.
//!
//! What never happens here: a partner waits for another, a bid passes unchecked, an id that the
//! platform chose reaches a partner, or something is sent that a permit has not sealed.

mod ask;
mod call;
mod check;
mod clearing;
mod counters;
mod creative;
mod exchange;
mod explain;
mod identifiers;
mod losses;
mod notices;
mod occasion;
mod options;
mod pairwise;
mod settle;
mod shelf;
mod status;
mod token;
mod used;
mod won;

pub use call::{AuctionCall, AuctionError, Auctioned, Incoming, SeatReport, Speaker, Wanted};
pub use counters::{ExchangeCounters, ExchangeFigures};
pub use exchange::{Billing, Exchange, ExchangeParts, Rendered};
pub use explain::{Explanation, Verdict};
pub use options::ExchangeOptions;
pub use status::SeatStatus;
pub use token::TokenError;
