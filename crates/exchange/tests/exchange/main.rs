//! The exchange from request to answer, with a door that only remembers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod auction;
mod bids;
mod billing;
mod buyers;
mod choosing;
mod currencies;
mod differing;
mod groups;
mod hostile;
mod losses;
mod lots;
mod notices;
mod numbers;
mod pods;
mod support;
