//! The page of partners, open to everyone: what goes out, to whom and why, from the edition in force; every
//! earlier edition under an address that stays; what changed from one to another; a feed; and whether it
//! helped.

mod archive;
mod changes;
mod comparison;
mod feed;
mod listed;
mod opinion;
mod seen;

pub(crate) use archive::Archive;
#[cfg(test)]
pub(crate) use changes::{ChangesPage, EditionsPage};
#[cfg(test)]
pub(crate) use comparison::Comparison;
pub(crate) use feed::address as feed_address;
#[cfg(test)]
pub(crate) use opinion::Form as OpinionForm;

use super::{
    Pages,
    answer::{Refusal, page, refuse, set_cookie},
    guard::Visitor,
    language::Message,
    layout::{Layout, Place},
    when::Moment,
    words,
};
use crate::{
    path::Path,
    problem::{self, Problem},
};
use archive::NotRead;
use askama::Template;
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderName, header};
pub(crate) use listed::Reader;
use listed::{Field, Group, Said, groups};
pub(crate) use opinion::Thanks;
use sluicegate_gate::Kind;
use sluicegate_register::{Edition, PublicEdition, Seller, Sellers};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "partners.html")]
pub(crate) struct PartnersPage {
    pub(crate) around: Around,
    pub(crate) layout: Layout,
    pub(crate) shown: Stamp,
    pub(crate) groups: Vec<Group>,
}

/// What stands around the list.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    pub(crate) standing: Standing,
    pub(crate) permanent: String,
    pub(crate) within_seconds: u64,
    /// Where the report on how well the setting works is.
    pub(crate) figures: Option<String>,
    pub(crate) seller: Seller,
    pub(crate) opinion: opinion::Form,
}

/// Which edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) number: u32,
    pub(crate) hash: String,
    pub(crate) published: Moment,
}

/// How the edition that is shown stands to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is in force. `seen` is an earlier one that this browser was shown last.
    InForce { seen: Option<u32> },
    /// Others came after it.
    Past { in_force: u32 },
}

/// The routes that know who asks.
pub(super) fn visited() -> Router<Arc<Pages>> {
    Router::new()
        .route("/partners", get(show))
        .route("/partners/editions", get(changes::editions))
        .route("/partners/editions/{number}", get(edition))
        .route("/partners/changes", get(changes::show))
        .route("/partners/opinion", post(opinion::say))
}

/// The routes that answer everyone alike.
pub(super) fn same_for_everyone() -> Router<Arc<Pages>> {
    Router::new()
        .route("/partners.json", get(json))
        .route("/partners.atom", get(feed::atom))
        .route("/partners/editions/{number}/edition.json", get(edition_json))
        .route("/partners/editions.json", get(changes::editions_json))
        .route("/partners/changes.json", get(changes::json))
}

/// Shows the edition in force, and remembers in a cookie which one that was.
async fn show(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let asker = visitor.asker(&pages);
    let Some(edition) = pages.parts.current.load() else {
        return refuse(&pages, asker, Refusal::NoEdition);
    };
    let seen = seen::read_seen(&headers).filter(|seen| *seen < edition.number());
    let thanks = Thanks::of(query.as_deref());
    let around = Around::of(&pages, &edition, Standing::InForce { seen }, thanks);
    let layout = pages.layout(Place::Partners, asker);
    let mut response = page(&PartnersPage::of(layout, around, edition.public()));
    set_cookie(response.headers_mut(), &seen::set(edition.number(), pages.parts.sign_in.cookies));
    response
}

/// Shows one edition for ever.
async fn edition(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    number: Result<Path<String>, Problem>,
) -> Response {
    let (asker, number) = (visitor.asker(&pages), Path::or_nothing(number));
    let edition = match pages.archive.named(&number).await {
        Ok(Some(edition)) => edition,
        Ok(None) => return refuse(&pages, asker, Refusal::NoSuchEdition),
        Err(NotRead) => return refuse(&pages, asker, Refusal::Failed),
    };
    let in_force = pages.parts.current.load().map_or(0, |edition| edition.number());
    let standing = if in_force > edition.number() {
        Standing::Past { in_force }
    } else {
        Standing::InForce { seen: None }
    };
    let around = Around::of(&pages, &edition, standing, None);
    page(&PartnersPage::of(pages.layout(Place::Partners, asker), around, edition.public()))
}

