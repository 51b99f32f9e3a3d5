//! Old records in files: readers see the same, a kill loses and doubles nothing, and what is kept no longer goes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use sluicegate_gate::{
    Categories, Category, EditionHash, KeyKind, PartnershipId, Path, Reason, SubjectKey,
    time::UnixMillis,
};
use sluicegate_ledger::{
    Day, Fields, KeyId, KeyRow, Kind, LedgerBatch, LedgerStore, NewLeaves, OutlineRow, ToldRow,
    WithheldRow,
};
use sluicegate_store::{Keep, Sqlite};
use std::{
    collections::HashMap,
    path::{Path as FilePath, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

const PEOPLE: u128 = 300;
const DAYS: i64 = 6;
const EVER: std::ops::Range<UnixMillis> = UnixMillis(0)..UnixMillis(i64::MAX);

fn person(number: u128) -> SubjectKey {
    let hash = (number + 1).wrapping_mul(0xd1b5_4a32_d192_ed03_aef1_7502_b3cc_0d4d);
    SubjectKey { kind: KeyKind::Account, hash }
}

fn partnership(day: i64) -> PartnershipId {
    ["east", "west"][usize::from(day % 2 == 0)].parse().unwrap()
}

/// Ids as random as they are, in an order that is not that of people.
fn key_id(number: u128) -> KeyId {
    KeyId(u64::try_from(number + 1).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn told(number: u128, day: i64) -> ToldRow {
    let at = UnixMillis(Day(day).start().0 + i64::try_from(number).unwrap());
    ToldRow {
        key: key_id(number),
        partnership: partnership(day),
        day: Day(day),
        digest: [u8::try_from(day).unwrap(); 16],
        path: Path::BidRequest,
        categories: Categories::of(&[Category::Context, Category::DeviceIdentifier]),
        edition: EditionHash([7; 32]),
        sealed: Some(vec![u8::try_from(number % 251).unwrap(); 120]),
        count: u64::try_from(number).unwrap() + 1,
        first: at,
        last: UnixMillis(at.0 + 5),
    }
}

async fn fill(store: &Sqlite) {
    let keys = (0..PEOPLE).map(|number| KeyRow {
        subject: person(number),
        id: key_id(number),
        wrapped: vec![1; 60],
    });
    let batch = LedgerBatch { keys: keys.collect(), ..LedgerBatch::default() };
    store.append(batch).await.unwrap();
    for day in 0..DAYS {
        let told = (0..PEOPLE).map(|number| told(number, day)).collect();
        store.append(LedgerBatch { told, ..LedgerBatch::default() }).await.unwrap();
    }
}

async fn rows(store: &Sqlite, number: u128) -> Vec<ToldRow> {
    // As the ledger does: nobody without a key was told of.
    let keys = store.keys(vec![person(number)]).await.unwrap();
    let Some(key) = keys.first() else { return Vec::new() };
    let mut rows = store.told(key.id, EVER).await.unwrap();
    rows.sort_by_key(|row| row.day);
    rows
}

fn files(dir: &FilePath) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.join("records")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn what_is_in_files_reads_as_before_and_goes_on_counting() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    let moved = store.roll(Day(4)).await.unwrap();
    assert_eq!((moved.told, moved.files), (u64::try_from(PEOPLE).unwrap() * 4, 4));
    for number in [0, 7, PEOPLE - 1] {
        let right: Vec<_> = (0..DAYS).map(|day| told(number, day)).collect();
        assert_eq!(rows(&store, number).await, right);
    }
    // Told again on a day that is in a file: the values are not written again.
    let again = ToldRow { sealed: None, ..told(7, 1) };
    store.append(LedgerBatch { told: vec![again], ..LedgerBatch::default() }).await.unwrap();
    assert_eq!(rows(&store, 7).await[1], ToldRow { count: 16, ..told(7, 1) });
    assert_eq!(store.roll(Day(4)).await.unwrap().told, 1);
    assert_eq!(rows(&store, 7).await[1], ToldRow { count: 16, ..told(7, 1) });
    assert_eq!(store.roll(Day(4)).await.unwrap().files, 0, "nothing is moved twice");
    let one_day = UnixMillis(Day(2).start().0)..UnixMillis(Day(3).start().0);
    assert_eq!(store.told(key_id(7), one_day).await.unwrap(), [told(7, 2)]);
}

/// What other people's engines read in the files.
#[tokio::test]
async fn duckdb_and_pandas_read_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    store.roll(Day(DAYS)).await.unwrap();
    let peers = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    if !peers.join("python/duckdb").is_dir() {
        return skipped();
    }
    let key = key_id(7).0.cast_signed();
    let read = Command::new("python3")
        .arg(peers.join("read.py"))
        .arg(dir.path().join("records"))
        .arg(key.to_string())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let said: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    let rows = u64::try_from(PEOPLE).unwrap() * 6;
    let east: u64 = (1..=u64::try_from(PEOPLE).unwrap()).sum::<u64>() * 3;
    let whole = serde_json::json!({
        "rows": rows, "told": {"east": east, "west": east}, "days": 6, "sealed_bytes": rows * 120,
        "person": [
            ["1970-01-01", "west", "context,device_identifier", 8, "1970-01-01T00:00:00.007000+00:00"],
            ["1970-01-02", "east", "context,device_identifier", 8, "1970-01-02T00:00:00.007000+00:00"],
            ["1970-01-03", "west", "context,device_identifier", 8, "1970-01-03T00:00:00.007000+00:00"],
            ["1970-01-04", "east", "context,device_identifier", 8, "1970-01-04T00:00:00.007000+00:00"],
            ["1970-01-05", "west", "context,device_identifier", 8, "1970-01-05T00:00:00.007000+00:00"],
            ["1970-01-06", "east", "context,device_identifier", 8, "1970-01-06T00:00:00.007000+00:00"],
        ],
    });
    assert_eq!(said, serde_json::json!({"duckdb": whole, "pandas": whole}));
}

#[expect(clippy::print_stderr, reason = "a check that does not run says so")]
fn skipped() {
    let is_required = std::env::var_os("SLUICEGATE_PEERS").is_some_and(|word| word == "required");
    assert!(!is_required, "the engines are not installed, and SLUICEGATE_PEERS asks for them");
    eprintln!("DuckDB and pandas are not installed; the files were not read by them");
}

#[tokio::test]
async fn an_erased_person_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    store.roll(Day(DAYS)).await.unwrap();
    store.erase(person(3)).await.unwrap();
    assert_eq!(rows(&store, 3).await, [], "nothing joins the rows to the person");
    assert_eq!(rows(&store, 4).await.len(), usize::try_from(DAYS).unwrap());
    let named = files(dir.path()).iter().any(|file| {
        let bytes = std::fs::read(file).unwrap();
        (0..PEOPLE).any(|number| {
            let hash = person(number).hash.to_be_bytes();
            bytes.windows(16).any(|bytes| bytes == hash)
        })
    });
    assert!(!named, "files name keys, not people");
}

#[tokio::test]
async fn each_partnerships_records_go_when_their_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    let withheld = (0..DAYS).map(|day| WithheldRow {
        subject: person(1),
        partnership: partnership(day),
        day: Day(day),
        reason: Reason::Gpc,
        count: 1,
    });
    let batch = LedgerBatch { withheld: withheld.collect(), ..LedgerBatch::default() };
    store.append(batch).await.unwrap();
    let both = LedgerBatch {
        told: vec![ToldRow { partnership: partnership(1), digest: [9; 16], ..told(5, 2) }],
        ..LedgerBatch::default()
    };
    store.append(both).await.unwrap();
    store.roll(Day(4)).await.unwrap();
    let before = files(dir.path()).len();
    // Of west, days 0, 2 and 4; of east, 1, 3 and 5, and one row on day 2.
    let keep = Keep {
        partnerships: HashMap::from([("west".parse().unwrap(), Day(5))]),
        others: Day(1),
        days_at_once: 3,
    };
    let forgotten = store.forget(&keep).await.unwrap();
    assert_eq!((forgotten.told, forgotten.withheld), (u64::try_from(PEOPLE).unwrap() * 3, 3));
    let days = |rows: Vec<ToldRow>| rows.iter().map(|row| row.day.0).collect::<Vec<_>>();
    assert_eq!(days(rows(&store, 1).await), [1, 3, 5]);
    assert_eq!(days(rows(&store, 5).await), [1, 2, 3, 5], "what shared a file with them stays");
    assert_eq!(files(dir.path()).len(), before - 1);
    let kept = store.withheld(person(1), Day(0)..=Day(9)).await.unwrap();
    assert_eq!(kept.iter().map(|row| row.day.0).collect::<Vec<_>>(), [1, 3, 5]);
    assert_eq!(store.forget(&keep).await.unwrap(), sluicegate_store::Forgotten::default());
    drop(store);
    let store = Sqlite::open(dir.path()).await.unwrap();
    assert_eq!(days(rows(&store, 5).await), [1, 2, 3, 5]);
}

