//! A bid request as it goes: its head, which is the same for all of a partnership, and its body.

use crate::{
    client::PartnerStream,
    idle::Idle,
    pack::packed,
    target::{USER_AGENT, uri},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use parking_lot::Mutex;
use sluicegate_ledger::{Cleared, SendError};
use sluicegate_register::{Compression, Endpoint};
use std::{sync::Arc, time::Duration};
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
    /// Where the connection goes.
    pub(crate) uri: Uri,
    /// What a message asks for there.
    pub(crate) path: Uri,
    pub(crate) headers: HeaderMap,
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
}

impl Route {
    fn of(endpoint: &Endpoint) -> Result<Self, SendError> {
        let uri = uri(&endpoint.url)?;
        let host = uri.authority().ok_or(SendError::NoEndpoint)?;
        let mut headers = HeaderMap::with_capacity(HEADERS);
        let host = HeaderValue::try_from(host.as_str()).map_err(|_odd| SendError::NoEndpoint)?;
        headers.insert(header::HOST, host);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json.clone());
        headers.insert(header::ACCEPT, json);
        headers.insert(OPENRTB_VERSION, HeaderValue::from_static("2.6"));
        match endpoint.compression {
            Compression::None => {}
            Compression::Gzip => {
                let gzip = HeaderValue::from_static("gzip");
                headers.insert(header::ACCEPT_ENCODING, gzip.clone());
                headers.insert(header::CONTENT_ENCODING, gzip);
            }
        }
        let path = uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from);
        let (url, compression) = (endpoint.url.clone(), endpoint.compression);
        Ok(Self { url, compression, uri, path, headers, idle: Arc::default() })
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

/// OpenRTB 2.6, section 2.2.
const OPENRTB_VERSION: HeaderName = HeaderName::from_static("x-openrtb-version");
/// Headers of a message.
const HEADERS: usize = 8;

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
        let host = HeaderValue::from_static;
        let route = |url, compression| address.route(&endpoint(url, compression));
        let first = route("https://one.example:8443/bid?x=1#y", Compression::None).unwrap();
        assert_eq!(
            (&*first.path.to_string(), &first.headers["host"]),
            ("/bid?x=1", &host("one.example:8443"))
        );
        let again = route("https://one.example:8443/bid?x=1#y", Compression::None).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let packed = route("https://one.example:8443/bid?x=1#y", Compression::Gzip).unwrap();
        assert!(!Arc::ptr_eq(&first, &packed));
        let other = route("https://two.example", Compression::None).unwrap();
        assert_eq!((&*other.path.to_string(), &other.headers["host"]), ("/", &host("two.example")));
        let refused = route("ftp://two.example/", Compression::None).unwrap_err();
        assert_eq!(refused, SendError::AddressRefused);
    }
}
