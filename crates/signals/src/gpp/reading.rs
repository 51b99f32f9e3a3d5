//! A GPP string of a request, with the frameworks that it puts in force, read or not.

use super::{GppString, InForce, TCF_CANADA, TCF_EUROPE, in_force::List};
use crate::{Reading, Unreadable};

/// What a GPP string says, and which frameworks of legal bases are in force by it. One cannot be had without the other:
/// where such a section cannot be read it still says that legal bases are needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GppReading<'a> {
    reading: Reading<InForce<'a>>,
    europe: TcfSection,
    canada: TcfSection,
}

/// Whether the section of a framework is in force, read or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TcfSection {
    /// It is not.
    #[default]
    NotInForce,
    /// It is, or nobody can tell.
    InForce,
}

impl<'a> GppReading<'a> {
    /// Reads a string with the ids of the sections in force, as [`InForce::read`] does.
    pub fn of(text: Option<&'a str>, sections: &[i64]) -> Self {
        let text = text.filter(|text| !text.is_empty());
        let reading = InForce::read(text, sections);
        Self { reading, ..Self::in_force(text.as_slice(), sections) }
    }

    /// Reads two strings that should be one and are not: neither says anything, but either can put a framework in force.
    pub fn contradictory(texts: [&str; 2], sections: &[i64]) -> Self {
        let reading = Reading::Unreadable(Unreadable::Contradiction);
        Self { reading, ..Self::in_force(&texts, sections) }
    }

    fn in_force(texts: &[&str], sections: &[i64]) -> Self {
        let of = |section| TcfSection::of(section, texts, sections);
        Self { reading: Reading::Absent, europe: of(TCF_EUROPE), canada: of(TCF_CANADA) }
    }

    /// Returns what the sections in force say, if all of them were read.
    pub fn read(&self) -> Option<&InForce<'a>> {
        self.reading.read()
    }

    /// Returns why the string says nothing, if there is one that does not.
    pub fn unreadable(&self) -> Option<Unreadable> {
        self.reading.unreadable()
    }

    /// Returns whether the section of TCF Europe is in force.
    pub fn europe(&self) -> TcfSection {
        self.europe
    }

    /// Returns whether the section of TCF Canada is in force.
    pub fn canada(&self) -> TcfSection {
        self.canada
    }
}

impl TcfSection {
    /// By the list; where it says nothing or contradicts itself, by the tables of contents too; where one of these
    /// cannot be read, it could be.
    fn of(section: u16, texts: &[&str], sections: &[i64]) -> Self {
        let by_texts = || {
            texts.iter().any(|text| match GppString::read(text) {
                Ok(string) => string.ids().any(|id| id == Ok(section)),
                Err(_) => true,
            })
        };
        let is_listed = sections.contains(&i64::from(section));
        let is_in_force = match List::of(sections) {
            List::Unsaid | List::Contradictory => is_listed || by_texts(),
            List::Nothing | List::Sections => is_listed,
        };
        if is_in_force { Self::InForce } else { Self::NotInForce }
    }
}
