//! Any messages and outcomes come back as they went in, and no damage is ever taken for a record.

use super::*;
use crate::{
    encode::{Ring, owners},
    keys::Keeper,
    wire::{Damage, Writer},
};
use proptest::prelude::*;
use sluicegate_gate::{KeyKind, Secret, time::Dice};
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
};

type Keys = Vec<(SubjectKey, Revision)>;

#[derive(Debug)]
struct CountingDice(AtomicU64);

impl Dice for CountingDice {
    fn roll(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Keys of everybody in the messages, made from that number on.
fn ring(messages: &[NewMessage], seed: u64) -> Ring {
    let keeper = Keeper::new(&Secret::new([1; 32]), Arc::new(CountingDice(AtomicU64::new(seed))));
    let subjects: BTreeSet<SubjectKey> = messages
        .iter()
        .flat_map(|message| &message.items)
        .flat_map(|item| owners(item.keys.iter().map(|(key, _)| *key)))
        .collect();
    let fresh = |subject| (subject, Arc::new(keeper.fresh(subject).unwrap().0));
    subjects.into_iter().map(fresh).collect()
}

fn pack(messages: &[NewMessage], outcomes: &[OutcomeRow], erasures: &[Erasure]) -> NewPack {
    NewPack {
        messages: messages.to_vec(),
        outcomes: outcomes.to_vec(),
        erasures: erasures.to_vec(),
        windows: Vec::new(),
    }
}

/// Reads a message back with every key of the ring.
fn opened(message: &Message, ring: &Ring) -> NewMessage {
    let item = |item: &Item| {
        let mut keys = Vec::new();
        for about in &item.about {
            let (subject, secret) = ring.iter().find(|(_, secret)| secret.id == about.key).unwrap();
            let decided = secret.rows.open(about.place, &about.sealed).unwrap();
            keys.push((*subject, decided.own));
            keys.extend(decided.others);
        }
        NewItem { disclosure: item.disclosure, keys }
    };
    NewMessage {
        message: message.message,
        at: message.at,
        path: message.path,
        partnership: message.partnership.clone(),
        edition: message.edition,
        categories: message.categories,
        sha256: message.sha256,
        items: message.items.iter().map(item).collect(),
    }
}

/// At most one key a kind, the account first.
fn keys() -> impl Strategy<Value = Keys> {
    let kind = prop_oneof![Just(KeyKind::Account), Just(KeyKind::Device), Just(KeyKind::Browser)];
    let revision = (any::<u16>(), any::<u64>());
    let key = (kind, any::<u128>(), revision).prop_map(|(kind, hash, (shard, version))| {
        (SubjectKey { kind, hash }, Revision { shard, version })
    });
    prop::collection::vec(key, 0..4).prop_map(|mut keys| {
        keys.sort_by_key(|(key, _)| *key);
        keys.dedup_by_key(|(key, _)| key.kind);
        keys
    })
}

fn erasures() -> impl Strategy<Value = Vec<Erasure>> {
    let erasure = (any::<i64>(), any::<u64>())
        .prop_map(|(at, key)| Erasure { at: UnixMillis(at), key: KeyId(key) });
    prop::collection::vec(erasure, 0..3)
}

fn windows() -> impl Strategy<Value = Vec<UncertainWindow>> {
    let window = (path(), any::<i64>(), any::<i64>()).prop_map(|(path, from, until)| {
        UncertainWindow { path, from: UnixMillis(from), until: UnixMillis(until) }
    });
    prop::collection::vec(window, 0..3)
}

fn path() -> impl Strategy<Value = Path> {
    prop::sample::select(Path::ALL.to_vec())
}

/// The messages of one opportunity, as an auction hands them in.
fn opportunity() -> impl Strategy<Value = Vec<NewMessage>> {
    let message = ("[a-c]{1,3}", any::<u8>(), any::<u128>(), any::<[u8; 32]>());
    let messages = prop::collection::vec(message, 1..4);
    (any::<i64>(), path(), 0..3_u8, keys(), messages).prop_map(
        |(at, path, edition, keys, messages)| {
            let message = |(name, bits, id, sha256): (String, u8, u128, [u8; 32])| NewMessage {
                message: DisclosureId(id),
                at: UnixMillis(at),
                path,
                partnership: name.parse().unwrap(),
                edition: EditionHash([edition; 32]),
                categories: Categories::from_bits(bits),
                sha256,
                items: vec![NewItem { disclosure: DisclosureId(id), keys: keys.clone() }],
            };
            messages.into_iter().map(message).collect()
        },
    )
}

/// A message of any number of disclosures.
fn batch() -> impl Strategy<Value = Vec<NewMessage>> {
    let item = (any::<u128>(), keys())
        .prop_map(|(id, keys)| NewItem { disclosure: DisclosureId(id), keys });
    (opportunity(), prop::collection::vec(item, 0..4)).prop_map(|(mut messages, items)| {
        messages.truncate(1);
        messages[0].items = items;
        messages
    })
}

fn messages() -> impl Strategy<Value = Vec<NewMessage>> {
    prop::collection::vec(prop_oneof![3 => opportunity(), 1 => batch()], 0..6)
        .prop_map(|rows| rows.concat())
}

fn outcomes() -> impl Strategy<Value = Vec<OutcomeRow>> {
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    let row = (any::<u128>(), outcome)
        .prop_map(|(id, outcome)| OutcomeRow { message: DisclosureId(id), outcome });
    prop::collection::vec(row, 0..4)
}

proptest! {
    #[test]
    fn a_pack_reads_back_as_it_was_written(messages in messages(), outcomes in outcomes(), erasures in erasures(), windows in windows()) {
        let ring = ring(&messages, 0);
        let new = NewPack { windows: windows.clone(), ..pack(&messages, &outcomes, &erasures) };
        let Some(new) = new.write(&ring, 1).unwrap() else {
            prop_assert!(messages.is_empty() && outcomes.is_empty() && erasures.is_empty() && windows.is_empty());
            return Ok(());
        };
        let read = read(&new.leaves).unwrap();
        let back: Vec<_> = read.messages.iter().map(|message| opened(message, &ring)).collect();
        prop_assert_eq!(back, messages);
        prop_assert_eq!((read.outcomes, read.erasures, read.windows), (outcomes, erasures, windows));
    }

    #[test]
    fn rows_are_the_whole_pack_in_order_each_message_names_its_own_and_each_reads_alone(messages in messages(), outcomes in outcomes()) {
        let Some(new) = pack(&messages, &outcomes, &[]).write(&ring(&messages, 0), 1).unwrap() else {
            return Ok(());
        };
        let rows = rows(&new.leaves).unwrap();
        let joined: Vec<u8> = rows.iter().flat_map(|row| row.bytes).copied().collect();
        prop_assert_eq!(&joined, &new.leaves[1..new.leaves.len() - 8], "format and checksum aside");
        let read = read(&new.leaves).unwrap().messages;
        for message in &read {
            let row = rows[usize::try_from(message.row).unwrap()].bytes;
            prop_assert!(row.windows(16).any(|bytes| bytes == message.message.0.to_be_bytes()));
        }
        let alone = rows[1..].iter().flat_map(|row| {
            read_alone(rows[0].bytes, *row).unwrap().messages
        });
        prop_assert_eq!(alone.collect::<Vec<_>>(), read);
    }

    #[test]
    fn a_damaged_pack_is_refused_and_never_read_as_another(
        messages in messages(),
        outcomes in outcomes(),
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 0..4),
    ) {
        let Some(new) = pack(&messages, &outcomes, &[]).write(&ring(&messages, 0), 1).unwrap() else {
            return Ok(());
        };
        let blob = new.leaves;
        let mut damaged = blob.clone();
        for (at, flip) in flips {
            damaged[at.index(blob.len())] ^= flip;
        }
        damaged.truncate(cut.index(blob.len() + 1));
        if damaged != blob {
            prop_assert_eq!(read(&damaged), Err(Damage));
        }
    }

    #[test]
    fn random_rows_under_a_right_checksum_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut writer = Writer::new();
        writer.fixed(&bytes);
        let blob = writer.finish();
        prop_assert_eq!(read(&blob).is_ok(), rows(&blob).is_ok());
    }
}

