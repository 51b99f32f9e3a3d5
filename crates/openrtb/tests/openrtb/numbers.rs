//! No number that a stranger sends stops the program: it is read, or refused by name.

use crate::permits::{Surroundings, category_sets, preview};
use proptest::prelude::*;
use serde_json::{Value, json};
use sluicegate_gate::NoPerson as _;
use sluicegate_openrtb::{request::BidRequest, response::BidResponse, write::ContextualRequest};
use sluicegate_signals::GdprScope;

/// A request with every number that is read.
fn full() -> Value {
    let native = json!({"ver": "1.2", "context": 1, "contextsubtype": 10, "plcmttype": 1, "plcmtcnt": 1, "seq": 0,
        "aurlsupport": 1, "durlsupport": 1, "privacy": 1, "eventtrackers": [{"event": 1, "methods": [1]}],
        "assets": [{"id": 1, "required": 1, "img": {"type": 3, "w": 9, "wmin": 9, "h": 9, "hmin": 9}},
            {"id": 2, "title": {"len": 9}}, {"id": 3, "data": {"type": 1, "len": 9}},
            {"id": 4, "video": {"mimes": ["video/mp4"], "minduration": 1, "maxduration": 9, "protocols": [2]}}]});
    let media = json!({"mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "maxextended": 5, "rqddurs": [15],
        "startdelay": 0, "maxseq": 2, "poddur": 60, "podseq": 0, "slotinpod": 0, "protocols": [2], "w": 640, "h": 480,
        "placement": 1, "plcmt": 1, "linearity": 1, "skip": 1, "skipmin": 5, "skipafter": 5, "battr": [1],
        "minbitrate": 1, "maxbitrate": 9, "boxingallowed": 1, "playbackmethod": [1], "playbackend": 1,
        "delivery": [1], "pos": 1, "api": [1], "companiontype": [1], "poddedupe": [1], "mincpmpersec": 0.1,
        "durfloors": [{"mindur": 1, "maxdur": 15, "bidfloor": 1.5}], "feed": 1, "stitched": 1, "nvol": 1});
    json!({
        "id": "r", "at": 1, "tmax": 100, "test": 0, "cattax": 1, "cur": ["USD"], "bcat": ["IAB1"],
        "imp": [{
            "id": "1", "bidfloor": 1.5, "secure": 1, "instl": 1, "clickbrowser": 1, "rwdd": 1, "ssai": 1, "exp": 60,
            "qty": {"multiplier": 1.5, "sourcetype": 1},
            "refresh": {"refsettings": [{"reftype": 1, "minint": 30}], "count": 2},
            "banner": {"w": 300, "h": 250, "pos": 1, "btype": [1], "battr": [1], "expdir": [1], "api": [1], "vcm": 1,
                "topframe": 1, "format": [{"w": 300, "h": 250}, {"wratio": 16, "hratio": 9, "wmin": 300}]},
            "video": media, "audio": media, "native": {"request": native.to_string(), "api": [1], "battr": [1]},
            "pmp": {"private_auction": 1, "deals": [{"id": "d", "bidfloor": 2.5, "at": 3, "guar": 1}]}
        }],
        "site": {"domain": "news.example"},
        "device": {"dnt": 0, "lmt": 0, "devicetype": 1, "h": 1, "w": 1, "ppi": 1, "pxratio": 2.625, "js": 1,
            "connectiontype": 1, "ext": {"atts": 3}, "sua": {"mobile": 1, "source": 1},
            "geo": {"lat": -33.5, "lon": 151.25, "type": 1, "utcoffset": -480, "country": "USA"}},
        "regs": {"coppa": 0, "gdpr": 0, "gpp_sid": [7], "ext": {"gdpr": 0, "gpc": 0, "gpp_sid": [7],
            "dsa": {"dsarequired": 1, "pubrender": 1, "datatopub": 1}}}
    })
}

