//! What of its impression a bid takes, and what is sold.
//!
//! Most impressions go to one bid. A dynamic pod goes to as many as fit into it together (`OpenRTB` 2.6, implementation
//! 7.6): what one leaves is put up again, among those that still fit. Where the ads of a pod must differ they must in all of
//! its parts, whichever impressions these are.

use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::{
    request::{Format, Formats, Imp, Pod, PodRule, Position},
    response::Bid,
};
use std::collections::{BTreeMap, HashSet};

/// What a bid takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    /// What of a dynamic pod; `None` where it takes all of its impression.
    part: Option<Part>,
    /// What it keeps others of its pod from.
    pub(crate) own: Option<Box<Own>>,
}

/// What of a dynamic pod a bid takes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    pod: Pod,
    format: Format,
    seconds: u32,
    position: Position,
}

/// What no other ad of a pod may have, written so that nothing else is equal to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// As [`PodRule::pod`].
    pub(crate) pod: usize,
    pub(crate) has: Vec<String>,
}

impl Slot {
    /// Returns what a bid takes of an impression that is offered in these formats.
    pub(crate) fn of(imp: &Imp, formats: Formats, bid: &Bid, who: &PartnershipId) -> Self {
        let Ok(format) = crate::creative::format(formats, bid) else { return Self::default() };
        let said = bid.seconds.filter(|seconds| *seconds > 0);
        let part = imp.pod(format).map(|pod| Part {
            pod: *pod,
            format,
            seconds: said.unwrap_or(pod.longest),
            // Why: a bid for one that is not guaranteed does not pass.
            position: imp.position(format, bid.slot_in_pod).unwrap_or(Position::Any),
        });
        Self { part, own: imp.pod_rule(format).map(|rule| Box::new(Own::of(rule, bid, who))) }
    }
}

impl Slot {
    /// Returns whether others can win the same impression beside it.
    pub(crate) fn leaves_room(&self) -> bool {
        self.part.is_some()
    }
}

impl Own {
    fn of(PodRule { pod, differ }: PodRule, bid: &Bid, who: &PartnershipId) -> Self {
        let mut has = Vec::new();
        if differ.in_advertiser {
            has.extend(bid.advertisers.iter().map(|domain| format!("advertiser {domain}")));
        }
        if differ.in_category {
            let taxonomy = bid.taxonomy;
            has.extend(bid.categories.iter().map(|one| format!("category {taxonomy} {one}")));
        }
        if differ.in_creative {
            has.extend(bid.creative_id.iter().map(|one| format!("creative {who} {one}")));
        }
        Self { pod, has }
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

/// What is sold.
#[derive(Debug, Default)]
pub(crate) struct Sold {
    /// By impression.
    imps: BTreeMap<usize, Taken>,
    /// What nothing else may have, by pod.
    pods: BTreeMap<usize, HashSet<String>>,
}

impl Sold {
    pub(crate) fn add(&mut self, imp: usize, slot: &Slot) {
        self.imps.entry(imp).or_default().add(slot.part.as_ref());
        if let Some(own) = &slot.own {
            self.pods.entry(own.pod).or_default().extend(own.has.iter().cloned());
        }
    }

    /// Returns whether anything of an impression is.
    pub(crate) fn has(&self, imp: usize) -> bool {
        self.imps.contains_key(&imp)
    }

    /// Returns whether a bid for an impression fits beside it.
    pub(crate) fn has_room_for(&self, imp: usize, slot: &Slot) -> bool {
        self.has_room_in_imp(imp, slot) && self.is_apart_from(slot)
    }

    /// Returns whether it does in its impression, whatever else is sold of its pod.
    pub(crate) fn has_room_in_imp(&self, imp: usize, slot: &Slot) -> bool {
        self.imps.get(&imp).is_none_or(|taken| taken.has_room_for(slot.part.as_ref()))
    }

    /// Returns whether a bid shares nothing with others of its pod that it must not.
    fn is_apart_from(&self, slot: &Slot) -> bool {
        let Some(own) = &slot.own else { return true };
        let Some(sold) = self.pods.get(&own.pod) else { return true };
        !own.has.iter().any(|one| sold.contains(one))
    }
}

/// What of an impression is sold.
#[derive(Debug, Default)]
struct Taken {
    is_whole: bool,
    format: Option<Format>,
    ads: u32,
    seconds: u64,
    firsts: u32,
    lasts: u32,
    /// Those that are the first or the last.
    ends: u32,
}

impl Taken {
    fn add(&mut self, part: Option<&Part>) {
        let Some(part) = part else {
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
    }

    /// Only one ad is the first, and only one the last.
    fn has_room_for(&self, part: Option<&Part>) -> bool {
        let Some(part) = part else { return !self.is_whole && self.ads == 0 };
        let [first, last, end] = counts(part.position);
        !self.is_whole
            && self.format.is_none_or(|format| format == part.format)
            && self.ads < part.pod.ads
            && self.seconds + u64::from(part.seconds) <= u64::from(part.pod.seconds)
            && self.firsts + first <= 1
            && self.lasts + last <= 1
            && self.ends + end <= 2
    }
}
