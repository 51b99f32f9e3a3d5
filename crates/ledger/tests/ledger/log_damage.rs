//! A record or a log that was damaged while the gateway keeps it: what is said of it, and that the log goes on.

use crate::{
    common::World,
    log::{book, check, export, record},
};
use sluicegate_ledger::{
    LedgerStore as _,
    log::{
        LogAddition, LogStore as _, SheetRow,
        book::{Book, BookError, LogStanding},
        sheet, tiles,
        verify::Fault,
    },
    memory::MemoryStore,
};
use std::sync::Arc;

struct Kept {
    world: World,
    store: Arc<MemoryStore>,
    ledger: Arc<sluicegate_ledger::Ledger>,
}

/// A record of some sheets of three packs each.
async fn kept(sheets: u128) -> Kept {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let book = opened(&store).await;
    for number in 0..sheets {
        record(&world, &ledger, number * 3..(number + 1) * 3).await;
        book.catch_up().await.unwrap();
    }
    Kept { world, store, ledger }
}

async fn opened(store: &Arc<MemoryStore>) -> Book {
    let book = book(store, Vec::new());
    book.begin().await.unwrap();
    book
}

#[tokio::test]
async fn a_pack_that_is_damaged_before_the_log_has_it_is_signed_as_damaged_and_the_log_goes_on() {
    let Kept { world, store, ledger } = kept(2).await;
    record(&world, &ledger, 6..9).await;
    let damaged = store.damage(7).unwrap();
    let book = opened(&store).await;
    book.catch_up().await.unwrap();
    record(&world, &ledger, 9..12).await;
    book.catch_up().await.unwrap();
    let standing = book.standing();
    assert_eq!((standing.entries, standing.behind, standing.failing), (4, 0, None));
    assert_eq!(standing.unreadable, [damaged]);
    let files = export(&book).await;
    let lost = Fault::Lost { sheet: 2, pack: damaged };
    assert_eq!(check(&files).faults, std::slice::from_ref(&lost), "and nothing else is wrong");
    assert!(lost.to_string().contains("could not be read any more when it was signed"));
    // What is changed in it later is told from what was signed.
    store.damage(7).unwrap();
    let found = check(&export(&book).await).faults;
    assert!(
        matches!(found.as_slice(), [Fault::Rows { sheet: 2, were: 1, are: 2, .. }]),
        "it reads again, and is not what was signed: {found:?}"
    );
    store.damage(7).unwrap();
    store.damage(8).unwrap();
    let found = check(&export(&book).await).faults;
    assert_eq!(found, [lost, Fault::Pack { sheet: 2, pack: damaged + 1 }]);
}

#[tokio::test]
async fn sheets_that_were_dropped_are_made_anew_as_they_were_signed() {
    for dropped in [1, 3, 5] {
        let Kept { world, store, ledger } = kept(5).await;
        let before = export(&opened(&store).await).await;
        store.drop_sheets(dropped);
        let book = opened(&store).await;
        book.catch_up().await.unwrap();
        assert_eq!(export(&book).await.0, before.0, "the same to the byte");
        record(&world, &ledger, 15..18).await;
        book.catch_up().await.unwrap();
        assert_eq!(check(&export(&book).await).faults, []);
        let LogStanding { entries, behind, failing, .. } = book.standing();
        assert_eq!((entries, behind, failing), (6, 0, None));
    }
}

#[tokio::test]
async fn a_log_that_cannot_go_on_says_why_and_how_far_it_is_behind_and_signs_nothing_else() {
    let Kept { world, store, ledger } = kept(4).await;
    let signed = store.checkpoint().await.unwrap();
    store.drop_sheets(1);
    store.damage(10).unwrap();
    let book = opened(&store).await;
    record(&world, &ledger, 12..14).await;
    for _ in 0..2 {
        let failed = book.catch_up().await;
        assert!(matches!(failed, Err(BookError::Lost { kept: 3, signed: 4 })), "{failed:?}");
    }
    let standing = book.standing();
    assert_eq!((standing.entries, standing.behind), (3, 5));
    let failing = standing.failing.unwrap();
    assert_eq!((failing.sheet, failing.pack), (3, 10));
    assert!(failing.cause.contains("lost its sheets from 3 on"), "{}", failing.cause);
    assert_eq!(store.checkpoint().await.unwrap(), signed);
    // The pack is put back as it was, and all is well.
    store.damage(10).unwrap();
    book.catch_up().await.unwrap();
    let standing = book.standing();
    assert_eq!((standing.entries, standing.behind, standing.failing), (5, 0, None));
    assert_eq!(check(&export(&book).await).faults, []);
}

