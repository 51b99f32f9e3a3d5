//! What leaves the process sealed: tokens, and bills on the disk.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sluicegate_gate::{Secret, time::Dice};
use std::fmt;

/// Seals and opens: 24 bytes nonce, then the XChaCha20-Poly1305 of the content. The context is not part of
/// it; with another one it does not open, so that nothing sealed can stand for anything else.
#[derive(Clone)]
pub(crate) struct Sealer(XChaCha20Poly1305);

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealer")
    }
}

impl Sealer {
    pub(crate) fn new(key: &Secret<[u8; 32]>) -> Self {
        Self(XChaCha20Poly1305::new(key.open().into()))
    }

    /// Returns the sealed content, or `None` if it could not be sealed.
    pub(crate) fn seal(&self, context: &[u8], content: &[u8], dice: &dyn Dice) -> Option<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_BYTES];
        let random = dice.roll().to_be_bytes().into_iter().chain(dice.roll().to_be_bytes());
        for (place, byte) in nonce.iter_mut().zip(random) {
            *place = byte;
        }
        let payload = Payload { msg: content, aad: context };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Returns the content, or `None` if it was not sealed with this key and context, or is damaged.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).ok()?;
        self.0.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: context }).ok()
    }
}

const NONCE_BYTES: usize = 24;
