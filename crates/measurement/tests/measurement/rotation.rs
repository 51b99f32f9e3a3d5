//! While the key behind a partner's device ids rotates, a device is one device.

use crate::world::{CAPS, GAUGE, World, id};
use serde_json::{Value, json};
use sluicegate_gate::Secret;
use sluicegate_measurement::Keys;
use std::time::Duration;

impl World {
    /// A conversion as the gauge reports it by the key that it had before: its keys are generations 2 and 1.
    fn by_the_old_key(&self, number: u32, person: u32) -> Value {
        let before = Keys::new(Secret::new([9; 32])).partner(&id(GAUGE));
        let ifa = format!("38400000-8cf0-11bd-b23e-{person:012}");
        let mut install = self.install(GAUGE, number, person);
        install["user_data"]["device_id_hash"] = json!(before.device_id(&ifa));
        install
    }
}

fn statuses(answer: &Value) -> Vec<u64> {
    let results = answer["results"].as_array().unwrap().iter();
    results.map(|one| one["status"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_device_has_one_number_for_the_day_whichever_key_it_is_reported_by() {
    let mut all = Vec::new();
    for person in [7, 99] {
        let world = World::new().await;
        world.clicked(1, 7).await;
        let new = (0..5).map(|number| world.install(GAUGE, number, person));
        let old = (10..15).map(|number| world.by_the_old_key(number, person));
        let answer = world.report(GAUGE, &new.chain(old).collect()).await;
        let statuses = statuses(&answer);
        let taken = statuses.iter().filter(|status| **status == 200).count();
        assert!(u64::try_from(taken).unwrap() <= CAPS.per_device_per_day, "{statuses:?}");
        assert!(statuses[..2].iter().chain(&statuses[5..7]).all(|status| *status == 200));
        let event = |mut event: Value| {
            event["event_type"] = json!("purchase");
            event.as_object_mut().unwrap().remove("windows");
            event
        };
        let new = (20..30).map(|number| event(world.install(GAUGE, number, person)));
        let old = (30..40).map(|number| event(world.by_the_old_key(number, person)));
        let statuses = world.happened(GAUGE, &new.chain(old).collect()).await;
        let taken = statuses.iter().filter(|status| **status == 200).count();
        assert!(u64::try_from(taken).unwrap() <= CAPS.events_per_device_per_day, "{statuses:?}");
        all.push((answer["results"][9].clone(), statuses));
    }
    assert_eq!(all[0], all[1], "whether a device is known shows in nothing");
}

#[tokio::test]
async fn a_repeat_by_the_other_key_is_the_same_conversion() {
    for person in [7, 99] {
        let world = World::new().await;
        world.clicked(1, 7).await;
        let first = world.report(GAUGE, &world.by_the_old_key(1, person)).await;
        let mut again = world.install(GAUGE, 1, person);
        for _ in 0..3 {
            let repeat = world.report(GAUGE, &json!([again])).await["results"][0].clone();
            assert_eq!((&repeat["status"], &repeat["duplicate"]), (&json!(200), &json!(true)));
            assert_eq!(repeat["conversion_id"], first["conversion_id"]);
            assert_eq!(repeat["attribution"], first["attribution"]);
            assert_eq!(repeat["attribution"].is_object(), person == 7);
            again = world.by_the_old_key(1, person);
        }
        // Another device under the same ids is told nothing of its own.
        world.clicked(2, 8).await;
        let other = world.by_the_old_key(1, 8);
        let mut other_now = again.clone();
        other_now["user_data"] = other["user_data"].clone();
        let answer = world.report(GAUGE, &json!([other_now])).await["results"][0].clone();
        assert_eq!(answer["attribution"], first["attribution"]);
        assert_eq!(world.counted("installs_click").await, i64::from(person == 7));
    }
}

#[tokio::test]
async fn an_install_told_under_one_key_is_not_told_again_under_the_other() {
    for old_first in [true, false] {
        let world = World::new().await;
        world.clicked(1, 7).await;
        let by = |old: bool, number| {
            if old { world.by_the_old_key(number, 7) } else { world.install(GAUGE, number, 7) }
        };
        assert!(world.report(GAUGE, &by(old_first, 1)).await["attribution"].is_object());
        world.pass(Duration::from_mins(1)).await;
        let told = world.report(GAUGE, &by(!old_first, 2)).await;
        assert!(told["attribution"].is_null(), "{told}");
        assert_eq!(world.counted("installs_click").await, 1);
    }
}
