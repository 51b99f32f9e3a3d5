//! Verifying Standard Webhooks 1.0.0, the symmetric signature `v1`.

use axum::http::HeaderMap;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{fmt, str::FromStr};

/// A signing secret, written `whsec_` and base64 of 24 to 64 bytes. It prints as a placeholder.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// The text is no secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not `whsec_` followed by base64 of 24 to 64 bytes")]
pub struct SecretError;

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A header is missing or is no text.
    #[error("a header of the signature is missing")]
    HeaderMissing,
    /// The time of the attempt is more than five minutes from now, or is no number.
    #[error("the time of the attempt is too far from now")]
    TimeOutOfRange,
    /// No secret fits any `v1` signature.
    #[error("no signature fits")]
    SignatureWrong,
}

/// Checks the headers against the body and returns the message's id.
///
/// Any of the secrets may fit any of the signatures, so that keys can rotate. Signatures of other
/// versions are passed over. The comparison takes the same time wherever the first wrong byte stands.
pub fn verify<'h>(
    secrets: &[Secret],
    headers: &'h HeaderMap,
    body: &[u8],
    now_ms: i64,
) -> Result<&'h str, VerifyError> {
    let id = header(headers, "webhook-id")?;
    let timestamp = header(headers, "webhook-timestamp")?;
    let signatures = header(headers, "webhook-signature")?;
    let sent_s: i64 = timestamp.parse().map_err(|_not_a_number| VerifyError::TimeOutOfRange)?;
    if now_ms.div_euclid(1000).abs_diff(sent_s) > TOLERANCE_S {
        return Err(VerifyError::TimeOutOfRange);
    }
    let given: Vec<Vec<u8>> = signatures
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|text| BASE64_STANDARD.decode(text).ok())
        .take(SIGNATURES_MAX)
        .collect();
    let fits = secrets.iter().any(|secret| {
        let mac = secret.mac(id, timestamp, body);
        given.iter().any(|bytes| mac.clone().is_some_and(|mac| mac.verify_slice(bytes).is_ok()))
    });
    if fits { Ok(id) } else { Err(VerifyError::SignatureWrong) }
}

impl Secret {
    /// Returns the value of `webhook-signature` for a message; `timestamp` is in seconds since 1970.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mac = self.mac(id, timestamp, body);
        let digest = mac.map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
        format!("v1,{}", BASE64_STANDARD.encode(digest))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix("whsec_").ok_or(SecretError)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_not_base64| SecretError)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, VerifyError> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(VerifyError::HeaderMissing)
}

const TOLERANCE_S: u64 = 5 * 60;
const SIGNATURES_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = b"{\"test\": 2432232314}";
    const SENT_S: i64 = 1_614_265_330;

    fn headers(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
        headers.insert("webhook-timestamp", SENT_S.to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    fn check(signature: &str, body: &[u8], now_ms: i64) -> Result<String, VerifyError> {
        let secrets = [SECRET.parse().unwrap()];
        verify(&secrets, &headers(signature), body, now_ms).map(String::from)
    }

    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_published_example_is_believed() {
        assert_eq!(check(SIGNED, BODY, SENT_S * 1000).unwrap(), "msg_p5jXN8AQM9LWM0D4loKWxJek");
    }

    #[test]
    fn one_fitting_signature_among_others_is_enough() {
        let several = format!("v1a,AAAA v1,AAAA {SIGNED}");
        assert!(check(&several, BODY, SENT_S * 1000).is_ok());
    }

    #[test]
    fn a_changed_body_or_signature_is_not_believed() {
        let wrong = Err(VerifyError::SignatureWrong);
        assert_eq!(check(SIGNED, b"{}", SENT_S * 1000), wrong);
        for signature in ["", "v1,", "v1,AAAA", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] {
            assert_eq!(check(signature, BODY, SENT_S * 1000), wrong, "{signature}");
        }
    }

    #[test]
    fn a_message_older_or_newer_than_five_minutes_is_not_believed() {
        for seconds in [-301, 301] {
            let now_ms = (SENT_S + seconds) * 1000;
            assert_eq!(check(SIGNED, BODY, now_ms), Err(VerifyError::TimeOutOfRange));
        }
        assert!(check(SIGNED, BODY, (SENT_S + 300) * 1000).is_ok());
    }

    #[test]
    fn without_its_headers_a_message_is_not_believed() {
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut headers = headers(SIGNED);
            headers.remove(name);
            let secrets = [SECRET.parse().unwrap()];
            let verified = verify(&secrets, &headers, BODY, SENT_S * 1000);
            assert_eq!(verified, Err(VerifyError::HeaderMissing), "{name}");
        }
    }

    #[test]
    fn what_we_sign_we_believe() {
        let secret: Secret = SECRET.parse().unwrap();
        let signature = secret.sign("m", &SENT_S.to_string(), BODY);
        let mut headers = headers(&signature);
        headers.insert("webhook-id", "m".parse().unwrap());
        assert_eq!(verify(&[secret], &headers, BODY, SENT_S * 1000), Ok("m"));
    }

    #[test]
    fn a_short_or_unmarked_secret_is_refused_and_a_good_one_not_printed() {
        for wrong in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert!(wrong.parse::<Secret>().is_err(), "{wrong}");
        }
        assert_eq!(format!("{:?}", SECRET.parse::<Secret>().unwrap()), "[secret]");
    }
}