/// Spoils a file of old records in one of several ways.
fn spoil(file: &FilePath, how: &str) {
    let mut bytes = std::fs::read(file).unwrap();
    match how {
        "gone" => return std::fs::remove_file(file).unwrap(),
        "cut" => bytes.truncate(bytes.len() / 2),
        "a folder" => {
            std::fs::remove_file(file).unwrap();
            return std::fs::create_dir(file).unwrap();
        }
        "a page" => bytes[4..20].fill(0xff),
        _ => bytes.fill(0),
    }
    std::fs::write(file, bytes).unwrap();
}

const SPOILT: [&str; 5] = ["gone", "cut", "a page", "zeroed", "a folder"];

fn of_day(dir: &FilePath, day: u8) -> PathBuf {
    let folder = format!("day=1970-01-0{}", day + 1);
    files(dir).into_iter().find(|file| file.to_string_lossy().contains(&folder)).unwrap()
}

#[tokio::test]
async fn a_damaged_file_is_left_out_and_named_and_everything_else_is_shown() {
    for how in SPOILT {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        fill(&store).await;
        store.roll(Day(4)).await.unwrap();
        let whole = std::fs::read(of_day(dir.path(), 2)).unwrap();
        spoil(&of_day(dir.path(), 2), how);
        let told = store.readable_told(key_id(7), EVER).await.unwrap();
        let days = |rows: &[ToldRow]| {
            let mut days: Vec<_> = rows.iter().map(|row| row.day.0).collect();
            days.sort_unstable();
            days
        };
        assert_eq!((days(&told.rows), told.unread.rows), (vec![0, 1, 3, 4, 5], 0), "{how}");
        let named: Vec<_> = told.unread.files.iter().collect();
        assert!(matches!(named[..], [name] if name.starts_with("told/day=1970-01-03/")), "{how}");
        assert!(store.told(key_id(7), EVER).await.is_err(), "who recalls has to know");
        let other = store.told_on(Day(1), KeyId(0)..=KeyId(u64::MAX)).await.unwrap();
        assert!(other.unread.is_nothing() && other.rows.len() == 300, "{how}");
        let of_day = store.told_on(Day(2), KeyId(0)..=KeyId(u64::MAX)).await.unwrap();
        assert_eq!((of_day.rows.len(), of_day.unread.files.len()), (0, 1), "{how}");
        let is_in_doubt = |key: KeyId| of_day.in_doubt.iter().any(|keys| keys.contains(&key));
        assert!((0..PEOPLE).map(key_id).all(is_in_doubt), "{how}");
        assert!(!is_in_doubt(KeyId(1 << 63)), "{how}: of whom none was in it");
        assert_eq!(store.set_aside().await.unwrap().files, 1, "{how}");
        // Nothing else waits for it, and put back it is whole again.
        assert_eq!(store.roll(Day(5)).await.unwrap().files, 1, "{how}");
        assert_eq!(store.set_aside().await.unwrap().files, 1, "{how}");
        let file = dir.path().join("records").join(named[0]);
        if file.is_dir() {
            std::fs::remove_dir(&file).unwrap();
        }
        std::fs::write(&file, whole).unwrap();
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        store.roll(Day(5)).await.unwrap();
        assert_eq!(store.set_aside().await.unwrap().files, 0, "{how}");
        assert!(store.readable_told(key_id(7), EVER).await.unwrap().unread.is_nothing(), "{how}");
    }
}

