//! Standard Webhooks signatures, version `v1`: HMAC-SHA256 over id, timestamp and body.

use crate::secrets::WebhookSecret;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sluicegate_gate::{DisclosureId, time::UnixMillis};

/// The three headers of a signed message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SignedHeaders {
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) timestamp: String,
    pub(crate) signature: String,
}

/// Signs with every secret. Returns `None` without a secret: an unsigned message is not sent.
pub(crate) fn sign(
    secrets: &[WebhookSecret],
    message: DisclosureId,
    at: UnixMillis,
    body: &[u8],
) -> Option<SignedHeaders> {
    if secrets.is_empty() {
        return None;
    }
    let id = message.to_string();
    let timestamp = at.0.div_euclid(1_000).to_string();
    let signatures: Option<Vec<String>> = secrets
        .iter()
        .map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).ok()?;
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        })
        .collect();
    Some(SignedHeaders { signature: signatures?.join(" "), id, timestamp })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_verifier_accepts_each_secret_of_a_rotation() {
        let texts = [[1_u8; 24], [2; 24]].map(|key| format!("whsec_{}", STANDARD.encode(key)));
        let secrets = texts.each_ref().map(|text| text.parse::<WebhookSecret>().unwrap());
        let (body, now) = (br#"{"type":"exposures.shared"}"#, 1_700_000_000_000);
        let signed = sign(&secrets, DisclosureId(5), UnixMillis(now), body).unwrap();
        for text in texts {
            let verifier = standardwebhooks::Webhook::new(&text).unwrap();
            let expected = verifier.sign(&signed.id, now / 1_000, body).unwrap();
            assert!(signed.signature.split(' ').any(|one| one == expected));
        }
    }

    #[test]
    fn without_a_secret_there_is_no_signature() {
        assert_eq!(sign(&[], DisclosureId(5), UnixMillis(0), b"{}"), None);
    }
}
