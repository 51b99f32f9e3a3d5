//! The values of one set as they are sealed: in one order, whatever order they were told in, and in few bytes.
//!
//! One byte of format, then for each value its category, how many bytes of its field are those of the field
//! before, the rest of the field, and the value. Fields of one object begin alike (`device.ifa`,
//! `device.geo.country`), and a set is most of what recording a new person writes to the disk.

use crate::wire::{Damage, Reader, Writer};
use sluicegate_gate::{Categories, Told, ToldList};

/// The format. Values that were written as JSON begin with a bracket.
const FORMAT: u8 = 1;

/// Writes a set of values: equal bytes for equal sets.
pub(crate) fn write(told: &ToldList) -> Writer {
    let mut sorted: Vec<&Told> = told.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut writer = Writer::new();
    writer.byte(FORMAT);
    let mut before: &[u8] = &[];
    for Told { category, field, value } in sorted {
        let field = field.as_bytes();
        let shared = before.iter().zip(field).take_while(|(one, other)| one == other).count();
        let rest = field.get(shared..).unwrap_or_default();
        writer.byte(Categories::of(&[*category]).bits());
        writer.length(shared);
        for bytes in [rest, value.as_bytes()] {
            writer.length(bytes.len());
            writer.fixed(bytes);
        }
        before = field;
    }
    writer
}

/// Reads a set of values.
pub(crate) fn read(plain: &[u8]) -> Result<Vec<Told>, Damage> {
    if plain.first() == Some(&b'[') {
        return serde_json::from_slice(plain).map_err(|_odd| Damage);
    }
    let mut reader = Reader::bare(plain);
    if reader.byte()? != FORMAT {
        return Err(Damage);
    }
    let mut told = Vec::new();
    let mut field = Vec::new();
    while !reader.is_at_end() {
        let category = reader.categories()?.iter().next().ok_or(Damage)?;
        let shared = usize::try_from(reader.number()?).map_err(|_too_long| Damage)?;
        if shared > field.len() {
            return Err(Damage);
        }
        field.truncate(shared);
        let rest = reader.length()?;
        field.extend_from_slice(reader.bytes(rest)?);
        let name = String::from_utf8(field.clone()).map_err(|_not_utf8| Damage)?;
        let length = reader.length()?;
        let value = reader.bytes(length)?.to_vec();
        let value = String::from_utf8(value).map_err(|_not_utf8| Damage)?;
        told.push(Told { category, field: name.into(), value });
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sluicegate_gate::Category;

    fn told(category: Category, field: &str, value: &str) -> Told {
        Told { category, field: field.to_owned().into(), value: value.to_owned() }
    }

    fn any_told() -> impl Strategy<Value = Told> {
        let category = proptest::sample::select(Category::ALL.to_vec());
        (category, "(device|user|é)?[.a-zé]{0,6}", ".{0,12}")
            .prop_map(|(category, field, value)| told(category, &field, &value))
    }

    fn written(values: Vec<Told>) -> Vec<u8> {
        write(&values.into()).written().to_vec()
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_sorted_and_once(some in prop::collection::vec(any_told(), 0..12)) {
            let mut sorted = some.clone();
            sorted.sort();
            sorted.dedup();
            let turned: Vec<_> = some.iter().rev().chain(&some).cloned().collect();
            let plain = written(some);
            prop_assert_eq!(&written(turned), &plain);
            prop_assert_eq!(read(&plain).unwrap(), sorted);
        }

        #[test]
        fn whatever_is_read_what_comes_back_is_written_as_values(bytes: Vec<u8>) {
            if let Ok(values) = read(&bytes) {
                let plain = written(values);
                prop_assert_eq!(written(read(&plain).unwrap()), plain);
            }
        }
    }

    #[test]
    fn values_that_were_kept_as_json_are_still_read() {
        let values = vec![told(Category::DeviceIdentifier, "device.ifa", "an id")];
        assert_eq!(read(&serde_json::to_vec(&values).unwrap()).unwrap(), values);
    }

    #[test]
    fn a_field_that_begins_like_the_one_before_takes_its_rest() {
        let one = vec![told(Category::Context, "imp[0].banner.w", "300")];
        let more = [one.clone(), vec![told(Category::Context, "imp[0].banner.wmax", "9")]].concat();
        assert_eq!(written(more).len() - written(one).len(), 4 + "max".len() + "9".len());
    }
}