/// Gives one edition for ever, as JSON.
async fn edition_json(State(pages): State<Arc<Pages>>, Path(number): Path<String>) -> Response {
    match pages.archive.named(&number).await {
        Ok(Some(edition)) => public_json(&edition, FOREVER),
        Ok(None) => no_such_edition().into_response(),
        Err(NotRead) => NotRead.into_response(),
    }
}

/// Gives the edition in force as JSON.
async fn json(State(pages): State<Arc<Pages>>) -> Response {
    match pages.parts.current.load() {
        Some(edition) => public_json(&edition, "public, max-age=60"),
        None => no_edition().into_response(),
    }
}

/// There is no edition of that number.
fn no_such_edition() -> Problem {
    Problem::new(problem::Kind::NotFound, "there is no such edition")
}

/// None was published yet.
pub(super) fn no_edition() -> Problem {
    Problem::new(problem::Kind::Unavailable, "no edition of the register is in force yet")
}

fn public_json(edition: &Edition, kept: &str) -> Response {
    let headers = [
        (header::CACHE_CONTROL, kept.to_owned()),
        (header::ETAG, format!("\"{}\"", edition.hash())),
    ];
    (headers, open_to_all(), Json(edition.public())).into_response()
}

/// Any page of anyone's may read it.
fn open_to_all() -> [(HeaderName, &'static str); 1] {
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")]
}

/// An edition never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

impl Layout {
    /// Returns a kind of partnership with whether the sharing setting controls it.
    fn scope(&self, kind: Kind) -> Message {
        let id = if kind.is_controlled() { "changes-controlled" } else { "changes-uncontrolled" };
        self.say(id).with("kind", words::kind(self.language(), kind))
    }

    /// Returns who reads the page.
    fn reader(&self) -> Reader<'_> {
        Reader { language: self.language(), platform: &self.platform }
    }
}

impl PartnersPage {
    pub(crate) fn of(layout: Layout, around: Around, edition: PublicEdition) -> Self {
        let (shown, groups) = (Stamp::of(&edition), groups(layout.reader(), edition));
        Self { around, layout, shown, groups }
    }

    /// Returns the address of what changed from another edition to this one.
    fn changes_from(&self, other: u32) -> String {
        changes_between(other, self.shown.number)
    }

    /// Returns the address of what changed from this edition to another one.
    fn changes_to(&self, other: u32) -> String {
        changes_between(self.shown.number, other)
    }

    /// Returns a letter to be written, with the link in it.
    fn mail(&self) -> String {
        let encoded = |text: &str| -> String {
            let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            form.replace('+', "%20")
        };
        let subject = encoded(&self.layout.say("partners-share-subject").plain());
        format!("mailto:?subject={subject}&body={}", encoded(&self.around.permanent))
    }
}

impl Around {
    fn of(pages: &Pages, edition: &Edition, standing: Standing, thanks: Option<Thanks>) -> Self {
        let number = edition.number();
        let within = pages.parts.takes_effect_within;
        let Sellers { sellers: [seller], .. } = edition.sellers();
        Self {
            standing,
            permanent: pages.absolute(&format!("/partners/editions/{number}")),
            figures: pages.of_gateway("/effectiveness"),
            within_seconds: u64::try_from(within.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX),
            seller,
            opinion: opinion::Form { token: pages.opinion_token(number), edition: number, thanks },
        }
    }
}

/// Returns the address of what changed between two editions.
fn changes_between(from: u32, to: u32) -> String {
    format!("/partners/changes?from={from}&to={to}")
}

impl Stamp {
    /// Returns the address of what changed with the edition.
    pub(crate) fn changes_address(&self) -> String {
        changes_between(self.number.saturating_sub(1), self.number)
    }

    /// Returns the address of the edition as JSON.
    fn json_address(&self) -> String {
        format!("/partners/editions/{}/edition.json", self.number)
    }

    pub(crate) fn of(edition: &PublicEdition) -> Self {
        Self {
            number: edition.number,
            hash: edition.hash.clone(),
            published: Moment::of(edition.published_at_ms),
        }
    }
}
