//! The ledger's tables against a ledger in memory: any batches, in any number of lives of the process, each
//! cut off at some point of a merge, say the same.

use super::*;
use proptest::prelude::*;
use sluicegate_gate::{Categories, EditionHash, Path, Reason};
use sluicegate_ledger::{
    Fields, Kind, OutlineRow, PROGRAM, Slip, SlipsRow, Someone, TotalRow, WithheldTotal,
    memory::MemoryStore,
};
use std::{collections::HashMap, path::Path as FilePath};

/// So little that merges begin all the time.
const LITTLE: Enough = Enough { rows: 6, bytes: 2_000 };
const SUBJECTS: [SubjectKey; 3] = [
    SubjectKey { kind: KeyKind::Account, hash: 7 },
    SubjectKey { kind: KeyKind::Device, hash: 7 },
    SubjectKey { kind: KeyKind::Browser, hash: u128::MAX },
];
const DAYS: RangeInclusive<Day> = Day(0)..=Day(9);
const EVER: Range<UnixMillis> = UnixMillis(0)..UnixMillis(i64::MAX);

/// What one row of a batch is made of.
type Seed = (u8, u8, u8, u8);

fn partnership(seed: Seed) -> PartnershipId {
    ["east", "north"][usize::from(seed.1 % 2)].parse().unwrap()
}

fn subject(seed: Seed) -> SubjectKey {
    SUBJECTS[usize::from(seed.0 % 3)]
}

fn day(seed: Seed) -> Day {
    Day(i64::from(seed.2 % 3))
}

fn count(seed: Seed) -> u64 {
    u64::from(seed.3) + 1
}

fn told(seed: Seed) -> ToldRow {
    let at = day(seed).start().0 + i64::from(seed.3);
    ToldRow {
        key: key(seed),
        partnership: partnership(seed),
        day: day(seed),
        digest: [seed.2 % 5; 16],
        path: Path::BidRequest,
        categories: Categories::ALL,
        edition: EditionHash([seed.3; 32]),
        sealed: seed.3.is_multiple_of(3).then(|| vec![seed.3; 40]),
        count: count(seed),
        first: UnixMillis(at),
        last: UnixMillis(at + i64::from(seed.1)),
    }
}

fn key(seed: Seed) -> KeyId {
    KeyId(u64::from(seed.0 % 3))
}

fn outline(seed: Seed) -> OutlineRow {
    let kind = Kind {
        path: Path::BidRequest,
        partnership: partnership(seed),
        edition: EditionHash([seed.0; 32]),
        program: PROGRAM.into(),
        categories: Categories::ALL,
        fields: Fields::default(),
    };
    OutlineRow {
        at: UnixMillis(i64::from(seed.2)),
        kind: Arc::new(kind),
        disclosures: 1,
        people: vec![Someone::new(subject(seed).kind, key(seed))],
    }
}

fn batch(seeds: &[Seed]) -> LedgerBatch {
    let reason = |seed: Seed| [Reason::Gpc, Reason::NoKey][usize::from(seed.3 % 2)];
    let mut batch = LedgerBatch::default();
    for seed in seeds.iter().copied() {
        let (partnership, day, count) = (partnership(seed), day(seed), count(seed));
        match seed.0 % 6 {
            0..=2 => batch.told.push(told(seed)),
            3 => {
                let (subject, reason) = (subject(seed), reason(seed));
                batch.withheld.push(WithheldRow { subject, partnership, day, reason, count });
            }
            4 => {
                let (path, reason) = (Path::Exposures, reason(seed));
                let row = WithheldTotal { partnership, day, path, reason, count };
                batch.withheld_totals.push(row);
            }
            _ => batch.totals.push(TotalRow {
                partnership,
                day,
                path: Path::BidRequest,
                messages: count,
                disclosures: 1,
                withheld: 2,
            }),
        }
        if seed.2 % 2 == 0 {
            batch.outlines.push(outline(seed));
        }
        if seed.1 % 4 == 3 {
            let slip = Slip { keys: vec![subject(seed)], reasons: vec![reason(seed)] };
            let (partnership, path) = (self::partnership(seed), Path::Touches);
            let slips = vec![None, Some(slip), None];
            batch.slips.push(SlipsRow { partnership, day, path, slips });
        }
    }
    let leaves = seeds.iter().filter(|seed| seed.2 % 2 == 0).map(|seed| seed.3).collect::<Vec<_>>();
    if let Some(messages) = leaves.first() {
        batch.leaves = Some(NewLeaves { messages: u64::from(*messages), leaves });
    }
    batch
}

