//! Touches and conversions, in the database.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use futures_util::future::join_all;
use proptest::prelude::*;
use sluicegate_gate::{AdvertiserId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{
    AMOUNT_MAX, Active, Alias, AppUse, Cap, Caps, Claim, ClaimToken, ConversionId, Conversions,
    Count, CountKey, Counting, CountsOf, Entered, Erasure, Left, LeftOut, MemoryConversions,
    NewConversion, Noted, Old, Outcome, Recurring, Settled, Sort, ToldElsewhere, Turn, Whose,
    conformance::{Action, check},
};
use sluicegate_measurement::{
    ConversionType, Fingerprint, Journal as _, NewPack, Position, report::Releases as _,
};
use sluicegate_store::Sqlite;
use std::time::Duration;

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
        3 => (few.clone(), few.clone()).prop_map(|(device, at)| Action::Use { device, at }),
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
    fn reports_that_come_at_once_are_decided_as_if_one_came_after_the_other(
        reports in prop::collection::vec(
            (0..2_u8, prop::collection::vec((0..5_u8, 0..2_u8, 0..3_u8, 0..9_i64), 1..6)), 1..8),
        settled in prop::collection::vec(any::<bool>(), 8),
    ) {
        let new = |(id, content, device, at): &(u8, u8, u8, i64)| NewConversion {
            id: ConversionId([*id; 16]),
            content: [*content; 16],
            alias: Alias([*device; 16]),
            installation: Alias([*device; 16]),
            sort: if *at % 2 == 0 { Sort::Install } else { Sort::InApp },
            happened: UnixMillis(*at),
            sealed: vec![7],
        };
        let caps = Caps {
            per_day: 6, per_device_per_day: 4, events_per_day: 4, events_per_device_per_day: 3,
        };
        let who = |number: u8| if number == 0 { "meter" } else { "other" }.parse().unwrap();
        let of = |all: &Vec<_>| -> Vec<NewConversion> { all.iter().map(new).collect() };
        let at = UnixMillis(10);
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let (memory, sqlite) =
                (MemoryConversions::default(), Sqlite::open(dir.path()).await.unwrap());
            let mut expected = Vec::new();
            for (by, all) in &reports {
                expected.push(memory.enter(who(*by), at, caps, of(all)).await.unwrap().entered);
            }
            let between = settled.iter().filter(|is_one| **is_one).map(|_| {
                let conversion = ConversionId([9; 16]);
                let none = Settled { conversion, claim: None, left_out: None, rejections: None };
                sqlite.settle(who(0), at, vec![none])
            });
            let asked = reports.iter().map(async |(by, all)| {
                sqlite.enter(who(*by), at, caps, of(all)).await.unwrap().kept().await
            });
            let (entered, settled) = futures_util::join!(join_all(asked), join_all(between));
            assert!(settled.iter().all(Result::is_ok));
            let entered: Vec<_> = entered.into_iter().map(Result::unwrap).collect();
            assert_eq!(entered, expected);
            assert_eq!(sqlite.asking(Day(0)).await.unwrap(), memory.asking(Day(0)).await.unwrap());
        });
    }

    #[test]
    fn so_does_the_one_in_memory(actions in actions()) {
        run(async { check(MemoryConversions::default(), &actions).await.unwrap() });
    }
}

