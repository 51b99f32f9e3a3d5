//! What listens: the network, and the socket in the data directory.

use crate::local;
use anyhow::Context;
use axum::Router;
use sluicegate_web::{
    api::{self, Api, Entry},
    pages::{self, Pages},
};
use std::{net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Arc};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
    task::JoinSet,
};

/// Serves pages and interfaces on the network. Returns where.
pub(super) async fn network(
    servers: &mut JoinSet<()>,
    listen: SocketAddr,
    pages: &Arc<Pages>,
    api: &Arc<Api>,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (`listen.address`)"))?;
    let address = listener.local_addr()?;
    let router = sluicegate_web::site(
        pages::router(Arc::clone(pages)),
        api::router(Arc::clone(api), Entry::Network),
    );
    servers.spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(until(stopped)).await;
        report(served);
    });
    Ok(address)
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
    let router: Router = api::router(Arc::clone(api), Entry::Local);
    servers.spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(until(stopped)).await;
        report(served);
    });
    Ok(())
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender going away means the same.
    drop(stopped.changed().await);
}

fn report(served: std::io::Result<()>) {
    if let Err(error) = served {
        tracing::error!(error.cause = %error, "a listener ended");
    }
}
