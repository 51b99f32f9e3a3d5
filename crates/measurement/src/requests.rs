//! What an operator asks of one delivery. Everything that is told again is judged again. What was asked is done, also where
//! whoever asked goes away.

use crate::{Again, Delivery, JournalError, Letters, Position, Progress, RequestError, Run};
use sluicegate_gate::time::UnixMillis;
use sluicegate_settings::apart;
use std::sync::Arc;

impl Delivery {
    /// Goes on after the endpoint was gone or failed for days: what waits is judged anew, and due now. What
    /// the endpoint said is asked anew, too, unless it agreed.
    pub async fn resume(self: &Arc<Self>) -> Result<(), JournalError> {
        self.change(|progress, now| {
            progress.held_since = None;
            progress.lane.works();
            if let Some(check) = &mut progress.lane.endpoint {
                check.next_at = now;
            }
        })
        .await
    }

    /// Makes the next attempt due now, for a partner that is known to be back.
    pub async fn retry_now(self: &Arc<Self>) -> Result<(), JournalError> {
        self.change(|progress, _now| progress.lane.not_before = None).await
    }

    /// Puts back what was given up, the newest of those asked for and at most [`LETTERS_MAX`]: it has no outcome any
    /// more, and is tried again before anything new. Returns how many events that is.
    pub async fn requeue(self: &Arc<Self>, letters: Letters) -> Result<usize, RequestError> {
        let delivery = Arc::clone(self);
        apart(async move { delivery.requeue_here(letters).await }).await
    }

    async fn requeue_here(&self, letters: Letters) -> Result<usize, RequestError> {
        let mut state = self.state.lock().await;
        let partnership = self.partnership.clone();
        let journal = &self.parts.journal;
        let letters = Letters { max: letters.max.min(LETTERS_MAX), ..letters };
        let letters = journal.dead_letters(partnership.clone(), letters).await?;
        if letters.is_empty() {
            return Ok(0);
        }
        let mut progress = state.progress.clone();
        let events = letters.len();
        let count = u64::try_from(events).unwrap_or(u64::MAX);
        progress.tally.dead = progress.tally.dead.saturating_sub(count);
        let mut positions = Vec::with_capacity(events);
        for reached in [true, false] {
            let of_these = letters.iter().filter(|letter| letter.reached == reached);
            let mut these: Vec<Position> = of_these.map(|letter| letter.position).collect();
            these.sort_unstable();
            if !these.is_empty() {
                let runs = Run::of(these.iter().copied());
                put_back(&mut progress, Again::Requeued { runs, reached })?;
            }
            positions.extend(these);
        }
        journal.revive(partnership, progress.clone(), positions).await?;
        state.progress = progress;
        Ok(events)
    }

    /// Tells again what happened in a range of time and has been looked at before, as far as the journal
    /// still has it. Returns how many positions of the journal are looked through for it.
    pub async fn replay(
        self: &Arc<Self>,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<u64, RequestError> {
        let delivery = Arc::clone(self);
        apart(async move { delivery.replay_here(from, to).await }).await
    }

    async fn replay_here(&self, from: UnixMillis, to: UnixMillis) -> Result<u64, RequestError> {
        let mut state = self.state.lock().await;
        let mut progress = state.progress.clone();
        let until = progress.cursor;
        let first = self.parts.journal.read(Position::default(), 1).await?;
        let next = first.first().map_or(until, |pack| pack.first);
        if next >= until || from >= to {
            return Ok(0);
        }
        put_back(&mut progress, Again::Replayed { from, to, next, until })?;
        self.commit(&mut state, progress, Vec::new()).await?;
        Ok(until.since(next))
    }

    async fn change(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Progress, UnixMillis) + Send + 'static,
    ) -> Result<(), JournalError> {
        let delivery = Arc::clone(self);
        apart(async move {
            let mut state = delivery.state.lock().await;
            let mut progress = state.progress.clone();
            change(&mut progress, delivery.parts.clock.now());
            delivery.commit(&mut state, progress, Vec::new()).await
        })
        .await
    }
}

fn put_back(progress: &mut Progress, again: Again) -> Result<(), RequestError> {
    if progress.lane.again.len() >= AGAIN_MAX {
        return Err(RequestError::TooMuch);
    }
    progress.lane.again.push(again);
    Ok(())
}

/// Events that are put back at once.
pub const LETTERS_MAX: usize = 10_000;
/// Requests for telling again that may wait for a partnership.
const AGAIN_MAX: usize = 8;
