//! Proof that a form came from one of our own pages: an HMAC over the session, or over a cookie of a browser
//! without one, under a key that only this process has.

use crate::session::Session;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sluicegate_gate::{
    Secret,
    time::{Dice, UnixMillis},
};
use std::time::Duration;

/// How long a form that anyone may send is good for.
const OPEN_FORM_LIFETIME: Duration = Duration::from_hours(24);

/// Makes and checks the tokens that forms carry.
#[derive(Debug)]
pub(crate) struct Csrf {
    key: Secret<[u8; 32]>,
}

impl Csrf {
    /// Makes a fresh key: the forms of an earlier process are refused.
    pub(crate) fn new(dice: &dyn Dice) -> Self {
        let mut key = [0; 32];
        let (first, second) = key.split_at_mut(16);
        first.copy_from_slice(&dice.roll().to_be_bytes());
        second.copy_from_slice(&dice.roll().to_be_bytes());
        Self { key: Secret::new(key) }
    }

    /// Returns the token for the forms of a session.
    pub(crate) fn token(&self, session: &Session) -> String {
        hex::encode(self.of_session(session).finalize().into_bytes())
    }

    /// Returns the token for a form that anyone may send, about one thing: it says when it was made.
    pub(crate) fn open_token(&self, about: &str, now: UnixMillis) -> String {
        format!("{:x}.{}", now.0, hex::encode(self.open_mac(about, now).finalize().into_bytes()))
    }

    /// Returns whether the token is one of ours, about that thing, and a day old at most.
    pub(crate) fn accepts_open(&self, about: &str, token: &str, now: UnixMillis) -> bool {
        let read = || {
            let (made, mac) = token.split_once('.')?;
            Some((UnixMillis(i64::from_str_radix(made, 16).ok()?), hex::decode(mac).ok()?))
        };
        read().is_some_and(|(made, mac)| {
            let is_ours = self.open_mac(about, made).verify_slice(&mac).is_ok();
            is_ours && made <= now && now < made.plus(OPEN_FORM_LIFETIME)
        })
    }

    /// Returns whether the token is the session's, in constant time.
    pub(crate) fn accepts(&self, session: &Session, token: &str) -> bool {
        hex::decode(token).is_ok_and(|bytes| self.of_session(session).verify_slice(&bytes).is_ok())
    }

    /// Returns the token for the forms of a browser without a session, by a cookie that only it has.
    pub(crate) fn token_of_cookie(&self, cookie: &str) -> String {
        hex::encode(self.mac(b"sluicegate cookie", cookie.as_bytes()).finalize().into_bytes())
    }

    /// Returns whether the token is that of the cookie, in constant time.
    pub(crate) fn accepts_cookie(&self, cookie: &str, token: &str) -> bool {
        let mac = self.mac(b"sluicegate cookie", cookie.as_bytes());
        hex::decode(token).is_ok_and(|bytes| mac.verify_slice(&bytes).is_ok())
    }

    fn of_session(&self, session: &Session) -> Hmac<Sha256> {
        self.mac(b"sluicegate form", &session.id.to_be_bytes())
    }

    fn open_mac(&self, about: &str, made: UnixMillis) -> Hmac<Sha256> {
        let whose = [&made.0.to_be_bytes()[..], about.as_bytes()].concat();
        self.mac(b"sluicegate open form", &whose)
    }

    fn mac(&self, purpose: &[u8], whose: &[u8]) -> Hmac<Sha256> {
        // Why: `new` takes a block-sized array and cannot fail; `new_from_slice` could.
        let mut block = [0; 64];
        let (start, _) = block.split_at_mut(32);
        start.copy_from_slice(self.key.open());
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(purpose);
        mac.update(whose);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        session::{Arrival, Sessions},
        testing,
    };

    #[test]
    fn a_token_is_good_for_its_own_session_and_process_only() {
        let dice = testing::dice();
        let sessions = Sessions::new(testing::clock(), testing::dice());
        let session = || {
            let cookie = sessions.open(testing::account(), Arrival::Token);
            sessions.find(cookie.open()).unwrap().session
        };
        let (mine, other) = (session(), session());
        let (here, elsewhere) = (Csrf::new(&*dice), Csrf::new(&*dice));
        let token = here.token(&mine);
        assert!(here.accepts(&mine, &token));
        assert!(!here.accepts(&other, &token));
        assert!(!elsewhere.accepts(&mine, &token));
    }

    #[test]
    fn an_open_form_is_good_for_a_day_about_one_thing() {
        let csrf = Csrf::new(&*testing::dice());
        let made = testing::START;
        let token = csrf.open_token("7", made);
        let last = made.plus(OPEN_FORM_LIFETIME).minus(Duration::from_millis(1));
        assert!(csrf.accepts_open("7", &token, made) && csrf.accepts_open("7", &token, last));
        assert!(!csrf.accepts_open("8", &token, made));
        assert!(!csrf.accepts_open("7", &token, last.plus(Duration::from_millis(1))));
        assert!(!csrf.accepts_open("7", &token, made.minus(Duration::from_millis(1))));
        let (_, mac) = token.split_once('.').unwrap();
        for wrong in ["", ".", "1.00", mac, &format!("{:x}.{mac}", made.0 + 1)] {
            assert!(!csrf.accepts_open("7", wrong, last), "{wrong}");
        }
    }

    #[test]
    fn anything_but_the_whole_token_is_refused() {
        let sessions = Sessions::new(testing::clock(), testing::dice());
        let session = sessions
            .find(sessions.open(testing::account(), Arrival::Token).open())
            .unwrap()
            .session;
        let csrf = Csrf::new(&*testing::dice());
        let token = csrf.token(&session);
        let longer = format!("{token}00");
        for wrong in ["", "0", "zz", &token[..62], &longer, &"0".repeat(64)] {
            assert!(!csrf.accepts(&session, wrong), "{wrong}");
        }
    }
}