fn both_keys() -> Keys {
    let key =
        |kind| (SubjectKey { kind, hash: u128::MAX / 3 }, Revision { shard: 255, version: 9_000 });
    vec![key(KeyKind::Account), key(KeyKind::Device)]
}

/// A hundred opportunities of three messages each, a millisecond apart.
fn auctions(keys: &Keys) -> Vec<NewMessage> {
    (0..300_u128)
        .map(|number| {
            let id = DisclosureId(u128::MAX - number);
            let names = ["demo-bidder-north", "demo-bidder-east", "demo-bidder-south"];
            NewMessage {
                message: id,
                at: UnixMillis(1_700_000_000_000 + i64::try_from(number / 3).unwrap()),
                path: Path::BidRequest,
                partnership: names[usize::try_from(number % 3).unwrap()].parse().unwrap(),
                edition: EditionHash([1; 32]),
                categories: Categories::ALL,
                sha256: [2; 32],
                items: vec![NewItem { disclosure: id, keys: keys.clone() }],
            }
        })
        .collect()
}

#[test]
fn a_message_of_an_opportunity_takes_at_most_64_bytes_with_one_key_or_two() {
    let each = |keys: Keys| {
        let messages = auctions(&keys);
        let written = pack(&messages, &[], &[]).write(&ring(&messages, 0), 1).unwrap().unwrap();
        written.leaves.len().div_ceil(messages.len())
    };
    let one = each(both_keys()[..1].to_vec());
    let both = each(both_keys());
    assert!(one <= 57 && both <= 64, "{one} and {both} bytes");
}

