//! Where a message goes, and in which form.

use crate::{secrets::PartnerSecrets, signature::sign};
use http::{HeaderValue, Method, Uri, header};
use sluicegate_gate::{Path, time::UnixMillis};
use sluicegate_ledger::{Cleared, SendError};
use sluicegate_register::Endpoint;
use std::time::Duration;
use url::Url;

/// The head of an outgoing request, and the bounds of its answer.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: Vec<(&'static str, HeaderValue)>,
    pub(crate) timeout: Duration,
    /// Bytes of the answer's body.
    pub(crate) answer_max: usize,
}

impl Target {
    pub(crate) fn of(
        cleared: &Cleared,
        endpoint: &Endpoint,
        secrets: &PartnerSecrets,
        now: UnixMillis,
    ) -> Result<Self, SendError> {
        let mut headers = vec![(header::USER_AGENT.as_str(), HeaderValue::from_static(USER_AGENT))];
        let (method, url, answer_max) = match cleared.path() {
            Path::BidRequest | Path::ContextualBidRequest => {
                headers.push(("content-type", HeaderValue::from_static("application/json")));
                headers.push(("accept", HeaderValue::from_static("application/json")));
                headers.push(("x-openrtb-version", HeaderValue::from_static("2.6")));
                (Method::POST, endpoint.url.clone(), BID_ANSWER_MAX)
            }
            Path::Exposures => {
                headers.push(("content-type", HeaderValue::from_static("application/json")));
                headers.extend(signed(cleared, secrets, now)?);
                (Method::POST, endpoint.url.clone(), OTHER_ANSWER_MAX)
            }
            Path::WinNotice | Path::BillingNotice | Path::LossNotice => {
                (Method::GET, notice_url(cleared, endpoint)?, OTHER_ANSWER_MAX)
            }
        };
        let uri = uri(&url)?;
        Ok(Self { method, uri, headers, timeout: endpoint.timeout, answer_max })
    }
}

fn signed(
    cleared: &Cleared,
    secrets: &PartnerSecrets,
    now: UnixMillis,
) -> Result<[(&'static str, HeaderValue); 3], SendError> {
    let signers = secrets.signers(cleared.partnership(), now);
    let signed =
        sign(&signers, cleared.message(), now, cleared.body()).ok_or(SendError::NoEndpoint)?;
    let value =
        |text: String| HeaderValue::try_from(text).map_err(|_not_a_header| SendError::Protocol);
    Ok([
        ("webhook-id", value(signed.id)?),
        ("webhook-timestamp", value(signed.timestamp)?),
        ("webhook-signature", value(signed.signature)?),
    ])
}

/// Reads the notice's url. It may name only a host that the register lists for the partnership.
fn notice_url(cleared: &Cleared, endpoint: &Endpoint) -> Result<Url, SendError> {
    let text = cleared.url().ok_or(SendError::NoEndpoint)?;
    let url = Url::parse(text).map_err(|_not_shown| SendError::AddressRefused)?;
    let listed = endpoint.notice_hosts.iter().any(|host| names(host, &url));
    if listed { Ok(url) } else { Err(SendError::AddressRefused) }
}

/// Returns whether an entry of `notice_hosts`, `host` or `host:port`, names the url's host and port.
/// Without a port the entry means the scheme's own.
fn names(entry: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    match url.port() {
        None => {
            entry == host
                || url.port_or_known_default().is_some_and(|port| entry == format!("{host}:{port}"))
        }
        Some(port) => entry == format!("{host}:{port}"),
    }
}

pub(crate) fn uri(url: &Url) -> Result<Uri, SendError> {
    let plain = matches!(url.scheme(), "https" | "http")
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        return Err(SendError::AddressRefused);
    }
    let mut bare = url.clone();
    bare.set_fragment(None);
    Uri::try_from(bare.as_str()).map_err(|_not_shown| SendError::AddressRefused)
}

pub(crate) const USER_AGENT: &str = concat!("sluicegate/", env!("CARGO_PKG_VERSION"));

/// Bytes of a bid response.
const BID_ANSWER_MAX: usize = 1 << 20;
/// Bytes of any other answer.
const OTHER_ANSWER_MAX: usize = 20 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_host_is_matched_whole_and_with_its_port() {
        let cases = [
            ("bidder.example", "https://bidder.example/win", true),
            ("bidder.example", "https://bidder.example:443/win", true),
            ("bidder.example:443", "https://bidder.example/win", true),
            ("bidder.example", "https://bidder.example:8443/win", false),
            ("bidder.example:8443", "https://bidder.example:8443/win", true),
            ("bidder.example", "https://evil-bidder.example/win", false),
            ("bidder.example", "https://bidder.example.evil.example/win", false),
            ("bidder.example", "https://bidder.example@evil.example/win", false),
            ("127.0.0.1:9001", "http://127.0.0.1:9001/win", true),
            ("127.0.0.1:9001", "http://127.0.0.1:9002/win", false),
        ];
        for (entry, url, expected) in cases {
            assert_eq!(names(entry, &Url::parse(url).unwrap()), expected, "{entry} {url}");
        }
    }

    #[test]
    fn urls_with_credentials_or_another_scheme_are_refused() {
        for wrong in ["https://user@bidder.example/", "ftp://bidder.example/", "data:text/plain,x"]
        {
            assert!(uri(&Url::parse(wrong).unwrap()).is_err(), "{wrong}");
        }
        let clean = uri(&Url::parse("https://bidder.example/win?p=1#fragment").unwrap()).unwrap();
        assert_eq!(clean.to_string(), "https://bidder.example/win?p=1");
    }
}
