//! Auctions from request to answer.

use serde_json::{Value, json};
use sluicegate_exchange::{
    AuctionCall, AuctionError, Incoming, SeatStatus, Speaker, Verdict, Wanted,
};
use sluicegate_gate::{Path, Reason, time::UnixMillis};
use sluicegate_ledger::{Outcome, SendError};
use sluicegate_openrtb::money::Micros;
use sluicegate_signals::Gpc;
use std::{sync::atomic::Ordering, time::Duration};

use crate::support::{
    Behaviour, House, IFA, NOW, bid, bids, call, request, settle, statuses, with,
};

#[tokio::test]
async fn the_highest_bid_wins_and_the_answer_speaks_the_callers_ids() {
    let house = House::new().await;
    house.door.set("north", bids(&[bid("n", 1.0)]));
    house.door.set("south", bids(&[bid("s", 2.0)]));
    let auctioned = house.auction(&request()).await;
    let answer = serde_json::to_value(&auctioned.answer).unwrap();
    assert_eq!(answer["id"], "the-platforms-own-id");
    let won = &answer["seatbid"][0];
    assert_eq!(
        (won["seat"].as_str(), won["bid"][0]["impid"].as_str()),
        (Some("south"), Some("slot-7"))
    );
    assert_eq!(won["bid"][0]["price"], json!(2));
    assert_eq!(won["bid"][0]["adm"], "<p>2</p>");
    assert_eq!(answer["seatbid"].as_array().unwrap().len(), 1);
    assert_eq!(house.exchange.counters().figures().won, 1);
}

#[tokio::test]
async fn partners_get_ids_of_their_own_and_nothing_of_the_callers() {
    let house = House::new().await;
    house.auction(&request()).await;
    let (north, south) = (house.door.to("north"), house.door.to("south"));
    assert_eq!((north.len(), south.len()), (1, 1));
    let (north, south) = (&north[0], &south[0]);
    assert_ne!(north.body["id"], south.body["id"]);
    assert_ne!(north.body["user"]["id"], south.body["user"]["id"]);
    assert_eq!(north.body["user"]["id"].as_str().unwrap().len(), 64);
    assert_eq!(north.body["device"]["ifa"], IFA);
    for message in [north, south] {
        for ours in ["the-platforms-own-id", "slot-7", "user-ada"] {
            assert!(!message.text.contains(ours), "{ours}: {}", message.text);
        }
    }
}

#[tokio::test]
async fn the_pairwise_id_is_the_same_within_a_day_and_another_the_next() {
    let house = House::new().await;
    for wait in [0, 1_000, 24 * 60 * 60 * 1_000] {
        house.clock.0.store(wait, Ordering::SeqCst);
        house.auction(&request()).await;
    }
    let ids: Vec<_> =
        house.door.to("north").iter().map(|one| one.body["user"]["id"].clone()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[1], ids[2]);
}

#[tokio::test]
async fn after_off_one_partner_is_skipped_and_the_other_asked_without_the_person() {
    let house = House::new().await;
    let account = house.keyring.account("user-ada");
    house.turn_off(account).await;
    let auctioned = house.auction(&request()).await;
    assert_eq!(statuses(&auctioned), [Some(SeatStatus::Withheld), Some(SeatStatus::NoBid)]);
    assert!(house.door.to("north").is_empty());
    let asked = &house.door.to("south")[0];
    assert_eq!(asked.path, Path::ContextualBidRequest);
    assert_eq!(asked.body["app"]["bundle"], "com.example.reader");
    assert!(asked.body.get("user").is_none() && asked.body.get("device").is_none());
    house.ledger.flush().await.unwrap();
    let range = UnixMillis(NOW - 1)..UnixMillis(NOW + 1);
    let person = house.ledger.person(account, range).await.unwrap();
    assert!(person.disclosures.is_empty());
    assert!(!person.withheld.is_empty());
    let withheld = house.exchange.counters().figures().withheld;
    let north = ("north".parse().unwrap(), Reason::SharingOff(sluicegate_gate::KeyKind::Account));
    assert_eq!(withheld.get(&north), Some(&1));
}

