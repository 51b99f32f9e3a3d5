//! Bids of a seat that win all their impressions together, or none (`seatbid.group`).

use crate::{
    apart::Apart,
    check::{Checked, Rejected},
    clearing::rank,
    status::SeatStatus,
};
use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::response::Bid;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a bid stands and falls with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Which `seatbid` of its partnership's answer it is.
    pub(crate) number: usize,
    /// Every impression that it must win.
    pub(crate) imps: Arc<BTreeSet<usize>>,
}

/// Which group it is among those of all partnerships.
type Key = (PartnershipId, usize);

/// A group is answered whole or not at all, so that no win notice of one goes before the markup of all is there.
/// `seen` groups of the answer came up to this one.
pub(crate) fn check(group: Option<&Group>, seen: usize, bid: &Bid) -> Result<(), SeatStatus> {
    match group {
        Some(_) if seen > GROUPS_MAX => Err(SeatStatus::Group),
        Some(_) if bid.markup.is_none() => Err(SeatStatus::NoMarkup),
        Some(_) | None => Ok(()),
    }
}

/// Returns whether a group has a good bid for each of its impressions.
pub(crate) fn is_whole(passed: &[Checked], group: Option<&Group>) -> bool {
    let won = || passed.iter().map(|bid| bid.imp).collect::<BTreeSet<usize>>();
    group.is_none_or(|group| won() == *group.imps)
}

/// A bid of a group that is not whole.
pub(crate) fn fallen(bid: Checked) -> Rejected {
    Rejected::of(Some(bid.imp), SeatStatus::Group, Some(bid.heard))
}

/// Parts the bids that stand from those of groups that cannot win all their impressions.
///
/// Of several groups that stand in each other's way the one that offers least falls first, by the sum of its
/// best prices; of equal ones the one that is last in the order of partnerships and answers. A group that must not stand
/// beside a dearer ad of a pod falls, too.
pub(crate) fn resolve(mut standing: Vec<Checked>) -> (Vec<Checked>, Vec<Checked>) {
    let mut fallen = Vec::new();
    while let Some(weakest) = weakest(&standing).or_else(|| kept_out(&standing)) {
        let of_it = |bid: &mut Checked| key(bid).as_ref() == Some(&weakest);
        fallen.extend(standing.extract_if(.., of_it));
    }
    (standing, fallen)
}

pub(crate) fn key(bid: &Checked) -> Option<Key> {
    bid.group.as_ref().map(|group| (bid.offer.partnership.clone(), group.number))
}

/// Returns the group that falls next; `None` where every group wins all of its impressions.
fn weakest(bids: &[Checked]) -> Option<Key> {
    if bids.iter().all(|bid| bid.group.is_none()) {
        return None;
    }
    let best = best(bids);
    let mut groups: BTreeMap<Key, (&BTreeSet<usize>, BTreeMap<usize, i64>)> = BTreeMap::new();
    for bid in bids {
        if let (Some(key), Some(group)) = (key(bid), &bid.group) {
            let (_, prices) = groups.entry(key).or_insert((&group.imps, BTreeMap::new()));
            let price = prices.entry(bid.imp).or_default();
            *price = bid.offer.price.0.max(*price);
        }
    }
    let wins = |key: &Key, imp: &usize| {
        best.get(imp).is_some_and(|bid| self::key(bid).as_ref() == Some(key))
    };
    let failing = groups.iter().filter(|(key, (imps, _))| !imps.iter().all(|imp| wins(key, imp)));
    let sum = |prices: &BTreeMap<usize, i64>| prices.values().map(|one| i128::from(*one)).sum();
    let weakest = failing.min_by(|(one, (_, less)), (other, (_, more))| {
        let (less, more): (i128, i128) = (sum(less), sum(more));
        less.cmp(&more).then_with(|| other.cmp(one))
    });
    weakest.map(|(key, _)| key.clone())
}

/// Returns a group that cannot win yet one of the impressions of which it is the best; `None` where there is none.
fn kept_out(bids: &[Checked]) -> Option<Key> {
    if bids.iter().all(|bid| bid.group.is_none()) {
        return None;
    }
    let apart = Apart::of(best(bids).into_values(), std::iter::empty());
    bids.iter().filter(|bid| apart.waits(bid.imp)).filter_map(key).max()
}

/// The best bid of each impression.
fn best(bids: &[Checked]) -> BTreeMap<usize, &Checked> {
    let mut best: BTreeMap<usize, &Checked> = BTreeMap::new();
    for bid in bids {
        let first = best.entry(bid.imp).or_insert(bid);
        if rank(&bid.offer, &first.offer).is_lt() {
            *first = bid;
        }
    }
    best
}

/// Groups of one answer. Who stands in whose way is looked for once for each.
const GROUPS_MAX: usize = 16;
