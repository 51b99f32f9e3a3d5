//! Exposures in, and exposures out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod apple;
mod attempts;
mod attribution;
mod complete;
mod costs;
mod counted_once;
mod days_since;
mod delivery;
mod editions;
mod endpoint;
mod erasure;
mod explain;
mod in_app;
mod intake;
mod journal;
mod lookup;
mod off_means_off;
mod outcomes;
mod replay;
mod report;
mod rotation;
mod side_by_side;
mod signing;
mod stopped;
mod world;