#[tokio::test]
async fn what_was_told_is_on_record_before_the_answer() {
    let house = House::new().await;
    let auctioned = house.auction(&request()).await;
    let range = UnixMillis(NOW - 1)..UnixMillis(NOW + 1);
    let person = house.ledger.person(house.keyring.account("user-ada"), range).await.unwrap();
    assert_eq!(person.disclosures.len(), 2);
    let (disclosure, path) = auctioned.seats[0].asked.unwrap();
    assert_eq!(path, Path::BidRequest);
    assert_eq!(house.door.to("north")[0].body["id"], disclosure.to_string());
}

#[tokio::test]
async fn what_the_door_would_not_try_is_not_on_record_as_told() {
    let house = House::new().await;
    for partner in ["north", "south"] {
        house.door.refuse(partner, SendError::BreakerOpen);
    }
    let auctioned = house.auction(&request()).await;
    assert_eq!(statuses(&auctioned), [Some(SeatStatus::NotAsked), Some(SeatStatus::NotAsked)]);
    let range = UnixMillis(NOW - 1)..UnixMillis(NOW + 1);
    let person = house.ledger.person(house.keyring.account("user-ada"), range).await.unwrap();
    assert!(person.disclosures.is_empty());
    assert!(house.door.got().is_empty());
    assert_eq!(house.exchange.counters().figures().asked, 0);
}

