//! Reading what the provider signs. An ID token (`OpenID` Connect Core 1.0, 3.1.3.7): signed by a key of the provider, by the issuer that
//! was asked, for us, in time, and in answer to this one sign-in.

use super::begun::Begun;
use crate::session::AtProvider;
use jsonwebtoken::{
    Algorithm, DecodingKey, TokenData, Validation,
    jwk::{Jwk, PublicKeyUse},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sluicegate_gate::{Personal, time::UnixMillis};
use std::{fmt, time::Duration};
use subtle::ConstantTimeEq;

/// How far the provider's clock may be from ours.
const CLOCKS_APART: Duration = Duration::from_mins(1);
/// Bytes of a token.
const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Bytes of an account's id.
const ACCOUNT_BYTES_MAX: usize = 256;
/// What a provider may sign with. A shared secret is no signature that we could tell apart from our own.
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];

/// One key of the provider.
#[derive(Clone)]
pub(crate) struct ProviderKey {
    id: Option<String>,
    algorithm: Option<String>,
    key: DecodingKey,
}

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a str,
    pub(crate) account_claim: &'a str,
    pub(crate) now: UnixMillis,
}

/// Somebody who comes from the provider.
pub(crate) struct Arrived {
    pub(crate) account: Personal<String>,
    pub(crate) at: AtProvider,
}

/// A token that cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenFault {
    /// It is no token, or too long.
    #[error("there is no token")]
    None,
    /// It is signed in a way that we do not take.
    #[error("the token is signed with an algorithm that is not taken")]
    Algorithm,
    /// No key of the provider has its name.
    #[error("the token is signed with a key that the provider does not list")]
    Key,
    /// The signature, the issuer or the audience is wrong, or a claim is missing.
    #[error("the token is not the provider's for this client")]
    NotOurs,
    /// It is issued to another client.
    #[error("the ID token is authorized for another party")]
    Party,
    /// Its time is over or has not come.
    #[error("the token is not of now")]
    Time,
    /// It answers another sign-in.
    #[error("the ID token answers another sign-in")]
    Nonce,
    /// The person did not say again who they are.
    #[error("the person was to sign in anew and did not")]
    NotAnew,
    /// The claim that names the account is missing, empty or too long.
    #[error("the ID token names no usable account")]
    Account,
    /// It is no token that ends sessions.
    #[error("the token is not one that ends sessions")]
    NotLogout,
    /// It was taken before.
    #[error("the token was taken before")]
    Used,
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    exp: i64,
    nonce: String,
    aud: Value,
    azp: Option<String>,
    auth_time: Option<i64>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl ProviderKey {
    /// Reads one key; `None` for what is none that signs.
    pub(crate) fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let signs = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        let algorithm = jwk.common.key_algorithm.map(|algorithm| algorithm.to_string());
        signs.then_some(Self { id: jwk.common.key_id, algorithm, key })
    }

    fn fits(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        let is_named = id.is_none_or(|id| self.id.as_deref() == Some(id));
        let named = format!("{algorithm:?}");
        is_named
            && self.algorithm.as_ref().is_none_or(|own| *own == named)
            && self.key.family() == algorithm.family()
    }
}

/// Returns whom a token names.
pub(crate) fn arrived(
    token: &str,
    keys: &[ProviderKey],
    begun: &Begun,
    expected: &Expected<'_>,
) -> Result<Arrived, TokenFault> {
    let claims: Claims = signed(token, keys, expected)?.claims;
    let is_for_others = claims.aud.as_array().is_some_and(|audiences| audiences.len() > 1);
    if (is_for_others && claims.azp.is_none())
        || claims.azp.as_deref().is_some_and(|azp| azp != expected.client)
    {
        return Err(TokenFault::Party);
    }
    in_time(claims.iat, claims.exp, expected.now)?;
    if !bool::from(claims.nonce.as_bytes().ct_eq(begun.nonce.open().as_bytes())) {
        return Err(TokenFault::Nonce);
    }
    if let Some(since) = begun.asks_again_since {
        let signed_in = claims.auth_time.map(at);
        if signed_in.is_none_or(|signed_in| signed_in.plus(CLOCKS_APART) < since) {
            return Err(TokenFault::NotAnew);
        }
    }
    let account = claims.others.get(expected.account_claim).and_then(Value::as_str);
    let account = account.filter(|id| (1..=ACCOUNT_BYTES_MAX).contains(&id.len()));
    let account = account.map(|id| Personal::new(id.to_owned())).ok_or(TokenFault::Account)?;
    let named = |claim| claims.others.get(claim).and_then(Value::as_str);
    let subject = named("sub").ok_or(TokenFault::Account)?;
    Ok(Arrived { account, at: AtProvider::new(subject, named("sid")) })
}

/// Checks that a token is of now.
pub(super) fn in_time(iat: i64, exp: i64, now: UnixMillis) -> Result<(), TokenFault> {
    if now >= until(exp) || at(iat) > now.plus(CLOCKS_APART) {
        return Err(TokenFault::Time);
    }
    Ok(())
}

/// Returns when a token that ends then is believed no more.
pub(super) fn until(exp: i64) -> UnixMillis {
    at(exp).plus(CLOCKS_APART)
}

pub(super) fn at(seconds: i64) -> UnixMillis {
    UnixMillis(seconds.saturating_mul(1000))
}

/// Reads the head of what may be a token: of a length that we take, and signed in a way that we take.
pub(super) fn head(token: &str) -> Result<jsonwebtoken::Header, TokenFault> {
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
        return Err(TokenFault::None);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_unreadable| TokenFault::Algorithm)?;
    ALGORITHMS.contains(&header.alg).then_some(header).ok_or(TokenFault::Algorithm)
}

/// Reads what a key of the provider signed for us. Its times are not judged here.
pub(super) fn signed<T: DeserializeOwned>(
    token: &str,
    keys: &[ProviderKey],
    expected: &Expected<'_>,
) -> Result<TokenData<T>, TokenFault> {
    let header = head(token)?;
    let mut rules = Validation::new(header.alg);
    // Why: the library would read the machine's clock; ours is a parameter.
    rules.validate_exp = false;
    rules.set_audience(&[expected.client]);
    rules.set_issuer(&[expected.issuer]);
    rules.set_required_spec_claims(&["aud", "exp", "iss"]);
    let mut fitting = keys.iter().filter(|key| key.fits(header.kid.as_deref(), header.alg));
    let Some(first) = fitting.next() else { return Err(TokenFault::Key) };
    let decoded = std::iter::once(first)
        .chain(fitting)
        .find_map(|key| jsonwebtoken::decode(token, &key.key, &rules).ok());
    decoded.ok_or(TokenFault::NotOurs)
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ProviderKey")
    }
}
