//! What a partner gets, and what it never gets.

use crate::{
    editions::{edition_at, edition_changed, edition_with, files},
    world::{AUDITOR, GAUGE, METER, Received, Reply, START, World, id},
};
use serde_json::{Value, json};
use sluicegate_gate::{Choice, KeyKind, Reason, time::Clock as _};
use sluicegate_ledger::Outcome;
use sluicegate_measurement::{Held, Journal as _, Position, Step, StepError};
use sluicegate_register::{Edition, Register};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

const IFA: &str = "38400000-8cf0-11bd-b23e-000000000001";

#[tokio::test]
async fn a_permitted_exposure_is_told_with_a_device_id_of_this_partnership_only() {
    let world = World::new().await;
    let (meter, gauge) = (world.open(METER).await, world.open(GAUGE).await);
    world.accept(&[world.exposure(1, 1)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(meter.step().await.unwrap(), Step::Idle);
    assert_eq!(gauge.step().await.unwrap(), Step::Delivered { events: 1 });

    let to_meter = world.received_by(METER)[0].records().remove(0);
    let keys = world.keys.partner(&id(METER));
    assert_eq!(to_meter["device_id_hash"], json!(keys.device_id(IFA)));
    let wanted = json!({
        "id": to_meter["id"], "disclosure_id": to_meter["disclosure_id"],
        "device_id_hash": to_meter["device_id_hash"], "ifa_type": "gaid",
        "interaction_type": "video_midpoint", "touch_type": "engaged_view",
        "timestamp": "2026-03-01T00:00:00.000Z",
        "advertiser_id": "demo-running-shoes", "campaign_id": "c_9", "line_item_id": "li_3",
        "creative_id": "cr_7", "app_id": "com.example.runningshoes", "ad_format": "video",
        "view_duration_ms": 7400, "video_duration_ms": 15000, "viewable_pct": 100,
        "retain_until": "2026-05-30"
    });
    assert_eq!(to_meter, wanted);
    let to_gauge = world.received_by(GAUGE)[0].records().remove(0);
    for joinable in ["id", "disclosure_id", "device_id_hash"] {
        assert_ne!(to_meter[joinable], to_gauge[joinable], "{joinable}");
    }
}

#[tokio::test]
async fn the_class_of_touch_that_is_told_is_the_one_by_which_it_would_be_credited() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    // The campaign counts a view as engaged from 6 seconds on.
    let table = [
        ("video_midpoint", 7_400, "engaged_view"),
        ("impression", 5_999, "impression"),
        ("engaged_view", 5_999, "impression"),
        ("engaged_view", 6_000, "engaged_view"),
        ("click", 100, "click"),
    ];
    for (number, (interaction, viewed_ms, touch)) in (1..).zip(table) {
        let mut exposure = world.exposure(number, number);
        exposure["interaction_type"] = json!(interaction);
        exposure["view_duration_ms"] = json!(viewed_ms);
        world.accept(&[exposure]).await;
        meter.step().await.unwrap();
        let told = world.received_by(METER).pop().unwrap().records().remove(0);
        assert_eq!(told["touch_type"], touch, "{interaction} of {viewed_ms} ms");
        world.shelve().await;
        world.pass(Duration::from_hours(1)).await;
        let answer = world.report(METER, &world.install(METER, number, number)).await;
        assert_eq!(answer["attribution"]["touch_type"], touch, "{interaction}");
    }
}

#[tokio::test]
async fn the_message_is_an_envelope_of_standard_webhooks() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    meter.step().await.unwrap();
    let body: Value = serde_json::from_slice(&world.received()[0].body).unwrap();
    assert_eq!(body["type"], "ad_exposure.batch");
    assert_eq!(body["timestamp"], "2026-03-01T00:00:00.000Z");
    assert_eq!(body["source"], "https://platform.example/partnerships/demo-meter");
    assert_eq!(body.as_object().unwrap().len(), 4);
    assert_eq!(body["data"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn neither_the_partner_nor_the_journal_ever_sees_who_it_was() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let mut exposure = world.exposure(1, 1);
    exposure["browser_id"] = json!("browser-of-a-person");
    world.accept(&[exposure]).await;
    let packs = world.journal.inner.read(Position::default(), 10).await.unwrap();
    meter.step().await.unwrap();
    let texts = [packs[0].sealed.clone(), world.received()[0].body.to_vec()];
    for secret in
        ["u_1", IFA, &IFA.to_uppercase(), "browser-of-a-person", "timeline", "imp_1", "exp_1"]
    {
        for text in &texts {
            let found = text.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}

#[tokio::test]
async fn a_partnership_that_lists_the_raw_id_gets_it_and_never_the_browsers() {
    let world = World::new().await;
    world.current.replace(Arc::new(edition_with(25, "raw", "")));
    let meter = world.open(METER).await;
    let mut exposure = world.exposure(1, 1);
    exposure["browser_id"] = json!("browser-1");
    world.accept(&[exposure]).await;
    meter.step().await.unwrap();
    let record = world.received()[0].records().remove(0);
    assert_eq!(record["ifa"], json!(IFA));
    assert_eq!(record["device_id_hash"], Value::Null);
    let hash = world.keys.partner(&id(METER)).device_id("browser-1");
    assert_eq!(record["browser_id_hash"], json!(hash));
}

#[tokio::test]
async fn off_is_withheld_from_measurement_partners_and_not_from_a_service_provider() {
    let world = World::new().await;
    let (meter, auditor) = (world.open(METER).await, world.open(AUDITOR).await);
    world.choose(1, Choice::Off).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(auditor.step().await.unwrap(), Step::Delivered { events: 2 });
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.withheld, counters.lag), (1, 1, 0));

    world.ledger.flush().await.unwrap();
    let day = world.clock_range();
    let view = world.ledger.person(world.account(1), day).await.unwrap();
    let mut reasons: Vec<Reason> = view.withheld.iter().map(|withheld| withheld.reason).collect();
    reasons.sort();
    assert_eq!(reasons, [Reason::SharingOff(KeyKind::Account)]);
    assert!(view.withheld.iter().all(|withheld| withheld.count == 1));
}

#[tokio::test]
async fn what_is_dated_ahead_does_not_slip_past_the_moment_of_turning_on() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.choose(1, Choice::Off).await;
    let mut ahead = world.exposure(1, 1);
    let now = ahead["timestamp_ms"].as_i64().unwrap();
    ahead["timestamp_ms"] = serde_json::json!(now + 4 * 60 * 1000);
    world.accept(std::slice::from_ref(&ahead)).await;
    world.pass(Duration::from_mins(1)).await;
    world.choose(1, Choice::On).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    assert!(world.received().is_empty());
    assert_eq!(world.counters(METER).await.tally.withheld, 1);
}

#[tokio::test]
async fn what_happened_while_off_is_never_told_however_late_it_is_reported() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.choose(1, Choice::Off).await;
    let while_off = world.exposure(1, 1);
    world.pass(Duration::from_mins(1)).await;
    world.choose(1, Choice::On).await;
    world.pass(Duration::from_mins(1)).await;
    world.accept(&[while_off, world.exposure(2, 1)]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.withheld), (1, 1));
}