#[tokio::test]
async fn without_a_durable_record_no_bid_is_answered() {
    let house = House::new().await;
    house.door.set("north", bids(&[bid("n", 1.0)]));
    house.store.keep_no_messages();
    let auctioned = house.auction(&request()).await;
    assert!(auctioned.answer.seatbid.is_empty());
    assert_eq!(auctioned.seats[0].status, Some(SeatStatus::Error));
    assert_eq!(house.exchange.counters().figures().not_durable, 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_late_is_a_no_bid_and_the_answer_comes_in_time() {
    let house = House::new().await;
    house.door.set("north", bids(&[bid("n", 1.0)]));
    let in_time = house.auction(&request()).await;
    assert_eq!(in_time.answer.seatbid.len(), 1);
    house.store.stall_with_messages();
    let began = tokio::time::Instant::now();
    let mut hurried = request();
    hurried["tmax"] = json!(150);
    let auctioned = house.auction(&hurried).await;
    let took = began.elapsed();
    assert!(took < Duration::from_millis(150), "{took:?}");
    assert!(auctioned.answer.seatbid.is_empty());
    let (_, path) = auctioned.seats[0].asked.unwrap();
    assert_eq!((path, auctioned.seats[0].status), (Path::BidRequest, Some(SeatStatus::Error)));
    assert_eq!(house.exchange.counters().figures().not_durable, 1);
}

#[tokio::test]
async fn a_browser_does_not_say_who_the_person_is_nor_learn_that_a_gate_is_closed() {
    let house = House::new().await;
    let browser = house.keyring.browser("cookie");
    let mut from_browser = call(&request());
    from_browser.speaker = Speaker::Browser { account: None, browser: Some(browser) };
    house.exchange.auction(from_browser.clone()).await.unwrap();
    for message in house.door.got() {
        assert!(!message.text.contains(IFA), "{}", message.text);
    }
    house.turn_off(browser).await;
    let auctioned = house.exchange.auction(from_browser).await.unwrap();
    assert_eq!(auctioned.seats[0].status, Some(SeatStatus::Withheld));
    assert_eq!(auctioned.answer.ext.seatnonbid[0].nonbid[0].statuscode, SeatStatus::NoBid.code());
}

#[tokio::test]
async fn a_header_alone_is_enough_for_global_privacy_control() {
    let house = House::new().await;
    let mut with_header = call(&request());
    with_header.gpc = Gpc::On;
    house.exchange.auction(with_header).await.unwrap();
    assert!(house.door.to("north").is_empty());
    assert_eq!(house.door.to("south")[0].path, Path::ContextualBidRequest);
}

#[tokio::test(start_paused = true)]
async fn a_silent_partner_is_left_behind_at_the_deadline() {
    let house = House::new().await;
    house.door.set("north", Behaviour::NeverAnswers);
    house.door.set("south", bids(&[bid("s", 1.0)]));
    let began = tokio::time::Instant::now();
    let auctioned = house.auction(&with(request(), "/tmax", json!(120))).await;
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    assert_eq!(statuses(&auctioned), [Some(SeatStatus::TimedOut), None]);
    assert_eq!(auctioned.answer.seatbid.len(), 1);
    assert_eq!(house.door.to("south")[0].body["tmax"], 100);
    house.ledger.flush().await.unwrap();
    let ended = auctioned.seats.iter().map(|seat| house.store.outcome(seat.asked.unwrap().0));
    let ended: Vec<_> = ended.collect();
    assert_eq!(ended, [Some(Outcome::Unconfirmed), Some(Outcome::Delivered)]);
}

#[tokio::test]
async fn a_partner_is_told_its_time_less_what_the_way_takes() {
    let house = House::registering("", "").await;
    house.turn_off(house.keyring.account("user-ada")).await;
    house.door.takes(&house.clock, 15);
    let timed = with(request(), "/tmax", json!(120));
    for told in [100, 85, 85] {
        house.auction(&timed).await;
        assert_eq!(house.door.to("south").last().unwrap().body["tmax"], told);
    }
}

#[tokio::test]
async fn an_answer_is_no_answer_unless_it_is_to_this_request() {
    let house = House::new().await;
    let cases = [
        (Behaviour::Answers(204, String::new()), SeatStatus::NoBid),
        (Behaviour::Answers(200, String::from("{}")), SeatStatus::NoBid),
        (Behaviour::Answers(200, String::from("<html>")), SeatStatus::InvalidAnswer),
        (Behaviour::Answers(500, String::new()), SeatStatus::Error),
        (Behaviour::Fails(SendError::BreakerOpen), SeatStatus::NotAsked),
        (Behaviour::Fails(SendError::Connect), SeatStatus::Unreachable),
        (Behaviour::Fails(SendError::TooLarge), SeatStatus::InvalidAnswer),
        (Behaviour::Fails(SendError::NoRoom), SeatStatus::NoRoom),
        (Behaviour::Fails(SendError::NotInForce), SeatStatus::Withheld),
        (
            Behaviour::Answers(
                200,
                json!({"id": "other", "seatbid": [{"bid": [bid("n", 1.0)]}]}).to_string(),
            ),
            SeatStatus::InvalidAnswer,
        ),
        (
            Behaviour::Answers(
                200,
                json!({"id": "$ID", "cur": "EUR", "seatbid": [{"bid": [bid("n", 1.0)]}]})
                    .to_string(),
            ),
            SeatStatus::Currency,
        ),
        (
            Behaviour::Answers(
                200,
                json!({"id": "$ID", "cur": "usd", "seatbid": [{"bid": [bid("n", 1.0)]}]})
                    .to_string(),
            ),
            SeatStatus::Currency,
        ),
    ];
    for (behaviour, status) in cases {
        house.door.set("north", behaviour.clone());
        let auctioned = house.auction(&request()).await;
        assert_eq!(auctioned.seats[0].status, Some(status), "{behaviour:?}");
        assert!(auctioned.answer.seatbid.is_empty());
        let nonbid = &auctioned.answer.ext.seatnonbid[0];
        assert_eq!((nonbid.seat.as_str(), nonbid.nonbid[0].statuscode), ("north", status.code()));
    }
}

#[tokio::test]
async fn the_second_price_is_paid_where_the_request_does_not_say() {
    let house = House::new().await;
    house.door.set("north", bids(&[bid("n", 1.0)]));
    house.door.set("south", bids(&[bid("s", 2.0)]));
    let mut silent = request();
    silent.as_object_mut().unwrap().remove("at");
    let auctioned = house.auction(&silent).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].price, Micros(1_010_000));
}

