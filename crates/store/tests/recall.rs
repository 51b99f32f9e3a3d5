//! What partners are owed, in the database.

use proptest::prelude::*;
use sluicegate_recall::conformance::{Action, check};
use sluicegate_store::Sqlite;

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let person = 0..4_u8;
    let action = prop_oneof![
        6 => (person.clone(), 0..3_u8, 0..2_u8, 0..12_u8, 0..6_u8).prop_map(
            |(person, partnership, cause, from, count)| Action::Owe {
                person, partnership, cause, from, count
            }
        ),
        2 => (person.clone(), 0..4_u8, 0..2_u8).prop_map(|(person, version, taken_up)| {
            Action::Aside { person, version, taken_up }
        }),
        2 => (person.clone(), person.clone())
            .prop_map(|(person, other)| Action::Join { person, other }),
        4 => (0..3_u8, 0..2_u8, 1..6_u8).prop_map(|(partnership, kind, ids_max)| Action::Pack {
            partnership, kind, ids_max
        }),
        4 => (0..9_u8, 0..5_u8).prop_map(|(message, sent)| Action::Settle { message, sent }),
        2 => (0..9_u8, 0..3_u8).prop_map(|(message, partnership)| Action::Acknowledge {
            message, partnership
        }),
        1 => (0..3_u8).prop_map(Action::Lapse),
        1 => (0..3_u8).prop_map(Action::Lift),
        1 => (0..3_u8).prop_map(Action::WriteOff),
        2 => (person.clone(), prop::option::of(0..3_u8))
            .prop_map(|(person, request)| Action::Accept { person, request }),
        2 => person.clone().prop_map(Action::Erase),
        2 => (person.clone(), 0..2_u8)
            .prop_map(|(person, before)| Action::Begun { person, before }),
        1 => person.clone().prop_map(Action::Destroyed),
        1 => (person, 0..2_u8).prop_map(|(person, before)| Action::Erased { person, before }),
        2 => (0..4_u8, 0..3_u8).prop_map(|(place, ended)| Action::Delete { place, ended }),
        1 => (0..40_u8).prop_map(Action::Trim),
    ];
    prop::collection::vec(action, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_owed_in_the_database_is_what_is_owed_in_memory(actions in actions()) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            assert!(check(&sqlite, &actions).await.unwrap());
        });
    }
}
