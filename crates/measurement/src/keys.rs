//! The keys of this crate, all derived from one root.

use crate::{
    Fingerprint,
    lookup::{Alias, Whose},
};
use chacha20poly1305::{
    AeadInOut as _, KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use sluicegate_gate::{
    KeyKind, PartnershipId, Secret, SubjectKey, canonical_advertising_id, time::Dice,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::Hasher as _,
    sync::Arc,
};
use zeroize::Zeroize;

/// Derives what the journal is sealed with, and what partners' ids are made with.
///
/// Whoever has the root can read the journal; without it the journal's file tells nothing of a person.
#[derive(Clone, Debug)]
pub struct Keys {
    journal: Secret<[u8; 32]>,
    seen: [Secret<[u8; 16]>; 2],
    bodies: Secret<[u8; 16]>,
    questions: Keyed,
    root: Keyed,
    generations: Arc<BTreeMap<PartnershipId, Vec<u32>>>,
}

/// What one partnership's ids are made with.
#[derive(Clone, Debug)]
pub struct PartnerKeys {
    device: Keyed,
    /// Keys that hold beside it while they rotate.
    others: Vec<Keyed>,
    /// The generation after the newest, to which the partner will come.
    next: Keyed,
    record: Keyed,
    bodies: Secret<[u8; 16]>,
}

/// A sealed pack could not be made or opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The pack could not be encrypted.
    #[error("the pack could not be sealed")]
    Seal,
    /// The pack was altered, or sealed under another key.
    #[error("the pack does not open under this key")]
    Open,
}

impl Keys {
    /// Derives the keys.
    #[expect(clippy::needless_pass_by_value, reason = "whoever gives the root keeps no copy of it")]
    pub fn new(root: Secret<[u8; 32]>) -> Self {
        let root = Keyed::new(&root);
        let derive = |label: &str| root.digest(&[label.as_bytes()]);
        let half = |label: &str| Secret::new(first_half(&derive(label)));
        Self {
            journal: Secret::new(derive("exposures: journal")),
            seen: [half("exposures: ids"), half("exposures: contents")],
            bodies: half("exposures: bodies"),
            questions: Keyed::new(&Secret::new(derive("conversions: ids"))),
            root,
            generations: Arc::default(),
        }
    }

    /// Sets which generations of the key behind device ids hold for partnerships that rotate theirs: the
    /// first makes the ids that are told, and under each of them devices are known. Every other
    /// partnership has generation 1.
    #[must_use]
    pub fn with_device_generations(self, generations: BTreeMap<PartnershipId, Vec<u32>>) -> Self {
        Self { generations: Arc::new(generations), ..self }
    }

    /// Returns the keys of one partnership. No two partnerships share any.
    pub fn partner(&self, partnership: &PartnershipId) -> PartnerKeys {
        let generations = self.generations.get(partnership).map_or(&[1][..], Vec::as_slice);
        let newest = self.newest(partnership);
        let device = |number| Keyed::new(&self.device_key(partnership, number));
        let mut devices = generations.iter().map(|number| device(*number));
        PartnerKeys {
            device: devices.next().unwrap_or_else(|| device(1)),
            others: devices.collect(),
            next: device(newest.saturating_add(1)),
            record: Keyed::new(&self.derive(partnership, "exposures: record")),
            bodies: self.bodies.clone(),
        }
    }

    fn newest(&self, partnership: &PartnershipId) -> u32 {
        let generations = self.generations.get(partnership);
        generations.and_then(|all| all.iter().max().copied()).unwrap_or(1)
    }

    /// Returns what ever stood for a device or browser id with a partnership, or will next, also under keys that do not
    /// hold any more. However the id is spelt: partners hash advertising ids with their hyphens.
    pub fn every_device_id(&self, partnership: &PartnershipId, id: &str) -> Vec<String> {
        let spellings = spellings_of(id);
        let generations = 1..=self.newest(partnership).saturating_add(1);
        let digests = |number| {
            let key = Keyed::new(&self.device_key(partnership, number));
            spellings.iter().map(move |id| hex::encode(key.digest(&[id.as_bytes()])))
        };
        generations.flat_map(digests).collect()
    }

    /// Returns one generation of the key that a partner needs to compute the same device ids: it is shared
    /// with that partner and nobody else.
    pub fn device_key(&self, partnership: &PartnershipId, generation: u32) -> Secret<[u8; 32]> {
        match generation {
            1 => self.derive(partnership, "exposures: device"),
            later => self.derive(partnership, &format!("exposures: device {later}")),
        }
    }

    fn derive(&self, partnership: &PartnershipId, label: &str) -> Secret<[u8; 32]> {
        let parts = [label.as_bytes(), &[0], partnership.as_str().as_bytes()];
        Secret::new(self.root.digest(&parts))
    }

