//! What is not told: counted once, dropped while it waits, and taken from a partnership that has left.

use crate::{
    Batch, DeadLetter, DeadReason, Delivery, JournalError, Position, Progress, Reached, Run,
    Source, Step, StepError, Unnoted,
    attempt::{add, tally_of},
    delivery::{State, end},
    gather::{find, window_of},
    judge::{Judge, Refusal, Weighed, keys_of},
    plan::Plan,
    reader::{EVENTS_MAX, Event},
};
use sluicegate_gate::{DisclosureId, Path, Reason, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{NumberedNotes, WithheldNote};
use sluicegate_register::Partnership;

impl Delivery {
    /// Counts what fell out of a message, and leaves what was withheld for the ledger. Returns what was
    /// given up.
    pub(crate) async fn book(
        &self,
        state: &mut State,
        progress: &mut Progress,
        plan: Plan,
        batch: &Batch,
    ) -> Result<Vec<DeadLetter>, JournalError> {
        let Plan { mut withheld, mut dead, .. } = plan;
        for letter in &mut dead {
            letter.reached = batch.reached.has(letter.position);
        }
        let all = withheld.len();
        self.leave_out_known(&mut withheld, batch.source).await?;
        let tally = tally_of(progress, batch.source);
        add(&mut tally.withheld, all - withheld.len());
        let perhaps = withheld.iter().filter(|(position, _)| batch.reached.has(*position)).count();
        add(&mut tally.withheld, withheld.len() - perhaps);
        add(&mut tally.unconfirmed, perhaps);
        add(&mut tally.dead, dead.len());
        if !withheld.is_empty() {
            let lane = &mut progress.lane;
            lane.noted = lane.noted.saturating_add(1);
            let events =
                withheld.iter().map(|(position, refusal)| (*position, refusal.reasons.as_slice()));
            let unnoted = Unnoted::of(lane.noted, self.parts.clock.now(), events);
            let note = |(_, Refusal { keys, reasons })| self.note_of(keys, reasons, unnoted.at);
            state.fresh = Some(NumberedNotes {
                partnership: self.partnership.clone(),
                number: unnoted.number,
                notes: withheld.into_iter().map(note).collect(),
            });
            lane.unnoted = Some(unnoted);
        }
        if batch.source == Source::Replayed {
            // It has another outcome already.
            return Ok(Vec::new());
        }
        let stopped = dead.iter().filter(|letter| letter.reason == DeadReason::ViewStopped);
        let stopped = stopped.map(|letter| letter.position);
        progress.lane.stopped_from = stopped.chain(progress.lane.stopped_from).min();
        Ok(dead)
    }

    /// Takes out what is in the ledger as withheld already: an event that is replayed may have been withheld when it
    /// came first, or when it was replayed before. What was told then is withheld for the first time now.
    async fn leave_out_known(
        &self,
        withheld: &mut Vec<(Position, Refusal)>,
        source: Source,
    ) -> Result<(), JournalError> {
        let Some(((first, _), (last, _))) = withheld.first().zip(withheld.last()) else {
            return Ok(());
        };
        match source {
            Source::Journal | Source::Requeued => return Ok(()),
            Source::Replayed => {}
        }
        let (from, until) = (*first, last.plus(1));
        let known = self.parts.journal.withheld(self.partnership.clone(), from, until).await?;
        withheld.retain(|(position, _)| known.binary_search(position).is_err());
        Ok(())
    }

    /// Hands what was withheld to the ledger. It is written down already, so after a crash this is done
    /// again under the same number, and counts once.
    pub(crate) async fn note(&self, state: &mut State) -> Result<(), StepError> {
        let Some(unnoted) = state.progress.lane.unnoted.clone() else { return Ok(()) };
        let fresh = state.fresh.take().filter(|fresh| fresh.number == unnoted.number);
        let notes = match fresh {
            Some(fresh) => fresh,
            None => self.read_again(state, &unnoted).await?,
        };
        self.parts.ledger.withheld_once(notes).await?;
        // The next commit writes this down; until then the number says it.
        state.progress.lane.unnoted = None;
        state.is_unsaved = true;
        Ok(())
    }

    /// Reads what was withheld before a crash, or before the ledger failed.
    async fn read_again(
        &self,
        state: &mut State,
        unnoted: &Unnoted,
    ) -> Result<NumberedNotes, StepError> {
        let mut notes = Vec::new();
        for run in &unnoted.runs {
            let reasons: Vec<Reason> =
                run.reasons.iter().filter_map(|code| Reason::from_code(code)).collect();
            let mut from = run.run.from;
            while from < run.run.end() {
                let window = state.backwards.window(from, run.run.end(), EVENTS_MAX).await?;
                let Some(last) = window.last().map(|event| event.position) else { break };
                for event in window {
                    let subject = self.parts.settings.subject(&event.exposure.subject.keys());
                    notes.push(self.note_of(keys_of(&subject), reasons.clone(), unnoted.at));
                }
                from = last.plus(1);
            }
        }
        let partnership = self.partnership.clone();
        Ok(NumberedNotes { partnership, number: unnoted.number, notes })
    }

    fn note_of(&self, keys: Vec<SubjectKey>, reasons: Vec<Reason>, at: UnixMillis) -> WithheldNote {
        let partnership = self.partnership.clone();
        WithheldNote { partnership, path: Path::Exposures, reasons, keys, at }
    }

    /// Drops from the message that waits what may not be told any more, without waiting for its time; where
    /// none waits, from what comes next. Returns how many events fell out of it.
    pub(crate) async fn sweep(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
    ) -> Result<usize, StepError> {
        let Some(batch) = state.progress.batch.clone() else {
            let fallen = self.sweep_requeued(state, judge).await?;
            return Ok(fallen + self.sweep_ahead(state, judge).await?);
        };
        let window = window_of(state, &batch).await?;
        let mut plan = Plan::new(judge.now, batch.until);
        for position in &batch.waiting {
            match find(&window, *position).map(|event| judge.weigh(&event.exposure)) {
                Some(Weighed::Stays) => plan.keep(*position),
                Some(Weighed::Withheld(refusal)) => plan.withheld.push((*position, refusal)),
                Some(Weighed::TooOld) | None => plan.dead.push(too_old(*position, judge)),
            }
        }
        self.shrink(state, plan, batch).await
    }

    /// Settles what was put back as far as it may not be told any more, the first of it at a time: it does not hold
    /// the journal for longer than the partner may keep it.
    async fn sweep_requeued(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
    ) -> Result<usize, StepError> {
        let Some(again) = state.progress.lane.again.first() else { return Ok(0) };
        let reached = again.reached();
        let Some(runs) = again.requeued().map(<[Run]>::to_vec) else { return Ok(0) };
        let Some(first) = runs.first().map(|run| run.from) else { return Ok(0) };
        let near = first.plus(EVENTS_MAX);
        let window = state.backwards.window(first, near, 1).await?;
        let seen = window.last().map_or(near, |event| event.position.plus(1));
        let mut plan = Plan::new(judge.now, first);
        let wanted = runs.iter().flat_map(|run| run.positions());
        for position in wanted.take_while(|position| *position < seen) {
            match find(&window, position).map(|event| judge.weigh(&event.exposure)) {
                Some(Weighed::Stays) => break,
                Some(Weighed::Withheld(refusal)) => plan.withheld.push((position, refusal)),
                Some(Weighed::TooOld) | None => plan.dead.push(too_old(position, judge)),
            }
            plan.pass(position);
        }
        let fallen = plan.withheld.len() + plan.dead.len();
        if fallen > 0 {
            let batch = self.batch(judge, Source::Requeued, plan.until, reached);
            let mut progress = state.progress.clone();
            progress.lane.pass(plan.until);
            self.begin(state, progress, plan, batch).await?;
        }
        Ok(fallen)
    }

    /// Settles what comes next in the journal as far as it may not be told any more: what a partner may keep
    /// no longer does not stay here either, however long nothing is sent.
    async fn sweep_ahead(&self, state: &mut State, judge: &Judge<'_>) -> Result<usize, StepError> {
        let cursor = state.progress.cursor;
        // Why: one pack at hand, and no more of them, for each that stands still.
        let window = state.reader.window(cursor, Position(u64::MAX), 1).await?;
        let mut plan = Plan::new(judge.now, cursor);
        for event in window {
            match judge.weigh(&event.exposure) {
                Weighed::Stays => break,
                Weighed::Withheld(refusal) => plan.withheld.push((event.position, refusal)),
                Weighed::TooOld => plan.dead.push(too_old(event.position, judge)),
            }
            plan.pass(event.position);
        }
        let fallen = plan.withheld.len() + plan.dead.len();
        if fallen > 0 {
            let batch = self.batch(judge, Source::Journal, plan.until, Reached::Never);
            let progress = state.progress.clone();
            self.begin(state, progress, plan, batch).await?;
        }
        Ok(fallen)
    }

    /// Takes what fell out of the waiting message, which is a new one then.
    async fn shrink(
        &self,
        state: &mut State,
        mut plan: Plan,
        mut batch: Batch,
    ) -> Result<usize, StepError> {
        let fallen = plan.withheld.len() + plan.dead.len();
        if fallen == 0 {
            return Ok(0);
        }
        batch.waiting = std::mem::take(&mut plan.waiting);
        batch.message = DisclosureId(self.parts.dice.roll());
        batch.body = None;
        let mut progress = state.progress.clone();
        let dead = self.book(state, &mut progress, plan, &batch).await?;
        if batch.waiting.is_empty() {
            end(&mut progress, &batch);
        } else {
            progress.batch = Some(batch);
        }
        self.commit(state, progress, dead).await?;
        self.note(state).await?;
        Ok(fallen)
    }

    /// Withholds what was accepted for a partnership that is not listed any more, a window at a time.
    pub(crate) async fn withdraw(&self, state: &mut State) -> Result<Step, StepError> {
        let until = match state.progress.lane.withdrawn {
            Some(until) => until,
            None => self.parts.journal.head().await?.max(state.progress.cursor),
        };
        let mut progress = state.progress.clone();
        progress.lane.withdrawn = Some(until);
        progress.held_since = None;
        progress.lane.is_not_failing();
        let now = self.parts.clock.now();
        let (batch, mut plan) = if let Some(batch) = progress.batch.take() {
            let window = window_of(state, &batch).await?;
            (batch.clone(), self.refuse(&batch.waiting, &window, now))
        } else {
            let next = self.next_withdrawn(state, &mut progress, until).await?;
            let Some(taken) = next else {
                // Why: a replay that is dropped here would hold the journal for ever.
                if progress != state.progress {
                    self.commit(state, progress, Vec::new()).await?;
                }
                return Ok(Step::Held(crate::Held::NotListed));
            };
            taken
        };
        let events = plan.withheld.len() + plan.dead.len();
        plan.until = batch.until;
        let dead = self.book(state, &mut progress, plan, &batch).await?;
        end(&mut progress, &batch);
        self.commit(state, progress, dead).await?;
        self.note(state).await?;
        Ok(Step::Settled { events })
    }

    /// Takes the next events that a partnership that has left will not get: first those put back, then
    /// those of the journal. What was to be replayed has an outcome already.
    async fn next_withdrawn(
        &self,
        state: &mut State,
        progress: &mut Progress,
        until: Position,
    ) -> Result<Option<(Batch, Plan)>, StepError> {
        let now = self.parts.clock.now();
        progress.lane.again.retain(|again| again.requeued().is_some());
        let mut reached = Reached::Never;
        let (source, positions, end) = match progress.lane.again.first() {
            Some(again) => {
                reached = again.reached();
                let runs: &[Run] = again.requeued().unwrap_or_default();
                let positions = runs.iter().flat_map(|run| run.positions());
                let first = runs.first().map_or(until, |run| run.from);
                let near = first.plus(EVENTS_MAX);
                let positions: Vec<Position> =
                    positions.take_while(|position| *position < near).collect();
                (Source::Requeued, positions, near)
            }
            None if progress.cursor < until => {
                let end = progress.cursor.plus(EVENTS_MAX).min(until);
                (Source::Journal, Run::between(progress.cursor, end).positions().collect(), end)
            }
            None => return Ok(None),
        };
        let from = positions.first().copied().unwrap_or(end);
        let window = state.reader_of(source).window(from, end, EVENTS_MAX).await?;
        if source == Source::Requeued {
            progress.lane.pass(end);
        }
        let batch = Batch {
            message: DisclosureId(0),
            made_at: now,
            source,
            waiting: Vec::new(),
            events: 0,
            body: None,
            until: end,
            attempt: 0,
            reached,
        };
        Ok(Some((batch, self.refuse(&positions, &window, now))))
    }

    /// Plans to withhold events because their partnership has ended.
    fn refuse(&self, positions: &[Position], window: &[Event], now: UnixMillis) -> Plan {
        let mut plan = Plan::new(now, Position::default());
        for position in positions {
            match find(window, *position) {
                Some(event) => {
                    let refusal = Refusal::unlisted(&self.parts.settings, &event.exposure);
                    plan.withheld.push((*position, refusal));
                }
                None => plan.dead.push(DeadLetter {
                    position: *position,
                    reason: DeadReason::RetentionPassed,
                    at: now,
                    reached: false,
                }),
            }
        }
        plan
    }

    /// Begins anew for a partnership that had left and is listed again, as a new one would: what happened
    /// before the listing is neither told nor counted. What was not yet withheld is judged.
    pub(crate) async fn list_again(
        &self,
        state: &mut State,
        listed: &Partnership,
    ) -> Result<(), StepError> {
        let Some(withdrawn) = state.progress.lane.withdrawn else { return Ok(()) };
        let head = self.parts.journal.head().await?;
        let since = state.backwards.first_since(listed.terms.listed_since, head).await?;
        let mut progress = state.progress.clone();
        progress.lane.withdrawn = None;
        if progress.cursor >= withdrawn {
            progress.cursor = since.unwrap_or(head).max(withdrawn);
        }
        Ok(self.commit(state, progress, Vec::new()).await?)
    }
}

fn too_old(position: Position, judge: &Judge<'_>) -> DeadLetter {
    let (reason, at) = (DeadReason::RetentionPassed, judge.now);
    DeadLetter { position, reason, at, reached: false }
}
