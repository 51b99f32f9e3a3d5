//! A day counted again: what was changed in the rows that people are shown is found, and closes no page.

use crate::common::{EVER, MIDNIGHT, World, account, device, partnership};
use sluicegate_gate::{Categories, Category, EditionHash, Path};
use sluicegate_ledger::{
    Day, Difference, ExportRow, Kind, Ledger, Oddity, OfDay, PageQuery, ToldRow, TotalRow, csv,
    memory::MemoryStore,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

struct Recorded {
    store: Arc<MemoryStore>,
    ledger: Arc<Ledger>,
}

/// One person was told of with two sets of values in turn, another with one.
async fn recorded() -> Recorded {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    for id in 0..6 {
        let told = if id % 2 == 0 { "device.ifa=a" } else { "device.ifa=b" };
        for (message, key) in [(id * 2, account(1)), (id * 2 + 1, device(2))] {
            world.clock.pass(Duration::from_millis(10));
            let told = if key == account(1) { told } else { "device.ifa=a" };
            drop(ledger.record(world.bid(message, &[key], &[told])).await.unwrap());
        }
    }
    Recorded { store, ledger }
}

impl Recorded {
    async fn differences(&self) -> Vec<Difference> {
        let counted = self.ledger.recount(self.store.as_ref(), Day::of(MIDNIGHT)).await.unwrap();
        assert_eq!((counted.messages, counted.people, counted.more), (12, 2, 0));
        counted.differences
    }

    async fn odd(&self) -> Vec<Oddity> {
        self.differences().await.into_iter().map(|one| one.what).collect()
    }
}

/// Takes the two rows of the first person out, the one that began first before the other.
fn of_one_person(rows: &mut Vec<ToldRow>) -> [ToldRow; 2] {
    let (mut theirs, others): (Vec<_>, Vec<_>) = rows.drain(..).partition(|row| row.count == 3);
    rows.extend(others);
    theirs.sort_by_key(|row| row.first);
    theirs.try_into().unwrap()
}

#[tokio::test]
async fn rows_as_they_were_recorded_are_no_difference_also_of_whoever_is_erased() {
    let recorded = recorded().await;
    assert_eq!(recorded.differences().await, []);
    recorded.ledger.erase(device(2)).await.unwrap();
    assert_eq!(recorded.differences().await, []);
}

#[tokio::test]
async fn a_dropped_row_is_found_though_another_counts_for_it() {
    let recorded = recorded().await;
    recorded.store.change_told(|rows| {
        let [first, second] = of_one_person(rows);
        rows.push(ToldRow { count: first.count + second.count, ..first });
    });
    let odd = recorded.odd().await;
    assert!(matches!(odd.as_slice(), [Oddity::Sum, Oddity::Row(_)]), "{odd:?}");
}

#[tokio::test]
async fn a_row_that_begins_ends_or_counts_as_nothing_on_record_is_named() {
    let cases: [fn(&mut ToldRow); 5] = [
        |row| row.edition = EditionHash([0; 32]),
        |row| row.last = row.last.minus(Duration::from_millis(1)),
        |row| row.first = row.first.plus(Duration::from_millis(1)),
        |row| row.last = row.first,
        |row| row.count = 0,
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let recorded = recorded().await;
        let mut digest = None;
        recorded.store.change_told(|rows| {
            let [first, mut second] = of_one_person(rows);
            change(&mut second);
            digest = Some(second.digest);
            rows.extend([first, second]);
        });
        let odd = recorded.odd().await;
        assert!(odd.contains(&Oddity::Row(digest.unwrap())), "case {number}: {odd:?}");
    }
}

#[tokio::test]
async fn what_is_on_record_and_in_no_row_is_found() {
    let recorded = recorded().await;
    // Both rows leave the middle out; together they begin, end and count as before.
    recorded.store.change_told(|rows| {
        let [first, second] = of_one_person(rows);
        let (end, begin) = (first.first.plus(Duration::from_millis(40)), second.last);
        rows.push(ToldRow { last: end, ..first });
        rows.push(ToldRow { first: begin.minus(Duration::from_millis(20)), ..second });
    });
    let odd = recorded.odd().await;
    assert!(odd.contains(&Oddity::Missing) && !odd.contains(&Oddity::Sum), "{odd:?}");
}

#[tokio::test]
async fn values_that_do_not_open_or_are_anothers_are_named_and_the_others_are_shown() {
    let cases: [fn(&mut ToldRow, &ToldRow, &ToldRow); 6] = [
        |row, _, _| row.sealed = None,
        |row, _, _| row.sealed.as_mut().unwrap()[20] ^= 1,
        |row, other, _| row.sealed.clone_from(&other.sealed),
        |row, _, anothers| row.sealed.clone_from(&anothers.sealed),
        |row, _, _| row.categories = Categories::of(&[Category::Context]),
        |row, _, _| row.sealed = Some(Vec::new()),
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let recorded = recorded().await;
        let mut digest = None;
        recorded.store.change_told(|rows| {
            let [first, mut second] = of_one_person(rows);
            change(&mut second, &first, &rows[0]);
            digest = Some(second.digest);
            rows.extend([first, second]);
        });
        let found = recorded.differences().await;
        let values = found.iter().find(|one| one.what == Oddity::Values(digest.unwrap()));
        let values = values.unwrap_or_else(|| panic!("case {number}: {found:?}"));
        let OfDay::Told(_, to, Path::BidRequest) = &values.rows else { panic!("{values:?}") };
        assert_eq!((to, values.found.count), (&partnership(), 3), "case {number}");
        let shown = recorded.ledger.person(account(1), EVER).await.unwrap().disclosures;
        let told: Vec<_> = shown.iter().map(|view| (view.is_damaged, view.told.len())).collect();
        assert_eq!(told, [(true, 0), (false, 1)], "case {number}");
        let query = PageQuery { range: EVER, partnership: None, sets: 0..9 };
        let page = recorded.ledger.person_page(account(1), query).await.unwrap();
        let sets: Vec<_> = page.told.values().flat_map(|told| &told.shown).collect();
        assert_eq!(sets.iter().filter(|set| set.is_damaged).count(), 1, "case {number}");
        assert_eq!(sets.iter().filter(|set| set.told.len() == 1).count(), 1, "case {number}");
    }
}

#[tokio::test]
async fn an_export_says_what_is_damaged() {
    let recorded = recorded().await;
    recorded.store.change_told(|rows| {
        let [mut first, second] = of_one_person(rows);
        first.sealed = None;
        rows.extend([first, second]);
    });
    let rows = recorded.ledger.export_person(account(1), EVER).await.unwrap();
    let damaged = |row: &&ExportRow| matches!(row, ExportRow::Disclosure { damaged: true, .. });
    assert_eq!((rows.len(), rows.iter().filter(damaged).count()), (2, 1));
    let lines = sluicegate_ledger::ndjson(&rows).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.matches("\"told\":[],\"damaged\":true").count(), 1, "{lines}");
    assert_eq!(lines.matches("damaged").count(), 1);
    assert_eq!(csv(&rows).matches("the values are damaged and cannot be shown").count(), 1);
}

