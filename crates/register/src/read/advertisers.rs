//! The file of the advertisers.

use super::{
    section::Section,
    values::{bundle, filled, list, one_of, page, parsed, text},
};
use crate::{AdvertisedApp, Advertiser, limits};
use sluicegate_gate::Activity;

pub(super) fn read(mut file: Section<'_>) -> Vec<Advertiser> {
    let advertisers = file.sections("advertiser").into_iter().filter_map(advertiser).collect();
    file.finish();
    advertisers
}

fn advertiser(mut section: Section<'_>) -> Option<Advertiser> {
    let apps: Vec<Option<AdvertisedApp>> = section.sections("app").into_iter().map(app).collect();
    let id = section.required("id", parsed);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let measurement = section.optional("measurement", list(limits::LIST_MAX, parsed));
    let activity = section.optional("activity", filled(limits::LIST_MAX, activity));
    section.finish();
    let mut activity = activity.unwrap_or_default();
    activity.sort_unstable();
    Some(Advertiser {
        id: id?,
        name: name?,
        apps: apps.into_iter().collect::<Option<_>>()?,
        measurement: measurement.unwrap_or_default(),
        activity,
    })
}

fn activity(value: &toml::Value) -> Result<Activity, String> {
    one_of(&Activity::ALL.map(|activity| (activity.name(), activity)))(value)
}

fn app(mut section: Section<'_>) -> Option<AdvertisedApp> {
    let id = section.required("id", bundle);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let store_url = section.required("store_url", page);
    section.finish();
    Some(AdvertisedApp { id: id?, name: name?, store_url: store_url? })
}
