//! What goes through the door, and what does not, over real connections on loopback.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod support;

use futures_util::{future::join_all, poll};
use http_body_util::BodyExt as _;
use sluicegate_egress::{AddressPolicy, BreakerState};
use sluicegate_gate::Path;
use sluicegate_ledger::{Door as _, Found, Patience, SendError};
use sluicegate_register::Edition;
use std::{io::Write as _, sync::Arc, time::Duration};
use support::{BODY, FakeNames, FakePartner, House, Terms, register, response};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

const UNUSED: &str = "http://127.0.0.1:9/in";

async fn house(north: &FakePartner) -> House {
    house_with(&north.url, UNUSED, 5_000).await
}

async fn house_with(north: &str, meter: &str, north_timeout_ms: u64) -> House {
    let terms = Terms { north: north.to_owned(), meter: meter.to_owned(), north_timeout_ms };
    House::new(&terms, AddressPolicy::AllowLoopback).await
}

#[tokio::test]
async fn a_bid_request_goes_with_its_headers_and_the_answer_comes_back() {
    let mut north = FakePartner::answering("200 OK", "{}").await;
    let house = house(&north).await;
    let answer = house.send(house.bid_request().await).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"{}"[..]));
    let seen = north.next().await;
    assert!(seen.starts_with("POST /in HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("x-openrtb-version: 2.6\r\n"), "{seen}");
    assert!(seen.contains("content-type: application/json\r\n"), "{seen}");
    assert!(seen.ends_with(BODY), "{seen}");
    let health = house.egress.health();
    assert_eq!((health[0].sent, health[0].in_flight, health[0].bytes_in), (1, 0, 2));
}

#[tokio::test]
async fn where_it_is_agreed_a_bid_request_is_packed_and_so_may_be_its_answer() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"{\"id\":1}").unwrap();
    let body = packer.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let answer = [head.as_bytes(), &body].concat();
    let mut north = FakePartner::start(Some(answer)).await;
    let agreed = format!("{}\"\ncompression = \"gzip", north.url);
    let house = house_with(&agreed, UNUSED, 5_000).await;
    let answer = house.send(house.bid_request().await).await.unwrap();
    assert_eq!(&answer.body[..], b"{\"id\":1}");
    let seen = north.next().await;
    assert!(seen.contains("content-encoding: gzip\r\n"), "{seen}");
    assert!(seen.contains("accept-encoding: gzip\r\n") && !seen.ends_with(BODY), "{seen}");
    let without = house_with(&north.url, UNUSED, 5_000).await;
    let refused = without.send(without.bid_request().await).await.unwrap_err();
    assert_eq!(refused, SendError::Protocol);
    let seen = north.next().await;
    assert!(!seen.contains("-encoding") && seen.ends_with(BODY), "{seen}");
}

#[tokio::test]
async fn a_choice_made_after_clearing_keeps_every_byte_of_the_body_back() {
    let mut north = FakePartner::answering("200 OK", "{}").await;
    let house = house(&north).await;
    let cleared = house.bid_request().await;
    house.turn_off().await;
    assert_eq!(house.send(cleared).await.unwrap_err(), SendError::NotInForce);
    assert_eq!(house.egress.health()[0].not_in_force, 1);
    // The connection stood: the question was asked after it, not before.
    drop(house);
    assert_eq!(north.next().await, "");
}

#[tokio::test]
async fn a_deadline_that_passes_while_connecting_keeps_every_byte_of_the_body_back() {
    let mut north = FakePartner::answering("200 OK", "{}").await;
    let house = house(&north).await;
    let cleared = house.bid_request().await;
    // The limits read the clock once, the time to connect begins with the second, and what follows comes after.
    house.clock.jump_after(2);
    assert_eq!(house.send(cleared).await.unwrap_err(), SendError::DeadlinePassed);
    drop(house);
    assert_eq!(north.next().await, "", "it connected, and not a byte came");
}

#[tokio::test]
async fn what_was_decided_under_an_earlier_edition_does_not_go() {
    let mut north = FakePartner::answering("200 OK", "{}").await;
    let house = house(&north).await;
    let cleared = house.bid_request().await;
    let (url, meter) = (north.url.clone(), UNUSED.to_owned());
    let changed = register(&Terms { north: url, meter, north_timeout_ms: 4_000 });
    let before = house.current.load().unwrap();
    let next = Edition::publish(changed, Some(&before), before.published_at()).unwrap();
    house.current.replace(Arc::new(next));
    assert_eq!(house.send(cleared).await.unwrap_err(), SendError::NotInForce);
    assert!(house.send(house.bid_request().await).await.is_ok());
    // On the connection that was made for the one that did not go.
    assert_eq!(north.next().await.matches("marker").count(), 1);
    drop(house);
    assert_eq!(north.next().await, "");
    assert!(north.is_untouched());
}

