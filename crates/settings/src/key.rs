//! Keys of people, hashed before they go anywhere.

use siphasher::sip128::{Hasher128, SipHasher24};
use sluicegate_gate::{KeyKind, Revision, Secret, SubjectKey, canonical_advertising_id};
use std::hash::Hasher;

/// How many shards the keys are spread over.
pub const SHARDS: u16 = 256;

/// Returns the shard of a key: the first byte of its hash, so 0 to 255.
pub fn shard_of(key: SubjectKey) -> u16 {
    let [first, ..] = key.hash.to_be_bytes();
    u16::from(first)
}

/// Returns the revision of a key at that version of its shard.
pub(crate) fn revision_of(key: SubjectKey, version: u64) -> Revision {
    Revision { shard: shard_of(key), version }
}

/// Makes subject keys out of the values that requests carry.
///
/// SipHash-2-4 with 128 bits under a secret of the installation, over the kind and the value. Losing
/// the secret makes every stored choice unfindable, and changing it has the same effect.
#[derive(Debug)]
pub struct Keyring {
    secret: Secret<[u8; 16]>,
}

impl Keyring {
    /// Takes the installation's secret.
    pub fn new(secret: Secret<[u8; 16]>) -> Self {
        Self { secret }
    }

    /// Returns the key of an account, by the platform's id for it.
    pub fn account(&self, id: &str) -> SubjectKey {
        self.key(KeyKind::Account, id)
    }

    /// Returns the key of a device, by its advertising id: in either case, with or without hyphens and
    /// spaces around it.
    ///
    /// The all-zero id is no device: every device that hides its id sends it, so callers leave the
    /// key out.
    pub fn device(&self, id: &str) -> SubjectKey {
        self.key(KeyKind::Device, &canonical_advertising_id(id))
    }

    /// Returns the key of a browser, by the id in our first-party cookie.
    pub fn browser(&self, id: &str) -> SubjectKey {
        self.key(KeyKind::Browser, id)
    }

    fn key(&self, kind: KeyKind, value: &str) -> SubjectKey {
        let mut hasher = SipHasher24::new_with_key(self.secret.open());
        // No kind's name is the beginning of another's.
        hasher.write(kind.name().as_bytes());
        hasher.write(value.as_bytes());
        SubjectKey { kind, hash: hasher.finish128().as_u128() }
    }
}

/// The keys known for one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestKeys {
    /// The account, where the request is tied to one.
    pub account: Option<SubjectKey>,
    /// The device, where the request carries an advertising id.
    pub device: Option<SubjectKey>,
    /// The browser, where the request carries our cookie or the platform names it.
    pub browser: Option<SubjectKey>,
}

impl RequestKeys {
    /// Iterates over the keys that are known: account, device, browser.
    pub fn iter(&self) -> impl Iterator<Item = SubjectKey> {
        [self.account, self.device, self.browser].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_value_and_secret_all_decide_the_hash_and_the_spelling_of_a_device_does_not() {
        let keyring = Keyring::new(Secret::new([7; 16]));
        for spelling in ["abcd-01", "abcd01", "AB-CD-01", " ABCD-01 "] {
            assert_eq!(keyring.device("ABCD-01"), keyring.device(spelling), "{spelling:?}");
        }
        assert_ne!(keyring.account("A"), keyring.account("a"));
        assert_ne!(keyring.account("one").hash, keyring.browser("one").hash);
        let other = Keyring::new(Secret::new([8; 16]));
        assert_ne!(keyring.account("one"), other.account("one"));
    }

    #[test]
    fn the_first_byte_of_the_hash_is_the_shard() {
        let key = SubjectKey { kind: KeyKind::Account, hash: 0xab << 120 };
        assert_eq!(shard_of(key), 0xab);
        assert!(shard_of(SubjectKey { hash: u128::MAX, ..key }) < SHARDS);
    }
}
