//! Dynamic pods: of one impression as many bids win as fit into it together.

use crate::support::{Behaviour, House, bid, bids, call, request, settle, with};
use serde_json::{Value, json};
use sluicegate_exchange::{AuctionCall, Auctioned, Billing, SeatStatus, Wanted};
use sluicegate_gate::Path;
use std::collections::BTreeSet;

/// A request for ads of one pod, which is a video with these fields.
pub(crate) fn pod(fields: &Value) -> Value {
    let mut video = json!({"mimes": ["video/mp4"], "maxduration": 60});
    for (key, value) in fields.as_object().unwrap() {
        video[key] = value.clone();
    }
    let imp = json!({"id": "slot-7", "video": video, "bidfloor": 0.5});
    with(request(), "/imp/0", imp)
}

/// An ad that plays so many seconds and asks to be told of everything.
pub(crate) fn ad(who: &str, id: &str, price: f64, seconds: u32) -> Value {
    let url = |what: &str| {
        let macros = "${AUCTION_PRICE}/${AUCTION_LOSS}/${AUCTION_MIN_TO_WIN}";
        json!(format!("https://{who}.example/{what}/{id}/{macros}"))
    };
    let ad = with(with(bid(id, price), "/nurl", url("won")), "/lurl", url("lost"));
    let ad = with(ad, "/burl", json!(format!("https://{who}.example/bill/{id}")));
    with(ad, "/dur", json!(seconds))
}

/// The ids of the bids in the answer, and what they pay in millionths.
fn sold(auctioned: &Auctioned) -> Vec<(String, i64)> {
    let seats = auctioned.answer.seatbid.iter();
    let mut sold: Vec<_> =
        seats.flat_map(|seat| &seat.bid).map(|bid| (bid.id.clone(), bid.price.0)).collect();
    sold.sort();
    sold
}

pub(crate) fn ids(auctioned: &Auctioned) -> Vec<String> {
    sold(auctioned).into_iter().map(|(id, _)| id).collect()
}

/// What partners were told, without their names.
pub(crate) async fn told(house: &House) -> Vec<String> {
    settle().await;
    let mut told = house.door.notices(Path::WinNotice);
    told.extend(house.door.notices(Path::LossNotice));
    let short = |url: String| url.split_once(".example/").unwrap().1.to_owned();
    let mut told: Vec<String> = told.into_iter().map(short).collect();
    told.sort();
    told
}

#[tokio::test]
async fn a_pod_goes_to_as_many_bids_as_fit_and_each_of_them_is_told_and_billed() {
    let house = House::new().await;
    house.door.set("north", bids(&[ad("north", "a", 9.0, 30), ad("north", "b", 6.0, 15)]));
    house.door.set("south", bids(&[ad("south", "c", 5.0, 15), ad("south", "d", 8.0, 45)]));
    let auctioned = house.auction(&pod(&json!({"poddur": 60, "maxseq": 4}))).await;
    let expected = [("a", 9_000_000), ("b", 6_000_000), ("c", 5_000_000)];
    assert_eq!(sold(&auctioned), expected.map(|(id, price)| (id.to_owned(), price)));
    let bids = auctioned.answer.seatbid.iter().flat_map(|seat| &seat.bid);
    assert!(bids.clone().all(|bid| bid.impid == "slot-7"));
    let expected = ["lost/d//102/9", "won/a/9/0/8", "won/b/6/0/5", "won/c/5/0/0.5"];
    assert_eq!(told(&house).await, expected);

    let render = auctioned.answer.ext.sluicegate.unwrap().render;
    let tokens: BTreeSet<&str> = render.iter().map(|one| one.token.as_str()).collect();
    assert_eq!(tokens.len(), 3);
    let of = |one: &sluicegate_openrtb::answer::RenderToken| (one.seat.clone(), one.bidid.clone());
    let named: Vec<_> = render.iter().map(of).collect();
    let expected = [("north", "a"), ("north", "b"), ("south", "c")];
    let expected = expected.map(|(seat, id)| (Some(seat.to_owned()), Some(id.to_owned())));
    assert_eq!(named, expected, "the best first");
    for one in &render {
        let billing = house.exchange.rendered(&one.token).await.unwrap().billing;
        assert_eq!(billing, Billing::Queued);
    }
}

