//! The rules of the standard, one a row: what must be there, what excludes what, and what an absent field means.
//! The numbers are sections of OpenRTB 2.6-202606; `N` are those of the Dynamic Native Ads API 1.2.

use crate::permits::preview;
use serde_json::{Value, json};
use sluicegate_gate::Categories;
use sluicegate_openrtb::request::BidRequest;

/// A request with these fields beside its id and impression, which is a banner where they have none.
fn with(fields: &Value) -> Value {
    let mut request = json!({"id": "r", "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}], "site": {"id": "s"}});
    for (key, value) in fields.as_object().unwrap() {
        request[key] = value.clone();
    }
    request
}

/// A request whose impression has these fields and nothing else.
fn imp(fields: &Value) -> Value {
    let mut imp = json!({"id": "1"});
    for (key, value) in fields.as_object().unwrap() {
        imp[key] = value.clone();
    }
    with(&json!({"imp": [imp]}))
}

fn native(request: &Value) -> Value {
    imp(&json!({"native": {"request": request.to_string()}}))
}

fn long_video() -> Value {
    json!({"mimes": ["video/mp4"], "maxduration": 30})
}

/// Impressions of one pod, each a video with these fields.
fn parts(all: &[Value]) -> Value {
    let part = |(index, fields): (usize, &Value)| {
        let mut video = json!({"mimes": ["video/mp4"], "podid": "break"});
        video.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"id": index.to_string(), "video": video})
    };
    with(&json!({"imp": all.iter().enumerate().map(part).collect::<Vec<_>>()}))
}

/// A deal at a fixed price, of an impression in these formats.
fn fixed(formats: Value, terms: Value) -> Value {
    let (mut imp_fields, mut deal) = (formats, terms);
    (deal["id"], deal["at"]) = (json!("d"), json!(3));
    imp_fields["pmp"] = json!({"deals": [deal]});
    imp(&imp_fields)
}

fn asset(fields: &Value) -> Value {
    native(&json!({"assets": [fields]}))
}

