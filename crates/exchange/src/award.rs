//! Which bids are answered, and which lost to them.

use crate::{
    apart::Apart,
    check::Checked,
    clearing::{clear, rank},
    counters::Count,
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
use std::collections::{BTreeMap, BTreeSet};
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
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) partnership: PartnershipId,
    pub(crate) imp: usize,
    pub(crate) status: SeatStatus,
    /// Its markup came with it.
    pub(crate) has_markup: bool,
}

/// Who wins among some bids.
#[derive(Debug, Default)]
struct Decided {
    first: Vec<Priced>,
    behind: Vec<Behind>,
    winners: BTreeMap<usize, Beaten>,
    apart: Apart,
}

/// A bid that did not win.
#[derive(Debug)]
struct Behind {
    checked: Checked,
    how: How,
}

/// Why a bid did not win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// The best bid for its impression came before it.
    Beaten,
    /// It must not stand beside a dearer ad of its pod, or its impression waits for that.
    KeptOut,
    /// Its group cannot win all of its impressions.
    Fallen,
}

/// What came of one turn.
struct Turn<'a> {
    /// Who won, by impression.
    winners: &'a BTreeMap<usize, Beaten>,
    apart: &'a Apart,
    /// The impressions whose winners are answered.
    answered: BTreeSet<usize>,
    sold: &'a Sold,
}

impl Exchange {
    /// Awards each impression to the best bid that can be answered, and what that leaves of a pod to the best that fits
    /// there, until none does. One that won and cannot be answered is no bid, and neither are its partner's others that
    /// could fail in the same way: what it won is decided again among those behind it, and nobody is told a price that
    /// nobody paid (P11).
    pub(crate) async fn award(
        &self,
        asked: (&Weighed, &SubjectState),
        mut bids: Vec<Checked>,
        until: Instant,
    ) -> Awarded {
        let mut awarded = Awarded::default();
        let mut spent = Spent::default();
        let mut turns = 0;
        while !bids.is_empty() {
            turns += 1;
            self.counters.add(Count::Turn);
            let Decided { first, behind, winners, apart } = winners(bids);
            let is_decided = !first.is_empty();
            let (answered_before, failed_before) = (awarded.answered.len(), awarded.failed.len());
            self.make(asked, first, until, &mut awarded).await;
            awarded.sell(answered_before, &winners);
            spent.extend(awarded.failed.iter().skip(failed_before));
            let behind = spent.part(behind, &mut awarded);
            let (again, lost) = awarded.part(answered_before, behind, (&winners, &apart));
            awarded.lost.extend(lost);
            let left = again.into_iter().map(|one| one.checked);
            // Why: each further turn has fewer bids, so there is a last one, and the platform waits.
            bids = match (is_decided, turns < TURNS_MAX && Instant::now() < until) {
                (true, true) => left.collect(),
                (true, false) => {
                    // Nobody has beaten them.
                    left.for_each(|one| awarded.fail(one, SeatStatus::Error));
                    break;
                }
                (false, _) => {
                    awarded.lost.extend(left.map(Lost::fallen));
                    break;
                }
            };
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
            awarded.fail(one.checked, status);
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

    /// Notes a bid that cannot be answered.
    fn fail(&mut self, checked: Checked, status: SeatStatus) {
        let Checked { imp, offer, heard, .. } = checked;
        let (partnership, has_markup) = (offer.partnership, offer.has_markup);
        self.failed.push(Failed { partnership, imp, status, has_markup });
        self.lost.push(Lost::failed(heard, status));
    }

    /// Parts those that may win what is left from those that have lost to what is answered since there were so many.
    fn part(
        &self,
        before: usize,
        behind: Vec<Behind>,
        (winners, apart): (&BTreeMap<usize, Beaten>, &Apart),
    ) -> (Vec<Behind>, Vec<Lost>) {
        let answered = self.answered.iter().skip(before).map(|(one, _)| one.checked.imp).collect();
        let turn = Turn { winners, apart, answered, sold: &self.sold };
        let (again, lost): (Vec<_>, Vec<_>) =
            behind.into_iter().partition(|one| one.may_win(&self.sold));
        (again, lost.into_iter().map(|one| one.lost(&turn)).collect())
    }
}

/// Partners whose win could not be answered.
#[derive(Debug, Default)]
struct Spent(BTreeMap<PartnershipId, Failed>);

impl Spent {
    fn extend<'a>(&mut self, failed: impl Iterator<Item = &'a Failed>) {
        for one in failed {
            let worst = self.0.entry(one.partnership.clone()).or_insert_with(|| one.clone());
            if one.has_markup && !worst.has_markup {
                *worst = one.clone();
            }
        }
    }

    /// Fails the bids of those partners: where a markup did not come all that wait for one, and where a bid failed that
    /// had its own every one. So an answer of a thousand bids that all fail takes no more turns than one of two, and
    /// nobody else's markup the time.
    fn part(&self, behind: Vec<Behind>, awarded: &mut Awarded) -> Vec<Behind> {
        if self.0.is_empty() {
            return behind;
        }
        let mut left = Vec::with_capacity(behind.len());
        for one in behind {
            let offer = &one.checked.offer;
            let failed = self.0.get(&offer.partnership);
            match failed.filter(|failed| failed.has_markup || !offer.has_markup) {
                Some(failed) => awarded.fail(one.checked, failed.status),
                None => left.push(one),
            }
        }
        left
    }
}

impl Behind {
    /// Returns whether nobody else has anything that it must win.
    fn may_win(&self, sold: &Sold) -> bool {
        let Checked { imp, group, slot, .. } = &self.checked;
        let is_free = |imp: &usize| !sold.has(*imp);
        sold.has_room_for(*imp, slot)
            && group.as_ref().is_none_or(|group| group.imps.iter().all(is_free))
    }

