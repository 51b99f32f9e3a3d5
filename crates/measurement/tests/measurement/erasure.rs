//! What is kept of a person is gone when the person is erased.

use crate::world::{AUDITOR, Happens, METER, Received, World, id};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use sluicegate_gate::{
    Choice, Personal,
    time::{Clock as _, UnixMillis},
};
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    Erasing, Format, Intake, ItemStatus, Step,
    erasure::{Cleared, Eraser, ErasureParts, Person},
    lookup::{Conversions as _, Left, Old, Shelved},
};
use sluicegate_register::{Edition, EditionStore as _, memory::MemoryEditions};
use std::{sync::Arc, time::Duration};

const HOUR: Duration = Duration::from_hours(1);

impl World {
    async fn eraser(&self) -> Eraser {
        Eraser::open(self.erasure_parts()).await.unwrap()
    }

    /// Erases as the program does.
    async fn erase(&self, eraser: &Eraser, number: u32) {
        let person = person(self, number);
        let begun = eraser.begin(&person);
        self.settings.erase(self.account(number)).await.unwrap();
        eraser.erase(&person).await.unwrap();
        drop(begun);
    }

    fn told_to(&self, partnership: &str) -> usize {
        self.received_by(partnership).iter().map(|received| received.records().len()).sum()
    }

    fn erasure_parts(&self) -> ErasureParts {
        ErasureParts {
            editions: editions(&[&self.current.load().unwrap()]),
            journal: Arc::<crate::world::Breakable>::clone(&self.journal),
            conversions: Arc::<sluicegate_measurement::lookup::MemoryConversions>::clone(
                &self.conversions,
            ),
            keys: self.keys.clone(),
            erasing: self.erasing.clone(),
            clock: Arc::<crate::world::Hands>::clone(&self.clock),
            dice: Arc::clone(&self.dice),
        }
    }

    fn intake_with(&self, erasing: Erasing) -> Intake {
        Intake::new(
            Arc::<crate::world::Breakable>::clone(&self.journal),
            Arc::clone(&self.keyring),
            (self.keys.clone(), erasing),
            Arc::<crate::world::Hands>::clone(&self.clock),
            Arc::clone(&self.dice),
        )
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

fn editions(all: &[&Edition]) -> Arc<MemoryEditions> {
    let editions = MemoryEditions::new();
    for edition in all {
        editions.put(edition).now_or_never().unwrap().unwrap();
    }
    Arc::new(editions)
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
    let erased = world.eraser().await.erase(&person(&world, 1)).await.unwrap();
    assert_eq!((erased.touches, erased.conversions), (1, 1));
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
        left_out: Day(0),
        set_aside: UnixMillis(0),
        erasures: UnixMillis(0),
        remembered: Duration::ZERO,
        now: UnixMillis(1),
    };
    assert_eq!(world.conversions.forget(old, 10).await.unwrap(), Left::Nothing);
    let erased = world.eraser().await.erase(&person(&world, 1)).await.unwrap();
    assert_eq!((erased.touches, erased.conversions), (0, 1));
    assert_eq!(world.asks(1, 1).await["duplicate"], false);
    assert_eq!(world.asks(2, 2).await["duplicate"], true);
}

#[tokio::test]
async fn a_conversion_that_no_touch_leads_to_is_found_by_the_device() {
    let world = World::new().await;
    assert_eq!(world.asks(1, 1).await["attribution"], Value::Null);
    let ids = vec![Personal::new(String::from("38400000-8CF0-11BD-B23E-000000000001"))];
    let all = Person { ids, ..person(&world, 1) };
    let erased = world.eraser().await.erase(&all).await.unwrap();
    assert_eq!((erased.touches, erased.conversions), (0, 1));
    assert_eq!(world.asks(1, 1).await["duplicate"], false);
}

#[tokio::test]
async fn a_conversion_that_only_the_device_leads_to_is_found_when_its_link_and_its_key_have_gone() {
    let world = World::new().await;
    assert_eq!(world.asks(1, 1).await["attribution"], Value::Null);
    let before = world.current.load().unwrap();
    let after =
        Edition::publish(crate::editions::without_meter(), Some(&before), before.published_at());
    let keys = world.keys.clone().with_device_generations([(id(METER), vec![3])].into());
    let parts = ErasureParts {
        editions: editions(&[&before, &after.unwrap()]),
        keys,
        ..world.erasure_parts()
    };
    let eraser = Eraser::open(parts).await.unwrap();
    let ids = vec![Personal::new(String::from("38400000-8cf0-11bd-b23e-000000000001"))];
    let erased = eraser.erase(&Person { ids, ..person(&world, 1) }).await.unwrap();
    assert_eq!(erased.conversions, 1);
    assert_eq!(world.asks(1, 1).await["duplicate"], false);
}

#[tokio::test]
async fn nothing_of_an_erased_person_comes_from_the_journal_later() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2), world.exposure(3, 1)]).await;
    let eraser = world.eraser().await;
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
    let eraser = world.eraser().await;
    eraser.erase(&person(&world, 1)).await.unwrap();
    assert_eq!(eraser.step().await.unwrap(), Cleared::Read);
    let eraser = world.eraser().await;
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