#[tokio::test]
async fn only_the_partners_of_the_advertiser_who_ran_the_ad_learn_of_it() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let mut unlinked = world.exposure(1, 1);
    unlinked["advertiser_id"] = json!("demo-garden-planner");
    unlinked["app_id"] = Value::Null;
    let mut unknown = world.exposure(2, 1);
    unknown["advertiser_id"] = json!("nobody");
    let mut of_another = world.exposure(3, 1);
    of_another["app_id"] = json!("com.example.gardenplanner");
    world.accept(&[unlinked, unknown, of_another]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: 3 });
    assert!(world.received().is_empty());
}

#[tokio::test]
async fn without_an_identifier_that_may_be_told_an_exposure_is_withheld() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let with = |number, change: fn(&mut Value)| {
        let mut exposure = world.exposure(number, number);
        change(&mut exposure);
        exposure
    };
    let withheld = [
        with(1, |exposure| exposure["device"] = Value::Null),
        with(2, |exposure| exposure["device"]["lmt"] = json!(1)),
        with(3, |exposure| exposure["device"]["lmt"] = Value::Null),
        with(4, |exposure| exposure["device"]["atts"] = json!(2)),
        with(5, |exposure| exposure["device"]["ifa_type"] = json!("none")),
        with(6, |exposure| {
            exposure["device"]["ifa"] = json!("00000000-0000-0000-0000-000000000000");
        }),
        with(7, |exposure| exposure["gpc"] = json!("1")),
        with(8, |exposure| exposure["coppa"] = json!(1)),
        with(9, |exposure| exposure["gpp_sid"] = json!([7])),
        with(10, |exposure| exposure["us_privacy"] = json!("1YYN")),
        with(11, |exposure| exposure["tc_string"] = json!("something")),
        with(12, |exposure| exposure["gdpr"] = json!(1)),
        with(13, |exposure| exposure["country"] = json!("DEU")),
        with(14, |exposure| exposure["country"] = Value::Null),
    ];
    world.accept(&withheld).await;
    assert_eq!(meter.step().await.unwrap(), Step::Settled { events: withheld.len() });
    assert!(world.received().is_empty());
    let web = with(20, |exposure| {
        exposure["device"] = Value::Null;
        exposure["browser_id"] = json!("browser-1");
    });
    world.accept(&[web]).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn what_was_accepted_before_the_delivery_of_a_listed_partnership_opens_is_told() {
    let world = World::new().await;
    world.accept(&[world.exposure(1, 1)]).await;
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(meter.step().await.unwrap(), Step::Idle);
}

