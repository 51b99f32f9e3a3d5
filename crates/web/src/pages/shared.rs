//! `GET /settings/shared` with its downloads, and the same under `/device/shared`: what left, and what was held
//! back, of an account or of what has none.

use super::{
    Pages,
    answer::{Refusal, page, refuse},
    arrangements::{Arrangement, SETS_MAX, Teller},
    guard::Person,
    language::Message,
    layout::{Layout, Place},
    next::{self, NextPartner},
    recalled::{Recalled, recalled, standing},
    span::{Show, Span, View},
    when::Moment,
};
use askama::Template;
use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde::Serialize;
use sluicegate_gate::{KeyKind, PartnershipId, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{ExportRow, PageQuery};
use sluicegate_register::Edition;
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "shared.html")]
pub(super) struct SharedPage {
    pub(super) layout: Layout,
    pub(super) about: KeyKind,
    pub(super) view: View,
    pub(super) since: Moment,
    pub(super) until: Option<Moment>,
    pub(super) partnerships: Vec<Listed>,
    pub(super) controlled: Vec<Arrangement>,
    pub(super) outside: Vec<Arrangement>,
    pub(super) recalled: Vec<Recalled>,
    pub(super) next: Vec<NextPartner>,
    pub(super) site: Option<String>,
    pub(super) now: UnixMillis,
}

/// A partnership that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: String,
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

/// Shows the account's page.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    person: Person,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let (key, asker) = (person.account(), person.asker);
    let layout = pages.layout(Place::Shared, asker.clone());
    match made(&pages, layout, key, &headers, query.as_deref()).await {
        Some(shared) => page(&shared),
        None => refuse(&pages, asker, Refusal::Failed),
    }
}

