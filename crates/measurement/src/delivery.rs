//! One partnership's way through the journal.
//!
//! A delivery has one cursor. A step takes what comes next, judges each exposure for the time it
//! happened and for now, writes down what it is about to send, records it in the ledger, sends it, and
//! moves the cursor together with the outcome. A message that was not accepted is tried again later:
//! every attempt judges anew, and what may no longer be told falls out of it.
//!
//! ```text
//! cursor ──► judge ──► withheld                                    (noted once, counted)
//!              └─────► batch, durable ──► ledger ──► door ──► 2xx  delivered
//!                        ▲                             ├────► 410  held until an operator resumes
//!                        └── wait, judge anew ◄────────┴────► else unconfirmed, if turned off by now;
//!                                                                  dead, after the last attempt
//! ```
//!
//! A crash between sending and writing the outcome sends the same message id again: partners know
//! repeats by it, and by the id of each record.

use crate::{
    Batch, DeadLetter, Journal, JournalError, Keys, PartnerKeys, Position, Progress, Reached,
    Schedule,
    attempt::{Ended, add},
    judge::{Judge, Refusal, Verdict},
    plan::Plan,
    reader::{EVENTS_MAX, Reader},
    record::Exposures,
};
use sluicegate_gate::{
    DisclosureId, EncodeError, JoinError, PartnershipId, Path, Sealed, Via,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Door, Ledger, RecordError, WithheldNote};
use sluicegate_register::{Current, Edition, Endpoint, Partnership};
use sluicegate_settings::Settings;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

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
    /// Where exposures wait.
    pub journal: Arc<dyn Journal>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// The keys.
    pub keys: Keys,
    /// When a message is tried again.
    pub schedule: Schedule,
}

/// What a step did, or why there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The partner accepted a message with this many events.
    Delivered {
        /// How many.
        events: usize,
    },
    /// Nothing was sent: all of these may not be told, or were given up.
    Settled {
        /// How many.
        events: usize,
    },
    /// Nothing new is in the journal.
    Idle,
    /// Nothing can be done for this long.
    Wait(Duration),
    /// What waits stays, until someone changes something.
    Held(Held),
}

/// Why a delivery stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    /// The partner answered 410: an operator's [`crate::Deliveries::resume`] goes on.
    Gone,
    /// The edition gives the partnership no endpoint.
    NoEndpoint,
    /// The operator suspended the partnership, or it has not started.
    NotInForce,
    /// The edition in force has no such partnership that gets events, or there is no edition.
    NotListed,
}

impl Step {
    /// Returns how long to wait before the next step, `idle` being the wait when there is nothing to do.
    pub fn pause(self, idle: Duration) -> Duration {
        match self {
            Self::Delivered { .. } | Self::Settled { .. } => Duration::ZERO,
            Self::Idle => idle,
            // Why: what is waited for may come earlier, when an operator asks for it.
            Self::Wait(wait) => wait.min(WAIT_MAX),
            Self::Held(_) => WAIT_MAX,
        }
    }
}

