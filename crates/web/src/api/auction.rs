//! `POST /openrtb2/auction`: OpenRTB 2.6 in and out, for the platform's ad server (with its key) and
//! for pages in a browser (without one).
//!
//! No bid is answered with 200 too, so that a closed gate does not show.

use super::{
    Desk, Scope, body, compressed,
    origins::{self, Caller},
};
use crate::{
    gpc::gpc,
    limits::Peer,
    problem::{Kind, Problem},
};
use axum::{
    Extension, Json,
    body::Body,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use sluicegate_exchange::{Asker, AuctionCall, AuctionError, Incoming, Overload, Speaker, Wanted};

/// Longest bid request, in bytes: 256 KiB, as Prebid Server has it.
pub(crate) const REQUEST_MAX: usize = 256 * 1024;

pub(crate) async fn auction(
    State(desk): State<Desk>,
    RawQuery(query): RawQuery,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let peer = peer.map(|Extension(peer)| peer);
    let held = held(&desk, (query.as_deref(), peer), &headers, body).await;
    // A page may read what was wrong, too.
    let mut response = held.into_response();
    origins::allow(&desk, &headers, response.headers_mut());
    response
}

async fn held(
    desk: &Desk,
    (query, peer): (Option<&str>, Option<Peer>),
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let speaker = speaker(desk, headers)?;
    let mut bytes = body::bytes(body, REQUEST_MAX).await?;
    if compressed::is_said(query, headers) {
        bytes = compressed::open(&bytes, REQUEST_MAX)?;
    }
    let exchange = std::sync::Arc::clone(&desk.exchange);
    let asker = match speaker {
        Speaker::Platform => Asker::Platform,
        // Whoever comes without an address is on this machine.
        Speaker::Browser { .. } => {
            Asker::Browser(peer.map(|peer| desk.sessions.client(peer, headers)))
        }
    };
    let place = exchange.admit(asker).map_err(overloaded)?;
    let call = AuctionCall {
        wanted: wanted(&bytes),
        request: Incoming::Bytes(bytes),
        speaker,
        gpc: gpc(headers),
    };
    // In a task of its own: a caller that hangs up must not count against the partners.
    let auctioned = tokio::spawn(async move { exchange.hold(place, call).await })
        .await
        .map_err(|ended| Problem::inside(&ended))?
        .map_err(|error| refused(&error))?;
    let mut response = Json(auctioned.answer).into_response();
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    own.insert("x-openrtb-version", HeaderValue::from_static("2.6"));
    Ok(response)
}

/// The platform speaks with its key. Whoever has none is a browser, for which only our own session
/// counts, on a page of a listed origin. For any other page nobody is asked.
pub(crate) fn speaker(desk: &Desk, headers: &HeaderMap) -> Result<Speaker, Problem> {
    match desk.caller(headers)? {
        Some(Scope::Platform | Scope::Operator) => return Ok(Speaker::Platform),
        Some(Scope::Partner(_)) => {
            return Err(Problem::new(Kind::Forbidden, "a partner's key does not open auctions"));
        }
        Some(Scope::Advertiser(_)) => {
            return Err(Problem::new(
                Kind::Forbidden,
                "an advertiser's key does not open auctions",
            ));
        }
        None => {}
    }
    let account = match origins::caller(desk, headers) {
        Caller::Listed => desk.sessions.account(headers),
        Caller::NoPage => None,
        Caller::Other => {
            let detail = "pages of this origin may not ask for ads: `listen.origins`";
            return Err(Problem::new(Kind::Origin, detail));
        }
    };
    let browser = desk.sessions.browser(headers);
    Ok(Speaker::Browser { account, browser })
}

/// A client that names `ext.prebid` chooses among the bids itself.
fn wanted(bytes: &[u8]) -> Wanted {
    #[derive(Deserialize)]
    struct Request {
        #[serde(default)]
        ext: Option<Ext>,
    }
    #[derive(Deserialize)]
    struct Ext {
        #[serde(default)]
        prebid: Option<serde::de::IgnoredAny>,
    }
    // Whatever else is wrong with the request, the exchange says so.
    let asks = serde_json::from_slice::<Request>(bytes)
        .is_ok_and(|request| request.ext.is_some_and(|ext| ext.prebid.is_some()));
    if asks { Wanted::AllBids } else { Wanted::Winners }
}

/// What is wrong with the request, by field.
pub(crate) fn refused(error: &AuctionError) -> Problem {
    match error {
        AuctionError::Overload(why) => overloaded(*why),
        AuctionError::Request(wrong) => Problem::field(wrong.field.clone(), wrong.problem.clone()),
    }
}

/// Nothing was read, told or recorded: the same request may come again.
fn overloaded(why: Overload) -> Problem {
    Problem::new(Kind::Overloaded, why.to_string())
}

#[derive(Debug, Serialize)]
struct Syncs {
    status: &'static str,
    bidder_status: [(); 0],
}

/// There is nothing to sync: partners do not learn ids from each other here.
pub(crate) async fn cookie_sync(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let mut response = Json(Syncs { status: "ok", bidder_status: [] }).into_response();
    origins::allow(&desk, &headers, response.headers_mut());
    response
}
