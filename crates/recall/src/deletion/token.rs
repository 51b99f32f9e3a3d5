//! The three tokens: reading them strictly, and what can be wrong with one.
//!
//! The framework names `version`, `jti`, `iss`, `sub` and `iat`. What a token says beside them in the words of RFC 7519
//! holds, too: until when it is good, from when on, and for whom.

use super::listing::PublicKeys;
use jsonwebtoken::{Algorithm, crypto::verify, dangerous::insecure_decode_claims, decode_header};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use sluicegate_gate::time::UnixMillis;
use std::{fmt, time::Duration};

/// The version of the tokens.
pub(super) const VERSION: &str = "1.0";
/// Longest token that is read, in bytes: an `acJWT` holds the two others.
pub(super) const TOKEN_MAX: usize = 16 << 10;
/// Longest request that is read, in bytes: our own `acJWT` repeats it.
pub(super) const REQUEST_MAX: usize = TOKEN_MAX / 2;
/// How long a request stays good after it was issued.
const GOOD_FOR: Duration = Duration::from_hours(24 * 7);
/// How far the clocks of two companies may be apart.
const APART: Duration = Duration::from_mins(5);

/// A token cannot be made or accepted. It never names what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A claim is missing, or not as the framework has it.
    #[error("a claim is missing or malformed")]
    Malformed,
    /// The signature is not that of the issuer's published keys.
    #[error("the signature does not verify under the keys that the issuer publishes")]
    Signature,
    /// It is no token, or signed in a way that is not accepted.
    #[error("not a token signed with ES256 or RS256")]
    NotAToken,
    /// The identifier is of a kind that is not known here.
    #[error("an identifier of a kind that is not supported")]
    IdentifierType,
    /// The identifier is not written as its kind is.
    #[error("an identifier that is not in a supported format")]
    IdentifierFormat,
    /// It was issued in the future or too long ago, is not good yet, or not any more.
    #[error("issued in the future or too long ago, not good yet, or expired")]
    Timestamp,
    /// It is for somebody else.
    #[error("meant for somebody else")]
    Audience,
    /// Its header has an extension that must be understood, and is not.
    #[error("a header that has to be understood, and is not")]
    Critical,
    /// The two tokens of a request are about two identifiers.
    #[error("the two tokens are not about the same identifier")]
    TwoSubjects,
    /// It could not be signed.
    #[error("the token could not be signed")]
    Sign,
    /// An identifier that waits could not be sealed or opened.
    #[error("an identifier that waits does not open")]
    Sealed,
}

/// The result codes of the framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultCode {
    /// The request is accepted.
    Successful,
    /// Fields are missing.
    Malformed,
    /// The signature is not good.
    InvalidSignature,
    /// It is no token.
    InvalidToken,
    /// The identifier's kind is not supported.
    UnsupportedType,
    /// The identifier's format is not supported.
    IncorrectFormat,
    /// The time is not good.
    InvalidTimestamp,
}

impl ResultCode {
    /// Returns the number in `raResultCode`.
    pub fn number(self) -> u8 {
        match self {
            Self::Successful => 0,
            Self::Malformed => 1,
            Self::InvalidSignature => 2,
            Self::InvalidToken => 3,
            Self::UnsupportedType => 4,
            Self::IncorrectFormat => 5,
            Self::InvalidTimestamp => 6,
        }
    }
}

impl From<TokenError> for ResultCode {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Malformed
            | TokenError::TwoSubjects
            | TokenError::Sign
            | TokenError::Sealed => Self::Malformed,
            TokenError::Signature => Self::InvalidSignature,
            TokenError::NotAToken | TokenError::Audience | TokenError::Critical => {
                Self::InvalidToken
            }
            TokenError::IdentifierType => Self::UnsupportedType,
            TokenError::IdentifierFormat => Self::IncorrectFormat,
            TokenError::Timestamp => Self::InvalidTimestamp,
        }
    }
}

/// Whose data: an identifier. `Debug` leaves the value out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The value.
    pub identifier_value: String,
    /// What it is, for example `ifa`.
    pub identifier_type: String,
    /// How it is written, for example `raw` or `sha256`.
    pub identifier_format: String,
}

impl fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Subject({} [personal])", self.identifier_type)
    }
}

/// `sub`: the tables of the framework say that it is text, and its examples show an object. Text is read as
/// the object's JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum SubjectClaim {
    Object(Subject),
    Text(String),
}

impl SubjectClaim {
    pub(super) fn read(self) -> Result<Subject, TokenError> {
        match self {
            Self::Object(subject) => Ok(subject),
            Self::Text(text) => {
                serde_json::from_str(&text).map_err(|_not_json| TokenError::Malformed)
            }
        }
    }
}

/// Seconds since 1970 (RFC 7519, section 2); a fraction is left off.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Number")]
pub(super) struct NumericDate(i64);

impl NumericDate {
    pub(super) fn of(at: UnixMillis) -> Self {
        Self(at.0.div_euclid(1_000))
    }

    fn time(self) -> UnixMillis {
        UnixMillis(self.0.saturating_mul(1_000))
    }
}

impl TryFrom<serde_json::Number> for NumericDate {
    type Error = TokenError;

    fn try_from(number: serde_json::Number) -> Result<Self, TokenError> {
        let whole = || {
            let seconds = Duration::try_from_secs_f64(number.as_f64()?).ok()?.as_secs();
            i64::try_from(seconds).ok()
        };
        number.as_i64().or_else(whole).map(Self).ok_or(TokenError::Malformed)
    }
}

