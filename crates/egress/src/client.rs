//! The HTTP client, set up so that it never decides anything by itself.

use crate::{
    address::AddressPolicy,
    body::OutgoingBody,
    connector::{ConnectError, Connector},
    warm::Warm,
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error},
    rt::{TokioExecutor, TokioTimer},
};
use sluicegate_gate::time::Clock;
use sluicegate_ledger::SendError;
use std::{error::Error as _, sync::Arc, time::Duration};

pub(crate) type PartnerConnector = Warm<HttpsConnector<Connector>>;
pub(crate) type PartnerClient = Client<PartnerConnector, OutgoingBody>;

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("no TLS for partners: {0}")]
pub struct ClientError(#[from] rustls::Error);

pub(crate) fn connector(
    policy: AddressPolicy,
    clock: Arc<dyn Clock>,
) -> Result<PartnerConnector, ClientError> {
    let provider = rustls::crypto::ring::default_provider();
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(provider)?
        .https_or_http()
        .enable_http1()
        .wrap_connector(Connector { policy });
    Ok(Warm::new(connector, clock))
}

pub(crate) fn client(connector: PartnerConnector) -> PartnerClient {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        // A message goes once. Who wants it to go again asks the gate again.
        .retry_canceled_requests(false)
        .build(connector)
}

/// Says what a failure of the client means, without its text.
pub(crate) fn meaning(error: &Error) -> SendError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(ConnectError::Refused(_)) = inner.downcast_ref() {
            return SendError::AddressRefused;
        }
        cause = inner.source();
    }
    if error.is_connect() { SendError::Connect } else { SendError::Protocol }
}

/// Shorter than what servers commonly keep, so that they seldom close a connection under a message.
const IDLE_MAX: Duration = Duration::from_secs(20);
const IDLE_PER_HOST_MAX: usize = 256;
