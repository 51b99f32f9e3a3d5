//! Asking the platform for the touch behind an install, as its page for measurement partners says.

use crate::installs::{Credited, Install};
use hmac::{Hmac, KeyInit, Mac};
use partner_kit::loopback::ask;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{fmt, net::SocketAddr};

/// Where the platform answers, and what it gave this partner.
#[derive(Clone)]
pub(crate) struct Platform {
    /// Where.
    pub(crate) at: SocketAddr,
    /// The partnership's id there.
    pub(crate) partnership: String,
    /// The key for its interface.
    pub(crate) api_key: String,
    /// The key behind device ids.
    pub(crate) device_key: Vec<u8>,
}

impl fmt::Debug for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Platform").field("at", &self.at).finish_non_exhaustive()
    }
}

/// The platform gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// It could not be reached.
    #[error("the platform does not answer")]
    Unreachable(#[from] std::io::Error),
    /// It refused.
    #[error("the platform answered with {0}")]
    Refused(u16),
    /// What it said cannot be read.
    #[error("the platform's answer cannot be read")]
    Unreadable,
}

impl Platform {
    /// Returns what stands for an advertising id between the platform and this partner.
    pub(crate) fn known_as(&self, advertising_id: &str) -> String {
        // A key of any length is one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.device_key) else {
            return String::new();
        };
        mac.update(advertising_id.to_ascii_lowercase().as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// Reports an install and returns the ad that it may be credited to, if any.
    pub(crate) async fn credit(&self, install: &Install) -> Result<Option<Credited>, AskError> {
        let body = json!({
            "data_set_id": install.app_id, "id": install.id, "timestamp": install.at_s,
            "event_type": "install", "source": "app",
            "user_data": { "device_id_hash": install.known_as, "mmt_only": true },
            "properties": { "app_id": install.app_id },
        });
        let path = format!("/v1/partners/{}/conversions", self.partnership);
        let authorization = format!("Bearer {}", self.api_key);
        let headers =
            [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let reply = ask(self.at, "POST", &path, &headers, body.to_string().as_bytes()).await?;
        if reply.status != 200 {
            return Err(AskError::Refused(reply.status));
        }
        let answer: Value =
            serde_json::from_str(&reply.body).map_err(|_not_json| AskError::Unreadable)?;
        Ok(Credited::of(&answer))
    }
}
