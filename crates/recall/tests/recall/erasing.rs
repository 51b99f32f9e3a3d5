//! What partners are owed when a person is erased.

use crate::world::{AUDITOR, METER, NORTH, SOUTH, World};
use sluicegate_gate::{
    Choice::{Off, On},
    time::UnixMillis,
};
use sluicegate_recall::{RecallStore, Stage};
use std::time::Duration;

#[tokio::test]
async fn partners_hear_of_an_erasure_and_nothing_bears_the_persons_name() {
    let world = World::new().await;
    let account = world.account(1);
    let told = [world.tell(NORTH, 1).await.unwrap(), world.tell(METER, 1).await.unwrap()];
    world.erase(account).await;
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [told[0].to_string()]);
    assert_eq!(world.heard(METER)[0].ids(), [told[1].to_string()]);
    assert!(world.recalls.standing(vec![account]).await.unwrap().is_empty());
    let ever = UnixMillis(0)..UnixMillis(i64::MAX);
    assert!(world.ledger.person(account, ever).await.unwrap().disclosures.is_empty());
    assert!(world.tell(NORTH, 1).await.is_none(), "an erased person keeps a hashed off");
    assert!(world.store.erasing().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_erasure_that_stops_in_the_middle_owes_nothing_twice() {
    let world = World::new().await;
    let account = world.account(1);
    let told = world.tell(NORTH, 1).await.unwrap();
    world.settings.erase(account).await.unwrap();
    world.erasures.owe(account).await.unwrap();
    assert_eq!(world.store.erasing().await.unwrap()[0].stage, Stage::Owed);
    // It is begun again after a crash, before and after the ledger forgot.
    world.erasures.owe(account).await.unwrap();
    world.ledger.erase(account).await.unwrap();
    world.erasures.owe(account).await.unwrap();
    world.forget(account).await;
    world.erasures.owe(account).await.unwrap();
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 1);
    assert_eq!(world.heard(NORTH)[0].ids(), [told.to_string()]);
}

#[tokio::test]
async fn what_is_told_while_an_erasure_is_under_way_is_called_back_and_what_was_before_once() {
    let world = World::new().await;
    let account = world.account(1);
    let mut told = vec![world.tell(AUDITOR, 1).await.unwrap().to_string()];
    world.settings.erase(account).await.unwrap();
    for _ in 0..2 {
        world.erasures.owe(account).await.unwrap();
        world.ledger.erase(account).await.unwrap();
        world.erasures.destroyed(account).await.unwrap();
        told.push(world.tell(AUDITOR, 1).await.unwrap().to_string());
    }
    told.pop();
    world.run().await;
    let heard = world.heard(AUDITOR);
    let mut ids: Vec<String> = heard.iter().flat_map(crate::world::Heard::ids).collect();
    ids.sort();
    told.sort();
    assert_eq!(ids, told);
}

#[tokio::test]
async fn an_erasure_that_is_asked_for_again_begins_anew_and_is_not_ended_by_the_one_before() {
    let world = World::new().await;
    let account = world.account(1);
    let first = world.erasures.begin(account, None).await.unwrap();
    world.erasures.begun(account, first).await.unwrap();
    assert_eq!(world.erasures.under_way().await.unwrap(), [(account, first)].into());
    world.clock.advance(Duration::from_millis(1));
    assert!(world.erasures.accept_request([1; 32], account, None).await.unwrap());
    world.erasures.begun(account, first).await.unwrap();
    world.erasures.forget(account, first).await.unwrap();
    assert_eq!(world.erasures.asked().await.unwrap(), [account]);
    assert!(world.erasures.under_way().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_owed_before_goes_on_without_a_name() {
    let world = World::new().await;
    let account = world.account(1);
    world.tell(NORTH, 1).await.unwrap();
    world.choose(account, Off).await;
    world.owe().await;
    assert_eq!(world.recalls.standing(vec![account]).await.unwrap().len(), 1);
    world.erase(account).await;
    assert!(world.recalls.standing(vec![account]).await.unwrap().is_empty());
    world.run().await;
    let ids: Vec<String> = world.heard(NORTH).iter().flat_map(crate::world::Heard::ids).collect();
    assert_eq!(ids.len(), 1, "named once, although it is owed twice");
}

#[tokio::test]
async fn a_damaged_record_holds_up_no_erasure_and_what_is_missing_is_shown() {
    let world = World::new().await;
    let account = world.account(1);
    let told = world.tell(NORTH, 1).await.unwrap();
    world.tell(METER, 1).await.unwrap();
    world.tell(SOUTH, 1).await.unwrap();
    world.records.damage(1).unwrap();
    world.erase(account).await;
    let ever = UnixMillis(0)..UnixMillis(i64::MAX);
    assert!(world.ledger.person(account, ever).await.unwrap().disclosures.is_empty());
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [told.to_string()]);
    assert!(world.heard(METER).is_empty());
    let figures = world.recalls.figures().await.unwrap();
    let unreachable =
        |id: &str| figures.iter().find(|one| one.partnership.as_str() == id).unwrap().unreachable;
    assert_eq!((unreachable(NORTH), unreachable(METER), unreachable(SOUTH)), (0, 1, 1));
}

#[tokio::test]
async fn what_is_missing_is_shown_to_whoever_turns_sharing_off_and_counted_once() {
    let world = World::new().await;
    let account = world.account(1);
    world.tell(NORTH, 1).await.unwrap();
    world.records.damage(0).unwrap();
    for _ in 0..2 {
        world.choose(account, Off).await;
        world.run().await;
        world.choose(account, On).await;
        world.run().await;
    }
    let all = world.recalls.standing(vec![account]).await.unwrap();
    let [north] = &all[..] else { panic!("{all:?}") };
    assert_eq!((north.reachable, north.ids), (false, 1));
}

#[tokio::test]
async fn an_erasure_of_which_nobody_can_tell_whom_to_tell_is_written_down_as_that() {
    let world = World::new().await;
    let account = world.account(1);
    world.tell(NORTH, 1).await.unwrap();
    world.erasures.give_up(account).await.unwrap();
    assert_eq!(world.store.erasing().await.unwrap()[0].stage, Stage::Owed);
    world.erasures.owe(account).await.unwrap();
    world.run().await;
    assert!(world.heard(NORTH).is_empty(), "it is not gone back to");
    world.forget(account).await;
    assert!(world.store.erasing().await.unwrap().is_empty());
}
