//! The contract of the journal, run against the one in memory.

use proptest::prelude::*;
use sluicegate_measurement::{
    MemoryJournal,
    conformance::{Action, check},
};

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 1..9).prop_map(|ids| Action::Append { ids }),
        3 => (0..60_u64, 1..5_usize)
            .prop_map(|(from, packs_max)| Action::Read { from, packs_max }),
        3 => (0..3_u8, 0..60_u64)
            .prop_map(|(partnership, cursor)| Action::Commit { partnership, cursor }),
        1 => (0..3_u8, 0..60_u64)
            .prop_map(|(partnership, cursor)| Action::Revive { partnership, cursor }),
        1 => (0..60_i64, 0..60_u64)
            .prop_map(|(ids_before, packs_before)| Action::Trim { ids_before, packs_before }),
        1 => (0..40_u64).prop_map(|first| Action::Rewrite { first }),
    ];
    prop::collection::vec(action, 1..60)
}

proptest! {
    #[test]
    fn the_journal_in_memory_is_a_list(actions in actions()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check(MemoryJournal::default(), &actions)).unwrap();
    }
}