#[tokio::test]
async fn a_notice_is_a_bare_get_to_a_listed_host_and_nowhere_else() {
    let mut north = FakePartner::answering("204 No Content", "").await;
    let mut other = FakePartner::answering("204 No Content", "").await;
    let house = house(&north).await;
    let notice = async |url: String| {
        let cleared = house.plain("north", Path::BillingNotice, Some(url)).await;
        house.send(cleared).await
    };
    let answer = notice(format!("http://{}/bill?p=1", north.host)).await.unwrap();
    assert_eq!(answer.status, 204);
    let seen = north.next().await;
    let mut lines: Vec<&str> = seen.trim_end().lines().collect();
    lines.sort_unstable();
    let agent = format!("user-agent: sluicegate/{}", env!("CARGO_PKG_VERSION"));
    let host = format!("host: {}", north.host);
    assert_eq!(lines, ["GET /bill?p=1 HTTP/1.1", &host, &agent]);
    for elsewhere in [format!("http://{}/bill", other.host), String::from("not a url")] {
        assert_eq!(notice(elsewhere).await.unwrap_err(), SendError::AddressRefused);
    }
    assert!(other.is_untouched());
}

#[tokio::test]
async fn a_notice_past_its_deadline_does_not_even_connect() {
    let mut north = FakePartner::answering("204 No Content", "").await;
    let house = house(&north).await;
    let url = format!("http://{}/bill", north.host);
    let cleared = house.plain("north", Path::BillingNotice, Some(url)).await;
    house.clock.set(1_000_001);
    assert_eq!(house.send(cleared).await.unwrap_err(), SendError::DeadlinePassed);
    assert!(north.is_untouched());
}

#[tokio::test]
async fn a_notice_is_asked_about_again_once_connected() {
    let mut north = FakePartner::answering("204 No Content", "").await;
    let house = house(&north).await;
    let url = format!("http://{}/bill", north.host);
    let cleared = house.plain("north", Path::BillingNotice, Some(url)).await;
    // The limits read the clock once, then the time that the partner has begins, and the look before connecting is the
    // third to read it.
    house.clock.set(995_000);
    house.clock.jump_after(3);
    assert_eq!(house.send(cleared).await.unwrap_err(), SendError::Connect);
    assert_eq!(north.next().await, "", "it connected, and not a byte came");
}

#[tokio::test]
async fn whoever_takes_longer_to_connect_than_the_message_may_wait_has_failed() {
    let mut meter = FakePartner::answering("202 Accepted", "").await;
    let house = house_with(UNUSED, &meter.url, 5_000).await;
    let cleared = house.plain("meter", Path::Exposures, None).await;
    let late = house.plain("meter", Path::Exposures, None).await;
    house.clock.set(995_000);
    // As with the notice: the look before connecting is the third to read it.
    house.clock.jump_after(3);
    assert_eq!(house.send(cleared).await.unwrap_err(), SendError::Connect);
    let health = &house.egress.health()[0];
    assert_eq!((health.failed, health.not_in_force), (1, 0), "the breaker learns of it");
    assert_eq!(meter.next().await, "", "it connected, and not a byte came");
    house.clock.set(1_000_001);
    assert_eq!(house.send(late).await.unwrap_err(), SendError::DeadlinePassed);
    assert!(meter.is_untouched(), "that is not the partner's doing");
}

#[tokio::test]
async fn a_choice_made_while_a_win_notice_waits_keeps_every_byte_of_it_back() {
    let mut north = FakePartner::answering("204 No Content", "").await;
    let house = house(&north).await;
    let url = format!("http://{}/win", north.host);
    assert_eq!(house.send(house.win(url.clone()).await).await.unwrap().status, 204);
    let seen = north.next().await;
    assert!(seen.starts_with("GET /win HTTP/1.1\r\n"), "{seen}");
    assert_eq!(seen.trim_end().lines().count(), 3, "and says where and who, no more: {seen}");
    let stale = house.win(url.clone()).await;
    house.clock.set(5_001);
    assert_eq!(house.send(stale).await.unwrap_err(), SendError::NotInForce, "nobody knows");
    house.settings.refresh().await.unwrap();
    let waiting = house.win(url).await;
    house.turn_off().await;
    assert_eq!(house.send(waiting).await.unwrap_err(), SendError::NotInForce);
    drop(house);
    assert_eq!(north.next().await, "");
    assert!(north.is_untouched());
}

