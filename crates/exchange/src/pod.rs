//! What of its impression a bid takes, and what of an impression is sold.
//!
//! Most impressions go to one bid. A dynamic pod goes to as many as fit into it together (`OpenRTB` 2.6, implementation
//! 7.6): what one leaves is put up again, among those that still fit.

use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::{
    request::{Differ, Format, Formats, Imp, Pod, Position},
    response::Bid,
};
use std::collections::HashSet;

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
            // Why: a bid for one that is not guaranteed does not pass.
            position: imp.position(format, bid.slot_in_pod).unwrap_or(Position::Any),
            own: own(pod.differ, bid, who),
        })
    }
}

/// Returns one where it is the first, the last, and either of both.
fn counts(position: Position) -> [u32; 3] {
    match position {
        Position::Any => [0, 0, 0],
        Position::First => [1, 0, 1],
        Position::Last => [0, 1, 1],
        Position::FirstOrLast => [0, 0, 1],
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

/// What of an impression is sold.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    is_whole: bool,
    format: Option<Format>,
    ads: u32,
    seconds: u64,
    firsts: u32,
    lasts: u32,
    /// Those that are the first or the last.
    ends: u32,
    own: HashSet<String>,
}

impl Taken {
    pub(crate) fn add(&mut self, slot: &Slot) {
        let Slot::Part(part) = slot else {
            self.is_whole = true;
            return;
        };
        let [first, last, end] = counts(part.position);
        self.format = Some(part.format);
        self.ads += 1;
        self.seconds += u64::from(part.seconds);
        self.firsts += first;
        self.lasts += last;
        self.ends += end;
        self.own.extend(part.own.iter().cloned());
    }

    /// Returns whether a bid fits beside what is sold. Only one ad is the first, and only one the last.
    pub(crate) fn has_room_for(&self, slot: &Slot) -> bool {
        let Slot::Part(part) = slot else { return !self.is_whole && self.ads == 0 };
        let [first, last, end] = counts(part.position);
        !self.is_whole
            && self.format.is_none_or(|format| format == part.format)
            && self.ads < part.pod.ads
            && self.seconds + u64::from(part.seconds) <= u64::from(part.pod.seconds)
            && self.firsts + first <= 1
            && self.lasts + last <= 1
            && self.ends + end <= 2
            && !part.own.iter().any(|one| self.own.contains(one))
    }
}
