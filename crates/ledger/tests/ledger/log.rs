//! The log over the record, and what is found when anything of it was changed.

use crate::common::{EVER, World, account, device};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use sluicegate_gate::Secret;
use sluicegate_ledger::{
    Ledger, LedgerStore as _,
    log::{
        LogStore as _,
        book::{Book, BookError, BookParts},
        checkpoint::Checkpoint,
        conformance,
        cosigning::CosignError,
        entry::Entry,
        note::{NoteSigner, NoteVerifier},
        sheet, tiles, tree,
        verify::{Earlier, Fault, Report, Source, verify},
    },
    memory::MemoryStore,
    pack,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const ORIGIN: &str = "ledger.example/log";

/// An export in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl Source for Files {
    fn read(&self, path: &str) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }
}

pub(crate) fn book(store: &Arc<MemoryStore>, witnesses: Vec<NoteVerifier>) -> Book {
    Book::new(BookParts {
        packs: Arc::<MemoryStore>::clone(store),
        log: Arc::<MemoryStore>::clone(store),
        signer: NoteSigner::new(ORIGIN, &Secret::new([5; 32])).unwrap(),
        witnesses,
    })
}

pub(crate) fn key() -> NoteVerifier {
    NoteSigner::new(ORIGIN, &Secret::new([5; 32])).unwrap().verifier()
}

/// One message after another, each with a commit of its own, about one of three people.
pub(crate) async fn record(world: &World, ledger: &Ledger, ids: std::ops::Range<u128>) {
    for id in ids {
        world.clock.pass(Duration::from_millis(3));
        let keys = [account(id % 3 + 1), device(9)];
        drop(ledger.record(world.bid(id, &keys, &["device.ifa=a"])).await.unwrap());
    }
}

pub(crate) async fn export(book: &Book) -> Files {
    let note = book.checkpoint().await.unwrap().unwrap();
    let size = Checkpoint::open(note.as_bytes(), &key()).unwrap().size;
    let mut files = Files(BTreeMap::from([("checkpoint".to_owned(), note.into_bytes())]));
    for file in tiles::all(size) {
        files.0.insert(file.to_string(), book.read(file).await.unwrap().unwrap());
    }
    for number in 0..size {
        files.0.insert(sheet::path(number), book.sheet(number).await.unwrap().unwrap());
    }
    files
}

pub(crate) fn check(files: &Files) -> Report {
    verify(files, &key(), &[], None)
}

/// A log of some sheets of some packs each.
async fn exported(sheets: u128, packs: u128) -> (Files, Arc<MemoryStore>) {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let book = book(&store, Vec::new());
    for number in 0..sheets {
        record(&world, &ledger, number * packs..(number + 1) * packs).await;
        book.catch_up().await.unwrap();
    }
    (export(&book).await, store)
}

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract_of_the_log() {
    conformance::check(&MemoryStore::default()).await.unwrap();
}

#[tokio::test]
async fn every_row_of_every_pack_is_in_the_log_once_and_it_verifies() {
    let (files, store) = exported(5, 7).await;
    let report = check(&files);
    assert_eq!(report.faults, []);
    assert_eq!((report.entries, report.packs, report.messages), (5, 35, 35));
    assert_eq!(report.rows, 70, "a head and a message in each");
    assert_eq!(store.packs(0, 100).await.unwrap().len(), 35);
}

#[tokio::test]
async fn a_log_that_is_opened_again_goes_on_where_it_ended() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    for number in 0..300 {
        record(&world, &ledger, number..number + 1).await;
        // A new one each time: nothing but what is kept tells it where to go on.
        let book = book(&store, Vec::new());
        book.catch_up().await.unwrap();
        book.catch_up().await.unwrap();
        assert_eq!(book.figures().packs, 1);
    }
    let report = check(&export(&book(&store, Vec::new())).await);
    assert_eq!((report.entries, report.packs, report.faults), (300, 300, Vec::new()));
}