#[tokio::test]
async fn tiles_that_were_changed_or_dropped_are_made_anew_from_the_entries() {
    let Kept { world, store, ledger } = kept(3).await;
    let before = export(&opened(&store).await).await;
    for change in [|tile: &mut Vec<u8>| tile[40] ^= 1, Vec::clear] {
        store.change_tiles(change);
        let book = opened(&store).await;
        book.catch_up().await.unwrap();
        assert_eq!(export(&book).await.0, before.0, "the same to the byte");
    }
    record(&world, &ledger, 9..12).await;
    let book = opened(&store).await;
    book.catch_up().await.unwrap();
    assert_eq!(check(&export(&book).await).faults, []);
}

#[tokio::test]
async fn nothing_is_signed_on_top_of_entries_that_were_changed() {
    let Kept { store, .. } = kept(3).await;
    let signed = store.checkpoint().await.unwrap();
    let mut sheets = store.sheets(0, 9).await.unwrap();
    store.drop_sheets(3);
    sheets[1].entry[30] ^= 1;
    let note = signed.clone().unwrap();
    let addition = LogAddition { sheets, tiles: Vec::new(), checkpoint: note };
    store.extend_log(addition).await.unwrap();
    store.change_tiles(|tile| tile[40] ^= 1);
    let book = opened(&store).await;
    assert!(matches!(book.catch_up().await, Err(BookError::Entries(3))));
    assert_eq!(book.standing().failing.unwrap().sheet, 3);
    assert_eq!(store.checkpoint().await.unwrap(), signed);
}

#[tokio::test]
async fn a_sheet_in_the_middle_that_was_changed_or_deleted_is_named_and_made_anew() {
    let changes: [fn(&mut Vec<SheetRow>); 4] = [
        |sheets| drop(sheets.remove(1)),
        |sheets| sheets[1].entry[30] ^= 1,
        |sheets| sheets[1].marks[0] ^= 1,
        |sheets| sheets[1].last += 2,
    ];
    for change in changes {
        let Kept { world, store, ledger } = kept(4).await;
        let before = export(&opened(&store).await).await;
        store.change_sheets(change);
        let book = opened(&store).await;
        assert!(!book.look_through().await.unwrap(), "it is not open yet");
        book.catch_up().await.unwrap();
        assert!(book.look_through().await.unwrap());
        let standing = book.standing();
        assert_eq!((standing.compared, standing.changed), (4, 0));
        assert_eq!(standing.mended_entries, [1]);
        assert_eq!(export(&book).await.0, before.0, "the same to the byte");
        record(&world, &ledger, 12..14).await;
        book.catch_up().await.unwrap();
        assert_eq!(check(&export(&book).await).faults, []);
    }
}

#[tokio::test]
async fn of_a_log_that_is_read_in_pieces_every_sheet_is_looked_at_and_given_out() {
    const CHANGED: [usize; 5] = [0, 31, 32, 63, 64];
    let Kept { store, .. } = kept(70).await;
    let before = export(&opened(&store).await).await;
    store.change_sheets(|sheets| CHANGED.iter().for_each(|at| sheets[*at].entry[30] ^= 1));
    let book = opened(&store).await;
    book.catch_up().await.unwrap();
    assert!(book.look_through().await.unwrap());
    let standing = book.standing();
    assert_eq!((standing.compared, standing.changed), (70, 0));
    assert_eq!(standing.mended_entries, [0, 31, 32, 63, 64]);
    assert_eq!(export(&book).await.0, before.0, "the same to the byte");
}