/// Gives the same as JSON, to keep.
pub(crate) async fn json(
    State(pages): State<Arc<Pages>>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Response {
    let (key, asker) = (person.account(), person.asker);
    as_json(&pages, key, query.as_deref())
        .await
        .unwrap_or_else(|| refuse(&pages, asker, Refusal::Failed))
}

/// Gives the same as CSV, to keep.
pub(crate) async fn csv(
    State(pages): State<Arc<Pages>>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Response {
    let (key, asker) = (person.account(), person.asker);
    as_csv(&pages, key, query.as_deref())
        .await
        .unwrap_or_else(|| refuse(&pages, asker, Refusal::Failed))
}

/// Makes the page about a key; `None` where the record could not be read.
pub(super) async fn made(
    pages: &Pages,
    layout: Layout,
    key: SubjectKey,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Option<SharedPage> {
    let view = View::of(query);
    let now = pages.parts.clock.now();
    let range = view.span.range(now);
    let from = view.page.saturating_mul(SETS_MAX);
    let asked = PageQuery {
        range: range.clone(),
        partnership: view.partnership.clone(),
        sets: from..from.saturating_add(SETS_MAX),
    };
    let mut read = pages
        .parts
        .ledger
        .person_page(key, asked)
        .await
        .inspect_err(|error| tracing::error!(error = %error, "a person's record could not be read"))
        .ok()?;
    match view.show {
        Show::Everything => {}
        Show::Told => read.withheld.clear(),
        Show::Withheld => read.told.clear(),
    }
    let standing = standing(pages, key).await?;
    let edition = pages.parts.current.load();
    let editions = pages.archive.list().await.ok()?;
    let language = layout.language();
    let teller = Teller { language, edition: edition.as_deref(), editions: &editions, from };
    let all = teller.arrangements(&read);
    let (controlled, outside) = all.into_iter().partition(Arrangement::is_controlled);
    let next = pages.parts.next.next(key, headers);
    Some(SharedPage {
        about: key.kind,
        since: Moment::of(range.start),
        until: view.span.ends_before(now).then(|| Moment::of(range.end)),
        partnerships: edition
            .as_deref()
            .map(|edition| listed(&teller, edition))
            .unwrap_or_default(),
        recalled: recalled(&standing, &teller),
        next: next::told(&teller, next),
        site: edition
            .as_deref()
            .and_then(|edition| edition.inventory().sites.first().map(|site| site.domain.clone())),
        now,
        view,
        controlled,
        outside,
        layout,
    })
}

/// Lists what can be chosen, in the order of the list of partners.
fn listed(teller: &Teller<'_>, edition: &Edition) -> Vec<Listed> {
    let groups = edition.public().groups.into_iter().flat_map(|group| group.partnerships);
    let name = |id: &PartnershipId| {
        let (_, partner, title) = teller.named(id);
        format!("{partner}: {title}")
    };
    groups.map(|one| Listed { name: name(&one.id), id: one.id.to_string() }).collect()
}

/// Gives the whole range as JSON.
pub(super) async fn as_json(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Option<Response> {
    let (from, until, records) = exported(pages, key, query).await?;
    let edition = pages.parts.current.load().map(|edition| edition.hash().to_string());
    let name = "attachment; filename=\"what-was-shared.json\"";
    let export = Export { from, until, edition, records };
    Some(([(header::CONTENT_DISPOSITION, name)], Json(export)).into_response())
}

/// Gives the whole range as CSV (RFC 4180), one line a value.
pub(super) async fn as_csv(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Option<Response> {
    let (_, _, records) = exported(pages, key, query).await?;
    let mut text = String::from(
        "record,partnership,path,first,last,count,edition,category,field,value,reason\r\n",
    );
    for record in &records {
        lines(record, &mut text);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"what-was-shared.csv\""),
    ];
    Some((headers, text).into_response())
}

async fn exported(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Option<(String, String, Vec<ExportRow>)> {
    let range = View::of(query).span.range(pages.parts.clock.now());
    let (from, until) = (Moment::of(range.start).iso(), Moment::of(range.end).iso());
    let records = pages
        .parts
        .ledger
        .export_person(key, range)
        .await
        .inspect_err(|error| {
            tracing::error!(error = %error, "a person's record could not be exported");
        })
        .ok()?;
    Some((from, until, records))
}

fn lines(record: &ExportRow, text: &mut String) {
    match record {
        ExportRow::Disclosure { partnership, path, told, count, first, last, edition, .. } => {
            let head = ["disclosure", partnership.as_str(), path.name(), first, last];
            let count = count.to_string();
            let mut line = |category: &str, field: &str, value: &str| {
                let tail = [count.as_str(), edition, category, field, value, ""];
                csv_line(head.iter().chain(&tail), text);
            };
            for one in told {
                line(one.category.name(), &one.field, &one.value);
            }
            if told.is_empty() {
                line("", "", "");
            }
        }
        ExportRow::Withheld { partnership, day, reason, count, .. } => {
            let count = count.to_string();
            let fields =
                ["withheld", partnership.as_str(), "", day, "", &count, "", "", "", "", reason];
            csv_line(fields.iter(), text);
        }
    }
}

/// Writes one line. What a spreadsheet would take for a formula is kept from being one.
fn csv_line<'f>(fields: impl Iterator<Item = &'f &'f str>, text: &mut String) {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            text.push(',');
        }
        let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        if field.contains([',', '"', '\r', '\n']) || !guard.is_empty() {
            text.push('"');
            text.push_str(guard);
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}

impl SharedPage {
    fn months(&self) -> Vec<Span> {
        Span::year_before(self.now)
    }

    /// Returns where the browser of the next messages is.
    fn site_name(&self) -> String {
        self.site.clone().unwrap_or_else(|| self.layout.platform.clone())
    }

    /// Returns where the page is.
    fn base(&self) -> &'static str {
        match self.about {
            KeyKind::Account => "/settings/shared",
            KeyKind::Device | KeyKind::Browser => "/device/shared",
        }
    }

    fn lead(&self) -> Message {
        self.layout.of_platform(match self.about {
            KeyKind::Account => "shared-lead",
            KeyKind::Browser => "shared-lead-browser",
            KeyKind::Device => "shared-lead-device",
        })
    }

    /// Returns how many messages left under the setting, and how often something was held back.
    fn summary(&self) -> (Message, Message) {
        let sum = |count: fn(&Arrangement) -> u64| {
            self.controlled.iter().map(count).fold(0, u64::saturating_add)
        };
        let messages = sum(|arrangement| arrangement.count);
        let times = sum(|arrangement| arrangement.held);
        (
            self.layout.say("shared-summary").with("messages", messages),
            self.layout.say("shared-held").with("times", times),
        )
    }

    fn shows_told(&self) -> bool {
        self.view.show != Show::Withheld
    }

    fn shows_withheld(&self) -> bool {
        self.view.show != Show::Told
    }

    fn address(&self, view: &View) -> String {
        format!("{}?{}", self.base(), view.query())
    }

    fn download(&self, kind: &str) -> String {
        format!("{}.{kind}?range={}", self.base(), self.view.span.name())
    }

    fn first_page(&self) -> String {
        self.address(&self.view.first())
    }

    /// Returns the address of the next sets of one partnership.
    fn more(&self, arrangement: &Arrangement) -> String {
        let partnership = arrangement.id.parse().ok();
        let page = self.view.page.saturating_add(1);
        self.address(&View { partnership, page, ..self.view.clone() })
    }

    fn month(&self, span: Span) -> Message {
        self.layout.say("range-month").with("month", span.first_day().month())
    }

    fn span_words(&self, span: Span) -> Message {
        match span {
            Span::Today => self.layout.say("range-today"),
            Span::Week => self.layout.say("range-7-days"),
            Span::Month => self.layout.say("range-30-days"),
            Span::Calendar { .. } => self.month(span),
        }
    }
}
