//! A bid request as it goes: its head, which is the same for all of a partnership but for the length, and its body.

use crate::{
    client::PartnerStream,
    idle::Idle,
    pack::packed,
    target::{USER_AGENT, uri},
};
use bytes::Bytes;
use http::Uri;
use parking_lot::Mutex;
use sluicegate_ledger::{Cleared, SendError};
use sluicegate_register::{Compression, Endpoint};
use std::{io::Write as _, sync::Arc, time::Duration};
use url::Url;

/// A bid request on its way.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) route: Arc<Route>,
    pub(crate) body: Bytes,
    pub(crate) timeout: Duration,
}

/// Where a partnership's bid requests go, and the connections that lead there.
#[derive(Debug)]
pub(crate) struct Route {
    url: Url,
    compression: Compression,
    pub(crate) uri: Uri,
    /// The head of each message, up to its length.
    head: String,
    pub(crate) idle: Arc<Idle<PartnerStream>>,
}

/// The route of a partnership, kept until the register names another.
#[derive(Debug, Default)]
pub(crate) struct Address(Mutex<Option<Arc<Route>>>);

impl Letter {
    pub(crate) fn of(
        cleared: &Cleared,
        endpoint: &Endpoint,
        address: &Address,
    ) -> Result<Self, SendError> {
        let body = match endpoint.compression {
            Compression::None => cleared.body().clone(),
            Compression::Gzip => packed(cleared.body())?,
        };
        Ok(Self { route: address.route(endpoint)?, body, timeout: endpoint.timeout })
    }

    /// Returns whether the answer may be packed, too.
    pub(crate) fn packs(&self) -> bool {
        self.route.compression == Compression::Gzip
    }

    /// Returns everything that goes.
    pub(crate) fn message(&self) -> Vec<u8> {
        let head = &self.route.head;
        let mut message = Vec::with_capacity(head.len() + LENGTH_BYTES + self.body.len());
        message.extend_from_slice(head.as_bytes());
        // Writing into memory does not fail.
        write!(message, "{}\r\n\r\n", self.body.len()).unwrap_or_default();
        message.extend_from_slice(&self.body);
        message
    }
}

impl Route {
    fn of(endpoint: &Endpoint) -> Result<Self, SendError> {
        let uri = uri(&endpoint.url)?;
        let host = uri.authority().ok_or(SendError::NoEndpoint)?;
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let packing = match endpoint.compression {
            Compression::None => "",
            Compression::Gzip => "accept-encoding: gzip\r\ncontent-encoding: gzip\r\n",
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {USER_AGENT}\r\n\
             content-type: application/json\r\naccept: application/json\r\n\
             x-openrtb-version: 2.6\r\n{packing}content-length: "
        );
        let (url, compression) = (endpoint.url.clone(), endpoint.compression);
        Ok(Self { url, compression, uri, head, idle: Arc::default() })
    }
}

impl Address {
    fn route(&self, endpoint: &Endpoint) -> Result<Arc<Route>, SendError> {
        let mut kept = self.0.lock();
        if let Some(route) = kept.as_ref()
            && route.url == endpoint.url
            && route.compression == endpoint.compression
        {
            return Ok(Arc::clone(route));
        }
        let route = Arc::new(Route::of(endpoint)?);
        *kept = Some(Arc::clone(&route));
        Ok(route)
    }
}

/// Room made for the length and the end of the head.
const LENGTH_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str, compression: Compression) -> Endpoint {
        Endpoint {
            url: url.parse().unwrap(),
            timeout: Duration::from_millis(100),
            concurrency: 1,
            per_second: 1,
            notice_hosts: Vec::new(),
            batch_events: 1,
            compression,
        }
    }

    #[test]
    fn a_kept_route_is_left_when_the_register_names_another() {
        let address = Address::default();
        let route = |url, compression| address.route(&endpoint(url, compression));
        let first = route("https://one.example:8443/bid?x=1#y", Compression::None).unwrap();
        let head = &first.head;
        assert!(head.starts_with("POST /bid?x=1 HTTP/1.1\r\nhost: one.example:8443\r\n"), "{head}");
        let again = route("https://one.example:8443/bid?x=1#y", Compression::None).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let packed = route("https://one.example:8443/bid?x=1#y", Compression::Gzip).unwrap();
        assert!(!Arc::ptr_eq(&first, &packed));
        let head = &route("https://two.example", Compression::None).unwrap().head;
        assert!(head.starts_with("POST / HTTP/1.1\r\nhost: two.example\r\n"), "{head}");
        let refused = route("ftp://two.example/", Compression::None).unwrap_err();
        assert_eq!(refused, SendError::AddressRefused);
    }
}
