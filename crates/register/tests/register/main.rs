//! Reading, publishing, comparing and showing registers, on the sample of the demo and on wrong files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail loudly, and so may its helpers"
)]

mod audiences;
mod diff;
mod edition;
mod problems;
mod public;
mod sample;
