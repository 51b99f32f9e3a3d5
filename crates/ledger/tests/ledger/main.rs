//! What the ledger promises, as its callers see it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod common;

mod compile_fail;
mod contract;
mod log;
mod person;
mod record;
mod reserve;