#[tokio::test]
async fn what_waits_of_an_erased_person_goes_to_nobody_outside_the_setting_either() {
    let world = World::new().await;
    let (auditor, meter) = (world.open(AUDITOR).await, world.open(METER).await);
    // A third person has sharing on: the setting is no reason for anything here.
    world.choose(3, Choice::On).await;
    *world.door.down.lock() = Some(id(AUDITOR));
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2), world.exposure(3, 1)]).await;
    assert!(matches!(world.run(&auditor).await, Step::Wait(_)));
    let eraser = world.eraser().await;
    world.erase(&eraser, 1).await;
    *world.door.down.lock() = None;
    world.pass(Duration::from_hours(1)).await;
    world.run(&auditor).await;
    world.run(&meter).await;
    for partnership in [AUDITOR, METER] {
        assert_eq!(world.told_to(partnership), 1, "{partnership}");
        let tally = world.counters(partnership).await.tally;
        assert_eq!((tally.delivered, tally.withheld, tally.unconfirmed), (1, 2, 0));
        // Each is counted once, and none of them under who is erased.
        let withheld = world.ledger_withheld(partnership, 1).await;
        assert_eq!((withheld.events, withheld.reasons.len()), (2, 0), "{partnership}");
    }
    // Whoever is met again is somebody of whom nothing is known but that the setting is off.
    world.accept(&[world.exposure(4, 1)]).await;
    world.run(&auditor).await;
    world.run(&meter).await;
    assert_eq!((world.told_to(AUDITOR), world.told_to(METER)), (2, 1));
}

#[tokio::test]
async fn what_was_told_of_an_erased_person_is_not_told_again() {
    let world = World::keeping(1, Duration::from_hours(48)).await;
    let auditor = world.open(AUDITOR).await;
    let begun = world.clock.now();
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    let replay = async || {
        auditor.replay(begun, begun.plus(Duration::from_hours(1))).await.unwrap();
        world.run(&auditor).await;
        world.received_by(AUDITOR).last().map(Received::records).unwrap().len()
    };
    world.run(&auditor).await;
    // Packs are at hand from here on.
    assert_eq!(replay().await, 2);
    let eraser = world.eraser().await;
    world.erase(&eraser, 1).await;
    assert_eq!(replay().await, 1, "before the journal is clear");
    world.fill().await;
    clear(&eraser).await;
    assert_eq!(world.conversions.erasing().await.unwrap(), []);
    assert_eq!(replay().await, 1, "and after");
    let withheld = world.ledger_withheld(AUDITOR, 1).await;
    assert_eq!((withheld.events, withheld.reasons.len()), (1, 0));
}

#[tokio::test]
async fn what_was_read_before_an_erasure_is_not_told_after_it() {
    let world = World::new().await;
    let auditor = world.open(AUDITOR).await;
    world.accept(&[world.exposure(1, 1)]).await;
    let eraser = world.eraser().await;
    let (person, key) = (person(&world, 1), world.account(1));
    let settings = Arc::clone(&world.settings);
    *world.journal.once_read.lock() = Some(Happens(Box::pin(async move {
        let begun = eraser.begin(&person);
        settings.erase(key).await.unwrap();
        eraser.erase(&person).await.unwrap();
        drop(begun);
    })));
    world.run(&auditor).await;
    world.run(&auditor).await;
    assert!(world.journal.once_read.lock().is_none());
    assert_eq!(world.told_to(AUDITOR), 0);
    assert_eq!(world.counters(AUDITOR).await.tally.withheld, 1);
}

