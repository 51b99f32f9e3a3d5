//! Sells one impression to the bids that fit into it.
//!
//! Bids of each priority are walked best first, and each wins that fits beside those before it. Where one that did not
//! fit offers more than all that won of its priority, it comes first of them instead: a short ad at a good price for its
//! length would keep it out and leave the rest empty.

use crate::{
    check::Checked,
    clearing::{Cleared, clear},
    pod::{Slot, Sold},
};
use sluicegate_openrtb::money::Micros;
use std::ops::Range;

/// The bids for an impression, best first, and what of it is sold.
struct Filling<'a> {
    ranked: &'a [Checked],
    taken: Vec<&'a Slot>,
    /// Who wins, by place in the order.
    wins: Vec<Win>,
}

#[derive(Clone, Copy)]
struct Win {
    place: usize,
    /// What it has to offer so that nothing else is sold in its place and that of others.
    above: Option<Micros>,
    /// Whether it comes first since it offers more than all that would have won.
    is_instead: bool,
}

/// Says of each bid whether it wins, and what it pays then: in its place would have won the best of the others that fits
/// there. `ranked` is best first.
pub(crate) fn fill(ranked: Vec<Checked>, sold: Option<&Sold>) -> Vec<(Checked, Option<Cleared>)> {
    let taken = sold.map(|sold| sold.slots().collect()).unwrap_or_default();
    let mut filling = Filling { ranked: &ranked, taken, wins: Vec::new() };
    let mut begins = 0;
    for class in ranked.chunk_by(|one, next| one.offer.priority == next.offer.priority) {
        filling.sell(begins..begins + class.len());
        begins += class.len();
    }
    let mut cleared = vec![None; ranked.len()];
    for win in &filling.wins {
        if let Some(cleared) = cleared.get_mut(win.place) {
            *cleared = filling.clear(*win);
        }
    }
    ranked.into_iter().zip(cleared).collect()
}

impl Filling<'_> {
    /// Sells what is left to bids of one priority.
    fn sell(&mut self, class: Range<usize>) {
        let before = self.wins.len();
        self.walk(class.clone());
        let mut walked = self.wins.split_off(before);
        let together: i64 = walked.iter().map(|win| self.price(win.place)).sum();
        let is_out = |place: &usize| walked.iter().all(|win| win.place != *place);
        // Why: what a group wins must not be taken from it by something that its resolving did not see.
        let is_of_group =
            |win: &Win| self.ranked.get(win.place).is_some_and(|one| one.group.is_some());
        let are_free = !walked.iter().any(is_of_group);
        let others = class
            .clone()
            .rev()
            .filter(|place| are_free && is_out(place) && self.fits(*place, None));
        let Some(dearest) = others.max_by_key(|place| self.price(*place)) else {
            return self.wins.append(&mut walked);
        };
        let price = self.price(dearest);
        if price > together {
            let above = Some(Micros(together));
            self.wins.push(Win { place: dearest, above, is_instead: true });
            return self.walk(class.filter(|place| *place != dearest));
        }
        for win in &mut walked {
            // With less than this it would come first instead.
            win.above = Some(Micros(price - (together - self.price(win.place))));
        }
        self.wins.append(&mut walked);
    }

    fn walk(&mut self, places: impl Iterator<Item = usize>) {
        for place in places {
            if self.fits(place, None) {
                self.wins.push(Win { place, above: None, is_instead: false });
            }
        }
    }

    fn price(&self, place: usize) -> i64 {
        self.ranked.get(place).map_or(0, |one| one.offer.price.0)
    }

    /// Returns whether a bid fits beside what is sold and those that win, but for one of them.
    fn fits(&self, place: usize, but: Option<usize>) -> bool {
        let others = self.wins.iter().filter(|win| Some(win.place) != but);
        let slots = others.filter_map(|win| self.ranked.get(win.place)).map(|one| &one.slot);
        let beside = self.taken.iter().copied().chain(slots);
        self.ranked.get(place).is_some_and(|one| one.slot.fits_beside(beside))
    }

    fn clear(&self, Win { place, above, is_instead }: Win) -> Option<Cleared> {
        let winner = &self.ranked.get(place)?.offer;
        let is_behind = |other: &usize| self.wins.iter().all(|win| win.place != *other);
        let behind = (0..self.ranked.len()).filter(|other| !is_instead && is_behind(other));
        let behind = behind.filter_map(|other| Some((other, &self.ranked.get(other)?.offer)));
        let mut fitting = behind.filter(|(other, offer)| {
            offer.priority == winner.priority && self.fits(*other, Some(place))
        });
        let next = fitting.next().map(|(_, offer)| winner.share.as_dear(offer.price, offer.share));
        Some(Cleared { is_instead, ..clear(winner, next.max(above)) })
    }
}