#[tokio::test]
async fn a_failing_store_holds_up_the_log_and_nothing_is_lost_or_twice() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let book = book(&store, Vec::new());
    record(&world, &ledger, 0..3).await;
    store.fail();
    assert!(matches!(book.catch_up().await, Err(BookError::Store(_))));
    store.work();
    record(&world, &ledger, 3..5).await;
    book.catch_up().await.unwrap();
    let report = check(&export(&book).await);
    assert_eq!((report.packs, report.faults), (5, Vec::new()));
}

#[tokio::test]
async fn erasing_a_person_leaves_every_proof_valid() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let book = book(&store, Vec::new());
    record(&world, &ledger, 0..9).await;
    book.catch_up().await.unwrap();
    let before = export(&book).await;
    ledger.erase(account(1)).await.unwrap();
    let same = export(&book).await;
    assert_eq!(before.0, same.0, "nothing that was committed to has changed");
    book.catch_up().await.unwrap();
    let report = check(&export(&book).await);
    assert_eq!((report.faults, report.erasures), (Vec::new(), 1), "and the erasure is in it");
    assert!(ledger.person(account(1), EVER).await.unwrap().disclosures.is_empty());
}

#[tokio::test]
async fn a_window_declared_after_a_crash_is_in_the_log_and_cannot_be_taken_out() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let (_, pending) = ledger.reserve(world.bid(1, &[device(1)], &[])).await.unwrap();
    pending.durable().await.unwrap();
    let disk = Arc::new(store.after_power_cut());
    let reopened = world.open(&disk).await;
    record(&world, &reopened, 2..4).await;
    let book = book(&disk, Vec::new());
    book.catch_up().await.unwrap();
    let mut files = export(&book).await;
    let report = check(&files);
    assert_eq!(report.faults, []);
    assert_eq!(report.windows, reopened.uncertain_windows().await.unwrap());
    assert_eq!(report.windows.len(), 1);
    // Pack 1 is none: the commit that opened the window has no rows.
    rewrite(&mut files, 0, |packs| packs.retain(|(number, _)| *number != 3));
    let found = check(&files).faults;
    assert!(
        matches!(found.as_slice(), [Fault::Rows { sheet: 0, pack: 2, row: 2, were: 2, are: 0 }]),
        "{found:?}"
    );
}

#[tokio::test]
async fn another_key_and_a_changed_checkpoint_are_refused() {
    let (mut files, _store) = exported(2, 2).await;
    let other = NoteSigner::new(ORIGIN, &Secret::new([6; 32])).unwrap().verifier();
    let refused = verify(&files, &other, &[], None).faults;
    assert!(matches!(refused.as_slice(), [Fault::Checkpoint(_)]));
    let note = String::from_utf8(files.0["checkpoint"].clone()).unwrap();
    let changed = note.replacen("\n2\n", "\n1\n", 1);
    files.0.insert("checkpoint".to_owned(), changed.into_bytes());
    assert!(matches!(check(&files).faults.as_slice(), [Fault::Checkpoint(_)]));
}

/// Writes the sheet again with its packs changed, as a forger would who also mends the checksums.
fn rewrite(files: &mut Files, number: u64, change: impl FnOnce(&mut Vec<(u64, Vec<u8>)>)) {
    let path = sheet::path(number);
    let bytes = files.0[&path].clone();
    let read = sheet::read(&bytes).unwrap();
    let mut packs: Vec<(u64, Vec<u8>)> =
        read.packs.iter().map(|(number, bytes)| (*number, bytes.to_vec())).collect();
    change(&mut packs);
    let rows: Vec<_> = packs
        .into_iter()
        .map(|(pack, leaves)| sluicegate_ledger::PackRow { pack, first: 0, leaves })
        .collect();
    files.0.insert(path, sheet::write(read.marks, &rows));
}

/// Flips one byte, and mends the checksum.
fn forge(pack: &mut Vec<u8>, at: usize) {
    pack[at] ^= 1;
    let mut writer = sluicegate_ledger::wire::Writer::new();
    writer.fixed(&pack[1..pack.len() - 8]);
    *pack = writer.finish();
}

