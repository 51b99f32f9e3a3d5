//! Buyers seen, in the database and in memory.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_exchange::{
    Buyer, Buyers, MemoryBuyers, Sightings,
    buyers::conformance::{Sighted, check_buyers},
};
use sluicegate_gate::time::UnixMillis;
use sluicegate_store::Sqlite;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

fn packets() -> impl Strategy<Value = Vec<Vec<Sighted>>> {
    let sighted = (0..3_u8, 0..3_u8, 0..3_u8, any::<i32>()).prop_map(
        |(partnership, seat, advertiser, at)| Sighted { partnership, seat, advertiser, at },
    );
    prop::collection::vec(prop::collection::vec(sighted, 0..8), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn buyers_in_the_database_are_a_map(packets in packets()) {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            check_buyers(&sqlite, &packets).await.unwrap();
        });
    }
}

proptest! {
    #[test]
    fn buyers_in_memory_are_a_map(packets in packets()) {
        run(async { check_buyers(&MemoryBuyers::default(), &packets).await.unwrap() });
    }
}

#[test]
fn buyers_are_there_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let buyer = Buyer {
        partnership: "north".parse().unwrap(),
        seat: String::from("seat-1"),
        advertiser: String::from("shop.example"),
    };
    let seen = Sightings { first: UnixMillis(3), last: UnixMillis(9), bids: 4 };
    run(async {
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        sqlite.add(vec![(buyer.clone(), seen)]).await.unwrap();
        sqlite.close().await;
        let sqlite = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(sqlite.all().await.unwrap(), [(buyer, seen)]);
    });
}

#[test]
fn a_buyer_beyond_the_last_place_is_said_not_to_be_kept() {
    let full: Vec<_> = (0..=sluicegate_exchange::BUYERS_MAX).map(numbered).collect();
    for buyers in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let kept: Box<dyn Buyers> = if buyers {
                Box::new(Sqlite::open(dir.path()).await.unwrap())
            } else {
                Box::new(MemoryBuyers::default())
            };
            assert_eq!(kept.add(full.clone()).await.unwrap(), 1);
            // Who is known goes on being counted.
            assert_eq!(kept.add(vec![numbered(0)]).await.unwrap(), 0);
            let all = kept.all().await.unwrap();
            assert_eq!(all.len(), sluicegate_exchange::BUYERS_MAX);
            assert_eq!(all.iter().filter(|(_, seen)| seen.bids == 2).count(), 1);
            // Another partnership has room of its own.
            let (mut other, seen) = numbered(0);
            other.partnership = "south".parse().unwrap();
            assert_eq!(kept.add(vec![(other, seen)]).await.unwrap(), 0);
        });
    }
}

fn numbered(number: usize) -> (Buyer, Sightings) {
    let buyer = Buyer {
        partnership: "north".parse().unwrap(),
        seat: String::new(),
        advertiser: format!("shop{number}.example"),
    };
    (buyer, Sightings { first: UnixMillis(1), last: UnixMillis(1), bids: 1 })
}