#[test]
fn an_opportunity_is_one_row_with_its_set_of_partnerships() {
    let messages = auctions(&both_keys());
    let written = pack(&messages, &[], &[]).write(&ring(&messages, 0), 1).unwrap().unwrap();
    assert_eq!(rows(&written.leaves).unwrap().len(), 1 + 100, "the head, and one each");
}

#[test]
fn a_pack_says_nothing_of_a_person_by_which_it_could_be_guessed() {
    let messages = auctions(&both_keys());
    let written = pack(&messages, &[], &[]).write(&ring(&messages, 0), 1).unwrap().unwrap();
    let hash = both_keys()[0].0.hash.to_be_bytes();
    assert!(!written.leaves.windows(8).any(|bytes| bytes == &hash[..8]), "no hash of a key");
    // The same messages about somebody else, whose key is as long: apart from names of keys and what they
    // seal, nothing differs.
    let mut other = both_keys();
    other[0].0.hash = 5;
    let others = auctions(&other);
    let other = pack(&others, &[], &[]).write(&ring(&others, 0), 1).unwrap().unwrap();
    assert_eq!(other.leaves, written.leaves, "whose key it is, is nowhere in it");
}

#[test]
fn a_row_opens_with_the_key_it_names_and_with_no_other() {
    let messages = auctions(&both_keys());
    let ring = ring(&messages, 0);
    let keeper = Keeper::new(&Secret::new([1; 32]), Arc::new(CountingDice(AtomicU64::new(0))));
    let (account, _) = both_keys()[0];
    let (_, row) = keeper.fresh(account).unwrap();
    let right = PersonKey::new(&keeper.key(&row).unwrap()).unwrap();
    let wrong = PersonKey::new(&Secret::new([9; 32])).unwrap();
    let written = pack(&messages, &[], &[]).write(&ring, 1).unwrap().unwrap();
    for message in read(&written.leaves).unwrap().messages {
        let about = &message.items[0].about[0];
        let decided = right.open(about).unwrap();
        assert_eq!((decided.own, decided.others.as_slice()), (both_keys()[0].1, &both_keys()[1..]));
        assert_eq!(wrong.open(about), Err(UnsealError));
    }
}

/// Everything that is sealed about one person in a pack of these messages.
fn sealed(messages: &[NewMessage], roll: u128) -> Vec<Vec<u8>> {
    let written = pack(messages, &[], &[]).write(&ring(messages, 0), roll).unwrap().unwrap();
    let mut all: Vec<Vec<u8>> = Vec::new();
    for message in read(&written.leaves).unwrap().messages {
        all.extend(message.items.into_iter().flat_map(|item| item.about).map(|one| one.sealed));
    }
    all
}

/// Whether two texts were sealed under one keystream: what they differ in is what the plain ones differ in.
fn is_bare(one: &[u8], other: &[u8], plain: (&[u8], &[u8])) -> bool {
    let differ = |one: &[u8], other: &[u8]| -> Vec<u8> {
        one.iter().zip(other).map(|(one, other)| one ^ other).collect()
    };
    differ(one, other) == differ(plain.0, plain.1)
}

#[test]
fn one_disclosure_sealed_again_says_nothing_without_the_key() {
    // The same exposure, twice in one message, again in the same pack, and again in a later one.
    let item = NewItem { disclosure: DisclosureId(7), keys: both_keys() };
    let attempt = |at| NewMessage {
        at: UnixMillis(at),
        items: vec![item.clone(), item.clone()],
        ..auctions(&both_keys()).remove(0)
    };
    let messages = [attempt(1), attempt(2)];
    let mut all = [sealed(&messages, 1), sealed(&messages, 2)].concat();
    assert_eq!(all.len(), 8);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8, "equal texts, and no two of them sealed alike");

    // A change between two attempts moves the other key by two bytes: with one keystream for both, they would
    // show the key of the device.
    let at_version = |version| {
        let mut keys = both_keys();
        keys[0].1.version = version;
        let mut message = attempt(1);
        message.items = vec![NewItem { disclosure: DisclosureId(7), keys: keys.clone() }];
        let mut plain = Vec::new();
        for (place, (key, revision)) in keys.iter().enumerate() {
            if place > 0 {
                plain.push(1);
                plain.extend(key.hash.to_be_bytes());
            }
            plain.extend(revision.shard.to_be_bytes());
            let mut digits = Writer::new();
            digits.number(revision.version);
            plain.extend(digits.written());
        }
        (message, plain)
    };
    let ((first, plain), (again, later)) = (at_version(100), at_version(20_000));
    let (first_sealed, again_sealed) = (&sealed(&[first], 3)[0], &sealed(&[again], 4)[0]);
    assert_eq!((first_sealed.len(), again_sealed.len()), (plain.len(), later.len()));
    assert!(!is_bare(first_sealed, again_sealed, (&plain, &later)));
}