#[tokio::test]
async fn a_changed_row_is_named() {
    let (mut files, _store) = exported(3, 4).await;
    rewrite(&mut files, 1, |packs| {
        let (_, pack) = &mut packs[2];
        let last = pack.len() - 9;
        forge(pack, last);
    });
    let fault = Fault::Rows { sheet: 1, pack: 7, row: 1, were: 1, are: 1 };
    assert_eq!(fault.to_string(), "pack 7, row 1 was changed (sheet 1)");
    assert_eq!(check(&files).faults, [fault]);
}

#[tokio::test]
async fn a_changed_byte_without_its_checksum_names_the_pack() {
    let (mut files, _store) = exported(3, 4).await;
    rewrite(&mut files, 2, |packs| packs[0].1[20] ^= 1);
    assert_eq!(check(&files).faults, [Fault::Pack { sheet: 2, pack: 9 }]);
}

#[tokio::test]
async fn a_dropped_an_added_and_a_moved_pack_are_named() {
    let (files, _store) = exported(3, 4).await;
    let mut dropped = files.clone();
    rewrite(&mut dropped, 1, |packs| drop(packs.remove(1)));
    let fault = Fault::Rows { sheet: 1, pack: 5, row: 2, were: 2, are: 0 };
    assert_eq!(check(&dropped).faults, [fault]);
    let mut added = files.clone();
    rewrite(&mut added, 1, |packs| packs.insert(1, packs[0].clone()));
    let found = check(&added).faults;
    assert!(
        matches!(found.as_slice(), [Fault::Rows { sheet: 1, were: 0, are: 2, .. }]),
        "{found:?}"
    );
    let mut moved = files.clone();
    rewrite(&mut moved, 0, |packs| packs.swap(0, 3));
    let found = check(&moved).faults;
    assert!(
        matches!(found.as_slice(), [Fault::Rows { sheet: 0, pack: 4, row: 0, .. }]),
        "{found:?}"
    );
    let mut last = files;
    rewrite(&mut last, 2, |packs| drop(packs.pop()));
    let fault = Fault::Rows { sheet: 2, pack: 11, row: 2, were: 2, are: 0 };
    assert_eq!(check(&last).faults, [fault]);
}

/// Writes a log of one sheet anew, as whoever holds the log's key could.
fn resign(files: &mut Files, change: impl FnOnce(&mut Entry)) {
    let bundle = files.0["tile/entries/000.p/1"].clone();
    let mut entry = Entry::read(tiles::read_bundle(&bundle).unwrap()[0]).unwrap();
    change(&mut entry);
    let text = entry.text();
    let root = tree::leaf_hash(text.as_bytes());
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 1, root };
    let signer = NoteSigner::new(ORIGIN, &Secret::new([5; 32])).unwrap();
    let bundle = tiles::bundle([text.as_bytes()].into_iter()).unwrap();
    files.0.insert("checkpoint".to_owned(), checkpoint.sign(&signer).into_bytes());
    files.0.insert("tile/entries/000.p/1".to_owned(), bundle);
    files.0.insert("tile/0/000.p/1".to_owned(), root.to_vec());
}

/// Makes the entry that of the packs as they are in the sheet, whatever they are.
fn resign_packs(files: &mut Files, change: impl FnOnce(&mut Vec<(u64, Vec<u8>)>)) {
    let mut packs = Vec::new();
    rewrite(files, 0, |all| {
        change(all);
        packs.clone_from(all);
    });
    let leaves: Vec<_> =
        packs.iter().flat_map(|(pack, bytes)| sheet::leaves(*pack, bytes).unwrap()).collect();
    let (right, marks) = sheet::entry(0, (1, 4), &leaves);
    let rows: Vec<_> = packs
        .into_iter()
        .map(|(pack, leaves)| sluicegate_ledger::PackRow { pack, first: 0, leaves })
        .collect();
    files.0.insert(sheet::path(0), sheet::write(&marks, &rows));
    resign(files, |entry| *entry = right);
}

