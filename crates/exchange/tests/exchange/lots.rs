//! What of a request each partner is asked for, and why not for the rest.

use crate::support::{House, bid, bids, call, request, statuses, with};
use serde_json::{Value, json};
use sluicegate_exchange::{SeatStatus, Verdict};
use sluicegate_gate::Path;

/// An id that looks like one that two companies agreed on, and is a person's.
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn with_deals(deals: &Value) -> Value {
    with(request(), "/imp/0/pmp", json!({"private_auction": 0, "deals": deals}))
}

async fn told(house: &House, request: &Value) -> Value {
    house.auction(request).await;
    house.door.to("north").pop().unwrap().body
}

#[tokio::test]
async fn of_deals_and_seats_only_those_that_the_register_lists_are_told() {
    let house = House::new().await;
    let mut marked =
        with_deals(&json!([{"id": HASH, "wseat": [HASH]}, {"id": "d", "wseat": [HASH, "s"]}]));
    marked["wseat"] = json!([HASH, "s"]);
    let body = told(&house, &marked).await;
    assert_eq!(body["wseat"], json!(["s"]));
    assert_eq!(body["imp"][0]["pmp"]["deals"][0]["id"], "d");
    assert_eq!(body["imp"][0]["pmp"]["deals"][0]["wseat"], json!(["s"]));
    assert_eq!(body["imp"][0]["pmp"]["deals"].as_array().unwrap().len(), 1);
    let body = told(&house, &with(request(), "/bseat", json!([HASH, "t"]))).await;
    assert_eq!(body["bseat"], json!(["t"]));
    for message in house.door.got() {
        assert!(!message.text.contains(HASH), "{}", message.text);
    }
}

#[tokio::test]
async fn where_none_of_the_seats_or_deals_that_alone_may_bid_is_listed_nobody_is_asked() {
    let house = House::new().await;
    let seats = with(request(), "/wseat", json!([HASH]));
    assert_eq!(statuses(&house.auction(&seats).await), [Some(SeatStatus::NoSeat); 2]);
    let mut private = with_deals(&json!([{"id": HASH}]));
    private["imp"][0]["pmp"]["private_auction"] = json!(1);
    assert_eq!(statuses(&house.auction(&private).await), [Some(SeatStatus::NoDeal); 2]);
    assert!(house.door.got().is_empty());
    let explained = house.exchange.explain(call(&private), None).unwrap();
    assert!(matches!(explained[0].verdict, Verdict::NotAsked(SeatStatus::NoDeal)));
}

#[tokio::test]
async fn seats_that_cannot_be_read_do_not_open_a_request_to_all() {
    let house = House::new().await;
    let unreadable = with(request(), "/wseat", json!(["a seat"]));
    assert_eq!(statuses(&house.auction(&unreadable).await), [Some(SeatStatus::NoSeat); 2]);
    let deal = with_deals(&json!([{"id": "d", "wseat": ["a seat"]}]));
    assert!(told(&house, &deal).await["imp"][0].get("pmp").is_none());
}

#[tokio::test]
async fn a_seat_that_is_listed_nowhere_stays_blocked() {
    let house = House::new().await;
    let from = json!({"id": "$ID", "seatbid": [{"seat": "u", "bid": [bid("n", 1.0)]}]});
    house.door.set("north", crate::support::Behaviour::Answers(200, from.to_string()));
    let auctioned = house.auction(&with(request(), "/bseat", json!(["u"]))).await;
    assert_eq!(auctioned.seats[0].status, Some(SeatStatus::Seat));
}

#[tokio::test]
async fn of_the_lists_of_seats_the_one_that_allows_is_told_and_leaves_out_what_is_blocked() {
    let house = House::new().await;
    let both = with(with(request(), "/wseat", json!(["s", "t"])), "/bseat", json!(["t"]));
    let body = told(&house, &both).await;
    assert_eq!((&body["wseat"], &body["bseat"]), (&json!(["s"]), &Value::Null));
    let none = with(with(request(), "/wseat", json!(["t"])), "/bseat", json!(["t"]));
    assert_eq!(statuses(&house.auction(&none).await), [Some(SeatStatus::NoSeat); 2]);
}

#[tokio::test]
async fn impressions_are_all_that_there_are_only_for_who_is_asked_for_all() {
    let house = House::registering("imps_max = 1", "").await;
    let mut two = with(request(), "/allimps", json!(1));
    assert_eq!(told(&house, &two).await["allimps"], 1);
    let imps = two["imp"].as_array_mut().unwrap();
    imps.push(json!({"id": "slot-8", "banner": {"w": 300, "h": 250}}));
    assert_eq!(told(&house, &two).await.get("allimps"), None);
    assert_eq!(house.door.to("south").pop().unwrap().body["allimps"], 1);
}

