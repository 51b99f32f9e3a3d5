//! The inbox of what partners and advertisers say, in the database.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_audiences::{
    Aside, Inbox as _, Item, NewBatch, Said, Sender, Waiting,
    conformance::{Action, check},
};
use sluicegate_gate::{KeyKind, SubjectKey, time::UnixMillis};
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
        2 => (0..3_usize, any::<bool>())
            .prop_map(|(count, first)| Action::SetAside { count, first }),
        1 => (0..2_u8).prop_map(|content| Action::Erase { content }),
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

fn account(hash: u128) -> SubjectKey {
    SubjectKey { kind: KeyKind::Account, hash }
}

fn batch(name: u8, of: SubjectKey) -> NewBatch {
    let said = Said::Unlisted { audience: "runners".parse().unwrap() };
    NewBatch {
        sender: Sender::Partner("north".parse().unwrap()),
        name: [name; 16],
        content: [name; 16],
        at: UnixMillis(1),
        items: vec![Item::of(of, said)],
    }
}

async fn execute(sqlite: &Sqlite, sql: &'static str) {
    let written = sqlite.write(move |connection| {
        Box::pin(async move {
            sqlx::query(sql).execute(connection).await?;
            Ok(())
        })
    });
    written.await.unwrap();
}

#[test]
fn a_batch_that_does_not_read_back_is_set_aside_alone_and_goes_with_whom_it_names() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        for name in 1..=3 {
            sqlite.put(batch(name, account(u128::from(name)))).await.unwrap();
        }
        // Cut off, and no text at all.
        execute(
            &sqlite,
            "UPDATE audience_batch SET items = substr(items, 1, length(items) - 1) WHERE number = 1",
        )
        .await;
        execute(
            &sqlite,
            "UPDATE audience_batch SET items = CAST(x'ff' || items AS TEXT) WHERE number = 2",
        )
        .await;
        let waiting = sqlite.waiting(10).await.unwrap();
        let read: Vec<bool> = waiting.iter().map(|one| matches!(one, Waiting::Batch(_))).collect();
        assert_eq!(read, [false, false, true]);
        for number in [1, 2] {
            let why = String::from("it does not read back");
            let aside = Aside { why, at: UnixMillis(2), items: None };
            sqlite.set_aside(number, aside).await.unwrap();
        }
        assert_eq!(sqlite.waiting(10).await.unwrap().len(), 1);
        assert_eq!(sqlite.count_set_aside().await.unwrap(), 2);
        sqlite.erase(account(3)).await.unwrap();
        assert_eq!(sqlite.count_set_aside().await.unwrap(), 2);
        sqlite.erase(account(2)).await.unwrap();
        assert_eq!(sqlite.count_set_aside().await.unwrap(), 1);
        sqlite.erase(account(1)).await.unwrap();
        assert_eq!(sqlite.count_set_aside().await.unwrap(), 0);
    });
}
