//! Whatever stands in a request under a key that nobody listed, and whatever stands in a string
//! without fitting its grammar, is in no byte that a partner gets.

use crate::permits::{Surroundings, category_sets, preview};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sluicegate_gate::NoPerson as _;
use sluicegate_openrtb::{request::BidRequest, write::ContextualRequest};
use sluicegate_signals::GdprScope;

/// A request with every string of the standard's objects that is read or might be copied.
fn full() -> Value {
    let native = json!({"ver": "1.2", "assets": [{"id": 1, "img": {"w": 1, "h": 1, "mimes": ["image/png"]}}]});
    json!({
        "id": "r", "tmax": 100, "cur": ["USD"], "wseat": ["s"], "bseat": ["t"], "bcat": ["IAB1"],
        "acat": ["IAB2"], "badv": ["rival.example"], "bapp": ["com.example.app"], "wlang": ["en"], "wlangb": ["en-US"],
        "imp": [{
            "id": "1", "tagid": "home-top", "displaymanager": "d", "displaymanagerver": "1",
            "iframebuster": ["b"], "metric": [{"type": "viewability", "value": 0.5, "vendor": "v"}],
            "banner": {"id": "b", "w": 300, "h": 250, "mimes": ["image/png"]},
            "video": {"mimes": ["video/mp4"], "podid": "p", "companionad": [{"id": "c", "w": 1, "h": 1}]},
            "audio": {"mimes": ["audio/mp4"], "podid": "p"},
            "native": {"request": native.to_string(), "ver": "1.2"},
            "pmp": {"private_auction": 0, "deals": [{"id": "d", "wseat": ["s"], "wadomain": ["x.example"]}]},
            "ext": {"skadn": {"sourceapp": "1"}, "gpid": "g", "data": {"pbadslot": "p"}}
        }],
        "app": {"id": "a", "name": "n", "bundle": "b.c", "domain": "d", "storeurl": "s", "ver": "1",
            "keywords": "k", "content": {"id": "c", "title": "t", "url": "u", "keywords": "k"},
            "publisher": {"id": "p", "name": "n", "domain": "d"}},
        "device": {"ua": "Mozilla/5.0 (Linux)", "ip": "192.0.2.1", "ipv6": "2001:db8::1", "make": "Example",
            "model": "Phone", "os": "Android", "osv": "14", "hwv": "h", "flashver": "f", "language": "en",
            "langb": "en", "carrier": "Example", "mccmnc": "310-005", "didsha1": "x", "didmd5": "x",
            "dpidsha1": "x", "dpidmd5": "x", "macsha1": "x", "macmd5": "x", "lmt": 0,
            "ifa": "6d92078a-8246-4ba4-ae5b-76104861e7dc",
            "sua": {"browsers": [{"brand": "B", "version": ["1"]}], "platform": {"brand": "P", "version": ["1"]},
                "architecture": "arm", "bitness": "64", "model": "m", "mobile": 1},
            "geo": {"country": "USA", "region": "CA", "metro": "803", "city": "c", "zip": "z", "regionfips104": "r",
                "lat": 1.5, "lon": 2.5, "ipservice": 1},
            "ext": {"ifa_type": "aaid", "ifv": "x", "atts": 3}},
        "user": {"id": "u", "buyeruid": "b", "gender": "M", "keywords": "k", "customdata": "c", "consent": "c",
            "kwarray": ["k"], "geo": {"city": "c"}, "data": [{"id": "d", "name": "n", "segment": [{"id": "s", "name": "n", "value": "v"}]}],
            "eids": [{"source": "s", "uids": [{"id": "i"}]}], "ext": {"consent": "c"}},
        "source": {"tid": "t", "pchain": "p", "schain": {"ver": "1.0", "nodes": [{"asi": "a", "sid": "s", "name": "n"}]}},
        "regs": {"us_privacy": "1YNN", "gpp": "g", "ext": {"us_privacy": "1YNN", "gpc": "0", "dsa": {"x": "y"}}}
    })
}

