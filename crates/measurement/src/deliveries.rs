//! All partnerships that get events, side by side.

use crate::{
    DeadLetter, Delivery, DeliveryParts, EndpointCheck, Holding, JournalError, Letters, Position,
    Progress, Source, Tally, Trim, intake::REPEATS_KNOWN_FOR, reader::Reader,
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

/// What an operator asked of a delivery was not done.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The edition in force has no such partnership that gets events.
    #[error("no such partnership gets events")]
    NotListed,
    /// The delivery of that partnership has not been opened yet: the program, or the edition, is new.
    #[error("the delivery to this partnership is about to begin")]
    NotOpen,
    /// As much is waiting to be told again as may.
    #[error("as much is waiting to be told again as may; let that end first")]
    TooMuch,
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
    /// Events that stay until an operator resumes.
    pub held: u64,
    /// Why they do, and since when.
    pub held_for: Option<(Holding, UnixMillis)>,
    /// Events without an outcome yet, the held ones among them.
    pub lag: u64,
    /// Before when nothing goes to the partner, after a failure or because it asked for that.
    pub next_attempt: Option<UnixMillis>,
    /// How often the message under way has failed.
    pub failures: u32,
    /// Since when every attempt has failed.
    pub failing_since: Option<UnixMillis>,
    /// How much of the time has passed after which everything is held for that, in percent.
    pub failing_percent: u8,
    /// Events that had been given up and wait to be tried again; part of the lag.
    pub requeued: u64,
    /// Positions of the journal that are still to be looked at for what is replayed.
    pub replaying: u64,
    /// How replayed events ended.
    pub replayed: Tally,
    /// What the endpoint said when it was asked whether it is the partner's.
    pub endpoint: Option<EndpointCheck>,
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

    /// Returns the partnerships that are not listed any more and may have something waiting.
    pub async fn leaving(&self) -> Result<Vec<PartnershipId>, JournalError> {
        if self.parts.current.load().is_none() {
            return Ok(Vec::new());
        }
        let listed = self.listed();
        let all = self.parts.journal.all_progress().await?.into_iter();
        let leaving = all.filter(|(id, progress)| !listed.contains(id) && !has_left(progress));
        Ok(leaving.map(|(id, _)| id).collect())
    }

    /// Returns the opened delivery of a partnership, to ask something of it.
    pub fn opened(&self, partnership: &PartnershipId) -> Result<Arc<Delivery>, RequestError> {
        if let Some(delivery) = self.opened.lock().get(partnership) {
            return Ok(Arc::clone(delivery));
        }
        let is_listed = self.listed().contains(partnership);
        Err(if is_listed { RequestError::NotOpen } else { RequestError::NotListed })
    }

    /// Makes an opened delivery go on: what was held is judged anew, and the next attempt is due now. Waits
    /// for the attempt under way.
    pub async fn resume(&self, partnership: &PartnershipId) -> Result<(), RequestError> {
        Ok(self.opened(partnership)?.resume().await?)
    }

    /// Returns what was given up for a partnership, the newest first.
    pub async fn dead_letters(
        &self,
        partnership: &PartnershipId,
        letters: Letters,
    ) -> Result<Vec<DeadLetter>, JournalError> {
        self.parts.journal.dead_letters(partnership.clone(), letters).await
    }

    /// Returns where each partnership stands that ever began.
    pub async fn counters(&self) -> Result<Vec<Counters>, JournalError> {
        let all = self.parts.journal.all_progress().await?;
        let head = self.parts.journal.head().await?;
        let now = self.parts.clock.now();
        let schedule = &self.parts.schedule;
        let counters = all.into_iter().map(|(id, progress)| {
            let failing_since = progress.failing(now, schedule.quiet_max());
            let failing_percent = schedule.failing_percent(failing_since, now);
            Counters { failing_since, failing_percent, ..Counters::of(id, &progress, head) }
        });
        Ok(counters.collect())
    }

    /// Forgets what nobody needs any more: packs that every listed partnership has passed and that are too
    /// old to be told again, and ids older than 48 hours. One that has not begun yet may need them all.
    /// Without an edition nobody knows who needs what, and nothing is forgotten.
    ///
    /// Nothing is forgotten from `needed_from` on, where others read the journal still.
    pub async fn trim(&self, needed_from: Position) -> Result<(), JournalError> {
        if self.parts.current.load().is_none() {
            return Ok(());
        }
        let head = self.parts.journal.head().await?;
        let listed = self.listed();
        let all = self.parts.journal.all_progress().await?;
        let begun = |id: &PartnershipId| all.iter().any(|(known, _)| known == id);
        let waiting =
            all.iter().filter(|(id, progress)| listed.contains(id) || !has_left(progress));
        let needed = waiting.map(|(_, progress)| progress.needs_from()).min();
        let passed = if listed.iter().all(begun) {
            needed.unwrap_or(head).min(head)
        } else {
            Position::default()
        };
        let now = self.parts.clock.now();
        let since = now.minus(self.parts.options.replay_for);
        let passed = passed.min(needed_from);
        let (keys, erasing) = (self.parts.keys.clone(), self.parts.erasing.clone());
        let mut reader = Reader::new(Arc::clone(&self.parts.journal), keys, erasing);
        let packs_before = reader.first_since(since, passed).await?.unwrap_or(passed);
        let ids_before = now.minus(REPEATS_KNOWN_FOR);
        self.parts.journal.trim(Trim { ids_before, packs_before }).await
    }
}

/// Returns whether a partnership that is not listed any more has nothing waiting.
fn has_left(progress: &Progress) -> bool {
    let lane = &progress.lane;
    let is_through = lane.withdrawn.is_some_and(|until| progress.cursor >= until);
    is_through && progress.batch.is_none() && lane.again.is_empty() && lane.unnoted.is_none()
}

impl Counters {
    fn of(partnership: PartnershipId, progress: &Progress, head: Position) -> Self {
        let lane = &progress.lane;
        let until = lane.withdrawn.unwrap_or(head);
        let requeued = lane.requeued();
        let batch = progress.batch.as_ref();
        let waiting = |source| match batch {
            Some(batch) if batch.source == source => {
                u64::try_from(batch.waiting.len()).unwrap_or(u64::MAX)
            }
            Some(_) | None => 0,
        };
        let looked_at = match batch {
            Some(batch) if batch.source == Source::Journal => batch.until,
            Some(_) | None => progress.cursor,
        };
        let lag = until
            .since(looked_at)
            .saturating_add(waiting(Source::Journal))
            .saturating_add(waiting(Source::Requeued))
            .saturating_add(requeued);
        Self {
            partnership,
            tally: progress.tally,
            held: if progress.held_since.is_some() { lag } else { 0 },
            held_for: progress.held_since.map(|since| (lane.held_for, since)),
            lag,
            next_attempt: lane.not_before,
            failures: batch.map_or(0, |batch| batch.attempt),
            failing_since: None,
            failing_percent: 0,
            requeued: requeued.saturating_add(waiting(Source::Requeued)),
            replaying: lane.replaying().saturating_add(waiting(Source::Replayed)),
            replayed: lane.replayed,
            endpoint: lane.endpoint.clone(),
        }
    }
}
