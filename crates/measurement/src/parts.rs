//! What deliveries are made of.

use crate::{Erasing, Greeter, Journal, Keys, Schedule};
use sluicegate_gate::{
    PartnershipId,
    time::{Clock, Dice},
};
use sluicegate_ledger::{Door, Ledger};
use sluicegate_register::Current;
use sluicegate_settings::Settings;
use std::{sync::Arc, time::Duration};

/// What deliveries are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct DeliveryParts {
    /// The edition in force.
    pub current: Arc<Current>,
    /// What people chose.
    pub settings: Arc<Settings>,
    /// Where everything is recorded before it goes.
    pub ledger: Arc<Ledger>,
    /// The way out.
    pub door: Arc<dyn Door>,
    /// How endpoints are asked whether they are the partners'; without it nobody asks.
    pub greeter: Option<Arc<dyn Greeter>>,
    /// Where exposures wait.
    pub journal: Arc<dyn Journal>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// The keys.
    pub keys: Keys,
    /// Who is being erased: what erases people has it, too.
    pub erasing: Erasing,
    /// When a message is tried again.
    pub schedule: Schedule,
    /// What the platform set.
    pub options: DeliveryOptions,
}

/// What the platform sets for all of its deliveries.
#[derive(Clone, Debug)]
pub struct DeliveryOptions {
    /// The platform's domain: messages say that they come from there.
    pub domain: Arc<str>,
    /// How long the first event of a message that is not full may wait for others.
    pub batch_age: Duration,
    /// How long after it happened an exposure is kept to be told again.
    pub replay_for: Duration,
}

impl DeliveryOptions {
    /// Returns the `source` of messages to a partnership, by which a consumer of several can route.
    pub(crate) fn source_for(&self, partnership: &PartnershipId) -> Arc<str> {
        format!("https://{}/partnerships/{partnership}", self.domain).into()
    }
}