#[test]
fn a_sum_stops_before_it_is_no_integer_any_more_and_then_stays() {
    async fn is_kept(store: impl Conversions) {
        let advertiser: AdvertiserId = "shop".parse().unwrap();
        let counting = |once, measure: &str, amount| {
            let (line, measure) = (String::from("line"), measure.to_owned());
            let (advertiser, day) = (advertiser.clone(), Day(7));
            let counts = vec![Count { advertiser, day, line, measure, amount }];
            Counting { once: CountKey([once; 16]), at: UnixMillis(0), counts, active: None }
        };
        let sum = async |measure: &str| {
            let counted =
                store.counted(CountsOf::all(advertiser.clone(), Day(7), Day(7))).await.unwrap();
            counted.iter().find(|count| count.measure == measure).unwrap().amount
        };
        let (most, least) = ("revenue:USD", "revenue:EUR");
        for (once, amount) in [(1, AMOUNT_MAX), (2, 1), (3, AMOUNT_MAX)] {
            store.count(vec![counting(once, most, amount)]).await.unwrap();
            assert_eq!(sum(most).await, AMOUNT_MAX);
        }
        // What was cut stays so: it would be a number that looks right.
        let refunds = vec![counting(4, most, -AMOUNT_MAX), counting(5, most, 5)];
        store.count(refunds).await.unwrap();
        assert_eq!(sum(most).await, AMOUNT_MAX);
        for (once, amount, right) in
            [(6, 7, 7), (7, -AMOUNT_MAX, 7 - AMOUNT_MAX), (8, -AMOUNT_MAX, -AMOUNT_MAX)]
        {
            store.count(vec![counting(once, least, amount)]).await.unwrap();
            assert_eq!(sum(least).await, right);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    run(async {
        is_kept(Sqlite::open(dir.path()).await.unwrap()).await;
        is_kept(MemoryConversions::default()).await;
    });
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
    for expected in [
        Entered::Fresh { earlier_install: None },
        Entered::Repeat { instead: None, earlier_install: None },
    ] {
        run(async {
            let sqlite = Sqlite::open(dir.path()).await.unwrap();
            let who = "meter".parse().unwrap();
            let entering = sqlite.enter(who, UnixMillis(7), caps, vec![new.clone()]).await.unwrap();
            assert_eq!(entering.kept().await.unwrap(), [expected]);
            assert_eq!(sqlite.asking(Day(0)).await.unwrap().len(), 1);
            sqlite.close().await;
        });
    }
}

/// An install with a claim, under another hash of its device too.
fn claimed() -> Settled {
    let claim = Claim {
        token: ClaimToken([7; 16]),
        advertiser: "shoes".parse().unwrap(),
        day: Day(0),
        line: String::from("[]"),
        sealed: vec![8],
        recurring: Recurring {
            series: CountKey([9; 16]),
            happened: UnixMillis(1),
            turn: Turn::First,
            counts: Vec::new(),
        },
        installations: vec![Alias([5; 16])],
        people: Vec::new(),
    };
    let conversion = ConversionId([1; 16]);
    Settled { conversion, claim: Some(claim), left_out: None, rejections: None }
}

#[test]
fn what_waits_for_its_tables_is_known_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let caps =
        Caps { per_day: 2, per_device_per_day: 2, events_per_day: 0, events_per_device_per_day: 0 };
    let install = |number: u8, installation: u8| NewConversion {
        id: ConversionId([number; 16]),
        content: [2; 16],
        alias: Alias([3; 16]),
        installation: Alias([installation; 16]),
        sort: Sort::Install,
        happened: UnixMillis(i64::from(number)),
        sealed: vec![6],
    };
    let now = UnixMillis(5);
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let who = "meter".parse().unwrap();
        let entering = store.enter(who, now, caps, vec![install(1, 4)]).await.unwrap();
        entering.kept().await.unwrap();
        store.settle("meter".parse().unwrap(), now, vec![claimed()]).await.unwrap();
        store.close().await;
    });
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        // The first is known by its device's other hash; the device has had its number with the next.
        let body = vec![install(2, 5), install(3, 5)];
        let entering = store.enter("meter".parse().unwrap(), now, caps, body).await.unwrap();
        let entered = entering.kept().await.unwrap();
        let earlier_install = Some(UnixMillis(1));
        let full = Entered::Capped(Cap::Partnership);
        assert_eq!(entered, [Entered::Fresh { earlier_install }, full]);
        let token = ClaimToken([7; 16]);
        let noted = store.note("meter".parse().unwrap(), now, token, Outcome::Won).await.unwrap();
        assert_eq!(noted, Noted::Kept);
        let asking = store.asking(Day::of(now)).await.unwrap();
        assert_eq!((asking[0].asked, asking[0].claimed, asking[0].capped), (2, 1, 1));
        store.close().await;
    });
}

/// Changes or asks for something behind the back of the program.
async fn behind(store: &Sqlite, sql: &'static str) -> Option<i64> {
    let work = store.write(move |connection| {
        Box::pin(async move { Ok(sqlx::query_scalar(sql).fetch_optional(connection).await?) })
    });
    work.await.unwrap()
}

const ROOMY: Caps =
    Caps { per_day: 99, per_device_per_day: 99, events_per_day: 0, events_per_device_per_day: 0 };

