//! How often one client may ask: for pages, with forms, to sign in. Kept in memory, by a keyed hash of the
//! address, so that no address is held.
//!
//! Each limit is a steady rate with a burst (the generic cell rate algorithm): a client that was quiet for a
//! minute may ask a minute's worth at once.

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sluicegate_gate::time::{BootMillis, Clock, Dice};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

/// Clients that are remembered at once. Where there is no room everybody starts anew.
pub(crate) const CLIENTS_MAX: usize = 100_000;

/// The address that a connection comes from. The program puts it into every request of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// How often, and who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Pages and downloads in a minute.
    pub pages_per_minute: u32,
    /// Forms in a minute.
    pub forms_per_minute: u32,
    /// Proxies of the platform's own that stand before the gateway, each adding to `X-Forwarded-For`.
    pub proxies: usize,
}

/// What is limited, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// Looking at a page, or downloading.
    Page,
    /// Sending a form.
    Form,
    /// Signing in.
    SignIn,
    /// Saying what one thinks of a page.
    Opinion,
    /// Ending sessions, as the identity provider does for many people at once.
    Logout,
}

/// Who has asked how often.
pub(crate) struct Limits {
    clock: Arc<dyn Clock>,
    rates: Rates,
    key: [u8; 16],
    clients: Mutex<HashMap<(Act, [u8; 16]), BootMillis>>,
}

impl Limits {
    /// Nobody has asked yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, dice: &dyn Dice, rates: Rates) -> Self {
        let key = dice.roll().to_be_bytes();
        Self { clock, rates, key, clients: Mutex::default() }
    }

    /// Counts one act of a client; where it is one too many, returns how long to wait for the next.
    pub(crate) fn pass(&self, act: Act, client: IpAddr) -> Result<(), Duration> {
        let (apart, burst) = self.rule(act);
        let now = self.clock.boot();
        let mut clients = self.clients.lock();
        let name = (act, self.hash(client));
        if clients.len() >= CLIENTS_MAX && !clients.contains_key(&name) {
            clients.retain(|_, due| now < *due);
            if clients.len() >= CLIENTS_MAX {
                clients.clear();
            }
        }
        let due = clients.get(&name).copied().unwrap_or(now).max(now);
        let ahead = due.since(now);
        if ahead > burst {
            return Err(ahead.saturating_sub(burst));
        }
        clients.insert(name, due.plus(apart));
        Ok(())
    }

    /// Returns the client's address: as our own proxies say, else where the connection comes from.
    pub(crate) fn client(&self, peer: Peer, forwarded: &http::HeaderMap) -> IpAddr {
        let Some(from_the_end) = self.rates.proxies.checked_sub(1) else { return peer.0 };
        let listed = forwarded.get_all("x-forwarded-for").iter();
        let listed: Vec<&str> = listed
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(','))
            .collect();
        let named = listed.iter().rev().nth(from_the_end).and_then(|text| text.trim().parse().ok());
        named.unwrap_or(peer.0)
    }

    /// Returns how far apart acts are in the long run, and how much may be ahead of that.
    fn rule(&self, act: Act) -> (Duration, Duration) {
        let minute = Duration::from_mins(1);
        let even = |times: u32| minute / times.max(1);
        match act {
            Act::Page => (even(self.rates.pages_per_minute), minute),
            Act::Form => (even(self.rates.forms_per_minute), minute),
            Act::SignIn => (even(SIGN_INS_PER_MINUTE), minute),
            Act::Opinion => (OPINION_EVERY, OPINION_EVERY * (OPINIONS_AT_ONCE - 1)),
            Act::Logout => (even(LOGOUTS_PER_MINUTE), minute),
        }
    }

    /// Of an IPv6 address the network counts: one subscriber has a whole one.
    fn hash(&self, client: IpAddr) -> [u8; 16] {
        let network = match client.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        };
        let digest = Sha256::new().chain_update(self.key).chain_update(network.to_string());
        let mut short = [0; 16];
        short.copy_from_slice(digest.finalize().split_at(16).0);
        short
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Limits").field("rates", &self.rates).finish_non_exhaustive()
    }
}