#[tokio::test]
async fn what_happened_before_the_listing_is_neither_told_nor_counted() {
    let world = World::new().await;
    let old = world.exposure(0, 1);
    world.accept(&(1..=1_000).map(|number| world.exposure(number, 1)).collect::<Vec<_>>()).await;
    world.accept(&[old]).await;
    world.pass(Duration::from_mins(1)).await;
    world.current.replace(Arc::new(edition_at(world.clock.now())));
    let late = {
        let mut late = world.exposure(2_001, 1);
        late["timestamp_ms"] = json!(world.clock.now().0 - 1);
        late
    };
    world.accept(&[world.exposure(2_000, 1), late]).await;
    let meter = world.open(METER).await;
    assert_eq!(world.counters(METER).await.lag, 2);
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.delivered, tally.withheld), (1, 1), "only the late one is withheld");
}

#[tokio::test]
async fn a_partnership_that_begins_reads_nothing_that_was_accepted_before_it_was_listed() {
    let world = World::new().await;
    for number in 0..200 {
        world.accept(&[world.exposure(number, 1)]).await;
    }
    world.pass(Duration::from_mins(1)).await;
    world.current.replace(Arc::new(edition_at(world.clock.now())));
    world.accept(&[world.exposure(200, 1)]).await;
    let meter = world.open(METER).await;
    assert_eq!(world.journal.packs_read.load(Ordering::SeqCst), 1);
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn a_message_of_hundreds_is_in_the_order_of_the_journal_and_leaves_out_who_says_no() {
    let world = World::new().await;
    world.current.replace(Arc::new(edition_with(1_000, "hmac", "")));
    world.choose(3, Choice::Off).await;
    let meter = world.open(METER).await;
    let expected: Vec<String> = (0..900)
        .filter(|number| number % 9 != 3)
        .map(|number| world.keys.partner(&id(METER)).device_id(&ifa(number)))
        .collect();
    let exposures: Vec<_> = (0..900).map(|number| exposure_of(&world, number)).collect();
    world.accept(&exposures).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 800 });
    let records = world.received_by(METER)[0].records();
    let told: Vec<_> = records.iter().map(|one| one["device_id_hash"].as_str().unwrap()).collect();
    assert_eq!(told, expected);
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.delivered, tally.withheld), (800, 100));
}

