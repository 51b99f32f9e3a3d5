//! A profile as the data page shows it: one card for each attribute, one for each list that the platform noted.

use super::{
    language::{Language, Message},
    when::Moment,
    words,
};
use sluicegate_gate::{AgeBand, Gender, Jurisdiction, Sourced, time::UnixMillis};
use sluicegate_settings::{
    Attribute, AttributeState, Confidence, Noted, NotedKind, NotedList, Profile,
};

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
    pub(super) candidates: Vec<Message>,
    pub(super) offers: Vec<Offer>,
}

/// How an attribute stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// This value may be told.
    InUse { value: Message, source: Message },
    /// There is a value, and the person's age keeps it from being told.
    Held { value: Message, source: Message },
    /// There is no value.
    Nothing,
    /// The person does not want it used.
    Disabled,
    /// The person had it emptied.
    Removed,
}

/// A value to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) value: &'static str,
    pub(super) words: Message,
    pub(super) is_current: bool,
}

/// Languages or interests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotedCard {
    pub(super) kind: NotedKind,
    pub(super) noted: Vec<NotedLine>,
    pub(super) removed: Vec<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotedLine {
    /// As the platform wrote it.
    pub(super) key: String,
    /// As it is shown.
    pub(super) name: String,
    pub(super) source: Message,
    pub(super) is_disabled: bool,
}

/// Every gender, in the order of the page.
pub(super) const GENDERS: [Gender; 3] = [Gender::Female, Gender::Male, Gender::Other];

impl Protection {
    pub(super) fn of(profile: &Profile) -> Self {
        let child_below = Jurisdiction::of(profile.country).child_below;
        match profile.protection_age() {
            None => Self::AgeUnknown,
            Some(age) if age.is_under(child_below) => Self::Child,
            Some(_) if !profile.is_adult() => Self::Under18,
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

    /// Returns the message that names it.
    pub(super) fn name(&self) -> &'static str {
        match self.which {
            Which::Gender => "attribute-gender",
            Which::AgeBand => "attribute-age-band",
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

    /// Whether the values on file say more than the value in use does.
    pub(super) fn shows_all(&self) -> bool {
        self.candidates.len() > usize::from(self.is_open())
    }

    pub(super) fn is_removable(&self) -> bool {
        !self.candidates.is_empty() && self.standing != Standing::Removed
    }
}

impl NotedCard {
    pub(super) fn id(&self) -> &'static str {
        match self.kind {
            NotedKind::Language => "languages",
            NotedKind::Interest => "interests",
        }
    }

    /// Returns the name in forms.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            NotedKind::Language => "language",
            NotedKind::Interest => "interest",
        }
    }

    /// Returns the message that names it.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            NotedKind::Language => "attribute-languages",
            NotedKind::Interest => "attribute-interests",
        }
    }
}

pub(super) fn cards(language: Language, profile: &Profile, platform: &str) -> Vec<Card> {
    let writer = Writer { language, platform, protection: Protection::of(profile) };
    let genders = GENDERS.map(|gender| (gender, gender.name()));
    let bands = AgeBand::ALL.map(|band| (band, band.name()));
    vec![
        writer.card(Which::Gender, &profile.gender, &genders, words::gender),
        writer.card(Which::AgeBand, &profile.age_band, &bands, words::age_band),
    ]
}

pub(super) fn noted(language: Language, profile: &Profile, platform: &str) -> Vec<NotedCard> {
    let writer = Writer { language, platform, protection: Protection::of(profile) };
    let lists =
        [(NotedKind::Language, &profile.languages), (NotedKind::Interest, &profile.interests)];
    lists.into_iter().map(|(kind, list)| writer.noted(kind, list)).collect()
}

struct Writer<'a> {
    language: Language,
    platform: &'a str,
    protection: Protection,
}