#[tokio::test]
async fn all_bids_come_at_their_own_price_and_nobody_is_told_of_a_win() {
    let house = House::new().await;
    let noticed = with(bid("n", 1.0), "/nurl", json!("https://north.example/w"));
    house.door.set("north", bids(&[noticed]));
    house.door.set("south", bids(&[bid("s", 2.0)]));
    let mut all = call(&request());
    all.wanted = Wanted::AllBids;
    let auctioned = house.exchange.auction(all).await.unwrap();
    let seats: Vec<_> = auctioned
        .answer
        .seatbid
        .iter()
        .map(|seat| (seat.seat.as_str(), seat.bid[0].price.0))
        .collect();
    assert_eq!(seats, [("south", 2_000_000), ("north", 1_000_000)]);
    settle().await;
    assert!(house.door.notices(Path::WinNotice).is_empty());
}

#[tokio::test]
async fn bidders_are_told_that_a_caller_who_chooses_itself_pays_what_was_bid() {
    let house = House::new().await;
    let mut second = request();
    second["at"] = json!(2);
    let mut all = call(&second);
    all.wanted = Wanted::AllBids;
    house.exchange.auction(all).await.unwrap();
    assert_eq!(house.door.to("north")[0].body["at"], 1);
}

#[tokio::test]
async fn a_bidder_is_told_of_no_more_time_than_the_register_gives_it() {
    let house = House::new().await;
    for (tmax, told) in [(100, 80), (900, 200)] {
        house.auction(&with(request(), "/tmax", json!(tmax))).await;
        assert_eq!(house.door.to("north").pop().unwrap().body["tmax"], told);
        let explained = house.exchange.explain(call(&with(request(), "/tmax", json!(tmax))), None);
        let Verdict::Told(preview) = &explained.unwrap()[0].verdict else { panic!("it is told") };
        let shown: Value = serde_json::from_slice(&preview.bytes).unwrap();
        assert_eq!(shown["tmax"], told);
    }
}

#[tokio::test]
async fn the_winner_alone_is_told_with_the_price_it_pays() {
    let house = House::new().await;
    let notice = |id: &str, who: &str, price| {
        with(
            bid(id, price),
            "/nurl",
            json!(format!(
                "https://{who}.example/w?p=${{AUCTION_PRICE}}&m=${{AUCTION_MIN_TO_WIN}}"
            )),
        )
    };
    house.door.set("north", bids(&[notice("n", "north", 1.0)]));
    house.door.set("south", bids(&[notice("s", "south", 2.0)]));
    house.auction(&request()).await;
    settle().await;
    assert_eq!(house.door.notices(Path::WinNotice), ["https://south.example/w?p=2&m=1"]);
}

