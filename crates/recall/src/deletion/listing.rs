//! `dsrdelete.json`: where a company takes requests, under which identifiers, and its public keys. A script
//! that it may ask to run is never run, and a company that insists on one takes no requests from us.

use super::{Signer, Subject, TokenError};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_ledger::IdentifierKind;
use std::fmt;

/// Keys of a listing that are read at most.
const KEYS_MAX: usize = 16;
/// Identifiers of a listing that are read at most.
const IDENTIFIERS_MAX: usize = 64;

/// What a company publishes.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Where requests go.
    pub endpoint: String,
    /// What can be deleted there.
    pub supported: Vec<Supported>,
    pub(super) keys: PublicKeys,
}

/// One identifier that a company can find data by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Supported {
    /// What it is.
    pub r#type: String,
    /// How it is written.
    pub format: String,
}

/// A listing cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// It is not of that shape.
    #[error("not a `dsrdelete.json`")]
    Shape,
    /// It takes requests only through a script.
    #[error("it takes requests only through a script, which is never run")]
    Script,
    /// It has no key that is accepted.
    #[error("it has no key for ES256 or RS256")]
    NoKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    endpoint: String,
    identifiers: Vec<Supported>,
    public_key: Vec<Value>,
    vendor_script_requirement: bool,
}

impl Listing {
    /// Reads a listing.
    pub fn read(body: &[u8]) -> Result<Self, ListingError> {
        let text: Text = serde_json::from_slice(body).map_err(|_shape| ListingError::Shape)?;
        if text.vendor_script_requirement {
            return Err(ListingError::Script);
        }
        let keys = PublicKeys::read(&text.public_key);
        if keys.0.is_empty() {
            return Err(ListingError::NoKey);
        }
        let supported = text.identifiers.into_iter().take(IDENTIFIERS_MAX).collect();
        Ok(Self { endpoint: text.endpoint, supported, keys })
    }

    /// Writes our own.
    pub fn of(signer: &Signer, endpoint: &str) -> Value {
        let identifiers: Vec<Value> = OURS
            .iter()
            .zip(1..)
            .map(|((kind, format), id)| json!({ "id": id, "type": kind, "format": format }))
            .collect();
        json!({
            "endpoint": endpoint,
            "identifiers": identifiers,
            "publicKey": [signer.public()],
            "vendorScriptRequirement": false,
        })
    }

    /// Returns the identifier as the company wants it, if it supports it at all.
    pub(super) fn wants(&self, identifier: IdentifierKind, value: &str) -> Option<Subject> {
        let names = names_of(identifier);
        let is_named =
            |one: &&Supported| names.iter().any(|name| name.eq_ignore_ascii_case(&one.r#type));
        let written = |one: &Supported| {
            let value = match one.format.to_ascii_lowercase().as_str() {
                "raw" | "plain" | "plaintext" | "text" | "uuid" => value.to_owned(),
                "sha256" | "sha-256" => hex::encode(Sha256::digest(value)),
                _ => return None,
            };
            Some(Subject {
                identifier_value: value,
                identifier_type: one.r#type.clone(),
                identifier_format: one.format.clone(),
            })
        };
        self.supported.iter().filter(is_named).find_map(written)
    }
}

/// What we can find data by: an advertising id, and the id by which the asking partner alone knows a person.
pub(super) const OURS: [(&str, &str); 2] = [("ifa", "raw"), ("user_id", "raw")];

/// What an identifier may be called. The framework has no list; these are the names in use.
pub(super) fn names_of(identifier: IdentifierKind) -> &'static [&'static str] {
    match identifier {
        IdentifierKind::AdvertisingId => &["ifa", "idfa", "gaid", "adid", "aaid", "maid"],
        IdentifierKind::UserId => &["user_id", "user.id", "uid", "buyeruid"],
        IdentifierKind::DeviceId => &["device_id", "device_id_hash"],
        IdentifierKind::BrowserId => &["browser_id", "browser_id_hash"],
    }
}

/// A company's public keys. Others than for ES256 and RS256 are left out.
#[derive(Clone, Default)]
pub(super) struct PublicKeys(Vec<(Algorithm, Option<String>, DecodingKey)>);

impl fmt::Debug for PublicKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKeys({})", self.0.len())
    }
}

impl PublicKeys {
    pub(super) fn read(keys: &[Value]) -> Self {
        let key = |value: &Value| {
            let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
            // Why: a key says by its kind what it may verify, never the token.
            let algorithm = match &jwk.algorithm {
                AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
                    Algorithm::ES256
                }
                AlgorithmParameters::RSA(_) => Algorithm::RS256,
                _ => return None,
            };
            let decoding = DecodingKey::from_jwk(&jwk).ok()?;
            Some((algorithm, jwk.common.key_id, decoding))
        };
        Self(keys.iter().take(KEYS_MAX).filter_map(key).collect())
    }

    /// Iterates over the keys that may have signed: of that kind, and by that id where both name one.
    pub(super) fn of<'k>(
        &'k self,
        algorithm: Algorithm,
        id: Option<&'k str>,
    ) -> impl Iterator<Item = &'k DecodingKey> {
        let fits = move |key: &Option<String>| match (key.as_deref(), id) {
            (Some(key), Some(id)) => key == id,
            (None, _) | (_, None) => true,
        };
        self.0
            .iter()
            .filter(move |(kind, key, _)| *kind == algorithm && fits(key))
            .map(|(_, _, decoding)| decoding)
    }
}

impl From<ListingError> for TokenError {
    fn from(_error: ListingError) -> Self {
        Self::Signature
    }
}
