//! No number of a request or of a bid stops an auction, nor its explanation.

use crate::support::{House, bid, bids, call, request, with};
use serde_json::{Value, json};

/// A request with numbers wherever the exchange counts with them.
fn full() -> Value {
    let mut full = request();
    full["tmax"] = json!(150);
    full["bcat"] = json!(["IAB25"]);
    full["cattax"] = json!(1);
    full["device"]["geo"] =
        json!({"country": "USA", "utcoffset": -480, "lat": -33.5, "lon": 151.25, "type": 1});
    full["device"]["pxratio"] = json!(2.5);
    full["imp"][0] = json!({
        "id": "slot-7", "bidfloor": 0.5, "qty": {"multiplier": 1.5},
        "banner": {"w": 320, "h": 50, "format": [{"wratio": 32, "hratio": 5, "wmin": 1}], "battr": [9]},
        "video": {"mimes": ["video/mp4"], "minduration": 1, "maxduration": 30, "maxextended": 5, "rqddurs": [15],
            "mincpmpersec": 0.1, "durfloors": [{"mindur": 1, "maxdur": 15, "bidfloor": 0.5}]},
        "pmp": {"private_auction": 0,
            "deals": [{"id": "d", "bidfloor": 0.5, "at": 2, "guar": 1, "mincpmpersec": 0.01}]},
    });
    full
}

/// Bids on all of it.
fn full_bids() -> Value {
    let of = |id: &str, more: Value| {
        let mut bid = bid(id, 2.0);
        bid.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bid
    };
    let numbers = json!({"mtype": 2, "dur": 15, "w": 320, "h": 50, "exp": 60, "cattax": 1, "cat": ["IAB1"], "attr": [1]});
    let deal = json!({"mtype": 1, "dealid": "d", "w": 320, "h": 50, "slotinpod": 1, "lurl": "https://north.example/l"});
    json!([of("video", numbers), of("deal", deal)])
}

fn places(value: &Value, place: &str) -> Vec<String> {
    match value {
        Value::Object(map) => {
            map.iter().flat_map(|(key, inner)| places(inner, &format!("{place}/{key}"))).collect()
        }
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.flat_map(|(index, inner)| places(inner, &format!("{place}/{index}"))).collect()
        }
        Value::Number(_) => vec![place.to_owned()],
        Value::String(_) | Value::Bool(_) | Value::Null => Vec::new(),
    }
}

fn numbers() -> [Value; 8] {
    [
        json!(i64::MIN),
        json!(i64::MIN + 1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(u32::MAX),
        json!(9_223_372_036_854.775),
        json!(1e300),
        json!(-1),
    ]
}

#[tokio::test(start_paused = true)]
async fn no_number_of_a_request_stops_its_auction_or_its_explanation() {
    let house = House::new().await;
    house.door.set("north", bids(full_bids().as_array().unwrap()));
    let all = places(&full(), "");
    assert!(all.len() > 25, "{}", all.len());
    for place in &all {
        for number in numbers() {
            let request = with(full(), place, number);
            let held = house.exchange.auction(call(&request)).await;
            let explained = house.exchange.explain(call(&request), None);
            assert_eq!(held.is_ok(), explained.is_ok(), "{place}: {request}");
        }
    }
    let auctioned = house.auction(&full()).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].id, "deal");
}

#[tokio::test(start_paused = true)]
async fn no_number_of_a_bid_stops_its_auction() {
    let house = House::new().await;
    for place in places(&full_bids(), "") {
        for number in numbers() {
            let answer = with(full_bids(), &place, number);
            house.door.set("north", bids(answer.as_array().unwrap()));
            for request in [full(), with(full(), "/at", json!(2))] {
                assert_eq!(house.auction(&request).await.seats.len(), 2, "{place}");
            }
        }
    }
}
