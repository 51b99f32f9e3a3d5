//! What holds where, by the published table for privacy officers and by the laws on the age of children.

use super::Facts;

/// Where both settings are on unless somebody says otherwise.
const ON_BY_DEFAULT: [&str; 4] = ["USA", "AUS", "NZL", "MEX"];

/// The European Economic Area, the United Kingdom and Switzerland, with their territories that ISO 3166 codes apart: by
/// Article 355 of the Treaty the outermost regions of France and the islands of Aland are the Union's; Norwegian law holds on
/// Svalbard; Gibraltar, Guernsey, the Isle of Man and Jersey each have a law like it.
const EUROPE: [&str; 44] = [
    "AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN",
    "IRL", "ITA", "LVA", "LTU", "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP",
    "SWE", "ISL", "LIE", "NOR", "GBR", "CHE", "GLP", "MTQ", "GUF", "REU", "MYT", "MAF", "ALA",
    "SJM", "GIB", "GGY", "IMN", "JEY",
];

/// Ages below which a person is a child, where the law sets one; Europe has 16 where a country sets none.
const CHILD_BELOW: [(&str, u8); 27] = [
    ("USA", 13),
    ("CAN", 14),
    ("CHN", 14),
    ("KOR", 14),
    ("AUT", 14),
    ("BEL", 13),
    ("CZE", 15),
    ("FIN", 13),
    ("FRA", 15),
    ("GRC", 15),
    ("ITA", 14),
    ("PRT", 13),
    ("ESP", 14),
    ("SWE", 13),
    ("GBR", 13),
    ("IRL", 16),
    ("GLP", 15),
    ("MTQ", 15),
    ("GUF", 15),
    ("REU", 15),
    ("MYT", 15),
    ("MAF", 15),
    ("ALA", 13),
    // Not looked up: the strictest.
    ("GIB", 18),
    ("GGY", 18),
    ("IMN", 18),
    ("JEY", 18),
];

fn known(facts: &Facts) -> Vec<&'static str> {
    [facts.account_country, facts.country].into_iter().flatten().collect()
}

/// The strictest of the account's and the request's country; without either, the strictest there is.
pub(super) fn default_is_on(facts: &Facts) -> bool {
    let known = known(facts);
    !known.is_empty() && known.iter().all(|country| ON_BY_DEFAULT.contains(country))
}

/// The highest age of both countries; without a country, and where no age is known, 18.
pub(super) fn child_below(facts: &Facts) -> u8 {
    let age_in = |country: &&str| {
        let own = CHILD_BELOW.iter().find(|(other, _)| other == country).map(|(_, age)| *age);
        own.unwrap_or(if EUROPE.contains(country) { 16 } else { 18 })
    };
    known(facts).iter().map(age_in).max().unwrap_or(18)
}

pub(super) fn is_in_europe(facts: &Facts) -> bool {
    known(facts).iter().any(|country| EUROPE.contains(country))
}

pub(super) fn is_unknown(facts: &Facts) -> bool {
    known(facts).is_empty()
}
