//! Who runs ads, and by whom they have them measured.

use serde::{Deserialize, Serialize};
use sluicegate_gate::{Activity, AdvertiserId, PartnershipId};

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
    /// What its tags may say of people, in the order of [`Activity::ALL`]; nothing where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<Activity>,
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
