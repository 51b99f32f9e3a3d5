//! Forgetting a person.

use crate::world::{METER, NORTH, World};
use sluicegate_gate::{Choice::Off, time::UnixMillis};
use sluicegate_ledger::Contents;
use sluicegate_recall::{RecallStore, Recalls, Stage};

#[tokio::test]
async fn partners_hear_of_an_erasure_and_nothing_bears_the_persons_name() {
    let world = World::new().await;
    let account = world.account(1);
    let told = [world.tell(NORTH, 1).await.unwrap(), world.tell(METER, 1).await.unwrap()];
    world.erasures.accept(vec![account]).await.unwrap();
    assert_eq!(world.erasures.step().await.unwrap(), 1);
    world.run().await;
    assert_eq!(world.heard(NORTH)[0].ids(), [told[0].to_string()]);
    assert_eq!(world.heard(METER)[0].ids(), [told[1].to_string()]);
    assert!(world.recalls.standing(vec![account]).await.unwrap().is_empty());
    let ever = UnixMillis(0)..UnixMillis(i64::MAX);
    let person = world.ledger.person(account, ever).await.unwrap();
    assert!(person.disclosures.iter().all(|one| one.contents == Contents::Erased));
    assert!(world.tell(NORTH, 1).await.is_none(), "an erased person keeps a hashed off");
    assert_eq!(world.erasures.step().await.unwrap(), 0);
}

#[tokio::test]
async fn an_erasure_that_stops_in_the_middle_ends_and_owes_nothing_twice() {
    let world = World::new().await;
    let account = world.account(1);
    let told = world.tell(NORTH, 1).await.unwrap();
    world.erasures.accept(vec![account]).await.unwrap();
    *world.eraser.failures_left.lock() = 2;
    assert!(world.erasures.step().await.is_err());
    assert_eq!(world.store.erasing().await.unwrap()[0].stage, Stage::Owed);
    assert!(world.erasures.step().await.is_err());
    assert_eq!(world.erasures.step().await.unwrap(), 1);
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 1);
    assert_eq!(world.heard(NORTH)[0].ids(), [told.to_string()]);
}

#[tokio::test]
async fn what_was_owed_before_goes_on_without_a_name() {
    let world = World::new().await;
    let account = world.account(1);
    world.tell(NORTH, 1).await.unwrap();
    world.choose(account, Off).await;
    world.recalls.owe().await.unwrap();
    assert_eq!(world.recalls.standing(vec![account]).await.unwrap().len(), 1);
    world.erasures.accept(vec![account]).await.unwrap();
    world.erasures.step().await.unwrap();
    assert!(world.recalls.standing(vec![account]).await.unwrap().is_empty());
    world.run().await;
    assert_eq!(world.heard(NORTH).len(), 1);
}

#[tokio::test]
async fn recalls_made_anew_go_on_with_what_is_kept() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    world.choose(world.account(1), Off).await;
    world.recalls.owe().await.unwrap();
    let again: Recalls = world.recalls.clone();
    drop(world.recalls.clone());
    again.owe().await.unwrap();
    again.pack().await.unwrap();
    again.send(&NORTH.parse().unwrap()).await.unwrap();
    assert_eq!(world.heard(NORTH).len(), 1);
}
