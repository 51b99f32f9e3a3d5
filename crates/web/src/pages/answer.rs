//! Answers that a browser gets: rendered pages, redirects, and the headers on all of them.

use super::{
    Pages,
    guard::Visitor,
    layout::{Layout, Place},
};
use askama::Template;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::sync::Arc;

/// Nothing loads but our own style sheet and icon, forms go only to us, and nobody frames the pages.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), \
                           camera=(), display-capture=(), geolocation=(), gyroscope=(), \
                           identity-credentials-get=(), microphone=(), payment=(), \
                           private-state-token-issuance=(), publickey-credentials-get=(), usb=()";
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A page in place of the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody is signed in.
    SignedOut,
    /// The sign-in link is not good.
    SignInLink,
    /// The form did not come from one of our pages, or from an old one.
    Form,
    /// The form says something that none of our pages offers.
    Content,
    /// There is no edition of the register.
    NoEdition,
    /// Something here failed; nothing was changed.
    Failed,
}

#[derive(Debug, Template)]
#[template(path = "refusal.html")]
pub(super) struct RefusalPage {
    pub(super) layout: Layout,
    pub(super) refusal: Refusal,
    pub(super) sign_in_url: Option<String>,
}

/// Renders a page.
pub(crate) fn page<T: Template>(template: &T) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Sends the browser on to another page with a GET.
pub(crate) fn see_other(place: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

/// Renders a refusal.
pub(crate) fn refuse(pages: &Pages, csrf: Option<String>, refusal: Refusal) -> Response {
    let shown = page(&RefusalPage {
        layout: pages.layout(Place::Elsewhere, csrf),
        sign_in_url: pages.parts.sign_in.url.as_ref().map(ToString::to_string),
        refusal,
    });
    if shown.status() == StatusCode::OK { (refusal.status(), shown).into_response() } else { shown }
}

impl Refusal {
    fn leads_to_sign_in(self) -> bool {
        matches!(self, Self::SignedOut | Self::SignInLink)
    }

    fn status(self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::SignInLink | Self::Content => StatusCode::BAD_REQUEST,
            Self::Form => StatusCode::FORBIDDEN,
            Self::NoEdition => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Sends every answer with the headers that keep others out. What does not say how it may be kept is not kept at
/// all.
pub(crate) async fn harden(request: Request, next: Next) -> Response {
    protected(next.run(request).await)
}

/// Adds the headers that keep others out.
pub(crate) fn protected(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Finds out who asks, and renews an old cookie. Not for what others may keep: a cookie in it would be theirs.
pub(crate) async fn visit(
    State(pages): State<Arc<Pages>>,
    mut request: Request,
    next: Next,
) -> Response {
    let visitor = Visitor::of(&pages, request.headers());
    let renewed = visitor.renewed();
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(cookie) = renewed.filter(|_| !headers.contains_key(header::SET_COOKIE)) {
        set_cookie(headers, &pages.parts.sign_in.cookies.set(&cookie));
    }
    response
}

/// Adds a cookie to an answer.
pub(crate) fn set_cookie(headers: &mut HeaderMap, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}