#[tokio::test]
async fn an_entry_that_says_something_else_than_its_sheet_is_named_though_it_is_signed() {
    let (files, _store) = exported(1, 4).await;
    let mut same = files.clone();
    resign(&mut same, |_entry| {});
    resign_packs(&mut same, |_packs| {});
    assert_eq!(check(&same).faults, []);
    let mut rows = files.clone();
    resign(&mut rows, |entry| entry.rows += 1);
    assert_eq!(check(&rows).faults, [Fault::Count { sheet: 0, were: 9, are: 8 }]);
    let mut beyond = files.clone();
    resign_packs(&mut beyond, |packs| packs[3].0 = 5);
    assert_eq!(check(&beyond).faults, [Fault::Order { sheet: 0, pack: 5 }]);
    let mut twice = files;
    resign_packs(&mut twice, |packs| packs[2].0 = 2);
    assert_eq!(check(&twice).faults, [Fault::Order { sheet: 0, pack: 2 }]);
    assert_eq!(
        Fault::Order { sheet: 0, pack: 2 }.to_string(),
        "pack 2 does not belong where it is (sheet 0)"
    );
}

#[tokio::test]
async fn a_missing_file_a_changed_entry_a_changed_tile_and_changed_marks_are_named() {
    let (files, _store) = exported(3, 2).await;
    let mut missing = files.clone();
    missing.0.remove(&sheet::path(1));
    assert_eq!(check(&missing).faults, [Fault::Missing("sheet/001".to_owned())]);
    let mut entry = files.clone();
    let bundle = entry.0.get_mut("tile/entries/000.p/3").unwrap();
    let at = bundle.len() / 2;
    bundle[at] ^= 1;
    let found = check(&entry).faults;
    assert!(found.contains(&Fault::Entry(1)) && found.contains(&Fault::Root), "{found:?}");
    let mut tile = files.clone();
    tile.0.get_mut("tile/0/000.p/3").unwrap()[70] ^= 1;
    assert_eq!(check(&tile).faults, [Fault::Entry(2)]);
    let mut marks = files;
    marks.0.get_mut("sheet/000").unwrap()[30] ^= 1;
    assert_eq!(check(&marks).faults, [Fault::Marks(0)]);
}

/// Writes the entries of a log of so many sheets again, changed.
fn change_entries(files: &mut Files, path: &str, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let bundle = files.0[path].clone();
    let mut entries: Vec<Vec<u8>> =
        tiles::read_bundle(&bundle).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    change(&mut entries);
    let bundle = tiles::bundle(entries.iter().map(Vec::as_slice)).unwrap();
    files.0.insert(path.to_owned(), bundle);
}

#[tokio::test]
async fn what_is_wrong_behind_an_entry_or_a_file_that_does_not_read_is_named_too() {
    let (files, _store) = exported(5, 2).await;
    let bundle = "tile/entries/000.p/5";
    for change in [Vec::clear, |entry: &mut Vec<u8>| entry[2] ^= 1] {
        let mut entry = files.clone();
        change_entries(&mut entry, bundle, |entries| change(&mut entries[1]));
        entry.0.remove(&sheet::path(1));
        rewrite(&mut entry, 3, |packs| packs[0].1[20] ^= 1);
        entry.0.remove(&sheet::path(4));
        assert_eq!(
            check(&entry).faults,
            [
                Fault::Entry(1),
                Fault::Root,
                Fault::Missing("sheet/001".to_owned()),
                Fault::Pack { sheet: 3, pack: 7 },
                Fault::Missing("sheet/004".to_owned()),
            ]
        );
    }
    let mut missing = files.clone();
    missing.0.remove(bundle);
    missing.0.insert(sheet::path(3), b"no sheet".to_vec());
    let unread = Fault::Unreadable("sheet/003".to_owned());
    let expected = [Fault::Missing(bundle.to_owned()), unread];
    assert_eq!(check(&missing).faults, expected, "the tile has the hashes of the entries");
    let checkpoint = Checkpoint::open(&files.0["checkpoint"], &key()).unwrap();
    let earlier = Earlier { checkpoint, files: Some(&files) };
    missing.0.remove("tile/0/000.p/5");
    let found = verify(&missing, &key(), &[], Some(&earlier)).faults;
    assert!(!found.iter().any(|fault| matches!(fault, Fault::Shorter(_))), "{found:?}");
}

