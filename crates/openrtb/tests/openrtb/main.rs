//! Reading real requests, writing under permits, and what does not compile.
#![recursion_limit = "256"]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod compile_fail;
mod macros;
mod no_leak;
mod numbers;
mod permits;
mod reading;
mod rules;
mod samples;
mod writing;