#[tokio::test]
async fn notices_that_fail_close_bidding_to_nobody_and_no_other_kind_of_notices() {
    let north = FakePartner::answering("500 Internal Server Error", "").await;
    let house = house(&north).await;
    for _ in 0..10 {
        let url = Some(format!("http://{}/lost", north.host));
        let lost = house.plain("north", Path::LossNotice, url).await;
        assert_eq!(house.send(lost).await.unwrap().status, 500);
    }
    assert_eq!(house.refuses("north", Path::LossNotice), Some(SendError::BreakerOpen));
    for path in [Path::BidRequest, Path::WinNotice, Path::BillingNotice] {
        assert_eq!(house.refuses("north", path), None, "{path:?}");
    }
}

#[tokio::test]
async fn a_notice_has_time_of_its_own_however_little_a_bid_has() {
    let north = FakePartner::start(None).await;
    let house = house_with(&north.url, UNUSED, 10).await;
    let url = format!("http://{}/win", north.host);
    let cleared = house.win(url).await;
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(house.send(cleared).await.unwrap_err(), SendError::Timeout);
    assert_eq!(began.elapsed().as_secs(), 5);
}

async fn resolving(north: &str, meter: &str) -> (House, Arc<FakeNames>) {
    let names = Arc::new(FakeNames::default());
    let (north, meter) = (north.to_owned(), meter.to_owned());
    let terms = Terms { north, meter, north_timeout_ms: 30_000 };
    let resolver = Arc::<FakeNames>::clone(&names);
    (House::resolving(&terms, AddressPolicy::AllowLoopback, resolver).await, names)
}

#[tokio::test]
async fn a_name_server_that_hangs_is_asked_for_a_host_once_and_holds_up_no_other() {
    let north = FakePartner::answering("200 OK", "{}").await;
    let hanging = north.url.replace("127.0.0.1", "localhost");
    let (house, names) = resolving(&hanging, "https://meter.test:1/in").await;
    for _ in 0..20 {
        let cleared = house.bid_request().await;
        let mut sent = house.egress.send(cleared);
        assert!(poll!(&mut sent).is_pending());
    }
    let exposures = house.plain("meter", Path::Exposures, None).await;
    assert_eq!(house.send(exposures).await.unwrap_err(), SendError::Connect, "it was found");
    names.open();
    assert_eq!(house.send(house.bid_request().await).await.unwrap().status, 200);
    assert_eq!(names.asked(), 2, "once for each");
}

#[tokio::test]
async fn what_a_name_leads_to_is_kept_for_a_moment_and_checked_for_every_connection() {
    for (host, error, kept_s) in
        [("within.test", SendError::AddressRefused, 10), ("nowhere.test", SendError::Connect, 1)]
    {
        let (house, names) = resolving(&format!("https://{host}:1/in"), UNUSED).await;
        for _ in 0..3 {
            let sent = house.send(house.bid_request().await).await;
            assert_eq!(sent.unwrap_err(), error, "{host}");
        }
        assert_eq!(names.asked(), 1, "{host}");
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(kept_s)).await;
        tokio::time::resume();
        assert!(house.send(house.bid_request().await).await.is_err());
        assert_eq!(names.asked(), 2, "{host}");
    }
}

#[tokio::test]
async fn exposures_are_signed_and_without_a_secret_they_do_not_go() {
    let mut meter = FakePartner::answering("202 Accepted", "").await;
    let house = house_with(&meter.url, &meter.url, 5_000).await;
    let cleared = house.plain("meter", Path::Exposures, None).await;
    let id = cleared.message();
    assert_eq!(house.send(cleared).await.unwrap().status, 202);
    let seen = meter.next().await;
    assert!(seen.contains(&format!("webhook-id: {id}\r\n")), "{seen}");
    assert!(seen.contains("webhook-timestamp: 1800000000\r\n"), "{seen}");
    let signature = seen.lines().find_map(|line| line.strip_prefix("webhook-signature: ")).unwrap();
    let verifier =
        standardwebhooks::Webhook::new("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
            .unwrap();
    let expected = verifier.sign(&id.to_string(), 1_800_000_000, BODY.as_bytes()).unwrap();
    assert_eq!(signature, expected);
    let unsigned = house.plain("north", Path::Exposures, None).await;
    assert_eq!(house.send(unsigned).await.unwrap_err(), SendError::NoEndpoint);
    assert_eq!(house.refuses("north", Path::Exposures), Some(SendError::NoEndpoint));
    assert_eq!(house.refuses("nobody", Path::Exposures), Some(SendError::NotInForce));
    assert!(meter.is_untouched());
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let mut other = FakePartner::answering("200 OK", "").await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        other.url
    );
    let north = FakePartner::start(Some(redirect.into_bytes())).await;
    let house = house(&north).await;
    assert_eq!(house.send(house.bid_request().await).await.unwrap().status, 307);
    assert!(other.is_untouched());
}

