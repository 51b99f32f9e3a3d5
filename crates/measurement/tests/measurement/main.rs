//! Exposures in, and exposures out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod attempts;
mod delivery;
mod explain;
mod intake;
mod journal;
mod outcomes;
mod world;