const SIGN_INS_PER_MINUTE: u32 = 30;
const LOGOUTS_PER_MINUTE: u32 = 6_000;
const OPINION_EVERY: Duration = Duration::from_mins(10);
const OPINIONS_AT_ONCE: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, ManualClock};

    const RATES: Rates = Rates { pages_per_minute: 60, forms_per_minute: 6, proxies: 0 };

    fn limits(rates: Rates) -> (Arc<ManualClock>, Limits) {
        let clock = testing::clock();
        let dyn_clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        (clock, Limits::new(dyn_clock, &*testing::dice(), rates))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn passed(limits: &Limits, act: Act, client: &str) -> usize {
        (0..1_000).take_while(|_| limits.pass(act, address(client)).is_ok()).count()
    }

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_as_time_goes() {
        let (clock, limits) = limits(RATES);
        assert_eq!(passed(&limits, Act::Form, "192.0.2.1"), 7);
        let wait = limits.pass(Act::Form, address("192.0.2.1")).unwrap_err();
        assert_eq!(wait, Duration::from_secs(10));
        clock.advance(wait);
        assert_eq!(passed(&limits, Act::Form, "192.0.2.1"), 1);
        clock.advance(Duration::from_hours(1));
        assert_eq!(passed(&limits, Act::Form, "192.0.2.1"), 7);
    }

    #[test]
    fn acts_and_clients_do_not_share_a_limit() {
        let (_, limits) = limits(RATES);
        assert_eq!(passed(&limits, Act::Opinion, "192.0.2.1"), 3);
        assert_eq!(passed(&limits, Act::Page, "192.0.2.1"), 61);
        assert_eq!(passed(&limits, Act::Opinion, "192.0.2.2"), 3);
    }

    #[test]
    fn one_network_of_version_six_is_one_client() {
        let (_, limits) = limits(RATES);
        assert_eq!(passed(&limits, Act::Opinion, "2001:db8:1:2::1"), 3);
        assert_eq!(passed(&limits, Act::Opinion, "2001:db8:1:2:ffff::9"), 0);
        assert_eq!(passed(&limits, Act::Opinion, "2001:db8:1:3::1"), 3);
        assert_eq!(passed(&limits, Act::Opinion, "192.0.2.9"), 3);
        assert_eq!(passed(&limits, Act::Opinion, "::ffff:192.0.2.9"), 0);
    }

    #[test]
    fn only_the_platforms_own_proxies_say_who_asks() {
        let headers = |text: &str| {
            http::HeaderMap::from_iter([(
                http::HeaderName::from_static("x-forwarded-for"),
                text.parse().unwrap(),
            )])
        };
        let peer = Peer(address("198.51.100.1"));
        let client = |proxies, text: &str| {
            limits(Rates { proxies, ..RATES }).1.client(peer, &headers(text)).to_string()
        };
        assert_eq!(client(0, "203.0.113.9"), "198.51.100.1");
        assert_eq!(client(1, "203.0.113.1, 203.0.113.9"), "203.0.113.9");
        assert_eq!(client(2, "203.0.113.1, 203.0.113.9"), "203.0.113.1");
        assert_eq!(client(3, "203.0.113.1, 203.0.113.9"), "198.51.100.1");
        assert_eq!(client(1, "nonsense"), "198.51.100.1");
    }

    #[test]
    fn the_number_of_clients_is_bounded_and_no_address_prints() {
        let (_, limits) = limits(RATES);
        for number in 0..=u32::try_from(CLIENTS_MAX).unwrap() {
            let [_, a, b, c] = number.to_be_bytes();
            assert!(limits.pass(Act::Page, IpAddr::from([10, a, b, c])).is_ok());
        }
        assert!(limits.clients.lock().len() <= CLIENTS_MAX);
        assert!(!format!("{limits:?}").contains("10."));
    }
}
