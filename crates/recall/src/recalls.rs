//! What tells partners to forget or correct.

use crate::{Figures, RecallSchedule, RecallStore, RecallStoreError, Standing, StepError};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sluicegate_gate::{
    DisclosureId, PartnershipId, SubjectKey,
    time::{BootMillis, Clock, Dice},
};
use sluicegate_ledger::{Door, Ledger};
use sluicegate_register::Current;
use sluicegate_settings::SettingsStore;
use std::{fmt, sync::Arc, time::Duration};

/// Takes a partnership out of force in the register, and puts it back.
pub trait Suspend: Send + Sync + fmt::Debug {
    /// Publishes an edition in which the partnership is suspended, or no longer is. One that is so already is
    /// no failure.
    fn suspend(
        &self,
        partnership: &PartnershipId,
        suspended: bool,
    ) -> BoxFuture<'_, Result<(), SuspendFailed>>;
}

/// A partnership could not be suspended, or put back.
#[derive(Debug, thiserror::Error)]
#[error("the register could not be published: {0}")]
pub struct SuspendFailed(pub String);

/// What the platform sets.
#[derive(Clone, Copy, Debug)]
pub struct RecallOptions {
    /// How long after a change what had left is looked for at the latest, past its own time: as long as it
    /// takes until the change is in force everywhere.
    pub takes_effect_within: Duration,
    /// A message is made once so many people are owed something by the partner.
    pub people_min: u64,
    /// Or once the first of them has waited so long.
    pub wait_max: Duration,
    /// When a message is tried again.
    pub schedule: RecallSchedule,
}

/// What recalls are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct RecallsParts {
    /// Where it is kept what is owed.
    pub store: Arc<dyn RecallStore>,
    /// What people changed.
    pub changes: Arc<dyn SettingsStore>,
    /// What had left.
    pub ledger: Arc<Ledger>,
    /// The way out.
    pub door: Arc<dyn Door>,
    /// The edition in force.
    pub current: Arc<Current>,
    /// How a partnership is suspended.
    pub suspend: Arc<dyn Suspend>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// What the platform set.
    pub options: RecallOptions,
}

/// Tells partners to forget or correct what they got. Clones share everything.
#[derive(Clone, Debug)]
pub struct Recalls {
    pub(crate) parts: RecallsParts,
    /// Held by whoever suspends a partnership or lets one go on: each is two steps, in two places.
    pub(crate) lapsing: Arc<tokio::sync::Mutex<()>>,
    /// When it was last tried whether changes that are set aside read.
    pub(crate) tried_aside: Arc<Mutex<Option<BootMillis>>>,
}

impl Recalls {
    /// Makes them of their parts.
    pub fn new(parts: RecallsParts) -> Self {
        Self { parts, lapsing: Arc::default(), tried_aside: Arc::default() }
    }

    /// Returns how far partners are with what these keys are owed, the latest first.
    pub async fn standing(
        &self,
        subjects: Vec<SubjectKey>,
    ) -> Result<Vec<Standing>, RecallStoreError> {
        self.parts.store.standing(subjects).await
    }

    /// Returns figures, by partnership.
    pub async fn figures(&self) -> Result<Vec<Figures>, RecallStoreError> {
        self.parts.store.figures().await
    }

    /// Returns how many changes of people do not read, so that nobody knows what is owed for them.
    pub async fn set_aside(&self) -> Result<usize, RecallStoreError> {
        Ok(self.parts.store.set_aside().await?.len())
    }

    /// Takes a partner's word that it has done what a message of its own says. Returns whether there is such
    /// a message.
    pub async fn acknowledge(
        &self,
        partnership: PartnershipId,
        message: DisclosureId,
    ) -> Result<bool, RecallStoreError> {
        self.parts.store.acknowledge(partnership, message, self.parts.clock.now()).await
    }

    /// Returns the partnerships that did not acknowledge in time: no edition may have them in force.
    pub async fn lapsed(&self) -> Result<Vec<PartnershipId>, RecallStoreError> {
        self.parts.store.lapsed().await
    }

    /// Lets a partnership go on that had not acknowledged in time. Returns whether it had lapsed. Cut off in between,
    /// it has lapsed still, and can be let go on again.
    pub async fn lift(&self, partnership: &PartnershipId) -> Result<bool, StepError> {
        let _alone = self.lapsing.lock().await;
        let now = self.parts.clock.now();
        if !self.lapsed().await?.contains(partnership) {
            return Ok(false);
        }
        // One that is no longer listed has nothing to go on with.
        let listed = || {
            let edition = self.parts.current.load();
            edition.and_then(|edition| Some(edition.partnership(partnership)?.terms.suspended))
        };
        if listed().is_some() {
            self.parts.suspend.suspend(partnership, false).await?;
        }
        let had_lapsed = self.parts.store.lift(partnership.clone(), now).await?;
        // Why: files that were published meanwhile were told that it had lapsed.
        if listed() == Some(true) {
            self.parts.suspend.suspend(partnership, false).await?;
        }
        Ok(had_lapsed)
    }

    /// Forgets what was settled long ago.
    pub async fn trim(&self) -> Result<(), RecallStoreError> {
        self.parts.store.trim(self.parts.clock.now().minus(SETTLED_KEPT_FOR)).await
    }
}

/// How long a person can see how a recall ended, and an operator show that a partner acknowledged: a year, in which
/// whoever complains or audits asks for it, and five weeks to answer. It names nobody who was erased.
const SETTLED_KEPT_FOR: Duration = Duration::from_hours(24 * 400);