/// An install on a device of its own.
fn install(number: u8) -> NewConversion {
    NewConversion {
        id: ConversionId([number; 16]),
        content: [2; 16],
        alias: Alias([100 + number; 16]),
        installation: Alias([200 + number; 16]),
        sort: Sort::Install,
        happened: UnixMillis(i64::from(number)),
        sealed: vec![6; 40],
    }
}

/// What became of that install: a claim of a person of its own.
fn claim_of(number: u8) -> Settled {
    let Settled { claim, .. } = claimed();
    let count = Count {
        advertiser: "shoes".parse().unwrap(),
        day: Day(0),
        line: String::from("[]"),
        measure: String::from("installs"),
        amount: 1,
    };
    let claim = claim.map(|claim| Claim {
        token: ClaimToken([number; 16]),
        recurring: Recurring {
            series: CountKey([number; 16]),
            counts: vec![count],
            ..claim.recurring
        },
        installations: vec![Alias([200 + number; 16])],
        people: vec![Whose([50 + number; 16])],
        ..claim
    });
    Settled { conversion: ConversionId([number; 16]), claim, left_out: None, rejections: None }
}

async fn reported(store: &Sqlite, number: u8) {
    let who = || "meter".parse().unwrap();
    let at = UnixMillis(5);
    store.enter(who(), at, ROOMY, vec![install(number)]).await.unwrap();
    store.settle(who(), at, vec![claim_of(number)]).await.unwrap();
}

/// Returns how many installs the report counts.
async fn counted(store: &Sqlite) -> i64 {
    let counts =
        store.counted(CountsOf::all("shoes".parse().unwrap(), Day(0), Day(0))).await.unwrap();
    counts.iter().map(|count| count.amount).sum()
}

/// Erases the person of an install.
async fn erased(store: &Sqlite, number: u8) -> u64 {
    let erasure = Erasure {
        people: vec![Whose([50 + number; 16])],
        aliases: vec![Alias([100 + number; 16])],
        until: Position(0),
        left_out: Vec::new(),
        at: UnixMillis(9),
    };
    store.erase(erasure).await.unwrap().conversions
}

/// One bit of what is sealed in the first body that waits.
const DAMAGE: &str = "UPDATE conversion_waiting SET body = CAST(substr(body, 1, length(body) - 12)
    || X'07' || substr(body, length(body) - 10) AS BLOB)
    WHERE number = (SELECT min(number) FROM conversion_waiting) RETURNING number";

#[test]
fn a_body_that_does_not_read_back_is_set_aside_and_the_others_go_on() {
    // While it runs, and at the start.
    for is_restarted in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let mut store = Sqlite::open(dir.path()).await.unwrap();
            for number in [1, 2] {
                reported(&store, number).await;
            }
            assert!(behind(&store, DAMAGE).await.is_some());
            if is_restarted {
                store.close().await;
                store = Sqlite::open(dir.path()).await.unwrap();
            }
            assert_eq!(counted(&store).await, 1, "the second is in the report");
            // The body of the first install, and what became of it.
            assert_eq!(store.set_aside().await.unwrap(), 2);
            reported(&store, 3).await;
            store.close().await;
            let store = Sqlite::open(dir.path()).await.unwrap();
            assert_eq!((counted(&store).await, store.set_aside().await.unwrap()), (2, 2));
            let why = "SELECT count(*) FROM conversion_set_aside
                WHERE why IN ('a stored value is corrupt: conversions that wait',
                    'its conversions are not in their table')";
            assert_eq!(behind(&store, why).await, Some(2));
            store.close().await;
        });
    }
}

#[test]
fn a_body_that_the_tables_refuse_is_set_aside_alone() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        reported(&store, 1).await;
        assert_eq!(counted(&store).await, 1);
        // Its id is that of a conversion in the table already, which no body of the program's has.
        for number in [4, 2, 3] {
            reported(&store, number).await;
        }
        let sql = "INSERT INTO conversion (id, content, partnership, alias, installation,
                is_install, is_event, happened, accepted_at, sealed)
            SELECT X'02020202020202020202020202020202', content, partnership, alias,
                installation, is_install, is_event, happened, accepted_at, sealed
            FROM conversion RETURNING 1";
        assert_eq!(behind(&store, sql).await, Some(1));
        assert_eq!(counted(&store).await, 4);
        assert_eq!(store.set_aside().await.unwrap(), 1);
        store.close().await;
    });
}

