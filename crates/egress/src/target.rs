//! Where exposures and notices go, and in which form.

use crate::{secrets::PartnerSecrets, signature::sign};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use sluicegate_gate::{PartnershipId, Path, time::UnixMillis};
use sluicegate_ledger::{Cleared, SendError};
use sluicegate_register::{Edition, Endpoint, Recalling};
use std::time::Duration;
use url::Url;

/// An outgoing request.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) timeout: Duration,
}

/// To whom a message goes, as the edition in force says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addressee<'a> {
    /// Where everything but recalls goes; none where the partnership is no longer listed.
    pub(crate) endpoint: Option<&'a Endpoint>,
    pub(crate) recall: Option<&'a Recalling>,
}

impl<'a> Addressee<'a> {
    /// Finds a partnership for a message of that path. One that is no longer listed is told to forget or correct
    /// what it has, and nothing else.
    pub(crate) fn of(
        edition: &'a Edition,
        id: &PartnershipId,
        path: Path,
    ) -> Result<Self, SendError> {
        match edition.partnership(id) {
            Some(listed) => {
                let endpoint = listed.endpoint.as_ref().ok_or(SendError::NoEndpoint)?;
                Ok(Self { endpoint: Some(endpoint), recall: listed.recall.as_ref() })
            }
            None if path == Path::Recall => {
                let recall = edition.recalling(id).ok_or(SendError::NotInForce)?;
                Ok(Self { endpoint: None, recall: Some(recall) })
            }
            None => Err(SendError::NotInForce),
        }
    }
}

impl Target {
    pub(crate) fn of(
        cleared: &Cleared,
        to: &Addressee<'_>,
        secrets: &PartnerSecrets,
        now: UnixMillis,
    ) -> Result<Self, SendError> {
        let endpoint = to.endpoint;
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let (method, uri) = match cleared.path() {
            Path::Exposures => {
                let json = HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, json);
                headers.extend(signed(cleared, secrets, now)?);
                (Method::POST, uri(&endpoint.ok_or(SendError::NoEndpoint)?.url)?)
            }
            // Bid requests are letters. Answers go where the partner asked; nobody is called with one.
            Path::BidRequest | Path::ContextualBidRequest | Path::Touches => {
                return Err(SendError::NoEndpoint);
            }
            Path::Recall => {
                let recall = to.recall.ok_or(SendError::NoEndpoint)?;
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                headers.extend(signed(cleared, secrets, now)?);
                (Method::POST, uri(&recall.url)?)
            }
            Path::DeletionRequest => {
                let json = HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, json.clone());
                headers.insert(header::ACCEPT, json);
                (Method::POST, uri(&deletion_url(cleared, to.recall)?)?)
            }
            Path::WinNotice | Path::BillingNotice | Path::LossNotice => {
                (Method::GET, uri(&notice_url(cleared, endpoint.ok_or(SendError::NoEndpoint)?)?)?)
            }
        };
        let timeout = timeout(cleared.path(), endpoint);
        let body = cleared.body().clone();
        Ok(Self { method, uri, headers, body, timeout })
    }
}

fn timeout(path: Path, endpoint: Option<&Endpoint>) -> Duration {
    match path {
        Path::WinNotice | Path::BillingNotice | Path::LossNotice => NOTICE_TIMEOUT,
        Path::BidRequest
        | Path::ContextualBidRequest
        | Path::Exposures
        | Path::Touches
        | Path::Recall
        | Path::DeletionRequest => endpoint.map_or(RECALL_TIMEOUT, |endpoint| endpoint.timeout),
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
    if endpoint.takes_notice(&url) { Ok(url) } else { Err(SendError::AddressRefused) }
}

/// Reads where a partner takes requests to delete. It may be only on the host that the register lists for
/// the partner's `dsrdelete.json`, or below it.
fn deletion_url(cleared: &Cleared, recall: Option<&Recalling>) -> Result<Url, SendError> {
    let listed = recall.and_then(|recall| recall.dsrdelete_url.as_ref());
    let listed = listed.ok_or(SendError::NoEndpoint)?;
    let text = cleared.url().ok_or(SendError::NoEndpoint)?;
    let url = Url::parse(text).map_err(|_not_shown| SendError::AddressRefused)?;
    if is_at_home(listed, &url) {
        return Ok(url);
    }
    tracing::warn!(
        partnership = cleared.partnership().as_str(),
        "the endpoint that its dsrdelete.json names is on another host, port or scheme; nothing is sent to it"
    );
    Err(SendError::AddressRefused)
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

/// How long a partner that is no longer listed may take for its answer.
const RECALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a notice may take. What the register gives a bid is too little where a connection must be made first, and
/// nobody waits for a notice but for one that brings markup, which is given up sooner.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of a message at most, the client's own among them.
const HEADERS: usize = 8;
pub(crate) const USER_AGENT: &str = concat!("sluicegate/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

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
