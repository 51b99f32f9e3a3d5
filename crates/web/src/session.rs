//! Who is signed in: sessions kept in memory, found by a random cookie of which only a hash is kept.
//!
//! A session lives for [`LIFETIME`], or until nobody used it for [`IDLE`], and ends with the process. Its cookie is replaced every
//! [`COOKIE_LIFETIME`]; the replaced one is good for [`COOKIE_OVERLAP`] longer, so that pages that
//! load side by side stay signed in.

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    Choice, Setting, SubjectKey,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
    time::Duration,
};

/// How long a session lives.
pub(crate) const LIFETIME: Duration = Duration::from_hours(12);
/// How long a session that nobody uses lives.
pub(crate) const IDLE: Duration = Duration::from_hours(2);
/// How long one cookie of a session is used before it is replaced.
pub(crate) const COOKIE_LIFETIME: Duration = Duration::from_hours(1);
/// How much longer a replaced cookie is accepted.
pub(crate) const COOKIE_OVERLAP: Duration = Duration::from_mins(1);
/// How many cookies are kept at most; the one that ends first makes room.
pub(crate) const COOKIES_MAX: usize = 100_000;

/// The sessions of this process.
#[derive(Debug)]
pub(crate) struct Sessions {
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
    cookies: Mutex<HashMap<CookieHash, Kept>>,
    max: usize,
}

/// One signed-in person.
pub(crate) struct Session {
    /// Names the session inside the process. It never leaves it.
    pub(crate) id: u128,
    /// The account.
    pub(crate) account: SubjectKey,
    /// How the person arrived.
    pub(crate) arrival: Arrival,
    ends: BootMillis,
    used: Mutex<BootMillis>,
    note: Mutex<Option<Note>>,
}

/// How a person arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// With a token that the platform signed.
    Token,
    /// From the identity provider.
    Provider(AtProvider),
}

/// What the identity provider calls a person and their session there, so that it can end the session here. Only
/// hashes are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AtProvider {
    subject: [u8; 32],
    session: Option<[u8; 32]>,
}

/// Which sessions the identity provider ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndedThere {
    /// All of a person's.
    Person([u8; 32]),
    /// One; whose, where that is said too.
    One { session: [u8; 32], subject: Option<[u8; 32]> },
}

/// What a page says once, on the first look after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// A setting was changed.
    Setting {
        /// Which.
        setting: Setting,
        /// To what.
        choice: Choice,
        /// When it was saved.
        saved: UnixMillis,
        /// Since when it is in force; `None` while it is only saved.
        in_force: Option<UnixMillis>,
    },
    /// Demographics were corrected.
    Demographics {
        /// When it was saved.
        saved: UnixMillis,
    },
}

/// The value of a cookie: 256 random bits. It is not kept and does not print.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cookie(String);

/// A session that a cookie led to.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The session.
    pub(crate) session: Arc<Session>,
    /// The cookie to use from now on, if the presented one is old.
    pub(crate) renewed: Option<Cookie>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CookieHash([u8; 32]);

struct Kept {
    session: Arc<Session>,
    since: BootMillis,
    ends: BootMillis,
    is_replaced: bool,
}

