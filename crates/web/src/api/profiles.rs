//! `POST /v1/profiles`: what the platform knows of an account. `POST /v1/profiles/query`: what is kept.
//!
//! A person's own value wins over everything written here.

use super::{Desk, Scope, body, choices::refused, subject};
use crate::problem::{Kind, Problem};
use axum::{Json, body::Body, extract::State};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sluicegate_gate::{AgeBand, Country, ForSecurity, Gender, Source};
use sluicegate_settings::{
    Candidate, Confidence, FromElsewhere, NOTED_MAX, NOTED_NAME_BYTES_MAX, Profile, ProfileWrite,
};
use std::fmt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Write {
    account: String,
    country: Option<Country>,
    protection_age: Option<AgeOf>,
    gender: Option<ValueOf<Gender>>,
    age_band: Option<ValueOf<AgeBand>>,
    /// All languages, by tag, for the platform's own use.
    languages: Option<Vec<NameOf>>,
    /// All interests, by name, for the platform's own use.
    interests: Option<Vec<NameOf>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameOf {
    name: String,
    source: Source,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgeOf {
    years: u8,
    source: Source,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueOf<T> {
    value: T,
    source: Source,
    confidence: Option<Confidence>,
}

impl fmt::Debug for Write {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Write([personal])")
    }
}

impl<T> ValueOf<T> {
    fn candidate(self) -> Candidate<T> {
        Candidate { value: self.value, source: self.source, confidence: self.confidence }
    }
}

/// Reads a whole list, refusing one that would not be kept as it is.
fn noted(
    names: Option<Vec<NameOf>>,
    field: &str,
) -> Result<Option<Vec<(String, Source)>>, Problem> {
    let Some(names) = names else { return Ok(None) };
    if names.len() > NOTED_MAX {
        return Err(Problem::field(field, format!("more than {NOTED_MAX}")));
    }
    let is_wrong = |name: &str| name.is_empty() || name.len() > NOTED_NAME_BYTES_MAX;
    if let Some(place) = names.iter().position(|one| is_wrong(&one.name)) {
        let problem = format!("must have 1 to {NOTED_NAME_BYTES_MAX} bytes");
        return Err(Problem::field(format!("{field}[{place}].name"), problem));
    }
    Ok(Some(names.into_iter().map(|one| (one.name, one.source)).collect()))
}

pub(crate) async fn write(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let write: Write = body::json(body).await?;
    let account = subject::account(&desk, &write.account, "account")?;
    if write.protection_age.as_ref().is_some_and(|age| age.years > 130) {
        return Err(Problem::field("protection_age.years", "more than 130"));
    }
    let profile = ProfileWrite {
        country: write.country,
        protection_age: write.protection_age.map(|age| (age.source, ForSecurity::new(age.years))),
        gender: write.gender.map(ValueOf::candidate),
        age_band: write.age_band.map(ValueOf::candidate),
        languages: noted(write.languages, "languages")?,
        interests: noted(write.interests, "interests")?,
    };
    desk.settings.put_profile(account, profile).await.map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    account: String,
}

impl fmt::Debug for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Query([personal])")
    }
}

pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Profile>, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let query: Query = body::json(body).await?;
    let account = subject::account(&desk, &query.account, "account")?;
    let profile = desk.settings.profile(account).await.map_err(|error| Problem::inside(&error))?;
    // What others said of the account is used by way of `POST /v1/audiences/query` alone, under every rule.
    let profile = profile.map(|profile| Profile { elsewhere: FromElsewhere::default(), ..profile });
    // Of an erased account an empty one stays.
    let profile = profile.filter(|profile| *profile != Profile::default());
    profile.map(Json).ok_or_else(|| Problem::new(Kind::NotFound, "nothing is kept of this account"))
}
