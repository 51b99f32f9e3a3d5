//! How often one client may ask: for pages, with forms, to sign in. Kept in memory, by a keyed hash of the
//! address, so that no address is held.
//!
//! Each limit is a steady rate with a burst (the generic cell rate algorithm): a client that was quiet for a
//! minute may ask a minute's worth at once.

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    SubjectKey,
    time::{BootMillis, Clock, Dice},
};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

/// Clients that are remembered at once.
pub(crate) const CLIENTS_MAX: usize = 100_000;

/// The address that a connection comes from. The program puts it into every request of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// Returns what counts as one client: the address, and of version six its network, since one subscriber has a
    /// whole one.
    pub fn network(self) -> IpAddr {
        network(self.0, SUBSCRIBER)
    }
}

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
pub enum Act {
    /// Looking at a page, or downloading.
    Page,
    /// Sending a form.
    Form,
    /// Signing in.
    SignIn,
    /// Saying what one thinks of a page.
    Opinion,
    /// Asking what the interfaces have for everyone, as witnesses and auditors of the log do, and Apple's devices.
    Public,
    /// Ending sessions, as the identity provider does for many people at once.
    Logout,
}

/// Who has asked how often.
pub(crate) struct Limits {
    clock: Arc<dyn Clock>,
    rates: Rates,
    key: [u8; 16],
    clients: Mutex<HashMap<Name, BootMillis>>,
}

/// What is counted, and of whom.
type Name = (Act, [u8; 16]);

impl Limits {
    /// Nobody has asked yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, dice: &dyn Dice, rates: Rates) -> Self {
        let key = dice.roll().to_be_bytes();
        Self { clock, rates, key, clients: Mutex::default() }
    }

    /// Counts one act of a client; where it is one too many, returns how long to wait for the next. Of an IPv6
    /// address its network counts, and the site's network that it is part of: one who has a whole site has
    /// [`NETWORKS_OF_A_SITE`] times as much, not 65,536 times.
    pub(crate) fn pass(&self, act: Act, client: IpAddr) -> Result<(), Duration> {
        let subscriber = (self.of_network(act, client, SUBSCRIBER), 1);
        match client.to_canonical() {
            IpAddr::V4(_) => self.count(act, &[subscriber]),
            IpAddr::V6(_) => {
                let site = self.of_network(act, client, SITE);
                self.count(act, &[subscriber, (site, NETWORKS_OF_A_SITE)])
            }
        }
    }

    /// Counts one act in a person's name, wherever it comes from.
    pub(crate) fn pass_person(&self, act: Act, person: SubjectKey) -> Result<(), Duration> {
        let name = format!("{:?} {:032x}", person.kind, person.hash);
        self.count(act, &[((act, self.hash(&name)), 1)])
    }

    /// Counts under every name, each with its multiple of the rate, or under none.
    fn count(&self, act: Act, names: &[(Name, u32)]) -> Result<(), Duration> {
        let (apart, burst) = self.rule(act);
        let now = self.clock.boot();
        let mut clients = self.clients.lock();
        let due = |clients: &HashMap<Name, BootMillis>, name| {
            clients.get(name).copied().unwrap_or(now).max(now)
        };
        let ahead = names.iter().map(|(name, _)| due(&clients, name).since(now)).max();
        let over = ahead.unwrap_or_default().saturating_sub(burst);
        if !over.is_zero() {
            return Err(over);
        }
        for (name, times) in names {
            if !clients.contains_key(name) {
                make_room(&mut clients, now);
            }
            let next = due(&clients, name).plus(apart / *times);
            clients.insert(*name, next);
        }
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
            Act::Public => (even(PUBLIC_PER_MINUTE), minute),
            Act::Logout => (even(LOGOUTS_PER_MINUTE), minute),
        }
    }

    fn of_network(&self, act: Act, client: IpAddr, bits: u32) -> Name {
        (act, self.hash(&format!("{}/{bits}", network(client, bits))))
    }

    fn hash(&self, name: &str) -> [u8; 16] {
        let digest = Sha256::new().chain_update(self.key).chain_update(name);
        let mut short = [0; 16];
        short.copy_from_slice(digest.finalize().split_at(16).0);
        short
    }
}

/// Forgets those who may ask again as if they never had; where that is not enough, those who are nearest to it. Room
/// is made for many at once, so that a crowd of strangers does not make each of them costly.
fn make_room(clients: &mut HashMap<Name, BootMillis>, now: BootMillis) {
    if clients.len() < CLIENTS_MAX {
        return;
    }
    clients.retain(|_, due| now < *due);
    let Some(too_many) = clients.len().checked_sub(CLIENTS_MAX - CLIENTS_MAX / 10) else { return };
    let mut dues: Vec<(BootMillis, Name)> =
        clients.iter().map(|(name, due)| (*due, *name)).collect();
    dues.sort_unstable_by_key(|(due, _)| *due);
    for (_, name) in dues.into_iter().take(too_many) {
        clients.remove(&name);
    }
}

/// Returns the network of an IPv6 address that has so many bits; an IPv4 address is its own.
fn network(client: IpAddr, bits: u32) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or_default();
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Limits").field("rates", &self.rates).finish_non_exhaustive()
    }
}

/// Bits of the network of one subscriber, and of one site (RFC 6177).
const SUBSCRIBER: u32 = 64;
const SITE: u32 = 48;
/// How many subscribers' worth a whole site may ask.
const NETWORKS_OF_A_SITE: u32 = 16;
const SIGN_INS_PER_MINUTE: u32 = 30;
const PUBLIC_PER_MINUTE: u32 = 6_000;
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
    fn a_site_of_version_six_has_a_limit_and_another_site_its_own() {
        let (_, limits) = limits(RATES);
        let asks = |site: u16, network: u16| {
            let client = Ipv6Addr::new(0x2001, 0xdb8, site, network, 0, 0, 0, 1);
            limits.pass(Act::Form, IpAddr::V6(client)).is_ok()
        };
        let passed = (0..1_000).filter(|network| asks(1, *network)).count();
        assert_eq!(passed, 6 * 16 + 1);
        assert!(asks(2, 0));
    }

    #[test]
    fn a_person_has_a_limit_wherever_the_requests_come_from() {
        let (_, limits) = limits(RATES);
        let person = testing::account();
        let passed = |person| {
            (0..1_000).take_while(|_| limits.pass_person(Act::Form, person).is_ok()).count()
        };
        assert_eq!((passed(person), passed(SubjectKey { hash: 8, ..person })), (7, 7));
    }

    #[test]
    fn a_crowd_of_strangers_frees_nobody_from_a_limit() {
        let (clock, limits) = limits(RATES);
        assert_eq!(passed(&limits, Act::Form, "192.0.2.1"), 7);
        for number in 0..=u32::try_from(CLIENTS_MAX).unwrap() {
            let [_, a, b, c] = number.to_be_bytes();
            assert!(limits.pass(Act::Form, IpAddr::from([10, a, b, c])).is_ok());
        }
        assert!(limits.pass(Act::Form, address("192.0.2.1")).is_err());
        assert!(limits.clients.lock().len() <= CLIENTS_MAX);
        clock.advance(Duration::from_secs(10));
        assert_eq!(passed(&limits, Act::Form, "192.0.2.1"), 1);
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