/// A step failed on our side. Nothing is lost; the next step goes on.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger did not take the record, so nothing was sent.
    #[error(transparent)]
    Ledger(#[from] RecordError),
    /// The records could not be joined.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The message could not be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// One partnership's way through the journal. There must be one per partnership at a time.
#[derive(Debug)]
pub struct Delivery {
    partnership: PartnershipId,
    parts: DeliveryParts,
    keys: PartnerKeys,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    progress: Progress,
    reader: Reader,
}

/// A message that is about to go.
struct Outgoing {
    records: Vec<Sealed<Exposures>>,
    batch: Batch,
    reached_before: Reached,
}

enum Chosen {
    Send(Outgoing),
    Nothing(Step),
}

impl Delivery {
    /// Goes on where the partnership stopped; a new one begins with the first exposure that happened
    /// since it was listed. What happened before could not be told, and is not counted.
    pub async fn open(
        parts: DeliveryParts,
        partnership: PartnershipId,
    ) -> Result<Self, JournalError> {
        let mut reader = Reader::new(Arc::clone(&parts.journal), parts.keys.clone());
        let progress = if let Some(known) = parts.journal.progress(partnership.clone()).await? {
            known
        } else {
            let edition = parts.current.load();
            let listed = edition.as_ref().and_then(|edition| edition.partnership(&partnership));
            let head = parts.journal.head().await?;
            let cursor = match listed.map(|listed| listed.terms.listed_since) {
                // Why: exposures are accepted as soon as the edition is in force, which is before
                // anything opens the delivery, and after a crash long before.
                Some(since) => reader.first_since(since, head).await?.unwrap_or(head),
                None => head,
            };
            let begun = Progress { cursor, ..Progress::default() };
            parts.journal.commit(partnership.clone(), begun.clone(), Vec::new()).await?;
            begun
        };
        let keys = parts.keys.partner(&partnership);
        Ok(Self { partnership, parts, keys, state: Mutex::new(State { progress, reader }) })
    }

    /// Returns the partnership.
    pub fn partnership(&self) -> &PartnershipId {
        &self.partnership
    }

    /// Goes on after the partner answered 410. What waits is judged anew.
    pub async fn resume(&self) -> Result<(), JournalError> {
        self.change(|progress, _now| progress.held_since = None).await
    }

    /// Makes the next attempt due now, for a partner that is known to be back.
    pub async fn retry_now(&self) -> Result<(), JournalError> {
        self.change(|progress, now| {
            if let Some(batch) = &mut progress.batch {
                batch.next_at = now;
            }
        })
        .await
    }

    /// Does what is next: judges, sends one message at most, and writes down what became of it.
    pub async fn step(&self) -> Result<Step, StepError> {
        let mut state = self.state.lock().await;
        let Some(edition) = self.parts.current.load() else {
            return Ok(Step::Held(Held::NotListed));
        };
        let now = self.parts.clock.now();
        let (partnership, endpoint) = match self.endpoint(&edition, &state.progress, now) {
            Ok(found) => found,
            Err(held) => return Ok(Step::Held(held)),
        };
        let judge = Judge {
            edition: &edition,
            partnership,
            settings: &self.parts.settings,
            keys: &self.keys,
            now,
            boot: self.parts.clock.boot(),
        };
        let chosen = match state.progress.batch.clone() {
            None => self.gather(&mut state, &judge, endpoint).await?,
            Some(batch) => match until(batch.next_at, now) {
                Some(wait) => Chosen::Nothing(Step::Wait(wait)),
                None => self.again(&mut state, &judge, batch).await?,
            },
        };
        match chosen {
            Chosen::Nothing(step) => Ok(step),
            Chosen::Send(outgoing) => self.send(&mut state, outgoing).await,
        }
    }

    fn endpoint<'e>(
        &self,
        edition: &'e Edition,
        progress: &Progress,
        now: UnixMillis,
    ) -> Result<(&'e Partnership, &'e Endpoint), Held> {
        let listed = edition.partnership(&self.partnership).ok_or(Held::NotListed)?;
        if listed.terms.via != Via::Events {
            return Err(Held::NotListed);
        }
        if listed.terms.suspended || now < listed.terms.start {
            return Err(Held::NotInForce);
        }
        if progress.held_since.is_some() {
            return Err(Held::Gone);
        }
        Ok((listed, listed.endpoint.as_ref().ok_or(Held::NoEndpoint)?))
    }

    /// Takes what comes next, as much as one message holds.
    async fn gather(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
        endpoint: &Endpoint,
    ) -> Result<Chosen, StepError> {
        let cursor = state.progress.cursor;
        let all = Position(u64::MAX);
        let events = state.reader.window(cursor, all, endpoint.batch_events).await?;
        if events.is_empty() {
            return Ok(Chosen::Nothing(Step::Idle));
        }
        let mut plan = Plan::new(judge.now, cursor);
        for event in events {
            let verdict = judge.judge(&event.exposure, judge.now);
            if !plan.takes(&verdict, endpoint) {
                break;
            }
            plan.take(event.position, verdict);
        }
        if plan.until == cursor {
            return Ok(Chosen::Nothing(Step::Wait(VIEW_WAIT)));
        }
        let batch = Batch {
            message: DisclosureId(self.parts.dice.roll()),
            made_at: judge.now,
            waiting: Vec::new(),
            until: plan.until,
            attempt: 0,
            next_at: judge.now,
            reached: Reached::Never,
        };
        self.begin(state, plan, batch).await
    }

    /// Judges a waiting message anew. What may no longer be told falls out, and the rest is a new message.
    async fn again(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
        mut batch: Batch,
    ) -> Result<Chosen, StepError> {
        let cursor = state.progress.cursor;
        let events = state.reader.window(cursor, batch.until, EVENTS_MAX).await?;
        let mut plan = Plan::new(judge.now, cursor);
        for position in &batch.waiting {
            let found = events.binary_search_by_key(position, |event| event.position).ok();
            let verdict = match found.and_then(|index| events.get(index)) {
                Some(event) => judge.judge(&event.exposure, batch.made_at),
                None => Verdict::TooOld,
            };
            if matches!(verdict, Verdict::Undecided) {
                return Ok(Chosen::Nothing(Step::Wait(VIEW_WAIT)));
            }
            plan.take(*position, verdict);
        }
        if plan.waiting.len() < batch.waiting.len() {
            batch.message = DisclosureId(self.parts.dice.roll());
        }
        self.begin(state, plan, batch).await
    }

    /// Writes down what is about to be sent, and what will never be, before a byte goes.
    async fn begin(
        &self,
        state: &mut State,
        plan: Plan,
        mut batch: Batch,
    ) -> Result<Chosen, StepError> {
        let Plan { records, waiting, withheld, dead, .. } = plan;
        let reached_before = batch.reached;
        let settled = withheld.len() + dead.len();
        let mut progress = state.progress.clone();
        let lost = match reached_before {
            Reached::Never => &mut progress.tally.withheld,
            Reached::Perhaps => &mut progress.tally.unconfirmed,
        };
        add(lost, withheld.len());
        add(&mut progress.tally.dead, dead.len());
        let chosen = if waiting.is_empty() {
            progress.cursor = batch.until;
            progress.batch = None;
            Chosen::Nothing(Step::Settled { events: settled })
        } else {
            add(&mut progress.tally.attempts, 1);
            batch.waiting = waiting;
            // Why: after a crash nobody can tell whether the bytes went.
            batch.reached = Reached::Perhaps;
            progress.batch = Some(batch.clone());
            Chosen::Send(Outgoing { records, batch, reached_before })
        };
        self.commit(state, progress, dead).await?;
        for Refusal { keys, reasons } in withheld {
            self.parts.ledger.withheld(WithheldNote {
                partnership: self.partnership.clone(),
                path: Path::Exposures,
                reasons,
                keys,
                at: self.parts.clock.now(),
            });
        }
        Ok(chosen)
    }

    /// Records the message, sends it, and writes down what became of it.
    async fn send(&self, state: &mut State, outgoing: Outgoing) -> Result<Step, StepError> {
        let Outgoing { records, batch, reached_before } = outgoing;
        let message = batch.message;
        if let Some(refusal) = self.parts.door.refuses(&self.partnership, Path::Exposures) {
            // Nothing of it could leave, so nothing of it is on record as told.
            let ended = Ended::of(&Err(refusal), reached_before);
            let settled = ended.settle(&state.progress, batch, &self.parts);
            self.commit(state, settled.progress, settled.dead).await?;
            return Ok(settled.step);
        }
        let recorded = match Sealed::join(message, records)?.into_envelope() {
            Ok(envelope) => self.parts.ledger.record(envelope).await.map_err(StepError::from),
            Err(error) => Err(error.into()),
        };
        let cleared = match recorded {
            Ok(cleared) => cleared,
            Err(error) => {
                // No byte went. The next commit writes this down.
                state.progress.batch = Some(Batch { reached: reached_before, ..batch });
                return Err(error);
            }
        };
        let ended = Ended::of(&self.parts.door.send(cleared).await, reached_before);
        self.parts.ledger.outcome(message, ended.outcome());
        let settled = ended.settle(&state.progress, batch, &self.parts);
        self.commit(state, settled.progress, settled.dead).await?;
        Ok(settled.step)
    }

    async fn change(
        &self,
        change: impl FnOnce(&mut Progress, UnixMillis),
    ) -> Result<(), JournalError> {
        let mut state = self.state.lock().await;
        let mut progress = state.progress.clone();
        change(&mut progress, self.parts.clock.now());
        self.commit(&mut state, progress, Vec::new()).await
    }

    async fn commit(
        &self,
        state: &mut State,
        progress: Progress,
        dead: Vec<DeadLetter>,
    ) -> Result<(), JournalError> {
        let partnership = self.partnership.clone();
        self.parts.journal.commit(partnership, progress.clone(), dead).await?;
        state.progress = progress;
        Ok(())
    }
}

fn until(next_at: UnixMillis, now: UnixMillis) -> Option<Duration> {
    let wait = u64::try_from(next_at.0.saturating_sub(now.0)).unwrap_or(0);
    (wait > 0).then(|| Duration::from_millis(wait))
}

/// How long to wait for a view that can be trusted.
const VIEW_WAIT: Duration = Duration::from_millis(500);
/// No pause between steps is longer.
const WAIT_MAX: Duration = Duration::from_secs(1);