    /// Returns a keyed digest between one partnership and something else, of 128 bits.
    pub(crate) fn alias(
        &self,
        label: &str,
        partnership: &PartnershipId,
        scope: &str,
        value: &str,
    ) -> Alias {
        let parts = [partnership.as_str().as_bytes(), scope.as_bytes(), value.as_bytes()];
        Alias(self.digest(label, &parts.join(&0)))
    }

    /// Returns what stands for one key of a person where touches are kept.
    pub(crate) fn whose(&self, key: SubjectKey) -> Whose {
        let kind: u8 = match key.kind {
            KeyKind::Account => 0,
            KeyKind::Device => 1,
            KeyKind::Browser => 2,
        };
        let mut value = [kind; 17];
        value.iter_mut().skip(1).zip(key.hash.to_be_bytes()).for_each(|(to, byte)| *to = byte);
        Whose(self.digest("whose", &value))
    }

    /// Returns a keyed digest of 128 bits.
    pub(crate) fn digest(&self, label: &str, value: &[u8]) -> [u8; 16] {
        first_half(&self.questions.digest(&[label.as_bytes(), &[0], value]))
    }

    /// Returns what a signing key of a partnership is made from.
    pub(crate) fn signing_seed(
        &self,
        partnership: &PartnershipId,
        scheme: &str,
        number: u32,
    ) -> Secret<[u8; 32]> {
        let number = number.to_be_bytes();
        let parts: [&[u8]; 6] = [
            b"exposures: sign ",
            scheme.as_bytes(),
            &[0],
            partnership.as_str().as_bytes(),
            &[0],
            &number,
        ];
        Secret::new(self.root.digest(&parts))
    }

    /// Returns by what an exposure is known again: the beginnings of SipHash-2-4 with 128 bits of its id and of
    /// its content, each under a key of its own.
    pub(crate) fn fingerprint(&self, id: &[u8], content: &[u8]) -> Fingerprint {
        let [ids, contents] = &self.seen;
        Fingerprint { id: sip(ids, id), content: sip(contents, content) }
    }

    /// Encrypts a pack: one byte of format, 24 bytes of nonce, the text under XChaCha20-Poly1305.
    ///
    /// The parts of the text are put together where they are encrypted, so that nothing of it is left.
    pub(crate) fn seal(&self, parts: &[&[u8]], dice: &dyn Dice) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; 24];
        let rolled = dice.roll().to_le_bytes().into_iter().chain(dice.roll().to_le_bytes());
        nonce.iter_mut().zip(rolled).for_each(|(byte, random)| *byte = random);
        let cipher = XChaCha20Poly1305::new(self.journal.open().into());
        let size: usize = parts.iter().map(|part| part.len()).sum();
        let mut sealed = Vec::with_capacity(HEAD + size + TAG);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        for part in parts {
            sealed.extend_from_slice(part);
        }
        let (_, text) = sealed.split_at_mut(HEAD);
        let tag = cipher.encrypt_inout_detached(&XNonce::from(nonce), &[FORMAT], text.into());
        sealed.extend_from_slice(&tag.map_err(|_opaque| SealError::Seal)?);
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made.
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (format, rest) = sealed.split_first().ok_or(SealError::Open)?;
        let (nonce, text) = rest.split_first_chunk::<24>().ok_or(SealError::Open)?;
        let cipher = XChaCha20Poly1305::new(self.journal.open().into());
        let payload = Payload { msg: text, aad: &[*format] };
        cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_opaque| SealError::Open)
    }
}

impl PartnerKeys {
    /// Returns what stands for a device or browser id: HMAC-SHA256 of the id in lower case, in hex.
    pub fn device_id(&self, id: &str) -> String {
        hex::encode(self.device.digest(&[id.to_ascii_lowercase().as_bytes()]))
    }

    /// Returns how many keys hold, and so how many ids a device has.
    pub(crate) fn generations(&self) -> u64 {
        u64::try_from(self.others.len()).map_or(u64::MAX, |others| others.saturating_add(1))
    }

    /// Returns the same under every key that holds, the told one first.
    pub(crate) fn device_ids(&self, id: &str) -> Vec<String> {
        let id = id.to_ascii_lowercase();
        let keys = std::iter::once(&self.device).chain(&self.others);
        keys.map(|key| hex::encode(key.digest(&[id.as_bytes()]))).collect()
    }

    /// Returns the same under every key that holds or will hold next: by what an install is known for as long
    /// as later events may refer to it.
    pub(crate) fn installed_ids(&self, id: &str) -> Vec<String> {
        let next = hex::encode(self.next.digest(&[id.to_ascii_lowercase().as_bytes()]));
        let mut ids = self.device_ids(id);
        ids.push(next);
        ids
    }

    /// Returns what stands for our id of an exposure, with this partnership only: 128 bits in hex.
    pub(crate) fn record_id(&self, exposure: &str) -> String {
        hex::encode(self.record_bits("id", exposure))
    }

    /// Returns the id under which telling this exposure is recorded; the same at every attempt.
    pub(crate) fn disclosure(&self, exposure: &str) -> u128 {
        u128::from_be_bytes(self.record_bits("disclosure", exposure))
    }