#[tokio::test]
async fn totals_that_count_other_disclosures_are_a_difference() {
    let recorded = recorded().await;
    recorded.store.change_totals(|row: &mut TotalRow| row.disclosures += 1);
    let found = recorded.differences().await;
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert!(matches!(one.rows, OfDay::TotalDisclosures(..)), "{one:?}");
    assert_eq!((one.recorded.count, one.found.count), (12, 13));
}

#[tokio::test]
async fn totals_that_name_any_number_keep_no_check_from_ending_and_a_page_is_shown() {
    let recorded = recorded().await;
    recorded.store.change_totals(|row: &mut TotalRow| row.disclosures = 9_000_000_000_000_000_000);
    let found = recorded.differences().await;
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert!(matches!(one.rows, OfDay::TotalDisclosures(..)), "{one:?}");
    // Two sets of one person come to more than there is room for.
    recorded.store.change_told(|rows| rows.iter_mut().for_each(|row| row.count = u64::MAX - 1));
    let odd = recorded.odd().await;
    assert!(odd.contains(&Oddity::Sum), "{odd:?}");
    let query = PageQuery { range: EVER, partnership: None, sets: 0..9 };
    let page = recorded.ledger.person_page(account(1), query).await.unwrap();
    assert_eq!(page.told[&partnership()].count, u64::MAX);
}

/// Counts the day again where its seventh message is in a damaged pack, the fourth of the first person.
async fn of_damaged(recorded: &Recorded) -> (BTreeSet<u64>, Vec<Difference>) {
    let recount = recorded.ledger.recount(recorded.store.as_ref(), Day::of(MIDNIGHT)).await;
    let recount = recount.unwrap();
    assert_eq!((recount.messages, recount.people, recount.more), (11, 2, 0));
    (recount.damaged, recount.differences)
}