#[tokio::test]
async fn an_erasure_that_a_crash_cut_off_is_known_before_anything_is_delivered() {
    let world = World::new().await;
    world.accept(&[world.exposure(1, 1), world.exposure(2, 2)]).await;
    // The process that erased is no more, and with it who was being erased.
    let gone = ErasureParts { erasing: Erasing::default(), ..world.erasure_parts() };
    Eraser::open(gone).await.unwrap().erase(&person(&world, 1)).await.unwrap();
    let eraser = world.eraser().await;
    let auditor = world.open(AUDITOR).await;
    world.run(&auditor).await;
    assert_eq!(world.told_to(AUDITOR), 1);
    drop(eraser);
}

#[tokio::test]
async fn an_erasure_that_never_came_about_keeps_nothing_from_anybody() {
    let world = World::new().await;
    let auditor = world.open(AUDITOR).await;
    world.accept(&[world.exposure(1, 1)]).await;
    let eraser = world.eraser().await;
    drop(eraser.begin(&person(&world, 1)));
    world.run(&auditor).await;
    assert_eq!(world.told_to(AUDITOR), 1);
}

#[tokio::test]
async fn what_is_reported_after_an_erasure_and_happened_before_it_goes_to_nobody() {
    let world = World::new().await;
    let (auditor, meter) = (world.open(AUDITOR).await, world.open(METER).await);
    let late = [world.exposure(1, 1), world.exposure(2, 2), world.exposure(3, 1)];
    world.pass(HOUR).await;
    // The person is on: nothing but the erasure forbids it.
    world.eraser().await.erase(&person(&world, 1)).await.unwrap();
    world.pass(HOUR).await;
    world.accept(&late[..2]).await;
    // Whoever is met again is somebody else.
    world.accept(&[world.exposure(4, 1)]).await;
    for (open, partnership) in [(&auditor, AUDITOR), (&meter, METER)] {
        world.run(open).await;
        let tally = world.counters(partnership).await.tally;
        assert_eq!((tally.delivered, tally.withheld), (2, 1), "{partnership}");
        let withheld = world.ledger_withheld(partnership, 1).await;
        assert_eq!((withheld.events, withheld.reasons.len()), (1, 0), "{partnership}");
    }
    world.fill().await;
    assert_eq!(world.asks(1, 1).await["attribution"], Value::Null);
    assert!(world.asks(2, 2).await["attribution"].is_object());
    // The next process knows of it, too.
    let erasing = Erasing::default();
    let parts = ErasureParts { erasing: erasing.clone(), ..world.erasure_parts() };
    drop(Eraser::open(parts).await.unwrap());
    let body = serde_json::to_vec(&late[2..]).unwrap();
    world.intake_with(erasing).accept(&body, Format::Json).await.unwrap();
    world.run(&auditor).await;
    assert_eq!(world.told_to(AUDITOR), 2);
}

