//! The one door. Everything that goes to a partner goes through [`Egress`], and it takes only what
//! the ledger has recorded.
//!
//! What it does for each message: looks up the partnership's endpoint in the current edition, keeps
//! the partnership's limits (time, concurrency, rate, breaker, size), connects only to addresses that
//! the guard has checked, and asks once more, when the first byte of the body is about to go, whether
//! the message is still in force.
//!
//! An answer to a partner's own call goes the same way: [`Egress::answer`] gives out a body that asks once
//! more before its first byte.
//!
//! [`Fetcher`] asks the platform's own identity provider, which is no partner, and tells it nothing that the
//! ledger would record.
//!
//! What it never does: follow a redirect, send a message twice, tell a partner about the person's
//! browser or address in a header, or put a value it sends into an error.

mod address;
mod answer;
mod bell;
mod body;
mod breaker;
mod client;
mod connector;
mod door;
mod fetch;
mod handshake;
mod health;
mod held;
mod idle;
mod lane;
mod letter;
mod line;
mod listing;
mod names;
mod pace;
mod pack;
mod secrets;
mod signature;
mod target;
mod turn;
mod wire;

pub use address::{AddressPolicy, AddressRefused, Scheme, check};
pub use answer::AnswerBody;
pub use breaker::BreakerState;
pub use client::ClientError;
pub use door::{ANSWERS_BYTES_MAX, Egress, EgressParts};
pub use fetch::{FetchError, Fetched, Fetcher};
pub use handshake::Consent;
pub use health::{BreakerCounts, Health};
pub use names::{Resolver, SystemResolver};
pub use secrets::{IssuedKeys, PartnerSecrets, SecretError, Signers, SigningPair, WebhookSecret};