/// A response with every number that is read.
fn answer() -> Value {
    let bid = json!({"id": "a", "impid": "1", "price": 1.5, "cattax": 1, "attr": [1], "w": 1, "h": 1, "mtype": 1,
        "dur": 15, "exp": 60, "wratio": 1, "hratio": 1, "slotinpod": 1, "apis": [1], "protocol": 1, "qagmediarating": 1,
        "ext": {"dsa": {"adrender": 1, "transparency": [{"domain": "a.example", "dsaparams": [1]}]}}});
    json!({"id": "r", "nbr": 0, "seatbid": [{"seat": "s", "group": 0, "bid": [bid]}]})
}

/// Numbers at which arithmetic goes wrong.
const NUMBERS: [&str; 15] = [
    "2",
    "-9223372036854775808",
    "-9223372036854775807",
    "9223372036854775807",
    "18446744073709551615",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854.775807",
    "-9223372036854.775808",
    "1e999999999999999999999",
    "1e-999999999999999999999",
    "-1",
    "0",
    "-0.0",
];

/// Where numbers stand, also inside the native request.
fn places(value: &Value, place: &str) -> Vec<String> {
    match value {
        Value::Object(map) => {
            map.iter().flat_map(|(key, inner)| places(inner, &format!("{place}/{key}"))).collect()
        }
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.flat_map(|(index, inner)| places(inner, &format!("{place}/{index}"))).collect()
        }
        Value::String(text) if place.ends_with("/native/request") => {
            places(&serde_json::from_str(text).unwrap(), &format!("{place}#"))
        }
        Value::Number(_) => vec![place.to_owned()],
        Value::String(_) | Value::Bool(_) | Value::Null => Vec::new(),
    }
}

/// Puts the text of a number into one of those places.
fn put(mut document: Value, place: &str, number: &str) -> String {
    const MARK: &str = "a number stands here";
    let (outer, inner) = place.split_once('#').unwrap_or((place, ""));
    let found = document.pointer_mut(outer).unwrap();
    if inner.is_empty() {
        *found = json!(MARK);
        return document.to_string().replace(&format!("\"{MARK}\""), number);
    }
    let inside = put(serde_json::from_str(found.as_str().unwrap()).unwrap(), inner, number);
    *found = json!(inside);
    document.to_string()
}

/// Reads a request and writes what every partner could get of it. Returns whether it was read.
fn walk(text: &str) -> bool {
    let Ok(request) = BidRequest::read(text.as_bytes()) else { return false };
    let surroundings = Surroundings::new();
    let projection = surroundings.projection(&request);
    ContextualRequest::build(&projection, GdprScope::Out).encode().unwrap();
    let written = category_sets().into_iter().filter(|sets| preview(*sets, &request).is_some());
    assert!(written.count() > 8);
    true
}

#[test]
fn every_number_of_a_request_may_be_any_number() {
    assert!(walk(&full().to_string()));
    let all = places(&full(), "");
    assert!(all.len() > 120, "{} places", all.len());
    for place in all {
        let read = NUMBERS.iter().filter(|number| walk(&put(full(), &place, number))).count();
        assert!(read > 0, "{place} takes at least one of them");
    }
}

#[test]
fn every_number_of_a_response_may_be_any_number() {
    for place in places(&answer(), "") {
        for number in NUMBERS {
            let text = put(answer(), &place, number);
            if let Ok(response) = BidResponse::read(text.as_bytes(), 200) {
                assert_eq!(response.bids().count() + response.unreadable, 1, "{text}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_two_numbers_together_stop_anything(
        places_at in prop::collection::vec(any::<prop::sample::Index>(), 2),
        numbers in prop::collection::vec(
            prop_oneof![any::<i64>().prop_map(|number| number.to_string()),
                any::<f64>().prop_filter("JSON has none", |number| number.is_finite())
                    .prop_map(|number| format!("{number:e}"))], 2),
    ) {
        let all = places(&full(), "");
        let mut request = full();
        for (at, number) in places_at.iter().zip(&numbers) {
            let text = put(request.clone(), &all[at.index(all.len())], number);
            // What this library cannot hold stands alone.
            request = serde_json::from_str(&text).unwrap_or(request);
            walk(&text);
        }
    }
}
