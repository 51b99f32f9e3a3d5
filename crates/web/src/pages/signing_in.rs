//! The page that asks before a link signs somebody in, and `POST /signin`, its answer.
//!
//! A link is bound to no browser: whoever has one of their own account can send it to others, who would then turn off
//! what is not theirs. So it is asked where the browser has a session of another account, or says that another site had
//! to do with it. Nothing of the account is named, and the token is not used up yet.

use super::{
    Pages,
    answer::{Refusal, page, refuse, set_cookie},
    guard::{Asked, Content, Fields, Visitor},
    holder::{Holder, HolderForm},
    layout::{Layout, Place},
    sign_in,
};
use crate::limits::Act;
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;
use sluicegate_gate::SubjectKey;
use std::sync::Arc;

/// It does not print: the token signs in.
#[derive(Template)]
#[template(path = "signing_in.html")]
pub(super) struct SigningInPage {
    pub(super) layout: Layout,
    pub(super) token: String,
}

/// The token that somebody says is theirs. It does not print.
pub(crate) struct Confirmed(String);

impl Content for Confirmed {
    fn read(fields: &Fields) -> Option<Self> {
        fields.value("token").map(|token| Self(token.to_owned()))
    }
}

/// Returns whether to ask before an account is signed in.
pub(super) fn is_asked(
    pages: &Pages,
    visitor: &Visitor,
    headers: &HeaderMap,
    account: SubjectKey,
) -> bool {
    match visitor.person(pages) {
        Some(person) => person.account() != account,
        None => is_from_another_site(headers),
    }
}

/// Asks.
pub(super) fn ask(pages: &Pages, holder: Holder, token: String) -> Response {
    let layout = pages.layout(Place::Elsewhere, holder.asker);
    let mut response = page(&SigningInPage { layout, token });
    if let Some(cookie) = &holder.fresh_form {
        set_cookie(response.headers_mut(), &pages.parts.sign_in.cookies.form(cookie));
    }
    response
}

/// Handles `POST /signin`: signs in whoever says that the link is theirs.
pub(crate) async fn confirm(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    asked: Asked,
    headers: HeaderMap,
    HolderForm { holder, content: Confirmed(token) }: HolderForm<Confirmed>,
) -> Response {
    if let Err(wait) = asked.pass(&pages, Act::SignIn) {
        return refuse(&pages, holder.asker, Refusal::too_many(wait));
    }
    let claims = sign_in::checked(&pages, &token, &pages.parts.sign_in.audience);
    sign_in::arrived(&pages, &visitor, &headers, claims)
}

/// Whether the browser says that another site led here, or passed it on. Not every browser says it.
///
/// Why no page of the platform is believed to have led here: where a stranger's site passes on who followed its link on
/// that page, the browser still names the page (`Referer`).
fn is_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}
