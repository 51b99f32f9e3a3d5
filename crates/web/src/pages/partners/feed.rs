//! `GET /partners.atom`: an entry for each edition, the latest first, with what changed (RFC 4287), in the language
//! that `?lang=` names, else in English. Each language is a feed of its own, with ids of its own.

use super::{archive::NotRead, comparison::Comparison, listed::Reader, no_edition, open_to_all};
use crate::pages::{
    Pages,
    language::{Language, Message},
    when::Moment,
};
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use std::sync::Arc;

/// Editions in the feed at most.
const ENTRIES_MAX: usize = 20;

#[derive(Debug, Template)]
#[template(path = "partners.atom.xml")]
struct Feed {
    language: Language,
    title: Message,
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
    title: Message,
    id: String,
    page: String,
    published: Moment,
    content: String,
}

#[derive(Debug, Template)]
#[template(path = "partners.atom.entry.html")]
struct Content {
    language: Language,
    comparison: Option<Comparison>,
}

/// Gives the feed.
pub(crate) async fn atom(State(pages): State<Arc<Pages>>, RawQuery(query): RawQuery) -> Response {
    match feed(&pages, asked(query.as_deref())).await {
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
        Ok(None) => no_edition().into_response(),
        Err(NotRead) => NotRead.into_response(),
    }
}

/// Returns the language that an address names. A reader of feeds has no other way to say one.
fn asked(query: Option<&str>) -> Language {
    let mut fields = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let tag = fields.find_map(|(name, value)| (name == "lang").then_some(value));
    tag.and_then(|tag| Language::of_tag(&tag)).unwrap_or_default()
}

/// Returns where the feed of a language is.
pub(crate) fn address(language: Language) -> String {
    match language {
        Language::English => String::from("/partners.atom"),
        Language::Spanish | Language::German | Language::Japanese | Language::Arabic => {
            format!("/partners.atom?lang={}", language.tag())
        }
    }
}

/// Makes an id one of this language's feed.
fn id(language: Language, id: String) -> String {
    match language {
        Language::English => id,
        Language::Spanish | Language::German | Language::Japanese | Language::Arabic => {
            format!("{id}:{}", language.tag())
        }
    }
}

async fn feed(pages: &Pages, language: Language) -> Result<Option<Feed>, NotRead> {
    let all = pages.archive.list().await?;
    let Some(latest) = all.first() else { return Ok(None) };
    let mut entries = Vec::new();
    for summary in all.iter().take(ENTRIES_MAX) {
        let before = match summary.number.checked_sub(1) {
            None | Some(0) => None,
            Some(before) => pages.archive.edition(before).await?,
        };
        let Some(edition) = pages.archive.edition(summary.number).await? else { continue };
        let reader = Reader { language, platform: &pages.parts.platform };
        let comparison =
            before.map(|before| Comparison::of(reader, before.public(), edition.public()));
        entries.push(Entry {
            title: language.say("editions-one").with("number", summary.number),
            id: id(language, format!("urn:sluicegate:edition:{}", summary.hash)),
            page: pages.absolute(&format!("/partners/editions/{}", summary.number)),
            published: Moment::of(summary.published_at),
            content: Content { language, comparison }.render().unwrap_or_default(),
        });
    }
    Ok(Some(Feed {
        language,
        title: language.say("partners-heading"),
        platform: pages.parts.platform.clone(),
        id: id(language, format!("urn:sluicegate:partners:{}", pages.parts.domain)),
        own: pages.absolute(&address(language)),
        page: pages.absolute("/partners"),
        updated: Moment::of(latest.published_at),
        entries,
    }))
}
