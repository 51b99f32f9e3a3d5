//! A person's corrections and removals as they are written: exactly one of each, and what is wrong is named by its
//! field.

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};
use sluicegate_gate::{AdvertiserId, AgeBand, Gender};
use sluicegate_settings::{Amend, Correction, ListName, Removal};
use std::{fmt, marker::PhantomData};

/// `{"gender": …}` or `{"age_band": …}`.
#[derive(Deserialize)]
#[serde(try_from = "Corrections")]
pub(super) struct NewCorrection(pub(super) Correction);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corrections {
    gender: Option<NewAmend<Gender>>,
    age_band: Option<NewAmend<AgeBand>>,
}

impl TryFrom<Corrections> for NewCorrection {
    type Error = &'static str;

    fn try_from(corrections: Corrections) -> Result<Self, &'static str> {
        match (corrections.gender, corrections.age_band) {
            (Some(NewAmend(gender)), None) => Ok(Self(Correction::Gender(gender))),
            (None, Some(NewAmend(band))) => Ok(Self(Correction::AgeBand(band))),
            (None, None) | (Some(_), Some(_)) => Err("not exactly one of `gender` and `age_band`"),
        }
    }
}

/// `{"set": …}`, or one of the words.
struct NewAmend<T>(Amend<T>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set<T> {
    set: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NewAmend<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Amends(PhantomData))
    }
}

struct Amends<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Amends<T> {
    type Value = NewAmend<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`disable`, `enable`, `remove` or an object with `set`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<NewAmend<T>, E> {
        Ok(NewAmend(match word {
            "disable" => Amend::Disable,
            "enable" => Amend::Enable,
            "remove" => Amend::Remove,
            _ => return Err(E::invalid_value(Unexpected::Str(word), &self)),
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NewAmend<T>, A::Error> {
        let Set { set } = Set::deserialize(MapAccessDeserializer::new(map))?;
        Ok(NewAmend(Amend::Set(set)))
    }
}

/// `{"list": …}`, `{"activity": …}` or `"everything"`.
pub(super) struct NewRemoval(pub(super) Removal);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removals {
    list: Option<ListName>,
    activity: Option<AdvertiserId>,
}

impl<'de> Deserialize<'de> for NewRemoval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Removing)
    }
}

struct Removing;

impl<'de> Visitor<'de> for Removing {
    type Value = NewRemoval;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`everything` or an object with `list` or `activity`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<NewRemoval, E> {
        match word {
            "everything" => Ok(NewRemoval(Removal::Everything)),
            _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NewRemoval, A::Error> {
        let Removals { list, activity } = Removals::deserialize(MapAccessDeserializer::new(map))?;
        match (list, activity) {
            (Some(list), None) => Ok(NewRemoval(Removal::List(list))),
            (None, Some(advertiser)) => Ok(NewRemoval(Removal::Activity(advertiser))),
            (None, None) | (Some(_), Some(_)) => {
                Err(de::Error::custom("not exactly one of `list` and `activity`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::body::parse, problem::Problem};

    #[track_caller]
    fn refused<T: de::DeserializeOwned>(text: &str, field: &str, detail: &'static str) {
        let Err(problem) = parse::<T>(text.as_bytes()) else { panic!("{text} is taken") };
        assert_eq!(problem, Problem::field(field, detail), "{text}");
    }

    #[test]
    fn a_correction_that_is_none_is_refused_by_its_field() {
        const ONE: &str = "not exactly one of `gender` and `age_band`";
        const GENDERS: &str = "must be one of `female`, `male`, `other`";
        const AMENDS: &str = "must be `disable`, `enable`, `remove` or an object with `set`";
        for (text, field, detail) in [
            ("{}", "gender", ONE),
            (r#"{"gender":"disable","age_band":"disable"}"#, "gender", ONE),
            (r#"{"x":1}"#, "x", "an unknown field; there can be `gender` or `age_band`"),
            (r#"{"gender":"off"}"#, "gender", AMENDS),
            (r#"{"gender":7}"#, "gender", AMENDS),
            (r#"{"gender":{}}"#, "gender.set", "is missing"),
            (r#"{"gender":{"set":"x"}}"#, "gender.set", GENDERS),
            (r#"{"gender":{"set":true}}"#, "gender.set", GENDERS),
            (r#"{"gender":{"x":1}}"#, "gender.x", "an unknown field; there can be `set`"),
            (
                r#"{"gender":{"set":"male","x":1}}"#,
                "gender.x",
                "an unknown field; there can be `set`",
            ),
        ] {
            refused::<NewCorrection>(text, field, detail);
        }
        let good = [
            (r#"{"gender":{"set":"male"}}"#, Correction::Gender(Amend::Set(Gender::Male))),
            (r#"{"age_band":"remove"}"#, Correction::AgeBand(Amend::Remove)),
        ];
        for (text, correction) in good {
            let read: NewCorrection = parse(text.as_bytes()).unwrap();
            assert!(read.0 == correction, "{text}");
        }
    }

    #[test]
    fn a_removal_that_is_none_is_refused_by_its_field() {
        const ONE: &str = "not exactly one of `list` and `activity`";
        let list = r#""list":{"partnership":"north","audience":"runners"}"#;
        for (text, field, detail) in [
            ("{}", "list", ONE),
            (&format!("{{{list},\"activity\":\"shoes\"}}"), "list", ONE),
            (r#"{"x":1}"#, "x", "an unknown field; there can be `list` or `activity`"),
            (r#"{"list":{"partnership":"north"}}"#, "list.audience", "is missing"),
        ] {
            refused::<NewRemoval>(text, field, detail);
        }
        let problem = parse::<NewRemoval>(b"\"all\"").err().unwrap();
        let taken = "must be `everything` or an object with `list` or `activity`";
        assert_eq!(problem.parts().2, taken);
        for text in [String::from("\"everything\""), format!("{{{list}}}")] {
            assert!(parse::<NewRemoval>(text.as_bytes()).is_ok(), "{text}");
        }
    }
}
