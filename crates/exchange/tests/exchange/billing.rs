//! Bills: from the report that an ad was shown to a partner that has it, or not.

use crate::support::{Behaviour, FakeDoor, House, NOW, bid, bids, call, request, settle, with};
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};
use sluicegate_exchange::{
    AuctionCall, Bill, BillCounts, BillId, Biller, Billing, Bills, BillsError, DeadBill,
    DeadReason, Exchange, ExchangeOptions, ExchangeParts, Pause, Put, RenderedError, Report,
    Settled, TokenError, Trim, Wanted, WonError,
};
use sluicegate_gate::{PartnershipId, Path, Secret, time::UnixMillis};
use sluicegate_ledger::SendError;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, watch},
    time::sleep,
};

const BURL: &str = "https://north.example/b?p=${AUCTION_PRICE}&t=${AUCTION_IMP_TS}";

/// Holds an auction that north wins, and returns the token of its bid.
async fn won(house: &House, request: &Value) -> String {
    house.door.set("north", bids(&[with(bid("n", 1.0), "/burl", json!(BURL))]));
    let auctioned = house.auction(request).await;
    auctioned.answer.ext.sluicegate.unwrap().render[0].token.clone()
}

fn north(exchange: &Exchange) -> Biller {
    exchange.billers().all().pop().unwrap()
}

async fn counts(exchange: &Exchange) -> BillCounts {
    exchange.billers().counts().await.unwrap().pop().unwrap()
}

fn billed(door: &FakeDoor) -> Vec<String> {
    door.notices(Path::BillingNotice)
}

/// Lets time pass and does what is due then.
async fn later(house: &House, biller: &Biller, by: Duration) {
    house.clock.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    biller.step().await.unwrap();
}

#[tokio::test]
async fn a_report_bills_once_with_the_price_and_the_time_however_often_it_comes() {
    let house = House::new().await;
    let token = won(&house, &request()).await;
    house.clock.0.store(1_000, Ordering::SeqCst);
    let first = house.exchange.rendered(&token).await.unwrap();
    assert_eq!((first.partnership.as_str(), first.billing), ("north", Billing::Queued));
    house.clock.0.store(2_000, Ordering::SeqCst);
    assert_eq!(house.exchange.rendered(&token).await.unwrap(), first);
    assert!(billed(&house.door).is_empty(), "a report does not wait for the partner");
    let biller = north(&house.exchange);
    biller.step().await.unwrap();
    biller.step().await.unwrap();
    assert_eq!(house.exchange.rendered(&token).await.unwrap(), first);
    biller.step().await.unwrap();
    let url = format!("https://north.example/b?p=1&t={}", NOW + 1_000);
    assert_eq!(billed(&house.door), [url]);
    let figures = house.exchange.counters().figures();
    assert_eq!((figures.rendered, figures.notices_sent), (1, 1));
    assert_eq!(counts(&house.exchange).await.waiting, 0);
}

#[tokio::test]
async fn after_a_restart_the_same_url_goes_and_a_repeated_report_changes_nothing() {
    let house = House::new().await;
    let token = won(&house, &request()).await;
    let first = house.exchange.rendered(&token).await.unwrap();
    house.clock.0.store(60_000, Ordering::SeqCst);
    let again = house.restarted();
    assert_eq!(again.rendered(&token).await.unwrap(), first);
    again.billers().find().await.unwrap();
    north(&again).step().await.unwrap();
    assert_eq!(billed(&house.door), [format!("https://north.example/b?p=1&t={NOW}")]);
}