#[tokio::test]
async fn a_file_of_another_day_in_the_place_of_one_is_named_and_none_of_it_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    // Of somebody on one of the days alone.
    let alone = KeyId(key_id(7).0 + 1);
    let row = ToldRow { key: alone, ..told(7, 2) };
    store.append(LedgerBatch { told: vec![row], ..LedgerBatch::default() }).await.unwrap();
    store.roll(Day(4)).await.unwrap();
    std::fs::copy(of_day(dir.path(), 1), of_day(dir.path(), 2)).unwrap();
    for (key, left) in [(key_id(7), vec![0, 1, 3, 4, 5]), (alone, Vec::new())] {
        let told = store.readable_told(key, EVER).await.unwrap();
        let mut days: Vec<_> = told.rows.iter().map(|row| row.day.0).collect();
        days.sort_unstable();
        assert_eq!(days, left);
        let named: Vec<_> = told.unread.files.iter().collect();
        assert!(matches!(named[..], [name] if name.starts_with("told/day=1970-01-03/")));
    }
    assert_eq!(store.set_aside().await.unwrap().files, 1);
}

/// A file says from where to where its keys are, and nothing protects that.
#[tokio::test]
async fn a_changed_number_in_what_a_file_says_of_itself_hides_nobodys_rows() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    store.roll(Day(4)).await.unwrap();
    let file = of_day(dir.path(), 2);
    let whole = std::fs::read(&file).unwrap();
    let length = whole.last_chunk::<8>().map(|[a, b, c, d, ..]| [*a, *b, *c, *d]).unwrap();
    let about = whole.len() - 8 - usize::try_from(u32::from_le_bytes(length)).unwrap();
    let keys = (0..PEOPLE).map(|number| key_id(number).0.cast_signed());
    let (least, most) = (keys.clone().min().unwrap(), keys.max().unwrap());
    for (said, changed) in [(least, 0), (least, i64::MAX), (most, 0), (most, i64::MIN)] {
        let mut bytes = whole.clone();
        let places: Vec<_> = (about..bytes.len() - 8)
            .filter(|at| bytes[*at..*at + 8] == said.to_le_bytes())
            .collect();
        assert!(!places.is_empty(), "it is said there");
        for at in places {
            bytes[at..at + 8].copy_from_slice(&changed.to_le_bytes());
        }
        std::fs::write(&file, bytes).unwrap();
        for number in 0..PEOPLE {
            let told = store.readable_told(key_id(number), EVER).await.unwrap();
            assert_eq!(told.rows.len(), usize::try_from(DAYS).unwrap(), "{said} {changed}");
        }
    }
}

