//! The proof of one disclosure: a file of its own, that anybody checks with the public key.

use crate::{
    common::{World, account, device},
    log::{book, key, record},
};
use sluicegate_gate::{
    DisclosureId, SubjectKey,
    time::{Clock as _, UnixMillis},
};
use sluicegate_ledger::{
    Ledger, OnRecord, Wanted,
    log::{
        book::{Book, BookError},
        note::NoteSigner,
        proof::{DisclosureProof, DisclosureProofError, ProvedDisclosure},
        tree,
    },
    memory::MemoryStore,
};
use std::sync::Arc;

async fn place(ledger: &Ledger, subject: SubjectKey, id: Option<u128>) -> Option<OnRecord> {
    let disclosure = id.map(DisclosureId);
    let wanted = Wanted { subject, since: UnixMillis(0), disclosure, partnership: None };
    ledger.latest_on_record(&wanted).await.unwrap()
}

async fn prove(ledger: &Ledger, book: &Book, subject: SubjectKey, id: u128) -> DisclosureProof {
    let place = place(ledger, subject, Some(id)).await.unwrap();
    book.prove(place).await.unwrap().unwrap()
}

fn check(proof: &[u8]) -> Result<ProvedDisclosure, DisclosureProofError> {
    DisclosureProof::read(proof)?.check(&key(), &[])
}

/// Sheets of some packs each, of one message about one of three people.
async fn recorded(sheets: u128, packs: u128) -> (World, Arc<Ledger>, Book) {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let book = book(&store, Vec::new());
    for number in 0..sheets {
        record(&world, &ledger, number * packs..(number + 1) * packs).await;
        book.catch_up().await.unwrap();
    }
    (world, ledger, book)
}

#[tokio::test]
async fn any_disclosure_is_proved_wherever_it_is_in_a_log_of_any_size() {
    let (_world, ledger, book) = recorded(270, 2).await;
    for id in [0, 1, 2, 255, 256, 511, 512, 538, 539] {
        let proof = prove(&ledger, &book, account(id % 3 + 1), id).await.to_string();
        let proved = check(proof.as_bytes()).unwrap();
        assert_eq!(
            (proved.disclosure, proved.message.message),
            (DisclosureId(id), DisclosureId(id))
        );
        assert_eq!((proved.pack, proved.row), (u64::try_from(id).unwrap() + 1, 1));
        assert_eq!((proved.checkpoint.size, proved.decided), (270, None));
    }
}

#[tokio::test]
async fn why_there_is_no_proof_is_told_where_the_sheet_is_missing_or_changed() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::default()));
    let ledger = world.open(&store).await;
    let book = book(&store, Vec::new());
    for number in 0..5 {
        record(&world, &ledger, number * 2..number * 2 + 2).await;
        book.catch_up().await.unwrap();
    }
    store.change_sheets(|sheets| {
        sheets.remove(2);
        sheets[2].entry[30] ^= 1;
    });
    let mut found = Vec::new();
    for id in [0, 2, 4, 6, 8] {
        let place = place(&ledger, account(id % 3 + 1), Some(id)).await.unwrap();
        found.push(book.prove(place).await.map(|proof| proof.is_some()));
    }
    let whole = |found: &Result<bool, BookError>| matches!(found, Ok(true));
    assert!(whole(&found[0]) && whole(&found[1]) && whole(&found[4]), "{found:?}");
    assert!(matches!(found[2], Err(BookError::NoSheet(5))), "{found:?}");
    assert!(matches!(found[3], Err(BookError::Entry(3))), "{found:?}");
}

#[tokio::test]
async fn what_was_recorded_just_now_is_proved_and_without_an_id_the_latest() {
    let (world, ledger, book) = recorded(3, 4).await;
    let at = world.clock.now();
    record(&world, &ledger, 12..13).await;
    let place = place(&ledger, account(1), None).await.unwrap();
    let proof = book.prove(place).await.unwrap().unwrap().to_string();
    let proved = check(proof.as_bytes()).unwrap();
    assert_eq!((proved.disclosure, proved.checkpoint.size), (DisclosureId(12), 4));
    assert!(proved.message.at > at);
}

