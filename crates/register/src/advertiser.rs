//! Who runs ads, and by whom they have them measured.

use serde::{Deserialize, Serialize};
use sluicegate_gate::{Activity, AdvertiserId, PartnershipId, time::UnixMillis};
use std::collections::BTreeMap;

/// Who runs ads on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advertiser {
    /// Its identifier.
    pub id: AdvertiserId,
    /// Its name.
    pub name: String,
    /// The apps that it advertises.
    pub apps: Vec<AdvertisedApp>,
    /// The conversion tracking partnerships that it has linked: they alone learn of its ads.
    pub measurement: Vec<PartnershipId>,
    /// Since which edition each of them is, without a break. Of links from before that was written down it is not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub linked_since: BTreeMap<PartnershipId, UnixMillis>,
    /// What its tags may say of people, in the order of [`Activity::ALL`]; nothing where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<Activity>,
    /// Campaigns with windows of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<Campaign>,
}

/// Within how long after a touch of a campaign a conversion is credited to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Its id, as exposures have it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Days after a click: 1 to 30.
    pub click_days: u32,
    /// Hours after an engaged view; no longer than after a click.
    pub engaged_view_hours: u32,
    /// Hours after an impression: 0 to 24, and no longer than after an engaged view.
    pub view_hours: u32,
    /// From how many milliseconds of view on it is an engaged one.
    pub engaged_view_ms: u32,
}

/// An app that can be installed after an ad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvertisedApp {
    /// Its bundle or store id; no two advertisers have the same.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page in the store.
    pub store_url: String,
}
