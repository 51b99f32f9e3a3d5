//! Who lost is told so, once, with the reason.

use crate::support::{Behaviour, House, IFA, bid, bids, call, request, settle, with};
use serde_json::{Value, json};
use sluicegate_exchange::Wanted;
use sluicegate_gate::Path;

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
    assert_eq!(lost, ["https://south.example/lost/low?price=&win=&loss=100"]);
}

#[tokio::test]
async fn an_answer_to_another_request_or_in_another_currency_has_lost_as_a_whole() {
    let answers = [
        (json!({"id": "other", "seatbid": [{"bid": [asking("north", "n", 1.0)]}]}), 5),
        (json!({"id": "$ID", "cur": "EUR", "seatbid": [{"bid": [asking("north", "n", 1.0)]}]}), 3),
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
