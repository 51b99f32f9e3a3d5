//! The Global Privacy Platform string: a header that names the sections, then the sections.

use crate::{
    bits::{Bits, Padding},
    tcf::TcString,
    tcf_canada::TcfCanada,
    us::UsSection,
    us_privacy::UsPrivacy,
    vendors::{Coding, Grouping, write_range},
};
use std::collections::{BTreeMap, BTreeSet};

/// A GPP string, version 1 ("Global Privacy Platform String", IAB Tech Lab).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpp {
    /// The text of each section by its number. They stand in the order of the numbers: the header
    /// writes only how far each is above the one before.
    pub sections: BTreeMap<u16, String>,
    /// Whether the header writes consecutive numbers as one group.
    pub grouping: Grouping,
    /// How the header is filled up. The specification fills up to letters, the library to octets.
    pub padding: Padding,
}

impl Gpp {
    /// Returns a string without sections, `DBAA`. The header groups, as in the specification's third
    /// example, and is filled up with zeros to a multiple of 6 bits.
    #[must_use]
    pub const fn new() -> Self {
        Self { sections: BTreeMap::new(), grouping: Grouping::Groups, padding: Padding::Letters }
    }

    /// Adds a section as text, of whatever number; one that was there goes.
    #[must_use]
    pub fn with(mut self, section: u16, text: impl Into<String>) -> Self {
        self.sections.insert(section, text.into());
        self
    }

    /// Adds section 2.
    #[must_use]
    pub fn with_tcf(self, string: &TcString) -> Self {
        self.with(2, string.encode())
    }

    /// Adds section 5.
    #[must_use]
    pub fn with_tcf_canada(self, section: &TcfCanada) -> Self {
        self.with(5, section.encode())
    }

    /// Adds section 6.
    #[must_use]
    pub fn with_us_privacy(self, string: &UsPrivacy) -> Self {
        self.with(6, string.encode())
    }

    /// Adds one of sections 7 to 27.
    #[must_use]
    pub fn with_us(self, section: &UsSection) -> Self {
        self.with(section.specification().section(), section.encode())
    }

    /// Returns the header: type 3, version 1, and the numbers as a Fibonacci range.
    #[must_use]
    pub fn header(&self) -> String {
        let mut bits = Bits::default();
        bits.int(3_u8, 6);
        bits.int(1_u8, 6);
        let numbers: BTreeSet<u16> = self.sections.keys().copied().collect();
        write_range(&mut bits, &numbers, Coding::Fibonacci, self.grouping);
        bits.text(self.padding)
    }

    /// Returns the string: the header, then the sections, between tildes.
    #[must_use]
    pub fn encode(&self) -> String {
        let sections = self.sections.values().map(String::as_str);
        let header = self.header();
        let parts: Vec<&str> = std::iter::once(header.as_str()).chain(sections).collect();
        parts.join("~")
    }
}

impl Default for Gpp {
    fn default() -> Self {
        Self::new()
    }
}
