//! Exposures in, and exposures out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod attempts;
mod delivery;
mod editions;
mod endpoint;
mod explain;
mod intake;
mod journal;
mod off_means_off;
mod outcomes;
mod replay;
mod side_by_side;
mod signing;
mod world;
