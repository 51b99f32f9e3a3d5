//! What the demo platform's ad server sends: bid requests and exposures.

use super::people::{Person, pick, uuid};
use rand::{RngExt, rngs::StdRng};
use serde_json::{Value, json};

/// Returns an OpenRTB 2.6 bid request for one person, in an app of theirs or on a site.
pub(crate) fn bid_request(person: &Person, dice: &mut StdRng) -> Value {
    let in_app = dice.random_ratio(person.in_apps_of_10, 10);
    let mut request = json!({
        "id": uuid(dice.random()),
        "at": pick(&[1, 2], dice),
        "tmax": 180,
        "cur": ["USD"],
        "imp": [impression(dice)],
        "device": device(person, in_app, dice),
        "user": {
            "id": person.id,
            // The platform's ad server may send more than it should. None of this leaves.
            "keywords": "gardening,running",
            "yob": 1990,
        },
        "regs": { "coppa": 0 },
        "badv": ["blocked-advertiser.example"],
        "bcat": ["IAB25", "IAB26"],
    });
    let Some(object) = request.as_object_mut() else { return request };
    if in_app {
        object.insert(String::from("app"), app(dice));
    } else {
        object.insert(String::from("site"), site(dice));
    }
    person.said.to_request(&mut request);
    request
}

fn impression(dice: &mut StdRng) -> Value {
    let floor = pick(&[0.0, 0.2, 0.35, 0.5], dice);
    let (width, height) = pick(&[(320, 50), (300, 250), (728, 90)], dice);
    let mut impression = json!({
        "id": "1",
        "bidfloor": floor,
        "bidfloorcur": "USD",
        "secure": 1,
        "tagid": pick(&["feed-top", "feed-inline", "article-side", "app-banner"], dice),
        "banner": { "format": [{ "w": width, "h": height }], "pos": 1, "api": [7] },
    });
    if dice.random_ratio(1, 4)
        && let Some(object) = impression.as_object_mut()
    {
        let video = json!({
            "mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "protocols": [7, 8],
            "w": 640, "h": 360, "plcmt": 1, "playbackmethod": [2],
        });
        object.insert(String::from("video"), video);
    }
    impression
}

fn app(dice: &mut StdRng) -> Value {
    let bundle = pick(&["com.example.reader", "com.example.photos"], dice);
    json!({ "bundle": bundle, "ver": "5.1.0", "publisher": { "id": "demo-publisher" } })
}

fn site(dice: &mut StdRng) -> Value {
    let domain = pick(&["news.example", "forum.example"], dice);
    json!({
        "domain": domain,
        "page": format!("https://{domain}/article/{}?ref=newsletter", dice.random_range(1..9_999)),
        "publisher": { "id": "demo-publisher" },
    })
}

fn device(person: &Person, in_app: bool, dice: &mut StdRng) -> Value {
    let (make, model, version, agent) = match person.os {
        "ios" => (
            "Apple",
            "iPhone15,3",
            "18.2",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X)",
        ),
        _ => ("Example Phones", "EP-7", "15", "Mozilla/5.0 (Linux; Android 15; EP-7)"),
    };
    let mut device = json!({
        "ua": agent,
        "ip": address(person),
        "geo": { "country": person.country, "type": 2, "utcoffset": -300 },
        "devicetype": 4,
        "make": make,
        "model": model,
        "os": person.os,
        "osv": version,
        "w": 1179,
        "h": 2556,
        "language": "en",
        "connectiontype": 2,
        "lmt": i32::from(person.limits_tracking),
    });
    let Some(object) = device.as_object_mut() else { return device };
    if in_app {
        object.insert(String::from("ifa"), json!(person.device));
        if person.os == "ios" {
            let status = if person.limits_tracking { 2 } else { 3 };
            object
                .insert(String::from("ext"), json!({ "atts": status, "ifv": uuid(dice.random()) }));
        }
    }
    device
}

/// The campaign of all exposures.
pub(crate) const CAMPAIGN: &str = "autumn";
/// Their line item.
pub(crate) const LINE_ITEM: &str = "li-1";

/// Returns the exposure of an ad that was rendered.
pub(crate) fn exposure(person: &Person, now_ms: i64, dice: &mut StdRng) -> Value {
    let kind =
        pick(&["impression", "impression", "viewable_impression", "video_midpoint", "click"], dice);
    let advertiser = pick(&["demo-running-shoes", "demo-garden-planner"], dice);
    let mut exposure = json!({
        "id": format!("exp-{}", uuid(dice.random())),
        "timestamp_ms": now_ms,
        "interaction_type": kind,
        "impression_id": format!("imp-{}", uuid(dice.random())),
        "advertiser_id": advertiser,
        "campaign_id": CAMPAIGN,
        "line_item_id": LINE_ITEM,
        "creative_id": pick(&["cr-1", "cr-2"], dice),
        "placement": "feed-top",
        "ad_format": if kind.starts_with("video_") { "video" } else { "banner" },
        "account_id": person.id,
        "device": {
            "ifa": person.device,
            "ifa_type": if person.os == "ios" { "idfa" } else { "gaid" },
            "os": person.os,
            "lmt": i32::from(person.limits_tracking),
        },
        "country": person.country,
    });
    if let Some(object) = exposure.as_object_mut() {
        person.said.to_exposure(object);
    }
    exposure
}

/// Returns what the app's measurement library says on the person's device. It knows the device by its
/// advertising id, and says the same whatever the person chose with the platform.
pub(crate) fn install(person: &Person, now_ms: i64) -> Value {
    json!({
        "id": format!("install-{}", person.id),
        "app_id": "com.example.runningshoes",
        "advertising_id": person.device,
        "at_ms": now_ms,
    })
}

/// Everybody is at home: one documentation address each.
fn address(person: &Person) -> String {
    let last =
        person.device.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    format!("203.0.113.{}", last.max(1))
}
