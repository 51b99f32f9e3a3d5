//! Demographics and protection age of an account, each with its source.

use crate::{FromElsewhere, NotedEdit, NotedKind, NotedList};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    AgeBand, Country, Demographics, ForSecurity, Gender, Source, Sourced, time::UnixMillis,
};
use std::{collections::BTreeMap, fmt};

/// Age from which demographics may be in use, and what others say is kept, in years.
pub(crate) const ADULT: u8 = 18;

/// What is kept about an account's person. `Debug` leaves the values out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The country the account belongs to.
    pub country: Option<Country>,
    /// The age in years that each source gives. The lowest counts; no edit of the person's changes it.
    pub protection_ages: BTreeMap<Source, ForSecurity<u8>>,
    /// Gender.
    pub gender: Attribute<Gender>,
    /// Age band.
    pub age_band: Attribute<AgeBand>,
    /// Languages, for the platform's own use.
    #[serde(default, skip_serializing_if = "NotedList::is_untouched")]
    pub languages: NotedList,
    /// Interests, for the platform's own use.
    #[serde(default, skip_serializing_if = "NotedList::is_untouched")]
    pub interests: NotedList,
    /// What partners and advertisers said.
    #[serde(default, skip_serializing_if = "FromElsewhere::is_untouched")]
    pub elsewhere: FromElsewhere,
}

/// One attribute: what sources say, what the person says, and whether it may be used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute<T> {
    /// What the platform and others say, at most one per source, best source first.
    pub candidates: Vec<Candidate<T>>,
    /// The person's own value. It wins over every candidate, whenever that is written.
    pub own: Option<T>,
    /// Whether it may be used.
    pub state: AttributeState,
    /// Since when each source has given its value; of values kept before times were, nothing is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub since: BTreeMap<Source, UnixMillis>,
    /// When the person gave their own value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_since: Option<UnixMillis>,
}

/// A value that a source gives.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
    /// How sure the source is; where it was inferred.
    pub confidence: Option<Confidence>,
}

/// How sure a source is, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Confidence(u8);

/// The number is not a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a confidence is a whole number from 0 to 100")]
pub struct ConfidenceError;

impl TryFrom<u8> for Confidence {
    type Error = ConfidenceError;

    fn try_from(percent: u8) -> Result<Self, ConfidenceError> {
        if percent <= 100 { Ok(Self(percent)) } else { Err(ConfidenceError) }
    }
}

impl From<Confidence> for u8 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

/// Whether an attribute may be used. It changes only by the person's edits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeState {
    /// Its value in use may be told where the settings allow it.
    #[default]
    InUse,
    /// Kept, and told to nobody.
    Disabled,
    /// Emptied, and what sources write is dropped.
    Removed,
}

/// What the platform knows of an account; what is left out stays as it was.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProfileWrite {
    /// The country.
    pub country: Option<Country>,
    /// An age in years with the source that gives it; takes the place of what that source said before.
    pub protection_age: Option<(Source, ForSecurity<u8>)>,
    /// A gender; takes the place of what that source said before.
    pub gender: Option<Candidate<Gender>>,
    /// An age band; takes the place of what that source said before.
    pub age_band: Option<Candidate<AgeBand>>,
    /// All languages, by their tags; take the place of all that were noted before.
    pub languages: Option<Vec<(String, Source)>>,
    /// All interests, by name; take the place of all that were noted before.
    pub interests: Option<Vec<(String, Source)>>,
}

/// A person's edit of one attribute. `Debug` leaves the value out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Of the gender.
    Gender(Amend<Gender>),
    /// Of the age band.
    AgeBand(Amend<AgeBand>),
}

/// What the person does to an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amend<T> {
    /// Says the right value. An attribute that is disabled or removed stays so.
    Set(T),
    /// Keeps it from being told.
    Disable,
    /// Lets it be told again.
    Enable,
    /// Empties it, and keeps it empty until it is enabled.
    Remove,
}

