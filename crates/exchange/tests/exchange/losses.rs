//! Who lost is told so, once, with the reason.

use crate::support::{Behaviour, House, IFA, bid, bids, call, request, settle, with};
use serde_json::{Value, json};
use sluicegate_exchange::{Billing, ExchangeOptions, SeatStatus, Wanted};
use sluicegate_gate::{Path, Secret};
use std::{sync::Arc, time::Duration};

/// A bid that asks to be told of everything, in words that show each macro.
fn asking(who: &str, id: &str, price: f64) -> Value {
    let url = |path: &str| {
        json!(format!(
            "https://{who}.example/{path}/{id}?price=${{AUCTION_PRICE}}&win=${{AUCTION_MIN_TO_WIN}}\
             &loss=${{AUCTION_LOSS}}"
        ))
    };
    with(with(bid(id, price), "/nurl", url("won")), "/lurl", url("lost"))
}

async fn told(house: &House, request: &Value) -> Vec<String> {
    house.auction(request).await;
    settle().await;
    let mut told = house.door.notices(Path::WinNotice);
    told.extend(house.door.notices(Path::LossNotice));
    told.sort();
    let short = |url: String| url.split_once(".example/").unwrap().1.to_owned();
    told.into_iter().map(short).collect()
}

/// `OpenRTB` 2.6, 4.4.1: a floor of 0.85, bids of 1.00, 0.90, 0.80 and one that is not valid.
#[tokio::test]
async fn the_specifications_worked_tables_come_out_as_printed() {
    let tables = [
        (1, "price=1&win=0.9&loss=0", "price=&win=1&loss="),
        (2, "price=0.91&win=0.9&loss=0", "price=&win=0.91&loss="),
    ];
    for (at, won, lost) in tables {
        let house = House::new().await;
        let invalid = with(asking("north", "invalid", 9.0), "/crid", json!(null));
        house.door.set("north", bids(&[asking("north", "first", 1.0), invalid]));
        let low = [asking("south", "second", 0.9), asking("south", "third", 0.8)];
        house.door.set("south", bids(&low));
        let request = with(with(request(), "/imp/0/bidfloor", json!(0.85)), "/at", json!(at));
        assert_eq!(
            told(&house, &request).await,
            [
                String::from("lost/invalid?price=&win=&loss=8"),
                format!("won/first?{won}"),
                format!("lost/second?{lost}102"),
                format!("lost/third?{lost}100"),
            ]
        );
    }
}

#[tokio::test]
async fn who_lost_to_a_deal_is_told_so_and_not_its_price() {
    let house = House::new().await;
    let pmp = json!({"deals": [{"id": "d", "bidfloor": 0.6, "at": 3}]});
    let request = with(request(), "/imp/0/pmp", pmp);
    house.door.set("north", bids(&[asking("north", "open", 9.0), asking("north", "low", 0.1)]));
    house.door.set("south", bids(&[with(asking("south", "deal", 0.7), "/dealid", json!("d"))]));
    assert_eq!(
        told(&house, &request).await,
        [
            "lost/low?price=&win=&loss=100",
            "lost/open?price=&win=&loss=103",
            "won/deal?price=0.6&win=0.6&loss=0",
        ]
    );
}

#[tokio::test]
async fn who_lost_to_a_price_agreed_upon_beforehand_is_told_what_that_bid_was() {
    let house = House::new().await;
    let pmp = json!({"deals": [{"id": "d", "bidfloor": 1, "at": 3}]});
    let deal = |who: &str, id: &str, price| with(asking(who, id, price), "/dealid", json!("d"));
    house.door.set("north", bids(&[deal("north", "best", 3.0)]));
    house.door.set("south", bids(&[deal("south", "next", 2.0)]));
    assert_eq!(
        told(&house, &with(request(), "/imp/0/pmp", pmp)).await,
        ["won/best?price=1&win=2&loss=0", "lost/next?price=&win=3&loss=102"]
    );
}

