//! The file of the advertisers.

use super::{
    section::Section,
    values::{bundle, list, page, parsed, text},
};
use crate::{AdvertisedApp, Advertiser, limits};

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
    section.finish();
    Some(Advertiser {
        id: id?,
        name: name?,
        apps: apps.into_iter().collect::<Option<_>>()?,
        measurement: measurement.unwrap_or_default(),
    })
}

fn app(mut section: Section<'_>) -> Option<AdvertisedApp> {
    let id = section.required("id", bundle);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let store_url = section.required("store_url", page);
    section.finish();
    Some(AdvertisedApp { id: id?, name: name?, store_url: store_url? })
}
