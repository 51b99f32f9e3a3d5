//! Answers that a browser gets: rendered pages, redirects, and the headers on all of them.

use super::{
    Pages, cookies,
    guard::{Asker, Visitor},
    language::Language,
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

/// Nothing loads but our own style sheet, script and icon, forms go only to us, and nobody frames the pages.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
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
pub(crate) fn see_other(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place.to_owned())]).into_response()
}

/// Renders a refusal.
pub(crate) fn refuse(pages: &Pages, asker: Asker, refusal: Refusal) -> Response {
    let shown = page(&RefusalPage {
        layout: pages.layout(Place::Elsewhere, asker),
        sign_in_url: pages.parts.sign_in.url.as_ref().map(ToString::to_string),
        refusal,
    });
    if shown.status() == StatusCode::OK { (refusal.status(), shown).into_response() } else { shown }
}

impl Refusal {
    fn heading(self) -> &'static str {
        match self {
            Self::SignedOut => "refusal-signed-out",
            Self::SignInLink => "refusal-link",
            Self::Form => "refusal-form",
            Self::Content => "refusal-content",
            Self::NoEdition => "refusal-no-edition",
            Self::Failed => "refusal-failed",
        }
    }

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

/// Finds out who asks and in which language, and renews an old cookie. Not for what others may keep: a cookie in it would be theirs.
pub(crate) async fn visit(
    State(pages): State<Arc<Pages>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (language, is_chosen, here) = spoken(&request);
    let visitor = Visitor::of(&pages, request.headers(), request.method(), here, language);
    let renewed = visitor.renewed();
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(cookie) = renewed.filter(|_| !headers.contains_key(header::SET_COOKIE)) {
        set_cookie(headers, &pages.parts.sign_in.cookies.set(&cookie));
    }
    if is_chosen {
        set_cookie(headers, &pages.parts.sign_in.cookies.speak(language));
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    response
}

/// Returns the language of the answer, whether the address chose it, and the address without that choice: as
/// chosen in the address, as chosen before, as the browser prefers, or English.
fn spoken(request: &Request) -> (Language, bool, String) {
    let (mut chosen, mut rest) = (None, url::form_urlencoded::Serializer::new(String::new()));
    for (name, value) in
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
    {
        if name == "lang" {
            chosen = Language::of_tag(&value);
        } else {
            rest.append_pair(&name, &value);
        }
    }
    let (path, rest) = (request.uri().path(), rest.finish());
    // Why: a link that signs in is good once and stays out of the page.
    let here = match (path, rest.as_str()) {
        ("/signin", _) => String::from("/settings"),
        (_, "") => path.to_owned(),
        (_, rest) => format!("{path}?{rest}"),
    };
    let headers = request.headers();
    let before = || cookies::read(headers, cookies::LANGUAGE).and_then(Language::of_tag);
    let language = chosen.or_else(before).or_else(|| Language::preferred(headers));
    (language.unwrap_or_default(), chosen.is_some(), here)
}

/// Adds a cookie to an answer.
pub(crate) fn set_cookie(headers: &mut HeaderMap, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}
