//! The keys under which told values are sealed: one per subject, wrapped by the master key.

use crate::{KeyId, KeyRow, ToldRow, pack::RowSecret};
use chacha20poly1305::{
    ChaCha20Poly1305, Key, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sluicegate_gate::{KeyKind, PartnershipId, Secret, SubjectKey, time::Dice};
use std::{fmt, sync::Arc};

/// A stored key or value does not open with the keys at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored key or value does not open")]
pub(crate) struct KeyFault;

const NONCE: usize = 12;
/// Bytes that say of most what it is bound to.
const PLACE: usize = 64;

/// Wraps and unwraps subjects' keys.
pub(crate) struct Keeper {
    master: ChaCha20Poly1305,
    /// What the ledger found in its own records carries a mark made with this.
    vouching: Secret<[u8; 32]>,
    dice: Arc<dyn Dice>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keeper")
    }
}

impl Keeper {
    pub(crate) fn new(master: &Secret<[u8; 32]>, dice: Arc<dyn Dice>) -> Self {
        let vouching = mac(master.open(), &[b"sluicegate ledger: vouch for own records"]);
        Self {
            master: ChaCha20Poly1305::new(&Key::from(*master.open())),
            // HMAC takes keys of any length: there is always one.
            vouching: Secret::new(vouching.unwrap_or_default()),
            dice,
        }
    }

    /// Returns the mark by which something from the ledger's own records is known again.
    pub(crate) fn mark(&self, parts: &[&[u8]]) -> Option<[u8; 16]> {
        let full = mac(self.vouching.open(), parts).ok()?;
        full.first_chunk::<16>().copied()
    }

    pub(crate) fn roll(&self) -> u128 {
        self.dice.roll()
    }

    /// Makes a key for a subject that has none.
    pub(crate) fn fresh(&self, subject: SubjectKey) -> Result<(SubjectSecret, KeyRow), KeyFault> {
        let mut bytes = [0; 32];
        let (low, high) = bytes.split_at_mut(16);
        low.copy_from_slice(&self.roll().to_be_bytes());
        high.copy_from_slice(&self.roll().to_be_bytes());
        let key = Secret::new(bytes);
        let secret = SubjectSecret::new(&key)?;
        let id = secret.id;
        let wrapped = seal(&self.master, self.roll(), &owner(subject, id), key.open())?;
        Ok((secret, KeyRow { subject, id, wrapped }))
    }

    /// Opens a stored key.
    pub(crate) fn unwrap(&self, row: &KeyRow) -> Result<SubjectSecret, KeyFault> {
        SubjectSecret::new(&self.key(row)?)
    }

    /// Opens a stored key and returns it bare, for the person it belongs to.
    pub(crate) fn key(&self, row: &KeyRow) -> Result<Secret<[u8; 32]>, KeyFault> {
        let plain = open(&self.master, &owner(row.subject, row.id), &row.wrapped)?;
        let bytes = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_wrong_length| KeyFault)?;
        Ok(Secret::new(bytes))
    }
}

/// One subject's key, ready for use: one part seals values, one tells equal sets of them, one seals rows.
pub(crate) struct SubjectSecret {
    pub(crate) id: KeyId,
    pub(crate) rows: RowSecret,
    cipher: ChaCha20Poly1305,
    digest: Secret<[u8; 32]>,
}

impl fmt::Debug for SubjectSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SubjectSecret")
    }
}

/// What sealed values are bound to: moved to another place, they do not open.
pub(crate) struct Place<'a> {
    pub(crate) key: KeyId,
    pub(crate) partnership: &'a PartnershipId,
    pub(crate) day: i64,
    pub(crate) digest: &'a [u8; 16],
}

impl<'a> Place<'a> {
    pub(crate) fn of(row: &'a ToldRow) -> Self {
        Self { key: row.key, partnership: &row.partnership, day: row.day.0, digest: &row.digest }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PLACE);
        bytes.extend_from_slice(&self.key.0.to_be_bytes());
        bytes.extend_from_slice(&self.day.to_be_bytes());
        bytes.extend_from_slice(self.digest);
        bytes.extend_from_slice(self.partnership.as_str().as_bytes());
        bytes
    }
}

impl SubjectSecret {
    fn new(key: &Secret<[u8; 32]>) -> Result<Self, KeyFault> {
        let derive = Derive::of(key)?;
        let sealing = derive.secret(b"sluicegate ledger: seal values");
        let digest = derive.secret(b"sluicegate ledger: tell equal values");
        let (id, rows) = RowSecret::derived(&derive)?;
        Ok(Self { id, rows, cipher: ChaCha20Poly1305::new(&Key::from(*sealing.open())), digest })
    }

    /// Returns the identity of a set of values: equal for equal sets of one subject, meaningless
    /// without the key.
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> Result<[u8; 16], KeyFault> {
        let full = mac(self.digest.open(), parts)?;
        full.first_chunk::<16>().copied().ok_or(KeyFault)
    }

    pub(crate) fn seal(
        &self,
        roll: u128,
        place: &Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, KeyFault> {
        seal(&self.cipher, roll, &place.bytes(), plain)
    }

    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, KeyFault> {
        open(&self.cipher, &place.bytes(), sealed)
    }
}

fn owner(subject: SubjectKey, id: KeyId) -> Vec<u8> {
    let kind = match subject.kind {
        KeyKind::Account => 0,
        KeyKind::Device => 1,
        KeyKind::Browser => 2,
    };
    let mut bytes = Vec::with_capacity(PLACE);
    bytes.push(kind);
    bytes.extend_from_slice(&subject.hash.to_be_bytes());
    bytes.extend_from_slice(&id.0.to_be_bytes());
    bytes
}

/// Derives what a person's key is used for. The key is taken in once, which is half of the work.
pub(crate) struct Derive(Hmac<Sha256>);

impl Derive {
    pub(crate) fn of(key: &Secret<[u8; 32]>) -> Result<Self, KeyFault> {
        Hmac::new_from_slice(key.open()).map(Self).map_err(|_length| KeyFault)
    }

    /// Returns what [`mac`] does.
    pub(crate) fn bytes(&self, what: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(what).finalize().into_bytes().into()
    }

    pub(crate) fn secret(&self, what: &[u8]) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(what))
    }
}

pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> Result<[u8; 32], KeyFault> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_length| KeyFault)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

fn seal(
    cipher: &ChaCha20Poly1305,
    roll: u128,
    bound_to: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, KeyFault> {
    let random = roll.to_be_bytes();
    let nonce = random.first_chunk::<NONCE>().ok_or(KeyFault)?;
    let payload = Payload { msg: plain, aad: bound_to };
    let text = cipher.encrypt(&Nonce::from(*nonce), payload).map_err(|_opaque| KeyFault)?;
    let mut sealed = Vec::with_capacity(NONCE + text.len());
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

fn open(cipher: &ChaCha20Poly1305, bound_to: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyFault> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or(KeyFault)?;
    let payload = Payload { msg: text, aad: bound_to };
    cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_opaque| KeyFault)
}
