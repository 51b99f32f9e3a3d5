//! The state of an auction travels with the answer, sealed, and comes back when the ad was shown.
//!
//! Format: base64url without padding of the sealed JSON. A token holds for an hour. That it counts once is
//! kept with the bills, for as long as it holds.

use crate::{seal::Sealer, won::Offered};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sluicegate_gate::{
    DisclosureId, PartnershipId,
    time::{Dice, UnixMillis},
};
use sluicegate_openrtb::macros::Pieces;
use std::time::Duration;

/// What must be known of a won bid when its ad is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Win {
    /// The id of this token.
    pub(crate) id: u128,
    pub(crate) partnership: PartnershipId,
    /// The billing notice, macros replaced but for when the ad was shown.
    pub(crate) burl: Option<Pieces>,
    pub(crate) won_at: UnixMillis,
    /// Where the caller chose among all bids: whom to tell that it chose this one, if that has not been told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chosen: Option<Offered>,
}

impl Win {
    /// Returns until when its token holds.
    pub(crate) fn expires(&self) -> UnixMillis {
        self.won_at.plus(HOLDS)
    }
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
}

/// Returns the sealed token, or `None` if it could not be written.
pub(crate) fn seal(sealer: &Sealer, win: &Win, dice: &dyn Dice) -> Option<String> {
    seal_as(sealer, CONTEXT, win, dice)
}

/// Returns something sealed that only opens under the same context.
pub(crate) fn seal_as<T: Serialize>(
    sealer: &Sealer,
    context: &[u8],
    what: &T,
    dice: &dyn Dice,
) -> Option<String> {
    let text = serde_json::to_vec(what).ok()?;
    Some(URL_SAFE_NO_PAD.encode(sealer.seal(context, &text, dice)?))
}

/// Opens a token that holds at that time.
pub(crate) fn open(sealer: &Sealer, token: &str, now: UnixMillis) -> Result<Win, TokenError> {
    let win: Win = open_as(sealer, CONTEXT, token).ok_or(TokenError::Invalid)?;
    if now > win.expires() { Err(TokenError::Expired) } else { Ok(win) }
}

/// Opens what was sealed under the context.
pub(crate) fn open_as<T: DeserializeOwned>(
    sealer: &Sealer,
    context: &[u8],
    token: &str,
) -> Option<T> {
    if token.len() > TOKEN_CHARS_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    serde_json::from_slice(&sealer.open(context, &bytes)?).ok()
}

/// Says what is sealed, so that a token cannot stand for anything else under the same key.
const CONTEXT: &[u8] = b"sluicegate render token 2";
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
    use sluicegate_gate::Secret;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Debug, Default)]
    struct Counting(AtomicU64);

    impl Dice for Counting {
        fn roll(&self) -> u128 {
            u128::from(self.0.fetch_add(1, Ordering::Relaxed))
        }
    }

    fn win(won_at: i64) -> Win {
        Win {
            id: u128::MAX,
            partnership: "north".parse().unwrap(),
            burl: Some(Pieces::from(String::from("https://bidder.example/bill"))),
            won_at: UnixMillis(won_at),
            chosen: None,
        }
    }

    fn sealer(key: u8) -> Sealer {
        Sealer::new(&Secret::new([key; 32]))
    }

    #[test]
    fn a_token_comes_back_as_it_was() {
        let (sealer, dice) = (sealer(1), Counting::default());
        let token = seal(&sealer, &win(0), &dice).unwrap();
        assert!(!token.contains("bidder"));
        assert_eq!(open(&sealer, &token, UnixMillis(5)), Ok(win(0)));
    }

    #[test]
    fn a_token_expires_after_an_hour() {
        let (sealer, dice) = (sealer(1), Counting::default());
        let token = seal(&sealer, &win(0), &dice).unwrap();
        assert_eq!(open(&sealer, &token, UnixMillis(3_600_001)), Err(TokenError::Expired));
        assert_eq!(open(&sealer, &token, UnixMillis(3_600_000)), Ok(win(0)));
    }

    #[test]
    fn a_damaged_or_foreign_token_is_refused() {
        let (own, dice) = (sealer(1), Counting::default());
        let foreign = seal(&sealer(2), &win(0), &dice).unwrap();
        let mut damaged = seal(&own, &win(0), &dice).unwrap();
        damaged.replace_range(40..41, if &damaged[40..41] == "A" { "B" } else { "A" });
        let bill = URL_SAFE_NO_PAD.encode(own.seal(b"another context", b"{}", &dice).unwrap());
        let long = "A".repeat(TOKEN_CHARS_MAX + 1);
        for wrong in ["", "AAAA", "not base64!", &foreign, &damaged, &bill, &long] {
            assert_eq!(open(&own, wrong, UnixMillis(0)), Err(TokenError::Invalid));
        }
    }
}