/// What of a profile the decision reads. `Debug` leaves the values out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InUse {
    /// The account's country.
    pub country: Option<Country>,
    /// The lowest age that any source gives, in years.
    pub protection_age: Option<ForSecurity<u8>>,
    /// Values in use. Empty where they contradict a protection age under 18: every band is an adult's.
    pub demographics: Demographics,
}

impl InUse {
    /// Of an account without a profile.
    pub const NOTHING: Self =
        Self { country: None, protection_age: None, demographics: Demographics::NONE };
}

impl Profile {
    /// Returns the lowest age that any source gives, in years.
    pub fn protection_age(&self) -> Option<ForSecurity<u8>> {
        self.protection_ages.values().copied().min()
    }

    /// Returns what the decision reads.
    pub fn in_use(&self) -> InUse {
        let protection_age = self.protection_age();
        let is_minor = protection_age.is_some_and(|age| age.is_under(ADULT));
        let demographics = if is_minor {
            Demographics::NONE
        } else {
            Demographics { gender: self.gender.in_use(), age_band: self.age_band.in_use() }
        };
        InUse { country: self.country, protection_age, demographics }
    }

    /// Returns the profile after the platform wrote to it. An age band is not kept where it contradicts the age that
    /// an equally good or better source gives: one of the two is wrong, and a wrong value is not told.
    #[must_use]
    pub fn written(mut self, write: &ProfileWrite) -> Self {
        self.country = write.country.or(self.country);
        if let Some((source, age)) = write.protection_age {
            self.protection_ages.insert(source, age);
        }
        if let Some(candidate) = write.gender {
            self.gender.offer(candidate);
        }
        if let Some(candidate) = write.age_band {
            self.age_band.offer(candidate);
        }
        let ages = &self.protection_ages;
        let is_contradicted = |candidate: &Candidate<AgeBand>| {
            ages.range(..=candidate.source).any(|(_, age)| age.contradicts(candidate.value))
        };
        self.age_band.candidates.retain(|candidate| !is_contradicted(candidate));
        self
    }

    /// Returns the profile after the platform wrote to it at that time, with the lists and the times.
    #[must_use]
    pub fn written_at(self, write: &ProfileWrite, at: UnixMillis) -> Self {
        let before = self.clone();
        let mut after = self.written(write);
        after.gender.date(&before.gender, at);
        after.age_band.date(&before.age_band, at);
        if let Some(languages) = &write.languages {
            after.languages.write(languages, at);
        }
        if let Some(interests) = &write.interests {
            after.interests.write(interests, at);
        }
        after
    }

    /// Returns the profile after the person edited it at that time.
    #[must_use]
    pub fn corrected_at(self, correction: Correction, at: UnixMillis) -> Self {
        let before = self.clone();
        let mut after = self.corrected(correction);
        after.gender.date(&before.gender, at);
        after.age_band.date(&before.age_band, at);
        after
    }

    /// Returns the profile after the person edited one language or interest.
    #[must_use]
    pub fn edited(mut self, edit: &NotedEdit) -> Self {
        match edit.kind {
            NotedKind::Language => self.languages.edit(&edit.name, edit.act),
            NotedKind::Interest => self.interests.edit(&edit.name, edit.act),
        }
        self
    }

    /// Returns the profile after the person edited it.
    #[must_use]
    pub fn corrected(mut self, correction: Correction) -> Self {
        match correction {
            Correction::Gender(amend) => self.gender.amend(amend),
            Correction::AgeBand(amend) => self.age_band.amend(amend),
        }
        self
    }
}

impl<T: Copy> Attribute<T> {
    /// Returns the value in use with its source: the person's own, else that of the best source.
    pub fn in_use(&self) -> Option<Sourced<T>> {
        match self.state {
            AttributeState::InUse => self.value(),
            AttributeState::Disabled | AttributeState::Removed => None,
        }
    }

    /// Returns the value that would be in use if the attribute were; a page shows it to the person.
    pub fn value(&self) -> Option<Sourced<T>> {
        let own = self.own.map(|value| Sourced { value, source: Source::Declared });
        own.or_else(|| {
            let best = self.candidates.iter().min_by_key(|candidate| candidate.source)?;
            Some(Sourced { value: best.value, source: best.source })
        })
    }

