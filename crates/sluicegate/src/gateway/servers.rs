//! What listens: the network, and the socket in the data directory.

use crate::local;
use anyhow::Context;
use axum::{Router, serve::Listener};
use http::Request;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use sluicegate_web::{
    Peer,
    api::{self, Api, Entry},
    pages::{self, Pages},
};
use std::{net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::{Semaphore, watch},
    task::JoinSet,
};

/// Takes the address of the network. Whoever calls waits until it is served.
pub(super) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (`listen.address`)"))
}

/// Serves pages and interfaces on the network.
pub(super) fn network(
    servers: &mut JoinSet<()>,
    listener: TcpListener,
    pages: &Arc<Pages>,
    api: &Arc<Api>,
    stopped: watch::Receiver<bool>,
) {
    let router = sluicegate_web::site(
        pages::router(Arc::clone(pages)),
        api::router(Arc::clone(api), Entry::Network),
    );
    servers.spawn(serve(
        listener,
        router,
        |address: &SocketAddr| Some(Peer(address.ip())),
        stopped,
    ));
}

/// Serves the interfaces on the local socket, for the program's own verbs.
pub(super) fn local(
    servers: &mut JoinSet<()>,
    data_dir: &Path,
    api: &Arc<Api>,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let file = local::socket(data_dir);
    // The data directory is claimed: a socket that lies there is left over from a process that was
    // killed, and there may be none.
    drop(std::fs::remove_file(&file));
    let listener = UnixListener::bind(&file)
        .with_context(|| format!("cannot listen on the local socket `{}`", file.display()))?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
    let router = api::router(Arc::clone(api), Entry::Local);
    servers.spawn(serve(listener, router, |_nobody| None, stopped));
    Ok(())
}

/// Serves until stopped; then what is under way ends. A connection that takes too long to send a
/// request's head is closed, and beyond the limit further ones wait to be accepted.
async fn serve<L>(
    mut listener: L,
    router: Router,
    peer: fn(&L::Addr) -> Option<Peer>,
    mut stopped: watch::Receiver<bool>,
) where
    L: Listener,
{
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let taken = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, (stream, address)) = tokio::select! {
            _ = stopped.changed() => break,
            taken = taken => taken,
        };
        let peer = peer(&address);
        let pages = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            peer.map(|peer| request.extensions_mut().insert(peer));
            pages.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the caller's business.
            drop(connection.await);
            drop(place);
        });
    }
    graceful.shutdown().await;
}

/// Connections on one listener at once.
const CONNECTIONS_MAX: usize = 10_000;
/// How long a connection may take, or stay idle, until the head of a request is there.
const HEAD_WITHIN: Duration = Duration::from_mins(1);
