//! How many connections are open: on one listener, and of one client, so that one cannot take the places of all.

use parking_lot::Mutex;
use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::Arc,
};

/// Connections of each client that are open.
#[derive(Debug)]
pub(super) struct Connections {
    max: Option<usize>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    of: Arc<Connections>,
    client: IpAddr,
}

impl Connections {
    /// Of each client at most so many; where nothing is said, any number.
    pub(super) fn new(max: Option<usize>) -> Arc<Self> {
        Arc::new(Self { max, open: Mutex::default() })
    }

    /// Takes a place; `None` where the client has all of its own.
    pub(super) fn take(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let mut open = self.open.lock();
        let count = open.entry(client).or_default();
        if self.max.is_some_and(|max| *count >= max) {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Place { of: Arc::clone(self), client })
    }

    /// Returns how many places are taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.open.lock().values().sum()
    }

    /// Waits until so many are.
    #[cfg(test)]
    pub(super) async fn until_taken(&self, count: usize) {
        while self.taken() != count {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut open) = self.of.open.lock().entry(self.client) {
            let left = open.get().saturating_sub(1);
            if left == 0 {
                open.remove();
            } else {
                open.insert(left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_so_many_places_and_each_is_free_again_when_it_is_left() {
        let connections = Connections::new(Some(2));
        let take = |last| connections.take(IpAddr::from([192, 0, 2, last]));
        let (one, two) = (take(1), take(1));
        assert!(one.is_some() && two.is_some() && take(1).is_none());
        let other = take(2);
        assert!(other.is_some(), "another client has its own");
        drop(one);
        let again = take(1);
        assert!(again.is_some() && take(1).is_none());
        drop((two, other, again));
        assert!(connections.open.lock().is_empty(), "nobody is remembered who left");
    }

    #[test]
    fn without_a_limit_there_is_a_place_for_everybody() {
        let connections = Connections::new(None);
        let client = IpAddr::from([192, 0, 2, 1]);
        let places: Vec<_> = (0..20_000).map_while(|_| connections.take(client)).collect();
        assert_eq!(places.len(), 20_000);
    }
}
