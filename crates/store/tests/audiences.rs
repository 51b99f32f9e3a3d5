//! The inbox of what partners and advertisers say, in the database.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_audiences::conformance::{Action, check};
use sluicegate_store::Sqlite;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        6 => (0..3_u8, 0..6_u8, 0..2_u8)
            .prop_map(|(sender, name, content)| Action::Put { sender, name, content }),
        2 => (0..3_usize).prop_map(|count| Action::Done { count }),
        1 => (0..20_u8).prop_map(|age| Action::Trim { age }),
    ];
    prop::collection::vec(action, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_inbox_in_the_database_is_a_list(actions in actions()) {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            check(&sqlite, &actions).await.unwrap();
        });
    }
}

#[test]
fn a_sender_that_fills_the_inbox_leaves_room_for_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let put = |sender, name| Action::Put { sender, name, content: 0 };
    let fills: Vec<Action> = (0..70)
        .map(|name| put(1, name))
        .chain([put(2, 0), Action::Done { count: 2 }, put(1, 99)])
        .collect();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        check(&sqlite, &fills).await.unwrap();
    });
}
