//! What the canaries send, as the platform's services would.

use serde_json::{Value, json};
use sluicegate_canary::{BANNER, Canary};
use sluicegate_gate::{AudienceId, Country, Jurisdiction, TcfParty, time::UnixMillis};
use sluicegate_register::{Advertiser, Edition, Inventory};
use sluicegate_signals_encoder::TcString;
use std::time::Duration;

/// How long ago the consent strings of the canaries were made.
const CONSENT_AGE: Duration = Duration::from_hours(1);

/// Where a canary speaks from.
#[derive(Clone, Debug)]
pub(super) struct Place {
    country: Country,
    /// A string that agrees to everything for everybody, where nothing is told without one: what is withheld there all
    /// the same, a choice withholds.
    consent: Option<String>,
}

impl Place {
    pub(super) fn of(country: Country, edition: &Edition, now: UnixMillis) -> Self {
        let vendors = || {
            let parties = edition.partnerships().iter().map(|one| one.terms.tcf);
            parties.filter_map(|party| match party {
                TcfParty::Vendor(vendor) => Some(vendor.id),
                TcfParty::Publisher | TcfParty::Nobody => None,
            })
        };
        let made_ds = u64::try_from(now.minus(CONSENT_AGE).0 / 100).unwrap_or_default();
        let agreed = || TcString::agreeing(made_ds, &vendors().collect::<Vec<_>>()).encode();
        Self { country, consent: Jurisdiction::of(Some(country)).gdpr.then(agreed) }
    }
}

/// Returns an OpenRTB 2.6 request in the first app of the inventory, where there is one, and another on the
/// first site.
pub(super) fn bid_requests(
    canary: &Canary,
    place: &Place,
    inventory: &Inventory,
    id: u128,
) -> Vec<Value> {
    let app = inventory.apps.first().map(|app| {
        let device = with(device(canary, place), "ifa", json!(canary.device));
        let request = request((canary, place), &device, inventory, id);
        with(request, "app", json!({ "bundle": app.bundle }))
    });
    let site = on_site((canary, place), &device(canary, place), inventory, id.wrapping_add(1));
    app.into_iter().chain(site).collect()
}

/// Returns a request that a browser sends of itself, from the first site: it claims an account and a device, which
/// are not believed.
pub(super) fn of_browser(
    canary: &Canary,
    place: &Place,
    inventory: &Inventory,
    id: u128,
) -> Option<Value> {
    let device = with(device(canary, place), "ifa", json!(canary.device));
    on_site((canary, place), &device, inventory, id)
}

/// Returns a request of the platform, from the first site, for a browser that it names and at which nobody is signed in.
pub(super) fn for_browser(
    canary: &Canary,
    place: &Place,
    inventory: &Inventory,
    id: u128,
) -> Option<Value> {
    let mut request = on_site((canary, place), &device(canary, place), inventory, id)?;
    let user = request.get_mut("user").and_then(Value::as_object_mut)?;
    user.remove("id");
    user.insert(
        String::from("ext"),
        json!({ "sluicegate": { "browser_id": canary.browser }, "note": canary.marker }),
    );
    Some(request)
}

fn on_site(
    (canary, place): (&Canary, &Place),
    device: &Value,
    inventory: &Inventory,
    id: u128,
) -> Option<Value> {
    inventory.sites.first().map(|site| {
        let page = format!("https://{}/?{}", site.domain, canary.marker);
        let site = json!({ "domain": site.domain, "page": page });
        with(request((canary, place), device, inventory, id), "site", site)
    })
}

/// Adds a field to an object.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
    object
}

fn device(canary: &Canary, place: &Place) -> Value {
    json!({
        "ua": format!("Mozilla/5.0 ({})", canary.marker),
        "ip": canary.address,
        "geo": { "country": place.country.alpha3(), "type": 2 },
        "devicetype": 4,
        "os": "android",
        "osv": "15",
        "lmt": 0,
    })
}