#[tokio::test]
async fn an_answer_past_its_bound_is_refused_and_one_at_the_bound_is_taken() {
    for (bytes, taken) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let north = FakePartner::answering("200 OK", &"x".repeat(bytes)).await;
        let house = house(&north).await;
        let result = house.send(house.bid_request().await).await;
        assert_eq!(result.is_ok(), taken);
        assert!(taken || result.is_err_and(|error| error == SendError::TooLarge));
    }
    for (bytes, taken) in [(20 << 10, true), ((20 << 10) + 1, false)] {
        let north = FakePartner::answering("200 OK", &"x".repeat(bytes)).await;
        let house = house(&north).await;
        let url = Some(format!("http://{}/win", north.host));
        let cleared = house.plain("north", Path::WinNotice, url).await;
        let answer = house.send(cleared).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, if taken { bytes } else { 0 }));
    }
}

#[tokio::test]
async fn what_is_held_of_answers_keeps_further_ones_out_until_it_is_let_go() {
    let north = FakePartner::answering("200 OK", &"x".repeat(600 << 10)).await;
    let house = house(&north).await;
    let first = house.send(house.bid_request().await).await.unwrap();
    let read = first.held.clone();
    drop(first);
    for _ in 0..10 {
        let refused = house.send(house.bid_request().await).await.unwrap_err();
        assert_eq!(refused, SendError::NoRoom);
    }
    let health = &house.egress.health()[0];
    assert_eq!((health.in_flight, health.held_bytes, health.no_room), (0, 600 << 10, 10));
    drop(read);
    assert!(house.send(house.bid_request().await).await.is_ok(), "it is not left alone for that");
    assert_eq!(house.egress.health()[0].held_bytes, 0);
}

#[tokio::test]
async fn a_partner_whose_answers_cannot_be_read_is_left_alone() {
    for (found, expected) in
        [(Found::Unreadable, Some(SendError::BreakerOpen)), (Found::Readable, None)]
    {
        let north = FakePartner::answering("200 OK", "<html>").await;
        let house = house(&north).await;
        for _ in 0..10 {
            let answer = house.send(house.bid_request().await).await.unwrap();
            answer.held.unwrap().found(found);
        }
        assert_eq!(house.refuses("north", Path::BidRequest), expected, "{found:?}");
    }
}

#[tokio::test]
async fn whatever_a_partner_writes_below_it_its_status_counts() {
    let long = response("410 Gone\r\nretry-after: 60", &"x".repeat(25 << 10));
    let packed = response("410 Gone\r\nretry-after: 60\r\ncontent-encoding: br", "packed");
    let broken = b"HTTP/1.1 410 Gone\r\nretry-after: 60\r\ntransfer-encoding: chunked\r\n\r\nno";
    let endless = b"HTTP/1.1 410 Gone\r\nretry-after: 60\r\ncontent-length: 9\r\n\r\nwait";
    for (said, north_timeout_ms, paths) in [
        (long, 5_000, &[Path::Exposures, Path::BillingNotice, Path::LossNotice][..]),
        (packed, 5_000, &[Path::Exposures, Path::BillingNotice, Path::WinNotice]),
        (broken.to_vec(), 5_000, &[Path::Exposures, Path::BillingNotice]),
        (endless.to_vec(), 500, &[Path::BillingNotice]),
    ] {
        let partner = FakePartner::start(Some(said)).await;
        let house = house_with(&partner.url, &partner.url, north_timeout_ms).await;
        for path in paths {
            let cleared = match path {
                Path::Exposures => house.plain("meter", *path, None).await,
                _notice => {
                    let url = format!("http://{}/notice", partner.host);
                    house.plain("north", *path, Some(url)).await
                }
            };
            let answer = house.send(cleared).await.unwrap();
            let waits = answer.retry_after.map(|wait| wait.as_secs());
            assert_eq!((answer.status, waits, answer.body.len()), (410, Some(60), 0), "{path:?}");
        }
        assert!(house.egress.health().iter().all(|one| one.sent > 0 && one.failed == 0));
    }
}