#[tokio::test]
async fn what_is_being_taken_in_while_somebody_is_erased_goes_to_nobody() {
    let world = World::new().await;
    let auditor = world.open(AUDITOR).await;
    let late = [world.exposure(1, 1), world.exposure(2, 2)];
    world.pass(HOUR).await;
    let (eraser, person) = (world.eraser().await, person(&world, 1));
    let erased = Arc::new(tokio::sync::Notify::new());
    let is_erased = Arc::clone(&erased);
    *world.journal.once_appending.lock() = Some(Happens(Box::pin(async move {
        tokio::spawn(async move {
            eraser.erase(&person).await.unwrap();
            erased.notify_one();
        });
        // The erasure goes as far as it can.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    })));
    world.accept(&late).await;
    is_erased.notified().await;
    world.run(&auditor).await;
    assert_eq!(world.told_to(AUDITOR), 1);
}

#[tokio::test]
async fn who_was_erased_is_forgotten_once_nothing_is_accepted_of_that_time() {
    let world = World::new().await;
    let late = world.exposure(1, 1);
    world.pass(HOUR).await;
    let at = world.clock.now();
    world.erase(&world.eraser().await, 1).await;
    let gone = world.conversions.gone().await.unwrap();
    assert_eq!(gone.into_iter().map(|(_, until)| until).collect::<Vec<_>>(), [at]);
    world.shelf.forget().await.unwrap();
    for _ in 0..38 * 24 {
        world.pass(HOUR).await;
        world.shelf.forget().await.unwrap();
    }
    assert_eq!(world.conversions.gone().await.unwrap().len(), 1);
    let body = serde_json::to_vec(&[late]).unwrap();
    let results = world.intake.accept(&body, Format::Json).await.unwrap();
    assert_eq!(results[0].status, ItemStatus::Refused);
    world.pass(Duration::from_millis(1)).await;
    world.shelf.forget().await.unwrap();
    assert_eq!(world.conversions.gone().await.unwrap(), []);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_and_back_has_nobody_forgotten_who_was_erased() {
    let world = World::new().await;
    let auditor = world.open(AUDITOR).await;
    let late = world.exposure(1, 1);
    world.pass(HOUR).await;
    let eraser = world.eraser().await;
    world.erase(&eraser, 1).await;
    world.shelf.forget().await.unwrap();
    let days = Duration::from_hours(60 * 24);
    world.set_ahead(days);
    world.shelf.forget().await.unwrap();
    // Somebody else is erased meanwhile: what is known in memory is looked through.
    world.erase(&eraser, 2).await;
    world.set_back(days);
    world.shelf.forget().await.unwrap();
    world.accept(std::slice::from_ref(&late)).await;
    world.run(&auditor).await;
    assert_eq!(world.told_to(AUDITOR), 0);
    // A start has it from the store.
    let erasing = Erasing::default();
    let parts = ErasureParts { erasing: erasing.clone(), ..world.erasure_parts() };
    Eraser::open(parts).await.unwrap();
    let mut late = late;
    late["id"] = json!("exp_again");
    let body = serde_json::to_vec(&[late]).unwrap();
    let results = world.intake_with(erasing).accept(&body, Format::Json).await.unwrap();
    assert_eq!(results[0].status, ItemStatus::Accepted);
    world.run(&auditor).await;
    assert_eq!(world.told_to(AUDITOR), 0);
}

#[tokio::test]
async fn an_erasure_waits_for_what_is_taken_in_also_where_whoever_brought_it_goes_away() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let eraser = world.eraser().await;
    let (append, appends) = tokio::sync::oneshot::channel::<()>();
    *world.journal.once_appending.lock() = Some(Happens(Box::pin(async move {
        drop(appends.await);
    })));
    let body = serde_json::to_vec(&[world.exposure(1, 1)]).unwrap();
    {
        let mut bringing = std::pin::pin!(world.intake.accept(&body, Format::Json));
        assert!(futures_util::poll!(&mut bringing).is_pending());
        tokio::task::yield_now().await;
        assert!(futures_util::poll!(&mut bringing).is_pending());
    }
    let person = person(&world, 1);
    let mut erasing = std::pin::pin!(eraser.erase(&person));
    assert!(futures_util::poll!(&mut erasing).is_pending(), "what is on its way is waited for");
    append.send(()).unwrap();
    erasing.await.unwrap();
    clear(&eraser).await;
    world.run(&meter).await;
    assert_eq!(world.told_to(METER), 0);
}

#[tokio::test]
async fn more_is_forgotten_between_two_steps_than_a_step_puts_on_the_shelf() {
    let world = World::new().await;
    for first in [0, 1_000] {
        let exposures: Vec<Value> =
            (first..first + 900).map(|number| world.exposure(number, number)).collect();
        world.accept(&exposures).await;
    }
    world.fill().await;
    world.pass(HOUR * 24 * 68).await;
    assert_eq!(world.shelf.forget().await.unwrap(), Left::Nothing);
}