/// Adds a key with a value to every object, at every depth, also inside the native request.
fn with_unknown_keys(value: &mut Value, key: &str, planted: &Value) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                if name == "request" {
                    edit_inside(inner, |inside| with_unknown_keys(inside, key, planted));
                } else {
                    with_unknown_keys(inner, key, planted);
                }
            }
            map.insert(key.to_owned(), planted.clone());
        }
        Value::Array(items) => {
            for item in items {
                with_unknown_keys(item, key, planted);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Replaces every string for which `spares` does not hold.
fn with_marked_strings(value: &mut Value, path: &str, marker: &str, spares: fn(&str) -> bool) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(name, inner)| {
            if name == "request" {
                edit_inside(inner, |inside| with_marked_strings(inside, path, marker, spares));
            } else {
                with_marked_strings(inner, &format!("{path}.{name}"), marker, spares);
            }
        }),
        Value::Array(items) => {
            for item in items {
                with_marked_strings(item, path, marker, spares);
            }
        }
        Value::String(text) if !spares(path) => marker.clone_into(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn edit_inside(text: &mut Value, edit: impl FnOnce(&mut Value)) {
    let mut inside: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    edit(&mut inside);
    *text = Value::String(inside.to_string());
}

/// Where a string that is not well formed is refused and not left out.
fn is_refused(path: &str) -> bool {
    const REFUSED: [&str; 8] = [
        ".badv",
        ".cur",
        ".acat",
        ".imp.pmp.deals.wadomain",
        ".device.geo.country",
        ".imp.pmp.deals.id",
        ".imp.video.mimes",
        ".imp.audio.mimes",
    ];
    REFUSED.contains(&path)
}

/// Where a word by itself fits the grammar: makers, models, systems, networks.
fn is_a_word(path: &str) -> bool {
    const WORDS: [&str; 6] = [
        ".device.make",
        ".device.model",
        ".device.os",
        ".device.carrier",
        ".device.sua.browsers.brand",
        ".device.sua.platform.brand",
    ];
    WORDS.contains(&path)
}

/// Every byte that any partner would get of the request, whatever it may be told.
fn everything_written(request: &Value) -> Vec<String> {
    let request = BidRequest::read(request.to_string().as_bytes()).unwrap();
    let surroundings = Surroundings::new();
    let contextual = ContextualRequest::build(&surroundings.projection(&request), GdprScope::In)
        .encode()
        .unwrap();
    let permitted = category_sets();
    let previews = permitted.iter().filter_map(|categories| preview(*categories, &request));
    let written: Vec<_> = previews.map(|preview| preview.bytes).chain([contextual]).collect();
    assert!(written.len() > 8);
    written.iter().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect()
}

fn assert_absent(request: &Value, marker: &str) {
    for written in everything_written(request) {
        let at = written.to_lowercase().find(&marker.to_lowercase());
        assert!(at.is_none(), "{marker} in {written}");
    }
}

#[test]
fn the_unmarked_request_is_told_in_full() {
    let everything = everything_written(&full()).concat();
    for value in
        ["6d92078a-8246", "Mozilla/5.0", "home-top", "310-005", "com.example.app", "image/png"]
    {
        assert!(everything.contains(value), "{value}");
    }
}

#[test]
fn a_string_outside_its_grammar_is_nowhere() {
    for marker in [
        "ada.marker@example.com",
        "@ada_marker",
        "Ada \u{c9}marker",
        "<b>marker</b>",
        "+1 (555) 0100 \\",
    ] {
        let mut request = full();
        with_marked_strings(&mut request, "", marker, is_refused);
        assert_absent(&request, marker);
    }
}

#[test]
fn a_word_passes_only_where_a_word_is_the_grammar() {
    let hex = "6164615f6d61726b6572";
    let digest = "b1946ac92492d2347c6235b4d2611184b1946ac9";
    for marker in [
        "Adamarker Lovelace",
        "adamarker",
        "ADAMARKER",
        "YWRhLm1hcmtlckBleA==",
        hex,
        digest,
        "15550100555",
    ] {
        let mut request = full();
        with_marked_strings(&mut request, "", marker, |path| {
            is_refused(path) || is_a_word(path) || path == ".bapp"
        });
        assert_absent(&request, marker);
    }
}

#[test]
fn unknown_keys_are_nowhere_at_any_depth() {
    for planted in
        [json!("zqmarker"), json!({"zqmarker": ["zqmarker"]}), json!([{"id": "zqmarker"}])]
    {
        let mut request = full();
        with_unknown_keys(&mut request, "zqmarker", &planted);
        assert_absent(&request, "zqmarker");
    }
}

fn planted() -> impl Strategy<Value = Value> {
    let leaf = "[a-z]{0,6}".prop_map(|text| Value::String(format!("zqmarker{text}")));
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = "(id|name|ext|data|w|ifa|[a-z]{1,6})";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::hash_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn arbitrary_values_under_arbitrary_unknown_keys_are_nowhere(
        key in "x[a-z_]{1,12}", planted in planted()
    ) {
        let mut request = full();
        with_unknown_keys(&mut request, &key, &planted);
        assert_absent(&request, "zqmarker");
    }
}
