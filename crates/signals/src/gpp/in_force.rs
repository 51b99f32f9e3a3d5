//! What a GPP string says once it is known which of its sections are in force.

use super::{CanadaString, GppString, SECTIONS_MAX, Section, UsRefusals};
use crate::{LocationConsent, Reading, TcString, Unreadable, UsPrivacy};
use std::borrow::Cow;

/// The sections in force, together: the strictest of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce<'a> {
    /// The string of TCF Europe.
    pub tcf_europe: Option<TcString<'a>>,
    /// The string of TCF Canada.
    pub tcf_canada: Option<CanadaString<'a>>,
    /// The US Privacy string.
    pub us_privacy: Option<UsPrivacy>,
    /// What the laws of the United States close.
    pub us: UsRefusals,
    /// Whether they allow telling the exact place.
    pub location: LocationConsent,
    text: Option<GppString<'a>>,
}

impl<'a> InForce<'a> {
    const NOTHING: Self = Self {
        tcf_europe: None,
        tcf_canada: None,
        us_privacy: None,
        us: UsRefusals::NONE,
        location: LocationConsent::NoLaw,
        text: None,
    };

    /// Reads a string with the ids of the sections in force (`OpenRTB` 2.6 `regs.gpp` and `regs.gpp_sid`).
    ///
    /// Without ids every section is in force. `[-1]` says that none is (GPP CMP API, `applicableSections`). Ids
    /// without a string, more of them than a string may have sections, a section in force that is missing, unknown
    /// or unreadable, and 0 (not known yet) make the whole unreadable; a section that is not in force does not.
    pub fn read(text: Option<&'a str>, sections: &[i64]) -> Reading<Self> {
        let text = text.filter(|text| !text.is_empty());
        match (text, sections) {
            (None, [] | [-1]) => Reading::Absent,
            (None, _) => Reading::Unreadable(Unreadable::SectionMissing),
            (Some(text), sections) => {
                Self::of(text, sections).map_or_else(Reading::Unreadable, Reading::Read)
            }
        }
    }

    fn of(text: &'a str, sections: &[i64]) -> Result<Self, Unreadable> {
        let string = GppString::read(text)?;
        let mut found = Self { text: Some(string), ..Self::NOTHING };
        check(&string, sections)?;
        // Each section is read once, however often it is listed.
        for (id, text) in string.sections() {
            let is_in_force = sections.is_empty() || sections.contains(&i64::from(id));
            match Section::read(id, text) {
                section if is_in_force && !says_nothing(i64::from(id)) => found.add(&section?)?,
                // A section that was not understood keeps the whole string from being passed on.
                Ok(Section::Unknown) | Err(_) => found.text = None,
                Ok(_) => {}
            }
        }
        Ok(found)
    }

    fn add(&mut self, section: &Section<'a>) -> Result<(), Unreadable> {
        match section {
            Section::TcfEurope(string) => self.tcf_europe = Some(*string),
            Section::TcfCanada(string) => self.tcf_canada = Some(*string),
            Section::UsPrivacy(string) => self.us_privacy = Some(*string),
            Section::Us(section) => {
                for refusal in section.refusals() {
                    self.us.add(refusal, section.law());
                }
                self.location = self.location.strictest(section.location());
            }
            Section::Unknown => return Err(Unreadable::SectionUnknown),
        }
        Ok(())
    }

    /// Returns the text as it came, if every section of it was understood.
    pub fn text(&self) -> Option<&'a str> {
        self.text.as_ref().map(GppString::text)
    }

    /// Returns the text to be passed on, if every section of it was understood: as it came, but for the times of its
    /// sections of TCF ([`TcString::passed_on`]).
    pub fn passed_on(&self) -> Option<Cow<'a, str>> {
        self.text.as_ref().and_then(GppString::passed_on)
    }
}

/// Checks that the string has every section that is listed as in force.
fn check(string: &GppString<'_>, sections: &[i64]) -> Result<(), Unreadable> {
    match List::of(sections) {
        List::Contradictory => Err(Unreadable::SectionsInForce),
        List::Unsaid | List::Nothing => Ok(()),
        List::Sections => {
            // Why: the ids once, because going through the sections goes through the text.
            let mut there = [0; SECTIONS_MAX];
            for (slot, id) in there.iter_mut().zip(string.ids()) {
                *slot = i64::from(id?);
            }
            let mut named = sections.iter().filter(|id| !says_nothing(**id));
            if named.all(|id| there.contains(id)) {
                Ok(())
            } else {
                Err(Unreadable::SectionMissing)
            }
        }
    }
}

/// What a list of sections in force says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Nothing is listed, so that every section is in force.
    Unsaid,
    /// No section is in force.
    Nothing,
    /// Those that are listed are.
    Sections,
    /// It says several things at once, what no id can be, or that it is not known yet (0).
    Contradictory,
}

impl List {
    pub(super) fn of(sections: &[i64]) -> Self {
        let is_id = |id: &i64| u16::try_from(*id).is_ok_and(|id| id > 0);
        if sections.is_empty() {
            Self::Unsaid
        } else if sections == NONE {
            Self::Nothing
        } else if sections.len() > SECTIONS_MAX
            || !sections.iter().all(is_id)
            || sections.iter().all(|id| says_nothing(*id))
        {
            Self::Contradictory
        } else {
            Self::Sections
        }
    }
}

/// Says that no section is in force.
const NONE: [i64; 1] = [-1];

/// 3 and 4 are the header and the signature; they may be listed and say nothing.
fn says_nothing(id: i64) -> bool {
    matches!(id, 3 | 4)
}
