//! What we sign with, per partnership.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use sluicegate_gate::{PartnershipId, Secret, time::UnixMillis};
use std::{collections::HashMap, fmt, sync::Arc};

/// A secret in the form of Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes.
#[derive(Clone, Debug)]
pub struct WebhookSecret(Secret<Vec<u8>>);

/// The text is not a webhook secret. The text itself is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It does not begin with `whsec_`.
    #[error("a webhook secret begins with `whsec_`")]
    Prefix,
    /// What follows is not base64.
    #[error("a webhook secret is base64 after `whsec_`")]
    Base64,
    /// Too short to be safe, or longer than the specification allows.
    #[error("a webhook secret has 24 to 64 bytes")]
    Length,
}

impl std::str::FromStr for WebhookSecret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix("whsec_").ok_or(SecretError::Prefix)?;
        let bytes = STANDARD.decode(encoded).map_err(|_not_shown| SecretError::Base64)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(SecretError::Length);
        }
        Ok(Self(Secret::new(bytes)))
    }
}

impl WebhookSecret {
    /// Returns the secret as text, to be handed to the partner.
    pub fn reveal(&self) -> Secret<String> {
        Secret::new(format!("whsec_{}", STANDARD.encode(self.0.open())))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.open()
    }
}

impl From<&Secret<[u8; 32]>> for WebhookSecret {
    fn from(bytes: &Secret<[u8; 32]>) -> Self {
        Self(Secret::new(bytes.open().to_vec()))
    }
}

/// A key of Ed25519 in the form of Standard Webhooks. It prints nothing of the private half.
#[derive(Clone)]
pub struct SigningPair(SigningKey);

impl fmt::Debug for SigningPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningPair({})", self.public())
    }
}

impl SigningPair {
    /// Returns the key of a seed.
    pub fn of(seed: &Secret<[u8; 32]>) -> Self {
        Self(SigningKey::from_bytes(seed.open()))
    }

    /// Returns the public half: `whpk_` and base64.
    pub fn public(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.0.verifying_key().to_bytes()))
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.0
    }
}

/// What a message to one partnership is signed with now. Several of a kind are a rotation: the partner
/// accepts any.
#[derive(Clone, Debug, Default)]
pub struct Signers {
    /// Shared secrets, for `v1`.
    pub secrets: Vec<WebhookSecret>,
    /// Keys of our own, for `v1a`.
    pub pairs: Vec<SigningPair>,
}

impl Signers {
    /// Returns whether there is nothing to sign with.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.pairs.is_empty()
    }
}

/// The secrets and keys that the gateway itself keeps for its partnerships.
pub trait IssuedKeys: Send + Sync + fmt::Debug {
    /// Returns those of a partnership that sign at a time, the newest first.
    fn signers(&self, partnership: &PartnershipId, now: UnixMillis) -> Signers;
}

/// What messages are signed with, for all partnerships: the secrets of the configuration, and what the
/// gateway keeps itself.
#[derive(Clone, Debug, Default)]
pub struct PartnerSecrets {
    webhook: HashMap<PartnershipId, Vec<WebhookSecret>>,
    issued: Option<Arc<dyn IssuedKeys>>,
}

impl PartnerSecrets {
    /// Returns secrets without any partnership.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a webhook secret; the first added is signed with first.
    #[must_use]
    pub fn with_webhook(mut self, partnership: PartnershipId, secret: WebhookSecret) -> Self {
        self.webhook.entry(partnership).or_default().push(secret);
        self
    }

    /// Signs with what the gateway keeps, too.
    #[must_use]
    pub fn with_issued(mut self, issued: Arc<dyn IssuedKeys>) -> Self {
        self.issued = Some(issued);
        self
    }

    /// Returns how many secrets of the partnership the configuration has.
    pub fn webhook(&self, partnership: &PartnershipId) -> usize {
        self.webhook.get(partnership).map_or(0, Vec::len)
    }

    /// Returns whether messages to a partnership can be signed at some time.
    pub(crate) fn signs_for(&self, partnership: &PartnershipId) -> bool {
        self.webhook(partnership) > 0 || self.issued.is_some()
    }

    pub(crate) fn signers(&self, partnership: &PartnershipId, now: UnixMillis) -> Signers {
        let mut signers = match &self.issued {
            Some(issued) => issued.signers(partnership, now),
            None => Signers::default(),
        };
        if let Some(configured) = self.webhook.get(partnership) {
            signers.secrets.splice(0..0, configured.iter().cloned());
        }
        signers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_parsed_or_refused_without_being_shown() {
        let good = format!("whsec_{}", STANDARD.encode([7; 24]));
        let secret = good.parse::<WebhookSecret>().unwrap();
        assert_eq!(secret.bytes(), [7; 24]);
        assert_eq!(format!("{secret:?}"), "WebhookSecret([secret])");
        let wrong = [
            ("abc", SecretError::Prefix),
            ("whsec_***", SecretError::Base64),
            ("whsec_c2hvcnQ=", SecretError::Length),
        ];
        for (text, error) in wrong {
            assert_eq!(text.parse::<WebhookSecret>().unwrap_err(), error);
        }
    }
}