/// Compares everything that can be asked for.
async fn compare(store: &Sqlite, model: &MemoryStore) {
    for key in (0..3).map(KeyId) {
        let mut rows =
            [store.told(key, EVER).await, model.told(key, EVER).await].map(Result::unwrap);
        for rows in &mut rows {
            rows.sort_by_key(|row| (row.partnership.clone(), row.day, row.digest));
        }
        let [kept, right] = rows;
        assert_eq!(kept, right);
    }
    compare_days(store, model).await;
    for subject in SUBJECTS {
        let kept = store.withheld(subject, DAYS).await.unwrap();
        assert_eq!(kept, model.withheld(subject, DAYS).await.unwrap());
    }
    compare_totals(store, model).await;
}

async fn compare_days(store: &Sqlite, model: &MemoryStore) {
    for keys in [KeyId(0)..=KeyId(u64::MAX), KeyId(1)..=KeyId(2)] {
        for day in (0..3).map(Day) {
            let mut rows =
                [store.told_on(day, keys.clone()).await, model.told_on(day, keys.clone()).await]
                    .map(|told| told.unwrap().rows);
            for rows in &mut rows {
                rows.sort_by_key(|row| (row.key, row.partnership.clone(), row.digest));
            }
            let [kept, right] = rows;
            assert_eq!(kept, right);
        }
    }
}

fn everything() -> IncidentScope {
    IncidentScope {
        path: None,
        partnerships: Vec::new(),
        edition: None,
        program: None,
        range: EVER,
    }
}

async fn compare_totals(store: &Sqlite, model: &MemoryStore) {
    let kept = store.incident(everything()).await.unwrap();
    assert_eq!(kept, model.incident(everything()).await.unwrap());
    assert_eq!(store.totals(DAYS).await.unwrap(), model.totals(DAYS).await.unwrap());
    let (kept, right) =
        (store.packs(0, 1_000).await.unwrap(), model.packs(0, 1_000).await.unwrap());
    let contents = |packs: &[PackRow]| -> Vec<_> {
        packs.iter().map(|pack| (pack.first, pack.leaves.clone())).collect()
    };
    assert_eq!(contents(&kept), contents(&right));
}

/// One life of the process: it ends without closing anything, wherever a merge is just then.
fn live(dir: &FilePath, model: &MemoryStore, batches: &[Vec<Seed>], steps: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Sqlite::open_merging(dir, LITTLE).await.unwrap();
        compare(&store, model).await;
        for seeds in batches {
            store.append(batch(seeds)).await.unwrap();
            model.append(batch(seeds)).await.unwrap();
            if seeds.len() == 5 {
                store.erase(subject(seeds[0])).await.unwrap();
                model.erase(subject(seeds[0])).await.unwrap();
            }
            // Now and then, so that merges are met at every stage.
            if seeds.len().is_multiple_of(2) {
                compare(&store, model).await;
            }
            if seeds.len() == 3 {
                store.roll(Day(2)).await.unwrap();
                compare(&store, model).await;
            }
        }
        let moving = store.clone();
        tokio::spawn(async move { moving.roll(Day(2)).await });
        for _ in 0..steps {
            tokio::task::yield_now().await;
        }
    });
    runtime.shutdown_background();
}

fn lives() -> impl Strategy<Value = Vec<(Vec<Vec<Seed>>, usize)>> {
    let batch = prop::collection::vec(any::<Seed>(), 0..6);
    prop::collection::vec((prop::collection::vec(batch, 0..10), 0..40_usize), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_cut_off_every_acknowledged_row_counts_once(lives in lives()) {
        let dir = tempfile::tempdir().unwrap();
        let model = MemoryStore::default();
        for (batches, steps) in &lives {
            live(dir.path(), &model, batches, *steps);
        }
        live(dir.path(), &model, &[], 0);
    }
}

#[tokio::test]
async fn of_a_set_in_two_files_and_a_table_the_values_told_first_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (Sqlite::open(dir.path()).await.unwrap(), MemoryStore::default());
    for (edition, is_rolled) in [(255, true), (114, true), (253, false)] {
        let told = || batch(&[(2, 1, 1, edition)]);
        store.append(told()).await.unwrap();
        model.append(told()).await.unwrap();
        store.merge_all().await.unwrap();
        if is_rolled {
            store.roll(Day(2)).await.unwrap();
        }
    }
    compare(&store, &model).await;
}

