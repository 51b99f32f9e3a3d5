//! Why a consent string says nothing.

use std::fmt;

/// What is wrong with a consent string. Whoever gets one of these treats the person as opted out, and does
/// not pass the string on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unreadable {
    /// It is longer than [`crate::TEXT_BYTES_MAX`].
    TooLong,
    /// It holds a character that its encoding does not have.
    Alphabet,
    /// It ends before its last field.
    TooShort,
    /// It goes on after its last field with something other than zero padding.
    Trailing,
    /// It is of a kind or version that is not known.
    Version,
    /// A field has a value that the specification does not define.
    Value,
    /// Its ids are out of order or out of bounds.
    Ids,
    /// A part of it is of an unknown kind, or there twice.
    Part,
    /// Its table of contents does not fit its contents.
    Contents,
    /// A section that is in force is not in it, or there is no string at all.
    SectionMissing,
    /// A section that is in force is not known.
    SectionUnknown,
    /// The list of the sections in force contradicts itself.
    SectionsInForce,
    /// It stands in two places that do not say the same.
    Contradiction,
    /// It claims to hold for more than one service, which has not been allowed since 2021.
    GlobalScope,
    /// It was made under a policy that does not hold any more.
    Policy,
    /// It does not say which vendors were shown to the person, and is too young for that.
    VendorsNotDisclosed,
}

impl Unreadable {
    /// Every variant, for tables and tests.
    pub const ALL: [Self; 16] = [
        Self::TooLong,
        Self::Alphabet,
        Self::TooShort,
        Self::Trailing,
        Self::Version,
        Self::Value,
        Self::Ids,
        Self::Part,
        Self::Contents,
        Self::SectionMissing,
        Self::SectionUnknown,
        Self::SectionsInForce,
        Self::Contradiction,
        Self::GlobalScope,
        Self::Policy,
        Self::VendorsNotDisclosed,
    ];

    /// Returns what is wrong, in words that follow "the string".
    pub fn words(self) -> &'static str {
        match self {
            Self::TooLong => "is too long",
            Self::Alphabet => "holds a character that its encoding does not have",
            Self::TooShort => "ends before its last field",
            Self::Trailing => "goes on after its last field",
            Self::Version => "is of a kind or version that is not known",
            Self::Value => "has a field with a value that the specification does not define",
            Self::Ids => "has ids that are out of order or out of bounds",
            Self::Part => "has a part that is unknown or there twice",
            Self::Contents => "has a table of contents that does not fit its contents",
            Self::SectionMissing => "lacks a section that is in force",
            Self::SectionUnknown => "has a section in force that is not known",
            Self::SectionsInForce => "comes with a contradictory list of the sections in force",
            Self::Contradiction => "stands in two places that do not say the same",
            Self::GlobalScope => "claims to hold for more than one service",
            Self::Policy => "was made under a policy that does not hold any more",
            Self::VendorsNotDisclosed => "does not say which vendors were shown to the person",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the string {}", self.words())
    }
}

impl std::error::Error for Unreadable {}

/// A consent string, as far as it has been understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reading<T> {
    /// There is none.
    #[default]
    Absent,
    /// There is one that says nothing.
    Unreadable(Unreadable),
    /// This is what it says.
    Read(T),
}

impl<T> Reading<T> {
    /// Reads a text with a reader. An empty text counts as absent, as clients send it for "none".
    pub fn of<'a>(
        text: Option<&'a str>,
        read: impl FnOnce(&'a str) -> Result<T, Unreadable>,
    ) -> Self {
        match text {
            None | Some("") => Self::Absent,
            Some(text) => read(text).map_or_else(Self::Unreadable, Self::Read),
        }
    }

    /// Returns what was read, if it was.
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(read) => Some(read),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    /// Returns why it says nothing, if there is one that does not.
    pub fn unreadable(&self) -> Option<Unreadable> {
        match self {
            Self::Unreadable(why) => Some(*why),
            Self::Absent | Self::Read(_) => None,
        }
    }
}
