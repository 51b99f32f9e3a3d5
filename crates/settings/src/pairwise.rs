//! User ids that only one partner has, and only for a day, and that we alone can read back.
//!
//! An id is 64 hexadecimal digits: a tag of 13 bytes, and the key of the person with the day under a
//! stream that the tag and the partnership choose (a synthetic initialization vector, after RFC 5297,
//! with HMAC-SHA256 for both parts). Nothing has to be kept to find the person again, and every text that
//! is no id of that partnership costs the same work and says nothing.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sluicegate_gate::{KeyKind, PartnershipId, Secret, SubjectKey, time::UnixMillis};
use subtle::ConstantTimeEq;

/// Makes the `user.id` of each partner, and reads it back. Two partners cannot join what they get by it,
/// and neither can one partner join two UTC days.
#[derive(Clone, Debug)]
pub struct Pairwise {
    tag: Keyed,
    stream: Keyed,
}

/// A key that has been taken in, which is half of the work of a short text.
#[derive(Clone)]
struct Keyed(Hmac<Sha256>);

impl std::fmt::Debug for Keyed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keyed")
    }
}

/// Whom an id stands for, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairwiseId {
    /// The person, device or browser.
    pub subject: SubjectKey,
    /// The beginning of the UTC day for which it was made.
    pub made: UnixMillis,
}

impl Pairwise {
    /// Derives what ids are made with from a secret of the installation.
    pub fn new(root: &Secret<[u8; 32]>) -> Self {
        let root = Keyed::new(root.open());
        let derive = |label: &str| Keyed::new(&root.hash(&[label.as_bytes()]));
        Self { tag: derive("pairwise: tag"), stream: derive("pairwise: stream") }
    }

    /// Returns the id of that day: 64 hexadecimal digits.
    pub fn id(
        &self,
        partnership: &PartnershipId,
        subject: SubjectKey,
        now: UnixMillis,
    ) -> Option<String> {
        let day = u16::try_from(now.0.div_euclid(DAY_MS)).ok()?;
        let mut plain = [0; PLAIN];
        let [kind, rest @ ..] = &mut plain;
        *kind = number(subject.kind);
        let (hash, days) = rest.split_first_chunk_mut::<16>()?;
        *hash = subject.hash.to_be_bytes();
        *days.first_chunk_mut::<2>()? = day.to_be_bytes();
        let tag = self.tag_of(partnership, &plain);
        let mut digits = [0; DIGITS];
        let (tags, masked) = digits.split_at_mut(2 * TAG);
        hex::encode_to_slice(tag, tags).ok()?;
        hex::encode_to_slice(self.mask(partnership, tag, plain), masked).ok()?;
        Some(std::str::from_utf8(&digits).ok()?.to_owned())
    }

    /// Returns whom an id of this partnership stands for. The work is the same for every text of 64
    /// hexadecimal digits.
    pub fn read(&self, partnership: &PartnershipId, id: &str) -> Option<PairwiseId> {
        let mut bytes = [0; TAG + PLAIN];
        hex::decode_to_slice(id, &mut bytes).ok()?;
        let (tag, masked) = bytes.split_first_chunk::<TAG>()?;
        let plain = self.mask(partnership, *tag, *masked.first_chunk::<PLAIN>()?);
        let is_ours = bool::from(self.tag_of(partnership, &plain).ct_eq(tag));
        let [kind, rest @ ..] = plain;
        let (hash, days) = rest.split_first_chunk::<16>()?;
        let day = u16::from_be_bytes(*days.first_chunk::<2>()?);
        let kind = KINDS.into_iter().find(|known| number(*known) == kind)?;
        let subject = SubjectKey { kind, hash: u128::from_be_bytes(*hash) };
        let made = UnixMillis(i64::from(day).saturating_mul(DAY_MS));
        is_ours.then_some(PairwiseId { subject, made })
    }

