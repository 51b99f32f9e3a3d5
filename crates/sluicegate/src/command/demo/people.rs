//! The people of the demo: many, in several countries, with both settings in use.

use super::consent::Said;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

/// One person with one device.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The account id.
    pub(crate) id: String,
    /// What is special about them, for the sign-in links; empty for the crowd.
    pub(crate) about: &'static str,
    pub(crate) country: &'static str,
    pub(crate) device: String,
    pub(crate) os: &'static str,
    pub(crate) limits_tracking: bool,
    pub(crate) profile: Value,
    pub(crate) sharing: Chosen,
    pub(crate) personalize_ads: Chosen,
    /// What they said to the consent management platform.
    pub(crate) said: Said,
    /// Of 10 of their pages, how many are in apps, where the device has an advertising id.
    pub(crate) in_apps_of_10: u32,
}

/// What somebody chose on the settings page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Nothing: the country's default holds.
    Nothing,
    On,
    Off,
}

/// How many there are beside those with a sign-in link.
const CROWD: usize = 60;

struct Featured {
    about: &'static str,
    country: &'static str,
    age: u8,
    gender: Option<&'static str>,
    band: Option<&'static str>,
    limits_tracking: bool,
    sharing: Chosen,
    personalize_ads: Chosen,
    said: Said,
    in_apps_of_10: u32,
}

const PLAIN: Featured = Featured {
    about: "",
    country: "USA",
    age: 30,
    gender: Some("male"),
    band: Some("25-34"),
    limits_tracking: false,
    sharing: Chosen::Nothing,
    personalize_ads: Chosen::Nothing,
    said: Said::Nothing,
    in_apps_of_10: 6,
};

const FEATURED: [Featured; 8] = [
    Featured { about: "an adult in the United States, everything on", in_apps_of_10: 9, ..PLAIN },
    Featured {
        about: "has sharing off",
        gender: Some("female"),
        band: Some("35-44"),
        age: 40,
        sharing: Chosen::Off,
        ..PLAIN
    },
    Featured {
        about: "has personalized ads off",
        gender: Some("female"),
        band: Some("55-64"),
        age: 58,
        personalize_ads: Chosen::Off,
        ..PLAIN
    },
    Featured { about: "is 15 years old", age: 15, gender: Some("other"), band: None, ..PLAIN },
    Featured { about: "lives in Germany and chose nothing", country: "DEU", ..PLAIN },
    Featured { about: "has a device that limits ad tracking", limits_tracking: true, ..PLAIN },
    Featured {
        about: "lives in Germany, turned both on, and agreed to ads, but to none by profile",
        country: "DEU",
        sharing: Chosen::On,
        personalize_ads: Chosen::On,
        said: Said::AgreedWithoutProfile,
        ..PLAIN
    },
    Featured { about: "opted out of sale in California", said: Said::OptedOut, ..PLAIN },
];

/// Returns everybody, the ones with a sign-in link first. The same seed gives the same people.
pub(crate) fn everybody(seed: u64) -> Vec<Person> {
    let mut dice = StdRng::seed_from_u64(seed);
    let featured = FEATURED.iter().enumerate();
    let mut people: Vec<Person> =
        featured.map(|(index, featured)| person(index + 1, featured, &mut dice)).collect();
    for index in 0..CROWD {
        let one = crowd(&mut dice);
        people.push(person(FEATURED.len() + index + 1, &one, &mut dice));
    }
    people
}

fn crowd(dice: &mut StdRng) -> Featured {
    let countries = ["USA", "USA", "USA", "USA", "MEX", "AUS", "NZL", "DEU", "FRA", "BRA"];
    let bands = [("18-24", 21), ("25-34", 29), ("35-44", 38), ("45-54", 50), ("65+", 70)];
    let genders = [Some("female"), Some("male"), Some("other"), None];
    let (band, age) = pick(&bands, dice);
    let country = pick(&countries, dice);
    let said = Said::somewhere(country, dice);
    let agreed = matches!(said, Said::Agreed | Said::AgreedWithoutProfile);
    let chosen = |off: bool| match (off, agreed) {
        (true, _) => Chosen::Off,
        (false, true) => Chosen::On,
        (false, false) => Chosen::Nothing,
    };
    Featured {
        about: "",
        country,
        said,
        age,
        gender: pick(&genders, dice),
        band: Some(band),
        limits_tracking: dice.random_ratio(1, 8),
        sharing: chosen(dice.random_ratio(1, 6)),
        personalize_ads: chosen(dice.random_ratio(1, 6)),
        ..PLAIN
    }
}

/// Returns one of the choices.
pub(crate) fn pick<T: Copy, R: Rng>(choices: &[T], dice: &mut R) -> T {
    let index = dice.random_range(0..choices.len());
    #[expect(clippy::indexing_slicing, reason = "the index is drawn from the slice's own range")]
    choices[index]
}

fn person(number: usize, of: &Featured, dice: &mut StdRng) -> Person {
    let id = format!("person-{number}");
    let source = if number.is_multiple_of(3) { "inferred" } else { "declared" };
    let confidence = (source == "inferred").then_some(80);
    let value = |value: &str| json!({ "value": value, "source": source, "confidence": confidence });
    let mut profile = json!({
        "account": id,
        "country": of.country,
        "protection_age": { "years": of.age, "source": "declared" },
    });
    if let Some(object) = profile.as_object_mut() {
        if let Some(gender) = of.gender {
            object.insert(String::from("gender"), value(gender));
        }
        if let Some(band) = of.band {
            object.insert(String::from("age_band"), value(band));
        }
    }
    Person {
        about: of.about,
        country: of.country,
        device: uuid(dice.random()),
        os: if dice.random_bool(0.5) { "ios" } else { "android" },
        limits_tracking: of.limits_tracking,
        sharing: of.sharing,
        personalize_ads: of.personalize_ads,
        said: of.said,
        in_apps_of_10: of.in_apps_of_10,
        profile,
        id,
    }
}

/// Writes 128 bits in the form of an advertising id.
pub(crate) fn uuid(bits: u128) -> String {
    let digits = format!("{bits:032x}");
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people() {
        let ids = |seed| everybody(seed).into_iter().map(|one| one.device).collect::<Vec<_>>();
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert_eq!(ids(1).len(), FEATURED.len() + CROWD);
    }

    #[test]
    fn a_device_id_has_the_form_of_one() {
        assert_eq!(
            uuid(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
            "00112233-4455-6677-8899-aabbccddeeff"
        );
    }
}