/// Runs a statement on the writer.
async fn execute(store: &Sqlite, sql: &'static str) {
    let done = store.write(move |connection| {
        Box::pin(async move {
            sqlx::query(sql).execute(connection).await?;
            Ok(())
        })
    });
    done.await.unwrap();
}

async fn count_of(store: &Sqlite, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(store.readers()).await.unwrap()
}

#[tokio::test]
async fn outlines_are_joined_in_the_background_and_each_message_is_seen_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let model = MemoryStore::default();
    for number in 0..3_000_u64 {
        let kind = Kind {
            path: Path::BidRequest,
            partnership: partnership((0, 0, 0, 0)),
            edition: EditionHash([u8::from(number % 700 == 0); 32]),
            program: PROGRAM.into(),
            categories: Categories::ALL,
            fields: Fields::default(),
        };
        let outlines = vec![OutlineRow {
            at: UnixMillis(number.cast_signed()),
            kind: Arc::new(kind),
            disclosures: 1,
            people: vec![Someone::new(KeyKind::Account, KeyId(number / 3))],
        }];
        let batch = LedgerBatch { outlines, ..LedgerBatch::default() };
        store.append(batch.clone()).await.unwrap();
        model.append(batch).await.unwrap();
        if number % 500 == 0 {
            let [kept, right] = [
                store.incident(everything()).await.unwrap(),
                model.incident(everything()).await.unwrap(),
            ];
            assert_eq!(kept, right);
        }
    }
    let sql = "SELECT count(*) FROM ledger_outline";
    while count_of(&store, sql).await >= 3_000 - 1_024 {
        tokio::task::yield_now().await;
    }
    let whole = store.incident(everything()).await.unwrap();
    assert_eq!(whole, model.incident(everything()).await.unwrap());
    assert_eq!((whole.people.accounts, whole.kinds.len()), (1_000, 2));
}

#[tokio::test]
async fn a_move_that_stops_halfway_is_ended_before_anything_is_merged() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let model = MemoryStore::default();
    let told = || batch(&[(0, 0, 0, 5), (1, 0, 0, 7)]);
    store.append(told()).await.unwrap();
    model.append(told()).await.unwrap();
    execute(
        &store,
        "CREATE TRIGGER stuck BEFORE DELETE ON ledger_told BEGIN SELECT RAISE(ABORT, 'stuck'); END",
    )
    .await;
    assert!(store.roll(Day(2)).await.is_err(), "the file counts, and its rows are still there");
    assert_eq!(count_of(&store, "SELECT count(*) FROM ledger_told").await, 2);
    compare(&store, &model).await;
    store.append(told()).await.unwrap();
    model.append(told()).await.unwrap();
    compare(&store, &model).await;
    execute(&store, "DROP TRIGGER stuck").await;
    store.merge_all().await.unwrap();
    compare(&store, &model).await;
    store.roll(Day(2)).await.unwrap();
    assert_eq!(count_of(&store, "SELECT count(*) FROM ledger_told").await, 0);
    compare(&store, &model).await;
}

#[tokio::test]
async fn additions_are_merged_in_the_background_and_then_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open_merging(dir.path(), LITTLE).await.unwrap();
    let model = MemoryStore::default();
    let seeds: Vec<Seed> = (0..60).map(|number| (number, number / 2, number / 3, number)).collect();
    for some in seeds.chunks(7) {
        store.append(batch(some)).await.unwrap();
        model.append(batch(some)).await.unwrap();
    }
    while store.unmerged.look(|_| ()).len() > 1 {
        tokio::task::yield_now().await;
    }
    let merged = count_of(&store, "SELECT count(*) FROM ledger_told").await;
    let waiting = count_of(&store, "SELECT count(*) FROM ledger_addition").await;
    assert!(merged > 0 && waiting < 9, "{merged} rows, {waiting} of 9 additions left");
    compare(&store, &model).await;
}

