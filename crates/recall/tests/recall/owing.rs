//! What is owed, and what is not.

use crate::world::{AUDITOR, BOUND, DAY, METER, NORTH, SOUTH, START, World};
use sluicegate_gate::{
    Choice::{Off, On},
    Opportunity,
};
use sluicegate_ledger::Outcome;
use sluicegate_recall::Cause;
use sluicegate_settings::RequestKeys;
use std::{collections::BTreeSet, time::Duration};

#[tokio::test]
async fn every_partner_that_was_told_hears_of_it_by_ids_only() {
    let world = World::new().await;
    let ours = [world.tell(NORTH, 1).await.unwrap(), world.tell(NORTH, 1).await.unwrap()];
    let at_meter = world.tell(METER, 1).await.unwrap();
    let others = world.tell(NORTH, 2).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    let [message] = &world.heard(NORTH)[..] else { panic!("{:?}", world.heard(NORTH)) };
    let ids: BTreeSet<String> = message.ids().into_iter().collect();
    assert_eq!(ids, ours.iter().map(ToString::to_string).collect());
    assert!(!ids.contains(&others.to_string()));
    let body = message.json();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["data", "timestamp", "type"]);
    assert_eq!(body["type"], "disclosure.recalled");
    assert_eq!(body["timestamp"], "2026-03-01T00:00:05Z");
    assert_eq!(body["data"].as_object().unwrap().len(), 1);
    assert_eq!(world.heard(METER)[0].ids(), [at_meter.to_string()]);
}

#[tokio::test]
async fn a_partner_that_got_nothing_hears_nothing() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.choose(world.account(2), Off).await;
    world.run().await;
    assert_eq!((world.heard(NORTH).len(), world.heard(METER).len()), (1, 0));
}

#[tokio::test]
async fn what_was_told_before_the_window_is_not_called_back() {
    let world = World::new().await;
    let old = world.tell(NORTH, 1).await.unwrap();
    world.pass(31 * DAY).await;
    let young = world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [young.to_string()]);
    assert_ne!(old, young);
}

#[tokio::test]
async fn what_never_left_is_not_called_back_and_what_may_have_is() {
    let world = World::new().await;
    let failed = world.tell(NORTH, 1).await.unwrap();
    let unconfirmed = world.tell(NORTH, 1).await.unwrap();
    let silent = world.tell(NORTH, 1).await.unwrap();
    world.outcome(failed, Outcome::Failed);
    world.outcome(unconfirmed, Outcome::Unconfirmed);
    world.choose(world.account(1), Off).await;
    world.run().await;
    let ids: BTreeSet<String> = world.heard(NORTH)[0].ids().into_iter().collect();
    assert_eq!(ids, [unconfirmed, silent].map(|id| id.to_string()).into());
}

#[tokio::test]
async fn what_is_told_after_sharing_is_on_again_stays() {
    let world = World::new().await;
    let first = world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.pass(BOUND + Duration::from_secs(1)).await;
    world.choose(world.account(1), On).await;
    world.tell(NORTH, 1).await.unwrap();
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [first.to_string()]);
}

#[tokio::test]
async fn a_second_off_calls_back_only_what_is_new() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    world.pass(DAY).await;
    world.choose(world.account(1), On).await;
    let second = world.tell(NORTH, 1).await.unwrap();
    world.pass(DAY).await;
    world.choose(world.account(1), Off).await;
    world.run().await;
    let heard = world.heard(NORTH);
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[1].ids(), [second.to_string()]);
}

#[tokio::test]
async fn an_off_reaches_what_was_told_of_the_devices_linked() {
    let world = World::new().await;
    let (account, device) = (world.account(1), world.keyring.device("d"));
    let keys = RequestKeys { device: Some(device), ..RequestKeys::default() };
    let logged_out = world.tell_of(NORTH, keys).await.unwrap();
    world.settings.link(account, device).await.unwrap();
    world.choose(account, Off).await;
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [logged_out.to_string()]);
    assert_eq!(world.standing(device, NORTH).await.unwrap().acknowledged, 1);
}

#[tokio::test]
async fn a_disclosure_that_two_keys_are_owed_is_named_once_and_settles_both() {
    let world = World::new().await;
    let (account, device) = (world.account(1), world.keyring.device("d"));
    world.settings.link(account, device).await.unwrap();
    let keys =
        RequestKeys { account: Some(account), device: Some(device), ..RequestKeys::default() };
    let told = world.tell_of(NORTH, keys).await.unwrap();
    world.choose(account, Off).await;
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [told.to_string()]);
    for key in [account, device] {
        let standing = world.standing(key, NORTH).await.unwrap();
        assert_eq!((standing.ids, standing.acknowledged), (1, 1));
    }
}

#[tokio::test]
async fn a_correction_goes_to_who_had_demographics() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    world.knows(1).await;
    let with = world.tell(NORTH, 1).await.unwrap();
    world.tell(METER, 1).await.unwrap();
    world.correct(1).await;
    world.run().await;
    let [message] = &world.heard(NORTH)[..] else { panic!("{:?}", world.heard(NORTH)) };
    assert_eq!(message.json()["type"], "disclosure.corrected");
    assert_eq!(message.ids(), [with.to_string()]);
    assert!(world.heard(METER).is_empty());
    let standing = world.standing(world.account(1), NORTH).await.unwrap();
    assert_eq!(standing.cause, Cause::Corrected);
}

