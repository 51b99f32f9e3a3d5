//! `GET /settings/shared` with its downloads, and the same under `/device/shared`: what left, and what was held
//! back, of an account or of what has none.

mod download;

pub(super) use download::{as_csv, as_json, receipt};

use super::{
    Pages,
    answer::{Refusal, page, refuse},
    arrangements::{Arrangement, SETS_MAX, Teller},
    guard::Person,
    language::{Message, Registered},
    layout::{Layout, Place},
    next::{self, NextPartner},
    recalled::{Recalled, recalled, standing},
    span::{NotOffered, Show, Span, View},
    when::Moment,
};
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use sluicegate_gate::{KeyKind, Kind, PartnershipId, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{PageQuery, PersonPage, Unread};
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
    /// For how many days records are kept at least, where some of that time may not be.
    pub(super) kept_days: Option<u32>,
    pub(super) missing: Missing,
    pub(super) partnerships: Vec<Listed>,
    /// The one partnership that is shown, where only one is.
    pub(super) only: Option<Only>,
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
    pub(super) name: Registered,
}

/// The one partnership that somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Only {
    pub(super) name: Registered,
    pub(super) is_controlled: bool,
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
        Ok(shared) => page(&shared),
        Err(refusal) => refuse(&pages, asker, refusal),
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
        .unwrap_or_else(|refusal| refuse(&pages, asker, refusal))
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
        .unwrap_or_else(|refusal| refuse(&pages, asker, refusal))
}