fn request(
    (canary, place): (&Canary, &Place),
    device: &Value,
    inventory: &Inventory,
    id: u128,
) -> Value {
    let mut impression = json!({
        "id": "1",
        "secure": 1,
        "banner": { "format": [{ "w": BANNER.0, "h": BANNER.1 }] },
    });
    if let Some(placement) = inventory.placements.first() {
        impression = with(impression, "tagid", json!(placement.id));
    }
    let mut request = json!({
        "id": format!("{id:032x}"),
        "at": 1,
        "tmax": 1_000,
        "cur": ["USD"],
        "imp": [impression],
        "device": device,
        "user": {
            "id": canary.account,
            "keywords": canary.marker,
            "ext": { "email": format!("{}@canary.example", canary.marker) },
        },
        "regs": { "coppa": 0 },
    });
    if let (Some(consent), Some(user)) = (&place.consent, request.get_mut("user")) {
        *user = with(user.take(), "consent", json!(consent));
    }
    request
}

/// Returns the exposure of a click on an ad of an advertiser.
pub(super) fn exposure(
    canary: &Canary,
    place: &Place,
    (advertiser, inventory): (&Advertiser, &Inventory),
    (id, now): (u128, UnixMillis),
) -> Value {
    let placement = inventory.placements.first().map_or("canary", |one| one.id.as_str());
    let exposure = json!({
        "id": format!("canary-{id:032x}"),
        "timestamp_ms": now.0,
        "interaction_type": "click",
        "impression_id": format!("canary-{id:032x}"),
        "advertiser_id": advertiser.id,
        "campaign_id": "canary",
        "line_item_id": "canary",
        "creative_id": "canary",
        "app_id": advertiser.apps.first().map(|app| app.id.clone()),
        "placement": placement,
        "ad_format": "banner",
        "account_id": canary.account,
        "device": { "ifa": canary.device, "ifa_type": "gaid", "os": "android", "lmt": 0 },
        "country": place.country.alpha2(),
    });
    match &place.consent {
        Some(consent) => with(exposure, "tc_string", json!(consent)),
        None => exposure,
    }
}

/// Returns the same in a browser that nobody is signed in at.
pub(super) fn in_browser(mut exposure: Value, canary: &Canary, id: u128) -> Value {
    if let Some(fields) = exposure.as_object_mut() {
        fields.remove("account_id");
        fields.remove("device");
    }
    let id = format!("canary-{id:032x}");
    let exposure = with(exposure, "browser_id", json!(canary.browser));
    with(with(exposure, "id", json!(id)), "impression_id", json!(id))
}

/// Returns what a measurement partner reports of the same device: an install a little later.
pub(super) fn install(device_id: &str, app: &str, (id, now): (u128, UnixMillis)) -> Value {
    json!({
        "data_set_id": "canary:canary",
        "id": format!("canary-{id:032x}"),
        "timestamp": now.0.div_euclid(1_000).saturating_add(1),
        "event_type": "install",
        "source": "app",
        "value": null,
        "currency_code": null,
        "user_data": { "device_id_hash": device_id, "ifa_type": "gaid", "mmt_only": true },
        "properties": {
            "app_id": app, "os": "android", "app_version": "1.0", "is_redownload": false,
        },
        "windows": { "click_days": 7, "engaged_view_hours": 24, "view_hours": 24 },
    })
}

/// Returns the advertisers whose ads are measured, or all, where none is.
pub(super) fn advertisers(edition: &Edition) -> Vec<&Advertiser> {
    let all = edition.advertisers();
    let measured: Vec<&Advertiser> = all.iter().filter(|one| !one.measurement.is_empty()).collect();
    if measured.is_empty() { all.iter().take(1).collect() } else { measured }
}

/// Returns what a partner uploads to put somebody on a list of its own.
pub(super) fn listed(user: &str, list: &AudienceId, (id, now): (u128, UnixMillis)) -> Value {
    json!({
        "batch": format!("canary-{id:032x}"),
        "members": [{
            "user_id": user, "audience": list,
            "expires_at_ms": now.plus(Duration::from_hours(1)).0,
        }],
    })
}