#[tokio::test(start_paused = true)]
async fn who_chose_during_the_auction_is_told_of_to_nobody_but_for_the_bill() {
    for is_turned_off in [false, true] {
        let house = House::new().await;
        let burl = json!("https://north.example/bill");
        let bare = with(asking("north", "bare", 9.0), "/adm", json!(null));
        let other = with(with(asking("north", "n", 2.0), "/burl", burl), "/impid", json!("2"));
        house.door.set("north", bids(&[bare, other, asking("north", "beaten", 1.0)]));
        house.door.set("north win", Behaviour::Answers(200, String::from("<b>An ad</b>")));
        house.door.set("south", Behaviour::NeverAnswers);
        let mut two = request();
        let second = json!({"id": "slot-8", "banner": {"w": 300, "h": 250}});
        two["imp"].as_array_mut().unwrap().push(second);
        let exchange = Arc::clone(&house.exchange);
        let auction = tokio::spawn(async move { exchange.auction(call(&two)).await.unwrap() });
        settle().await;
        if is_turned_off {
            house.turn_off(house.keyring.account("user-ada")).await;
        }
        let answer = auction.await.unwrap().answer;
        settle().await;
        let told = |path| house.door.notices(path).len();
        // Whoever brings its markup with the bid needs no notice.
        let first = if is_turned_off { "beaten" } else { "bare" };
        assert_eq!(
            answer.seatbid[0].bid.iter().map(|bid| &bid.id).collect::<Vec<_>>(),
            [first, "n"]
        );
        let expected = if is_turned_off { (0, 0) } else { (2, 1) };
        assert_eq!((told(Path::WinNotice), told(Path::LossNotice)), expected);
        let sluicegate = answer.ext.sluicegate.unwrap();
        let token = &sluicegate.render.last().unwrap().token;
        let billing = house.exchange.rendered(token).await.unwrap().billing;
        assert_eq!(billing, Billing::Queued, "a bill says only that an ad was billable");
    }
}

#[tokio::test(start_paused = true)]
async fn a_win_notice_that_hangs_makes_nobody_wait_past_the_clients_time() {
    let house = House::new().await;
    let bare = with(asking("north", "n", 9.0), "/adm", json!(null));
    let other = with(asking("south", "s", 1.0), "/impid", json!("2"));
    house.door.set("north", bids(&[bare]));
    house.door.set("south", bids(&[other]));
    house.door.set("north win", Behaviour::NeverAnswers);
    let mut two = with(request(), "/tmax", json!(120));
    let second = json!({"id": "slot-8", "banner": {"w": 300, "h": 250}});
    two["imp"].as_array_mut().unwrap().push(second);
    let began = tokio::time::Instant::now();
    let auctioned = house.auction(&two).await;
    assert_eq!(
        began.elapsed().as_millis(),
        55,
        "half of 120 less 20 for the way back, of which half is left"
    );
    let north = &auctioned.answer.ext.seatnonbid[0];
    assert_eq!((north.seat.as_str(), north.nonbid[1].statuscode), ("north", 350));
    assert_eq!(auctioned.answer.seatbid[0].seat, "south");

    // One that hangs when it is asked uses up the time for that, and the other's win still has its own.
    house.door.set("south", Behaviour::NeverAnswers);
    house.door.set("north win", Behaviour::Answers(200, String::from("<b>An ad</b>")));
    let began = tokio::time::Instant::now();
    let auctioned = house.auction(&two).await;
    assert_eq!(began.elapsed().as_millis(), 88, "an eighth is kept for the markup");
    assert_eq!(auctioned.answer.seatbid[0].seat, "north");
    house.door.set("north win", Behaviour::NeverAnswers);
    let began = tokio::time::Instant::now();
    assert!(house.auction(&two).await.answer.seatbid.is_empty());
    assert_eq!(began.elapsed().as_millis(), 99, "both hang, one after the other");
}

#[tokio::test]
async fn a_winner_whose_markup_does_not_come_has_lost_and_the_platform_hears_why() {
    let house = House::new().await;
    let bare = with(asking("north", "n", 2.0), "/adm", json!(null));
    house.door.set("north", bids(&[bare]));
    house.door.set("north win", Behaviour::Answers(500, String::new()));
    let auctioned = house.auction(&request()).await;
    settle().await;
    assert_eq!(auctioned.answer.ext.seatnonbid[0].nonbid[0].statuscode, 350);
    let lost = house.door.notices(Path::LossNotice);
    assert_eq!(lost, ["https://north.example/lost/n?price=&win=&loss=7"]);
}

