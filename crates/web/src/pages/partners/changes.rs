//! `GET /partners/editions`: all editions. `GET /partners/changes?from=1&to=2`: what changed between two of
//! them. Both also as JSON.

use super::{
    FOREVER, Stamp,
    archive::{NotRead, number},
    comparison::Comparison,
    listed::Said,
    no_such_edition, open_to_all,
};
use crate::{
    pages::{
        Pages,
        answer::{Refusal, page, refuse},
        guard::Visitor,
        layout::{Layout, Place},
        when::Moment,
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use sluicegate_gate::time::UnixMillis;
use sluicegate_register::{Diff, Edition, EditionSummary};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "editions.html")]
pub(crate) struct EditionsPage {
    pub(crate) layout: Layout,
    pub(crate) editions: Vec<Stamp>,
}

#[derive(Debug, Template)]
#[template(path = "changes.html")]
pub(crate) struct ChangesPage {
    pub(crate) layout: Layout,
    pub(crate) comparison: Comparison,
    /// All editions, to choose two others.
    pub(crate) editions: Vec<Stamp>,
}

/// One edition of the list, as JSON.
#[derive(Serialize)]
struct Entry {
    number: u32,
    hash: String,
    published_at_ms: UnixMillis,
}

/// Two editions, the earlier first.
struct Pair(Arc<Edition>, Arc<Edition>);

/// Why there are no two editions to compare.
enum NoPair {
    /// A field is missing, or is no number of an edition.
    Field(&'static str),
    NotFound,
    NotRead,
}

/// Lists all editions.
pub(crate) async fn editions(State(pages): State<Arc<Pages>>, visitor: Visitor) -> Response {
    let asker = visitor.asker(&pages);
    match pages.archive.list().await {
        Ok(all) if all.is_empty() => refuse(&pages, asker, Refusal::NoEdition),
        Ok(all) => page(&EditionsPage {
            layout: pages.layout(Place::Partners, asker),
            editions: all.iter().map(stamp).collect(),
        }),
        Err(NotRead) => refuse(&pages, asker, Refusal::Failed),
    }
}

/// Lists all editions, as JSON.
pub(crate) async fn editions_json(State(pages): State<Arc<Pages>>) -> Response {
    let Ok(all) = pages.archive.list().await else {
        return NotRead.into_response();
    };
    let entry = |edition: &EditionSummary| Entry {
        number: edition.number,
        hash: edition.hash.to_string(),
        published_at_ms: edition.published_at,
    };
    let entries: Vec<Entry> = all.iter().map(entry).collect();
    let kept = [(header::CACHE_CONTROL, "public, max-age=60")];
    (kept, open_to_all(), Json(entries)).into_response()
}

/// Shows what changed.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let asker = visitor.asker(&pages);
    let Pair(earlier, later) = match pair(&pages, query.as_deref()).await {
        Ok(pair) => pair,
        Err(NoPair::Field(_) | NoPair::NotFound) => {
            return refuse(&pages, asker, Refusal::NoSuchEdition);
        }
        Err(NoPair::NotRead) => return refuse(&pages, asker, Refusal::Failed),
    };
    let Ok(all) = pages.archive.list().await else {
        return refuse(&pages, asker, Refusal::Failed);
    };
    let layout = pages.layout(Place::Partners, asker);
    page(&ChangesPage {
        comparison: Comparison::of(layout.reader(), earlier.public(), later.public()),
        layout,
        editions: all.iter().map(stamp).collect(),
    })
}

/// Gives what changed, as JSON.
pub(crate) async fn json(State(pages): State<Arc<Pages>>, RawQuery(query): RawQuery) -> Response {
    match pair(&pages, query.as_deref()).await {
        Ok(Pair(earlier, later)) => {
            let diff = Diff::between(&earlier, &later).public();
            ([(header::CACHE_CONTROL, FOREVER)], open_to_all(), Json(diff)).into_response()
        }
        Err(NoPair::Field(field)) => {
            Problem::field(field, "not the number of an edition, like 1").into_response()
        }
        Err(NoPair::NotFound) => no_such_edition().into_response(),
        Err(NoPair::NotRead) => NotRead.into_response(),
    }
}

/// Reads the two numbers of an address, in either order, and both editions.
async fn pair(pages: &Pages, query: Option<&str>) -> Result<Pair, NoPair> {
    let fields: Vec<_> =
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
    let field = |wanted: &'static str| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found.and_then(|(_, value)| number(value)).ok_or(NoPair::Field(wanted))
    };
    let (one, other) = (field("from")?, field("to")?);
    let (earlier, later) = (one.min(other), one.max(other));
    Ok(Pair(edition(pages, earlier).await?, edition(pages, later).await?))
}

async fn edition(pages: &Pages, number: u32) -> Result<Arc<Edition>, NoPair> {
    let found = pages.archive.edition(number).await.map_err(|NotRead| NoPair::NotRead)?;
    found.ok_or(NoPair::NotFound)
}

fn stamp(edition: &EditionSummary) -> Stamp {
    Stamp {
        number: edition.number,
        hash: edition.hash.to_string(),
        published: Moment::of(edition.published_at),
    }
}
