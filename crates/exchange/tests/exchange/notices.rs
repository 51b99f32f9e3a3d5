//! Wins and losses: whom they wait for, and what becomes of one that nobody waits for any more.

use crate::support::{Behaviour, House, Message, bid, bids, call, request, settle, with};
use serde_json::{Value, json};
use sluicegate_exchange::{AuctionCall, Speaker};
use sluicegate_gate::Path;
use sluicegate_ledger::Outcome;
use std::{sync::atomic::Ordering, time::Duration};
use tokio::time::timeout;

/// A bid of a partner that wants to hear of everything.
fn noticed(who: &str, price: f64) -> Value {
    let url = |what: &str| json!(format!("https://{who}.example/{what}"));
    with(with(with(bid(who, price), "/nurl", url("w")), "/lurl", url("l")), "/burl", url("b"))
}

/// The same, whose ad comes with its win.
fn bare(who: &str, price: f64) -> Value {
    with(noticed(who, price), "/adm", Value::Null)
}

fn of(house: &House, path: Path) -> Vec<Message> {
    house.door.got().into_iter().filter(|one| one.path == path).collect()
}

#[tokio::test]
async fn wins_and_losses_go_only_while_the_person_chooses_nothing_anew_and_bills_anyway() {
    let house = House::new().await;
    house.door.set("north", bids(&[noticed("north", 1.0)]));
    house.door.set("south", bids(&[bare("south", 2.0)]));
    house.door.set("south win", Behaviour::Answers(200, String::from("<b>An ad</b>")));
    for price in [2.0, 0.6] {
        house.door.set("south", bids(&[bare("south", price)]));
        let auctioned = house.auction(&request()).await;
        let shown = auctioned.answer.ext.sluicegate.unwrap().render[0].token.clone();
        house.exchange.rendered(&shown).await.unwrap();
    }
    for biller in house.exchange.billers().all() {
        biller.step().await.unwrap();
    }
    settle().await;
    let (wins, losses) = (of(&house, Path::WinNotice), of(&house, Path::LossNotice));
    assert_eq!((wins.len(), losses.len()), (2, 2));
    let told: Vec<_> = wins.into_iter().chain(losses).map(|one| one.depends_on).collect();
    assert!(told.iter().all(|keys| keys.len() == 2 && house.settings.unchanged(keys)));
    let bills = of(&house, Path::BillingNotice);
    assert_eq!(bills.len(), 2);
    assert!(bills.iter().all(|one| one.depends_on.is_empty()));
    house.turn_off(house.keyring.account("user-ada")).await;
    assert!(told.iter().all(|keys| !house.settings.unchanged(keys)));
}

#[tokio::test]
async fn what_waits_while_the_latest_choices_become_unknown_is_neither_told_nor_recorded() {
    let house = House::new().await;
    house.door.set("north", bids(&[noticed("north", 1.0)]));
    house.door.set("south", bids(&[noticed("south", 2.0)]));
    let before = house.auction(&request()).await;
    house.clock.1.fetch_add(6_000, Ordering::SeqCst);
    settle().await;
    assert_eq!(before.answer.seatbid.len(), 1);
    assert_eq!(house.door.notices(Path::WinNotice), [""; 0]);
    assert_eq!(house.door.notices(Path::LossNotice), [""; 0]);
    assert_eq!(house.exchange.counters().figures().notices_failed, 2);
}

#[tokio::test(start_paused = true)]
async fn only_the_platform_s_own_word_for_how_long_partners_have_counts_for_how_they_are() {
    let house = House::new().await;
    house.door.set("south", bids(&[bare("south", 2.0)]));
    let account = Some(house.keyring.account("user-ada"));
    let browser = Speaker::Browser { account, browser: None };
    for (speaker, bid_ms, markup_ms) in
        [(Speaker::Platform, Some(180), Some(45)), (browser, None, None)]
    {
        let short = with(request(), "/tmax", json!(80));
        let before = house.door.got().len();
        house.exchange.auction(AuctionCall { speaker, ..call(&short) }).await.unwrap();
        let got = house.door.got().split_off(before);
        let is_waited_for = |one: &&Message| one.partnership == "south" && one.patience.is_some();
        let waited: Vec<_> = got.iter().filter(is_waited_for).collect();
        let [bid, win] = waited[..] else { panic!("{waited:?}") };
        assert_eq!(win.path, Path::WinNotice);
        let [bid, win] = [bid, win].map(|one| one.patience.unwrap());
        assert_eq!(bid.usual, bid_ms.map(Duration::from_millis), "{speaker:?}");
        assert_eq!(win.usual, markup_ms.map(Duration::from_millis), "{speaker:?}");
        assert!(bid.within <= Duration::from_millis(60) && win.within < bid.within);
    }
}

#[tokio::test(start_paused = true)]
async fn a_markup_that_never_comes_leaves_time_for_that_of_the_next_bid() {
    let house = House::new().await;
    house.door.set("north", bids(&[bare("north", 50.0)]));
    house.door.set("south", bids(&[bare("south", 2.0)]));
    house.door.set("north win", Behaviour::NeverAnswers);
    house.door.set("south win", Behaviour::Answers(200, String::from("<b>south's</b>")));
    let auctioned = house.auction(&request()).await;
    let [seat] = &auctioned.answer.seatbid[..] else { panic!("{auctioned:?}") };
    assert_eq!((seat.seat.as_str(), seat.bid[0].adm.as_deref()), ("south", Some("<b>south's</b>")));
}

/// Else a partner could use up the time for others' markup, and answer with a thousand bids to decide anew.
#[tokio::test(start_paused = true)]
async fn a_partner_whose_markup_does_not_come_is_not_asked_for_another_one() {
    let house = House::new().await;
    let bare = |who: &str, id: &str, price| with(bare(who, price), "/id", json!(id));
    let many: Vec<Value> = (0..8).map(|one| bare("north", &format!("n{one}"), 50.0)).collect();
    house.door.set("north", bids(&many));
    house.door.set("south", bids(&[bare("south", "s", 2.0)]));
    house.door.set("north win", Behaviour::NeverAnswers);
    house.door.set("south win", Behaviour::Answers(200, String::from("<b>south's</b>")));
    let auctioned = house.auction(&request()).await;
    assert_eq!(auctioned.answer.seatbid[0].seat, "south");
    let asked: Vec<_> =
        of(&house, Path::WinNotice).iter().map(|one| one.partnership.clone()).collect();
    assert_eq!(asked, ["north", "south"]);
    let north = &auctioned.answer.ext.seatnonbid[0];
    let said: Vec<_> = north.nonbid.iter().map(|one| one.statuscode).collect();
    assert_eq!((north.seat.as_str(), &said[..]), ("north", &[350][..]), "once for an impression");
}

#[tokio::test(start_paused = true)]
async fn a_markup_that_nobody_waits_for_any_more_is_on_record_as_unconfirmed() {
    let house = House::new().await;
    house.door.set("north", bids(&[bare("north", 50.0)]));
    house.door.set("north win", Behaviour::NeverAnswers);
    house.auction(&request()).await;
    // And where who asked hangs up.
    let given_up = timeout(Duration::from_millis(10), house.auction(&request())).await;
    assert!(given_up.is_err());
    house.ledger.flush().await.unwrap();
    let wins = of(&house, Path::WinNotice);
    let outcomes: Vec<_> = wins.iter().map(|one| house.store.outcome(one.id)).collect();
    assert_eq!(outcomes, [Some(Outcome::Unconfirmed); 2]);
    assert_eq!(house.exchange.counters().figures().notices_failed, 2);
}
