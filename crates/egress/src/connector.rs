//! Resolves, checks, and connects to exactly the addresses that were checked.

use crate::{
    address::{AddressPolicy, AddressRefused, Scheme, check, literal},
    names::Names,
};
use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll},
};
use tokio::net::TcpStream;
use tower_service::Service;

/// Connects to partners. For each connection the addresses of a name are checked and used as they were checked, also
/// where they are known from before, so that a second answer cannot lead elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) policy: AddressPolicy,
    pub(crate) names: Names,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Refused(#[from] AddressRefused),
    #[error("the url names no host")]
    NoHost,
    #[error("no connection: {0}")]
    Io(#[from] io::Error),
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectError>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { policy, names } = self.clone();
        Box::pin(async move { connect(policy, &names, &uri).await })
    }
}

async fn connect(
    policy: AddressPolicy,
    names: &Names,
    uri: &Uri,
) -> Result<TokioIo<TcpStream>, ConnectError> {
    let scheme = match uri.scheme_str() {
        Some("https") => Scheme::Https,
        _ => Scheme::Http,
    };
    let host = uri.host().ok_or(ConnectError::NoHost)?;
    let port = uri.port_u16().unwrap_or(match scheme {
        Scheme::Https => 443,
        Scheme::Http => 80,
    });
    let addresses = resolve(names, host, port).await?;
    check(policy, scheme, addresses.iter().map(SocketAddr::ip))?;
    let stream = TcpStream::connect(addresses.as_slice()).await?;
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(stream))
}

async fn resolve(names: &Names, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    if let Some(address) = literal(host) {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = names.find(host).await?;
    Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}
