//! What holds in a country when the person has said nothing, and who is a child there, as data.
//!
//! A country that is not listed, and a country nobody could name, get the strict row: both settings off, and a child
//! below 18. The scope of the General Data Protection Regulation is here too: the EEA with those of its territories that have
//! a code of their own, and the countries whose law is shaped after it.

use crate::{
    Choice::{self, Off, On},
    Country,
};

/// One row: what holds in a country, with the laws it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jurisdiction {
    /// What both settings are without a choice.
    pub default: Choice,
    /// Whether the General Data Protection Regulation or a law shaped after it applies.
    pub gdpr: bool,
    /// The law of the default, in words for a page.
    pub law: &'static str,
    /// Below this age, in years, nothing about a person is told.
    pub child_below: u8,
    /// The law of that age.
    pub child_law: &'static str,
}

const EUROPE: &str = "General Data Protection Regulation, Article 6: consent first";
const EUROPE_CHILD: &str = "General Data Protection Regulation, Article 8(1)";
const FRANCE_CHILD: &str = "Act 78-17 (France), Article 45";
const FINLAND_CHILD: &str = "Data Protection Act 1050/2018 (Finland), section 5";
const OUTERMOST: &str =
    "General Data Protection Regulation, Article 6, and TFEU, Article 355(1): consent first";
const NO_AGE: &str = "no age recorded for this country: the strictest holds";

/// A country of the European Economic Area with the age its own law sets under Article 8(1).
const fn europe(
    code: &'static str,
    child_below: u8,
    child_law: &'static str,
) -> (&'static str, Jurisdiction) {
    (code, Jurisdiction { default: Off, gdpr: true, law: EUROPE, child_below, child_law })
}

/// An outermost region of France: the law of the Union holds there, and French law sets the age.
const fn outermost(code: &'static str) -> (&'static str, Jurisdiction) {
    let (child_below, child_law) = (15, FRANCE_CHILD);
    (code, Jurisdiction { default: Off, gdpr: true, law: OUTERMOST, child_below, child_law })
}

/// A territory outside the Union whose own law is shaped after the regulation. Its age is not recorded.
const fn shaped_after(code: &'static str, law: &'static str) -> (&'static str, Jurisdiction) {
    (code, Jurisdiction { law, gdpr: true, ..Jurisdiction::STRICT })
}

/// A country of the European Economic Area for which the age of Article 8(1) is used.
const fn europe_16(code: &'static str) -> (&'static str, Jurisdiction) {
    europe(code, 16, EUROPE_CHILD)
}

const fn row(
    code: &'static str,
    default: Choice,
    law: &'static str,
    child_below: u8,
    child_law: &'static str,
) -> (&'static str, Jurisdiction) {
    (code, Jurisdiction { default, gdpr: false, law, child_below, child_law })
}

impl Jurisdiction {
    /// The row for a country that is not listed.
    pub const STRICT: Self = Self {
        default: Off,
        gdpr: false,
        law: "no rule recorded for this country: the strictest default holds",
        child_below: 18,
        child_law: NO_AGE,
    };

    /// The row for the country nobody could name, which counts as being in scope of everything.
    pub const UNKNOWN: Self =
        Self { gdpr: true, law: "country unknown: the strictest default holds", ..Self::STRICT };

