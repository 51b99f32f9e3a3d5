//! `GET /signin?token=…`: exchanges a token signed by the platform for a session. Without a token the person is
//! sent to the identity provider, where there is one.
//!
//! The token is a JWT with `sub` (the account's id), `aud`, `iat`, `exp` and `jti`. It is good once, not beyond the
//! process in whose time it was issued, and for as long as [`SignIn::token_lifetime_max`] at most. The answer is a
//! redirect, so that the token does not stay in the address bar; it is not kept and not logged.

use super::{
    Pages,
    answer::{Refusal, refuse, see_other, set_cookie},
    cookies::{self, CookieRule},
    guard::{Asked, Visitor},
    holder::Holder,
    oidc,
    once::Taken,
    signing_in::{ask, is_asked},
    token::{Claims, TokenFault, TokenKey},
};
use crate::{limits::Act, session::Arrival};
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use sluicegate_gate::{KeyKind, SubjectKey};
use std::{sync::Arc, time::Duration};
use url::Url;

/// How far the platform's clock may be ahead of ours.
const CLOCKS_APART: Duration = Duration::from_mins(1);

/// Tokens say whole seconds: one may have been issued at any moment of its second.
const SECOND: Duration = Duration::from_secs(1);

/// How people arrive.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The platform's public key.
    pub key: TokenKey,
    /// What a token must name as its audience.
    pub audience: String,
    /// How long a token may live at most.
    pub token_lifetime_max: Duration,
    /// Where people get a sign-in link, for the page that tells them so.
    pub url: Option<Url>,
    /// The identity provider, where people may arrive from one.
    pub provider: Option<Arc<oidc::ProviderRules>>,
    /// How the session cookie is protected.
    pub cookies: CookieRule,
}

/// Why a token does not sign anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInFault {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// It comes from the future.
    #[error("issued in the future")]
    Early,
    /// It is good for longer than we accept.
    #[error("lives too long")]
    LongLived,
    /// It may have been used before this process began: that is not remembered.
    #[error("issued before the start")]
    BeforeStart,
    /// It was used before.
    #[error("used before")]
    Used,
    /// Too many used tokens are remembered.
    #[error("too many sign-ins at once")]
    Full,
}

/// Handles the route.
pub(crate) async fn sign_in(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    holder: Holder,
    asked: Asked,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(wait) = asked.pass(&pages, Act::SignIn) {
        return refuse(&pages, visitor.asker(&pages), Refusal::too_many(wait));
    }
    let token = query.as_deref().and_then(|query| {
        let mut fields = url::form_urlencoded::parse(query.as_bytes());
        fields.find_map(|(name, value)| (name == "token").then(|| value.into_owned()))
    });
    if let (None, Some(provider)) = (&token, &pages.provider) {
        return oidc::begin(&pages, provider, &headers, visitor.asker(&pages)).await;
    }
    let token = token.unwrap_or_default();
    let claims = checked(&pages, &token, &pages.parts.sign_in.audience);
    let account = claims.as_ref().ok().map(|claims| of(&pages, claims));
    if account.is_some_and(|account| is_asked(&pages, &visitor, &headers, account)) {
        return ask(&pages, holder, token);
    }
    arrived(&pages, &visitor, &headers, claims)
}

/// Signs in whom a token names, and uses it up.
pub(super) fn arrived(
    pages: &Pages,
    visitor: &Visitor,
    headers: &HeaderMap,
    claims: Result<Claims, SignInFault>,
) -> Response {
    let account = claims.as_ref().ok().map(|claims| of(pages, claims));
    match claims.and_then(|claims| used_up(pages, &claims).map(|()| of(pages, &claims))) {
        Ok(account) => opened(pages, headers, account, Arrival::Token),
        // Why: following one's own link twice, or going back to it, is no reason for an error page.
        Err(SignInFault::Used)
            if account == visitor.person(pages).map(|person| person.account()) =>
        {
            see_other("/settings")
        }
        Err(fault) => {
            tracing::info!(sign_in.fault = %fault, "a sign-in token was refused");
            refuse(pages, visitor.asker(pages), Refusal::SignInLink)
        }
    }
}

/// Returns the account that a token names.
fn of(pages: &Pages, claims: &Claims) -> SubjectKey {
    pages.parts.keyring.account(&claims.sub)
}

/// Opens a session of an account or a device with a cookie of its own, in the place of the one that the browser had.
pub(crate) fn opened(
    pages: &Pages,
    headers: &HeaderMap,
    key: SubjectKey,
    arrival: Arrival,
) -> Response {
    let rule = pages.parts.sign_in.cookies;
    let is_device = key.kind == KeyKind::Device;
    let before =
        if is_device { rule.read_device(headers) } else { cookies::read(headers, rule.name()) };
    if let Some(before) = before {
        pages.sessions.close(before);
    }
    let cookie = pages.sessions.open(key, arrival);
    let (place, set) = if is_device {
        ("/device", rule.device(&cookie))
    } else {
        ("/settings", rule.set(&cookie))
    };
    let mut response = see_other(place);
    set_cookie(response.headers_mut(), &set);
    response
}

/// Uses a token up; fails if it was, or may have been before this process began. Where too many are remembered nobody can
/// sign in: better that than a token that is good twice.
pub(super) fn used_up(pages: &Pages, claims: &Claims) -> Result<(), SignInFault> {
    let clock = pages.parts.clock.as_ref();
    // Why by the age: a clock that was ahead at the start, and is set back, must not shut people out.
    let began = clock.now().minus(clock.boot().since(pages.began));
    if claims.issued().plus(SECOND) <= began {
        return Err(SignInFault::BeforeStart);
    }
    match pages.used.take(&claims.jti, claims.expires(), clock.now()) {
        Taken::First => Ok(()),
        Taken::Again => Err(SignInFault::Used),
        Taken::Full => Err(SignInFault::Full),
    }
}

/// Reads a token that the platform signed, and judges its times. Whether it was used before is another question.
pub(crate) fn checked(pages: &Pages, token: &str, audience: &str) -> Result<Claims, SignInFault> {
    let rules = &pages.parts.sign_in;
    let claims = rules.key.read_token(token, audience)?;
    let now = pages.parts.clock.now();
    if now >= claims.expires() {
        return Err(SignInFault::Expired);
    }
    if claims.issued() > now.plus(CLOCKS_APART) {
        return Err(SignInFault::Early);
    }
    if claims.expires() > claims.issued().plus(rules.token_lifetime_max) {
        return Err(SignInFault::LongLived);
    }
    Ok(claims)
}