#[tokio::test]
async fn a_disclosure_within_a_batch_is_proved_with_its_message() {
    let (world, ledger, book) = recorded(2, 2).await;
    let parts = [(account(1), "ifa=a"), (account(2), "ifa=b"), (account(1), "ifa=c")];
    drop(ledger.record(world.exposures(700, &parts)).await.unwrap());
    let proof = prove(&ledger, &book, account(2), 702).await.to_string();
    let proved = check(proof.as_bytes()).unwrap();
    assert_eq!((proved.disclosure, proved.message.message), (DisclosureId(702), DisclosureId(700)));
    assert_eq!(proved.message.items.len(), 3);
    assert_eq!(place(&ledger, account(2), Some(701)).await, None, "another person's");
}

#[tokio::test]
async fn the_persons_key_shows_whose_it_is_and_anothers_key_is_refused() {
    let (_world, ledger, book) = recorded(2, 6).await;
    let proof = prove(&ledger, &book, account(1), 6).await;
    let keys = [account(1), account(2)].map(|one| ledger.person_key(one));
    let [own, others] = keys;
    let (own, others) = (own.await.unwrap().unwrap(), others.await.unwrap().unwrap());
    let proved = check(proof.clone().with_key(&own).to_string().as_bytes()).unwrap();
    let beside: Vec<_> = proved.decided.unwrap().others.into_iter().map(|(key, _)| key).collect();
    assert_eq!(beside, [device(9)]);
    let refused = check(proof.with_key(&others).to_string().as_bytes());
    assert_eq!(refused, Err(DisclosureProofError::Person));
}

#[tokio::test]
async fn a_proof_stays_valid_when_the_person_is_erased_and_none_is_made_any_more() {
    let (_world, ledger, book) = recorded(2, 6).await;
    let proof = prove(&ledger, &book, account(1), 6).await.to_string();
    ledger.erase(account(1)).await.unwrap();
    assert!(check(proof.as_bytes()).is_ok());
    assert_eq!(place(&ledger, account(1), Some(6)).await, None);
}

#[tokio::test]
async fn no_byte_of_a_proof_can_be_changed_or_cut_unseen() {
    let (_world, ledger, book) = recorded(5, 3).await;
    let key = ledger.person_key(account(1)).await.unwrap().unwrap();
    let proof = prove(&ledger, &book, account(1), 6).await.with_key(&key).to_string();
    assert!(check(proof.as_bytes()).is_ok());
    for at in 0..proof.len() {
        for flip in [1, 0x20, 0x80] {
            let mut bytes = proof.clone().into_bytes();
            bytes[at] ^= flip;
            assert!(check(&bytes).is_err(), "{flip} at {at}");
        }
        assert!(check(&proof.as_bytes()[..at]).is_err(), "cut at {at}");
    }
    assert!(check(format!("{proof}\n").as_bytes()).is_err(), "more at the end");
}

#[tokio::test]
async fn a_proof_of_another_log_is_refused() {
    let (_world, ledger, book) = recorded(1, 3).await;
    let proof = prove(&ledger, &book, account(1), 0).await;
    let signer = NoteSigner::new("ledger.example/log", &sluicegate_gate::Secret::new([6; 32]));
    let refused = proof.check(&signer.unwrap().verifier(), &[]);
    assert!(matches!(refused, Err(DisclosureProofError::Checkpoint(_))));
}

/// As the standard has it (C2SP `tlog-proof`), read by hand and checked by the published implementation.
#[tokio::test]
async fn a_published_verifier_takes_our_proof() {
    let (_world, ledger, book) = recorded(270, 1).await;
    let text = prove(&ledger, &book, account(1), 261).await.to_string();
    let (proof, note) = text.split_once("\n\n").unwrap();
    let lines: Vec<&str> = proof.lines().collect();
    assert_eq!((lines[0], lines[2]), ("c2sp.org/tlog-proof@v1", "index 261"));
    let decoded = |text: &str| {
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
    };
    let extra = decoded(lines[1].strip_prefix("extra ").unwrap());
    let extra: serde_json::Value = serde_json::from_slice(&extra).unwrap();
    let leaf = tree::leaf_hash(extra["entry"].as_str().unwrap().as_bytes());
    let hashes = lines[3..].iter().map(|line| decoded(line).try_into().unwrap());
    let path = hashes.map(tlog_tiles::Hash).collect();
    let verifier = signed_note::StandardVerifier::new(&key().to_string()).unwrap();
    let note = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let list = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    assert_eq!(note.verify(&list).unwrap().0.len(), 1);
    let head = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    tlog_tiles::check_record(&path, head.size(), *head.hash(), 261, tlog_tiles::Hash(leaf))
        .unwrap();
}
