//! The sections of GPP for the United States, 7 to 27.

mod fields;
mod specification;

pub use specification::{UsField, UsSpecification};

use crate::bits::{Bits, Padding};
use std::collections::BTreeMap;

/// One section for the nation or a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsSection {
    specification: UsSpecification,
    values: BTreeMap<&'static str, Vec<u8>>,
    /// The first field of the core, 6 bits: `Version`, or `MspaVersion` in Maryland, Indiana,
    /// Kentucky and Rhode Island.
    pub version: u8,
    /// Global Privacy Control, in a sub-section of its own. California and others have it.
    pub gpc: Option<bool>,
    /// Sensitive data in a sub-section of its own. Indiana, Kentucky and Rhode Island have it.
    pub sensitive: Option<[u8; 8]>,
    /// Whether a section header stands before the core. Maryland, Indiana, Kentucky and Rhode Island
    /// have it by specification.
    pub header: SectionHeader,
    /// How each sub-section is filled up.
    pub padding: Padding,
}

/// Whether a section header stands before the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionHeader {
    /// The section begins with its core, as the official library writes all of them.
    Omitted,
    /// `SectionID` (6 bits), `Version` (6 bits, always 1) and of `SubSections` the amount only (12
    /// bits, 1 or 2), then a dot. The specification wants the numbers of the sub-sections in a
    /// Fibonacci range, but the core has the number 0, which that coding cannot write.
    Written,
}

impl UsSection {
    /// Returns a section in which nothing applies: all entries 0, but `MspaCoveredTransaction`, which
    /// has no such value, 2 (no). No sub-section but the core; with a section header where specified.
    /// Filled up with zeros to a multiple of 6 bits; the library fills up as [`Padding::Octets`] does.
    #[must_use]
    pub fn new(specification: UsSpecification) -> Self {
        let header = if specification.has_section_header() {
            SectionHeader::Written
        } else {
            SectionHeader::Omitted
        };
        let mut section = Self {
            specification,
            values: BTreeMap::new(),
            version: specification.version(),
            gpc: None,
            sensitive: None,
            header,
            padding: Padding::Letters,
        };
        section.set("MspaCoveredTransaction", &[2]);
        section
    }

    /// Returns the section of a person who was told of everything, opted out of nothing, and agrees to every
    /// use of sensitive data.
    #[must_use]
    pub fn agreeing(specification: UsSpecification) -> Self {
        let mut section = Self::new(specification);
        for UsField { name, entries } in specification.fields() {
            let entry = match *name {
                "SensitiveDataProcessing" => 2,
                name if name.ends_with("Notice") => 1,
                name if name.ends_with("OptOut") => 2,
                _ => continue,
            };
            section.set(name, &vec![entry; usize::from(*entries)]);
        }
        if specification.has_sensitive_sub_section() {
            section.sensitive = Some([2; 8]);
        }
        section
    }

    /// Returns which section it is.
    pub const fn specification(&self) -> UsSpecification {
        self.specification
    }

    /// Sets the entries of a field of the core, 0 to 3 each.
    pub fn set(&mut self, field: &str, entries: &[u8]) -> &mut Self {
        let known = self.specification.fields().iter().find(|known| known.name == field);
        assert!(known.is_some(), "{:?} has no `{field}`", self.specification);
        if let Some(UsField { name, entries: amount }) = known {
            assert!(
                entries.len() == usize::from(*amount),
                "`{name}` of {:?} has {amount} entries",
                self.specification
            );
            self.values.insert(name, entries.to_vec());
        }
        self
    }

    /// Returns the entries of a field of the core; nothing when the section has no such field.
    pub fn entries(&self, field: &str) -> Option<Vec<u8>> {
        let known = self.specification.fields().iter().find(|known| known.name == field)?;
        let zeros = || vec![0; usize::from(known.entries)];
        Some(self.values.get(known.name).cloned().unwrap_or_else(zeros))
    }

    /// Returns the section: its sub-sections between dots.
    #[must_use]
    pub fn encode(&self) -> String {
        let others: Vec<Bits> = self
            .gpc
            .map(|gpc| self.gpc_bits(gpc))
            .into_iter()
            .chain(self.sensitive_bits())
            .collect();
        let header = match self.header {
            SectionHeader::Omitted => None,
            SectionHeader::Written => Some(self.header_bits(1 + others.len())),
        };
        let parts = header.into_iter().chain([self.core()]).chain(others);
        let texts: Vec<String> = parts.map(|bits| bits.text(self.padding)).collect();
        texts.join(".")
    }

    fn header_bits(&self, sub_sections: usize) -> Bits {
        let mut bits = Bits::default();
        bits.int(self.specification.section(), 6);
        bits.int(1_u8, 6);
        bits.int(u64::try_from(sub_sections).unwrap_or(u64::MAX), 12);
        bits
    }

    fn core(&self) -> Bits {
        let mut bits = Bits::default();
        bits.int(self.version, 6);
        for UsField { name, entries } in self.specification.fields() {
            let zeros = vec![0; usize::from(*entries)];
            let values = self.values.get(name).unwrap_or(&zeros);
            for value in values {
                bits.int(*value, 2);
            }
        }
        bits
    }

    fn gpc_bits(&self, gpc: bool) -> Bits {
        assert!(self.specification.has_gpc(), "{:?} has no `Gpc`", self.specification);
        let mut bits = Bits::default();
        bits.int(1_u8, 2);
        bits.flag(gpc);
        bits
    }

    fn sensitive_bits(&self) -> Option<Bits> {
        let entries = self.sensitive?;
        assert!(
            self.specification.has_sensitive_sub_section(),
            "{:?} has no sub-section for sensitive data",
            self.specification
        );
        let mut bits = Bits::default();
        for value in entries {
            bits.int(value, 2);
        }
        Some(bits)
    }
}
