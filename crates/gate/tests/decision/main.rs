//! The decision, through the public face of the crate.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod consent;
mod laws;
mod lists;
mod rules;
mod world;