    /// Returns the id under which telling this exposure in answer to a conversion is recorded.
    pub(crate) fn lookup_disclosure(&self, exposure: &str, conversion: &str) -> u128 {
        u128::from_be_bytes(self.record_bits("lookup", &format!("{exposure}\0{conversion}")))
    }

    /// Returns by what text that was sent is known again: it tells nothing of the text without the key.
    pub(crate) fn body(&self, text: &[u8]) -> u64 {
        u64::from_be_bytes(sip(&self.bodies, text))
    }

    fn record_bits(&self, label: &str, exposure: &str) -> [u8; 16] {
        let parts = [label.as_bytes(), &[0], exposure.as_bytes()];
        first_half(&self.record.digest(&parts))
    }
}

/// A key of HMAC-SHA256 (RFC 2104) that has taken in its first block already. It is as secret as the key.
#[derive(Clone)]
struct Keyed(Hmac<Sha256>);

impl std::fmt::Debug for Keyed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keyed")
    }
}

impl Keyed {
    fn new(key: &Secret<[u8; 32]>) -> Self {
        // Why: a key shorter than a block is the same key padded with zeros, and this way no length can be wrong.
        let mut block = [0; 64];
        block.iter_mut().zip(key.open()).for_each(|(byte, key)| *byte = *key);
        let mac = Hmac::<Sha256>::new(&block.into());
        block.zeroize();
        Self(mac)
    }

    /// Returns the digest of the parts one after another.
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

fn sip<const N: usize>(key: &Secret<[u8; 16]>, value: &[u8]) -> [u8; N] {
    let mut hasher = SipHasher24::new_with_key(key.open());
    hasher.write(value);
    let digest = hasher.finish128().as_u128().to_be_bytes();
    let mut short = [0; N];
    short.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = digest);
    short
}

fn first_half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = *digest);
    half
}

/// The format of a sealed pack.
const FORMAT: u8 = 1;
/// Bytes before the text: the format and the nonce.
const HEAD: usize = 1 + 24;
/// Bytes after it.
const TAG: usize = 16;

/// Returns the spellings under which a partner may have hashed the id of a device: as it is, and an advertising id with
/// its hyphens (8-4-4-4-12) and without.
fn spellings_of(id: &str) -> BTreeSet<String> {
    let plain = canonical_advertising_id(id);
    let mut spellings = BTreeSet::from([id.trim().to_ascii_lowercase()]);
    if plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let mut hyphened = plain.clone();
        for place in [20, 16, 12, 8] {
            hyphened.insert(place, '-');
        }
        spellings.extend([plain, hyphened]);
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Counting(std::sync::atomic::AtomicU32);

    impl Dice for Counting {
        fn roll(&self) -> u128 {
            u128::from(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        }
    }

    #[test]
    fn hmac_agrees_with_the_published_vector_for_a_long_message_and_a_short_key() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let digest = Keyed::new(&Secret::new(key)).digest(&[b"what do ya want ", b"for nothing?"]);
        let published = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(digest), published);
    }

    #[test]
    fn a_pack_opens_only_unaltered_and_under_its_key() {
        let dice = Counting(0.into());
        let keys = Keys::new(Secret::new([7; 32]));
        let sealed = keys.seal(&[b"who saw ", b"what"], &dice).unwrap();
        assert!(!sealed.windows(3).any(|window| window == b"saw"));
        assert_eq!(keys.open(&sealed).unwrap(), b"who saw what");
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(keys.open(&altered), Err(SealError::Open), "byte {at}");
        }
        assert!(Keys::new(Secret::new([8; 32])).open(&sealed).is_err());
        assert!(keys.open(&[]).is_err());
    }

    #[test]
    fn a_device_is_found_however_its_advertising_id_is_spelt() {
        let (keys, meter) = (Keys::new(Secret::new([7; 32])), "meter".parse().unwrap());
        let hashed = keys.partner(&meter).device_id("6d92078a-8246-4ba4-ae5b-76104861e7dc");
        for id in ["6D92078A82464BA4AE5B76104861E7DC", " 6d92078a-8246-4ba4-ae5b-76104861e7dc "] {
            assert!(keys.every_device_id(&meter, id).contains(&hashed), "{id}");
        }
        let named = keys.partner(&meter).device_id("browser-1");
        assert!(keys.every_device_id(&meter, "browser-1").contains(&named));
    }

    #[test]
    fn two_partnerships_share_no_id_of_a_device_or_an_exposure() {
        let keys = Keys::new(Secret::new([7; 32]));
        let one = keys.partner(&"meter".parse().unwrap());
        let other = keys.partner(&"gauge".parse().unwrap());
        assert_eq!(one.device_id("AB-cd"), one.device_id("ab-CD"));
        assert_ne!(one.device_id("ab-cd"), other.device_id("ab-cd"));
        assert_ne!(one.record_id("exp_1"), other.record_id("exp_1"));
        assert_ne!(one.disclosure("exp_1"), other.disclosure("exp_1"));
    }
}
