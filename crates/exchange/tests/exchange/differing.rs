//! Impressions of one pod whose ads must differ (`poddedupe`).

use crate::{
    pods::{ad, ids, pod, told},
    support::{Behaviour, House, bids, request, with},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A request for these videos, each an impression.
fn videos(all: &[Value]) -> Value {
    let imp = |(index, fields): (usize, &Value)| {
        let mut imp = pod(fields)["imp"][0].clone();
        imp["id"] = json!(format!("slot-{index}"));
        imp
    };
    with(request(), "/imp", all.iter().enumerate().map(imp).collect())
}

/// Two slots of one pod whose ads are of different advertisers.
fn two() -> Value {
    let slot = json!({"podid": "p", "poddedupe": [1]});
    videos(&[slot.clone(), slot])
}

/// An ad of an advertiser for an impression.
fn of(who: &str, (id, imp): (&str, &str), price: f64, advertiser: &str) -> Value {
    let ad = with(ad(who, id, price, 15), "/impid", json!(imp));
    with(with(ad, "/adomain", json!([format!("{advertiser}.example")])), "/crid", json!(id))
}

/// `north` offers the same advertiser for both, `south` others for less.
fn set(house: &House) {
    let north = [of("north", ("a1", "1"), 9.0, "shoes"), of("north", ("a2", "2"), 10.0, "shoes")];
    let south = [of("south", ("b1", "1"), 3.0, "hats"), of("south", ("b2", "2"), 4.0, "hats")];
    house.door.set("north", bids(&north));
    house.door.set("south", bids(&south));
}

#[tokio::test]
async fn an_advertiser_gets_one_impression_of_a_pod_and_the_other_goes_to_the_next() {
    let plain = json!({"podid": "p"});
    let rule = json!({"podid": "p", "poddedupe": [1]});
    let other = json!({"podid": "q", "poddedupe": [1]});
    let alone = json!({"poddedupe": [1]});
    for (request, expected) in [
        (two(), ["a2", "b1"]),
        (videos(&[plain.clone(), rule.clone()]), ["a2", "b1"]),
        (videos(&[rule.clone(), plain.clone()]), ["a2", "b1"]),
        (videos(&[plain.clone(), plain]), ["a1", "a2"]),
        (videos(&[rule.clone(), other]), ["a1", "a2"]),
        (videos(&[rule, alone.clone()]), ["a1", "a2"]),
        (videos(&[alone.clone(), alone]), ["a1", "a2"]),
    ] {
        let house = House::new().await;
        set(&house);
        assert_eq!(ids(&house.auction(&request).await), expected, "{}", request["imp"]);
    }
    let house = House::new().await;
    set(&house);
    house.auction(&two()).await;
    let expected = ["lost/a1//102/10", "lost/b2//102/10", "won/a2/10/0/4", "won/b1/3/0/0.5"];
    assert_eq!(told(&house).await, expected, "it lost to the one it must not stand beside");
}

/// Else what comes first in the request, or is cheap, would keep out what is dearer.
#[tokio::test]
async fn the_dearest_of_a_pod_wins_first_and_what_it_keeps_out_gives_way_to_the_next_dearest() {
    let house = House::new().await;
    let slot = json!({"podid": "p", "poddedupe": [1]});
    let request = videos(&[slot.clone(), slot.clone(), slot]);
    let north = [of("north", ("a", "1"), 10.0, "shoes"), of("north", ("b", "2"), 9.0, "shoes")];
    let south = [of("south", ("c", "2"), 8.0, "hats"), of("south", ("d", "3"), 5.0, "hats")];
    house.door.set("north", bids(&north));
    house.door.set("south", bids(&south));
    assert_eq!(ids(&house.auction(&request).await), ["a", "c"]);
    let expected = ["lost/b//102/10", "lost/d//102/8", "won/a/10/0/0.5", "won/c/8/0/0.5"];
    assert_eq!(told(&house).await, expected);
}

#[tokio::test]
async fn the_slots_of_a_pod_and_its_dynamic_part_differ_too() {
    let house = House::new().await;
    let (slot, rest) = (
        json!({"podid": "p", "slotinpod": 1}),
        json!({"podid": "p", "poddur": 60, "poddedupe": [1]}),
    );
    let north = [
        of("north", ("first", "1"), 9.0, "shoes"),
        of("north", ("a", "2"), 12.0, "hats"),
        of("north", ("b", "2"), 8.0, "shoes"),
    ];
    let south = [of("south", ("c", "2"), 7.0, "gloves"), of("south", ("d", "1"), 2.0, "hats")];
    house.door.set("north", bids(&north));
    house.door.set("south", bids(&south));
    let auctioned = house.auction(&videos(&[slot, rest])).await;
    assert_eq!(ids(&auctioned), ["a", "c", "first"]);
    let told = told(&house).await;
    assert_eq!(told[..2], ["lost/b//102/9", "lost/d//102/12"]);
}

#[tokio::test]
async fn a_bid_that_must_not_stand_beside_a_dearer_one_makes_nobody_pay_more() {
    let house = House::new().await;
    let north = [of("north", ("a", "1"), 10.0, "shoes"), of("north", ("b", "2"), 6.0, "hats")];
    let south = [of("south", ("c", "2"), 5.0, "shoes"), of("south", ("d", "2"), 2.0, "gloves")];
    house.door.set("north", bids(&north));
    house.door.set("south", bids(&south));
    house.auction(&with(two(), "/at", json!(2))).await;
    let expected = ["lost/c//102/0.51", "lost/d//102/2.01", "won/a/0.51/0/0.5", "won/b/2.01/0/2"];
    assert_eq!(told(&house).await, expected);
}

/// Else the second ad of a dynamic part would lose to a cheaper one in another part.
#[tokio::test]
async fn the_second_best_of_a_dynamic_part_comes_before_a_cheaper_best_of_another_part() {
    let house = House::new().await;
    let dynamic = json!({"podid": "p", "poddur": 60, "maxseq": 2, "poddedupe": [1]});
    let two = videos(&[dynamic, json!({"podid": "p"})]);
    let north = [of("north", ("a1", "1"), 5.0, "shoes"), of("north", ("a2", "1"), 4.0, "hats")];
    let south = [of("south", ("b1", "2"), 3.0, "hats"), of("south", ("b2", "2"), 1.0, "gloves")];
    house.door.set("north", bids(&north));
    house.door.set("south", bids(&south));
    assert_eq!(ids(&house.auction(&two).await), ["a1", "a2", "b2"]);
    let told = told(&house).await;
    assert!(told.contains(&String::from("lost/b1//102/4")), "{told:?}");
}

#[tokio::test]
async fn whoever_lost_to_two_of_a_pod_is_told_the_price_of_the_one_that_was_paid() {
    let house = House::new().await;
    let slot = json!({"podid": "p", "poddedupe": [1]});
    let three = videos(&[slot.clone(), slot.clone(), slot]);
    let bare = with(of("north", ("a", "1"), 1_000.0, "shoes"), "/adm", Value::Null);
    house.door.set("north win", Behaviour::Answers(200, String::new()));
    let both = with(
        of("south", ("c", "3"), 1.5, "hats"),
        "/adomain",
        json!(["hats.example", "shoes.example"]),
    );
    house.door.set("north", bids(&[bare]));
    house.door.set("south", bids(&[of("south", ("b", "2"), 2.0, "hats"), both]));
    assert_eq!(ids(&house.auction(&three).await), ["b"]);
    assert!(told(&house).await.contains(&String::from("lost/c//102/2")));
}

#[tokio::test]
async fn a_bid_whose_markup_does_not_come_keeps_no_advertiser_out() {
    let house = House::new().await;
    set(&house);
    let bare = with(of("north", ("a2", "2"), 10.0, "shoes"), "/adm", Value::Null);
    let north = [of("north", ("a1", "1"), 9.0, "shoes"), bare];
    house.door.set("north win", Behaviour::Answers(200, String::new()));
    house.door.set("north", bids(&north));
    assert_eq!(ids(&house.auction(&two()).await), ["a1", "b2"]);
}

#[tokio::test]
async fn a_group_wins_in_a_pod_where_its_ads_may_stand_beside_each_other_and_all_dearer_ones() {
    let group = |one: Value, other: Value| {
        let response =
            json!({"id": "$ID", "seatbid": [{"seat": "s", "group": 1, "bid": [one, other]}]});
        Behaviour::Answers(200, response.to_string())
    };
    let south = [of("south", ("b1", "1"), 3.0, "hats"), of("south", ("b2", "2"), 6.0, "coats")];
    for (first, second, expected) in [
        ((5.0, "shoes"), (7.0, "socks"), &["g1", "g2"][..]),
        ((5.0, "shoes"), (7.0, "shoes"), &["b1", "b2"]),
        ((5.0, "shoes"), (5.0, "socks"), &["b1", "b2"]),
    ] {
        let house = House::new().await;
        let [one, other] = [("g1", "1", first), ("g2", "2", second)]
            .map(|(id, imp, (price, advertiser))| of("north", (id, imp), price, advertiser));
        house.door.set("north", group(one, other));
        house.door.set("south", bids(&south));
        assert_eq!(ids(&house.auction(&two()).await), expected, "{first:?} {second:?}");
    }
    // One of three slots goes to a dearer ad of the same advertiser.
    let house = House::new().await;
    let slot = json!({"podid": "p", "poddedupe": [1]});
    let [one, other] = [("g1", "1", "shoes"), ("g2", "2", "socks")]
        .map(|(id, imp, advertiser)| of("north", (id, imp), 5.0, advertiser));
    house.door.set("north", group(one, other));
    let dearer = of("south", ("b3", "3"), 9.0, "socks");
    house.door.set("south", bids(&[dearer, south[0].clone(), south[1].clone()]));
    let three = videos(&[slot.clone(), slot.clone(), slot]);
    assert_eq!(ids(&house.auction(&three).await), ["b1", "b2", "b3"]);
}

/// What should be sold, found the slow way: the dearest bid of all that may still stand, again and again.
fn expected(all: &[Value]) -> Vec<String> {
    let (mut slots, mut advertisers, mut sold) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut all: Vec<&Value> = all.iter().collect();
    let price = |one: &Value| one["price"].as_f64().unwrap();
    let key = |one: &Value| one["id"].as_str().unwrap().to_owned();
    all.sort_by(|one, other| {
        price(other).total_cmp(&price(one)).then_with(|| key(one).cmp(&key(other)))
    });
    for one in all {
        let (slot, advertiser) = (one["impid"].to_string(), one["adomain"].to_string());
        if !slots.contains(&slot) && !advertisers.contains(&advertiser) {
            sold.push(key(one));
            slots.insert(slot);
            advertisers.insert(advertiser);
        }
    }
    sold.sort();
    sold
}

#[tokio::test]
async fn of_any_bids_the_dearest_that_may_still_stand_wins_until_none_may() {
    let mut seed = 18_u64;
    let mut roll = |max: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % max
    };
    let names = ["shoes", "hats", "gloves", "coats", "socks"];
    let mut several = 0;
    for round in 0..80 {
        let slots = 2 + roll(4);
        let slot = json!({"podid": "p", "poddedupe": [1]});
        let request = videos(&vec![slot; usize::try_from(slots).unwrap()]);
        let mut bids_of = |who: &str| -> Vec<Value> {
            let one = |number: u64, roll: &mut dyn FnMut(u64) -> u64| {
                let imp = (1 + roll(slots)).to_string();
                let price = f64::from(u32::try_from(1 + roll(9)).unwrap());
                let name = names[usize::try_from(roll(5)).unwrap()];
                of(who, (&format!("{who}{number}"), &imp), price, name)
            };
            (0..=roll(9)).map(|number| one(number, &mut roll)).collect()
        };
        let (mut north, mut south) = (bids_of("north"), bids_of("south"));
        let all: Vec<Value> = north.iter().chain(&south).cloned().collect();
        let mut notices = Vec::new();
        for _ in 0..2 {
            let house = House::new().await;
            house.door.set("north", bids(&north));
            house.door.set("south", bids(&south));
            let sold = ids(&house.auction(&request).await);
            assert_eq!(sold, expected(&all), "{round}: {all:?}");
            several += u32::from(sold.len() > 1);
            notices.push(told(&house).await);
            north.rotate_left(1);
            south.reverse();
        }
        assert_eq!(notices[0], notices[1], "{round}: the same for every order of arrival");
    }
    assert!(several > 100, "{several}");
}