#[tokio::test]
async fn a_silent_partner_costs_its_timeout_and_then_only_itself() {
    let silent = FakePartner::start(None).await;
    let meter = FakePartner::answering("202 Accepted", "").await;
    let house = house_with(&silent.url, &meter.url, 10).await;
    for _ in 0..10 {
        let result = house.send(house.bid_request().await).await;
        assert_eq!(result.unwrap_err(), SendError::Timeout);
    }
    assert_eq!(house.send(house.bid_request().await).await.unwrap_err(), SendError::BreakerOpen);
    assert_eq!(house.refuses("north", Path::BidRequest), Some(SendError::BreakerOpen));
    assert_eq!(house.refuses("meter", Path::Exposures), None);
    let exposures = house.plain("meter", Path::Exposures, None).await;
    assert!(house.send(exposures).await.is_ok());
    let health = house.egress.health();
    let states: Vec<_> = health.iter().map(|one| (one.timeouts, one.breaker)).collect();
    assert_eq!(states, [(0, BreakerState::Closed), (10, BreakerState::Open)]);
}

#[tokio::test]
async fn the_register_ends_a_message_before_a_patient_caller_and_the_caller_ends_one_sooner() {
    let silent = FakePartner::start(None).await;
    let (short, long) = (Duration::from_millis(10), Duration::from_mins(1));
    let house = house_with(&silent.url, UNUSED, 10).await;
    let ended = house.egress.send_within(house.bid_request().await, patience(long)).await;
    assert_eq!(ended.unwrap_err(), SendError::Timeout);
    let house = house_with(&silent.url, UNUSED, 5_000).await;
    let sent = house.egress.send_within(house.bid_request().await, patience(short));
    assert!(timeout(short, sent).await.is_err());
    let health = house.egress.health();
    assert_eq!((health[0].in_flight, health[0].timeouts), (0, 1));
}

fn patience(within: Duration) -> Patience {
    Patience { within, usual: None }
}

/// Sends to a silent partner with 200 ms of its own, and gives up each time after so many milliseconds.
async fn given_up(usual: Option<u64>, after_ms: u64, times: u64) -> Option<SendError> {
    let silent = FakePartner::start(None).await;
    let house = house_with(&silent.url, UNUSED, 200).await;
    let within = Duration::from_millis(after_ms);
    let patience = Patience { within, usual: usual.map(Duration::from_millis) };
    for number in 1..=times {
        house.settings.refresh().await.unwrap();
        let cleared = house.bid_request().await;
        let mut sent = house.egress.send_within(cleared, patience);
        assert!(poll!(&mut sent).is_pending(), "it has asked for a connection");
        house.clock.set(number * after_ms);
    }
    house.refuses("north", Path::BidRequest)
}

#[tokio::test]
async fn whoever_says_how_little_time_there_is_closes_a_partner_to_nobody() {
    for after_ms in [1, 60, 199] {
        assert_eq!(given_up(None, after_ms, 40).await, None, "anybody, after {after_ms} ms");
    }
    assert_eq!(given_up(Some(180), 134, 40).await, None, "less than most of the usual time");
    for (usual, after_ms) in [(Some(180), 135), (Some(1_000), 150), (None, 200)] {
        let refused = given_up(usual, after_ms, 10).await;
        assert_eq!(refused, Some(SendError::BreakerOpen), "{usual:?} {after_ms}");
    }
}

#[tokio::test]
async fn a_partner_that_breaks_the_protocol_gets_each_message_only_once() {
    for broken in ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"] {
        let mut north = FakePartner::start(Some(broken.as_bytes().to_vec())).await;
        let house = house_with(&north.url, UNUSED, 200).await;
        let error = house.send(house.bid_request().await).await.unwrap_err();
        assert!(matches!(error, SendError::Protocol | SendError::Timeout), "{error}");
        assert!(north.next().await.contains("marker"));
        drop(house);
        assert!(!north.next().await.contains("marker"), "the rest is the end of the connection");
        assert!(north.is_untouched());
    }
}

