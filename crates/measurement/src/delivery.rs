//! One partnership's way through the journal.
//!
//! A delivery has one cursor. A step takes what comes next, judges each exposure for the time it
//! happened and for now, writes down what it is about to send while it records it in the ledger, sends it, and
//! moves the cursor together with the outcome. A message that was not accepted is tried again later:
//! every attempt judges anew, and what may no longer be told falls out of it, also while it waits.
//!
//! ```text
//! cursor ──► judge ──► withheld                                    (counted once in the ledger)
//!              └─────► batch and record, both durable ──► door ──► 2xx  delivered
//!                        ▲                                  ├────► 410  held until an operator resumes
//!                        └── wait, judge anew ◄─────────────┴────► else unconfirmed, if turned off by now;
//!                                                                       dead, after the last attempt
//! ```
//!
//! A message is put together only of what was read under one set of people who are being erased; where somebody has
//! joined them since it was read, it is read anew ([`Erasing`](crate::Erasing)).
//!
//! What an operator asks to have told again goes before what comes next, and through the same judgement. So does,
//! after a start, what was given up because the person's shard of the view had stopped: nobody waits for it meanwhile.
//! A crash between sending and writing the outcome sends the same message id again: partners know
//! repeats by it, and by the id of each record. One before that may leave a record of a message that never goes: it
//! reads as "may have left".

use crate::{
    Batch, DeadLetter, DeliveryParts, EndpointSaid, Held, JournalError, Lane, PartnerKeys,
    Position, Progress, Reached, Source, Step, StepError,
    attempt::{Ended, add, tally_of, wait_after},
    judge::Judge,
    plan::Plan,
    reader::Reader,
    record::Exposures,
};
use sluicegate_gate::{
    DisclosureId, Envelope, PartnershipId, Path, Sealed, Via,
    time::{BootMillis, UnixMillis},
};
use sluicegate_ledger::{Cleared, NumberedNotes, Outcome};
use sluicegate_register::{Edition, Endpoint, Partnership};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// One partnership's way through the journal. There must be one per partnership at a time.
#[derive(Debug)]
pub struct Delivery {
    pub(crate) partnership: PartnershipId,
    pub(crate) parts: DeliveryParts,
    pub(crate) keys: Arc<PartnerKeys>,
    pub(crate) source: Arc<str>,
    pub(crate) state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) progress: Progress,
    /// Reads on from the cursor.
    pub(crate) reader: Reader,
    /// Reads what is told again, so that going back does not close the packs at the cursor.
    pub(crate) backwards: Reader,
    /// When that time of [`Lane::not_before`] comes, by the clock that does not go back.
    due: Option<(UnixMillis, BootMillis)>,
    /// Since when the event at this position has been waiting for others.
    pub(crate) ripening: Option<(Position, BootMillis)>,
    /// What was withheld last, while the ledger has not counted it.
    pub(crate) fresh: Option<NumberedNotes>,
    /// What the way out was told of how many messages the endpoint takes.
    pub(crate) keeps_to: Option<EndpointSaid>,
    /// Whether the ledger has counted what the journal still has as uncounted.
    pub(crate) is_unsaved: bool,
    /// Of what share of the time before everything is held somebody was told, in percent.
    pub(crate) alarmed: u8,
    /// Before this event those are still to be put back that were given up until this start.
    pub(crate) put_back_before: Option<Position>,
    /// Meanwhile these and what is new have turns: whose was the last.
    was_turn_of_new: bool,
}

/// A message that is about to go, and what is written down of it before.
pub(crate) struct Outgoing {
    records: Vec<Sealed<Exposures>>,
    batch: Batch,
    reached_before: Reached,
    progress: Progress,
    dead: Vec<DeadLetter>,
}

pub(crate) enum Chosen {
    Send(Box<Outgoing>),
    /// The door lets nothing through at the moment.
    Rest(Step),
    Nothing(Step),
}

impl State {
    pub(crate) fn reader_of(&mut self, source: Source) -> &mut Reader {
        match source {
            Source::Journal => &mut self.reader,
            Source::Requeued | Source::Replayed => &mut self.backwards,
        }
    }

    /// Forgets what is at hand if somebody is being erased, or has been, since it was read.
    fn renew(&mut self) {
        if !self.is_current() {
            self.reader.renew();
            self.backwards.renew();
            // Why: it names people. Read again, it names none who is erased.
            self.fresh = None;
        }
    }

