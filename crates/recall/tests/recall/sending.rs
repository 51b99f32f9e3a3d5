//! How messages are made and sent.

use crate::world::{BOUND, DAY, METER, NORTH, START, World};
use bytes::Bytes;
use sluicegate_gate::Choice::Off;
use sluicegate_ledger::SendError;
use sluicegate_settings::RequestKeys;
use std::{collections::BTreeMap, time::Duration};

#[tokio::test]
async fn ids_of_many_people_are_mixed() {
    let world = World::new().await;
    let mut owner = BTreeMap::new();
    for person in 0..8 {
        for _ in 0..20 {
            owner.insert(world.tell(NORTH, person).await.unwrap().to_string(), person);
        }
        world.choose(world.account(person), Off).await;
        world.pass(Duration::from_millis(1)).await;
    }
    world.run().await;
    let [message] = &world.heard(NORTH)[..] else { panic!() };
    let people: Vec<u32> = message.ids().iter().map(|id| owner[id]).collect();
    assert_eq!(people.len(), 160);
    // In order it would be 152 of 159; by chance about an eighth.
    let side_by_side = people.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(side_by_side < 40, "{side_by_side}");
}

#[tokio::test]
async fn one_person_alone_waits_for_others_and_no_longer_than_a_day() {
    let world = World::with(3, "answer").await;
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    assert!(world.heard(NORTH).is_empty());
    world.pass(DAY.saturating_sub(BOUND + Duration::from_secs(1))).await;
    world.run_now().await;
    assert!(world.heard(NORTH).is_empty());
    world.pass(Duration::from_secs(1)).await;
    world.run_now().await;
    assert_eq!(world.heard(NORTH).len(), 1);
}

#[tokio::test]
async fn enough_people_do_not_wait() {
    let world = World::with(3, "answer").await;
    for person in 1..=3 {
        world.tell(NORTH, person).await.unwrap();
        world.choose(world.account(person), Off).await;
        world.pass(Duration::from_millis(1)).await;
    }
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids().len(), 3);
}

#[tokio::test]
async fn a_failed_message_comes_again_on_the_schedule_the_same_to_the_byte() {
    let world = World::new().await;
    world.answer_with(|heard| {
        let is_recall = heard.path == sluicegate_gate::Path::Recall;
        if is_recall { Err(SendError::Timeout) } else { Ok((200, Bytes::new())) }
    });
    for _ in 0..9 {
        world.tell(NORTH, 1).await.unwrap();
    }
    world.choose(world.account(1), Off).await;
    world.run().await;
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 1);
    world.pass(Duration::from_secs(7)).await;
    world.run().await;
    world.answer_with(|_| Ok((204, Bytes::new())));
    world.pass(Duration::from_mins(7)).await;
    world.run().await;
    let heard = world.heard(NORTH);
    assert_eq!(heard.len(), 3);
    assert!(heard.iter().all(|one| one.message == heard[0].message && one.body == heard[0].body));
    assert_eq!(world.open_messages(NORTH).await, 0);
    world.pass(DAY).await;
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 3);
}

#[tokio::test]
async fn the_person_sees_what_was_sent_and_what_is_acknowledged() {
    let world = World::new().await;
    world.answer_with(|heard| {
        let status = if heard.partnership.as_str() == METER { 503 } else { 200 };
        Ok((status, Bytes::new()))
    });
    let account = world.account(1);
    world.tell(NORTH, 1).await.unwrap();
    world.tell(METER, 1).await.unwrap();
    world.choose(account, Off).await;
    world.owe().await;
    let waiting = world.standing(account, NORTH).await.unwrap();
    assert_eq!((waiting.ids, waiting.delivered, waiting.acknowledged), (1, 0, 0));
    world.run().await;
    let north = world.standing(account, NORTH).await.unwrap();
    assert_eq!((north.delivered, north.acknowledged), (1, 1));
    assert!(north.acknowledged_at.is_some());
    let meter = world.standing(account, METER).await.unwrap();
    assert_eq!((meter.delivered, meter.acknowledged, meter.delivered_at), (0, 0, None));
}