#[tokio::test]
async fn a_notice_that_grows_too_long_with_its_macros_is_refused() {
    let house = House::new().await;
    let url = format!("https://north.example/w?a={}", "${AUCTION_AD_ID}".repeat(20));
    let noticed = |ad: &str| {
        let noticed = with(bid("n", 1.0), "/nurl", json!(url));
        bids(&[with(noticed, "/adid", json!(ad))])
    };
    house.door.set("north", noticed(&"a".repeat(200)));
    assert!(house.auction(&request()).await.answer.seatbid.is_empty());
    settle().await;
    assert!(house.door.notices(Path::WinNotice).is_empty());
    house.door.set("north", noticed("a"));
    assert_eq!(house.auction(&request()).await.answer.seatbid.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_partner_whose_notices_wait_takes_no_room_of_another() {
    let house = House::with_notices_max(2).await;
    let bidding = |who: &str, price| {
        let notice = json!(format!("https://{who}.example/w"));
        bids(&[with(bid(who, price), "/nurl", notice)])
    };
    house.door.set("north win", Behaviour::NeverAnswers);
    house.door.set("north", bidding("north", 9.0));
    for _ in 0..4 {
        house.auction(&request()).await;
        settle().await;
    }
    assert_eq!(house.door.notices(Path::WinNotice).len(), 2, "north has no more room");
    house.door.set("south", bidding("south", 20.0));
    house.auction(&request()).await;
    settle().await;
    assert_eq!(house.door.notices(Path::WinNotice).pop().unwrap(), "https://south.example/w");
}

#[tokio::test]
async fn markup_can_come_with_the_win_notice() {
    let house = House::new().await;
    let bare = json!({"id": "n", "impid": "1", "price": 1.0, "crid": "c", "nurl": "https://north.example/w"});
    house.door.set("north", bids(&[bare]));
    house.door.set("north win", Behaviour::Answers(200, String::from("<b>${AUCTION_PRICE}</b>")));
    let auctioned = house.auction(&request()).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].adm.as_deref(), Some("<b>1</b>"));
    house.door.set("north win", Behaviour::Answers(200, format!("<img src='//x.example/{IFA}'>")));
    assert!(house.auction(&request()).await.answer.seatbid.is_empty());
    house.door.set("north win", Behaviour::Answers(500, String::new()));
    assert!(house.auction(&request()).await.answer.seatbid.is_empty());
}

#[tokio::test]
async fn a_win_that_brings_no_markup_leaves_the_impression_to_the_next_bid_at_its_own_price() {
    let house = House::new().await;
    let noticed = |who: &str, price: f64| {
        let url = |what: &str| {
            let macros = "${AUCTION_PRICE}/${AUCTION_LOSS}/${AUCTION_MIN_TO_WIN}";
            json!(format!("https://{who}.example/{what}/{macros}"))
        };
        with(with(bid(who, price), "/nurl", url("won")), "/lurl", url("lost"))
    };
    house.door.set("north", bids(&[with(noticed("north", 50.0), "/adm", Value::Null)]));
    house.door.set("south", bids(&[noticed("south", 2.0)]));
    let second_price = with(request(), "/at", json!(2));
    for failing in [Behaviour::Answers(200, String::new()), Behaviour::Fails(SendError::Timeout)] {
        house.door.set("north win", failing);
        let before = house.door.got().len();
        let auctioned = house.auction(&second_price).await;
        settle().await;
        let seats = &auctioned.answer.seatbid;
        assert_eq!((seats.len(), seats[0].seat.as_str()), (1, "south"));
        assert_eq!(seats[0].bid[0].price, Micros(510_000), "a cent above the floor");
        let nonbids = &auctioned.answer.ext.seatnonbid;
        let north = nonbids.iter().find(|seat| seat.seat == "north").unwrap();
        assert_eq!(north.nonbid[0].statuscode, SeatStatus::NoMarkup.code());
        let told = house.door.got().split_off(before);
        let mut told: Vec<_> = told.into_iter().filter_map(|one| one.url).collect();
        told.sort();
        assert_eq!(
            told,
            [
                "https://north.example/lost//7/",
                "https://north.example/won/2.01/0/2",
                "https://south.example/won/0.51/0/0.5",
            ]
        );
    }
}

