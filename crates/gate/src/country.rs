//! Countries, and what holds in them when a person has said nothing.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A country by its ISO 3166-1 alpha-3 code, as `OpenRTB` carries it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 3]);

/// The text is not a country code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 3166-1 country code in capitals, like `USA` or `US`")]
pub struct CountryError;

impl Country {
    /// Returns the alpha-3 code.
    pub fn alpha3(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the alpha-2 code.
    pub fn alpha2(&self) -> &'static str {
        rust_iso3166::from_alpha3(self.alpha3()).map_or("", |country| country.alpha2)
    }

    /// Returns the English short name of the standard.
    pub fn name(&self) -> &'static str {
        rust_iso3166::from_alpha3(self.alpha3()).map_or("", |country| country.name)
    }
}

impl std::str::FromStr for Country {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Self, CountryError> {
        let found = match text.len() {
            2 => rust_iso3166::from_alpha2(text),
            3 => rust_iso3166::from_alpha3(text),
            _ => None,
        };
        let code = found.ok_or(CountryError)?.alpha3.as_bytes();
        <[u8; 3]>::try_from(code).map(Self).map_err(|_wrong_length| CountryError)
    }
}

impl TryFrom<String> for Country {
    type Error = CountryError;

    fn try_from(text: String) -> Result<Self, CountryError> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.alpha3().to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.alpha3())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.alpha3())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_code_is_read_and_anything_else_refused() {
        let germany: Country = "DE".parse().unwrap();
        assert_eq!(germany, "DEU".parse().unwrap());
        assert_eq!((germany.alpha3(), germany.alpha2()), ("DEU", "DE"));
        for wrong in ["", "D", "de", "ZZ", "ZZZ", "GERM", "D\u{e9}"] {
            assert_eq!(wrong.parse::<Country>(), Err(CountryError), "{wrong}");
        }
    }
}
