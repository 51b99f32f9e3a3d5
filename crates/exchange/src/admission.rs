//! Which auctions are taken on: no more at once than may be under way, and none while those that came
//! earlier wait too long for their turn. One that is not taken on is not read, and nobody is told of it.
//!
//! Anybody can ask from a browser, so that browsers have half of the places, and one client few: what they ask for at
//! once never keeps the platform's own auctions out.

use parking_lot::Mutex;
use sluicegate_gate::time::BootMillis;
use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Why an auction is not taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Overload {
    /// As many as allowed are under way.
    #[error("too many auctions are under way")]
    TooMany,
    /// As many as browsers may have are.
    #[error("too many auctions of browsers are under way")]
    TooManyOfBrowsers,
    /// As many as one client may have are.
    #[error("too many auctions of this client are under way")]
    TooManyOfClient,
    /// Whatever is to be done now has to wait for longer than allowed.
    #[error("auctions wait too long for their turn")]
    Behind,
}

impl Overload {
    /// Every reason.
    pub(crate) const ALL: [Self; 4] =
        [Self::Behind, Self::TooMany, Self::TooManyOfBrowsers, Self::TooManyOfClient];

    /// Returns the name used in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::TooMany => "too_many",
            Self::TooManyOfBrowsers => "too_many_of_browsers",
            Self::TooManyOfClient => "too_many_of_client",
        }
    }
}

/// Who asks for an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The platform.
    Platform,
    /// A browser, or whoever else comes without a key, from the network of a client where that is known.
    Browser(Option<IpAddr>),
}

/// How many auctions may be under way at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnderWayMax {
    /// In all; of browsers half of it.
    pub(crate) all: usize,
    /// Of one client.
    pub(crate) client: usize,
}

/// Counts what is under way, and knows whether the program keeps up.
#[derive(Debug)]
pub(crate) struct Admission {
    under_way: AtomicUsize,
    /// Of these, those of browsers.
    of_browsers: AtomicUsize,
    /// And those of each client that has any.
    of_clients: Mutex<HashMap<IpAddr, usize>>,
    max: UnderWayMax,
    behind_max: Duration,
    /// When the next beat is due, by the boot clock in milliseconds.
    due: AtomicU64,
    /// Until when an auction that waited too long for the ledger keeps others out.
    late_until: AtomicU64,
}

/// The room of one auction. Dropping it makes room for another.
#[derive(Debug)]
#[must_use = "dropped, it makes room for another auction"]
pub struct Place {
    of: Arc<Admission>,
    asker: Asker,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.under_way.fetch_sub(1, Ordering::Relaxed);
        if let Asker::Browser(client) = self.asker {
            self.of.of_browsers.fetch_sub(1, Ordering::Relaxed);
            client.inspect(|client| self.of.left(*client));
        }
    }
}

/// How many times as long as for a turn records may wait until they are durable: a disk takes longer now and then.
const DURABLE: u32 = 4;

/// How often the program shows that it keeps up. A beat is a task like any other: where tasks wait for
/// their turn, it is late by as much.
pub(crate) const BEAT: Duration = Duration::from_millis(10);

impl Admission {
    pub(crate) fn new(max: UnderWayMax, behind_max: Duration) -> Arc<Self> {
        Arc::new(Self {
            under_way: AtomicUsize::new(0),
            of_browsers: AtomicUsize::new(0),
            of_clients: Mutex::default(),
            max,
            behind_max,
            due: AtomicU64::new(NEVER),
            late_until: AtomicU64::new(0),
        })
    }

    /// Takes an auction on, or says why not.
    pub(crate) fn admit(
        self: &Arc<Self>,
        asker: Asker,
        now: BootMillis,
    ) -> Result<Place, Overload> {
        let late = now.since(BootMillis(self.due.load(Ordering::Relaxed)));
        if late > self.behind_max || now.0 < self.late_until.load(Ordering::Relaxed) {
            return Err(Overload::Behind);
        }
        let is_one_too_many_of_browsers = match asker {
            Asker::Platform => false,
            Asker::Browser(client) => {
                if client.is_some_and(|client| !self.came(client)) {
                    return Err(Overload::TooManyOfClient);
                }
                let before = self.of_browsers.fetch_add(1, Ordering::Relaxed);
                before >= self.max.all.div_ceil(2)
            }
        };
        // The place is made first, so that leaving gives back what was taken.
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        let place = Place { of: Arc::clone(self), asker };
        if before >= self.max.all {
            Err(Overload::TooMany)
        } else if is_one_too_many_of_browsers {
            Err(Overload::TooManyOfBrowsers)
        } else {
            Ok(place)
        }
    }

