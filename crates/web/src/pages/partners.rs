//! `GET /partners` and `GET /partners.json`: the edition in force, open to everyone.

use super::{
    Pages,
    answer::{Refusal, page, refuse},
    guard::{Asker, Visitor},
    language::{Language, Message},
    layout::{Layout, Place},
    when::Moment,
    words,
};
use askama::Template;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use sluicegate_gate::{Category, Country, Kind};
use sluicegate_register::{
    Day, DeviceIdForm, PublicEdition, PublicGroup, PublicLinking, PublicPartnership, Role,
};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "partners.html")]
pub(super) struct PartnersPage {
    pub(super) layout: Layout,
    pub(super) number: u32,
    pub(super) hash: String,
    pub(super) updated: Moment,
    pub(super) groups: Vec<Group>,
}

/// The partnerships of one kind.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) kind: Kind,
    pub(super) opens_outside: bool,
    pub(super) listed: Vec<Listed>,
}

/// One partnership, in words.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    id: String,
    partner: String,
    title: String,
    summary: String,
    legal_name: String,
    country: String,
    data: Vec<Message>,
    purposes: Vec<String>,
    role: Role,
    retention: Message,
    countries: Option<String>,
    in_force: Message,
    linking: Option<Linking>,
    lists: Vec<String>,
    privacy_url: String,
    contact: String,
    is_suspended: bool,
    /// Whether the register's texts are in another language than the page.
    is_original: bool,
}

/// The dates of a promise to ask before linking.
#[derive(Clone, Debug)]
pub(super) struct Linking {
    signed: Moment,
    expires: Moment,
}

/// Shows the page.
pub(crate) async fn show(State(pages): State<Arc<Pages>>, visitor: Visitor) -> Response {
    let asker: Asker = visitor.asker(&pages);
    let Some(edition) = pages.parts.current.load() else {
        return refuse(&pages, asker, Refusal::NoEdition);
    };
    let layout = pages.layout(Place::Partners, asker);
    page(&PartnersPage::of(layout, edition.public()))
}

/// Gives the same as JSON.
pub(crate) async fn json(State(pages): State<Arc<Pages>>) -> Response {
    match pages.parts.current.load() {
        Some(edition) => {
            let headers = [
                (header::CACHE_CONTROL, String::from("public, max-age=60")),
                (header::ETAG, format!("\"{}\"", edition.hash())),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, String::from("*")),
            ];
            (headers, Json(edition.public())).into_response()
        }
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

impl PartnersPage {
    pub(super) fn of(layout: Layout, edition: PublicEdition) -> Self {
        let mut is_outside = false;
        let groups = edition.groups.into_iter().map(|group| {
            let opens_outside = !is_outside && !group.controlled_by_setting;
            is_outside |= opens_outside;
            Group::of(layout.language(), group, opens_outside)
        });
        let groups = groups.collect();
        Self {
            number: edition.number,
            hash: edition.hash,
            updated: Moment::of(edition.published_at_ms),
            groups,
            layout,
        }
    }
}

impl Group {
    fn of(language: Language, group: PublicGroup, opens_outside: bool) -> Self {
        let listed = group.partnerships.into_iter().map(|one| Listed::of(language, one));
        Self { kind: group.kind, opens_outside, listed: listed.collect() }
    }

    fn heading(&self, language: Language) -> Message {
        words::kind(language, self.kind)
    }
}

impl Listed {
    fn of(language: Language, partnership: PublicPartnership) -> Self {
        let device_id = partnership.device_id;
        let data = partnership.categories.iter().map(|category| {
            let said = words::category(language, *category);
            match (category, device_id) {
                (Category::DeviceIdentifier, Some(form)) => {
                    language.say(written(form)).with("data", said)
                }
                _ => said,
            }
        });
        // Why: all languages of an edition are one edition; what it has no text for is shown as it was written.
        let texts = partnership.texts.iter().find(|texts| texts.language == language.tag());
        let (title, summary, purposes) = match texts {
            Some(texts) => (&texts.title, &texts.summary, &texts.purposes),
            None => (&partnership.title, &partnership.summary, &partnership.purposes),
        };
        Self {
            data: data.collect(),
            title: title.clone(),
            summary: summary.clone(),
            purposes: purposes.clone(),
            is_original: texts.is_none() && language != Language::English,
            lists: partnership.audiences.into_iter().map(|audience| audience.name).collect(),
            id: partnership.id.to_string(),
            legal_name: partnership.partner.legal_name,
            country: words::country(language, partnership.partner.country),
            privacy_url: partnership.partner.privacy_url,
            contact: partnership.partner.contact,
            partner: partnership.partner.name,
            role: partnership.role,
            retention: language.say("partners-days").with("days", partnership.retention_days),
            countries: countries(language, &partnership.countries),
            in_force: in_force(language, partnership.start, partnership.end),
            linking: partnership.linking.map(Linking::of),
            is_suspended: partnership.suspended,
        }
    }
}

impl Linking {
    fn of(linking: PublicLinking) -> Self {
        Self { signed: day(linking.signed_on), expires: day(linking.expires_on) }
    }
}

fn written(form: DeviceIdForm) -> &'static str {
    match form {
        DeviceIdForm::PerPartnerHmac => "partners-device-per-partner",
        DeviceIdForm::Raw => "partners-device-raw",
    }
}

fn countries(language: Language, countries: &[Country]) -> Option<String> {
    let names: Vec<String> =
        countries.iter().map(|country| words::country(language, *country)).collect();
    (!names.is_empty()).then(|| language.list(&names))
}

fn in_force(language: Language, start: Day, end: Option<Day>) -> Message {
    match end {
        Some(end) => {
            let said = language.say("partners-from-until").with("start", day(start).day());
            said.with("end", day(end).day())
        }
        None => language.say("partners-since").with("start", day(start).day()),
    }
}

fn day(day: Day) -> Moment {
    Moment::of(day.start())
}