#[tokio::test]
async fn where_nothing_can_be_merged_commits_fail_before_memory_fills_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open_merging(dir.path(), LITTLE).await.unwrap();
    execute(&store, "CREATE TRIGGER broken BEFORE INSERT ON ledger_told BEGIN SELECT RAISE(ABORT, 'broken'); END").await;
    let model = MemoryStore::default();
    let mut refused = None;
    for number in 0..200 {
        let seeds = [(0, 0, 0, number), (1, 1, 1, number)];
        match store.append(batch(&seeds)).await {
            Ok(()) => model.append(batch(&seeds)).await.unwrap(),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert!(matches!(refused, Some(LedgerStoreError::Corrupt(_))), "{refused:?}");
    compare(&store, &model).await;
    execute(&store, "DROP TRIGGER broken").await;
    while store.unmerged.look(|_| ()).len() > 1 {
        tokio::task::yield_now().await;
    }
    store.append(batch(&[(0, 0, 0, 0)])).await.unwrap();
    model.append(batch(&[(0, 0, 0, 0)])).await.unwrap();
    compare(&store, &model).await;
}

#[tokio::test]
async fn damaged_additions_are_named_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.append(batch(&[(0, 0, 0, 0)])).await.unwrap();
    execute(&store, "UPDATE ledger_addition SET rows = x'0102'").await;
    let refused = Sqlite::open(dir.path()).await;
    let Err(OpenError::Read(StoreError::Damaged(1))) = refused else {
        panic!("{refused:?}");
    };
}

#[tokio::test]
async fn an_incident_with_more_damage_than_threads_has_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let threads = std::thread::available_parallelism().unwrap().get();
    let rows = i64::try_from(threads).unwrap() + 100;
    let damage = store.write(move |connection| {
        Box::pin(async move {
            let sql = "WITH RECURSIVE number (one) AS (SELECT 1 UNION ALL SELECT one + 1 FROM number LIMIT ?)
                       INSERT INTO ledger_outline (pack, last, joined, from_ms, last_ms, messages, outlines)
                       SELECT one, one, 1, 0, 0, 1, x'00' FROM number";
            sqlx::query(sql).bind(rows).execute(connection).await?;
            Ok(())
        })
    });
    damage.await.unwrap();
    let asked =
        tokio::time::timeout(std::time::Duration::from_mins(1), store.incident(everything()));
    let found = asked.await.expect("an answer").unwrap();
    assert_eq!(found.unread.len(), threads + 100);
}

#[tokio::test]
async fn of_an_incident_everything_is_counted_but_outlines_that_do_not_read_and_these_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    for who in [0, 1, 2] {
        store.append(batch(&[(who, 0, 0, 3)])).await.unwrap();
    }
    assert_eq!(store.incident(everything()).await.unwrap().unread, []);
    execute(
        &store,
        "UPDATE ledger_outline SET outlines = zeroblob(length(outlines)) WHERE pack = 2",
    )
    .await;
    let found = store.incident(everything()).await.unwrap();
    assert_eq!(found.kinds.iter().map(|one| one.tally.messages).sum::<u64>(), 2);
    let people = found.people.accounts + found.people.devices + found.people.browsers;
    assert_eq!((people, found.unread), (2, vec![2..=2]));
    let (_people, unread) = store.incident_people(everything()).await.unwrap();
    assert_eq!(unread, [2..=2]);
}

#[tokio::test]
async fn of_an_incident_a_kind_that_does_not_read_hides_no_other() {
    for change in ["kind = '{}'", "kind = replace(kind, 'east', 'west')"] {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        for seeds in [&[(0, 0, 0, 3), (1, 1, 0, 3)][..], &[(2, 1, 0, 3)]] {
            store.append(batch(seeds)).await.unwrap();
        }
        let sql = format!("UPDATE ledger_kind SET {change} WHERE kind LIKE '%east%'");
        assert_eq!(altered(&store, sql).await, 1);
        let found = store.incident(everything()).await.unwrap();
        assert_eq!(found.kinds.iter().map(|one| one.tally.messages).sum::<u64>(), 2, "{change}");
        assert_eq!(found.unread, vec![1..=1], "what was of it is missing there");
        assert_eq!(store.programs().await.unwrap().len(), 1, "{change}");
    }
}