    /// Returns whether the text could be an id: 64 digits `0-9 a-f`.
    pub fn is_formed(id: &str) -> bool {
        id.len() == DIGITS && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    fn tag_of(&self, partnership: &PartnershipId, plain: &[u8; PLAIN]) -> [u8; TAG] {
        // INVARIANT: a name of a partnership cannot hold the zero that ends it, and what follows is of fixed length.
        let digest = self.tag.hash(&[partnership.as_str().as_bytes(), &[0], plain]);
        let mut tag = [0; TAG];
        tag.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = digest);
        tag
    }

    /// Puts the stream over the bytes, or takes it off again.
    fn mask(
        &self,
        partnership: &PartnershipId,
        tag: [u8; TAG],
        mut bytes: [u8; PLAIN],
    ) -> [u8; PLAIN] {
        let stream = self.stream.hash(&[partnership.as_str().as_bytes(), &[0], &tag]);
        bytes.iter_mut().zip(stream).for_each(|(byte, mask)| *byte ^= mask);
        bytes
    }
}

impl Keyed {
    fn new(key: &[u8; 32]) -> Self {
        // Why: a key shorter than a block is the same key padded with zeros (RFC 2104), and this way no
        // length can be wrong.
        let mut block = [0; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte = *key);
        Self(Hmac::new(&block.into()))
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

fn number(kind: KeyKind) -> u8 {
    match kind {
        KeyKind::Account => 1,
        KeyKind::Device => 2,
        KeyKind::Browser => 3,
    }
}

const KINDS: [KeyKind; 3] = [KeyKind::Account, KeyKind::Device, KeyKind::Browser];
/// Bytes of the tag.
const TAG: usize = 13;
/// Bytes of kind, hash and day.
const PLAIN: usize = 19;
/// Hexadecimal digits of an id.
const DIGITS: usize = 2 * (TAG + PLAIN);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(kind: KeyKind, hash: u128) -> SubjectKey {
        SubjectKey { kind, hash }
    }

    fn pairwise() -> Pairwise {
        Pairwise::new(&Secret::new([7; 32]))
    }

    #[test]
    fn the_id_differs_by_partnership_subject_and_day_and_by_nothing_else() {
        let pairwise = pairwise();
        let id = |partnership: &str, subject, now| {
            pairwise.id(&partnership.parse().unwrap(), subject, UnixMillis(now)).unwrap()
        };
        let account = key(KeyKind::Account, 1);
        let one = id("north", account, 0);
        assert!(Pairwise::is_formed(&one));
        assert_eq!(one, id("north", account, DAY_MS - 1));
        let others = [
            id("south", account, 0),
            id("north", key(KeyKind::Device, 1), 0),
            id("north", key(KeyKind::Account, 2), 0),
            id("north", account, DAY_MS),
        ];
        for other in others {
            assert_ne!(one, other);
            // Not even a part of it is the same.
            assert_ne!(one[26..], other[26..]);
        }
        assert_eq!(pairwise.id(&"north".parse().unwrap(), account, UnixMillis(-1)), None);
    }

    proptest! {
        #[test]
        fn an_id_reads_back_for_its_partnership_alone_and_altered_for_nobody(
            hash in any::<u128>(),
            day in 0..60_000_i64,
            which in 0..3_usize,
            place in 0..64_usize,
        ) {
            let pairwise = pairwise();
            let (north, south) = ("north".parse().unwrap(), "south".parse().unwrap());
            let subject = key(KINDS[which], hash);
            let made = UnixMillis(day * DAY_MS);
            let id = pairwise.id(&north, subject, made).unwrap();
            prop_assert_eq!(pairwise.read(&north, &id), Some(PairwiseId { subject, made }));
            prop_assert_eq!(pairwise.read(&south, &id), None);
            let mut altered = id.into_bytes();
            altered[place] = if altered[place] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).unwrap();
            prop_assert_eq!(pairwise.read(&north, &altered), None);
        }

        #[test]
        fn any_text_is_read_without_harm(text in ".{0,80}") {
            prop_assert_eq!(pairwise().read(&"north".parse().unwrap(), &text), None);
        }
    }
}