    /// Returns for how long nothing goes yet, `longest` at most. Where the time of day was set meanwhile the wait stays
    /// what it was, and what is written down is put right.
    fn waits_for(&mut self, (now, boot): Moment, longest: Duration) -> Option<Duration> {
        let not_before = self.progress.lane.not_before?;
        let due = match self.due {
            Some((of, due)) if of == not_before => due,
            Some(_) | None => boot.plus(between(now, not_before).min(longest)),
        };
        let wait = due.since(boot);
        let stands = now.plus(wait);
        let is_off = between(stands, not_before).max(between(not_before, stands)) > SET_BY;
        if is_off && !wait.is_zero() {
            self.progress.lane.not_before = Some(stands);
            self.is_unsaved = true;
        }
        self.due = self.progress.lane.not_before.map(|of| (of, due));
        (!wait.is_zero()).then_some(wait)
    }

    fn is_current(&self) -> bool {
        self.reader.is_current() && self.backwards.is_current()
    }
}

/// The time of day, and that of the clock that does not go back.
type Moment = (UnixMillis, BootMillis);

impl Delivery {
    /// Goes on where the partnership stopped; a new one begins with the first exposure that happened
    /// since it was listed. What happened before could not be told, and is not counted.
    pub async fn open(
        parts: DeliveryParts,
        partnership: PartnershipId,
    ) -> Result<Self, JournalError> {
        let of = |parts: &DeliveryParts| {
            Reader::new(Arc::clone(&parts.journal), parts.keys.clone(), parts.erasing.clone())
        };
        let (mut reader, backwards) = (of(&parts), of(&parts));
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
            let withdrawn = listed.is_none().then_some(cursor);
            let lane = Lane { withdrawn, ..Lane::default() };
            let begun = Progress { cursor, lane, ..Progress::default() };
            parts.journal.commit(partnership.clone(), begun.clone(), Vec::new()).await?;
            begun
        };
        let keys = Arc::new(parts.keys.partner(&partnership));
        let put_back_before = progress.lane.stopped_from.map(|_first| Position(u64::MAX));
        let state = State {
            progress,
            reader,
            backwards,
            due: None,
            ripening: None,
            fresh: None,
            keeps_to: None,
            is_unsaved: false,
            alarmed: 0,
            put_back_before,
            was_turn_of_new: false,
        };
        let source = parts.options.source_for(&partnership);
        Ok(Self { partnership, parts, keys, source, state: Mutex::new(state) })
    }

    /// Returns the partnership.
    pub fn partnership(&self) -> &PartnershipId {
        &self.partnership
    }

    /// Does what is next: judges, sends one message at most, and writes down what became of it.
    pub async fn step(&self) -> Result<Step, StepError> {
        let mut state = self.state.lock().await;
        state.renew();
        let step = self.advance(&mut state).await?;
        // Why here too: whoever runs it sleeps now, and the time of day may be set meanwhile.
        let moment = (self.parts.clock.now(), self.parts.clock.boot());
        let _wait = state.waits_for(moment, self.parts.schedule.longest());
        let rests = !matches!(step, Step::Delivered { .. } | Step::Settled { .. });
        if rests && state.is_unsaved {
            let progress = state.progress.clone();
            self.commit(&mut state, progress, Vec::new()).await?;
        }
        Ok(step)
    }

    async fn advance(&self, state: &mut State) -> Result<Step, StepError> {
        self.note(state).await?;
        let Some(edition) = self.parts.current.load() else {
            return Ok(Step::Held(Held::NotListed));
        };
        let Some(listed) = listed(&edition, &self.partnership) else {
            return self.withdraw(state).await;
        };
        self.list_again(state, listed).await?;
        self.put_stopped_back(state).await?;
        let now = self.parts.clock.now();
        let judge = Judge {
            edition: &edition,
            partnership: listed,
            settings: &self.parts.settings,
            keys: &self.keys,
            source: &self.source,
            now,
            boot: self.parts.clock.boot(),
        };
        let longest = self.parts.schedule.longest();
        if let Some(stands) = standstill(state, &judge, longest) {
            if stands == Step::Held(Held::NotInForce) && state.progress.lane.failing_since.is_some()
            {
                // Why: for as long as it is suspended nothing fails. The next commit writes this down.
                state.progress.lane.is_not_failing();
                state.is_unsaved = true;
            }
            return self.rest(state, &judge, stands).await;
        }
        let Some(endpoint) = &listed.endpoint else {
            return self.rest(state, &judge, Step::Held(Held::NoEndpoint)).await;
        };
        if let Some(stands) = self.greet(state, &judge, endpoint).await? {
            return self.rest(state, &judge, stands).await;
        }
        match self.choose(state, (&edition, &judge), endpoint).await? {
            Chosen::Nothing(step) => Ok(step),
            Chosen::Rest(stands) => self.rest(state, &judge, stands).await,
            Chosen::Send(outgoing) => self.send(state, outgoing).await,
        }
    }

    /// Sends nothing. What may not be told any more falls out of what waits all the same.
    async fn rest(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
        stands: Step,
    ) -> Result<Step, StepError> {
        let fallen = self.sweep(state, judge).await?;
        Ok(if fallen > 0 { Step::Settled { events: fallen } } else { stands })
    }

    /// Returns that 50, 70 or 90 percent of the time have passed after which everything is held for an endpoint
    /// at which every attempt fails. Each is returned once until an attempt succeeds.
    pub async fn nears_holding(&self) -> Option<u8> {
        let mut state = self.state.lock().await;
        let now = self.parts.clock.now();
        let schedule = &self.parts.schedule;
        let failing = state.progress.failing(now, schedule.quiet_max());
        let percent = schedule.failing_percent(failing, now);
        let reached = ALARMS.into_iter().rfind(|alarm| *alarm <= percent).unwrap_or(0);
        let is_new = reached > state.alarmed;
        state.alarmed = reached;
        is_new.then_some(reached)
    }

    async fn choose(
        &self,
        state: &mut State,
        (edition, judge): (&Arc<Edition>, &Judge<'_>),
        endpoint: &Endpoint,
    ) -> Result<Chosen, StepError> {
        let waiting = state.progress.batch.clone();
        let is_next = waiting.is_some() || !state.progress.lane.again.is_empty();
        if is_next && let Some(stands) = self.refused() {
            return Ok(Chosen::Rest(stands));
        }
        if let Some(batch) = waiting {
            return self.again(state, judge, endpoint, batch).await;
        }
        // Why in turns: what a stopped shard left may be so much that nothing new would go for hours.
        let is_turn_of_new = state.put_back_before.is_some() && !state.was_turn_of_new;
        state.was_turn_of_new = is_turn_of_new;
        if is_turn_of_new {
            let chosen = self.gather(state, (edition, judge), endpoint).await?;
            if !matches!(chosen, Chosen::Nothing(Step::Wait(_) | Step::Idle)) {
                return Ok(chosen);
            }
        }
        match self.gather_again(state, judge, endpoint).await? {
            Some(chosen) => Ok(chosen),
            None => self.gather(state, (edition, judge), endpoint).await,
        }
    }

    /// Returns that nothing goes now, if the door says so. Asked before anything is judged: what cannot leave costs
    /// neither seals nor commits, and is not on record as told.
    pub(crate) fn refused(&self) -> Option<Step> {
        let refusal = self.parts.door.refuses(&self.partnership, Path::Exposures)?;
        Some(Step::Wait(wait_after(refusal)))
    }

    /// Plans what is about to be sent, and writes down what never will be. A message has another id
    /// as soon as its body is another: who has taken the one knows the other as new.
    pub(crate) async fn begin(
        &self,
        state: &mut State,
        mut progress: Progress,
        mut plan: Plan,
        mut batch: Batch,
    ) -> Result<Chosen, StepError> {
        if !state.is_current() {
            // INVARIANT: whoever erases has readers know it first, and then changes the person's keys. What was decided
            // by those keys' new state and is read from before is therefore never sent.
            return Ok(Chosen::Nothing(Step::Wait(Duration::ZERO)));
        }
        let reached_before = batch.reached;
        let body = plan.body(&self.keys, &self.source, batch.made_at);
        let records = std::mem::take(&mut plan.records);
        batch.events = records.len();
        batch.waiting = std::mem::take(&mut plan.waiting);
        let fallen = plan.withheld.len() + plan.dead.len();
        let dead = self.book(state, &mut progress, plan, &batch).await?;
        if batch.waiting.is_empty() {
            end(&mut progress, &batch);
            self.commit(state, progress, dead).await?;
            self.note(state).await?;
            return Ok(Chosen::Nothing(Step::Settled { events: fallen }));
        }
        add(&mut tally_of(&mut progress, batch.source).attempts, 1);
        if batch.body.is_some_and(|before| before != body) {
            batch.message = DisclosureId(self.parts.dice.roll());
        }
        batch.body = Some(body);
        // Why: after a crash nobody can tell whether the bytes went.
        batch.reached = reached_before.with(&batch.waiting, batch.events);
        progress.batch = Some(batch.clone());
        Ok(Chosen::Send(Box::new(Outgoing { records, batch, reached_before, progress, dead })))
    }

    /// Writes the message down and records it, both at once, since no byte goes before either is durable. While that
    /// gets to the disk, what comes next is read.
    ///
    /// Where the one is done and the other is not, something that never goes reads as "may have left", or goes on under
    /// the same id.
    async fn record(
        &self,
        state: &mut State,
        (source, envelope): (Source, Envelope),
        (progress, dead): (Progress, Vec<DeadLetter>),
    ) -> Result<Cleared, StepError> {
        let (message, partnership) = (envelope.message(), self.partnership.clone());
        let next = progress.batch.as_ref().map_or(progress.cursor, |batch| batch.until);
        let ahead = async {
            match source {
                Source::Journal => state.reader.read_ahead(next).await,
                Source::Requeued | Source::Replayed => {}
            }
        };
        let written = self.parts.journal.commit(partnership, progress.clone(), dead);
        let recorded = self.parts.ledger.record(envelope);
        let (written, recorded, ()) = tokio::join!(written, recorded, ahead);
        if let Err(error) = written {
            if recorded.is_ok() {
                self.parts.ledger.outcome(message, Outcome::Failed);
            }
            return Err(error.into());
        }
        state.progress = progress;
        state.is_unsaved = false;
        if let Err(error) = self.note(state).await {
            if recorded.is_ok() {
                self.parts.ledger.outcome(message, Outcome::Failed);
            }
            return Err(error);
        }
        Ok(recorded?)
    }

    /// Records the message, sends it, and writes down what became of it.
    async fn send(&self, state: &mut State, outgoing: Box<Outgoing>) -> Result<Step, StepError> {
        let Outgoing { records, batch, reached_before, progress, dead } = *outgoing;
        let message = batch.message;
        let envelope = Sealed::join(message, records)?.into_envelope()?;
        let recorded = self.record(state, (batch.source, envelope), (progress, dead)).await;
        let cleared = match recorded {
            Ok(cleared) => cleared,
            Err(error) => {
                // No byte went. The next commit writes this down.
                if let Some(begun) = &mut state.progress.batch {
                    begun.reached = reached_before;
                }
                return Err(error);
            }
        };
        let sent = self.parts.door.send(cleared).await;
        let ended = Ended::of(&sent, (reached_before, batch.reached));
        self.parts.ledger.outcome(message, ended.outcome());
        let settled = ended.settle(&state.progress, batch, reached_before, &self.parts);
        self.commit(state, settled.progress, settled.dead).await?;
        Ok(settled.step)
    }

    pub(crate) async fn commit(
        &self,
        state: &mut State,
        progress: Progress,
        dead: Vec<DeadLetter>,
    ) -> Result<(), JournalError> {
        let partnership = self.partnership.clone();
        self.parts.journal.commit(partnership, progress.clone(), dead).await?;
        state.progress = progress;
        state.is_unsaved = false;
        Ok(())
    }
}