#[tokio::test]
async fn a_bill_is_tried_until_the_last_attempt_and_can_be_put_back() {
    let house = House::new().await;
    let token = won(&house, &request()).await;
    house.exchange.rendered(&token).await.unwrap();
    let biller = north(&house.exchange);
    house.door.set("north billing", Behaviour::Answers(503, String::new()));
    biller.step().await.unwrap();
    let first = Duration::from_millis(2_500)..=Duration::from_secs(5);
    let mut waited = Duration::ZERO;
    let rest = loop {
        let Pause::Idle(pause) = biller.step().await.unwrap() else { panic!("it was tried") };
        waited += pause;
        assert!(waited <= *first.end(), "{waited:?}");
        if pause < Duration::from_secs(1) {
            break pause;
        }
        later(&house, &biller, pause).await;
    };
    assert!(first.contains(&waited), "{waited:?}");
    let moment = Duration::from_millis(1);
    later(&house, &biller, rest.saturating_sub(moment)).await;
    assert_eq!(billed(&house.door).len(), 1, "it waits for its time");
    later(&house, &biller, moment).await;
    assert_eq!(billed(&house.door).len(), 2, "and no longer");
    for _ in 0..20 {
        later(&house, &biller, Duration::from_hours(8)).await;
    }
    let tried = billed(&house.door);
    assert_eq!(tried.len(), 11, "the last attempt is the eleventh");
    assert!(tried.iter().all(|url| *url == tried[0]));
    assert_eq!(counts(&house.exchange).await.dead, [(DeadReason::Failing, 1)]);
    let dead = house.exchange.billers().dead(biller.partnership().clone(), 9).await.unwrap();
    assert_eq!((dead[0].failures, dead[0].reported_at), (11, UnixMillis(NOW)));
    house.door.set("north billing", Behaviour::Answers(200, String::new()));
    assert_eq!(house.exchange.billers().put_back(biller.partnership().clone()).await.unwrap(), 1);
    biller.step().await.unwrap();
    assert_eq!(billed(&house.door).pop(), Some(tried[0].clone()));
    let counts = counts(&house.exchange).await;
    assert_eq!((counts.waiting, counts.accepted, counts.dead), (0, 1, Vec::new()));
}

#[tokio::test]
async fn every_answer_has_its_consequence() {
    let answers = |status| Behaviour::Answers(status, String::new());
    for (behaviour, dead) in [
        (answers(200), None),
        (answers(204), None),
        (answers(410), Some(DeadReason::Gone)),
        (answers(400), Some(DeadReason::Refused)),
        (answers(404), Some(DeadReason::Refused)),
    ] {
        let house = House::new().await;
        let token = won(&house, &request()).await;
        house.exchange.rendered(&token).await.unwrap();
        house.door.set("north billing", behaviour.clone());
        north(&house.exchange).step().await.unwrap();
        let counts = counts(&house.exchange).await;
        let expected: Vec<_> = dead.map(|reason| (reason, 1)).into_iter().collect();
        assert_eq!((counts.waiting, counts.dead), (0, expected), "{behaviour:?}");
    }
    for (behaviour, reason) in [
        (answers(302), DeadReason::Failing),
        (answers(408), DeadReason::Failing),
        (answers(429), DeadReason::Failing),
        (answers(500), DeadReason::Failing),
        (Behaviour::Fails(SendError::Connect), DeadReason::Unreachable),
        (Behaviour::Fails(SendError::Timeout), DeadReason::Unreachable),
        (Behaviour::Fails(SendError::AddressRefused), DeadReason::AddressRefused),
        (Behaviour::Fails(SendError::Busy), DeadReason::Limited),
        (Behaviour::Fails(SendError::NotInForce), DeadReason::NotInForce),
    ] {
        let house = House::new().await;
        let token = won(&house, &request()).await;
        house.exchange.rendered(&token).await.unwrap();
        house.door.set("north billing", behaviour.clone());
        let biller = north(&house.exchange);
        biller.step().await.unwrap();
        assert_eq!(counts(&house.exchange).await.waiting, 1, "{behaviour:?}");
        for _ in 0..12 {
            later(&house, &biller, Duration::from_hours(8)).await;
        }
        let counts = counts(&house.exchange).await;
        assert_eq!((counts.waiting, counts.dead), (0, vec![(reason, 1)]), "{behaviour:?}");
    }
}