#[tokio::test]
async fn whoever_cannot_be_told_is_named_to_the_person() {
    let world = World::new().await;
    world.tell(SOUTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    let standing = world.standing(world.account(1), SOUTH).await.unwrap();
    assert_eq!((standing.reachable, standing.ids, standing.delivered), (false, 1, 0));
    assert!(world.heard(SOUTH).is_empty());
    let figures = world.recalls.figures().await.unwrap();
    assert_eq!((figures[0].unreachable, figures[0].waiting), (1, 0));
}

#[tokio::test]
async fn a_change_is_read_once_however_often_it_is_looked() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    assert_eq!(world.owe().await, 1);
    assert_eq!(world.owe().await, 0);
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 1);
}

#[tokio::test]
async fn what_the_setting_does_not_control_it_does_not_take_back_and_an_erasure_does() {
    let world = World::new().await;
    let told = world.tell(AUDITOR, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    assert!(world.heard(AUDITOR).is_empty());
    assert!(world.standing(world.account(1), AUDITOR).await.is_none());
    world.erase(world.account(1)).await;
    world.run().await;
    assert_eq!(world.heard(AUDITOR)[0].ids(), [told.to_string()]);
}

#[tokio::test]
async fn a_partner_that_is_no_longer_listed_is_told_for_as_long_as_its_window() {
    let world = World::new().await;
    let old = world.tell(NORTH, 1).await.unwrap();
    world.pass(25 * DAY).await;
    let young = world.tell(NORTH, 1).await.unwrap();
    world.retire(NORTH);
    assert!(world.current.load().unwrap().partnership(&NORTH.parse().unwrap()).is_none());
    world.pass(10 * DAY).await;
    world.choose(world.account(1), Off).await;
    world.run().await;
    let [message] = &world.heard(NORTH)[..] else { panic!("{:?}", world.heard(NORTH)) };
    assert_eq!(message.ids(), [young.to_string()], "not {old}");
    let standing = world.standing(world.account(1), NORTH).await.unwrap();
    assert_eq!((standing.reachable, standing.ids, standing.acknowledged), (true, 1, 1));
}

#[tokio::test]
async fn a_message_made_before_its_partner_was_taken_off_the_list_still_goes() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.owe().await;
    world.recalls.pack().await.unwrap();
    world.retire(NORTH);
    world.run().await;
    assert_eq!((world.heard(NORTH).len(), world.open_messages(NORTH).await), (1, 0));
}

#[tokio::test]
async fn one_that_took_no_recalls_when_it_was_last_listed_is_named_to_the_person() {
    let world = World::new().await;
    world.tell(SOUTH, 1).await.unwrap();
    world.retire(SOUTH);
    world.choose(world.account(1), Off).await;
    world.run().await;
    let standing = world.standing(world.account(1), SOUTH).await.unwrap();
    assert_eq!((standing.reachable, standing.ids), (false, 1));
    assert_eq!(world.recalls.figures().await.unwrap()[0].unreachable, 1);
}

#[tokio::test]
async fn a_correction_reaches_whom_turning_sharing_off_at_once_does_not() {
    let world = World::new().await;
    world.knows(1).await;
    // An exposure tells no demographics; whatever does is corrected.
    let keys = RequestKeys { account: Some(world.account(1)), ..RequestKeys::default() };
    let told = world.tell_in(Opportunity::Bid, AUDITOR, keys).await.unwrap();
    world.correct(1).await;
    world.choose(world.account(1), Off).await;
    world.run().await;
    let [message] = &world.heard(AUDITOR)[..] else { panic!("{:?}", world.heard(AUDITOR)) };
    assert_eq!(message.json()["type"], "disclosure.corrected");
    assert_eq!(message.ids(), [told.to_string()]);
}

#[tokio::test]
async fn many_who_change_at_once_are_owed_in_slices_and_a_crash_between_two_loses_nothing() {
    const PEOPLE: u32 = 600;
    let world = World::new().await;
    let mut told = BTreeSet::new();
    for person in 0..PEOPLE {
        told.insert(world.tell(NORTH, person).await.unwrap().to_string());
        world.choose(world.account(person), Off).await;
    }
    let everybody: Vec<_> = (0..PEOPLE).map(|person| world.account(person)).collect();
    let owed = async || world.recalls.standing(everybody.clone()).await.unwrap().len();
    world.pass(BOUND).await;
    let mut owe = Box::pin(world.recalls.owe());
    while owed().await == 0 {
        assert!(futures_util::poll!(&mut owe).is_pending(), "all of it at once");
        tokio::task::yield_now().await;
    }
    let first = owed().await;
    assert!(first < 300, "{first} of {PEOPLE} in one transaction");
    drop(owe);
    world.run().await;
    assert_eq!(owed().await, everybody.len());
    let heard: Vec<String> = world.heard(NORTH).iter().flat_map(crate::world::Heard::ids).collect();
    assert_eq!(heard.len(), told.len(), "nothing twice");
    assert_eq!(heard.into_iter().collect::<BTreeSet<_>>(), told);
}