#[tokio::test]
async fn a_deals_own_floors_by_length_hold_and_where_it_has_none_the_impressions_do() {
    let house = House::new().await;
    let video = json!({"mimes": ["video/mp4"], "maxduration": 60,
        "durfloors": [{"mindur": 1, "maxdur": 30, "bidfloor": 1.5}]});
    let asked = |deal: Value| {
        let mut request = with_deals(&json!([deal]));
        request["imp"][0]["video"] = video.clone();
        request
    };
    let ranges = json!([{"maxdur": 15, "bidfloor": 2}, {"mindur": 16, "bidfloor": 4}]);
    let by_range = json!({"id": "d", "bidfloor": 2.5, "durfloors": ranges});
    let by_second = json!({"id": "d", "mincpmpersec": 0.1});
    let deal = told(&house, &asked(by_range.clone())).await["imp"][0]["pmp"]["deals"][0].clone();
    assert_eq!((&deal["durfloors"], &deal["bidfloor"]), (&ranges, &json!(2.5)));
    let deal = told(&house, &asked(by_second.clone())).await["imp"][0]["pmp"]["deals"][0].clone();
    assert_eq!(deal["mincpmpersec"], 0.1);
    let (below_deal, below) = (Some(SeatStatus::BelowDealFloor), Some(SeatStatus::BelowFloor));
    for (deal, kind, seconds, price, status) in [
        (&by_range, 2, 15, 2.49, below_deal),
        (&by_range, 2, 15, 2.5, None),
        (&by_range, 2, 30, 3.99, below_deal),
        (&by_range, 2, 30, 4.0, None),
        (&by_range, 1, 0, 2.49, below_deal),
        (&by_range, 1, 0, 2.5, None),
        (&by_second, 2, 20, 1.99, below_deal),
        (&by_second, 2, 20, 2.0, None),
        (&by_second, 2, 0, 5.99, below_deal),
        (&by_second, 1, 0, 0.49, below),
        (&by_second, 1, 0, 0.5, None),
        (&json!({"id": "d"}), 2, 20, 1.49, below),
        (&json!({"id": "d"}), 2, 20, 1.5, None),
        (&json!({"id": "d"}), 1, 0, 0.49, below),
    ] {
        let offer = with(with(bid("n", price), "/dealid", json!("d")), "/mtype", json!(kind));
        house.door.set("north", bids(&[with(offer, "/dur", json!(seconds))]));
        let heard = house.auction(&asked(deal.clone())).await.seats[0].status;
        assert_eq!(heard, status, "{deal} {kind} {seconds} {price}");
    }
}

const SPRING: &str = r#"
[[deal]]
id = "spring"
name = "Spring"
partnerships = ["north"]
seats = ["s"]
advertisers = ["shop.example"]
floor = "2.5"
currency = "USD"
price = "fixed"
guaranteed = true
start = 2027-01-01
end = 2027-02-01
placements = ["top"]
"#;

#[tokio::test]
async fn a_deals_terms_are_the_registers_and_a_request_can_only_narrow_them() {
    let house = House::registering("", SPRING).await;
    let asked = |deal: &Value| with(with_deals(&json!([deal])), "/imp/0/tagid", json!("top"));
    let deal = |body: Value| body["imp"][0]["pmp"]["deals"][0].clone();
    let listed = json!({"id": "spring", "bidfloor": 2.5, "bidfloorcur": "USD", "at": 3, "wseat": ["s"],
        "wadomain": ["shop.example"], "guar": 1});
    let wider = json!({"id": "spring", "bidfloor": 1, "at": 1, "guar": 0});
    assert_eq!(deal(told(&house, &asked(&wider)).await), listed);
    let narrower = json!({"id": "spring", "bidfloor": 3, "wseat": ["s", "t"],
        "wadomain": ["www.shop.example", "other.example"]});
    let narrowed =
        with(with(listed, "/bidfloor", json!(3)), "/wadomain", json!(["www.shop.example"]));
    assert_eq!(deal(told(&house, &asked(&narrower)).await), narrowed);
    let nobody = json!({"id": "spring", "wseat": ["t"]});
    assert!(told(&house, &asked(&nobody)).await["imp"][0].get("pmp").is_none());
}

