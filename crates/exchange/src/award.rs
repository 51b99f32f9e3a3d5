//! Which bids are answered, and which lost to them.

use crate::{
    apart::Apart,
    check::Checked,
    clearing::{clear, rank},
    exchange::Exchange,
    groups,
    losses::{Beaten, Lost},
    occasion::Weighed,
    pod::Sold,
    settle::Ready,
    status::SeatStatus,
};
use futures_util::future::join_all;
use sluicegate_gate::{PartnershipId, SubjectState};
use sluicegate_openrtb::{money::Micros, request::DealPrice};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// A bid at the price it is answered at.
#[derive(Debug)]
pub(crate) struct Priced {
    pub(crate) checked: Checked,
    pub(crate) price: Micros,
    pub(crate) min_to_win: Option<Micros>,
}

/// What came of all bids that had passed.
#[derive(Debug, Default)]
pub(crate) struct Awarded {
    /// In the order of impressions, and of a pod's best first.
    pub(crate) answered: Vec<(Priced, Ready)>,
    pub(crate) failed: Vec<Failed>,
    pub(crate) lost: Vec<Lost>,
    /// Who won last, by impression.
    pub(crate) winners: BTreeMap<usize, Beaten>,
    pub(crate) sold: Sold,
}

/// A bid that would have been answered and could not be.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) partnership: PartnershipId,
    pub(crate) imp: usize,
    pub(crate) status: SeatStatus,
}

/// Who wins among some bids.
#[derive(Debug, Default)]
struct Decided {
    first: Vec<Priced>,
    behind: Vec<Behind>,
    winners: BTreeMap<usize, Beaten>,
}

/// A bid that did not win.
#[derive(Debug)]
struct Behind {
    checked: Checked,
    /// By whom; `None` for one of a group that cannot win all of its impressions, and for one that nobody beat yet.
    beaten: Option<Beaten>,
    /// By whom, where that leaves room for it in its impression, but not in its pod.
    beaten_in_pod: Option<Beaten>,
}

impl Exchange {
    /// Awards each impression to the best bid that can be answered, and what that leaves of a pod to the best that fits
    /// there, until none does. One that won and cannot be answered is no bid: what it won is decided again among those
    /// behind it, and nobody is told a price that nobody paid (P11).
    pub(crate) async fn award(
        &self,
        asked: (&Weighed, &SubjectState),
        mut bids: Vec<Checked>,
        until: Instant,
    ) -> Awarded {
        let mut awarded = Awarded::default();
        while !bids.is_empty() {
            let Decided { first, behind, winners } = winners(bids);
            // Why: each further turn has fewer bids, so there is a last one.
            let is_decided = !first.is_empty();
            let before = awarded.answered.len();
            self.make(asked, first, until, &mut awarded).await;
            awarded.sell(before, &winners);
            let may_win = |one: &Behind| is_decided && one.may_win(&awarded.sold);
            let (again, lost): (Vec<_>, Vec<_>) = behind.into_iter().partition(may_win);
            awarded.lost.extend(lost.into_iter().map(|one| one.lost(&awarded.sold)));
            bids = again.into_iter().map(|one| one.checked).collect();
        }
        awarded.answered.sort_by_key(|(one, _)| one.checked.imp);
        awarded
    }

    /// Answers with every bid that can be.
    pub(crate) async fn offer(
        &self,
        asked: (&Weighed, &SubjectState),
        bids: Vec<Checked>,
        until: Instant,
    ) -> Awarded {
        let Decided { first, winners, .. } = all(bids);
        let mut awarded = Awarded { winners, ..Awarded::default() };
        self.make(asked, first, until, &mut awarded).await;
        awarded
    }

    /// Makes what bids are answered with.
    async fn make(
        &self,
        asked: (&Weighed, &SubjectState),
        first: Vec<Priced>,
        until: Instant,
        awarded: &mut Awarded,
    ) {
        let ready = join_all(first.iter().map(|one| self.ready(asked, one, until))).await;
        for (one, ready) in together(first.into_iter().zip(ready).collect()) {
            let status = match ready {
                Ok(ready) => {
                    awarded.answered.push((one, ready));
                    continue;
                }
                Err(status) => status,
            };
            let Checked { imp, heard, .. } = one.checked;
            awarded.failed.push(Failed { partnership: heard.partnership.clone(), imp, status });
            awarded.lost.push(Lost::failed(heard, status));
        }
    }
}

impl Awarded {
    /// Notes what is sold to those that are answered since there were so many.
    fn sell(&mut self, before: usize, winners: &BTreeMap<usize, Beaten>) {
        for (Priced { checked, .. }, _) in self.answered.iter().skip(before) {
            self.sold.add(checked.imp, &checked.slot);
            self.winners.extend(winners.get(&checked.imp).map(|beaten| (checked.imp, *beaten)));
        }
    }
}