/// Moves on from a message that has ended.
pub(crate) fn end(progress: &mut Progress, batch: &Batch) {
    progress.batch = None;
    if batch.source == Source::Journal {
        progress.cursor = batch.until;
    }
}

fn listed<'e>(edition: &'e Edition, id: &PartnershipId) -> Option<&'e Partnership> {
    edition.partnership(id).filter(|listed| listed.terms.via == Via::Events)
}

/// Returns why what waits is not sent now.
fn standstill(state: &mut State, judge: &Judge<'_>, longest: Duration) -> Option<Step> {
    let (terms, progress) = (&judge.partnership.terms, &state.progress);
    if terms.suspended || judge.now < terms.start {
        return Some(Step::Held(Held::NotInForce));
    }
    if progress.held_since.is_some() {
        return Some(Step::Held(progress.lane.held_for.into()));
    }
    state.waits_for((judge.now, judge.boot), longest).map(Step::Wait)
}

/// Returns how long after one time another is; zero if it is not.
fn between(earlier: UnixMillis, later: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(later.0.saturating_sub(earlier.0)).unwrap_or(0))
}

/// A time of day that is off by more has been set.
const SET_BY: Duration = Duration::from_secs(1);

/// Shares of the time before everything is held of which somebody is told, in percent.
const ALARMS: [u8; 3] = [50, 70, 90];
