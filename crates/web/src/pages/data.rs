//! `GET /settings/data` and `POST /settings/data`: the demographics in use, and correcting them.

use super::{
    Pages,
    answer::{Refusal, page, refuse, see_other},
    cards::{Card, GENDERS, Protection, Standing, cards},
    elsewhere::{Elsewhere, Keeping},
    guard::{Content, Fields, Form, Person},
    layout::{Layout, Place},
    when::Moment,
};
use crate::session::Note;
use askama::Template;
use axum::{extract::State, response::Response};
use sluicegate_gate::{AgeBand, Category, Gender};
use sluicegate_register::Edition;
use sluicegate_settings::{Amend, Correction};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "data.html")]
pub(super) struct DataPage {
    pub(super) layout: Layout,
    pub(super) saved: Option<Moment>,
    pub(super) protection: Protection,
    pub(super) attributes: Vec<Card>,
    pub(super) receivers: Vec<Receiver>,
    pub(super) elsewhere: Elsewhere,
}

/// A partnership that may be told demographics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receiver {
    pub(super) id: String,
    pub(super) partner: String,
    pub(super) title: String,
    pub(super) is_controlled: bool,
}

/// Shows the demographics.
pub(crate) async fn show(State(pages): State<Arc<Pages>>, person: Person) -> Response {
    let Ok(profile) = pages.parts.settings.profile(person.account()).await else {
        tracing::error!("a person's profile could not be read for a page");
        return refuse(&pages, Some(person.csrf), Refusal::Failed);
    };
    let profile = profile.unwrap_or_default();
    let edition = pages.parts.current.load();
    let chosen = pages.parts.settings.standing(person.account()).personalize_ads;
    page(&DataPage {
        elsewhere: Elsewhere::of(&profile, chosen, edition.as_deref(), pages.parts.clock.now()),
        saved: person.session().take().and_then(saved),
        protection: Protection::of(&profile),
        attributes: cards(&profile, &pages.parts.platform),
        receivers: edition.as_deref().map(receivers).unwrap_or_default(),
        layout: pages.layout(Place::Data, Some(person.csrf)),
    })
}

/// Corrects one attribute, and leads back to the page.
pub(crate) async fn correct(
    State(pages): State<Arc<Pages>>,
    Form { person, content: correction }: Form<Correction>,
) -> Response {
    match pages.parts.settings.correct(person.account(), correction).await {
        Ok(changed) => {
            person.session().leave(Note::Demographics { saved: changed.at });
            see_other("/settings/data")
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's correction could not be put in force");
            refuse(&pages, Some(person.csrf), Refusal::Failed)
        }
    }
}

impl Content for Correction {
    fn read(fields: &Fields) -> Option<Self> {
        match fields.value("attribute")? {
            "gender" => amend(fields, gender_of).map(Self::Gender),
            "age_band" => amend(fields, AgeBand::from_name).map(Self::AgeBand),
            _ => None,
        }
    }
}

fn amend<T>(fields: &Fields, value_of: impl Fn(&str) -> Option<T>) -> Option<Amend<T>> {
    match fields.value("act")? {
        "set" => value_of(fields.value("value")?).map(Amend::Set),
        "disable" => Some(Amend::Disable),
        "enable" => Some(Amend::Enable),
        "remove" => Some(Amend::Remove),
        _ => None,
    }
}

fn gender_of(name: &str) -> Option<Gender> {
    GENDERS.into_iter().find(|gender| gender.name() == name)
}

fn saved(note: Note) -> Option<Moment> {
    match note {
        Note::Demographics { saved } => Some(Moment::of(saved)),
        Note::Setting { .. } => None,
    }
}

fn receivers(edition: &Edition) -> Vec<Receiver> {
    let told = edition
        .partnerships()
        .iter()
        .filter(|partnership| partnership.terms.categories.contains(Category::Demographic));
    told.map(|partnership| Receiver {
        id: partnership.terms.id.to_string(),
        partner: partnership.partner.name.clone(),
        title: partnership.title.clone(),
        is_controlled: partnership.is_controlled(),
    })
    .collect()
}
