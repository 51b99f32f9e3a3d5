//! What of its impression a bid takes, and who has won what of it.
//!
//! Most impressions go to one bid. A dynamic pod goes to as many as fit into it together: the best first, and each further
//! one if it fits beside those (`OpenRTB` 2.6, implementation 7.6).

use crate::{
    check::Checked,
    clearing::{Offer, Priority, Share, rank},
};
use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::{
    money::Micros,
    request::{DealPrice, Differ, Format, Formats, Imp, Pod},
    response::Bid,
};
use std::cmp::Reverse;

/// What of its impression a bid takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// All of it.
    Whole,
    /// Some of a pod.
    Part(Part),
}

/// What of a pod a bid takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pod: Pod,
    format: Format,
    seconds: u32,
    position: Position,
    /// What no other ad of the pod may have, written so that nothing else is equal to it.
    own: Vec<String>,
}

/// `slotinpod`: where in the pod it wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Any,
    First,
    Last,
    FirstOrLast,
}

impl Slot {
    /// Returns what a bid takes of an impression that is offered in these formats.
    pub(crate) fn of(imp: &Imp, formats: Formats, bid: &Bid, who: &PartnershipId) -> Self {
        let Ok(format) = crate::creative::format(formats, bid) else { return Self::Whole };
        let Some(pod) = imp.pod(format) else { return Self::Whole };
        let said = bid.seconds.filter(|seconds| *seconds > 0);
        Self::Part(Part {
            pod: *pod,
            format,
            seconds: said.unwrap_or(pod.longest),
            position: Position::of(bid.slot_in_pod),
            own: own(pod.differ, bid, who),
        })
    }

    /// Returns how much of the impression that is: of the pod's time or of its number of ads, whichever is more.
    pub(crate) fn share(&self) -> Share {
        match self {
            Self::Whole => Share::WHOLE,
            Self::Part(Part { pod, seconds, .. }) => {
                let of_time = Share { part: *seconds, of: pod.seconds };
                of_time.max(Share { part: 1, of: pod.ads })
            }
        }
    }

    /// Returns whether it fits beside others.
    pub(crate) fn fits_beside<'s>(&self, mut others: impl Iterator<Item = &'s Self>) -> bool {
        let Self::Part(part) = self else { return others.next().is_none() };
        let mut room = Room::beside(part);
        others.all(|other| match other {
            Self::Part(other) => room.takes(other),
            Self::Whole => false,
        })
    }
}

/// A pod with some ads in it.
struct Room<'p> {
    /// The one that is to be among them.
    part: &'p Part,
    ads: u32,
    seconds: u64,
    firsts: u32,
    lasts: u32,
    /// Those that want to be the first or the last.
    ends: u32,
}

impl<'p> Room<'p> {
    fn beside(part: &'p Part) -> Self {
        let mut room = Self { part, ads: 0, seconds: 0, firsts: 0, lasts: 0, ends: 0 };
        room.add(part);
        room
    }

    fn add(&mut self, part: &Part) {
        let is_in = |positions: &[Position]| u32::from(positions.contains(&part.position));
        self.ads += 1;
        self.seconds += u64::from(part.seconds);
        self.firsts += is_in(&[Position::First]);
        self.lasts += is_in(&[Position::Last]);
        self.ends += is_in(&[Position::First, Position::Last, Position::FirstOrLast]);
    }

    /// Adds an ad, and returns whether there was room for it. Only one ad is the first, and only one the last.
    fn takes(&mut self, other: &Part) -> bool {
        let Part { pod, format, own, .. } = self.part;
        self.add(other);
        other.format == *format
            && self.ads <= pod.ads
            && self.seconds <= u64::from(pod.seconds)
            && self.firsts <= 1
            && self.lasts <= 1
            && self.ends <= 2
            && !other.own.iter().any(|one| own.contains(one))
    }
}

impl Position {
    fn of(number: Option<i64>) -> Self {
        match number {
            Some(1) => Self::First,
            Some(-1) => Self::Last,
            Some(2) => Self::FirstOrLast,
            Some(_) | None => Self::Any,
        }
    }
}

/// What no other ad may have by the pod's own rule.
fn own(differ: Differ, bid: &Bid, who: &PartnershipId) -> Vec<String> {
    let mut own = Vec::new();
    if differ.in_advertiser {
        own.extend(bid.advertisers.iter().map(|domain| format!("advertiser {domain}")));
    }
    if differ.in_category {
        let taxonomy = bid.taxonomy;
        own.extend(bid.categories.iter().map(|one| format!("category {taxonomy} {one}")));
    }
    if differ.in_creative {
        own.extend(bid.creative_id.iter().map(|one| format!("creative {who} {one}")));
    }
    own
}

/// Who won an impression, in the order in which they were looked at.
#[derive(Debug, Default)]
pub(crate) struct Sold(Vec<Winner>);

/// One of them.
#[derive(Debug)]
struct Winner {
    offer: Offer,
    slot: Slot,
    /// What would have tied with it; `None` where it offered more than several together.
    tie: Option<Micros>,
}

/// What left no room for a bid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beating {
    pub(crate) priority: Priority,
    /// What would have tied with it, for as large a part as the bid is for.
    pub(crate) tie: Option<Micros>,
}

impl Sold {
    /// Adds a winner that pays a price. `is_instead` says that it offered more than several together.
    pub(crate) fn to(
        &mut self,
        Checked { offer, slot, .. }: &Checked,
        price: Micros,
        is_instead: bool,
    ) {
        let tie = match offer.pays {
            DealPrice::First | DealPrice::SecondPlus => price,
            // What was agreed upon beforehand is not what it won with.
            DealPrice::Floor => offer.price,
        };
        let tie = (!is_instead).then_some(tie);
        self.0.push(Winner { offer: offer.clone(), slot: slot.clone(), tie });
        let came = |winner: &Winner| (Reverse(winner.offer.priority), winner.tie.is_some());
        self.0.sort_by(|left, right| {
            came(left).cmp(&came(right)).then_with(|| rank(&left.offer, &right.offer))
        });
    }

    /// Iterates over what is taken.
    pub(crate) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter().map(|winner| &winner.slot)
    }

    /// Returns what left no room for such a bid; `None` where there is room.
    pub(crate) fn beating(&self, slot: &Slot) -> Option<Beating> {
        let fits = |behind: usize| slot.fits_beside(self.slots().take(behind));
        let in_the_way = (0..self.0.len()).find(|index| !fits(index + 1))?;
        let Winner { offer, tie, .. } = self.0.get(in_the_way)?;
        let of_it = self.0.iter().filter(|winner| winner.offer.priority == offer.priority);
        // With more than all of them pay it would have come first.
        let together: Option<i64> = of_it.map(|winner| winner.tie.map(|tie| tie.0)).sum();
        let tie = tie.map(|tie| slot.share().as_dear(tie, offer.share));
        let tie = tie.map(|tie| together.map_or(tie, |together| tie.min(Micros(together))));
        Some(Beating { priority: offer.priority, tie })
    }
}

impl Beating {
    /// Returns what a bid that lost would have had to be; `None` where its price alone did not decide.
    pub(crate) fn min_to_win(self, offer: &Offer) -> Option<Micros> {
        self.tie.filter(|_| self.priority == offer.priority)
    }
}
