//! Numbers come back, and nothing that is read makes the reader panic.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn numbers_come_back(numbers in prop::collection::vec((any::<u64>(), any::<i64>()), 0..20)) {
        let mut writer = Writer::new();
        for (number, signed) in &numbers {
            writer.number(*number);
            writer.signed(*signed);
        }
        let blob = writer.finish();
        let mut reader = Reader::open(&blob).unwrap();
        for pair in numbers {
            prop_assert_eq!((reader.number(), reader.signed()), (Ok(pair.0), Ok(pair.1)));
        }
        prop_assert!(reader.is_at_end());
    }

    #[test]
    fn random_bytes_under_a_right_checksum_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let mut writer = Writer::new();
        writer.fixed(&bytes);
        let blob = writer.finish();
        let mut reader = Reader::open(&blob).unwrap();
        while !reader.is_at_end() {
            let before = reader.rest.len();
            let read = [
                reader.text().is_ok(),
                reader.edition().is_ok(),
                reader.subject().is_ok(),
                reader.number().is_ok(),
                reader.length().and_then(|length| reader.bytes(length)).is_ok(),
            ];
            if reader.rest.len() == before {
                prop_assert!(!read.contains(&true) || reader.rest.is_empty());
                break;
            }
        }
    }
}

#[test]
fn a_number_has_at_most_sixty_four_bits() {
    let mut writer = Writer::new();
    writer.fixed(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]);
    assert_eq!(Reader::open(&writer.finish()).unwrap().number(), Err(Damage));
}
