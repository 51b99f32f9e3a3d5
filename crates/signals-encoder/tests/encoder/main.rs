//! The examples of the specifications, and random strings that other people's libraries read.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod asked;
mod canada;
mod dice;
mod differences;
mod gpp;
mod specification;
mod tcf;
mod us;