    /// Every country with a row of its own, by ISO 3166-1 alpha-3 code.
    pub const ROWS: &'static [(&'static str, Self)] = &[
        // Where the law lets sharing begin before the person is asked, provided they can refuse.
        row(
            "USA",
            On,
            "state privacy laws of the United States: a right to opt out of sale and sharing",
            13,
            "COPPA Rule, 16 CFR 312.2",
        ),
        row(
            "AUS",
            On,
            "Privacy Act 1988 (Australia), Australian Privacy Principle 7: opt out of direct marketing",
            18,
            NO_AGE,
        ),
        row("NZL", On, "Privacy Act 2020 (New Zealand): purpose stated at collection", 18, NO_AGE),
        row(
            "MEX",
            On,
            "Federal law on personal data held by private parties (Mexico): right to object",
            18,
            NO_AGE,
        ),
        // Where consent comes first.
        row(
            "BRA",
            Off,
            "General Data Protection Law (Brazil, Law 13.709/2018), Article 7: consent first",
            18,
            "Law 15.211/2025 (Brazil): no profiles of children and adolescents for advertising",
        ),
        row(
            "CAN",
            Off,
            "Personal Information Protection and Electronic Documents Act (Canada), principle 4.3: consent",
            14,
            "Act respecting the protection of personal information in the private sector (Quebec), section 4.1",
        ),
        row(
            "CHN",
            Off,
            "Personal Information Protection Law (China), Article 23: separate consent to sharing",
            14,
            "Personal Information Protection Law (China), Article 31",
        ),
        row(
            "IND",
            Off,
            "Digital Personal Data Protection Act, 2023 (India), section 6: consent",
            18,
            "Digital Personal Data Protection Act, 2023 (India), section 9",
        ),
        row(
            "KOR",
            Off,
            "Personal Information Protection Act (Korea), Article 17: consent to sharing",
            14,
            "Personal Information Protection Act (Korea), Article 22-2",
        ),
        row(
            "ZAF",
            Off,
            "Protection of Personal Information Act (South Africa), section 69: consent",
            18,
            "Protection of Personal Information Act (South Africa), sections 1 and 34",
        ),
        // Europe.
        europe("AUT", 14, "Data Protection Act (Austria), section 4(4)"),
        europe("BEL", 13, "Act of 30 July 2018 (Belgium), Article 7"),
        europe_16("BGR"),
        europe_16("HRV"),
        europe_16("CYP"),
        europe("CZE", 15, "Act 110/2019 (Czechia), section 7"),
        europe_16("DNK"),
        europe_16("EST"),
        europe("FIN", 13, FINLAND_CHILD),
        europe("FRA", 15, FRANCE_CHILD),
        europe_16("DEU"),
        europe("GRC", 15, "Law 4624/2019 (Greece), Article 21"),
        europe_16("HUN"),
        europe("IRL", 16, "Data Protection Act 2018 (Ireland), section 31"),
        europe("ITA", 14, "Legislative Decree 196/2003 (Italy), Article 2-quinquies"),
        europe_16("LVA"),
        europe_16("LTU"),
        europe_16("LUX"),
        europe_16("MLT"),
        europe_16("NLD"),
        europe_16("POL"),
        europe("PRT", 13, "Law 58/2019 (Portugal), Article 16"),
        europe_16("ROU"),
        europe_16("SVK"),
        europe_16("SVN"),
        europe("ESP", 14, "Organic Law 3/2018 (Spain), Article 7"),
        europe("SWE", 13, "Act 2018:218 (Sweden), chapter 2, section 4"),
        europe_16("ISL"),
        europe_16("LIE"),
        europe_16("NOR"),
        // Territories with a code of their own, in which the law of their country holds.
        outermost("GLP"),
        outermost("GUF"),
        outermost("MAF"),
        outermost("MTQ"),
        outermost("MYT"),
        outermost("REU"),
        (
            "ALA",
            Self {
                default: Off,
                gdpr: true,
                law: "General Data Protection Regulation, Article 6, and TFEU, Article 355(4): consent first",
                child_below: 13,
                child_law: FINLAND_CHILD,
            },
        ),
        (
            "SJM",
            Self {
                default: Off,
                gdpr: true,
                law: "Personal Data Act (Norway), treated like the European regulation",
                child_below: 16,
                child_law: EUROPE_CHILD,
            },
        ),
        // Countries and territories whose own law is shaped after the regulation.
        (
            "GBR",
            Self {
                default: Off,
                gdpr: true,
                law: "UK General Data Protection Regulation, Article 6: consent first",
                child_below: 13,
                child_law: "UK General Data Protection Regulation, Article 8(1)",
            },
        ),
        (
            "CHE",
            Self {
                default: Off,
                gdpr: true,
                law: "Federal Act on Data Protection (Switzerland), treated like the European regulation",
                child_below: 16,
                child_law: "no age recorded in Switzerland: that of the European regulation",
            },
        ),
        shaped_after(
            "GIB",
            "Gibraltar General Data Protection Regulation, Article 6: consent first",
        ),
        shaped_after(
            "GGY",
            "Data Protection (Bailiwick of Guernsey) Law, 2017, treated like the European regulation",
        ),
        shaped_after(
            "IMN",
            "Data Protection (Application of GDPR) Order 2018 (Isle of Man), Article 6: consent first",
        ),
        shaped_after(
            "JEY",
            "Data Protection (Jersey) Law 2018, treated like the European regulation",
        ),
    ];

    /// Returns the row of a country; `None` is the country nobody could name.
    pub fn of(country: Option<Country>) -> Self {
        let Some(country) = country else { return Self::UNKNOWN };
        let code = country.alpha3();
        let own = Self::ROWS.iter().find(|(other, _)| *other == code);
        own.map_or(Self::STRICT, |(_, row)| *row)
    }

    /// Returns the stricter of two rows: off beats on, in scope beats out of scope, and the higher age holds.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        let (default, law) = if other.default == Off && self.default == On {
            (other.default, other.law)
        } else {
            (self.default, self.law)
        };
        let (child_below, child_law) = if other.child_below > self.child_below {
            (other.child_below, other.child_law)
        } else {
            (self.child_below, self.child_law)
        };
        Self { default, law, child_below, child_law, gdpr: self.gdpr || other.gdpr }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn of(code: &str) -> Jurisdiction {
        Jurisdiction::of(Some(code.parse().unwrap()))
    }

    #[test]
    fn every_row_is_a_country_and_there_once() {
        for (code, _) in Jurisdiction::ROWS {
            assert!(code.parse::<Country>().is_ok(), "{code}");
        }
        let codes: BTreeSet<_> = Jurisdiction::ROWS.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), Jurisdiction::ROWS.len());
    }

    #[test]
    fn no_row_is_laxer_about_children_than_the_coppa_rule() {
        for (code, row) in Jurisdiction::ROWS {
            assert!((13..=18).contains(&row.child_below), "{code}");
        }
        assert_eq!(Jurisdiction::STRICT.child_below, 18);
    }

    #[test]
    fn the_stricter_of_two_countries_holds() {
        assert_eq!(of("USA").default, On);
        assert_eq!(of("ARG"), Jurisdiction::STRICT);
        assert!(of("CHE").gdpr && of("GBR").gdpr && of("NOR").gdpr);
        assert_eq!(of("USA").stricter(of("DEU")).default, Off);
        assert!(of("DEU").stricter(of("USA")).gdpr);
        assert_eq!(of("USA").stricter(of("FRA")).child_below, 15);
        assert_eq!(of("FRA").stricter(of("USA")).child_law, of("FRA").child_law);
        assert!(Jurisdiction::of(None).gdpr);
    }

    #[test]
    fn the_european_regulation_or_one_like_it_holds_in_forty_four_rows() {
        assert_eq!(Jurisdiction::ROWS.iter().filter(|(_, row)| row.gdpr).count(), 44);
    }

    #[test]
    fn a_territory_has_the_rules_of_its_country() {
        let rules = |code| {
            let row = of(code);
            (row.default, row.gdpr, row.child_below)
        };
        for territory in ["GLP", "GUF", "MAF", "MTQ", "MYT", "REU"] {
            assert_eq!(rules(territory), rules("FRA"), "{territory}");
        }
        assert_eq!(rules("ALA"), rules("FIN"));
        assert_eq!(rules("SJM"), rules("NOR"));
        // Naming these opens nothing: only the scope differs from what holds for any other country.
        for territory in ["GIB", "GGY", "IMN", "JEY"] {
            assert_eq!(rules(territory), (Off, true, Jurisdiction::STRICT.child_below));
        }
    }
}
