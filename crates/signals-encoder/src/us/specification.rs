//! Which sections there are, and what the specifications say of each.

use super::fields;

/// A field of the core of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsField {
    /// Its name, exactly as specified.
    pub name: &'static str,
    /// How many entries of 2 bits it has.
    pub entries: u8,
}

/// The specification of one section: the nation's, in two versions, or a state's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UsSpecification {
    /// Section 7, version 1 of December 2022.
    NationalV1,
    /// Section 7, version 2 of October 2024.
    NationalV2,
    /// Section 8.
    California,
    /// Section 9.
    Virginia,
    /// Section 10.
    Colorado,
    /// Section 11.
    Utah,
    /// Section 12.
    Connecticut,
    /// Section 13.
    Florida,
    /// Section 14.
    Montana,
    /// Section 15.
    Oregon,
    /// Section 16.
    Texas,
    /// Section 17.
    Delaware,
    /// Section 18.
    Iowa,
    /// Section 19.
    Nebraska,
    /// Section 20.
    NewHampshire,
    /// Section 21.
    NewJersey,
    /// Section 22.
    Tennessee,
    /// Section 23.
    Minnesota,
    /// Section 24.
    Maryland,
    /// Section 25.
    Indiana,
    /// Section 26.
    Kentucky,
    /// Section 27.
    RhodeIsland,
}

impl UsSpecification {
    /// All of them, in the order of their sections.
    pub const ALL: [Self; 22] = [
        Self::NationalV1,
        Self::NationalV2,
        Self::California,
        Self::Virginia,
        Self::Colorado,
        Self::Utah,
        Self::Connecticut,
        Self::Florida,
        Self::Montana,
        Self::Oregon,
        Self::Texas,
        Self::Delaware,
        Self::Iowa,
        Self::Nebraska,
        Self::NewHampshire,
        Self::NewJersey,
        Self::Tennessee,
        Self::Minnesota,
        Self::Maryland,
        Self::Indiana,
        Self::Kentucky,
        Self::RhodeIsland,
    ];

    /// Returns the number of the section.
    pub const fn section(self) -> u16 {
        match self {
            Self::NationalV1 | Self::NationalV2 => 7,
            Self::California => 8,
            Self::Virginia => 9,
            Self::Colorado => 10,
            Self::Utah => 11,
            Self::Connecticut => 12,
            Self::Florida => 13,
            Self::Montana => 14,
            Self::Oregon => 15,
            Self::Texas => 16,
            Self::Delaware => 17,
            Self::Iowa => 18,
            Self::Nebraska => 19,
            Self::NewHampshire => 20,
            Self::NewJersey => 21,
            Self::Tennessee => 22,
            Self::Minnesota => 23,
            Self::Maryland => 24,
            Self::Indiana => 25,
            Self::Kentucky => 26,
            Self::RhodeIsland => 27,
        }
    }

    /// Returns the prefix of the client side API, such as `usca`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::NationalV1 | Self::NationalV2 => "usnat",
            Self::California => "usca",
            Self::Virginia => "usva",
            Self::Colorado => "usco",
            Self::Utah => "usut",
            Self::Connecticut => "usct",
            Self::Florida => "usfl",
            Self::Montana => "usmt",
            Self::Oregon => "usor",
            Self::Texas => "ustx",
            Self::Delaware => "usde",
            Self::Iowa => "usia",
            Self::Nebraska => "usne",
            Self::NewHampshire => "usnh",
            Self::NewJersey => "usnj",
            Self::Tennessee => "ustn",
            Self::Minnesota => "usmn",
            Self::Maryland => "usmd",
            Self::Indiana => "usin",
            Self::Kentucky => "usky",
            Self::RhodeIsland => "usri",
        }
    }

    /// Returns the specification's version.
    pub const fn version(self) -> u8 {
        if matches!(self, Self::NationalV2) { 2 } else { 1 }
    }

    /// Returns the name of the first field of the core, of 6 bits.
    pub const fn version_field(self) -> &'static str {
        if self.has_section_header() { "MspaVersion" } else { "Version" }
    }

    /// Returns the fields of the core after the first.
    pub const fn fields(self) -> &'static [UsField] {
        match self {
            Self::NationalV1 => fields::NATIONAL_1,
            Self::NationalV2 => fields::NATIONAL_2,
            Self::California => fields::CALIFORNIA,
            Self::Virginia => fields::VIRGINIA,
            Self::Colorado => fields::COLORADO,
            Self::Utah => fields::UTAH,
            Self::Connecticut => fields::CONNECTICUT,
            Self::Florida | Self::NewHampshire => fields::FLORIDA,
            Self::Montana => fields::MONTANA,
            Self::Oregon => fields::OREGON,
            Self::Texas | Self::Nebraska | Self::Minnesota => fields::TEXAS,
            Self::Delaware => fields::DELAWARE,
            Self::Iowa => fields::IOWA,
            Self::NewJersey => fields::NEW_JERSEY,
            Self::Tennessee => fields::TENNESSEE,
            Self::Maryland => fields::MARYLAND,
            Self::Indiana | Self::Kentucky | Self::RhodeIsland => fields::INDIANA,
        }
    }

    /// Returns whether there is a sub-section for Global Privacy Control.
    pub const fn has_gpc(self) -> bool {
        !matches!(self, Self::Virginia | Self::Utah | Self::Florida)
            && !self.has_sensitive_sub_section()
    }

    /// Returns whether sensitive data has a sub-section of its own.
    pub const fn has_sensitive_sub_section(self) -> bool {
        matches!(self, Self::Indiana | Self::Kentucky | Self::RhodeIsland)
    }

    /// Returns whether a section header stands before the core.
    pub const fn has_section_header(self) -> bool {
        matches!(self, Self::Maryland) || self.has_sensitive_sub_section()
    }
}
