//! Who wins, and what they pay. Pure, in whole micros, and the same for every order of arrival.
//!
//! An impression goes to a bid for a guaranteed deal before one for another deal, and to that before any
//! other; among these to the highest price. Of equal prices the partnership whose id is first in byte
//! order wins, and of one partnership's the bid whose id is first in byte order.
//!
//! Under second price plus the winner pays a cent a thousand more than the next bid or its floor,
//! whichever is higher, and never more than it bid. The next bid is one of the same priority, since the others
//! could not have won at any price, and one whose markup is there: nobody knows yet whether another could be
//! answered, and it would set a price without being at risk of paying it. A deal can have a price of its own.

use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::{money::Micros, request::DealPrice};
use std::cmp::Ordering;

/// Which bids come first, whatever their price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Not for a deal.
    Open,
    /// For a deal.
    Deal,
    /// For a deal of the type guaranteed.
    Guaranteed,
}

/// A bid that may win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) partnership: PartnershipId,
    pub(crate) bid_id: String,
    pub(crate) price: Micros,
    pub(crate) priority: Priority,
    /// The floor it had to reach: the deal's, or the impression's.
    pub(crate) floor: Micros,
    /// What it pays if it wins.
    pub(crate) pays: DealPrice,
    /// Its markup came with it.
    pub(crate) has_markup: bool,
}

/// What the winner pays, and what it would have taken to beat the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cleared {
    pub(crate) price: Micros,
    /// The next bid, or the floor.
    pub(crate) min_to_win: Micros,
}

/// Orders offers for one impression, best first.
pub(crate) fn rank(left: &Offer, right: &Offer) -> Ordering {
    right
        .priority
        .cmp(&left.priority)
        .then_with(|| right.price.cmp(&left.price))
        .then_with(|| left.partnership.cmp(&right.partnership))
        .then_with(|| left.bid_id.cmp(&right.bid_id))
}

/// Clears one impression: `ranked` best first, each at or above its floor.
pub(crate) fn clear<'o>(mut ranked: impl Iterator<Item = &'o Offer>) -> Option<Cleared> {
    let winner = ranked.next()?;
    let mut rivals = ranked.take_while(|next| next.priority == winner.priority);
    let next = rivals.find(|next| next.has_markup);
    let min_to_win = next.map_or(winner.floor, |next| next.price.max(winner.floor));
    let price = match winner.pays {
        DealPrice::First => winner.price,
        DealPrice::SecondPlus => Micros(min_to_win.0.saturating_add(PLUS.0)).min(winner.price),
        DealPrice::Floor => winner.floor,
    };
    Some(Cleared { price, min_to_win })
}

/// A cent.
const PLUS: Micros = Micros(10_000);

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(partnership: &str, bid: &str, price: i64) -> Offer {
        Offer {
            partnership: partnership.parse().unwrap(),
            bid_id: bid.to_owned(),
            price: Micros(price),
            priority: Priority::Open,
            floor: Micros::ZERO,
            pays: DealPrice::First,
            has_markup: true,
        }
    }

    /// What the winner is, pays, and would have had to bid.
    fn winner(offers: &[Offer]) -> (String, i64, i64) {
        let mut ranked: Vec<&Offer> = offers.iter().collect();
        ranked.sort_by(|left, right| rank(left, right));
        let cleared = clear(ranked.iter().copied()).unwrap();
        (ranked[0].bid_id.clone(), cleared.price.0, cleared.min_to_win.0)
    }

    #[test]
    fn a_single_bid_pays_the_floor_and_a_cent_and_never_more_than_it_bid() {
        let lone = |price, floor| {
            let pays = DealPrice::SecondPlus;
            winner(&[Offer { floor: Micros(floor), pays, ..offer("a", "one", price) }]).1
        };
        assert_eq!(lone(2_000_000, 500_000), 510_000);
        assert_eq!(lone(505_000, 500_000), 505_000);
        assert_eq!(lone(500_000, 500_000), 500_000);
        assert_eq!(lone(5_000, 0), 5_000);
    }

    #[test]
    fn ties_are_broken_the_same_way_for_every_order_of_arrival() {
        let mut offers =
            [offer("b", "a", 7), offer("a", "b", 7), offer("a", "a", 7), offer("c", "z", 6)];
        for _ in 0..offers.len() {
            offers.rotate_left(1);
            assert_eq!(winner(&offers).0, "a");
            let mut ranked: Vec<&Offer> = offers.iter().collect();
            ranked.sort_by(|left, right| rank(left, right));
            let order: Vec<_> =
                ranked.iter().map(|o| (o.partnership.as_str(), o.bid_id.as_str())).collect();
            assert_eq!(order, [("a", "a"), ("a", "b"), ("b", "a"), ("c", "z")]);
        }
    }

    #[test]
    fn deals_come_first_and_pay_by_what_they_had_to_beat() {
        let of = |id: &str, priority, price| Offer {
            priority,
            floor: Micros(100),
            pays: DealPrice::SecondPlus,
            ..offer(id, id, price)
        };
        let open = of("open", Priority::Open, 9_000_000);
        let deal = of("deal", Priority::Deal, 2_000_000);
        let guaranteed = of("guaranteed", Priority::Guaranteed, 1_000_000);
        let all = [open.clone(), deal.clone(), guaranteed];
        assert_eq!(winner(&all), (String::from("guaranteed"), 10_100, 100));
        assert_eq!(winner(&[open.clone(), deal.clone()]), (String::from("deal"), 10_100, 100));
        let other = of("other", Priority::Deal, 1_500_000);
        assert_eq!(
            winner(&[open, deal.clone(), other]),
            (String::from("deal"), 1_510_000, 1_500_000)
        );
        let fixed = Offer { pays: DealPrice::Floor, ..deal };
        assert_eq!(winner(&[fixed]).1, 100);
    }

    #[test]
    fn without_offers_nobody_wins() {
        assert_eq!(clear(std::iter::empty()), None);
    }
}