#[tokio::test]
async fn a_history_that_was_rewritten_or_cut_off_is_found_by_an_earlier_checkpoint() {
    let (before, _store) = exported(4, 2).await;
    let checkpoint = Checkpoint::open(&before.0["checkpoint"], &key()).unwrap();
    let earlier = Earlier { checkpoint, files: Some(&before) };
    let found = |files: &Files| verify(files, &key(), &[], Some(&earlier)).faults;
    let (longer, _store) = exported(6, 2).await;
    assert_eq!(found(&longer), [], "it only grew");
    let (shorter, _store) = exported(3, 2).await;
    assert_eq!(found(&shorter), [Fault::Shorter(4)]);
    // Signed anew by the same key, from the third sheet on about others.
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let (ledger, book) = (world.open(&store).await, book(&store, Vec::new()));
    record(&world, &ledger, 0..2).await;
    book.catch_up().await.unwrap();
    record(&world, &ledger, 2..4).await;
    book.catch_up().await.unwrap();
    for number in 0..3 {
        record(&world, &ledger, 100 + number..102 + number).await;
        book.catch_up().await.unwrap();
    }
    let rewritten = export(&book).await;
    assert_eq!(check(&rewritten).faults, [], "alone it is a log like any other");
    assert_eq!(found(&rewritten), [Fault::Rewritten(Some(2))]);
    let blind = Earlier { checkpoint: earlier.checkpoint.clone(), files: None };
    let found = verify(&rewritten, &key(), &[], Some(&blind)).faults;
    assert_eq!(found, [Fault::Rewritten(None)]);
}

fn any_export() -> &'static Files {
    static FILES: std::sync::OnceLock<Files> = std::sync::OnceLock::new();
    FILES.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { exported(4, 5).await.0 })
    })
}

proptest! {
    #[test]
    fn no_byte_of_any_file_can_be_changed_or_cut_unseen(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        is_cut in any::<bool>(),
    ) {
        let mut files = any_export().clone();
        let index = file.index(files.0.len());
        let (path, bytes) = files.0.iter_mut().nth(index).unwrap();
        let path = path.clone();
        let at = at.index(bytes.len());
        if is_cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= flip;
        }
        let faults = check(&files).faults;
        prop_assert!(!faults.is_empty(), "{} at {}", path, at);
        if let Some(sheet) = path.strip_prefix("sheet/") {
            let number: u64 = sheet.parse().unwrap();
            let is_there = |fault: &Fault| match fault {
                Fault::Unreadable(file) => *file == path,
                Fault::Rows { sheet, .. } | Fault::Pack { sheet, .. } | Fault::Lost { sheet, .. } | Fault::Count { sheet, .. } | Fault::Order { sheet, .. } | Fault::Marks(sheet) | Fault::Sheet(sheet) => *sheet == number,
                Fault::Missing(_) | Fault::Checkpoint(_) | Fault::Tile(_) | Fault::Entry(_) | Fault::Root | Fault::Rewritten(_) | Fault::Shorter(_) => false,
            };
            prop_assert!(faults.iter().all(is_there), "{:?}", faults);
        }
    }
}