impl Sessions {
    /// No session yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, dice: Arc<dyn Dice>) -> Self {
        Self { clock, dice, cookies: Mutex::new(HashMap::new()), max: COOKIES_MAX }
    }

    /// Opens a session for an account, with a cookie nobody has seen before.
    pub(crate) fn open(&self, account: SubjectKey, arrival: Arrival) -> Cookie {
        let now = self.clock.boot();
        let session = Arc::new(Session {
            id: self.dice.roll(),
            account,
            arrival,
            ends: now.plus(LIFETIME),
            used: Mutex::new(now),
            note: Mutex::new(None),
        });
        self.keep(&mut self.cookies.lock(), session, now)
    }

    /// Finds the session of a cookie that has not ended. It is no use of the session: it goes idle as if nobody had
    /// looked.
    pub(crate) fn peek(&self, cookie: &str) -> Option<Arc<Session>> {
        let now = self.clock.boot();
        let cookies = self.cookies.lock();
        let kept = cookies.get(&CookieHash::of(cookie)).filter(|kept| kept.is_good(now))?;
        Some(Arc::clone(&kept.session))
    }

    /// Finds the session of a cookie that has not ended, as a use of it, and leaves the cookie as it is.
    pub(crate) fn visit(&self, cookie: &str) -> Option<Arc<Session>> {
        let session = self.peek(cookie)?;
        session.note_use(self.clock.boot());
        Some(session)
    }

    /// Finds the session of a cookie that has not ended, as a use of it, and replaces the cookie when it is due.
    pub(crate) fn find(&self, cookie: &str) -> Option<Found> {
        let now = self.clock.boot();
        let mut cookies = self.cookies.lock();
        let kept = cookies.get_mut(&CookieHash::of(cookie)).filter(|kept| kept.is_good(now))?;
        kept.session.note_use(now);
        let session = Arc::clone(&kept.session);
        let is_due = !kept.is_replaced && now.since(kept.since) >= COOKIE_LIFETIME;
        if is_due {
            kept.is_replaced = true;
            kept.ends = kept.ends.min(now.plus(COOKIE_OVERLAP));
        }
        // INVARIANT: under the one lock, so that nobody ends the session between its two cookies.
        let renewed = is_due.then(|| self.keep(&mut cookies, Arc::clone(&session), now));
        Some(Found { session, renewed })
    }

    /// Ends the session of a cookie, under all its cookies.
    pub(crate) fn close(&self, cookie: &str) {
        let mut cookies = self.cookies.lock();
        if let Some(closed) = cookies.remove(&CookieHash::of(cookie)) {
            cookies.retain(|_, kept| kept.session.id != closed.session.id);
        }
    }

    /// Ends every session of an account.
    pub(crate) fn close_all(&self, account: SubjectKey) {
        self.cookies.lock().retain(|_, kept| kept.session.account != account);
    }

    /// Ends the sessions that the identity provider ended, and returns how many there were.
    pub(crate) fn close_ended(&self, ended: EndedThere) -> usize {
        let mut closed = HashSet::new();
        self.cookies.lock().retain(|_, kept| {
            let is_ended = match kept.session.arrival {
                Arrival::Token => false,
                Arrival::Provider(at) => ended.is(at),
            };
            if is_ended {
                closed.insert(kept.session.id);
            }
            !is_ended
        });
        closed.len()
    }

    fn keep(
        &self,
        cookies: &mut HashMap<CookieHash, Kept>,
        session: Arc<Session>,
        now: BootMillis,
    ) -> Cookie {
        let cookie = Cookie(format!("{:032x}{:032x}", self.dice.roll(), self.dice.roll()));
        let ends = session.ends;
        make_room(cookies, now, self.max);
        cookies.insert(
            CookieHash::of(cookie.open()),
            Kept { session, since: now, ends, is_replaced: false },
        );
        cookie
    }
}

impl Kept {
    /// Whether neither the cookie nor its session has ended.
    fn is_good(&self, now: BootMillis) -> bool {
        now < self.ends && !self.session.is_idle(now)
    }
}

fn make_room(cookies: &mut HashMap<CookieHash, Kept>, now: BootMillis, max: usize) {
    if cookies.len() < max {
        return;
    }
    cookies.retain(|_, kept| now < kept.ends);
    if cookies.len() < max {
        return;
    }
    let first = cookies.iter().min_by_key(|(_, kept)| kept.ends).map(|(hash, _)| *hash);
    if let Some(first) = first {
        cookies.remove(&first);
    }
}

impl Session {
    fn is_idle(&self, now: BootMillis) -> bool {
        now.since(*self.used.lock()) >= IDLE
    }

    fn note_use(&self, now: BootMillis) {
        let mut used = self.used.lock();
        *used = (*used).max(now);
    }

    /// Leaves a note for the next page.
    pub(crate) fn leave(&self, note: Note) {
        *self.note.lock() = Some(note);
    }

    /// Takes the note, if there is one.
    pub(crate) fn take(&self) -> Option<Note> {
        self.note.lock().take()
    }
}

impl AtProvider {
    /// Takes the provider's names.
    pub(crate) fn new(subject: &str, session: Option<&str>) -> Self {
        Self { subject: hash(subject), session: session.map(hash) }
    }
}

impl EndedThere {
    /// Takes the provider's names; `None` where it names nobody.
    pub(crate) fn named(subject: Option<&str>, session: Option<&str>) -> Option<Self> {
        match (session, subject) {
            (Some(session), subject) => {
                Some(Self::One { session: hash(session), subject: subject.map(hash) })
            }
            (None, Some(subject)) => Some(Self::Person(hash(subject))),
            (None, None) => None,
        }
    }

    fn is(self, at: AtProvider) -> bool {
        match (self, at.session) {
            (Self::Person(subject), _) => at.subject == subject,
            (Self::One { session, subject }, Some(own)) => {
                own == session && subject.is_none_or(|subject| at.subject == subject)
            }
            // Why: the provider did not name the session when it began, so any of the person's may be it.
            (Self::One { subject, .. }, None) => subject == Some(at.subject),
        }
    }
}

fn hash(name: &str) -> [u8; 32] {
    Sha256::digest(name.as_bytes()).into()
}

