//! Standard Webhooks signatures over id, timestamp and body: `v1`, HMAC-SHA256 under a shared secret, and
//! `v1a`, Ed25519 under a key of which partners have the public half.

use crate::secrets::Signers;
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::Signer;
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

/// Signs with every secret and key. Returns `None` without any: an unsigned message is not sent.
pub(crate) fn sign(
    signers: &Signers,
    message: DisclosureId,
    at: UnixMillis,
    body: &[u8],
) -> Option<SignedHeaders> {
    if signers.is_empty() {
        return None;
    }
    let id = message.to_string();
    let timestamp = at.0.div_euclid(1_000).to_string();
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let mut signatures = Vec::new();
    for secret in &signers.secrets {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).ok()?;
        for part in parts {
            mac.update(part);
        }
        signatures.push(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    }
    if !signers.pairs.is_empty() {
        let text = parts.concat();
        for pair in &signers.pairs {
            let signature = pair.key().sign(&text);
            signatures.push(format!("v1a,{}", STANDARD.encode(signature.to_bytes())));
        }
    }
    Some(SignedHeaders { signature: signatures.join(" "), id, timestamp })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::{SigningPair, WebhookSecret};
    use ed25519_dalek::{Signature, Verifier, VerifyingKey};
    use sluicegate_gate::Secret;

    #[test]
    fn the_published_verifier_accepts_each_secret_of_a_rotation() {
        let texts = [[1_u8; 24], [2; 24]].map(|key| format!("whsec_{}", STANDARD.encode(key)));
        let secrets = texts.iter().map(|text| text.parse::<WebhookSecret>().unwrap()).collect();
        let signers = Signers { secrets, pairs: vec![SigningPair::of(&Secret::new([3; 32]))] };
        let (body, now) = (br#"{"type":"exposures.shared"}"#, 1_700_000_000_000);
        let signed = sign(&signers, DisclosureId(5), UnixMillis(now), body).unwrap();
        for text in texts {
            let verifier = standardwebhooks::Webhook::new(&text).unwrap();
            let expected = verifier.sign(&signed.id, now / 1_000, body).unwrap();
            assert!(signed.signature.split(' ').any(|one| one == expected));
        }
    }

    /// The key pair and the signature that the specification gives as an example.
    #[test]
    fn the_example_of_the_specification_verifies_under_the_key_as_it_is_published() {
        let seed = STANDARD
            .decode("6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==")
            .unwrap();
        let pair = SigningPair::of(&Secret::new(seed[..32].try_into().unwrap()));
        assert_eq!(pair.public(), "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
        let text = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        let published = "hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
        assert_eq!(STANDARD.encode(pair.key().sign(text).to_bytes()), published);
    }

    #[test]
    fn a_message_signed_with_a_key_verifies_and_a_flipped_byte_does_not() {
        let pair = SigningPair::of(&Secret::new([7; 32]));
        let public = STANDARD.decode(pair.public().strip_prefix("whpk_").unwrap()).unwrap();
        let public = VerifyingKey::from_bytes(&public.try_into().unwrap()).unwrap();
        let signers = Signers { secrets: Vec::new(), pairs: vec![pair] };
        let signed = sign(&signers, DisclosureId(5), UnixMillis(1_000), b"{}").unwrap();
        let signature = STANDARD.decode(signed.signature.strip_prefix("v1a,").unwrap()).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        let text = |body: &str| format!("{}.{}.{body}", signed.id, signed.timestamp);
        assert!(public.verify(text("{}").as_bytes(), &signature).is_ok());
        assert!(public.verify(text("{ ").as_bytes(), &signature).is_err());
    }

    #[test]
    fn without_a_secret_there_is_no_signature() {
        assert_eq!(sign(&Signers::default(), DisclosureId(5), UnixMillis(0), b"{}"), None);
    }
}
