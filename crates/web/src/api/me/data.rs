//! `GET /v1/me/data`: demographics, lists, activity, languages and interests. `POST /v1/me/data`: a correction.
//! `POST /v1/me/data/noted`: switches a language or an interest off or on, or removes it. `POST
//! /v1/me/data/removals`: removes lists or activity for good.

use super::{
    edits::{NewCorrection, NewRemoval},
    inside, person, private,
};
use crate::{
    api::{Desk, body, choices},
    limits::Act,
    pages::removal_words,
    problem::{Kind, Problem},
};
use axum::{Json, body::Body, extract::State, response::Response};
use http::HeaderMap;
use serde::Serialize;
use sluicegate_gate::{
    Activity, AdvertiserId, AgeBand, AudienceId, Category, Country, ForSecurity, Gender,
    PartnershipId, Source, SubjectKey, time::UnixMillis,
};
use sluicegate_register::Edition;
use sluicegate_settings::{
    Attribute, ListName, NOTED_NAME_BYTES_MAX, NotedEdit, NotedList, Profile,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
pub(crate) struct Data {
    country: Option<Country>,
    /// Whether the account is known to be an adult's; demographics of others are told to nobody.
    is_adult: bool,
    /// The age in years that each source gives; the lowest counts.
    protection_ages: BTreeMap<Source, ForSecurity<u8>>,
    gender: Attribute<Gender>,
    age_band: Attribute<AgeBand>,
    /// The partnerships that may be told demographics.
    told_to: Vec<PartnershipId>,
    lists: Vec<OnList>,
    activity: Vec<ActiveWith>,
    /// What the person removed for good, whatever is said later.
    removed_lists: BTreeSet<ListName>,
    removed_advertisers: BTreeSet<AdvertiserId>,
    /// What the platform noted for its own use; no partner gets it.
    languages: NotedList,
    interests: NotedList,
}

#[derive(Serialize)]
struct OnList {
    partnership: PartnershipId,
    audience: AudienceId,
    name: Option<String>,
    since_ms: UnixMillis,
    until_ms: UnixMillis,
}

#[derive(Serialize)]
struct ActiveWith {
    advertiser: AdvertiserId,
    activity: Activity,
    last_ms: UnixMillis,
    until_ms: UnixMillis,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    Ok(private(&data(&desk, account).await?))
}

/// Gathers what the data page shows.
pub(super) async fn data(desk: &Desk, account: SubjectKey) -> Result<Data, Problem> {
    let profile = profile(desk, account).await?;
    let now = desk.clock.now();
    let edition = desk.current.load();
    let edition = edition.as_deref();
    let told = edition.into_iter().flat_map(Edition::partnerships);
    let told = told.filter(|one| one.terms.categories.contains(Category::Demographic));
    let lists = profile.elsewhere.lists(now).map(|listed| OnList {
        name: edition
            .and_then(|edition| edition.partnership(&listed.list.partnership))
            .and_then(|partnership| partnership.audience(&listed.list.audience))
            .map(|audience| audience.name.clone()),
        partnership: listed.list.partnership.clone(),
        audience: listed.list.audience.clone(),
        since_ms: listed.since,
        until_ms: listed.until,
    });
    let activity = profile.elsewhere.activity(now).map(|active| ActiveWith {
        advertiser: active.advertiser.clone(),
        activity: active.activity,
        last_ms: active.at,
        until_ms: active.until(),
    });
    Ok(Data {
        country: profile.country,
        is_adult: profile.protection_age().is_some_and(|age| !age.is_under(ADULT)),
        told_to: told.map(|one| one.terms.id.clone()).collect(),
        lists: lists.collect(),
        activity: activity.collect(),
        removed_lists: profile.elsewhere.removed_lists().clone(),
        removed_advertisers: profile.elsewhere.removed_advertisers().clone(),
        protection_ages: profile.protection_ages,
        gender: profile.gender,
        age_band: profile.age_band,
        languages: profile.languages,
        interests: profile.interests,
    })
}

pub(crate) async fn correct(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<choices::Chosen>, Problem> {
    let account = person(&desk, &headers, Act::Form)?;
    let NewCorrection(correction) = body::json(body).await?;
    let changed = desk.settings.correct(account, correction).await;
    Ok(Json(choices::Chosen::of(changed.map_err(|error| choices::refused(&error))?)))
}

pub(crate) async fn edit(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<choices::Chosen>, Problem> {
    let account = person(&desk, &headers, Act::Form)?;
    let edit: NotedEdit = body::json(body).await?;
    if edit.name.len() > NOTED_NAME_BYTES_MAX {
        return Err(Problem::field("name", "too long"));
    }
    let changed = desk.settings.edit(account, edit).await;
    Ok(Json(choices::Chosen::of(changed.map_err(|error| choices::refused(&error))?)))
}

pub(crate) async fn remove(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<choices::Chosen>, Problem> {
    let account = person(&desk, &headers, Act::Form)?;
    let NewRemoval(removal) = body::json(body).await?;
    let said = profile(&desk, account).await?.elsewhere;
    let edition = desk.current.load();
    let words = removal_words(&removal, &said, edition.as_deref(), desk.clock.now());
    let words =
        words.ok_or_else(|| Problem::new(Kind::NotFound, "there is nothing of that name"))?;
    let changed = desk.settings.remove(account, removal, words).await;
    Ok(Json(choices::Chosen::of(changed.map_err(|error| choices::refused(&error))?)))
}

async fn profile(desk: &Desk, account: SubjectKey) -> Result<Profile, Problem> {
    Ok(desk.settings.profile(account).await.map_err(inside)?.unwrap_or_default())
}

/// Age from which demographics may be told, in years.
const ADULT: u8 = 18;