#[test]
fn an_erasure_reaches_what_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let who = || "meter".parse().unwrap();
        let at = UnixMillis(5);
        // The first body does not read back, and has two people; the second is refused by the tables, and has two more.
        for pair in [[1, 2], [3, 4]] {
            store.enter(who(), at, ROOMY, pair.map(install).to_vec()).await.unwrap();
            store.settle(who(), at, pair.map(claim_of).to_vec()).await.unwrap();
        }
        assert!(behind(&store, DAMAGE).await.is_some());
        let sql = "INSERT INTO conversion (id, content, partnership, alias, installation,
                is_install, is_event, happened, accepted_at, sealed)
            VALUES (X'03030303030303030303030303030303', zeroblob(16), 'meter', zeroblob(16),
                zeroblob(16), 1, 0, 0, 0, X'00') RETURNING 1";
        assert_eq!(behind(&store, sql).await, Some(1));
        assert_eq!((counted(&store).await, store.set_aside().await.unwrap()), (1, 4));
        // Nobody whom it is about.
        assert_eq!((erased(&store, 9).await, store.set_aside().await.unwrap()), (0, 4));
        // Of one of two, the other stays as it was.
        assert_eq!((erased(&store, 4).await, store.set_aside().await.unwrap()), (1, 3));
        // What does not read back goes as a whole.
        assert_eq!((erased(&store, 1).await, store.set_aside().await.unwrap()), (0, 2));
        // Digests of the first and the fourth are nowhere; those of the second and the third are.
        let sql = "SELECT sum(instr(hex(body), '65656565') + instr(hex(body), '33333333')
                + instr(hex(body), '68686868') + instr(hex(body), '36363636')) = 0
                AND sum(instr(hex(body), '34343434')) > 0 AND sum(instr(hex(body), '67676767')) > 0
            FROM conversion_set_aside";
        assert_eq!(behind(&store, sql).await, Some(1));
        store.close().await;
    });
}

#[test]
fn what_is_set_aside_is_kept_for_so_long_after_it_was_seen() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        reported(&store, 1).await;
        assert!(behind(&store, DAMAGE).await.is_some());
        let look = |now: i64| {
            let zero = UnixMillis(0);
            let (set_aside, now) = (UnixMillis(now - 30), UnixMillis(now));
            let (conversions, erasures, remembered) = (zero, zero, Duration::ZERO);
            let left_out = Day(0);
            let old =
                Old { touches: zero, conversions, left_out, set_aside, erasures, remembered, now };
            Conversions::forget(&store, old, 9)
        };
        for (now, expected) in [(100, 2), (130, 2), (131, 0)] {
            look(now).await.unwrap();
            assert_eq!(store.set_aside().await.unwrap(), expected);
        }
        store.close().await;
    });
}

#[test]
fn of_who_is_in_totals_only_a_number_is_left_once_the_month_is_over() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        reported(&store, 1).await;
        for (number, day) in [(1, 28), (2, 28), (3, 33)] {
            let left_out = LeftOut {
                advertiser: "shoes".parse().unwrap(),
                month: String::from("1970-01"),
                day: Day(day),
                counts_as: ConversionType::Install,
                people: vec![[number; 16], [number + 100; 16], LeftOut::NOBODY],
            };
            let conversion = ConversionId([number + 10; 16]);
            let settled =
                Settled { conversion, claim: None, left_out: Some(left_out), rejections: None };
            store.settle("meter".parse().unwrap(), UnixMillis(5), vec![settled]).await.unwrap();
        }
        let zero = UnixMillis(0);
        let old = Old {
            touches: zero,
            conversions: zero,
            left_out: Day(31),
            set_aside: zero,
            erasures: zero,
            remembered: Duration::ZERO,
            now: zero,
        };
        assert_eq!(Conversions::forget(&store, old, 2).await.unwrap(), Left::More);
        assert_eq!(Conversions::forget(&store, old, 2).await.unwrap(), Left::Nothing);
        // Each name is one byte, sixteen times.
        let named = "SELECT count(*) FROM report_left_out
            WHERE hex(person) = replace(hex(zeroblob(16)), '00', substr(hex(person), 1, 2))";
        assert_eq!(behind(&store, named).await, Some(2));
        assert_eq!(behind(&store, "SELECT count(*) FROM report_left_out").await, Some(4));
        let counted = store.left_out("shoes".parse().unwrap(), Day(0), Day(40)).await.unwrap();
        let counted: Vec<_> = counted.iter().map(|one| (one.day.0, one.people)).collect();
        assert_eq!(counted, [(28, 2), (33, 1)]);
        store.close().await;
    });
}

