//! An ad was shown: `POST /v1/renders` from the platform, or an address of ours that a bid carries as its
//! `burl` and that a browser loads as an image.
//!
//! The token is all there is to a report: no cookie is read or set, and nothing is kept of who called. The
//! partner hears of it from the gateway, never from the browser, and what it is to hear is durable before
//! anybody is answered.

use super::{Desk, Scope, body};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{Json, body::Body, extract::State, response::IntoResponse};
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use sluicegate_exchange::{Billing, RenderedError, TokenError, WonError};

/// What comes before the token in the address that a browser loads.
pub const BILLABLE_EVENTS: &str = "/events/billable/";
/// The same, where the browser says that it chose the bid.
pub const WIN_EVENTS: &str = "/events/win/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    /// The token of `ext.sluicegate.render` in the auction's answer.
    token: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Reported {
    partnership: String,
    /// Whether the partner asked for a billing notice, so that one waits to be sent. It is durable.
    billing_notice: &'static str,
}

pub(crate) async fn rendered(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let report: Report = body::json(body).await?;
    let rendered = desk.exchange.rendered(&report.token).await.map_err(|error| refused(&error))?;
    let billing_notice = match rendered.billing {
        Billing::Queued => "queued",
        Billing::NotAsked => "not asked for",
    };
    let partnership = rendered.partnership.to_string();
    Ok((StatusCode::ACCEPTED, Json(Reported { partnership, billing_notice })))
}

/// `GET /events/billable/{token}`: answers a picture of one clear pixel. To ask for its head only reports
/// nothing.
pub(crate) async fn event(
    State(desk): State<Desk>,
    method: Method,
    token: Result<Path<String>, Problem>,
) -> Result<impl IntoResponse, Problem> {
    let Path(token) = token.map_err(|_not_text| refused(&TokenError::Invalid.into()))?;
    if method == Method::GET {
        desk.exchange.rendered(&token).await.map_err(|error| refused(&error))?;
    }
    Ok((EVENT_HEADERS, PIXEL))
}

/// `GET /events/win/{token}`: likewise, where a client that got all bids says that it chose this one.
pub(crate) async fn win(
    State(desk): State<Desk>,
    method: Method,
    token: Result<Path<String>, Problem>,
) -> Result<impl IntoResponse, Problem> {
    let Path(token) = token.map_err(|_not_text| refused(&TokenError::Invalid.into()))?;
    if method == Method::GET {
        desk.exchange.won(&token).await.map_err(|error| not_won(&error))?;
    }
    Ok((EVENT_HEADERS, PIXEL))
}

fn not_won(error: &WonError) -> Problem {
    match error {
        WonError::Token(error) => refused(&RenderedError::Token(*error)),
        WonError::NotFresh => Problem::new(Kind::Unavailable, error.to_string()),
        WonError::Bills(_) => Problem::inside(error),
    }
}

fn refused(error: &RenderedError) -> Problem {
    match error {
        RenderedError::Token(TokenError::Invalid) => Problem::field("token", error.to_string()),
        RenderedError::Token(TokenError::Expired) => {
            Problem::new(Kind::Conflict, error.to_string())
        }
        RenderedError::Full => Problem::new(Kind::Unavailable, error.to_string()),
        RenderedError::Bills(_) => Problem::inside(error),
    }
}

/// Nothing is kept on the way, nothing is told to others, and pages of every site may show it.
const EVENT_HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_TYPE, "image/gif"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
];

/// A GIF of one clear pixel.
const PIXEL: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