/// A witness as the standard has it, made by hand.
struct Witness(&'static str, SigningKey);

impl Witness {
    fn id(&self) -> Vec<u8> {
        let key = self.1.verifying_key();
        let digest = Sha256::new().chain_update(self.0).chain_update([b'\n', 4]).chain_update(key);
        digest.finalize()[..4].to_vec()
    }

    fn key(&self) -> NoteVerifier {
        let key = [&[4], self.1.verifying_key().as_bytes().as_slice()].concat();
        format!("{}+{}+{}", self.0, hex::encode(self.id()), BASE64.encode(key)).parse().unwrap()
    }

    fn cosign(&self, note: &str, time: u64) -> String {
        let (text, _) = note.rsplit_once("\n\n").unwrap();
        let signature = self.1.sign(format!("cosignature/v1\ntime {time}\n{text}\n").as_bytes());
        let line = [self.id(), time.to_be_bytes().to_vec(), signature.to_vec()].concat();
        format!("{note}\u{2014} {} {}\n", self.0, BASE64.encode(line))
    }
}

#[tokio::test]
async fn cosignatures_of_known_witnesses_are_kept_and_served_and_no_others() {
    let witness = Witness("witness.example/one", SigningKey::from_bytes(&[1; 32]));
    let second = Witness("witness.example/two", SigningKey::from_bytes(&[2; 32]));
    let stranger = Witness("witness.example/three", SigningKey::from_bytes(&[3; 32]));
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let book = book(&store, vec![witness.key(), second.key()]);
    record(&world, &ledger, 0..3).await;
    book.catch_up().await.unwrap();
    let note = book.checkpoint().await.unwrap().unwrap();
    let refused = book.cosign(stranger.cosign(&note, 100).as_bytes()).await;
    assert!(matches!(refused, Err(CosignError::NoWitness)));
    let forged = witness.cosign(&note, 100).replacen("\n1\n", "\n2\n", 1);
    assert!(matches!(book.cosign(forged.as_bytes()).await, Err(CosignError::NotOurs)));
    assert_eq!(book.cosigned().await.unwrap(), None);
    assert_eq!(book.cosign(witness.cosign(&note, 100).as_bytes()).await.unwrap().size, 1);
    book.cosign(second.cosign(&note, 101).as_bytes()).await.unwrap();
    book.cosign(stranger.cosign(&witness.cosign(&note, 200), 100).as_bytes()).await.unwrap();
    let served = book.checkpoint().await.unwrap().unwrap();
    assert_eq!(book.cosigned().await.unwrap().as_ref(), Some(&served));
    let all = [witness.key(), second.key(), stranger.key()];
    let report = verify(&export(&book).await, &key(), &all, None);
    assert_eq!((report.faults.len(), report.witnesses), (0, vec![witness.key(), second.key()]));
    record(&world, &ledger, 3..4).await;
    book.catch_up().await.unwrap();
    assert_eq!(book.cosigned().await.unwrap(), Some(served), "the last that was cosigned");
    let latest = book.checkpoint().await.unwrap().unwrap();
    assert_eq!(Checkpoint::open(latest.as_bytes(), &key()).unwrap().size, 2);
}

#[tokio::test]
async fn what_a_witness_signed_of_a_history_that_was_lost_is_refused_and_not_served() {
    let witness = Witness("witness.example/one", SigningKey::from_bytes(&[1; 32]));
    let (world, lost) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&lost).await;
    let mut notes = Vec::new();
    for number in 0..3 {
        record(&world, &ledger, number..number + 1).await;
        let before = book(&lost, vec![witness.key()]);
        before.catch_up().await.unwrap();
        let note = before.checkpoint().await.unwrap().unwrap();
        before.cosign(witness.cosign(&note, 100).as_bytes()).await.unwrap();
        notes.push(note);
    }
    // The store begins anew from a copy: what a witness signed is in it, and the record is another.
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    for (size, note) in (1..).zip(&notes) {
        store.keep_cosigned(size, witness.cosign(note, 100)).await.unwrap();
    }
    let ledger = world.open(&store).await;
    let book = book(&store, vec![witness.key()]);
    for number in 10..12 {
        record(&world, &ledger, number..number + 1).await;
        book.catch_up().await.unwrap();
    }
    let own = store.checkpoint().await.unwrap();
    assert_eq!(book.checkpoint().await.unwrap(), own, "nothing of another history is served");
    assert_eq!(book.cosigned().await.unwrap(), None);
    for (size, note) in (1..).zip(&notes) {
        let refused = book.cosign(witness.cosign(note, 200).as_bytes()).await;
        assert!(matches!(refused, Err(CosignError::AnotherHistory(one)) if one == size));
    }
    let report = verify(&export(&book).await, &key(), &[witness.key()], None);
    assert_eq!((report.faults.len(), report.witnesses.len()), (0, 0));
    // What is signed of the log as it stands takes the place of the other.
    book.cosign(witness.cosign(&own.unwrap(), 300).as_bytes()).await.unwrap();
    assert_eq!(book.cosigned().await.unwrap(), book.checkpoint().await.unwrap());
    let report = verify(&export(&book).await, &key(), &[witness.key()], None);
    assert_eq!((report.faults.len(), report.witnesses), (0, vec![witness.key()]));
}

