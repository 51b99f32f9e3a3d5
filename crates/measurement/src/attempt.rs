//! What one attempt came to, and what follows from it.

use crate::{
    Batch, DeadLetter, DeadReason, DeliveryParts, Held, Holding, Position, Progress, Reached,
    Source, Step, Tally, delivery::end,
};
use sluicegate_gate::{DisclosureId, time::UnixMillis};
use sluicegate_ledger::{Answer, Outcome, SendError};
use std::time::Duration;

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The partner has it.
    Accepted { asked: Option<Duration> },
    /// The partner wants no more.
    Gone,
    /// Our own limits or a change since it was judged kept it; it is no attempt.
    NotTried { wait: Duration, reached: Reached },
    /// The attempt failed.
    Failed { asked: Option<Duration>, reached: Reached, reason: DeadReason },
}

impl Ended {
    /// Returns how it ended. `reached` is what may have reached the partner if bytes went.
    pub(crate) fn of(
        sent: &Result<Answer, SendError>,
        (reached_before, reached): (Reached, Reached),
    ) -> Self {
        let unreachable =
            |reached| Self::Failed { asked: None, reached, reason: DeadReason::Unreachable };
        match sent {
            Ok(Answer { status: 200..300, retry_after, .. }) => {
                Self::Accepted { asked: *retry_after }
            }
            Ok(Answer { status: 410, .. }) => Self::Gone,
            Ok(Answer { retry_after, .. }) => {
                Self::Failed { asked: *retry_after, reached, reason: DeadReason::Refused }
            }
            Err(
                refusal @ (SendError::Busy
                | SendError::BreakerOpen
                | SendError::NoEndpoint
                | SendError::PathClosed),
            ) => Self::NotTried { wait: wait_after(*refusal), reached: reached_before },
            // Why: the door asked once more and something had changed, or it had waited too long here. Judged anew, the
            // message says what holds now; the partner has done nothing wrong. Where connecting took all of its time
            // the door says `Connect`.
            Err(SendError::NotInForce | SendError::DeadlinePassed) => {
                Self::NotTried { wait: Duration::ZERO, reached: reached_before }
            }
            Err(SendError::AddressRefused | SendError::Connect) => unreachable(reached_before),
            Err(
                SendError::Timeout | SendError::TooLarge | SendError::NoRoom | SendError::Protocol,
            ) => unreachable(reached),
        }
    }

    /// Returns what the ledger is told of the attempt.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Accepted { .. } => Outcome::Delivered,
            Self::NotTried { reached: Reached::Never, .. }
            | Self::Failed { reached: Reached::Never, .. } => Outcome::Failed,
            Self::Gone | Self::NotTried { .. } | Self::Failed { .. } => Outcome::Unconfirmed,
        }
    }

    /// Returns where the partnership stands after it. `reached_before` is whether bytes of the events may have
    /// reached the partner at an attempt before.
    pub(crate) fn settle(
        self,
        before: &Progress,
        batch: Batch,
        reached_before: Reached,
        parts: &DeliveryParts,
    ) -> Settlement {
        let now = parts.clock.now();
        let mut progress = before.clone();
        let events = batch.events;
        match self {
            Self::Accepted { asked } => {
                progress.lane.works();
                let asked = parts.schedule.asked(asked);
                progress.lane.not_before = (!asked.is_zero()).then(|| now.plus(asked));
                add(&mut tally_of(&mut progress, batch.source).delivered, events);
                let rest = rest(&batch, reached_before, parts);
                let step = Step::Delivered { events };
                Settlement::over(progress, (&batch, rest), Vec::new(), step)
            }
            Self::Gone => {
                progress.held_since = Some(now);
                progress.lane.works();
                progress.lane.held_for = Holding::Gone;
                let batch = Batch { attempt: 0, ..batch };
                Settlement::waiting(progress, batch, Step::Held(Held::Gone))
            }
            Self::NotTried { wait, reached } => {
                progress.lane.not_before = Some(now.plus(wait));
                Settlement::waiting(progress, Batch { reached, ..batch }, Step::Wait(wait))
            }
            Self::Failed { asked, reached, reason } => {
                let since = progress.failing(now, parts.schedule.quiet_max()).unwrap_or(now);
                progress.lane.failing_since = Some(since);
                progress.lane.failed_at = Some(now);
                if since.plus(parts.schedule.gives_up_after()) <= now {
                    progress.held_since = Some(now);
                    progress.lane.not_before = None;
                    progress.lane.held_for = Holding::Failing;
                    let batch = Batch { attempt: 0, reached, ..batch };
                    return Settlement::waiting(progress, batch, Step::Held(Held::Failing));
                }
                let dice = parts.dice.as_ref();
                if let Some(wait) = parts.schedule.wait(batch.attempt, asked, dice) {
                    let attempt = batch.attempt.saturating_add(1);
                    progress.lane.not_before = Some(now.plus(wait));
                    let batch = Batch { attempt, reached, ..batch };
                    return Settlement::waiting(progress, batch, Step::Wait(wait));
                }
                // Why: what the partner asked for holds for whatever comes next.
                progress.lane.not_before = Some(now.plus(parts.schedule.asked(asked)));
                add(&mut tally_of(&mut progress, batch.source).dead, events);
                let rest = rest(&batch, reached_before, parts);
                let dead = given_up(&batch, reached, reason, now);
                Settlement::over(progress, (&batch, rest), dead, Step::Settled { events })
            }
        }
    }
}