    /// A bid that lost to what this turn sold: to the winner of its impression, or where that has room for it to the one in
    /// its pod that it must not stand beside.
    fn lost(self, turn: &Turn<'_>) -> Lost {
        let Checked { imp, slot, .. } = &self.checked;
        let winner = |imp: usize| turn.winners.get(&imp).filter(|_| turn.answered.contains(&imp));
        let of_imp = winner(*imp).filter(|_| self.how == How::Beaten);
        let may_be_in_pod = match self.how {
            How::Beaten => turn.sold.has_room_in_imp(*imp, slot),
            How::KeptOut => true,
            How::Fallen => false,
        };
        let in_pod = may_be_in_pod
            .then(|| turn.apart.beaten_at(&self.checked, |imp| turn.answered.contains(&imp)));
        match in_pod.flatten().and_then(winner).or(of_imp) {
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
    let behind = |how| move |checked| Behind { checked, how };
    let mut decided = Decided {
        behind: fallen.into_iter().map(behind(How::Fallen)).collect(),
        ..Decided::default()
    };
    let ranked = ranked(bids);
    let best = ranked.values().filter_map(|bids| bids.first());
    let seconds = ranked.values().flat_map(|bids| bids.iter().skip(1));
    let apart = Apart::of(best, seconds.filter(|bid| bid.slot.leaves_room()));
    for (imp, mut ranked) in ranked {
        let kept_out = ranked.extract_if(.., |checked| apart.keeps_out(checked));
        decided.behind.extend(kept_out.map(behind(How::KeptOut)));
        let Some(cleared) = clear(ranked.iter().map(|checked| &checked.offer)) else { continue };
        let mut ranked = ranked.into_iter();
        let Some(winner) = ranked.next() else { continue };
        decided.winners.insert(imp, Beaten::by(&winner.offer, cleared));
        decided.behind.extend(ranked.map(behind(How::Beaten)));
        let (price, min_to_win) = (cleared.price, Some(cleared.min_to_win));
        decided.first.push(Priced { checked: winner, price, min_to_win });
    }
    decided.apart = apart;
    decided
}

/// Nobody has lost yet: the caller chooses. What it would have taken to win is said as if the best of these had won
/// (`OpenRTB` 2.6, section 4.4.1).
fn all(bids: Vec<Checked>) -> Decided {
    let mut decided = Decided::default();
    for (imp, ranked) in ranked(bids) {
        let cleared = clear(ranked.iter().map(|checked| &checked.offer));
        let (Some(cleared), Some(best)) = (cleared, ranked.first()) else { continue };
        let beaten = Beaten::by(&best.offer, cleared);
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

/// A pod of so many impressions whose ads must all differ, or of so many ads, is filled; no more.
const TURNS_MAX: usize = 128;
