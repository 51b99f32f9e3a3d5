//! Where a message goes, and in which form.

use crate::{pack::packed, secrets::PartnerSecrets, signature::sign};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use parking_lot::Mutex;
use sluicegate_gate::{Path, time::UnixMillis};
use sluicegate_ledger::{Cleared, SendError};
use sluicegate_register::{Compression, Endpoint, Partnership};
use std::time::Duration;
use url::Url;

/// The head of an outgoing request, and the bounds of its answer.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the answer may be packed, too.
    pub(crate) packs: bool,
    pub(crate) timeout: Duration,
    /// Bytes of the answer's body.
    pub(crate) answer_max: usize,
}

impl Target {
    /// `address` keeps the endpoint's, which is the same for most messages.
    pub(crate) fn of(
        cleared: &Cleared,
        (partnership, endpoint): (&Partnership, &Endpoint),
        address: &Address,
        secrets: &PartnerSecrets,
        now: UnixMillis,
    ) -> Result<Self, SendError> {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let json = HeaderValue::from_static("application/json");
        let mut body = cleared.body().clone();
        let mut packs = false;
        let (method, uri, answer_max) = match cleared.path() {
            Path::BidRequest | Path::ContextualBidRequest => {
                headers.insert(header::CONTENT_TYPE, json.clone());
                headers.insert(header::ACCEPT, json);
                headers.insert(OPENRTB_VERSION, HeaderValue::from_static("2.6"));
                if endpoint.compression == Compression::Gzip {
                    let gzip = HeaderValue::from_static("gzip");
                    headers.insert(header::ACCEPT_ENCODING, gzip.clone());
                    headers.insert(header::CONTENT_ENCODING, gzip);
                    body = packed(&body)?;
                    packs = true;
                }
                (Method::POST, address.of(&endpoint.url)?, BID_ANSWER_MAX)
            }
            Path::Exposures => {
                headers.insert(header::CONTENT_TYPE, json);
                headers.extend(signed(cleared, secrets, now)?);
                (Method::POST, address.of(&endpoint.url)?, OTHER_ANSWER_MAX)
            }
            Path::Recall => {
                let recall = partnership.recall.as_ref().ok_or(SendError::NoEndpoint)?;
                headers.insert(header::CONTENT_TYPE, json);
                headers.extend(signed(cleared, secrets, now)?);
                (Method::POST, uri(&recall.url)?, OTHER_ANSWER_MAX)
            }
            Path::DeletionRequest => {
                headers.insert(header::CONTENT_TYPE, json.clone());
                headers.insert(header::ACCEPT, json);
                (Method::POST, uri(&deletion_url(cleared, partnership)?)?, OTHER_ANSWER_MAX)
            }
            // Answers go where the partner asked; nobody is called with one.
            Path::Touches => return Err(SendError::NoEndpoint),
            Path::WinNotice | Path::BillingNotice | Path::LossNotice => {
                (Method::GET, uri(&notice_url(cleared, endpoint)?)?, OTHER_ANSWER_MAX)
            }
        };
        Ok(Self { method, uri, headers, body, packs, timeout: endpoint.timeout, answer_max })
    }
}

/// The address of an endpoint as the client takes it, kept until the register names another.
#[derive(Debug, Default)]
pub(crate) struct Address(Mutex<Option<(Url, Uri)>>);

impl Address {
    fn of(&self, url: &Url) -> Result<Uri, SendError> {
        let mut kept = self.0.lock();
        if let Some((of, uri)) = kept.as_ref()
            && of == url
        {
            return Ok(uri.clone());
        }
        let uri = uri(url)?;
        *kept = Some((url.clone(), uri.clone()));
        Ok(uri)
    }
}

