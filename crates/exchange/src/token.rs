//! The state of an auction travels with the answer, sealed, and comes back once, when the ad was
//! shown.
//!
//! Format: base64url without padding of 24 bytes nonce and the XChaCha20-Poly1305 of JSON. A token
//! holds for an hour. That it is used once is remembered in memory, for at most [`USED_MAX`] tokens:
//! beyond that a report is refused rather than billed twice. After a restart, and between gateways, a
//! token could be used again within its hour; partners treat the billing notice of one bid as one.

use crate::used::Used;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sluicegate_gate::{
    DisclosureId, PartnershipId, Secret,
    time::{Dice, UnixMillis},
};
use std::time::Duration;

/// What must be known of a won bid when its ad is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Win {
    /// The id of this token.
    pub(crate) id: u128,
    pub(crate) partnership: PartnershipId,
    /// The billing notice, macros replaced.
    pub(crate) burl: Option<String>,
    pub(crate) won_at: UnixMillis,
}

/// A token is not accepted. It does not say why in detail: tokens are opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this gateway, or damaged.
    #[error("not a render token of this gateway")]
    Invalid,
    /// Older than an hour.
    #[error("the render token has expired")]
    Expired,
    /// Reported before.
    #[error("the render token was used before")]
    Used,
    /// Too many tokens were used within the hour to keep them apart.
    #[error("too many render reports within the hour")]
    Full,
}

/// Seals and opens tokens.
pub(crate) struct Tokens {
    cipher: XChaCha20Poly1305,
    used: Mutex<Used>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tokens")
    }
}

impl Tokens {
    pub(crate) fn new(key: &Secret<[u8; 32]>) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.open().into()), used: Mutex::default() }
    }

    /// Returns the sealed token, or `None` if it could not be written.
    pub(crate) fn seal(&self, win: &Win, dice: &dyn Dice) -> Option<String> {
        self.seal_as(CONTEXT, win, dice)
    }

    /// Returns something sealed that only opens under the same context.
    pub(crate) fn seal_as<T: Serialize>(
        &self,
        context: &[u8],
        what: &T,
        dice: &dyn Dice,
    ) -> Option<String> {
        let text = serde_json::to_vec(what).ok()?;
        let mut nonce = [0_u8; NONCE_BYTES];
        let random = dice.roll().to_be_bytes().into_iter().chain(dice.roll().to_be_bytes());
        for (place, byte) in nonce.iter_mut().zip(random) {
            *place = byte;
        }
        let payload = Payload { msg: &text, aad: context };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens a token and marks it as used.
    pub(crate) fn redeem(&self, token: &str, now: UnixMillis) -> Result<Win, TokenError> {
        let win: Win = self.open_as(CONTEXT, token).ok_or(TokenError::Invalid)?;
        let expires = win.won_at.plus(HOLDS);
        if now > expires {
            return Err(TokenError::Expired);
        }
        self.used.lock().take(win.id, expires, now)?;
        Ok(win)
    }

    /// Opens what was sealed under the context.
    pub(crate) fn open_as<T: DeserializeOwned>(&self, context: &[u8], token: &str) -> Option<T> {
        if token.len() > TOKEN_CHARS_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).ok()?;
        let payload = Payload { msg: sealed, aad: context };
        let text = self.cipher.decrypt(&XNonce::from(nonce), payload).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// Says what is sealed, so that a token cannot stand for anything else under the same key.
const CONTEXT: &[u8] = b"sluicegate render token 1";
const NONCE_BYTES: usize = 24;
/// How long a token holds.
pub(crate) const HOLDS: Duration = Duration::from_hours(1);
/// Characters of a token that is looked at.
const TOKEN_CHARS_MAX: usize = 8_192;

/// Makes a token's id of a disclosure's, which is random.
pub(crate) fn id_of(disclosure: DisclosureId, dice: &dyn Dice) -> u128 {
    disclosure.0 ^ dice.roll()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Debug, Default)]
    struct Counting(AtomicU64);

    impl Dice for Counting {
        fn roll(&self) -> u128 {
            u128::from(self.0.fetch_add(1, Ordering::Relaxed))
        }
    }

    fn win(id: u128, won_at: i64) -> Win {
        Win {
            id,
            partnership: "north".parse().unwrap(),
            burl: Some(String::from("https://bidder.example/bill")),
            won_at: UnixMillis(won_at),
        }
    }

    #[test]
    fn a_token_comes_back_as_it_was_and_only_once() {
        let (tokens, dice) = (Tokens::new(&Secret::new([1; 32])), Counting::default());
        let token = tokens.seal(&win(1, 0), &dice).unwrap();
        assert!(!token.contains("bidder"));
        assert_eq!(tokens.redeem(&token, UnixMillis(5)), Ok(win(1, 0)));
        assert_eq!(tokens.redeem(&token, UnixMillis(5)), Err(TokenError::Used));
    }

    #[test]
    fn a_token_expires_after_an_hour() {
        let (tokens, dice) = (Tokens::new(&Secret::new([1; 32])), Counting::default());
        let token = tokens.seal(&win(1, 0), &dice).unwrap();
        assert_eq!(tokens.redeem(&token, UnixMillis(3_600_001)), Err(TokenError::Expired));
        assert_eq!(tokens.redeem(&token, UnixMillis(3_600_000)), Ok(win(1, 0)));
        let later = tokens.seal(&win(2, 3_600_001), &dice).unwrap();
        assert!(tokens.redeem(&later, UnixMillis(3_600_001)).is_ok());
        assert_eq!(tokens.used.lock().len(), 1, "expired ids are forgotten");
    }

    #[test]
    fn a_damaged_or_foreign_token_is_refused() {
        let (tokens, dice) = (Tokens::new(&Secret::new([1; 32])), Counting::default());
        let foreign = Tokens::new(&Secret::new([2; 32])).seal(&win(1, 0), &dice).unwrap();
        let mut damaged = tokens.seal(&win(1, 0), &dice).unwrap();
        damaged.replace_range(40..41, if &damaged[40..41] == "A" { "B" } else { "A" });
        let long = "A".repeat(TOKEN_CHARS_MAX + 1);
        for wrong in ["", "AAAA", "not base64!", &foreign, &damaged, &long] {
            assert_eq!(tokens.redeem(wrong, UnixMillis(0)), Err(TokenError::Invalid));
        }
    }
}