/// What limits a token, in the words of RFC 7519, sections 4.1.3 to 4.1.5. None of it has to be there.
#[derive(Deserialize)]
struct Limits {
    #[serde(default, deserialize_with = "named")]
    exp: Option<NumericDate>,
    #[serde(default, deserialize_with = "named")]
    nbf: Option<NumericDate>,
    #[serde(default, deserialize_with = "named")]
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Reads what is there: `null` is not the same as nothing.
fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Who reads a token, and when.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// What we are called by whoever says for whom a token is.
    pub(super) names: &'a [&'a str],
    pub(super) now: UnixMillis,
}

impl Reading<'_> {
    fn allows(&self, limits: &Limits) -> Result<(), TokenError> {
        let is_over = |exp: NumericDate| exp.time().plus(APART) <= self.now;
        let is_early = |nbf: NumericDate| nbf.time() > self.now.plus(APART);
        if limits.exp.is_some_and(is_over) || limits.nbf.is_some_and(is_early) {
            return Err(TokenError::Timestamp);
        }
        let is_ours = |name: &String| self.names.contains(&name.as_str());
        let is_for_us = match &limits.aud {
            None => true,
            Some(Audience::One(name)) => is_ours(name),
            Some(Audience::Several(names)) => names.iter().any(is_ours),
        };
        if is_for_us { Ok(()) } else { Err(TokenError::Audience) }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct IdClaims {
    pub(super) version: String,
    pub(super) jti: String,
    pub(super) iss: String,
    pub(super) sub: SubjectClaim,
    pub(super) iat: NumericDate,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RequestClaims {
    pub(super) version: String,
    #[serde(rename = "idJWT")]
    pub(super) id_jwt: String,
    pub(super) jti: String,
    pub(super) iss: String,
    pub(super) sub: SubjectClaim,
    pub(super) iat: NumericDate,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AcknowledgementClaims {
    pub(super) version: String,
    #[serde(rename = "rqJWT")]
    pub(super) rq_jwt: String,
    pub(super) jti: String,
    pub(super) iss: String,
    pub(super) iat: NumericDate,
    #[serde(rename = "raResultCode")]
    pub(super) result_code: u8,
    #[serde(rename = "raResultString", default, skip_serializing_if = "Option::is_none")]
    pub(super) result_string: Option<String>,
}

/// Reads who claims to have issued a token, to find their keys. Nothing of it is believed yet.
pub(super) fn claimed_issuer(token: &str) -> Result<String, TokenError> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    if token.len() > TOKEN_MAX {
        return Err(TokenError::NotAToken);
    }
    let claims = insecure_decode_claims::<serde_json::Value>(token);
    let claims = claims.map_err(|_not_shown| TokenError::NotAToken)?;
    let issuer: Result<Issuer, _> = serde_json::from_value(claims);
    Ok(issuer.map_err(|_missing| TokenError::Malformed)?.iss)
}

/// Verifies a token under the keys that its issuer publishes, and reads it: one that is good now, and for us.
pub(super) fn verified<T: DeserializeOwned>(
    token: &str,
    keys: &PublicKeys,
    reading: Reading<'_>,
) -> Result<T, TokenError> {
    if token.len() > TOKEN_MAX {
        return Err(TokenError::NotAToken);
    }
    let header = decode_header(token).map_err(|_not_shown| TokenError::NotAToken)?;
    if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256) {
        return Err(TokenError::NotAToken);
    }
    // Why: RFC 7515, section 4.1.11. No extension is understood here.
    if header.crit.is_some() {
        return Err(TokenError::Critical);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::NotAToken)?;
    // Why: the library's own decoding stumbles over a `sub` that is an object, before it hands out anything, and its
    // times are of the machine's clock.
    let is_good = |key| {
        verify(signature, message.as_bytes(), key, header.alg).is_ok_and(std::convert::identity)
    };
    if !keys.of(header.alg, header.kid.as_deref()).any(is_good) {
        return Err(TokenError::Signature);
    }
    let limits: Limits =
        insecure_decode_claims(token).map_err(|_not_shown| TokenError::Malformed)?;
    reading.allows(&limits)?;
    insecure_decode_claims(token).map_err(|_not_shown| TokenError::Malformed)
}

/// Checks when a token was issued.
pub(super) fn is_timely(issued: NumericDate, now: UnixMillis) -> Result<(), TokenError> {
    let issued = issued.time();
    let is_good = issued <= now.plus(APART) && issued >= now.minus(GOOD_FOR.saturating_add(APART));
    if is_good { Ok(()) } else { Err(TokenError::Timestamp) }
}

pub(super) fn is_version(version: &str) -> Result<(), TokenError> {
    if version == VERSION { Ok(()) } else { Err(TokenError::Malformed) }
}

/// Takes a token out of a body: bare, or in an object under its name.
pub(super) fn token_in(body: &[u8], name: &str) -> Result<String, TokenError> {
    let text = std::str::from_utf8(body).map_err(|_not_text| TokenError::NotAToken)?.trim();
    let token = if text.starts_with('{') {
        let fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_not_json| TokenError::Malformed)?;
        let token = fields.get(name).and_then(serde_json::Value::as_str);
        token.ok_or(TokenError::Malformed)?.to_owned()
    } else {
        text.trim_matches('"').to_owned()
    };
    if token.len() > TOKEN_MAX { Err(TokenError::NotAToken) } else { Ok(token) }
}
