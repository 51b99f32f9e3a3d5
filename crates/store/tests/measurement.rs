//! The journal of exposures, in the database.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_gate::time::UnixMillis;
use sluicegate_measurement::{
    Appended, Fingerprint, Journal as _, NewPack, Position, Progress, Trim, check_key_store,
    conformance::{Action, check},
};
use sluicegate_store::Sqlite;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

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
    prop::collection::vec(action, 1..40)
}

fn pack(numbers: std::ops::Range<u32>) -> NewPack {
    let fingerprint = |number: u32| {
        let mut id = [0; 12];
        id[..4].copy_from_slice(&number.to_be_bytes());
        Fingerprint { id, content: [1; 4] }
    };
    let sealed = vec![7; 100];
    NewPack { events: numbers.map(fingerprint).collect(), accepted_at: UnixMillis(5), sealed }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_journal_in_the_database_is_a_list(actions in actions()) {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            check(sqlite, &actions).await.unwrap();
        });
    }
}

#[test]
fn what_was_appended_is_there_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(sqlite.append(pack(0..1000)).await.unwrap(), Appended::At(Position(0)));
        sqlite.close().await;
    });
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(sqlite.head().await.unwrap(), Position(1000));
        let read = sqlite.read(Position(999), 5).await.unwrap();
        assert_eq!((read.len(), read[0].count), (1, 1000));
        let again = sqlite.append(pack(999..1001)).await.unwrap();
        let Appended::Known(known) = again else { panic!("{again:?}") };
        assert_eq!((known.len(), known[0].index), (1, 0));
        let next = sqlite.append(pack(1000..1001)).await.unwrap();
        assert_eq!(next, Appended::At(Position(1000)));
    });
}

#[test]
fn the_signing_keys_in_the_database_keep_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        assert!(check_key_store(&sqlite).await.unwrap());
    });
}

#[test]
fn packs_appended_at_the_same_time_share_no_position_and_no_id() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        let packs = (0..40).map(|number| {
            let sqlite = sqlite.clone();
            // Every pack shares its last event with the next one's first.
            async move { sqlite.append(pack(number * 10..number * 10 + 11)).await.unwrap() }
        });
        let appended = futures_util::future::join_all(packs).await;
        let mut firsts: Vec<u64> = appended
            .into_iter()
            .filter_map(|appended| match appended {
                Appended::At(position) => Some(position.0),
                Appended::Known(_) => None,
            })
            .collect();
        firsts.sort_unstable();
        let expected: Vec<u64> = (0..).map(|pack| pack * 11).take(firsts.len()).collect();
        assert_eq!(firsts, expected);
        let head = sqlite.head().await.unwrap().0;
        assert_eq!(head, 11 * u64::try_from(firsts.len()).unwrap());
    });
}

#[test]
fn other_writes_go_on_between_while_much_of_the_journal_is_forgotten() {
    const PACKS: u32 = 200;
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        for number in 0..PACKS {
            let sealed = vec![7; 100_000];
            sqlite.append(NewPack { sealed, ..pack(number..number + 1) }).await.unwrap();
        }
        let what = Trim { ids_before: UnixMillis(6), packs_before: Position(PACKS.into()) };
        let mut trimming = std::pin::pin!(sqlite.trim(what));
        let mut between = 0;
        loop {
            let commit = sqlite.commit("meter".parse().unwrap(), Progress::default(), Vec::new());
            tokio::select! {
                trimmed = &mut trimming => break trimmed.unwrap(),
                committed = commit => committed.unwrap(),
            }
            between += 1;
        }
        assert!(between >= 40, "{between} writes went between");
        assert!(sqlite.read(Position(0), 1).await.unwrap().is_empty());
        let again = sqlite.append(pack(0..1)).await.unwrap();
        assert_eq!(again, Appended::At(Position(PACKS.into())), "its id is forgotten");
    });
}
