//! Who wins, and what they pay. Pure, in whole micros, and the same for every order of arrival.
//!
//! An impression goes to the highest price. Of equal prices the partnership whose id is first in
//! byte order wins, and of one partnership's the bid whose id is first in byte order.
//!
//! Under second price plus the winner pays a cent a thousand more than the next bid or the floor,
//! whichever is higher, and never more than it bid.

use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::{money::Micros, request::AuctionType};
use std::cmp::Ordering;

/// A bid that may win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) partnership: PartnershipId,
    pub(crate) bid_id: String,
    pub(crate) price: Micros,
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
        .price
        .cmp(&left.price)
        .then_with(|| left.partnership.cmp(&right.partnership))
        .then_with(|| left.bid_id.cmp(&right.bid_id))
}

/// Clears one impression: `ranked` best first, all at or above the floor.
pub(crate) fn clear(ranked: &[&Offer], floor: Micros, auction: AuctionType) -> Option<Cleared> {
    let winner = ranked.first()?;
    let next = ranked.get(1).map_or(floor, |second| second.price.max(floor));
    let price = match auction {
        AuctionType::FirstPrice => winner.price,
        AuctionType::SecondPricePlus => Micros(next.0.saturating_add(PLUS.0)).min(winner.price),
    };
    Some(Cleared { price, min_to_win: next })
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
        }
    }

    fn winner(offers: &[Offer], floor: i64, auction: AuctionType) -> (String, i64, i64) {
        let mut ranked: Vec<&Offer> = offers.iter().collect();
        ranked.sort_by(|left, right| rank(left, right));
        let cleared = clear(&ranked, Micros(floor), auction).unwrap();
        (ranked[0].bid_id.clone(), cleared.price.0, cleared.min_to_win.0)
    }

    /// The worked example of the `OpenRTB` 2.6 specification; the bid of 0.80 is below the floor and
    /// does not come this far.
    #[test]
    fn the_example_of_the_specification_clears_as_printed_there() {
        let offers = [offer("a", "one", 1_000_000), offer("b", "two", 900_000)];
        let first = winner(&offers, 850_000, AuctionType::FirstPrice);
        assert_eq!(first, (String::from("one"), 1_000_000, 900_000));
        let second = winner(&offers, 850_000, AuctionType::SecondPricePlus);
        assert_eq!(second, (String::from("one"), 910_000, 900_000));
    }

    #[test]
    fn a_single_bid_pays_the_floor_and_a_cent_and_never_more_than_it_bid() {
        let lone =
            |price| winner(&[offer("a", "one", price)], 500_000, AuctionType::SecondPricePlus).1;
        assert_eq!(lone(2_000_000), 510_000);
        assert_eq!(lone(505_000), 505_000);
        assert_eq!(lone(500_000), 500_000);
        let no_floor = winner(&[offer("a", "one", 5_000)], 0, AuctionType::SecondPricePlus);
        assert_eq!(no_floor.1, 5_000);
    }

    #[test]
    fn ties_are_broken_the_same_way_for_every_order_of_arrival() {
        let mut offers =
            [offer("b", "a", 7), offer("a", "b", 7), offer("a", "a", 7), offer("c", "z", 6)];
        for _ in 0..offers.len() {
            offers.rotate_left(1);
            assert_eq!(winner(&offers, 0, AuctionType::FirstPrice).0, "a");
            let mut ranked: Vec<&Offer> = offers.iter().collect();
            ranked.sort_by(|left, right| rank(left, right));
            let order: Vec<_> =
                ranked.iter().map(|o| (o.partnership.as_str(), o.bid_id.as_str())).collect();
            assert_eq!(order, [("a", "a"), ("a", "b"), ("b", "a"), ("c", "z")]);
        }
    }

    #[test]
    fn without_offers_nobody_wins() {
        assert_eq!(clear(&[], Micros(1), AuctionType::FirstPrice), None);
    }
}
