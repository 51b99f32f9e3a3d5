//! Resolves, checks, and connects to exactly the addresses that were checked.

use crate::{
    address::{AddressPolicy, AddressRefused, Scheme, check, literal},
    names::Names,
};
use futures_util::future::{BoxFuture, FutureExt, select_ok};
use http::Uri;
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};
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
    let (first, rest) = addresses.split_first().ok_or(AddressRefused::Unresolved)?;
    let stream = connect_to_one(*first, rest).await?;
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(stream))
}

/// Connects to the first of some addresses that answers, in their order: the next one is tried as soon as one fails, and
/// beside it once it has not answered for a moment (RFC 8305), so that one that is silent does not take all the time.
fn connect_to_one(first: SocketAddr, rest: &[SocketAddr]) -> BoxFuture<'_, io::Result<TcpStream>> {
    let connecting = async move {
        let mut connecting = TcpStream::connect(first).boxed();
        let Some((next, rest)) = rest.split_first() else { return connecting.await };
        match timeout(ATTEMPT_DELAY, &mut connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(_failed)) => connect_to_one(*next, rest).await,
            Err(_silent) => {
                let (stream, _others) =
                    select_ok([connecting, connect_to_one(*next, rest)]).await?;
                Ok(stream)
            }
        }
    };
    connecting.boxed()
}

async fn resolve(names: &Names, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    if let Some(address) = literal(host) {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = names.find(host).await?;
    Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

/// How long one address is waited for before the next is tried, too: what RFC 8305 recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpSocket};

    const ANY: &str = "127.0.0.1:0";

    async fn listening() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(ANY).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address that neither takes a connection nor refuses it: as many wait there as may.
    async fn silent() -> (TcpListener, Vec<TcpStream>, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(ANY.parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(Ok(one)) =
            timeout(Duration::from_millis(100), TcpStream::connect(address)).await
        {
            waiting.push(one);
        }
        (listener, waiting, address)
    }

    #[tokio::test]
    async fn an_address_that_does_not_answer_leaves_time_for_the_next_ones() {
        let (_full, _waiting, silent) = silent().await;
        let (_listener, answers) = listening().await;
        let soon = Duration::from_secs(10);
        let stream = timeout(soon, connect_to_one(silent, &[silent, answers])).await;
        assert_eq!(stream.unwrap().unwrap().peer_addr().unwrap(), answers);
    }

    #[tokio::test]
    async fn an_address_that_refuses_gives_way_at_once_and_the_last_ones_error_is_said() {
        let (closed, refuses) = listening().await;
        drop(closed);
        let (_listener, answers) = listening().await;
        let stream = connect_to_one(refuses, &[answers]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), answers);
        let error = connect_to_one(refuses, &[refuses]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
