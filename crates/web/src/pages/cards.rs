//! A profile as the data page shows it: one card for each attribute.

use super::words;
use sluicegate_gate::{AgeBand, Gender, Jurisdiction, Source, Sourced};
use sluicegate_settings::{Attribute, AttributeState, Confidence, Profile};

/// What the age does to all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// Adult.
    None,
    /// Not known.
    AgeUnknown,
    /// Under 18.
    Under18,
    /// A child under the law of the country.
    Child,
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

/// Every gender, in the order of the page.
pub(super) const GENDERS: [Gender; 3] = [Gender::Female, Gender::Male, Gender::Other];

impl Protection {
    pub(super) fn of(profile: &Profile) -> Self {
        let child_below = Jurisdiction::of(profile.country).child_below;
        match profile.protection_age() {
            None => Self::AgeUnknown,
            Some(age) if age.is_under(child_below) => Self::Child,
            Some(age) if age.is_under(18) => Self::Under18,
            Some(_) => Self::None,
        }
    }
}

impl Card {
    pub(super) fn id(&self) -> &'static str {
        match self.which {
            Which::Gender => "gender",
            Which::AgeBand => "age_band",
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self.which {
            Which::Gender => "Gender",
            Which::AgeBand => "Age band",
        }
    }

    pub(super) fn noun(&self) -> &'static str {
        match self.which {
            Which::Gender => "gender",
            Which::AgeBand => "age band",
        }
    }

    /// Whether the attribute can be corrected as it stands; otherwise it is to be used again first.
    pub(super) fn is_open(&self) -> bool {
        match self.standing {
            Standing::InUse { .. } | Standing::Held { .. } | Standing::Nothing => true,
            Standing::Disabled | Standing::Removed => false,
        }
    }

    pub(super) fn has_value(&self) -> bool {
        self.offers.iter().any(|offer| offer.is_current)
    }

    pub(super) fn is_removable(&self) -> bool {
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
        Protection::AgeUnknown | Protection::Under18 | Protection::Child => {
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
