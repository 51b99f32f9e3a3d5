//! Making messages of what is owed, and sending them until they are acknowledged.

use crate::{Figures, Message, Pack, RecallStoreError, Recalls, Sent, StepError, Waiting, is_due};
use sluicegate_gate::{DisclosureId, PartnershipId, Path, time::UnixMillis};
use sluicegate_ledger::{Answer, Outcome, Recall, RecallError, SendError};
use sluicegate_register::Acknowledge;
use std::{collections::HashSet, time::Duration};

/// Ids in one message at most: with their quotes less than 20 kB, which Standard Webhooks 1.0.0 advises.
const IDS_MAX: usize = 500;
/// Attempts of one step at most; what is left has its turn with the next.
const ATTEMPTS_MAX: usize = 16;
/// How long one attempt may wait for its turn and its connection.
const ATTEMPT: Duration = Duration::from_mins(1);
/// How long to wait when nothing could be tried.
const NOT_TRIED: Duration = Duration::from_secs(5);

/// What one step came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Messages that the partner took.
    pub taken: usize,
    /// Attempts that failed.
    pub failed: usize,
    /// Whether the partnership lapsed with this step.
    pub lapsed: bool,
}

impl Recalls {
    /// Writes off what partners are still owed to be told, once no edition says any longer how: it counts as what cannot be
    /// called back. To be called before messages are made.
    pub async fn write_off(&self) -> Result<(), StepError> {
        let Some(edition) = self.parts.current.load() else { return Ok(()) };
        let owing = self.parts.store.figures().await?.into_iter();
        for one in owing.filter(|one| one.waiting > 0 || one.open > 0) {
            if edition.recalling(&one.partnership).is_none() {
                self.parts.store.write_off(one.partnership.clone()).await?;
                tell_of_writing_off(&one);
            }
        }
        Ok(())
    }

    /// Makes messages of what waits, where enough people are owed something or the first has waited long
    /// enough. Called at fixed intervals, so that when a message is made tells nothing either. Returns how
    /// many.
    pub async fn pack(&self) -> Result<usize, StepError> {
        let mut made = 0;
        for waiting in self.parts.store.waiting().await? {
            if !self.is_ripe(&waiting) {
                continue;
            }
            loop {
                let pack = Pack {
                    message: DisclosureId(self.parts.dice.roll()),
                    partnership: waiting.partnership.clone(),
                    kind: waiting.kind,
                    made_at: self.parts.clock.now(),
                    ids_max: IDS_MAX,
                };
                if self.parts.store.pack(pack).await? == 0 {
                    break;
                }
                made += 1;
            }
        }
        Ok(made)
    }

    fn is_ripe(&self, waiting: &Waiting) -> bool {
        let (options, now) = (&self.parts.options, self.parts.clock.now());
        waiting.people >= options.people_min
            || waiting.oldest.plus(options.wait_max) <= now
            // Why: it is older, since the clock was set back.
            || waiting.oldest > now
    }

    /// Returns the partnerships that may have something to be sent: those that take recalls, listed or no longer.
    pub fn takers(&self) -> Vec<PartnershipId> {
        let Some(edition) = self.parts.current.load() else { return Vec::new() };
        edition.recallings().map(|(id, _)| id.clone()).collect()
    }

    /// Sends what is due to one partnership, and suspends it if it did not acknowledge in time. A message that
    /// cannot be made of what is kept holds up no other.
    pub async fn send(&self, partnership: &PartnershipId) -> Result<Step, StepError> {
        let mut step = Step::default();
        let open = self.parts.store.open_messages(partnership.clone()).await?;
        let due = open.iter().filter(|one| is_due(one.next_at, self.parts.clock.now()));
        for message in due.take(ATTEMPTS_MAX) {
            match self.attempt(message).await? {
                Sent::Acknowledged { .. } | Sent::Taken { .. } => step.taken += 1,
                Sent::Failed { .. } | Sent::Unmade { .. } => step.failed += 1,
                Sent::NotTried { .. } => {}
            }
        }
        // Nobody lapses with the step in which it is first asked, whatever the clock does meanwhile.
        let asked = open.iter().filter(|one| one.counts_from.is_some());
        step.lapsed = self.look_at_lapse(partnership, asked.map(|one| one.message)).await?;
        Ok(step)
    }

    async fn attempt(&self, message: &Message) -> Result<Sent, StepError> {
        let sent = match self.try_one(message).await {
            Err(
                error @ (StepError::Store(RecallStoreError::Corrupt(_))
                | StepError::Recall(
                    RecallError::NotRecorded | RecallError::Empty | RecallError::Write(_),
                )),
            ) => self.unmade(message, &error),
            tried => tried?,
        };
        self.parts.store.settle(message.message, sent).await?;
        Ok(sent)
    }

    async fn try_one(&self, message: &Message) -> Result<Sent, StepError> {
        let parts = &self.parts;
        let edition = parts.current.load();
        let recalling =
            edition.as_ref().and_then(|edition| edition.recalling(&message.partnership));
        let (Some(edition), Some(recalling)) = (&edition, recalling) else {
            return Ok(self.not_tried());
        };
        let recall = Recall {
            message: message.message,
            kind: message.kind,
            partnership: message.partnership.clone(),
            edition: edition.hash(),
            deadline: parts.clock.boot().plus(ATTEMPT),
            made_at: message.made_at,
            disclosures: parts.store.disclosures(message.message).await?,
        };
        self.deliver(recall, message, recalling.acknowledge).await
    }

