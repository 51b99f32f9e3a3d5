//! What the demo partners share: listening, recording, verifying, and the look of their pages.
//!
//! The partners are other companies. Nothing here knows the gateway's code, and nothing of the
//! gateway may use this.

pub mod consent;
pub mod loopback;
pub mod memory;
pub mod page;
pub mod recall;
pub mod record;
pub mod watch;
pub mod webhook;

use axum::Router;
use std::{
    io::{self, Write},
    net::SocketAddr,
};
use tokio::net::TcpListener;

/// Where the time comes from: milliseconds since 1970.
pub type Clock = fn() -> i64;

/// Returns the time of day in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a program of its own reads the clock itself")]
pub fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// Opens the port; port 0 lets the operating system choose.
pub async fn listen(at: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(at).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Says on standard output where the partner listens, in one line, and serves until the process ends.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;
    axum::serve(listener, router).await
}