#[tokio::test]
async fn a_partner_that_acknowledges_by_a_call_is_reminded_until_it_does() {
    let world = World::with(1, "call").await;
    let account = world.account(1);
    world.tell(NORTH, 1).await.unwrap();
    world.choose(account, Off).await;
    world.run().await;
    let taken = world.standing(account, NORTH).await.unwrap();
    assert_eq!((taken.delivered, taken.acknowledged), (1, 0));
    world.pass(DAY).await;
    world.run().await;
    let heard = world.heard(NORTH);
    assert_eq!(heard.len(), 2);
    let message = heard[0].message;
    assert_eq!(heard[1].message, message);
    let says =
        async |who: &str| world.recalls.acknowledge(who.parse().unwrap(), message).await.unwrap();
    assert!(!says(METER).await, "a message of somebody else's");
    assert!(says(NORTH).await && says(NORTH).await);
    let done = world.standing(account, NORTH).await.unwrap();
    assert_eq!((done.delivered, done.acknowledged), (1, 1));
    world.pass(DAY).await;
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 2);
}

#[tokio::test]
async fn every_attempt_is_on_record_and_names_nobody() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    let ever = sluicegate_gate::time::UnixMillis(0)..sluicegate_gate::time::UnixMillis(i64::MAX);
    let totals = world.ledger.totals(ever.clone()).await.unwrap();
    let recalls: Vec<_> = totals
        .counts
        .iter()
        .filter(|row| row.path == sluicegate_gate::Path::Recall)
        .map(|row| (row.messages, row.disclosures))
        .collect();
    assert_eq!(recalls, [(1, 0)]);
    let person = world.ledger.person(world.account(1), ever).await.unwrap();
    assert_eq!(person.disclosures.len(), 1);
}

#[tokio::test]
async fn one_person_with_many_keys_is_one_however_they_are_erased() {
    for is_account_first in [true, false] {
        let world = World::with(3, "answer").await;
        let account = world.account(1);
        let devices: Vec<_> = (0..5).map(|one| world.keyring.device(&format!("d{one}"))).collect();
        for device in &devices {
            world.settings.link(account, *device).await.unwrap();
            let keys = RequestKeys { device: Some(*device), ..RequestKeys::default() };
            world.tell_of(NORTH, keys).await.unwrap();
        }
        world.tell(NORTH, 1).await.unwrap();
        let mut order = [&[account][..], &devices].concat();
        if !is_account_first {
            order.reverse();
        }
        for key in order {
            world.erase(key).await;
            world.pass(Duration::from_secs(1)).await;
        }
        world.run().await;
        assert!(world.heard(NORTH).is_empty(), "all of it is one person's");
        for person in 2..=3 {
            world.tell(NORTH, person).await.unwrap();
            world.choose(world.account(person), Off).await;
        }
        world.run().await;
        assert_eq!(world.heard(NORTH)[0].ids().len(), 8, "three people");
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_and_is_set_back_holds_up_no_message() {
    let world = World::with(2, "answer").await;
    world.clock.set_now(START.plus(400 * DAY));
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.run().await;
    assert!(world.heard(NORTH).is_empty(), "it waits for a second person");
    // How long it has waited nobody can tell any more.
    world.clock.set_now(START);
    world.answer_with(|_| Ok((500, Bytes::new())));
    world.run_now().await;
    assert_eq!(world.heard(NORTH).len(), 1);
    world.clock.set_now(START.plus(400 * DAY));
    world.run_now().await;
    assert_eq!(world.heard(NORTH).len(), 2);
    world.clock.set_now(START);
    world.answer_with(|_| Ok((200, Bytes::new())));
    world.run_now().await;
    assert_eq!(world.heard(NORTH).len(), 3, "it is not waited for until the clock was");
    assert_eq!(world.open_messages(NORTH).await, 0);
}

#[tokio::test]
async fn what_a_partner_was_owed_that_no_edition_tells_any_longer_is_shown_as_that_and_ends() {
    let world = World::with(2, "answer").await;
    let [asked, waiting] = [1, 2].map(|person| world.account(person));
    world.answer_with(|_| Ok((503, Bytes::new())));
    for person in [1, 3, 2] {
        world.tell(NORTH, person).await.unwrap();
    }
    for account in [asked, world.account(3)] {
        world.choose(account, Off).await;
    }
    world.run().await;
    world.choose(waiting, Off).await;
    world.run().await;
    let figures = || async { world.recalls.figures().await.unwrap().remove(0) };
    assert_eq!((figures().await.open, figures().await.waiting), (1, 1));
    world.take_address(NORTH);
    world.run().await;
    assert_eq!((figures().await.open, figures().await.waiting), (0, 0));
    assert_eq!(figures().await.unreachable, 3);
    for account in [asked, waiting] {
        assert!(!world.standing(account, NORTH).await.unwrap().reachable);
    }
    world.clock.advance(DAY * 401);
    world.recalls.trim().await.unwrap();
    assert!(
        world.standing(asked, NORTH).await.is_none()
            && world.recalls.figures().await.unwrap().is_empty()
    );
}
