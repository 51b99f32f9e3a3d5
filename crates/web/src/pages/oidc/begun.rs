//! Sign-ins that were begun and have not ended: each good once, for a short time, in the browser that began it.

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    Secret,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use std::{collections::HashMap, fmt, time::Duration};
use subtle::ConstantTimeEq;

/// How long a sign-in may take.
pub(crate) const LIFETIME: Duration = Duration::from_mins(10);
/// Sign-ins under way at most; the one that began first makes room.
const BEGUN_MAX: usize = 10_000;

/// Sign-ins under way, by the hash of their state.
#[derive(Default)]
pub(crate) struct AllBegun(Mutex<HashMap<[u8; 32], Kept>>);

struct Kept {
    begun: Begun,
    ends: BootMillis,
}

/// One sign-in under way.
pub(crate) struct Begun {
    /// Goes with the browser to the provider and back.
    pub(crate) state: Secret<String>,
    /// Comes back inside the token.
    pub(crate) nonce: Secret<String>,
    /// Proves that who asks for the token is who began.
    pub(crate) verifier: Secret<String>,
    /// When it began, where the person has to say again who they are.
    pub(crate) asks_again_since: Option<UnixMillis>,
    binder: [u8; 32],
}

impl Begun {
    /// Begins one, for the browser that has this cookie.
    pub(crate) fn new(dice: &dyn Dice, clock: &dyn Clock, binder: &str, asks_again: bool) -> Self {
        Self {
            state: Secret::new(fresh(dice)),
            nonce: Secret::new(fresh(dice)),
            verifier: Secret::new(fresh(dice)),
            asks_again_since: asks_again.then(|| clock.now()),
            binder: hash(binder),
        }
    }
}

impl AllBegun {
    /// Keeps one until it is taken or over.
    pub(crate) fn keep(&self, begun: Begun, now: BootMillis) {
        let mut all = self.0.lock();
        if all.len() >= BEGUN_MAX {
            all.retain(|_, kept| now < kept.ends);
        }
        if all.len() >= BEGUN_MAX {
            let first = all.iter().min_by_key(|(_, kept)| kept.ends).map(|(state, _)| *state);
            first.map(|first| all.remove(&first));
        }
        all.insert(hash(begun.state.open()), Kept { begun, ends: now.plus(LIFETIME) });
    }

    /// Takes the one of a state, if the browser has the cookie with which it was begun. It is gone in any case.
    pub(crate) fn take(&self, state: &str, binder: Option<&str>, now: BootMillis) -> Option<Begun> {
        let kept = self.0.lock().remove(&hash(state)).filter(|kept| now < kept.ends)?;
        let is_here = hash(binder?).ct_eq(&kept.begun.binder);
        bool::from(is_here).then_some(kept.begun)
    }
}

/// Returns 256 random bits in hexadecimal digits, which is also a code verifier (RFC 7636, 4.1).
pub(crate) fn fresh(dice: &dyn Dice) -> String {
    format!("{:032x}{:032x}", dice.roll(), dice.roll())
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

impl fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Begun")
    }
}

impl fmt::Debug for AllBegun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AllBegun")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn begun(binder: &str) -> (String, Begun) {
        let begun = Begun::new(&*testing::dice(), &*testing::clock(), binder, false);
        (begun.state.open().clone(), begun)
    }

    #[test]
    fn a_sign_in_ends_once_in_the_browser_that_began_it() {
        let now = BootMillis(5);
        let all = AllBegun::default();
        for (binder, is_good) in [(Some("mine"), true), (Some("other"), false), (None, false)] {
            let (state, begun) = begun("mine");
            all.keep(begun, now);
            assert!(all.take("another state", Some("mine"), now).is_none());
            assert_eq!(all.take(&state, binder, now).is_some(), is_good);
            assert!(all.take(&state, Some("mine"), now).is_none(), "it is gone");
        }
        let (state, begun) = begun("mine");
        all.keep(begun, now);
        assert!(all.take(&state, Some("mine"), now.plus(LIFETIME)).is_none());
    }

    #[test]
    fn there_are_never_more_than_there_is_room_for() {
        let all = AllBegun::default();
        let dice = testing::dice();
        for number in 0..=BEGUN_MAX {
            let now = BootMillis(u64::try_from(number).unwrap());
            all.keep(Begun::new(&*dice, &*testing::clock(), "mine", false), now);
        }
        assert_eq!(all.0.lock().len(), BEGUN_MAX);
    }
}
