//! Answers that a browser gets: rendered pages, redirects, and the headers on all of them.

use super::{
    Pages, cookies,
    guard::{Asked, Asker, Visitor},
    language::Language,
    layout::{Layout, Place},
    look::Look,
};
use crate::limits::Act;
use askama::Template;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::{sync::Arc, time::Duration};

/// Nothing loads but our own style sheets, script, pictures and font, forms go only to us, and the pages stand in
/// no frames but those of `pages.frame_ancestors`.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors ";
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), \
                           camera=(), display-capture=(), geolocation=(), gyroscope=(), \
                           identity-credentials-get=(), microphone=(), payment=(), \
                           private-state-token-issuance=(), publickey-credentials-get=(), usb=()";
const HEADERS: [(HeaderName, &str); 5] = [
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
    /// The identity provider does not answer as it must.
    Provider,
    /// The sign-in was begun in another browser, too long ago, or refused.
    Arrival,
    /// The form did not come from one of our pages, or from an old one.
    Form,
    /// The same, of a form that anyone may send.
    OpinionForm,
    /// The client asks too often.
    TooMany {
        /// How long to wait.
        seconds: u64,
    },
    /// The form says something that none of our pages offers.
    Content,
    /// The address asks for a part of the record that no page shows.
    Filter,
    /// There is nothing at this address.
    NoSuchPage,
    /// The address is asked with a method that it does not take.
    Method,
    /// There is no edition of the register.
    NoEdition,
    /// There is no such edition.
    NoSuchEdition,
    /// Something here failed; nothing was changed.
    Failed,
}

#[derive(Debug, Template)]
#[template(path = "refusal.html")]
pub(super) struct RefusalPage {
    pub(super) layout: Layout,
    pub(super) refusal: Refusal,
    pub(super) sign_in_url: Option<String>,
    /// Where whoever asks goes on.
    pub(super) back: String,
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
    let mut shown = page(&RefusalPage {
        back: refusal.back(&asker.here),
        layout: pages.layout(Place::Elsewhere, asker),
        sign_in_url: pages.sign_in_url(),
        refusal,
    });
    if let Refusal::TooMany { seconds } = refusal {
        shown.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if shown.status() == StatusCode::OK { (refusal.status(), shown).into_response() } else { shown }
}

impl Refusal {
    /// A client that asks too often, and how long it has to wait.
    pub(crate) fn too_many(wait: Duration) -> Self {
        Self::TooMany { seconds: wait.as_secs().max(1) }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::SignedOut => "refusal-signed-out",
            Self::SignInLink => "refusal-link",
            Self::Provider => "refusal-provider",
            Self::Arrival => "refusal-arrival",
            Self::Form | Self::OpinionForm => "refusal-form",
            Self::TooMany { .. } => "refusal-too-many",
            Self::Content => "refusal-content",
            Self::Filter => "refusal-filter",
            Self::NoSuchPage => "refusal-no-such-page",
            Self::Method => "refusal-method",
            Self::NoEdition => "refusal-no-edition",
            Self::NoSuchEdition => "refusal-no-such-edition",
            Self::Failed => "refusal-failed",
        }
    }

    /// Returns where somebody goes on who was refused at an address.
    fn back(self, here: &str) -> String {
        let path = here.split_once('?').map_or(here, |(path, _)| path);
        match self {
            Self::Filter => path.to_owned(),
            Self::Method => String::from(page_of(path)),
            Self::SignedOut
            | Self::SignInLink
            | Self::Provider
            | Self::Arrival
            | Self::Form
            | Self::OpinionForm
            | Self::TooMany { .. }
            | Self::Content
            | Self::NoSuchPage
            | Self::NoEdition
            | Self::NoSuchEdition
            | Self::Failed => here.to_owned(),
        }
    }

    fn leads_to_sign_in(self) -> bool {
        matches!(self, Self::SignedOut | Self::SignInLink | Self::Arrival)
    }