/// The dearest first, whatever it takes: a pod never brings less than the one bid that an impression goes to.
#[tokio::test]
async fn the_dearest_bid_wins_and_then_each_that_fits_beside_those_before_it() {
    let house = House::new().await;
    let (long, short) = (ad("north", "long", 10.0, 30), ad("north", "short", 6.0, 15));
    house.door.set("north", bids(&[long, short]));
    let (other, third) = (ad("south", "other", 9.0, 30), ad("south", "third", 6.0, 15));
    house.door.set("south", bids(&[other, third]));
    for (fields, expected) in [
        (json!({"poddur": 60, "maxseq": 2}), &["long", "other"][..]),
        (json!({"poddur": 60}), &["long", "other"]),
        (json!({"poddur": 60, "maxseq": 1}), &["long"]),
        (json!({"poddur": 45, "maxseq": 9}), &["long", "short"]),
        (json!({"poddur": 29}), &["short"]),
        (json!({"poddur": 90}), &["long", "other", "short", "third"]),
        (json!({}), &["long"]),
    ] {
        assert_eq!(ids(&house.auction(&pod(&fields)).await), expected, "{fields}");
    }
}

#[tokio::test]
async fn a_bid_that_does_not_say_how_long_it_plays_counts_as_long_as_it_may() {
    let house = House::new().await;
    let three = ["a", "b", "c"].map(|id| ad("north", id, 2.0, 0));
    house.door.set("north", bids(&three));
    for (fields, expected) in [
        (json!({"poddur": 60, "maxduration": 20}), 3),
        (json!({"poddur": 60, "maxduration": 30}), 2),
        (json!({"poddur": 60, "maxduration": 20, "maxextended": 5}), 2),
        (json!({"poddur": 60, "maxduration": 20, "maxextended": -1}), 1),
        (json!({"poddur": 60, "maxduration": null, "rqddurs": [15, 30]}), 2),
        (json!({"poddur": 60, "maxduration": null}), 1),
        (json!({"poddur": 10, "maxduration": 20}), 1),
    ] {
        assert_eq!(ids(&house.auction(&pod(&fields)).await).len(), expected, "{fields}");
    }
}

#[tokio::test]
async fn only_one_ad_is_the_first_of_a_pod_and_only_one_the_last() {
    let fields = json!({"poddur": 600, "slotinpod": 2});
    for (places, expected) in [
        (&[0, 0, 0, 0][..], &["0", "1", "2", "3"][..]),
        (&[1, 1, 0], &["0", "2"]),
        (&[-1, 0, -1], &["0", "1"]),
        (&[1, -1, 2], &["0", "1"]),
        (&[2, 2, 1, 0], &["0", "1", "3"]),
        (&[2, 1, -1], &["0", "1"]),
        (&[1, 2, 0], &["0", "1", "2"]),
    ] {
        let house = House::new().await;
        let placed = places.iter().zip((0..).map(|at: u32| (at, 9.0 - f64::from(at))));
        let ads: Vec<Value> = placed
            .map(|(position, (at, price))| {
                with(ad("north", &at.to_string(), price, 15), "/slotinpod", json!(position))
            })
            .collect();
        house.door.set("north", bids(&ads));
        assert_eq!(ids(&house.auction(&pod(&fields)).await), expected, "{places:?}");
    }
}

/// The bid says where alone it may stand, and nobody else can promise that position.
#[tokio::test]
async fn a_bid_for_a_position_in_a_pod_that_is_not_guaranteed_does_not_count() {
    let (any, first, last) = (json!(0), json!(1), json!(-1));
    let either = json!(2);
    let all = [&Value::Null, &any, &first, &last, &either];
    for (fields, passing) in [
        (json!({"podid": "p"}), &all[..2]),
        (json!({"podid": "p", "slotinpod": 0}), &all[..2]),
        (json!({"poddur": 60}), &all[..2]),
        (json!({"podid": "p", "slotinpod": 7}), &all[..2]),
        (json!({"slotinpod": 1}), &[&Value::Null, &any, &first, &either]),
        (json!({"poddur": 60, "slotinpod": 1}), &[&Value::Null, &any, &first, &either]),
        (json!({"podid": "p", "slotinpod": -1}), &[&Value::Null, &any, &last, &either]),
        (json!({"poddur": 60, "slotinpod": 2}), &all),
        (json!({"podid": "p", "slotinpod": 2}), &[&Value::Null, &any, &either]),
        (json!({}), &all),
        (json!({"podid": "", "slotinpod": 0}), &all),
    ] {
        for position in all {
            let house = House::new().await;
            let one = with(ad("north", "a", 2.0, 15), "/slotinpod", position.clone());
            house.door.set("north", bids(&[one]));
            let auctioned = house.auction(&pod(&fields)).await;
            let failed = !passing.contains(&position);
            let status = failed.then_some(SeatStatus::Position);
            let lost = failed.then_some("lost/a//3/");
            assert_eq!(auctioned.seats[0].status, status, "{fields} {position}");
            let told = told(&house).await.into_iter().find(|one| one.starts_with("lost"));
            assert_eq!(told.as_deref(), lost, "{fields} {position}");
        }
    }
    assert_eq!((SeatStatus::Position.code(), SeatStatus::Position.loss()), (300, 3));
}