/// Else most of what is recorded would not go, since the partner takes no more.
#[tokio::test]
async fn no_more_bills_are_on_their_way_at_once_than_the_partner_takes() {
    let house = House::new().await;
    for _ in 0..6 {
        let token = won(&house, &request()).await;
        house.exchange.rendered(&token).await.unwrap();
    }
    assert_eq!(counts(&house.exchange).await.waiting, 6);
    let biller = north(&house.exchange);
    assert_eq!(biller.step().await.unwrap(), Pause::Idle(Duration::ZERO));
    assert_eq!(billed(&house.door).len(), 4);
    biller.step().await.unwrap();
    assert_eq!(billed(&house.door).len(), 6);
}

#[tokio::test]
async fn a_bill_that_is_not_recorded_does_not_go_and_one_the_door_refuses_is_not_recorded() {
    let house = House::new().await;
    let token = won(&house, &request()).await;
    house.exchange.rendered(&token).await.unwrap();
    let biller = north(&house.exchange);
    house.door.refuse("north", SendError::BreakerOpen);
    biller.step().await.unwrap();
    assert!(billed(&house.door).is_empty());
    let range = UnixMillis(0)..UnixMillis(NOW * 2);
    let recorded = |totals: sluicegate_ledger::Totals| {
        let rows = totals.counts.into_iter().filter(|row| row.path == Path::BillingNotice);
        rows.map(|row| row.messages).sum::<u64>()
    };
    assert_eq!(recorded(house.ledger.totals(range.clone()).await.unwrap()), 0);
    let other = House::new().await;
    let token = won(&other, &request()).await;
    other.exchange.rendered(&token).await.unwrap();
    other.store.keep_no_messages();
    north(&other.exchange).step().await.unwrap();
    assert!(billed(&other.door).is_empty());
    assert_eq!(counts(&other.exchange).await.waiting, 1);
}

#[tokio::test]
async fn a_full_room_refuses_the_report_and_keeps_nothing_of_it() {
    let options = ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]));
    let house = House::with(ExchangeOptions { bills_max: 1, ..options }).await;
    let (one, other) = (won(&house, &request()).await, won(&house, &request()).await);
    house.exchange.rendered(&one).await.unwrap();
    let refused = house.exchange.rendered(&other).await;
    assert!(matches!(refused, Err(RenderedError::Full)), "{refused:?}");
    assert!(house.exchange.rendered(&one).await.is_ok(), "what is known needs no room");
    north(&house.exchange).step().await.unwrap();
    assert!(house.exchange.rendered(&other).await.is_ok());
}

#[tokio::test]
async fn a_token_holds_for_an_hour() {
    let house = House::new().await;
    let token = won(&house, &request()).await;
    house.clock.0.store(3_600_001, Ordering::SeqCst);
    let refused = house.exchange.rendered(&token).await;
    assert!(matches!(refused, Err(RenderedError::Token(TokenError::Expired))), "{refused:?}");
}

#[tokio::test]
async fn a_test_is_not_billed_and_its_markup_says_audit_where_nothing_is_known() {
    let house = House::new().await;
    let mut trial = request();
    trial["test"] = json!(1);
    let markup = "${AUCTION_PRICE} ${AUCTION_IMP_TS} ${AUCTION_MULTIPLIER} ${AUCTION_DISCOUNT_CPM}";
    for (request, adm, billing) in
        [(trial, "1 AUDIT 1 0", Billing::NotAsked), (request(), "1  1 0", Billing::Queued)]
    {
        let tried = with(with(bid("n", 1.0), "/burl", json!(BURL)), "/adm", json!(markup));
        house.door.set("north", bids(&[tried]));
        let auctioned = house.auction(&request).await;
        assert_eq!(auctioned.answer.seatbid[0].bid[0].adm.as_deref(), Some(adm));
        let token = auctioned.answer.ext.sluicegate.unwrap().render[0].token.clone();
        assert_eq!(house.exchange.rendered(&token).await.unwrap().billing, billing);
    }
}

