//! Partners and the arrangements with them.

use crate::{Audience, Bidding, Day, Recalling, Texts};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{AudienceId, Country, Kind, TcfParty, Terms};
use sluicegate_signals::Vendor;
use std::time::Duration;
use url::{Host, Url};

/// A company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// Its identifier in the register.
    pub id: String,
    /// The name people know it by.
    pub name: String,
    /// The name of the legal entity.
    pub legal_name: String,
    /// Where that entity is.
    pub country: Country,
    /// Its privacy page.
    pub privacy_url: String,
    /// Where people can reach it about their data: an e-mail or https address. Public.
    pub contact: String,
}

/// One arrangement with one partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partnership {
    /// What the decision reads.
    pub terms: Terms,
    /// The partner.
    pub partner: Partner,
    /// A heading for people.
    pub title: String,
    /// What the arrangement is, for people.
    pub summary: String,
    /// In whose name the partner uses the data.
    pub role: Role,
    /// What the data is used for, for people.
    pub purposes: Vec<String>,
    /// Title, summary and purposes in other languages, by language.
    pub texts: Vec<Texts>,
    /// For how many days the partner may keep what it got.
    pub retention_days: u32,
    /// What the partner declared on the Global Vendor List, where it is a vendor of the framework.
    pub tcf_vendor: Option<TcfVendor>,
    /// The promise to ask people before linking data to them; every bidding partner has given one.
    pub linking: Option<LinkingAttestation>,
    /// Where data goes; there is one exactly if it goes through the gateway.
    pub endpoint: Option<Endpoint>,
    /// How device ids are written in exposures.
    pub device_id: DeviceIdForm,
    /// The lists that the partner may put people on, in the order of their ids.
    pub audiences: Vec<Audience>,
    /// What it is asked for; there is one exactly if data goes via `openrtb`.
    pub bidding: Option<Bidding>,
    /// How it is told to forget or correct what it got; `None` where it takes no such messages.
    pub recall: Option<Recalling>,
}

impl Partnership {
    /// Returns one of its lists.
    pub fn audience(&self, id: &AudienceId) -> Option<&Audience> {
        let place = self.audiences.binary_search_by(|one| one.id.cmp(id)).ok()?;
        self.audiences.get(place)
    }

    /// Returns whether the sharing setting controls it.
    pub fn is_controlled(&self) -> bool {
        self.terms.kind.is_controlled()
    }
}

/// In whose name a partner uses data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// In its own, for purposes that it sets.
    Controller,
    /// In the platform's, on its instructions.
    Processor,
}

impl Role {
    /// Returns the name on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Processor => "processor",
        }
    }
}

/// A vendor of the Transparency and Consent Framework, as the Global Vendor List had it when the register was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcfVendor {
    /// The version of the list.
    pub list_version: u16,
    /// What the vendor declared.
    pub vendor: Vendor,
}

/// Returns who a partner is under the framework: a vendor, else a processor for the platform, else nobody.
pub(crate) fn tcf_party(role: Role, vendor: Option<TcfVendor>) -> TcfParty {
    match (vendor, role) {
        (Some(listed), _) => TcfParty::Vendor(listed.vendor),
        (None, Role::Processor) => TcfParty::Publisher,
        (None, Role::Controller) => TcfParty::Nobody,
    }
}

/// A partner's signed promise to get consent before it links data to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkingAttestation {
    /// Where the signed document is; for the operator, never public.
    pub evidence: String,
    /// The day it was signed.
    pub signed_on: Day,
    /// The first day on which it no longer holds.
    pub expires_on: Day,
}

/// Where data goes, and how much of it at most. It holds no secret: keys are configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address; https unless the host is this machine.
    pub url: Url,
    /// For how long one call may take.
    pub timeout: Duration,
    /// How many calls may be open at once.
    pub concurrency: usize,
    /// How many calls may begin in a second.
    pub per_second: u32,
    /// Hosts that may receive notices, as `host` or `host:port`; the url's own is the first.
    pub notice_hosts: Vec<String>,
    /// How many exposures one message may hold.
    pub batch_events: usize,
    /// How bid requests and their answers may be packed.
    pub compression: Compression,
}