const VALUES: &str = "SELECT count(*) FROM ledger_value";

#[tokio::test]
async fn values_that_are_told_once_more_are_kept_once_and_go_with_the_row_that_names_them() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (Sqlite::open(dir.path()).await.unwrap(), MemoryStore::default());
    // Thrice the same set with its values, and another set without any.
    for is_merged in [false, true, true] {
        let told = || batch(&[(0, 0, 0, 3), (0, 0, 1, 4)]);
        store.append(told()).await.unwrap();
        model.append(told()).await.unwrap();
        compare(&store, &model).await;
        if is_merged {
            store.merge_all().await.unwrap();
            assert_eq!(count_of(&store, VALUES).await, 1, "that which was told first");
            compare(&store, &model).await;
        }
    }
    store.roll(Day(2)).await.unwrap();
    assert_eq!(count_of(&store, VALUES).await, 0, "it is in a file");
    compare(&store, &model).await;
}

#[tokio::test]
async fn a_row_whose_values_were_deleted_is_there_without_them_merged_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    store.append(batch(&[(0, 0, 0, 3)])).await.unwrap();
    let right = store.told(KeyId(0), EVER).await.unwrap();
    assert!(right[0].sealed.is_some());
    execute(&store, "DELETE FROM ledger_value").await;
    let without: Vec<_> = right.into_iter().map(|row| ToldRow { sealed: None, ..row }).collect();
    assert_eq!(store.told(KeyId(0), EVER).await.unwrap(), without);
    store.merge_all().await.unwrap();
    assert_eq!(store.told(KeyId(0), EVER).await.unwrap(), without);
}

#[tokio::test]
async fn a_row_of_what_was_told_that_does_not_read_hides_no_other_and_is_counted() {
    for damage in
        ["path = 'zzz'", "partnership = 'No Name'", "categories = 9000", "edition = x'00'"]
    {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        store.append(batch(&[(0, 0, 0, 3), (0, 1, 0, 4), (1, 0, 0, 5)])).await.unwrap();
        store.merge_all().await.unwrap();
        let before = store.told(KeyId(0), EVER).await.unwrap();
        assert_eq!(before.len(), 2);
        let sql = format!("UPDATE ledger_told SET {damage} WHERE key = 0 AND partnership = 'east'");
        assert_eq!(altered(&store, sql).await, 1);
        let ReadTold { rows, unread, .. } = store.readable_told(KeyId(0), EVER).await.unwrap();
        let names: Vec<_> = rows.iter().map(|row| row.partnership.as_str()).collect();
        assert_eq!((names, unread.rows), (vec!["north"], 1), "{damage}");
        let of_day = store.told_on(Day(0), KeyId(0)..=KeyId(9)).await.unwrap();
        assert_eq!((of_day.rows.len(), of_day.unread.rows), (2, 1), "of two people: {damage}");
        let refused = store.told(KeyId(0), EVER).await;
        assert!(matches!(refused, Err(LedgerStoreError::Corrupt(_))), "who recalls has to know");
        assert_eq!(store.told(KeyId(1), EVER).await.unwrap().len(), 1);
    }
}

/// Runs a statement that is made up.
async fn altered(store: &Sqlite, sql: String) -> u64 {
    let damaged = store.write(move |connection| {
        Box::pin(async move {
            let sql = sqlx::AssertSqlSafe(sql);
            Ok(sqlx::query(sql).execute(connection).await?.rows_affected())
        })
    });
    damaged.await.unwrap()
}