/// A purchase on the day after, which uses the app of the first install's claim.
fn purchase(once: u8, days: u32) -> Counting {
    let count = |measure: &str| Count {
        advertiser: "shoes".parse().unwrap(),
        day: Day(0),
        line: String::from("[]"),
        measure: measure.to_owned(),
        amount: 1,
    };
    let active = Active {
        claim: ClaimToken([1; 16]),
        day: Day(i64::from(once)),
        days,
        once: CountKey([99; 16]),
        counts: vec![count("loyal_users")],
    };
    let counts = vec![count("purchases")];
    Counting { once: CountKey([once; 16]), at: UnixMillis(5), counts, active: Some(active) }
}

#[test]
fn while_conversions_wait_each_rule_sees_them_and_no_answer_waits_for_their_tables() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let (who, at) = (|| "meter".parse().unwrap(), UnixMillis(5));
        // Nothing can be put into the table, so that nothing leaves what waits, whatever tries to.
        let [away, instead, back] = [
            "ALTER TABLE conversion RENAME TO conversion_table",
            "CREATE VIEW conversion AS SELECT * FROM conversion_table",
            "ALTER TABLE conversion_table RENAME TO conversion",
        ];
        behind(&store, away).await;
        behind(&store, instead).await;
        reported(&store, 1).await;
        let caps = Caps { per_device_per_day: 3, ..ROOMY };
        let enter = async |body: Vec<NewConversion>| {
            store.enter(who(), at, caps, body).await.unwrap().kept().await.unwrap()
        };
        // A repeat; another under its id; the same install under another id; and one more than there may be.
        let new = |number, happened| NewConversion {
            id: ConversionId([number; 16]),
            happened: UnixMillis(happened),
            ..install(1)
        };
        let other = NewConversion { content: [9; 16], ..install(1) };
        let (earlier, none) = (Some(UnixMillis(1)), None);
        assert_eq!(
            enter(vec![install(1)]).await,
            [Entered::Repeat { instead: None, earlier_install: none }]
        );
        assert_eq!(enter(vec![other]).await, [Entered::Conflict]);
        let again = enter(vec![new(11, 2)]).await;
        assert_eq!(again, [Entered::Fresh { earlier_install: earlier }]);
        assert_eq!(enter(vec![new(12, 1)]).await, [Entered::Fresh { earlier_install: none }]);
        assert_eq!(enter(vec![new(13, 4)]).await, [Entered::Capped(Cap::Device)]);
        // Another claim of the same install, and the same claim again.
        let same = claim_of(1).claim.map(|claim| claim.recurring);
        let twice = |one: Settled| Settled {
            claim: one.claim.map(|claim| Claim { recurring: same.clone().unwrap(), ..claim }),
            ..one
        };
        store.settle(who(), at, vec![twice(claim_of(11)), claim_of(1)]).await.unwrap();
        // Before the install nothing is credited with it.
        let uses =
            [0, 1, 9].map(|at| AppUse { installation: Alias([201; 16]), at: UnixMillis(at) });
        let own = store.claims(uses.to_vec()).await.unwrap();
        let theirs = store.claims_elsewhere(uses.to_vec()).await.unwrap();
        let own: Vec<_> = own.iter().map(|one| one.as_ref().map(|one| one.token)).collect();
        assert_eq!(own, [None, Some(ClaimToken([1; 16])), Some(ClaimToken([11; 16]))]);
        let told = |happened| {
            let happened = UnixMillis(happened);
            Some(ToldElsewhere { happened, accepted_at: at, outcome: None, unclaimed: None })
        };
        assert_eq!(theirs, [None, told(1), told(2)]);
        // One purchase twice, and another.
        for once in [201, 201, 202] {
            store.count(vec![purchase(once, 2)]).await.unwrap();
        }
        assert!(behind(&store, "SELECT count(*) FROM conversion_waiting").await >= Some(8));
        behind(&store, "DROP VIEW conversion").await;
        behind(&store, back).await;
        let counts =
            store.counted(CountsOf::all("shoes".parse().unwrap(), Day(0), Day(0))).await.unwrap();
        let counts: Vec<_> = counts.iter().map(|one| (one.measure.as_str(), one.amount)).collect();
        assert_eq!(counts, [("installs", 1), ("loyal_users", 1), ("purchases", 2)]);
        assert_eq!(behind(&store, "SELECT count(*) FROM conversion_waiting").await, Some(0));
        store.close().await;
    });
}