/// Runs a statement that is made up.
async fn altered(store: &Sqlite, sql: String) -> u64 {
    let done = store.write(move |connection| {
        Box::pin(async move {
            let sql = sqlx::AssertSqlSafe(sql);
            Ok(sqlx::query(sql).execute(connection).await?.rows_affected())
        })
    });
    done.await.unwrap()
}

/// What damages a row that names a file, and mends it again.
const DAMAGED: [[&str; 2]; 6] = [
    ["partnerships = '[\"ea'", "partnerships = '[\"west\"]'"],
    ["what = 'sold'", "what = 'told'"],
    ["moving = 9", "moving = 0"],
    ["rows = -rows", "rows = -rows"],
    ["day = day + 90", "day = day - 90"],
    [
        "file = CAST(replace(file, 't', CAST(x'ff' AS TEXT)) AS TEXT)",
        "file = replace(file, CAST(x'ff' AS TEXT), 't')",
    ],
];

#[tokio::test]
async fn the_store_opens_with_a_damaged_row_of_files_and_names_what_is_left_out() {
    for [damage, mend] in DAMAGED {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        fill(&store).await;
        store.roll(Day(4)).await.unwrap();
        let there = files(dir.path());
        let of_row = "WHERE file LIKE '%day=1970-01-03%' OR instr(file, CAST(x'ff' AS TEXT))";
        let change = |what: &str| format!("UPDATE ledger_part SET {what} {of_row}");
        assert_eq!(altered(&store, change(damage)).await, 1, "{damage}");
        store.close().await;
        let store = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(files(dir.path()), there, "{damage}: no file is taken for a crash's");
        assert_eq!(store.set_aside().await.unwrap().files, 1, "{damage}");
        let told = store.readable_told(key_id(7), EVER).await.unwrap();
        let mut days: Vec<_> = told.rows.iter().map(|row| row.day.0).collect();
        days.sort_unstable();
        assert_eq!((days, told.unread.files.len()), (vec![0, 1, 3, 4, 5], 1), "{damage}");
        assert!(store.told(key_id(7), EVER).await.is_err(), "who recalls has to know");
        let of_day = store.told_on(Day(2), KeyId(0)..=KeyId(u64::MAX)).await.unwrap();
        assert_eq!((of_day.rows.len(), of_day.unread.files.len()), (0, 1), "{damage}");
        assert_eq!(of_day.in_doubt, [KeyId(0)..=KeyId(u64::MAX)], "{damage}");
        // Nothing else waits for it, and mended it counts again.
        assert_eq!(store.roll(Day(5)).await.unwrap().files, 1, "{damage}");
        assert_eq!(altered(&store, change(mend)).await, 1, "{damage}");
        store.roll(Day(5)).await.unwrap();
        assert_eq!(store.set_aside().await.unwrap().files, 0, "{damage}");
        assert_eq!(rows(&store, 7).await.len(), 6, "{damage}");
    }
}