#[tokio::test]
async fn a_damaged_pack_is_named_with_the_counts_that_it_keeps_from_being_compared() {
    let recorded = recorded().await;
    let pack = recorded.store.damage(6).unwrap();
    let (damaged, found) = of_damaged(&recorded).await;
    assert_eq!(damaged, BTreeSet::from([pack]));
    let beyond: Vec<_> = found
        .iter()
        .map(|one| (&one.rows, one.what, one.recorded.count, one.found.count))
        .collect();
    let [(totals, ..), (disclosures, ..), (outlines, ..), (told, ..)] = beyond.as_slice() else {
        panic!("{found:?}")
    };
    assert!(matches!(totals, OfDay::Totals(..)), "{found:?}");
    assert!(matches!(disclosures, OfDay::TotalDisclosures(..)), "{found:?}");
    assert!(matches!(outlines, OfDay::Outlines(..)), "{found:?}");
    assert!(matches!(told, OfDay::Told(..)), "{found:?}");
    let counts = beyond.iter().map(|(_, what, recorded, found)| (*what, *recorded, *found));
    let more = |recorded, found| (Oddity::Beyond, recorded, found);
    let expected = [more(11, 12), more(11, 12), more(11, 12), more(5, 6)];
    assert_eq!(counts.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn beside_a_damaged_pack_what_is_less_than_on_record_and_what_does_not_open_is_found() {
    let less: fn(&mut ToldRow) = |row| row.count -= 2;
    let later: fn(&mut ToldRow) = |row| row.first = row.first.plus(Duration::from_millis(1));
    let nothing: fn(&mut ToldRow) = |row| row.count = 0;
    let closed: fn(&mut ToldRow) = |row| row.sealed = None;
    for (number, change) in [less, later, nothing, closed].into_iter().enumerate() {
        let recorded = recorded().await;
        recorded.store.damage(6).unwrap();
        let mut digest = None;
        recorded.store.change_told(|rows| {
            let [mut first, second] = of_one_person(rows);
            change(&mut first);
            digest = Some(first.digest);
            rows.extend([first, second]);
        });
        let (_, found) = of_damaged(&recorded).await;
        let of_told = found.iter().filter(|one| matches!(one.rows, OfDay::Told(..)));
        let odd: Vec<_> = of_told.map(|one| one.what).collect();
        let digest = digest.unwrap();
        let expected = match number {
            0 | 1 => vec![Oddity::Sum],
            2 => vec![Oddity::Sum, Oddity::Row(digest)],
            _ => vec![Oddity::Beyond, Oddity::Values(digest)],
        };
        assert_eq!(odd, expected, "case {number}: {found:?}");
    }
}

#[tokio::test]
async fn a_set_for_which_one_of_other_categories_counts_is_found() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let few =
        [Category::Plumbing, Category::Context, Category::CoarseDevice, Category::DeviceIdentifier];
    let few = Categories::of(&few);
    for (id, categories) in [(0, Categories::ALL), (1, few), (2, Categories::ALL)] {
        world.clock.pass(Duration::from_millis(10));
        let bid = world.bid_within(categories, id, &[account(1)], &["site.domain=a"]);
        drop(ledger.record(bid).await.unwrap());
    }
    store.change_told(|rows| {
        rows.retain(|row| row.categories != few);
        for row in rows {
            row.count += 1;
        }
    });
    let counted = ledger.recount(store.as_ref(), Day::of(MIDNIGHT)).await.unwrap();
    let mut found: Vec<_> = counted
        .differences
        .iter()
        .map(|one| (one.what, one.recorded.count, one.found.count))
        .collect();
    found.sort_unstable();
    let odd = found.pop().unwrap();
    assert_eq!(found, [(Oddity::Sum, 1, 0), (Oddity::Sum, 2, 3)], "{counted:?}");
    assert!(matches!(odd, (Oddity::Row(_), 2, 3)), "{counted:?}");
}

#[tokio::test]
async fn an_outline_of_other_categories_is_found_though_others_have_them() {
    let recorded = recorded().await;
    let few = Categories::of(&[Category::Context]);
    recorded.store.change_outline(5, |outline| {
        let kind = Kind { categories: few, ..Kind::clone(&outline.kind) };
        outline.kind = Arc::new(kind);
    });
    let found = recorded.differences().await;
    let counts: Vec<_> = found.iter().map(|one| (one.recorded.count, one.found.count)).collect();
    assert_eq!(counts.len(), 2, "{found:?}");
    assert!(counts.contains(&(12, 11)) && counts.contains(&(0, 1)), "{found:?}");
    assert!(found.iter().all(|one| matches!(one.rows, OfDay::Outlines(..))), "{found:?}");
}
