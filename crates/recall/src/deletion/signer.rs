//! What we sign with, and what we publish of it.

use super::{
    ResultCode, Subject, TokenError,
    listing::PublicKeys,
    token::{AcknowledgementClaims, IdClaims, NumericDate, RequestClaims, SubjectClaim, VERSION},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::{SecretKey, elliptic_curve::sec1::ToEncodedPoint, pkcs8::EncodePrivateKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_gate::{Secret, time::UnixMillis};
use std::fmt;

/// Signs in the name of a domain with ES256. `Debug` prints the domain only.
#[derive(Clone)]
pub struct Signer {
    domain: String,
    key_id: String,
    key: EncodingKey,
    public: Value,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signer({})", self.domain)
    }
}

impl Signer {
    /// Makes the signer of a domain (eTLD+1) and a secret.
    pub fn new(domain: &str, secret: &Secret<[u8; 32]>) -> Result<Self, TokenError> {
        let key = SecretKey::from_slice(secret.open()).map_err(|_not_shown| TokenError::Sign)?;
        let point = key.public_key().to_encoded_point(false);
        let coordinate = |bytes: Option<_>| {
            let bytes: Option<&p256::FieldBytes> = bytes;
            bytes.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).ok_or(TokenError::Sign)
        };
        let (x, y) = (coordinate(point.x())?, coordinate(point.y())?);
        let key_id = thumbprint(&x, &y);
        let public = json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": key_id, "alg": "ES256", "use": "sig",
        });
        let der = key.to_pkcs8_der().map_err(|_not_shown| TokenError::Sign)?;
        let key = EncodingKey::from_ec_der(der.as_bytes());
        Ok(Self { domain: domain.to_owned(), key_id, key, public })
    }

    /// Returns in whose name it signs.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Returns the public half as a JSON Web Key (RFC 7517); its `kid` is its thumbprint (RFC 7638).
    pub fn public(&self) -> &Value {
        &self.public
    }

    pub(super) fn public_keys(&self) -> PublicKeys {
        PublicKeys::read(std::slice::from_ref(&self.public))
    }

    pub(super) fn id_jwt(
        &self,
        jti: &str,
        subject: &Subject,
        at: UnixMillis,
    ) -> Result<String, TokenError> {
        self.sign(&IdClaims {
            version: VERSION.to_owned(),
            jti: jti.to_owned(),
            iss: self.domain.clone(),
            sub: SubjectClaim::Object(subject.clone()),
            iat: NumericDate::of(at),
        })
    }

    pub(super) fn rq_jwt(
        &self,
        jti: &str,
        id_jwt: String,
        subject: &Subject,
        at: UnixMillis,
    ) -> Result<String, TokenError> {
        self.sign(&RequestClaims {
            version: VERSION.to_owned(),
            id_jwt,
            jti: jti.to_owned(),
            iss: self.domain.clone(),
            sub: SubjectClaim::Object(subject.clone()),
            iat: NumericDate::of(at),
        })
    }

    pub(super) fn ac_jwt(
        &self,
        jti: &str,
        rq_jwt: &str,
        result: (ResultCode, Option<String>),
        at: UnixMillis,
    ) -> Result<String, TokenError> {
        self.sign(&AcknowledgementClaims {
            version: VERSION.to_owned(),
            rq_jwt: rq_jwt.to_owned(),
            jti: jti.to_owned(),
            iss: self.domain.clone(),
            iat: NumericDate::of(at),
            result_code: result.0.number(),
            result_string: result.1,
        })
    }

    fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        encode(&header, claims, &self.key).map_err(|_not_shown| TokenError::Sign)
    }
}

/// The thumbprint of an elliptic key: SHA-256 over its required members in order, without white space.
fn thumbprint(x: &str, y: &str) -> String {
    let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}
