//! The file of the advertisers.

use super::{
    section::Section,
    values::{bundle, filled, list, one_of, page, parsed, text, whole},
};
use crate::{AdvertisedApp, Advertiser, Campaign, limits};
use sluicegate_gate::Activity;
use std::collections::BTreeMap;

pub(super) fn read(mut file: Section<'_>) -> Vec<Advertiser> {
    let advertisers = file.sections("advertiser").into_iter().filter_map(advertiser).collect();
    file.finish();
    advertisers
}

fn advertiser(mut section: Section<'_>) -> Option<Advertiser> {
    let apps: Vec<Option<AdvertisedApp>> = section.sections("app").into_iter().map(app).collect();
    let campaigns: Vec<Option<Campaign>> =
        section.sections("campaign").into_iter().map(campaign).collect();
    let id = section.required("id", parsed);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let measurement = section.optional("measurement", list(limits::LIST_MAX, parsed));
    let activity = section.optional("activity", filled(limits::LIST_MAX, activity));
    refuse_repeats(&section, &campaigns);
    section.finish();
    let mut activity = activity.unwrap_or_default();
    activity.sort_unstable();
    Some(Advertiser {
        id: id?,
        name: name?,
        apps: apps.into_iter().collect::<Option<_>>()?,
        measurement: measurement.unwrap_or_default(),
        linked_since: BTreeMap::new(),
        activity,
        campaigns: campaigns.into_iter().collect::<Option<_>>()?,
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

fn campaign(mut section: Section<'_>) -> Option<Campaign> {
    let id = section.required("id", bundle);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let click_days = section.optional("click_days", whole(limits::CLICK_DAYS)).unwrap_or(7);
    let engaged = section.optional("engaged_view_hours", whole(limits::ENGAGED_VIEW_HOURS));
    let engaged_view_hours = engaged.unwrap_or(24);
    let view_hours = section.optional("view_hours", whole(limits::VIEW_HOURS)).unwrap_or(24);
    let engaged_view_ms = section.optional("engaged_view_ms", whole(limits::ENGAGED_VIEW_MS));
    if engaged_view_hours > click_days * 24 {
        section.complain("engaged_view_hours", "must not be longer than `click_days`");
    }
    if view_hours > engaged_view_hours {
        section.complain("view_hours", "must not be longer than `engaged_view_hours`");
    }
    section.finish();
    Some(Campaign {
        id: id?,
        name: name?,
        click_days,
        engaged_view_hours,
        view_hours,
        engaged_view_ms: engaged_view_ms.unwrap_or(6_000),
    })
}

fn refuse_repeats(section: &Section<'_>, campaigns: &[Option<Campaign>]) {
    let mut ids: Vec<&str> = campaigns.iter().flatten().map(|one| one.id.as_str()).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        section.complain("campaign", "names a campaign twice");
    }
}
