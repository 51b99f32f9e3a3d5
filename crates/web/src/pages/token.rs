//! Sign-in tokens: reading one, under the one key and the one algorithm that the key is for.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use sluicegate_gate::time::UnixMillis;

/// How long a token may be, in bytes.
const TOKEN_BYTES_MAX: usize = 4096;
/// How long the account's id and the token's id may be, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// The platform's public key: Ed25519, P-256 or RSA. The key decides the algorithm, never the token.
#[derive(Clone)]
pub struct TokenKey {
    key: DecodingKey,
    algorithm: Algorithm,
}

/// The text is no public key that we can use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key in PEM form: Ed25519, P-256 or RSA")]
pub struct TokenKeyError;

/// What a token says. It does not print.
#[derive(Deserialize)]
pub(crate) struct Claims {
    /// The account's id.
    pub(crate) sub: String,
    /// The token's id.
    pub(crate) jti: String,
    iat: i64,
    exp: i64,
}

/// A token that cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenFault {
    /// There is none.
    #[error("no token")]
    Missing,
    /// It is too long, no JWT, for somebody else, or not signed by the platform.
    #[error("not a token of the platform for this gateway")]
    NotOurs,
    /// The account's id or the token's id is empty or too long.
    #[error("the account or the token has no usable id")]
    Name,
}

impl TokenKey {
    /// Reads a public key in PEM form.
    pub fn read(pem: &str) -> Result<Self, TokenKeyError> {
        let pem = pem.as_bytes();
        let ed25519 = || DecodingKey::from_ed_pem(pem).map(|key| (key, Algorithm::EdDSA));
        let p256 = || DecodingKey::from_ec_pem(pem).map(|key| (key, Algorithm::ES256));
        let rsa = || DecodingKey::from_rsa_pem(pem).map(|key| (key, Algorithm::RS256));
        let found = ed25519().or_else(|_other| p256()).or_else(|_other| rsa());
        let (key, algorithm) = found.map_err(|_none_fits| TokenKeyError)?;
        Ok(Self { key, algorithm })
    }

    /// Reads a token. Its times are the caller's to judge.
    pub(crate) fn read_token(&self, token: &str, audience: &str) -> Result<Claims, TokenFault> {
        if token.is_empty() {
            return Err(TokenFault::Missing);
        }
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::NotOurs);
        }
        let mut rules = Validation::new(self.algorithm);
        // Why: the library would read the machine's clock; ours is a parameter.
        rules.validate_exp = false;
        rules.set_audience(&[audience]);
        rules.set_required_spec_claims(&["aud", "exp", "sub"]);
        let claims: Claims = jsonwebtoken::decode(token, &self.key, &rules)
            .map_err(|_not_valid| TokenFault::NotOurs)?
            .claims;
        let is_usable = |name: &str| (1..=NAME_BYTES_MAX).contains(&name.len());
        if is_usable(&claims.sub) && is_usable(&claims.jti) {
            Ok(claims)
        } else {
            Err(TokenFault::Name)
        }
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TokenKey({:?})", self.algorithm)
    }
}

impl Claims {
    /// Returns when it was issued.
    pub(crate) fn issued(&self) -> UnixMillis {
        UnixMillis(self.iat.saturating_mul(1000))
    }

    /// Returns when it ends.
    pub(crate) fn expires(&self) -> UnixMillis {
        UnixMillis(self.exp.saturating_mul(1000))
    }
}
