//! What is kept of a delivery beside its cursor: why it stands still, what is told again, and what the
//! ledger may not have counted yet. It is written in the same transaction as the cursor.

use crate::{Position, Reached, Tally};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{Reason, time::UnixMillis};

/// What is kept of a delivery beside its cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lane {
    /// Why what waits is held, while it is.
    pub held_for: Holding,
    /// Nothing goes to the partner before this time, whatever became of the message that brought the wait
    /// about. While the process runs the wait is counted by the clock that does not go back.
    pub not_before: Option<UnixMillis>,
    /// Since when every attempt has failed; [`Progress::failing`](crate::Progress::failing) says whether that
    /// goes on.
    pub failing_since: Option<UnixMillis>,
    /// When an attempt failed last.
    pub failed_at: Option<UnixMillis>,
    /// The partnership is no longer listed: what was accepted before this position is withheld from it,
    /// and what comes later is none of its business.
    pub withdrawn: Option<Position>,
    /// What an operator asked to have told again, the next first.
    pub again: Vec<Again>,
    /// How events that were replayed ended. They are no second outcome of the events themselves: `withheld` had been
    /// withheld before and were counted then, whether or not they were told in between, and `unconfirmed` never had.
    pub replayed: Tally,
    /// What became of asking the endpoint whether it is the partner's.
    pub endpoint: Option<EndpointCheck>,
    /// The number of the last [`Unnoted`].
    pub noted: u64,
    /// What was withheld last, until the ledger has counted it.
    pub unnoted: Option<Unnoted>,
    /// The first event that is given up only until the next start ([`DeadReason::ViewStopped`](crate::DeadReason)), or
    /// one before it.
    pub stopped_from: Option<Position>,
}

/// Why what waits is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// The partner answered 410.
    #[default]
    Gone,
    /// For days every attempt failed.
    Failing,
}

impl Holding {
    /// Returns the word for it on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// What the endpoint said when it was asked whether it is the partner's and takes our messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointCheck {
    /// The address that was asked; another one is asked anew.
    pub url: String,
    /// What it said.
    pub said: EndpointSaid,
    /// When it was asked last.
    pub at: UnixMillis,
    /// It is not asked again before.
    pub next_at: UnixMillis,
}

/// What an endpoint said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointSaid {
    /// It takes messages of this platform, as many as this in a minute if it named a number.
    Agreed {
        /// Messages a minute at most.
        per_minute: Option<u32>,
    },
    /// It answered, and did not agree.
    Refused,
    /// It did not answer.
    Silent,
}

impl EndpointSaid {
    /// Returns the word for it on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agreed { .. } => "agreed",
            Self::Refused => "refused",
            Self::Silent => "silent",
        }
    }
}

/// From where the events of a message are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From the journal, in its order.
    #[default]
    Journal,
    /// From what had been given up and was put back: it has no other outcome any more.
    Requeued,
    /// From what had come before: a second telling, counted apart.
    Replayed,
}

/// What is told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// Events that had been given up.
    Requeued {
        /// Which, in ascending order.
        runs: Vec<Run>,
        /// Whether a byte of them may have reached the partner the first time.
        #[serde(default = "perhaps")]
        reached: bool,
    },
    /// Events that happened in a range of time and are before the cursor already.
    Replayed {
        /// From then on.
        from: UnixMillis,
        /// Before then.
        to: UnixMillis,
        /// Where to look next.
        next: Position,
        /// Where to stop looking.
        until: Position,
    },
}

/// What was put back before that was noted, nobody knows of.
fn perhaps() -> bool {
    true
}

/// Events one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The first.
    pub from: Position,
    /// How many.
    pub events: u64,
}

/// Events that were withheld, written down before the ledger counts them: after a crash they are handed
/// to it again under the same number, and it counts them once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unnoted {
    /// Greater than any before.
    pub number: u64,
    /// When they were withheld.
    pub at: UnixMillis,
    /// Which, and why.
    pub runs: Vec<WithheldRun>,
}

/// Events one after the other that were withheld for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithheldRun {
    /// Which.
    #[serde(flatten)]
    pub run: Run,
    /// The codes of the reasons.
    pub reasons: Vec<String>,
}

impl Run {
    /// Returns everything from a position up to another.
    pub fn between(from: Position, end: Position) -> Self {
        Self { from, events: end.since(from) }
    }

    /// Returns the position after the last.
    pub fn end(self) -> Position {
        Position(self.from.0.saturating_add(self.events))
    }

    /// Returns every position in it.
    pub fn positions(self) -> impl Iterator<Item = Position> {
        (self.from.0..self.end().0).map(Position)
    }

    /// Puts positions in ascending order together.
    pub fn of(positions: impl IntoIterator<Item = Position>) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for position in positions {
            match runs.last_mut() {
                Some(last) if last.end() == position => last.events = last.events.saturating_add(1),
                Some(_) | None => runs.push(Self { from: position, events: 1 }),
            }
        }
        runs
    }

    /// Returns what of it lies at or after a position.
    fn rest_from(self, position: Position) -> Option<Self> {
        let from = self.from.max(position);
        let events = self.end().since(from);
        (events > 0).then_some(Self { from, events })
    }
}

