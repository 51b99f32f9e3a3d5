//! Which of the best bids of a turn win, where ads of several impressions are of one pod and must differ (`poddedupe`).
//!
//! The dearest first, as within one impression: what shares with it what it must not cannot win, and an impression whose
//! best bid does so waits, with those of its pod whose best are cheaper, until the dearer ones are sold.

use crate::{check::Checked, clearing::rank, pod::Own};
use std::collections::{BTreeMap, HashMap};

/// What the best bids of all impressions keep each other from.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    pods: BTreeMap<usize, Winners>,
    /// The impressions of pods with a winner; `None` where it is not theirs.
    places: BTreeMap<usize, Option<usize>>,
}

/// Those that win in one pod, the dearest first.
#[derive(Debug, Default)]
struct Winners {
    imps: Vec<usize>,
    /// The place of the first one that has something.
    first: HashMap<String, usize>,
    others_wait: bool,
}

impl Apart {
    /// Compares the best bid of each impression.
    pub(crate) fn of<'a>(best: impl Iterator<Item = &'a Checked>) -> Self {
        let own = |one: &'a Checked| Some((one, one.slot.own.as_deref()?));
        let mut best: Vec<_> = best.filter_map(own).collect();
        if best.len() < 2 {
            return Self::default();
        }
        best.sort_by(|(left, _), (right, _)| {
            rank(&left.offer, &right.offer).then_with(|| left.imp.cmp(&right.imp))
        });
        let mut apart = Self::default();
        for (one, own) in best {
            let place = apart.pods.entry(own.pod).or_default().add(one.imp, own);
            apart.places.insert(one.imp, place);
        }
        apart
    }

    /// Returns whether an impression goes to nobody in this turn.
    pub(crate) fn waits(&self, imp: usize) -> bool {
        self.places.get(&imp).is_some_and(Option::is_none)
    }

    /// Returns whether a bid cannot win in this turn, for itself or because its impression waits.
    pub(crate) fn keeps_out(&self, bid: &Checked) -> bool {
        match self.places.get(&bid.imp) {
            None => false,
            Some(None) => true,
            Some(Some(place)) => self
                .rivals(bid)
                .is_some_and(|(winners, own)| winners.met(own).any(|one| one < *place)),
        }
    }

    /// Returns the impression of the dearest of some winners that a bid must not stand beside.
    pub(crate) fn beaten_at(&self, bid: &Checked, counts: impl Fn(usize) -> bool) -> Option<usize> {
        let (winners, own) = self.rivals(bid)?;
        let imp = |place: usize| winners.imps.get(place).copied().filter(|imp| counts(*imp));
        winners.met(own).filter(|place| imp(*place).is_some()).min().and_then(imp)
    }

    /// Returns the winners of a bid's pod, and what it keeps others from.
    fn rivals<'a>(&self, bid: &'a Checked) -> Option<(&Winners, &'a Own)> {
        let own = bid.slot.own.as_deref()?;
        Some((self.pods.get(&own.pod)?, own))
    }
}

impl Winners {
    /// Adds one; returns its place, or `None` where it waits.
    fn add(&mut self, imp: usize, own: &Own) -> Option<usize> {
        self.others_wait = self.others_wait || self.met(own).next().is_some();
        if self.others_wait {
            return None;
        }
        let place = self.imps.len();
        self.imps.push(imp);
        self.first.extend(own.has.iter().map(|one| (one.clone(), place)));
        Some(place)
    }

    /// Iterates over the places of those that have something in common with a bid.
    fn met(&self, own: &Own) -> impl Iterator<Item = usize> {
        own.has.iter().filter_map(|one| self.first.get(one)).copied()
    }
}