    /// Takes one of a client's places, if there is one.
    fn came(&self, client: IpAddr) -> bool {
        let mut of_clients = self.of_clients.lock();
        let count = of_clients.entry(client).or_default();
        let has_room = *count < self.max.client;
        *count += usize::from(has_room);
        has_room
    }

    /// Gives it back. Nobody is remembered who has none.
    fn left(&self, client: IpAddr) {
        if let Entry::Occupied(mut count) = self.of_clients.lock().entry(client) {
            let left = count.get().saturating_sub(1);
            if left == 0 {
                count.remove();
            } else {
                count.insert(left);
            }
        }
    }

    /// An auction waited from then until its records were durable.
    pub(crate) fn waited(&self, since: BootMillis, now: BootMillis) {
        if now.since(since) > self.behind_max * DURABLE {
            self.late_until.fetch_max(now.plus(BEAT).0, Ordering::Relaxed);
        }
    }

    /// The program had its turn.
    pub(crate) fn beat(&self, now: BootMillis) {
        self.due.store(now.plus(BEAT).0, Ordering::Relaxed);
    }

    /// No beat is to come any more.
    pub(crate) fn rest(&self) {
        self.due.store(NEVER, Ordering::Relaxed);
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }
}

const NEVER: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Arc<Admission> {
        Admission::new(UnderWayMax { all: 2, client: 1 }, Duration::from_millis(100))
    }

    #[test]
    fn no_more_are_taken_on_than_may_be_under_way_and_each_end_makes_room() {
        let admission = admission();
        let first = admission.admit(Asker::Platform, BootMillis(0)).unwrap();
        let _second = admission.admit(Asker::Platform, BootMillis(0)).unwrap();
        for _ in 0..3 {
            assert_eq!(
                admission.admit(Asker::Platform, BootMillis(0)).unwrap_err(),
                Overload::TooMany
            );
        }
        assert_eq!(admission.under_way(), 2, "who is refused takes no place");
        drop(first);
        let _third = admission.admit(Asker::Platform, BootMillis(0)).unwrap();
    }

    #[test]
    fn browsers_have_half_of_the_places_and_one_client_few_of_these() {
        let limits = UnderWayMax { all: 8, client: 2 };
        let admission = Admission::new(limits, Duration::from_millis(100));
        let admit = |asker| admission.admit(asker, BootMillis(0));
        let from = |last| Asker::Browser(Some(IpAddr::from([192, 0, 2, last])));
        let (first, second) = (admit(from(1)).unwrap(), admit(from(1)).unwrap());
        assert_eq!(admit(from(1)).unwrap_err(), Overload::TooManyOfClient);
        let (third, fourth) = (admit(from(2)).unwrap(), admit(Asker::Browser(None)).unwrap());
        for asker in [from(2), from(3), Asker::Browser(None)] {
            assert_eq!(admit(asker).unwrap_err(), Overload::TooManyOfBrowsers, "{asker:?}");
        }
        assert_eq!(admit(from(1)).unwrap_err(), Overload::TooManyOfClient);
        let platform: Vec<_> = (0..4).map(|_| admit(Asker::Platform).unwrap()).collect();
        assert_eq!(admit(Asker::Platform).unwrap_err(), Overload::TooMany);
        assert_eq!(admission.under_way(), 8, "who is refused takes no place");
        drop((first, platform));
        let again = admit(from(1)).unwrap();
        assert_eq!(admit(from(1)).unwrap_err(), Overload::TooManyOfClient);
        drop((second, third, fourth, again));
        assert_eq!((admission.under_way(), admission.of_browsers.load(Ordering::Relaxed)), (0, 0));
        assert!(admission.of_clients.lock().is_empty(), "nobody is remembered who left");
    }

    #[test]
    fn none_is_taken_on_while_records_take_too_long_to_become_durable() {
        let admission = admission();
        let overload = |now| admission.admit(Asker::Platform, BootMillis(now)).err();
        admission.waited(BootMillis(0), BootMillis(400));
        assert_eq!(overload(400), None);
        admission.waited(BootMillis(0), BootMillis(401));
        assert_eq!(overload(410), Some(Overload::Behind));
        assert_eq!(overload(411), None, "the next one finds out how it is");
    }

    #[test]
    fn none_is_taken_on_while_a_beat_is_overdue() {
        let admission = admission();
        let overload = |now| admission.admit(Asker::Platform, BootMillis(now)).err();
        assert_eq!(overload(1_000_000), None, "nothing is due before the first beat");
        admission.beat(BootMillis(500));
        assert_eq!(overload(610), None);
        assert_eq!(overload(611), Some(Overload::Behind));
        admission.beat(BootMillis(700));
        assert_eq!(overload(701), None, "it has caught up");
        admission.rest();
        assert_eq!(overload(u64::MAX), None);
    }
}
