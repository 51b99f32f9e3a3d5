//! `GET /partners.atom`: an entry for each edition, the latest first, with what changed (RFC 4287).

use super::{archive::NotRead, comparison::Comparison, listed::Reader, open_to_all};
use crate::pages::{Pages, language::Language, when::Moment};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use std::sync::Arc;

/// Editions in the feed at most.
const ENTRIES_MAX: usize = 20;

/// The feed has one language: readers of feeds ask for none.
const LANGUAGE: Language = Language::English;

#[derive(Debug, Template)]
#[template(path = "partners.atom.xml")]
struct Feed {
    platform: String,
    id: String,
    own: String,
    page: String,
    updated: Moment,
    entries: Vec<Entry>,
}

/// One edition. Its content is markup, and so is escaped twice.
#[derive(Clone, Debug)]
struct Entry {
    number: u32,
    id: String,
    page: String,
    published: Moment,
    content: String,
}

#[derive(Debug, Template)]
#[template(path = "partners.atom.entry.html")]
struct Content {
    comparison: Option<Comparison>,
}

/// Gives the feed.
pub(crate) async fn atom(State(pages): State<Arc<Pages>>) -> Response {
    match feed(&pages).await {
        Ok(Some(feed)) => match feed.render() {
            Ok(text) => {
                let headers = [
                    (header::CONTENT_TYPE, "application/atom+xml; charset=utf-8"),
                    (header::CACHE_CONTROL, "public, max-age=300"),
                ];
                (headers, open_to_all(), text).into_response()
            }
            Err(error) => {
                tracing::error!(error = %error, "the feed could not be rendered");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        },
        Ok(None) | Err(NotRead) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn feed(pages: &Pages) -> Result<Option<Feed>, NotRead> {
    let all = pages.archive.list().await?;
    let Some(latest) = all.first() else { return Ok(None) };
    let mut entries = Vec::new();
    for summary in all.iter().take(ENTRIES_MAX) {
        let before = match summary.number.checked_sub(1) {
            None | Some(0) => None,
            Some(before) => pages.archive.edition(before).await?,
        };
        let Some(edition) = pages.archive.edition(summary.number).await? else { continue };
        let reader = Reader { language: LANGUAGE, platform: &pages.parts.platform };
        let comparison =
            before.map(|before| Comparison::of(reader, before.public(), edition.public()));
        entries.push(Entry {
            number: summary.number,
            id: format!("urn:sluicegate:edition:{}", summary.hash),
            page: pages.absolute(&format!("/partners/editions/{}", summary.number)),
            published: Moment::of(summary.published_at),
            content: Content { comparison }.render().unwrap_or_default(),
        });
    }
    Ok(Some(Feed {
        platform: pages.parts.platform.clone(),
        id: format!("urn:sluicegate:partners:{}", pages.parts.domain),
        own: pages.absolute("/partners.atom"),
        page: pages.absolute("/partners"),
        updated: Moment::of(latest.published_at),
        entries,
    }))
}