    /// What is kept of a message is damaged. It stays open, and so in the figures.
    fn unmade(&self, message: &Message, error: &StepError) -> Sent {
        let id = &message.partnership;
        tracing::error!(
            partnership.id = %id,
            recall.message = %message.message,
            error.cause = %std::error::Error::source(error).unwrap_or(error),
            "a recall cannot be made of what is kept; it stays open, and the others go on"
        );
        Sent::Unmade { next_at: self.next(message, None) }
    }

    async fn deliver(
        &self,
        recall: Recall,
        message: &Message,
        acknowledge: Acknowledge,
    ) -> Result<Sent, StepError> {
        let parts = &self.parts;
        if parts.door.refuses(&message.partnership, Path::Recall).is_some() {
            // Nothing of it could leave, so it is not on record.
            return Ok(self.not_tried());
        }
        let cleared = parts.ledger.recall(recall).await?;
        let answered = parts.door.send(cleared).await;
        parts.ledger.outcome(message.message, outcome(&answered));
        let now = parts.clock.now();
        Ok(match answered {
            Ok(Answer { status: 200..300, .. }) => match acknowledge {
                Acknowledge::Answer => Sent::Acknowledged { at: now },
                Acknowledge::Call => {
                    let next_at = now.plus(parts.options.schedule.reminder());
                    Sent::Taken { at: now, next_at }
                }
            },
            Ok(Answer { retry_after, .. }) => self.failed(message, retry_after),
            Err(
                SendError::NotInForce
                | SendError::DeadlinePassed
                | SendError::Busy
                | SendError::BreakerOpen
                | SendError::PathClosed
                | SendError::NoEndpoint,
            ) => self.not_tried(),
            Err(
                SendError::AddressRefused
                | SendError::Connect
                | SendError::Timeout
                | SendError::TooLarge
                | SendError::NoRoom
                | SendError::Protocol,
            ) => self.failed(message, None),
        })
    }

    fn failed(&self, message: &Message, asked: Option<Duration>) -> Sent {
        Sent::Failed { at: self.parts.clock.now(), next_at: self.next(message, asked) }
    }

    /// Returns when a message is tried again after one more failure.
    fn next(&self, message: &Message, asked: Option<Duration>) -> UnixMillis {
        let parts = &self.parts;
        let failures = message.failures.saturating_add(1);
        let wait = parts.options.schedule.wait(failures, asked, parts.dice.as_ref());
        parts.clock.now().plus(wait)
    }

    fn not_tried(&self) -> Sent {
        Sent::NotTried { next_at: self.parts.clock.now().plus(NOT_TRIED) }
    }

    /// Suspends a partnership whose time has run out. Returns whether it ran out just now. What was written
    /// down and could not be published is published with the next step. One that is no longer listed gets nothing
    /// that could be stopped: it is written down, too, and holds if it is listed again.
    async fn look_at_lapse(
        &self,
        partnership: &PartnershipId,
        asked: impl Iterator<Item = DisclosureId>,
    ) -> Result<bool, StepError> {
        let parts = &self.parts;
        let _alone = self.lapsing.lock().await;
        let asked: HashSet<DisclosureId> = asked.collect();
        let Some(edition) = parts.current.load() else { return Ok(false) };
        let Some(recalling) = edition.recalling(partnership) else { return Ok(false) };
        let open = parts.store.open_messages(partnership.clone()).await?;
        let now = parts.clock.now();
        let is_late = |message: &&Message| {
            let from = message.counts_from.filter(|_| asked.contains(&message.message));
            // Why: one that had no turn yet has not had put off what it missed.
            let missed = now.0.saturating_sub(message.next_at.0).max(0);
            let put_off = |from: UnixMillis| UnixMillis(from.0.saturating_add(missed));
            from.is_some_and(|from| put_off(from).plus(recalling.lapse()) <= now)
        };
        let is_new = match open.iter().find(is_late) {
            Some(late) => {
                let is_new = parts.store.lapse(partnership.clone(), now).await?;
                if is_new {
                    tell_of_lapse(partnership, late.made_at);
                }
                is_new
            }
            None => false,
        };
        let goes_on = edition.partnership(partnership).is_some_and(|one| !one.terms.suspended);
        if goes_on && parts.store.lapsed().await?.contains(partnership) {
            parts.suspend.suspend(partnership, true).await?;
        }
        Ok(is_new)
    }
}

fn tell_of_writing_off(figures: &Figures) {
    tracing::error!(
        partnership.id = %figures.partnership,
        recall.ids_waiting = figures.waiting,
        recall.messages_open = figures.open,
        "the register does not say any longer how a partner is told to forget; what it was not told yet cannot be called back"
    );
}

fn tell_of_lapse(partnership: &PartnershipId, made_at: UnixMillis) {
    tracing::error!(
        partnership.id = %partnership,
        recall.made_at_ms = made_at.0,
        "a partner did not acknowledge a recall in time; its partnership is suspended, or listed no longer"
    );
}

fn outcome(answered: &Result<Answer, SendError>) -> Outcome {
    match answered {
        Ok(Answer { status: 200..300, .. }) => Outcome::Delivered,
        Ok(_)
        | Err(SendError::Timeout | SendError::TooLarge | SendError::NoRoom | SendError::Protocol) => {
            Outcome::Unconfirmed
        }
        Err(
            SendError::NotInForce
            | SendError::DeadlinePassed
            | SendError::Busy
            | SendError::BreakerOpen
            | SendError::AddressRefused
            | SendError::PathClosed
            | SendError::NoEndpoint
            | SendError::Connect,
        ) => Outcome::Failed,
    }
}
