//! The default bid request and exposure, and how a scenario changes them.

use super::format::{Bid, Seen, Surface};
use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use sluicegate_gate::time::UnixMillis;

/// Stands in every field of the default request in which a platform could name a person. It never comes
/// to a partner.
pub(crate) const MARKER: &str = "marker";

/// Returns the advertising id of a device's name: `phone-a` to `phone-f`.
pub(crate) fn advertising_id(device: &str) -> anyhow::Result<String> {
    let letter = device.strip_prefix("phone-").filter(|letter| letter.len() == 1);
    match letter.filter(|letter| "abcdef".contains(*letter)) {
        Some(letter) => Ok(format!("10000000-0000-4000-8000-00000000000{letter}")),
        None => bail!("`{device}` is not one of phone-a to phone-f"),
    }
}

/// Returns the request of a step.
pub(crate) fn bid_request(bid: &Bid) -> anyhow::Result<Value> {
    let ifa = bid.device.as_deref().map(advertising_id).transpose()?;
    let mut request = json!({
        "id": "request-1",
        "imp": [{ "id": "slot-1", "banner": { "w": 320, "h": 50 }, "tagid": "app-banner" }],
        "device": {
            "lmt": 0, "os": "Android", "ip": "203.0.113.77", "geo": { "country": "USA" },
            "didsha1": "marker-didsha1", "dpidmd5": "marker-dpidmd5", "macsha1": "marker-macsha1",
        },
        "user": identity(),
        "at": 1, "tmax": 60_000,
    });
    match bid.surface {
        Surface::App => set(&mut request, "app", app()),
        Surface::Site => set(&mut request, "site", site()),
    }
    if let (Some(ifa), Some(device)) = (ifa, request.get_mut("device")) {
        set(device, "ifa", Value::String(ifa));
    }
    if let (Some(person), Some(user)) = (&bid.person, request.get_mut("user")) {
        set(user, "id", Value::String(person.clone()));
    }
    merge(&mut request, &bid.request)?;
    remove(&mut request, &bid.without)?;
    Ok(request)
}

/// Everything by which a platform could tell who a person is, in the places of the standard and beside.
fn identity() -> Value {
    json!({
        "buyeruid": "marker-buyeruid", "yob": 1901, "gender": "F", "keywords": "marker-keywords",
        "kwarray": ["marker-kwarray"], "customdata": "marker-customdata", "name": "marker-name",
        "email": "marker@mail.example", "phone": "marker-phone", "handle": "marker-handle",
        "data": [{ "id": "marker-data", "segment": [{ "id": "marker-segment" }] }],
        "eids": [{ "source": "ids.example", "uids": [{ "id": "marker-eid", "atype": 3 }] }],
        "ext": { "name": "marker-ext-name", "eids": [{ "source": "marker-ext-eid" }] },
    })
}

fn app() -> Value {
    json!({
        "id": "demo-reader", "bundle": "com.example.reader", "name": "marker-app-name",
        "keywords": "marker-app-keywords", "content": { "title": "marker-title" },
    })
}

fn site() -> Value {
    json!({
        "domain": "news.example", "page": "https://news.example/article/marker-article?u=marker-query",
        "ref": "https://search.example/?q=marker-search", "search": "marker-search",
        "keywords": "marker-site-keywords",
    })
}

/// Returns the exposure of a step.
pub(crate) fn exposure(seen: &Seen, happened: UnixMillis) -> anyhow::Result<Value> {
    let mut exposure = json!({
        "id": seen.id, "timestamp_ms": happened.0, "interaction_type": "impression",
        "impression_id": "impression-1", "advertiser_id": "demo-running-shoes",
        "campaign_id": "campaign-1", "line_item_id": "line-1", "creative_id": seen.id,
        "placement": "feed-top", "ad_format": "banner", "country": "USA",
    });
    if let Some(person) = &seen.person {
        set(&mut exposure, "account_id", Value::String(person.clone()));
    }
    if let Some(browser) = &seen.browser {
        set(&mut exposure, "browser_id", Value::String(browser.clone()));
    }
    if let Some(device) = &seen.device {
        let ifa = advertising_id(device)?;
        let device = json!({ "ifa": ifa, "ifa_type": "gaid", "os": "android", "lmt": 0 });
        set(&mut exposure, "device", device);
    }
    merge(&mut exposure, &seen.fields)?;
    remove(&mut exposure, &seen.without)?;
    Ok(exposure)
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(key.to_owned(), value);
    }
}

fn merge(value: &mut Value, with: &toml::Table) -> anyhow::Result<()> {
    let Value::Object(with) = serde_json::to_value(with)? else { return Ok(()) };
    merge_json(value, with);
    Ok(())
}

/// Tables are merged, everything else takes the place of what was there.
fn merge_json(value: &mut Value, with: Map<String, Value>) {
    for (key, new) in with {
        match (value.get_mut(&key), new) {
            (Some(old @ Value::Object(_)), Value::Object(new)) => merge_json(old, new),
            (_, new) => set(value, &key, new),
        }
    }
}

fn remove(value: &mut Value, pointers: &[String]) -> anyhow::Result<()> {
    for pointer in pointers {
        let (parent, key) = pointer.rsplit_once('/').context("a JSON pointer begins with `/`")?;
        let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
        let removed = parent.and_then(|parent| parent.remove(key));
        removed.with_context(|| format!("`without` names `{pointer}`, which is not there"))?;
    }
    Ok(())
}
