//! Which bids are answered, and which lost to them.

use crate::{
    check::Checked,
    clearing::{Cleared, rank},
    exchange::Exchange,
    fill::fill,
    groups,
    losses::Lost,
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
    /// Whether it won since it offered more than several together.
    is_instead: bool,
}

/// What came of all bids that had passed.
#[derive(Debug, Default)]
pub(crate) struct Awarded {
    /// In the order of impressions, and of a pod's best first.
    pub(crate) answered: Vec<(Priced, Ready)>,
    pub(crate) failed: Vec<Failed>,
    pub(crate) lost: Vec<Lost>,
    /// Who won, by impression.
    pub(crate) sold: BTreeMap<usize, Sold>,
}

/// A bid that would have been answered and could not be.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) partnership: PartnershipId,
    pub(crate) imp: usize,
    pub(crate) status: SeatStatus,
}

/// A bid that did not win.
#[derive(Debug)]
struct Behind {
    checked: Checked,
    /// Whether it fell with its group, and was beaten by nobody.
    is_fallen: bool,
}

impl Exchange {
    /// Awards each impression to the best bids that can be answered. One that won and cannot be is no bid: what it won is
    /// decided again among those behind it, and nobody is told a price that nobody paid (P11).
    pub(crate) async fn award(
        &self,
        asked: (&Weighed, &SubjectState),
        mut bids: Vec<Checked>,
        until: Instant,
    ) -> Awarded {
        let mut awarded = Awarded::default();
        let mut beaten: Vec<Behind> = Vec::new();
        while !bids.is_empty() {
            let (first, behind) = decide(bids, &awarded.sold);
            let before = awarded.answered.len();
            let failed = self.make(asked, first, until, &mut awarded).await;
            awarded.sell(before);
            let may_win = |one: &Behind| failed > 0 && one.may_win(&awarded.sold);
            let (again, lost): (Vec<_>, Vec<_>) = behind.into_iter().partition(may_win);
            beaten.extend(lost);
            bids = again.into_iter().map(|one| one.checked).collect();
        }
        awarded.lost.extend(beaten.into_iter().map(|one| one.lost(&awarded.sold)));
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
        let (first, sold) = all(bids);
        let mut awarded = Awarded { sold, ..Awarded::default() };
        self.make(asked, first, until, &mut awarded).await;
        awarded
    }

    /// Makes what bids are answered with. Returns how many cannot be answered.
    async fn make(
        &self,
        asked: (&Weighed, &SubjectState),
        first: Vec<Priced>,
        until: Instant,
        awarded: &mut Awarded,
    ) -> usize {
        let ready = join_all(first.iter().map(|one| self.ready(asked, one, until))).await;
        let before = awarded.failed.len();
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
        awarded.failed.len() - before
    }
}

impl Awarded {
    /// Notes what was sold to those that are answered since there were so many.
    fn sell(&mut self, before: usize) {
        for (Priced { checked, price, is_instead, .. }, _) in self.answered.iter().skip(before) {
            let sold = self.sold.entry(checked.imp).or_default();
            sold.to(checked, *price, *is_instead);
        }
    }
}

impl Behind {
    /// Returns whether nobody else has anything that it must win.
    fn may_win(&self, sold: &BTreeMap<usize, Sold>) -> bool {
        let Checked { imp, group, slot, .. } = &self.checked;
        match group {
            Some(group) => group.imps.iter().all(|imp| !sold.contains_key(imp)),
            None => sold.get(imp).is_none_or(|sold| slot.fits_beside(sold.slots())),
        }
    }

    fn lost(self, sold: &BTreeMap<usize, Sold>) -> Lost {
        let sold = sold.get(&self.checked.imp).filter(|_| !self.is_fallen);
        Lost::behind(self.checked, sold)
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

/// Says who wins, beside those to whom something is sold, and who is behind them.
fn decide(bids: Vec<Checked>, sold: &BTreeMap<usize, Sold>) -> (Vec<Priced>, Vec<Behind>) {
    let (bids, fallen) = groups::resolve(bids);
    let fell = |checked| Behind { checked, is_fallen: true };
    let mut behind: Vec<Behind> = fallen.into_iter().map(fell).collect();
    let mut first = Vec::new();
    for (imp, ranked) in ranked(bids) {
        for (checked, cleared) in fill(ranked, sold.get(&imp)) {
            match cleared {
                Some(Cleared { price, min_to_win, is_instead }) => {
                    let min_to_win = Some(min_to_win);
                    first.push(Priced { checked, price, min_to_win, is_instead });
                }
                None => behind.push(Behind { checked, is_fallen: false }),
            }
        }
    }
    (first, behind)
}

/// Nobody has lost yet: the caller chooses. What it would have taken to win is said as if the best of these had won
/// (`OpenRTB` 2.6, section 4.4.1).
fn all(bids: Vec<Checked>) -> (Vec<Priced>, BTreeMap<usize, Sold>) {
    let mut first = Vec::new();
    let mut sold: BTreeMap<usize, Sold> = BTreeMap::new();
    for (imp, ranked) in ranked(bids) {
        let filled = fill(ranked, None);
        let sold = sold.entry(imp).or_default();
        for (checked, cleared) in &filled {
            if let Some(Cleared { price, is_instead, .. }) = cleared {
                sold.to(checked, *price, *is_instead);
            }
        }
        for (checked, cleared) in filled {
            let offer = &checked.offer;
            let price = match offer.pays {
                DealPrice::First | DealPrice::SecondPlus => offer.price,
                DealPrice::Floor => offer.floor,
            };
            let next = cleared.map(|cleared| cleared.min_to_win);
            let min_to_win = next.or_else(|| sold.beating(&checked.slot)?.min_to_win(offer));
            first.push(Priced { checked, price, min_to_win, is_instead: false });
        }
    }
    (first, sold)
}
