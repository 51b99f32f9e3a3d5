//! Identifiers that can only be parsed.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// The text does not fit the grammar of the identifier.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Names: 1 to 64 of `a-z 0-9 - _`, beginning with a letter or digit.
    #[error("not an identifier: 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")]
    Name,
    /// Hashes and record ids: a fixed number of lower-case hexadecimal digits.
    #[error("not {0} lower-case hexadecimal digits")]
    Hex(usize),
}

fn name(text: &str) -> Result<Arc<str>, IdError> {
    let first = text.bytes().next().ok_or(IdError::Name)?;
    let fits = text.len() <= 64
        && first.is_ascii_alphanumeric()
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    if fits { Ok(Arc::from(text)) } else { Err(IdError::Name) }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                name(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// One arrangement with one partner.
    PartnershipId
}
name_type! {
    /// Who runs ads.
    AdvertiserId
}
name_type! {
    /// A list of people that a partner keeps, by its name in the register.
    AudienceId
}

/// SHA-256 of an edition's canonical text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EditionHash(pub [u8; 32]);

impl fmt::Display for EditionHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for EditionHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for EditionHash {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut hash = [0; 32];
        if text.len() != 64 {
            return Err(IdError::Hex(64));
        }
        for (index, byte) in hash.iter_mut().enumerate() {
            let digits = text.get(index * 2..index * 2 + 2).ok_or(IdError::Hex(64))?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_not_hex| IdError::Hex(64))?;
        }
        Ok(Self(hash))
    }
}

/// The id of one disclosure. A bid request carries it as its `id`, a delivered exposure as its
/// `disclosure_id`; it says nothing about the person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DisclosureId(pub u128);

impl fmt::Display for DisclosureId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        hex::encode_to_slice(self.0.to_be_bytes(), &mut digits).map_err(|_odd| fmt::Error)?;
        formatter.write_str(std::str::from_utf8(&digits).map_err(|_odd| fmt::Error)?)
    }
}

impl fmt::Debug for DisclosureId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for DisclosureId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !fits {
            return Err(IdError::Hex(32));
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_not_hex| IdError::Hex(32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_outside_the_grammar_are_refused() {
        for wrong in ["", "-a", "A", "a b", "a/b", "é", &"a".repeat(65)] {
            assert_eq!(wrong.parse::<PartnershipId>(), Err(IdError::Name), "{wrong}");
        }
        assert_eq!("north-1_b".parse::<PartnershipId>().unwrap().as_str(), "north-1_b");
    }

    #[test]
    fn record_ids_and_hashes_round_trip() {
        let id = DisclosureId(7);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("7".parse::<DisclosureId>().is_err());
        let hash = EditionHash([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("é".repeat(32).parse::<EditionHash>().is_err());
    }
}
