//! What is kept of a person is gone when the person is erased.

use crate::world::{METER, World, id};
use serde_json::{Value, json};
use sluicegate_gate::{Personal, time::UnixMillis};
use sluicegate_measurement::{
    Step,
    erasure::{Cleared, Eraser, ErasureParts, Person},
    lookup::{Conversions as _, Erased, Left, Old, Shelved},
};
use std::sync::Arc;

impl World {
    fn eraser(&self) -> Eraser {
        Eraser::new(ErasureParts {
            current: Arc::clone(&self.current),
            journal: Arc::<crate::world::Breakable>::clone(&self.journal),
            conversions: Arc::<sluicegate_measurement::lookup::MemoryConversions>::clone(
                &self.conversions,
            ),
            keys: self.keys.clone(),
            clock: Arc::<crate::world::Hands>::clone(&self.clock),
            dice: Arc::clone(&self.dice),
        })
    }

    async fn fill(&self) {
        while let Shelved::Read(_) = self.shelf.step().await.unwrap() {}
    }

    async fn asks(&self, number: u32, person: u32) -> Value {
        let ifa = format!("38400000-8cf0-11bd-b23e-{person:012}");
        let install = json!({
            "data_set_id": "adv_42:running", "id": format!("inst_{number}"), "event_type": "install",
            "timestamp": crate::world::START.0 / 1_000,
            "user_data": { "device_id_hash": self.keys.partner(&id(METER)).device_id(&ifa) },
            "properties": { "app_id": "com.example.runningshoes" },
        });
        let body = install.to_string();
        let accepted = self.lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
        let cleared = self.lookup.answer(&accepted).await.unwrap();
        serde_json::from_slice(cleared.body()).unwrap()
    }
}

fn person(world: &World, number: u32) -> Person {
    Person { keys: vec![world.account(number)], ids: Vec::new() }
}

async fn clear(eraser: &Eraser) {
    while eraser.step().await.unwrap() == Cleared::Read {}
}

#[tokio::test]
async fn touches_and_conversions_of_an_erased_person_are_gone_at_once() {
    let world = World::new().await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.fill().await;
    assert!(world.asks(1, 1).await["attribution"].is_object());
    let erased = world.eraser().erase(&person(&world, 1)).await.unwrap();
    assert_eq!(erased, Erased { touches: 1, conversions: 1 });
    // The person is on: nothing but the erasure forbids it. A claim of before is gone, too.
    let again = world.asks(1, 1).await;
    assert_eq!((&again["duplicate"], &again["attribution"]), (&json!(false), &Value::Null));
    assert!(world.asks(2, 2).await["attribution"].is_object());
}

#[tokio::test]
async fn whoever_is_erased_when_the_touch_is_forgotten_takes_what_was_credited_along() {
    let world = World::new().await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    world.fill().await;
    for person in [1, 2] {
        assert!(world.asks(person, person).await["attribution"].is_object());
    }
    let old = Old {
        touches: UnixMillis(i64::MAX),
        conversions: UnixMillis(0),
        set_aside: UnixMillis(0),
        now: UnixMillis(1),
    };
    assert_eq!(world.conversions.forget(old, 10).await.unwrap(), Left::Nothing);
    let erased = world.eraser().erase(&person(&world, 1)).await.unwrap();
    assert_eq!(erased, Erased { touches: 0, conversions: 1 });
    assert_eq!(world.asks(1, 1).await["duplicate"], false);
    assert_eq!(world.asks(2, 2).await["duplicate"], true);
}

#[tokio::test]
async fn a_conversion_that_no_touch_leads_to_is_found_by_the_device() {
    let world = World::new().await;
    assert_eq!(world.asks(1, 1).await["attribution"], Value::Null);
    let ids = vec![Personal::new(String::from("38400000-8CF0-11BD-B23E-000000000001"))];
    let all = Person { ids, ..person(&world, 1) };
    let erased = world.eraser().erase(&all).await.unwrap();
    assert_eq!(erased, Erased { touches: 0, conversions: 1 });
    assert_eq!(world.asks(1, 1).await["duplicate"], false);
}

#[tokio::test]
async fn nothing_of_an_erased_person_comes_from_the_journal_later() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2), world.exposure(3, 1)]).await;
    let eraser = world.eraser();
    eraser.erase(&person(&world, 1)).await.unwrap();
    // Not even before the journal is cleared.
    world.fill().await;
    assert_eq!(world.asks(1, 1).await["attribution"], Value::Null);
    clear(&eraser).await;
    assert_eq!(world.conversions.erasing().await.unwrap(), []);
    assert_eq!(world.run(&meter).await, Step::Idle);
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.withheld, counters.lag), (1, 2, 0));
    assert_eq!(world.received_by(METER)[0].records().len(), 1);
    // Counted, and of nobody.
    let withheld = world.ledger_withheld(METER, 1).await;
    assert_eq!((withheld.events, withheld.reasons.len()), (2, 0));
    // What the person does from now on is an exposure like any other.
    world.accept(&[world.exposure(4, 1)]).await;
    world.fill().await;
    assert!(world.asks(2, 1).await["attribution"].is_object());
}

#[tokio::test]
async fn the_pass_waits_for_the_shelf_and_begins_anew_after_a_crash() {
    let world = World::new().await;
    for number in 0..40 {
        world.accept(&[world.exposure(number, number % 2)]).await;
    }
    let eraser = world.eraser();
    eraser.erase(&person(&world, 1)).await.unwrap();
    assert_eq!(eraser.step().await.unwrap(), Cleared::Read);
    let eraser = world.eraser();
    clear(&eraser).await;
    assert_eq!(world.conversions.erasing().await.unwrap().len(), 1);
    world.fill().await;
    clear(&eraser).await;
    assert_eq!(world.conversions.erasing().await.unwrap(), []);
    let meter = world.open(METER).await;
    world.run(&meter).await;
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.delivered, tally.withheld), (20, 20));
}
