//! Who bids is counted, by partnership, seat and advertiser.

use crate::support::{House, IFA, bid, bids, request, with};
use serde_json::{Value, json};

async fn seen(house: &House) -> Vec<(String, String, u64)> {
    let all = house.exchange.buyers().await.unwrap().into_iter();
    all.map(|(buyer, seen)| (buyer.seat, buyer.advertiser, seen.bids)).collect()
}

fn by(advertisers: Value) -> Value {
    with(bid("b", 2.0), "/adomain", advertisers)
}

async fn answer(house: &House, bid: Value) {
    house.door.set("north", bids(&[bid]));
    house.auction(&request()).await;
}

#[tokio::test]
async fn a_bid_counts_for_each_of_its_advertisers_and_a_refused_one_for_none() {
    let house = House::new().await;
    answer(&house, by(json!(["Shop.example", "shop.example", "books.example"]))).await;
    answer(&house, by(json!(["https://shop.example/sale", "shop.example:443"]))).await;
    answer(&house, with(by(json!(["refused.example"])), "/price", json!(0))).await;
    answer(&house, bid("b", 2.0)).await;
    let counted = |advertiser: &str, bids| (String::from("s"), String::from(advertiser), bids);
    let expected = [counted("", 1), counted("books.example", 1), counted("shop.example", 2)];
    assert_eq!(seen(&house).await, expected);
    let kept = house.exchange.buyers().await.unwrap();
    assert!(kept.iter().all(|(buyer, _)| buyer.partnership.as_str() == "north"));
}

#[tokio::test]
async fn what_a_partner_was_told_of_a_person_is_no_advertiser() {
    let house = House::new().await;
    answer(&house, by(json!([format!("{IFA}.example")]))).await;
    for advertiser in ["192.0.2.1", "shop", "a b.example"] {
        answer(&house, by(json!([advertiser]))).await;
    }
    assert_eq!(seen(&house).await, [(String::from("s"), String::new(), 3)]);
}