impl fmt::Debug for AtProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AtProvider([personal])")
    }
}

impl fmt::Debug for EndedThere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EndedThere([personal])")
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Session([personal])")
    }
}

impl Cookie {
    /// Returns the value, for the `Set-Cookie` header.
    pub(crate) fn open(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cookie([secret])")
    }
}

impl CookieHash {
    fn of(cookie: &str) -> Self {
        Self(hash(cookie))
    }
}

impl fmt::Debug for CookieHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CookieHash")
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Kept")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, ManualClock};
    use std::sync::{OnceLock, Weak};

    fn sessions(clock: &Arc<ManualClock>, max: usize) -> Sessions {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        Sessions { max, ..Sessions::new(clock, testing::dice()) }
    }

    #[test]
    fn a_session_ends_after_twelve_hours_and_not_before() {
        let clock = testing::clock();
        let sessions = sessions(&clock, 10);
        let mut cookie = sessions.open(testing::account(), Arrival::Token);
        for _hour in 0..11 {
            clock.advance(COOKIE_LIFETIME);
            cookie = sessions.find(cookie.open()).unwrap().renewed.unwrap();
        }
        clock.advance(Duration::from_millis(60 * 60 * 1000 - 1));
        assert!(sessions.find(cookie.open()).is_some());
        clock.advance(Duration::from_millis(1));
        assert!(sessions.find(cookie.open()).is_none());
    }

    #[test]
    fn a_replaced_cookie_is_good_for_a_minute_and_replaced_once() {
        let clock = testing::clock();
        let sessions = sessions(&clock, 10);
        let first = sessions.open(testing::account(), Arrival::Token);
        clock.advance(COOKIE_LIFETIME);
        assert!(sessions.peek(first.open()).is_some());
        let found = sessions.find(first.open()).unwrap();
        let second = found.renewed.unwrap();
        assert_ne!(first, second);
        assert_eq!(sessions.peek(first.open()).unwrap().id, found.session.id);
        let beside = sessions.find(first.open()).unwrap();
        assert!(beside.renewed.is_none() && beside.session.id == found.session.id);
        clock.advance(COOKIE_OVERLAP);
        assert!(sessions.find(first.open()).is_none());
        assert!(sessions.find(second.open()).is_some());
    }

    #[test]
    fn signing_out_ends_every_cookie_of_the_session_and_no_other_session() {
        let clock = testing::clock();
        let sessions = sessions(&clock, 10);
        let other = sessions.open(testing::account(), Arrival::Token);
        let first = sessions.open(testing::account(), Arrival::Token);
        clock.advance(COOKIE_LIFETIME);
        let second = sessions.find(first.open()).unwrap().renewed.unwrap();
        sessions.close(second.open());
        assert!(sessions.find(first.open()).is_none());
        assert!(sessions.find(second.open()).is_none());
        assert!(sessions.find(other.open()).is_some());
    }

    #[test]
    fn a_session_that_nobody_uses_for_two_hours_is_over() {
        let clock = testing::clock();
        let sessions = sessions(&clock, 10);
        let cookie = sessions.open(testing::account(), Arrival::Token);
        clock.advance(IDLE.saturating_sub(Duration::from_millis(1)));
        assert!(sessions.visit(cookie.open()).is_some());
        clock.advance(IDLE.saturating_sub(Duration::from_millis(1)));
        let cookie = sessions.find(cookie.open()).unwrap().renewed.unwrap();
        clock.advance(IDLE);
        assert!(sessions.peek(cookie.open()).is_none());
        assert!(sessions.find(cookie.open()).is_none());
    }

    #[test]
    fn a_look_that_is_no_use_keeps_no_session_alive() {
        let clock = testing::clock();
        let sessions = sessions(&clock, 10);
        let cookie = sessions.open(testing::account(), Arrival::Token);
        clock.advance(IDLE / 2);
        assert!(sessions.peek(cookie.open()).is_some());
        clock.advance(IDLE / 2);
        assert!(sessions.peek(cookie.open()).is_none());
        assert!(sessions.visit(cookie.open()).is_none());
        assert!(sessions.find(cookie.open()).is_none());
    }

    /// Dice that end every session of the account as soon as they can while they are rolled.
    #[derive(Debug, Default)]
    struct EndingDice {
        sessions: OnceLock<Weak<Sessions>>,
        rolls: Mutex<u128>,
        has_ended: Mutex<bool>,
    }

    impl Dice for EndingDice {
        fn roll(&self) -> u128 {
            let mut rolls = self.rolls.lock();
            *rolls += 1;
            if let Some(sessions) = self.sessions.get().and_then(Weak::upgrade) {
                let is_free = sessions.cookies.try_lock().is_some();
                if is_free {
                    sessions.close_all(testing::account());
                    *self.has_ended.lock() = true;
                }
            }
            *rolls
        }
    }

    #[test]
    fn a_session_that_ends_while_its_cookie_is_replaced_does_not_come_back() {
        let clock = testing::clock();
        let dice = Arc::new(EndingDice::default());
        let dyn_clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let dyn_dice: Arc<dyn Dice> = Arc::<EndingDice>::clone(&dice);
        let sessions = Arc::new(Sessions::new(dyn_clock, dyn_dice));
        let cookie = sessions.open(testing::account(), Arrival::Token);
        clock.advance(COOKIE_LIFETIME);
        dice.sessions.set(Arc::downgrade(&sessions)).unwrap();
        let renewed = sessions.find(cookie.open()).unwrap().renewed.unwrap();
        // Either it cannot end just then, or it has ended for good.
        assert!(!*dice.has_ended.lock() || sessions.peek(renewed.open()).is_none());
        sessions.close_all(testing::account());
        assert!(sessions.peek(renewed.open()).is_none());
    }

    #[test]
    fn every_session_of_an_account_ends_at_once_and_no_other() {
        let sessions = sessions(&testing::clock(), 10);
        let other = SubjectKey { hash: 8, ..testing::account() };
        let (one, two) = (
            sessions.open(testing::account(), Arrival::Token),
            sessions.open(testing::account(), Arrival::Token),
        );
        let elsewhere = sessions.open(other, Arrival::Token);
        sessions.close_all(testing::account());
        assert!(sessions.peek(one.open()).is_none() && sessions.peek(two.open()).is_none());
        assert!(sessions.peek(elsewhere.open()).is_some());
    }

    #[test]
    fn the_provider_ends_the_sessions_that_it_names_and_no_other() {
        let arrivals = [
            Arrival::Provider(AtProvider::new("ada", Some("one"))),
            Arrival::Provider(AtProvider::new("ada", Some("two"))),
            Arrival::Provider(AtProvider::new("ada", None)),
            Arrival::Provider(AtProvider::new("bob", Some("three"))),
            Arrival::Token,
        ];
        let stays = |subject, session| {
            let sessions = sessions(&testing::clock(), 10);
            let cookies = arrivals.map(|arrival| sessions.open(testing::account(), arrival));
            let before = cookies.len();
            let closed = sessions.close_ended(EndedThere::named(subject, session).unwrap());
            let stays = cookies.map(|cookie| sessions.peek(cookie.open()).is_some());
            assert_eq!(closed, before - stays.iter().filter(|stays| **stays).count());
            stays
        };
        assert_eq!(stays(Some("ada"), None), [false, false, false, true, true]);
        assert_eq!(stays(Some("ada"), Some("one")), [false, true, false, true, true]);
        assert_eq!(stays(None, Some("one")), [false, true, true, true, true]);
        assert_eq!(stays(Some("bob"), Some("one")), [true, true, true, true, true]);
        assert_eq!(stays(Some("nobody"), None), [true, true, true, true, true]);
        assert_eq!(EndedThere::named(None, None), None);
    }

    #[test]
    fn a_full_store_drops_what_ends_first() {
        let clock = testing::clock();
        let sessions = sessions(&clock, 2);
        let oldest = sessions.open(testing::account(), Arrival::Token);
        clock.advance(Duration::from_secs(1));
        let older = sessions.open(testing::account(), Arrival::Token);
        clock.advance(Duration::from_secs(1));
        let newest = sessions.open(testing::account(), Arrival::Token);
        assert!(sessions.find(oldest.open()).is_none());
        assert!(sessions.find(older.open()).is_some() && sessions.find(newest.open()).is_some());
        assert_eq!(sessions.cookies.lock().len(), 2);
    }

    #[test]
    fn guesses_find_nothing_and_nothing_prints() {
        let clock = testing::clock();
        let sessions = sessions(&clock, 10);
        let cookie = sessions.open(testing::account(), Arrival::Token);
        for guess in ["", "0", &cookie.open()[1..], &"0".repeat(64)] {
            assert!(sessions.find(guess).is_none());
        }
        let printed = format!("{cookie:?} {sessions:?} {:?}", sessions.find(cookie.open()));
        assert!(!printed.contains(cookie.open()));
    }

    #[test]
    fn a_note_is_taken_once() {
        let sessions = sessions(&testing::clock(), 10);
        let session = sessions
            .find(sessions.open(testing::account(), Arrival::Token).open())
            .unwrap()
            .session;
        let note = Note::Demographics { saved: UnixMillis(7) };
        session.leave(note);
        assert_eq!((session.take(), session.take()), (Some(note), None));
    }
}
