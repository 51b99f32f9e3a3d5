//! Taking what comes next: from the journal, or from what an operator asked to have told again.

use crate::{
    Again, Batch, Delivery, JournalError, Position, Progress, Reached, Run, Source, Step,
    StepError,
    delivery::{Chosen, State},
    judge::{Judge, Verdict},
    plan::Plan,
    reader::{EVENTS_MAX, Event},
};
use sluicegate_gate::{DisclosureId, time::UnixMillis};
use sluicegate_ledger::in_halves;
use sluicegate_register::{Edition, Endpoint};
use std::{sync::Arc, time::Duration};

impl Delivery {
    /// Takes what comes next in the journal, as much as one message holds.
    pub(crate) async fn gather(
        &self,
        state: &mut State,
        (edition, judge): (&Arc<Edition>, &Judge<'_>),
        endpoint: &Endpoint,
    ) -> Result<Chosen, StepError> {
        let cursor = state.progress.cursor;
        let all = Position(u64::MAX);
        let mut events = state.reader.window(cursor, all, endpoint.batch_events).await?;
        if events.is_empty() {
            return Ok(Chosen::Nothing(Step::Idle));
        }
        if events.len() < endpoint.batch_events
            && let Some(wait) = self.ripens_in(state, judge)
        {
            return Ok(Chosen::Nothing(Step::Wait(wait)));
        }
        if let Some(stands) = self.refused() {
            return Ok(Chosen::Rest(stands));
        }
        // What follows is in this message only where some of the others are not.
        let others = events.split_off(endpoint.batch_events.min(events.len()));
        let judged = self.judge_all((edition, judge), events).await?.into_iter();
        let others =
            others.iter().map(|event| (event.position, judge.judge(&event.exposure, judge.now)));
        let mut plan = Plan::new(judge.now, cursor);
        for (position, verdict) in judged.chain(others) {
            if !plan.takes(&verdict, endpoint) {
                break;
            }
            plan.take(position, verdict);
        }
        if plan.until == cursor {
            return Ok(Chosen::Nothing(Step::Wait(VIEW_WAIT)));
        }
        let batch = self.batch(judge, Source::Journal, plan.until, Reached::Never);
        let progress = state.progress.clone();
        self.begin(state, progress, plan, batch).await
    }

    /// Judges events for now, many of them on two threads.
    async fn judge_all(
        &self,
        (edition, judge): (&Arc<Edition>, &Judge<'_>),
        events: Vec<Event>,
    ) -> Result<Vec<(Position, Verdict)>, JournalError> {
        let (edition, settings) = (Arc::clone(edition), Arc::clone(&self.parts.settings));
        let (keys, source) = (Arc::clone(&self.keys), Arc::clone(&self.source));
        let (partnership, now, boot) = (self.partnership.clone(), judge.now, judge.boot);
        let work = move |events: Vec<Event>| {
            let Some(listed) = edition.partnership(&partnership) else { return Vec::new() };
            let (edition, settings, keys, source) = (&edition, &settings, &keys, &source);
            let judge = Judge { edition, partnership: listed, settings, keys, source, now, boot };
            let verdict = |event: Event| (event.position, judge.judge(&event.exposure, now));
            events.into_iter().map(verdict).collect()
        };
        let failed = |error| JournalError::Unavailable(Box::new(error));
        in_halves(events, work).await.map_err(failed)
    }

    /// Takes what is told again, if anything is, as much as one message holds.
    pub(crate) async fn gather_again(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
        endpoint: &Endpoint,
    ) -> Result<Option<Chosen>, StepError> {
        let Some(first) = state.progress.lane.again.first().cloned() else { return Ok(None) };
        let reached = first.reached();
        let (plan, source) = match first {
            Again::Requeued { runs, .. } => {
                (self.plan_requeued(state, judge, endpoint, &runs).await?, Source::Requeued)
            }
            Again::Replayed { from, to, next, until } => {
                let window = state.backwards.window(next, until, endpoint.batch_events).await?;
                if window.is_empty() {
                    return self.pass(state, until).await.map(Some);
                }
                (plan_replayed(judge, endpoint, next, &window, from..to), Source::Replayed)
            }
        };
        if plan.is_empty() {
            let stands = state.progress.lane.again.first().and_then(Again::first);
            if stands == Some(plan.until) {
                return Ok(Some(Chosen::Nothing(Step::Wait(VIEW_WAIT))));
            }
            return self.pass(state, plan.until).await.map(Some);
        }
        let batch = self.batch(judge, source, plan.until, reached);
        let mut progress: Progress = state.progress.clone();
        progress.lane.pass(plan.until);
        self.begin(state, progress, plan, batch).await.map(Some)
    }

    /// Plans a message of events that had been given up. What the journal has no more stays given up.
    async fn plan_requeued(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
        endpoint: &Endpoint,
        runs: &[Run],
    ) -> Result<Plan, StepError> {
        let from = runs.first().map_or(Position::default(), |run| run.from);
        let until = runs.last().map_or(from, |run| run.end());
        let window = state.backwards.window(from, until, EVENTS_MAX).await?;
        let seen = window.last().map_or(from.plus(EVENTS_MAX), |last| last.position.plus(1));
        let mut plan = Plan::new(judge.now, from);
        let wanted = runs.iter().flat_map(|run| run.positions());
        for position in wanted.take_while(|position| *position < seen) {
            let verdict = find(&window, position)
                .map_or(Verdict::TooOld, |event| judge.judge(&event.exposure, judge.now));
            if !plan.takes(&verdict, endpoint) {
                break;
            }
            plan.take(position, verdict);
        }
        Ok(plan)
    }

    /// Judges a waiting message anew. What may no longer be told falls out, and what the partner takes no more
    /// in one message waits for the next.
    pub(crate) async fn again(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
        endpoint: &Endpoint,
        batch: Batch,
    ) -> Result<Chosen, StepError> {
        let window = window_of(state, &batch).await?;
        let mut plan = Plan::new(judge.now, batch.until);
        let mut waiting = batch.waiting.iter();
        for position in waiting.by_ref() {
            let verdict = match find(&window, *position) {
                Some(event) => judge.judge(&event.exposure, batch.made_at),
                None => Verdict::TooOld,
            };
            if matches!(verdict, Verdict::Undecided) {
                return Ok(Chosen::Nothing(Step::Wait(VIEW_WAIT)));
            }
            if !plan.takes(&verdict, endpoint) {
                plan.keep(*position);
                break;
            }
            plan.take(*position, verdict);
        }
        waiting.for_each(|position| plan.keep(*position));
        let progress = state.progress.clone();
        self.begin(state, progress, plan, batch).await
    }

    /// Passes over what is not to be told again.
    async fn pass(&self, state: &mut State, until: Position) -> Result<Chosen, StepError> {
        let mut progress = state.progress.clone();
        progress.lane.pass(until);
        self.commit(state, progress, Vec::new()).await?;
        Ok(Chosen::Nothing(Step::Settled { events: 0 }))
    }

    pub(crate) fn batch(
        &self,
        judge: &Judge<'_>,
        source: Source,
        until: Position,
        reached: Reached,
    ) -> Batch {
        Batch {
            message: DisclosureId(self.parts.dice.roll()),
            made_at: judge.now,
            source,
            waiting: Vec::new(),
            events: 0,
            body: None,
            until,
            attempt: 0,
            reached,
        }
    }

    /// Returns how long the first event still waits for others; `None` once it has waited long enough.
    fn ripens_in(&self, state: &mut State, judge: &Judge<'_>) -> Option<Duration> {
        let cursor = state.progress.cursor;
        let since = match state.ripening {
            Some((position, since)) if position == cursor => since,
            Some(_) | None => {
                state.ripening = Some((cursor, judge.boot));
                judge.boot
            }
        };
        let waited = judge.boot.since(since);
        self.parts.options.batch_age.checked_sub(waited).filter(|rest| !rest.is_zero())
    }
}

/// Plans a message of events that happened in a range of time.
fn plan_replayed(
    judge: &Judge<'_>,
    endpoint: &Endpoint,
    from: Position,
    window: &[Event],
    happened: std::ops::Range<UnixMillis>,
) -> Plan {
    let mut plan = Plan::new(judge.now, from);
    for event in window {
        if !happened.contains(&event.exposure.happened) {
            plan.pass(event.position);
            continue;
        }
        let verdict = judge.judge(&event.exposure, judge.now);
        if !plan.takes(&verdict, endpoint) {
            break;
        }
        plan.take(event.position, verdict);
    }
    plan
}

/// Returns the events around a message's own.
pub(crate) async fn window_of(
    state: &mut State,
    batch: &Batch,
) -> Result<Vec<Event>, JournalError> {
    let Some(first) = batch.waiting.first().copied() else { return Ok(Vec::new()) };
    state.reader_of(batch.source).window(first, batch.until, EVENTS_MAX).await
}

pub(crate) fn find(window: &[Event], position: Position) -> Option<&Event> {
    let found = window.binary_search_by_key(&position, |event| event.position).ok();
    found.and_then(|index| window.get(index))
}

/// How long to wait for a view that can be trusted.
const VIEW_WAIT: Duration = Duration::from_millis(500);
