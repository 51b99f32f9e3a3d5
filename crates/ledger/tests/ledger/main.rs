//! What the ledger promises, as its callers see it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

mod compile_fail;
mod contract;
mod log;
mod log_damage;
mod looking;
mod person;
mod proof;
mod record;
mod recount;
mod reserve;