#[tokio::test]
async fn where_only_one_end_of_a_pod_is_guaranteed_it_goes_to_one_ad_that_is_for_either() {
    let house = House::new().await;
    let for_either = |id: &str, price| with(ad("north", id, price, 15), "/slotinpod", json!(2));
    let other = ad("south", "c", 1.0, 15);
    house.door.set("north", bids(&[for_either("a", 3.0), for_either("b", 2.0)]));
    house.door.set("south", bids(&[other]));
    for (position, expected) in [(1, &["a", "c"][..]), (-1, &["a", "c"]), (2, &["a", "b", "c"])] {
        let request = pod(&json!({"poddur": 60, "slotinpod": position}));
        assert_eq!(ids(&house.auction(&request).await), expected, "{position}");
    }
}

/// The first position is sold as a slot of its own, and the rest of the pod as it comes.
#[tokio::test]
async fn a_pod_can_have_slots_of_its_own_beside_the_part_that_is_filled_as_it_comes() {
    let house = House::new().await;
    let slot = |id: &str, fields: &Value| {
        let mut imp = pod(fields)["imp"][0].clone();
        imp["id"] = json!(id);
        imp
    };
    let alone = json!({"podid": "p", "slotinpod": 1, "minduration": 15, "maxduration": 15});
    let rest = json!({"podid": "p", "slotinpod": 0, "poddur": 60, "maxseq": 4});
    let request = with(request(), "/imp", json!([slot("one", &alone), slot("two", &rest)]));
    let on = |imp: &str, id: &str, price, seconds, position: i64| {
        let one = with(ad("north", id, price, seconds), "/impid", json!(imp));
        with(one, "/slotinpod", json!(position))
    };
    let ads = [
        on("1", "a", 20.0, 15, 0),
        on("1", "b", 9.0, 15, 1),
        on("2", "c", 10.0, 30, 0),
        on("2", "d", 9.0, 30, 0),
        on("2", "first", 99.0, 15, 1),
    ];
    house.door.set("north", bids(&ads));
    let auctioned = house.auction(&request).await;
    assert_eq!(ids(&auctioned), ["a", "c", "d"]);
    let told = told(&house).await;
    assert_eq!(told[..2], ["lost/b//102/20", "lost/first//3/"]);
    let asked = house.door.to("north")[0].body["imp"].clone();
    let video = |at: usize| asked[at]["video"].clone();
    assert_eq!((&video(0)["podid"], &video(1)["podid"]), (&json!("1"), &json!("1")));
    assert_eq!((&video(0)["slotinpod"], &video(1)["poddur"]), (&json!(1), &json!(60)));
}

#[tokio::test]
async fn ads_of_a_pod_differ_in_what_the_request_asks_for_and_in_nothing_else() {
    let house = House::new().await;
    let by = |who: &str, id: &str, domain: &str, category: &str, creative: &str| {
        let ad = with(ad(who, id, 2.0, 15), "/adomain", json!([domain]));
        with(with(ad, "/cat", json!([category])), "/crid", json!(creative))
    };
    let two =
        [by("north", "a", "x.example", "IAB1", "c"), by("north", "b", "x.example", "IAB2", "c")];
    house.door.set("north", bids(&two));
    let two =
        [by("south", "d", "y.example", "IAB1", "c"), by("south", "e", "z.example", "IAB3", "e")];
    house.door.set("south", bids(&two));
    for (settings, expected) in [
        (json!([]), &["a", "b", "d", "e"][..]),
        (json!([5]), &["a", "b", "d", "e"]),
        (json!([1]), &["a", "d", "e"]),
        (json!([2]), &["a", "b", "e"]),
        (json!([3]), &["a", "d", "e"]),
        (json!([1, 2, 3]), &["a", "e"]),
    ] {
        let fields = json!({"poddur": 60, "poddedupe": settings});
        assert_eq!(ids(&house.auction(&pod(&fields)).await), expected, "{settings}");
    }
}

