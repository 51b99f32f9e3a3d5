//! A subject, and the plain bid request and exposure in which it would be met.

use super::super::{Desk, subject::KeyName};
use crate::problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use sluicegate_gate::{Country, time::UnixMillis};
use sluicegate_register::{Edition, Inventory, Partnership};
use std::fmt;

/// Someone: at least one key, and where they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    /// The platform's account id.
    account: Option<String>,
    /// An advertising id.
    device: Option<String>,
    /// The id in our cookie.
    browser: Option<String>,
    /// An ISO 3166-1 code.
    country: Option<Country>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Subject([personal])")
    }
}

impl Subject {
    /// Refuses what cannot be an id.
    pub(super) fn check(&self, desk: &Desk) -> Result<(), Problem> {
        let key = |id: &Option<String>, name: fn(String) -> KeyName| {
            id.clone().map(|id| name(id).key(desk, "subject")).transpose()
        };
        let keys = [
            key(&self.account, KeyName::Account)?,
            key(&self.device, KeyName::Device)?,
            key(&self.browser, KeyName::Browser)?,
        ];
        if keys.iter().all(Option::is_none) {
            return Err(Problem::field("subject", "needs an `account`, a `device` or a `browser`"));
        }
        Ok(())
    }

    /// Returns a bid request of the platform for a banner: in the first app if there is a device, else on
    /// the first site, with ad tracking not limited.
    pub(super) fn request(&self, inventory: &Inventory) -> Value {
        let app = inventory.apps.first().map(|app| ("app", &app.id));
        let site = inventory.sites.first().map(|site| ("site", &site.id));
        let met = if self.device.is_some() { app.or(site) } else { site.or(app) };
        let mut request = json!({
            "id": "explain",
            "imp": [{ "id": "1", "banner": { "w": 300, "h": 250 } }],
            "user": {
                "id": self.account, "ext": { "sluicegate": { "browser_id": self.browser } },
            },
            "device": { "ifa": self.device, "lmt": 0, "geo": { "country": self.country } },
        });
        let (channel, id) = match met {
            Some((channel, id)) => (channel, json!({ "id": id })),
            None => ("site", json!({})),
        };
        if let Some(request) = request.as_object_mut() {
            request.insert(channel.to_owned(), id);
        }
        request
    }

    /// Returns an impression of now, of an advertiser that has linked this partnership where there is
    /// one, with ad tracking not limited.
    pub(super) fn exposure(
        &self,
        edition: &Edition,
        partnership: &Partnership,
        now: UnixMillis,
    ) -> Value {
        let all = edition.advertisers();
        let linked = all.iter().find(|one| one.measurement.contains(&partnership.terms.id));
        let advertiser = linked.or(all.first()).map_or("none", |one| one.id.as_str());
        json!({
            "id": "explain", "timestamp_ms": now, "interaction_type": "impression",
            "impression_id": "explain", "advertiser_id": advertiser, "campaign_id": "explain",
            "line_item_id": "explain", "creative_id": "explain", "placement": "explain",
            "ad_format": "banner", "account_id": self.account, "browser_id": self.browser,
            "device": {
                "ifa": self.device, "ifa_type": self.device.as_ref().map(|_| "gaid"), "lmt": 0,
            },
            "country": self.country,
        })
    }
}

/// Returns the subject's own name of a field of its exposure.
pub(super) fn field(of_exposure: &str) -> String {
    let key = match of_exposure {
        "account_id" => "account",
        "browser_id" => "browser",
        "device.ifa" => "device",
        other => other,
    };
    format!("subject.{key}")
}
