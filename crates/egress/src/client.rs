//! The HTTP client, set up so that it never decides anything by itself.

use crate::{
    address::AddressPolicy,
    body::OutgoingBody,
    connector::{ConnectError, Connector},
    idle::{IDLE_MAX, IDLE_PER_HOST_MAX},
    names::{Names, Resolver},
    wire::Wire,
};
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error},
    rt::{TokioExecutor, TokioTimer},
};
use sluicegate_ledger::SendError;
use std::{error::Error as StdError, future::poll_fn, sync::Arc};
use tower_service::Service;

pub(crate) type PartnerConnector = HttpsConnector<Connector>;
/// A connection to a partner, with or without TLS.
pub(crate) type PartnerStream = <PartnerConnector as Service<Uri>>::Response;
pub(crate) type PartnerClient = Client<PartnerConnector, OutgoingBody>;

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("no TLS for partners: {0}")]
pub struct ClientError(#[from] rustls::Error);

pub(crate) fn connector(
    policy: AddressPolicy,
    resolver: Arc<dyn Resolver>,
) -> Result<PartnerConnector, ClientError> {
    let provider = rustls::crypto::ring::default_provider();
    Ok(HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(provider)?
        .https_or_http()
        .enable_http1()
        .wrap_connector(Connector { policy, names: Names::new(resolver) }))
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
    if is_refusal(error) {
        return SendError::AddressRefused;
    }
    if error.is_connect() { SendError::Connect } else { SendError::Protocol }
}

/// Connects for messages whose sender drives the connection itself.
pub(crate) async fn connect(
    mut connector: PartnerConnector,
    uri: Uri,
) -> Result<Box<Wire<PartnerStream>>, SendError> {
    let meaning = |error: Box<dyn StdError + Send + Sync>| {
        if is_refusal(error.as_ref()) { SendError::AddressRefused } else { SendError::Connect }
    };
    poll_fn(|context| connector.poll_ready(context)).await.map_err(meaning)?;
    Wire::new(connector.call(uri).await.map_err(meaning)?).await.map(Box::new)
}

/// Returns whether the address is one that nothing goes to.
fn is_refusal(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if let Some(ConnectError::Refused(_)) = one.downcast_ref() {
            return true;
        }
        cause = one.source();
    }
    false
}
