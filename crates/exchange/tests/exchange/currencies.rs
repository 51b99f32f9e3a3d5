//! Floors and bids in several currencies.

use crate::support::{Behaviour, House, bid, request, settle, statuses, with};
use serde_json::{Value, json};
use sluicegate_exchange::SeatStatus;
use sluicegate_gate::Path;
use sluicegate_openrtb::money::Micros;
use std::sync::atomic::Ordering;

/// Of the day on which the tests' clock stands.
const RATES: &str =
    r#"{"dataAsOf": "2027-01-15", "conversions": {"USD": {"EUR": 0.8, "JPY": 150}}}"#;
const EURO: &str = "currency = \"EUR\"";

fn answer(currency: &str, bid: &Value) -> Behaviour {
    let response = json!({"id": "$ID", "cur": currency, "seatbid": [{"seat": "s", "bid": [bid]}]});
    Behaviour::Answers(200, response.to_string())
}

#[tokio::test]
async fn a_partner_is_asked_in_its_own_currency_with_floors_rounded_up() {
    let house = House::with_rates(RATES, EURO).await;
    let floored = with(request(), "/imp/0/bidfloor", json!(0.500_001));
    house.auction(&floored).await;
    let north = &house.door.to("north")[0].body;
    assert_eq!((&north["cur"], &north["imp"][0]["bidfloorcur"]), (&json!(["EUR"]), &json!("EUR")));
    assert_eq!(north["imp"][0]["bidfloor"], json!(0.400_001));
    let south = &house.door.to("south")[0].body;
    assert_eq!((&south["cur"], &south["imp"][0]["bidfloor"]), (&json!(["USD"]), &json!(0.500_001)));
}

#[tokio::test]
async fn bids_are_compared_and_answered_in_the_requests_currency_and_noticed_in_their_own() {
    let house = House::with_rates(RATES, EURO).await;
    let notice =
        "https://north.example/w?p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&m=${AUCTION_MIN_TO_WIN}";
    let euro = with(bid("n", 2.0), "/nurl", json!(notice));
    house.door.set("north", answer("EUR", &euro));
    house.door.set("south", answer("USD", &bid("s", 2.4)));
    let auctioned = house.auction(&request()).await;
    assert_eq!(auctioned.answer.cur.as_str(), "USD");
    let won = &auctioned.answer.seatbid[0];
    assert_eq!((won.seat.as_str(), won.bid[0].price), ("north", Micros(2_500_000)));
    assert_eq!(won.bid[0].adm.as_deref(), Some("<p>2</p>"));
    settle().await;
    let told = house.door.notices(Path::WinNotice);
    assert_eq!(told, ["https://north.example/w?p=2&c=EUR&m=1.92"]);

    let second = with(request(), "/at", json!(2));
    let auctioned = house.auction(&second).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].price, Micros(2_410_000));
    settle().await;
    let told = house.door.notices(Path::WinNotice).pop().unwrap();
    assert_eq!(told, "https://north.example/w?p=1.928&c=EUR&m=1.92");
}

#[tokio::test]
async fn a_bid_of_just_the_floor_that_was_told_reaches_it() {
    let house = House::with_rates(RATES, EURO).await;
    let floored = with(request(), "/imp/0/bidfloor", json!(0.500_001));
    for (price, status) in [(0.400_001, None), (0.4, Some(SeatStatus::BelowFloor))] {
        house.door.set("north", answer("EUR", &bid("n", price)));
        assert_eq!(house.auction(&floored).await.seats[0].status, status, "{price}");
    }
}

#[tokio::test]
async fn a_video_has_floors_by_its_length_in_the_partners_currency() {
    let house = House::with_rates(RATES, EURO).await;
    let mut video = with(
        request(),
        "/imp/0/video",
        json!({"mimes": ["video/mp4"],
        "durfloors": [{"mindur": 1, "maxdur": 15, "bidfloor": 1}, {"mindur": 16, "bidfloor": 2}]}),
    );
    video["imp"][0].as_object_mut().unwrap().remove("banner");
    for (price, seconds, status) in [
        (0.8, Some(15), None),
        (0.8, Some(16), Some(SeatStatus::BelowFloor)),
        (0.8, None, Some(SeatStatus::BelowFloor)),
        (1.6, None, None),
        (0.4, Some(0), Some(SeatStatus::BelowFloor)),
        (1.6, Some(0), None),
    ] {
        house.door.set("north", answer("EUR", &with(bid("n", price), "/dur", json!(seconds))));
        assert_eq!(house.auction(&video).await.seats[0].status, status, "{price} {seconds:?}");
    }
    let told = house.door.to("north")[0].body["imp"][0]["video"]["durfloors"].clone();
    assert_eq!(
        told,
        json!([{"mindur": 1, "maxdur": 15, "bidfloor": 0.8}, {"mindur": 16, "bidfloor": 1.6}])
    );
    video["imp"][0]["video"] = json!({"mimes": ["video/mp4"], "mincpmpersec": 0.1});
    for (price, status) in [(0.8, None), (0.799, Some(SeatStatus::BelowFloor))] {
        house.door.set("north", answer("EUR", &with(bid("n", price), "/dur", json!(10))));
        assert_eq!(house.auction(&video).await.seats[0].status, status, "{price}");
    }
}

