//! What we sign with, per partnership.

use base64::{Engine, engine::general_purpose::STANDARD};
use sluicegate_gate::{PartnershipId, Secret};
use std::collections::HashMap;

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
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.open()
    }
}

/// The secrets of all partnerships. Several webhook secrets at once are a rotation: every message is
/// signed with each, and the partner accepts either.
#[derive(Clone, Debug, Default)]
pub struct PartnerSecrets {
    webhook: HashMap<PartnershipId, Vec<WebhookSecret>>,
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

    /// Returns the webhook secrets of a partnership; empty if it has none.
    pub fn webhook(&self, partnership: &PartnershipId) -> &[WebhookSecret] {
        self.webhook.get(partnership).map_or(&[], Vec::as_slice)
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