fn two_assets(one: Value, other: Value) -> Value {
    let all = [one, other].map(|id| json!({"id": id, "title": {"len": 9}}));
    native(&json!({"assets": all}))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each rule")]
fn what_the_standard_requires_is_refused_where_it_is_missing_or_wrong() {
    let video = |fields: Value| {
        let mut video = json!({"mimes": ["video/mp4"]});
        for (key, value) in fields.as_object().unwrap() {
            video[key] = value.clone();
        }
        imp(&json!({"video": video}))
    };
    let at = |position: i64| json!({"slotinpod": position});
    let banner = json!({"w": 300, "h": 250});
    let many: Vec<Value> = (0..65).map(|id| json!({"id": id, "title": {"len": 9}})).collect();
    let (long, ranges) = (long_video(), json!([{"mindur": 1, "bidfloor": 1}]));
    for (section, request, field) in [
        ("3.2.1", with(&json!({"id": null})), "id"),
        ("3.2.1", with(&json!({"id": ""})), "id"),
        ("3.2.1", with(&json!({"imp": []})), "imp"),
        ("3.2.1", with(&json!({"at": 3})), "at"),
        ("3.2.1", with(&json!({"tmax": -1})), "tmax"),
        ("3.2.1", with(&json!({"cur": ["usd"]})), "cur[0]"),
        ("3.2.1", with(&json!({"acat": ["IAB12", 1]})), "acat[1]"),
        ("3.2.1", with(&json!({"dooh": {"id": "d"}})), "site"),
        ("3.2.1", with(&json!({"app": {"id": "a"}})), "site"),
        ("3.2.1", with(&json!({"site": null})), "site"),
        ("3.2.4", imp(&json!({})), "imp[0]"),
        ("3.2.4", imp(&json!({"id": null, "banner": banner})), "imp[0].id"),
        (
            "3.2.4",
            with(&json!({"imp": [{"id": "1", "banner": banner}, {"id": "1", "banner": banner}]})),
            "imp[1].id",
        ),
        ("3.2.4", imp(&json!({"banner": banner, "bidfloor": -0.1})), "imp[0].bidfloor"),
        ("3.2.4", imp(&json!({"banner": banner, "bidfloorcur": "euro"})), "imp[0].bidfloorcur"),
        ("3.2.6", imp(&json!({"banner": {}})), "imp[0].banner"),
        ("3.2.6", imp(&json!({"banner": {"w": -1, "h": 2}})), "imp[0].banner.w"),
        ("3.2.7", imp(&json!({"video": {}})), "imp[0].video.mimes"),
        ("3.2.7", imp(&json!({"video": {"mimes": []}})), "imp[0].video.mimes"),
        ("3.2.7", video(json!({"rqddurs": [-1]})), "imp[0].video.rqddurs[0]"),
        ("3.2.7", video(json!({"mincpmpersec": -1})), "imp[0].video.mincpmpersec"),
        (
            "3.2.7",
            parts(&[json!({"podseq": 1}), json!({}), json!({"podseq": -1})]),
            "imp[2].video.podseq",
        ),
        ("3.2.7", parts(&[json!({"podseq": 1}), json!({"podseq": 0})]), "imp[1].video.podseq"),
        ("7.6", parts(&[at(1), at(0), at(1)]), "imp[2].video.slotinpod"),
        ("7.6", parts(&[at(-1), at(-1)]), "imp[1].video.slotinpod"),
        ("7.6", parts(&[at(2), at(1), at(-1)]), "imp[2].video.slotinpod"),
        (
            "7.6: its ads choose the end",
            parts(&[at(1), json!({"slotinpod": 2, "poddur": 60})]),
            "imp[1].video.slotinpod",
        ),
        ("3.2.8", imp(&json!({"audio": {}})), "imp[0].audio.mimes"),
        ("3.2.9", imp(&json!({"native": {}})), "imp[0].native.request"),
        ("3.2.9", imp(&json!({"native": {"request": "{"}})), "imp[0].native.request"),
        ("3.2.10", imp(&json!({"banner": {"format": [{"w": 1}]}})), "imp[0].banner.format[0]"),
        (
            "3.2.10",
            imp(
                &json!({"banner": {"format": [{"w": 1, "h": 1, "wratio": 1, "hratio": 1, "wmin": 1}]}}),
            ),
            "imp[0].banner.format[0]",
        ),
        (
            "3.2.12",
            imp(&json!({"banner": banner, "pmp": {"deals": [{}]}})),
            "imp[0].pmp.deals[0].id",
        ),
        (
            "3.2.12",
            imp(
                &json!({"banner": banner, "pmp": {"deals": [{"id": "d"}, {"id": "e"}, {"id": "d"}]}}),
            ),
            "imp[0].pmp.deals[2].id",
        ),
        (
            "3.2.12",
            imp(&json!({"banner": banner, "pmp": {"deals": [{"id": "d", "at": 3}]}})),
            "imp[0].pmp.deals[0].bidfloor",
        ),
        (
            "3.2.12: a banner has no length that makes a price",
            fixed(json!({"banner": banner, "video": long}), json!({"durfloors": ranges})),
            "imp[0].pmp.deals[0].bidfloor",
        ),
        (
            "3.2.12: nor has one of the lengths",
            fixed(
                json!({"video": long}),
                json!({"durfloors": [{"mindur": 1, "maxdur": 9}, {"mindur": 10, "bidfloor": 1}]}),
            ),
            "imp[0].pmp.deals[0].bidfloor",
        ),
        (
            "3.2.12: nor a bid that does not say how long it plays",
            fixed(json!({"video": {"mimes": ["video/mp4"]}}), json!({"mincpmpersec": 1})),
            "imp[0].pmp.deals[0].bidfloor",
        ),
        ("3.2.31", imp(&json!({"banner": banner, "qty": {}})), "imp[0].qty.multiplier"),
        (
            "3.2.31",
            imp(&json!({"banner": banner, "qty": {"multiplier": 0}})),
            "imp[0].qty.multiplier",
        ),
        ("3.2.4: `dt` is a number", imp(&json!({"banner": banner, "dt": "soon"})), "imp[0].dt"),
        ("3.2.4: after 1970", imp(&json!({"banner": banner, "dt": -1.5})), "imp[0].dt"),
        (
            "3.2.35",
            video(json!({"durfloors": [{"bidfloor": 1}]})),
            "imp[0].video.durfloors[0].mindur",
        ),
        ("N 4.1", native(&json!({"ver": "1.2"})), "imp[0].native.request.assets"),
        ("N 4.1", native(&json!({"assets": []})), "imp[0].native.request.assets"),
        ("N 4.1", native(&json!({"assets": many})), "imp[0].native.request.assets"),
        ("N 4.2", two_assets(json!(1), json!(1)), "imp[0].native.request.assets[1].id"),
        ("N 4.2", two_assets(json!(1), json!(null)), "imp[0].native.request.assets[1].id"),
        ("N 4.2", two_assets(json!("1"), json!(2)), "imp[0].native.request.assets[0].id"),
        ("N 4.2", two_assets(json!(-1), json!(2)), "imp[0].native.request.assets[0].id"),
        (
            "N 4.2: a telephone number is no asset",
            two_assets(json!(1), json!(14_155_550_100_i64)),
            "imp[0].native.request.assets[1].id",
        ),
        (
            "N 4.2",
            asset(&json!({"id": 1, "title": {"len": 9}, "data": {"type": 1}})),
            "imp[0].native.request.assets[0]",
        ),
        (
            "N 4.3",
            asset(&json!({"id": 1, "title": {}})),
            "imp[0].native.request.assets[0].title.len",
        ),
        (
            "N 4.4",
            asset(&json!({"id": 1, "img": {"w": -1}})),
            "imp[0].native.request.assets[0].img.w",
        ),
        (
            "N 4.5",
            asset(&json!({"id": 1, "video": {}})),
            "imp[0].native.request.assets[0].video.mimes",
        ),
        (
            "N 4.6",
            asset(&json!({"id": 1, "data": {}})),
            "imp[0].native.request.assets[0].data.type",
        ),
        (
            "N 4.7",
            native(
                &json!({"assets": [{"id": 1, "title": {"len": 9}}], "eventtrackers": [{"event": 1}]}),
            ),
            "imp[0].native.request.eventtrackers[0].methods",
        ),
    ] {
        let error = BidRequest::read(request.to_string().as_bytes())
            .expect_err(&format!("{section}: {request}"));
        assert_eq!(error.field, field, "{section}: {request}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each rule")]
fn what_goes_out_keeps_the_rules_of_the_standard_whatever_came_in() {
    let banner = json!({"w": 300, "h": 250});
    let video = |fields: &[(&str, Value)]| {
        let mut video = json!({"mimes": ["video/mp4"]});
        for (key, value) in fields {
            video[*key] = value.clone();
        }
        imp(&json!({"video": video}))
    };
    let ranges = json!([{"mindur": 5, "bidfloor": 1}]);
    let on_a_screen = |dt: Value| json!({"id": "r", "imp": [{"id": "1", "banner": banner, "dt": dt}], "dooh": {"id": "d"}});
    let shown = json!(1_796_000_000_123_i64);
    for (section, request, pointer, expected) in [
        ("3.2.1: `at` is 2", with(&json!({})), "/at", json!(2)),
        ("3.2.1: `test` is 0", with(&json!({})), "/test", Value::Null),
        ("3.2.1: `cattax` is 1", with(&json!({"bcat": ["IAB25"]})), "/cattax", json!(1)),
        (
            "3.2.1: `cattax` of a vendor",
            with(&json!({"bcat": ["IAB25"], "cattax": 1_234})),
            "/cattax",
            json!(1_234),
        ),
        (
            "3.2.1: `acat` excludes `bcat`",
            with(&json!({"acat": ["IAB12"], "bcat": ["IAB25"], "cattax": 2})),
            "/bcat",
            Value::Null,
        ),
        ("3.2.1: `acat`", with(&json!({"acat": ["IAB12"]})), "/acat", json!(["IAB12"])),
        (
            "3.2.1: `acat` of a vendor, of which nothing may be told",
            with(&json!({"acat": ["ada"], "bcat": ["IAB25"], "cattax": 500})),
            "/bcat",
            json!(["IAB25"]),
        ),
        ("3.2.1: `wlang`", with(&json!({"wlang": ["en", "ada"]})), "/wlang", json!(["en"])),
        (
            "3.2.1: `wlangb` excludes `wlang`",
            with(&json!({"wlang": ["en"], "wlangb": ["en-US"]})),
            "/wlang",
            Value::Null,
        ),
        ("3.2.1: `allimps`", with(&json!({"allimps": 1})), "/allimps", json!(1)),
        ("3.2.2: `fd` is 0", with(&json!({})), "/source/fd", json!(0)),
        ("3.2.2: `fd`", with(&json!({"source": {"fd": 1, "tid": "ada"}})), "/source/fd", json!(1)),
        (
            "3.2.12: `durfloors`",
            imp(&json!({"banner": banner, "pmp": {"deals": [{"id": "d", "durfloors": ranges}]}})),
            "/imp/0/pmp/deals/0",
            json!({"id": "d", "bidfloorcur": "USD", "durfloors": ranges}),
        ),
        ("3.2.4: floors are in USD", with(&json!({})), "/imp/0/bidfloorcur", json!("USD")),
        ("3.2.4: `instl`", imp(&json!({"banner": {}, "instl": 1})), "/imp/0/instl", json!(1)),
        (
            "3.2.7: `rqddurs` excludes `minduration`",
            video(&[("rqddurs", json!([15, 30])), ("minduration", json!(5))]),
            "/imp/0/video/minduration",
            Value::Null,
        ),
        (
            "3.2.7: `rqddurs` excludes `maxduration`",
            video(&[("rqddurs", json!([15, 30])), ("maxduration", json!(5))]),
            "/imp/0/video",
            json!({"mimes": ["video/mp4"], "rqddurs": [15, 30]}),
        ),
        (
            "3.2.7: `durfloors` excludes `mincpmpersec`",
            video(&[("durfloors", ranges.clone()), ("mincpmpersec", json!(1))]),
            "/imp/0/video",
            json!({"mimes": ["video/mp4"], "durfloors": ranges}),
        ),
        (
            "3.2.7: `slotinpod`, `poddur`, `podseq`, `maxseq`",
            video(&[
                ("slotinpod", json!(2)),
                ("poddur", json!(60)),
                ("podseq", json!(-1)),
                ("maxseq", json!(4)),
                ("mincpmpersec", json!(0.25)),
            ]),
            "/imp/0/video",
            json!({"mimes": ["video/mp4"], "slotinpod": 2, "poddur": 60, "podseq": -1, "maxseq": 4,
                "mincpmpersec": 0.25}),
        ),
        (
            "3.2.7: `podid` by a number of ours",
            with(&json!({"imp": [
                {"id": "1", "video": {"mimes": ["video/mp4"], "podid": "break of ada"}},
                {"id": "2", "audio": {"mimes": ["audio/mp4"], "podid": "other"}},
                {"id": "3", "video": {"mimes": ["video/mp4"], "podid": "break of ada"}},
            ]})),
            "/imp/2/video/podid",
            json!("1"),
        ),
        (
            "3.2.12: a deal's floor is in USD whatever the impression's is",
            imp(
                &json!({"banner": banner, "bidfloorcur": "USD", "pmp": {"deals": [{"id": "d", "bidfloor": 1}]}}),
            ),
            "/imp/0/pmp/deals/0/bidfloorcur",
            json!("USD"),
        ),
        (
            "3.2.18: `language` excludes `langb`",
            with(&json!({"device": {"language": "en", "langb": "en-US", "os": "iOS"}})),
            "/device/language",
            Value::Null,
        ),
        ("3.2.4: `dt`", on_a_screen(shown.clone()), "/imp/0/dt", shown.clone()),
        ("3.2.4: it is a float", on_a_screen(json!(1_796_000_000_123.75)), "/imp/0/dt", shown),
        ("3.2.4: it is no seconds", on_a_screen(json!(1_796_000_000)), "/imp/0/dt", Value::Null),
        ("3.2.4: nor much else", on_a_screen(json!(4.2e12)), "/imp/0/dt", Value::Null),
        (
            "3.2.4: elsewhere it would join what partners know",
            imp(&json!({"banner": banner, "dt": 1_796_000_000_123_i64})),
            "/imp/0/dt",
            Value::Null,
        ),
        (
            "3.2.31: `multiplier`",
            imp(&json!({"banner": banner, "qty": {"multiplier": 14.2, "sourcetype": 0}})),
            "/imp/0/qty",
            json!({"multiplier": 14.2, "sourcetype": 0}),
        ),
        (
            "3.2.31: `sourcetype` 1 with `vendor`",
            imp(&json!({"banner": banner,
                "qty": {"multiplier": 14.2, "sourcetype": 1, "vendor": "counts.example"}})),
            "/imp/0/qty",
            json!({"multiplier": 14.2, "sourcetype": 1, "vendor": "counts.example"}),
        ),
        (
            "3.2.31: `sourcetype` 1 requires `vendor`",
            imp(&json!({"banner": banner,
                "qty": {"multiplier": 14.2, "sourcetype": 1, "vendor": "ada counts"}})),
            "/imp/0/qty",
            json!({"multiplier": 14.2}),
        ),
    ] {
        let read = BidRequest::read(request.to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{section}: {error}"));
        let told = preview(Categories::PERSONAL.or(Categories::IMPERSONAL), &read).unwrap();
        let told: Value = serde_json::from_slice(&told.bytes).unwrap();
        assert_eq!(
            told.pointer(pointer).cloned().unwrap_or_default(),
            expected,
            "{section}: {told}"
        );
        assert!(!told.to_string().contains("ada"), "{told}");
    }
}

#[test]
fn a_fixed_price_may_stand_in_the_lengths_where_every_bid_has_one() {
    for (formats, terms) in [
        (json!({"banner": {"w": 300, "h": 250}}), json!({"bidfloor": 1})),
        (json!({"video": long_video()}), json!({"durfloors": [{"mindur": 1, "bidfloor": 1}]})),
        (json!({"video": long_video()}), json!({"mincpmpersec": 0.1})),
        (
            json!({"video": long_video(), "banner": {"w": 300, "h": 250}}),
            json!({"bidfloor": 0.5, "durfloors": [{"mindur": 1, "bidfloor": 1}]}),
        ),
    ] {
        let request = fixed(formats, terms).to_string();
        BidRequest::read(request.as_bytes()).unwrap_or_else(|error| panic!("{request}: {error}"));
    }
}

#[test]
fn assets_keep_their_ids_and_get_their_place_as_one_where_none_has_any() {
    let told = |request: &Value| {
        let read = BidRequest::read(request.to_string().as_bytes()).unwrap();
        let told = preview(Categories::PERSONAL.or(Categories::IMPERSONAL), &read).unwrap();
        let told: Value = serde_json::from_slice(&told.bytes).unwrap();
        let native = told["imp"][0]["native"]["request"].as_str().unwrap().to_owned();
        let native: Value = serde_json::from_str(&native).unwrap();
        [0, 1].map(|index| native["assets"][index]["id"].as_i64())
    };
    assert_eq!(
        told(&two_assets(json!(1_001), json!(999_999_999))),
        [Some(1_001), Some(999_999_999)]
    );
    assert_eq!(told(&two_assets(json!(null), json!(null))), [Some(0), Some(1)]);
}

#[test]
fn the_parts_of_a_pod_may_be_slots_dynamic_or_both_and_need_not_repeat_what_they_say_of_it() {
    let at = |position: i64| json!({"slotinpod": position, "podseq": 1});
    let dynamic = |position: i64| json!({"slotinpod": position, "poddur": 60, "maxseq": 4});
    for all in [
        vec![at(1), at(0), at(0), at(-1)],
        vec![at(1), dynamic(0)],
        vec![at(1), dynamic(-1)],
        vec![dynamic(1), dynamic(-1)],
        vec![dynamic(2)],
        vec![dynamic(0), dynamic(0), at(-1)],
        vec![at(1), at(2)],
        vec![at(2), at(2)],
        vec![json!({}), json!({"podseq": -1}), json!({"podseq": 7})],
        vec![json!({"slotinpod": 1, "podid": "one"}), json!({"slotinpod": 1, "podid": "other"})],
        vec![json!({"podid": "one", "podseq": 1}), json!({"podid": "other", "podseq": -1})],
        vec![json!({"slotinpod": 1, "podid": null}), json!({"slotinpod": 1, "podid": ""})],
    ] {
        let read = BidRequest::read(parts(&all).to_string().as_bytes());
        assert!(read.is_ok(), "{all:?}: {read:?}");
    }
    let mut both = parts(&[at(1), json!({})]);
    both["imp"][0]["audio"] = both["imp"][0]["video"].clone();
    both["imp"][1]["audio"] = json!({"mimes": ["audio/mp4"], "podid": "break", "podseq": 1});
    let read = BidRequest::read(both.to_string().as_bytes());
    assert!(read.is_ok(), "a video or a sound, in the same place: {read:?}");
}
