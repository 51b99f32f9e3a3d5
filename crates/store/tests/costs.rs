//! What ads cost, in the database.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_ledger::Day;
use sluicegate_measurement::cost::{
    Cost, Costs, MemoryCosts,
    conformance::{Told, check},
};
use sluicegate_store::Sqlite;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

fn bodies() -> impl Strategy<Value = Vec<Vec<Told>>> {
    let told = any::<([u8; 5], u32)>().prop_map(
        |([advertiser, day, campaign, line_item, currency], micros)| Told {
            advertiser,
            day,
            campaign,
            line_item,
            currency,
            micros,
        },
    );
    prop::collection::vec(prop::collection::vec(told, 0..24), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_store_of_costs_keeps_its_contract(bodies in bodies()) {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            check(&sqlite, &bodies).await.unwrap();
        });
    }

    #[test]
    fn so_does_the_one_in_memory(bodies in bodies()) {
        run(async { check(&MemoryCosts::default(), &bodies).await.unwrap() });
    }
}

#[test]
fn a_cost_that_was_told_is_there_when_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let cost = Cost {
        advertiser: "shop".parse().unwrap(),
        day: Day(20_000),
        campaign: String::from("autumn"),
        line_item: None,
        currency: String::from("EUR"),
        micros: 1_000_000_000_000_000,
    };
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        sqlite.tell(vec![cost.clone()]).await.unwrap();
        sqlite.close().await;
        let again = Sqlite::open(dir.path()).await.unwrap();
        let day = Day(20_000);
        assert_eq!(again.costs(cost.advertiser.clone(), day, day).await.unwrap(), [cost]);
    });
}