#[tokio::test]
async fn deals_fill_a_pod_first_and_the_others_what_they_leave() {
    let house = House::new().await;
    let deal =
        |id: &str, price, seconds| with(ad("north", id, price, seconds), "/dealid", json!("d"));
    house.door.set("north", bids(&[deal("deal", 1.0, 30)]));
    house.door.set("south", bids(&[ad("south", "long", 9.0, 60), ad("south", "short", 2.0, 30)]));
    let pmp = json!({"deals": [{"id": "d", "bidfloor": 0.6}]});
    let mut request = pod(&json!({"poddur": 60}));
    request["imp"][0]["pmp"] = pmp;
    assert_eq!(ids(&house.auction(&request).await), ["deal", "short"]);
    let expected = ["lost/long//103/", "won/deal/1/0/0.6", "won/short/2/0/0.5"];
    assert_eq!(told(&house).await, expected, "no price beats a deal");
}

/// What is left of a pod is put up again, and each time the winner pays as for any other impression.
#[tokio::test]
async fn under_second_price_each_winner_pays_what_the_next_bid_offered_as_it_won() {
    let house = House::new().await;
    house.door.set("north", bids(&[ad("north", "a", 10.0, 30), ad("north", "b", 8.0, 30)]));
    house.door.set("south", bids(&[ad("south", "c", 3.0, 15), ad("south", "d", 5.0, 30)]));
    let auctioned = house.auction(&with(pod(&json!({"poddur": 75})), "/at", json!(2))).await;
    let expected = [("a", 8_010_000), ("b", 5_010_000), ("c", 510_000)];
    assert_eq!(sold(&auctioned), expected.map(|(id, price)| (id.to_owned(), price)));
    let expected = ["lost/d//102/5.01", "won/a/8.01/0/8", "won/b/5.01/0/5", "won/c/0.51/0/0.5"];
    assert_eq!(told(&house).await, expected, "it lost when there was room for it last");
}

#[tokio::test]
async fn no_price_is_too_high_to_be_added_to_others() {
    let house = House::new().await;
    let most = 9_223_372_036_854.0;
    house.door.set("north", bids(&[ad("north", "a", most, 15), ad("north", "b", most, 15)]));
    house.door.set("south", bids(&[ad("south", "c", 2.0, 15)]));
    for at in [1, 2] {
        let request = with(pod(&json!({"poddur": 60})), "/at", json!(at));
        assert_eq!(ids(&house.auction(&request).await), ["a", "b", "c"]);
    }
}

/// Else a partner could buy a pod cheaply with a dear bid that it never answers for.
#[tokio::test]
async fn a_bid_whose_markup_does_not_come_keeps_nobody_out_and_nothing_is_sold_beside_it() {
    let house = House::new().await;
    let bare = with(ad("north", "bare", 100.0, 30), "/adm", Value::Null);
    house.door.set("north win", Behaviour::Answers(200, String::new()));
    house.door.set("north", bids(&[bare, ad("north", "cheap", 0.6, 30)]));
    house.door.set("south", bids(&[ad("south", "long", 20.0, 60), ad("south", "c", 3.0, 30)]));
    let auctioned = house.auction(&pod(&json!({"poddur": 60}))).await;
    assert_eq!(ids(&auctioned), ["long"]);
    let expected = [
        "lost/bare//7/",
        "lost/c//102/20",
        "lost/cheap//102/20",
        "won/bare/100/0/20",
        "won/long/20/0/3",
    ];
    assert_eq!(told(&house).await, expected, "nobody hears of the bid that was no bid");
}

