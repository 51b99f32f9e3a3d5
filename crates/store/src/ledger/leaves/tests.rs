//! Any messages and outcomes come back as they went in, and no damage is ever taken for a record.

use super::*;
use proptest::prelude::*;
use sluicegate_gate::KeyKind;

fn keys() -> impl Strategy<Value = Keys> {
    let kind = prop_oneof![Just(KeyKind::Account), Just(KeyKind::Device), Just(KeyKind::Browser)];
    let revision = (any::<u16>(), any::<u64>());
    let key = (kind, any::<u128>(), revision).prop_map(|(kind, hash, (shard, version))| {
        (SubjectKey { kind, hash }, Revision { shard, version })
    });
    prop::collection::vec(key, 0..4)
}

fn path() -> impl Strategy<Value = Path> {
    prop::sample::select(Path::ALL.to_vec())
}

/// The messages of one opportunity, as an auction hands them in.
fn opportunity() -> impl Strategy<Value = Vec<MessageRow>> {
    let message = ("[a-c]{1,3}", any::<u8>(), any::<u128>(), any::<[u8; 32]>());
    let messages = prop::collection::vec(message, 1..4);
    (any::<i64>(), path(), 0..3_u8, keys(), messages).prop_map(
        |(at, path, edition, keys, messages)| {
            let message = |(name, bits, id, sha256): (String, u8, u128, [u8; 32])| MessageRow {
                message: DisclosureId(id),
                at: UnixMillis(at),
                path,
                partnership: name.parse().unwrap(),
                edition: EditionHash([edition; 32]),
                categories: Categories::from_bits(bits),
                sha256,
                items: vec![ItemRow { disclosure: DisclosureId(id), keys: keys.clone() }],
            };
            messages.into_iter().map(message).collect()
        },
    )
}

/// A message of any number of disclosures.
fn batch() -> impl Strategy<Value = Vec<MessageRow>> {
    let item = (any::<u128>(), keys())
        .prop_map(|(id, keys)| ItemRow { disclosure: DisclosureId(id), keys });
    (opportunity(), prop::collection::vec(item, 0..4)).prop_map(|(mut messages, items)| {
        messages.truncate(1);
        messages[0].items = items;
        messages
    })
}

fn messages() -> impl Strategy<Value = Vec<MessageRow>> {
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
    fn a_pack_reads_back_as_it_was_written(messages in messages(), outcomes in outcomes()) {
        let blob = write(&messages, &outcomes);
        prop_assert_eq!(read(&blob), Ok(Leaves { messages, outcomes }));
    }

    #[test]
    fn a_damaged_pack_is_refused_and_never_read_as_another(
        messages in messages(),
        outcomes in outcomes(),
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 0..4),
    ) {
        let blob = write(&messages, &outcomes);
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
        drop(read(&writer.finish()));
    }
}

#[test]
fn three_messages_of_one_opportunity_take_at_most_64_bytes_each() {
    let key =
        |kind| (SubjectKey { kind, hash: u128::MAX }, Revision { shard: 255, version: 9_000 });
    let message = |number: u128| MessageRow {
        message: DisclosureId(u128::MAX - number),
        at: UnixMillis(1_700_000_000_000),
        path: Path::BidRequest,
        partnership: ["north", "east", "south"][usize::try_from(number % 3).unwrap()]
            .parse()
            .unwrap(),
        edition: EditionHash([1; 32]),
        categories: Categories::ALL,
        sha256: [2; 32],
        items: vec![ItemRow {
            disclosure: DisclosureId(u128::MAX - number),
            keys: vec![key(KeyKind::Account)],
        }],
    };
    let same = |keys: Keys| {
        // Another time for each opportunity, as in life.
        let messages: Vec<MessageRow> = (0..300)
            .map(|number| {
                let mut message = message(number);
                message.at.0 += i64::try_from(number / 3).unwrap();
                message.items[0].keys = keys.clone();
                message
            })
            .collect();
        write(&messages, &[]).len() / 300
    };
    assert!(same(vec![key(KeyKind::Account)]) <= 60);
    let both = same(vec![key(KeyKind::Account), key(KeyKind::Device)]);
    assert!(both <= 67, "{both}");
}