    fn offer(&mut self, candidate: Candidate<T>) {
        if self.state == AttributeState::Removed {
            return;
        }
        self.candidates.retain(|other| other.source != candidate.source);
        self.candidates.push(candidate);
        self.candidates.sort_by_key(|candidate| candidate.source);
    }

    fn amend(&mut self, amend: Amend<T>) {
        match amend {
            Amend::Set(value) => self.own = Some(value),
            Amend::Disable if self.state == AttributeState::Removed => {}
            Amend::Disable => self.state = AttributeState::Disabled,
            Amend::Enable => self.state = AttributeState::InUse,
            Amend::Remove => {
                *self = Self { state: AttributeState::Removed, ..Self::default() };
            }
        }
    }
}

impl<T: Copy + PartialEq> Attribute<T> {
    /// Notes the time at every value that was not there before, and forgets those of values that are gone.
    fn date(&mut self, before: &Self, at: UnixMillis) {
        let had = |candidate: &Candidate<T>| {
            before
                .candidates
                .iter()
                .any(|other| other.source == candidate.source && other.value == candidate.value)
        };
        self.since.retain(|source, _| self.candidates.iter().any(|one| one.source == *source));
        for candidate in self.candidates.iter().filter(|candidate| !had(candidate)) {
            self.since.insert(candidate.source, at);
        }
        if self.own != before.own {
            self.own_since = self.own.map(|_value| at);
        }
    }
}

impl<T> Default for Attribute<T> {
    fn default() -> Self {
        Self {
            candidates: Vec::new(),
            own: None,
            state: AttributeState::InUse,
            since: BTreeMap::new(),
            own_since: None,
        }
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Profile([personal])")
    }
}

impl<T> fmt::Debug for Attribute<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Attribute([personal], {:?})", self.state)
    }
}

impl<T> fmt::Debug for Candidate<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Candidate([personal], {})", self.source.name())
    }
}

impl fmt::Debug for ProfileWrite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ProfileWrite([personal])")
    }
}

impl<T> fmt::Debug for Amend<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Set(_) => "Set([personal])",
            Self::Disable => "Disable",
            Self::Enable => "Enable",
            Self::Remove => "Remove",
        })
    }
}