#[tokio::test]
async fn a_row_of_what_was_told_that_does_not_read_is_set_aside_and_the_others_of_its_day_move() {
    for change in [
        "path = 'zzz'",
        "partnership = CAST(x'ff' AS TEXT)",
        "categories = 9000",
        "edition = x'00'",
        "count = -1",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        store.append(batch(&[(0, 0, 0, 3), (0, 1, 0, 4), (1, 0, 0, 5)])).await.unwrap();
        store.merge_all().await.unwrap();
        let sql = format!("UPDATE ledger_told SET {change} WHERE key = 0 AND partnership = 'east'");
        assert_eq!(altered(&store, sql).await, 1);
        assert_eq!(store.set_aside().await.unwrap(), SetAside::default());
        // The second time nothing is found anew, and a crash in between changes nothing.
        for moved in [2, 0] {
            assert_eq!(store.roll(Day(2)).await.unwrap().told, moved, "{change}");
            altered(&store, "UPDATE ledger_part SET moving = 1".into()).await;
            for _ in 0..2 {
                let ReadTold { rows, unread, .. } =
                    store.readable_told(KeyId(0), EVER).await.unwrap();
                let names: Vec<_> = rows.iter().map(|row| row.partnership.as_str()).collect();
                assert_eq!((names, unread.rows), (vec!["north"], 1), "{change}");
                store.write(|connection| Box::pin(rolling::finish_all(connection))).await.unwrap();
            }
            let set_aside = SetAside { told: 1, ..SetAside::default() };
            assert_eq!(store.set_aside().await.unwrap(), set_aside);
        }
        assert!(store.told(KeyId(0), EVER).await.is_err(), "who recalls has to know");
        // It goes when its time is over, like others.
        let keep = Keep { partnerships: HashMap::new(), others: Day(9), days_at_once: 9 };
        assert_eq!(store.forget(&keep).await.unwrap().told, 3, "{change}");
        assert_eq!(store.set_aside().await.unwrap(), SetAside::default());
    }
}

#[tokio::test]
async fn a_damaged_count_holds_up_no_merge() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let seeds = [(0, 0, 0, 3), (3, 0, 0, 3), (4, 0, 0, 3), (5, 0, 0, 3)];
    store.append(batch(&seeds)).await.unwrap();
    store.merge_all().await.unwrap();
    for counts in [
        "ledger_told SET count",
        "ledger_withheld SET count",
        "ledger_withheld_total SET count",
        "ledger_total SET messages",
    ] {
        assert_eq!(altered(&store, format!("UPDATE {counts} = 9223372036854775807")).await, 1);
    }
    store.append(batch(&seeds)).await.unwrap();
    store.merge_all().await.unwrap();
    let most = i64::MAX.cast_unsigned();
    assert_eq!(store.told(KeyId(0), EVER).await.unwrap()[0].count, most);
    let totals = store.totals(DAYS).await.unwrap();
    assert_eq!((totals.counts[0].messages, totals.withheld[0].count), (most, most));
    assert_eq!(totals.counts[0].disclosures, 2);
}

#[tokio::test]
async fn outlines_that_do_not_read_are_set_aside_and_the_others_are_joined() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    let damaged = [1, 7, 600];
    for number in 1..=1_500_u16 {
        store.append(batch(&[(u8::try_from(number % 3).unwrap(), 0, 0, 3)])).await.unwrap();
        if damaged.contains(&number) {
            let sql = "UPDATE ledger_outline SET outlines = zeroblob(length(outlines)), \
                       messages = 9000000000 WHERE pack = ";
            assert_eq!(altered(&store, format!("{sql}{number}")).await, 1);
        }
    }
    let loose = "SELECT count(*) FROM ledger_outline WHERE joined = 0";
    let waits = async {
        while count_of(&store, loose).await >= 1_024 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), waits).await.expect("they are joined");
    let found = store.incident(everything()).await.unwrap();
    assert_eq!(found.kinds.iter().map(|one| one.tally.messages).sum::<u64>(), 1_497);
    assert_eq!(found.unread, [1..=1, 7..=7, 600..=600]);
    assert_eq!(count_of(&store, "SELECT count(*) FROM ledger_outline WHERE joined = 1").await, 1);
    assert_eq!(store.set_aside().await.unwrap().outlines, 3);
}

#[tokio::test]
async fn tables_of_different_times_are_refused_at_the_start_and_it_is_said_what_to_put_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    for number in 0..3 {
        store.append(batch(&[(0, 0, 0, number)])).await.unwrap();
    }
    execute(&store, "UPDATE ledger_head SET pack = 2").await;
    store.close().await;
    let refused = Sqlite::open(dir.path()).await.unwrap_err().to_string();
    assert!(
        refused.contains("commit 2 is the latest, and commit 3 is kept")
            && refused.contains("from one backup"),
        "{refused}"
    );
}
