//! Identifiers that wait for their partner, hidden from who reads the disk.

use super::TokenError;
use chacha20poly1305::{
    ChaCha20Poly1305, Key, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use sluicegate_gate::{DisclosureId, Secret, SubjectKey, time::Dice};
use std::fmt;

const NONCE: usize = 12;

/// Hides identifiers, each bound to what it is kept for.
#[derive(Clone)]
pub struct Sealer(ChaCha20Poly1305);

/// What an identifier is kept for: in no other place it opens.
pub(crate) struct Bound(Vec<u8>);

impl From<DisclosureId> for Bound {
    fn from(request: DisclosureId) -> Self {
        Self(request.0.to_be_bytes().to_vec())
    }
}

impl From<SubjectKey> for Bound {
    fn from(SubjectKey { kind, hash }: SubjectKey) -> Self {
        Self([kind.name().as_bytes(), &hash.to_be_bytes()].concat())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealer")
    }
}

impl Sealer {
    /// Makes it of its key.
    pub fn new(key: &Secret<[u8; 32]>) -> Self {
        Self(ChaCha20Poly1305::new(&Key::from(*key.open())))
    }

    pub(crate) fn seal(
        &self,
        bound: &Bound,
        value: &str,
        dice: &dyn Dice,
    ) -> Result<Vec<u8>, TokenError> {
        let roll = dice.roll().to_be_bytes();
        let nonce = roll.first_chunk::<NONCE>().ok_or(TokenError::Sealed)?;
        let payload = Payload { msg: value.as_bytes(), aad: &bound.0 };
        let text = self.0.encrypt(&Nonce::from(*nonce), payload);
        let text = text.map_err(|_opaque| TokenError::Sealed)?;
        Ok([nonce.as_slice(), &text].concat())
    }

    pub(crate) fn open(&self, bound: &Bound, sealed: &[u8]) -> Result<String, TokenError> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or(TokenError::Sealed)?;
        let payload = Payload { msg: text, aad: &bound.0 };
        let plain = self.0.decrypt(&Nonce::from(*nonce), payload);
        let plain = plain.map_err(|_opaque| TokenError::Sealed)?;
        String::from_utf8(plain).map_err(|_not_text| TokenError::Sealed)
    }
}