/// An exposure on a device of its own, of one of nine accounts.
fn exposure_of(world: &World, number: u32) -> Value {
    let mut exposure = world.exposure(number, number % 9);
    exposure["device"]["ifa"] = json!(ifa(number));
    exposure
}

fn ifa(number: u32) -> String {
    format!("48400000-8cf0-11bd-b23e-{number:012}")
}

#[tokio::test]
async fn nothing_goes_where_what_is_about_to_go_could_not_be_written_down() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.journal.break_after(0);
    assert!(matches!(meter.step().await, Err(StepError::Journal(_))));
    assert!(world.received().is_empty());
    world.journal.mend();
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    assert_eq!(world.received().len(), 1);
    world.ledger.flush().await.unwrap();
    let sent = world.received()[0].message.clone();
    for message in world.records.messages() {
        let is_sent = message.message.to_string() == sent;
        let right = if is_sent { Outcome::Delivered } else { Outcome::Failed };
        assert_eq!(world.records.outcome(message.message), Some(right));
    }
}

#[tokio::test]
async fn nothing_goes_where_it_could_not_be_recorded_and_no_byte_counts_as_gone() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.records.fail();
    assert!(matches!(meter.step().await, Err(StepError::Ledger(_))));
    assert!(world.received().is_empty());
    world.records.work();
    world.choose(1, Choice::Off).await;
    assert!(matches!(world.run(&meter).await, Step::Idle));
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.withheld, tally.unconfirmed), (1, 0), "{tally:?}");
}

#[tokio::test]
async fn a_listed_partnership_that_has_not_begun_keeps_the_journal() {
    let world = World::new().await;
    let gauge = world.open(GAUGE).await;
    world.accept(&[world.exposure(1, 1)]).await;
    assert_eq!(gauge.step().await.unwrap(), Step::Delivered { events: 1 });
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    let meter = world.open(METER).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn messages_hold_no_more_than_the_partner_takes() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let many: Vec<Value> = (0..60).map(|number| world.exposure(number, number)).collect();
    world.accept(&many).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    let received = world.received();
    let counts: Vec<usize> = received.iter().map(|message| message.records().len()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 60);
    assert!(counts.iter().all(|count| *count <= 25), "{counts:?}");
    assert!(received.iter().all(|message| message.body.len() <= 20_000));

    world.current.replace(Arc::new(edition_with(1_000, "hmac", "")));
    let many: Vec<Value> = (100..160).map(|number| world.exposure(number, number)).collect();
    world.accept(&many).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 60 });
}

#[tokio::test]
async fn a_view_that_is_too_old_settles_nothing_and_loses_nothing() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.pass_unseen(Duration::from_secs(6));
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    assert!(world.received().is_empty());
    world.settings.refresh().await.unwrap();
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn a_suspended_or_unlisted_partnership_stands_still() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let stranger = world.open("stranger").await;
    world.accept(&[world.exposure(1, 1)]).await;
    assert_eq!(stranger.step().await.unwrap(), Step::Held(Held::NotListed));
    world.current.replace(Arc::new(edition_with(25, "hmac", "suspended = true")));
    assert_eq!(meter.step().await.unwrap(), Step::Held(Held::NotInForce));
    world.current.replace(Arc::new(edition_with(25, "hmac", "")));
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
}

#[tokio::test]
async fn every_delivery_is_in_the_ledger_before_it_goes() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    meter.step().await.unwrap();
    let messages = world.records.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].message.to_string(), world.received()[0].message);
    let view = world.ledger.person(world.account(1), world.clock_range()).await.unwrap();
    assert_eq!(view.disclosures.len(), 1);
    assert!(view.withheld.is_empty());
}