impl Behind {
    fn nobody(checked: Checked) -> Self {
        Self { checked, beaten: None, beaten_in_pod: None }
    }

    /// Returns whether nobody else has anything that it must win.
    fn may_win(&self, sold: &Sold) -> bool {
        let Checked { imp, group, slot, .. } = &self.checked;
        let is_free = |imp: &usize| !sold.has(*imp);
        sold.has_room_for(*imp, slot)
            && group.as_ref().is_none_or(|group| group.imps.iter().all(is_free))
    }

    fn lost(self, sold: &Sold) -> Lost {
        let in_pod = self.beaten_in_pod.filter(|_| {
            let Checked { imp, slot, .. } = &self.checked;
            sold.has_room_in_imp(*imp, slot)
        });
        match in_pod.or(self.beaten) {
            Some(beaten) => beaten.loser(self.checked),
            None => Lost::fallen(self.checked),
        }
    }
}

/// The bids of each impression, best first.
fn ranked(bids: Vec<Checked>) -> BTreeMap<usize, Vec<Checked>> {
    let mut by_imp: BTreeMap<usize, Vec<Checked>> = BTreeMap::new();
    for checked in bids {
        by_imp.entry(checked.imp).or_default().push(checked);
    }
    for bids in by_imp.values_mut() {
        bids.sort_by(|left, right| rank(&left.offer, &right.offer));
    }
    by_imp
}

/// Where one bid of a group cannot be answered, none of them is.
fn together(
    made: Vec<(Priced, Result<Ready, SeatStatus>)>,
) -> Vec<(Priced, Result<Ready, SeatStatus>)> {
    let failed = made.iter().filter(|(_, ready)| ready.is_err());
    let broken: Vec<_> = failed.filter_map(|(one, _)| groups::key(&one.checked)).collect();
    let stands = |one: &Priced| groups::key(&one.checked).is_none_or(|key| !broken.contains(&key));
    let kept = made.into_iter().map(|(one, ready)| {
        let ready = if stands(&one) { ready } else { ready.and(Err(SeatStatus::Group)) };
        (one, ready)
    });
    kept.collect()
}

fn winners(bids: Vec<Checked>) -> Decided {
    let (bids, fallen) = groups::resolve(bids);
    let mut decided =
        Decided { behind: fallen.into_iter().map(Behind::nobody).collect(), ..Decided::default() };
    let ranked = ranked(bids);
    let apart = Apart::of(ranked.values().filter_map(|bids| bids.first()));
    let mut kept_out = Vec::new();
    for (imp, mut ranked) in ranked {
        kept_out.extend(ranked.extract_if(.., |checked| apart.keeps_out(checked)));
        let offers: Vec<_> = ranked.iter().map(|checked| &checked.offer).collect();
        let Some(cleared) = clear(&offers) else { continue };
        let mut ranked = ranked.into_iter();
        let Some(winner) = ranked.next() else { continue };
        let beaten = Beaten::by(&winner.offer, cleared);
        decided.winners.insert(imp, beaten);
        let behind = |checked| Behind { beaten: Some(beaten), ..Behind::nobody(checked) };
        decided.behind.extend(ranked.map(behind));
        let (price, min_to_win) = (cleared.price, Some(cleared.min_to_win));
        decided.first.push(Priced { checked: winner, price, min_to_win });
    }
    let Decided { behind, winners, .. } = &mut decided;
    let beaten = |checked: &Checked| apart.beaten_at(checked).and_then(|imp| winners.get(&imp));
    for one in behind.iter_mut().filter(|one| one.beaten.is_some()) {
        one.beaten_in_pod = beaten(&one.checked).copied();
    }
    behind.extend(kept_out.into_iter().map(|checked| {
        let beaten = beaten(&checked).copied();
        Behind { beaten, ..Behind::nobody(checked) }
    }));
    decided
}

/// Nobody has lost yet: the caller chooses. What it would have taken to win is said as if the best of these had won
/// (`OpenRTB` 2.6, section 4.4.1).
fn all(bids: Vec<Checked>) -> Decided {
    let mut decided = Decided::default();
    for (imp, ranked) in ranked(bids) {
        let offers: Vec<_> = ranked.iter().map(|checked| &checked.offer).collect();
        let (Some(cleared), Some(best)) = (clear(&offers), offers.first()) else { continue };
        let beaten = Beaten::by(best, cleared);
        decided.winners.insert(imp, beaten);
        for (place, checked) in ranked.into_iter().enumerate() {
            let offer = &checked.offer;
            let price = match offer.pays {
                DealPrice::First | DealPrice::SecondPlus => offer.price,
                DealPrice::Floor => offer.floor,
            };
            let next = Some(cleared.min_to_win).filter(|_| place == 0);
            let min_to_win = next.or_else(|| beaten.min_to_win(offer));
            decided.first.push(Priced { checked, price, min_to_win });
        }
    }
    decided
}
