//! What does not read of one person holds up nobody else, and is not forgotten.

use crate::world::{BOUND, DAY, NORTH, World};
use sluicegate_gate::{
    Choice::{Off, On},
    SubjectKey,
};
use sluicegate_settings::shard_of;
use std::time::Duration;

/// Two people in different shards, the first one in the earlier.
fn two(world: &World) -> [(u32, SubjectKey); 2] {
    let of = |person| (person, world.account(person));
    let first = of(1);
    let second = (2..1_000).map(of).find(|(_, key)| shard_of(*key) > shard_of(first.1)).unwrap();
    [first, second]
}

async fn told_and_off(world: &World) -> [(SubjectKey, String); 2] {
    let mut all = Vec::new();
    for (person, key) in two(world) {
        all.push((key, world.tell(NORTH, person).await.unwrap().to_string()));
        world.choose(key, Off).await;
    }
    all.try_into().unwrap()
}

fn called_back(world: &World) -> Vec<String> {
    world.heard(NORTH).iter().flat_map(crate::world::Heard::ids).collect()
}

#[tokio::test]
async fn a_change_that_does_not_read_holds_up_nobody_and_whoever_is_off_is_called_back_all_the_same()
 {
    let world = World::new().await;
    let [(first, at_first), (_, at_second)] = told_and_off(&world).await;
    world.choices.damage(Some(first), None);
    world.run().await;
    let mut ids = called_back(&world);
    ids.sort();
    let mut right = [at_first, at_second];
    right.sort();
    assert_eq!(ids, right);
    assert_eq!(
        world.recalls.set_aside().await.unwrap(),
        1,
        "and it is known that more may be owed"
    );
    world.choices.mend();
    world.pass(DAY).await;
    world.run().await;
    assert_eq!(world.recalls.set_aside().await.unwrap(), 0);
    assert_eq!(called_back(&world).len(), 2, "owed once");
}

#[tokio::test]
async fn what_is_owed_for_a_change_that_did_not_read_is_owed_once_it_does() {
    let world = World::new().await;
    let (person, key) = two(&world)[0];
    world.knows(person).await;
    let told = world.tell(NORTH, person).await.unwrap();
    world.correct(person).await;
    world.choices.damage(Some(key), None);
    world.run().await;
    world.run().await;
    assert!(world.heard(NORTH).is_empty());
    assert_eq!(world.recalls.set_aside().await.unwrap(), 1);
    world.choices.mend();
    world.run().await;
    assert!(world.heard(NORTH).is_empty(), "it is tried seldom");
    world.pass(Duration::from_hours(1)).await;
    world.run().await;
    let [message] = &world.heard(NORTH)[..] else { panic!("{:?}", world.heard(NORTH)) };
    assert_eq!(message.json()["type"], "disclosure.corrected");
    assert_eq!(message.ids(), [told.to_string()]);
    assert_eq!(world.recalls.set_aside().await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_set_aside_of_whoever_is_erased_is_gone() {
    let world = World::new().await;
    let [(first, at_first), _] = told_and_off(&world).await;
    world.choices.damage(Some(first), None);
    world.choose(first, On).await;
    world.run().await;
    // Whether anything is owed to whoever is on again nobody knows.
    assert_eq!(world.recalls.set_aside().await.unwrap(), 2);
    assert!(!called_back(&world).contains(&at_first));
    world.erase(first).await;
    assert_eq!(world.recalls.set_aside().await.unwrap(), 0);
    world.run().await;
    assert!(called_back(&world).contains(&at_first));
}

#[tokio::test]
async fn a_shard_that_does_not_read_holds_up_no_other_and_is_read_once_it_does() {
    let world = World::new().await;
    let [(first, at_first), (_, at_second)] = told_and_off(&world).await;
    world.choices.damage(None, Some(shard_of(first)));
    world.clock.advance(BOUND);
    world.recalls.owe().await.unwrap_err();
    world.recalls.pack().await.unwrap();
    world.recalls.send(&NORTH.parse().unwrap()).await.unwrap();
    assert_eq!(called_back(&world), [at_second]);
    world.choices.mend();
    world.run().await;
    assert_eq!(called_back(&world)[1..], [at_first]);
}

#[tokio::test]
async fn what_was_owed_before_and_does_not_read_holds_up_nobody() {
    let world = World::new().await;
    let [(first, at_first), (_, at_second)] = told_and_off(&world).await;
    world.store.damage_standing(first);
    world.run().await;
    let mut ids = called_back(&world);
    ids.sort();
    let mut right = [at_first, at_second];
    right.sort();
    assert_eq!(ids, right);
}