#[tokio::test]
async fn a_damaged_row_of_files_goes_with_its_file_once_nothing_of_its_day_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    store.roll(Day(4)).await.unwrap();
    let damage = "UPDATE ledger_part SET partnerships = '' WHERE day = 1";
    assert_eq!(altered(&store, damage.into()).await, 1);
    let keep = |west| Keep {
        partnerships: HashMap::from([("west".parse().unwrap(), Day(west))]),
        others: Day(3),
        days_at_once: 9,
    };
    store.forget(&keep(1)).await.unwrap();
    assert_eq!(files(dir.path()).len(), 3, "what west is told on that day is kept");
    store.forget(&keep(2)).await.unwrap();
    assert_eq!(files(dir.path()).len(), 2);
    store.roll(Day(4)).await.unwrap();
    assert_eq!(store.set_aside().await.unwrap().files, 0);
    assert!(store.readable_told(key_id(7), EVER).await.unwrap().unread.is_nothing());
}

/// Commits six packs, one a day, of which the first four are in two files.
async fn fill_packs(store: &Sqlite) {
    for pack in 1..=6_u8 {
        let kind = Kind {
            path: Path::BidRequest,
            partnership: partnership(0),
            edition: EditionHash([7; 32]),
            program: "1".into(),
            categories: Categories::NONE,
            fields: Fields::default(),
        };
        let at = Day(i64::from(pack)).start();
        let outline = OutlineRow { at, kind: Arc::new(kind), disclosures: 0, people: Vec::new() };
        let batch = LedgerBatch {
            leaves: Some(NewLeaves { messages: 1, leaves: vec![pack; 8] }),
            outlines: vec![outline],
            ..LedgerBatch::default()
        };
        store.append(batch).await.unwrap();
        if let 2 | 4 = pack {
            assert_eq!(store.roll(Day(i64::from(pack) + 1)).await.unwrap().packs, 2);
        }
    }
}

#[tokio::test]
async fn packs_are_lost_with_the_row_that_names_their_file_and_all_others_read() {
    for damage in ["rows = -1", "what = 'backs'", "last = first - 9", "file = 'packs/part-x'"] {
        for (first, right) in [
            (1, [(2, 0), (3, 8), (4, 8), (5, 8), (6, 8)]),
            (3, [(1, 8), (2, 8), (4, 0), (5, 8), (6, 8)]),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let store = Sqlite::open(dir.path()).await.unwrap();
            fill_packs(&store).await;
            assert_eq!(store.packs(0, 99).await.unwrap().len(), 6);
            let sql = format!("UPDATE ledger_part SET {damage} WHERE first = {first}");
            assert_eq!(altered(&store, sql).await, 1, "{damage}");
            store.close().await;
            let store = Sqlite::open(dir.path()).await.unwrap();
            for (from, max) in [(0, 99), (0, 2), (3, 9)] {
                let right = right.iter().copied().filter(|(pack, _)| *pack >= from).take(max);
                let right: Vec<_> = right.collect();
                let packs = store.packs(from, max).await.unwrap();
                let found: Vec<_> = packs.iter().map(|one| (one.pack, one.leaves.len())).collect();
                assert_eq!(found, right, "{damage} of {first}, from {from}");
            }
            assert_eq!(files(dir.path()).len(), 2, "{damage}");
            assert_eq!(store.set_aside().await.unwrap().files, 1, "{damage}");
        }
    }
}

#[tokio::test]
async fn files_that_are_gone_or_cut_are_counted_before_anybody_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    store.roll(Day(4)).await.unwrap();
    spoil(&of_day(dir.path(), 1), "gone");
    spoil(&of_day(dir.path(), 3), "cut");
    assert_eq!(store.set_aside().await.unwrap().files, 0);
    store.roll(Day(4)).await.unwrap();
    assert_eq!(store.set_aside().await.unwrap().files, 2);
}

