//! The default bid request and exposure, and how a scenario changes them.

use super::{
    consent::{Gpp, Tcf},
    encode::{self, Vendors},
    format::{AskedBy, Bid, Seen, Surface},
};
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
pub(crate) fn bid_request(bid: &Bid, vendors: &Vendors) -> anyhow::Result<Value> {
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
    if let (Some(browser), AskedBy::Platform) = (&bid.browser, bid.asked_by) {
        let ext = json!({ "sluicegate": { "browser_id": browser } });
        merge_json(&mut request, object(json!({ "user": { "ext": ext } })));
    }
    if let Some(country) = &bid.country {
        merge_json(&mut request, object(json!({ "device": { "geo": { "country": country } } })));
    }
    if let Some(string) = &bid.tcf {
        let text = encode::tcf(string, vendors)?.encode();
        merge_json(&mut request, object(json!({ "user": { "consent": text } })));
    }
    let mut regs = Map::new();
    let (gpp, gpp_sid) = platform(bid.gpp.as_ref(), vendors)?;
    let us_privacy = bid.us_privacy.clone().map(Value::String);
    for (key, value) in [("gpp", gpp), ("gpp_sid", gpp_sid), ("us_privacy", us_privacy)] {
        regs.extend(value.map(|value| (key.to_owned(), value)));
    }
    if !regs.is_empty() {
        set(&mut request, "regs", Value::Object(regs));
    }
    merge(&mut request, &bid.request)?;
    remove(&mut request, &bid.without)?;
    Ok(request)
}

/// Returns the string of the Global Privacy Platform and its sections in force, as far as there are any.
fn platform(
    said: Option<&Gpp>,
    vendors: &Vendors,
) -> anyhow::Result<(Option<Value>, Option<Value>)> {
    let Some(said) = said else { return Ok((None, None)) };
    let (text, in_force) = encode::gpp(said, vendors)?;
    Ok((text.map(Value::String), in_force))
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
pub(crate) fn exposure(
    seen: &Seen,
    happened: UnixMillis,
    vendors: &Vendors,
) -> anyhow::Result<Value> {
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
    let tcf = |string: &Tcf| Ok(Value::String(encode::tcf(string, vendors)?.encode()));
    let tc_string: Option<anyhow::Result<Value>> = seen.tcf.as_ref().map(tcf);
    let (gpp_string, gpp_sid) = platform(seen.gpp.as_ref(), vendors)?;
    for (key, value) in [
        ("country", seen.country.clone().map(Value::String)),
        ("tc_string", tc_string.transpose()?),
        ("gpp_string", gpp_string),
        ("gpp_sid", gpp_sid),
        ("us_privacy", seen.us_privacy.clone().map(Value::String)),
    ] {
        if let Some(value) = value {
            set(&mut exposure, key, value);
        }
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

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

pub(crate) fn merge(value: &mut Value, with: &toml::Table) -> anyhow::Result<()> {
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
