//! All partnerships that get events, side by side.

use crate::{
    Delivery, DeliveryParts, JournalError, Position, Progress, Tally, Trim,
    intake::REPEATS_KNOWN_FOR,
};
use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, Via, time::UnixMillis};
use std::{collections::BTreeMap, sync::Arc};

/// All partnerships that get events. Each has a [`Delivery`] of its own; none waits for another. Clones
/// share everything.
#[derive(Clone, Debug)]
pub struct Deliveries {
    pub(crate) parts: DeliveryParts,
    opened: Arc<Mutex<BTreeMap<PartnershipId, Arc<Delivery>>>>,
}

/// A delivery could not be told to go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// No delivery of that partnership has been opened.
    #[error("no such partnership gets events")]
    NotOpen,
    /// The journal failed; the delivery stands where it stood.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Where one partnership stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// The partnership.
    pub partnership: PartnershipId,
    /// How many events ended how.
    pub tally: Tally,
    /// Events that stay until an operator resumes, because the partner answered 410.
    pub held: u64,
    /// Events without an outcome yet, the held ones among them.
    pub lag: u64,
    /// When the message under way is tried next.
    pub next_attempt: Option<UnixMillis>,
    /// How often the message under way has failed.
    pub failures: u32,
}

impl Deliveries {
    /// Makes them of their parts.
    pub fn new(parts: DeliveryParts) -> Self {
        Self { parts, opened: Arc::default() }
    }

    /// Returns the partnerships of the edition in force that get events.
    pub fn listed(&self) -> Vec<PartnershipId> {
        let Some(edition) = self.parts.current.load() else { return Vec::new() };
        let partnerships = edition.partnerships().iter();
        partnerships
            .filter(|partnership| partnership.terms.via == Via::Events)
            .map(|partnership| partnership.terms.id.clone())
            .collect()
    }

    /// Opens one partnership's delivery. There must be one at a time.
    pub async fn open(&self, partnership: PartnershipId) -> Result<Arc<Delivery>, JournalError> {
        let delivery = Arc::new(Delivery::open(self.parts.clone(), partnership.clone()).await?);
        self.opened.lock().insert(partnership, Arc::clone(&delivery));
        Ok(delivery)
    }

    /// Makes an opened delivery go on: after a 410 what waits is judged anew, and the next attempt is due
    /// now. Waits for the attempt under way.
    pub async fn resume(&self, partnership: &PartnershipId) -> Result<(), ResumeError> {
        let opened = self.opened.lock().get(partnership).map(Arc::clone);
        let delivery = opened.ok_or(ResumeError::NotOpen)?;
        delivery.resume().await?;
        Ok(delivery.retry_now().await?)
    }

    /// Returns where each partnership stands that ever began.
    pub async fn counters(&self) -> Result<Vec<Counters>, JournalError> {
        let all = self.parts.journal.all_progress().await?;
        let head = self.parts.journal.head().await?;
        let counters = all.into_iter();
        Ok(counters.map(|(id, progress)| Counters::of(id, &progress, head)).collect())
    }

    /// Forgets what nobody needs any more: packs that every listed partnership has passed, and ids
    /// older than 48 hours. One that has not begun yet may need them all. Without an edition nobody knows who needs what, and nothing is forgotten.
    pub async fn trim(&self) -> Result<(), JournalError> {
        if self.parts.current.load().is_none() {
            return Ok(());
        }
        let head = self.parts.journal.head().await?;
        let listed = self.listed();
        let all = self.parts.journal.all_progress().await?;
        let cursor = |listed: &PartnershipId| {
            let begun = all.iter().find(|(id, _)| id == listed);
            begun.map_or(Position::default(), |(_, progress)| progress.cursor)
        };
        let cursors = listed.iter().map(cursor);
        let packs_before = cursors.min().unwrap_or(head).min(head);
        let ids_before = self.parts.clock.now().minus(REPEATS_KNOWN_FOR);
        self.parts.journal.trim(Trim { ids_before, packs_before }).await
    }
}

impl Counters {
    fn of(partnership: PartnershipId, progress: &Progress, head: Position) -> Self {
        let lag = match &progress.batch {
            Some(batch) => {
                let waiting = u64::try_from(batch.waiting.len()).unwrap_or(u64::MAX);
                head.since(batch.until).saturating_add(waiting)
            }
            None => head.since(progress.cursor),
        };
        Self {
            partnership,
            tally: progress.tally,
            held: if progress.held_since.is_some() { lag } else { 0 },
            lag,
            next_attempt: progress.batch.as_ref().map(|batch| batch.next_at),
            failures: progress.batch.as_ref().map_or(0, |batch| batch.attempt),
        }
    }
}