#[tokio::test]
async fn a_bid_below_the_floor_is_told_what_would_have_won_a_part() {
    for (fields, expected) in [
        (json!({"poddur": 30}), ["lost/low//100/9", "won/a/9/0/0.5"]),
        (json!({"poddur": 60}), ["lost/low//100/", "won/a/9/0/0.5"]),
    ] {
        let house = House::new().await;
        house.door.set("north", bids(&[ad("north", "a", 9.0, 30), ad("north", "low", 0.1, 15)]));
        house.auction(&pod(&fields)).await;
        assert_eq!(told(&house).await, expected, "{fields}");
    }
}

/// What it is told follows from what it was asked for, which is less than the impression offers.
#[tokio::test]
async fn a_bid_below_the_floor_is_of_a_format_that_its_partner_was_asked_for() {
    for (fields, bidding, expected) in [
        (json!({"poddur": 60}), "formats = [\"video\"]", ["lost/low//100/", "won/a/9/0/0.5"]),
        (json!({"poddur": 30}), "formats = [\"video\"]", ["lost/low//100/9", "won/a/9/0/0.5"]),
    ] {
        let house = House::registering(bidding, "").await;
        let mut request = pod(&fields);
        request["imp"][0]["banner"] = json!({"w": 320, "h": 50});
        house.door.set("north", bids(&[ad("north", "low", 0.1, 15)]));
        house.door.set("south", bids(&[with(ad("south", "a", 9.0, 30), "/mtype", json!(2))]));
        house.auction(&request).await;
        assert_eq!(told(&house).await, expected, "{fields}");
    }
}

/// What it must reach can be more than what won, because it plays longer.
#[tokio::test]
async fn a_bid_below_the_floor_of_its_length_is_told_that_floor_where_it_is_above_the_winner() {
    for (each_second, expected) in [(0.5, "lost/low//100/15"), (0.2, "lost/low//100/9")] {
        let house = House::new().await;
        house.door.set("north", bids(&[ad("north", "a", 9.0, 15), ad("north", "low", 5.0, 30)]));
        house.auction(&pod(&json!({"mincpmpersec": each_second}))).await;
        assert_eq!(told(&house).await[0], expected);
    }
}

#[tokio::test]
async fn a_bid_that_does_not_say_how_long_it_plays_must_reach_the_floor_of_the_longest() {
    for (fields, floor) in [
        (json!({"maxduration": 20}), "2"),
        (json!({"maxduration": 20, "maxextended": 10}), "3"),
        (json!({"maxduration": 20, "maxextended": -1}), "2"),
        (json!({"maxduration": null, "rqddurs": [30, 15]}), "3"),
        (json!({"rqddurs": [15]}), "1.5"),
        (json!({"poddur": 30}), "3"),
        (json!({"maxduration": null, "poddur": 40}), "4"),
        (json!({"maxduration": null}), "0.5"),
    ] {
        let mut request = pod(&fields);
        request["imp"][0]["video"]["mincpmpersec"] = json!(0.1);
        let house = House::new().await;
        house.door.set("north", bids(&[ad("north", "a", 9.0, 0)]));
        house.auction(&request).await;
        assert_eq!(told(&house).await, [format!("won/a/9/0/{floor}")], "{fields}");
    }
}

#[tokio::test]
async fn a_caller_that_chooses_gets_all_bids_for_a_pod() {
    let house = House::new().await;
    let saying = |id: &str, price, seconds| {
        with(ad("north", id, price, seconds), "/adm", json!("${AUCTION_MIN_TO_WIN}"))
    };
    house
        .door
        .set("north", bids(&[saying("a", 9.0, 30), saying("b", 6.0, 30), saying("c", 2.0, 30)]));
    let call = AuctionCall { wanted: Wanted::AllBids, ..call(&pod(&json!({"poddur": 60}))) };
    let auctioned = house.exchange.auction(call).await.unwrap();
    let bids = auctioned.answer.seatbid.iter().flat_map(|seat| &seat.bid);
    let said: Vec<_> = bids.map(|bid| (&*bid.id, bid.adm.as_deref().unwrap())).collect();
    assert_eq!(said, [("a", "6"), ("b", "9"), ("c", "9")], "as if the best had won");
}

