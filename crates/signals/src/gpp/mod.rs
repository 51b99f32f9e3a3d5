//! Strings of the Global Privacy Platform, version 1 (IAB Tech Lab, "GPP consent string specification").

mod canada;
mod canada_bases;
mod in_force;
mod law;
mod layout;
mod reading;
mod refusals;
mod us;

pub use canada::{CanadaReading, CanadaString};
pub use canada_bases::CanadaBases;
pub use in_force::InForce;
pub use law::{UsField, UsLaw};
pub use reading::{GppReading, TcfSection};
pub use refusals::{UsLaws, UsRefusals};
pub use us::{UsRefusal, UsSection};

use crate::{
    TEXT_BYTES_MAX, TcString, Unreadable, UsPrivacy, bits::Bits, tcf::Text, to_the_day::to_the_day,
};
use std::{borrow::Cow, str::Split};

/// How many sections a string may have: more than there are laws.
const SECTIONS_MAX: usize = 64;

/// The id of the section that holds a string of TCF Europe.
pub const TCF_EUROPE: u16 = 2;
/// The id of the section that holds a string of TCF Canada.
pub const TCF_CANADA: u16 = 5;
/// The id of the section that holds a US Privacy string.
pub const US_PRIVACY: u16 = 6;

/// A string whose table of contents has been read and fits its sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GppString<'a> {
    text: Text<'a>,
    /// Behind the amount of ranges.
    header: Bits<'a>,
    ranges: u16,
}

/// One section.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack, so that reading allocates nothing"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section<'a> {
    /// TCF Europe, version 2.
    TcfEurope(TcString<'a>),
    /// TCF Canada, version 1.
    TcfCanada(CanadaString<'a>),
    /// US Privacy, version 1.
    UsPrivacy(UsPrivacy),
    /// A law of the United States.
    Us(UsSection),
    /// A section that is not known. It is kept as it is.
    Unknown,
}

impl<'a> GppString<'a> {
    /// Reads the table of contents of a string of at most [`TEXT_BYTES_MAX`]. Sections are read on demand.
    pub fn read(text: &'a str) -> Result<Self, Unreadable> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Unreadable::TooLong);
        }
        let mut bits = Bits::of(text.split('~').next().unwrap_or_default())?;
        // 3 says that this is a header, 1 is the version.
        if (bits.small(6)?, bits.small(6)?) != (3, 1) {
            return Err(Unreadable::Version);
        }
        let ranges = bits.number(12)?;
        let read = Self { text: Text(text), header: bits, ranges };
        let mut listed = 0;
        let mut ids = read.ids();
        for id in &mut ids {
            id?;
            listed += 1;
            if listed > SECTIONS_MAX {
                return Err(Unreadable::Contents);
            }
        }
        ids.bits.end()?;
        if listed == text.split('~').count() - 1 { Ok(read) } else { Err(Unreadable::Contents) }
    }

    /// Returns the text as it came.
    pub fn text(&self) -> &'a str {
        self.text.0
    }

    /// Returns the text to be passed on: as it came, but for the times of its sections of TCF, which are made no finer
    /// than a day as [`TcString::passed_on`] does; no other section has one. `None` where they cannot be read.
    pub(super) fn passed_on(&self) -> Option<Cow<'a, str>> {
        if !self.sections().any(|(id, _)| has_times(id)) {
            return Some(Cow::Borrowed(self.text.0));
        }
        let header = self.text.0.split('~').next().unwrap_or_default();
        let mut passed_on = String::with_capacity(self.text.0.len());
        passed_on.push_str(header);
        for (id, text) in self.sections() {
            passed_on.push('~');
            if has_times(id) {
                passed_on.push_str(&to_the_day(text).ok()?);
            } else {
                passed_on.push_str(text);
            }
        }
        Some(Cow::Owned(passed_on))
    }

    /// Iterates over the sections' ids and texts, in the order of the string.
    pub fn sections(&self) -> impl Iterator<Item = (u16, &'a str)> {
        let mut texts = self.text.0.split('~');
        // The first is the header.
        texts.next();
        Sections { ids: self.ids(), texts }
    }

    /// Reads the section of that id; `None` if the string has none.
    pub fn section(&self, id: u16) -> Option<Result<Section<'a>, Unreadable>> {
        let (_, text) = self.sections().find(|(other, _)| *other == id)?;
        Some(Section::read(id, text))
    }

    fn ids(&self) -> SectionIds<'a> {
        SectionIds { bits: self.header, ranges: self.ranges, last: 0, left: 0 }
    }
}

impl<'a> Section<'a> {
    /// Reads a section by its id.
    pub fn read(id: u16, text: &'a str) -> Result<Self, Unreadable> {
        match id {
            TCF_EUROPE => TcString::read_valid(text).map(Self::TcfEurope),
            TCF_CANADA => CanadaString::read(text).map(Self::TcfCanada),
            US_PRIVACY => UsPrivacy::read(text).map(Self::UsPrivacy),
            _ => match UsLaw::of(id) {
                Some(law) => UsSection::read(law, text).map(Self::Us),
                None => Ok(Self::Unknown),
            },
        }
    }
}

/// Whether a section says when it was made.
fn has_times(id: u16) -> bool {
    matches!(id, TCF_EUROPE | TCF_CANADA)
}

struct Sections<'a> {
    ids: SectionIds<'a>,
    texts: Split<'a, char>,
}

impl<'a> Iterator for Sections<'a> {
    type Item = (u16, &'a str);

    fn next(&mut self) -> Option<(u16, &'a str)> {
        Some((self.ids.next()?.ok()?, self.texts.next()?))
    }
}

/// The ids in the header: each distance counts from the last id, so that they ascend.
struct SectionIds<'a> {
    bits: Bits<'a>,
    ranges: u16,
    last: u16,
    /// How many more ids the current range has.
    left: u16,
}

impl SectionIds<'_> {
    fn range(&mut self) -> Result<u16, Unreadable> {
        let is_group = self.bits.flag()?;
        let first = self.last.checked_add(self.bits.fibonacci()?).ok_or(Unreadable::Ids)?;
        self.left = if is_group { self.bits.fibonacci()? } else { 0 };
        first.checked_add(self.left).ok_or(Unreadable::Ids)?;
        Ok(first)
    }
}

impl Iterator for SectionIds<'_> {
    type Item = Result<u16, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            self.last = self.last.saturating_add(1);
            return Some(Ok(self.last));
        }
        self.ranges = self.ranges.checked_sub(1)?;
        let read = self.range();
        if let Ok(first) = read {
            self.last = first;
        }
        Some(read)
    }
}
