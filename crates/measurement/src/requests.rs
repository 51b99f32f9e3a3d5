//! What an operator asks of one delivery. Everything that is told again is judged again. What was asked is done, also where
//! whoever asked goes away.

use crate::{
    Again, DeadLetter, DeadReason, Delivery, JournalError, Letters, Position, Progress,
    RequestError, Run, delivery::State,
};
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
        let letters = Letters { max: letters.max.min(LETTERS_MAX), ..letters };
        let letters = self.parts.journal.dead_letters(self.partnership.clone(), letters).await?;
        let again = again_of(&letters);
        has_room(&state.progress, again.len())?;
        self.revive(&mut state, &letters, again).await?;
        Ok(letters.len())
    }

    /// Puts back what was given up until this start, some of it at a time and the newest first. What still cannot be
    /// decided is given up again, and waits for the next.
    pub(crate) async fn put_stopped_back(&self, state: &mut State) -> Result<(), JournalError> {
        let Some(before) = state.put_back_before else { return Ok(()) };
        if !state.progress.lane.again.is_empty() {
            return Ok(());
        }
        let stopped = |before: Option<Position>, max: usize| {
            let reason = Some(DeadReason::ViewStopped);
            let letters = Letters { reason, before, ..Letters::newest(max) };
            self.parts.journal.dead_letters(self.partnership.clone(), letters)
        };
        let letters = stopped(Some(before), PUT_BACK_MAX).await?;
        if letters.is_empty() && stopped(None, 1).await?.is_empty() {
            // The next commit writes this down.
            state.progress.lane.stopped_from = None;
            state.is_unsaved = true;
        }
        self.revive(state, &letters, again_of(&letters)).await?;
        state.put_back_before = letters.last().map(|letter| letter.position);
        Ok(())
    }

    async fn revive(
        &self,
        state: &mut State,
        letters: &[DeadLetter],
        again: Vec<Again>,
    ) -> Result<(), JournalError> {
        if letters.is_empty() {
            return Ok(());
        }
        let mut progress = state.progress.clone();
        let count = u64::try_from(letters.len()).unwrap_or(u64::MAX);
        progress.tally.dead = progress.tally.dead.saturating_sub(count);
        progress.lane.again.extend(again);
        let positions = letters.iter().map(|letter| letter.position).collect();
        let partnership = self.partnership.clone();
        self.parts.journal.revive(partnership, progress.clone(), positions).await?;
        state.progress = progress;
        state.is_unsaved = false;
        Ok(())
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
        has_room(&progress, 1)?;
        progress.lane.again.push(Again::Replayed { from, to, next, until });
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

/// Returns what is to be told again of what was given up: what may have reached the partner, and apart what did not.
fn again_of(letters: &[DeadLetter]) -> Vec<Again> {
    let of = |reached: bool| {
        let of_these = letters.iter().filter(move |letter| letter.reached == reached);
        let mut these: Vec<Position> = of_these.map(|letter| letter.position).collect();
        these.sort_unstable();
        (!these.is_empty()).then(|| Again::Requeued { runs: Run::of(these), reached })
    };
    [true, false].into_iter().filter_map(of).collect()
}

fn has_room(progress: &Progress, more: usize) -> Result<(), RequestError> {
    if progress.lane.again.len() + more > AGAIN_MAX {
        return Err(RequestError::TooMuch);
    }
    Ok(())
}

/// Events that are put back at once.
pub const LETTERS_MAX: usize = 10_000;
/// Of those that a stopped shard left so many are put back at once: they are written with each message until they are judged.
const PUT_BACK_MAX: usize = 500;
/// Requests for telling again that may wait for a partnership.
const AGAIN_MAX: usize = 8;