#[test]
fn a_claim_that_is_moved_is_found_with_its_outcome_beside_those_that_wait() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let who = || "meter".parse().unwrap();
        for number in [1, 2] {
            reported(&store, number).await;
        }
        // What comes before it is moved with it.
        let noted =
            store.note(who(), UnixMillis(5), ClaimToken([2; 16]), Outcome::Lost).await.unwrap();
        assert_eq!(noted, Noted::Kept);
        reported(&store, 3).await;
        let uses: Vec<AppUse> = [201, 202, 203]
            .map(|app| AppUse { installation: Alias([app; 16]), at: UnixMillis(9) })
            .to_vec();
        let theirs = store.claims_elsewhere(uses.clone()).await.unwrap();
        let outcomes: Vec<_> = theirs.into_iter().map(|one| one.unwrap().outcome).collect();
        assert_eq!(outcomes, [None, Some(Outcome::Lost), None]);
        let own = store.claims(uses).await.unwrap();
        let outcomes: Vec<_> = own.into_iter().map(|one| one.unwrap().outcome).collect();
        assert_eq!(outcomes, [None, Some(Outcome::Lost), None]);
        store.close().await;
    });
}

#[test]
fn how_much_a_partnership_asked_is_read_and_nothing_is_moved_for_it() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        // Nothing can be put into the table.
        behind(&store, "ALTER TABLE conversion RENAME TO conversion_table").await;
        behind(&store, "CREATE VIEW conversion AS SELECT * FROM conversion_table").await;
        for number in [1, 2, 2] {
            reported(&store, number).await;
        }
        let none = Settled { claim: None, ..claim_of(3) };
        store.settle("gauge".parse().unwrap(), UnixMillis(5), vec![none]).await.unwrap();
        let asking = store.asking(Day(0)).await.unwrap();
        let [meter] = asking.as_slice() else { panic!("{asking:?}") };
        assert_eq!((meter.asked, meter.claimed, meter.capped), (2, 2, 0));
        behind(&store, "DROP VIEW conversion").await;
        behind(&store, "ALTER TABLE conversion_table RENAME TO conversion").await;
        assert_eq!(counted(&store).await, 2);
        assert_eq!(store.asking(Day(0)).await.unwrap(), asking, "moving counts nothing twice");
        store.close().await;
    });
}

#[test]
fn a_report_that_fails_among_others_that_come_at_once_fails_alone() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON conversion_waiting
            WHEN instr(NEW.body, X'02020202020202020202020202020202') > 0 AND NEW.number > 1
            BEGIN SELECT RAISE(ABORT, 'refused'); END";
        let new = |number| NewConversion { content: [7; 16], ..install(number) };
        let caps = Caps { per_day: 3, ..ROOMY };
        let enter = async |number| {
            let who = "meter".parse().unwrap();
            store.enter(who, UnixMillis(5), caps, vec![new(number)]).await?.kept().await
        };
        enter(1).await.unwrap();
        behind(&store, refuse).await;
        let settle = || store.settle("meter".parse().unwrap(), UnixMillis(5), vec![claim_of(1)]);
        // All are asked before the writer has its turn, so that they are one job.
        let (third, second, settled, fourth) =
            futures_util::join!(enter(3), enter(2), settle(), enter(4));
        let fresh = [Entered::Fresh { earlier_install: None }];
        assert_eq!((third.unwrap(), fourth.unwrap()), (fresh.to_vec(), fresh.to_vec()));
        assert!(settled.is_ok() && second.is_err());
        let asking = store.asking(Day(0)).await.unwrap();
        assert_eq!((asking[0].asked, asking[0].claimed, asking[0].capped), (3, 1, 0));
        behind(&store, "DROP TRIGGER refuse").await;
        // Nothing of it was kept, in the tables or in memory: it is new, and one too many now.
        assert_eq!(enter(2).await.unwrap(), [Entered::Capped(Cap::Partnership)]);
        assert_eq!(
            enter(3).await.unwrap(),
            [Entered::Repeat { instead: None, earlier_install: None }]
        );
        assert_eq!(counted(&store).await, 1);
        store.close().await;
    });
}

