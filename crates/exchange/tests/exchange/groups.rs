//! Bids that win all their impressions together, or none.

use crate::support::{Behaviour, House, bid, bids, call, request, settle, with};
use serde_json::{Value, json};
use sluicegate_exchange::{Auctioned, SeatStatus, Wanted};
use sluicegate_gate::Path;
use sluicegate_openrtb::money::Micros;

fn two() -> Value {
    let mut two = request();
    two["imp"].as_array_mut().unwrap().push(json!({"id": "slot-8", "banner": {"w": 320, "h": 50}}));
    two
}

fn of_imp(id: &str, imp: &str, price: f64) -> Value {
    with(bid(id, price), "/impid", json!(imp))
}

fn group(bids: &[Value]) -> Behaviour {
    let response = json!({"id": "$ID", "seatbid": [{"seat": "s", "group": 1, "bid": bids}]});
    Behaviour::Answers(200, response.to_string())
}

fn won(auctioned: &Auctioned) -> Vec<String> {
    let seats = auctioned.answer.seatbid.iter();
    let mut ids: Vec<String> =
        seats.flat_map(|seat| seat.bid.iter().map(|bid| bid.id.clone())).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_group_wins_all_of_its_impressions_or_none() {
    let house = House::new().await;
    house.door.set("north", group(&[of_imp("n1", "1", 2.0), of_imp("n2", "2", 2.0)]));
    assert_eq!(won(&house.auction(&two()).await), ["n1", "n2"]);
    house.door.set("south", bids(&[of_imp("s1", "1", 3.0)]));
    assert_eq!(won(&house.auction(&two()).await), ["s1"], "the other impression stays empty");
    house.door.set("south", bids(&[of_imp("s1", "1", 3.0), of_imp("s2", "2", 1.0)]));
    assert_eq!(won(&house.auction(&two()).await), ["s1", "s2"]);
}

#[tokio::test]
async fn a_group_wins_what_a_bid_that_cannot_be_answered_leaves_and_takes_nothing_from_others() {
    let house = House::new().await;
    house.door.set("north", group(&[of_imp("n1", "1", 2.0), of_imp("n2", "2", 2.0)]));
    let nurl = json!("https://south.example/w");
    let bare = with(with(of_imp("s1", "1", 3.0), "/nurl", nurl), "/adm", Value::Null);
    house.door.set("south win", Behaviour::Answers(200, String::new()));
    house.door.set("south", bids(std::slice::from_ref(&bare)));
    assert_eq!(won(&house.auction(&two()).await), ["n1", "n2"]);
    house.door.set("south", bids(&[bare, of_imp("s2", "2", 1.0)]));
    assert_eq!(won(&house.auction(&two()).await), ["s2"], "it has won, less or not");
}

#[tokio::test]
async fn of_groups_in_each_others_way_the_one_that_offers_more_stands() {
    let house = House::new().await;
    house.door.set("north", group(&[of_imp("n1", "1", 2.0), of_imp("n2", "2", 5.0)]));
    house.door.set("south", group(&[of_imp("s1", "1", 3.0), of_imp("s2", "2", 3.0)]));
    assert_eq!(won(&house.auction(&two()).await), ["n1", "n2"], "7 is more than 6");
    house.door.set("south", group(&[of_imp("s1", "1", 3.0), of_imp("s2", "2", 4.5)]));
    assert_eq!(won(&house.auction(&two()).await), ["s1", "s2"], "7.5 is more than 7");
}

#[tokio::test]
async fn a_group_with_one_bad_bid_is_not_whole() {
    let house = House::new().await;
    let lurl = |bid: Value| with(bid, "/lurl", json!("https://north.example/l?r=${AUCTION_LOSS}"));
    for bad in [
        of_imp("n2", "2", 0.0),
        of_imp("n2", "3", 9.0),
        with(of_imp("n2", "2", 9.0), "/adm", json!(null)),
    ] {
        house.door.set("north", group(&[lurl(of_imp("n1", "1", 2.0)), bad]));
        let auctioned = house.auction(&two()).await;
        assert!(won(&auctioned).is_empty());
        let nonbid = &auctioned.answer.ext.seatnonbid[0].nonbid[0];
        assert_eq!((nonbid.impid.as_str(), nonbid.statuscode), ("slot-7", 508));
    }
    settle().await;
    assert_eq!(house.door.notices(Path::LossNotice), ["https://north.example/l?r=200"; 3]);
}

#[tokio::test]
async fn a_caller_that_chooses_by_itself_gets_no_groups() {
    let house = House::new().await;
    house.door.set("north", group(&[of_imp("n1", "1", 2.0), of_imp("n2", "2", 2.0)]));
    house.door.set("south", group(&[of_imp("s1", "1", 1.0)]));
    let mut all = call(&two());
    all.wanted = Wanted::AllBids;
    let auctioned = house.exchange.auction(all).await.unwrap();
    assert_eq!(won(&auctioned), ["s1"], "a group of one is none");
    let codes: Vec<u16> =
        auctioned.answer.ext.seatnonbid[0].nonbid.iter().map(|one| one.statuscode).collect();
    assert_eq!(codes, [SeatStatus::Group.code(); 2]);
}

#[tokio::test]
async fn a_group_for_one_impression_is_none_and_sets_the_price() {
    let house = House::new().await;
    house.door.set("north", bids(&[of_imp("n1", "1", 6.0)]));
    house.door.set("south", group(&[of_imp("s1", "1", 5.0)]));
    let second = with(two(), "/at", json!(2));
    let auctioned = house.auction(&second).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].price, Micros(5_010_000));
}

#[tokio::test]
async fn more_groups_than_are_looked_at_are_refused() {
    let house = House::new().await;
    let mut many = request();
    for number in 1..34 {
        let imp = json!({"id": format!("more-{number}"), "banner": {"w": 320, "h": 50}});
        many["imp"].as_array_mut().unwrap().push(imp);
    }
    let pair = |number: usize| {
        let of = |imp: usize| of_imp(&format!("n{imp}"), &imp.to_string(), 2.0);
        json!({"seat": "s", "group": 1, "bid": [of(2 * number + 1), of(2 * number + 2)]})
    };
    let seats: Vec<Value> = (0..17).map(pair).collect();
    let answer = json!({"id": "$ID", "seatbid": seats}).to_string();
    house.door.set("north", Behaviour::Answers(200, answer));
    let won = won(&house.auction(&many).await);
    assert_eq!(won.len(), 32);
    assert!(!won.contains(&String::from("n33")) && !won.contains(&String::from("n34")));
}

#[tokio::test]
async fn what_fell_with_its_group_makes_no_other_bid_dearer() {
    let house = House::new().await;
    let mut second = two();
    second["at"] = json!(2);
    house.door.set("north", group(&[of_imp("n1", "1", 9.0), of_imp("n2", "2", 1.0)]));
    house.door.set("south", bids(&[of_imp("s1", "1", 2.0), of_imp("s2", "2", 3.0)]));
    let auctioned = house.auction(&second).await;
    let paid = auctioned.answer.seatbid.iter().flat_map(|seat| &seat.bid);
    let paid: Vec<_> = paid.map(|bid| (bid.id.as_str(), bid.price.0)).collect();
    // Without north's group nobody else bids: the floors, one of them half a unit, are what is left to pay.
    assert_eq!(paid, [("s1", 510_000), ("s2", 10_000)]);
}