#[tokio::test]
async fn a_signature_counts_for_the_key_that_made_it_and_for_none_of_the_same_name() {
    let [old, new] =
        [1, 2].map(|seed| Witness("witness.example", SigningKey::from_bytes(&[seed; 32])));
    let (mut files, _store) = exported(1, 1).await;
    let note = String::from_utf8(files.0["checkpoint"].clone()).unwrap();
    files.0.insert("checkpoint".to_owned(), old.cosign(&note, 100).into_bytes());
    let report = verify(&files, &key(), &[old.key(), new.key()], None);
    assert_eq!(report.witnesses, [old.key()]);
}

/// The published implementation, over the files of an export.
struct Published<'a>(&'a Files);

impl tlog_tiles::TileReader for Published<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        // It names the height of tiles in their paths, which the standard fixed later.
        let path = |tile: &tlog_tiles::Tile| tile.path().replacen("tile/8/", "tile/", 1);
        Ok(tiles.iter().map(|tile| self.0.0[&path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _tiles: &[tlog_tiles::Tile], _data: &[Vec<u8>]) {}
}

fn hash(hash: tree::Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash)
}

fn checkpoint_of(files: &Files) -> tlog_tiles::Checkpoint {
    let verifier = signed_note::StandardVerifier::new(&key().to_string()).unwrap();
    let note = signed_note::Note::from_bytes(&files.0["checkpoint"]).unwrap();
    let list = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    assert_eq!(note.verify(&list).unwrap().0.len(), 1);
    tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap()
}

#[tokio::test]
async fn a_published_verifier_takes_our_checkpoints_tiles_and_proofs() {
    let (before, _store) = exported(270, 1).await;
    let (files, _store) = exported(530, 1).await;
    let (old, new) = (checkpoint_of(&before), checkpoint_of(&files));
    assert_eq!((old.size(), new.size(), new.origin()), (270, 530, ORIGIN));
    let reader = Published(&files);
    let tiles = tlog_tiles::TileHashReader::new(new.size(), *new.hash(), &reader);
    let entries: Vec<Vec<u8>> = (0..3)
        .flat_map(|number| {
            let width = tiles::width_of(530, number).unwrap();
            let path = tiles::path(tiles::Series::Entries, number, width);
            let bundle = tiles::read_bundle(&files.0[&path]).unwrap();
            bundle.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
        })
        .collect();
    for index in [0_u64, 255, 256, 400, 529] {
        let entry = &entries[usize::try_from(index).unwrap()];
        let leaf = tlog_tiles::record_hash(entry);
        let proof = tlog_tiles::prove_record(530, index, &tiles).unwrap();
        tlog_tiles::check_record(&proof, 530, *new.hash(), index, leaf).unwrap();
    }
    let proof = tlog_tiles::prove_tree(530, 270, &tiles).unwrap();
    tlog_tiles::check_tree(&proof, 530, *new.hash(), 270, *old.hash()).unwrap();
    // And our proofs.
    let hashes: Vec<tree::Hash> = entries.iter().map(|entry| tree::leaf_hash(entry)).collect();
    let path = tree::inclusion(&hashes, 256).unwrap().into_iter().map(hash).collect();
    tlog_tiles::check_record(&path, 530, *new.hash(), 256, hash(hashes[256])).unwrap();
    let path = tree::consistency(&hashes, 270).unwrap().into_iter().map(hash).collect();
    tlog_tiles::check_tree(&path, 530, *new.hash(), 270, *old.hash()).unwrap();
    let wrong = tree::inclusion(&hashes, 257).unwrap().into_iter().map(hash).collect();
    assert!(tlog_tiles::check_record(&wrong, 530, *new.hash(), 256, hash(hashes[256])).is_err());
    // The rows of a sheet, by the same implementation.
    let entry = Entry::read(&entries[400]).unwrap();
    let file = &files.0[&sheet::path(400)];
    let sheet = sheet::read(file).unwrap();
    let (number, bytes) = sheet.packs[0];
    let rows = pack::rows(bytes).unwrap();
    let leaves = rows.iter().map(|row| tlog_tiles::record_hash(&row.leaf(number)));
    let [head, row] = leaves.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(tlog_tiles::node_hash(head, row), hash(entry.root));
}