impl fmt::Debug for InUse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InUse([personal])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gender(value: Gender, source: Source) -> ProfileWrite {
        let confidence = Confidence::try_from(80).ok();
        ProfileWrite {
            gender: Some(Candidate { value, source, confidence }),
            ..ProfileWrite::default()
        }
    }

    fn age(source: Source, years: u8) -> ProfileWrite {
        ProfileWrite {
            protection_age: Some((source, ForSecurity::new(years))),
            ..ProfileWrite::default()
        }
    }

    fn gender_in_use(profile: &Profile) -> Option<(Gender, Source)> {
        profile.in_use().demographics.gender.map(|told| (told.value, told.source))
    }

    #[test]
    fn the_best_source_is_in_use_whatever_the_order_of_writing() {
        let profile = Profile::default()
            .written(&gender(Gender::Male, Source::OffPlatform))
            .written(&gender(Gender::Female, Source::Inferred))
            .written(&gender(Gender::Other, Source::Partner));
        assert_eq!(gender_in_use(&profile), Some((Gender::Female, Source::Inferred)));
        let again = profile.written(&gender(Gender::Male, Source::Inferred));
        assert_eq!(gender_in_use(&again), Some((Gender::Male, Source::Inferred)));
        assert_eq!(again.gender.candidates.len(), 3);
    }

    #[test]
    fn the_persons_value_wins_over_every_later_write() {
        let profile = Profile::default()
            .corrected(Correction::Gender(Amend::Set(Gender::Other)))
            .written(&gender(Gender::Male, Source::Declared));
        assert_eq!(gender_in_use(&profile), Some((Gender::Other, Source::Declared)));
    }

    #[test]
    fn disabled_and_removed_stay_so_until_the_person_enables() {
        let written = Profile::default().written(&gender(Gender::Male, Source::Declared));
        for amend in [Amend::Disable, Amend::Remove] {
            let closed = written
                .clone()
                .corrected(Correction::Gender(amend))
                .written(&gender(Gender::Female, Source::Inferred))
                .corrected(Correction::Gender(Amend::Set(Gender::Other)));
            assert_eq!(gender_in_use(&closed), None, "{amend:?}");
            let open = closed.corrected(Correction::Gender(Amend::Enable));
            assert_eq!(gender_in_use(&open), Some((Gender::Other, Source::Declared)));
        }
        let removed = written.corrected(Correction::Gender(Amend::Remove));
        let removed = removed.corrected(Correction::Gender(Amend::Disable));
        assert_eq!(removed.gender.state, AttributeState::Removed);
        let enabled = removed.corrected(Correction::Gender(Amend::Enable));
        assert_eq!(gender_in_use(&enabled), None);
    }

    #[test]
    fn the_lowest_age_counts_and_a_page_edit_never_raises_it() {
        let profile = Profile::default()
            .written(&age(Source::Declared, 30))
            .written(&age(Source::Inferred, 15))
            .written(&gender(Gender::Male, Source::Declared))
            .corrected(Correction::AgeBand(Amend::Set(AgeBand::From65)));
        let in_use = profile.in_use();
        assert_eq!(in_use.protection_age, Some(ForSecurity::new(15)));
        assert!(in_use.demographics.is_empty());
    }

    #[test]
    fn a_band_that_contradicts_the_age_of_as_good_a_source_is_not_kept() {
        let band = |value, source| ProfileWrite {
            age_band: Some(Candidate { value, source, confidence: None }),
            ..ProfileWrite::default()
        };
        let written = Profile::default()
            .written(&age(Source::Inferred, 40))
            .written(&band(AgeBand::From25To34, Source::Partner));
        assert_eq!(written.in_use().demographics.age_band, None);
        // A better source may contradict a worse one.
        let better = written.written(&band(AgeBand::From25To34, Source::Declared));
        let told = better.in_use().demographics.age_band.map(|told| told.value);
        assert_eq!(told, Some(AgeBand::From25To34));
        let later = better.written(&age(Source::Declared, 61));
        assert_eq!(later.in_use().demographics.age_band, None);
        // The person's own word stands against all of them.
        let own = later.corrected(Correction::AgeBand(Amend::Set(AgeBand::From25To34)));
        assert!(own.in_use().demographics.age_band.is_some());
    }

    #[test]
    fn a_value_is_dated_by_when_its_source_first_gave_it() {
        let at = UnixMillis;
        let male = gender(Gender::Male, Source::Inferred);
        let profile = Profile::default()
            .written_at(&male, at(1))
            .written_at(&male, at(2))
            .written_at(&gender(Gender::Female, Source::Partner), at(3));
        let dates: Vec<_> = profile.gender.since.clone().into_iter().collect();
        assert_eq!(dates, [(Source::Inferred, at(1)), (Source::Partner, at(3))]);
        let other = profile.written_at(&gender(Gender::Other, Source::Inferred), at(4));
        assert_eq!(other.gender.since.get(&Source::Inferred), Some(&at(4)));
        let own = other.corrected_at(Correction::Gender(Amend::Set(Gender::Male)), at(5));
        assert_eq!(own.gender.own_since, Some(at(5)));
        let removed = own.corrected_at(Correction::Gender(Amend::Remove), at(6));
        assert!(removed.gender.since.is_empty() && removed.gender.own_since.is_none());
    }

    #[test]
    fn it_reads_back_from_json_and_prints_no_value() {
        let profile = Profile::default()
            .written(&gender(Gender::Female, Source::Partner))
            .written(&age(Source::Declared, 33))
            .corrected(Correction::AgeBand(Amend::Set(AgeBand::From25To34)));
        let text = serde_json::to_string(&profile).unwrap();
        assert_eq!(serde_json::from_str::<Profile>(&text).unwrap(), profile);
        assert!(
            !format!("{profile:?} {:?} {:?}", profile.gender, profile.in_use()).contains("emale")
        );
        assert_eq!(
            format!("{:?}", Correction::Gender(Amend::Set(Gender::Female))),
            "Gender(Set([personal]))"
        );
    }
}