/// Returns how long nothing is tried after the door has refused to.
pub(crate) fn wait_after(refusal: SendError) -> Duration {
    match refusal {
        SendError::BreakerOpen | SendError::NoEndpoint | SendError::PathClosed => BREAKER_WAIT,
        SendError::Busy
        | SendError::NotInForce
        | SendError::DeadlinePassed
        | SendError::AddressRefused
        | SendError::Connect
        | SendError::Timeout
        | SendError::TooLarge
        | SendError::NoRoom
        | SendError::Protocol => BUSY_WAIT,
    }
}

/// Returns the letters of a message that has had its last attempt.
fn given_up(
    batch: &Batch,
    reached: Reached,
    reason: DeadReason,
    at: UnixMillis,
) -> Vec<DeadLetter> {
    let letter = |position: &Position| {
        let reached = reached.has(*position);
        DeadLetter { position: *position, reason, at, reached }
    };
    match batch.source {
        Source::Journal | Source::Requeued => {
            batch.waiting.iter().take(batch.events).map(letter).collect()
        }
        // They have another outcome already.
        Source::Replayed => Vec::new(),
    }
}

/// Returns the message that comes after one that has ended, with what the partner did not take in that one.
fn rest(batch: &Batch, reached: Reached, parts: &DeliveryParts) -> Option<Batch> {
    let waiting: Vec<Position> = batch.waiting.iter().skip(batch.events).copied().collect();
    (!waiting.is_empty()).then(|| Batch {
        message: DisclosureId(parts.dice.roll()),
        waiting,
        body: None,
        attempt: 0,
        reached,
        ..batch.clone()
    })
}

/// Where a partnership stands after an attempt; written down as one.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) progress: Progress,
    pub(crate) dead: Vec<DeadLetter>,
    pub(crate) step: Step,
}

impl Settlement {
    /// The message has ended: the rest of it is the next, or the cursor moves on.
    fn over(
        mut progress: Progress,
        (batch, rest): (&Batch, Option<Batch>),
        dead: Vec<DeadLetter>,
        step: Step,
    ) -> Self {
        match rest {
            Some(rest) => progress.batch = Some(rest),
            None => end(&mut progress, batch),
        }
        Self { progress, dead, step }
    }

    /// The message waits.
    fn waiting(mut progress: Progress, batch: Batch, step: Step) -> Self {
        progress.batch = Some(batch);
        Self { progress, dead: Vec::new(), step }
    }
}

/// Returns where events of a source are counted: replays apart, since their events ended before.
pub(crate) fn tally_of(progress: &mut Progress, source: Source) -> &mut Tally {
    match source {
        Source::Journal | Source::Requeued => &mut progress.tally,
        Source::Replayed => &mut progress.lane.replayed,
    }
}

/// Adds events to a count.
pub(crate) fn add(count: &mut u64, events: usize) {
    *count = count.saturating_add(u64::try_from(events).unwrap_or(u64::MAX));
}

/// How long to wait when the partnership is at its limit of calls.
const BUSY_WAIT: Duration = Duration::from_millis(200);
/// How long to wait while the partner is being left alone.
const BREAKER_WAIT: Duration = Duration::from_secs(5);
