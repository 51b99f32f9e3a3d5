//! `GET /settings/data` and `POST /settings/data`: what is kept of the person, correcting it, and taking it along.

use super::{
    Pages,
    answer::{Refusal, page, refuse, see_other},
    arrangements::Teller,
    cards::{Card, GENDERS, NotedCard, Protection, Standing, cards, noted},
    elsewhere::Elsewhere,
    guard::{Content, Fields, Form, Person},
    language::{Language, Registered},
    layout::{Layout, Place},
    shared,
    when::Moment,
};
use crate::session::Note;
use askama::Template;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use sluicegate_gate::{AgeBand, Category, Gender};
use sluicegate_register::Edition;
use sluicegate_settings::{
    Amend, Correction, Keeping, NOTED_NAME_BYTES_MAX, NotedAct, NotedEdit, NotedKind,
};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "data.html")]
pub(super) struct DataPage {
    pub(super) layout: Layout,
    pub(super) saved: Option<Moment>,
    pub(super) protection: Protection,
    pub(super) attributes: Vec<Card>,
    pub(super) noted: Vec<NotedCard>,
    pub(super) receivers: Vec<Receiver>,
    pub(super) elsewhere: Elsewhere,
}

/// A partnership that may be told demographics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receiver {
    pub(super) id: String,
    pub(super) partner: String,
    pub(super) title: Registered,
    pub(super) is_controlled: bool,
}

impl Receiver {
    fn line(&self) -> &'static str {
        if self.is_controlled { "data-receiver" } else { "data-receiver-outside" }
    }

    /// Returns where the list of partners has it.
    fn href(&self) -> String {
        format!("/partners#{}", self.id)
    }
}

/// Shows what is kept.
pub(crate) async fn show(State(pages): State<Arc<Pages>>, person: Person) -> Response {
    let Ok(profile) = pages.parts.settings.profile(person.account()).await else {
        tracing::error!("a person's profile could not be read for a page");
        return refuse(&pages, person.asker, Refusal::Failed);
    };
    let profile = profile.unwrap_or_default();
    let (language, platform) = (person.language(), &pages.parts.platform);
    let edition = pages.parts.current.load();
    let chosen = pages.parts.settings.standing(person.account()).personalize_ads;
    page(&DataPage {
        elsewhere: Elsewhere::of(
            language,
            &profile,
            chosen,
            edition.as_deref(),
            pages.parts.clock.now(),
        ),
        saved: person.session().take().and_then(saved),
        protection: Protection::of(&profile),
        attributes: cards(language, &profile, platform),
        noted: noted(language, &profile, platform),
        receivers: edition.as_deref().map(|it| receivers(language, it)).unwrap_or_default(),
        layout: pages.layout(Place::Data, person.asker),
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
            refuse(&pages, person.asker, Refusal::Failed)
        }
    }
}

/// Edits one language or interest, and leads back to the page.
pub(crate) async fn edit(
    State(pages): State<Arc<Pages>>,
    Form { person, content: edit }: Form<NotedEdit>,
) -> Response {
    match pages.parts.settings.edit(person.account(), edit).await {
        Ok(changed) => {
            person.session().leave(Note::Demographics { saved: changed.at });
            see_other("/settings/data")
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's edit could not be put in force");
            refuse(&pages, person.asker, Refusal::Failed)
        }
    }
}

/// Gives everything on the page as JSON, to keep.
pub(crate) async fn json(State(pages): State<Arc<Pages>>, person: Person) -> Response {
    match pages.parts.settings.profile(person.account()).await {
        Ok(profile) => {
            let name = "attachment; filename=\"your-data.json\"";
            ([(header::CONTENT_DISPOSITION, name)], Json(profile.unwrap_or_default()))
                .into_response()
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's profile could not be exported");
            refuse(&pages, person.asker, Refusal::Failed)
        }
    }
}

/// Gives the consent receipt, to keep.
pub(crate) async fn receipt(State(pages): State<Arc<Pages>>, person: Person) -> Response {
    let made = shared::receipt(&pages, person.account()).await;
    made.unwrap_or_else(|refusal| refuse(&pages, person.asker, refusal))
}

impl Content for NotedEdit {
    fn read(fields: &Fields) -> Option<Self> {
        let name = fields.value("name")?;
        (name.len() <= NOTED_NAME_BYTES_MAX).then_some(())?;
        Some(Self {
            kind: match fields.value("kind")? {
                "language" => NotedKind::Language,
                "interest" => NotedKind::Interest,
                _ => return None,
            },
            act: match fields.value("act")? {
                "disable" => NotedAct::Disable,
                "enable" => NotedAct::Enable,
                "remove" => NotedAct::Remove,
                _ => return None,
            },
            name: name.to_owned(),
        })
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

fn receivers(language: Language, edition: &Edition) -> Vec<Receiver> {
    let teller = Teller { language, edition: Some(edition), editions: &[], from: 0 };
    let told = edition
        .partnerships()
        .iter()
        .filter(|partnership| partnership.terms.categories.contains(Category::Demographic));
    told.map(|partnership| {
        let (_, partner, title) = teller.named(&partnership.terms.id);
        let (id, is_controlled) = (partnership.terms.id.to_string(), partnership.is_controlled());
        Receiver { id, partner, title, is_controlled }
    })
    .collect()
}
