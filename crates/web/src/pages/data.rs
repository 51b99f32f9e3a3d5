//! `GET /settings/data` and `POST /settings/data`: the demographics in use, and correcting them.

use super::{
    Pages,
    answer::{Refusal, page, refuse, see_other},
    guard::{Content, Fields, Form, Person},
    layout::{Layout, Place},
    when::Moment,
    words,
};
use crate::session::Note;
use askama::Template;
use axum::{extract::State, response::Response};
use sluicegate_gate::{AgeBand, Category, Gender, Source, Sourced};
use sluicegate_register::Edition;
use sluicegate_settings::{Amend, Attribute, AttributeState, Confidence, Correction, Profile};
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "data.html")]
pub(super) struct DataPage {
    pub(super) layout: Layout,
    pub(super) saved: Option<Moment>,
    pub(super) protection: Protection,
    pub(super) attributes: Vec<Card>,
    pub(super) receivers: Vec<Receiver>,
}

/// What the age does to all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// Adult.
    None,
    /// Not known.
    AgeUnknown,
    /// 13 to 17.
    Under18,
    /// Under 13.
    Under13,
}

/// Which attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Gender.
    Gender,
    /// Age band.
    AgeBand,
}

/// One attribute with its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) which: Which,
    pub(super) standing: Standing,
    pub(super) candidates: Vec<OnFile>,
    pub(super) offers: Vec<Offer>,
}

/// How an attribute stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// This value may be told.
    InUse { value: &'static str, source: String },
    /// There is a value, and the person's age keeps it from being told.
    Held { value: &'static str, source: String },
    /// There is no value.
    Nothing,
    /// The person does not want it used.
    Disabled,
    /// The person had it emptied.
    Removed,
}

/// A value on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OnFile {
    pub(super) value: &'static str,
    pub(super) source: String,
    pub(super) sure: Option<u8>,
}

/// A value to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) value: &'static str,
    pub(super) words: &'static str,
    pub(super) is_current: bool,
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
    page(&DataPage {
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

const GENDERS: [Gender; 3] = [Gender::Female, Gender::Male, Gender::Other];

fn gender_of(name: &str) -> Option<Gender> {
    GENDERS.into_iter().find(|gender| gender.name() == name)
}

impl Protection {
    fn of(profile: &Profile) -> Self {
        match profile.protection_age() {
            None => Self::AgeUnknown,
            Some(0..13) => Self::Under13,
            Some(13..18) => Self::Under18,
            Some(_) => Self::None,
        }
    }
}

impl Card {
    fn id(&self) -> &'static str {
        match self.which {
            Which::Gender => "gender",
            Which::AgeBand => "age_band",
        }
    }

    fn name(&self) -> &'static str {
        match self.which {
            Which::Gender => "Gender",
            Which::AgeBand => "Age band",
        }
    }

    fn noun(&self) -> &'static str {
        match self.which {
            Which::Gender => "gender",
            Which::AgeBand => "age band",
        }
    }

    /// Whether the attribute can be corrected as it stands; otherwise it is to be used again first.
    fn is_open(&self) -> bool {
        match self.standing {
            Standing::InUse { .. } | Standing::Held { .. } | Standing::Nothing => true,
            Standing::Disabled | Standing::Removed => false,
        }
    }

    fn has_value(&self) -> bool {
        self.offers.iter().any(|offer| offer.is_current)
    }

    fn is_removable(&self) -> bool {
        !self.candidates.is_empty() && self.standing != Standing::Removed
    }
}

pub(super) fn cards(profile: &Profile, platform: &str) -> Vec<Card> {
    let protection = Protection::of(profile);
    let gender = &profile.gender;
    let age_band = &profile.age_band;
    let genders = GENDERS.map(|gender| (gender, gender.name(), words::gender(gender)));
    let bands = AgeBand::ALL.map(|band| (band, band.name(), words::age_band(band)));
    vec![
        Card {
            which: Which::Gender,
            standing: standing(gender, protection, words::gender, platform),
            candidates: on_file(gender, words::gender, platform),
            offers: offers(gender, &genders),
        },
        Card {
            which: Which::AgeBand,
            standing: standing(age_band, protection, words::age_band, platform),
            candidates: on_file(age_band, words::age_band, platform),
            offers: offers(age_band, &bands),
        },
    ]
}

fn standing<T: Copy>(
    attribute: &Attribute<T>,
    protection: Protection,
    words_of: fn(T) -> &'static str,
    platform: &str,
) -> Standing {
    match attribute.state {
        AttributeState::Disabled => return Standing::Disabled,
        AttributeState::Removed => return Standing::Removed,
        AttributeState::InUse => {}
    }
    let Some(Sourced { value, source }) = attribute.value() else { return Standing::Nothing };
    let (value, source) = (words_of(value), words::source(source, platform));
    match protection {
        Protection::None => Standing::InUse { value, source },
        Protection::AgeUnknown | Protection::Under18 | Protection::Under13 => {
            Standing::Held { value, source }
        }
    }
}

fn on_file<T: Copy>(
    attribute: &Attribute<T>,
    words_of: fn(T) -> &'static str,
    platform: &str,
) -> Vec<OnFile> {
    let own = attribute.own.map(|value| OnFile {
        value: words_of(value),
        source: String::from("you corrected it here"),
        sure: None,
    });
    let others = attribute.candidates.iter().map(|candidate| OnFile {
        value: words_of(candidate.value),
        source: match candidate.source {
            Source::Declared => format!("you told {platform}"),
            source => words::source(source, platform),
        },
        sure: candidate.confidence.map(Confidence::into),
    });
    own.into_iter().chain(others).collect()
}

fn offers<T: Copy + PartialEq>(
    attribute: &Attribute<T>,
    all: &[(T, &'static str, &'static str)],
) -> Vec<Offer> {
    let current = attribute.value().map(|value| value.value);
    let offer = |(value, name, words): &(T, &'static str, &'static str)| Offer {
        value: name,
        words,
        is_current: current == Some(*value),
    };
    all.iter().map(offer).collect()
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
