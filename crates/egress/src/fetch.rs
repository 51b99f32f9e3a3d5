//! Asking a server that is no partner: the platform's identity provider, for its description, its keys, and
//! for what stands behind a person's sign-in code.
//!
//! Nothing that the ledger would record goes this way. The address guard, a time limit, a limit for the
//! answer and "no redirects" hold here as for partners.

use crate::{
    address::{AddressPolicy, AddressRefused},
    client::ClientError,
    connector::{ConnectError, Connector},
    names::{Names, SystemResolver},
    target::uri,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use sluicegate_gate::Secret;
use std::{error::Error as _, fmt, sync::Arc, time::Duration};
use url::Url;

/// Fetches from servers that are no partners.
pub struct Fetcher(Client<HttpsConnector<Connector>, Full<Bytes>>);

/// What a server answered.
#[derive(Clone)]
pub struct Fetched {
    /// The status code.
    pub status: u16,
    /// The body; it may hold a person's tokens and does not print.
    pub body: Bytes,
}

/// Nothing usable came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address, or the way to it, is not allowed.
    #[error(transparent)]
    Address(#[from] AddressRefused),
    /// There was no connection.
    #[error("no connection")]
    Connect,
    /// It took longer than ten seconds.
    #[error("no answer within ten seconds")]
    Timeout,
    /// The answer is larger than 256 KiB.
    #[error("the answer is too large")]
    TooLarge,
    /// The answer broke off or is no HTTP, or the address is none that can be asked.
    #[error("the server does not speak as it must")]
    Protocol,
}

impl Fetcher {
    /// Sets up the client. Fails if TLS cannot be set up.
    pub fn new(addresses: AddressPolicy) -> Result<Self, ClientError> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)?
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector {
                policy: addresses,
                names: Names::new(Arc::new(SystemResolver)),
            });
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .retry_canceled_requests(false)
            .build(connector);
        Ok(Self(client))
    }

    /// Asks for what is at an address.
    pub async fn get(&self, address: &Url) -> Result<Fetched, FetchError> {
        self.ask(Method::GET, address, None, Bytes::new()).await
    }

    /// Sends a form, with the value of an `Authorization` header where there is one.
    pub async fn post_form(
        &self,
        address: &Url,
        authorization: Option<&Secret<String>>,
        fields: &[(&str, &str)],
    ) -> Result<Fetched, FetchError> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields.iter().copied())
            .finish();
        self.ask(Method::POST, address, authorization, Bytes::from(form)).await
    }

    async fn ask(
        &self,
        method: Method,
        address: &Url,
        authorization: Option<&Secret<String>>,
        body: Bytes,
    ) -> Result<Fetched, FetchError> {
        let is_form = method == Method::POST;
        let uri = uri(address).map_err(|_not_shown| FetchError::Protocol)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(crate::target::USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if is_form {
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, kind);
        }
        if let Some(authorization) = authorization {
            let value = HeaderValue::from_str(authorization.open());
            let mut value = value.map_err(|_not_shown| FetchError::Protocol)?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        match tokio::time::timeout(WITHIN, self.heard(request)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(FetchError::Timeout),
        }
    }

    async fn heard(&self, request: Request<Full<Bytes>>) -> Result<Fetched, FetchError> {
        let response = self.0.request(request).await.map_err(|error| meaning(&error))?;
        let (head, body) = response.into_parts();
        let body = match Limited::new(body, ANSWER_BYTES_MAX).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(FetchError::TooLarge),
            Err(_broken) => return Err(FetchError::Protocol),
        };
        Ok(Fetched { status: head.status.as_u16(), body })
    }
}

fn meaning(error: &hyper_util::client::legacy::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(ConnectError::Refused(refused)) = inner.downcast_ref() {
            return FetchError::Address(*refused);
        }
        cause = inner.source();
    }
    if error.is_connect() { FetchError::Connect } else { FetchError::Protocol }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fetcher")
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Fetched({}, {} bytes)", self.status, self.body.len())
    }
}

/// How long one answer may take, connecting included.
const WITHIN: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long a connection is kept for the next question.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// Connections that are kept to one server.
const IDLE_PER_HOST_MAX: usize = 4;