impl Endpoint {
    /// Returns whether a notice may be sent to this address: by HTTPS, or HTTP to this machine, without credentials, to a
    /// listed host. An entry without a port means the scheme's own.
    pub fn takes_notice(&self, url: &Url) -> bool {
        let may_go =
            is_private_on_the_way(url) && url.username().is_empty() && url.password().is_none();
        let Some(host) = url.host_str().filter(|_| may_go) else { return false };
        self.notice_hosts.iter().any(|entry| match entry.strip_prefix(host) {
            Some("") => url.port().is_none(),
            Some(rest) => rest
                .strip_prefix(':')
                .and_then(|port| port.parse().ok())
                .is_some_and(|port: u16| url.port_or_known_default() == Some(port)),
            None => false,
        })
    }
}

/// Returns whether what goes to this address can be read by nobody on the way: by https, or without leaving this machine.
pub(crate) fn is_private_on_the_way(url: &Url) -> bool {
    let is_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_this_machine)
}

/// How the bodies of bid requests are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// With gzip, which the answer may use too.
    Gzip,
}

/// How a device id is written in exposures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceIdForm {
    /// As an HMAC that no other partnership has, so that partners cannot join what they get.
    #[default]
    #[serde(rename = "hmac")]
    PerPartnerHmac,
    /// As it is.
    #[serde(rename = "raw")]
    Raw,
}

/// The kinds in the order of the public page: what the setting controls comes first.
pub(crate) const KINDS: [Kind; 4] =
    [Kind::RealTimeBidding, Kind::ConversionTracking, Kind::ServiceProvider, Kind::Other];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_goes_to_a_listed_host_and_port_by_https_and_without_credentials() {
        let cases = [
            ("bidder.example", "https://bidder.example/win", true),
            ("bidder.example", "https://bidder.example:443/win", true),
            ("bidder.example:443", "https://bidder.example/win", true),
            ("bidder.example:443", "http://bidder.example/win", false),
            ("bidder.example", "https://bidder.example:8443/win", false),
            ("bidder.example:8443", "https://bidder.example:8443/win", true),
            ("bidder.example", "https://evil-bidder.example/win", false),
            ("bidder.example", "https://bidder.example.evil.example/win", false),
            ("bidder.example.evil.example", "https://bidder.example/win", false),
            ("bidder.example", "https://bidder.example@evil.example/win", false),
            ("bidder.example", "https://user@bidder.example/win", false),
            ("bidder.example", "https://:word@bidder.example/win", false),
            ("bidder.example", "ftp://bidder.example/win", false),
            ("bidder.example", "data:text/plain,bidder.example", false),
            ("bidder.example", "http://bidder.example/win", false),
            ("bidder.example:8080", "http://bidder.example:8080/win", false),
            ("192.0.2.7:8080", "http://192.0.2.7:8080/win", false),
            ("localhost:9001", "http://localhost:9001/win", true),
            ("127.0.0.1:9001", "http://127.0.0.1:9001/win", true),
            ("127.0.0.1:9001", "http://127.0.0.1:9002/win", false),
            ("[::1]:8443", "https://[::1]:8443/win", true),
            ("[::1]:8443", "https://[::1]/win", false),
        ];
        for (entry, url, expected) in cases {
            let endpoint = Endpoint {
                url: "https://bidder.example/bid".parse().unwrap(),
                timeout: Duration::from_millis(100),
                concurrency: 1,
                per_second: 1,
                notice_hosts: vec![entry.to_owned()],
                batch_events: 1,
                compression: Compression::None,
            };
            assert_eq!(endpoint.takes_notice(&url.parse().unwrap()), expected, "{entry} {url}");
        }
    }
}
