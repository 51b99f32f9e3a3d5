//! Who asks, and whether a form is one of ours: handlers get a [`Person`] or a [`Form`] only after
//! the check.

use super::{
    Pages,
    answer::{Refusal, refuse},
    cookies::read,
};
use crate::session::{Cookie, Found, Session};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    response::Response,
};
use http::{HeaderMap, request::Parts};
use sluicegate_gate::SubjectKey;
use std::sync::Arc;

/// Whoever asks, signed in or not.
#[derive(Clone, Debug)]
pub(crate) struct Visitor(Option<Found>);

/// Someone who is signed in. Neither this nor a form prints.
#[derive(Clone)]
pub(crate) struct Person {
    session: Arc<Session>,
    /// The token for the forms on a page.
    pub(crate) csrf: String,
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
    /// Finds the session of a request's cookie.
    pub(crate) fn of(pages: &Pages, headers: &HeaderMap) -> Self {
        let cookie = read(headers, pages.parts.sign_in.cookies.name());
        Self(cookie.and_then(|cookie| pages.sessions.find(cookie)))
    }

    /// Returns the cookie to use from now on, if the presented one is old.
    pub(crate) fn renewed(&self) -> Option<Cookie> {
        self.0.as_ref().and_then(|found| found.renewed.clone())
    }

    /// Returns the person, if someone is signed in.
    pub(crate) fn person(&self, pages: &Pages) -> Option<Person> {
        let found = self.0.as_ref()?;
        let csrf = pages.csrf.token(&found.session);
        Some(Person { session: Arc::clone(&found.session), csrf })
    }

    fn of_parts(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or(Self(None))
    }
}

impl Person {
    /// Returns the account.
    pub(crate) fn account(&self) -> SubjectKey {
        self.session.account
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

    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
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

impl FromRequestParts<Arc<Pages>> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        let person = Visitor::of_parts(parts).person(pages);
        person.ok_or_else(|| refuse(pages, None, Refusal::SignedOut))
    }
}

impl<T: Content> FromRequest<Arc<Pages>> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let person = Person::from_request_parts(&mut parts, pages).await?;
        let refused = |refusal| refuse(pages, Some(person.csrf.clone()), refusal);
        let body = Bytes::from_request(Request::from_parts(parts, body), pages)
            .await
            .map_err(|_too_large_or_cut| refused(Refusal::Content))?;
        let fields = Fields::parse(&body);
        let token = fields.value("csrf").unwrap_or_default();
        if !pages.csrf.accepts(&person.session, token) {
            return Err(refused(Refusal::Form));
        }
        let content = T::read(&fields).ok_or_else(|| refused(Refusal::Content))?;
        Ok(Self { person, content })
    }
}
