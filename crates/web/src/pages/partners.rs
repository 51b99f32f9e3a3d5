//! `GET /partners` and `GET /partners.json`: the edition in force, open to everyone.

use super::{
    Pages,
    answer::{Refusal, page, refuse},
    guard::Visitor,
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
    country: &'static str,
    data: Vec<String>,
    purposes: Vec<String>,
    role: Role,
    retention: String,
    countries: Option<String>,
    in_force: String,
    linking: Option<Linking>,
    lists: Vec<String>,
    privacy_url: String,
    contact: String,
    is_suspended: bool,
}

/// The dates of a promise to ask before linking.
#[derive(Clone, Debug)]
pub(super) struct Linking {
    signed: String,
    expires: String,
}

/// Shows the page.
pub(crate) async fn show(State(pages): State<Arc<Pages>>, visitor: Visitor) -> Response {
    let csrf = visitor.person(&pages).map(|person| person.csrf);
    let Some(edition) = pages.parts.current.load() else {
        return refuse(&pages, csrf, Refusal::NoEdition);
    };
    let layout = pages.layout(Place::Partners, csrf);
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
            Group::of(group, opens_outside)
        });
        Self {
            layout,
            number: edition.number,
            hash: edition.hash,
            updated: Moment::of(edition.published_at_ms),
            groups: groups.collect(),
        }
    }
}

impl Group {
    fn of(group: PublicGroup, opens_outside: bool) -> Self {
        let listed = group.partnerships.into_iter().map(Listed::of).collect();
        Self { kind: group.kind, opens_outside, listed }
    }

    fn heading(&self) -> &'static str {
        words::kind(self.kind)
    }
}

impl Listed {
    fn of(partnership: PublicPartnership) -> Self {
        let device_id = partnership.device_id;
        let data = partnership.categories.iter().map(|category| {
            let words = capitalized(words::category(*category));
            match (category, device_id) {
                (Category::DeviceIdentifier, Some(form)) => {
                    format!("{words}{}", written(form))
                }
                _ => words,
            }
        });
        Self {
            data: data.collect(),
            lists: partnership.audiences.into_iter().map(|audience| audience.name).collect(),
            id: partnership.id.to_string(),
            legal_name: partnership.partner.legal_name,
            country: partnership.partner.country.name(),
            privacy_url: partnership.partner.privacy_url,
            contact: partnership.partner.contact,
            partner: partnership.partner.name,
            title: partnership.title,
            summary: partnership.summary,
            purposes: partnership.purposes,
            role: partnership.role,
            retention: words::count(partnership.retention_days.into(), "day", "days"),
            countries: countries(&partnership.countries),
            in_force: in_force(partnership.start, partnership.end),
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
        DeviceIdForm::PerPartnerHmac => ", written so that no other partner can match it",
        DeviceIdForm::Raw => ", as the device gives it",
    }
}

fn countries(countries: &[Country]) -> Option<String> {
    let names: Vec<&str> = countries.iter().map(Country::name).collect();
    (!names.is_empty()).then(|| words::list(&names))
}

fn in_force(start: Day, end: Option<Day>) -> String {
    match end {
        Some(end) => format!("from {} until {}", day(start), day(end)),
        None => format!("since {}", day(start)),
    }
}

fn day(day: Day) -> String {
    Moment::of(day.start()).day()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
