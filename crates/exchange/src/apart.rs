//! Which of the best bids of a turn win, where ads of several impressions are of one pod and must differ (`poddedupe`).
//!
//! The dearest first, as within one impression: what shares with it what it must not cannot win, and an impression whose
//! best bid does so waits, with those of its pod whose best are cheaper, until the dearer ones are sold. It waits too for a
//! dearer bid that is second to another one, where both can win: in a dynamic part of the pod.

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
    /// Compares the best bid of each impression, beside all that may win with it.
    pub(crate) fn of<'a>(
        best: impl Iterator<Item = &'a Checked>,
        beside: impl Iterator<Item = &'a Checked>,
    ) -> Self {
        let mut best: Vec<_> = best.filter_map(own).collect();
        if best.len() < 2 {
            return Self::default();
        }
        let dearest = Dearest::of(beside);
        best.sort_by(|(left, _), (right, _)| {
            rank(&left.offer, &right.offer).then_with(|| left.imp.cmp(&right.imp))
        });
        let mut apart = Self::default();
        for (one, own) in best {
            let must_wait = dearest.are_before(one, own);
            let place = apart.pods.entry(own.pod).or_default().add(one.imp, own, must_wait);
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
    fn add(&mut self, imp: usize, own: &Own, must_wait: bool) -> Option<usize> {
        self.others_wait = self.others_wait || must_wait || self.met(own).next().is_some();
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

/// What the dearest of some bids have, by pod.
#[derive(Debug, Default)]
struct Dearest<'a>(BTreeMap<usize, HashMap<&'a str, &'a Checked>>);

impl<'a> Dearest<'a> {
    fn of(bids: impl Iterator<Item = &'a Checked>) -> Self {
        let mut dearest = Self::default();
        for (bid, own) in bids.filter_map(own) {
            let of_pod = dearest.0.entry(own.pod).or_default();
            for one in &own.has {
                let first = of_pod.entry(one).or_insert(bid);
                if rank(&bid.offer, &first.offer).is_lt() {
                    *first = bid;
                }
            }
        }
        dearest
    }

    /// Returns whether one for another impression comes before a bid that must not stand beside it.
    fn are_before(&self, bid: &Checked, own: &Own) -> bool {
        let Some(of_pod) = self.0.get(&own.pod) else { return false };
        let mut met = own.has.iter().filter_map(|one| of_pod.get(one.as_str()));
        met.any(|one| one.imp != bid.imp && rank(&one.offer, &bid.offer).is_lt())
    }
}

/// A bid with what it keeps others of its pod from.
fn own(bid: &Checked) -> Option<(&Checked, &Own)> {
    Some((bid, bid.slot.own.as_deref()?))
}