/// Makes the page about a key.
///
/// # Errors
///
/// The address asks for what no page shows, or the record could not be read.
pub(super) async fn made(
    pages: &Pages,
    layout: Layout,
    key: SubjectKey,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<SharedPage, Refusal> {
    let view = View::of(query)?;
    let edition = pages.parts.current.load();
    if let (Some(id), Some(edition)) = (&view.partnership, edition.as_deref()) {
        was_ever_listed(edition, id).then_some(()).ok_or(NotOffered)?;
    }
    let now = pages.parts.clock.now();
    let range = view.span.range(now);
    let from = view.page.saturating_mul(SETS_MAX);
    let asked = PageQuery {
        range: range.clone(),
        partnership: view.partnership.clone(),
        sets: from..from.saturating_add(SETS_MAX),
    };
    let read = pages
        .parts
        .ledger
        .person_page(key, asked)
        .await
        .inspect_err(|error| tracing::error!(error = %error, "a person's record could not be read"))
        .map_err(|_logged| Refusal::Failed)?;
    let standing = standing(pages, key).await.ok_or(Refusal::Failed)?;
    let editions = pages.archive.list().await.map_err(|_logged| Refusal::Failed)?;
    let language = layout.language();
    let teller = Teller { language, edition: edition.as_deref(), editions: &editions, from };
    let missing = Missing::of(&read.unread);
    let all = teller.arrangements(&shown(read, view.show));
    let (controlled, outside) = all.into_iter().partition(Arrangement::is_controlled);
    let next = pages.parts.next.next(key, headers);
    Ok(SharedPage {
        about: key.kind,
        since: Moment::of(range.start),
        until: view.span.ends_before(now).then(|| Moment::of(range.end)),
        kept_days: view
            .span
            .is_older_than(pages.parts.keep_days, now)
            .then_some(pages.parts.keep_days),
        missing,
        partnerships: listed(&teller, view.partnership.as_ref()),
        only: view.partnership.as_ref().map(|id| only(&teller, id)),
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

/// What of what was sent is not on the page, because it does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    /// Perhaps something: it would be in a file that does not read.
    Perhaps,
    Something,
}

impl Missing {
    pub(super) fn of(unread: &Unread) -> Self {
        match (unread.rows, unread.files.is_empty()) {
            (0, true) => Self::Nothing,
            (0, false) => Self::Perhaps,
            _ => Self::Something,
        }
    }
}

/// Takes away what is not to be shown.
pub(super) fn shown(mut page: PersonPage, show: Show) -> PersonPage {
    match show {
        Show::Everything => {}
        Show::Told => page.withheld.clear(),
        Show::Withheld => page.told.clear(),
    }
    page
}

/// Whether a partnership is listed, or was. One that is in force no more has records all the same.
fn was_ever_listed(edition: &Edition, id: &PartnershipId) -> bool {
    edition.partnership(id).is_some() || edition.retired().iter().any(|retired| retired.id == *id)
}

/// Lists what can be chosen, in the order of the list of partners; last comes what is chosen, where that has left
/// the list.
fn listed(teller: &Teller<'_>, chosen: Option<&PartnershipId>) -> Vec<Listed> {
    let groups = teller.edition.map(|edition| edition.public().groups).unwrap_or_default();
    let mut ids: Vec<PartnershipId> =
        groups.into_iter().flat_map(|group| group.partnerships).map(|one| one.id).collect();
    ids.extend(chosen.filter(|id| !ids.contains(id)).cloned());
    let of = |id: PartnershipId| Listed { name: full_name(teller, &id), id: id.to_string() };
    ids.into_iter().map(of).collect()
}

pub(super) fn only(teller: &Teller<'_>, id: &PartnershipId) -> Only {
    let (kind, ..) = teller.named(id);
    let is_controlled = kind.is_none_or(Kind::is_controlled);
    Only { name: full_name(teller, id), is_controlled }
}

fn full_name(teller: &Teller<'_>, id: &PartnershipId) -> Registered {
    let (_, partner, title) = teller.named(id);
    title.after(&partner)
}

impl From<NotOffered> for Refusal {
    fn from(_said: NotOffered) -> Self {
        Self::Filter
    }
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

    /// Returns how many messages left, under the setting where all partners are shown, and how often something was
    /// held back.
    fn summary(&self) -> (Message, Message) {
        let sum = |all: &mut dyn Iterator<Item = u64>| all.fold(0, u64::saturating_add);
        let both = || self.controlled.iter().chain(&self.outside);
        let (words, messages) = match self.only {
            None => ("shared-summary", sum(&mut self.controlled.iter().map(|one| one.count))),
            Some(_) => ("shared-summary-only", sum(&mut both().map(|one| one.count))),
        };
        let times = sum(&mut both().map(|one| one.held));
        (
            self.layout.say(words).with("messages", messages),
            self.layout.say("shared-held").with("times", times),
        )
    }

    fn is_filtered(&self) -> bool {
        self.only.is_some() || self.view.show != Show::Everything
    }

    /// Says what does not read.
    fn missing_words(&self) -> Vec<Message> {
        let words = match self.missing {
            Missing::Nothing => None,
            Missing::Perhaps => Some("shared-perhaps-damaged"),
            Missing::Something => Some("shared-damaged"),
        };
        words.into_iter().map(|words| self.layout.say(words)).collect()
    }

    /// Says what is left out of the page.
    fn filter_words(&self) -> Vec<Message> {
        let only = self.only.as_ref();
        let only = only.map(|only| self.layout.say("shared-only").with("arrangement", &only.name));
        let show = match self.view.show {
            Show::Everything => None,
            Show::Told => Some("shared-only-told"),
            Show::Withheld => Some("shared-only-withheld"),
        };
        only.into_iter().chain(show.map(|words| self.layout.say(words))).collect()
    }

    /// Says that there is nothing in a part of the page: in the words for everything, or about what is shown.
    fn nothing(&self, everything: &'static str) -> Vec<Message> {
        let words: &[&'static str] = match self.view.show {
            Show::Everything if self.only.is_none() => &[everything],
            Show::Everything => &["shared-no-told", "shared-no-withheld"],
            Show::Told => &["shared-no-told"],
            Show::Withheld => &["shared-no-withheld"],
        };
        words.iter().map(|words| self.layout.say(*words)).collect()
    }

    fn shows_controlled(&self) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_controlled)
    }

    fn shows_outside(&self) -> bool {
        self.only.as_ref().is_none_or(|only| !only.is_controlled)
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

    fn everything(&self) -> String {
        self.address(&self.view.unfiltered())
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
