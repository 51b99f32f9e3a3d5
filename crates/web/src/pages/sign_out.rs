//! `POST /signout`: ends the session.

use super::{
    Pages,
    answer::{see_other, set_cookie},
    cookies,
    guard::Form,
    oidc,
};
use crate::session::Arrival;
use axum::{extract::State, response::Response};
use http::HeaderMap;
use std::sync::Arc;

/// Handles the route.
pub(crate) async fn sign_out(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    form: Form<()>,
) -> Response {
    let rule = pages.parts.sign_in.cookies;
    if let Some(cookie) = cookies::read(&headers, rule.name()) {
        pages.sessions.close(cookie);
    }
    let mut response = match form.person.session().arrival {
        Arrival::Token => see_other("/partners"),
        Arrival::Provider(_) => oidc::signed_out(rule),
    };
    set_cookie(response.headers_mut(), &rule.remove());
    response
}
