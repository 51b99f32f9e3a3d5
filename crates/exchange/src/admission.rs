//! Which auctions are taken on: no more at once than may be under way, and none while those that came
//! earlier wait too long for their turn. One that is not taken on is not read, and nobody is told of it.

use sluicegate_gate::time::BootMillis;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Why an auction is not taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Overload {
    /// As many as allowed are under way.
    #[error("too many auctions are under way")]
    TooMany,
    /// Whatever is to be done now has to wait for longer than allowed.
    #[error("auctions wait too long for their turn")]
    Behind,
}

impl Overload {
    /// Returns the name used in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::TooMany => "too_many",
        }
    }
}

/// Counts what is under way, and knows whether the program keeps up.
#[derive(Debug)]
pub(crate) struct Admission {
    under_way: AtomicUsize,
    under_way_max: usize,
    behind_max: Duration,
    /// When the next beat is due, by the boot clock in milliseconds.
    due: AtomicU64,
    /// Until when an auction that waited too long for the ledger keeps others out.
    late_until: AtomicU64,
}

/// The room of one auction. Dropping it makes room for another.
#[derive(Debug)]
#[must_use = "dropped, it makes room for another auction"]
pub struct Place(Arc<Admission>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How often the program shows that it keeps up. A beat is a task like any other: where tasks wait for
/// their turn, it is late by as much.
pub(crate) const BEAT: Duration = Duration::from_millis(10);

impl Admission {
    pub(crate) fn new(under_way_max: usize, behind_max: Duration) -> Arc<Self> {
        Arc::new(Self {
            under_way: AtomicUsize::new(0),
            under_way_max,
            behind_max,
            due: AtomicU64::new(NEVER),
            late_until: AtomicU64::new(0),
        })
    }

    /// Takes an auction on, or says why not.
    pub(crate) fn admit(self: &Arc<Self>, now: BootMillis) -> Result<Place, Overload> {
        let late = now.since(BootMillis(self.due.load(Ordering::Relaxed)));
        if late > self.behind_max || now.0 < self.late_until.load(Ordering::Relaxed) {
            return Err(Overload::Behind);
        }
        // The place is made first, so that leaving gives back what was taken.
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        if before < self.under_way_max { Ok(place) } else { Err(Overload::TooMany) }
    }

    /// An auction waited from then until its records were durable.
    pub(crate) fn waited(&self, since: BootMillis, now: BootMillis) {
        if now.since(since) > self.behind_max {
            self.late_until.fetch_max(now.plus(BEAT).0, Ordering::Relaxed);
        }
    }

    /// The program had its turn.
    pub(crate) fn beat(&self, now: BootMillis) {
        self.due.store(now.plus(BEAT).0, Ordering::Relaxed);
    }

    /// No beat is to come any more.
    pub(crate) fn rest(&self) {
        self.due.store(NEVER, Ordering::Relaxed);
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }
}

const NEVER: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Arc<Admission> {
        Admission::new(2, Duration::from_millis(100))
    }

    #[test]
    fn no_more_are_taken_on_than_may_be_under_way_and_each_end_makes_room() {
        let admission = admission();
        let first = admission.admit(BootMillis(0)).unwrap();
        let _second = admission.admit(BootMillis(0)).unwrap();
        for _ in 0..3 {
            assert_eq!(admission.admit(BootMillis(0)).unwrap_err(), Overload::TooMany);
        }
        assert_eq!(admission.under_way(), 2, "who is refused takes no place");
        drop(first);
        let _third = admission.admit(BootMillis(0)).unwrap();
    }

    #[test]
    fn none_is_taken_on_while_records_take_too_long_to_become_durable() {
        let admission = admission();
        let overload = |now| admission.admit(BootMillis(now)).err();
        admission.waited(BootMillis(0), BootMillis(100));
        assert_eq!(overload(100), None);
        admission.waited(BootMillis(0), BootMillis(101));
        assert_eq!(overload(110), Some(Overload::Behind));
        assert_eq!(overload(111), None, "the next one finds out how it is");
    }

    #[test]
    fn none_is_taken_on_while_a_beat_is_overdue() {
        let admission = admission();
        let overload = |now| admission.admit(BootMillis(now)).err();
        assert_eq!(overload(1_000_000), None, "nothing is due before the first beat");
        admission.beat(BootMillis(500));
        assert_eq!(overload(610), None);
        assert_eq!(overload(611), Some(Overload::Behind));
        admission.beat(BootMillis(700));
        assert_eq!(overload(701), None, "it has caught up");
        admission.rest();
        assert_eq!(overload(u64::MAX), None);
    }
}