#[tokio::test]
async fn those_of_whom_much_was_told_are_looked_up_one_after_another() {
    const PEOPLE: u32 = 5;
    let world = World::new().await;
    for person in 0..PEOPLE {
        world.tell(NORTH, person).await.unwrap();
        world.choose(world.account(person), Off).await;
    }
    world.ledger.flush().await.unwrap();
    // Two of them have room at once.
    world.records.change_told(|rows| rows.iter_mut().for_each(|row| row.count = 30_000));
    let everybody: Vec<_> = (0..PEOPLE).map(|person| world.account(person)).collect();
    let owed = async || world.recalls.standing(everybody.clone()).await.unwrap().len();
    world.pass(BOUND).await;
    let mut owe = Box::pin(world.recalls.owe());
    let mut seen = BTreeSet::new();
    while futures_util::poll!(&mut owe).is_pending() {
        seen.insert(owed().await);
        tokio::task::yield_now().await;
    }
    assert_eq!(
        seen.into_iter().next_back(),
        Some(4),
        "what is found is written down before more is"
    );
    assert_eq!(owed().await, everybody.len());
    let packs = world.records.packs_read();
    world.run().await;
    assert_eq!(world.records.packs_read(), packs, "how far it was read is written down, too");
    assert_eq!(world.heard(NORTH)[0].ids().len(), everybody.len());
}

#[tokio::test]
async fn an_account_with_much_told_of_each_of_its_devices_is_owed_for_all() {
    let world = World::new().await;
    let account = world.account(1);
    let mut told = BTreeSet::new();
    for device in ["d", "e", "f"].map(|device| world.keyring.device(device)) {
        let keys = RequestKeys { device: Some(device), ..RequestKeys::default() };
        told.insert(world.tell_of(NORTH, keys).await.unwrap().to_string());
        world.settings.link(account, device).await.unwrap();
    }
    world.ledger.flush().await.unwrap();
    world.records.change_told(|rows| rows.iter_mut().for_each(|row| row.count = u64::MAX / 2));
    world.choose(account, Off).await;
    world.run().await;
    let heard: BTreeSet<String> = world.heard(NORTH)[0].ids().into_iter().collect();
    assert_eq!(heard, told);
}

#[tokio::test]
async fn what_is_told_soon_after_an_off_and_an_on_is_called_back_by_the_next_off() {
    let world = World::new().await;
    let account = world.account(1);
    let first = world.tell(NORTH, 1).await.unwrap();
    world.choose(account, Off).await;
    world.pass(Duration::from_secs(1)).await;
    world.run_now().await;
    assert!(world.heard(NORTH).is_empty(), "it is not in force everywhere yet");
    // The platform's writes are in no history, and so have no time.
    world.knows(1).await;
    world.run_now().await;
    assert!(world.heard(NORTH).is_empty(), "nor is what comes after it");
    world.pass(Duration::from_secs(1)).await;
    world.choose(account, On).await;
    world.pass(Duration::from_secs(1)).await;
    let second = world.tell(NORTH, 1).await.unwrap();
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [first.to_string()], "the second was agreed to");
    world.choose(account, Off).await;
    world.run().await;
    assert_eq!(world.heard(NORTH)[1].ids(), [second.to_string()]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_loses_no_recall() {
    let world = World::new().await;
    let account = world.account(1);
    world.pass(Duration::from_secs(30)).await;
    let told = world.tell(NORTH, 1).await.unwrap();
    world.clock.set_now(START.minus(Duration::from_mins(1)));
    world.pass(Duration::from_secs(30)).await;
    world.choose(account, Off).await;
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [told.to_string()]);
    // And one that was set back while nobody can tell whether it is in force.
    let other = world.tell(NORTH, 2).await.unwrap();
    world.choose(world.account(2), Off).await;
    world.clock.set_now(START.minus(DAY));
    world.run_now().await;
    assert_eq!(world.heard(NORTH)[1].ids(), [other.to_string()]);
}

#[tokio::test]
async fn what_a_partner_could_not_be_told_of_it_is_told_with_the_next_off_once_it_can() {
    let world = World::new().await;
    let account = world.account(1);
    let told = world.tell(SOUTH, 1).await.unwrap();
    let off_and_on = async || {
        world.choose(account, Off).await;
        world.run().await;
        world.choose(account, On).await;
        world.run().await;
    };
    off_and_on().await;
    off_and_on().await;
    let unreachable = world.recalls.figures().await.unwrap()[0].unreachable;
    assert_eq!(unreachable, 1, "counted once, for as long as nobody can tell it");
    world.give_address(SOUTH);
    off_and_on().await;
    assert_eq!(world.heard(SOUTH)[0].ids(), [told.to_string()]);
    off_and_on().await;
    assert_eq!(world.heard(SOUTH).len(), 1, "owed once");
}
