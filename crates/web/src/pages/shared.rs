//! `GET /settings/shared` and `GET /settings/shared.json`: what left, and what was held back.

use super::{
    Pages,
    answer::{Refusal, page, refuse},
    arrangements::{Arrangement, arrangements},
    guard::Person,
    layout::{Layout, Place},
    recalled::{Recalled, State as RecallState, recalled},
    when::Moment,
};
use askama::Template;
use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sluicegate_ledger::ExportRow;
use sluicegate_recall::Standing;
use sluicegate_register::Day;
use std::{sync::Arc, time::Duration};

#[derive(Debug, Template)]
#[template(path = "shared.html")]
pub(super) struct SharedPage {
    pub(super) layout: Layout,
    pub(super) span: Span,
    pub(super) spans: [Span; 3],
    pub(super) since: Moment,
    pub(super) controlled: Vec<Arrangement>,
    pub(super) outside: Vec<Arrangement>,
    pub(super) recalled: Vec<Recalled>,
}

/// How far back the page looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// Since midnight.
    Today,
    /// Today and the six days before.
    Week,
    /// Today and the 29 days before.
    Month,
}

/// What is downloaded.
#[derive(Serialize)]
struct Export {
    /// From when, RFC 3339.
    from: String,
    /// Until when, RFC 3339.
    until: String,
    /// The hash of the edition in force.
    edition: Option<String>,
    /// What left and what was held back, the latest first.
    records: Vec<ExportRow>,
}

/// Shows the page.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Response {
    let span = Span::of(query.as_deref());
    let now = pages.parts.clock.now();
    let since = span.since(now);
    let view = match pages.parts.ledger.person(person.account(), since..after(now)).await {
        Ok(view) => view,
        Err(error) => {
            tracing::error!(error = %error, "a person's disclosures could not be read for a page");
            return refuse(&pages, Some(person.csrf), Refusal::Failed);
        }
    };
    let Some(standing) = standing(&pages, person.account()).await else {
        return refuse(&pages, Some(person.csrf), Refusal::Failed);
    };
    let edition = pages.parts.current.load();
    let all = arrangements(&view, edition.as_deref());
    let (controlled, outside) = all.into_iter().partition(Arrangement::is_controlled);
    page(&SharedPage {
        span,
        spans: Span::ALL,
        since: Moment::of(since),
        controlled,
        outside,
        recalled: recalled(&standing, edition.as_deref()),
        layout: pages.layout(Place::Shared, Some(person.csrf)),
    })
}

/// Returns how far partners are with what they are told about a person, if that can be read.
async fn standing(pages: &Pages, account: SubjectKey) -> Option<Vec<Standing>> {
    let standing = pages.parts.recalls.standing(vec![account]).await;
    let told = |error| {
        tracing::error!(error = %error, "what partners are told could not be read for a page");
    };
    standing.map_err(told).ok()
}

/// Gives the same as JSON, to keep.
pub(crate) async fn json(
    State(pages): State<Arc<Pages>>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Response {
    let now = pages.parts.clock.now();
    let since = Span::of(query.as_deref()).since(now);
    match pages.parts.ledger.export_person(person.account(), since..after(now)).await {
        Ok(records) => {
            let name = "attachment; filename=\"what-was-shared.json\"";
            let export = Export {
                from: Moment::of(since).iso(),
                until: Moment::of(now).iso(),
                edition: pages.parts.current.load().map(|edition| edition.hash().to_string()),
                records,
            };
            ([(header::CONTENT_DISPOSITION, name)], Json(export)).into_response()
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's disclosures could not be exported");
            refuse(&pages, Some(person.csrf), Refusal::Failed)
        }
    }
}

impl Span {
    /// In the order of the page.
    pub(super) const ALL: [Self; 3] = [Self::Today, Self::Week, Self::Month];

    /// Reads the query; without one that we know, a week.
    fn of(query: Option<&str>) -> Self {
        let mut fields = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let named = fields.find_map(|(name, value)| (name == "range").then_some(value));
        let known = Self::ALL.into_iter().find(|span| named.as_deref() == Some(span.name()));
        known.unwrap_or(Self::Week)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "7-days",
            Self::Month => "30-days",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    fn since(self, now: UnixMillis) -> UnixMillis {
        let days_before = match self {
            Self::Today => 0,
            Self::Week => 6,
            Self::Month => 29,
        };
        Day::of(now).start().minus(Duration::from_hours(24 * days_before))
    }
}

/// The end of a range that still holds `now`.
fn after(now: UnixMillis) -> UnixMillis {
    now.plus(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::START;

    #[test]
    fn the_range_is_whole_days_and_a_week_unless_said() {
        assert_eq!(Span::of(Some("range=today")), Span::Today);
        assert_eq!(Span::of(Some("a=b&range=30-days")), Span::Month);
        for other in [None, Some(""), Some("range=forever"), Some("range=%ff")] {
            assert_eq!(Span::of(other), Span::Week);
        }
        let since = |span: Span| Moment::of(span.since(START)).iso();
        assert_eq!(since(Span::Today), "2026-11-23T00:00:00Z");
        assert_eq!(since(Span::Week), "2026-11-17T00:00:00Z");
        assert_eq!(since(Span::Month), "2026-10-25T00:00:00Z");
    }
}
