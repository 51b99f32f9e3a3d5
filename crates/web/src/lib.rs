//! Inbound HTTP: the pages a person reads and uses, and the programming interfaces.
//!
//! The pages are rendered here, work without scripts, and show what the register, the settings and
//! the ledger hold: they keep nothing of their own but who is signed in.

pub mod api;
mod csrf;
mod gpc;
mod limits;
pub mod pages;
mod problem;
mod session;
#[cfg(test)]
mod testing;

pub use limits::{Act, Peer, Rates};

use axum::{Router, response::IntoResponse};
use problem::{Kind, Problem};

/// Joins pages and interfaces into what listens on the network. A path that nobody has is a problem
/// document.
pub fn site(pages: Router, api: Router) -> Router {
    pages.merge(api).fallback(|| async {
        Problem::new(Kind::NotFound, "there is nothing at this address").into_response()
    })
}
