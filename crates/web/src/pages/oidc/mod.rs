//! Signing in at the platform's identity provider: `OpenID` Connect Core 1.0, authorization code flow with PKCE
//! (RFC 7636), state, nonce, and the issuer in the answer (RFC 9207).
//!
//! The provider ends sessions, too (`logout`).
//!
//! A sign-in is begun in one browser and ends there: a cookie binds it. What the provider says of the person
//! beyond the one claim that names the account is not asked for and not kept; no token of it is kept either.

mod begun;
mod believed;
mod id_token;
mod logout;
mod provider;

pub use provider::{ClientError, ProviderRules};

pub(crate) use logout::end;
pub(crate) use provider::Provider;

use super::{
    Pages,
    answer::{Refusal, refuse, see_other, set_cookie},
    cookies::{self, CookieRule},
    guard::{Asked, Asker, Visitor},
    layout::{Layout, Place},
    sign_in,
};
use crate::{limits::Act, session::Arrival};
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use begun::{Begun, LIFETIME, fresh};
use http::{HeaderMap, StatusCode, header};
use id_token::Arrived;
use provider::{Answer, Fault};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub(crate) struct SignedOutPage {
    pub(crate) layout: Layout,
    pub(crate) at_provider: Option<String>,
}

/// Begins a sign-in: sends the browser to the provider.
pub(crate) async fn begin(
    pages: &Pages,
    provider: &Provider,
    headers: &HeaderMap,
    asker: Asker,
) -> Response {
    let rule = pages.parts.sign_in.cookies;
    let binder = bound(headers, rule).map_or_else(|| fresh(&*pages.parts.dice), str::to_owned);
    // Whoever signed out here has to say again who they are, also where the provider still knows them.
    let asks_again = cookies::read(headers, left_name(rule)).is_some();
    let clock = &*pages.parts.clock;
    let begun = Begun::new(&*pages.parts.dice, clock, &binder, asks_again);
    let address = match provider.authorization(&begun, clock).await {
        Ok(address) => address,
        Err(fault) => return failed(pages, asker, fault),
    };
    provider.begun.keep(begun, clock.boot());
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response();
    let lives = LIFETIME.as_secs();
    set_cookie(response.headers_mut(), &rule.small(bound_name(rule), &binder, lives));
    response
}

/// `GET /signin/callback`: the browser comes back.
pub(crate) async fn callback(
    State(pages): State<Arc<Pages>>,
    asked: Asked,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let asker = visitor.asker(&pages);
    let Some(provider) = &pages.provider else {
        return refuse(&pages, asker, Refusal::Arrival);
    };
    if let Err(wait) = asked.pass(&pages, Act::SignIn) {
        return refuse(&pages, asker, Refusal::too_many(wait));
    }
    let rule = pages.parts.sign_in.cookies;
    let clock = &*pages.parts.clock;
    let answer = Answer::read(query.as_deref().unwrap_or_default());
    let begun = provider.begun.take(&answer.state, bound(&headers, rule), clock.boot());
    let arrived = match begun {
        Some(begun) => provider.arrived(answer, &begun, clock).await,
        None => Err(Fault::NotBegunHere),
    };
    match arrived {
        Ok(Arrived { account, at }) => {
            let account = pages.parts.keyring.account(account.open());
            let arrival = Arrival::Provider(at);
            let mut response = sign_in::opened(&pages, &headers, account, arrival);
            for name in [bound_name(rule), left_name(rule)] {
                set_cookie(response.headers_mut(), &rule.small(name, "", 0));
            }
            response
        }
        Err(fault) => failed(&pages, asker, fault),
    }
}

/// Leads somebody who signed out to a page that says where they may still be signed in.
pub(crate) fn signed_out(rule: CookieRule) -> Response {
    let mut response = see_other("/signedout");
    let lives = crate::session::LIFETIME.as_secs();
    set_cookie(response.headers_mut(), &rule.small(left_name(rule), "1", lives));
    response
}

/// `GET /signedout`.
pub(crate) async fn show_signed_out(State(pages): State<Arc<Pages>>, visitor: Visitor) -> Response {
    let at_provider = match &pages.provider {
        Some(provider) => {
            let back = pages.absolute("/partners");
            provider.end_session(&back, &*pages.parts.clock).await
        }
        None => None,
    };
    let layout = pages.layout(Place::Elsewhere, visitor.asker(&pages));
    super::answer::page(&SignedOutPage { layout, at_provider })
}

fn failed(pages: &Pages, asker: Asker, fault: Fault) -> Response {
    let refusal = match fault {
        Fault::Provider(_) => Refusal::Provider,
        Fault::NotBegunHere | Fault::Refused | Fault::Token(_) => Refusal::Arrival,
    };
    tracing::info!(sign_in.fault = %fault, "a sign-in at the identity provider did not succeed");
    refuse(pages, asker, refusal)
}

fn bound(headers: &HeaderMap, rule: CookieRule) -> Option<&str> {
    cookies::read(headers, bound_name(rule)).filter(|binder| binder.len() == 64)
}

fn bound_name(rule: CookieRule) -> &'static str {
    match rule {
        CookieRule::Secure => "__Host-sluicegate-signin",
        CookieRule::Loopback => "sluicegate-signin",
    }
}

fn left_name(rule: CookieRule) -> &'static str {
    match rule {
        CookieRule::Secure => "__Host-sluicegate-left",
        CookieRule::Loopback => "sluicegate-left",
    }
}