#[tokio::test]
async fn a_sheet_in_the_middle_that_cannot_be_made_anew_is_named_and_the_rest_is_still_there() {
    let Kept { world, store, ledger } = kept(4).await;
    let whole = export(&opened(&store).await).await;
    store.change_sheets(|sheets| drop(sheets.remove(1)));
    store.damage(4).unwrap();
    let book = opened(&store).await;
    book.catch_up().await.unwrap();
    for _ in 0..2 {
        assert!(book.look_through().await.unwrap());
        let standing = book.standing();
        assert_eq!((standing.compared, standing.changed, standing.failing), (4, 1, None));
        assert_eq!((standing.changed_entries, standing.mended_entries), (vec![1], Vec::new()));
    }
    assert_eq!(book.sheet(1).await.unwrap(), None);
    let bundle = tiles::all(4).into_iter().find(|file| file.series == tiles::Series::Entries);
    let bundle = book.read(bundle.unwrap()).await.unwrap().unwrap();
    let mut files = whole.clone();
    let was = files.0.insert("tile/entries/000.p/4".to_owned(), bundle.clone()).unwrap();
    let (was, is) = (tiles::read_bundle(&was).unwrap(), tiles::read_bundle(&bundle).unwrap());
    assert_eq!(is, [was[0], &[], was[2], was[3]]);
    assert_eq!(check(&files).faults, [Fault::Entry(1), Fault::Root]);
    record(&world, &ledger, 12..14).await;
    book.catch_up().await.unwrap();
    assert_eq!(book.standing().entries, 5, "the log goes on, since its head is right");
    let beyond = tiles::read_path("entries/000.p/9").unwrap();
    assert_eq!(book.read(beyond).await.unwrap(), None);
}

#[tokio::test]
async fn a_log_that_was_emptied_is_noticed_at_the_start_and_a_new_one_is_not() {
    let Kept { world, store, ledger } = kept(2).await;
    assert!(!opened(&store).await.standing().began_anew);
    let before = export(&opened(&store).await).await;
    store.empty_log();
    let book = opened(&store).await;
    assert!(book.standing().began_anew);
    record(&world, &ledger, 6..7).await;
    book.catch_up().await.unwrap();
    let files = export(&book).await;
    assert_eq!(check(&files).faults, [], "alone it is a log like any other");
    assert_ne!(files.0[&sheet::path(0)], before.0[&sheet::path(0)]);
    let new = Arc::new(MemoryStore::default());
    assert!(new.packs(0, 1).await.unwrap().is_empty());
    assert!(!opened(&new).await.standing().began_anew);
}

#[tokio::test]
async fn rows_beyond_the_head_are_named_and_left_out_and_the_log_goes_on() {
    let changes: [fn(&MemoryStore); 3] = [
        |_| {},
        |store| store.change_tiles(|tile| tile[40] ^= 1),
        |store| store.change_sheets(|sheets| drop(sheets.remove(3))),
    ];
    for change in changes {
        let Kept { world, store, ledger } = kept(4).await;
        let before = export(&opened(&store).await).await;
        change(&store);
        store.change_sheets(|sheets| {
            let added = |sheet| SheetRow { sheet, ..sheets[1].clone() };
            let added = [added(4), added(100_000)];
            sheets.extend(added);
        });
        let book = opened(&store).await;
        book.catch_up().await.unwrap();
        let standing = book.standing();
        assert_eq!((standing.entries, standing.behind, standing.failing), (4, 0, None));
        assert_eq!(standing.added_entries, [4, 100_000]);
        assert!(standing.signed_anew.is_empty());
        let added = tiles::TilePath { series: tiles::Series::Entries, number: 0, width: 5 };
        assert_eq!(book.read(added).await.unwrap(), None, "it is not given out");
        assert_eq!(export(&book).await.0, before.0, "the same to the byte");
        record(&world, &ledger, 12..14).await;
        book.catch_up().await.unwrap();
        assert!(book.look_through().await.unwrap());
        let standing = book.standing();
        assert_eq!((standing.entries, standing.compared, standing.changed), (5, 5, 0));
        assert_eq!(check(&export(&book).await).faults, []);
        let book = opened(&store).await;
        book.catch_up().await.unwrap();
        assert_eq!(
            book.standing().added_entries,
            [100_000],
            "the log wrote its own over the other"
        );
    }
}