/// Else its price would cost its partner nothing, and others what it says.
#[tokio::test]
async fn a_bid_that_could_not_be_answered_sets_nobodys_price() {
    let house = House::new().await;
    let growing = with(bid("s", 4.99), "/adid", json!("%".repeat(256)));
    let growing = with(growing, "/adm", json!("${AUCTION_AD_ID}${AUCTION_AD_ID}"));
    let long = with(bid("s", 4.99), "/adid", json!("%".repeat(256)));
    let notice = format!("https://south.example/{}${{AUCTION_AD_ID}}", "a".repeat(1_500));
    let long = with(long, "/nurl", json!(notice));
    let bare = with(bid("s", 4.99), "/adm", Value::Null);
    let bare = with(bare, "/nurl", json!("https://south.example/w"));
    let in_the_clear = json!("<img src=\"http${AUCTION_AD_ID}://south.example/i.png\">");
    let request = with(with(request(), "/at", json!(2)), "/imp/0/secure", json!(1));
    let won = json!("https://north.example/w?${AUCTION_PRICE}/${AUCTION_MIN_TO_WIN}");
    house.door.set("north", bids(&[with(bid("n", 5.0), "/nurl", won)]));
    for low in [growing, long, bare, with(bid("s", 4.99), "/adm", in_the_clear)] {
        house.door.set("south", bids(std::slice::from_ref(&low)));
        let before = house.door.notices(Path::WinNotice).len();
        let auctioned = house.auction(&request).await;
        settle().await;
        assert_eq!(auctioned.answer.seatbid[0].bid[0].price, Micros(510_000), "{low}");
        let told = house.door.notices(Path::WinNotice).split_off(before);
        assert_eq!(told, ["https://north.example/w?0.51/0.5"]);
    }
    house.door.set("south", bids(&[bid("s", 4.99)]));
    let auctioned = house.auction(&request).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].price, Micros(5_000_000), "a good one does");
}

#[tokio::test]
async fn the_winner_is_told_how_many_impressions_it_won() {
    let house = House::new().await;
    let notice = json!("https://north.example/w?m=${AUCTION_MULTIPLIER}");
    house.door.set("north", bids(&[with(bid("n", 1.0), "/nurl", notice)]));
    let many = json!({"multiplier": 14.2, "sourcetype": 0});
    house.auction(&with(request(), "/imp/0/qty", many)).await;
    settle().await;
    assert_eq!(house.door.notices(Path::WinNotice), ["https://north.example/w?m=14.2"]);
}

#[tokio::test]
async fn unregistered_inventory_is_answered_without_asking_anybody() {
    let house = House::new().await;
    for app in [
        json!({"bundle": "com.example.other"}),
        json!({}),
        json!({"id": "reader", "bundle": "com.example.other"}),
    ] {
        let auctioned = house.auction(&with(request(), "/app", app)).await;
        assert_eq!(statuses(&auctioned), [Some(SeatStatus::UnknownInventory); 2]);
        assert!(auctioned.answer.seatbid.is_empty());
    }
    assert!(house.door.got().is_empty());
}

#[tokio::test]
async fn a_page_is_told_as_its_registered_template() {
    let house = House::new().await;
    let mut on_site = request();
    on_site.as_object_mut().unwrap().remove("app");
    on_site["site"] =
        json!({"domain": "news.example", "page": "https://news.example/article/ada-lovelace?x=1"});
    house.auction(&on_site).await;
    let site = house.door.to("north")[0].body["site"].clone();
    assert_eq!(site["page"], "https://news.example/article/{id}");
    on_site["site"]["page"] = json!("https://news.example/people/ada-lovelace");
    house.auction(&on_site).await;
    assert!(house.door.to("north")[1].body["site"].get("page").is_none());
    for (host, is_its) in [
        ("www.news.example", true),
        ("NEWS.example.", true),
        ("othernews.example", false),
        ("news.example.evil.example", false),
        ("evil.example", false),
    ] {
        on_site["site"]["page"] = json!(format!("https://{host}/article/ada-lovelace"));
        house.auction(&on_site).await;
        let told = house.door.to("north").pop().unwrap().body["site"].get("page").is_some();
        assert_eq!(told, is_its, "{host}");
    }
    assert!(house.door.got().iter().all(|message| !message.text.contains("lovelace")));
}

#[tokio::test]
async fn a_wrong_request_is_refused_by_the_name_of_the_field() {
    let house = House::new().await;
    let cases =
        [(with(request(), "/imp", json!([])), "imp"), (with(request(), "/at", json!(7)), "at")];
    for (wrong, field) in cases {
        let failed = house.exchange.auction(call(&wrong)).await;
        let Err(AuctionError::Request(error)) = failed else { panic!("{failed:?}") };
        assert_eq!(error.field, field);
    }
    let mut garbage = call(&request());
    garbage.request = Incoming::Bytes(bytes::Bytes::from("[".repeat(100_000)));
    assert!(house.exchange.auction(garbage).await.is_err());
    assert!(house.door.got().is_empty());
}

