//! `POST /signin/backchannel-logout`: the identity provider ends sessions, because somebody signed out there or was
//! shut out (`OpenID` Connect Back-Channel Logout 1.0).
//!
//! The provider itself calls, not a browser. What it sends is believed for its signature alone, and counts once.

use super::{
    id_token::{Expected, ProviderKey, TokenFault, in_time, signed, until},
    provider::Fault,
};
use crate::{
    limits::Act,
    pages::{
        Pages,
        guard::{Asked, Fields},
        once::Taken,
    },
    session::EndedThere,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sluicegate_gate::time::UnixMillis;
use std::sync::Arc;

/// What a token that ends sessions says of itself (section 2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How it may call itself, in lower case; it need not.
const TYPES: [&str; 3] = ["logout+jwt", "application/logout+jwt", "jwt"];
/// Bytes of a token's own id.
const ID_BYTES_MAX: usize = 256;

/// What a token says that ends sessions.
#[derive(Debug)]
pub(crate) struct Logout {
    ended: EndedThere,
    id: String,
    /// When nobody believes it any more.
    until: UnixMillis,
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    exp: i64,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<Value>,
}

/// Reads a token as section 2.6 asks.
pub(super) fn read(
    token: &str,
    keys: &[ProviderKey],
    expected: &Expected<'_>,
) -> Result<Logout, TokenFault> {
    let token = signed::<Claims>(token, keys, expected)?;
    let claims = token.claims;
    in_time(claims.iat, claims.exp, expected.now)?;
    let is_named = token.header.typ.is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        TYPES.contains(&typ.as_str())
    });
    let ends = claims.events.get(EVENT).is_some_and(Value::is_object);
    let has_id = (1..=ID_BYTES_MAX).contains(&claims.jti.len());
    // Why: an ID token has a nonce, and must not pass for one of these.
    if !is_named || !ends || !has_id || claims.nonce.is_some() {
        return Err(TokenFault::NotLogout);
    }
    let ended = EndedThere::named(claims.sub.as_deref(), claims.sid.as_deref());
    let ended = ended.ok_or(TokenFault::NotLogout)?;
    Ok(Logout { ended, id: claims.jti, until: until(claims.exp) })
}

/// Handles the route.
pub(crate) async fn end(State(pages): State<Arc<Pages>>, asked: Asked, body: Body) -> Response {
    if let Err(wait) = asked.pass(&pages, Act::Logout) {
        let seconds = wait.as_secs().max(1).to_string();
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)]).into_response();
    }
    let headers = [(header::CACHE_CONTROL, "no-store")];
    match logged(ended(&pages, body).await) {
        Ok(_sessions) => (StatusCode::OK, headers).into_response(),
        Err(fault) => {
            let description = fault.to_string();
            let answer = json!({ "error": "invalid_request", "error_description": description });
            (StatusCode::BAD_REQUEST, headers, Json(answer)).into_response()
        }
    }
}

fn logged(outcome: Result<usize, Fault>) -> Result<usize, Fault> {
    outcome
        .inspect(|sessions| {
            tracing::info!(sessions.ended = sessions, "the identity provider ended sessions");
        })
        .inspect_err(|fault| {
            tracing::warn!(sign_out.fault = %fault, "the identity provider ended no session");
        })
}

async fn ended(pages: &Pages, body: Body) -> Result<usize, Fault> {
    let provider = pages.provider.as_ref().ok_or(Fault::Refused)?;
    let clock = &*pages.parts.clock;
    let fields = Fields::read(body).await.ok_or(TokenFault::None)?;
    let token = fields.value("logout_token").unwrap_or_default();
    let logout = provider.ended(token, clock).await?;
    match provider.logouts.take(&logout.id, logout.until, clock.now()) {
        // Why: to end a session once more is better than not to end one because too many tokens are remembered.
        Taken::First | Taken::Full => Ok(pages.sessions.close_ended(logout.ended)),
        Taken::Again => Err(TokenFault::Used.into()),
    }
}
