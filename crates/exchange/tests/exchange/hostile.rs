//! However much a partner answers, and whatever it is, the work and the room that it takes are bounded.

use crate::support::{Behaviour, House, bid, bids, call, request, statuses, with};
use futures_util::poll;
use serde_json::{Value, json};
use sluicegate_exchange::SeatStatus;
use sluicegate_ledger::Found;
use std::pin::pin;

/// A thousand bids, as many for each impression.
fn thousand(imps: usize, make: impl Fn(Value) -> Value) -> Vec<Value> {
    let of = |number: usize| {
        let price = 1.0 + f64::from(u16::try_from(number * 7 % 1_000).unwrap()) / 1_000.0;
        let bid = bid(&format!("b{number}"), price);
        make(with(bid, "/impid", json!((number % imps + 1).to_string())))
    };
    (0..1_000).map(of).collect()
}

fn offering(imps: usize) -> Value {
    let imp =
        |number: usize| json!({"id": format!("slot-{number}"), "banner": {"w": 320, "h": 50}});
    with(request(), "/imp", (0..imps).map(imp).collect())
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_bids_as_many_are_looked_at_in_full_as_count() {
    let house = House::new().await;
    house.door.set("north", bids(&thousand(1, |bid| bid)));
    let auctioned = house.auction(&offering(1)).await;
    let winner = &auctioned.answer.seatbid[0].bid[0];
    assert_eq!((winner.id.as_str(), winner.price.0), ("b9", 1_063_000), "of the first ten");
    let figures = house.exchange.counters().figures();
    assert_eq!((figures.looked_at, figures.bids), (10, 10));
    let too_many = ("north".parse().unwrap(), SeatStatus::TooManyBids);
    assert_eq!(figures.statuses[&too_many], 990);
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_bids_that_do_not_pass_few_are_looked_at_in_full_and_each_has_its_code() {
    let elsewhere = |bid| with(bid, "/nurl", json!("https://elsewhere.example/w"));
    let told = |bid| with(bid, "/lurl", json!("https://north.example/${AUCTION_LOSS}"));
    for (imps, looked_at) in [(1, 20), (10, 200), (100, 300)] {
        let house = House::new().await;
        let mut answer = thousand(imps, |bid| told(elsewhere(bid)));
        answer[0] = with(answer[0].clone(), "/price", json!(0));
        answer[1] = with(answer[1].clone(), "/id", answer[2]["id"].clone());
        house.door.set("north", bids(&answer));
        let auctioned = house.auction(&offering(imps)).await;
        assert!(auctioned.answer.seatbid.is_empty());
        let figures = house.exchange.counters().figures();
        assert_eq!((figures.looked_at, figures.bids), (looked_at, 0), "{imps}");
        let count = |status| figures.statuses[&("north".parse().unwrap(), status)];
        assert_eq!((count(SeatStatus::NoPrice), count(SeatStatus::Duplicate)), (1, 1));
        assert_eq!(count(SeatStatus::NoticeHost), looked_at);
        assert_eq!(count(SeatStatus::TooManyBids), 998 - looked_at);
        house.exchange.drained().await;
        let told = house.door.to("north").into_iter().filter_map(|notice| notice.url);
        let codes: Vec<_> = told.map(|url| url.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(codes.len(), 20);
        assert_eq!((codes[0].as_str(), codes[1].as_str()), ("9", "3"));
    }
}

#[tokio::test(start_paused = true)]
async fn groups_that_fall_are_not_looked_at_for_ever() {
    let house = House::new().await;
    let group = |number: usize| {
        let bid = |imp: usize, id: String| {
            let good = with(bid(&id, 1.0), "/impid", json!(imp.to_string()));
            if imp == 2 { with(good, "/crid", json!(null)) } else { good }
        };
        json!({"group": 1, "bid": [bid(1, format!("one{number}")), bid(2, format!("two{number}"))]})
    };
    let seats: Vec<_> = (0..500).map(group).collect();
    let answer = json!({"id": "$ID", "seatbid": seats}).to_string();
    house.door.set("north", Behaviour::Answers(200, answer));
    let auctioned = house.auction(&offering(2)).await;
    assert!(auctioned.answer.seatbid.is_empty());
    assert_eq!(house.exchange.counters().figures().looked_at, 40);
}

/// Slots of a pod in which no two ads share an advertiser.
fn slots(imps: usize, fields: &Value) -> Value {
    let mut video = json!({"mimes": ["video/mp4"], "podid": "p", "poddedupe": [1]});
    video.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let imp = |number: usize| json!({"id": format!("slot-{number}"), "video": video});
    with(request(), "/imp", (0..imps).map(imp).collect())
}

/// Ads for each slot: the dearest shares an advertiser with that of the slot before.
fn chained(who: &str, imps: usize, each: usize) -> Behaviour {
    let ad = |imp: usize, number: usize| {
        let price = 3.0 - f64::from(u16::try_from(imp * each + number).unwrap()) / 1_000.0;
        let ad = with(bid(&format!("{who}{imp}-{number}"), price), "/mtype", json!(2));
        let ad = with(with(ad, "/impid", json!((imp + 1).to_string())), "/dur", json!(1));
        let shared = [imp + number, imp + number + 1].map(|one| format!("a{one}.example"));
        with(ad, "/adomain", json!(shared))
    };
    let ads: Vec<_> = (0..imps).flat_map(|imp| (0..each).map(move |n| ad(imp, n))).collect();
    bids(&ads)
}

#[tokio::test(start_paused = true)]
async fn a_pod_whose_ads_keep_each_other_waiting_takes_no_more_turns_than_it_has_parts() {
    let dynamic = json!({"poddur": 3_600, "maxseq": 64});
    for (fields, imps, turns_max) in
        [(json!({}), 2, 2), (json!({}), 100, 100), (dynamic.clone(), 2, 20), (dynamic, 100, 128)]
    {
        let house = House::new().await;
        for who in ["north", "south"] {
            house.door.set(who, chained(who, imps, 3));
        }
        let auctioned = house.auction(&slots(imps, &fields)).await;
        let figures = house.exchange.counters().figures();
        let sold: usize = auctioned.answer.seatbid.iter().map(|seat| seat.bid.len()).sum();
        assert!(figures.turns <= turns_max, "{imps}: {} turns for {sold}", figures.turns);
        assert!(sold > imps / 3, "{imps}: {sold} in {} turns", figures.turns);
    }
}

#[tokio::test(start_paused = true)]
async fn three_answers_of_a_thousand_bids_come_to_the_same_bytes_each_time() {
    let mut answers = Vec::new();
    for _ in 0..2 {
        let house = House::new().await;
        for who in ["north", "south"] {
            house.door.set(who, bids(&thousand(7, |bid| bid)));
        }
        let auctioned = house.auction(&offering(7)).await;
        let seats = serde_json::to_string(&auctioned.answer.seatbid).unwrap();
        answers.push((seats, statuses(&auctioned), house.exchange.counters().figures()));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(start_paused = true)]
async fn the_door_learns_which_answers_could_be_read() {
    let house = House::new().await;
    let with_id = |id: &str| json!({"id": id, "seatbid": [{"bid": [bid("n", 1.0)]}]}).to_string();
    let many: Vec<_> = (0..1_001).map(|number| bid(&format!("b{number}"), 1.0)).collect();
    let many = json!({"id": "$ID", "seatbid": [{"bid": many}]}).to_string();
    for (text, found) in [
        (with_id("$ID"), Found::Readable),
        (with_id("$ID").replace("1.0", "0"), Found::Readable),
        (String::from("{}"), Found::Readable),
        (String::from(r#"{"id":"other","seatbid":[]}"#), Found::Readable),
        (with_id("other"), Found::Unreadable),
        (String::from("<html>"), Found::Unreadable),
        (String::from("[]"), Found::Unreadable),
        (many, Found::Unreadable),
    ] {
        house.door.set("north", Behaviour::Answers(200, text.clone()));
        house.auction(&request()).await;
        assert_eq!(house.door.found(), [found], "{text:.80}");
        assert_eq!(house.door.held(), 0, "{text:.80}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_keeps_its_place_until_its_auction_is_over() {
    let house = House::new().await;
    let mut awaited = with(bid("n", 2.0), "/nurl", json!("https://north.example/w"));
    awaited["adm"] = Value::Null;
    house.door.set("north", bids(&[awaited]));
    house.door.set("north win", Behaviour::NeverAnswers);
    house.door.set("south", bids(&[bid("s", 1.0)]));
    let mut auction = pin!(house.exchange.auction(call(&request())));
    while house.door.notices(sluicegate_gate::Path::WinNotice).is_empty() {
        assert!(poll!(&mut auction).is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(house.door.held(), 2);
    assert_eq!(house.door.found(), [Found::Readable; 2]);
    let auctioned = auction.await.unwrap();
    assert_eq!(auctioned.answer.seatbid[0].seat, "south");
    assert_eq!(house.door.held(), 0);
}
