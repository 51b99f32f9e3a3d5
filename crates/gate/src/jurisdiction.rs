//! What holds in a country when the person has said nothing, as data.
//!
//! A country that is not listed, and a country nobody could name, get the strict row: both settings
//! off. The General Data Protection Regulation's scope (EEA, United Kingdom, Switzerland) is here too.

use crate::{Choice, Country};

/// One row: the default of a country with the law it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jurisdiction {
    /// What both settings are without a choice.
    pub default: Choice,
    /// Whether the General Data Protection Regulation or a law shaped after it applies.
    pub gdpr: bool,
    /// The law, in words for a page.
    pub law: &'static str,
}

/// Countries where the law lets sharing begin before the person is asked, provided they can refuse.
const OPT_OUT: [(&str, &str); 4] = [
    ("USA", "state privacy laws of the United States: a right to opt out of sale and sharing"),
    (
        "AUS",
        "Privacy Act 1988 (Australia), Australian Privacy Principle 7: opt out of direct marketing",
    ),
    ("NZL", "Privacy Act 2020 (New Zealand): purpose stated at collection"),
    ("MEX", "Federal law on personal data held by private parties (Mexico): right to object"),
];

/// EEA, United Kingdom, Switzerland: consent first.
const GDPR: [&str; 32] = [
    "AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN",
    "IRL", "ITA", "LVA", "LTU", "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP",
    "SWE", "ISL", "LIE", "NOR", "GBR", "CHE",
];

impl Jurisdiction {
    /// The row for a country that is not known or not listed.
    pub const STRICT: Self = Self {
        default: Choice::Off,
        gdpr: false,
        law: "no rule recorded for this country: the strictest default holds",
    };

    /// Returns the row of a country; `None` is the country nobody could name, which counts as being
    /// in scope of everything.
    pub fn of(country: Option<Country>) -> Self {
        let Some(country) = country else {
            return Self {
                gdpr: true,
                law: "country unknown: the strictest default holds",
                ..Self::STRICT
            };
        };
        if GDPR.contains(&country.alpha3()) {
            return Self {
                default: Choice::Off,
                gdpr: true,
                law: "General Data Protection Regulation, Article 6, or the law shaped after it: consent first",
            };
        }
        OPT_OUT
            .iter()
            .find(|(code, _)| *code == country.alpha3())
            .map_or(Self::STRICT, |(_, law)| Self { default: Choice::On, gdpr: false, law })
    }

    /// Returns the stricter of two rows: off beats on, in scope beats out of scope.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        let gdpr = self.gdpr || other.gdpr;
        if other.default == Choice::Off && self.default == Choice::On {
            Self { gdpr, ..other }
        } else {
            Self { gdpr, ..self }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Jurisdiction {
        Jurisdiction::of(Some(code.parse().unwrap()))
    }

    #[test]
    fn every_listed_code_is_a_country() {
        for code in GDPR.iter().chain(OPT_OUT.iter().map(|(code, _)| code)) {
            assert!(code.parse::<Country>().is_ok(), "{code}");
        }
    }

    #[test]
    fn the_stricter_of_two_countries_holds() {
        assert_eq!(of("USA").default, Choice::On);
        assert_eq!(of("BRA"), Jurisdiction::STRICT);
        assert!(of("CHE").gdpr && of("GBR").gdpr && of("NOR").gdpr);
        assert_eq!(of("USA").stricter(of("DEU")).default, Choice::Off);
        assert!(of("DEU").stricter(of("USA")).gdpr);
        assert!(Jurisdiction::of(None).gdpr);
    }
}