#[tokio::test]
async fn a_deal_is_told_to_its_partnerships_in_its_time_at_its_placements() {
    let house = House::registering("", SPRING).await;
    let at = |tag: &str| with(with_deals(&json!([{"id": "spring"}])), "/imp/0/tagid", json!(tag));
    let has_deal = |body: &Value| body["imp"][0].get("pmp").is_some();
    assert!(has_deal(&told(&house, &at("top")).await));
    assert!(!has_deal(&house.door.to("south")[0].body), "it is north's alone");
    assert!(!has_deal(&told(&house, &at("low")).await));
    let days = 24 * 60 * 60 * 1_000;
    for (days_later, told_then) in [(-20, false), (-10, true), (10, true), (20, false)] {
        house.clock.0.store(days_later * days, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(has_deal(&told(&house, &at("top")).await), told_then, "{days_later}");
    }
}

#[tokio::test]
async fn a_partner_is_asked_for_what_it_can_do() {
    let house = House::registering("formats = [\"video\"]\nimps_max = 1", "").await;
    let video = json!({"mimes": ["video/mp4"]});
    let mut both = with(request(), "/imp/0/video", video.clone());
    both["imp"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "slot-8", "banner": {"w": 300, "h": 250}}));
    both["imp"].as_array_mut().unwrap().push(json!({"id": "slot-9", "video": video}));
    let auctioned = house.auction(&both).await;
    let north = &house.door.to("north")[0].body;
    assert_eq!(north["imp"].as_array().unwrap().len(), 1);
    assert!(north["imp"][0].get("banner").is_none() && north["imp"][0].get("video").is_some());
    assert_eq!(house.door.to("south")[0].body["imp"].as_array().unwrap().len(), 3);
    let nonbids = serde_json::to_value(&auctioned.answer.ext.seatnonbid[0].nonbid).unwrap();
    assert_eq!(
        nonbids,
        json!([
            {"impid": "slot-8", "statuscode": 202},
            {"impid": "slot-9", "statuscode": 506},
            {"impid": "slot-7", "statuscode": 0},
        ])
    );
    let banner = house.auction(&request()).await;
    assert_eq!(banner.seats[0].status, Some(SeatStatus::MediaType));
    assert_eq!(house.door.to("north").len(), 1);
}

#[tokio::test]
async fn of_banners_a_partner_is_asked_for_the_sizes_that_it_has() {
    let house = House::registering("sizes = [\"300x250\", \"320x180\"]", "").await;
    let asked = |banner: Value| with(request(), "/imp/0/banner", banner);
    let several = json!({"w": 320, "h": 50, "pos": 1,
        "format": [{"w": 320, "h": 50}, {"w": 300, "h": 250}, {"wratio": 16, "hratio": 9, "wmin": 300},
            {"wratio": 16, "hratio": 9, "wmin": 321}, {"wratio": 1, "hratio": 1, "wmin": 1}]});
    let of_several = json!({"pos": 1,
        "format": [{"w": 300, "h": 250}, {"wratio": 16, "hratio": 9, "wmin": 300}]});
    assert_eq!(told(&house, &asked(several.clone())).await["imp"][0]["banner"], of_several);
    let own = json!({"w": 300, "h": 250, "format": [{"w": 1, "h": 1}]});
    let of_own = json!({"w": 300, "h": 250});
    assert_eq!(told(&house, &asked(own)).await["imp"][0]["banner"], of_own);
    let south = house.door.to("south");
    assert_eq!(south[0].body["imp"][0]["banner"], several, "it lists no sizes");
    let full = with(asked(json!({"w": 360, "h": 640})), "/imp/0/instl", json!(1));
    assert_eq!(told(&house, &full).await["imp"][0]["banner"], json!({"w": 360, "h": 640}));
    let any = with(asked(json!({})), "/imp/0/instl", json!(1));
    assert_eq!(told(&house, &any).await["imp"][0]["banner"], json!({}));

    let asked_before = house.door.to("north").len();
    let small = with(asked(json!({"w": 200, "h": 640})), "/imp/0/instl", json!(1));
    for unfit in [asked(json!({"w": 320, "h": 50})), small] {
        assert_eq!(house.auction(&unfit).await.seats[0].status, Some(SeatStatus::MediaType));
        assert_eq!(house.door.to("north").len(), asked_before);
    }
    let video =
        with(asked(json!({"w": 320, "h": 50})), "/imp/0/video", json!({"mimes": ["video/mp4"]}));
    assert!(told(&house, &video).await["imp"][0].get("banner").is_none());
    let unasked = with(with(bid("n", 9.0), "/w", json!(320)), "/h", json!(50));
    house.door.set("north", bids(&[unasked]));
    let two = asked(json!({"format": [{"w": 320, "h": 50}, {"w": 300, "h": 250}]}));
    assert_eq!(house.auction(&two).await.seats[0].status, Some(SeatStatus::Size));
}