impl Unnoted {
    /// Returns the position of every event in it.
    pub fn positions(&self) -> impl Iterator<Item = Position> {
        self.runs.iter().flat_map(|run| run.run.positions())
    }

    /// Puts withheld events together, in the order in which they were judged.
    pub(crate) fn of<'r>(
        number: u64,
        at: UnixMillis,
        withheld: impl IntoIterator<Item = (Position, &'r [Reason])>,
    ) -> Self {
        let mut runs: Vec<WithheldRun> = Vec::new();
        for (position, reasons) in withheld {
            let codes = || reasons.iter().map(|reason| reason.code());
            match runs.last_mut() {
                Some(last) if last.run.end() == position && codes().eq(last.reasons.iter()) => {
                    last.run.events = last.run.events.saturating_add(1);
                }
                Some(_) | None => runs.push(WithheldRun {
                    run: Run { from: position, events: 1 },
                    reasons: codes().map(str::to_owned).collect(),
                }),
            }
        }
        Self { number, at, runs }
    }
}

impl Again {
    /// Returns the first position that may still be needed.
    pub(crate) fn first(&self) -> Option<Position> {
        match self {
            Self::Requeued { runs, .. } => runs.first().map(|run| run.from),
            Self::Replayed { next, .. } => Some(*next),
        }
    }

    /// Returns what is left from a position on; `None` if nothing is.
    pub(crate) fn rest_from(self, position: Position) -> Option<Self> {
        match self {
            Self::Requeued { runs, reached } => {
                let runs: Vec<Run> =
                    runs.into_iter().filter_map(|run| run.rest_from(position)).collect();
                (!runs.is_empty()).then_some(Self::Requeued { runs, reached })
            }
            Self::Replayed { from, to, next, until } => {
                let next = next.max(position);
                (next < until).then_some(Self::Replayed { from, to, next, until })
            }
        }
    }
}

impl Lane {
    /// Returns how many events wait to be tried again and have no other outcome.
    pub(crate) fn requeued(&self) -> u64 {
        self.again.iter().map(Again::events).fold(0, u64::saturating_add)
    }

    /// Returns how many positions of the journal are still to be looked at for what is replayed.
    pub(crate) fn replaying(&self) -> u64 {
        let left = |again: &Again| match again {
            Again::Requeued { .. } => 0,
            Again::Replayed { next, until, .. } => until.since(*next),
        };
        self.again.iter().map(left).fold(0, u64::saturating_add)
    }

    /// The endpoint answered as it should: nothing is waited for, and no failure goes on.
    pub(crate) fn works(&mut self) {
        self.not_before = None;
        self.is_not_failing();
    }

    /// Whatever failed is over: the next failure is the first.
    pub(crate) fn is_not_failing(&mut self) {
        self.failing_since = None;
        self.failed_at = None;
    }

    /// Passes over what comes before a position in the first of what is told again.
    pub(crate) fn pass(&mut self, position: Position) {
        if self.again.is_empty() {
            return;
        }
        if let Some(rest) = self.again.remove(0).rest_from(position) {
            self.again.insert(0, rest);
        }
    }
}

impl Again {
    /// Returns the events that had been given up, if it is those.
    pub(crate) fn requeued(&self) -> Option<&[Run]> {
        match self {
            Self::Requeued { runs, .. } => Some(runs),
            Self::Replayed { .. } => None,
        }
    }

    /// Returns whether bytes of these events may have gone before.
    pub(crate) fn reached(&self) -> Reached {
        match self {
            Self::Requeued { reached: false, .. } => Reached::Never,
            Self::Requeued { .. } | Self::Replayed { .. } => Reached::Perhaps,
        }
    }

    fn events(&self) -> u64 {
        match self {
            Self::Requeued { runs, .. } => {
                runs.iter().map(|run| run.events).fold(0, u64::saturating_add)
            }
            Self::Replayed { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_every_position_once_and_are_cut_where_asked() {
        let runs = Run::of([1, 2, 3, 7, 9, 10].map(Position));
        let back: Vec<u64> = runs.iter().flat_map(|run| run.positions()).map(|at| at.0).collect();
        assert_eq!((runs.len(), back), (3, vec![1, 2, 3, 7, 9, 10]));
        let mut lane =
            Lane { again: vec![Again::Requeued { runs, reached: true }], ..Lane::default() };
        assert_eq!(lane.requeued(), 6);
        lane.pass(Position(3));
        assert_eq!(lane.requeued(), 4);
        lane.pass(Position(11));
        assert!(lane.again.is_empty());
    }

    #[test]
    fn withheld_events_are_put_together_while_their_reasons_are_the_same() {
        let (gpc, ended) = ([Reason::Gpc], [Reason::Ended]);
        let events = [(4, &gpc), (5, &gpc), (6, &ended), (8, &ended)];
        let events = events.map(|(at, reasons)| (Position(at), reasons.as_slice()));
        let unnoted = Unnoted::of(1, UnixMillis(0), events);
        let runs: Vec<(u64, u64)> =
            unnoted.runs.iter().map(|one| (one.run.from.0, one.run.events)).collect();
        assert_eq!(runs, [(4, 2), (6, 1), (8, 1)]);
    }
}
