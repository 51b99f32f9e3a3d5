//! The address guard: which machines may be connected to at all.

use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where connections may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressPolicy {
    /// Public addresses, over TLS.
    PublicOnly,
    /// The same, and this machine itself, there also without TLS. For demos and tests.
    AllowLoopback,
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Over TLS.
    Https,
    /// In the clear: never beyond this machine.
    Http,
}

/// An address, or the way to it, that the policy does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// The name has no address.
    #[error("the host has no address")]
    Unresolved,
    /// Private, link-local, metadata, documentation, multicast or otherwise not public.
    #[error("the host has an address that is not public")]
    NotPublic,
    /// Plain HTTP, and not to this machine.
    #[error("the connection would not be encrypted")]
    InTheClear,
}

/// Checks every address of a host. One refused address refuses the host, so that a name cannot mix
/// a public address with one inside.
pub fn check(
    policy: AddressPolicy,
    scheme: Scheme,
    addresses: impl IntoIterator<Item = IpAddr>,
) -> Result<(), AddressRefused> {
    let mut found = false;
    for address in addresses {
        found = true;
        check_one(policy, scheme, canonical(address))?;
    }
    if found { Ok(()) } else { Err(AddressRefused::Unresolved) }
}

fn check_one(policy: AddressPolicy, scheme: Scheme, address: IpAddr) -> Result<(), AddressRefused> {
    if policy == AddressPolicy::AllowLoopback && address.is_loopback() {
        return Ok(());
    }
    if !is_public(address) {
        return Err(AddressRefused::NotPublic);
    }
    match scheme {
        Scheme::Https => Ok(()),
        Scheme::Http => Err(AddressRefused::InTheClear),
    }
}

/// Returns the IPv4 address inside an IPv4-mapped one.
fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|net| net.contains(&v4)),
        // INVARIANT: only global unicast (2000::/3) can be public; the exceptions lie within it.
        IpAddr::V6(v6) => {
            GLOBAL_UNICAST.contains(&v6) && !NOT_PUBLIC_V6.iter().any(|net| net.contains(&v6))
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(head: [u16; 4], prefix: u8) -> Ipv6Net {
    let [a, b, c, d] = head;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// The IANA special-purpose registry for IPv4, and multicast. The metadata services of clouds are in
/// link-local and shared address space.
const NOT_PUBLIC_V4: [Ipv4Net; 16] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(168, 63, 129, 16, 32),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// Within global unicast: protocol assignments (Teredo, ORCHID), documentation, 6to4. Outside of it
/// everything is refused: loopback, NAT64 (`64:ff9b::/96` and `64:ff9b:1::/48`), discard, unique local,
/// link-local, site-local, multicast.
const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0], 32),
    v6([0x2002, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0], 20),
];

/// Returns the address of a url's host, where it is written as one.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(policy: AddressPolicy, scheme: Scheme, all: &[&str]) -> Result<(), AddressRefused> {
        check(policy, scheme, all.iter().map(|text| text.parse().unwrap()))
    }

    #[test]
    fn only_public_addresses_pass() {
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.8.8.8",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.7",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:127.0.0.1",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ];
        for address in inside {
            let refused = verdict(AddressPolicy::PublicOnly, Scheme::Https, &[address]);
            assert_eq!(refused, Err(AddressRefused::NotPublic), "{address}");
        }
        for address in ["1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8"]
        {
            let passed = verdict(AddressPolicy::PublicOnly, Scheme::Https, &[address]);
            assert_eq!(passed, Ok(()), "{address}");
        }
    }

    #[test]
    fn one_inside_address_refuses_the_whole_host() {
        let mixed = verdict(AddressPolicy::PublicOnly, Scheme::Https, &["1.1.1.1", "10.0.0.1"]);
        assert_eq!(mixed, Err(AddressRefused::NotPublic));
        let none = verdict(AddressPolicy::PublicOnly, Scheme::Https, &[]);
        assert_eq!(none, Err(AddressRefused::Unresolved));
    }

    #[test]
    fn the_loopback_policy_allows_loopback_and_nothing_else() {
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let allowed = verdict(AddressPolicy::AllowLoopback, Scheme::Http, &[address]);
            assert_eq!(allowed, Ok(()), "{address}");
        }
        for address in ["10.0.0.1", "169.254.169.254", "fe80::1"] {
            let refused = verdict(AddressPolicy::AllowLoopback, Scheme::Https, &[address]);
            assert_eq!(refused, Err(AddressRefused::NotPublic), "{address}");
        }
    }

    #[test]
    fn nothing_goes_in_the_clear_beyond_this_machine() {
        for policy in [AddressPolicy::PublicOnly, AddressPolicy::AllowLoopback] {
            let refused = verdict(policy, Scheme::Http, &["1.1.1.1"]);
            assert_eq!(refused, Err(AddressRefused::InTheClear));
        }
    }
}