#[test]
fn what_was_accepted_before_an_erasure_by_a_clock_that_was_set_back_since_is_before_it() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let erase = async |number: u8, at| {
            let people = vec![Whose([number; 16])];
            let (aliases, until, left_out) = (Vec::new(), Position(0), Vec::new());
            let erasure = Erasure { people, aliases, until, left_out, at: UnixMillis(at) };
            store.erase(erasure).await.unwrap().until
        };
        assert_eq!(erase(1, 50).await, UnixMillis(50));
        let fingerprint = Fingerprint { id: [1; 12], content: [2; 4] };
        let pack =
            NewPack { events: vec![fingerprint], accepted_at: UnixMillis(100), sealed: vec![3] };
        store.append(pack).await.unwrap();
        assert_eq!((erase(2, 40).await, erase(3, 200).await), (UnixMillis(100), UnixMillis(200)));
        assert_eq!(erase(3, 150).await, UnixMillis(200), "nor is what was said before");
        store.close().await;
        let store = Sqlite::open(dir.path()).await.unwrap();
        let gone = [(1, 50), (2, 100), (3, 200)];
        let gone = gone.map(|(number, until)| (Whose([number; 16]), UnixMillis(until)));
        assert_eq!(store.gone().await.unwrap(), gone);
        store.close().await;
    });
}

#[test]
fn a_clock_that_jumps_has_nobody_forgotten_who_was_erased() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let (people, at) = (vec![Whose([1; 16])], UnixMillis(50));
        let (aliases, until, left_out) = (Vec::new(), Position(0), Vec::new());
        store.erase(Erasure { people, aliases, until, left_out, at }).await.unwrap();
        store.close().await;
        let hours = |hours: i64| hours * 3_600_000;
        let jumps =
            [(hours(0), 1), (hours(24 * 40), 1), (hours(0), 1), (hours(1), 1), (hours(2), 0)];
        for (now, left) in jumps {
            let store = Sqlite::open(dir.path()).await.unwrap();
            let old = Old {
                touches: UnixMillis(0),
                conversions: UnixMillis(0),
                left_out: Day(0),
                set_aside: UnixMillis(0),
                erasures: UnixMillis(i64::MAX),
                remembered: Duration::from_hours(3),
                now: UnixMillis(now),
            };
            Conversions::forget(&store, old, 10).await.unwrap();
            assert_eq!(store.gone().await.unwrap().len(), left, "{now}");
            store.close().await;
        }
    });
}

#[test]
fn what_an_erasure_leaves_of_a_series_is_what_was_counted() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        for number in [1, 2] {
            reported(&store, number).await;
        }
        assert_eq!(counted(&store).await, 2);
        let rows = "SELECT count(*) FROM conversion_counted";
        assert_eq!(behind(&store, rows).await, Some(2));
        assert_eq!(erased(&store, 1).await, 1);
        assert_eq!((behind(&store, rows).await, counted(&store).await), (Some(1), 2));
        store.close().await;
    });
}

#[test]
fn a_repeat_is_of_the_device_that_was_reported_first_waiting_or_not() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = Sqlite::open(dir.path()).await.unwrap();
        let (who, at) = (|| "meter".parse().unwrap(), UnixMillis(5));
        let enter = async |body: Vec<NewConversion>| {
            store.enter(who(), at, ROOMY, body).await.unwrap().kept().await.unwrap()
        };
        // An earlier install on the first device, and none on the other.
        let first = NewConversion { happened: UnixMillis(9), ..install(1) };
        let earlier = NewConversion { id: ConversionId([77; 16]), ..install(1) };
        let other =
            NewConversion { alias: Alias([9; 16]), installation: Alias([8; 16]), ..first.clone() };
        let right = [Entered::Repeat {
            instead: Some(first.device()),
            earlier_install: Some(UnixMillis(1)),
        }];
        enter(vec![earlier]).await;
        store.counted(CountsOf::all("shoes".parse().unwrap(), Day(0), Day(0))).await.unwrap();
        // In one body; in the next; and once it is in its table.
        let entered = enter(vec![first.clone(), other.clone()]).await;
        assert_eq!(entered[1..], right);
        assert_eq!(enter(vec![other.clone()]).await, right);
        store.counted(CountsOf::all("shoes".parse().unwrap(), Day(0), Day(0))).await.unwrap();
        assert_eq!(enter(vec![other]).await, right);
        store.close().await;
    });
}
