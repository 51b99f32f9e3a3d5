//! Who wins, and what they pay. Pure, in whole micros, and the same for every order of arrival.
//!
//! An impression goes to a bid for a guaranteed deal before one for another deal, and to that before any
//! other; among these to the highest price. Of equal prices the partnership whose id is first in byte
//! order wins, and of one partnership's the bid whose id is first in byte order. Bids for parts of a pod are
//! compared by their price for as large a part.
//!
//! Under second price plus the winner pays a cent a thousand more than the next bid or its floor,
//! whichever is higher, and never more than it bid. The next bid is one of the same priority: the others
//! could not have won at any price. A deal can have a price of its own.

use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::{money::Micros, request::DealPrice};
use std::cmp::Ordering;

/// A part of an impression: some of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) part: u32,
    pub(crate) of: u32,
}

impl Share {
    pub(crate) const WHOLE: Self = Self { part: 1, of: 1 };

    /// Returns the larger of both.
    pub(crate) fn max(self, other: Self) -> Self {
        let one = i128::from(self.part) * i128::from(other.of);
        if one >= i128::from(other.part) * i128::from(self.of) { self } else { other }
    }

    /// Returns the price at which this part is as dear as another is at its own, rounded up.
    pub(crate) fn as_dear(self, price: Micros, other: Self) -> Micros {
        let (dear, cheap) = Self::weights(self, other);
        let scaled = (i128::from(price.0) * dear).div_euclid(cheap);
        let is_cut = (i128::from(price.0) * dear).rem_euclid(cheap) > 0;
        Micros(i64::try_from(scaled + i128::from(is_cut)).unwrap_or(i64::MAX))
    }

    /// Returns two numbers in the proportion of two parts. Neither part is nothing.
    fn weights(one: Self, other: Self) -> (i128, i128) {
        let weight = |part: u32, of: u32| (i128::from(part) * i128::from(of)).max(1);
        (weight(one.part, other.of), weight(other.part, one.of))
    }
}

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
    /// How much of the impression it is for.
    pub(crate) share: Share,
}

/// What the winner pays, and what it would have taken to beat the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cleared {
    pub(crate) price: Micros,
    /// The next bid, or the floor.
    pub(crate) min_to_win: Micros,
    /// Whether it won since it offered more than several together.
    pub(crate) is_instead: bool,
}

/// Orders offers for one impression, best first.
pub(crate) fn rank(left: &Offer, right: &Offer) -> Ordering {
    right
        .priority
        .cmp(&left.priority)
        .then_with(|| by_share(left, right))
        .then_with(|| right.price.cmp(&left.price))
        .then_with(|| left.partnership.cmp(&right.partnership))
        .then_with(|| left.bid_id.cmp(&right.bid_id))
}

/// Orders prices for as large a part, the dearest first.
fn by_share(left: &Offer, right: &Offer) -> Ordering {
    let (of_left, of_right) = Share::weights(left.share, right.share);
    let price = |offer: &Offer, weight: i128| i128::from(offer.price.0) * weight;
    price(right, of_left).cmp(&price(left, of_right))
}

/// Clears one winner, where `next` is the price, for as large a part, of the best bid that would have won in its place. Each
/// bid is at or above its floor.
pub(crate) fn clear(winner: &Offer, next: Option<Micros>) -> Cleared {
    let min_to_win = next.map_or(winner.floor, |next| next.max(winner.floor));
    let price = match winner.pays {
        DealPrice::First => winner.price,
        DealPrice::SecondPlus => Micros(min_to_win.0.saturating_add(PLUS.0)).min(winner.price),
        DealPrice::Floor => winner.floor,
    };
    Cleared { price, min_to_win, is_instead: false }
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
            share: Share::WHOLE,
        }
    }

    /// What the winner is, pays, and would have had to bid.
    fn winner(offers: &[Offer]) -> (String, i64, i64) {
        let mut ranked: Vec<&Offer> = offers.iter().collect();
        ranked.sort_by(|left, right| rank(left, right));
        let next = ranked.get(1).filter(|next| next.priority == ranked[0].priority);
        let as_dear = next.map(|next| ranked[0].share.as_dear(next.price, next.share));
        let cleared = clear(ranked[0], as_dear);
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
    fn parts_are_compared_and_paid_by_their_size() {
        let part = |id: &str, seconds, price| Offer {
            share: Share { part: seconds, of: 60 },
            pays: DealPrice::SecondPlus,
            ..offer(id, id, price)
        };
        let (short, long) = (part("short", 15, 4_000_000), part("long", 30, 7_000_000));
        assert_eq!(
            winner(&[long.clone(), short.clone()]),
            (String::from("short"), 3_510_000, 3_500_000)
        );
        let dearer = part("dearer", 30, 8_000_001);
        assert_eq!(winner(&[short, dearer]), (String::from("dearer"), 8_000_001, 8_000_000));
        let odd = Offer { price: Micros(7_000_001), share: Share { part: 7, of: 60 }, ..long };
        let cut = (String::from("one"), 1_000_001, 1_000_001);
        assert_eq!(winner(&[odd, part("one", 1, 1_000_001)]), cut, "rounded up");
    }
}
