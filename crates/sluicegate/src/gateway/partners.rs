//! What the door and the deliveries need of each other: keys to sign with, and the question to endpoints.

use futures_util::future::BoxFuture;
use sluicegate_egress::{Consent, Egress, IssuedKeys, Signers, SigningPair, WebhookSecret};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{EndpointSaid, Greeter, Scheme, Signing};
use std::{collections::BTreeSet, fmt, sync::Arc};

/// The keys that the gateway keeps for its partnerships, for the door.
#[derive(Debug)]
pub(super) struct Issued(pub(super) Arc<Signing>);

impl IssuedKeys for Issued {
    fn signers(&self, partnership: &PartnershipId, now: UnixMillis) -> Signers {
        let mut signers = Signers::default();
        for live in self.0.live(partnership, now) {
            match live.key.scheme {
                Scheme::V1 => signers.secrets.push(WebhookSecret::from(&live.seed)),
                Scheme::V1a => signers.pairs.push(SigningPair::of(&live.seed)),
            }
        }
        signers
    }
}

/// The way in which deliveries ask endpoints.
pub(super) struct Door {
    pub(super) egress: Arc<Egress>,
    /// The platform's domain.
    pub(super) origin: Arc<str>,
    /// Partnerships whose endpoints need not agree.
    pub(super) unchecked: BTreeSet<PartnershipId>,
}

impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Door")
    }
}

impl Greeter for Door {
    fn must_agree(&self, partnership: &PartnershipId) -> bool {
        !self.unchecked.contains(partnership)
    }

    fn greet(&self, partnership: &PartnershipId) -> BoxFuture<'_, EndpointSaid> {
        let partnership = partnership.clone();
        Box::pin(async move {
            match self.egress.greet(&partnership, &self.origin).await {
                Ok(Consent::Agreed { per_minute }) => EndpointSaid::Agreed { per_minute },
                Ok(Consent::Refused) => EndpointSaid::Refused,
                Err(_unreachable) => EndpointSaid::Silent,
            }
        })
    }

    fn keep_to(&self, partnership: &PartnershipId, per_minute: Option<u32>) {
        self.egress.keep_to(partnership, per_minute);
    }
}
