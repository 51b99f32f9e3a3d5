//! Who asks, and whether a form is one of ours: handlers get a [`Person`] or a [`Form`] only after
//! the check.

use super::{
    Pages,
    answer::{Refusal, page_of, refuse},
    cookies::read,
    language::Language,
};
use crate::{
    api::body,
    limits::{Act, Peer},
    session::{Cookie, Found, Session},
};
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    response::Response,
};
use http::{HeaderMap, Method, request::Parts};
use sluicegate_gate::{KeyKind, SubjectKey};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How long the body of a form may be, in bytes.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// Whoever asks, signed in or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor {
    found: Option<Found>,
    language: Language,
    here: String,
}

/// For whom a page is made: what its frame needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asker {
    /// The language of the page.
    pub(crate) language: Language,
    /// The address of the page, without a choice of language.
    pub(crate) here: String,
    /// The token for the forms on a page; `None` when nobody is signed in.
    pub(crate) csrf: Option<String>,
    /// The token for the forms about a browser or a device, on pages that are about one.
    pub(crate) held: Option<String>,
}

/// The client that asks, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked(Option<IpAddr>);

/// Someone who is signed in. Neither this nor a form prints.
#[derive(Clone)]
pub(crate) struct Person {
    session: Arc<Session>,
    /// For whom pages are made.
    pub(crate) asker: Asker,
}

/// A form of one of our own pages, sent by the person it was made for.
pub(crate) struct Form<T> {
    /// The person.
    pub(crate) person: Person,
    /// What the form says.
    pub(crate) content: T,
}

/// What a form says, read into its own type.
pub(crate) trait Content: Sized {
    /// Reads the fields; `None` if they are none that our pages send.
    fn read(fields: &Fields) -> Option<Self>;
}

/// The fields of a form. They do not print.
pub(crate) struct Fields(Vec<(String, String)>);

impl Visitor {
    /// Finds the session of a request's cookie. Where a request is no GET, its address is no page's: what is shown
    /// instead leads back to the page that the form stands on.
    pub(crate) fn of(
        pages: &Pages,
        headers: &HeaderMap,
        method: &Method,
        here: String,
        language: Language,
    ) -> Self {
        let cookie = read(headers, pages.parts.sign_in.cookies.name());
        Self {
            // Why: what a session of a device may see is on other pages.
            found: cookie
                .and_then(|cookie| pages.sessions.find(cookie))
                .filter(|found| found.session.account.kind == KeyKind::Account),
            here: if *method == Method::GET { here } else { String::from(page_of(&here)) },
            language,
        }
    }

    /// Returns the cookie to use from now on, if the presented one is old.
    pub(crate) fn renewed(&self) -> Option<Cookie> {
        self.found.as_ref().and_then(|found| found.renewed.clone())
    }

    /// Returns the person, if someone is signed in.
    pub(crate) fn person(&self, pages: &Pages) -> Option<Person> {
        let found = self.found.as_ref()?;
        Some(Person { session: Arc::clone(&found.session), asker: self.asker(pages) })
    }

    /// Whether somebody is signed in.
    pub(crate) fn is_signed_in(&self) -> bool {
        self.found.is_some()
    }

    /// Returns for whom a page is made.
    pub(crate) fn asker(&self, pages: &Pages) -> Asker {
        Asker {
            language: self.language,
            here: self.here.clone(),
            held: None,
            csrf: self.found.as_ref().map(|found| pages.csrf.token(&found.session)),
        }
    }

    pub(crate) fn of_parts(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }
}

impl Asked {
    /// Counts one act of the client; where it is one too many, returns how long to wait. A client without an
    /// address is on this machine.
    pub(crate) fn pass(self, pages: &Pages, act: Act) -> Result<(), Duration> {
        self.0.map_or(Ok(()), |client| pages.limits.pass(act, client))
    }
}

/// Whether the browser says that a page of another site sends this. Not every browser says it.
pub(crate) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes);
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

impl Person {
    /// Returns the account.
    pub(crate) fn account(&self) -> SubjectKey {
        self.session.account
    }

    /// Returns the language of the person's pages.
    pub(crate) fn language(&self) -> Language {
        self.asker.language
    }

    /// Returns the session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }
}

impl Fields {
    /// Returns the value of a field that is there exactly once.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(field, _)| field == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Reads the body of a form, of at most [`FORM_BYTES_MAX`] bytes; `None` where it is larger, breaks off, or
    /// takes longer to arrive than any body may.
    pub(crate) async fn read(body: Body) -> Option<Self> {
        let bytes = body::bytes(body, FORM_BYTES_MAX).await.ok()?;
        Some(Self(url::form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

impl Content for () {
    fn read(_fields: &Fields) -> Option<Self> {
        Some(())
    }
}

impl FromRequestParts<Arc<Pages>> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _pages: &Arc<Pages>,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of_parts(parts))
    }
}

impl FromRequestParts<Arc<Pages>> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        pages: &Arc<Pages>,
    ) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<Peer>();
        Ok(Self(peer.map(|peer| pages.limits.client(*peer, &parts.headers))))
    }
}

impl FromRequestParts<Arc<Pages>> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        let visitor = Visitor::of_parts(parts);
        let person = visitor.person(pages);
        person.ok_or_else(|| refuse(pages, visitor.asker(pages), Refusal::SignedOut))
    }
}

impl<T: Content> FromRequest<Arc<Pages>> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let person = Person::from_request_parts(&mut parts, pages).await?;
        let refused = |refusal| refuse(pages, person.asker.clone(), refusal);
        if is_from_elsewhere(&parts.headers) {
            return Err(refused(Refusal::Form));
        }
        let fields = Fields::read(body).await.ok_or_else(|| refused(Refusal::Content))?;
        let token = fields.value("csrf").unwrap_or_default();
        if !pages.csrf.accepts(&person.session, token) {
            return Err(refused(Refusal::Form));
        }
        let content = T::read(&fields).ok_or_else(|| refused(Refusal::Content))?;
        Ok(Self { person, content })
    }
}