#[tokio::test]
async fn nobody_has_lost_while_the_caller_chooses() {
    let house = House::new().await;
    house.door.set("north", bids(&[asking("north", "n", 1.0)]));
    house.door.set("south", bids(&[asking("south", "s", 2.0), asking("south", "low", 0.1)]));
    let mut all = call(&request());
    all.wanted = Wanted::AllBids;
    house.exchange.auction(all).await.unwrap();
    settle().await;
    let lost = house.door.notices(Path::LossNotice);
    assert_eq!(lost, ["https://south.example/lost/low?price=&win=2&loss=100"]);
}

#[tokio::test]
async fn an_answer_to_another_request_or_in_another_currency_has_lost_as_a_whole() {
    let answers = [
        (json!({"id": "other", "seatbid": [{"bid": [asking("north", "n", 1.0)]}]}), 5),
        (json!({"id": "$ID", "cur": "EUR", "seatbid": [{"bid": [asking("north", "n", 1.0)]}]}), 3),
        (json!({"id": "$ID", "cur": "usd", "seatbid": [{"bid": [asking("north", "n", 1.0)]}]}), 3),
    ];
    for (answer, loss) in answers {
        let house = House::new().await;
        house.door.set("north", Behaviour::Answers(200, answer.to_string()));
        assert_eq!(told(&house, &request()).await, [format!("lost/n?price=&win=&loss={loss}")]);
    }
}

#[tokio::test]
async fn a_loss_notice_never_goes_elsewhere_and_never_repeats_an_identifier() {
    let house = House::new().await;
    let elsewhere = with(bid("a", 0.1), "/lurl", json!("https://elsewhere.example/l"));
    let macros = json!("https://north.example/l/${AUCTION_AD_ID}");
    let completed = with(with(bid("b", 0.1), "/lurl", macros), "/adid", json!(IFA));
    house.door.set("north", bids(&[elsewhere, completed]));
    house.auction(&request()).await;
    settle().await;
    assert!(house.door.notices(Path::LossNotice).is_empty());
}

#[tokio::test]
async fn a_partner_is_told_of_twenty_losses_of_one_auction_at_most() {
    let house = House::new().await;
    let many: Vec<Value> =
        (0..50).map(|number| asking("north", &format!("n{number}"), 0.1)).collect();
    house.door.set("north", bids(&many));
    house.auction(&request()).await;
    settle().await;
    assert_eq!(house.door.notices(Path::LossNotice).len(), 20);
}

#[tokio::test(start_paused = true)]
async fn losses_that_wait_take_no_room_of_wins_and_bills() {
    let house = House::with_notices_max(8).await;
    house.door.set("north loss", Behaviour::NeverAnswers);
    let both = [asking("north", "won", 2.0), asking("north", "beaten", 1.0)];
    house.door.set("north", bids(&both));
    for _ in 0..4 {
        house.auction(&request()).await;
        settle().await;
    }
    assert_eq!(house.door.notices(Path::LossNotice).len(), 1, "losses have one place in eight");
    assert_eq!(house.door.notices(Path::WinNotice).len(), 4);
}

/// Nobody has beaten it.
#[tokio::test(start_paused = true)]
async fn a_bid_that_no_time_is_left_for_has_not_lost_to_a_higher_one() {
    let options = ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]));
    let house = House::with(ExchangeOptions { margin: Duration::from_millis(2), ..options }).await;
    let bare = with(asking("north", "bare", 9.0), "/adm", json!(null));
    house.door.set("north", bids(&[bare, asking("north", "next", 1.0)]));
    house.door.set("north win", Behaviour::NeverAnswers);
    house.door.set("south", Behaviour::NeverAnswers);
    let lost = told(&house, &request()).await;
    let expected = ["won/bare?price=9&win=1&loss=0", "lost/bare?price=&win=&loss=7"];
    assert!(expected.iter().all(|one| lost.iter().any(|other| other == one)), "{lost:?}");
    assert!(lost.iter().any(|one| one == "lost/next?price=&win=&loss=1"), "{lost:?}");
    let statuses = house.exchange.counters().figures().statuses;
    assert_eq!(statuses.get(&("north".parse().unwrap(), SeatStatus::Error)), Some(&1));
}