fn signed(
    cleared: &Cleared,
    secrets: &PartnerSecrets,
    now: UnixMillis,
) -> Result<[(HeaderName, HeaderValue); 3], SendError> {
    let signers = secrets.signers(cleared.partnership(), now);
    let signed =
        sign(&signers, cleared.message(), now, cleared.body()).ok_or(SendError::NoEndpoint)?;
    let field = |name, text: String| -> Result<_, SendError> {
        let value = HeaderValue::try_from(text).map_err(|_not_a_header| SendError::Protocol)?;
        Ok((HeaderName::from_static(name), value))
    };
    Ok([
        field("webhook-id", signed.id)?,
        field("webhook-timestamp", signed.timestamp)?,
        field("webhook-signature", signed.signature)?,
    ])
}

/// Reads the notice's url. It may name only a host that the register lists for the partnership.
fn notice_url(cleared: &Cleared, endpoint: &Endpoint) -> Result<Url, SendError> {
    let text = cleared.url().ok_or(SendError::NoEndpoint)?;
    let url = Url::parse(text).map_err(|_not_shown| SendError::AddressRefused)?;
    let listed = endpoint.notice_hosts.iter().any(|host| names(host, &url));
    if listed { Ok(url) } else { Err(SendError::AddressRefused) }
}

/// Reads where a partner takes requests to delete. It may be only on the host that the register lists for
/// the partner's `dsrdelete.json`, or below it.
fn deletion_url(cleared: &Cleared, partnership: &Partnership) -> Result<Url, SendError> {
    let listed = partnership.recall.as_ref().and_then(|recall| recall.dsrdelete_url.as_ref());
    let listed = listed.ok_or(SendError::NoEndpoint)?;
    let text = cleared.url().ok_or(SendError::NoEndpoint)?;
    let url = Url::parse(text).map_err(|_not_shown| SendError::AddressRefused)?;
    if is_at_home(listed, &url) { Ok(url) } else { Err(SendError::AddressRefused) }
}

/// Returns whether an address is on the host of another, by the same scheme and port, or on one below it.
fn is_at_home(home: &Url, url: &Url) -> bool {
    let (Some(home_host), Some(host)) = (home.host_str(), url.host_str()) else { return false };
    let is_below = home.domain().is_some()
        && host.strip_suffix(home_host).is_some_and(|rest| rest.ends_with('.'));
    (host == home_host || is_below)
        && home.scheme() == url.scheme()
        && home.port_or_known_default() == url.port_or_known_default()
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

const OPENRTB_VERSION: HeaderName = HeaderName::from_static("x-openrtb-version");
/// Headers of a message at most, the client's own among them.
const HEADERS: usize = 8;
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
    fn requests_to_delete_go_only_where_the_partner_is_at_home() {
        let home = Url::parse("https://meter.example/dsrdelete.json").unwrap();
        let cases = [
            ("https://meter.example/delete", true),
            ("https://api.meter.example/delete", true),
            ("http://meter.example/delete", false),
            ("https://meter.example:8443/delete", false),
            ("https://evilmeter.example/delete", false),
            ("https://meter.example.evil.example/delete", false),
        ];
        for (url, expected) in cases {
            assert_eq!(is_at_home(&home, &Url::parse(url).unwrap()), expected, "{url}");
        }
        let machine = Url::parse("http://127.0.0.1:9103/dsrdelete.json").unwrap();
        assert!(is_at_home(&machine, &Url::parse("http://127.0.0.1:9103/delete").unwrap()));
        assert!(!is_at_home(&machine, &Url::parse("http://8.127.0.0.1:9103/").unwrap_or(home)));
    }

    #[test]
    fn a_kept_address_is_left_when_the_register_names_another() {
        let address = Address::default();
        for text in ["https://one.example/bid", "https://one.example/bid", "https://two.example/"] {
            assert_eq!(address.of(&Url::parse(text).unwrap()).unwrap().to_string(), text);
        }
        let refused = address.of(&Url::parse("ftp://two.example/").unwrap());
        assert_eq!(refused, Err(SendError::AddressRefused));
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