#[tokio::test]
async fn a_devices_off_counts_in_every_spelling_of_its_id() {
    let house = House::new().await;
    house.turn_off(house.keyring.device(IFA)).await;
    for spelling in [IFA.replace('-', ""), IFA.to_uppercase(), format!(" {IFA} ")] {
        let request = with(request(), "/device/ifa", json!(spelling));
        let told = house.exchange.explain(call(&request), Some(&"north".parse().unwrap())).unwrap();
        assert!(matches!(told[0].verdict, Verdict::Withheld { .. }), "{spelling:?}: {told:?}");
    }
}

#[tokio::test]
async fn an_explanation_says_what_would_leave_and_sends_nothing() {
    let house = House::new().await;
    let told = house.exchange.explain(call(&request()), Some(&"north".parse().unwrap())).unwrap();
    assert_eq!(told.len(), 1);
    let Verdict::Told(preview) = &told[0].verdict else { unreachable!("{told:?}") };
    assert!(preview.told.iter().any(|told| told.field == "device.ifa"));
    house.turn_off(house.keyring.device(IFA)).await;
    let closed = house.exchange.explain(call(&request()), None).unwrap();
    assert!(matches!(&closed[0].verdict, Verdict::Withheld { losses } if !losses.is_empty()));
    assert!(matches!(&closed[1].verdict, Verdict::Contextual { .. }));
    assert!(house.door.got().is_empty());
}

#[tokio::test]
async fn why_a_partner_does_not_bid_is_passed_on_in_the_standards_words() {
    let house = House::new().await;
    let browser = Speaker::Browser { account: None, browser: Some(house.keyring.browser("b")) };
    for (said, code) in [
        (json!(0), 0),
        (json!(8), 8),
        (json!(17), 17),
        (json!(18), 0),
        // Ours, which mean something else.
        (json!(502), 0),
        (json!(-1), 0),
        (json!("8"), 0),
        (Value::Null, 0),
    ] {
        let answer = json!({"id": "$ID", "nbr": said, "seatbid": []});
        house.door.set("north", Behaviour::Answers(200, answer.to_string()));
        for (speaker, code) in [(Speaker::Platform, code), (browser, 0)] {
            let call = AuctionCall { speaker, ..call(&request()) };
            let answer = house.exchange.auction(call).await.unwrap().answer;
            let nonbid = &answer.ext.seatnonbid[0].nonbid[0];
            assert_eq!(nonbid.statuscode, code, "{said} to {speaker:?}");
        }
    }
    let figures = house.exchange.counters().figures();
    assert_eq!(figures.statuses.len(), 2, "as one who does not bid: {:?}", figures.statuses);
}

/// Behind a closed gate none of these can happen.
#[tokio::test]
async fn a_browser_does_not_learn_that_a_gate_is_open() {
    let house = House::new().await;
    let from_browser = AuctionCall {
        speaker: Speaker::Browser { account: None, browser: Some(house.keyring.browser("b")) },
        ..call(&request())
    };
    for behaviour in [
        Behaviour::Answers(500, String::new()),
        Behaviour::Answers(200, String::from("<html>")),
        Behaviour::Fails(SendError::BreakerOpen),
        Behaviour::Fails(SendError::Connect),
        Behaviour::Fails(SendError::NoRoom),
        Behaviour::Fails(SendError::Timeout),
    ] {
        house.door.set("north", behaviour.clone());
        let answer = house.exchange.auction(from_browser.clone()).await.unwrap().answer;
        assert_eq!(answer.ext.seatnonbid[0].nonbid[0].statuscode, 0, "{behaviour:?}");
        let answer = house.auction(&request()).await.answer;
        assert_ne!(answer.ext.seatnonbid[0].nonbid[0].statuscode, 0, "{behaviour:?}");
    }
}
