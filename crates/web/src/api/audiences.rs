//! `POST /v1/partners/{id}/audiences`: a partner puts people on its lists, or takes them off.
//! `POST /v1/audiences/query`: what the platform's own ad server may use of that, and of activity off the
//! platform, for one ad opportunity.

use super::{
    Desk, Scope, auction,
    body::{self, Written},
    explain,
};
use crate::{
    gpc::gpc,
    path::Path,
    problem::{Kind, Problem},
};
use axum::{Json, body::Body, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use sluicegate_audiences::{BODY, Format, TakeError};
use sluicegate_exchange::{
    AuctionCall, Incoming, Speaker, Usable, UsableActivity, UsableList, Wanted,
};
use sluicegate_gate::{Activity, AdvertiserId, AudienceId, PartnershipId, time::UnixMillis};

/// Answers 202 once the batch is durable. What is said of each item is its form alone.
pub(crate) async fn upload(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let no_such = || Problem::new(Kind::Forbidden, "this needs another key");
    let partnership: PartnershipId = id.parse().map_err(|_name| no_such())?;
    desk.require(&headers, Scope::Partner(partnership.clone()))?;
    let format = format(&headers)?;
    let _place = desk.lanes.enter(&partnership)?;
    let bytes = body::bytes(body, BODY.bytes).await?;
    let taken = desk.uploads.accept(&partnership, &bytes, format).await;
    Ok((StatusCode::ACCEPTED, Json(taken.map_err(|error| refused(&error))?)))
}

/// How the body is written, by its content type.
pub(crate) fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    Ok(match body::written(headers)? {
        Written::Json => Format::Json,
        Written::Ndjson => Format::Ndjson,
    })
}

/// Why a batch was refused as a whole.
pub(crate) fn refused(error: &TakeError) -> Problem {
    match error {
        TakeError::Json(fault) => Problem::field(fault.path.clone(), fault.problem.to_string()),
        TakeError::Shape { field, problem } => Problem::field(*field, *problem),
        TakeError::Unknown { field } => Problem::field(field.clone(), error.to_string()),
        TakeError::TooMany => Problem::new(Kind::TooLarge, error.to_string()),
        TakeError::Conflicting | TakeError::NotInForce => {
            Problem::new(Kind::Conflict, error.to_string())
        }
        TakeError::NotListed => Problem::new(Kind::NotFound, error.to_string()),
        TakeError::Full => Problem::new(Kind::Unavailable, error.to_string()),
        TakeError::Inbox(_) => Problem::inside(error),
    }
}

#[derive(Serialize)]
pub(crate) struct Answer {
    lists: Vec<List>,
    activity: Vec<Done>,
    /// Why nothing may be used, where that is so.
    reasons: Vec<explain::Taken>,
}

#[derive(Serialize)]
struct List {
    partnership: PartnershipId,
    audience: AudienceId,
    name: String,
    segtax: u16,
    segment: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    advertiser: Option<AdvertiserId>,
    until_ms: UnixMillis,
}

#[derive(Serialize)]
struct Done {
    advertiser: AdvertiserId,
    activity: Activity,
    last_ms: UnixMillis,
    until_ms: UnixMillis,
}

/// The body is the bid request of the opportunity: its person and every signal in it count.
pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Answer>, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let bytes = body::bytes(body, auction::REQUEST_MAX).await?;
    let call = AuctionCall {
        request: Incoming::Bytes(bytes),
        speaker: Speaker::Platform,
        gpc: gpc(&headers),
        wanted: Wanted::Winners,
    };
    let usable = desk.exchange.own_use(call).map_err(|error| auction::refused(&error))?;
    Ok(Json(usable.into()))
}

/// Writes of how many batches something was set aside.
pub(crate) fn gauge_of_set_aside(batches: u64) -> String {
    format!(
        "# HELP sluicegate_audiences_set_aside Batches of lists and activity of which something could not be applied.\n\
         # TYPE sluicegate_audiences_set_aside gauge\nsluicegate_audiences_set_aside {batches}\n"
    )
}

impl From<Usable> for Answer {
    fn from(usable: Usable) -> Self {
        Self {
            lists: usable.lists.into_iter().map(List::from).collect(),
            activity: usable.activity.into_iter().map(Done::from).collect(),
            reasons: usable.losses.iter().map(explain::Taken::from).collect(),
        }
    }
}

impl From<UsableList> for List {
    fn from(list: UsableList) -> Self {
        let UsableList { partnership, audience, name, segment, advertiser, until } = list;
        let (segtax, segment) = (segment.taxonomy, segment.id);
        Self { partnership, audience, name, segtax, segment, advertiser, until_ms: until }
    }
}

impl From<UsableActivity> for Done {
    fn from(done: UsableActivity) -> Self {
        let UsableActivity { advertiser, activity, at, until } = done;
        Self { advertiser, activity, last_ms: at, until_ms: until }
    }
}

macro_rules! silent {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "([personal])"))
            }
        })*
    };
}
silent!(Answer, List, Done);