#[tokio::test]
async fn a_banner_shares_with_nobody() {
    let house = House::new().await;
    let mut request = pod(&json!({"poddur": 60}));
    request["imp"][0]["banner"] = json!({"w": 320, "h": 50});
    let of =
        |markup: u8, id: &str, price| with(ad("north", id, price, 30), "/mtype", json!(markup));
    house.door.set("north", bids(&[of(1, "banner", 4.5), of(2, "a", 5.0), of(2, "b", 4.0)]));
    assert_eq!(ids(&house.auction(&request).await), ["a", "b"]);
    house.door.set("north", bids(&[of(1, "banner", 9.0), of(2, "a", 5.0), of(2, "b", 4.0)]));
    assert_eq!(ids(&house.auction(&request).await), ["banner"]);
}

#[tokio::test]
async fn a_group_wins_where_its_bid_is_the_best_of_the_pod() {
    let house = House::new().await;
    let mut request = pod(&json!({"poddur": 60}));
    let other = json!({"id": "slot-8", "banner": {"w": 320, "h": 50}});
    request["imp"].as_array_mut().unwrap().push(other);
    let two = [ad("north", "g1", 5.0, 30), with(bid("g2", 2.0), "/impid", json!("2"))];
    let response = json!({"id": "$ID", "seatbid": [{"seat": "s", "group": 1, "bid": two}]});
    house.door.set("north", Behaviour::Answers(200, response.to_string()));
    house.door.set("south", bids(&[ad("south", "s", 4.0, 30)]));
    assert_eq!(ids(&house.auction(&request).await), ["g1", "g2", "s"]);
    house.door.set("south", bids(&[ad("south", "s", 6.0, 30)]));
    assert_eq!(ids(&house.auction(&request).await), ["s"]);
}

/// Whatever is bid: what is sold fits, brings no less than the dearest bid alone, costs nobody more than it bid, and is the
/// same to the byte for every order of arrival.
#[tokio::test]
async fn what_is_sold_fits_and_is_the_same_for_every_order_of_arrival() {
    let mut seed = 67_u64;
    let mut roll = |max: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % max
    };
    let mut several = 0;
    for round in 0..60 {
        let (poddur, maxseq) = (20 + roll(100), 1 + roll(6));
        let mut bids_of = |who: &str| -> Vec<Value> {
            let one = |number: u64, roll: &mut dyn FnMut(u64) -> u64| {
                let (price, seconds) = (1 + roll(12), u32::try_from(5 + roll(56)).unwrap());
                let price = f64::from(u32::try_from(price).unwrap());
                ad(who, &format!("{who}{number}"), price, seconds)
            };
            (0..=roll(7)).map(|number| one(number, &mut roll)).collect()
        };
        let (mut north, mut south) = (bids_of("north"), bids_of("south"));
        let fields = json!({"poddur": poddur, "maxseq": maxseq});
        let request = with(pod(&fields), "/at", json!(1 + round % 2));
        let mut answers = Vec::new();
        for _ in 0..3 {
            let house = House::new().await;
            house.door.set("north", bids(&north));
            house.door.set("south", bids(&south));
            let auctioned = house.auction(&request).await;
            let all = auctioned.answer.seatbid.iter().flat_map(|seat| &seat.bid);
            let (count, seconds) =
                all.clone().fold((0, 0), |(count, sum), bid| (count + 1, sum + bid.dur.unwrap()));
            assert!(count <= maxseq && u64::from(seconds) <= poddur, "{round}: {fields}");
            several += u32::from(count > 1);
            let offered = |one: &Value| one["price"].as_f64().unwrap();
            let takes = |one: &&Value| one["dur"].as_u64().unwrap() <= poddur;
            let dearest = north.iter().chain(&south).filter(takes).map(offered).fold(0.0, f64::max);
            let mut brought = 0.0;
            for bid in all {
                let bids = north.iter().chain(&south);
                let own = bids.clone().find(|one| one["id"] == bid.id.as_str()).unwrap();
                let paid = json!(bid.price).as_f64().unwrap();
                assert!((0.5..=offered(own)).contains(&paid), "{round}: {fields}");
                brought += offered(own);
            }
            assert!(brought >= dearest, "{round}: {fields}");
            answers.push((
                serde_json::to_string(&auctioned.answer.seatbid).unwrap(),
                told(&house).await,
            ));
            north.rotate_left(1);
            south.reverse();
        }
        assert!(answers.iter().all(|one| *one == answers[0]), "{round}: {fields}");
    }
    assert!(several > 100, "{several}");
}