    fn status(self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::SignInLink | Self::Arrival | Self::Content | Self::Filter => {
                StatusCode::BAD_REQUEST
            }
            Self::Form | Self::OpinionForm => StatusCode::FORBIDDEN,
            Self::NoSuchEdition | Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoEdition => StatusCode::SERVICE_UNAVAILABLE,
            Self::Provider => StatusCode::BAD_GATEWAY,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Returns the page that a form stands on, by the address that takes it.
pub(crate) fn page_of(path: &str) -> &'static str {
    let is_under = |page: &str| {
        path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let pages = ["/settings/data", "/device", "/partners"];
    pages.into_iter().find(|page| is_under(page)).unwrap_or("/settings")
}

/// Whether whoever asks reads pages, as browsers do, rather than documents for programs.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted.filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}

/// Sends every answer with the headers that keep others out. What does not say how it may be kept is not kept at
/// all. Pages are written as if they lived at the root, and are moved here to where they live.
pub(crate) async fn harden(
    State(pages): State<Arc<Pages>>,
    request: Request,
    next: Next,
) -> Response {
    let look = &pages.parts.look;
    let response = next.run(request).await;
    protected(look, moved(look, response).await)
}

/// Moves a redirect, and every address on a page, to where the pages live.
pub(crate) async fn moved(look: &Look, mut response: Response) -> Response {
    if look.path().is_empty() {
        return response;
    }
    let headers = response.headers_mut();
    let place = headers.get(header::LOCATION).and_then(|place| place.to_str().ok());
    let place = place.filter(|place| place.starts_with('/')).map(|place| look.at(place));
    if let Some(place) = place.and_then(|place| HeaderValue::try_from(place).ok()) {
        headers.insert(header::LOCATION, place);
    }
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !kind.is_some_and(|kind| kind.starts_with(b"text/html")) {
        return response;
    }
    headers.remove(header::CONTENT_LENGTH);
    let (head, body) = response.into_parts();
    let text = axum::body::to_bytes(body, usize::MAX).await.ok();
    let Some(mut text) = text.and_then(|bytes| String::from_utf8(bytes.into()).ok()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // INVARIANT: text has no quotes of its own, they are escaped, so that only attributes are found.
    for attribute in ["href=\"/", "src=\"/", "action=\"/"] {
        let (name, _) = attribute.split_at(attribute.len() - 1);
        text = text.replace(attribute, &format!("{name}{}/", look.path()));
    }
    (head, text).into_response()
}

/// Adds the headers that keep others out.
pub(crate) fn protected(look: &Look, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // INVARIANT: origins were checked to be plain; should one not fit into a header, nobody may frame.
    let closed = || HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    let policy = HeaderValue::try_from(format!("{POLICY}{}", look.ancestors()));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or_else(|_never| closed()));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Refuses whoever asks too often, before anything is done.
pub(crate) async fn limit(
    State(pages): State<Arc<Pages>>,
    asked: Asked,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    let act = if request.method() == Method::POST { Act::Form } else { Act::Page };
    match asked.pass(&pages, act) {
        Ok(()) => next.run(request).await,
        Err(wait) => refuse(&pages, visitor.asker(&pages), Refusal::too_many(wait)),
    }
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
    let rule = pages.parts.sign_in.cookies;
    // Why: signing in or out decides what the session's cookie is; other cookies say nothing about it.
    if let Some(cookie) = renewed.filter(|_| !cookies::is_set(headers, rule.name())) {
        set_cookie(headers, &rule.set(&cookie));
    }
    if is_chosen {
        set_cookie(headers, &rule.speak(language));
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    response
}

/// Returns the language of the answer, whether the address chose it, and the address without that choice: as
/// chosen in the address, as chosen before, as the browser prefers, or English.
pub(crate) fn spoken(request: &Request) -> (Language, bool, String) {
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
    // Why: what brings somebody in is good once, and nobody else's to read: it stays out of the page.
    let here = match (path, rest.as_str()) {
        ("/signin" | "/signin/callback", _) => String::from("/settings"),
        ("/device", _) | (_, "") => path.to_owned(),
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