#[tokio::test]
async fn packs_are_trimmed_only_when_everyone_has_passed_them() {
    let world = World::new().await;
    let (meter, gauge) = (world.open(METER).await, world.open(GAUGE).await);
    world.open(AUDITOR).await;
    world.current.replace(Arc::new(edition_with(25, "hmac", "")));
    world.accept(&[world.exposure(1, 1)]).await;
    world.run(&meter).await;
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    assert_eq!(world.run(&gauge).await, Step::Idle);
    assert_eq!(world.received_by(GAUGE).len(), 1);
    let auditor = world.open(AUDITOR).await;
    world.run(&auditor).await;
    // What is kept to be told again is kept by the time at which it happened.
    world.pass(Duration::from_millis(1)).await;
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    assert!(world.journal.inner.read(Position::default(), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_for_a_partnership_that_stands_still_is_swept_all_the_same() {
    let start = "start = 2025-01-01";
    let changes = [
        (start, "start = 2025-01-01\nsuspended = true", 12),
        // It would be told of nothing that happened before it starts.
        (start, "start = 2030-01-01", 40),
    ];
    for (from, to, swept) in changes {
        let world = World::new().await;
        let meter = world.open(METER).await;
        world.accept(&(0..40).map(|one| world.exposure(one, one % 2)).collect::<Vec<_>>()).await;
        // The first 25 wait for another attempt when the edition changes.
        world.reply(&[Reply::Status(500)]);
        assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
        world.current.replace(Arc::new(edition_changed(from, to)));
        world.choose(1, Choice::Off).await;
        assert!(matches!(world.run(&meter).await, Step::Held(Held::NotInForce)), "{to}");
        let tally = world.counters(METER).await.tally;
        assert_eq!(tally.unconfirmed + tally.withheld, swept, "{to}: {tally:?}");
        // What the partner may keep no longer is given up, so that it does not hold the journal.
        world.pass(Duration::from_hours(24 * 91)).await;
        assert!(matches!(world.run(&meter).await, Step::Held(Held::NotInForce)), "{to}");
        let counters = world.counters(METER).await;
        assert_eq!((counters.lag, counters.tally.delivered), (0, 0), "{to}: {counters:?}");
        assert_eq!(world.received_by(METER).len(), 1, "{to}");
    }
}

#[tokio::test]
async fn a_partnership_that_goes_on_gets_what_waited() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&(0..40).map(|one| world.exposure(one, one)).collect::<Vec<_>>()).await;
    world.current.replace(Arc::new(edition_with(25, "hmac", "suspended = true")));
    for _ in 0..3 {
        assert_eq!(meter.step().await.unwrap(), Step::Held(Held::NotInForce));
        world.pass(Duration::from_hours(1)).await;
    }
    world.current.replace(Arc::new(edition_with(25, "hmac", "")));
    assert_eq!(world.run(&meter).await, Step::Idle);
    assert_eq!(world.counters(METER).await.tally.delivered, 40);
}

#[tokio::test]
async fn a_partner_that_is_linked_later_learns_nothing_of_before_however_late_it_is() {
    let world = World::new().await;
    let register = |linked: &str| {
        let files = files(25, "hmac", "").into_iter();
        let files = files.map(|(name, text)| (name, text.replace(LINKS, linked)));
        Register::read(&files.collect::<Vec<_>>()).unwrap()
    };
    let first = Edition::publish(register("\"demo-gauge\""), None, START).unwrap();
    world.current.replace(Arc::new(first.clone()));
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.pass(Duration::from_hours(1)).await;
    let now = world.clock.now();
    let linked = Edition::publish(register(LINKS), Some(&first), now).unwrap();
    world.current.replace(Arc::new(linked));
    world.accept(&[world.exposure(2, 2)]).await;
    world.run(&meter).await;
    let told: Vec<Value> = world
        .received_by(METER)
        .iter()
        .flat_map(Received::records)
        .map(|one| one["impression_id"].clone())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let withheld = world.ledger_withheld(METER, 1).await;
    assert_eq!(withheld.reasons.get(&Reason::AdvertiserNotLinked), Some(&1));
}

const LINKS: &str = "\"demo-meter\", \"demo-gauge\"";