async fn put_checkpoint(store: &MemoryStore, checkpoint: String) {
    let addition = LogAddition { sheets: Vec::new(), tiles: Vec::new(), checkpoint };
    store.extend_log(addition).await.unwrap();
}

#[tokio::test]
async fn a_log_that_is_signed_without_the_head_of_before_says_so_for_good() {
    for (how, size) in [("none", 3), ("garbled", 3), ("older", 3), ("none, and cut", 2)] {
        let Kept { world, store, ledger } = kept(2).await;
        let older = store.checkpoint().await.unwrap().unwrap();
        record(&world, &ledger, 6..9).await;
        let book = opened(&store).await;
        book.catch_up().await.unwrap();
        assert!(book.standing().signed_anew.is_empty(), "{how}");
        let latest = store.checkpoint().await.unwrap().unwrap();
        match how {
            "garbled" => put_checkpoint(&store, latest.replace("log", "lag")).await,
            "older" => put_checkpoint(&store, older).await,
            _ => store.drop_checkpoint(),
        }
        if size == 2 {
            store.drop_sheets(1);
            store.change_tiles(|tile| tile.truncate(64));
        }
        let book = opened(&store).await;
        book.catch_up().await.unwrap();
        let standing = book.standing();
        assert_eq!((standing.signed_anew, standing.failing), (vec![size], None), "{how}");
        assert!(!standing.began_anew, "{how}");
        assert_eq!(
            check(&export(&book).await).faults,
            [],
            "{how}: alone it is a log like any other"
        );
        record(&world, &ledger, 9..12).await;
        book.catch_up().await.unwrap();
        assert_eq!(opened(&store).await.standing().signed_anew, [size], "{how}: also later");
    }
}

#[tokio::test]
async fn an_emptied_log_is_said_for_good_and_a_new_one_was_not_signed_before() {
    let Kept { store, .. } = kept(2).await;
    store.empty_log();
    assert_eq!(opened(&store).await.standing().signed_anew, [0]);
    let again = opened(&store).await.standing();
    assert_eq!((again.signed_anew, again.began_anew), (vec![0], false));
    // Only tiles are left: there was something.
    let Kept { store, .. } = kept(2).await;
    store.drop_sheets(2);
    store.drop_checkpoint();
    assert!(opened(&store).await.standing().began_anew);
    let new = Arc::new(MemoryStore::default());
    for _ in 0..2 {
        let book = opened(&new).await;
        book.catch_up().await.unwrap();
        assert_eq!(book.standing(), LogStanding::default());
    }
}

#[tokio::test]
async fn without_a_head_nothing_is_signed_over_tiles_that_are_not_those_of_the_entries() {
    let Kept { store, .. } = kept(3).await;
    store.drop_checkpoint();
    store.drop_sheets(1);
    let book = opened(&store).await;
    assert!(matches!(book.catch_up().await, Err(BookError::NoHead(2))));
    assert!(book.standing().failing.unwrap().cause.contains("head that was signed is missing"));
    assert_eq!(store.checkpoint().await.unwrap(), None);
    assert!(book.standing().signed_anew.is_empty());
}

#[tokio::test]
async fn entries_that_cannot_be_compared_for_a_while_are_said_and_compared_later() {
    let Kept { store, .. } = kept(4).await;
    store.change_sheets(|sheets| drop(sheets.remove(1)));
    store.damage(4).unwrap();
    let book = opened(&store).await;
    book.catch_up().await.unwrap();
    store.fail();
    assert!(matches!(book.look_through().await, Err(BookError::Store(_))));
    assert!(book.standing().not_comparing.unwrap().contains("store of the log failed"));
    store.work();
    assert!(book.look_through().await.unwrap());
    let standing = book.standing();
    assert_eq!((standing.not_comparing, standing.compared), (None, 4));
    assert_eq!((standing.changed, standing.changed_entries), (1, vec![1]));
}
