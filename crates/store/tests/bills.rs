//! Bills, in the database and in memory.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_exchange::{
    BillId, Bills, DeadReason, MemoryBills, NewBill, Put, Report, Settled, Trim,
    conformance::{Action, check},
};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_store::Sqlite;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        5 => (0..12_u8, prop::option::weighted(0.9, 0..3_u8), 0..4_u8)
            .prop_map(|(id, partnership, waiting_max)| Action::Put { id, partnership, waiting_max }),
        5 => (0..12_u8, any::<u8>()).prop_map(|(id, how)| Action::Settle { id, how }),
        1 => (0..3_u8).prop_map(|partnership| Action::PutBack { partnership }),
        1 => (0..9_u8).prop_map(|actions| Action::Trim { actions }),
    ];
    prop::collection::vec(action, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn bills_in_the_database_are_a_list(actions in actions()) {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            check(sqlite, &actions).await.unwrap();
        });
    }
}

proptest! {
    #[test]
    fn bills_in_memory_are_a_list(actions in actions()) {
        run(async { check(MemoryBills::default(), &actions).await.unwrap() });
    }
}

fn north() -> PartnershipId {
    "north".parse().unwrap()
}

fn report(id: u128) -> Report {
    Report {
        id: BillId(id),
        at: UnixMillis(5),
        expires: UnixMillis(10),
        bill: Some(NewBill { partnership: north(), sealed: vec![7; 40], waiting_max: 100 }),
    }
}

#[test]
fn what_was_put_and_given_up_is_there_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        for id in 0..3 {
            assert_eq!(sqlite.put(report(id)).await.unwrap(), Put::Kept);
        }
        sqlite.settle(BillId(0), Settled::Accepted).await.unwrap();
        let dead = Settled::Dead { failures: 2, reason: DeadReason::Gone, at: UnixMillis(6) };
        sqlite.settle(BillId(1), dead).await.unwrap();
        sqlite.close().await;
    });
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        for id in 0..3 {
            assert_eq!(sqlite.put(report(id)).await.unwrap(), Put::Known);
        }
        let waiting = sqlite.waiting(north(), 9).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].id), (1, BillId(2)));
        assert_eq!(waiting[0].sealed, vec![7; 40]);
        let counts = sqlite.counts().await.unwrap();
        assert_eq!((counts[0].waiting, counts[0].accepted), (1, 1));
        assert_eq!(counts[0].dead, [(DeadReason::Gone, 1)]);
        assert_eq!(sqlite.put_back(north(), UnixMillis(7)).await.unwrap(), 1);
        assert_eq!(sqlite.waiting(north(), 9).await.unwrap().len(), 2);
    });
}

#[test]
fn reports_put_at_the_same_time_count_once() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        let puts = (0..40).map(|number| {
            let sqlite = sqlite.clone();
            async move { sqlite.put(report(number % 4)).await.unwrap() }
        });
        let put = futures_util::future::join_all(puts).await;
        assert_eq!(put.iter().filter(|put| **put == Put::Kept).count(), 4);
        assert_eq!(sqlite.waiting(north(), 99).await.unwrap().len(), 4);
        let trim = Trim { expired_before: UnixMillis(11), dead_before: UnixMillis(0) };
        sqlite.trim(trim).await.unwrap();
        // A bill that waits is known for as long as it does.
        assert_eq!(sqlite.put(report(0)).await.unwrap(), Put::Known);
    });
}