#[tokio::test]
async fn a_damaged_file_goes_as_a_whole_and_holds_up_no_younger_one() {
    for how in SPOILT {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        fill(&store).await;
        let west = ToldRow { partnership: partnership(0), digest: [9; 16], ..told(5, 1) };
        store.append(LedgerBatch { told: vec![west], ..LedgerBatch::default() }).await.unwrap();
        store.roll(Day(DAYS)).await.unwrap();
        // Rows of east, kept no longer, and one of west, kept.
        spoil(&of_day(dir.path(), 1), how);
        let keep = |west| Keep {
            partnerships: HashMap::from([("west".parse().unwrap(), Day(west))]),
            others: Day(DAYS),
            days_at_once: 1,
        };
        for left in [5, 4, 4] {
            store.forget(&keep(0)).await.unwrap();
            assert!(files(dir.path()).len() <= left + usize::from(how != "gone"), "{how}");
        }
        assert_eq!(store.set_aside().await.unwrap().files, 1, "{how}");
        for _ in 0..2 {
            store.forget(&keep(2)).await.unwrap();
        }
        let unread = store.readable_told(key_id(5), EVER).await.unwrap().unread;
        assert!(unread.is_nothing(), "{how}: it is gone as a whole");
        store.roll(Day(DAYS)).await.unwrap();
        assert_eq!(store.set_aside().await.unwrap().files, 0, "{how}");
    }
}

#[tokio::test]
async fn a_clock_far_ahead_takes_only_the_oldest_days_of_each_partnership() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).await.unwrap();
    fill(&store).await;
    store.roll(Day(3)).await.unwrap();
    let keep = Keep { partnerships: HashMap::new(), others: Day(i64::MAX), days_at_once: 1 };
    let days = |rows: Vec<ToldRow>| rows.iter().map(|row| row.day.0).collect::<Vec<_>>();
    assert_eq!(days(rows(&store, 1).await), [0, 1, 2, 3, 4, 5]);
    store.forget(&keep).await.unwrap();
    // In files a day of each of both, and in the table, too.
    assert_eq!(days(rows(&store, 1).await), [2, 5]);
    store.forget(&keep).await.unwrap();
    assert!(rows(&store, 1).await.is_empty());
}

/// Kills of a process that moves records.
const KILLS: u32 = 25;
const CHILD: &str = "SLUICEGATE_ROLLS";

#[test]
fn a_kill_while_records_are_moved_loses_nothing_and_doubles_nothing() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return run(async {
            let store = Sqlite::open(FilePath::new(&dir)).await.unwrap();
            store.roll(Day(DAYS)).await.unwrap();
            store.close().await;
        });
    }
    let mut interrupted = 0;
    for kill in 0..KILLS {
        let dir = tempfile::tempdir().unwrap();
        run(async {
            let store = Sqlite::open(dir.path()).await.unwrap();
            fill(&store).await;
            store.close().await;
        });
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_kill_while_records_are_moved_loses_nothing_and_doubles_nothing"])
            .env(CHILD, dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        wait_for_files(dir.path(), usize::try_from(kill).unwrap() % 6, &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        run(async {
            let store = Sqlite::open(dir.path()).await.unwrap();
            let sql = "SELECT count(*) FROM ledger_told";
            let left: i64 = sqlx::query_scalar(sql).fetch_one(store.readers()).await.unwrap();
            interrupted += u32::from(left > 0);
            for number in [0, 1, 150, PEOPLE - 1] {
                let right: Vec<_> = (0..DAYS).map(|day| told(number, day)).collect();
                assert_eq!(rows(&store, number).await, right, "after kill {kill}");
            }
            store.roll(Day(DAYS)).await.unwrap();
            assert_eq!(rows(&store, 1).await.len(), usize::try_from(DAYS).unwrap());
            let unnamed = files(dir.path())
                .into_iter()
                .filter(|file| file.extension().is_none_or(|extension| extension != "parquet"));
            assert_eq!(unnamed.count(), 0, "nothing unfinished is left");
            store.close().await;
        });
    }
    assert!(interrupted > 0, "no kill came before the end");
}

/// Looks until that many files are there, or the process has ended.
fn wait_for_files(dir: &FilePath, count: usize, child: &mut std::process::Child) {
    while files(dir).len() < count && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
}

fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(5));
}