#[tokio::test]
async fn a_bid_may_be_in_every_currency_of_the_request_that_has_a_rate() {
    let house = House::with_rates(RATES, "").await;
    let several = with(request(), "/cur", json!(["EUR", "JPY", "GBP"]));
    for (currency, status) in [
        ("EUR", None),
        ("JPY", None),
        ("GBP", Some(SeatStatus::Currency)),
        ("USD", Some(SeatStatus::Currency)),
    ] {
        house.door.set("north", answer(currency, &bid("n", 9_000.0)));
        let auctioned = house.auction(&several).await;
        assert_eq!(auctioned.seats[0].status, status, "{currency}");
        assert_eq!(auctioned.answer.cur.as_str(), "EUR");
    }
    assert_eq!(house.door.to("north")[0].body["cur"], json!(["EUR", "JPY"]));
}

#[tokio::test]
async fn a_floor_without_a_rate_is_not_put_up() {
    let house = House::with_rates(RATES, "").await;
    let mut floored = with(request(), "/imp/0/bidfloorcur", json!("GBP"));
    floored["imp"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "slot-8", "banner": {"w": 300, "h": 250}, "bidfloor": 15,
        "bidfloorcur": "JPY"}));
    let auctioned = house.auction(&floored).await;
    let north = &house.door.to("north")[0].body;
    assert_eq!(north["imp"].as_array().unwrap().len(), 1);
    assert_eq!(north["imp"][0]["bidfloor"], json!(0.1));
    let nonbid = &auctioned.answer.ext.seatnonbid[0].nonbid[0];
    assert_eq!((nonbid.impid.as_str(), nonbid.statuscode), ("slot-7", 205));
}

#[tokio::test]
async fn rates_that_are_missing_or_too_old_convert_nothing() {
    let without = House::registering(EURO, "").await;
    let [north, south] = statuses(&without.auction(&request()).await)[..] else { unreachable!() };
    assert_eq!((north, south), (Some(SeatStatus::NoRate), Some(SeatStatus::NoBid)));
    let aging = House::with_rates(RATES, EURO).await;
    assert_eq!(aging.auction(&request()).await.seats[0].status, Some(SeatStatus::NoBid));
    aging.clock.0.store(5 * 24 * 60 * 60 * 1_000, Ordering::SeqCst);
    assert_eq!(aging.auction(&request()).await.seats[0].status, Some(SeatStatus::NoRate));
    assert_eq!(aging.door.to("north").len(), 1);
}

#[tokio::test]
async fn a_loser_learns_in_its_own_currency_what_would_have_tied() {
    let house = House::with_rates(RATES, EURO).await;
    let notice = "https://north.example/l?m=${AUCTION_MIN_TO_WIN}&c=${AUCTION_CURRENCY}";
    house.door.set("north", answer("EUR", &with(bid("n", 1.0), "/lurl", json!(notice))));
    house.door.set("south", answer("USD", &bid("s", 3.000_001)));
    house.auction(&request()).await;
    settle().await;
    let told = house.door.notices(Path::LossNotice);
    assert_eq!(told, ["https://north.example/l?m=2.400001&c=EUR"]);
}

const IN_POUNDS: &str = r#"
[[deal]]
id = "pounds"
name = "A deal in pounds"
partnerships = ["north", "south"]
floor = "1"
currency = "GBP"
guaranteed = true
"#;

#[tokio::test]
async fn a_deal_that_no_rate_converts_is_said_to_lack_one_and_is_counted() {
    let house = House::registering("", IN_POUNDS).await;
    let offering = |is_private: u8, id: &str| {
        let pmp = json!({"private_auction": is_private, "deals": [{"id": id}]});
        with(request(), "/imp/0/pmp", pmp)
    };
    let missing = || {
        let statuses = house.exchange.counters().figures().statuses;
        statuses.get(&("north".parse().unwrap(), SeatStatus::NoRate)).copied().unwrap_or_default()
    };
    let private = house.auction(&offering(1, "pounds")).await;
    assert_eq!(statuses(&private), [Some(SeatStatus::NoRate); 2]);
    assert_eq!((private.answer.ext.seatnonbid[0].nonbid[0].statuscode, missing()), (205, 1));
    house.auction(&offering(0, "pounds")).await;
    assert!(house.door.to("north")[0].body["imp"][0].get("pmp").is_none());
    assert_eq!(missing(), 2, "asked without it, and counted");
    let unknown = house.auction(&offering(1, "unknown")).await;
    assert_eq!(statuses(&unknown), [Some(SeatStatus::NoDeal); 2]);
    assert_eq!(missing(), 2);
}