impl Writer<'_> {
    fn card<T: Copy + PartialEq>(
        &self,
        which: Which,
        attribute: &Attribute<T>,
        all: &[(T, &'static str)],
        words_of: fn(Language, T) -> Message,
    ) -> Card {
        let current = attribute.value().map(|value| value.value);
        let offers = all.iter().map(|(value, name)| Offer {
            value: name,
            words: words_of(self.language, *value),
            is_current: current == Some(*value),
        });
        Card {
            which,
            standing: self.standing(attribute, words_of),
            candidates: self.on_file(attribute, words_of),
            offers: offers.collect(),
        }
    }

    fn standing<T: Copy>(
        &self,
        attribute: &Attribute<T>,
        words_of: fn(Language, T) -> Message,
    ) -> Standing {
        match attribute.state {
            AttributeState::Disabled => return Standing::Disabled,
            AttributeState::Removed => return Standing::Removed,
            AttributeState::InUse => {}
        }
        let Some(Sourced { value, source }) = attribute.value() else { return Standing::Nothing };
        let since = match attribute.own {
            Some(_) => attribute.own_since,
            None => attribute.since.get(&source).copied(),
        };
        let sure = attribute.candidates.iter().find(|candidate| candidate.source == source);
        let (source, sure) = match attribute.own {
            Some(_) => (self.language.say("source-own"), None),
            None => (
                words::source(self.language, source, self.platform),
                sure.and_then(|candidate| candidate.confidence),
            ),
        };
        let (value, source) = (words_of(self.language, value), self.sourced(source, sure, since));
        match self.protection {
            Protection::None => Standing::InUse { value, source },
            Protection::AgeUnknown | Protection::Under18 | Protection::Child => {
                Standing::Held { value, source }
            }
        }
    }

    /// Says where a value comes from, and how sure that is and since when, where it is known.
    fn sourced(
        &self,
        source: Message,
        sure: Option<Confidence>,
        since: Option<UnixMillis>,
    ) -> Message {
        let id = match (sure, since) {
            (None, None) => "data-source",
            (None, Some(_)) => "data-source-since",
            (Some(_), None) => "data-source-sure",
            (Some(_), Some(_)) => "data-source-sure-since",
        };
        self.known(self.language.say(id).with("source", source), sure, since)
    }

    fn known(
        &self,
        mut said: Message,
        sure: Option<Confidence>,
        since: Option<UnixMillis>,
    ) -> Message {
        if let Some(sure) = sure {
            said = said.with("percent", u32::from(u8::from(sure)));
        }
        match since {
            Some(since) => said.with("since", self.since(since)),
            None => said,
        }
    }

    fn since(&self, since: UnixMillis) -> Message {
        self.language.say("since-day").with("day", Moment::of(since).day())
    }

    fn on_file<T: Copy>(
        &self,
        attribute: &Attribute<T>,
        words_of: fn(Language, T) -> Message,
    ) -> Vec<Message> {
        let own = attribute.own.map(|value| {
            let source = self.language.say("source-own");
            self.candidate(words_of(self.language, value), source, None, attribute.own_since)
        });
        let others = attribute.candidates.iter().map(|candidate| {
            let source = words::source(self.language, candidate.source, self.platform);
            let since = attribute.since.get(&candidate.source).copied();
            let value = words_of(self.language, candidate.value);
            self.candidate(value, source, candidate.confidence, since)
        });
        own.into_iter().chain(others).collect()
    }

    fn candidate(
        &self,
        value: Message,
        source: Message,
        sure: Option<Confidence>,
        since: Option<UnixMillis>,
    ) -> Message {
        let id = match (sure, since) {
            (None, None) => "data-candidate",
            (None, Some(_)) => "data-candidate-since",
            (Some(_), None) => "data-candidate-sure",
            (Some(_), Some(_)) => "data-candidate-sure-since",
        };
        let said = self.language.say(id).with("value", value).with("source", source);
        self.known(said, sure, since)
    }

    fn noted(&self, kind: NotedKind, list: &NotedList) -> NotedCard {
        let shown = |name: &str| match kind {
            NotedKind::Language => words::language_name(self.language, name),
            NotedKind::Interest => name.to_owned(),
        };
        let line = |noted: &Noted| NotedLine {
            key: noted.name.clone(),
            name: shown(&noted.name),
            source: self.sourced(
                words::source(self.language, noted.source, self.platform),
                None,
                Some(noted.since),
            ),
            is_disabled: noted.disabled,
        };
        NotedCard {
            kind,
            noted: list.iter().map(line).collect(),
            removed: list.removed().iter().map(|name| shown(name)).collect(),
        }
    }
}