#[tokio::test]
async fn loopback_is_refused_unless_the_policy_allows_it() {
    let mut north = FakePartner::start(Some(response("200 OK", "{}"))).await;
    let (url, meter) = (north.url.clone(), UNUSED.to_owned());
    let terms = Terms { north: url, meter, north_timeout_ms: 5_000 };
    let house = House::new(&terms, AddressPolicy::PublicOnly).await;
    let result = house.send(house.bid_request().await).await;
    assert_eq!(result.unwrap_err(), SendError::AddressRefused);
    assert!(north.is_untouched());
}

#[tokio::test]
async fn what_a_canary_closed_lets_nothing_out_until_an_operator_opens_it() {
    let mut north = FakePartner::answering("200 OK", "{}").await;
    let house = house(&north).await;
    let early = house.bid_request().await;
    house.watch.leaked(Path::BidRequest);
    for cleared in [early, house.bid_request().await] {
        assert_eq!(house.send(cleared).await.unwrap_err(), SendError::PathClosed);
    }
    assert_eq!(house.refuses("north", Path::BidRequest), Some(SendError::PathClosed));
    assert_eq!(house.refuses("meter", Path::Exposures), None, "other paths are open");
    assert!(north.is_untouched());
    assert!(house.watch.reopen(Path::BidRequest).await.unwrap());
    assert!(house.send(house.bid_request().await).await.is_ok());
    assert!(north.next().await.contains("marker"));
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let mut north = FakePartner::answering("200 OK", "{}").await;
    let house = house(&north).await;
    for _ in 0..3 {
        house.send(house.bid_request().await).await.unwrap();
        assert!(north.next().await.contains("marker"));
    }
    drop(house);
    // One connection ends, and with it the only report without a message.
    assert_eq!(north.next().await, "");
    assert!(north.is_untouched());
}

#[tokio::test]
async fn a_burst_meets_a_cold_partner_with_few_connections_and_every_message_is_answered() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let house = house_with(&url, UNUSED, 30_000).await;
    let mut burst = Vec::new();
    for _ in 0..100 {
        burst.push(house.bid_request().await);
    }
    let mut burst = Box::pin(join_all(burst.into_iter().map(|cleared| house.send(cleared))));
    assert!(futures_util::poll!(&mut burst).is_pending());
    // On loopback a connection waits here as soon as it is asked for.
    let mut taken = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(true).unwrap();
        taken.push(TcpStream::from_std(stream).unwrap());
    }
    assert_eq!(taken.len(), 64);
    let listener = TcpListener::from_std(listener).unwrap();
    let _north = FakePartner::at(listener, Some(response("200 OK", "{}")), taken);
    assert!(burst.await.iter().all(Result::is_ok));
    let health = house.egress.health();
    assert_eq!((health[0].sent, health[0].failed), (100, 0));
}

#[tokio::test]
async fn an_answer_goes_whole_and_only_if_it_was_cleared_as_one() {
    let house = house_with(UNUSED, UNUSED, 5_000).await;
    for cleared in [house.touch().await, house.plain("meter", Path::Touches, None).await] {
        let body = house.egress.answer(cleared).unwrap().collect().await.unwrap();
        assert_eq!(body.to_bytes(), BODY);
    }
    // What is to be sent to a partner answers nobody.
    for other in [house.bid_request().await, house.plain("meter", Path::Exposures, None).await] {
        assert_eq!(house.egress.answer(other).unwrap_err(), SendError::NoEndpoint);
    }
}

#[tokio::test]
async fn a_choice_made_after_clearing_leaves_an_answer_unsaid() {
    let house = house_with(UNUSED, UNUSED, 5_000).await;
    let (early, late) = (house.touch().await, house.touch().await);
    let answer = house.egress.answer(early).unwrap();
    house.turn_off().await;
    // Asked before the head is written, and once more when the first byte is about to go.
    assert_eq!(house.egress.answer(late).unwrap_err(), SendError::NotInForce);
    assert_eq!(answer.collect().await.unwrap_err(), SendError::NotInForce);
    // An answer that tells of nobody is as good as before.
    let nobody = house.plain("meter", Path::Touches, None).await;
    assert!(house.egress.answer(nobody).is_ok());
}

#[tokio::test]
async fn a_deadline_that_passes_leaves_an_answer_unsaid() {
    let house = house_with(UNUSED, UNUSED, 5_000).await;
    let answer = house.egress.answer(house.touch().await).unwrap();
    house.clock.set(1_000_000_000);
    assert_eq!(answer.collect().await.unwrap_err(), SendError::DeadlinePassed);
}
