//! `OpenRTB` 2.6 on the wire: bounded reading, and writing whose setters take grants.
//!
//! What comes in is checked as bytes ([`json`]), then read into our own types ([`request`],
//! [`response`]); keys nobody listed are never read. What goes out is built field by field into
//! closed types ([`mod@write`]) that only serialize; a field about a person or a device can be set only
//! with the grant of its category. Nothing here does input or output, and nothing is copied from
//! what came in to what goes out except values with a grammar and a bound.

pub mod answer;
mod document;
mod domain;
pub mod dsa;
mod fields;
mod grammar;
pub mod json;
mod kept;
pub mod macros;
pub mod money;
mod numbers;
mod plain;
pub mod request;
pub mod response;
pub mod write;
mod written;
