//! Maps by what is a keyed hash or a random number already.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A map by keys of subjects, or by marks of the ledger's own. Nobody outside chooses where in it something comes to
/// lie, so that nothing is hashed once more.
pub(crate) type Hashed<K, V> = HashMap<K, V, BuildHasherDefault<AsItIs>>;

/// Takes a number for its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(u8::BITS) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(1) ^ number;
    }

    fn write_u128(&mut self, number: u128) {
        let folded = (number ^ number >> u64::BITS) & u128::from(u64::MAX);
        self.write_u64(u64::try_from(folded).unwrap_or_default());
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned().try_into().unwrap_or_default());
    }
}