/// Sends bills as the program does, until the test ends.
fn running(house: &House) -> watch::Sender<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(Arc::clone(house.exchange.billers()).run(stopped));
    stop
}

#[tokio::test(start_paused = true)]
async fn bills_of_one_partner_wait_for_none_of_another() {
    let house = House::new().await;
    let token = won(&house, &request()).await;
    house.exchange.rendered(&token).await.unwrap();
    house.door.set("north billing", Behaviour::NeverAnswers);
    let _stop = running(&house);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(billed(&house.door).len(), 1, "north's is on its way, and stays there");
    let south = with(bid("s", 2.0), "/burl", json!("https://south.example/b"));
    house.door.set("south", bids(&[south]));
    let auctioned = house.auction(&request()).await;
    let token = auctioned.answer.ext.sluicegate.unwrap().render[0].token.clone();
    house.exchange.rendered(&token).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(billed(&house.door).pop().unwrap(), "https://south.example/b");
}

#[tokio::test(start_paused = true)]
async fn reports_for_a_partner_that_is_left_alone_have_nothing_looked_at_until_it_is_over() {
    for (why, pause_s) in [(SendError::BreakerOpen, 5), (SendError::NotInForce, 60)] {
        let house = House::new().await;
        let tokens = [won(&house, &request()).await, won(&house, &request()).await];
        house.door.refuse("north", why);
        let _stop = running(&house);
        house.exchange.rendered(&tokens[0]).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(house.door.bills_asked(), 1, "{why}");
        house.exchange.rendered(&tokens[1]).await.unwrap();
        sleep(Duration::from_secs(pause_s - 2)).await;
        assert_eq!(house.door.bills_asked(), 1, "{why}");
        house.door.admit("north");
        sleep(Duration::from_secs(2)).await;
        assert_eq!(billed(&house.door).len(), 2, "{why}");
    }
}

const NURL: &str = "https://north.example/w?p=${AUCTION_PRICE}";

/// Holds an auction whose caller gets all bids, and returns the tokens that say that north's was chosen, and shown.
async fn offered(house: &House) -> (String, String) {
    let noticed = with(with(bid("n", 1.0), "/nurl", json!(NURL)), "/burl", json!(BURL));
    house.door.set("north", bids(&[noticed]));
    let call = AuctionCall { wanted: Wanted::AllBids, ..call(&request()) };
    let auctioned = house.exchange.auction(call).await.unwrap();
    let shown = auctioned.answer.ext.sluicegate.unwrap().render[0].token.clone();
    let bid = serde_json::to_value(&auctioned.answer.seatbid[0].bid[0]).unwrap();
    let address = bid["ext"]["prebid"]["events"]["win"].as_str().unwrap();
    (address.strip_prefix(WINS).unwrap().to_owned(), shown)
}

const WINS: &str = "https://ads.publisher.example/events/win/";

async fn choosing() -> House {
    let options = ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]));
    House::with(ExchangeOptions { wins_url: Some(String::from(WINS)), ..options }).await
}

fn wins(house: &House) -> Vec<String> {
    house.door.notices(Path::WinNotice)
}

#[tokio::test]
async fn that_a_bid_was_chosen_is_told_once_also_after_a_restart() {
    let house = choosing().await;
    let (chosen, shown) = offered(&house).await;
    for _ in 0..2 {
        house.exchange.won(&chosen).await.unwrap();
    }
    settle().await;
    assert_eq!(wins(&house), ["https://north.example/w?p=1"]);
    let again = house.restarted();
    again.won(&chosen).await.unwrap();
    again.rendered(&shown).await.unwrap();
    settle().await;
    assert_eq!(wins(&house).len(), 1);
    house.clock.0.store(3_600_001, Ordering::SeqCst);
    let late = again.won(&chosen).await.unwrap_err();
    assert!(matches!(late, WonError::Token(TokenError::Expired)));
}

