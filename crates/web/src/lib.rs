//! Inbound HTTP: the pages a person reads and uses, and the programming interfaces.
//!
//! The pages are rendered here, work without scripts, and show what the register, the settings and
//! the ledger hold: they keep nothing of their own but who is signed in.

pub mod api;
mod csrf;
mod gpc;
mod limits;
pub mod pages;
mod path;
mod problem;
mod session;
#[cfg(test)]
mod testing;

pub use limits::{Act, Peer, Rates};

use axum::{Router, extract::Request, middleware, response::Response};
use http::{HeaderValue, header};

/// Joins pages and interfaces into what listens on the network.
pub fn site(pages: Router, api: Router) -> Router {
    pages.merge(api).layer(middleware::from_fn(as_said))
}

/// Makes of the interfaces what listens on the local socket.
pub fn local(api: Router) -> Router {
    api.fallback(pages::lost::no_such_address)
}

/// Keeps browsers from guessing that an answer is something else than it says, whatever it is.
async fn as_said(request: Request, next: middleware::Next) -> Response {
    let mut response = next.run(request).await;
    let said = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, said);
    response
}
