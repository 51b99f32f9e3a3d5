//! Callers that choose among all bids by themselves.

use crate::support::{House, bid, bids, call, request, settle, with};
use serde_json::{Value, json};
use sluicegate_exchange::{AuctionCall, Auctioned, SeatStatus, Wanted};
use sluicegate_gate::Path;

async fn all(house: &House, request: &Value) -> Auctioned {
    let call = AuctionCall { wanted: Wanted::AllBids, ..call(request) };
    let auctioned = house.exchange.auction(call).await.unwrap();
    settle().await;
    auctioned
}

/// The ids of the bids in the answer, with their prices and markup.
fn answered(auctioned: &Auctioned) -> Vec<(String, i64, String)> {
    let bids = auctioned.answer.seatbid.iter().flat_map(|seat| &seat.bid);
    bids.map(|bid| (bid.id.clone(), bid.price.0, bid.adm.clone().unwrap())).collect()
}

#[tokio::test]
async fn who_has_a_deal_at_a_fixed_price_pays_that_and_nobody_pays_by_what_others_bid() {
    let house = House::new().await;
    let deals = |at: u8| json!({"deals": [{"id": "d", "bidfloor": 0.6, "at": at}]});
    house.door.set("north", bids(&[with(bid("n", 2.0), "/dealid", json!("d"))]));
    for (at, told, price) in [(1, 1, 2_000_000), (2, 1, 2_000_000), (3, 3, 600_000)] {
        let auctioned = all(&house, &with(request(), "/imp/0/pmp", deals(at))).await;
        let body = house.door.to("north").pop().unwrap().body;
        assert_eq!(body["imp"][0]["pmp"]["deals"][0]["at"], told);
        assert_eq!(body["source"]["fd"], 1, "somebody else decides");
        let paid = if at == 3 { "<p>0.6</p>" } else { "<p>2</p>" };
        assert_eq!(answered(&auctioned), [(String::from("n"), price, paid.to_owned())]);
    }
    house.auction(&with(request(), "/imp/0/pmp", deals(2))).await;
    let body = house.door.to("north").pop().unwrap().body;
    assert_eq!(body["imp"][0]["pmp"]["deals"][0]["at"], 2, "the exchange can hold to that");
    assert_eq!(body["source"]["fd"], 0);
}

#[tokio::test]
async fn a_bid_whose_markup_would_come_with_its_win_is_reported_and_told_that_it_lost() {
    let house = House::new().await;
    let bare = with(bid("n", 1.0), "/adm", Value::Null);
    let bare = with(bare, "/nurl", json!("https://north.example/w"));
    let lurl = json!("https://north.example/l?loss=${AUCTION_LOSS}");
    house.door.set("north", bids(&[with(bare, "/lurl", lurl)]));
    let auctioned = all(&house, &request()).await;
    assert!(auctioned.answer.seatbid.is_empty());
    let north = &auctioned.answer.ext.seatnonbid[0];
    let status = SeatStatus::NoMarkup;
    assert_eq!((north.seat.as_str(), north.nonbid[0].statuscode), ("north", status.code()));
    assert_eq!(house.door.notices(Path::LossNotice), ["https://north.example/l?loss=7"]);
    assert!(house.door.notices(Path::WinNotice).is_empty());
}

#[tokio::test]
async fn a_seat_that_is_answered_for_an_impression_is_not_said_to_have_no_bid_for_it() {
    let house = House::new().await;
    let bare = with(bid("bare", 2.0), "/adm", Value::Null);
    let bare = with(bare, "/nurl", json!("https://north.example/w"));
    house.door.set("north", bids(&[bid("n", 1.0), bare]));
    let auctioned = all(&house, &request()).await;
    assert_eq!(answered(&auctioned).len(), 1);
    let nonbids = &auctioned.answer.ext.seatnonbid;
    assert!(nonbids.iter().all(|seat| seat.seat != "north"), "{nonbids:?}");
}

#[tokio::test]
async fn no_time_is_kept_for_markup_that_nobody_can_take() {
    let house = House::new().await;
    let bare = with(bid("n", 1.0), "/adm", Value::Null);
    house.door.set("north", bids(&[with(bare, "/nurl", json!("https://north.example/w"))]));
    let tmax = || house.door.to("south").pop().unwrap().body["tmax"].as_u64().unwrap();
    all(&house, &request()).await;
    let whole = tmax();
    house.auction(&request()).await;
    assert_eq!(tmax(), whole, "whoever chooses by itself could not take it");
    house.auction(&request()).await;
    assert!(tmax() < whole);
    all(&house, &request()).await;
    assert_eq!(tmax(), whole);
}

#[tokio::test]
async fn what_it_takes_to_win_is_said_as_if_the_best_bid_had_won() {
    let house = House::new().await;
    let saying = |id: &str, price| with(bid(id, price), "/adm", json!("${AUCTION_MIN_TO_WIN}"));
    let deal = |id: &str, price| with(saying(id, price), "/dealid", json!("d"));
    let min = |auctioned: &Auctioned| -> Vec<(String, String)> {
        answered(auctioned).into_iter().map(|(id, _, min)| (id, min)).collect()
    };
    let expected = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(id, min)| ((*id).to_owned(), (*min).to_owned())).collect()
    };
    house.door.set("north", bids(&[saying("best", 3.0), saying("next", 2.0), saying("last", 1.0)]));
    let auctioned = all(&house, &request()).await;
    assert_eq!(min(&auctioned), expected(&[("best", "2"), ("next", "3"), ("last", "3")]));
    house.door.set("north", bids(&[saying("alone", 3.0)]));
    assert_eq!(min(&all(&house, &request()).await), expected(&[("alone", "0.5")]));
    let pmp = json!({"deals": [{"id": "d", "bidfloor": 0.6}]});
    house.door.set("north", bids(&[deal("deal", 1.0), saying("open", 3.0)]));
    let auctioned = all(&house, &with(request(), "/imp/0/pmp", pmp)).await;
    assert_eq!(min(&auctioned), expected(&[("deal", "0.6"), ("open", "")]));
}

#[tokio::test]
async fn a_bid_is_answered_as_the_format_that_it_counted_as_where_it_says_none() {
    let native = json!({"ver": "1.2", "assets": [{"id": 1, "title": {"len": 20}}]}).to_string();
    for (code, format, offered) in [
        (1, "banner", json!({"w": 320, "h": 50})),
        (2, "video", json!({"mimes": ["video/mp4"]})),
        (3, "audio", json!({"mimes": ["audio/mp4"]})),
        (4, "native", json!({"request": native})),
    ] {
        let house = House::new().await;
        house.door.set("north", bids(&[bid("n", 2.0)]));
        let request = with(request(), "/imp/0", json!({"id": "slot-7", (format): offered}));
        let answer = serde_json::to_value(all(&house, &request).await.answer).unwrap();
        let bid = &answer["seatbid"][0]["bid"][0];
        assert_eq!((&bid["mtype"], &bid["ext"]["prebid"]["type"]), (&json!(code), &json!(format)));
        let won = house.auction(&request).await.answer.seatbid.remove(0).bid.remove(0);
        assert_eq!(won.mtype, Some(code));
        assert!(serde_json::to_value(won).unwrap().get("ext").is_none(), "no client of Prebid");
    }
}
