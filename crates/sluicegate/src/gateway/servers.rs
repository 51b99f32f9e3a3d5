//! What listens: the network, and the socket in the data directory.

use super::connections::Connections;
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
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::{JoinError, JoinSet},
};

/// What listens. Nothing of it ends before the gateway stops, unless it panicked.
#[derive(Debug, Default)]
pub(super) struct Servers {
    set: JoinSet<()>,
    has_panicked: bool,
}

impl Servers {
    /// Returns once one has panicked: from then on nobody is answered there.
    pub(super) async fn panicked(&mut self) {
        while let Some(ended) = self.set.join_next().await {
            if self.note(ended) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Returns once all have ended, and whether none has panicked.
    pub(super) async fn ended(mut self) -> bool {
        while let Some(ended) = self.set.join_next().await {
            self.note(ended);
        }
        !self.has_panicked
    }

    /// Notes how one ended, and returns whether it panicked.
    fn note(&mut self, ended: Result<(), JoinError>) -> bool {
        let panicked = ended.is_err_and(|error| error.is_panic());
        if panicked {
            tracing::error!("what listens panicked: nobody is answered there any more");
        }
        self.has_panicked |= panicked;
        panicked
    }
}

/// Takes the address of the network. Whoever calls waits until it is served.
pub(super) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (`listen.address`)"))
}

/// Serves pages and interfaces on the network.
pub(super) fn network(
    servers: &mut Servers,
    listener: TcpListener,
    pages: &Arc<Pages>,
    api: &Arc<Api>,
    connections: Arc<Connections>,
    stopped: watch::Receiver<bool>,
) {
    let router = sluicegate_web::site(
        pages::router(Arc::clone(pages)),
        api::router(Arc::clone(api), Entry::Network),
    );
    servers.set.spawn(serve(
        listener,
        router,
        connections,
        |address: &SocketAddr| Some(Peer(address.ip())),
        stopped,
    ));
}

/// Serves the interfaces on the local socket, for the program's own verbs.
pub(super) fn local(
    servers: &mut Servers,
    data_dir: &Path,
    api: &Arc<Api>,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let listener = local::listen(data_dir)?;
    let router = sluicegate_web::local(api::router(Arc::clone(api), Entry::Local));
    servers.set.spawn(serve(listener, router, Connections::new(None), |_nobody| None, stopped));
    Ok(())
}

/// Serves until stopped; then what is under way ends. A connection that takes too long to send a
/// request's head is closed, and so is one of a client that has as many as it may; beyond the limit of all, further
/// ones wait to be accepted.
async fn serve<L>(
    mut listener: L,
    router: Router,
    connections: Arc<Connections>,
    peer: fn(&L::Addr) -> Option<Peer>,
    mut stopped: watch::Receiver<bool>,
) where
    L: Listener,
{
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Whoever ends this ends them: none holds up the closing of the store.
    let mut open = JoinSet::new();
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
        let own = peer.map(|peer| connections.take(peer.network()));
        if own.as_ref().is_some_and(Option::is_none) {
            continue;
        }
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
        open.spawn(async move {
            // A connection that breaks is the caller's business.
            drop(connection.await);
            drop((own, place));
        });
        // One that panicked answers nobody any more, and is no one else's business.
        while open.try_join_next().is_some() {}
    }
    graceful.shutdown().await;
}

/// Connections on one listener at once.
const CONNECTIONS_MAX: usize = 10_000;
/// How long a connection may take, or stay idle, until the head of a request is there.
const HEAD_WITHIN: Duration = Duration::from_mins(1);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    /// A listener with a fault of ours.
    struct Panics;

    impl Listener for Panics {
        type Io = TcpStream;
        type Addr = ();

        async fn accept(&mut self) -> (TcpStream, ()) {
            panic!("as a fault of ours would")
        }

        fn local_addr(&self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Adds one that panics at once.
    pub(in crate::gateway) fn panics(servers: &mut Servers, stopped: watch::Receiver<bool>) {
        let connections = Connections::new(None);
        servers.set.spawn(serve(Panics, Router::new(), connections, |()| None, stopped));
    }

    /// Adds one that never ends, as one with a slow client does.
    pub(in crate::gateway) fn hangs(servers: &mut Servers) {
        servers.set.spawn(std::future::pending());
    }

    const QUESTION: &[u8] = b"GET / HTTP/1.1\r\nhost: gate.example\r\n\r\n";

    /// Asks on a connection; returns whether an answer came, or the end of the connection.
    async fn is_answered(stream: &mut TcpStream) -> bool {
        let mut first = [0; 12];
        let asked = stream.write_all(QUESTION).await;
        asked.is_ok() && stream.read_exact(&mut first).await.is_ok() && first == *b"HTTP/1.1 200"
    }

    #[tokio::test]
    async fn a_client_with_all_its_connections_open_gets_no_further_one_until_it_closes_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().route("/", get(|| async { "here" }));
        let peer: fn(&SocketAddr) -> Option<Peer> = |address| Some(Peer(address.ip()));
        let connections = Connections::new(Some(2));
        let server = tokio::spawn(serve(listener, router, Arc::clone(&connections), peer, stopped));
        let mut one = TcpStream::connect(address).await.unwrap();
        let mut two = TcpStream::connect(address).await.unwrap();
        assert!(is_answered(&mut one).await && is_answered(&mut two).await);
        let mut three = TcpStream::connect(address).await.unwrap();
        assert!(!is_answered(&mut three).await, "it is closed at once");
        assert_eq!(connections.taken(), 2);
        drop((two, three));
        connections.until_taken(1).await;
        let mut again = TcpStream::connect(address).await.unwrap();
        assert!(is_answered(&mut again).await);
        drop((one, again));
        stop.send(true).unwrap();
        server.await.unwrap();
    }

    #[tokio::test]
    async fn a_request_that_is_under_way_ends_with_the_server_that_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = watch::channel(false);
        let (held, mut let_go) = tokio::sync::mpsc::channel::<()>(1);
        let (begun, mut begins) = tokio::sync::mpsc::channel(1);
        let router = Router::new().route(
            "/",
            get(move || async move {
                begun.send(()).await.unwrap();
                std::future::pending::<()>().await;
                drop(held);
            }),
        );
        let server =
            tokio::spawn(serve(listener, router, Connections::new(None), |_| None, stopped));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(QUESTION).await.unwrap();
        begins.recv().await.unwrap();
        server.abort();
        assert_eq!(let_go.recv().await, None, "nothing of it is held any longer");
    }
}
