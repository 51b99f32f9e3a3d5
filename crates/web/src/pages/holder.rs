//! Who holds the browser or the device that a page is about, and whether a form is theirs. Nobody needs to be
//! signed in for that.

use super::{
    Pages,
    answer::{Refusal, refuse},
    guard::{Asker, Content, Fields, Visitor, is_from_elsewhere},
};
use crate::session::Note;
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::Response,
};
use http::request::Parts;
use sluicegate_gate::{KeyKind, SubjectKey};
use std::sync::Arc;

/// A browser, or a device whose app brought a token. It does not print.
#[derive(Clone)]
pub(crate) struct Holder {
    /// The key that choices hang on; `None` for a browser in which nobody has chosen anything.
    pub(super) key: Option<SubjectKey>,
    /// The browser's number, to be remembered for longer.
    pub(super) browser: Option<String>,
    /// The proof for forms that the browser is to be given.
    pub(super) fresh_form: Option<String>,
    /// For whom pages are made.
    pub(super) asker: Asker,
}

/// A form of one of these pages, sent by the browser it was made for.
pub(crate) struct HolderForm<T> {
    pub(super) holder: Holder,
    pub(super) content: T,
}

impl Holder {
    fn of(pages: &Pages, parts: &Parts) -> Self {
        let (rule, headers) = (pages.parts.sign_in.cookies, &parts.headers);
        let device = rule
            .read_device(headers)
            .and_then(|cookie| pages.sessions.visit(cookie))
            .map(|session| session.account)
            .filter(|key| key.kind == KeyKind::Device);
        let browser = rule.read_browser(headers).filter(|_| device.is_none());
        let form = rule.read_form(headers).map(str::to_owned);
        let fresh_form = form.is_none().then(|| random(pages));
        let proof = form.as_ref().or(fresh_form.as_ref());
        let held = proof.map(|proof| pages.csrf.token_of_cookie(proof));
        Self {
            key: device.or_else(|| browser.map(|number| pages.parts.keyring.browser(number))),
            browser: browser.map(str::to_owned),
            fresh_form,
            asker: Asker { held, ..Visitor::of_parts(parts).asker(pages) },
        }
    }

    /// Returns what the page is about.
    pub(super) fn kind(&self) -> KeyKind {
        self.key.map_or(KeyKind::Browser, |key| key.kind)
    }

    /// Returns the key to choose something for; a browser without a number gets one, which is returned too.
    pub(super) fn key_to_choose(&self, pages: &Pages) -> (SubjectKey, Option<String>) {
        if let Some(key) = self.key {
            return (key, None);
        }
        let number = random(pages);
        (pages.parts.keyring.browser(&number), Some(number))
    }

    pub(super) fn take_note(&self, pages: &Pages) -> Option<(SubjectKey, Note)> {
        let key = self.key?;
        Some((key, pages.notes.take(key)?))
    }
}

fn random(pages: &Pages) -> String {
    format!("{:032x}", pages.parts.dice.roll())
}

impl FromRequestParts<Arc<Pages>> for Holder {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        pages: &Arc<Pages>,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(pages, parts))
    }
}

impl<T: Content> FromRequest<Arc<Pages>> for HolderForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let holder = Holder::of(pages, &parts);
        let refused = |refusal| refuse(pages, holder.asker.clone(), refusal);
        let proof = pages.parts.sign_in.cookies.read_form(&parts.headers).map(str::to_owned);
        if is_from_elsewhere(&parts.headers) {
            return Err(refused(Refusal::Form));
        }
        let fields = Fields::read(body).await.ok_or_else(|| refused(Refusal::Content))?;
        let token = fields.value("csrf").unwrap_or_default();
        if !proof.is_some_and(|proof| pages.csrf.accepts_cookie(&proof, token)) {
            return Err(refused(Refusal::Form));
        }
        let content = T::read(&fields).ok_or_else(|| refused(Refusal::Content))?;
        Ok(Self { holder, content })
    }
}
