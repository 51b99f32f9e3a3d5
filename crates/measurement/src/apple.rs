//! Install postbacks that Apple's devices send to an ad network, signed by Apple: `SKAdNetwork` 2.1 to 4.0
//! and `AdAttributionKit`. They name no person and no device.
//!
//! Conversion values, interaction types and countries are outside Apple's signature, so they are not
//! read. Versions up to 2.0 are signed on a curve that is not secure, and are refused.

mod adattributionkit;
mod counting;
mod keys;
mod skadnetwork;

pub use counting::{CountError, Counted, Postbacks, PostbacksParts};

use serde_json::Value;
use sluicegate_openrtb::json::{self, Limits};

/// Size of a postback at most: 16 KiB, 4 levels deep.
pub const POSTBACK: Limits = Limits { bytes: 16 * 1024, depth: 4 };

/// A postback whose signature is Apple's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postback {
    /// How Apple signed.
    pub signer: Signer,
    /// The ad network it is for.
    pub ad_network: String,
    /// The number of the installed app in the store.
    pub app: u64,
    /// What the ad network calls the campaign: 2 to 4 digits, or the campaign of older versions.
    pub source: String,
    /// By which a postback is counted once.
    pub id: String,
    /// What the device says.
    pub says: Says,
    /// Which of up to three postbacks of one conversion it is, from 0.
    pub sequence: u64,
}

/// Which of Apple's keys signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// A device of a person.
    Production,
    /// A device under development: anybody can make such postbacks.
    Development,
}

/// What became of the ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It is credited with an install.
    Installed,
    /// It is credited with an install after an earlier one.
    InstalledAgain,
    /// It is credited with a return to the app.
    ReEngaged,
    /// Another ad is credited.
    Assisted,
}

/// A body is no postback, or not from Apple. Nothing was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostbackError {
    /// It is not acceptable JSON, or no object.
    #[error("the body is not acceptable JSON")]
    Json,
    /// A field is missing, or not as it must be.
    #[error("missing, or not as it must be")]
    Field(&'static str),
    /// A version that does not exist yet, or is signed on a curve that is not secure.
    #[error("none of 2.1, 2.2, 3.0 and 4.0")]
    Version,
    /// The signature is made by a key that Apple does not name.
    #[error("the signature names a key that is not known")]
    UnknownKey,
    /// The signature is not Apple's.
    #[error("the signature is not Apple's")]
    Signature,
}

impl PostbackError {
    /// Returns the field that is to blame, `$` being the body.
    pub fn field(self) -> &'static str {
        match self {
            Self::Json => "$",
            Self::Field(field) => field,
            Self::Version => "version",
            Self::UnknownKey | Self::Signature => "attribution-signature",
        }
    }
}

/// Reads a postback of either framework and checks Apple's signature over it.
pub fn read(body: &[u8]) -> Result<Postback, PostbackError> {
    json::check(body, &POSTBACK).map_err(|_error| PostbackError::Json)?;
    let value: Value = serde_json::from_slice(body).map_err(|_number| PostbackError::Json)?;
    let object = value.as_object().ok_or(PostbackError::Json)?;
    match object.get("jws-string").and_then(Value::as_str) {
        Some(jws) => adattributionkit::read(jws, keys::all()),
        None => skadnetwork::read(object, keys::all()),
    }
}

type Fields = serde_json::Map<String, Value>;

fn text<'v>(fields: &'v Fields, name: &'static str) -> Result<&'v str, PostbackError> {
    let text = fields.get(name).and_then(Value::as_str).ok_or(PostbackError::Field(name))?;
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(text) } else { Err(PostbackError::Field(name)) }
}

fn number(fields: &Fields, name: &'static str) -> Result<u64, PostbackError> {
    fields.get(name).and_then(Value::as_u64).ok_or(PostbackError::Field(name))
}

fn flag(fields: &Fields, name: &'static str) -> Result<bool, PostbackError> {
    fields.get(name).and_then(Value::as_bool).ok_or(PostbackError::Field(name))
}