#[tokio::test]
async fn a_bid_for_what_the_partner_was_not_asked_for_does_not_count() {
    let house = House::registering("formats = [\"banner\"]", "").await;
    let mut both = with(request(), "/imp/0/video", json!({"mimes": ["video/mp4"]}));
    both["imp"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "slot-8", "video": {"mimes": ["video/mp4"]}}));
    let unasked = with(bid("n", 9.0), "/impid", json!("2"));
    house.door.set("north", bids(&[unasked]));
    assert_eq!(house.auction(&both).await.seats[0].status, Some(SeatStatus::InvalidBid));
    house.door.set("north", bids(&[with(bid("n", 9.0), "/mtype", json!(2))]));
    assert_eq!(house.auction(&both).await.seats[0].status, Some(SeatStatus::Format));
    house.door.set("north", bids(&[bid("n", 9.0)]));
    assert_eq!(house.auction(&both).await.seats[0].status, None, "only one format was asked for");
}

#[tokio::test]
async fn a_screen_is_told_by_its_registered_names() {
    let house = House::registering("channels = [\"site\", \"app\"]", "").await;
    let mut on_screen = request();
    on_screen.as_object_mut().unwrap().remove("app");
    on_screen["dooh"] = json!({"id": "hall", "name": HASH, "venuetype": [HASH], "keywords": HASH});
    let auctioned = house.auction(&on_screen).await;
    assert_eq!(auctioned.seats[0].status, Some(SeatStatus::Channel));
    let south = house.door.to("south").pop().unwrap();
    assert_eq!(
        south.body["dooh"],
        json!({"id": "hall", "name": "Hall", "venuetype": ["transit.airports"], "venuetypetax": 1,
            "publisher": {"id": "publisher", "name": "Publisher", "domain": "publisher.example"}})
    );
    on_screen["dooh"]["id"] = json!(HASH);
    let auctioned = house.auction(&on_screen).await;
    assert_eq!(statuses(&auctioned), [Some(SeatStatus::UnknownInventory); 2]);
    assert_eq!(house.door.got().iter().filter(|one| one.path != Path::LossNotice).count(), 1);
}

#[tokio::test]
async fn of_many_bids_for_one_impression_the_first_so_many_count() {
    let house = House::registering("bids_per_imp_max = 2", "").await;
    house.door.set("north", bids(&[bid("a", 1.0), bid("b", 2.0), bid("c", 9.0)]));
    house.door.set("south", bids(&[bid("s", 1.5), bid("t", 1.6), bid("u", 1.7)]));
    let auctioned = house.auction(&request()).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].id, "b");
    let figures = house.exchange.counters().figures();
    let north = ("north".parse().unwrap(), SeatStatus::TooManyBids);
    assert_eq!((figures.bids, figures.statuses.get(&north)), (5, Some(&1)));
}

#[tokio::test]
async fn where_an_impression_names_bidders_only_these_are_asked_for_it() {
    let house = House::new().await;
    let mut two = request();
    let first = two["imp"][0].clone();
    two["imp"] = json!([
        with(first.clone(), "/ext", json!({"prebid": {"bidder": {"south": {}, "nobody": {}}}})),
        with(with(first, "/id", json!("slot-8")), "/ext", json!({"prebid": {"bidder": {}}})),
    ]);
    let auctioned = house.auction(&two).await;
    let imps_of = |partner: &str| house.door.to(partner)[0].body["imp"].as_array().unwrap().len();
    assert_eq!((imps_of("north"), imps_of("south")), (1, 2));
    let nonbid = serde_json::to_value(&auctioned.answer.ext.seatnonbid[0].nonbid).unwrap();
    assert!(
        nonbid.as_array().unwrap().contains(&json!({"impid": "slot-7", "statuscode": 513})),
        "{nonbid}"
    );
    let nobody = json!({"prebid": {"bidder": {"nobody": {}}}});
    let auctioned = house.auction(&with(request(), "/imp/0/ext", nobody)).await;
    assert!(auctioned.seats.iter().all(|seat| seat.status == Some(SeatStatus::NotNamed)));
}
