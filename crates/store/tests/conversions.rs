//! Touches and conversions, in the database.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{
    Alias, Caps, ConversionId, Conversions as _, Entered, MemoryConversions, NewConversion, Sort,
    conformance::{Action, check},
};
use sluicegate_store::Sqlite;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let few = 0..6_u8;
    let action = prop_oneof![
        3 => (prop::sample::select(vec![0, 0, 0, 1_u8]), few.clone(), any::<u8>())
            .prop_map(|(skip, device, at)| Action::Shelve { skip, device, at }),
        4 => (few.clone(), 0..3_u8, few.clone(), few.clone())
            .prop_map(|(id, content, device, at)| Action::Enter { id, content, device, at }),
        4 => (few.clone(), any::<u8>()).prop_map(|(id, told)| Action::Settle { id, told }),
        2 => (few.clone(), few.clone()).prop_map(|(id, outcome)| Action::Note { id, outcome }),
        2 => (few.clone(), few.clone(), few.clone())
            .prop_map(|(once, id, day)| Action::Count { once, id, day }),
        1 => (few.clone(), any::<i8>()).prop_map(|(day, amount)| Action::Release { day, amount }),
        1 => (any::<u8>(), 0..20_u8)
            .prop_map(|(touches, conversions)| Action::Forget { touches, conversions }),
        1 => (few.clone(), few.clone(), few.clone())
            .prop_map(|(device, ahead, id)| Action::Erase { device, ahead, id }),
        1 => (few.clone(), few.clone())
            .prop_map(|(device, ahead)| Action::Erased { device, ahead }),
    ];
    prop::collection::vec(action, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_store_of_conversions_keeps_its_contract(actions in actions()) {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            check(sqlite, &actions).await.unwrap();
        });
    }

    #[test]
    fn so_does_the_one_in_memory(actions in actions()) {
        run(async { check(MemoryConversions::default(), &actions).await.unwrap() });
    }
}

#[test]
fn what_was_reported_is_there_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let new = NewConversion {
        id: ConversionId([1; 16]),
        content: [2; 16],
        alias: Alias([3; 16]),
        installation: Alias([4; 16]),
        sort: Sort::Install,
        happened: UnixMillis(5),
        sealed: vec![6],
    };
    let caps = Caps {
        per_day: 10,
        per_device_per_day: 10,
        events_per_day: 0,
        events_per_device_per_day: 0,
    };
    for expected in
        [Entered::Fresh { earlier_install: None }, Entered::Repeat { earlier_install: None }]
    {
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            let who = "meter".parse().unwrap();
            let entered = sqlite.enter(who, UnixMillis(7), caps, vec![new.clone()]).await.unwrap();
            assert_eq!(entered, [expected]);
            assert_eq!(sqlite.asking(Day(0)).await.unwrap().len(), 1);
            sqlite.close().await;
        });
    }
}