#[tokio::test]
async fn a_choice_that_is_reported_while_the_latest_choices_are_unknown_is_told_of_later() {
    let house = choosing().await;
    let (chosen, shown) = offered(&house).await;
    house.clock.1.fetch_add(6_000, Ordering::SeqCst);
    assert_eq!(house.exchange.rendered(&shown).await.unwrap().billing, Billing::Queued);
    let refused = house.exchange.won(&chosen).await;
    assert!(matches!(refused, Err(WonError::NotFresh)), "{refused:?}");
    settle().await;
    assert!(wins(&house).is_empty());
    house.settings.refresh().await.unwrap();
    house.exchange.won(&chosen).await.unwrap();
    settle().await;
    assert_eq!(wins(&house), ["https://north.example/w?p=1"]);
}

#[tokio::test]
async fn what_was_shown_was_chosen_and_is_told_of_once_and_not_after_another_choice() {
    let house = choosing().await;
    let (chosen, shown) = offered(&house).await;
    for _ in 0..2 {
        house.exchange.rendered(&shown).await.unwrap();
    }
    house.exchange.won(&chosen).await.unwrap();
    settle().await;
    assert_eq!(wins(&house), ["https://north.example/w?p=1"]);
    let figures = house.exchange.counters().figures();
    assert_eq!((figures.won, figures.rendered), (1, 1));
    let (_, later) = offered(&house).await;
    house.turn_off(house.keyring.account("user-ada")).await;
    let rendered = house.exchange.rendered(&later).await.unwrap();
    assert_eq!(rendered.billing, Billing::Queued, "the bill goes all the same");
    settle().await;
    assert_eq!(wins(&house).len(), 1);
}

/// Bills that say that a report is kept only once they may.
#[derive(Debug)]
struct SlowBills {
    inner: Arc<dyn Bills>,
    may_say: Semaphore,
}

type Kept<'a, T> = BoxFuture<'a, Result<T, BillsError>>;

impl Bills for SlowBills {
    fn put(&self, report: Report) -> Kept<'_, Put> {
        let put = async {
            let put = self.inner.put(report).await;
            drop(self.may_say.acquire().await.unwrap());
            put
        };
        put.boxed()
    }

    fn waiting(&self, partnership: PartnershipId, bills_max: usize) -> Kept<'_, Vec<Bill>> {
        self.inner.waiting(partnership, bills_max)
    }

    fn settle(&self, id: BillId, settled: Settled) -> Kept<'_, ()> {
        self.inner.settle(id, settled)
    }

    fn put_back(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, u64> {
        self.inner.put_back(partnership, at)
    }

    fn dead(&self, partnership: PartnershipId, bills_max: usize) -> Kept<'_, Vec<DeadBill>> {
        self.inner.dead(partnership, bills_max)
    }

    fn counts(&self) -> Kept<'_, Vec<BillCounts>> {
        self.inner.counts()
    }

    fn trim(&self, what: Trim) -> Kept<'_, ()> {
        self.inner.trim(what)
    }
}

#[tokio::test]
async fn a_report_whose_sender_hangs_up_is_carried_out_to_its_end() {
    for is_shown in [false, true] {
        let house = choosing().await;
        let (chosen, shown) = offered(&house).await;
        let inner = Arc::clone(&house.parts.bills);
        let slow = Arc::new(SlowBills { inner, may_say: Semaphore::new(0) });
        let bills: Arc<dyn Bills> = Arc::<SlowBills>::clone(&slow);
        let exchange = Exchange::new(ExchangeParts { bills, ..house.parts.clone() });
        let is_answered = if is_shown {
            exchange.rendered(&shown).now_or_never().is_some()
        } else {
            exchange.won(&chosen).now_or_never().is_some()
        };
        assert!(!is_answered, "whoever reported it is gone before it is kept");
        slow.may_say.add_permits(1);
        settle().await;
        assert_eq!(wins(&house), ["https://north.example/w?p=1"], "shown: {is_shown}");
        assert_eq!(exchange.counters().figures().rendered, u64::from(is_shown));
    }
}
